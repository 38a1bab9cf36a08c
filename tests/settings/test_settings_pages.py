"""The example, the schema and the reference page say every option that there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import BaseModel

from connectors.sdk import registry
from sync_engine.settings import load, load_people
from sync_engine.settings.base import Section
from sync_engine.settings.models import Settings
from sync_engine.settings.people_file import PersonEntry
from sync_engine.settings.reference import main
from sync_engine.settings.schema import json_schema
from sync_engine.settings.source import read
from sync_engine.settings.wording import model_in


@pytest.fixture
def example(root: Path) -> Path:
    return root / "config" / "flagstaff.example.yaml"


def options(model: type[BaseModel], data: list[Any]) -> Iterator[str]:
    """The options of a model that no value of `data` shows, by path."""
    for name, field in model.model_fields.items():
        key = field.alias or name
        shown = [each[key] for each in data if isinstance(each, dict) and key in each]
        if not shown:
            yield key
        inner = model_in(field.annotation)
        if inner is not None:
            values = [
                value for each in shown for value in (each if isinstance(each, list) else [each])
            ]
            if str(field.annotation).startswith("dict"):
                values = [value for each in values for value in each.values()]
            yield from (f"{key}.{missing}" for missing in options(inner, values))


def test_the_example_is_valid_and_shows_every_option(example: Path) -> None:
    configuration = load(example)
    assert list(options(Settings, [configuration.source.data])) == []
    assert {each.connector for each in configuration.settings.connections} == set(registry.names())
    people = load_people(configuration)
    given = [person.model_dump(mode="json") for person in people.people]
    assert list(options(PersonEntry, given)) == []


def test_the_example_shows_every_option_of_every_connector(example: Path) -> None:
    source = read(example)
    blocks = example.read_text(encoding="utf-8").split("  - name: ")[1:]
    for name in registry.names():
        entries = [e for e in source.data["connections"] if e["connector"] == name]
        [block] = [b for b in blocks if f"connector: {name} " in b or f"connector: {name}\n" in b]
        for option in registry.get(name).Config.model_fields:
            if option in ("allow_private_network", "quota_share"):
                continue  # every connector has them; shown with one
            shown = any(option in entry["options"] for entry in entries)
            assert shown or f"# {option}: " in block, f"{name}: {option}"


def test_a_missing_option_would_be_noticed(example: Path) -> None:
    data = read(example).data
    del data["digests"][0]["cap"]
    del data["connections"][0]["guard"]
    for each in data["standards"]["set"].values():
        if isinstance(each, dict):
            each.pop("scope", None)
    assert list(options(Settings, [data])) == [
        "connections.guard", "connections.guard.share", "connections.guard.items",
        "standards.set.scope", "digests.cap",
    ]  # fmt: skip


def test_every_option_is_described() -> None:
    sections = [each for each in Section.__subclasses__() if each.__module__.startswith("sync_")]
    for section in [*sections, *(registry.get(name).Config for name in registry.names())]:
        for name, field in section.model_fields.items():
            assert (field.description or "").endswith("."), f"{section.__name__}.{name}"


def test_the_schema_accepts_the_example_and_refuses_mistakes(example: Path) -> None:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    data = read(example).data
    assert [error.message for error in validator.iter_errors(data)] == []
    data["connections"][0]["options"]["projcts"] = ["ENG"]
    data["log"]["level"] = "loud"
    told = sorted(error.json_path for error in validator.iter_errors(data))
    assert told == ["$.connections[0].options", "$.log.level"]


def test_the_reference_page_is_up_to_date(root: Path) -> None:
    file = root / "docs" / "reference" / "configuration.md"
    assert main([str(file), "--check"]) == 0


def test_a_stale_reference_page_is_noticed(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "configuration.md"
    assert main([str(file)]) == 0
    assert main([str(file), "--check"]) == 0
    file.write_text(file.read_text().replace("`every`", "`often`"))
    assert main([str(file), "--check"]) == 1
    assert "make docs" in capsys.readouterr().err
