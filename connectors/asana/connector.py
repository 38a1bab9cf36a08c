"""Asana: what the engine calls. All I/O goes through `api.py`; the mapping is `mapping.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from connectors.asana import mapping
from connectors.asana.api import REMEDY, Action, Api, Rows, broken, refusal
from connectors.asana.comments import AsanaComments
from connectors.asana.options import AsanaOptions
from connectors.asana.provides import PROVIDES
from connectors.asana.tasks import OVERLAP, TaskReader
from connectors.asana.values import gid, instant, objects, part, text
from connectors.asana.webhook import AsanaWebhook
from connectors.asana.words import (
    COMPLETED,
    DECISION_LABELS,
    INCOMPLETE,
    described,
    is_status,
)
from connectors.sdk.comments import CommentsOn
from connectors.sdk.contract import (
    Access,
    Answer,
    Budget,
    Can,
    Cursor,
    Http,
    Identity,
    Item,
    Json,
    Lane,
    Options,
    Page,
    Plan,
    RateLimit,
    Scope,
)
from connectors.sdk.errors import ConnectorError, NotVisible, Refused, Unavailable, Unexpected
from connectors.sdk.records import Change, Comment, GoneReason, Record, Worklog
from connectors.sdk.vocabulary import FieldName, Vocabulary

PROJECT_FIELDS = (
    "name,notes,archived,completed,owner,members,start_on,due_on,created_at,modified_at,permalink_url,"
    "custom_fields.name,custom_fields.type,custom_fields.display_value,"
    "custom_fields.enum_value.name,custom_fields.multi_enum_values.name,"
    "custom_fields.number_value,custom_fields.text_value,custom_fields.date_value"
)
SETTINGS = ",".join(
    f"custom_field_settings.custom_field.{each}"
    for each in ("name", "type", "resource_subtype", "format", "enum_options.name")
)
ROSTER_FIELDS = "name,archived,completed"
REPORT_FIELDS = "current_status_update,current_status.created_at"
USER_FIELDS = "name,email"
STATUS_FIELDS = "title,text,status_type,author,created_by,created_at,parent"
ENTRY_FIELDS = "duration_minutes,entered_on,created_by,task,attributable_to"
FIRST_DAY = "2000-01-01"
"""A day before any entry: a workspace's entries are only listed between days."""
LATE_ENTRIES = timedelta(days=35)
"""How long time is booked afterwards: Asana cannot be asked for entries by the day of booking."""
HISTORY = frozenset(
    {
        "status", "due_on", "start_on", "assignee_ids", "priority", "estimate_minutes",
        "project_id",
    }
)  # fmt: skip
LOOK_AGAIN = timedelta(hours=6)
"""How often the time of a workspace is asked for the projects that have come to it."""
SINGLES = {
    "projects": ("/projects", "name"),
    "people": ("/users", "name"),
    "worklogs": ("/time_tracking_entries", "entered_on"),
    "status_updates": ("/status_updates", "created_at"),
}
"""Where one item of a stream is read by its id, and its smallest field."""


class Asana:
    """One Asana account."""

    name: ClassVar[str] = "asana"
    title: ClassVar[str] = "Asana"
    Config: ClassVar[type[Options]] = AsanaOptions
    # A paid domain's limits; Asana has no header that tells a free domain's 150 a minute, but
    # refuses with Retry-After, which the door obeys. A batch counts as each of its actions.
    limits: ClassVar[Sequence[RateLimit]] = (
        RateLimit(1500, timedelta(minutes=1)),
        RateLimit(180, timedelta(minutes=1), path="/batch"),
    )
    parallel: ClassVar[int] = 6
    streams: ClassVar[Mapping[str, Can]] = {
        "people": Can.FULL,
        "projects": Can.FULL,
        "tasks": Can.FULL | Can.INCREMENTAL | Can.TOMBSTONES | Can.CENSUS | Can.FEED,
        "worklogs": Can.FULL | Can.INCREMENTAL,
        "status_updates": Can.FULL | Can.INCREMENTAL,
    }
    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = PROVIDES
    webhook: ClassVar[AsanaWebhook] = AsanaWebhook()
    comments: ClassVar[type[CommentsOn]] = AsanaComments
    evidence: ClassVar[Literal["docs", "recorded", "live"]] = "recorded"
    evidence_on: ClassVar[str] = "2026-11-23"

    def __init__(self, config: AsanaOptions, http: Http) -> None:
        self._config = config
        self._api = Api(http)
        self._wanted = tuple(dict.fromkeys(config.projects or ()))

    @property
    def provided(self) -> Mapping[type[Record], frozenset[str]]:
        """Nothing of what the options switch off."""
        told, booked = self._config.history, self._config.worklogs
        on = {Comment: told, Change: told, Worklog: booked}
        return {kind: fields for kind, fields in self.provides.items() if on.get(kind, True)}

    @property
    def history(self) -> frozenset[str]:
        """What stories tell; nothing where they are not read."""
        return HISTORY if self._config.history else frozenset()

    @classmethod
    def access(cls, config: AsanaOptions) -> Access:
        """Asana's API lies below the site's address."""
        return Access(
            base_url=config.url.rstrip("/") + "/api/1.0",
            headers={"Authorization": f"Bearer {config.token.get_secret_value()}"},
        )

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """A batch whose parts failed is tried again; 402 is a matter of the plan."""
        if answer.status == 402:
            # Not the whole account: everything that the plan includes is read.
            return NotVisible(
                f"The Asana plan of this account does not include what {answer.url} reads.",
                remedy="Switch that part off in the connection's options (time entries: "
                "worklogs: false), or change the plan.",
            )
        if answer.status == 200 and (status := broken(answer.data)) is not None:
            return Unavailable(f"Asana could not answer a part of a batch just now ({status}).")
        return None

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:  # noqa: ARG004
        """Asana's headers say nothing of what is left."""
        return ()

    def check(self) -> Identity:
        """Who the token belongs to, and the workspaces and projects that it sees."""
        rows = self._api.one("/users/me", "name,email,workspaces,workspaces.name")
        me = rows.rows[0]
        names = [text(each.get("name")) or "?" for each in objects(me.get("workspaces"))]
        scopes = self.scopes()
        missing = set(self._wanted) - {scope.id for scope in scopes}
        return Identity(
            account=text(me.get("email")) or text(me.get("name")) or str(gid(me)),
            site=", ".join(names),
            version="1.0",
            server_time=rows.at,
            scopes=scopes,
            warnings=[f"The project {id} is not visible. {REMEDY}" for id in sorted(missing)],
        )

    def scopes(self) -> Sequence[Scope]:
        """The projects that are configured and visible now."""
        return [
            Scope(gid(row) or "", text(row.get("name")) or "", _state(row))
            for rows in self._roster(ROSTER_FIELDS)
            for row in rows.rows
        ]

    def vocabulary(self) -> Vocabulary:
        """The sections and the custom fields of the projects that are read: the roster again, and
        a request for every eight projects. Statuses of custom task types are not among them."""
        words, fields = list[str | None](), list[FieldName]()
        for rows in self._roster(SETTINGS):
            for row in rows.rows:
                settings = objects(row.get("custom_field_settings"))
                for field in (part(each, "custom_field") for each in settings):
                    if gid(field) is None:
                        continue
                    fields.append(described(field))
                    if is_status(field):
                        words += [text(o.get("name")) for o in objects(field.get("enum_options"))]
            for sections in self._sections(rows.rows):
                words += [text(each.get("name")) for each in sections.rows]
        return Vocabulary.of((*words, COMPLETED, INCOMPLETE, *DECISION_LABELS.values()), fields)

    def lanes(self, stream: str, cursors: Mapping[str, Cursor]) -> Plan:
        """A lane a project for tasks, a lane a workspace for time; else one lane.

        An archived project that was read to its end is left alone: nothing changes there, and when
        it is taken up again its expired cursor makes up for the time.
        """
        if stream == "tasks":
            names = self._wanted or [
                scope.id
                for scope in self.scopes()
                if scope.state != "archived" or "offset" in cursors.get(scope.id, {"offset": ""})
            ]
            return Plan([Lane(name, name, name not in cursors) for name in names])
        if stream == "worklogs":
            if not self._config.worklogs:
                return Plan([])
            names = self._wanted or self._workspaces()
            return Plan([Lane(name, full=name not in cursors) for name in names])
        return Plan([Lane(full=stream != "status_updates" or "" not in cursors)])

    def pull(self, stream: str, lane: str, since: Cursor | None) -> Iterator[Page]:
        """Read a lane from a cursor."""
        match stream:
            case "people":
                return self._people()
            case "projects":
                return self._projects()
            case "tasks":
                return self._tasks(lane).pull(since)
            case "worklogs":
                return self._worklogs(lane, since)
            case "status_updates":
                return self._status_updates(since)
            case _:
                raise Unexpected(f"Asana has no stream {stream}.")

    def census(self, stream: str, scope: str) -> Iterator[Sequence[str]]:
        """The ids of all tasks of a project, completed ones and subtasks included."""
        if stream != "tasks":
            raise Unexpected(f"The stream {stream} of Asana has no census.")
        return self._tasks(scope).ids()

    def confirm(self, stream: str, ids: Sequence[str]) -> Mapping[str, GoneReason | None]:
        """Asana answers 404 for what was deleted, 403 for what is hidden from the token."""
        if stream == "tasks":
            return {
                id: _reason(status) if status != 200 else (None if read else "moved")
                for id, status, _, read in self._tasks("").places(ids)
            }
        path, field = SINGLES[stream]
        answers = self._api.batch([Action(f"{path}/{id}", field) for id in ids])
        return {
            id: None if rows.status == 200 else _reason(rows.status)
            for id, rows in zip(ids, answers, strict=True)
        }

    def count(self, stream: str, scope: str) -> int | None:  # noqa: ARG002
        """None: Asana's own count leaves out subtasks and counts a shared task in each project."""
        return None

    @staticmethod
    def to_records(stream: str, item: Json) -> Iterable[Record]:
        """See `mapping.to_records`."""
        return mapping.to_records(stream, item)

    def _tasks(self, project: str) -> TaskReader:
        return TaskReader(self._api, project, frozenset(self._wanted), history=self._config.history)

    def _workspaces(self) -> list[str]:
        """The ids of the configured workspaces; asked for only where they are given by name."""
        wanted = self._config.workspaces
        if wanted is not None and all(each.isdecimal() for each in wanted):
            return list(wanted)
        params = {"opt_fields": "name"}
        rows = [row for page in self._api.pages("/workspaces", params) for row in page.rows]
        names = {gid(row) or "": text(row.get("name")) or "" for row in rows}
        if wanted is None:
            return list(names)
        found = []
        for each in wanted:
            same = [id for id, name in names.items() if each.casefold() in (id, name.casefold())]
            if not same:
                raise Refused(
                    f"This token sees no Asana workspace called {each!r}.",
                    remedy=f"Write one of: {', '.join(names.values()) or 'none is visible'}.",
                )
            found += same
        return found

    def _roster(self, fields: str) -> Iterator[Rows]:
        """The configured projects (a hidden one without rows), else all of the workspaces."""
        if self._wanted:
            yield from self._api.batch([Action(f"/projects/{id}", fields) for id in self._wanted])
            return
        for workspace in self._workspaces():
            path = f"/workspaces/{workspace}/projects"
            yield from self._api.pages(path, {"opt_fields": fields})

    def _people(self) -> Iterator[Page]:
        seen = set[str]()
        for workspace in self._workspaces():
            params = {"workspace": workspace, "opt_fields": USER_FIELDS}
            for rows in self._api.pages("/users", params):
                fresh = [row for row in rows.rows if gid(row) not in seen]
                seen.update(gid(row) or "" for row in fresh)
                yield Page([Item(gid(row) or "", row, None, rows.altered) for row in fresh])

    def _projects(self) -> Iterator[Page]:
        for rows in self._roster(PROJECT_FIELDS):
            items, unread = list[Item](), list[tuple[str, str]]()
            if rows.status not in (200, 404):  # it is there, and not ours to see
                unread.append((rows.asked.rpartition("/")[2], refusal(rows.status)))
            for row, sections in zip(rows.rows, self._sections(rows.rows), strict=True):
                id = gid(row) or ""
                if sections.status == 200:
                    body = {"project": row, "sections": list(sections.rows)}
                    items.append(Item(id, body, None, rows.altered + sections.altered))
                else:
                    unread.append((id, refusal(sections.status)))
            yield Page(items, unread=unread)

    def _sections(self, projects: Sequence[Json]) -> Iterator[Rows]:
        return self._api.lists(
            [Action(f"/projects/{gid(row)}/sections", "name", list=True) for row in projects]
        )

    def _worklogs(self, lane: str, since: Cursor | None) -> Iterator[Page]:
        """The time entries of a project or a workspace."""
        whole = lane not in self._wanted
        params = {
            "workspace" if whole else "attributable_to": lane,
            "entered_on_start_date": since["from"] if since else FIRST_DAY,
            "opt_fields": ENTRY_FIELDS,
        }
        known = self._shared(lane) if since is None and whole else (since or {}).get("projects", "")
        start = None
        for rows in self._api.pages("/time_tracking_entries", params):
            start = start or rows.at
            cursor = None
            if rows.offset is None and start is not None:
                cursor = {"from": (start - LATE_ENTRIES).date().isoformat()}
                cursor |= self._looked(lane, since, known, start) if whole else {}
            yield Page(
                [
                    Item(gid(row) or "", row, gid(row.get("attributable_to")), rows.altered)
                    for row in rows.rows
                ],
                cursor=cursor,
            )

    def _looked(self, lane: str, since: Cursor | None, known: str, now: datetime) -> Cursor:
        """What the cursor of a workspace's time says of its projects: which were shared with us,
        and when we looked. What was booked in one that has come since lies behind, so that all is
        read again."""
        looked = now if since is None else instant(since.get("looked"))
        if looked is not None and now - looked < LOOK_AGAIN:
            return {"looked": looked.isoformat(), "projects": known}
        shared = self._shared(lane)
        came = not set(shared.split()) <= set(known.split())
        return {"looked": now.isoformat(), "projects": shared} | (
            {"from": FIRST_DAY} if came else {}
        )

    def _shared(self, workspace: str) -> str:
        """The ids of the projects of a workspace that we are shown."""
        pages = self._api.pages(f"/workspaces/{workspace}/projects", {"opt_fields": "name"})
        return " ".join(sorted(gid(row) or "" for page in pages for row in page.rows))

    def _status_updates(self, since: Cursor | None) -> Iterator[Page]:
        """The reports of all projects; later only of those whose latest one is new, and all of a
        project that was not among them before."""
        last, known = (since or {}).get("since"), set((since or {}).get("projects", "").split())
        start, read = None, list[str]()
        for roster in self._roster(REPORT_FIELDS):
            start = start or roster.at
            actions = {}
            for row in roster.rows:
                id = gid(row) or ""
                after = last if id in known else None
                if since is None or _reports_since(row, instant(after)):
                    params = {"parent": id} | ({"created_since": after} if after else {})
                    actions[id] = Action("/status_updates", STATUS_FIELDS, params, list=True)
                else:
                    read.append(id)
            items, unread = list[Item](), list[tuple[str, str]]()
            for id, rows in zip(actions, self._api.lists([*actions.values()]), strict=True):
                if rows.status == 200:
                    read.append(id)
                else:
                    unread.append((id, refusal(rows.status)))
                items += [
                    Item(gid(row) or "", {**row, "parent": {"gid": id}}, id, rows.altered)
                    for row in rows.rows
                ]
            yield Page(items, unread=unread)
        if start is not None:
            at = (start - OVERLAP).isoformat()
            yield Page(cursor={"since": at, "projects": " ".join(sorted(read))})


def _state(row: Json) -> Literal["active", "archived", "closed"]:
    if row.get("archived") is True:
        return "archived"
    return "closed" if row.get("completed") is True else "active"


def _reports_since(row: Json, since: datetime | None) -> bool:
    """Whether a project may have a report that is new.

    The list of projects says when the latest one was written only in the older of the two keys
    that name it; where the two disagree, ask.
    """
    latest, dated = gid(row.get("current_status_update")), part(row, "current_status")
    if latest is None and not dated:
        return False
    at = instant(dated.get("created_at"))
    if at is None or since is None or latest not in (gid(dated), None):
        return True
    return at >= since


def _reason(status: int) -> GoneReason:
    return "deleted" if status == 404 else "access_lost"


CONNECTOR = Asana
