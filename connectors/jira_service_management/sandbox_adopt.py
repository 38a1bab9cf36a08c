"""Records as Jira Service Management can hold them: its ids, its words, the rest left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time
from typing import Any, ClassVar, cast

from msgspec.structs import replace

from connectors.jira_service_management.sandbox_words import (
    CATEGORY,
    FIELD_WORD,
    ISSUE_TYPE,
    SITE,
    STATUS_WORD,
    account_id,
    clip,
    clip_or_none,
    epoch_ms,
    field_id,
    issue_type,
    kind_of,
    link_word,
    number_for,
    number_id,
    priority_word,
    resolution_word,
    text_or_none,
    type_held,
    zone_on,
)
from connectors.sdk.records import (
    Approval,
    Change,
    Comment,
    Custom,
    Link,
    Person,
    Project,
    Record,
    SlaCycle,
    Status,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Sandbox

Side = tuple[str | None, str | None]


def _text(value: str, _: str | None) -> Side:
    return value, value


def _day(value: str, _: str | None) -> Side:
    return value[:10], value[:10]


def _minutes(value: str, _: str | None) -> Side:
    return value, str(int(value) * 60)


def _priority(value: str, label: str | None) -> Side:
    return value, priority_word(int(value), label)


WORDS: dict[str, Callable[[str, str | None], Side]] = {
    "due_on": _day,
    "estimate_minutes": _minutes,
    "priority": _priority,
}
ID_FIELDS = {"assignee_ids": "Person", "parent_id": "Task", "project_id": "Project"}


class Adoption(Sandbox):
    """The half of the sandbox that takes records in."""

    name: ClassVar[str] = "jira_service_management"

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        records = list(records)
        self._now = now
        self.custom: dict[str, tuple[str, str]] = {}  # field id → name, kind
        self.clocks: dict[str, str] = {}  # id of an SLA field → name of the SLA
        self.categories = {word: category for category, word in STATUS_WORD.items()}
        self._kinds: dict[str, str] = {}  # name of a custom field → kind of its values
        self._keys: dict[str, str] = {}  # our id of a project → its key
        self._numbers: dict[str, int] = {}  # key of a project → last number given
        self._subtasks: set[str] = set()  # our ids of the tasks that are no requests
        for record in records:
            self._survey(record)
        super().__init__(records, now)

    def _survey(self, record: Record) -> None:
        """What has to be known of all before one can be taken in."""
        match record:
            case Project():
                self._keys[record.id] = self._key(record)
            case Task():
                if record.type == "subtask":
                    self._subtasks.add(record.id)
                if record.status_label:
                    self.categories.setdefault(record.status_label, CATEGORY[record.status])
                for custom in record.custom:
                    if (kind := kind_of(custom.value)) is not None:
                        self._kinds.setdefault(custom.name, kind)
                prefix, _, number = (record.key or "").rpartition("-")
                if prefix and number.isdecimal():
                    self._numbers[prefix] = max(self._numbers.get(prefix, 0), int(number))
            case SlaCycle():
                self.clocks[self.clock(record.name)] = record.name
            case _:
                pass

    @staticmethod
    def clock(name: str) -> str:
        """The id of the field of an SLA."""
        return field_id("sla", name)

    def _key(self, project: Project) -> str:
        key = project.key or ""
        if not (key.isascii() and key.isalnum() and key.isupper() and key[0].isalpha()):
            letters = "".join(each for each in project.name.upper() if "A" <= each <= "Z")
            key = f"{letters[:6] or 'P'}X"
        while key in self._keys.values():
            key += "X"
        return key

    @staticmethod
    def native(kind: str, id_: str) -> str:
        """Jira's id for one of ours."""
        return account_id(id_) if kind == "Person" else number_id(kind, id_)

    def native_id(self, record: Record) -> str:
        """Numbers, account ids for people, made-up ids where the mapping makes them up."""
        kind = type(record).__name__
        match record:
            case Person(kind="group"):
                number = record.id.removeprefix("organization:")
                return f"organization:{number_id('Organization', number)}"
            case Change() if record.id.endswith(".0") and record.id[:-2].isdecimal():
                return record.id
            case Change():
                return f"{number_for(kind, record.id)}.0"
            case Approval():
                number = number_id(kind, record.id.rpartition(":")[2])
                return f"{self.native('Task', record.task_id)}:{number}"
            case SlaCycle():
                started = epoch_ms(record.started_at) if record.started_at else 0
                number = sla_number(self.clock(record.name))
                return f"{self.native('Task', record.task_id)}:{number}:{started}"
            case _:
                return self.native(kind, record.id)

    def adopt(self, record: Record) -> Record | None:
        """See `Sandbox.adopt`. Kinds that the tool does not have: none."""
        self.ids.setdefault((type(record), record.id), self.native_id(record))
        hold: dict[type[Record], Callable[[Any], Record | None]] = {
            Project: self._project,
            Person: self._person,
            Task: self._task,
            Link: self._link,
            Comment: self._comment,
            Worklog: self._worklog,
            Change: self._change,
            SlaCycle: self._cycle,
            Approval: self._approval,
        }
        taken = hold.get(type(record))
        return None if taken is None else taken(record)

    def _project(self, record: Project) -> Project:
        key = self._keys.setdefault(record.id, record.key or record.id)
        held = self.refer(record)
        return Project(
            id=held.id,
            key=key,
            name=held.name,
            description=text_or_none(held.description),
            url=f"{SITE}/browse/{key}",
            state="active" if held.state == "closed" else held.state,
            owner_id=held.owner_id,
        )

    def _person(self, record: Person) -> Person:
        held = self.refer(record)
        if record.kind == "group":
            return Person(id=held.id, name=held.name, kind="group")
        return replace(held, active=True if held.active is None else held.active, url=None)

    def status_word(self, status: Status | None, label: str | None) -> str:
        """The label where Jira can hold it in that category, else Jira's own word."""
        category = CATEGORY[status]
        if label and self.categories.setdefault(label, category) == category:
            return label
        return STATUS_WORD[category]

    def _task(self, record: Task) -> Task | None:
        if record.project_id is None:
            return None  # an issue is always a project's
        held = self.refer(record)
        key = self._task_key(record)
        created = clip(held.created_at or held.updated_at or self._now())
        kind = type_held(held.type)
        label = held.type_label or ISSUE_TYPE[kind]
        return Task(
            id=held.id,
            key=key,
            project_id=held.project_id,
            parent_id=held.parent_id,
            title=held.title,
            description=text_or_none(held.description),
            url=f"{SITE}/browse/{key}",
            type=kind,
            type_label=issue_type(kind, label) if kind == "subtask" else label,
            status=held.status,
            status_label=self.status_word(held.status, held.status_label),
            priority=held.priority,
            priority_label=priority_word(held.priority, held.priority_label),
            assignee_ids=held.assignee_ids[:1],
            reporter_id=held.reporter_id,
            labels=held.labels,
            due_on=held.due_on.date() if isinstance(held.due_on, datetime) else held.due_on,
            created_at=created,
            updated_at=clip(held.updated_at or created),
            completed_at=clip_or_none(held.completed_at),
            resolution=resolution_word(held.status, held.resolution),
            estimate_minutes=held.estimate_minutes,
            spent_minutes=held.spent_minutes,
            remaining_minutes=held.remaining_minutes,
            custom=self._custom(held.custom),
        )

    def _task_key(self, record: Task) -> str:
        prefix, _, number = (record.key or "").rpartition("-")
        project = self._keys.get(record.project_id or "", "NONE")
        if prefix == project and number.isdecimal():
            return str(record.key)
        self._numbers[project] = self._numbers.get(project, 0) + 1
        return f"{project}-{self._numbers[project]}"

    def _custom(self, held: tuple[Custom, ...]) -> tuple[Custom, ...]:
        found: dict[str, Custom] = {}
        for each in held:
            value = text_or_none(each.value) if isinstance(each.value, str) else each.value
            value = clip(value) if isinstance(value, datetime) else value
            value = None if value == () else value
            kind = kind_of(value) or self._kinds.get(each.name, "string")
            id_ = field_id("custom", each.name, kind)
            self.custom[id_] = (each.name, kind)
            found[id_] = Custom(id=id_, name=each.name, value=value)
        return tuple(found[id_] for id_ in sorted(found))

    def _link(self, record: Link) -> Link:
        word = link_word(record.type, record.type_label)
        return replace(self.refer(record), type_label=word, lag_minutes=None)

    def _comment(self, record: Comment) -> Comment:
        at = clip(record.at)
        updated = at if record.updated_at is None else clip(record.updated_at)
        public = True if record.public is None else record.public
        held = self.refer(record)
        return replace(held, text=record.text.strip(), at=at, updated_at=updated, public=public)

    def _worklog(self, record: Worklog) -> Worklog | None:
        held = self.refer(record)
        if held.task_id is None:
            return None
        started = clip(held.started_at or datetime.combine(held.on, time(12), UTC))
        known = held.person_id is not None and zone_on(started, held.on) is not None
        return replace(
            held,
            project_id=None,
            on=held.on if known else started.date(),
            started_at=started,
            text=text_or_none(held.text),
            updated_at=clip(held.updated_at or started),
        )

    def _cycle(self, record: SlaCycle) -> SlaCycle | None:
        if record.started_at is None:
            return None  # a clock always began
        ended = record.stopped_at is not None
        self.clocks[self.clock(record.name)] = record.name
        return replace(
            self.refer(record),
            started_at=clip(record.started_at),
            stopped_at=clip_or_none(record.stopped_at),
            breach_at=clip_or_none(record.breach_at),
            breached=bool(record.breached),
            paused=False if ended else bool(record.paused),
        )

    def _approval(self, record: Approval) -> Approval | None:
        if record.task_id in self._subtasks:
            return None  # only a request can be approved
        return replace(
            self.refer(record),
            decision_label=record.decision,
            asked_at=clip_or_none(record.asked_at),
            decided_at=None if record.decision == "pending" else clip_or_none(record.decided_at),
        )

    def _change(self, record: Change) -> Change | None:
        if record.field not in FIELD_WORD:
            return None
        held = self.refer(record)
        old, old_label = self.side(held.field, held.old, held.old_label)
        new, new_label = self.side(held.field, held.new, held.new_label)
        return replace(
            held,
            at=clip(held.at),
            field_label=FIELD_WORD[held.field][0],
            old=old,
            old_label=old_label,
            new=new,
            new_label=new_label,
        )

    def side(self, field: str, value: str | None, label: str | None) -> Side:
        """The value and the label of one side of a change of a field."""
        if not value and not (field == "status" and label):
            return None, None
        if field in ID_FIELDS:
            id_ = self.native(ID_FIELDS[field], str(value).partition(",")[0])
            return id_, label or id_
        if field == "status":
            value = "done" if value == "cancelled" else value
            status = cast("Status", value) if value in ("todo", "in_progress", "done") else None
            return status, self.status_word(status, label)
        assert value is not None  # noqa: S101 - only a status may have a label alone
        return WORDS.get(field, _text)(value, label)


def sla_number(field: str) -> str:
    """The id of the SLA whose clocks a field holds."""
    return number_for("SLA", field)[:6]
