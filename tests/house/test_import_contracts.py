"""Each contract about who may import whom is broken on purpose once, and says so."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

# contract: (the file that goes wrong, the import that it may not have)
WRONG = {
    "connectors-below-engine": ("connectors/trello/mapping.py", "from sync_engine import clock"),
    "tools-apart": ("connectors/trello/words.py", "from connectors.jira import values"),
    "mapping-pure": ("connectors/trello/words.py", "import time"),
    "connector-through-door": ("connectors/trello/client.py", "import requests"),
    "no-sandbox-in-product": (
        "connectors/trello/board.py",
        "from connectors.trello import sandbox",
    ),
    "engine-above-kit": ("sync_engine/source.py", "from connectors.trello import words"),
    "one-door": ("sync_engine/digest/channels/file.py", "import requests"),
    "schedule-pure": ("sync_engine/schedule/points.py", "from sync_engine import clock"),
    "engine-layers": ("sync_engine/store/rows.py", "from sync_engine import pull"),
}


def _contracts(root: Path) -> dict[str, str]:
    """The names of the contracts by id."""
    linter = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    return {contract["id"]: contract["name"] for contract in linter["contracts"]}


def _lint(tree: Path) -> tuple[int, str]:
    """What import-linter ends with and says about a tree, in one line."""
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [lint, "--no-logo", "--no-cache"], cwd=tree, capture_output=True, text=True, check=False
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


@pytest.fixture(scope="module")
def tree(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code that may be spoilt."""
    copy = tmp_path_factory.mktemp("tree")
    shutil.copy(root / "pyproject.toml", copy)
    for package in ("connectors", "sync_engine"):
        shutil.copytree(
            root / package, copy / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return copy


@pytest.fixture
def spoil(tree: Path) -> Iterator[Path]:
    """The copy, made whole again afterwards."""
    before = {file: file.read_bytes() for file in tree.rglob("*.py")}
    yield tree
    for file in tree.rglob("*.py"):
        if file in before:
            file.write_bytes(before[file])
        else:
            file.unlink()


def test_all_contracts_are_kept(tree: Path) -> None:
    """The code as it is breaks none."""
    code, said = _lint(tree)
    assert code == 0, said


@pytest.mark.parametrize("contract", WRONG)
def test_a_wrong_import_breaks_its_contract(root: Path, spoil: Path, contract: str) -> None:
    """One import in the wrong place is found, and the contract is named."""
    file, wrong = WRONG[contract]
    with (spoil / file).open("a", encoding="utf-8") as stream:
        stream.write(f"\n{wrong}\n")
    code, said = _lint(spoil)
    assert code != 0
    assert f"{_contracts(root)[contract]} BROKEN" in said


def test_a_module_without_a_layer_is_found(root: Path, spoil: Path) -> None:
    """A new module of the engine must be given its place in the order."""
    (spoil / "sync_engine" / "stray.py").write_text('"""A stray."""\n')
    code, said = _lint(spoil)
    assert code != 0
    assert f"{_contracts(root)['engine-layers']} BROKEN" in said


def test_every_contract_is_broken_on_purpose(root: Path) -> None:
    """A contract that is added here must be proven here."""
    assert set(_contracts(root)) == set(WRONG)


def test_no_part_of_a_sandbox_is_reached_from_the_product() -> None:
    """The contract knows `sandbox` itself; its parts (`sandbox_…`) count as well."""
    graph = grimp.build_graph("connectors")
    product = [
        module for module in graph.modules if module.endswith((".connector", ".mapping", ".api"))
    ]
    assert product
    reached = {
        (module, each)
        for module in product
        for each in graph.find_upstream_modules(module)
        if each.rpartition(".")[2].startswith("sandbox")
    }
    assert not reached
