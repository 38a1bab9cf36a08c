"""Who may see which rows: the one place that says so, as conditions for a WHERE.

Admins, the PMO and viewers see everything. A manager sees the projects that meet their scope with
all that belongs to them, the people whom they lead with their flags and tasks, and themselves.
What is not visible does not exist: it is missing from counts, and its address answers 404.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from sync_engine.accounts import User
from sync_engine.rules import filters
from sync_engine.rules.calendars import Moment
from sync_engine.rules.compile import compiled
from sync_engine.rules.evaluate import frame_for
from sync_engine.rules.joins import IDENTITY, PERSON, PROJECT
from sync_engine.rules.language import read
from sync_engine.rules.other_facts import source_of
from sync_engine.rules.resolve import resolve

Condition = sa.ColumnElement[bool]


def check_scope(condition: str) -> None:
    """Raise `LanguageError` unless a manager's scope makes sense."""
    filters.check(condition, "project")


@dataclass(frozen=True)
class Visible:
    """What someone may see. Each condition takes the table, or its alias, that is selected from.

    Args:
        own_projects: (connection_id, id) of a manager's projects; None: everything is visible.
        led: ids of the identities that they lead, and their own.
        address: theirs, as teams are named.
    """

    own_projects: sa.Select[tuple[int, str]] | None = None
    led: sa.Select[tuple[int]] | None = None
    address: str = ""

    @classmethod
    def to(cls, user: User, connection: sa.Connection, moment: Moment) -> Visible:
        """What a user may see.

        Raises:
            LanguageError: their scope is not understood (any more).
        """
        if user.role != "manager":
            return cls()
        source = source_of(frame_for(connection, moment), "project")
        meets: Condition = sa.false()
        if user.scope:
            meets = compiled(resolve(read(user.scope), "project"), source)
        own = sa.select(source.base.c.connection_id, source.base.c.id)
        address = user.address.casefold()
        theirs = (IDENTITY.c.lead_email, IDENTITY.c.manager_email, IDENTITY.c.email)
        led = sa.or_(*(sa.func.lower(column) == address for column in theirs))
        return cls(
            own.select_from(source.origin).where(source.live(), meets),
            sa.select(IDENTITY.c.id).where(led),
            address,
        )

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
        """Of the table of flags."""
        if self.led is None:
            return sa.true()
        return sa.or_(
            self._of_project(t.c.connection_id, t.c.project_id), t.c.identity_id.in_(self.led)
        )

    def tasks(self, t: sa.FromClause) -> Condition:
        """Of the table of tasks."""
        if self.led is None:
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
        return sa.true() if self.led is None else id.in_(self.led)

    def teams(self, team: sa.ColumnElement[str]) -> Condition:
        """Of what is counted by team: their own only."""
        return sa.true() if self.led is None else team == self.address

    def connections(self, id: sa.ColumnElement[int]) -> Condition:
        """Of connections: a manager sees those through which their projects are read."""
        if self.own_projects is None:
            return sa.true()
        own = self.own_projects.subquery()
        return id.in_(sa.select(own.c.connection_id))

    def _of_project(
        self, connection_id: sa.ColumnElement[int], project_id: sa.ColumnElement[str]
    ) -> Condition:
        if self.own_projects is None:
            return sa.true()
        return sa.tuple_(connection_id, project_id).in_(self.own_projects)
