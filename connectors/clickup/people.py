"""The people of a workspace: its members, guests included, and its groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.clickup.api import Api
from connectors.clickup.words import id_of, objects, part
from connectors.sdk.contract import Item, Page
from connectors.sdk.errors import NotVisible, Refused


def workspace(api: Api) -> tuple[Mapping[str, Any], datetime | None]:
    """The workspace with its members, and ClickUp's time.

    Raises:
        Refused: the token does not show the configured workspace.
    """
    found = api.rows("/team", "teams")
    for each in found.rows:
        if id_of(each["id"]) == api.workspace:
            return each, found.at
    shown = ", ".join(f"{id_of(each['id'])} ({each.get('name')})" for each in found.rows)
    raise Refused(
        f"The token shows no ClickUp workspace {api.workspace}.",
        remedy=f"Set `workspace` to one of those that it shows: {shown or 'none'}.",
    )


def members(api: Api) -> tuple[list[str], datetime | None]:
    """The ids of all members, and ClickUp's time."""
    team, at = workspace(api)
    found = (id_of(part(each, "user").get("id")) for each in objects(team.get("members")))
    return list(dict.fromkeys(id for id in found if id is not None)), at


def people(api: Api) -> Iterator[Page]:
    """Members, then groups (to which tasks can be assigned)."""
    team, _ = workspace(api)
    users = {id_of(part(each, "user").get("id")): each for each in objects(team.get("members"))}
    yield Page(
        [
            Item(id, {"user": _only(part(each, "user"), ("id", "username", "email"))})
            for id, each in users.items()
            if id is not None
        ]
    )
    try:
        groups = api.rows("/group", "groups", {"team_id": api.workspace})
    except NotVisible as error:
        yield Page(unread=[("groups", error.message)])
        return
    yield Page(
        [
            Item(str(id_of(row["id"])), {"group": _only(row, ("id", "name"))}, None, groups.altered)
            for row in groups.rows
        ]
    )


def _only(held: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: held.get(name) for name in names}
