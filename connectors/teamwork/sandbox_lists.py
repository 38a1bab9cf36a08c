"""The lists of the imitated API: what they leave out, their order, their pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from connectors.sdk.records import (
    Column,
    Comment,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    StatusUpdate,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Request
from connectors.teamwork.sandbox_adopt import Adoption
from connectors.teamwork.sandbox_params import LARGEST
from connectors.teamwork.sandbox_render import (
    Object,
    by_id,
    comment_json,
    field_json,
    group,
    list_json,
    milestone_json,
    project_json,
    tag_id,
    task_json,
    timelog_json,
    update_json,
    user,
    value_json,
)
from connectors.teamwork.sandbox_words import CATEGORIES, FOUNDED, Field, number
from connectors.teamwork.words import instant

R = TypeVar("R", Task, Worklog, StatusUpdate, Comment, Milestone)


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status = status


class Lists(Adoption):
    """Answers questions about many things.

    Args:
        records: see `Sandbox`.
        now: the tool's clock.
        page_size: rows a page at most, whatever is asked.
    """

    def __init__(
        self, records: Iterable[Record], now: Callable[[], datetime], page_size: int = LARGEST
    ) -> None:
        super().__init__(records, now)
        self.page_size = page_size
        self._ever: dict[tuple[type[Record], str], Record] = {}  # what is or was there
        self._revision = -1

    def remember(self) -> None:
        """Keep what is there, for when it is deleted."""
        if self._revision != self.world.revision:
            self._revision = self.world.revision
            for kind in (Task, Worklog, StatusUpdate, Milestone):
                self._ever.update(((kind, each.id), each) for each in self.world.all(kind))

    def seen(self, kind: type[R], id: str) -> R | None:
        """A record whose project may be seen."""
        found = self.world.get(kind, id)
        return None if found is None or self.home(found) in self.hidden else found

    def home(self, record: Record) -> str | None:
        """The project of a record."""
        if isinstance(record, Comment):
            task = self._ever.get((Task, record.task_id))
            return task.project_id if isinstance(task, Task) else None
        return getattr(record, "project_id", None)

    def chosen(self, request: Request) -> list[Project]:
        """The projects of a question about all of them: archived ones only when asked for."""
        named = [id for id in request.one("projectIds").split(",") if id]
        return [
            each
            for each in self.world.all(Project)
            if each.id not in self.hidden
            and (not named or each.id in named)
            and (each.state != "archived" or request.one("includeArchivedProjects") == "true")
        ]

    def page(
        self,
        request: Request,
        key: str,
        rows: Iterable[Object],
        included: Callable[[Sequence[Object]], Object] | None = None,
    ) -> Object:
        """A page of rows, in the order of their ids where that is asked for.

        Args:
            included: what is told besides the rows of a page.
        """
        number, size = (
            int(request.one(name, to)) for name, to in (("page", "1"), ("pageSize", "50"))
        )
        if not 1 <= size <= LARGEST or number < 1:
            raise Refusal(400, "Invalid page or pageSize")
        held, size = list(rows), min(size, self.page_size)
        if request.one("orderBy") == "id":
            held.sort(key=lambda row: int(row["id"]))
        start = (number - 1) * size
        page = held[start : start + size]
        told: Object = {
            "pageOffset": number - 1,
            "pageSize": size,
            "hasMore": start + size < len(held),
        }
        if request.one("skipCounts") != "true":
            told["count"] = len(held)
        besides = included(page) if included else {}
        only = request.one(f"fields[{key}]")
        shown = [{name: row[name] for name in only.split(",")} for row in page] if only else page
        return {key: shown, "meta": {"page": told}, "included": besides}

    def projects(self, request: Request) -> Object:
        """With companies, categories, tags and values of custom fields as asked for."""
        chosen = {int(each.id): each for each in self.chosen(request)}

        def included(rows: Sequence[Object]) -> Object:
            asked = request.one("include").split(",")
            page = [chosen[row["id"]] for row in rows]
            fields = self.project_fields.get("", {})
            told: Object = {}
            if "companies" in asked:
                companies = [each for each in self.world.all(Person) if each.id[:8] == "company-"]
                told["companies"] = by_id(map(group, companies))
            if "projectCategories" in asked:
                names = [name for name in CATEGORIES if name]
                told["projectCategories"] = by_id(
                    {"id": int(number("category", name)), "name": name} for name in names
                )
            if "tags" in asked:
                told["tags"] = _tags(tag for project in page for tag in _tags_of(project))
            if "customfieldProjects" in asked and request.one("includeCustomFields") == "true":
                told["customfieldProjects"] = _values(page, "project", lambda _: fields)
            return told

        rows = [self.project_json(each) for each in chosen.values()]
        return self.page(request, "projects", rows, included)

    def project_json(self, project: Project) -> Object:
        """A project."""
        held = {custom.id: custom.value for custom in project.custom}
        category = held.get("category")
        return project_json(project, str(category) if category else None, _tags_of(project))

    def milestones(self, request: Request, projects: Sequence[Project]) -> Object:
        """Completed ones only when all are asked for."""
        rows = [
            milestone_json(milestone, gone)
            for milestone, gone in self._changed(Milestone, request, {each.id for each in projects})
            if milestone.state != "done" or request.one("status") == "all"
        ]
        return self.page(request, "milestones", rows)

    def people(self, request: Request) -> Object:
        """Those who left are among them."""
        held = [each for each in self.world.all(Person) if each.kind != "group"]
        return self.page(request, "people", map(user, held))

    def groups(self, request: Request, key: str, prefix: str) -> Object:
        """Teams or companies."""
        held = [each for each in self.world.all(Person) if each.id.startswith(prefix)]
        return self.page(request, key, map(group, held))

    def workflow_rows(self) -> list[Object]:
        """The workflows, which are not one project's."""
        boards = {each.board_id: each.board_name for each in self.world.all(Column)}
        return [{"id": int(id), "name": name} for id, name in boards.items()]

    def stages(self, request: Request, workflow: str) -> Object:
        """The stages of a workflow."""
        found = [each for each in self.world.all(Column) if each.board_id == workflow]
        if not found:
            raise Refusal(404, "Not found")
        found.sort(key=lambda each: each.position)
        rows = [{"id": int(each.id), "name": each.name} for each in found]
        return self.page(request, "stages", rows)

    def custom_fields(self, request: Request) -> Object:
        """The fields of projects are the site's, those of tasks their project's."""
        found = [
            field_json(field, None, self._labels(self.world.all(Project), field))
            for field in self.project_fields.get("", {}).values()
        ]
        for source, fields in self.task_fields.items():
            home = self.ids[Project, source]
            tasks = self.world.where(Task, "project_id", home)
            found += [
                field_json(field, home, self._labels(tasks, field)) for field in fields.values()
            ]
        return self.page(request, "customfields", found)

    def _labels(self, records: Iterable[Any], field: Field) -> list[str]:
        held = (each.value for record in records for each in record.custom if each.id == field.id)
        labels = (
            label for value in held for label in (value if isinstance(value, tuple) else (value,))
        )
        return list(dict.fromkeys(str(label) for label in labels if label is not None))

    def tasks(self, request: Request, projects: Sequence[Project]) -> Object:
        """Completed tasks, those in completed lists, and deleted ones only when asked for."""
        homes = {each.id for each in projects}
        found = self._changed(Task, request, homes)
        open_lists = {
            self._list_of(each)["id"] for each in self.world.all(Task) if each.status != "done"
        }
        flags = {name: request.one(name) == "true" for name in FLAGS}
        tasks = {}
        for task, gone in found:
            done = task.status == "done"
            if done and not flags["includeCompletedTasks"]:
                continue
            if done and task.parent_id and not flags["includeCompletedSubtasks"]:
                continue
            if self._list_of(task)["id"] not in open_lists and not flags["showCompletedLists"]:
                continue
            tasks[int(task.id)] = (task, gone)
        related = flags["includeRelatedTasks"]
        all_before = flags["includeCompletedPredecessors"]

        def included(rows: Sequence[Object]) -> Object:
            asked = request.one("include").split(",")
            page = [tasks[row["id"]][0] for row in rows]
            told: Object = {}
            if "tasklists" in asked:
                told["tasklists"] = by_id(map(self._list_of, page))
            if "tags" in asked:
                told["tags"] = _tags(label for task in page for label in task.labels)
            if "timeTotals" in asked:
                told["timeTotals"] = {
                    task.id: {"loggedMinutes": task.spent_minutes}
                    for task in page
                    if task.spent_minutes is not None
                }
            if "customfieldtasks" in asked:
                fields = {self.ids[Project, id]: held for id, held in self.task_fields.items()}
                told["customfieldTasks"] = _values(
                    page, "task", lambda task: fields.get(task.project_id or "", {})
                )
            return told

        rows = [
            self.task_json(task, gone, related=related, all_before=all_before)
            for task, gone in tasks.values()
        ]
        rows.sort(key=lambda row: (row["dueDate"] or "", row["id"]))
        return self.page(request, "tasks", rows, included)

    def task_json(
        self, task: Task, gone: datetime | None, *, related: bool, all_before: bool = False
    ) -> Object:
        """A task.

        Args:
            gone: when it was deleted.
            related: tell what it waits for.
            all_before: what is completed of that as well.
        """
        before = None
        if related:
            before = [
                link
                for link in self.world.where(Link, "to_id", task.id)
                if all_before or not self._is_done(link.from_id)
            ]
        return task_json(task, self._section(task), self._stage(task), before, gone)

    def _is_done(self, id: str) -> bool:
        task = self.world.get(Task, id)
        return task is None or task.status == "done"

    def _section(self, task: Task) -> str | None:
        places = self.world.where(Membership, "task_id", task.id)
        return next((each.section for each in places), None)

    def _list_of(self, task: Task) -> Object:
        return list_json(task, self._section(task))

    def _stage(self, task: Task) -> tuple[str, str] | None:
        for column in self.world.all(Column):
            if column.name == task.status_label:
                return column.board_id, column.id
        return None

    def comments(self, request: Request) -> Object:
        """Comments on tasks; what was deleted is left out."""
        homes = {each.id for each in self.chosen(request)}
        found = self._changed(Comment, request, homes)
        rows = (comment_json(each, self.home(each) or "") for each, _ in found)
        return self.page(request, "comments", rows)

    def time(self, request: Request, projects: Sequence[Project]) -> Object:
        """Logged time."""
        homes = {each.id for each in projects}
        found = self._changed(Worklog, request, homes)
        return self.page(request, "timelogs", (timelog_json(*each) for each in found))

    def updates(self, request: Request) -> Object:
        """The latest of each project, unless all are asked for."""
        homes = {each.id for each in self.chosen(request)}
        found = self._changed(StatusUpdate, request, homes)
        if request.one("activeOnly", "true") == "true":
            found = list({each.project_id: (each, gone) for each, gone in found}.values())
        return self.page(request, "projectUpdates", (update_json(*each) for each in found))

    def _changed(
        self, kind: type[R], request: Request, homes: set[str]
    ) -> list[tuple[R, datetime | None]]:
        """What is in these projects and has changed since the time that is asked for, with the
        time of its deletion: the deleted only when asked for."""
        since = instant(request.one("updatedAfter"))
        held: list[tuple[R, datetime | None]] = [(each, None) for each in self.world.all(kind)]
        if request.one("showDeleted") == "true":
            held += [
                (self._ever[kind, id], at)  # type: ignore[misc]
                for (each, id), (reason, at) in self.world.gone.items()
                if each is kind and reason == "deleted" and (kind, id) in self._ever
            ]
        return [
            (record, gone)
            for record, gone in held
            if self.home(record) in homes and (since is None or self._touched(record, gone) > since)
        ]

    def _touched(self, record: Record, gone: datetime | None) -> datetime:
        edited = self.world.edited.get((type(record), record.id))
        own = getattr(record, "updated_at", None) or getattr(record, "at", None)
        return max(each for each in (edited, own, gone, FOUNDED) if each is not None)


FLAGS = (
    "includeCompletedTasks", "includeCompletedSubtasks", "showCompletedLists",
    "includeRelatedTasks", "includeCompletedPredecessors",
)  # fmt: skip


def _tags_of(project: Project) -> tuple[str, ...]:
    held = next((each.value for each in project.custom if each.id == "tags"), None)
    return held if isinstance(held, tuple) else ()


def _tags(names: Iterable[str]) -> Mapping[str, Object]:
    return by_id({"id": int(tag_id(name)), "name": name, "color": "#ccc"} for name in names)


def _values(
    records: Iterable[Any], kind: str, fields: Callable[[Any], Mapping[str, Field]]
) -> Mapping[str, Object]:
    """The values of custom fields; an empty field has none."""
    return by_id(
        value_json(record.id, kind, custom, field)
        for record in records
        for field in fields(record).values()
        for custom in record.custom
        if custom.id == field.id and custom.value is not None
    )
