"""A digest for a program: JSON, signed as Standard Webhooks has it. Pure."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import datetime
from typing import Any

import msgspec

from sync_engine.digest.channels.base import Letter
from sync_engine.digest.model import Entry

TYPE = "digest"
PREFIX = "whsec_"
MIN_SECRET = 24


def message(letter: Letter) -> bytes:
    """The digest as a document."""
    digest = letter.digest
    document: dict[str, Any] = {
        "type": TYPE,
        "timestamp": letter.at.isoformat(),
        "data": {
            "digest": letter.subscription,
            "period": letter.period_key,
            "title": digest.title,
            "headline": digest.headline,
            "figures": {what.replace(" ", "_"): int(number.replace(",", ""))
                        for number, what in digest.figures},
            "first": [_entry(each) for each in digest.first],
            "sections": [
                {
                    "id": section.id, "title": section.title, "count": section.count,
                    "entries": [_entry(each) for each in section.entries], "more": section.more,
                }
                for section in digest.sections
            ],
            "health": {
                "summary": digest.health_summary,
                "findings": [
                    {"subject": subject, "problem": problem, "remedy": remedy}
                    for subject, problem, remedy in digest.health
                ],
            },
            "console": digest.console,
        },
    }  # fmt: skip
    return msgspec.json.encode(document)


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "severity": entry.severity, "key": entry.key, "title": entry.title,
        "sentence": entry.sentence, "remedy": entry.remedy, "url": entry.url,
        "flag_url": entry.flag_url, "count": entry.count, "meta": entry.meta,
        "examples": [{"title": what, "url": url} for what, url in entry.examples],
    }  # fmt: skip


def key_of(secret: str) -> bytes:
    """The bytes that a secret stands for: base64 after `whsec_`, else the text itself.

    Raises:
        ValueError: it is shorter than `MIN_SECRET`, or no base64.
    """
    if len(secret) < MIN_SECRET:
        raise ValueError(f"it needs {MIN_SECRET} characters or more")
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"what follows {PREFIX} is not base64") from None


def headers(key: bytes, body: bytes, name: str, now: datetime) -> dict[str, str]:
    """What lets the receiver see that a message is ours, whole, and not an old one again."""
    at = str(int(now.timestamp()))
    signed = hmac.digest(key, b".".join((name.encode(), at.encode(), body)), "sha256")
    return {
        "webhook-id": name,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
