"""Everything that an assessment found, as one value: stores of tests are small."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sync_engine.rules.assessment import Assessment, Finding, Total
from sync_engine.rules.evaluate import assessing
from sync_engine.rules.scan import Key
from sync_engine.rules.standards import Standard

Pair = tuple[str, Key]
"""A standard and one of its subjects."""


@dataclass(frozen=True)
class Looked:
    """What was found.

    Args:
        answers: of the watched subjects that were looked at, by standard and subject.
        there: the watched subjects that are there; `reached`: that were looked at.
    """

    findings: tuple[Finding, ...]
    totals: tuple[Total, ...]
    answers: Mapping[Pair, int]
    there: frozenset[Key]
    reached: frozenset[Key]
    slow: frozenset[str]
    full: bool
    rows: int
    assessment: Assessment


def look(
    engine: sa.Engine,
    standards: Iterable[Standard],
    *,
    watched: Mapping[str, Iterable[Pair]] | None = None,
    **more: Any,
) -> Looked:
    """Assess, and read all of it.

    Args:
        watched: by subject: standards and subjects whose own answers are wanted.
        more: see `evaluate.assessing`.
    """
    answers: dict[Pair, int] = {}
    there: set[Key] = set()
    reached: set[Key] = set()
    with assessing(engine, standards, **more) as found:
        for subject, pairs in (watched or {}).items():
            mine = [pair for pair in pairs if found.looked(subject, pair[1])]
            reached.update(key for _, key in mine)
            own = found.answers(subject, (key for _, key in mine))
            there.update(own)
            answers |= {(id, key): own[key][id] for id, key in mine if id in own.get(key, ())}
        return Looked(
            tuple(finding for batch in found.findings() for finding in batch),
            tuple(found.totals()), answers, frozenset(there), frozenset(reached),
            found.slow, found.full, found.rows, found,
        )  # fmt: skip
