"""Fifty standards on tasks: in our language, and as SQL written by hand."""

# ruff: noqa: E501

from __future__ import annotations

from sync_engine.rules.packs import from_source
from sync_engine.rules.standards import Standard
from sync_engine.settings.source import parse

# (scope, condition, hand-written scope, hand-written condition; 1, 0 or NULL for unknown)
OPEN = ("status in (todo, in_progress)", "status IN ('todo','in_progress')")
DOING = ("status = in_progress", "status = 'in_progress'")
DONE = ("status = done", "status = 'done'")
STANDARDS: tuple[tuple[tuple[str, str], str, str], ...] = (
    (DOING, "owner is empty", "owner_id IS NULL"),
    (DOING, "due is empty", "due_on IS NULL"),
    (DOING, "estimate is empty and points is empty", "estimate_minutes IS NULL AND points IS NULL"),
    (OPEN, "due is not empty and due before today", "due_on IS NOT NULL AND due_on < :today"),
    (DOING, "updated older than 5 working days", "updated_at < :five_days"),
    (OPEN, "start is not empty and due is not empty and start > due",
     "start_on IS NOT NULL AND due_on IS NOT NULL AND start_on > due_on"),
    (DOING, "updated older than 30 days and owner is not empty",
     "updated_at < :month AND owner_id IS NOT NULL"),
    (OPEN, "title length < 12", "length(trim(title)) < 12"),
    (DOING, "description is empty", "description IS NULL"),
    (OPEN, "priority is empty", "priority IS NULL"),
    (OPEN, "blocked and blocked reason is empty", "blocked AND blocked_reason IS NULL"),
    (DOING, "spent > 120% of estimate", "spent_minutes > estimate_minutes * 1.2"),
    (DOING, "remaining = 0", "coalesce(remaining_minutes = 0, false)"),
    (DONE, "resolution is empty", "resolution IS NULL"),
    (DONE, "start is not empty and start after today", "start_on IS NOT NULL AND start_on > :today"),
    (OPEN, "created older than 90 days and due is empty", "created_at < :quarter AND due_on IS NULL"),
    (DOING, "percent is not empty and percent >= 100",
     "percent_complete IS NOT NULL AND percent_complete >= 100"),
    (OPEN, "milestone is empty and parent is empty", "milestone_id IS NULL AND parent_id IS NULL"),
    (DOING, "priority in (highest, high) and owner is empty",
     "coalesce(priority IN (1, 2), false) AND owner_id IS NULL"),
    (OPEN, "type = bug and priority is empty", "type = 'bug' AND priority IS NULL"),
    (OPEN, "title length < 20 and priority is empty",
     "length(trim(title)) < 20 AND priority IS NULL"),
    (OPEN, "type = story and points is empty",
     "type = 'story' AND points IS NULL"),
    (OPEN, "type = bug and owner is empty",
     "type = 'bug' AND owner_id IS NULL"),
    (OPEN, "blocked and owner is empty",
     "blocked AND owner_id IS NULL"),
    (DOING, "blocked and updated older than 10 working days",
     "blocked AND updated_at < :ten_days"),
    (DOING, "updated older than 20 working days",
     "updated_at < :twenty_days"),
    (DOING, "start is empty",
     "start_on IS NULL"),
    (DOING, "start is not empty and start after today",
     "start_on IS NOT NULL AND start_on > :today"),
    (OPEN, "start is not empty and start before today and owner is empty",
     "start_on IS NOT NULL AND start_on < :today AND owner_id IS NULL"),
    (OPEN, "created older than 60 days and points is empty",
     "created_at < :two_months AND points IS NULL"),
    (OPEN, "created older than 120 days and priority is empty",
     "created_at < :four_months AND priority IS NULL"),
    (DONE, "points is empty",
     "points IS NULL"),
    (DONE, "owner is empty",
     "owner_id IS NULL"),
    (DONE, "estimate is empty and spent is empty",
     "estimate_minutes IS NULL AND spent_minutes IS NULL"),
    (DONE, "spent > 150% of estimate",
     "spent_minutes > estimate_minutes * 1.5"),
    (DONE, "remaining is empty",
     "remaining_minutes IS NULL"),
    (DONE, "percent is not empty and percent < 50 and resolution is empty",
     "percent_complete IS NOT NULL AND percent_complete < 50 AND resolution IS NULL"),
    (DONE, "description is empty and resolution is empty",
     "description IS NULL AND resolution IS NULL"),
    (OPEN, "estimate is not empty and estimate > 80 hours",
     "estimate_minutes IS NOT NULL AND estimate_minutes > 4800"),
    (OPEN, "spent is not empty and spent > 40 hours",
     "spent_minutes IS NOT NULL AND spent_minutes > 2400"),
    (OPEN, "milestone is empty and due is empty",
     "milestone_id IS NULL AND due_on IS NULL"),
    (OPEN, "parent is empty and type = bug and milestone is empty",
     "parent_id IS NULL AND type = 'bug' AND milestone_id IS NULL"),
    (OPEN, "priority = highest and due is empty",
     "coalesce(priority = 1, false) AND due_on IS NULL"),
    (OPEN, "priority in (low, lowest) and blocked",
     "coalesce(priority IN (4, 5), false) AND blocked"),
    (DOING, "percent is not empty and percent = 0",
     "percent_complete IS NOT NULL AND percent_complete = 0"),
    (DOING, "points is empty and milestone is empty",
     "points IS NULL AND milestone_id IS NULL"),
    (OPEN, "due is not empty and start is empty and owner is empty",
     "due_on IS NOT NULL AND start_on IS NULL AND owner_id IS NULL"),
    (OPEN, "title length < 8",
     "length(trim(title)) < 8"),
    (DOING, "description length < 40",
     "length(coalesce(trim(description), '')) < 40"),
    (DONE, "milestone is empty and parent is empty and points is empty",
     "milestone_id IS NULL AND parent_id IS NULL AND points IS NULL"),
)  # fmt: skip


def standards() -> tuple[Standard, ...]:
    """The benchmark's standards, read from a pack like any others."""
    lines = ["pack: bench", "title: Benchmark", "standards:"]
    for number, ((scope, _), condition, _sql) in enumerate(STANDARDS):
        lines += [
            f"  - id: bench-{number:02}", "    title: Benchmark", "    source: Benchmark",
            "    why: To measure what it costs.", "    severity: low", "    subject: task",
            f"    scope: {scope}", f"    flag_when: {condition}", "    say: Something is wrong.",
            "    remedy: Nothing.", "    examples: {flags: [{}], passes: [{}]}",
        ]  # fmt: skip
    return from_source(parse("\n".join(lines), "bench.yaml")).standards
