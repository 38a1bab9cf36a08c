"""What tools call about, and where mapped fields are found"""

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
    """Connections know of the calls of their tool; items that it called deleted wait to be read.
    The custom fields that admins have mapped are remembered as they were found."""
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
    op.create_table(
        "mapped_field",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("named", sa.String(), nullable=False),
        sa.Column("field_id", sa.String(), nullable=True),
        sa.Column("field_name", sa.String(), nullable=True),
        sa.Column("unreadable", sa.Boolean(), nullable=False),
        sa.Column("found_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_mapped_field_connection_id_connection"
        ),
        sa.PrimaryKeyConstraint("connection_id", "field", name="pk_mapped_field"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("mapped_field")
    op.drop_table("hint")
    with op.batch_alter_table("connection") as table:
        for name in ("hook_trouble", *INSTANTS):
            table.drop_column(name)
