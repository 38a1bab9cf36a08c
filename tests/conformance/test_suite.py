"""Every check passes on a right connector, and fails on the wrong one that proves it."""

from __future__ import annotations

import pytest

from tests.conformance import checks_faults, checks_reading  # noqa: F401 - they add to the list
from tests.conformance.checks import CHECKS, Check
from tests.conformance.pebble import Pebble, PebbleSandbox
from tests.conformance.reading import Subject

RIGHT = Subject(Pebble, PebbleSandbox)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_right_connector_passes(check: Check) -> None:
    check(RIGHT)
