"""Acknowledging and accepting many flags at once: chosen one by one, or all that meet a condition.

What will be done, to how many, is said on a page of its own first; the count is compared once more
in the transaction that does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Query, Response

from sync_engine import commands
from sync_engine.access import Visible
from sync_engine.digest.text import plural
from sync_engine.rules.filters import FLAG
from sync_engine.rules.language import LanguageError
from sync_engine.views import flags
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.flag_search import Search, in_time, mistake
from sync_engine.web.console.forms import DayError, day_of, said_of
from sync_engine.web.console.needs import ACTING, Needs
from sync_engine.web.console.refusals import Refusal
from sync_engine.web.console.site import Pages
from sync_engine.web.numbers import number_of

MOST_CHOSEN = 500
SAMPLE = 8
STATES = {"acknowledge": ("open",), "waive": ("open", "acknowledged")}
"""In which states flags are concerned, by what is to be done."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which flags: these ids, or all that meet a condition.

    Args:
        ids: None: all of the condition.
    """

    do: str
    search: Search
    ids: tuple[int, ...] | None

    @classmethod
    def of(cls, do: str, where: str | None, all: str, ids: Sequence[str]) -> Chosen:
        """From the fields of a form. Raises `Refusal`."""
        if do not in STATES:
            raise Refusal(400, "Flags can be acknowledged and waived here, nothing else.")
        search = Search.of(where, "severity", "", "standard")
        if all == "yes":
            return cls(do, search, None)
        if not ids:
            raise Refusal(400, "No flag was chosen. Go back, tick some, and try again.")
        numbers = {number_of(id) for id in ids}
        if len(ids) > MOST_CHOSEN or None in numbers:
            raise Refusal(400, f"These are not the numbers of {MOST_CHOSEN} flags at most.")
        return cls(do, search, tuple(sorted(filter(None, numbers))))

    def condition(
        self, visible: Visible, ask: Ask, dialect: str, t: sa.FromClause
    ) -> sa.ColumnElement[bool]:
        """Those of them that are concerned and may be seen. Raises `LanguageError`."""
        where = self.search.where if self.ids is None else ""
        those = flags.selection(where, visible, ask.moment, dialect, t)
        if self.ids is not None:
            those = sa.and_(those, t.c.id.in_(self.ids))
        return sa.and_(those, t.c.state.in_(STATES[self.do]))


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/flags/chosen", Needs(ACTING, "visible"))
    def ask_first(
        ask: Asked, do: str = "acknowledge", where: str | None = None, all: str = "",
        flag: Annotated[tuple[str, ...], Query()] = (),
    ) -> Response:  # fmt: skip
        if not all and not flag:
            return ask.go(Search.of(where, "severity", "", "standard").to(),
                          said="No flag was chosen: tick some first.")  # fmt: skip
        return _page(ask, Chosen.of(do, where, all, flag))

    @pages.post("/flags/chosen", Needs(ACTING, "visible", changes=True))
    def do_it(ask: Asked) -> Response:
        form = ask.form
        chosen = Chosen.of(
            form.text("do"), form.text("where"), form.text("all"), form.all("flag", 20)
        )
        expected = form.text("expected")
        if not expected.isascii() or not expected.isdigit() or len(expected) > 9:
            raise Refusal(400, "The form does not say how many flags it is about. Begin again.")
        try:
            _done(ask, chosen, int(expected))
        except commands.ChangedError as error:
            return _page(ask, chosen, status=409, error=said_of(error))
        except (commands.CommandError, DayError) as error:
            return _page(ask, chosen, status=422, error=said_of(error))
        did = "acknowledged" if chosen.do == "acknowledge" else "waived"
        verb = "is" if expected == "1" else "are"
        return ask.go(chosen.search.to(), said=f"{plural(int(expected), 'flag')} {verb} {did}.")


def _done(ask: Ask, chosen: Chosen, expected: int) -> None:
    form, moment = ask.form, ask.moment
    with ask.reading() as connection:
        visible = ask.visible(connection)
    try:
        those = chosen.condition(visible, ask, ask.engine.dialect.name, flags.T)
    except LanguageError as error:
        raise Refusal(400, mistake(chosen.search.where, error).words) from None
    condition = FLAG.c.id.in_(sa.select(flags.T.c.id).where(those))
    if chosen.do == "acknowledge":
        note = form.text("note", 2000) or None
        commands.acknowledge_those(
            ask.engine, condition, expected, by=ask.actor, now=ask.now, note=note
        )
        return
    commands.waive_those(
        ask.engine, condition, expected, by=ask.actor, reason=form.text("reason", 2000),
        until=day_of(form.text("until")), now=ask.now, today=moment.today,
    )  # fmt: skip


def _page(ask: Ask, chosen: Chosen, *, status: int = 200, error: str | None = None) -> Response:
    with ask.reading() as connection:
        try:
            those = chosen.condition(ask.visible(connection), ask, connection.dialect.name, flags.T)
        except LanguageError as wrong:
            raise Refusal(400, mistake(chosen.search.where, wrong).words) from None
        with in_time(connection):
            count = connection.execute(
                sa.select(sa.func.count()).select_from(flags.T).where(those)
            ).scalar_one()
            sample: Any = connection.execute(
                sa.select(*(flags.T.c[name] for name in flags.SHOWN))
                .where(those).order_by(flags.RANK.desc(), flags.T.c.opened_at, flags.T.c.id)
                .limit(SAMPLE)
            ).mappings().all()  # fmt: skip
    return ask.page(
        "flags_chosen.html.j2", status=status, chosen=chosen, count=count, sample=sample,
        error=error, left=len(chosen.ids) - count if chosen.ids is not None else 0,
        last_day=commands.last_waiver_day(ask.moment.today), today=ask.moment.today,
        values={name: ask.form.text(name, 2000) for name in ("until", "reason", "note")},
    )  # fmt: skip
