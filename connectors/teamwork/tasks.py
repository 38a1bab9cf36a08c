"""Tasks with what they refer to: their list, tags, stage, time and custom fields."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sdk.contract import Cursor, Item, Page
from connectors.sdk.errors import NotVisible, Unexpected
from connectors.sdk.records import Gone
from connectors.sdk.vocabulary import FieldName
from connectors.teamwork.api import BY_ID, V3, Api, Rows
from connectors.teamwork.custom import type_of
from connectors.teamwork.mapping import GONE_AT, is_deleted
from connectors.teamwork.words import first_instant, id_of, objects, part, ref, refs, text

EVERYTHING: Mapping[str, Any] = {
    "includeCompletedTasks": True,
    "includeCompletedSubtasks": True,
    "showCompletedLists": True,
}
"""Without these, what is completed is left out, as if it had been deleted."""
RELATED: Mapping[str, Any] = {
    "includeRelatedTasks": True,
    "includeCompletedPredecessors": True,
}
"""Without the second, a predecessor vanishes from a task as soon as it is completed."""
KEPT = (
    "id", "name", "description", "descriptionContentType", "priority", "progress", "startDate",
    "dueDate", "estimateMinutes", "tasklist", "tasklistId", "parentTask", "parentTaskId",
    "assignees", "assigneeUserIds", "assigneeTeamIds", "assigneeCompanyIds", "predecessors",
    "predecessorIds",
    "createdBy", "createdByUserId", "createdAt", "updatedAt", "dateUpdated", "completedAt",
    "completedOn", "status",
)  # fmt: skip
"""What a task's item keeps of it: no permissions, followers, attachments, reminders."""


class CustomFields:
    """The custom fields of a site and of its projects; asked for when first needed.

    Args:
        api: the way to Teamwork.
        on: what has the fields: "task" or "project".
    """

    def __init__(self, api: Api, on: str) -> None:
        self._api = api
        self._on = on
        self._known: Sequence[Mapping[str, Any]] | None = None

    def of(self, project: str | None, told: Values) -> list[dict[str, Any]]:
        """The fields that something in a project has, with their values: those without one only
        where all values were told."""
        return [
            {
                "id": field["id"],
                "name": field.get("name"),
                "type": field.get("type"),
                "options": field.get("options"),
                "value": told.by_field.get(id),
            }
            for field in self._defined()
            if ref(field, "project", "projectId") in (None, project)
            and ((id := str(id_of(field["id"]))) in told.by_field or told.whole)
        ]

    def names(self, projects: Container[str]) -> list[FieldName]:
        """The fields of the site and of some projects, for people."""
        return [
            FieldName(id, text(field.get("name")) or id, type_of(field.get("type")))
            for field in self._defined()
            if (id := id_of(field["id"])) is not None
            and ((project := ref(field, "project", "projectId")) is None or project in projects)
        ]

    def _defined(self) -> Sequence[Mapping[str, Any]]:
        if self._known is None:
            params = {**BY_ID, "includeSiteLevel": True}
            pages = self._api.pages("/customfields.json", "customfields", params)
            self._known = [
                row
                for page in pages
                for row in page.rows
                if (text(row.get("entity")) or "").startswith(self._on) and not is_deleted(row)
            ]
        return self._known


@dataclass(frozen=True, slots=True)
class Values:
    """The values of custom fields that something has.

    Args:
        by_field: the values.
        whole: whether these are all.
    """

    by_field: Mapping[str, Any]
    whole: bool = True


def values_of(page: Rows, kind: str, owner: str) -> Mapping[str, Values]:
    """The values of custom fields that an answer tells besides its rows: by row.

    Args:
        kind: what Teamwork calls them: "customfieldTasks" …
        owner: "task" or "project".
    """
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for value in part(page.included, kind).values():
        field, on = ref(value, "customfield", "customfieldId"), ref(value, owner, f"{owner}Id")
        if field and on:
            found[on][field] = value.get("value")
    return {
        id: Values(found[id], all(page.included_one(kind, each) for each in _named(row)))
        for row in page.rows
        if (id := str(id_of(row["id"])))
    }


def _named(row: Mapping[str, Any]) -> list[str]:
    """The ids of the values that a row says it has."""
    return refs(row.get("customFieldValues")) or refs(row.get("customFieldValueIds"))


def names_of(page: Rows, kind: str, ids: Sequence[str]) -> list[str | None]:
    """The names of what a row refers to."""
    return [text(page.included_one(kind, id).get("name")) for id in ids]


class Stages:
    """The names of the stages of workflows; a workflow is asked for when a task is in it.

    Attributes:
        unread: workflows that may not be looked into, with the reason.
    """

    def __init__(self, api: Api) -> None:
        self.unread: list[tuple[str, str]] = []
        self._api = api
        self._names: dict[str, Mapping[str, str | None]] = {}

    def rows(self, workflow: str) -> list[dict[str, Any]]:
        """The stages of a workflow, in their order."""
        in_order = {"orderBy": "displayorder", "orderMode": "asc"}
        pages = self._api.pages(f"/workflows/{workflow}/stages.json", "stages", in_order)
        return [row for page in pages for row in page.rows]

    def _seen(self, workflow: str) -> list[dict[str, Any]]:
        try:
            return self.rows(workflow)
        except NotVisible as error:
            self.unread.append((f"workflow {workflow}", error.message))
            return []

    def name(self, task: Mapping[str, Any]) -> str | None:
        """The stage in which a task is; None in the backlog and where it is in no workflow."""
        for place in objects(task.get("workflowStages")):
            workflow, stage = id_of(place.get("workflowId")), id_of(place.get("stageId"))
            if workflow is None or stage is None:
                continue
            if workflow not in self._names:
                self._names[workflow] = {
                    str(id_of(row["id"])): text(row.get("name")) for row in self._seen(workflow)
                }
            if (name := self._names[workflow].get(stage)) is not None:
                return name
        return None

    def words(self) -> list[str | None]:
        """The names of all stages; of a workflow that may not be looked into, none."""
        pages = self._api.pages("/workflows.json", "workflows")
        ids = [str(id_of(row["id"])) for page in pages for row in page.rows]
        return [text(row.get("name")) for id in ids for row in self._seen(id)]


class Tasks:
    """Reads tasks.

    Args:
        api: the way to Teamwork.
        site: address of the pages that people open.
        filters: the only projects to read, and whether archived ones are.
        custom: ask for custom fields as well.
    """

    def __init__(self, api: Api, site: str, filters: Mapping[str, Any], *, custom: bool) -> None:
        self._api = api
        self._site = site
        self._filters = filters
        self._custom = custom

    def pull(self, since: Cursor | None) -> Iterator[Page]:
        """All tasks, later those that have changed, deleted ones among them."""
        include = "tasklists,tags,timeTotals"
        params = {
            **EVERYTHING, **RELATED, **BY_ID, **self._filters, "showDeleted": True,
            "include": f"{include},customfieldtasks" if self._custom else include,
        }  # fmt: skip
        fields, stages = CustomFields(self._api, "task"), Stages(self._api)
        for page, cursor in self._api.changes("/tasks.json", "tasks", params, since):
            there = [row for row in page.rows if not is_deleted(row)]
            if there and "tasklists" not in page.included:
                raise Unexpected("Teamwork tells tasks without the lists that they are in.")
            values = values_of(page, "customfieldTasks", "task")
            items = [self._item(row, page, values, fields, stages) for row in there]
            unread, stages.unread = stages.unread, []
            yield Page(items, cursor=cursor, gone=gone(page, "tasks"), unread=unread)

    def ids(self, scope: str) -> Iterator[Sequence[str]]:
        """The ids of a project's tasks, completed ones and subtasks included."""
        params = {**EVERYTHING, **BY_ID, "includeArchivedProjects": True, "fields[tasks]": "id"}
        path = f"/projects/{scope}/tasks.json"
        for page in self._api.pages(path, "tasks", params, scope=scope):
            yield [str(id_of(row["id"])) for row in page.rows]

    def count(self, scope: str) -> int | None:
        """How many tasks a project has, as Teamwork counts them."""
        path = f"{V3}/projects/{scope}/tasks.json"
        asked = {**EVERYTHING, "includeArchivedProjects": True, "page": 1, "pageSize": 1}
        answer = self._api.http.request("GET", path, params=asked, scope=scope)
        count = part(part(answer.data, "meta"), "page").get("count")
        return count if isinstance(count, int) and not isinstance(count, bool) else None

    def _item(
        self,
        row: dict[str, Any],
        page: Rows,
        values: Mapping[str, Values],
        fields: CustomFields,
        stages: Stages,
    ) -> Item:
        id, list_id = str(id_of(row["id"])), ref(row, "tasklist", "tasklistId")
        held = page.included_one("tasklists", list_id)
        project = ref(held, "project", "projectId")
        body: dict[str, Any] = {
            "task": {name: row[name] for name in KEPT if name in row},
            "project": project,
            "list": {
                "name": text(held.get("name")),
                "milestone": ref(held, "milestone", "milestoneId"),
            },
            "tags": names_of(page, "tags", refs(row.get("tags")) or refs(row.get("tagIds"))),
            "stage": stages.name(row),
            "logged": page.included_one("timeTotals", id).get("loggedMinutes"),
            "site": self._site,
        }
        if self._custom:
            body["fields"] = fields.of(project, values[id])
        return Item(id, body, scope=project, altered=page.altered)


def gone(page: Rows, stream: str) -> list[Gone]:
    """What a page says was deleted."""
    return [
        Gone(
            id=str(id_of(row["id"])),
            stream=stream,
            reason="deleted",
            at=first_instant(row, *GONE_AT),
        )
        for row in page.rows
        if is_deleted(row)
    ]
