"""Where resources register their routes, and how they describe themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from sync_engine.web.api.problems import answers
from sync_engine.web.console.gate import Gate
from sync_engine.web.console.needs import Needs, declare, guarded
from sync_engine.web.console.site import Console

Function = TypeVar("Function", bound=Callable[..., Any])
ROOT = "/api/v1"
USUAL, MOST = 100, 1000
"""Rows of a page, unless a caller says otherwise; and at most."""
TEXT = r"^[^\x00]*$"
"""Any text that a database keeps."""
LONGEST = 4096
"""Characters of a text that is asked for."""

Limit = Annotated[int, Query(ge=1, le=MOST, description="Rows of a page.")]
After = Annotated[str | None, Query(max_length=20_000, description="The mark of the page before.")]


class Page(BaseModel):
    """A page of a list."""

    next: str | None = Field(description="The mark of the following page; None: this is the last.")


class Body(BaseModel):
    """What a request may hold: nothing but its fields."""

    model_config = ConfigDict(extra="forbid")


class Resources:
    """The routes of the API."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.router = APIRouter(route_class=guarded(Gate(console)))

    def get(
        self, path: str, needs: Needs, *, answer: type[BaseModel], may: tuple[int, ...] = ()
    ) -> Callable[[Function], Function]:
        """A route that shows something. `may`: further statuses of problems that it answers."""
        return self._route(path, needs, "GET", answer, may)

    def post(
        self, path: str, needs: Needs, *, answer: type[BaseModel], may: tuple[int, ...] = ()
    ) -> Callable[[Function], Function]:
        """A route that changes something; its `needs` say so."""
        return self._route(path, needs, "POST", answer, (400, 413, *may))

    def _route(
        self, path: str, needs: Needs, method: str, answer: type[BaseModel], may: tuple[int, ...]
    ) -> Callable[[Function], Function]:
        def register(function: Function) -> Function:
            declare(function, needs)
            self.router.add_api_route(
                ROOT + path, function, methods=[method], response_model=answer,
                responses=answers(*may), operation_id=function.__name__,
            )  # fmt: skip
            return function

        return register
