"""What is to be written, changed or closed now, and what waits for what. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from connectors.sdk.comments import Note
from sync_engine.rules.calendars import Moment
from sync_engine.rules.standards import SEVERITIES
from sync_engine.settings.models import Writeback
from sync_engine.writeback.text import hash_of, note_of

SETTLES = timedelta(minutes=5)
"""A request of which no answer came may still be under way for so long."""

SUBJECTS = ("task", "request")
"""Subjects that are an item which can be commented on."""

Action = Literal["write", "update", "close"]
_ORDER: tuple[Action, ...] = ("close", "update", "write")


@dataclass(frozen=True, slots=True)
class Step:
    """One change in the tool.

    Args:
        flag: a row of `FlagRow`.
        row: of `WritebackRow`, None where there is none yet.
        team: whose allowance a new comment counts in.
        waits: what it waits for, as a sentence; empty: it is due now.
    """

    action: Action
    flag: Any
    row: Any
    team: str
    note: Note
    waits: str = ""


def plan(
    flags: Iterable[Any],
    rows: Mapping[str, Any],
    wanted: Writeback,
    moment: Moment,
    teams: Mapping[int, str],
) -> list[Step]:
    """The steps of a connection, in the order in which they are done; those that wait are last.

    Args:
        flags: of the connection, as rows of `FlagRow`.
        rows: of `WritebackRow`, by fingerprint.
        teams: by identity: the address of who leads it.
    """
    found = []
    for flag in flags:
        row = rows.get(flag.fingerprint)
        action = decide(flag, row, wanted, moment)
        if action is not None:
            team = teams.get(flag.identity_id or 0) or f"project {flag.project_id or ''}"
            found.append(Step(action, flag, row, team, note_of(flag)))
    found.sort(key=_rank)
    return _within(found, rows.values(), wanted, moment)


def decide(flag: Any, row: Any, wanted: Writeback, moment: Moment) -> Action | None:
    """What a flag asks for; None: nothing."""
    if flag.subject not in SUBJECTS or flag.frozen_at is not None:
        return None
    state = None if row is None else row.state
    if state == "removed":
        return None
    if flag.state == "resolved":
        # What has gone with its item has no comment any more.
        live = row is not None and state != "closed" and flag.resolution != "gone"
        return "close" if live else None
    if flag.state != "open" or not _is_wanted(flag, wanted, moment):
        return None
    if row is None or row.comment_id is None:
        return "write"
    stale = row.tried_at is not None or row.text_hash != hash_of(note_of(flag))
    return "update" if stale else None


def _is_wanted(flag: Any, wanted: Writeback, moment: Moment) -> bool:
    if wanted.severities and flag.severity not in wanted.severities:
        return False
    if wanted.standards and flag.standard not in wanted.standards:
        return False
    count, unit = wanted.patience
    if not count:
        return True
    opened = flag.opened_at.astimezone(moment.zone).date()
    first = moment.day_back(count, unit)
    # `day_back` gives the first day that is not older than so much; one that is as old will do.
    return bool(opened <= first)


def _rank(step: Step) -> tuple[int, int, datetime, str]:
    flag = step.flag
    return (
        _ORDER.index(step.action), -SEVERITIES.index(flag.severity), flag.opened_at,
        flag.fingerprint,
    )  # fmt: skip


def _within(
    steps: Iterable[Step], rows: Iterable[Any], wanted: Writeback, moment: Moment
) -> list[Step]:
    """The steps with what each waits for: a day's allowance, a tool that asked for time."""
    rows = list(rows)
    done = sum(row.changes for row in rows if row.day == moment.today)
    of_team = Counter(row.team for row in rows if row.written_on == moment.today)
    held = max((row.holds_until for row in rows if row.holds_until), default=None)
    due: list[Step] = []
    waiting: list[Step] = []
    for step in steps:
        why = _asked_to_wait(step.row, held, moment.now)
        fresh = step.action == "write" and (step.row is None or step.row.written_on is None)
        if not why and fresh and of_team[step.team] >= wanted.team_daily:
            why = f"{wanted.team_daily} new comments a day for one team (`team_daily`)"
        if not why and done >= wanted.daily:
            why = f"{wanted.daily} changes a day in one connection (`daily`)"
        if why:
            waiting.append(Step(step.action, step.flag, step.row, step.team, step.note, why))
            continue
        done += 1
        of_team[step.team] += fresh
        due.append(step)
    return due + waiting


def _asked_to_wait(row: Any, held: datetime | None, now: datetime) -> str:
    times = [] if held is None else [held]
    if row is not None:
        times += [row.next_at] if row.next_at else []
        times += [row.tried_at + SETTLES] if row.tried_at else []
    until = max(times, default=now)
    return f"until {until:%Y-%m-%d %H:%M} UTC" if until > now else ""
