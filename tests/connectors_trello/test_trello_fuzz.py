"""No answer can break the mapping."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.trello.connector import Trello
from connectors.trello.words import instant

CARD = "60000000bbbbbbbbbbbbbbbb"

KEYS = st.sampled_from(
    [
        "id",
        "name",
        "desc",
        "closed",
        "lists",
        "pos",
        "softLimit",
        "member",
        "card",
        "list",
        "checklists",
        "checkItems",
        "state",
        "due",
        "dueComplete",
        "idMembers",
        "labels",
        "color",
        "attachments",
        "url",
        "linked",
        "customFields",
        "customFieldItems",
        "idCustomField",
        "idValue",
        "value",
        "options",
        "text",
        "number",
        "date",
        "checked",
        "type",
        "data",
        "old",
        "listBefore",
        "listAfter",
        "checkItem",
        "idMember",
        "memberCreator",
        "customField",
        "customFieldItem",
        "dateLastActivity",
        "idShort",
        "isTemplate",
        "cardRole",
        "board",
        "boardSource",
        "start",
        "https://trello.com/c/x",
        "x",
    ]
)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(
        [CARD, "0000-00-00", "9999-12-31T23:59:59Z", "Done", "updateCard", "commentCard",
         "addMemberToCard", "updateCheckItemStateOnCard", "updateCustomFieldItem",
         "moveCardToBoard", "https://trello.com/c/x", "1e999", "nan", "complete"]
    ),
)  # fmt: skip
BODIES = st.dictionaries(
    KEYS,
    st.recursive(
        VALUES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
        max_leaves=25,
    ),
)


@settings(max_examples=80, deadline=None)
@given(stream=st.sampled_from([*Trello.streams, "unknown"]), body=BODIES)
def test_no_body_breaks_the_mapping_and_the_same_gives_the_same(stream: str, body: Any) -> None:
    first = list(Trello.to_records(stream, body))
    assert first == list(Trello.to_records(stream, body))
    for record in first:
        assert record.id


@settings(max_examples=80, deadline=None)
@given(card=BODIES, action=BODIES)
def test_a_card_and_a_comment_with_an_id_are_never_lost(card: Any, action: Any) -> None:
    [task, *_] = Trello.to_records("tasks", {"card": {**card, "id": CARD}})
    assert task.id == CARD
    comment = {
        **action, "id": CARD, "type": "commentCard", "data": {**action, "card": {"id": "c1"}},
    }  # fmt: skip
    [record] = Trello.to_records("comments", comment)
    assert record.id == CARD


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2021-02-03T04:05:06.789Z", datetime(2021, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)),
        ("2021-02-03T04:05:06+02:00", datetime(2021, 2, 3, 2, 5, 6, tzinfo=UTC)),
        ("2021-02-03T04:05:06", datetime(2021, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("9999-12-31T23:59:59-08:00", None),
        ("0000-00-00", None),
        ("soon", None),
        (1612325106789, None),
        (None, None),
    ],
)
def test_odd_dates(written: Any, read: datetime | None) -> None:
    assert instant(written) == read
