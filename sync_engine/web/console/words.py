"""Numbers and times in words."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from sync_engine.digest.text import MONTHS, WEEKDAYS, ago, plural
from sync_engine.flags.content import tool_title
from sync_engine.views.compliance import Counts

LONGEST = 20_000
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def seen(text: str) -> str:
    """What may be shown of a text, which may try to hide, to turn words round, to fill a page."""
    visible = _UNSEEN.sub("", text)
    return visible if len(visible) <= LONGEST else visible[: LONGEST - 1] + "…"


def count(value: int) -> str:
    """A number with its thousands set apart."""
    return f"{value:,}"


def percent(share: float | None) -> str:
    """A share, 0 to 1, rounded down: what is not all is not 100%; a dash when not known."""
    if share is None:
        return "–"
    tenths = int(share * 1000 + 1e-9)
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths / 10:.1f}%"


def unflagged(counts: Counts) -> str:
    """What it means that no flag is open, by what the last assessment of everything counted."""
    if counts.share is None:
        return "No check could be made, so nothing is known of how it stands."
    if not counts.broken:
        return "All that could be assessed meets its standards, or is waived."
    one = counts.broken == 1
    return (
        f"Yet {plural(counts.broken, 'check')} {'was' if one else 'were'} broken at the last "
        "assessment of everything and not waived: solved since, or without a flag because the "
        "connection was out of date or the standard flags too much to be believed."
    )


def since_words(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """How long ago, or in how long: "just now", "4 minutes ago", "yesterday", "in 3 days"."""
    gone = now - at
    if gone < -timedelta(minutes=1):
        return _ahead(at, now, zone)
    if gone < timedelta(minutes=1):
        return "just now"
    if gone < timedelta(hours=1):
        return f"{plural(int(gone.total_seconds() // 60), 'minute')} ago"
    days = (now.astimezone(zone).date() - at.astimezone(zone).date()).days
    if gone < timedelta(hours=24) and days == 0:
        return f"{plural(int(gone.total_seconds() // 3600), 'hour')} ago"
    return "yesterday" if days == 1 else ago(at, now, zone)


def _ahead(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    minutes = int((at - now).total_seconds() // 60)
    days = (at.astimezone(zone).date() - now.astimezone(zone).date()).days
    if minutes < 60:
        return f"in {plural(minutes, 'minute')}"
    if days == 0:
        return f"in {plural(minutes // 60, 'hour')}"
    return "tomorrow" if days == 1 else f"in {plural(days, 'day')}"


def exact(local: datetime) -> str:
    """An instant of the reader's zone in full: "Mon 23 November 2026, 14:05 CET"."""
    weekday, month = WEEKDAYS[local.weekday()][:3], MONTHS[local.month - 1]
    return (
        f"{weekday} {local.day} {month} {local.year}, {local:%H:%M} {local.tzname() or ''}".strip()
    )


def day_label(day: date) -> str:
    """A day in short: "23 Nov"."""
    return f"{day.day} {MONTHS[day.month - 1][:3]}"


def tool_name(connector: str) -> str:
    """A kind of tool as people write it."""
    return tool_title(connector)


def hours(minutes: int) -> str:
    """Effort as people count it: "6 h", "1.5 h"; rounded to half hours, never to nothing."""
    if 0 < minutes < 30:
        return "<½ h"
    halves = round(minutes / 30)
    return f"{halves // 2:,} h" if halves % 2 == 0 else f"{halves / 2:,.1f} h"


def path_to(*parts: object, **query: str) -> str:
    """An address of ours: its parts, whatever is in them, and what is asked for."""
    path = "".join(f"/{quote(str(part), safe='')}" for part in parts)
    said = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(said)}" if said else path
