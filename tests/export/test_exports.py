"""Exports of flags: whatever a title says, it stays a title."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import defusedxml.ElementTree as Xml
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_engine.export.cells import as_csv, text_of
from sync_engine.export.files import COLUMNS
from sync_engine.export.junit import Checked, junit
from sync_engine.export.markdown import escaped, markdown
from sync_engine.export.page import page
from sync_engine.rules.packs import load_all

NOW = datetime(2026, 3, 18, 11, 30, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
HOSTILE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)",
    "]]><failure/>", "</td></tr></table>", "&lt;b&gt; & <b>", "\u202egnp.exe", "a\nb\rc\td",
    "\x00\x1b[31mred", "| a | b |", "[x](javascript:alert(1))", "`x` *y* _z_ ~~s~~ # h",
    "![p](https://evil.example/p.png)", "<https://evil.example>", "{{ 7*7 }}{% raw %}",
    "=cmd|' /C calc'!A0", "\ud800", "\ufffe", "www.evil.example", "https://evil.example",
)  # fmt: skip
LINKS = (
    "javascript:alert(1)", "data:text/html,x", "mailto:a@b.example", 'https://x.example/"onx=1',
    "https://good.example@evil.example/", "https://x.example/a b", "ftp://x.example/",
)  # fmt: skip
STANDARDS = load_all(["pmo-core"])


def flag(**values: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    return row | {
        "id": 1, "fingerprint": "f" * 16, "severity": "high", "state": "open",
        "standard": STANDARDS[0].id, "subject": "task", "key": "ENG-1", "title": "Pump",
        "said": "It is late.", "remedy": "Finish it.", "project": "Valve", "owner": "Ada",
        "tool": "jira", "url": "https://jira.example/ENG-1", "opened_at": NOW, **values,
    }  # fmt: skip


def hostile(text: str) -> dict[str, Any]:
    names = ("key", "title", "said", "remedy", "project", "owner", "tool")
    return flag(**dict.fromkeys(names, text))


class Read(HTMLParser):
    """The elements and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


# -- CSV (S8) --------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
@pytest.mark.parametrize("column", [c for c in COLUMNS if c not in ("id", "opened_at")])
def test_no_cell_begins_as_a_formula(start: str, column: str) -> None:
    text = f"{start}1+1"
    (_, row) = csv.reader(io.StringIO(as_csv([flag(**{column: text})], COLUMNS), newline=""))
    cell = row[COLUMNS.index(column)]
    assert cell == f"'{text}"
    assert text_of(cell) == text


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=4))
def test_what_is_exported_reads_back_as_it_was(texts: list[str]) -> None:
    names = [f"c{n}" for n in range(len(texts))]
    written = as_csv([dict(zip(names, texts, strict=True))], names)
    _, row = csv.reader(io.StringIO(written, newline=""))
    assert [text_of(cell) for cell in row] == texts
    assert not any(cell[:1] in ("=", "+", "-", "@", "\t", "\r") for cell in row if cell)


@pytest.mark.parametrize("text", ["'=1", "''+1", "'", "'a", "''"])
def test_apostrophes_of_the_title_itself_survive(text: str) -> None:
    _, (cell,) = csv.reader(io.StringIO(as_csv([{"a": text}], ["a"]), newline=""))
    assert text_of(cell) == text


# -- HTML (S7) -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_title_becomes_a_part_of_the_page(text: str) -> None:
    plain, made = (
        Read(page([each], zone=ZONE, made_at=NOW, where="title"))
        for each in (flag(), hostile(text))
    )
    assert made.tags == plain.tags
    assert made.names == plain.names
    assert made.links == ["https://jira.example/ENG-1"]


@pytest.mark.parametrize("url", LINKS)
def test_links_lead_into_the_web_or_nowhere(url: str) -> None:
    assert Read(page([flag(url=url)], zone=ZONE, made_at=NOW)).links == []
    assert "](" not in markdown([flag(url=url)], ZONE)
    assert url not in junit([flag(url=url)], STANDARDS, {}, NOW)


def test_the_page_stands_alone_and_can_be_printed() -> None:
    text = page([flag()], zone=ZONE, made_at=NOW)
    made = Read(text)
    assert not made.tags & {"script", "link", "img", "iframe", "form"}
    assert "@import" not in text
    assert "url(" not in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert "default-src 'none'" in text


def test_the_page_says_of_when_and_of_what_it_is() -> None:
    text = page([], zone=ZONE, made_at=NOW, where='title = "<b>"', day="2026-03-01")
    assert "as of the end of 2026-03-01" in text
    assert "title = &#34;&lt;b&gt;&#34;" in text
    assert "Nothing is flagged that meets the condition." in text


# -- Markdown --------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_stays_a_table(text: str) -> None:
    head, _, first = (
        line for line in markdown([hostile(text)], ZONE).splitlines() if line.startswith("|")
    )
    cells = re.findall(r"(?<!\\)\|", first)
    assert len(cells) == len(re.findall(r"\|", head))
    assert not re.search(r"(?<!\\)[<`*_\[!#~]", escaped(text))
    assert not re.search(r"(?<!\\)://|(?i:www\.)", escaped(text))


# -- JUnit -----------------------------------------------------------------------------------------


def test_build_servers_get_a_suite_a_standard() -> None:
    first, second = STANDARDS[0].id, STANDARDS[1].id
    rows = [flag(), flag(key="ENG-2", state="waived", waived_until=date(2026, 4, 1))]
    checked = {first: Checked(7, 3, ("due", "owner")), second: Checked(2)}
    root = Xml.fromstring(junit(rows, STANDARDS, checked, NOW))
    suites = {str(each.get("name")).partition(":")[0]: each for each in root}
    assert len(suites) == len([s for s in STANDARDS if s.enabled])
    suite = suites[first]
    counts = [suite.get(n) for n in ("tests", "failures", "skipped", "errors")]
    assert counts == ["4", "1", "2", "0"]
    (failure,) = suite.findall("testcase/failure")
    assert (failure.get("message"), failure.get("type")) == ("It is late.", "high")
    assert [each.get("message") for each in suite.findall("testcase/skipped")] == [
        "waived until 2026-04-01: It is late.", "not assessable for lack of due, owner",
    ]  # fmt: skip
    assert [root.get(n) for n in ("tests", "failures", "skipped")] == ["5", "1", "2"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_report_is_well_formed_whatever_it_tells(text: str) -> None:
    root = Xml.fromstring(junit([hostile(text)], STANDARDS, {}, NOW).encode())
    assert len(root.findall(".//failure")) == 1
    assert {each.tag for each in root.iter()} == {"testsuites", "testsuite", "testcase", "failure"}
