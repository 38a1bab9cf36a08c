"""Whatever a calendar object holds, its mapping raises nothing, twice the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance.shapes import faults
from tests.connectors_caldav.conftest import calendar, records_of

NAMES = ("UID", "SUMMARY", "DUE", "DTSTART", "DURATION", "COMPLETED", "STATUS", "PRIORITY",
         "PERCENT-COMPLETE", "CATEGORIES", "ATTENDEE", "ORGANIZER", "RELATED-TO", "BEGIN", "END",
         "RECURRENCE-ID", "LAST-MODIFIED", "X-ODD")  # fmt: skip
PARAMS = ("", ";TZID=Europe/Berlin", ";TZID=", ";VALUE=DATE", ';CN="a', ";CN=a,b", ";RELTYPE=X",
          ";RELTYPE", ";TZID=" + "x" * 300, ";=", ";TZID=a,b", ";cn=^n")  # fmt: skip
VALUES = ("", "VTODO", "VCALENDAR", "VALARM", "20261120", "20261120T100000", "20261120T100000Z",
          "00010101T000000", "P1D", "-P99999999W", "PT", "100", "9" * 400, "mailto:", "mailto:a@b",
          "\\", "\\\\n\\,", ",,,", "\u2028", "\U0001f600")  # fmt: skip

lines = st.builds(
    "{}{}:{}".format,
    st.sampled_from(NAMES),
    st.sampled_from(PARAMS),
    st.sampled_from(VALUES) | st.text(st.characters(exclude_characters="\0"), max_size=30),
)


def survives(data: str) -> None:
    records = records_of(data)
    assert [fault for record in records for fault in faults(record)] == []
    assert records_of(data) == records


@pytest.mark.slow
@settings(max_examples=600, deadline=None)
@given(st.lists(lines | st.text(st.characters(exclude_characters="\0"), max_size=40), max_size=15))
def test_odd_lines_do_no_harm(found: list[str]) -> None:
    survives(calendar(*found))


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_characters="\0"), max_size=200))
def test_any_text_does_no_harm(data: str) -> None:
    survives(data)


def test_a_deep_nest_does_no_harm() -> None:
    survives("BEGIN:VCALENDAR\r\n" + "BEGIN:VTODO\r\n" * 50_000)
