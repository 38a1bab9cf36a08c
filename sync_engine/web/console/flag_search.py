"""What the pages of flags share: a condition from an address, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

import sqlalchemy as sa

from sync_engine.rules import facts, filters, limits
from sync_engine.rules.language import LanguageError
from sync_engine.views.clauses import tidied
from sync_engine.views.flags import DIMENSIONS, SORTS, UNSOLVED, Dimension, Sort
from sync_engine.web.console.forms import sentence
from sync_engine.web.console.refusals import Refusal

LONGEST = 4096
TOO_SLOW = (
    "This question takes longer than a page may. Narrow it down, for instance to one severity."
)


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks at, as it stands in the address of the page.

    Args:
        where: the condition; "": all flags.
        group: by what flags are put together; None: one list.
        by: whose values are offered to choose from.
    """

    where: str = UNSOLVED
    sort: Sort = "severity"
    group: Dimension | None = None
    by: Dimension = "standard"

    @classmethod
    def of(cls, where: str | None, sort: str, group: str, by: str) -> Search:
        """From the fields of an address. Raises `Refusal`: it names what there is not."""
        if where is not None and len(where) > LONGEST:
            raise Refusal(400, f"A condition has at most {LONGEST:,} characters.")
        for value, known, what in (
            (sort, SORTS, "order"), (group or DIMENSIONS[0], DIMENSIONS, "grouping"),
            (by, DIMENSIONS, "choice"),
        ):  # fmt: skip
            if value not in known:
                raise Refusal(400, f"There is no such {what}; there is {', '.join(known)}.")
        return cls(
            UNSOLVED if where is None else tidied(where), cast("Sort", sort),
            cast("Dimension", group) if group else None, cast("Dimension", by),
        )  # fmt: skip

    def to(self, path: str = "/flags", **changes: Any) -> str:
        """The address of the page with some of it changed."""
        after = changes.pop("after", None)
        more = changes.pop("more", {})
        other = replace(self, **changes)
        fields = {"where": other.where}
        fields |= {"sort": other.sort} if other.sort != "severity" else {}
        fields |= {"group": other.group} if other.group else {}
        fields |= {"by": other.by} if other.by != "standard" else {}
        fields |= {"after": after} if after else {}
        return f"{path}?{urlencode({**fields, **more})}"


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a condition: the words before, the word itself, and what follows it."""

    words: str
    before: str
    word: str
    after: str


def mistake(where: str, error: LanguageError) -> Mistake:
    """An error of a condition, with its place in it."""
    start = min(error.at.column - 1, len(where))
    end = start
    while end < len(where) and (where[end].isalnum() or where[end] in "_-.@"):
        end += 1
    end = max(end, start + 1)
    said = f"column {error.at.column}: {error.message}"
    return Mistake(sentence(said), where[:start], where[start:end] or " ", where[end:])


@contextmanager
def in_time(connection: sa.Connection) -> Iterator[None]:
    """Reads that are stopped when they take too long for a page. Raises `Refusal` then."""
    try:
        with limits.limited(connection, filters.SECONDS):
            yield
    except limits.TooSlow:
        raise Refusal(503, TOO_SLOW) from None


def words() -> dict[str, list[str]]:
    """The facts of flags as people write them, each with the words that are its values."""
    return {
        fact.shown: list(fact.words) if fact.words else [] for fact in facts.of("flag").values()
    }
