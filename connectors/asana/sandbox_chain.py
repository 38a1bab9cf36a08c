"""A task's history in Asana's way: it completes and reopens, and moves between sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from connectors.asana.words import COMPLETED, INCOMPLETE, status_of
from connectors.sdk.records import Change

NAMES = {"todo": "To do", "in_progress": "In progress", "cancelled": "Cancelled"}


@dataclass
class Standing:
    """Where a task stands: in which section, and whether it is completed."""

    section: str | None
    completed: bool

    def said(self) -> tuple[Any, str]:
        """The status that this is for us, and the word for it."""
        word = status_of(self.section)
        if self.section and word == "cancelled":
            return "cancelled", self.section
        if self.completed:
            return "done", COMPLETED
        return word or "todo", self.section or INCOMPLETE


class Chain:
    """The status changes of a task, one after the other, as Asana's stories tell them.

    Args:
        changes: of the task, oldest first.
        section: where the task stands now; None: it is in no project.
        status: what it is now.
    """

    def __init__(self, changes: Sequence[Change], section: str | None, status: str) -> None:
        self.held: dict[str, Change] = {}
        self.sections: dict[str, tuple[str | None, str | None]] = {}  # of each move
        steps = [change for change in changes if change.field == "status"]
        move = next((step for step in steps if section is not None and self._moves(step)), None)
        start = section
        if move is not None:
            start = section_name(move.old if move.old != "done" else "todo", move.old_label)
        end = self._walk(steps, start, section is not None)
        if not self.sections:  # it never moved: it was always where it is
            self._walk(steps, section, section is not None)
        ended = self.sections and status == "done" and status_of(end) != "cancelled"
        self.section = end if ended else section
        self.completed = status == "done"

    def _walk(self, steps: Sequence[Change], start: str | None, placed: bool) -> str | None:
        now = Standing(start, completed=False)
        for step in steps:
            self._step(now, step, placed)
        return now.section

    @staticmethod
    def _moves(step: Change) -> bool:
        return step.new == "cancelled" or (step.new != "done" and step.old != "done")

    def _step(self, now: Standing, step: Change, placed: bool) -> None:
        old, old_label = now.said()
        if step.new == "done":
            now.completed = True
        elif now.completed and step.new != "cancelled":
            now.completed = False
        elif placed:
            before, now.section = now.section, section_name(step.new, step.new_label)
            self.sections[step.id] = before, now.section
        else:
            return
        new, new_label = now.said()
        self.held[step.id] = msgspec.structs.replace(
            step, old=old, new=new, old_label=old_label, new_label=new_label
        )


def section_name(status: str | None, label: str | None) -> str:
    """The section for a status: the one that was named where it can mean that, else the usual."""
    said = status_of(label)
    if label and label not in (COMPLETED, INCOMPLETE) and (said or "todo") == (status or "todo"):
        return label
    return NAMES.get(status or "todo", "To do")
