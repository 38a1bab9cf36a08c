"""People as they were taken"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Which people were known when accounts were given their identity."""
    op.create_table(
        "people_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people_state"),
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_table("people_state")
