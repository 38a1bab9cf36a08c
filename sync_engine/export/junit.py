"""Flags as JUnit XML, which build servers show: a suite a standard, a failed case a flag.

What is waived, and what could not be assessed, is skipped with its reason: neither counts as met.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as Xml

from sync_engine.digest.text import SENTENCE_LIMIT, clean, plural
from sync_engine.export.links import web_address
from sync_engine.rules.standards import Standard


@dataclass(frozen=True, slots=True)
class Checked:
    """How a standard fared besides its flags; `met` is None where that cannot be said."""

    met: int | None = None
    unknown: int = 0
    missing: tuple[str, ...] = ()


def junit(
    flags: Iterable[Mapping[str, Any]],
    standards: Sequence[Standard],
    checked: Mapping[str, Checked],
    at: datetime,
) -> str:
    """The report.

    Args:
        flags: rows of the table of flags that are not resolved.
        standards: those in force; each gets a suite, in their order.
        checked: by standard.
        at: when it is so.
    """
    titles = {each.id: each.title for each in standards if each.enabled}
    by_standard: dict[str, list[Mapping[str, Any]]] = {id: [] for id in titles}
    for flag in flags:
        by_standard.setdefault(flag["standard"], []).append(flag)
    root = Xml.Element("testsuites", name="flagstaff")
    for id, held in by_standard.items():
        suite = _suite(id, titles.get(id, id), held, checked.get(id, Checked()))
        suite.set("timestamp", at.isoformat())
        root.append(suite)
    for name in ("tests", "failures", "skipped", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(id: str, title: str, flags: list[Mapping[str, Any]], checked: Checked) -> Xml.Element:
    suite = Xml.Element("testsuite", name=f"{id}: {clean(title)}")
    for flag in flags:
        _flag(suite, id, flag)
    if checked.unknown:
        why = f" for lack of {', '.join(checked.missing)}" if checked.missing else ""
        case = _case(suite, id, f"{plural(checked.unknown, 'check')} that could not be made")
        Xml.SubElement(case, "skipped", message=clean(f"not assessable{why}", SENTENCE_LIMIT))
    if checked.met:
        _case(suite, id, f"{plural(checked.met, 'check')} met")
    failures, skipped = (len(suite.findall(f"testcase/{n}")) for n in ("failure", "skipped"))
    counts = {"tests": len(suite), "failures": failures, "skipped": skipped, "errors": 0}
    for name, count in counts.items():
        suite.set(name, str(count))
    return suite


def _flag(suite: Xml.Element, standard: str, flag: Mapping[str, Any]) -> None:
    name = " ".join(clean(each) for each in (flag["key"], flag["title"]) if each)
    case = _case(suite, standard, name or "(without a title)")
    said = clean(flag["said"], SENTENCE_LIMIT)
    if flag["state"] == "waived":
        message = f"waived until {flag['waived_until']}: {said}"
        Xml.SubElement(case, "skipped", message=message)
        return
    failure = Xml.SubElement(case, "failure", message=said, type=flag["severity"])
    lines = [
        said,
        f"Remedy: {clean(flag['remedy'], SENTENCE_LIMIT)}",
        f"Project: {clean(flag['project'])}" if flag["project"] else None,
        f"Owner: {clean(flag['owner']) if flag['owner'] else 'nobody'}",
        web_address(flag["url"]),
    ]
    failure.text = "\n".join(filter(None, lines))


def _case(suite: Xml.Element, standard: str, name: str) -> Xml.Element:
    return Xml.SubElement(suite, "testcase", classname=standard, name=name)
