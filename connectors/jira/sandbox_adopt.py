"""Records as Jira can hold them: its ids, its words, what it has no place for left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, ClassVar

from msgspec.structs import replace

from connectors.jira.sandbox_changes import side
from connectors.jira.sandbox_words import (
    CATEGORY,
    FIELD_WORD,
    MILESTONE_WORD,
    ROLE_NAMES,
    SITE,
    STATUS_WORD,
    account_id,
    clip,
    field_id,
    kind_of,
    link_word,
    number_for,
    number_id,
    priority_word,
    resolution_word,
    text_or_none,
    to_day,
    type_word,
    zone_on,
)
from connectors.sdk.records import (
    Change,
    Column,
    Comment,
    Custom,
    CustomValue,
    Link,
    Membership,
    Milestone,
    Person,
    Project,
    Record,
    Sprint,
    Status,
    Task,
    Worklog,
)
from connectors.sdk.sandbox import Sandbox


@dataclass(slots=True)
class Board:
    """A board of the imitation; Jira's ids."""

    id: str
    name: str
    project_id: str | None
    sprints: bool = False


class Adoption(Sandbox):
    """The half of the sandbox that takes records in."""

    name: ClassVar[str] = "jira"

    def __init__(self, records: Iterable[Record], now: Callable[[], datetime]) -> None:
        records = list(records)
        self._now = now
        self.boards: dict[str, Board] = {}
        self.custom: dict[str, tuple[str, str]] = {}  # field id → name, kind
        self.categories: dict[str, str] = {}  # word of a status → its category
        self._kinds: dict[str, str] = {}  # name of a custom field → kind of its values
        self._keys: dict[str, str] = {}  # our id of a project → its key
        self._numbers: dict[str, int] = {}  # key of a project → last number given
        self._places: dict[str, str] = {}  # our id of a column → "{board}:{position}"
        for word in STATUS_WORD.items():
            self.categories[word[1]] = word[0]
        self._survey(records)
        super().__init__(records, now)

    def _survey(self, records: list[Record]) -> None:
        """What has to be known of all before one can be taken in."""
        columns: dict[str, list[Column]] = {}
        for record in records:
            match record:
                case Project():
                    self._keys[record.id] = self._key(record)
                case Column():
                    columns.setdefault(record.board_id, []).append(record)
                    self._board(record.board_id, record.project_id, record.board_name)
                case Sprint():
                    board = record.board_id or f"of-{record.project_id}"
                    self._board(board, record.project_id, None).sprints = True
                case Task():
                    self._survey_task(record)
                case _:
                    pass
        for board, held in columns.items():
            for position, column in enumerate(sorted(held, key=lambda each: each.position)):
                self._places[column.id] = f"{self.native('board', board)}:{position}"

    def _survey_task(self, task: Task) -> None:
        if task.status_label:
            self.categories.setdefault(task.status_label, CATEGORY[task.status])
        for custom in task.custom:
            kind = kind_of(custom.value)
            if kind is not None:
                self._kinds.setdefault(custom.name, kind)
        prefix, _, number = (task.key or "").rpartition("-")
        if prefix and number.isdecimal():
            self._numbers[prefix] = max(self._numbers.get(prefix, 0), int(number))

    def _board(self, id_: str, project_id: str | None, name: str | None) -> Board:
        native = self.native("board", id_)
        place = None if project_id is None else self.native("Project", project_id)
        board = self.boards.setdefault(native, Board(native, name or f"Board {native}", place))
        if name:
            board.name = name
        board.project_id = board.project_id or place
        return board

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
            case Change() if record.id.endswith(".0") and record.id[:-2].isdecimal():
                return record.id
            case Change():
                return f"{number_for(kind, record.id)}.0"
            case Membership():
                sprint = self.native("Sprint", record.container_id)
                return f"sprint:{sprint}:{self.native('Task', record.task_id)}"
            case Column():
                return self._places[record.id]
            case _:
                return self.native(kind, record.id)

    def adopt(self, record: Record) -> Record | None:
        """See `Sandbox.adopt`. Kinds that Jira does not have: none."""
        self.ids.setdefault((type(record), record.id), self.native_id(record))
        hold: dict[type[Record], Callable[[Any], Record | None]] = {
            Project: self._project,
            Person: self._person,
            Task: self._task,
            Link: self._link,
            Milestone: self._milestone,
            Sprint: self._sprint,
            Column: self._column,
            Membership: self._membership,
            Comment: self._comment,
            Worklog: self._worklog,
            Change: self._change,
        }
        taken = hold.get(type(record))
        return None if taken is None else taken(record)

    def _project(self, record: Project) -> Project:
        key = self._keys.get(record.id) or self._key(record)
        self._keys[record.id] = key
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

    def _person(self, record: Person) -> Person | None:
        if record.kind == "group":
            return None
        active = True if record.active is None else record.active
        return replace(self.refer(record), active=active, url=None)

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
        created = held.created_at or held.updated_at or self._now()
        return replace(
            held,
            key=key,
            description=text_or_none(held.description),
            url=f"{SITE}/browse/{key}",
            type_label=type_word(held.type, held.type_label),
            status_label=self.status_word(held.status, held.status_label),
            blocked=bool(held.blocked),
            blocked_reason=None,
            priority_label=priority_word(held.priority, held.priority_label),
            assignee_ids=held.assignee_ids[:1],
            start_on=to_day(held.start_on),
            due_on=to_day(held.due_on),
            created_at=clip(created),
            updated_at=clip(held.updated_at or created),
            started_at=None,
            completed_at=None if held.completed_at is None else clip(held.completed_at),
            resolution=resolution_word(held.status, held.resolution),
            percent_complete=None,
            archived=None,
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
            value: CustomValue = each.value
            if each.name.lower() in ROLE_NAMES:
                continue
            if isinstance(value, str):
                value = text_or_none(value)
            elif isinstance(value, datetime):
                value = clip(value)
            elif isinstance(value, tuple):
                value = value or None
            kind = kind_of(value) or self._kinds.get(each.name, "string")
            id_ = field_id(each.name, kind)
            self.custom[id_] = (each.name, kind)
            found[id_] = Custom(id=id_, name=each.name, value=value)
        return tuple(found[id_] for id_ in sorted(found))

    def _link(self, record: Link) -> Link:
        word = link_word(record.type, record.type_label)
        return replace(self.refer(record), type_label=word, lag_minutes=None)

    def _milestone(self, record: Milestone) -> Milestone | None:
        held = self.refer(record)
        if record.project_id is None:
            return None  # a version is always a project's
        state = held.state or "open"
        key = self._keys.get(record.project_id, "NONE")
        return Milestone(
            id=held.id,
            project_id=held.project_id,
            name=held.name,
            description=text_or_none(held.description),
            url=f"{SITE}/projects/{key}/versions/{held.id}",
            state=state,
            state_label=MILESTONE_WORD[state],
            start_on=held.start_on,
            due_on=to_day(held.due_on),
        )

    def _sprint(self, record: Sprint) -> Sprint:
        held = self.refer(record)
        board = self._board(record.board_id or f"of-{record.project_id}", record.project_id, None)
        return replace(
            held,
            project_id=board.project_id,
            board_id=board.id,
            state=held.state or "future",
            start_at=None if held.start_at is None else clip(held.start_at),
            end_at=None if held.end_at is None else clip(held.end_at),
            completed_at=None if held.completed_at is None else clip(held.completed_at),
        )

    def _column(self, record: Column) -> Column:
        board = self._board(record.board_id, record.project_id, record.board_name)
        place = self._places[record.id]
        for word in record.status_labels:
            self.categories.setdefault(word, "indeterminate")
        return replace(
            self.refer(record),
            id=place,
            project_id=board.project_id,
            board_id=board.id,
            board_name=board.name,
            position=int(place.partition(":")[2]),
        )

    def _membership(self, record: Membership) -> Membership | None:
        if record.kind != "sprint":
            return None
        sprint = self.native("Sprint", record.container_id)
        return replace(self.refer(record), container_id=sprint, section=None)

    def _comment(self, record: Comment) -> Comment:
        at = clip(record.at)
        updated = at if record.updated_at is None else clip(record.updated_at)
        return replace(self.refer(record), text=record.text.strip(), at=at, updated_at=updated)

    def _worklog(self, record: Worklog) -> Worklog:
        held = self.refer(record)
        started = held.started_at or datetime.combine(held.on, time(12), UTC)
        known = held.person_id is not None and zone_on(clip(started), held.on) is not None
        return Worklog(
            id=held.id,
            task_id=held.task_id,
            person_id=held.person_id,
            minutes=held.minutes,
            on=held.on if known else started.astimezone(UTC).date(),
            started_at=clip(started),
            text=text_or_none(held.text),
            updated_at=clip(held.updated_at or started),
        )

    def _change(self, record: Change) -> Change:
        held = self.refer(record)
        word = FIELD_WORD.get(held.field, (held.field, held.field))[0]
        old, old_label = side(self, held.field, held.old, held.old_label)
        new, new_label = side(self, held.field, held.new, held.new_label)
        return replace(
            held,
            at=clip(held.at),
            field_label=word,
            old=old,
            old_label=old_label,
            new=new,
            new_label=new_label,
        )
