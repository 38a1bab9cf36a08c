"""Digests and general settings: the entries that need nothing beyond their own form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_engine.configure.changes import Changed, Desk, put, remove
from sync_engine.store.audit import Actor


def set_digest(
    desk: Desk, actor: Actor, name: str, document: Mapping[str, Any], *, version: int | None
) -> Changed:
    """Add a digest (version None), or change it. Raises as `changes.put`."""
    return put(desk, actor, ("digest", name), dict(document), version=version)


def remove_digest(desk: Desk, actor: Actor, name: str, *, version: int) -> Changed:
    """Remove a digest; what was sent stays in the log."""
    return remove(desk, actor, ("digest", name), version=version)


def set_setting(desk: Desk, actor: Actor, name: str, value: Any, *, version: int | None) -> Changed:
    """Say a general setting: a key of `merge.SETTINGS`, such as `timezone` or `mail`."""
    return put(desk, actor, ("setting", name), value, version=version)


def unset_setting(desk: Desk, actor: Actor, name: str, *, version: int) -> Changed:
    """Take a general setting back to its default."""
    return remove(desk, actor, ("setting", name), version=version)
