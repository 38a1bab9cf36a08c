"""`/api/v1/users`: who may use the console. Of admins alone; no secret of anybody is told."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from sync_engine import accounts, invitations
from sync_engine.views import marks
from sync_engine.web.api.problems import understood
from sync_engine.web.api.resources import USUAL, After, Limit, Page, Resources
from sync_engine.web.console.ask import Asked
from sync_engine.web.console.needs import ADMIN, Needs

ORDER = "users"


class User(BaseModel):
    """An account."""

    id: int
    email: str
    name: str
    role: Literal["admin", "pmo", "manager", "viewer"]
    zone: str | None = Field(description="null: that of the PMO.")
    scope: str | None = Field(description="Of a manager: a condition on the projects they see.")
    enabled: bool = Field(description="They may sign in.")
    invited_until: datetime | None = Field(
        description="Until when a link works with which they choose a password; null: there is "
        "none."
    )


class Users(Page):
    """A page of accounts."""

    users: list[User]


def register(resources: Resources) -> None:
    """Add the routes."""

    @resources.get("/users", Needs(ADMIN, "none"), answer=Users, may=(400,))
    def list_users(ask: Asked, limit: Limit = USUAL, after: After = None) -> Users:
        """List accounts, by their number."""
        with ask.reading() as connection, understood():
            key = 0 if after is None else marks.read(after, ORDER, int)[0]
            held = accounts.everybody(connection)
            invited = invitations.waiting(connection, ask.now)
        rows = sorted((each for each in held if each.id > key), key=lambda each: each.id)
        return Users(
            users=[
                User(id=each.id, email=each.address, name=each.name, role=each.role,
                     zone=each.zone, scope=each.scope, enabled=each.enabled,
                     invited_until=invited.get(each.id))
                for each in rows[:limit]
            ],
            next=marks.made(ORDER, rows[limit - 1].id) if len(rows) > limit else None,
        )  # fmt: skip
