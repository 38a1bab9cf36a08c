"""Every fact that a standard may speak of. One line a fact: it is read as a table."""

# ruff: noqa: E501

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sync_engine.rules import baseline_catalogue as agreed
from sync_engine.rules.facts import SUBJECTS, Fact, Subject

STATUS = ("todo", "in_progress", "done", "cancelled")
TASK_TYPES = (
    "task", "subtask", "epic", "story", "bug", "milestone", "risk", "issue", "change", "request",
    "approval", "other",
)  # fmt: skip
PROJECT_STATES = ("active", "archived", "closed", "trashed")
PRIORITIES = {"highest": 1, "high": 2, "medium": 3, "low": 4, "lowest": 5}
HEALTH = ("on_track", "at_risk", "off_track", "on_hold", "complete")
CONNECTION_STATES = ("new", "ok", "partial", "failed", "needs_reauth", "rate_limited")


def _common(subject: Subject) -> tuple[Fact, ...]:
    f = partial(Fact, subject=subject)
    return (
        f(name="connection", type="text", meaning="Name of the connection it was read through."),
        f(name="tool", type="text", meaning='Kind of tool it lives in ("jira").'),
    )


def _of_project(subject: Subject, needs: str) -> tuple[Fact, ...]:
    f = partial(Fact, subject=subject)
    return (
        f(name="project", type="text", needs=(needs,),
          meaning="Name of its project; its key is understood too."),
        f(name="project_state", type="word", words=PROJECT_STATES, null="unknown",
          needs=(needs, "project.state"), meaning="Whether its project is still active."),
        f(name="project_owner", type="person", synonyms=("project lead",),
          needs=(needs, "project.owner_id"), meaning="Who leads its project."),
        f(name="portfolio", type="text", needs=(needs,),
          meaning="The project's custom field “Portfolio”, else the name of its parent project."),
    )  # fmt: skip


_t = partial(Fact, subject="task")
_SUBTASKS = ("task.parent_id", "task.status")
_CHANGES = ("change.field",)
TASK = (
    _t(name="key", type="text", column="key", needs=("task.key",), meaning="What people call it (ENG-12)."),
    _t(name="title", type="text", column="title", synonyms=("summary",), needs=("task.title",), meaning="Its title."),
    _t(name="title_length", type="number", synonyms=("length of title",), needs=("task.title",), unit="characters", meaning="How long its title is."),
    _t(name="description", type="text", column="description", needs=("task.description",), meaning="Its description as plain text."),
    _t(name="description_length", type="number", synonyms=("length of description",), needs=("task.description",), unit="characters", meaning="How long its description is; 0 when it has none."),
    _t(name="url", type="text", column="url", needs=("task.url",), meaning="Its address in the tool."),
    _t(name="type", type="word", column="type", words=TASK_TYPES, null="unknown", meaning="What kind of work it is."),
    _t(name="type_label", type="text", column="type_label", needs=("task.type_label",), meaning="The tool's own word for its kind."),
    _t(name="status", type="word", column="status", words=STATUS, null="unknown", needs=("task.status",), meaning="Where it stands. Unknown while the tool's word is not mapped."),
    _t(name="status_label", type="text", column="status_label", needs=("task.status_label",), meaning="The tool's own word for where it stands."),
    _t(name="blocked", type="yes/no", column="blocked", null="unknown", needs=("task.blocked",), meaning="Whether it is marked as blocked."),
    _t(name="blocked_reason", type="text", column="blocked_reason", meaning="Why it is blocked; empty also where the tool keeps no reason."),
    _t(name="priority", type="number", column="priority", words=PRIORITIES, needs=("task.priority",), meaning="1 (highest) to 5 (lowest), or the words highest, high, medium, low, lowest."),
    _t(name="priority_label", type="text", column="priority_label", needs=("task.priority_label",), meaning="The tool's own word for its priority."),
    _t(name="owner", type="person", synonyms=("accountable",), needs=("task.assignee_ids",), meaning="The first person assigned: name or e-mail address."),
    _t(name="owner_active", type="yes/no", null="unknown", needs=("task.assignee_ids", "person.active"), meaning="Whether the owner's account is still active."),
    _t(name="owner_in_team", type="yes/no", null="unknown", needs=("task.assignee_ids", "task.project_id", "project.member_ids"), meaning="Whether the owner is a member of its project. Unknown where the tool does not list members, or a group among them may hold the owner."),
    _t(name="owner_email", type="text", needs=("task.assignee_ids", "person.email"), meaning="The owner's e-mail address."),
    _t(name="assignee", type="people", synonyms=("assignees",), needs=("task.assignee_ids",), meaning="Everyone assigned: name or e-mail address of any of them."),
    _t(name="owners", type="number", synonyms=("number of owners",), needs=("task.assignee_ids",), unit="people", meaning="How many people are assigned."),
    _t(name="reporter", type="person", needs=("task.reporter_id",), meaning="Who asked for it."),
    _t(name="labels", type="list", synonyms=("label", "tag", "tags"), needs=("task.labels",), meaning="Its labels."),
    _t(name="start", type="day", column="start_on", synonyms=("start date", "start on"), needs=("task.start_on",), meaning="The day it is planned to start."),
    _t(name="due", type="day", column="due_on", synonyms=("due date", "due on"), needs=("task.due_on",), meaning="The day it is due."),
    _t(name="created", type="instant", column="created_at", synonyms=("created on", "created at"), needs=("task.created_at",), meaning="When it was made."),
    _t(name="updated", type="instant", column="updated_at", synonyms=("updated on", "updated at"), needs=("task.updated_at",), meaning="When anything about it last changed in the tool."),
    _t(name="started", type="instant", column="started_at", synonyms=("started on", "started at"), needs=("task.started_at",), meaning="When work on it began."),
    _t(name="completed", type="instant", column="completed_at", synonyms=("completed on", "completed at"), needs=("task.completed_at",), meaning="When it was finished."),
    _t(name="resolution", type="text", column="resolution", needs=("task.resolution",), meaning="How it was settled, in the tool's word."),
    _t(name="estimate", type="minutes", column="estimate_minutes", synonyms=("estimated effort",), needs=("task.estimate_minutes",), meaning="Estimated effort."),
    _t(name="spent", type="minutes", column="spent_minutes", synonyms=("time spent",), needs=("task.spent_minutes",), meaning="Effort booked so far."),
    _t(name="remaining", type="minutes", column="remaining_minutes", synonyms=("remaining effort",), needs=("task.remaining_minutes",), meaning="Effort still expected."),
    _t(name="points", type="number", column="points", synonyms=("story points",), unit="points", meaning="Story points; empty also where the tool has none."),
    _t(name="percent_complete", type="percent", column="percent_complete", synonyms=("percent", "progress"), needs=("task.percent_complete",), unit="%", meaning="How much is done, 0 to 100."),
    _t(name="archived", type="yes/no", column="archived", null="unknown", needs=("task.archived",), meaning="Whether it is archived in the tool."),
    _t(name="parent", type="text", needs=("task.parent_id",), meaning="Title of the task it is part of; its key is understood too."),
    _t(name="parent_due", type="day", synonyms=("due date of parent",), needs=("task.parent_id", "task.due_on"), meaning="The day its parent is due."),
    _t(name="parent_status", type="word", words=STATUS, null="empty", needs=_SUBTASKS, meaning="Where its parent stands."),
    _t(name="milestone", type="text", meaning="Name of its milestone or version; empty also where the tool has none."),
    _t(name="milestone_due", type="day", synonyms=("due date of milestone",), meaning="The day its milestone is due; empty also where the tool has no milestones."),
    *_of_project("task", "task.project_id"),
    _t(name="subtask_count", type="number", synonyms=("number of subtasks",), needs=("task.parent_id",), unit="tasks", meaning="How many subtasks (checklist items included) it has."),
    _t(name="open_subtasks", type="number", null="unknown", needs=_SUBTASKS, unit="tasks", meaning="How many of its subtasks are neither done nor cancelled."),
    _t(name="done_subtasks", type="number", null="unknown", needs=_SUBTASKS, unit="tasks", meaning="How many of its subtasks are done or cancelled."),
    _t(name="last_subtask_done", type="instant", synonyms=("last subtask completed",), needs=("task.parent_id", "task.completed_at"), meaning="When the last of its subtasks was finished."),
    _t(name="blockers", type="number", needs=("link.type",), unit="tasks", meaning="How many linked tasks block it, open or not."),
    _t(name="open_blockers", type="number", null="unknown", needs=("link.type", "task.status"), unit="tasks", meaning="How many linked tasks that block it are neither done nor cancelled. Unknown while one that blocks it is out of sight."),
    _t(name="unowned_blockers", type="number", null="unknown", needs=("link.type", "task.status", "task.assignee_ids"), unit="tasks", meaning="How many of the open tasks that block it nobody owns. Unknown while one that blocks it is out of sight."),
    _t(name="blocker_owner", type="text", synonyms=("owner of blocker",), needs=("link.type", "task.status", "task.assignee_ids"), meaning="Who owns the open tasks that block it: the first by name. Unknown while one that blocks it is out of sight."),
    _t(name="open_siblings", type="number", synonyms=("open tasks in other tools",), null="unknown", needs=("task.url",), unit="tasks", meaning="How many tasks in other connections are still open, of those that it names, or that name it, by address (in the description or a comment) or in a link."),
    _t(name="done_siblings", type="number", synonyms=("done tasks in other tools",), null="unknown", needs=("task.url",), unit="tasks", meaning="How many tasks in other connections are done, of those that it names, or that name it, by address (in the description or a comment) or in a link."),
    _t(name="same_title_elsewhere", type="number", synonyms=("suspected duplicates",), needs=("task.title", "task.status"), unit="tasks", meaning="How many open tasks of other connections have its title, whatever the case of A to Z; 0 for parts of others and titles under 12 characters."),
    _t(name="sprints", type="number", synonyms=("number of sprints",), needs=("membership.container_id", "sprint.start_at"), unit="sprints", meaning="In how many sprints it was once they had begun, those that it has left included."),
    _t(name="sprint", type="text", synonyms=("current sprint",), needs=("membership.container_id", "sprint.state"), meaning="Name of the sprint that it is in, closed ones apart; of several the one that ends last. Unknown while the tool does not say of one whether it is closed."),
    _t(name="sprint_end", type="day", synonyms=("end of sprint",), needs=("membership.container_id", "sprint.state", "sprint.end_at"), meaning="The day that sprint ends, in the PMO's time zone."),
    _t(name="approvals", type="number", synonyms=("number of approvals",), needs=("approval.decision",), unit="approvals", meaning="How many approvals were asked for, whatever came of them."),
    _t(name="pending_approvals", type="number", needs=("approval.decision",), unit="approvals", meaning="How many of its approvals are pending."),
    _t(name="given_approvals", type="number", needs=("approval.decision",), unit="approvals", meaning="How many of its approvals were given."),
    _t(name="comments", type="number", synonyms=("comment count",), needs=("comment.at",), unit="comments", meaning="How many comments it has."),
    _t(name="last_comment", type="instant", needs=("comment.at",), meaning="When it was last commented on."),
    _t(name="last_comment_by", type="person", synonyms=("last commenter",), needs=("comment.at", "comment.author_id"), meaning="Who commented on it last; empty where nobody has."),
    _t(name="last_booking", type="instant", synonyms=("last time booked",), needs=("worklog.on",), meaning="When time was last booked on it."),
    _t(name="booked_after_completion", type="minutes", synonyms=("time booked after completion",), needs=("worklog.on", "worklog.minutes", "task.completed_at"), meaning="Effort booked for days that began after it was finished, whatever the time zone."),
    _t(name="effort_used", type="percent", needs=("task.spent_minutes", "task.estimate_minutes"), unit="%", meaning="Effort booked as a share of the estimate; empty without an estimate."),
    _t(name="last_activity", type="instant", needs=("task.updated_at",), meaning="The latest of its last update, comment and time booked."),
    _t(name="status_since", type="instant", synonyms=("in status since", "time in status", "in this status"), null="unknown", needs=("task.status", *_CHANGES), meaning="Since when it has had its status; from its history, unknown before the first change that we know."),
    _t(name="due_pushes", type="number", synonyms=("due date put off",), needs=("task.due_on",), unit="times", meaning="How often its due date was moved to a later day."),
    _t(name="due_moves", type="number", needs=("task.due_on",), unit="times", meaning="How often its due date was moved, either way."),
    _t(name="due_moved_by", type="number", synonyms=("days due date moved",), needs=("task.due_on",), unit="days", meaning="By how many days its due date was moved in all; below 0 it is earlier than it was."),
    _t(name="due_changed", type="instant", synonyms=("due date changed",), needs=("task.due_on",), meaning="When its due date was last moved."),
    _t(name="reopens", type="number", synonyms=("times reopened", "reopened"), needs=("task.status",), unit="times", meaning="How often it went from done or cancelled back to open."),
    _t(name="reassignments", type="number", synonyms=("times reassigned", "reassigned"), needs=("task.assignee_ids",), unit="times", meaning="How often its owner was replaced by another."),
    _t(name="blocked_since", type="instant", needs=("task.blocked",), meaning="Since when it is blocked; empty while it is not, unknown where nobody saw it become so."),
    _t(name="straight_to_done", type="number", synonyms=("times closed unstarted",), needs=("task.status", *_CHANGES), unit="times", meaning="How often it went straight from to do to done, by the tool's own history."),
    *_common("task"),
)  # fmt: skip

_p = partial(Fact, subject="project")
PROJECT = (
    _p(name="key", type="text", column="key", needs=("project.key",), meaning="Its short name."),
    _p(name="name", type="text", column="name", needs=("project.name",), meaning="Its name."),
    _p(name="description", type="text", column="description", needs=("project.description",), meaning="Its description."),
    _p(name="url", type="text", column="url", needs=("project.url",), meaning="Its address in the tool."),
    _p(name="state", type="word", column="state", words=PROJECT_STATES, null="unknown", needs=("project.state",), meaning="Whether it is active, archived, closed or in the bin."),
    _p(name="owner", type="person", synonyms=("lead",), needs=("project.owner_id",), meaning="Who leads it: name or e-mail address."),
    _p(name="owner_active", type="yes/no", null="unknown", needs=("project.owner_id", "person.active"), meaning="Whether its lead's account is still active."),
    _p(name="start", type="day", column="start_on", synonyms=("start date",), needs=("project.start_on",), meaning="The day it starts."),
    _p(name="due", type="day", column="due_on", synonyms=("due date", "end date"), needs=("project.due_on",), meaning="The day it is due."),
    _p(name="created", type="instant", column="created_at", needs=("project.created_at",), meaning="When it was made."),
    _p(name="parent", type="text", needs=("project.parent_id",), meaning="Name of the project it is part of."),
    _p(name="portfolio", type="text", meaning="Its custom field “Portfolio”, else the name of its parent project."),
    _p(name="open_tasks", type="number", null="unknown", needs=("task.project_id", "task.status"), unit="tasks", meaning="How many of its tasks are open (subtasks included)."),
    _p(name="total_tasks", type="number", synonyms=("task count",), needs=("task.project_id",), unit="tasks", meaning="How many tasks it has."),
    _p(name="overdue_tasks", type="number", null="unknown", needs=("task.project_id", "task.status", "task.due_on"), unit="tasks", meaning="How many of its open tasks were due before today."),
    _p(name="top_priority_share", type="percent", needs=("task.project_id", "task.status", "task.priority"), unit="%", meaning="Which share of its open tasks with a priority has the highest one."),
    _p(name="done_estimate", type="minutes", needs=("task.project_id", "task.status", "task.estimate_minutes", "task.spent_minutes"), meaning="What its finished tasks (archived ones included) were estimated at, where time was booked on them; parts instead of the whole."),
    _p(name="done_spent", type="minutes", needs=("task.project_id", "task.status", "task.estimate_minutes", "task.spent_minutes"), meaning="What was booked on these same tasks."),
    _p(name="columns_over_limit", type="number", needs=("column.wip_max", "task.project_id", "task.status_label"), unit="columns", meaning="How many columns of its boards hold more of its tasks (subtasks apart) than their limit."),
    _p(name="crowded_column", type="text", needs=("column.wip_max", "task.project_id", "task.status_label"), meaning="Name of such a column; the first by name."),
    _p(name="done_share", type="percent", synonyms=("share done",), needs=("task.project_id", "task.status"), unit="%", meaning="Which share of its tasks is done or cancelled; empty without tasks."),
    _p(name="overdue_share", type="percent", needs=("task.project_id", "task.status", "task.due_on"), unit="%", meaning="Which share of its open tasks was due before today; empty without open tasks."),
    _p(name="cost_performance", type="number", synonyms=("cost performance index", "cpi"), needs=("task.project_id", "task.status", "task.estimate_minutes", "task.spent_minutes"), meaning="What its finished tasks were estimated at for what was booked on them; below 1: they took more. Empty without such tasks."),
    _p(name="open_milestones", type="number", needs=("milestone.project_id", "milestone.state"), null="unknown", unit="milestones", meaning="How many of its milestones are open."),
    _p(name="overdue_milestones", type="number", needs=("milestone.project_id", "milestone.state", "milestone.due_on"), null="unknown", unit="milestones", meaning="How many of these were due before today."),
    _p(name="next_milestone", type="day", needs=("milestone.project_id", "milestone.state", "milestone.due_on"), meaning="The day the next of its open milestones is due; empty without one to come."),
    _p(name="last_activity", type="instant", needs=("task.project_id", "task.updated_at"), meaning="The latest update of the project or any of its tasks."),
    _p(name="last_report", type="instant", synonyms=("last status report",), needs=("statusupdate.at",), meaning="When its state was last reported."),
    _p(name="health", type="word", words=HEALTH, needs=("statusupdate.health",), meaning="Its last reported state."),
    *_common("project"),
)  # fmt: skip

_LAGS, _NETWORK = ("link.type", "link.lag_minutes"), ("link.type", "task.status")
_KEPT = " Kept while a standard in force asks for it."
SCHEDULE_OF_PROJECT = (
    _p(name="dependencies", type="number", null="unknown", needs=("link.type",), unit="links", meaning="How many dependencies lead to its tasks: links that block or precede, or whose kind says which ends they tie." + _KEPT),
    _p(name="open_activities", type="number", null="unknown", needs=_NETWORK, unit="activities", meaning="How many tasks of its network are open: the linked ones, and others that are neither parts nor wholes of others. None of a project that is archived or closed." + _KEPT),
    _p(name="undated_activities", type="number", null="unknown", needs=_NETWORK, unit="tasks", meaning="Of how many of its linked open tasks neither dates nor an estimate tell how long they take. Unknown while that may be so of none but some of unknown status." + _KEPT),
    _p(name="forecast_finish", type="day", null="unknown", needs=_NETWORK, meaning="The earliest day on which its network can be finished. Unknown while a linked task has no dates." + _KEPT),
    _p(name="open_ends_share", type="percent", null="unknown", needs=_NETWORK, unit="%", meaning="Which share of its open activities lacks a predecessor or a successor." + _KEPT),
    _p(name="leads", type="number", null="unknown", needs=_LAGS, unit="links", meaning="How many links to its open activities have a negative lag. Unknown while none has but some to tasks of unknown status." + _KEPT),
    _p(name="lags_share", type="percent", null="unknown", needs=_LAGS, unit="%", meaning="Which share of them has a positive lag. Unknown while links to tasks of unknown status may change it." + _KEPT),
    _p(name="finish_to_start_share", type="percent", null="unknown", needs=("link.type",), unit="%", meaning="Which share of them goes from finish to start. Unknown while the tool does not say of each, or links to tasks of unknown status may change it." + _KEPT),
    _p(name="high_float_share", type="percent", null="unknown", needs=_NETWORK, unit="%", meaning="Which share of its open activities has more than 44 working days of total float." + _KEPT),
    _p(name="high_duration_share", type="percent", null="unknown", needs=("task.status", "task.start_on", "task.due_on"), unit="%", meaning="Which share of its open activities that are in its current baseline was planned there to take more than 44 working days. Unknown without one, and while tasks of it are out of sight." + _KEPT),
    _p(name="missed_share", type="percent", null="unknown", needs=("task.status", "task.due_on"), unit="%", meaning="Which share of its activities that were due before today by its current baseline was finished later, or is not. Unknown without one, and while tasks of it are out of sight." + _KEPT),
    _p(name="bei", type="number", synonyms=("baseline execution index",), null="unknown", needs=("task.status", "task.due_on"), meaning="How many activities of its current baseline are done for one that was due before today by it. Unknown without one, before any was due, and while tasks of it are out of sight." + _KEPT),
    _p(name="negative_float", type="number", null="unknown", needs=_NETWORK, unit="activities", meaning="How many of its open activities are too late for the project's end, or for a milestone." + _KEPT),
    _p(name="invalid_dates", type="number", null="unknown", needs=("task.status", "task.due_on"), unit="activities", meaning="How many activities are planned for a day that has passed, or happened on one to come." + _KEPT),
    _p(name="unresourced", type="number", null="unknown", needs=("task.status", "task.assignee_ids"), unit="activities", meaning="How many open activities of a day or more nobody is assigned to." + _KEPT),
    _p(name="critical_path_test", type="yes/no", synonyms=("critical path holds",), null="unknown", needs=_NETWORK, meaning="Whether the project's end moves by 600 working days when its most critical activity does; by less is enough where that is critical for a milestone, and its links lead to the end." + _KEPT),
    _p(name="cpli", type="number", synonyms=("critical path length index",), null="unknown", needs=_NETWORK, meaning="How much time there is until the project is due for what its critical path takes; below 1: too little." + _KEPT),
    _p(name="dependency_conflicts", type="number", null="unknown", needs=("link.type", "task.due_on"), unit="links", meaning="How many links its planned dates contradict: what follows starts, or is due, before it can." + _KEPT),
    _p(name="dependency_cycles", type="number", null="unknown", needs=("link.type",), unit="cycles", meaning="How many groups of its tasks wait for each other." + _KEPT),
)  # fmt: skip
SCHEDULE_OF_TASK = (
    _t(name="total_float", type="number", synonyms=("float",), null="unknown", needs=_NETWORK, unit="working days", meaning="How long it may slip before the project's end or a milestone does; below 0: they cannot be kept. Of open tasks with links." + _KEPT),
    _t(name="critical", type="yes/no", null="unknown", needs=_NETWORK, meaning="Whether it has no float left. Of open tasks with links." + _KEPT),
    _t(name="predecessor_conflicts", type="number", null="unknown", needs=("link.type", "task.due_on"), unit="predecessors", meaning="How many of the tasks that it depends on its own dates contradict." + _KEPT),
)  # fmt: skip
SCHEDULE = (*SCHEDULE_OF_PROJECT, *SCHEDULE_OF_TASK)
"""Facts that are computed from a project's network before an assessment."""

_h = partial(Fact, subject="person")
_LOAD = ("task.assignee_ids", "task.status")
_UNMAPPED = " Unknown while the status of one of their tasks is not mapped."
PERSON = (
    _h(name="name", type="text", column="name", meaning="The person's name."),
    _h(name="email", type="text", column="email", meaning="The person's e-mail address."),
    _h(name="lead", type="text", column="lead_email", meaning="E-mail address of who leads them (people file)."),
    _h(name="manager", type="text", column="manager_email", meaning="E-mail address of their manager (people file)."),
    _h(name="active", type="yes/no", null="unknown", meaning="Whether any of their accounts is active."),
    _h(name="tools", type="number", unit="connections", meaning="In how many connections they have an account."),
    _h(name="work_in_progress", type="number", synonyms=("wip",), needs=_LOAD, unit="tasks", meaning="How many tasks in progress they are assigned to, across all tools." + _UNMAPPED),
    _h(name="open_tasks", type="number", needs=_LOAD, unit="tasks", meaning="How many open tasks they are assigned to, across all tools." + _UNMAPPED),
    _h(name="overdue_tasks", type="number", needs=(*_LOAD, "task.due_on"), unit="tasks", meaning="How many of their open tasks were due before today, across all tools." + _UNMAPPED),
    _h(name="open_effort", type="minutes", needs=_LOAD, meaning="What is left to do, as far as it is estimated, of all their open tasks; shared among all assigned, parts instead of the whole."),
    _h(name="away", type="yes/no", synonyms=("on leave",), meaning="Whether they are on leave today (people file: `leave`)."),
    _h(name="weekly_capacity", type="minutes", meaning="What they work in a week (people file: `capacity_hours`), 40 hours where nobody has said."),
    _h(name="capacity", type="minutes", meaning="What they can work in the seven days from today: without days off of the calendar and their own leave (people file: `leave`)."),
    _h(name="effort_due", type="minutes", needs=(*_LOAD, "task.due_on"), meaning="What is left to do, as far as it is estimated, of their open tasks due within these days or overdue; shared among all assigned, parts instead of the whole."),
    _h(name="unestimated_tasks", type="number", needs=(*_LOAD, "task.due_on"), unit="tasks", meaning="How many of these tasks have no estimate, and so count for nothing."),
    _h(name="load", type="percent", synonyms=("utilisation", "utilization"), needs=(*_LOAD, "task.due_on"), unit="%", meaning="Effort due as a share of capacity; empty for someone who is away."),
)  # fmt: skip

_m = partial(Fact, subject="milestone")
_MILESTONE = ("task.milestone_id", "task.status")
MILESTONE = (
    _m(name="name", type="text", column="name", meaning="Its name."),
    _m(name="url", type="text", column="url", needs=("milestone.url",), meaning="Its address in the tool."),
    _m(name="state", type="word", column="state", words=("open", "done", "cancelled"), null="unknown", needs=("milestone.state",), meaning="Where it stands."),
    _m(name="owner", type="person", needs=("milestone.owner_id",), meaning="Who owns it."),
    _m(name="start", type="day", column="start_on", needs=("milestone.start_on",), meaning="The day it starts."),
    _m(name="due", type="day", column="due_on", synonyms=("due date",), needs=("milestone.due_on",), meaning="The day it is due."),
    _m(name="completed", type="instant", column="completed_at", needs=("milestone.completed_at",), meaning="When it was reached."),
    _m(name="total_tasks", type="number", needs=("task.milestone_id",), unit="tasks", meaning="How many tasks belong to it."),
    _m(name="open_tasks", type="number", null="unknown", needs=_MILESTONE, unit="tasks", meaning="How many of its tasks are open."),
    _m(name="done_share", type="percent", needs=_MILESTONE, unit="%", meaning="Which share of its tasks is done or cancelled."),
    *_of_project("milestone", "milestone.project_id"),
    *_common("milestone"),
)  # fmt: skip

_s = partial(Fact, subject="sprint")
SPRINT = (
    _s(name="name", type="text", column="name", meaning="Its name."),
    _s(name="goal", type="text", needs=("sprint.goal",), meaning="Its goal."),
    _s(name="state", type="word", column="state", words=("future", "active", "closed"), null="unknown", needs=("sprint.state",), meaning="Whether it runs."),
    _s(name="start", type="instant", column="start_at", needs=("sprint.start_at",), meaning="When it starts."),
    _s(name="end", type="instant", column="end_at", synonyms=("due",), needs=("sprint.end_at",), meaning="When it ends."),
    _s(name="completed", type="instant", column="completed_at", needs=("sprint.completed_at",), meaning="When it was closed."),
    _s(name="length", type="number", needs=("sprint.start_at", "sprint.end_at"), unit="days", meaning="How long it is planned to take."),
    _s(name="open_tasks", type="number", null="unknown", needs=("membership.container_id", "task.status"), unit="tasks", meaning="How many of its tasks are open."),
    _s(name="unestimated_tasks", type="number", null="unknown", needs=("membership.container_id", "task.status", "task.estimate_minutes"), unit="tasks", meaning="How many of its open tasks (subtasks apart) have neither estimate nor points."),
    _s(name="unowned_tasks", type="number", null="unknown", needs=("membership.container_id", "task.status", "task.assignee_ids"), unit="tasks", meaning="How many of its open tasks nobody owns."),
    _s(name="parallel_sprints", type="number", null="unknown", synonyms=("overlapping sprints",), needs=("sprint.board_id", "sprint.state", "sprint.start_at", "sprint.end_at"), unit="sprints", meaning="How many other active sprints of its board run at the same time; unknown while one of them that may lacks a day."),
    _s(name="added_share", type="percent", synonyms=("scope added",), needs=("membership.container_id", "sprint.start_at"), unit="%", meaning="What was added later than a day after the start, as a share of what was planned; unknown of sprints that had begun before we first saw them."),
    *_of_project("sprint", "sprint.project_id"),
    *_common("sprint"),
)  # fmt: skip

_d = partial(Fact, subject="dependency")
_LINK = ("link.type",)


def _end(side: str, who: str) -> tuple[Fact, ...]:
    return (
        _d(name=side, type="text", needs=_LINK, null="unknown", meaning=f"Title of {who}; its key is understood too."),
        _d(name=f"{side}_key", type="text", needs=(*_LINK, "task.key"), meaning=f"Key of {who}."),
        _d(name=f"{side}_status", type="word", words=STATUS, null="unknown", needs=(*_LINK, "task.status"), meaning=f"Where {who} stands."),
        _d(name=f"{side}_start", type="day", needs=(*_LINK, "task.start_on"), meaning=f"The day {who} is planned to start."),
        _d(name=f"{side}_due", type="day", needs=(*_LINK, "task.due_on"), meaning=f"The day {who} is due."),
        _d(name=f"{side}_owner", type="person", needs=(*_LINK, "task.assignee_ids"), meaning=f"Who owns {who}: name or e-mail address."),
        _d(name=f"{side}_project", type="text", needs=(*_LINK, "task.project_id"), meaning=f"Project of {who}; its key is understood too."),
    )  # fmt: skip


DEPENDENCY = (
    _d(name="name", type="text", column="name", meaning="The titles of both tasks, the first one first."),
    _d(name="key", type="text", column="key", needs=("task.key",), meaning="Key of the task that waits."),
    _d(name="url", type="text", column="url", needs=("task.url",), meaning="Address of the task that waits."),
    _d(name="type", type="word", column="type", words=("blocks", "precedes"), needs=_LINK, meaning="How the first task stands to the second."),
    _d(name="type_label", type="text", column="type_label", needs=("link.type_label",), meaning="The tool's own word for it."),
    _d(name="lag", type="minutes", column="lag_minutes", needs=("link.lag_minutes",), meaning="Time that must pass in between; below 0 it is a lead."),
    _d(name="owner", type="person", needs=("task.assignee_ids",), meaning="Who owns the task that waits, or the other where that is in another tool."),
    *_end("predecessor", "the task that is waited for"),
    *_end("successor", "the task that waits"),
    _d(name="cross_project", type="yes/no", null="unknown", needs=(*_LINK, "task.project_id"), meaning="Whether the two are in different projects."),
    _d(name="cross_tool", type="yes/no", null="unknown", needs=_LINK, meaning="Whether the two are in different connections: the link names the other by its address or key."),
    _d(name="date_conflict", type="yes/no", null="unknown", needs=(*_LINK, "task.due_on"), meaning="Whether the task that waits starts or is due before the other is due; a lead allows the start. Where the tool says that a link ties other ends (start to start), these are compared. Unknown without dates."),
    _d(name="unmet", type="yes/no", null="unknown", needs=(*_LINK, "task.status"), meaning="Whether the first task has still to do what the link asks of it: to finish, or, where the tool says that the link ties its start (start to start), to begin."),
    _d(name="mutual", type="yes/no", needs=_LINK, meaning="Whether each of the two waits for the other."),
    *_of_project("dependency", "task.project_id"),
    *_common("dependency"),
)  # fmt: skip

_a = partial(Fact, subject="approval")
APPROVAL = (
    _a(name="title", type="text", column="name", needs=("task.title",), meaning="Title of the task that is to be approved."),
    _a(name="key", type="text", column="key", needs=("task.key",), meaning="Key of that task."),
    _a(name="url", type="text", column="url", needs=("task.url",), meaning="Address of that task."),
    _a(name="type", type="word", column="type", words=TASK_TYPES, null="unknown", meaning="What kind of work that task is."),
    _a(name="status", type="word", column="status", words=STATUS, null="unknown", needs=("task.status",), meaning="Where that task stands."),
    _a(name="priority", type="number", column="priority", words=PRIORITIES, needs=("task.priority",), meaning="The task's priority, 1 (highest) to 5 (lowest) or in words."),
    _a(name="step", type="text", column="step", needs=("approval.name",), meaning="What the approval is called."),
    _a(name="decision", type="word", column="decision", words=("pending", "approved", "declined"), null="unknown", needs=("approval.decision",), meaning="What was decided."),
    _a(name="decision_label", type="text", column="decision_label", needs=("approval.decision_label",), meaning="The tool's own word for it."),
    _a(name="asked", type="instant", column="asked_at", needs=("approval.asked_at",), meaning="When it was asked for."),
    _a(name="waiting_since", type="instant", needs=("approval.decision", "approval.asked_at"), meaning="Since when it waits for a decision; empty once there is one."),
    _a(name="decided", type="instant", column="decided_at", needs=("approval.decided_at",), meaning="When it was decided."),
    _a(name="owner", type="person", needs=("approval.approver_ids",), meaning="The first of those who are to decide."),
    _a(name="approver", type="people", needs=("approval.approver_ids",), meaning="Everyone who is to decide: name or e-mail address of any of them."),
    _a(name="approvers", type="number", synonyms=("number of approvers",), needs=("approval.approver_ids",), unit="people", meaning="How many people are to decide."),
    _a(name="requester", type="person", needs=("task.reporter_id",), meaning="Who asked for the task."),
    _a(name="requester_approves", type="yes/no", null="unknown", needs=("task.reporter_id", "approval.approver_ids"), meaning="Whether who asked for it is among those who decide, by whichever account. Unknown where a group among them may hold them."),
    *_of_project("approval", "task.project_id"),
    *_common("approval"),
)  # fmt: skip

_q = partial(Fact, subject="request")
_SLA = ("slacycle.breach_at",)
REQUEST = (
    *(replace(fact, subject="request") for fact in TASK),
    _q(name="sla_count", type="number", synonyms=("service levels",), needs=_SLA, unit="clocks", meaning="How many clocks of service levels it has or had."),
    _q(name="sla_running", type="number", needs=_SLA, unit="clocks", meaning="How many of them have not stopped."),
    _q(name="sla_breached", type="yes/no", null="unknown", needs=_SLA, meaning="Whether any service level was missed: by the tool's word, or because its time has passed."),
    _q(name="sla_paused", type="yes/no", needs=("slacycle.paused",), meaning="Whether all clocks that run are paused."),
    _q(name="sla_left", type="percent", needs=(*_SLA, "slacycle.goal_minutes"), unit="%", meaning="The least share left of a goal that is still to be met, as the tool last said, by the clock where it does not say; empty without one."),
    _q(name="next_breach", type="instant", needs=_SLA, meaning="When the next of its service levels will be missed; empty without a clock that ticks."),
    _q(name="waiting", type="yes/no", needs=("task.status_label",), meaning="Whether it waits for who asked: its clocks are paused, or its status is called pending, on hold or waiting for customer."),
)  # fmt: skip

_c = partial(Fact, subject="connection")
CONNECTION = (
    _c(name="name", type="text", column="name", meaning="Its name."),
    _c(name="tool", type="text", column="connector", meaning="The kind of tool."),
    _c(name="state", type="word", column="state", words=CONNECTION_STATES, meaning="How its last run ended."),
    _c(name="message", type="text", column="message", meaning="What went wrong, in a sentence."),
    _c(name="last_complete_read", type="instant", column="complete_at", synonyms=("complete",), meaning="When the last read began that saw everything."),
    _c(name="last_census", type="instant", column="census_at", meaning="When every id was last listed."),
    _c(name="missed_reads", type="number", unit="reads", meaning="How many times its schedule has passed since the last complete read; empty before the first."),
    _c(name="last_webhook", type="instant", column="hooked_at", meaning="When the tool last called us."),
    _c(name="webhook_silence", type="number", unit="days", meaning="By how many days what was read is newer than the tool's last call; empty where the tool is not to call."),
    _c(name="webhook_trouble", type="text", column="hook_trouble", meaning="What the tool says is wrong with its webhooks."),
    _c(name="lost_scopes", type="number", unit="scopes", meaning="How many projects or boards with work in them can no longer be seen; archived ones do not count."),
    _c(name="fields_not_found", type="number", unit="fields", meaning="How many of the custom fields that its `mapping: fields` names no task has had yet."),
    _c(name="fields_renamed", type="number", unit="fields", meaning="How many of them the tool calls otherwise by now; they are read by their id."),
    _c(name="fields_unreadable", type="number", unit="fields", meaning="How many of them last held what their field can not hold: a text for a date."),
    _c(name="unmapped_words", type="number", unit="words", meaning="How many of its status words nobody has mapped."),
    _c(name="completeness_gap", type="percent", unit="%", meaning="Largest difference between our count and the tool's, in any scope; empty where the tool has no count."),
    _c(name="held_censuses", type="number", unit="censuses", meaning="How many censuses wait for an admin because they would retire too much."),
    _c(name="credential_expires", type="instant", column="credential_expires_at", meaning="When its credential ends; empty when it does not, or the tool does not say."),
    _c(name="budget_used", type="percent", column="budget_used", unit="%", meaning="How much of the tool's request limit its last pull saw used; empty where the tool does not say."),
    _c(name="parked_items", type="number", unit="items", meaning="How many of its items could not be understood and wait, kept as they came."),
)  # fmt: skip

_o = partial(Fact, subject="portfolio")
PORTFOLIO = (
    _o(name="name", type="text", column="name", meaning="Its name: the projects' custom field “Portfolio”, else the name of the project that they are part of."),
    _o(name="projects", type="number", unit="projects", meaning="How many projects it has, in all tools."),
    _o(name="tools", type="number", unit="connections", meaning="In how many connections these are."),
    _o(name="active_projects", type="number", null="unknown", needs=("project.state",), unit="projects", meaning="How many of them are active."),
    _o(name="open_tasks", type="number", null="unknown", needs=("task.project_id", "task.status"), unit="tasks", meaning="How many of their tasks are open."),
    _o(name="overdue_tasks", type="number", null="unknown", needs=("task.project_id", "task.status", "task.due_on"), unit="tasks", meaning="How many of these were due before today."),
    _o(name="overdue_share", type="percent", needs=("task.project_id", "task.status", "task.due_on"), unit="%", meaning="Which share of the open tasks was due before today; empty without open tasks."),
    _o(name="off_track_projects", type="number", synonyms=("red projects",), needs=("project.state", "statusupdate.at", "statusupdate.health"), unit="projects", meaning="How many active projects were last reported off track, in the last 30 days."),
    _o(name="off_track_share", type="percent", synonyms=("red share",), needs=("project.state", "statusupdate.at", "statusupdate.health"), unit="%", meaning="Which share they are of the active projects whose state was reported in the last 30 days; empty without such reports."),
    _o(name="unreported_projects", type="number", synonyms=("projects without status report",), needs=("project.state", "statusupdate.at"), unit="projects", meaning="How many active projects have no report of the last 30 days."),
    _o(name="last_activity", type="instant", needs=("task.project_id", "task.updated_at"), meaning="The latest update of any of its projects or their tasks."),
)  # fmt: skip

_f = partial(Fact, subject="flag")
FLAG = (
    _f(name="severity", type="number", words={"info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}, null="unknown", meaning="How severe it is: info, low, medium, high, critical, in this order."),
    _f(name="state", type="word", column="state", words=("open", "acknowledged", "waived", "resolved"), null="unknown", meaning="Where it stands."),
    _f(name="standard", type="text", column="standard", synonyms=("rule",), meaning="Id of the standard."),
    _f(name="pack", type="text", column="pack", meaning="Pack of the standard."),
    _f(name="subject", type="word", column="subject", words=SUBJECTS, null="unknown", meaning="What kind of thing is flagged."),
    _f(name="title", type="text", column="title", meaning="Title or name of what is flagged."),
    _f(name="key", type="text", column="key", meaning="Its key (ENG-12)."),
    _f(name="project", type="text", column="project", meaning="Name of its project."),
    _f(name="portfolio", type="text", column="portfolio", meaning="Portfolio of its project."),
    _f(name="owner", type="person", meaning="Who owns it: name or e-mail address."),
    _f(name="tool", type="text", column="tool", meaning="Kind of tool it lives in."),
    _f(name="connection", type="text", column="connection", meaning="Connection it was read through."),
    _f(name="opened", type="instant", column="opened_at", synonyms=("age",), meaning="When it was raised, or came back."),
    _f(name="worsened", type="instant", column="worsened_at", meaning="When it last grew more severe."),
    _f(name="resolved", type="instant", column="resolved_at", meaning="When it was resolved."),
    _f(name="waived_until", type="day", column="waived_until", meaning="Last day of its waiver."),
    _f(name="frozen", type="yes/no", null="unknown", meaning="Whether no answer could be had at the last assessment."),
)  # fmt: skip

CATALOGUE: tuple[Fact, ...] = (
    *TASK, *SCHEDULE_OF_TASK, *agreed.OF_TASK, *PROJECT, *SCHEDULE_OF_PROJECT, *agreed.OF_PROJECT,
    *PERSON, *MILESTONE, *agreed.OF_MILESTONE, *SPRINT, *agreed.OF_SPRINT,
    *DEPENDENCY, *APPROVAL, *REQUEST, *CONNECTION, *PORTFOLIO, *FLAG,
)  # fmt: skip
