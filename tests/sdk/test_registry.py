"""Connectors are found by folder and by entry point; one that is broken harms no other."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk import registry
from connectors.sdk.registry import RegistryError

CONNECTOR = """
class Third:
    name = "{name}"
    title = "Third"
    {members} = None
CONNECTOR = Third
"""


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Offers modules with the given sources as plug-ins."""
    monkeypatch.syspath_prepend(str(tmp_path))
    offered: list[EntryPoint] = []

    def entry_points(group: str) -> list[EntryPoint]:
        assert group == "flagstaff.connectors"
        return offered

    monkeypatch.setattr(registry, "entry_points", entry_points)

    def put(name: str, source: str, module: str) -> None:
        (tmp_path / f"{module}.py").write_text(source)
        offered.append(EntryPoint(name, f"{module}:CONNECTOR", registry.GROUP))
        forget()

    def forget() -> None:
        registry._plug_ins.cache_clear()
        registry._load_plug_in.cache_clear()

    forget()
    yield put
    forget()
    for module in [name for name in sys.modules if name.startswith("third_")]:
        del sys.modules[module]


def good(name: str) -> str:
    """The source of a connector that has all members."""
    members = [m for m in registry._MEMBERS if m not in ("name", "title")]
    return CONNECTOR.format(name=name, members=" = ".join(members))


def test_a_plug_in_is_found_and_loaded(offer: Any) -> None:
    offer("third", good("third"), "third_good")
    assert "third" in registry.names()
    assert registry.get("third").title == "Third"
    assert registry.connectors()["third"] is registry.get("third")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this"),
        ("1/0", "ZeroDivisionError"),
        ("x = 1", "AttributeError"),
        ("class CONNECTOR: name = 'bad'", "has no title, Config, limits"),
        (good("other"), "calls itself 'other'"),
    ],
)
def test_a_broken_plug_in_is_reported_by_name_and_harms_no_other(
    offer: Any, source: str, reason: str
) -> None:
    offer("bad", source, "third_bad")
    offer("third", good("third"), "third_good")
    assert set(registry.broken()) == {"bad"}
    assert reason in registry.broken()["bad"]
    assert "third" in registry.connectors()
    assert "bad" not in registry.connectors()
    with pytest.raises(RegistryError, match="'bad'"):
        registry.get("bad")


def test_a_name_that_is_offered_twice_is_refused(offer: Any) -> None:
    offer("third", good("third"), "third_a")
    offer("third", good("third"), "third_b")
    assert registry.names().count("third") == 1
    with pytest.raises(RegistryError, match=r"more than once .*third_a.*third_b"):
        registry.get("third")


def test_a_plug_in_cannot_take_the_name_of_one_of_ours(offer: Any) -> None:
    ours = registry.connectors()
    name = next(iter(ours))
    offer(name, good(name), "third_thief")
    assert "more than once" in registry.broken()[name]
    assert registry.connectors() == ours


def test_an_unknown_name_is_met_with_the_nearest(offer: Any) -> None:
    offer("thirdtool", good("thirdtool"), "third_tool")
    with pytest.raises(RegistryError, match="did you mean 'thirdtool'"):
        registry.get("ThirdTol")
    with pytest.raises(RegistryError, match=r"there are: .*thirdtool"):
        registry.get("qqqqqq")


def test_there_is_no_sandbox_of_a_stranger(offer: Any) -> None:
    offer("third", good("third"), "third_good")
    with pytest.raises(RegistryError, match="no sandbox"):
        registry.sandbox("third")


def test_listing_names_imports_no_tool() -> None:
    code = (
        "import sys; from connectors.sdk import registry; registry.names();"
        "print([m for m in sys.modules if m.startswith('connectors.')"
        " and not m.startswith('connectors.sdk')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_our_package_is_not_shadowed() -> None:
    registry.check_not_shadowed()


def test_a_foreign_package_of_our_name_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(RegistryError, match="Another package named 'connectors'"):
        registry.check_not_shadowed()
