"""Digests, their channels, and general settings: entries that need little beyond their form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_engine.configure.changes import Changed, Desk, InvalidError, put, remove
from sync_engine.digest.channels.webhook import key_of
from sync_engine.settings.digests import wrong_name
from sync_engine.settings.entry import Key
from sync_engine.store.audit import Actor


def set_digest(
    desk: Desk, actor: Actor, name: str, document: Mapping[str, Any], *, version: int | None
) -> Changed:
    """Add a digest (version None), or change it. Raises as `changes.put`."""
    return put(desk, actor, ("digest", name), dict(document), version=version)


def remove_digest(desk: Desk, actor: Actor, name: str, *, version: int) -> Changed:
    """Remove a digest; what was sent stays in the log."""
    return remove(desk, actor, ("digest", name), version=version)


def set_channel(
    desk: Desk, actor: Actor, name: str, document: Mapping[str, Any], *, version: int | None
) -> Changed:
    """Add a channel (version None), or change it; its kind stays. Raises as `changes.put`."""
    if why := wrong_name(name):
        raise InvalidError({"name": why})
    key: Key = ("channel", name)
    if version is not None:
        document = {**document, "kind": desk.entry(key).document.get("kind")}
    if document.get("kind") == "webhook" and isinstance(secret := document.get("secret"), str):
        try:
            key_of(secret)
        except ValueError as error:
            raise InvalidError({"secret": str(error)}) from None
    return put(desk, actor, key, dict(document), version=version)


def remove_channel(desk: Desk, actor: Actor, name: str, *, version: int) -> Changed:
    """Remove a channel and its secrets. Raises as `changes.remove`: a digest may rest on it."""
    return remove(desk, actor, ("channel", name), version=version)


def set_setting(desk: Desk, actor: Actor, name: str, value: Any, *, version: int | None) -> Changed:
    """Say a general setting: a key of `merge.SETTINGS`, such as `timezone` or `mail`."""
    return put(desk, actor, ("setting", name), value, version=version)


def unset_setting(desk: Desk, actor: Actor, name: str, *, version: int) -> Changed:
    """Take a general setting back to its default."""
    return remove(desk, actor, ("setting", name), version=version)
