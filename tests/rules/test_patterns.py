"""Only `*` and `?` of a pattern stand for other text; what means something to SQL does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from sync_engine.store import models as m
from tests.rules.answers import answers

TITLES = {"percent": "100% done", "plain": "100 x done", "under": "a_b", "letter": "aXb",
          "back": "c:\\temp", "umlaut": "Über Uns", "star": "a*b"}  # fmt: skip


@pytest.fixture
def titled(
    store: sa.Engine, add: Callable[..., None], add_connection: Callable[..., None]
) -> sa.Engine:
    with store.begin() as c:
        add_connection(c, 1, {"task": ["title"]})
        for id, title in TITLES.items():
            add(c, m.TaskRow, 1, id, title=title, type="task", labels=[])
    return store


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ('title like "100% done"', {"percent"}),
        ('title like "100*DONE"', {"percent", "plain"}),
        ('title like "a_b"', {"under"}),
        ('title like "a?b"', {"under", "letter", "star"}),
        ('title like "a"', set()),
        ('title like "c:\\temp"', {"back"}),
        ('title like "?ber*"', {"umlaut"}),
        ('title starts with "100%"', {"percent"}),
        ('title starts with "a*"', {"star"}),
        ('title starts with "a_"', {"under"}),
        ('title ends with "\\temp"', {"back"}),
        ('title ends with "_b"', {"under"}),
        ('title ends with "?ns"', set()),
    ],
)
def test_a_pattern_finds_what_it_says(titled: sa.Engine, condition: str, found: set[str]) -> None:
    told = answers(titled, "task", condition)
    assert (told.flagged, told.unknown) == (found, set())
