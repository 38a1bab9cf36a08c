"""Shares and numbers of tasks: unknown while the status of one is; shares are empty without any."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa

from sync_engine.store import models as m
from tests.rules.answers import answers

PROVIDES = {
    "task": ["project_id", "milestone_id", "status", "due_on", "priority"],
    "project": ["state", "custom", "parent_id"],
    "milestone": ["state", "project_id"], "membership": ["container_id"], "sprint": ["state"],
}  # fmt: skip


@pytest.fixture
def portfolio(
    store: sa.Engine, add: Callable[..., None], add_connection: Callable[..., None]
) -> sa.Engine:
    """Containers with half of their work done, with work of an unknown status, and with none."""
    with store.begin() as c:
        add_connection(c, 1, PROVIDES)
        for name, statuses in (("half", ["done", "todo"]), ("odd", ["done", None]), ("none", [])):
            add(c, m.ProjectRow, 1, name, name=name, state="active",
                custom=[{"id": "p", "name": "Portfolio", "value": name}])  # fmt: skip
            add(c, m.MilestoneRow, 1, name, name=name, state="open")
            add(c, m.SprintRow, 1, name, name=name, state="active")
            for n, status in enumerate(statuses):
                add(c, m.TaskRow, 1, f"{name}-{n}", title="T", type="task", labels=[],
                    status=status, project_id=name, milestone_id=name, priority=1,
                    due_on=date(2026, 3, 1))  # fmt: skip
                add(c, m.MembershipRow, 1, f"{name}-{n}", task_id=f"{name}-{n}", kind="sprint",
                    container_id=name)  # fmt: skip
    return store


@pytest.mark.parametrize(
    ("subject", "fact"),
    [
        ("project", "done share"), ("project", "overdue share"), ("milestone", "done share"),
        ("portfolio", "overdue share"), ("project", "top priority share"),
    ],
)  # fmt: skip
def test_a_share_is_empty_or_unknown_where_it_must_be(
    portfolio: sa.Engine, subject: str, fact: str
) -> None:
    found = answers(portfolio, subject, f"{fact} is empty")
    assert (found.flagged, found.met, found.unknown) == ({"none"}, {"half"}, {"odd"})
    above = answers(portfolio, subject, f"{fact} >= 50")
    assert (above.flagged, above.unknown) == ({"half"}, {"none", "odd"})


@pytest.mark.parametrize(
    ("subject", "fact"),
    [
        ("project", "open tasks"), ("project", "overdue tasks"), ("milestone", "open tasks"),
        ("sprint", "open tasks"), ("portfolio", "open tasks"),
    ],
)  # fmt: skip
def test_a_number_of_tasks_is_0_or_unknown_where_it_must_be(
    portfolio: sa.Engine, subject: str, fact: str
) -> None:
    """In particular it is not anything else than 0 while nobody can say."""
    asked = (("{} = 0", "none", "half"), ("{} = 1", "half", "none"), ("not {} = 0", "half", "none"))
    for condition, flagged, met in asked:
        found = answers(portfolio, subject, condition.format(fact))
        assert (found.flagged, found.met, found.unknown) == ({flagged}, {met}, {"odd"})


def test_shares_and_sums_of_tasks_of_what_holds_them(portfolio: sa.Engine) -> None:
    for subject in ("project", "milestone", "portfolio"):
        done = answers(portfolio, subject, "share of tasks (status = done) > 40%")
        assert (done.flagged, done.met, done.unknown) == ({"half", "odd"}, set(), {"none"})
        all_done = answers(portfolio, subject, "share of tasks (status = done) = 100%")
        assert (all_done.flagged, all_done.met) == (set(), {"half"})
        assert all_done.unknown == {"odd", "none"}
        counted = answers(portfolio, subject, "count of tasks (status = todo) = 1")
        assert (counted.flagged, counted.met, counted.unknown) == ({"half"}, {"none"}, {"odd"})
