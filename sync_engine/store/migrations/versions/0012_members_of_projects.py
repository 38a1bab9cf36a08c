"""Members of projects"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync_engine.store.types import Json

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Projects say who belongs to them."""
    op.add_column("project", sa.Column("member_ids", Json, nullable=True))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("project") as table:
        table.drop_column("member_ids")
