"""The lists of a workspace, found by walking its spaces and folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from connectors.clickup.api import Api
from connectors.clickup.words import id_of, objects, text
from connectors.sdk.contract import Json, Scope
from connectors.sdk.errors import NotVisible


@dataclass(frozen=True, slots=True)
class Place:
    """A list, and where it lies.

    Args:
        list: as ClickUp shows it.
        space: the name of its space; None when it is shared with us apart from its space.
        folder: the name of its folder; None without one.
        archived: it, its folder or its space is archived.
        space_id: of its space; None likewise.
    """

    list: Json
    space: str | None
    folder: str | None
    archived: bool
    space_id: str | None = None

    @property
    def scope(self) -> Scope:
        """The list as a scope; what is chosen is its space."""
        id = id_of(self.list.get("id")) or ""
        state: Literal["archived", "active"] = "archived" if self.archived else "active"
        name = text(self.list.get("name")) or id
        return Scope(
            id, name, state, chosen_as=self.space_id, chosen_name=self.space or self.space_id or ""
        )


class Roster:
    """Walks the hierarchy.

    Args:
        api: the way to ClickUp.
        spaces: ids of the only ones to read; empty: all, and what is shared with the account.
        archived: also look for what is archived, at twice the price.

    Attributes:
        unread: ids of spaces that may not be looked into, with the reason.
        missing: ids under `spaces` of which the workspace shows none.
        statuses: names of the statuses of the spaces and folders that were walked; a list that
            overrides them is not among them.
    """

    def __init__(self, api: Api, spaces: Sequence[str], *, archived: bool) -> None:
        self._api = api
        self._wanted = tuple(dict.fromkeys(spaces))
        self._states = (False, True) if archived else (False,)
        self.unread: list[tuple[str, str]] = []
        self.missing: list[str] = []
        self.statuses: list[str | None] = []

    def places(self) -> Iterator[Place]:
        """Every list, each once."""
        told: set[str] = set()
        for place in self._all():
            if place.scope.id not in told:
                told.add(place.scope.id)
                yield place

    def _all(self) -> Iterator[Place]:
        spaces = list(self._spaces())
        seen = {id_of(space["id"]) for space in spaces}
        self.missing = [id for id in self._wanted if id not in seen]
        for space in spaces:
            try:
                for place in self._of_space(space):
                    yield replace(place, space_id=id_of(space["id"]))
            except NotVisible as error:
                # The other spaces are read; that this one is not is said.
                self.unread.append((str(id_of(space["id"])), error.message))
        if not self._wanted:
            yield from self._shared()

    def _spaces(self) -> Iterator[dict[str, Any]]:
        for archived in self._states:
            found = self._api.rows(f"{self._api.team}/space", "spaces", {"archived": archived})
            for space in found.rows:
                if not self._wanted or id_of(space["id"]) in self._wanted:
                    yield {**space, "archived": archived}

    def _of_space(self, space: dict[str, Any]) -> Iterator[Place]:
        name, put_away = text(space.get("name")), space["archived"]
        self.statuses += status_names(space)
        for archived in self._states:
            params, path = {"archived": archived}, f"/space/{space['id']}"
            for folder in self._api.rows(f"{path}/folder", "folders", params).rows:
                yield from self._of_folder(folder, name, put_away or archived)
            for each in self._api.rows(f"{path}/list", "lists", params).rows:
                yield Place(each, name, None, put_away or archived)

    def _of_folder(self, folder: Json, space: str | None, put_away: bool) -> Iterator[Place]:
        """The lists that are not archived come with their folder."""
        path = f"/folder/{folder['id']}/list"
        name = None if folder.get("hidden") is True else text(folder.get("name"))
        told = folder.get("lists")
        self.statuses += status_names(folder)
        for archived in self._states:
            if not archived and isinstance(told, list):
                found: Sequence[Json] = [each for each in objects(told) if id_of(each.get("id"))]
            else:
                found = self._api.rows(path, "lists", {"archived": archived}).rows
            for each in found:
                yield Place(each, space, name, put_away or archived)

    def _shared(self) -> Iterator[Place]:
        """Lists and folders that were shared with the account without their space."""
        data, _ = self._api.object(f"{self._api.team}/shared")
        shared = data.get("shared")
        for each in objects(shared.get("lists") if isinstance(shared, dict) else None):
            if id_of(each.get("id")):
                yield Place(each, None, None, each.get("archived") is True)
        for folder in objects(shared.get("folders") if isinstance(shared, dict) else None):
            if id_of(folder.get("id")):
                yield from self._of_folder(folder, None, folder.get("archived") is True)


def status_names(place: Json) -> list[str | None]:
    """The statuses that a space, a folder or a list names as its own."""
    return [text(each.get("status")) for each in objects(place.get("statuses"))]
