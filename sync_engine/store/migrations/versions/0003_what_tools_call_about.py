"""What tools call about"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync_engine.store.types import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANTS = ("hook_since", "hooked_at", "hook_refused_at", "changed_at")


def upgrade() -> None:
    """Connections know of the calls of their tool; items that it called deleted wait to be read."""
    for name in INSTANTS:
        op.add_column("connection", sa.Column(name, UTCDateTime(), nullable=True))
    op.add_column("connection", sa.Column("hook_trouble", sa.Text(), nullable=True))
    op.create_table(
        "hint",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_hint_connection_id_connection"
        ),
        sa.PrimaryKeyConstraint("connection_id", "stream", "item_id", name="pk_hint"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("hint")
    with op.batch_alter_table("connection") as table:
        for name in ("hook_trouble", *INSTANTS):
            table.drop_column(name)
