"""Projects, lists and lanes as plain values (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from connectors.jira import tasks
from connectors.jira.tasks import ms
from connectors.jira.values import account, ident, obj, word
from connectors.sdk.contract import Cursor, Item, Json, Lane, Scope
from connectors.sdk.errors import Unexpected

REREAD = timedelta(minutes=30)  # versions and boards are not read more often
USER_FIELDS = (
    "accountId", "accountType", "key", "name", "displayName", "emailAddress", "active", "timeZone",
)  # fmt: skip
VERSION_FIELDS = (
    "id", "self", "name", "description", "released", "archived", "startDate", "releaseDate",
    "projectId",
)  # fmt: skip


def due(lanes: list[Lane], now: datetime, cursors: Mapping[str, Cursor]) -> list[Lane]:
    """All of these lanes, or none while all have been read of late.

    Versions and boards have no "changed since", change rarely and cost a request each.
    """
    oldest = ms(now) - tasks.ms_of(REREAD)
    read = (tasks.number_in(cursors.get(lane.name, {}), "read_ms") for lane in lanes)
    return [] if all(at > oldest for at in read) else lanes


def live(roster: Sequence[Json]) -> list[Json]:
    """The projects that are neither archived nor in the bin."""
    return [each for each in roster if not (each.get("archived") or each.get("deleted"))]


def ids_of(roster: Sequence[Json]) -> list[str]:
    """The ids of projects."""
    return [str(each.get("id")) for each in roster]


def scope_of(project: Json) -> Scope:
    """A project as a scope."""
    id_, key = str(project.get("id")), word(project.get("key"))
    name = word(project.get("name")) or key or id_
    if project.get("deleted"):
        return Scope(id_, name, "trashed", chosen_as=key or "")
    state: Literal["archived", "active"] = "archived" if project.get("archived") else "active"
    return Scope(id_, name, state, chosen_as=key or "")


def item_of(answer: Any, kind: str, fields: Sequence[str]) -> Item:
    """One thing of a list, with the fields that the mapping reads."""
    held = obj(answer)
    body = {name: held[name] for name in fields if name in held}
    id_ = account(body) if kind == "user" else ident(body.get("id"))
    if id_ is None:
        raise Unexpected(f"Jira listed a {kind} without an id.")
    return Item(id_, {kind: body})
