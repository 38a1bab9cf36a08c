"""The audit log tells who changed what, in the transaction of the change."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import sqlalchemy as sa

from sync_engine.store import audit
from sync_engine.store.audit_models import AuditRow

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
MARIA = audit.Actor("maria@acme.example", "console")


def _rows(store: sa.Engine) -> list[tuple[object, ...]]:
    table = AuditRow.__table__  # type: ignore[attr-defined]
    wanted = sa.select(
        table.c.at, table.c.who, table.c.via, table.c.action, table.c.about, table.c.before,
        table.c.after,
    )  # fmt: skip
    with store.connect() as connection:
        return [tuple(row) for row in connection.execute(wanted.order_by(table.c.id))]


def test_a_change_is_told_with_what_was_before(store: sa.Engine) -> None:
    """Whoever looks later sees the moment, the person, the thing, and both values."""
    with store.begin() as connection:
        audit.note(connection, MARIA, "standard changed", "overdue", at=NOW,
                   before={"days": 1}, after={"days": 3})  # fmt: skip
    assert _rows(store) == [
        (NOW, "maria@acme.example", "console", "standard changed", "overdue", {"days": 1},
         {"days": 3}),
    ]  # fmt: skip


def test_what_a_line_is_about_is_cut_where_no_index_would_take_it(store: sa.Engine) -> None:
    long = "".join(sha256(b"%d" % number).hexdigest() for number in range(300))
    with store.begin() as connection:
        audit.note(connection, MARIA, "suggestion refused", long, at=NOW)
    assert [row[4] for row in _rows(store)] == [long[:300]]


def test_a_change_that_is_undone_leaves_no_line(store: sa.Engine) -> None:
    """What did not happen is not told."""
    with store.connect() as connection:
        audit.note(connection, MARIA, "connection added", "engineering", at=NOW)
        connection.rollback()
    assert _rows(store) == []
