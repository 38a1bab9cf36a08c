"""The gates themselves: locks, hooks, the container, and that CI skips nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

PINNED = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9.-]*)(?:\[[a-z,]+\])?==(?P<version>\S+)", re.MULTILINE
)


def _yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text("utf-8"))


def _pins(root: Path, name: str) -> dict[str, str]:
    text = (root / name).read_text("utf-8")
    return {pin["name"]: pin["version"] for pin in PINNED.finditer(text)}


def test_every_requirement_is_pinned_with_a_hash(root: Path) -> None:
    """What is installed is what was resolved, byte for byte."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (root / name).read_text("utf-8")
        entries = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if entry]
        assert len(entries) == len(_pins(root, name)) > 20
        assert all("--hash=sha256:" in entry for entry in entries)


def test_development_runs_on_the_versions_that_are_shipped(root: Path) -> None:
    """The larger lock has everything of the smaller one, at the same version."""
    shipped, development = _pins(root, "requirements.lock"), _pins(root, "requirements-dev.lock")
    assert shipped.items() <= development.items()


def test_hooks_run_what_is_installed_here(root: Path) -> None:
    """No hook is fetched from elsewhere, and each runs a tool of the virtual environment."""
    repositories = _yaml(root / ".pre-commit-config.yaml")["repos"]
    assert {each["repo"] for each in repositories} == {"local"}
    entries = [hook["entry"] for each in repositories for hook in each["hooks"]]
    assert len(entries) >= 5
    for entry in entries:
        assert entry.startswith(".venv/bin/")


def test_the_container_probes_what_is_served(root: Path) -> None:
    """The image's probe asks the default listener for the path that the daemon answers."""
    from sync_engine.settings.models import Web

    dockerfile = (root / "Dockerfile").read_text("utf-8")
    port = Web().listen.rpartition(":")[2]
    assert f"http://127.0.0.1:{port}/healthz" in dockerfile
    assert "/healthz" in (root / "sync_engine/web/app.py").read_text("utf-8")
    assert re.search(r"^USER 10001$", dockerfile, re.MULTILINE)


def test_compose_is_one_service_until_it_grows(root: Path) -> None:
    """By default one process and one volume; the profile `grown` adds PostgreSQL and workers."""
    services = _yaml(root / "compose.yaml")["services"]
    assert {name for name, each in services.items() if not each.get("profiles")} == {"flagstaff"}
    assert {name for name, each in services.items() if each.get("profiles") == ["grown"]} == {
        "worker",
        "postgres",
    }


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_in_ci_a_skipped_test_fails_the_run(root: Path, tmp_path: Path, ci: str, code: int) -> None:
    """What was skipped was not checked."""
    (tmp_path / "conftest.py").write_text(
        "from tests.conftest import pytest_sessionfinish, pytest_terminal_summary\n"
        "__all__ = ['pytest_sessionfinish', 'pytest_terminal_summary']\n"
    )
    (tmp_path / "test_two.py").write_text(
        "import pytest\n\ndef test_runs():\n    pass\n\ndef test_not():\n    pytest.skip('why')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path,
         tmp_path],
        cwd=root, env={**os.environ, "CI": ci}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "1 passed, 1 skipped" in done.stdout
    assert done.returncode == code, done.stdout
    assert ("nothing may be skipped" in done.stdout) == bool(code)
