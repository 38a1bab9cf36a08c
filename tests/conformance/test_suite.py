"""Every check passes on a right connector, and fails on the wrong one that proves it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import checks_faults, checks_reading  # noqa: F401 - they add to the list
from tests.conformance.checks import CHECKS, Check
from tests.conformance.hostile import WRONG, wrong_subjects
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
