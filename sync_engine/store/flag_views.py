"""Ways to look at flags that people keep by a name: their own, and those that are shared."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from sync_engine.store import audit
from sync_engine.store.account_models import Account, FlagView
from sync_engine.store.audit import Actor

VIEW: sa.Table = FlagView.__table__  # type: ignore[attr-defined]
ACCOUNT: sa.Table = Account.__table__  # type: ignore[attr-defined]
LONGEST_NAME = 80
MOST = 50
"""Views of one person: more would not be found again."""


class ViewError(Exception):
    """A view cannot be kept; the message says why."""


@dataclass(frozen=True, slots=True)
class View:
    """A way to look at flags; see `FlagView`."""

    name: str
    condition: str
    sort: str
    grouping: str | None
    shared: bool


@dataclass(frozen=True, slots=True)
class Kept(View):
    """A view as it is listed. `by`: who shares it; None: it is the reader's own."""

    id: int
    by: str | None


def listed(connection: sa.Connection, account_id: int) -> tuple[Kept, ...]:
    """A person's own views by name, and then those that others share."""
    own = VIEW.c.account_id == account_id
    rows = connection.execute(
        sa.select(VIEW, ACCOUNT.c.name.label("owner"))
        .join(ACCOUNT, ACCOUNT.c.id == VIEW.c.account_id)
        .where(sa.or_(own, VIEW.c.shared.is_(True)))
        .order_by(sa.case((own, 0), else_=1), VIEW.c.name, VIEW.c.id)
    )
    return tuple(
        Kept(row.name, row.condition, row.sort, row.grouping, row.shared, row.id,
             None if row.account_id == account_id else row.owner)
        for row in rows
    )  # fmt: skip


def keep(engine: sa.Engine, account_id: int, view: View, *, actor: Actor, now: datetime) -> None:
    """Keep a view; one of the same person and name is replaced.

    Raises:
        ViewError: it has no name or too long a one, or there are too many.
    """
    name = view.name
    if not name or len(name) > LONGEST_NAME:
        raise ViewError(f"give it a name of at most {LONGEST_NAME} characters")
    values = asdict(view)
    own = VIEW.c.account_id == account_id
    with engine.begin() as connection:
        changed = connection.execute(
            sa.update(VIEW).where(own, VIEW.c.name == name).values(values)
        ).rowcount
        if not changed:
            held = sa.select(sa.func.count()).select_from(VIEW).where(own)
            if connection.execute(held).scalar_one() >= MOST:
                raise ViewError(f"you keep {MOST} views already; delete one that you do not need")
            connection.execute(
                sa.insert(VIEW),
                {"account_id": account_id, "created_at": now, **values},
            )
        audit.note(connection, actor, "view of flags kept", name, at=now, after=values)


def delete(engine: sa.Engine, account_id: int, id: int, *, actor: Actor, now: datetime) -> bool:
    """Delete a view of a person; whether they had it."""
    with engine.begin() as connection:
        gone = connection.execute(
            sa.delete(VIEW)
            .where(VIEW.c.id == id, VIEW.c.account_id == account_id)
            .returning(VIEW.c.name)
        ).first()
        if gone is not None:
            audit.note(connection, actor, "view of flags deleted", gone.name, at=now)
    return gone is not None
