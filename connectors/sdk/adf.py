"""Plain text of the Atlassian Document Format (ADF), in which Atlassian's tools keep texts.

Blocks are apart by an empty line, list items and table rows by a line break. Total: an unknown
node gives the text of its children, and anything that is no document gives None.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

BLOCKS_OF_LINES = frozenset({
    "bulletList", "orderedList", "taskList", "decisionList", "table", "tableRow", "caption",
})  # fmt: skip
INLINE_HOLDERS = frozenset({"paragraph", "heading", "codeBlock", "taskItem", "decisionItem"})
WORDS = {  # inline nodes whose text is an attribute
    "mention": ("text", "id"),
    "emoji": ("text", "shortName"),
    "inlineCard": ("url",),
    "blockCard": ("url",),
    "embedCard": ("url",),
    "status": ("text",),
    "placeholder": ("text",),
}
DEEPEST = 60  # deeper nesting than any editor makes; what lies below is left out


def plain(value: Any) -> str | None:
    """The text of a document or of a plain string; None when there is none."""
    if type(value) is str:
        return value.strip() or None
    if not isinstance(value, dict):
        return None
    return _block(value, 0).strip() or None


def _children(node: dict[str, Any]) -> list[dict[str, Any]]:
    content = node.get("content")
    if not isinstance(content, list):
        return []
    return [child for child in content if isinstance(child, dict)]


def _block(node: dict[str, Any], depth: int) -> str:
    kind = _kind(node)
    if depth > DEEPEST:
        return ""
    if kind == "paragraph" and (line := _line(node)) is not None:
        return line
    children = _children(node)
    if kind in INLINE_HOLDERS or not children:
        return "".join(map(_inline, children)) if children else _inline(node)
    separator = "\n\n"
    if kind in BLOCKS_OF_LINES:
        separator = " | " if kind == "tableRow" else "\n"
    elif kind in ("listItem", "tableCell", "tableHeader"):
        separator = "\n"
    elif kind != "doc" and all(child.get("type") in ("text", "hardBreak") for child in children):
        separator = ""
    parts = [_block(child, depth + 1) for child in children]
    if kind in ("bulletList", "decisionList", "taskList"):
        parts = [f"- {part}" for part in parts]
    elif kind == "orderedList":
        parts = [f"{position}. {part}" for position, part in enumerate(parts, 1)]
    return separator.join(parts)


def _kind(node: dict[str, Any]) -> str:
    kind = node.get("type")
    return kind if type(kind) is str else ""


def _line(node: dict[str, Any]) -> str | None:
    """The text of a paragraph that holds one piece of text: what most people write."""
    content = node.get("content")
    if type(content) is list and len(content) == 1 and type(content[0]) is dict:
        said = content[0].get("text")
        if type(said) is str and content[0].get("type") == "text":
            return said
    return None


def _inline(node: dict[str, Any]) -> str:
    kind = _kind(node)
    if kind == "text":
        said = node.get("text")
        return said if isinstance(said, str) else ""
    if kind == "hardBreak":
        return "\n"
    attributes = node.get("attrs")
    if kind == "date" and isinstance(attributes, dict):
        return _day(attributes.get("timestamp"))
    if isinstance(attributes, dict):
        for name in WORDS.get(kind, ()):
            said = attributes.get(name)
            if isinstance(said, str) and said:
                return said
    return "".join(_inline(child) for child in _children(node)) if "content" in node else ""


def _day(timestamp: Any) -> str:
    """A day, which the editor keeps as milliseconds of its midnight in UTC; "" for what is none."""
    try:
        return datetime.fromtimestamp(int(timestamp) / 1000, UTC).date().isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        return ""
