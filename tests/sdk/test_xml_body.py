"""Only bounded, storable text comes out of XML, and nothing in it is fetched or expanded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sdk.errors import Unexpected
from connectors.sdk.json_body import MAX_DEPTH, BrokenText
from connectors.sdk.xml_body import NotXml, parse_xml

BOMB = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "xxxxxxxxxx">
<!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]><a>&y;</a>"""
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


def nested(levels: int) -> bytes:
    return b"<a>" * levels + b"</a>" * levels


@pytest.mark.parametrize(
    ("body", "text", "altered"),
    [
        ("<a>caf\u00e9 &amp; \U0001f600</a>".encode(), "caf\u00e9 & \U0001f600", 0),
        (b"\xef\xbb\xbf<a>x</a>", "x", 0),
        (b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xc3\xa9</a>', "\u00e9", 0),
        (b"<a>x\x00y\x0bz\tw</a>", "xyz\tw", 2),
        (b"<a><![CDATA[1 < 2]]></a>", "1 < 2", 0),
    ],
)
def test_text_is_utf8_without_control_characters(body: bytes, text: str, altered: int) -> None:
    root, count = parse_xml(body)
    assert (root.text, count) == (text, altered)


@pytest.mark.parametrize(
    "body",
    ["", "OK", "null", "<a>", "<a></b>", "<!DOCTYPE html><p>Sign in</p>", BOMB, OUTSIDE,
     "<a>&nbsp;</a>", "<a>&#0;</a>", "<a/><b/>"],
)  # fmt: skip
def test_what_is_no_xml_or_declares_a_document_type_is_refused(body: str) -> None:
    with pytest.raises(NotXml):
        parse_xml(body.encode())


def test_invalid_utf8_is_refused_or_repaired_and_counted() -> None:
    with pytest.raises(BrokenText):
        parse_xml(b"<a>\xff\xfe</a>")
    root, altered = parse_xml(b"<a>\xff\xfe</a>", repair=True)
    assert (root.text, altered) == ("\ufffd\ufffd", 2)


def test_nesting_is_bounded() -> None:
    assert parse_xml(nested(MAX_DEPTH))[0].tag == "a"
    for levels in (MAX_DEPTH + 1, 20_000):
        with pytest.raises(Unexpected, match="nests deeper"):
            parse_xml(nested(levels))


@given(st.binary(max_size=60) | st.text("<>/a&;!?=\"' \n", max_size=60).map(str.encode))
def test_any_bytes_end_in_a_tree_or_a_known_refusal(body: bytes) -> None:
    try:
        root, altered = parse_xml(body)
    except (NotXml, BrokenText):
        return
    assert root.tag
    assert altered >= 0
