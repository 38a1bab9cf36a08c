"""The versions of properties as changes. Pure and total.

HubSpot gives the versions of a property, the newest first, and keeps the last twenty or so. Each
is a change from the one before it; the oldest has none before it, and is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from connectors.hubspot.kinds import OWNER, Kind
from connectors.hubspot.values import EPOCH, identifier, instant, mapping, objects, text
from connectors.hubspot.words import HEALTHS, TASK_STATUSES, priority_of, stage_status
from connectors.sdk.records import Change, StatusUpdate

Body = Mapping[str, Any]


def changes(id: str, kind: Kind, body: Body) -> Iterator[Change]:
    """What changed in a task."""
    for name, field in kind.history.items():
        for old, new in pairwise(versions(body, name)):
            before, after = text(old.get("value")), text(new.get("value"))
            at = _at(new)
            if before != after and at is not None:
                yield Change(
                    id=f"{id}:{name}:{_stamp(at)}",
                    task_id=id,
                    at=at,
                    author_id=author(body, new),
                    field=field,
                    field_label=text(mapping(mapping(body.get("fields")).get(name)).get("label")),
                    old=_comparable(body, name, field, before),
                    new=_comparable(body, name, field, after),
                    old_label=label(body, name, before),
                    new_label=label(body, name, after),
                )


def updates(id: str, body: Body) -> Iterator[StatusUpdate]:
    """Each state that a project was said to be in."""
    for version in versions(body, "hs_status"):
        at, value = _at(version), text(version.get("value"))
        if at is not None and value is not None:
            yield StatusUpdate(
                id=f"{id}:{_stamp(at)}",
                project_id=id,
                author_id=author(body, version),
                at=at,
                health=HEALTHS.get(value.casefold()),
                health_label=label(body, "hs_status", value),
            )


def versions(body: Body, name: str) -> list[Mapping[str, Any]]:
    """The versions of a property, the oldest first, one of each instant."""
    given = objects(mapping(mapping(body.get("row")).get("propertiesWithHistory")).get(name))
    by_time = {at: each for each in reversed(given) if (at := _at(each)) is not None}
    return [by_time[at] for at in sorted(by_time)]


def author(body: Body, version: Body) -> str | None:
    """The owner that the user is, who wrote a version."""
    user = identifier(version.get("updatedByUserId"))
    return None if user is None else text(mapping(body.get("owners")).get(user))


def label(body: Body, name: str, value: str | None) -> str | None:
    """A value as people see it: the label of an option or of a stage, else the value."""
    if value is None:
        return None
    options = mapping(mapping(mapping(body.get("fields")).get(name)).get("labels"))
    stage = mapping(mapping(body.get("stages")).get(value)) if _is_stage(name) else {}
    return text(stage.get("label")) or text(options.get(value)) or value


def _comparable(body: Body, name: str, field: str, value: str | None) -> str | None:
    """A value as `Change` compares it, HubSpot's own where that means nothing to us."""
    if value is None or name == OWNER:
        return value
    if field == "status":
        stage = mapping(mapping(body.get("stages")).get(value))
        status = stage_status(stage) if _is_stage(name) else TASK_STATUSES.get(value)
        return status or value
    if field == "priority":
        return str(priority_of(value) or value)
    if field == "due_on":
        at = instant(value)
        return value if at is None else at.isoformat()
    return value


def _is_stage(name: str) -> bool:
    return name in ("hs_pipeline_stage", "dealstage")


def _at(version: Body) -> datetime | None:
    return instant(version.get("timestamp"))


def _stamp(at: datetime) -> int:
    return int((at - EPOCH).total_seconds() * 1000)
