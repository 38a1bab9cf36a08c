"""One request, as pages see it: who asks, what they may see, what they sent; and the answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sync_engine.access import Visible
from sync_engine.accounts import User
from sync_engine.configure.changes import Desk
from sync_engine.rules.calendars import Moment
from sync_engine.rules.language import LanguageError
from sync_engine.settings import Settings
from sync_engine.store.audit import Actor
from sync_engine.store.engine import reading
from sync_engine.web.console import tokens
from sync_engine.web.console.forms import Form
from sync_engine.web.console.refusals import Refusal

if TYPE_CHECKING:
    from sync_engine.web.console.site import Console


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that was let in.

    Args:
        user: who is signed in; None at the door.
        held: the token of the browser's cookie, which proves that forms are ours; "" for programs.
        by_token: a program asks, with a token of the API.
        form: what was sent, of a request that changes something.
        now: the one instant of the whole answer.
    """

    request: Request
    console: Console
    user: User | None
    held: str
    by_token: bool
    form: Form
    now: datetime

    # -- who, when ---------------------------------------------------------------------------------

    @property
    def signed_in(self) -> User:
        """Who asks, where only who is signed in may come in."""
        if self.user is None:
            raise Refusal(401)
        return self.user

    @property
    def actor(self) -> Actor:
        """Who changes something, for the audit log."""
        return Actor(self.signed_in.address, "api" if self.by_token else "console")

    @property
    def settings(self) -> Settings:
        """The configuration that holds now."""
        return self.console.configuration().settings

    @property
    def desk(self) -> Desk:
        """Where the configuration is changed; `console.changed()` afterwards."""
        held = self.console.configuration()
        return Desk(self.console.engine, held.file or held, self.console.now)

    @property
    def engine(self) -> sa.Engine:
        """The store, for commands that change something."""
        return self.console.engine

    @property
    def moment(self) -> Moment:
        """Now, in the PMO's zone and calendar: what standards and scopes are counted in."""
        return Moment(self.now, self.settings.zone, self.console.calendar())

    @property
    def zone(self) -> ZoneInfo:
        """The reader's zone, in which times are shown."""
        own = self.user.zone if self.user else None
        return ZoneInfo(own) if own else self.settings.zone

    @property
    def shown_moment(self) -> Moment:
        """Now, with the days of the reader."""
        return replace(self.moment, zone=self.zone)

    # -- what may be seen --------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection for reads: one consistent state of the store, no waiting for writers."""
        with reading(self.console.engine) as connection:
            yield connection

    def visible(self, connection: sa.Connection) -> Visible:
        """What the reader may see.

        Raises:
            Refusal: the scope of their account is not understood.
        """
        try:
            return Visible.to(self.signed_in, connection, self.moment)
        except LanguageError as error:
            raise Refusal(
                403, f"The scope of your account is not understood, so nothing can be shown: "
                f"{error}. An admin can mend it."
            ) from error  # fmt: skip

    # -- answers -----------------------------------------------------------------------------------

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page made of a template, which gets `ask` and these values."""
        said = tokens.open_said(self.held, self.cookie(tokens.SAID))
        html = self.console.templates.get_template(template).render(ask=self, said=said, **values)
        response = HTMLResponse(html, status)
        if said is not None:
            self.set_cookie(response, tokens.SAID, None)
        known = (self.cookie(tokens.SESSION), self.cookie(tokens.GUEST))
        if self.held and self.held not in known:
            self.set_cookie(response, tokens.GUEST, self.held)
        return response

    def go(self, path: str, *, said: str | None = None, held: str | None = None) -> Response:
        """Send the browser to another page of ours, which first says something.

        Args:
            held: the cookie that the browser will hold by then, where it changes.
        """
        response = RedirectResponse(local(path), 303)
        if said is not None:
            self.set_cookie(response, tokens.SAID, tokens.seal_said(held or self.held, said))
        return response

    def set_cookie(
        self, response: Response, name: str, value: str | None, seconds: int | None = None
    ) -> None:
        """Set one of our cookies, or take it away."""
        secure = self.console.secure(self.request)
        tokens.set_cookie(response, name, value, secure=secure, seconds=seconds)

    # -- for templates -----------------------------------------------------------------------------

    @property
    def csrf(self) -> str:
        """The proof for forms of this page."""
        return tokens.csrf(self.held)

    @property
    def theme(self) -> str:
        """Light, dark, or as the system says."""
        held = self.cookie(tokens.THEME)
        return held if held in tokens.THEMES else "auto"

    @property
    def path(self) -> str:
        """The page's own address, with its query."""
        query = self.request.url.query
        return f"{self.request.url.path}?{query}" if query else self.request.url.path

    def cookie(self, name: str) -> str | None:
        """One of our cookies, as the browser sent it."""
        return tokens.get_cookie(self.request, name, secure=self.console.secure(self.request))


def local(path: str) -> str:
    """A path of ours; the overview in place of an address that leads elsewhere."""
    parts = urlsplit(path)
    strange = any(ord(c) < 33 or c == "\\" for c in path)
    if parts.scheme or parts.netloc or strange or not path.startswith("/") or path[1:2] == "/":
        return "/"
    return path


def asked(request: Request) -> Ask:
    """The request, as the guard let it in."""
    found: Ask = request.state.ask
    return found


Asked = Annotated[Ask, Depends(asked)]
