"""Tasks by their key, and what was done of the guided start"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync_engine.store.types import UTCDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """An index, a table."""
    op.create_index("ix_task_key", "task", ["connection_id", "key"])
    op.create_table(
        "guide_step",
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("done_at", UTCDateTime(), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("step", name="pk_guide_step"),
    )


def downgrade() -> None:
    """Both away."""
    op.drop_table("guide_step")
    op.drop_index("ix_task_key", "task")
