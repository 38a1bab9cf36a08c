"""The tree of an account: its spaces, folders and projects, and where in it a task counts.

Wrike's projects are folders with dates, owners and a status. What lies in a plain folder counts in
the nearest project above it, and where there is none in the space.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.sdk.contract import Json, Scope
from connectors.sdk.records import ProjectState
from connectors.sdk.vocabulary import FieldName, Vocabulary, plain_type
from connectors.wrike.api import Api
from connectors.wrike.words import CUSTOM, PROJECT_STATES, ids, objects, part, text

FOLDER = "WsFolder"
TYPES = {
    "DropDown": "one of a list", "Multiple": "several of a list", "Contacts": "people",
    "Numeric": "number", "Percentage": "number", "Duration": "number",
}  # fmt: skip


class Lookups:
    """The words of an account: statuses and custom fields by id. Each is asked for when the first
    item wants it, once."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._statuses: dict[str, Json] | None = None
        self._fields: dict[str, Json] | None = None

    def status(self, id: str | None) -> Json | None:
        """The name, the group and whether it is its workflow's first; None for an unknown one."""
        if id is None:
            return None
        return self._workflows().get(id)

    def words(self) -> Vocabulary:
        """What there is to map."""
        return Vocabulary.of(
            (text(status.get("name")) for status in self._workflows().values()),
            (
                FieldName(id, text(row.get("title")) or id, plain_type(row.get("type"), TYPES))
                for id, row in self._defined().items()
            ),
        )

    def _workflows(self) -> Mapping[str, Json]:
        if self._statuses is None:
            self._statuses = {
                key: {name: status.get(name) for name in ("name", "group", "standard")}
                for page in self._api.pages("/workflows")
                for workflow in page.rows
                for status in objects(workflow.get("customStatuses"))
                if (key := text(status.get("id")))
            }
        return self._statuses

    def _defined(self) -> Mapping[str, Json]:
        if self._fields is None:
            self._fields = {
                row["id"]: row for page in self._api.pages("/customfields") for row in page.rows
            }
        return self._fields

    def fields(self, held: Any) -> list[Json]:
        """Custom fields with their titles and types."""
        values = objects(held)
        known = self._defined() if values else {}
        return [
            {
                "id": each.get("id"),
                "value": each.get("value"),
                **{name: part(known, str(each.get("id"))).get(name) for name in ("title", "type")},
            }
            for each in values
        ]


@dataclass(frozen=True, slots=True)
class Place:
    """A project or a space.

    Args:
        row: as the tree, or the list of spaces, shows it.
        parent: the nearest project or space above it.
        status: the project's own status of a workflow, with its group.
    """

    row: Json
    parent: str | None
    state: ProjectState
    status: Json | None = None

    @property
    def id(self) -> str:
        return str(self.row["id"])

    @property
    def is_space(self) -> bool:
        return not part(self.row, "project")

    @property
    def scope(self) -> Scope:
        """The place as a scope."""
        return Scope(self.id, text(self.row.get("title")) or self.id, self.state)


class Roster:
    """The tree as it is now: two questions, and a third where a project has an own status."""

    def __init__(self, api: Api, lookups: Lookups) -> None:
        self._lookups = lookups
        self._folders: dict[str, Json] = {}
        self._above: dict[str, list[str]] = {}
        for page in api.pages("/folders"):
            for row in page.rows:
                for child in ids(row.get("childIds")):
                    self._above.setdefault(child, []).append(row["id"])
                if row.get("scope") == FOLDER:
                    self._folders[row["id"]] = row
        self._spaces = {
            row["id"]: row
            for page in api.pages("/spaces", {"withArchived": True})
            for row in page.rows
        }

    def places(self) -> Iterator[Place]:
        """Every space, then every project."""
        for space in self._spaces.values():
            yield Place(space, None, "archived" if space.get("archived") is True else "active")
        for id, row in self._folders.items():
            project = part(row, "project")
            if project and id not in self._spaces:
                parent = next(iter(self.homes(self._above.get(id, ()))), None)
                status = self._status(project)
                word = text(status.get("group")) if status else text(project.get("status"))
                yield Place(row, parent, PROJECT_STATES.get(word or "", "active"), status)

    def homes(self, folders: Iterable[str]) -> list[str]:
        """The projects, or spaces, in which something counts that lies in some folders: of each
        the nearest, each once, in the order of the folders."""
        found = (self._nearest(id) for id in folders)
        return list(dict.fromkeys(id for id in found if id is not None))

    def home(self, task: Json) -> str | None:
        """The project or space in which a task counts, by the folders that it lies in."""
        folders = (*ids(task.get("parentIds")), *ids(task.get("superParentIds")))
        return next(iter(self.homes(folders)), None)

    def _nearest(self, id: str) -> str | None:
        """A folder may lie in several: the first project met, level by level, before any space."""
        level, seen, space = [id], {id}, None
        while level:
            for each in level:
                if each in self._spaces:
                    space = space or each
                elif part(self._folders.get(each), "project"):
                    return each
            above = (up for each in level for up in self._above.get(each, ()))
            level = [each for each in dict.fromkeys(above) if each not in seen]
            seen.update(level)
        return space

    def _status(self, project: Mapping[str, Any]) -> Json | None:
        own = project.get("status") == CUSTOM
        return self._lookups.status(text(project.get("customStatusId"))) if own else None


class Homes:
    """Where tasks count, for what hangs on them and names them alone; asks when it is asked."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._roster: Roster | None = None
        self._known: dict[str, str | None] = {}

    def of(self, tasks: Iterable[str]) -> Mapping[str, str | None]:
        """The project or space of each task; None where it has none or is not shown."""
        new = [id for id in dict.fromkeys(tasks) if id not in self._known]
        if new:
            self._roster = self._roster or Roster(self._api, Lookups(self._api))
            rows = self._api.named("/tasks", new).rows
            self._known |= {id: self._roster.home(rows.get(id, {})) for id in new}
        return self._known
