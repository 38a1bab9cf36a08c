"""Slack: an incoming webhook, or a bot in a channel. Pure but for the secrets.

Text from outside stands in rich text, which Slack takes as it is: no mark-up, no mention, no link
can be smuggled in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from connectors.sdk.posting import Posted
from sync_engine.digest.channels.base import Answer, Letter
from sync_engine.digest.channels.board import SHOWN, by_status
from sync_engine.digest.model import Digest, Entry
from sync_engine.digest.render import SHAPES
from sync_engine.digest.text import clean

API = "https://slack.com/api"
HEADER = 150
FALLBACK = 3000
MOST = 10_000
"""Characters of a message's texts and addresses: Slack takes about 12,000 in all blocks together,
and counts more than these."""
LATER = ("ratelimited", "rate_limited", "request_timeout")
REFUSED = (
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_too_long",
    "no_text",
    "msg_blocks_too_long",
)


def message(letter: Letter, channel: str | None = None) -> bytes:
    """A digest as Block Kit, with as many entries as there is room for, and a text for
    notifications. `channel`: where a bot writes."""
    found: list[dict[str, Any]] = []
    for shown in range(SHOWN, -1, -1):
        found = blocks(letter.digest, shown)
        if weight(found) <= MOST:
            break
    body: dict[str, Any] = {
        "text": escaped(f"{letter.digest.title}: {letter.digest.headline}", FALLBACK),
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": found,
    }
    if channel is not None:
        body["channel"] = channel
    return orjson.dumps(body)


def escaped(text: str, limit: int) -> str:
    """Text that Slack shows as it is: its three special letters spelled out."""
    cut = clean(text, limit)
    return cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def weight(held: Any) -> int:
    """Characters of all texts and addresses of blocks."""
    if isinstance(held, list):
        return sum(map(weight, held))
    return sum(
        (len(value) if name in ("text", "url") else 0) if isinstance(value, str) else weight(value)
        for name, value in held.items()
        if isinstance(value, str | list | dict)
    )


def blocks(digest: Digest, shown: int) -> list[dict[str, Any]]:
    """A digest as blocks: what to do first, every section, how far to trust it.

    Args:
        shown: entries of a section.
    """
    found = [
        _header(f"{digest.title} · {digest.period}"),
        _rich(_run(digest.headline, bold=True)),
    ]
    if digest.figures:
        found.append(_rich(_run(" · ".join(f"{number} {what}" for number, what in digest.figures))))
    if digest.first:
        deeds = [[_run(each.remedy or each.sentence, bold=True), _run(" "), *_named(each)]
                 for each in digest.first]  # fmt: skip
        found += [_header("Do first"), _list(deeds, "ordered")]
    for section in digest.sections:
        entries, rest = section.entries[:shown], len(section.entries) - shown
        found.append(_header(f"{section.title} ({section.count:,})"))
        if entries:
            found.append(
                _list([_lines(each, solved=section.id == "solved") for each in entries], "bullet")
            )
        more = [*([f"and {rest:,} more entries"] if rest > 0 else []),
                *([section.more] if section.more else [])]  # fmt: skip
        if more:
            found.append(_rich(_run("; ".join(more))))
    found.append(_header("How far to trust this"))
    found.append(_rich(_run(digest.health_summary or "Nothing is known of the data.")))
    most = max(shown, 3)
    if digest.health:
        doubts = [[_run(subject, bold=True), _run(f": {problem}")]
                  for subject, problem, _ in digest.health[:most]]  # fmt: skip
        found.append(_list(doubts, "bullet"))
    if len(digest.health) > most:
        found.append(_rich(_run(f"and {len(digest.health) - most} more findings")))
    if digest.console:
        found.append(_rich(_link("Open Flagstaff", digest.console)))
    return found


def judge(posted: Posted) -> Answer:
    """What came of it: Slack's API says no in answers of 200."""
    answer = by_status(posted)
    if answer.outcome != "sent" or not posted.body.startswith(b"{"):
        return answer
    try:
        said = orjson.loads(posted.body)
    except orjson.JSONDecodeError:
        return Answer("down", "Slack's answer is not understood.", posted.status)
    if said.get("ok") is True:
        return answer
    error = clean(str(said.get("error") or "no reason is given"), 60)
    if error in LATER:
        return Answer("later", f"Slack asks to come back later ({error}).", 429, posted.wait)
    if error in REFUSED:
        return Answer("refused", f"Slack does not take this message ({error}).", posted.status)
    text = f"Slack refuses the bot or the channel ({error}). Check token and channel."
    return Answer("down", text, posted.status)


def _lines(entry: Entry, *, solved: bool) -> list[dict[str, Any]]:
    parts = [_run(f"{'✓' if solved else SHAPES[entry.severity]} "), *_named(entry)]
    if not solved or entry.count > 1:  # what was wrong is so no more
        parts.append(_run(f"\n{entry.sentence}"))
    for what, url in entry.examples:
        parts += [_run("\n"), _link(what, url)]
    if entry.beyond:
        parts.append(_run(f" and {entry.beyond:,} more"))
    if entry.remedy:
        parts.append(_run(f"\n→ {entry.remedy}"))
    parts.append(_run("\n" + " · ".join((entry.severity.capitalize(), *entry.meta))))
    if entry.flag_url:
        parts += [_run(" · "), _link("Flag", entry.flag_url)]
    return parts


def _named(entry: Entry) -> list[dict[str, Any]]:
    key = [_run(f"{entry.key} ")] if entry.key else []
    return [*key, _link(entry.title, entry.url)]


def _header(text: str) -> dict[str, Any]:
    held = {"type": "plain_text", "text": clean(text, HEADER), "emoji": False}
    return {"type": "header", "text": held}


def _rich(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [_section(runs)]}


def _section(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(runs)}


def _list(items: Sequence[Sequence[dict[str, Any]]], style: str) -> dict[str, Any]:
    held = {"type": "rich_text_list", "style": style, "elements": [_section(i) for i in items]}
    return {"type": "rich_text", "elements": [held]}


def _run(text: str, *, bold: bool = False) -> dict[str, Any]:
    run: dict[str, Any] = {"type": "text", "text": text}
    return run | {"style": {"bold": True}} if bold else run


def _link(text: str, url: str | None) -> dict[str, Any]:
    return {"type": "link", "url": url, "text": text} if url else _run(text)
