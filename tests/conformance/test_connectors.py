"""The suite, run on every connector that the registry finds against its sandbox over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from connectors.sdk import registry
from tests.conformance import checks_faults, checks_reading  # noqa: F401 - they add to the list
from tests.conformance.checks import CHECKS, Check
from tests.conformance.reading import Subject

QUIET: Mapping[str, Mapping[str, str]] = {
    "airtable": {"tasks": "each list is per table, and the roster says which bases there are"},
    "asana": {"tasks": "the events feed is per project, and the roster says which there are"},
    "basecamp": dict.fromkeys(
        ("tasks", "comments"),
        "one type in one state is listed at a time, and each of these lists is a lane",
    ),
    "bitbucket": {"tasks": "each list is per repository, and the roster says which there are"},
    "clickup": {"worklogs": "whose time is wanted has to be named, and the workspace names them"},
    "github": dict.fromkeys(
        ("milestones", "tasks", "comments", "changes"),
        "each list is per repository, and the roster says which there are",
    ),
    "gitlab": {"tasks": "changes are asked for by group, and the roster says which there are"},
    "hubspot": dict.fromkeys(
        ("projects", "tasks", "tickets", "deals", "comments"),
        "what changed is a search, what was deleted a list of its own",
    ),
    "jira": {"worklogs": "updated and deleted worklogs are two feeds"},
    "salesforce": {"approvals": "handing an approval on changes its work item alone"},
    "teamwork": {"updates": "the roster says which projects are new, and no census lists theirs"},
    "wrike": {"tasks": "what was thrown away is listed in the recycle bin alone"},
}
"""By connector: streams whose unchanged turn costs a request a lane and one more, and why."""

SPEAK_XML = frozenset({"caldav"})
"""Connectors whose tools answer in XML."""


def subject_of(name: str, root: Path) -> Subject:
    """A registered connector and its tool."""
    return Subject(
        registry.get(name),
        registry.sandbox(name),
        folder=root / "connectors" / name,
        quiet=QUIET.get(name, {}),
        speaks="xml" if name in SPEAK_XML else "json",
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", registry.imitated())
def test_a_connector_keeps_the_contract(name: str, check: Check, root: Path) -> None:
    check(subject_of(name, root))


def test_no_plug_in_is_broken() -> None:
    assert registry.broken() == {}


def test_every_leave_is_needed_by_someone() -> None:
    for name, streams in QUIET.items():
        assert streams.keys() <= registry.get(name).streams.keys()
