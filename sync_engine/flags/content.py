"""What a flag says: the words of its standard about its item, and the values these rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sync_engine.rules.assessment import Finding
from sync_engine.rules.evidence import plain
from sync_engine.rules.standards import Standard, sentence
from sync_engine.rules.syntax import Ref

ITEM_FIELDS = (
    "title", "key", "url", "project_id", "project", "portfolio", "owner", "owner_email",
    "identity_id", "tool", "connection", "read_at",
)  # fmt: skip


def kept_as(ref: Ref) -> str:
    """How the value of a fact is named in what flags keep."""
    return f"field {ref.name}" if ref.is_field else ref.name


def kept(standard: Standard) -> list[str]:
    """The facts that its flags keep, as their values are named, and what they count."""
    return [*map(kept_as, standard.refs()), *(each.words for each in standard.counted)]


def content(
    standard: Standard, finding: Finding, facts: Iterable[str], zone: ZoneInfo
) -> dict[str, Any]:
    """What a flag keeps of its standard and its item; `facts`: see `kept`."""
    item = finding.item
    return {
        "pack": standard.pack,
        "standard_version": standard.version,
        "standard_title": standard.title,
        "said": sentence(standard, item.values, zone),
        "remedy": _remedy(standard, item.values, item.tool),
        "evidence": {name: plain(item.values.get(name)) for name in facts},
        **{name: getattr(item, name) for name in ITEM_FIELDS},
    }


def _remedy(standard: Standard, values: Mapping[str, Any], tool: str | None) -> str:
    """The remedy, with the tool's and the subject's name put in."""
    named = standard.remedy.replace("{tool}", tool_title(tool) if tool else "the tool")
    return named.replace("{name}", str(values.get("name") or "NAME"))


def tool_title(connector: str) -> str:
    """A connector's name as people write it."""
    return connector.replace("_", " ").title()
