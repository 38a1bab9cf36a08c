"""The facts that compare with what was agreed: baselines of projects, commitments of sprints. A
part of the catalogue; one line a fact."""

# ruff: noqa: E501

from __future__ import annotations

from functools import partial

from sync_engine.rules.facts import Fact, Subject

_WITHOUT = " Unknown where its project has no baseline."
_CURRENT, _FIRST = (
    "the current (latest) baseline of its project",
    "the first baseline of its project",
)


def _of_both(subject: Subject, project: str, due: str) -> tuple[Fact, ...]:
    f = partial(Fact, subject=subject)
    return (
        f(name="in_baseline", type="yes/no", null="unknown", needs=(project,), meaning=f"Whether {_CURRENT} has it." + _WITHOUT),
        f(name="baseline_due", type="day", needs=(project, due), meaning=f"The day it was due by {_CURRENT}; empty where that does not have it." + _WITHOUT),
        f(name="first_baseline_due", type="day", needs=(project, due), meaning=f"The day it was due by {_FIRST}; empty where that does not have it." + _WITHOUT),
        f(name="slip", type="number", needs=(project, due), unit="working days", meaning=f"By how much its due date is later than in {_CURRENT}; below 0: earlier. Empty where either has no due date." + _WITHOUT),
        f(name="first_slip", type="number", needs=(project, due), unit="working days", meaning=f"By how much its due date is later than in {_FIRST}; below 0: earlier. Empty where either has no due date." + _WITHOUT),
    )  # fmt: skip


_t = partial(Fact, subject="task")
OF_TASK = (
    *_of_both("task", "task.project_id", "task.due_on"),
    _t(name="baseline_start", type="day", needs=("task.project_id", "task.start_on"), meaning=f"The day it was to start by {_CURRENT}; empty where that does not have it." + _WITHOUT),
    _t(name="baseline_estimate", type="minutes", needs=("task.project_id", "task.estimate_minutes"), meaning=f"What it was estimated at in {_CURRENT}; empty where that does not have it." + _WITHOUT),
)  # fmt: skip
OF_MILESTONE = _of_both("milestone", "milestone.project_id", "milestone.due_on")

_p = partial(Fact, subject="project")
_NONE = " Unknown without a baseline."
_SCOPE = ("task.project_id", "task.status")
_VALUE = (*_SCOPE, "task.due_on", "task.estimate_minutes")
_LOST = " Unknown while a task of the plan is out of sight."
OF_PROJECT = (
    _p(name="begun_tasks", type="number", null="unknown", needs=_SCOPE, unit="tasks", meaning="How many of its tasks are in progress or done (subtasks included)."),
    _p(name="has_baseline", type="yes/no", null="unknown", meaning="Whether a baseline of it was taken, and not removed."),
    _p(name="baselines", type="number", unit="baselines", meaning="How many baselines of it are kept."),
    _p(name="baseline_at", type="instant", synonyms=("baselined",), meaning="When its current (latest) baseline was taken; empty without one."),
    _p(name="first_baseline_at", type="instant", meaning="When its first baseline was taken; empty without one."),
    _p(name="baseline_tasks", type="number", null="unknown", needs=_SCOPE, unit="tasks", meaning="How many tasks its current baseline has, subtasks apart." + _NONE),
    _p(name="baseline_due", type="day", meaning="The day it was to be finished by its current baseline: its own due date then, else the last one of its tasks." + _NONE),
    _p(name="first_baseline_due", type="day", meaning="The day it was to be finished by its first baseline: its own due date then, else the last one of its tasks." + _NONE),
    _p(name="finish_slip", type="number", null="unknown", needs=_SCOPE, unit="working days", meaning="By how much its finish is later than in its current baseline; below 0: earlier. Compared are its own due dates; where neither had one, the last due dates of its tasks, unknown while one of the plan is out of sight." + _NONE),
    _p(name="first_finish_slip", type="number", null="unknown", needs=_SCOPE, unit="working days", meaning="By how much its finish is later than in its first baseline, compared in the same way." + _NONE),
    _p(name="added_tasks", type="number", null="unknown", needs=_SCOPE, unit="tasks", meaning="How many of its tasks (cancelled ones and subtasks apart) its current baseline does not have." + _NONE),
    _p(name="removed_tasks", type="number", null="unknown", needs=_SCOPE, unit="tasks", meaning="How many tasks of its current baseline (subtasks apart) were deleted, cancelled, or archived unfinished." + _LOST + _NONE),
    _p(name="moved_tasks", type="number", null="unknown", needs=_SCOPE, unit="tasks", meaning="How many tasks of its current baseline (subtasks apart) are in another project now." + _LOST + _NONE),
    _p(name="added_share", type="percent", needs=_SCOPE, unit="%", meaning="Added tasks as a share of those of its current baseline; empty where that had none." + _NONE),
    _p(name="removed_share", type="percent", needs=_SCOPE, unit="%", meaning="Removed tasks as a share of those of its current baseline; empty where that had none." + _LOST + _NONE),
    _p(name="scope_growth", type="percent", needs=_SCOPE, unit="%", meaning="By which share it has more tasks now (cancelled ones and subtasks apart) than in its current baseline; below 0: fewer; empty where that had none." + _LOST + _NONE),
    _p(name="first_scope_growth", type="percent", needs=_SCOPE, unit="%", meaning="By which share it has more tasks now (cancelled ones and subtasks apart) than in its first baseline; below 0: fewer; empty where that had none." + _LOST + _NONE),
    _p(name="planned_value", type="minutes", synonyms=("pv",), null="unknown", needs=_VALUE, meaning="Effort, as its current baseline estimates it, of what was due before today by it; parts instead of the whole. Unknown while a task with a due date there has no estimate." + _NONE),
    _p(name="earned_value", type="minutes", synonyms=("ev",), null="unknown", needs=_VALUE, meaning="Effort, as its current baseline estimates it, of what is done of its tasks with a due date there. A task earns all of it when it is done, and nothing before." + _LOST + _NONE),
    _p(name="spi", type="number", synonyms=("schedule performance index",), needs=_VALUE, meaning="Earned value for one of planned value; below 1: behind its current baseline. Empty while nothing was to be done yet." + _LOST + _NONE),
    _p(name="spi_by_count", type="number", needs=(*_SCOPE, "task.due_on"), meaning="The same with every task worth as much as any other: for plans without estimates." + _LOST + _NONE),
)  # fmt: skip

_s = partial(Fact, subject="sprint")
_PLACES = ("membership.container_id", "sprint.start_at")
_SEEN = " Unknown unless we saw it begin."
_SIGHT = " Unknown while one of them that was not done is out of sight."
OF_SPRINT = (
    _s(name="committed_tasks", type="number", null="unknown", needs=_PLACES, unit="tasks", meaning="How many tasks it began with." + _SEEN),
    _s(name="dropped_tasks", type="number", null="unknown", needs=_PLACES, unit="tasks", meaning="How many of these are no longer in it, those carried over included." + _SEEN),
    _s(name="added_tasks", type="number", null="unknown", needs=_PLACES, unit="tasks", meaning="How many tasks are in it that it did not begin with." + _SEEN),
    _s(name="committed_done", type="number", null="unknown", needs=(*_PLACES, "task.status"), unit="tasks", meaning="How many of the tasks that it began with are done; once it is closed: were done by then." + _SIGHT + _SEEN),
    _s(name="committed_done_share", type="percent", needs=(*_PLACES, "task.status"), unit="%", meaning="The same as a share; empty where it began with nothing." + _SIGHT + _SEEN),
)  # fmt: skip

AGREED = (*OF_TASK, *OF_PROJECT, *OF_MILESTONE, *OF_SPRINT)
"""Facts that compare with what was agreed."""
