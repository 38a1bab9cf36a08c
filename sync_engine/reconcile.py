"""Deciding what is gone. Pure: what was listed and read goes in, what may be retired comes out.

Absence alone never deletes. A census must be complete, each missing id must be read by itself and
be denied, its container must still be visible, and a census that would take too much is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from connectors.sdk.records import GoneReason


@dataclass(frozen=True, slots=True)
class Guard:
    """When a census is held: it would retire more than `share` of a scope and at least `items`."""

    share: float = 0.2
    items: int = 10


@dataclass(frozen=True, slots=True)
class ScopeCensus:
    """One scope's complete list of ids against what the store has of it."""

    scope: str
    known: Set[str]
    listed: Set[str]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the lists say.

    Args:
        missing: per scope, ids that the store has and no complete list names: to be confirmed.
        held: per scope, why its missing ids wait for an admin.
        unknown: per scope, ids that the tool has and the store has not.
        moved: id → the scope that lists it now.
    """

    missing: Mapping[str, Sequence[str]] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, Sequence[str]] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)


def compare(censuses: Sequence[ScopeCensus], guard: Guard, beside: Iterable[str] = ()) -> Findings:
    """Compare complete lists with the store, scope by scope.

    Args:
        beside: ids that the store has of scopes without a list; a listed one may have them, too.
    """
    anywhere: dict[str, str] = {id: each.scope for each in censuses for id in each.listed}
    elsewhere = set(beside)
    known_anywhere = elsewhere.union(*(each.known for each in censuses))
    missing: dict[str, list[str]] = {}
    held: dict[str, str] = {}
    unknown: dict[str, list[str]] = {}
    moved = {id: anywhere[id] for id in elsewhere & anywhere.keys()}
    for each in censuses:
        absent = sorted(each.known - anywhere.keys())
        moved.update({id: anywhere[id] for id in (each.known - each.listed) & anywhere.keys()})
        new = sorted(each.listed - known_anywhere)
        if new:
            unknown[each.scope] = new
        if not absent:
            continue
        missing[each.scope] = absent
        reason = why_hold(len(absent), len(each.known), len(each.listed), guard)
        if reason:
            held[each.scope] = reason
    return Findings(missing, held, unknown, moved)


def why_hold(absent: int, known: int, listed: int, guard: Guard) -> str | None:
    """Why a scope's retirements wait for an admin; None: they need not."""
    if known and not listed:
        return f"the tool lists nothing where {known} items were"
    if absent >= guard.items and absent > guard.share * known:
        share = round(100 * absent / known)
        return (
            f"{absent} of {known} items ({share}%) are missing, more than the guard's "
            f"{round(100 * guard.share)}%"
        )
    return None


def verdict(answer: GoneReason | None, *, container_visible: bool) -> GoneReason | None:
    """What a confirming read of a missing id means; None: it is not gone.

    A tool that answers alike for deleted and hidden ("unknown") is believed to have deleted only
    where we still see the container.
    """
    if answer == "unknown":
        return "deleted" if container_visible else "access_lost"
    return answer
