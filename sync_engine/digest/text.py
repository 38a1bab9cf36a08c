"""Text that came from outside, made fit to be read: cleaned, cut, linked, dated in words."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, tzinfo
from urllib.parse import urlsplit

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
TITLE_LIMIT = 120
SENTENCE_LIMIT = 400
URL_LIMIT = 2000
_JOINERS = "\u200c\u200d"  # shape Persian, Hindi and emoji; they cannot reorder text
_MARKS_IN_A_ROW = 3


def clean(text: str, limit: int = TITLE_LIMIT) -> str:
    """One line without control, direction or other invisible characters, cut at `limit`.

    Line ends become spaces, so a title can neither forge a line of the text part nor a header;
    direction marks go, so it cannot make a link read backwards.
    """
    kept: list[str] = []
    marks = 0
    for char in text[: limit * 8]:
        category = unicodedata.category(char)
        if category in ("Cc", "Zl", "Zp", "Zs"):
            char = " "
        elif category in ("Cf", "Cs", "Co", "Cn") and char not in _JOINERS:
            continue
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(char)
    line = " ".join("".join(kept).split())
    if len(line) <= limit and len(text) <= limit * 8:
        return line
    return line[: limit - 1].rstrip() + "…"


def safe_url(url: str | None) -> str | None:
    """The address when a reader may be sent there, else None: http, https and mailto only."""
    if not url or len(url) > URL_LIMIT or any(c.isspace() or c in '\\<>"' for c in url):
        return None
    if clean(url, URL_LIMIT) != url:
        return None
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https"):
            # A name before the host (https://bank.example@evil.example) only misleads.
            return url if parts.hostname and "@" not in parts.netloc else None
    except ValueError:
        return None
    return url if parts.scheme == "mailto" and "@" in parts.path else None


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 flag", "3 flags"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def age(start: datetime, now: datetime, zone: tzinfo) -> str:
    """How long since, in local days, weeks or months: "today", "6 days", "3 weeks"."""
    days = (now.astimezone(zone).date() - start.astimezone(zone).date()).days
    if days <= 0:
        return "today"
    if days < 14:
        return plural(days, "day")
    if days < 61:
        return plural(days // 7, "week")
    if days < 730:
        return plural(days // 30, "month")
    return plural(days // 365, "year")


def ago(start: datetime, now: datetime, zone: tzinfo) -> str:
    """`age` as a moment: "today", "6 days ago"."""
    words = age(start, now, zone)
    return words if words == "today" else f"{words} ago"


def day_words(day: date, *, weekday: bool = True) -> str:
    """A day as people write it: "Monday 23 November"."""
    words = f"{day.day} {MONTHS[day.month - 1]}"
    return f"{WEEKDAYS[day.weekday()]} {words}" if weekday else words


def listed(parts: list[str]) -> str:
    """Words as a sentence lists them: "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
