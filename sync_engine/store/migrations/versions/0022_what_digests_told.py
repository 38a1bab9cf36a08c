"""What digests told"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Remember the last event that a reader's digest knew of; until the next one none is known."""
    op.add_column("digest_reader", sa.Column("told_event", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Forget it."""
    with op.batch_alter_table("digest_reader") as batch:
        batch.drop_column("told_event")
