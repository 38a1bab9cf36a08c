"""What was written back"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync_engine.store.types import UTCDateTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The comments of ours in the tools."""
    op.create_table(
        "writeback",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("comment_id", sa.String(), nullable=True),
        sa.Column("text_hash", sa.String(), nullable=True),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=True),
        sa.Column("written_at", UTCDateTime(), nullable=True),
        sa.Column("changed_at", UTCDateTime(), nullable=True),
        sa.Column("tried_at", UTCDateTime(), nullable=True),
        sa.Column("next_at", UTCDateTime(), nullable=True),
        sa.Column("holds_until", UTCDateTime(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("touched_at", UTCDateTime(), nullable=True),
        sa.Column("before_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_writeback_connection_id_connection"
        ),
        sa.PrimaryKeyConstraint("fingerprint", name="pk_writeback"),
    )
    op.create_index("ix_writeback_connection", "writeback", ["connection_id", "task_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_writeback_connection", "writeback")
    op.drop_table("writeback")
