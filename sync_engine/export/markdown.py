"""Flags as a table in Markdown, for wikis and tickets; nothing in a title becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any

from sync_engine.digest.text import SENTENCE_LIMIT, clean, plural
from sync_engine.export.links import web_address

HEAD = ("Severity", "Item", "What is wrong", "Owner", "Project", "State", "Since")
_MARKUP = re.compile(r"[\\`*_{}\[\]()<>#!|~&@:$]|(?<=www)\.", re.IGNORECASE)


def markdown(flags: Iterable[Mapping[str, Any]], zone: tzinfo) -> str:
    """The table, under a line that says how many they are."""
    rows = [_row(flag, zone) for flag in flags]
    lines = [HEAD, tuple("---" for _ in HEAD), *rows]
    told = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"{plural(len(rows), 'flag')}.\n\n{told}\n" if rows else "Nothing is flagged.\n"


def escaped(text: str | None, limit: int = SENTENCE_LIMIT) -> str:
    """A text of which a reader of Markdown sees every character, on one line."""
    return _MARKUP.sub(r"\\\g<0>", clean(text or "", limit))


def _row(flag: Mapping[str, Any], zone: tzinfo) -> tuple[str, ...]:
    name = escaped(" ".join(filter(None, (flag["key"], flag["title"])))) or "\\(without a title\\)"
    address = web_address(flag["url"])
    until = f" until {flag['waived_until']}" if flag["state"] == "waived" else ""
    return (
        flag["severity"],
        f"[{name}](<{address.replace('|', '%7C')}>)" if address else name,
        escaped(flag["said"]),
        escaped(flag["owner"]) or "–",
        escaped(flag["project"]) or "–",
        f"{flag['state']}{until}",
        f"{flag['opened_at'].astimezone(zone):%Y-%m-%d}",
    )
