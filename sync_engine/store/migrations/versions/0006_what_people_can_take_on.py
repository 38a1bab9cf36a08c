"""What people can take on: their hours a week, and the days on which they are away"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The people file says how much someone works, and when not."""
    op.add_column("identity", sa.Column("capacity_minutes", sa.Integer(), nullable=True))
    op.create_table(
        "leave",
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["identity.id"], name="fk_leave_identity_id_identity"
        ),
        sa.PrimaryKeyConstraint("identity_id", "first_on", name="pk_leave"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("leave")
    with op.batch_alter_table("identity") as table:
        table.drop_column("capacity_minutes")
