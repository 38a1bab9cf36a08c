"""Undated work that may be done"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """How much of a schedule is undated may be unknown."""
    _let(nullable=True)


def downgrade() -> None:
    """Results are made anew where they are missing."""
    op.execute("DELETE FROM schedule_result WHERE undated_activities IS NULL")
    _let(nullable=False)


def _let(*, nullable: bool) -> None:
    with op.batch_alter_table("schedule_result") as table:
        table.alter_column("undated_activities", existing_type=sa.Integer(), nullable=nullable)
