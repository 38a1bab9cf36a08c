"""Whose a record is: the human behind its owner's account, and who leads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from sync_engine.rules.joins import IDENTITY, PERSON

NOBODY = 0
"""Stands for no owner, and for one whom we do not know."""
NO_TEAM = ""


@dataclass(frozen=True, slots=True)
class Teams:
    """Humans by account, and their teams: each is named by the address of who leads it.

    Args:
        accounts: by (connection, account): the identity.
        leads: by identity: the address of their lead, else of their manager.
    """

    accounts: Mapping[tuple[int, str], int] = field(default_factory=dict)
    leads: Mapping[int, str] = field(default_factory=dict)

    def whose(self, connection_id: int, owner_id: str | None) -> int:
        """The human behind an account."""
        return NOBODY if owner_id is None else self.accounts.get((connection_id, owner_id), NOBODY)

    def of(self, identity: int | None) -> str:
        """The team of a human."""
        return self.leads.get(identity or NOBODY, NO_TEAM)


def read(connection: sa.Connection) -> Teams:
    """The accounts and teams of a store."""
    accounts = connection.execute(
        sa.select(PERSON.c.connection_id, PERSON.c.id, PERSON.c.identity_id).where(
            PERSON.c.identity_id.is_not(None), PERSON.c.gone_at.is_(None)
        )
    )
    lead = sa.func.coalesce(IDENTITY.c.lead_email, IDENTITY.c.manager_email)
    leads = connection.execute(sa.select(IDENTITY.c.id, lead).where(lead.is_not(None)))
    return Teams(
        {(connection_id, id): identity for connection_id, id, identity in accounts},
        {identity: address.casefold() for identity, address in leads},
    )
