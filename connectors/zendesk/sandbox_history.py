"""The audits and metric events of the imitated Zendesk."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import datetime

from connectors.sdk.records import Change, Comment, Person, Project, Record, SlaCycle, Task
from connectors.zendesk.sandbox_adopt import FIELD_OF, number, word_of
from connectors.zendesk.sandbox_render import CLOCKS, Out, Render, stamp
from connectors.zendesk.words import TYPES

AUDITS = 24_000_000_000_000  # added to the number of what was said or changed
CREATIONS = 23_900_000_000_000  # added to the number of the ticket


class History(Render):
    """Writes what happened to tickets as Zendesk would."""

    def creation(self, task: Task) -> Out:
        """The audit in which a ticket came to be."""
        id = CREATIONS + number(Task, task.id)
        author = self.number(Person, task.reporter_id)
        events: list[Out] = [
            {"id": id + 1, "event_type": "Create", "status": "new", "via": "Web form"},
            {"id": id + 2, "event_type": "Create", "subject": task.title, "via": "Web form"},
            self._said(id + 3, task.description or "", author, task.created_at, public=True),
        ]
        return self._audit(id, number(Task, task.id), author, task.created_at, events)

    def comment(self, comment: Comment) -> Out:
        """The audit in which something was said."""
        id, author = number(Comment, comment.id), self.number(Person, comment.author_id)
        said = self._said(id, comment.text, author, comment.at, public=comment.public is not False)
        ticket = number(Task, comment.task_id)
        return self._audit(AUDITS + id, ticket, author, comment.at, [said])

    def change(self, change: Change) -> Out | None:
        """The audit in which a field was changed; None where Zendesk tells no such change."""
        field = FIELD_OF.get(change.field)
        if field is None:
            return None
        id, author = number(Change, change.id), self.number(Person, change.author_id)
        old = self._said_of(change.field, change.old, change.old_label)
        new = self._said_of(change.field, change.new, change.new_label)
        event = {
            "id": id,
            "via": "Web form",
            "via_reference_id": None,
            "event_type": "Change",
            field: new,
            "previous_value": old,
        }
        ticket = number(Task, change.task_id)
        return self._audit(AUDITS + id, ticket, author, change.at, [event])

    def metric_events(self, cycle: SlaCycle) -> Iterator[Out]:
        """The events of one clock."""
        ticket, metric, _ = cycle.id.split(":")
        target = {
            "target": cycle.goal_minutes,
            "business_hours": False,
            "policy": {"id": 36, "title": "All tickets", "description": None},
        }
        told: list[tuple[str, datetime | None, Out]] = [
            ("activate", cycle.started_at, {}),
            ("apply_sla", cycle.started_at, {"sla": target}),
        ]
        if cycle.paused:
            told.append(("pause", cycle.started_at, {}))
        if cycle.breached:
            told.append(("breach", cycle.breach_at, {"deleted": False}))
        if cycle.stopped_at is not None:
            shown = {"calendar": cycle.elapsed_minutes, "business": 0}
            told += [
                ("fulfill", cycle.stopped_at, {}),
                ("update_status", cycle.stopped_at, {"status": shown}),
            ]
        base = CLOCKS + zlib.crc32(cycle.id.encode()) * 10
        for place, (kind, at, more) in enumerate(told):
            yield {
                "id": base + place,
                "ticket_id": number(Task, ticket),
                "metric": metric,
                "instance_id": 1,
                "type": kind,
                "time": stamp(at),
                **more,
            }

    def beginning(self, task: Task) -> Out:
        """Every ticket's clock of work starts with it, with a target or without."""
        id = number(Task, task.id)
        return {
            "id": CLOCKS * 2 + id,
            "ticket_id": id,
            "metric": "agent_work_time",
            "instance_id": 1,
            "type": "activate",
            "time": stamp(task.created_at),
        }

    def with_clocks(self, task: Task) -> Out:
        """A ticket with its metric events and its present targets."""
        metric_events: dict[str, list[Out]] = {"agent_work_time": [self.beginning(task)]}
        targets = []
        for cycle in self.world.where(SlaCycle, "task_id", task.id):
            metric = cycle.id.split(":")[1]
            metric_events.setdefault(metric, []).extend(self.metric_events(cycle))
            stage = "achieved" if cycle.stopped_at else "paused" if cycle.paused else "active"
            names = {"reply_time": "first_reply_time", "resolution_time": "total_resolution_time"}
            name = names.get(metric, metric)
            targets.append({"metric": name, "stage": stage, "breach_at": stamp(cycle.breach_at)})
        return {
            **self.ticket(task),
            "metric_events": metric_events,
            "slas": {"policy_metrics": targets},
        }

    def _audit(
        self, id: int, ticket: int, author: int | None, at: datetime | None, events: list[Out]
    ) -> Out:
        return {
            "id": id,
            "ticket_id": ticket,
            "timestamp": None if at is None else int(at.timestamp()),
            "created_at": stamp(at),
            "updater_id": author,
            "via": "Web form",
            "system": {},
            "metadata": {},
            "event_type": "Audit",
            "child_events": events,
        }

    def _said(
        self, id: int, text: str, author: int | None, at: datetime | None, *, public: bool
    ) -> Out:
        return {
            "id": id,
            "type": "Comment",
            "event_type": "Comment",
            "via": {},
            "author_id": author,
            "body": text,
            "html_body": f'<div class="zd-comment" dir="auto">{text}</div>',
            "plain_body": text,
            "public": public,
            "attachments": [],
            "created_at": stamp(at),
        }

    def _said_of(self, field: str, value: str | None, label: str | None) -> str | None:
        if field == "type" and label in TYPES:
            return label
        if value is None or field in ("status", "priority", "type", "title"):
            return word_of(field, value)
        kind: type[Record] = Person if field == "assignee_ids" else Project
        return str(number(kind, value.partition(",")[0]))
