"""The list of checks that every connector passes.

A check takes a `Subject`, asserts, and is proven by a wrong connector that fails it
(`test_suite.py`). This module holds the list and the checks of mapping and declarations;
`checks_reading.py` and `checks_faults.py` add those of reading and of misbehaving tools.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import msgspec
import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from connectors.sdk.contract import Can, Options
from connectors.sdk.records import REFERENCES, STORED_KINDS, Link, Person, Project, Record, Task
from tests.conformance.reading import Read, Subject, Tool
from tests.conformance.shapes import faults, unfilled, without_table

Check = Callable[[Subject], None]
CHECKS: list[Check] = []


def check(function: Check) -> Check:
    """Add a check to the list."""
    CHECKS.append(function)
    return function


def items(read: Read) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Stream, id and body of every item."""
    for stream, found in read.items.items():
        for id, item in found.items():
            yield stream, id, dict(item.body)


_WEIRD: tuple[Any, ...] = (
    None, "", " ", 0, -1, 7, 1e300, True, False, [], {}, [None], [[]], [{}], {"id": None},
    {"id": 5}, [{"id": "1"}], "text", "0000-00-00", "2026-13-45", "2026-02-30T25:61:00Z",
    "9999-12-31T23:59:59Z", "2026-11-20", "2026-11-20T24:00:00+0000", "2026-11-20T10:00:00",
    "12/31/2026", 253402300800000, 1e20, -62135596800001, 2**62, "-", "1:2:3", "\u2028", "é" * 300,
)  # fmt: skip


@st.composite
def _damaged(draw: st.DrawFn, body: Any) -> Any:
    """A body with up to four values replaced, removed or renamed."""
    body = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, 4))):
        place: Any = body
        while True:
            keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            inner = place[key]
            if isinstance(inner, (dict, list)) and inner and draw(st.integers(0, 4)):
                place = inner
                continue
            if isinstance(place, dict) and draw(st.booleans()):
                del place[key]
            else:
                place[key] = copy.deepcopy(draw(st.sampled_from(_WEIRD)))
            break
    return body


@check
def mapping_is_pure(subject: Subject) -> None:
    """The same item gives the same records and is not touched."""
    with subject.tool() as tool:
        for stream, id, body in items(tool.read()):
            before = copy.deepcopy(body)
            first = list(subject.connector.to_records(stream, body))
            assert body == before, f"{stream} {id} was changed by its mapping"
            again = list(subject.connector.to_records(stream, copy.deepcopy(body)))
            assert first == again, f"{stream} {id} maps differently the second time"


@check
def mapping_is_total(subject: Subject) -> None:
    """Whatever an item holds, its mapping raises nothing and yields well-formed records."""
    with subject.tool() as tool:
        by_stream: dict[str, list[Any]] = {}
        for stream, _, body in items(tool.read()):
            by_stream.setdefault(stream, []).append(orjson.loads(orjson.dumps(body)))
    for stream, bodies in by_stream.items():
        richest = sorted(bodies, key=lambda body: -len(orjson.dumps(body)))[:3]
        _survives(subject, stream, richest)


def _survives(subject: Subject, stream: str, bodies: list[Any]) -> None:
    @settings(
        max_examples=120,
        database=None,
        deadline=None,
        derandomize=True,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(bodies).flatmap(_damaged))
    def survives(body: Any) -> None:
        try:
            records = list(subject.connector.to_records(stream, body))
        except Exception as error:
            raise AssertionError(f"{stream}: {type(error).__name__}: {error}") from error
        wrong = [fault for record in records for fault in faults(record)]
        assert not wrong, f"{stream}: {wrong}"

    survives()


@check
def an_odd_value_drops_no_record(subject: Subject) -> None:
    """A word nobody knows, a null or a missing field leaves the project, person or task there."""
    with subject.tool() as tool:
        read = tool.read()
    for stream, found in read.items.items():
        for body in sorted((each.body for each in found.values()), key=lambda b: -len(str(b)))[:2]:
            before = _main_records(subject, stream, body)
            for path in _leaves(body):
                for odd in ("Zzyzx", None, _MISSING):
                    changed, was = _changed(body, path, odd)
                    if _named_in(was) & {id for _, id in before}:
                        continue  # its identity
                    lost = before - _main_records(subject, stream, changed)
                    assert not lost, f"{stream}: {path} = {odd!r} loses {lost}"


def _named_in(value: Any) -> set[str]:
    """A value; of a whole document (iCalendar), the values of its lines."""
    text = str(value)
    return {text, *(line.split(":", 1)[-1] for line in text.splitlines() if "\n" in text)}


_MISSING = object()


def _main_records(subject: Subject, stream: str, body: Any) -> set[tuple[str, str]]:
    records = subject.connector.to_records(stream, copy.deepcopy(body))
    return {(type(r).__name__, r.id) for r in records if isinstance(r, (Project, Person, Task))}


def _leaves(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to all values that hold no others."""
    if isinstance(body, (dict, list)) and body:
        for key in body if isinstance(body, dict) else range(len(body)):
            yield from _leaves(body[key], (*path, key))
    elif path:
        yield path


def _changed(body: Any, path: tuple[Any, ...], to: Any) -> tuple[Any, Any]:
    """A copy with another value at a path, and the value that was there."""
    changed = place = copy.deepcopy(body)
    for key in path[:-1]:
        place = place[key]
    was = place[path[-1]]
    if to is _MISSING:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return changed, was


@check
def records_are_well_formed(subject: Subject) -> None:
    """Types as promised, ids not empty, times with a zone, text storable."""
    with subject.tool() as tool:
        wrong = [fault for record in tool.read().records.values() for fault in faults(record)]
    assert not wrong, wrong


@check
def ids_are_unique(subject: Subject) -> None:
    """No two items of a stream share an id, and no two records of a kind, unless they are one."""
    with subject.tool() as tool:
        connector = tool.connect()
        records: dict[tuple[type[Record], str], Record] = {}
        for stream in connector.streams:
            seen: dict[str, Any] = {}
            for lane in connector.lanes(stream, {}).lanes:
                for page in connector.pull(stream, lane.name, None):
                    for item in page.items:
                        assert item.id, f"{stream} has an item without an id"
                        known = seen.setdefault(item.id, item.body)
                        assert known == item.body, f"two items of {stream} are called {item.id}"
                        for record in connector.to_records(stream, item.body):
                            other = records.setdefault((type(record), record.id), record)
                            assert _is_one(record, other), f"two records: {record}, {other}"


def _is_one(record: Record, other: Record) -> bool:
    """Both ends of a link report it, each in its own words."""
    if isinstance(record, Link) and isinstance(other, Link):
        names = ("type", "from_id", "to_id")
        return all(getattr(record, name) == getattr(other, name) for name in names)
    return record == other


@check
def ids_are_stable(subject: Subject) -> None:
    """Reading again, and after everything was renamed, gives the same ids."""
    with subject.tool() as tool:
        first = tool.read()
        for project in tool.sandbox.world.all(Project):
            renamed = msgspec.structs.replace(project, name=f"Formerly {project.name}")
            tool.sandbox.world.put(renamed)
        for task in tool.sandbox.world.all(Task):
            renamed_task = msgspec.structs.replace(task, title=f"Formerly {task.title}")
            tool.sandbox.world.put(renamed_task)
        second = tool.read()
    for stream in first.items:
        assert first.ids(stream) == second.ids(stream), f"ids of {stream} changed"
    assert first.records.keys() == second.records.keys()


@check
def references_resolve(subject: Subject) -> None:
    """Every id that a record holds of another is the id of a record that was read."""
    with subject.tool() as tool:
        read = tool.read()
    for record in read.records.values():
        for name, kind in REFERENCES.get(type(record), {}).items():
            held = getattr(record, name)
            for id in held if isinstance(held, tuple) else (held,):
                assert id is None or (kind, id) in read.records, (
                    f"{type(record).__name__} {record.id}: {name} {id!r} is no {kind.__name__}"
                )


@check
def mapping_gives_back_what_the_tool_holds(subject: Subject) -> None:
    """Reading the sandbox's rendering of each record gives that record, and no other."""
    with subject.tool() as tool:
        read = tool.read()
        for kind in STORED_KINDS:
            held = {record.id: record for record in tool.sandbox.world.all(kind)}
            if kind not in subject.connector.provides:
                assert not held, f"the sandbox holds a {kind.__name__}, which is not provided"
            got = read.of(kind)
            for id, record in held.items():
                found = without_table(got.get(id))
                assert found == record, f"held: {record}\nread: {found}"
            extra = got.keys() - held.keys()
            assert not extra, f"read, but not held: {kind.__name__} {sorted(extra)[:5]}"


@check
def provides_is_true(subject: Subject) -> None:
    """Each field that is provided is filled somewhere, each other one nowhere."""
    provides = subject.connector.provides
    with subject.tool() as tool:
        read = tool.read()
    for kind, fields in provides.items():
        assert kind in STORED_KINDS, f"{kind} is no kind of record"
        known = {each.name for each in msgspec.structs.fields(kind)}
        assert fields <= known, f"{kind.__name__} has no {sorted(fields - known)}"
        assert "id" in fields, f"{kind.__name__} is provided without its id"
    for (kind, id), record in read.records.items():
        assert kind in provides, f"{kind.__name__} is read but not provided"
        for name, empty in unfilled(record).items():
            assert empty or name in provides[kind], (
                f"{kind.__name__}.{name} of {id} is filled but not provided"
            )
    for kind, fields in provides.items():
        records = list(read.of(kind).values())
        assert records, f"{kind.__name__} is provided, but there was none"
        for name in fields:
            filled = any(getattr(record, name) not in (None, ()) for record in records)
            assert filled, f"{kind.__name__}.{name} is provided, but never filled"


@check
def options_are_described(subject: Subject) -> None:
    """Every option says what it means; what is secret is a secret."""
    options = subject.connector.Config
    assert issubclass(options, Options)
    for name, field in options.model_fields.items():
        assert len(field.description or "") >= 10, f"option {name} has no description"
        if re.search(r"token|secret|password|(^|_)key$", name):
            assert "SecretStr" in str(field.annotation), f"option {name} is not a SecretStr"
    with subject.tool() as tool:
        shown = repr(tool.config()) + str(tool.config())
        for secret in secrets_of(tool):
            assert secret not in shown


def secrets_of(tool: Tool) -> dict[str, str]:
    """The secrets with which the tool is read, as in the options: spelling to option."""
    config = tool.config()
    return {
        value.get_secret_value(): name
        for name in type(config).model_fields
        if isinstance(value := getattr(config, name), SecretStr)
    }


HEADINGS = {
    "how to make a credential": r"credential|token|connect|set.*up",
    "the options": r"option",
    "what becomes what": r"map|becomes|read",
    "what the tool cannot provide": r"cannot|can't|not provide|missing|does not",
    "its limits": r"limit",
    "its traps": r"trap|watch|know|caveat|pitfall",
}


@check
def documents_are_there(subject: Subject) -> None:
    """The README has what an admin needs, and a row for every option."""
    if subject.folder is None:
        return
    readme = (subject.folder / "README.md").read_text()
    headings = "\n".join(re.findall(r"^#+ (.*)$", readme, re.MULTILINE))
    for what, pattern in HEADINGS.items():
        assert re.search(pattern, headings, re.IGNORECASE), f"no heading about {what}"
    for name in subject.connector.Config.model_fields:
        assert f"`{name}`" in readme, f"option `{name}` is not in the README"


@check
def declarations_are_well_formed(subject: Subject) -> None:
    """Names, abilities, limits, evidence: what the engine and the tables rely on."""
    connector = subject.connector
    assert re.fullmatch(r"[a-z][a-z0-9_]*", connector.name)
    assert connector.title
    assert connector.parallel >= 1
    assert connector.evidence in ("docs", "recorded", "live")
    assert date.fromisoformat(connector.evidence_on) <= date(2100, 1, 1)
    assert connector.streams
    for stream, can in connector.streams.items():
        assert re.fullmatch(r"[a-z_]+", stream)
        assert Can.FULL in can, f"{stream} cannot be read in full"
    for limit in connector.limits:
        assert limit.requests > 0
        assert limit.per.total_seconds() > 0
        assert not limit.path or limit.path.startswith("/")
