"""People: whose accounts are one person's, who leads whom, what they can take on, who is away."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sync_engine.commands import CommandError
from sync_engine.configure.changes import LONGEST_NAME, Changed, Desk, Wanted, apply, put, remove
from sync_engine.people import Account, Suggestion, accounts, fold, suggested
from sync_engine.settings import SettingsError, people_of_file
from sync_engine.settings.entry import Entry, Key
from sync_engine.store import entries
from sync_engine.store.audit import Actor
from sync_engine.store.engine import reading

ONE_EACH = frozenset({"lead", "manager", "capacity_hours"})
"""What a person has one of."""


def key_of(document: Mapping[str, Any]) -> Key:
    """The key that a new person gets: the first address, else the name."""
    emails = document.get("emails") or ()
    return "person", fold(emails[0]) if emails else f"name:{fold(str(document.get('name')))}"


def set_person(
    desk: Desk, actor: Actor, document: Mapping[str, Any], *, key: Key | None = None,
    version: int | None = None,
) -> Changed:  # fmt: skip
    """Add a person (no key), or say anew who one is: name, addresses, accounts, lead, manager,
    capacity, leave.

    Raises:
        InvalidError: also where an address or account is somebody else's already.
    """
    return put(desk, actor, key or key_of(document), dict(document), version=version)


def remove_person(desk: Desk, actor: Actor, key: Key, *, version: int) -> Changed:
    """Take back what was said of a person; the tools' accounts stand for themselves again."""
    return remove(desk, actor, key, version=version)


def suggestions(desk: Desk) -> list[Suggestion]:
    """Accounts that look like one person, those left out that were refused."""
    with reading(desk.engine) as connection:
        found = accounts(connection)
    refused = [
        {tuple(each) for each in entry.document["accounts"]}
        for entry in desk.configuration().of_kind("different people")
    ]
    return [
        each
        for each in suggested(found)
        if not any({account.key for account in each.accounts} <= known for known in refused)
    ]


def accept(desk: Desk, actor: Actor, suggestion: Suggestion) -> list[Changed]:
    """Say that accounts are one person's. See `link`."""
    return link(desk, actor, suggestion.name, suggestion.accounts)


def refuse(desk: Desk, actor: Actor, suggestion: Suggestion) -> Changed:
    """Say that accounts are of different people; it is not suggested again."""
    held = sorted(account.key for account in suggestion.accounts)
    name = " = ".join("/".join(each) for each in held)
    if len(name) > LONGEST_NAME:
        name = f"{name[:200]}… {hashlib.sha256(name.encode()).hexdigest()}"
    return put(
        desk, actor, ("different people", name), {"accounts": [list(each) for each in held]},
        version=None, action="suggestion refused",
    )  # fmt: skip


def link(desk: Desk, actor: Actor, name: str, linked: Iterable[Account]) -> list[Changed]:
    """Make accounts one person's, by all their addresses and ids; what was said of them in the
    console so far is joined.

    Raises:
        CommandError: one of them is a person of the people file, or what was said of them so far
            contradicts itself.
    """
    linked = list(linked)
    _not_of_file(desk, linked)
    held = [each for each in _persons(desk) if any(_names(each, account) for account in linked)]
    document = _joined(held)
    emails = [mail for entry in held for mail in entry.document.get("emails") or ()]
    emails += [account.email for account in linked if account.email]
    said: dict[str, list[str]] = {}
    for entry in held:
        for where, ids in (entry.document.get("accounts") or {}).items():
            said.setdefault(where, []).extend([ids] if isinstance(ids, str) else ids)
    for account in linked:
        said.setdefault(account.connection, []).append(account.id)
    document |= {
        "name": document.get("name") or name,
        "emails": list({fold(mail): mail for mail in emails}.values()),
        "accounts": {where: list(dict.fromkeys(ids)) for where, ids in said.items()},
    }
    key, version = (held[0].key, held[0].version) if held else (key_of(document), None)
    wanted = [Wanted(each.key, None, each.version) for each in held[1:]]
    wanted.append(Wanted(key, document, version))
    return apply(desk, actor, wanted, action="accounts linked")


def _joined(held: Sequence[Entry]) -> dict[str, Any]:
    """What was said of several, as said of one; the first one's name. Raises `CommandError`."""
    document: dict[str, Any] = {}
    leave: list[Any] = []
    for entry in held:
        leave += [each for each in entry.document.get("leave") or () if each not in leave]
        for key, value in entry.document.items():
            if document.setdefault(key, value) != value and key in ONE_EACH:
                raise CommandError(
                    f"{held[0].document['name']} and {entry.document['name']} were told apart so "
                    f"far: {key.replace('_', ' ')} is {document[key]} of the one and {value} of "
                    "the other; say the same of both in the settings' people, then join them"
                )
    return document | ({"leave": leave} if leave else {})


def _persons(desk: Desk) -> list[Entry]:
    return [each for each in entries.snapshot(desk.engine)[1] if each.kind == "person"]


def _names(entry: Entry, account: Account) -> bool:
    ids = (entry.document.get("accounts") or {}).get(account.connection) or ()
    listed = {fold(each) for each in ([ids] if isinstance(ids, str) else ids)}
    emails = {fold(mail) for mail in entry.document.get("emails") or ()}
    return bool({fold(account.id), fold(account.name)} & listed) or (
        account.email is not None and fold(account.email) in emails
    )


def _not_of_file(desk: Desk, linked: Iterable[Account]) -> None:
    try:
        people = people_of_file(desk.configuration())
    except SettingsError as error:
        raise CommandError(str(error)) from None
    for person in people.people:
        for account in linked:
            listed = {fold(each) for each in person.accounts.get(account.connection, ())}
            mails = {fold(mail) for mail in person.emails}
            if {fold(account.id), fold(account.name)} & listed or (
                account.email and fold(account.email) in mails
            ):
                raise CommandError(
                    f"the account {account.name} of {account.connection} is that of {person.name} "
                    f"in {desk.file.settings.people}; change it in that file"
                )
