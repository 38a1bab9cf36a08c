"""Holding Jira to the shape of its answers, and its paging to an end (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.jira.values import ident, obj
from connectors.sdk.contract import Json
from connectors.sdk.errors import Unexpected

MOST_ROUNDS = 100_000  # pages of one question; more means that the paging does not end
MOST_EMPTY = 3  # empty pages that say "there is more", one after the other
PROJECT_FIELDS = (
    "id", "self", "key", "name", "description", "lead", "archived", "deleted",
    "projectTypeKey", "insight",
)  # fmt: skip


class Rounds:
    """Sees to it that a paged question ends: no token and no page twice, not for ever."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._seen: set[int] = set()
        self._rounds = 0
        self._empty = 0

    def turn(self, ids: Sequence[Any], token: Any = None) -> None:
        """Count a page that says there is more after it; raises `Unexpected` for a loop."""
        self._rounds += 1
        self._empty = 0 if ids else self._empty + 1
        marks = {hash(("ids", *map(str, ids)))} if ids else set()
        if token is not None:
            marks.add(hash(("token", token)))
        if marks & self._seen:
            raise Unexpected(
                f"Jira gave the same page of {self.what} twice: its paging runs in a circle."
            )
        self._seen |= marks
        if self._empty > MOST_EMPTY or self._rounds >= MOST_ROUNDS:
            raise Unexpected(f"Jira's paging of {self.what} does not end.")


def project(answer: Any) -> Json:
    """A project with what the mapping reads, and no more: the rest changes for no reason."""
    held = obj(answer)
    return {name: held[name] for name in PROJECT_FIELDS if name in held}


def as_object(data: Any, what: str) -> dict[str, Any]:
    """The answer as an object; raises `Unexpected` for anything else."""
    if not isinstance(data, dict):
        raise Unexpected(f"Jira answered {what} with something that is no object.")
    return data


def as_list(data: Any, what: str) -> list[Any]:
    """The answer as an array; raises `Unexpected` for anything else."""
    if not isinstance(data, list):
        raise Unexpected(f"Jira answered {what} without its list.")
    return data


def as_issues(page: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The issues of a page; raises `Unexpected` when there is no such list."""
    issues = as_list(page.get("issues"), "a search")
    if not all(isinstance(issue, dict) and ident(issue.get("id")) for issue in issues):
        raise Unexpected("Jira listed an issue without an id.")
    return issues


def as_count(value: Any) -> int:
    """A count; raises `Unexpected` for anything else."""
    if type(value) is not int or value < 0:
        raise Unexpected("Jira gave no number where it promises a count.")
    return value
