"""Only storable data comes out of a body, and what was altered is counted."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sdk.errors import Unexpected
from connectors.sdk.json_body import MAX_DEPTH, BrokenText, NotJson, parse_json

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner
        )
    ),
)


@given(plain)
def test_plain_data_comes_out_unchanged(data: Any) -> None:
    assert parse_json(orjson.dumps(data)) == (data, 0)


@pytest.mark.parametrize(
    ("body", "data", "altered"),
    [
        (b'{"a":"x\\u0000y"}', {"a": "xy"}, 1),
        (b'{"a":"x\x00y"}', {"a": "xy"}, 1),
        (b'{"k\\u0000":1}', {"k": 1}, 1),
        (b'["\\\\u0000"]', ["\\u0000"], 0),
        (b'["\\ud800","\\udfff!","ok"]', ["\ufffd", "\ufffd!", "ok"], 2),
        (b'["\\ud83d\\ude00"]', ["\U0001f600"], 0),
        (b'{"\\ud800":1}', {"\ufffd": 1}, 1),
        (b'{"a":NaN,"b":Infinity,"c":-Infinity}', {"a": None, "b": None, "c": None}, 3),
        (b"[1e999,-1e999,1.5]", [None, None, 1.5], 2),
        (b"[" + b"7" * 5000 + b"]", [None], 1),
        (b"[18446744073709551615]", [1.8446744073709552e19], 1),
        (b"[9223372036854775807,-9223372036854775808]", [2**63 - 1, -(2**63)], 0),
        (b'{"a":1,"a":2}', {"a": 2}, 0),
        (b"\xef\xbb\xbf[1]", [1], 0),
    ],
)
def test_what_no_database_holds_is_cleaned_and_counted(
    body: bytes, data: Any, altered: int
) -> None:
    assert parse_json(body) == (data, altered)


@pytest.mark.parametrize(
    "body", [b"", b" ", b"<html>", b"nope", b'{"a":', b'{"a":1}{"b":2}', b"[1,]", b"\xef\xbb\xbf"]
)
def test_what_is_not_json_says_so(body: bytes) -> None:
    with pytest.raises(NotJson):
        parse_json(body)


def test_broken_utf8_is_refused_then_replaced_and_counted() -> None:
    body = b'{"a":"x\xff\xfe","b":"\xc3\xa9"}'
    with pytest.raises(BrokenText):
        parse_json(body)
    data, altered = parse_json(body, repair=True)
    assert data == {"a": "x\ufffd\ufffd", "b": "é"}
    assert altered == 2


@pytest.mark.parametrize("inside", [b"1", b'"\\u0000"', b'{"a":1}'])
def test_nesting_is_bounded(inside: bytes) -> None:
    levels = MAX_DEPTH - (inside.startswith(b"{"))
    parse_json(b"[" * levels + inside + b"]" * levels)
    with pytest.raises(Unexpected, match="deeper than 100"):
        parse_json(b"[" * (levels + 1) + inside + b"]" * (levels + 1))


@pytest.mark.parametrize("depth", [2000, 200_000])
def test_absurd_nesting_does_not_crash(depth: int) -> None:
    with pytest.raises(Unexpected, match="deeper than 100"):
        parse_json(b"[" * depth + b"]" * depth)
