"""Vocabularies of tools: each word once, types in plain words."""

from __future__ import annotations

import pytest

from connectors.sdk.vocabulary import FieldName, Vocabulary, plain_type


def test_each_word_and_field_is_named_once_in_the_order_of_the_tool() -> None:
    size, other = FieldName("1", "Size", "number"), FieldName("2", "Size", "number")
    known = Vocabulary.of(["Open", None, "", "Shut", "Open"], [size, other, size])
    assert known.status == ("Open", "Shut")
    assert known.fields == (size, other)


def test_what_is_not_listed_is_not_empty() -> None:
    assert Vocabulary.of(None, None) == Vocabulary(None, None)
    assert Vocabulary.of([], []) == Vocabulary((), ())


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("STRING", "text"), ("drop", "one of a list"), ("datetime", "date and time"),
        ("vote_of_all", "vote of all"), (None, "unknown"), ("", "unknown"), (7, "unknown"),
    ],
)  # fmt: skip
def test_types_are_told_in_plain_words(kind: object, words: str) -> None:
    assert plain_type(kind, {"drop": "one of a list"}) == words
