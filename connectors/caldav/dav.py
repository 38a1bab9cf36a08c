"""WebDAV as far as tasks need it: what is asked, and answers checked for their shape.

A path is compared in one spelling: servers escape the same path in several ways, and say it with
or without their own address.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urljoin, urlsplit
from xml.sax.saxutils import escape

from connectors.sdk.contract import Answer, Http, Xml
from connectors.sdk.errors import Unexpected

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"
CALENDAR_SERVER = "{http://calendarserver.org/ns/}"
NAMESPACES = (
    'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"'
)
OK = 200


@dataclass(frozen=True, slots=True)
class Resource:
    """What an answer says of one resource.

    Args:
        status: of the whole resource; 200 where any property could be had.
        props: the properties that could be had.
    """

    path: str
    status: int
    props: Mapping[str, Element]

    def text(self, name: str) -> str | None:
        """The text of a property; None when it is not there or says nothing."""
        held = self.props.get(name)
        said = held.text if held is not None else None
        return said if said and said.strip() else None

    def has(self, name: str, child: str) -> bool:
        """Whether a property has such a child."""
        held = self.props.get(name)
        return held is not None and held.find(child) is not None


@dataclass(frozen=True, slots=True)
class Multistatus:
    """An answer about several resources (RFC 4918 §13)."""

    resources: Sequence[Resource]
    sync_token: str | None
    said_at: datetime | None  # by the server's clock


class Dav:
    """Asks through the HTTP door; raises `Unexpected` for what is no multi-status."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def properties(
        self, path: str, names: str, depth: int = 0, scope: str | None = None
    ) -> Multistatus:
        """Properties of a resource and, with depth 1, of its members."""
        body = f"<D:propfind {NAMESPACES}><D:prop>{names}</D:prop></D:propfind>"
        return self._ask("PROPFIND", path, body, depth, scope)

    def report(self, path: str, name: str, body: str, depth: int) -> Multistatus:
        """A report on a collection."""
        return self._ask("REPORT", path, f"<{name} {NAMESPACES}>{body}</{name}>", depth, path)

    def _ask(self, method: str, path: str, body: str, depth: int, scope: str | None) -> Multistatus:
        xml = Xml(f'<?xml version="1.0" encoding="utf-8"?>{body}', {"Depth": str(depth)})
        answer = self._http.request(method, path, xml=xml, scope=scope)
        if answer.data is None or answer.data.tag != f"{DAV}multistatus":
            raise Unexpected(
                f"The answer to {method} {path} is no WebDAV multi-status.",
                remedy="Check that `url` is the server's CalDAV address.",
                scope=scope,
            )
        responses = answer.data.iter(f"{DAV}response")
        return Multistatus(
            [resource for each in responses for resource in _resources(each, answer.url)],
            answer.data.findtext(f"{DAV}sync-token"),
            _said_at(answer),
        )


def normal(path: str) -> str:
    """A path in the spelling in which they are compared and kept."""
    return "/".join(quote(unquote(part), safe="") for part in urlsplit(path).path.split("/"))


def collection_of(path: str) -> str:
    """The path of the collection that a resource lies in."""
    return path.rstrip("/").rpartition("/")[0] + "/"


def hrefs(paths: Iterable[str]) -> str:
    """Paths as a report names them."""
    return "".join(f"<D:href>{escape(path)}</D:href>" for path in paths)


def first_href(held: Element | None) -> str | None:
    """The path of the first address inside a property."""
    said = None if held is None else held.findtext(f"{DAV}href")
    return normal(said.strip()) if said and said.strip() else None


def names_in(data: Any) -> set[str]:
    """The names of all elements of an answer; none for mere text."""
    return set() if data is None or isinstance(data, str) else {each.tag for each in data.iter()}


def _resources(response: Element, url: str) -> Iterator[Resource]:
    """What a response says; one without properties may speak of several resources."""
    props: dict[str, Element] = {}
    statuses = [_status(response)]
    for propstat in response.iter(f"{DAV}propstat"):
        statuses.append(_status(propstat))
        if statuses[-1] == OK:
            props.update((each.tag, each) for held in propstat.iter(f"{DAV}prop") for each in held)
    told = [each for each in statuses if each is not None]
    status = OK if OK in told or not told else told[0]
    for held in response.iterfind(f"{DAV}href"):
        if held.text and held.text.strip():
            yield Resource(normal(urljoin(url, held.text.strip())), status, props)


def _status(element: Element) -> int | None:
    """The number in ``HTTP/1.1 404 Not Found``."""
    words = (element.findtext(f"{DAV}status") or "").split()
    return int(words[1]) if len(words) > 1 and words[1].isdecimal() else None


def _said_at(answer: Answer) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return None
