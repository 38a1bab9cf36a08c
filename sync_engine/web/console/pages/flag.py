"""One flag: what it says, why, what became of it, and what can be said about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from fastapi import Response

from sync_engine import commands
from sync_engine.views import clauses
from sync_engine.views.flag import Whole, whole
from sync_engine.views.flags import UNSOLVED
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.flag_search import Search
from sync_engine.web.console.forms import DayError, day_of, said_of
from sync_engine.web.console.needs import ACTING, ALL, Needs
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages
from sync_engine.web.numbers import Number, number_of

CHANGE = Needs(ACTING, "visible", changes=True)
USUAL_WAIVER = timedelta(days=30)


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/flags/{id}", Needs(ALL, "visible"))
    def show(ask: Asked, id: str) -> Response:
        found = _found(ask, id)
        number = found.flag["id"]
        # Digests name it by its fingerprint.
        return _page(ask, found) if id == str(number) else ask.go(f"/flags/{number}")

    @pages.post("/flags/{id}/acknowledge", CHANGE)
    def acknowledge(ask: Asked, id: Number) -> Response:
        note = ask.form.text("note", 2000) or None
        return _changed(
            ask, id, "The flag is acknowledged.",
            lambda seen: commands.acknowledge(
                ask.engine, id, by=ask.actor, now=ask.now, note=note, seen=seen
            ),
        )  # fmt: skip

    @pages.post("/flags/{id}/waive", CHANGE)
    def waive(ask: Asked, id: Number) -> Response:
        return _changed(
            ask, id, "The flag is waived.",
            lambda seen: commands.waive(
                ask.engine, id, by=ask.actor, reason=ask.form.text("reason", 2000),
                until=day_of(ask.form.text("until")), now=ask.now, today=ask.moment.today,
                seen=seen,
            ),
        )  # fmt: skip

    @pages.post("/flags/{id}/end-waiver", CHANGE)
    def end_waiver(ask: Asked, id: Number) -> Response:
        return _changed(
            ask, id, "The waiver has ended; the flag is open again.",
            lambda seen: commands.end_waiver(ask.engine, id, by=ask.actor, now=ask.now, seen=seen),
        )  # fmt: skip


def _found(ask: Ask, id: int | str) -> Whole:
    with ask.reading() as connection:
        found = whole(connection, ask.visible(connection), id, ask.console.standards(), ask.zone)
    if found is None:
        raise missing()
    return found


def _changed(ask: Ask, id: int, said: str, change: Callable[[int], None]) -> Response:
    _found(ask, id)
    seen = number_of(ask.form.text("seen", 20))
    if seen is None:
        raise Refusal(400, "The form does not say which state of the flag it is about.")
    try:
        change(seen)
    except commands.ChangedError as error:
        return _page(ask, _found(ask, id), status=409, error=said_of(error))
    except (commands.CommandError, DayError) as error:
        return _page(ask, _found(ask, id), status=422, error=said_of(error))
    return ask.go(f"/flags/{id}", said=said)


def _page(ask: Ask, found: Whole, *, status: int = 200, error: str | None = None) -> Response:
    today = ask.moment.today
    acting = ask.signed_in.role in ACTING and ask.console.demo is None
    state = found.flag["state"]
    return ask.page(
        "flag.html.j2", status=status, found=found, flag=found.flag, error=error,
        can_acknowledge=acting and state == "open",
        can_waive=acting and state in ("open", "acknowledged", "waived"),
        can_end=acting and state == "waived",
        flags_of=_flags_of(found), today=today,
        last_day=commands.last_waiver_day(today), usual_day=today + USUAL_WAIVER,
        events=EVENTS, ended=ENDED, frozen=FROZEN, resolved=RESOLVED,
    )  # fmt: skip


def _flags_of(found: Whole) -> str:
    """Where the unsolved flags of the same standard are."""
    alike = clauses.toggled(UNSOLVED, "standard", found.flag["standard"])
    return Search(where=alike or UNSOLVED).to()


EVENTS = {
    "opened": "Raised", "reopened": "Raised again", "worsened": "Became more severe",
    "severity_changed": "Another severity", "acknowledged": "Acknowledged", "waived": "Waived",
    "waiver_expired": "The waiver ran out", "waiver_ended": "The waiver was ended",
    "resolved": "Resolved",
}  # fmt: skip
ENDED = {
    "expired": "ran out", "ended": "was ended", "replaced": "was replaced by another",
    "left_scope": "no longer covers it", "unreadable": "was no longer understood",
}  # fmt: skip
FROZEN = {
    "stale": "its connection is out of date",
    "unread": "its connection is not in force, so nothing reads it",
    "not_assessable": "a fact that it rests on is not known",
    "access_lost": "its tool no longer shows it to us",
    "slow": "the standard ran over its time",
    "suspect": "the standard flagged more than it may, so it is suspect itself",
}
RESOLVED = {
    "fixed": "it was fixed", "gone": "the item is gone", "standard_off": "the standard is off",
    "out_of_scope": "it is finished, or no longer concerned",
    "removed": "the connection was removed",
}  # fmt: skip
