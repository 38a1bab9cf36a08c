"""Where an admin gets a tool's credential: the section of the connector's README, as HTML (pure).

Only what those sections use is known: paragraphs, lists, emphasis, code, links. All is text until
it is one of these, so whatever else a README holds is shown as it is written. What speaks of the
configuration file is left out: in the console the form does that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from markupsafe import Markup, escape

from sync_engine.digest.text import safe_url
from sync_engine.web.console.words import seen

_WANTED = re.compile(
    r"^## (?:Set it up|Set up|Make a credential|Connecting|.*\btoken\b|.*\bkey\b).*$", re.MULTILINE
)
_OF_FILE = re.compile(
    r"name (it|them|the account) in the configuration|flagstaff connections check"
)
_INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*|\*(?P<em>[^*\s][^*]*)\*"
    r"|<(?P<auto>https?://[^>\s]+)>|\[(?P<words>[^\]]+)\]\((?P<to>[^)\s]+)\)"
)
_ITEM = re.compile(r"^(\s*)(?:\d+\.|-|\*) +(.*)$")


def lead(readme: str) -> str:
    """What the tool's connector reads, in its README's first sentence; "" where there is none."""
    parts = [each.strip() for each in readme.split("\n\n")]
    text = next((each for each in parts if each and not each.startswith("#")), "")
    flat = " ".join(text.split())
    return re.split(r"(?<=[.!]) ", flat, maxsplit=1)[0] if flat else ""


def where_to_get_it(readme: str) -> Markup:
    """The section on making a credential; empty where there is none."""
    start = _WANTED.search(readme)
    if start is None:
        return Markup()
    section = readme[start.end() :]
    end = re.search(r"^## ", section, re.MULTILINE)
    return Markup().join(_blocks(section[: end.start()] if end else section))


def _blocks(text: str) -> Iterator[Markup]:
    lines = list(_without_fences(text.splitlines()))
    items: list[tuple[int, str]] = []
    paragraph: list[str] = []
    for line in [*lines, ""]:
        found = _ITEM.match(line)
        if found:
            yield from _paragraph(paragraph)
            items.append((len(found[1]), found[2]))
        elif line.startswith("#"):
            yield from (*_paragraph(paragraph), *_list(items))
            yield Markup("<p><strong>{}</strong></p>").format(_inline(line.lstrip("# ")))
        elif not line.strip():
            yield from _paragraph(paragraph)
        elif items and line.startswith(" "):
            items[-1] = (items[-1][0], f"{items[-1][1]} {line.strip()}")
        else:
            yield from _list(items)
            paragraph.append(line.strip().lstrip("| ").rstrip("| "))
    yield from _list(items)


def _without_fences(lines: Iterable[str]) -> Iterator[str]:
    """Examples of the file and of the command line are not for here."""
    inside = False
    for line in lines:
        if line.strip().startswith("```"):
            inside = not inside
        elif not inside:
            yield line


def _paragraph(lines: list[str]) -> Iterator[Markup]:
    text = " ".join(lines)
    lines.clear()
    if text and not _OF_FILE.search(text) and not set(text) <= set("-| "):
        yield Markup("<p>{}</p>").format(_inline(text))


def _list(items: list[tuple[int, str]]) -> Iterator[Markup]:
    shown = [(depth, text) for depth, text in items if not _OF_FILE.search(text)]
    items.clear()
    if not shown:
        return
    made = Markup("<ol>")
    inner = False
    for number, (depth, text) in enumerate(shown):
        deep = depth > 0 and number > 0
        if deep and not inner:
            made += Markup("<ul>")
        elif inner and not deep:
            made += Markup("</ul></li>")
        elif number:
            made += Markup("</li>")
        made += Markup("<li>{}").format(_inline(text))
        inner = deep
    if inner:
        made += Markup("</li></ul>")
    yield made + Markup("</li></ol>")


def _inline(text: str) -> Markup:
    made, at = Markup(), 0
    for found in _INLINE.finditer(text):
        made += escape(seen(text[at : found.start()])) + _part(found)
        at = found.end()
    return made + escape(seen(text[at:]))


def _part(found: re.Match[str]) -> Markup:
    if found["code"]:
        return Markup("<code>{}</code>").format(seen(found["code"]))
    if found["strong"]:
        return Markup("<strong>{}</strong>").format(seen(found["strong"]))
    if found["em"]:
        return Markup("<em>{}</em>").format(seen(found["em"]))
    url, words = found["auto"] or found["to"], found["words"] or found["auto"]
    if not safe_url(url):
        return escape(seen(words))
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(url, seen(words))
