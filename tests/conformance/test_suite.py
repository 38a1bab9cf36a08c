"""Every check passes on a right connector, and fails on the wrong one that proves it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.records import Task
from connectors.sdk.sandbox import Request
from tests.conformance import checks_faults, checks_reading  # noqa: F401 - they add to the list
from tests.conformance.checks import CHECKS, Check
from tests.conformance.checks_reading import cursors_are_inclusive
from tests.conformance.hostile import WRONG, wrong_subjects
from tests.conformance.hostile_reading import looking_back
from tests.conformance.pebble import Pebble
from tests.conformance.pebble_sandbox import PebbleSandbox
from tests.conformance.reading import Subject

RIGHT = Subject(Pebble, PebbleSandbox)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_right_connector_passes(check: Check) -> None:
    check(RIGHT)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_wrong_connector_fails(check: Check, tmp_path: Path) -> None:
    subjects = wrong_subjects(check.__name__, tmp_path)
    assert subjects, "a check that nothing fails checks nothing"
    for subject in subjects:
        passed = True
        try:
            check(subject)
        except AssertionError:
            passed = False
        assert not passed, f"{subject.connector.__name__} passes"


def test_every_wrong_connector_is_for_a_check() -> None:
    assert WRONG.keys() <= {check.__name__ for check in CHECKS}


class Late(PebbleSandbox):
    """Shows tasks as they are once a minute has passed since they were changed."""

    lag = timedelta(minutes=1)

    def _cards(self, request: Request) -> list[dict[str, Any]]:
        settled = self.world.now() - timedelta(minutes=1)
        late = {id for (kind, id), at in self.world.edited.items() if kind is Task and at > settled}
        return [card for card in super()._cards(request) if card["id"] not in late]


class Silent(Late):
    """The same without a word of it."""

    lag = timedelta(0)


def test_a_tool_that_shows_changes_late_says_how_late() -> None:
    cursors_are_inclusive(Subject(looking_back(timedelta(minutes=1)), Late))
    with pytest.raises(AssertionError, match="was not read"):
        cursors_are_inclusive(Subject(looking_back(timedelta(minutes=1)), Silent))
