"""What digests link to: acknowledge, waive, unsubscribe, without signing in.

The signature in the address is the permission. Opening a link changes nothing, since scanners of
mail open every link; a page asks, and its button does it. No link acts twice.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import sqlalchemy as sa
import structlog
from fastapi import APIRouter, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.dialects import postgresql, sqlite
from starlette.concurrency import run_in_threadpool

from sync_engine import clock, commands
from sync_engine.commands import CommandError
from sync_engine.digest import leaving
from sync_engine.digest.links import PURPOSES, Claim, LinkError, Links, Purpose
from sync_engine.digest.text import clean, day_words, safe_url
from sync_engine.rules.calendars import Moment
from sync_engine.secrets import SecretError
from sync_engine.settings import Configuration
from sync_engine.store.audit import Actor
from sync_engine.store.digest_models import UsedLink
from sync_engine.store.engine import reading
from sync_engine.store.flag_models import FlagRow
from sync_engine.subscriptions import links as links_of
from sync_engine.subscriptions import moment_of
from sync_engine.web.bodies import body_of
from sync_engine.web.texts import NUL

MAX_BYTES = 16 * 1024
REASON_LIMIT = 1000
TEMPLATES = Path(__file__).parent / "letter_pages"
STYLE = (TEMPLATES / "letter.css").read_text(encoding="utf-8")
_HASH = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address is a permission
    "X-Robots-Tag": "noindex",
}

log = structlog.get_logger()

_flag = FlagRow.__table__  # type: ignore[attr-defined]
_used = UsedLink.__table__  # type: ignore[attr-defined]
_pages = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip


class Letters:
    """Serves the links of digests.

    Args:
        configuration: the one that holds now; it may change while we run.
    """

    def __init__(self, configuration: Callable[[], Configuration], engine: sa.Engine) -> None:
        self._configuration = configuration
        self._engine = engine

    def router(self) -> APIRouter:
        """The routes."""
        router = APIRouter()

        @router.api_route("/letters/{purpose}/{token}", methods=["GET", "HEAD"])
        def ask(purpose: str, token: str) -> Response:
            return self._told(lambda: self._ask(_purpose(purpose), token))

        @router.post("/letters/{purpose}/{token}")
        async def act(purpose: str, token: str, request: Request) -> Response:
            form = await _form(request)
            return await run_in_threadpool(
                self._told, lambda: self._act(_purpose(purpose), token, form)
            )

        @router.api_route("/unsubscribe/{token}", methods=["GET", "HEAD"])
        def leave(token: str) -> Response:
            return self._told(lambda: self._leave(token))

        @router.post("/unsubscribe/{token}")
        def left(token: str) -> Response:
            # As RFC 8058 wants it: no sign-in, no further page, no redirect.
            return self._told(lambda: self._left(token))

        @router.post("/subscribe/{token}")
        def back(token: str) -> Response:
            return self._told(lambda: self._back(token))

        return router

    def _told(self, answer: Callable[[], Response]) -> Response:
        """The answer, or in plain words why there is none."""
        try:
            return answer()
        except LinkError as error:
            return _page("said.html.j2", 404, title="This link does not work", said=str(error))
        except SecretError as error:
            _say("links in digests do not work", str(error))
            said = "Links cannot be checked now. Try again later, or use the console."
            return _page("said.html.j2", 503, title="This does not work now", said=said)
        except CommandError as error:
            return _page("said.html.j2", 409, title="Nothing was changed", said=f"{error}.")

    def _ask(self, purpose: Purpose, token: str) -> Response:
        claim = self._claim(purpose, token)
        with reading(self._engine) as connection:
            row = self._usable(connection, purpose, claim, token, lock=False)
        return self._asked(purpose, claim, row)

    def _asked(
        self, purpose: Purpose, claim: Claim, row: Any, *, status: int = 200, wrong: str = "",
        reason: str = "", until: str = "",
    ) -> Response:  # fmt: skip
        today = self._moment().today
        return _page(
            f"{purpose}.html.j2", status, title=_TITLES[purpose], recipient=claim.recipient,
            flag=_shown(row), wrong=wrong, reason=reason,
            until=until or (today + timedelta(days=14)).isoformat(),
            first=today.isoformat(),
            last=(today + timedelta(days=commands.LONGEST_WAIVER_DAYS)).isoformat(),
            limit=REASON_LIMIT,
        )  # fmt: skip

    def _act(self, purpose: Purpose, token: str, form: dict[str, str]) -> Response:
        claim, moment = self._claim(purpose, token), self._moment()
        reader = Actor(claim.recipient, "mail")
        with self._engine.begin() as connection:
            row = self._usable(connection, purpose, claim, token, lock=True)
            if purpose == "acknowledge":
                commands.acknowledge_within(
                    connection, row.id, by=reader, now=moment.now,
                    note="by a link in a digest",
                )  # fmt: skip
                done = "You take care of it. The flag stays open until what it says is solved."
            else:
                reason, until = form.get("reason", "").strip(), form.get("until", "")
                wrong, day = _judged(reason, until, moment)
                if day is None:
                    return self._asked(purpose, claim, row, status=422, wrong=wrong, reason=reason,
                                       until=until)  # fmt: skip
                commands.waive_within(
                    connection, row.id, by=reader, reason=reason, until=day,
                    now=moment.now, today=moment.today,
                )  # fmt: skip
                done = f"It is accepted until {day_words(day)} {day.year}, and open again after."
            self._use(connection, token, claim, moment.now)
        return _page("said.html.j2", 200, title="Done", said=done)

    def _usable(
        self, connection: sa.Connection, purpose: Purpose, claim: Claim, token: str, *, lock: bool
    ) -> Any:
        """The flag that a link is about, where something can still be done with it."""
        used = connection.execute(
            sa.select(_used.c.at).where(_used.c.token == _digest(token))
        ).scalar_one_or_none()
        if used is not None:
            when = day_words(used.astimezone(self._configuration().settings.zone).date())
            raise LinkError(f"This link was used already, on {when}. A link acts once.")
        wanted = sa.select(_flag).where(_flag.c.fingerprint == claim.flag)
        row = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            raise LinkError("The flag that this link is about is not known any more.")
        if row.state == "resolved" or row.opened_at != claim.opened_at:
            raise LinkError(
                "The flag that this link is about is solved already; there is nothing to do."
                if row.state == "resolved"
                else "The flag was solved and raised again since. Use the link in a later digest."
            )
        if row.state == "waived":
            raise LinkError("The flag is accepted already; the console shows until when and why.")
        if purpose == "acknowledge" and row.state == "acknowledged":
            raise LinkError(f"{clean(row.acknowledged_by or 'Someone')} takes care of it already.")
        return row

    def _use(self, connection: sa.Connection, token: str, claim: Claim, now: datetime) -> None:
        """Write down that a link acted; of two at the same moment one is told so."""
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        connection.execute(sa.delete(_used).where(_used.c.expires_at < now))
        fresh = connection.execute(
            insert(_used)
            .values(token=_digest(token), at=now, expires_at=claim.expires_at)
            .on_conflict_do_nothing()
            .returning(_used.c.token)
        ).first()
        if fresh is None:
            raise LinkError("This link was used already. A link acts once.")

    def _leave(self, token: str) -> Response:
        member = self._member(token)
        page = "leave.html.j2" if member.left_at is None else "left.html.j2"
        title = "Unsubscribe" if member.left_at is None else "You are unsubscribed"
        return _page(page, 200, title=title, member=member, token=token)

    def _left(self, token: str) -> Response:
        member = self._member(token)
        leaving.unsubscribe(self._engine, token, clock.now())
        return _page("left.html.j2", 200, title="You are unsubscribed", member=member, token=token)

    def _back(self, token: str) -> Response:
        member = self._member(token)
        leaving.resubscribe(self._engine, token, clock.now())
        said = f"{member.recipient} gets the digest “{clean(member.subscription)}” again."
        return _page("said.html.j2", 200, title="You are subscribed again", said=said)

    def _member(self, token: str) -> leaving.Membership:
        member = None if NUL in token else leaving.by_token(self._engine, token)
        if member is None:
            raise LinkError("This link is not one of ours, or it is not complete.")
        return member

    def _claim(self, purpose: Purpose, token: str) -> Claim:
        links = self._links()
        if links is None:
            raise LinkError("Links in digests are switched off here: `web.url` is not set.")
        return links.read(purpose, token, clock.now())

    def _links(self) -> Links | None:
        return links_of(self._configuration(), self._engine)

    def _moment(self) -> Moment:
        return moment_of(self._configuration().settings, clock.now())


_TITLES: dict[Purpose, str] = {"acknowledge": "Acknowledge a flag", "waive": "Accept a flag"}


def _purpose(text: str) -> Purpose:
    for purpose in PURPOSES:
        if text == purpose:
            return purpose
    raise LinkError("This link is not one of ours, or it is not complete.")


def _judged(reason: str, until: str, moment: Moment) -> tuple[str, date | None]:
    """The day until which a flag is to be accepted, or what is wrong with what was filled in."""
    if not reason or len(reason) > REASON_LIMIT or NUL in reason:
        return f"Say why, in {REASON_LIMIT:,} characters of text at most.", None
    try:
        day = date.fromisoformat(until)
    except ValueError:
        return "Write the day as 2026-12-31.", None
    last = moment.today + timedelta(days=commands.LONGEST_WAIVER_DAYS)
    if not moment.today <= day <= last:
        return f"Choose a day from today to {last.isoformat()}.", None
    return "", day


async def _form(request: Request) -> dict[str, str]:
    """What was filled in; nothing where it is too much or no form."""
    body = await body_of(request, MAX_BYTES)
    text = (body or b"").decode("utf-8", "replace")
    try:
        return {name: values[0] for name, values in parse_qs(text, max_num_fields=20).items()}
    except ValueError:
        return {}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _shown(row: Any) -> dict[str, Any]:
    """A flag in words."""
    return {
        "title": clean(row.title) or "(without a title)", "key": clean(row.key or "", 40),
        "url": safe_url(row.url), "said": clean(row.said, 400), "severity": row.severity,
        "owner": clean(row.owner or "", 60), "project": clean(row.project or "", 60),
    }  # fmt: skip


def _page(template: str, status: int, **values: Any) -> Response:
    html = _pages.get_template(template).render(style=STYLE, **values)
    return Response(html, status, dict(HEADERS), media_type="text/html; charset=utf-8")


def _say(what: str, error: str) -> None:
    """An error for whoever must act: its sentence, no traceback."""
    log.error(what, error=error)
