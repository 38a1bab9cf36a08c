"""What a route needs, said where it is registered; a route that does not say so is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute

from sync_engine.accounts import Role

SAFE = frozenset({"GET", "HEAD"})
FORM_BYTES = 512 * 1024

ALL: frozenset[Role] = frozenset({"admin", "pmo", "manager", "viewer"})
ACTING: frozenset[Role] = frozenset({"admin", "pmo", "manager"})
PMO: frozenset[Role] = frozenset({"admin", "pmo"})
ADMIN: frozenset[Role] = frozenset({"admin"})
WHOLE: frozenset[Role] = ALL - {"manager"}
"""Who may see all rows."""

Rows = Literal["none", "visible", "whole"]


class UndeclaredError(Exception):
    """A route does not say what it needs, or says what cannot be; the message names it."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Who may use a route, and how.

    Args:
        roles: who may come in; None: whoever asks, signed in or not.
        rows: none of the store's; those that are visible to the reader; or all (`WHOLE` only).
        changes: it changes something, so only an unforged request may.
        most: bytes of a body.
        known: whether to look who asks; what is part of every page, errors included, need not.
    """

    roles: frozenset[Role] | None
    rows: Rows
    changes: bool = False
    most: int = FORM_BYTES
    known: bool = True


OPEN = Needs(None, "none")
"""For whoever asks: the door."""

Guard = Callable[[Request, Needs], Awaitable[Request]]


def guarded(guard: Guard) -> type[APIRoute]:
    """The class of routes that let a request in only if it has what they need.

    Args:
        guard: gives the request on, or raises.
    """

    class GuardedRoute(APIRoute):
        def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
            self.needs = _needs_of(path, endpoint, options.get("methods") or {"GET"})
            super().__init__(path, endpoint, **options)

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer, needs = super().get_route_handler(), self.needs

            async def handle(request: Request) -> Response:
                return await answer(await guard(request, needs))

            return handle

    return GuardedRoute


def declare(endpoint: Callable[..., Any], needs: Needs) -> None:
    """Note what a function of a route needs."""
    vars(endpoint)["needs"] = needs


def _needs_of(path: str, endpoint: Callable[..., Any], methods: Iterable[str]) -> Needs:
    needs = vars(endpoint).get("needs")
    if not isinstance(needs, Needs):
        raise UndeclaredError(f"the route {path} does not say what it needs")
    if needs.changes != (not SAFE.issuperset(methods)):
        raise UndeclaredError(f"the route {path} must say of itself whether it changes anything")
    if needs.rows == "whole" and not (needs.roles or ALL) <= WHOLE:
        raise UndeclaredError(f"the route {path} shows all rows to who may not see them")
    return needs


def check(routers: Iterable[APIRouter]) -> None:
    """Raise `UndeclaredError` unless every route of the console is a guarded one."""
    for router in routers:
        for route in router.routes:
            if not isinstance(getattr(route, "needs", None), Needs):
                raise UndeclaredError(f"the route {getattr(route, 'path', route)} is not guarded")


def refuse_strangers(app: FastAPI, known: Iterable[str]) -> None:
    """Raise `UndeclaredError` when something is served that is neither guarded nor known."""
    allowed = set(known)
    for route in app.routes:
        path = getattr(route, "path", None)
        if path is not None and path not in allowed and not hasattr(route, "needs"):
            raise UndeclaredError(f"the route {path} is not guarded")
