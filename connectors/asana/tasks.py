"""Reading one project's tasks: all of them once, then what its events name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from connectors.asana.api import LIMIT, Action, Api, Feed, refusal
from connectors.asana.feed import home, is_rooted, plan, projects_of
from connectors.asana.values import gid, instant, number
from connectors.sdk.contract import Cursor, Item, Json, Page
from connectors.sdk.errors import Unexpected
from connectors.sdk.records import Gone

TASK_FIELDS = (
    "name,notes,resource_subtype,is_rendered_as_separator,completed,completed_at,created_at,"
    "created_by,modified_at,start_on,start_at,due_on,due_at,assignee,parent,num_subtasks,"
    "dependencies,dependents,memberships.project,memberships.section,memberships.section.name,"
    "tags,tags.name,approval_status,actual_time_minutes,permalink_url,custom_type.name,"
    "custom_type_status_option.name,custom_fields.name,custom_fields.type,"
    "custom_fields.resource_subtype,custom_fields.format,custom_fields.display_value,"
    "custom_fields.enum_value.name,custom_fields.multi_enum_values.name,"
    "custom_fields.number_value,custom_fields.text_value,custom_fields.date_value,"
    "custom_fields.people_value"
)
PLACE_FIELDS = "parent,num_subtasks,memberships.project"
STORY_FIELDS = (
    "type,resource_subtype,created_at,created_by,text,assignee,assignee.name,project,project.name,"
    "old_section,old_section.name,new_section,new_section.name,old_name,new_name,"
    "old_dates,old_dates.due_at,old_dates.due_on,old_dates.start_on,"
    "new_dates,new_dates.due_at,new_dates.due_on,new_dates.start_on,"
    "old_resource_subtype,new_resource_subtype,old_approval_status,new_approval_status,"
    "dependency,dependency.name,tag,tag.name,custom_field.name,custom_field.type,"
    "old_enum_value.name,new_enum_value.name,old_multi_enum_values.name,"
    "new_multi_enum_values.name,old_number_value,new_number_value,old_text_value,new_text_value,"
    "old_date_value,new_date_value,old_people_value.name,new_people_value.name"
)
OVERLAP = timedelta(minutes=2)
"""How far a poll looks back behind the last one: Asana's own lag."""
POLL_AFTER = timedelta(hours=20)
"""Asana delivers an event at most once, so what changed is asked for once a day besides."""
DEPTH = 50
"""Levels of subtasks; Asana allows five."""


@dataclass(frozen=True, slots=True)
class Found:
    """A task as it was read.

    Args:
        home: the project in which it counts.
        root: the id of the task of the project that it lies under.
    """

    task: Json
    home: str | None
    root: str
    altered: int = 0

    @property
    def id(self) -> str:
        return gid(self.task) or ""

    @property
    def has_subtasks(self) -> bool:
        return bool(number(self.task.get("num_subtasks")))


class TaskReader:
    """The tasks of one project.

    Args:
        project: its gid.
        wanted: the configured projects; empty: all.
        history: whether stories are read.
    """

    def __init__(self, api: Api, project: str, wanted: frozenset[str], *, history: bool) -> None:
        self._api = api
        self._project = project
        self._wanted = wanted
        self._history = history

    def pull(self, since: Cursor | None) -> Iterator[Page]:
        """Everything, or what changed since a cursor.

        A cursor holds `sync` (where the events go on), `polled_at` (since when tasks must be asked
        for if the events are lost) and, inside a first read, `offset` (the page that comes next).
        """
        if since is None:
            feed = self._api.events(self._project, None)  # taken before the read: nothing slips
            yield from self._crawl(_cursor(feed), None)
        elif "offset" in since:
            yield from self._crawl(
                {name: each for name, each in since.items() if name != "offset"}, since["offset"]
            )
        else:
            yield from self._follow(since)

    def ids(self) -> Iterator[Sequence[str]]:
        """The ids of all tasks that count in this project."""
        for rows in self._roots(PLACE_FIELDS):
            found = [each for each in rows if each.home == self._project]
            yield [each.id for each in found]
            for deeper in _chunks(self._descend(found, PLACE_FIELDS)):
                yield [each.id for each in deeper if each.home == self._project]

    def places(self, ids: Sequence[str]) -> Iterator[tuple[str, int, str | None, bool]]:
        """For each task id the HTTP status, where it counts, and whether that is read at all."""
        actions = [Action(f"/tasks/{id}", PLACE_FIELDS) for id in ids]
        for id, rows in zip(ids, self._api.batch(actions), strict=True):
            if rows.status != 200:
                yield id, rows.status, None, False
                continue
            (found,) = self._rooted(rows.rows)
            yield id, 200, found.home, self._is_read(found)

    def _crawl(self, cursor: Cursor, offset: str | None) -> Iterator[Page]:
        params = {"project": self._project, "opt_fields": TASK_FIELDS}
        for rows in self._api.pages("/tasks", params, scope=self._project, offset=offset):
            roots = [self._root(row, rows.altered) for row in rows.rows]
            yield from self._paged(roots)
            yield from self._paged(self._descend(roots, TASK_FIELDS))
            yield Page(cursor=cursor if rows.offset is None else {**cursor, "offset": rows.offset})

    def _follow(self, since: Cursor) -> Iterator[Page]:
        cursor = dict(since)
        while True:
            feed = self._api.events(self._project, cursor["sync"])
            if feed.expired:
                yield from self._poll(cursor.get("polled_at"), _cursor(feed))
                return
            if feed.more and feed.sync == cursor["sync"]:
                raise Unexpected(
                    f"The events of project {self._project} at Asana go round in circles.",
                    scope=self._project,
                )
            cursor["sync"] = feed.sync
            yield from self._react(feed, cursor)
            if not feed.more:
                break
        polled = instant(cursor.get("polled_at"))
        if polled is None or feed.at is None or feed.at - polled >= POLL_AFTER:
            yield from self._poll(cursor.get("polled_at"), _cursor(feed))

    def _react(self, feed: Feed, cursor: Cursor) -> Iterator[Page]:
        """Read again what the events name; the cursor moves when all of it is there."""
        todo = plan(feed.events)
        if todo.stories:
            fields = [
                Action(f"/stories/{id}", "target,target.resource_type") for id in todo.stories
            ]
            for rows in self._api.batch(fields):
                for target in (row.get("target") for row in rows.rows):
                    if (task := gid(target)) is not None:
                        todo.task(task)
        for section in sorted(todo.sections):
            params = {"section": section, "opt_fields": "parent"}
            for page in self._api.pages("/tasks", params, scope=self._project):
                for row in page.rows:
                    todo.task(gid(row) or "")
        read, unread = self._read(list(todo.read))
        there = [each for each in read if self._is_read(each)]
        moved = [
            Gone(id=each.id, stream="tasks", reason="moved", at=feed.at)
            for each in read
            if not self._is_read(each)
        ]
        gone = [
            Gone(id=id, stream="tasks", reason="deleted", at=at) for id, at in todo.gone.items()
        ]
        yield from self._paged(there)
        came = [each for each in there if todo.read.get(each.id)]
        yield from self._paged(self._descend(came, TASK_FIELDS))
        yield Page(cursor=dict(cursor), gone=[*gone, *moved], unread=unread)

    def _poll(self, polled_at: str | None, cursor: Cursor) -> Iterator[Page]:
        """What changed since the last poll, without the events.

        A task does not count as modified when its subtask is, so all subtasks are looked through.
        """
        before = instant(polled_at)
        if before is None:
            yield from self._crawl(cursor, None)
            return
        since = before - OVERLAP
        changed = set[str]()
        for rows in self._roots(TASK_FIELDS, modified_since=since.isoformat()):
            changed.update(each.id for each in rows)
            yield from self._paged(rows)
        for rows in self._roots(PLACE_FIELDS):
            deeper = self._descend(rows, TASK_FIELDS)
            yield from self._paged(
                each for each in deeper if each.root in changed or _modified(each, since)
            )
        yield Page(cursor=cursor)

    def _roots(self, fields: str, **params: str) -> Iterator[list[Found]]:
        asked = {"project": self._project, "opt_fields": fields, **params}
        for rows in self._api.pages("/tasks", asked, scope=self._project):
            yield [self._root(row, rows.altered) for row in rows.rows]

    def _root(self, row: Json, altered: int) -> Found:
        return Found(row, home(row, self._wanted, self._project), gid(row) or "", altered)

    def _descend(self, parents: Iterable[Found], fields: str) -> Iterator[Found]:
        """All subtasks below some tasks, level by level.

        A subtask that is a member of this project itself is listed among its tasks already.
        """
        level = [each for each in parents if each.has_subtasks]
        for _ in range(DEPTH):
            if not level:
                return
            deeper = []
            actions = [Action(f"/tasks/{each.id}/subtasks", fields, list=True) for each in level]
            for parent, rows in zip(level, self._api.lists(actions), strict=True):
                for row in rows.rows:
                    if self._project in projects_of(row):
                        continue
                    place = home(row, self._wanted, parent.home)
                    found = Found(row, place, parent.root, rows.altered)
                    yield found
                    if found.has_subtasks:
                        deeper.append(found)
            level = deeper
        raise Unexpected(
            f"The subtasks in project {self._project} at Asana have no end.", scope=self._project
        )

    def _read(self, ids: list[str]) -> tuple[list[Found], list[tuple[str, str]]]:
        """Some tasks by their ids, and those that may not be read, with the reason."""
        rows, unread, altered = list[Json](), list[tuple[str, str]](), 0
        actions = [Action(f"/tasks/{id}", TASK_FIELDS) for id in ids]
        for id, answer in zip(ids, self._api.batch(actions), strict=True):
            rows.extend(answer.rows)
            altered += answer.altered
            if answer.status != 200:
                unread.append((id, refusal(answer.status)))
        return self._rooted(rows, altered), unread

    def _rooted(self, rows: Sequence[Json], altered: int = 0) -> list[Found]:
        """Tasks with the project in which they count; a subtask's is looked for above it."""
        above: dict[str, Json] = {}
        wanting = [row for row in rows if not is_rooted(row, self._wanted)]
        for _ in range(DEPTH):
            ids = dict.fromkeys(
                id for row in wanting if (id := gid(row.get("parent"))) and id not in above
            )
            if not ids:
                break
            answers = self._api.batch([Action(f"/tasks/{id}", PLACE_FIELDS) for id in ids])
            for id, answer in zip(ids, answers, strict=True):
                above[id] = answer.rows[0] if answer.rows else {}
            wanting = [above[id] for id in ids if not is_rooted(above[id], self._wanted)]
        return [Found(row, self._home_above(row, above), gid(row) or "", altered) for row in rows]

    def _home_above(self, row: Json, above: dict[str, Json]) -> str | None:
        chain, seen = [row], set[str]()
        while not is_rooted(chain[-1], self._wanted):
            id = gid(chain[-1].get("parent")) or ""
            if id in seen or not above.get(id):
                return self._project  # the parent is hidden from us; the event came from here
            seen.add(id)
            chain.append(above[id])
        place = None
        for each in reversed(chain):
            place = home(each, self._wanted, place)
        return place

    def _is_read(self, found: Found) -> bool:
        """Whether a task counts in a project that this connection reads."""
        return found.home is not None and (not self._wanted or found.home in self._wanted)

    def _paged(self, found: Iterable[Found]) -> Iterator[Page]:
        """Tasks as pages of items, with their stories."""
        for chunk in _chunks(found):
            if not self._history:
                yield Page([_item(each, None) for each in chunk])
                continue
            items, unread = list[Item](), list[tuple[str, str]]()
            actions = [
                Action(f"/tasks/{each.id}/stories", STORY_FIELDS, list=True) for each in chunk
            ]
            for each, stories in zip(chunk, self._api.lists(actions), strict=True):
                if stories.status == 200:
                    items.append(_item(each, stories.rows))
                else:
                    unread.append((each.id, refusal(stories.status)))
            yield Page(items, unread=unread)


def _item(found: Found, stories: Sequence[Json] | None) -> Item:
    body: dict[str, object] = {"task": found.task, "home": found.home}
    if stories is not None:
        body["stories"] = list(stories)
    return Item(found.id, body, found.home, found.altered)


def _cursor(feed: Feed) -> Cursor:
    cursor = {"sync": feed.sync}
    if feed.at is not None:
        cursor["polled_at"] = feed.at.isoformat()
    return cursor


def _modified(found: Found, since: datetime) -> bool:
    at = instant(found.task.get("modified_at"))
    return at is None or at >= since


def _chunks(found: Iterable[Found]) -> Iterator[list[Found]]:
    walk = iter(found)
    while chunk := list(islice(walk, LIMIT)):
        yield chunk
