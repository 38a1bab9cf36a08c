"""Marks of pages: what was made comes back, all else is refused."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sync_engine.views import marks

KEY = ("Ünder \u202e", 7, date(2026, 11, 25), datetime(2026, 11, 25, 10, 30, tzinfo=UTC))
KINDS = (str, int, date, datetime)


def test_a_mark_holds_its_key() -> None:
    """Whatever texts, numbers, days and instants it is made of."""
    assert marks.read(marks.made("things", *KEY), "things", *KINDS) == KEY


@pytest.mark.parametrize(
    ("held", "kinds"),
    [
        (["others", 1], (int,)),
        (["things"], (int,)),
        (["things", 1, 2], (int,)),
        (["things", True], (int,)),
        (["things", -1], (int,)),
        (["things", 2**31], (int,)),
        (["things", "1"], (int,)),
        (["things", 1], (str,)),
        (["things", "a\x00"], (str,)),
        (["things", "\ud800"], (str,)),
        (["things", "2026-13-01"], (date,)),
        (["things", "2026-11-25T10:30:00"], (datetime,)),
        (["things", "0001-01-01T00:00:00+23:59"], (datetime,)),
        ({"things": 1}, (int,)),
        (7, (int,)),
    ],
)
def test_what_is_no_mark_of_a_list_is_refused(held: Any, kinds: tuple[type, ...]) -> None:
    """Of another list, of another shape, or with values that no database takes."""
    mark = base64.urlsafe_b64encode(json.dumps(held).encode()).decode().rstrip("=")
    with pytest.raises(marks.MarkError, match="first page"):
        marks.read(mark, "things", *kinds)
