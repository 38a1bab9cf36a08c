"""People: everybody for an administrator, members of projects for others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from connectors.redmine.items import item
from connectors.redmine.reading import identity, offset_pages, rows_of
from connectors.sdk.contract import Http, Item, Json, Page
from connectors.sdk.errors import NotVisible


def people(http: Http, web: str, roster: Callable[[], Sequence[Json]]) -> Iterator[Page]:
    """Users, active and locked, and groups; who may not list them gets members of projects.

    Strangers are refused (401) the lists of users and groups, not those of members.
    """
    groups = http.request("GET", "/groups.json", accept=(403,))
    if groups.status == 403:
        yield from _members(http, web, roster())
        return
    items = [
        item(web, "user", row, more={"active": active})
        for status, active in ((1, True), (3, False))
        for rows in offset_pages(http, "/users.json", "users", {"status": status})
        for row in rows
    ]
    items += [
        item(web, "group", row, more={"active": True})
        for row in rows_of(groups, "/groups.json", "groups")
    ]
    yield Page(items)


def _members(http: Http, web: str, roster: Sequence[Json]) -> Iterator[Page]:
    """The people that an ordinary account can know of: the members of its projects."""
    seen: set[int] = set()
    hidden: NotVisible | None = None
    for project in roster:
        scope = str(project["id"])
        path = f"/projects/{scope}/memberships.json"
        items: dict[int, Item] = {}
        try:
            for rows in offset_pages(http, path, "memberships", None, scope):
                for row in rows:
                    kind = "group" if "group" in row else "user"
                    who = row.get(kind)
                    if isinstance(who, Mapping) and who.get("id") not in seen:
                        items[who["id"]] = item(web, kind, who)
        except NotVisible as error:
            hidden = error  # the other projects' members are still worth having
            continue
        seen.update(items)
        identity(http)
        yield Page(list(items.values()))
    if hidden is not None:
        raise hidden
