"""A pack once it is read: its standards, those that it takes over, and what it sets of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sync_engine.rules import entries
from sync_engine.rules.language import LanguageError, read
from sync_engine.rules.operands import ParamValue
from sync_engine.rules.pack_schema import StandardEntry
from sync_engine.rules.resolve import resolve
from sync_engine.rules.standards import Severity, Standard
from sync_engine.rules.syntax import Condition
from sync_engine.settings.nearest import nearest
from sync_engine.settings.source import Source


class Setting(Protocol):
    """What the configuration says about a standard, otherwise than its pack."""

    @property
    def enabled(self) -> bool | None: ...
    @property
    def severity(self) -> Severity | None: ...
    @property
    def scope(self) -> str | None: ...
    @property
    def params(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as its file says.

    Args:
        entries, standards: its own, in the order of the file.
        bases: the packs that it extends.
        set: what it changes of their standards.
    """

    name: str
    title: str
    source: Source
    entries: tuple[StandardEntry, ...]
    standards: tuple[Standard, ...]
    owner: str | None = None
    version: str | None = None
    bases: tuple[Pack, ...] = ()
    set: Mapping[str, Setting] = field(default_factory=dict)

    def family(self) -> Iterator[Pack]:
        """The packs that it extends, and those that they do; itself last."""
        for base in self.bases:
            yield from base.family()
        yield self

    def members(self) -> dict[str, Member]:
        """All its standards by id, those of its bases as it sets them."""
        found: dict[str, Member] = {}
        for base in self.bases:
            found |= base.members()
        for id, setting in self.set.items():
            found[id] = found[id].as_set(setting)
        for entry, standard in zip(self.entries, self.standards, strict=True):
            found[entry.id] = Member(self.name, entry, standard)
        return found


@dataclass(frozen=True, slots=True)
class Member:
    """A standard of a pack; `pack` is the one that first says it."""

    pack: str
    entry: StandardEntry
    standard: Standard

    def as_set(self, setting: Setting) -> Member:
        """The standard with a setting. Raises `Refused`."""
        entry = _adjusted(self.entry, setting)
        return Member(self.pack, entry, _standard(self.pack, entry, setting))


class Refused(Exception):
    """A setting that makes no sense; `key` is the one of its keys that does not."""

    def __init__(self, message: str, key: str) -> None:
        self.key = key
        super().__init__(message)


def _adjusted(entry: StandardEntry, setting: Setting) -> StandardEntry:
    """An entry as it would stand in the pack, were it written with these settings."""
    params = dict(entry.params)
    for name, value in setting.params.items():
        if name not in params:
            known = [*params, "enabled", "severity", "scope"]
            raise Refused(f'there is no parameter "{name}"{nearest(name, known)}', name)
        try:
            given = entries.param_value(name, params[name], value)
        except ValueError as error:
            raise Refused(str(error), name) from None
        params[name] = params[name].model_copy(update={"default": given})
    changes: dict[str, Any] = {
        "scope": setting.scope, "severity": setting.severity, "enabled": setting.enabled,
    }  # fmt: skip
    given_changes = {name: value for name, value in changes.items() if value is not None}
    return entry.model_copy(update={"params": params, **given_changes})


def _standard(pack: str, entry: StandardEntry, setting: Setting) -> Standard:
    """The standard that an adjusted entry says; its scope can be wrong, or a parameter that no
    bound of the pack keeps within what a condition can say."""
    params = {name: ParamValue(param.default, param.type) for name, param in entry.params.items()}

    def condition(text: str, key: str, at: str) -> Condition:
        try:
            return resolve(read(text), entry.subject, params)
        except LanguageError as error:
            raise Refused(f"{key}, {error}", at) from None

    given = next(iter(setting.params), "scope")
    at_scope = given if setting.scope is None else "scope"
    worse = entry.escalate.when if entry.escalate else None
    conditions = entries.Conditions(
        None if entry.scope is None else condition(entry.scope, "scope", at_scope),
        condition(entry.flag_when, "flag_when", given),
        None if worse is None else condition(worse, "escalate", given),
    )
    said = entries.say_facts(entry.say, entry.subject, entry.params)
    return entries.make(entry, pack, params, conditions, said)
