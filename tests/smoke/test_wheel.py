"""The wheel as a stranger gets it: built from what the Dockerfile copies, installed elsewhere."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def _run(*command: str | Path, cwd: Path, **environ: str) -> str:
    """What a command prints; fails the test when it does not end with 0."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        command, cwd=cwd, env=kept | environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _copied(root: Path) -> list[str]:
    """What the Dockerfile takes from the repository."""
    lines = re.findall(
        r"^COPY (?!--)(.+) \S+$", (root / "Dockerfile").read_text("utf-8"), re.MULTILINE
    )
    return [name for line in lines for name in line.split()]


def _build(root: Path, folder: Path) -> Path:
    """Build the wheel from a copy that holds only what the Dockerfile takes."""
    folder.mkdir()
    for name in _copied(root):
        if (root / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(root / name, folder / name, ignore=ignored)
        else:
            shutil.copy(root / name, folder / name)
    _run(
        sys.executable, "-m", "hatchling", "build", "-t", "wheel",
        cwd=folder, SOURCE_DATE_EPOCH="1700000000",
    )  # fmt: skip
    [wheel] = (folder / "dist").glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel."""
    return _build(root, tmp_path_factory.mktemp("build") / "source")


@pytest.fixture(scope="module")
def flagstaff(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`flagstaff` as installed from the wheel into an environment of its own.

    The requirements are lent by the environment that runs the tests; the product is not.
    """
    home = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    _run(
        sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index",
        "--no-deps", "--disable-pip-version-check", wheel, cwd=home,
    )  # fmt: skip
    [site] = home.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = _run(python, "-c", "import sync_engine; print(sync_engine.__file__)", cwd=home)
    assert Path(where.strip()).is_relative_to(site)
    return home / "bin" / "flagstaff"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder that knows nothing of the repository."""
    return tmp_path


def test_the_image_copies_what_the_build_may_see(root: Path) -> None:
    """`.dockerignore` lets through exactly what the Dockerfile copies."""
    lines = (root / ".dockerignore").read_text("utf-8").splitlines()
    assert {line[1:] for line in lines if line.startswith("!")} == set(_copied(root))


def test_the_same_source_gives_the_same_wheel(root: Path, wheel: Path, tmp_path: Path) -> None:
    """Built twice, in two places, it is the same to the byte."""
    again = _build(root, tmp_path / "again")
    assert (
        hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()
    )


def test_the_wheel_holds_code_and_data_and_nothing_else(wheel: Path) -> None:
    """Two packages, the packs and the example, the templates, the grammar, the licence."""
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"connectors", "sync_engine"}
    for needed in (
        "sync_engine/_config/flagstaff.example.yaml",
        "sync_engine/_config/packs/pmo-core.yaml",
        "sync_engine/rules/grammar.lark",
        "sync_engine/digest/templates/digest.html.j2",
        "sync_engine/store/migrations/env.py",
    ):
        assert needed in names
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_it_says_its_version(flagstaff: Path, elsewhere: Path) -> None:
    """The entry point works, and nothing shadows it."""
    assert _run(flagstaff, "--version", cwd=elsewhere).startswith("flagstaff 0.")


def test_it_knows_its_connectors_and_options(flagstaff: Path, elsewhere: Path) -> None:
    """The schema for editors is made from the connectors that are installed with it."""
    schema = json.loads(_run(flagstaff, "config", "schema", cwd=elsewhere))
    assert schema["type"] == "object"
    assert {"connections", "standards", "digests"} <= schema["properties"].keys()
    for tool in ("asana", "jira", "redmine", "trello"):
        assert f'"{tool}"' in json.dumps(schema)


def test_its_standards_pass_their_own_examples(flagstaff: Path, elsewhere: Path) -> None:
    """The packs came with it."""
    (elsewhere / "flagstaff.yaml").write_text("standards: {packs: [pmo-core]}\n")
    said = _run(flagstaff, "standards", "check", cwd=elsewhere)
    assert re.search(r"All [2-9]\d standards", said)


def test_it_demonstrates_itself(flagstaff: Path, elsewhere: Path) -> None:
    """The whole of it runs from the installed package."""
    _run(flagstaff, "demo", "--once", cwd=elsewhere)
    written = elsewhere / "flagstaff-demo"
    assert (written / "flagstaff.db").stat().st_size > 0
    assert list((written / "digests").glob("*.html"))
    assert list((written / "digests").glob("*.txt"))
