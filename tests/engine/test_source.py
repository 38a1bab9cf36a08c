"""What a configured connection can fill, as the store keeps it."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.sdk import registry
from connectors.sdk.contract import provided
from connectors.sdk.records import Comment, Task
from sync_engine.source import Source


def connected(name: str, **options: Any) -> Any:
    """A connector that is never asked anything."""
    made: Any = registry.get(name)
    return made(made.Config(token="a-token", **options), None)


@pytest.mark.parametrize(
    ("name", "options", "off"),
    [
        ("asana", {"history": False, "worklogs": False}, {"comment", "change", "worklog"}),
        ("asana", {}, set()),
        ("clickup", {"workspace": "9"}, {"comment"}),
        ("clickup", {"workspace": "9", "comments": True, "worklogs": False}, {"worklog"}),
    ],
)
def test_what_an_option_switches_off_is_not_provided(
    name: str, options: dict[str, Any], off: set[str]
) -> None:
    connector = connected(name, **options)
    told = Source("it", connector, meter=None).provides  # type: ignore[arg-type]
    everything = {kind.__name__.lower() for kind in connector.provides}
    assert everything - told.keys() == off


def test_a_connector_without_such_options_provides_what_its_class_says() -> None:
    connector = connected("redmine", url="https://redmine.example.com")
    assert provided(connector) is type(connector).provides
    assert {Comment, Task} <= provided(connector).keys()
