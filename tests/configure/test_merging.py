"""A file and entries, however odd these are: what is unsound is left out, the rest works."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.sdk import registry
from connectors.sdk.registry import RegistryError
from sync_engine.configured import together
from sync_engine.settings.entry import Entry, Kind
from sync_engine.settings.load import Configuration
from sync_engine.settings.merge import merge
from sync_engine.settings.models import Settings
from sync_engine.settings.source import Source
from tests.configure.conftest import NOW

FILE = Configuration(Settings(), Source("flagstaff.yaml", {}), Path())
BAD = {"connector": "no_such_tool"}


def entry(kind: Kind, name: str, document: Any) -> Entry:
    return Entry(kind, name, document, 1, NOW, "ada", NOW, "ada")


def left_out(configuration: Configuration) -> dict[str, str]:
    return {each.name: each.reason for each in configuration.left_out}


def test_a_choice_of_packs_stands_beside_a_wrong_entry() -> None:
    held = [
        entry("connection", "lost", BAD),
        entry("pack choice", "delivery", True),
        entry("pack choice", "governance", True),
        entry("pack choice", "pmo-core", False),
    ]
    configuration = together(FILE, held)
    assert list(left_out(configuration)) == ["lost"]
    assert configuration.settings.standards.packs == ("delivery", "governance")


@pytest.mark.parametrize(
    ("kind", "document", "why"),
    [
        ("digest", {"name": "other", "to": "maria@example.com", "channels": ["file"],
                    "when": "Someday"}, "weekly.when"),
        ("pack", {"text": 5}, "a pack is text"),
        ("different people", {}, "pairs of a connection and an account"),
        ("different people", {"accounts": [["team"]]}, "pairs of a connection and an account"),
    ],
)  # fmt: skip
def test_an_odd_entry_is_left_out(kind: Kind, document: Any, why: str) -> None:
    configuration = together(
        FILE, [entry(kind, "weekly", document), entry("setting", "timezone", "Europe/Berlin")]
    )
    assert why in left_out(configuration)["weekly"]
    assert configuration.settings.timezone == "Europe/Berlin"


def test_a_digest_without_a_name_is_left_out() -> None:
    document = {"to": "maria@example.com", "channels": ["file"]}
    assert left_out(together(FILE, [entry("digest", "", document)])) == {"": "a name is missing"}


def test_a_connection_of_a_broken_plug_in_is_left_out() -> None:
    class Broken:
        def names(self) -> list[str]:
            return [*registry.names(), "ours"]

        def get(self, name: str) -> Any:
            if name == "ours":
                raise RegistryError("The connector ours cannot be used.")
            return registry.get(name)

    held = [entry("connection", "team", {"connector": "ours", "options": {"token": "kept:x"}})]
    assert left_out(merge(FILE, held, registry=Broken())) == {
        "team": "The connector ours cannot be used"
    }
