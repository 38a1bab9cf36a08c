"""Who may see which rows: the one place that says so, as conditions for a WHERE.

Admins, the PMO and viewers see everything. A manager sees the projects that meet their scope with
all that belongs to them, the people whom they lead with their flags and tasks, and themselves.
What is not visible does not exist: it is missing from counts, and its address answers 404.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sync_engine.accounts import User
from sync_engine.rules import filters
from sync_engine.rules.calendars import Moment
from sync_engine.rules.compile import compiled
from sync_engine.rules.frames import frame_for
from sync_engine.rules.joins import IDENTITY, PERSON, PROJECT
from sync_engine.rules.language import read
from sync_engine.rules.other_facts import source_of
from sync_engine.rules.resolve import resolve

Condition = sa.ColumnElement[bool]


def check_scope(condition: str) -> None:
    """Raise `LanguageError` unless a manager's scope makes sense."""
    filters.check(condition, "project")


MOST_IDS = 5_000
"""Of a manager's projects and people that are named one by one: databases find named rows by their
index. More of them are left to a subquery."""


@dataclass(frozen=True)
class Visible:
    """What someone may see. Each condition takes the table, or its alias, that is selected from.

    Args:
        own_projects: a manager's projects by connection, or a query for (connection_id, id) where
            they are many; None: everything is visible.
        led: ids of the identities that they lead, and their own; or a query for them.
        address: theirs, as teams are named.
        most: most projects are theirs, so that to find their flags takes longer than to try all.
    """

    own_projects: Mapping[int, Sequence[str]] | sa.Select[Any] | None = None
    led: Sequence[int] | sa.Select[Any] = ()
    address: str = ""
    most: bool = False

    @classmethod
    def to(cls, user: User, connection: sa.Connection, moment: Moment) -> Visible:
        """What a user may see, as of the connection's transaction.

        Raises:
            LanguageError: their scope is not understood (any more).
        """
        if user.role != "manager":
            return cls()
        address = user.address.casefold()
        theirs = (IDENTITY.c.lead_email, IDENTITY.c.manager_email, IDENTITY.c.email)
        leads = sa.or_(*(sa.func.lower(column) == address for column in theirs))
        led = sa.select(IDENTITY.c.id).where(leads)
        ids = connection.execute(led.limit(MOST_IDS + 1)).scalars().all()
        own = _own(connection, user.scope, moment) if user.scope else {}
        return cls(own, led if len(ids) > MOST_IDS else ids, address, _most(connection, own))

    @property
    def everything(self) -> bool:
        """Whether nothing is hidden."""
        return self.own_projects is None

    def projects(self, t: sa.FromClause = PROJECT) -> Condition:
        """Of the table of projects."""
        return self._of_project(t.c.connection_id, t.c.id)

    def of_projects(self, t: sa.FromClause) -> Condition:
        """Of any table with `connection_id` and `project_id`: compliance, milestones, sprints."""
        return self._of_project(t.c.connection_id, t.c.project_id)

    def flags(self, t: sa.FromClause = filters.FLAG) -> Condition:
        """Of the table of flags, by id: theirs are found by two indexes, and not all are tried,
        unless most are theirs."""
        if self.everything or self.most:
            return self.among_flags(t)
        flag = filters.FLAG.alias("visible_flag")
        own = sa.select(flag.c.id).where(self._of_project(flag.c.connection_id, flag.c.project_id))
        led = sa.select(flag.c.id).where(flag.c.identity_id.in_(self.led))
        found: Condition = t.c.id.in_(own.union_all(led))
        return found

    def among_flags(self, t: sa.FromClause) -> Condition:
        """Of flags that something else finds, such as their standard: each of them is tried."""
        if self.everything:
            return sa.true()
        mine = self._of_project(t.c.connection_id, t.c.project_id)
        return sa.or_(mine, t.c.identity_id.in_(self.led))

    def tasks(self, t: sa.FromClause) -> Condition:
        """Of the table of tasks."""
        if self.everything:
            return sa.true()
        accounts = sa.select(PERSON.c.connection_id, PERSON.c.id).where(
            PERSON.c.identity_id.in_(self.led)
        )
        return sa.or_(
            self._of_project(t.c.connection_id, t.c.project_id),
            sa.tuple_(t.c.connection_id, t.c.owner_id).in_(accounts),
        )

    def people(self, id: sa.ColumnElement[int] = IDENTITY.c.id) -> Condition:
        """Of identities, by the column that holds their id."""
        return sa.true() if self.everything else id.in_(self.led)

    def teams(self, team: sa.ColumnElement[str]) -> Condition:
        """Of what is counted by team: their own only."""
        return sa.true() if self.everything else team == self.address

    def connections(self, id: sa.ColumnElement[int]) -> Condition:
        """Of connections: a manager sees those through which their projects are read."""
        own = self.own_projects
        if own is None:
            return sa.true()
        if isinstance(own, Mapping):
            return id.in_(list(own))
        return id.in_(sa.select(own.subquery().c.connection_id))

    def _of_project(
        self, connection_id: sa.ColumnElement[int], project_id: sa.ColumnElement[str]
    ) -> Condition:
        own = self.own_projects
        if own is None:
            return sa.true()
        if isinstance(own, Mapping):
            named = (sa.and_(connection_id == c, project_id.in_(ids)) for c, ids in own.items())
            return sa.or_(sa.false(), *named)
        return sa.tuple_(connection_id, project_id).in_(own)


def _most(connection: sa.Connection, own: Mapping[int, Sequence[str]] | sa.Select[Any]) -> bool:
    if not isinstance(own, Mapping):
        return False
    some = sa.select(PROJECT.c.id).limit(MOST_IDS * 2).subquery()
    total: int = connection.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
    return sum(map(len, own.values())) * 2 > total


def _own(
    connection: sa.Connection, scope: str, moment: Moment
) -> Mapping[int, Sequence[str]] | sa.Select[Any]:
    """The projects that meet a scope."""
    source = source_of(frame_for(connection, moment), "project")
    meets = compiled(resolve(read(scope), "project"), source)
    own = (
        sa.select(source.base.c.connection_id, source.base.c.id)
        .select_from(source.origin)
        .where(source.live(), meets)
    )
    rows = connection.execute(own.limit(MOST_IDS + 1)).all()
    if len(rows) > MOST_IDS:
        return own
    found: dict[int, list[str]] = {}
    for connection_id, id in rows:
        found.setdefault(connection_id, []).append(id)
    return found
