"""From who has signed in elsewhere to an account here."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from sync_engine import accounts
from sync_engine.accounts import AccountError, NewAccount, User
from sync_engine.oidc import Person, SignInError
from sync_engine.store.audit import Actor
from sync_engine.store.engine import reading


def admit(engine: sa.Engine, person: Person, now: datetime, *, create: bool) -> User:
    """The account of a person, with the role that their groups give them now.

    Args:
        create: make one where there is none, for who has a role by their groups.

    Raises:
        SignInError: they have none, it is disabled, or their groups would leave no admin.
    """
    actor = Actor(person.address.lower(), "console")
    with reading(engine) as connection:
        try:
            user = accounts.find(connection, person.address)
        except AccountError:
            user = None
    try:
        if user is None:
            if not create or person.role is None:
                raise SignInError(f"{person.address} has no account here; an admin can add you")
            new = NewAccount(person.address, person.name, person.role)
            return accounts.add(engine, new, None, actor, now)
        if not user.enabled:
            raise SignInError(f"{user.address} may not sign in; an admin can change that")
        if person.role is None or person.role == user.role:
            return user
        scope = user.scope if person.role == "manager" else None
        return accounts.change(engine, user.address, actor, now, role=person.role, scope=scope)
    except AccountError as error:
        raise SignInError(str(error)) from error
