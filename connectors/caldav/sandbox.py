"""An imitation of a CalDAV server (RFC 4791, RFC 6578) over a world of records, for one account.

Every collection holds an appointment beside its tasks, and the home a calendar that takes no
tasks and an inbox: a reader has to tell them apart.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote
from xml.sax.saxutils import escape

from connectors.caldav.sandbox_ical import (
    PRIORITY_WORDS,
    RELATIONS,
    STATUS_WORDS,
    appointment_text,
    calendar_text,
    seconds,
)
from connectors.sdk.records import Link, Person, Project, Record, Task
from connectors.sdk.sandbox import Reply, Request, Sandbox
from connectors.sdk.xml_body import NotXml, parse_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

USER = "reader"
TOKEN = "an-invented-app-password"  # noqa: S105
ROOT = "/dav/"
PRINCIPAL = "/dav/principals/reader/"
HOME = "/dav/calendars/reader/"
TOKENS = "http://example.com/ns/sync/"
DAV, CALDAV = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
NAMESPACES = (
    'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"'
)
PREFIXES = {DAV: "", CALDAV: "C:", "{http://calendarserver.org/ns/}": "S:"}

Props = Mapping[str, str]


class Event(NamedTuple):
    """What happened to an object: a number that only grows, where, and whether it is there."""

    number: int
    path: str
    there: bool


class CalDAVSandbox(Sandbox):
    """A server with one account.

    Args:
        page_size: most changes in one answer to a sync token; None: all.
        sync: whether it knows sync tokens.
        ctag: whether it tells a CTag.
    """

    name = "caldav"

    def __init__(
        self,
        records: Iterable[Record],
        now: Callable[[], datetime],
        *,
        page_size: int | None = None,
        sync: bool = True,
        ctag: bool = True,
    ) -> None:
        records = list(records)
        self._named = {
            id
            for each in records
            if isinstance(each, Task) and each.project_id
            for id in (*each.assignee_ids, each.reporter_id)
        }
        self._placed = {each.id for each in records if isinstance(each, Task) and each.project_id}
        super().__init__(records, now)
        self.page_size, self.sync, self.ctag = page_size, sync, ctag
        self.oldest = 0  # sync tokens from before this number are no longer known
        self.events: list[Event] = []
        self.objects: dict[str, str] = {}  # calendar text by path
        self._written: dict[str, tuple[Any, str]] = {}
        self._revision = -1

    def native_id(self, record: Record) -> str:
        """A path of a collection, a UID, an address; a link is named by its ends."""
        match record:
            case Project():
                return f"{HOME}{quote(record.id, safe='')}/"
            case Task():
                return f"{record.id}@example.com"
            case Person():
                return f"mailto:{record.email or f'{record.id}@example.com'}".lower()
            case _:
                return record.id

    def adopt(self, record: Record) -> Record | None:
        """See `Sandbox.adopt`: collections, to-dos, who is named in them, and relations."""
        match self.refer(record):
            case Project(id=id, name=name, description=description):
                return Project(id=id, name=name, description=description)
            case Person(id=id, name=name) if record.id in self._named:
                return Person(id=id, name=name, email=id.removeprefix("mailto:"))
            case Task() as task if task.project_id is not None:
                return _to_do(task)
            case Link() as link if isinstance(record, Link) and self._joins(record):
                return _relation(link)
            case _:
                return None

    def path_of(self, task: Task) -> str:
        """The address of a task's object: no server promises that it is the UID."""
        return f"{task.project_id}{hashlib.sha256(task.id.encode()).hexdigest()[:16]}.ics"

    def options(self, base_url: str) -> dict[str, Any]:
        """See `Sandbox.options`."""
        return {
            "url": f"{base_url}{ROOT}",
            "user": USER,
            "token": TOKEN,
            "allow_private_network": True,
        }

    def handle(self, request: Request) -> Reply:
        """Answer as a server would."""
        credential = b64encode(f"{USER}:{TOKEN}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {credential}":
            return Reply(401, b"Unauthorized", {"WWW-Authenticate": 'Basic realm="dav"'})
        if request.path == "/.well-known/caldav":
            return Reply(301, b"", {"Location": ROOT})
        self._index()
        if not self._exists(request.path):
            return Reply(404, b"Not found")
        try:
            return self._answer(request, parse_xml(request.body)[0])
        except NotXml:
            return Reply(400, b"Bad request")

    def _answer(self, request: Request, asked: Element) -> Reply:
        in_collection = request.method == "REPORT" and request.path in self._collections()
        match asked.tag.rpartition("}")[2]:
            case "propfind" if request.method == "PROPFIND":
                return self._propfind(request, asked)
            case "sync-collection" if in_collection and self.sync:
                return self._sync(request, asked)
            case "calendar-query" if in_collection:
                return self._query(request, asked)
            case "calendar-multiget" if in_collection:
                return self._multiget(asked)
            case _:
                return _error(403, "supported-report")

    def _index(self) -> None:
        """Write what has changed since the last request, and note it."""
        if self._revision == self.world.revision:
            return
        self._revision = self.world.revision
        people = {each.id: each for each in self.world.all(Person)}
        links: dict[str, list[Link]] = {}
        for link in self.world.all(Link):
            at = link.to_id if link.type == "blocks" else link.from_id
            links.setdefault(at, []).append(link)
        now: dict[str, str] = {
            f"{project.id}appointment.ics": appointment_text()
            for project in self.world.all(Project)
        }
        for task in self.world.all(Task):
            path, made_of = self.path_of(task), (task, links.get(task.id, []))
            if self._written.get(path, (None,))[0] != made_of:
                self._written[path] = made_of, calendar_text(task, people, made_of[1])
            now[path] = self._written[path][1]
        for path in [*now, *(self.objects.keys() - now.keys())]:
            if self.objects.get(path) != now.get(path):
                self.events.append(Event(len(self.events) + 1, path, path in now))
        self.objects = now

    def _collections(self) -> dict[str, Project]:
        found = self.world.all(Project)
        return {project.id: project for project in found if project.id not in self.hidden}

    def _exists(self, path: str) -> bool:
        fixed = (ROOT, PRINCIPAL, HOME, f"{HOME}inbox/", f"{HOME}meetings/")
        return path in fixed or path in self._collections()

    def _state(self, collection: str) -> int:
        """The number of what happened last in a collection."""
        return max((e.number for e in self.events if e.path.startswith(collection)), default=0)

    def _propfind(self, request: Request, asked: Element) -> Reply:
        depth = request.headers.get("depth", "infinity")
        if depth not in ("0", "1"):
            return _error(403, "propfind-finite-depth")
        paths = [request.path]
        if depth == "1" and request.path == HOME:
            paths += [f"{HOME}inbox/", f"{HOME}meetings/", *self._collections()]
        names = [each.tag for each in asked.iterfind(f"{DAV}prop/*")]
        return _multistatus(_response(path, self._props(path), names) for path in paths)

    def _props(self, path: str) -> Props:
        """What a resource tells, by the name as this server writes it."""
        if path in (ROOT, PRINCIPAL):
            props = {"current-user-principal": f"<href>{PRINCIPAL}</href>"}
            if path == PRINCIPAL:
                props["displayname"] = "Flagstaff Reader"
                props["C:calendar-home-set"] = f"<href>{HOME}</href>"
            return props
        if path not in self._collections():
            kind = {f"{HOME}inbox/": "<C:schedule-inbox/>", f"{HOME}meetings/": "<C:calendar/>"}
            return {
                "resourcetype": f"<collection/>{kind.get(path, '')}",
                "C:supported-calendar-component-set": '<C:comp name="VEVENT"/>',
            }
        project = self._collections()[path]
        props = {
            "resourcetype": "<collection/><C:calendar/>",
            "displayname": escape(project.name),
            "C:supported-calendar-component-set": '<C:comp name="VEVENT"/><C:comp name="VTODO"/>',
        }
        if project.description:
            props["C:calendar-description"] = escape(project.description)
        if self.ctag:
            props["S:getctag"] = f'"{self._state(path)}"'
        if self.sync:
            props["sync-token"] = f"{TOKENS}{self._state(path)}"
        return props

    def _sync(self, request: Request, asked: Element) -> Reply:
        """What happened last to each object since a token; a cut answer says so by a 507."""
        if request.headers.get("depth") != "0":
            return Reply(400, b"Depth must be 0")
        token = (asked.findtext(f"{DAV}sync-token") or "").removeprefix(TOKENS)
        state = self._state(request.path)
        if token and not (token.isdecimal() and self.oldest <= int(token) <= state):
            return _error(403, "valid-sync-token")
        last = {e.path: e for e in self.events if e.path.startswith(request.path)}
        since = sorted(
            e for e in last.values() if e.number > int(token or 0) and (token or e.there)
        )
        told = since[: self.page_size]
        cut = len(told) < len(since)
        names = [each.tag for each in asked.iterfind(f"{DAV}prop/*")]
        answers = [self._object(e.path, names) for e in told]
        if cut:
            answers.append(_whole(request.path, "507 Insufficient Storage"))
        reached = told[-1].number if cut else state
        return _multistatus(answers, f"<sync-token>{TOKENS}{reached}</sync-token>")

    def _query(self, request: Request, asked: Element) -> Reply:
        filters = [each.get("name") for each in asked.iter(f"{CALDAV}comp-filter")]
        if filters != ["VCALENDAR", "VTODO"]:
            return _error(403, "C:supported-filter")
        names = [each.tag for each in asked.iterfind(f"{DAV}prop/*")]
        found = sorted(
            path
            for path, text in self.objects.items()
            if path.startswith(request.path) and "BEGIN:VTODO" in text
        )
        here = found if request.headers.get("depth") == "1" else []
        return _multistatus(self._object(path, names) for path in here)

    def _multiget(self, asked: Element) -> Reply:
        names = [each.tag for each in asked.iterfind(f"{DAV}prop/*")]
        paths = [each.text or "" for each in asked.iterfind(f"{DAV}href")]
        return _multistatus(self._object(path, names) for path in paths)

    def _object(self, path: str, names: list[str]) -> str:
        text = self.objects.get(path)
        if text is None:
            return _whole(path, "404 Not Found")
        etag = hashlib.sha256(text.encode()).hexdigest()[:20]
        props = {"getetag": f'"{etag}"', "C:calendar-data": escape(text.replace("\r\n", "\n"))}
        return _response(path, props, names)

    def _joins(self, link: Link) -> bool:
        return link.type in RELATIONS and {link.from_id, link.to_id} <= self._placed


def _to_do(task: Task) -> Task:
    """A task as a VTODO holds it."""
    status = task.status or "todo"
    return Task(
        id=task.id,
        project_id=task.project_id,
        parent_id=task.parent_id,
        title=task.title,
        description=task.description or None,
        url=task.url,
        type="subtask" if task.parent_id else "task",
        status=status,
        status_label=STATUS_WORDS[status] if task.status else None,
        priority=task.priority,
        priority_label=PRIORITY_WORDS.get(task.priority or 0),
        assignee_ids=tuple(dict.fromkeys(task.assignee_ids)),
        reporter_id=task.reporter_id,
        labels=tuple(dict.fromkeys(task.labels)),
        start_on=seconds(task.start_on),
        due_on=seconds(task.due_on),
        created_at=seconds(task.created_at),
        updated_at=seconds(task.updated_at),
        completed_at=seconds(task.completed_at),
        percent_complete=task.percent_complete,
    )


def _relation(link: Link) -> Link:
    """A link as a RELATED-TO says it; iCalendar has no predecessor that all understand alike."""
    label, from_id, to_id = RELATIONS[link.type], link.from_id, link.to_id
    if link.type == "relates":
        from_id, to_id = sorted((from_id, to_id))
    kind = link.type if link.type != "precedes" else "other"
    id = f"{label if kind == 'other' else kind}:{from_id}:{to_id}"
    return Link(id=id, type=kind, type_label=label, from_id=from_id, to_id=to_id)


def _response(path: str, props: Props, names: list[str]) -> str:
    """A resource with the properties that were asked for, those it has not in a 404."""
    spelt = [_spelt(name) for name in names]
    held = "".join(f"<{n}>{props[n]}</{n}>" for n in spelt if n in props)
    lacking = "".join(f"<{n}/>" for n in spelt if n not in props)
    parts = [(held, "200 OK"), (lacking, "404 Not Found")]
    stats = "".join(
        f"<propstat><prop>{inner}</prop><status>HTTP/1.1 {status}</status></propstat>"
        for inner, status in parts
        if inner
    )
    return f"<response><href>{escape(path)}</href>{stats}</response>"


def _whole(path: str, status: str) -> str:
    return f"<response><href>{escape(path)}</href><status>HTTP/1.1 {status}</status></response>"


def _spelt(name: str) -> str:
    namespace, _, local = name.rpartition("}")
    return f"{PREFIXES.get(namespace + '}', 'X:')}{local}"


def _multistatus(responses: Iterable[str], more: str = "") -> Reply:
    return _xml(207, f"<multistatus {NAMESPACES}>{''.join(responses)}{more}</multistatus>")


def _error(status: int, name: str) -> Reply:
    return _xml(status, f"<error {NAMESPACES}><{name}/></error>")


def _xml(status: int, text: str) -> Reply:
    body = f'<?xml version="1.0" encoding="utf-8"?>{text}'.encode()
    return Reply(status, body, {"Content-Type": "application/xml; charset=utf-8"})


SANDBOX = CalDAVSandbox
