"""How every entry is changed: checked against all that it has to hold together with, then written
in one transaction with its secrets and its line of the audit log."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from connectors.sdk import registry
from sync_engine import clock
from sync_engine.commands import CommandError
from sync_engine.configure import sealing
from sync_engine.configure.sealing import Sealed
from sync_engine.configured import together, told_by_the_file, with_entries
from sync_engine.connect import kept_secrets
from sync_engine.settings import Configuration
from sync_engine.settings.entry import Entry, Key, LeftOut
from sync_engine.store import audit, entries
from sync_engine.store.audit import Actor
from sync_engine.store.kept_secrets import KeptSecrets
from sync_engine.store.vault import VaultError

LONGEST_NAME = 300
"""Characters of an entry's name: the store finds entries by it, and the log names it."""

Inside = Callable[[sa.Connection, datetime], None]


class InvalidError(CommandError):
    """An entry cannot be as it was given.

    Args:
        fields: by option ("options.token"; "" for the whole), what is wrong in plain words.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__("; ".join(f"{at}: {why}" if at else why for at, why in fields.items()))


class ChangedMeanwhileError(CommandError):
    """Somebody else has changed the entry since it was shown."""


@dataclass(frozen=True)
class Desk:
    """Where configuration is changed.

    Args:
        file: the configuration file alone.
        now: the time.
    """

    engine: sa.Engine
    file: Configuration
    now: Callable[[], datetime] = field(default=clock.now)

    def configuration(self) -> Configuration:
        """As it is in force now."""
        return with_entries(self.file, self.engine)[0]

    def entry(self, key: Key) -> Entry:
        """An entry of the store, in force or not. Raises `CommandError`."""
        for each in entries.snapshot(self.engine)[1]:
            if each.key == key:
                return each
        raise _absent(key)


@dataclass(frozen=True, slots=True)
class Changed:
    """What was changed: the values before and after that differ, by dotted path.

    Args:
        version: of the entry now; None: it is gone.
        secrets: the options whose secret was set or taken away.
    """

    key: Key
    version: int | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an entry is to be.

    Args:
        document: as the file would say it, without the name; None: the entry is to go. A secret is
            given in clear; left out, or given as its reference, it stays; as None, it goes.
        version: the one that was shown; None: there must be none yet.
    """

    key: Key
    document: Any
    version: int | None


def put(
    desk: Desk, actor: Actor, key: Key, document: Any, *, version: int | None,
    action: str | None = None, inside: Inside | None = None,
) -> Changed:  # fmt: skip
    """Make an entry (version None), or change the one that was shown. See `Wanted`, `apply`."""
    [changed] = apply(desk, actor, [Wanted(key, document, version)], action=action, inside=inside)
    return changed


def remove(
    desk: Desk, actor: Actor, key: Key, *, version: int, inside: Inside | None = None
) -> Changed:
    """Remove an entry, and the secrets that only it refers to. See `apply`."""
    [changed] = apply(desk, actor, [Wanted(key, None, version)], inside=inside)
    return changed


def apply(
    desk: Desk, actor: Actor, wanted: Sequence[Wanted], *, action: str | None = None,
    inside: Inside | None = None,
) -> list[Changed]:  # fmt: skip
    """Change entries, all or none.

    Args:
        inside: done in the same transaction.

    Raises:
        InvalidError: one cannot be so; nothing was written.
        ChangedMeanwhileError: another version is in the store.
        CommandError: something else would no longer hold.
    """
    with desk.engine.begin() as connection:
        entries.begin_change(connection)
        now = desk.now()
        before = {each.key: each for each in entries.read(connection)}
        after = dict(before)
        sealed = [_place(after, each, actor, now) for each in wanted]
        _check_whole(desk, before.values(), after.values(), [each.key for each in wanted])
        kept = kept_secrets(desk.file, desk.engine)
        changes = []
        for each, found in zip(wanted, sealed, strict=True):
            held = before.get(each.key)
            version = None
            if each.document is None:
                entries.remove(connection, each.key)
            else:
                version = entries.write(connection, each.key, found.document, by=actor.name, at=now)
            _keep(kept, connection, found.fresh)
            kept.drop(connection, _orphans(desk, held, after.values()))
            changed = _difference(
                each.key, version, held.document if held else None, found.document, found.touched
            )
            done = "removed" if version is None else "changed" if held else "added"
            _note(connection, actor, action or f"{each.key[0]} {done}", changed, now)
            changes.append(changed)
        if inside is not None:
            inside(connection, now)
        return changes


def _place(after: dict[Key, Entry], wanted: Wanted, actor: Actor, now: datetime) -> Sealed:
    """Put what is wanted among the entries, its secrets taken out."""
    key, held = wanted.key, after.get(wanted.key)
    _check_turn(key, held, wanted.version)
    if wanted.document is None:
        del after[key]
        return Sealed(None)
    if len(key[1]) > LONGEST_NAME:
        raise InvalidError({"name": f"a name has {LONGEST_NAME} characters at most"})
    sealed = sealing.seal(key, held.document if held else None, wanted.document, _config)
    if sealed.problems:
        raise InvalidError(sealed.problems)
    made = (held.made_at, held.made_by) if held else (now, actor.name)
    version = (wanted.version or 0) + 1
    after[key] = Entry(*key, sealed.document, version, *made, now, actor.name)
    return sealed


def _config(name: str) -> Any:
    return registry.get(name).Config if name in registry.names() else None


def _absent(key: Key) -> CommandError:
    return CommandError(f'there is no {key[0]} "{key[1]}" that was made in the console')


def _check_turn(key: Key, held: Entry | None, version: int | None) -> None:
    if held is None and version is not None:
        raise ChangedMeanwhileError(f'the {key[0]} "{key[1]}" was removed meanwhile')
    if held is not None and version is None:
        raise InvalidError({"name": f'there is a {key[0]} "{key[1]}" already'})
    if held is not None and held.version != version:
        raise ChangedMeanwhileError(
            f'the {key[0]} "{key[1]}" was changed meanwhile by {held.changed_by} at '
            f"{held.changed_at:%Y-%m-%d %H:%M} UTC; look at it anew, then change it"
        )


def _check_whole(
    desk: Desk, before: Iterable[Entry], after: Iterable[Entry], keys: Collection[Key]
) -> None:
    """Refuse what does not hold, and what takes the ground from another entry."""
    was, will = together(desk.file, before), together(desk.file, after)
    out = {(each.kind, each.name) for each in was.left_out}
    for each in will.left_out:
        if (each.kind, each.name) in keys:
            raise InvalidError({"": each.reason})
    broken = set(told_by_the_file(will))
    if broken and (broken := broken - set(told_by_the_file(was))):
        raise CommandError(f"the file rests on it: {'; '.join(sorted(broken))}; change that first")
    lost = [each for each in will.left_out if (each.kind, each.name) not in out]
    if lost:
        raise CommandError("; ".join(_loses(each) for each in lost))


def _loses(each: LeftOut) -> str:
    return f'the {each.kind} "{each.name}" rests on it: {each.reason}; change that first'


def _keep(kept: KeptSecrets, connection: sa.Connection, fresh: Mapping[str, str]) -> None:
    try:
        kept.seal(connection, fresh)
    except VaultError as error:
        said = f"the secret cannot be kept: {error.message} {error.advice}"
        raise CommandError(said.rstrip(".")) from None


def _orphans(desk: Desk, before: Entry | None, after: Iterable[Entry]) -> list[str]:
    """Names of secrets that an entry referred to and nothing refers to any more."""
    if before is None:
        return []
    held = {name for each in after for name in sealing.names(each.key, each.document, _config)}
    of_file = sealing.names_in_file(desk.file.source.data, _config)
    mine = sealing.names(before.key, before.document, _config)
    return sorted(set(mine) - held - set(of_file))


def _difference(
    key: Key, version: int | None, before: Any, after: Any, secrets: Iterable[str]
) -> Changed:
    old, new = dict(_flat(before)), dict(_flat(after))
    return Changed(
        key, version,
        {at: value for at, value in old.items() if at not in new or new[at] != value},
        {at: value for at, value in new.items() if at not in old or old[at] != value},
        tuple(secrets),
    )  # fmt: skip


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _flat(each, f"{path}.{key}" if path else str(key))
    elif value is not None:
        yield path, value


def _note(
    connection: sa.Connection, actor: Actor, action: str, changed: Changed, now: datetime
) -> None:
    after = dict(changed.after)
    if changed.secrets:
        after["secrets set or taken away"] = list(changed.secrets)
    audit.note(
        connection, actor, action, changed.key[1], at=now,
        before=dict(changed.before) or None, after=after or None,
    )  # fmt: skip
