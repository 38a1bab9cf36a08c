"""Microsoft Teams: a workflow's webhook takes an Adaptive Card. Pure.

Text from outside stands in text runs, which are not Markdown, so that none can be smuggled in.
"""

from __future__ import annotations

from typing import Any

import orjson

from sync_engine.digest.channels.base import Letter
from sync_engine.digest.channels.board import SHOWN
from sync_engine.digest.model import Digest, Entry
from sync_engine.digest.render import SHAPES

MOST_BYTES = 27 * 1024
"""Teams takes 28 KB; a little is left for what it adds."""
VERSION = "1.4"


def message(letter: Letter) -> bytes:
    """A digest as a card, with as many entries as there is room for; the card says what is not."""
    body = b""
    for shown in (*range(SHOWN, 0, -1), 0):
        body = orjson.dumps(
            {
                "type": "message",
                "attachments": [
                    {
                        "contentType": "application/vnd.microsoft.card.adaptive",
                        "contentUrl": None,
                        "content": card(letter.digest, shown),
                    }
                ],
            }
        )
        if len(body) <= MOST_BYTES:
            break
    return body


def card(digest: Digest, shown: int) -> dict[str, Any]:
    """The card, with so many entries per section."""
    body = [
        _text(f"{digest.title} · {digest.period}", weight="Bolder"),
        _text(digest.headline, size="Large"),
    ]
    if digest.figures:
        body.append(_text(" · ".join(f"{number} {what}" for number, what in digest.figures)))
    if digest.first:
        body.append(_heading("Do first"))
        body += [_block([_run(f"{at}. {each.remedy or each.sentence} ", weight="Bolder"),
                         *_named(each)]) for at, each in enumerate(digest.first, 1)]  # fmt: skip
    for section in digest.sections:
        body.append(_heading(f"{section.title} ({section.count:,})"))
        solved = section.id == "solved"
        body += [_entry(each, solved=solved) for each in section.entries[:shown]]
        rest = len(section.entries) - shown
        more = [*([f"and {rest:,} more entries"] if rest > 0 else []),
                *([section.more] if section.more else [])]  # fmt: skip
        if more:
            body.append(_text("; ".join(more)))
    body += [_heading("How far to trust this"), _text(digest.health_summary or "Nothing is known.")]
    most = max(shown, 3)
    body += [_block([_run(subject, weight="Bolder"), _run(f": {problem}")])
             for subject, problem, _ in digest.health[:most]]  # fmt: skip
    if len(digest.health) > most:
        body.append(_text(f"and {len(digest.health) - most} more findings"))
    found: dict[str, Any] = {
        "type": "AdaptiveCard",
        "$schema": "https://adaptivecards.io/schemas/adaptive-card.json",
        "version": VERSION,
        "msteams": {"width": "Full"},
        "fallbackText": digest.headline,
        "body": body,
    }
    if digest.console:
        found["actions"] = [_open(digest.console) | {"title": "Open Flagstaff"}]
    return found


def _entry(entry: Entry, *, solved: bool) -> dict[str, Any]:
    runs = [_run(f"{'✓' if solved else SHAPES[entry.severity]} "), *_named(entry)]
    if not solved or entry.count > 1:  # what was wrong is so no more
        runs.append(_run(f" {entry.sentence}"))
    for what, url in entry.examples:
        runs += [_run(" "), _run(what, url)]
    if entry.beyond:
        runs.append(_run(f" and {entry.beyond:,} more"))
    if entry.remedy:
        runs.append(_run(f" → {entry.remedy}"))
    runs.append(_run(" " + " · ".join((entry.severity.capitalize(), *entry.meta)), isSubtle=True))
    if entry.flag_url:
        runs += [_run(" "), _run("Flag", entry.flag_url)]
    return _block(runs)


def _named(entry: Entry) -> list[dict[str, Any]]:
    key = [_run(f"{entry.key} ")] if entry.key else []
    return [*key, _run(entry.title, entry.url)]


def _heading(text: str) -> dict[str, Any]:
    return _text(text, weight="Bolder", size="Medium") | {"separator": True, "spacing": "Medium"}


def _text(text: str, **style: Any) -> dict[str, Any]:
    return _block([_run(text, **style)])


def _block(runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": runs}


def _run(text: str, url: str | None = None, **style: Any) -> dict[str, Any]:
    run = {"type": "TextRun", "text": text, **style}
    return run | {"selectAction": _open(url), "underline": True} if url else run


def _open(url: str) -> dict[str, Any]:
    return {"type": "Action.OpenUrl", "url": url}
