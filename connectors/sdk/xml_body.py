"""XML as strictly as JSON: bounded, of known text, and without what makes a parser fetch or swell.

What a document type declaration could bring (entities, external files) is refused with it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from defusedxml import ElementTree

from connectors.sdk.json_body import MAX_DEPTH, decode, too_deep

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class NotXml(ValueError):
    """The body is not XML, or declares a document type."""


def parse_xml(body: bytes, *, repair: bool = False) -> tuple[Element, int]:
    """The root of an XML body, and how many characters had to be altered to make it readable.

    Removed are the control characters that XML knows no spelling of and that people paste. The
    text is UTF-8 whatever the body declares.

    Args:
        body: the decompressed answer.
        repair: read invalid UTF-8 with replacement characters instead of refusing it.

    Raises:
        NotXml: the body is empty, does not parse or declares a document type.
        BrokenText: it is not UTF-8, and `repair` is off.
        Unexpected: it nests deeper than `MAX_DEPTH`.
    """
    text, broken = decode(body, repair)
    text, removed = _NO_XML.subn("", text)
    try:
        root: Element = ElementTree.fromstring(text, forbid_dtd=True)
    except (ElementTree.ParseError, ValueError):
        raise NotXml from None
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for each in level for child in each]
        if not level:
            return root, broken + removed
    raise too_deep()
