"""What projects lack"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync_engine.store.types import Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Projects say which fields their tasks have no room for."""
    op.add_column("project", sa.Column("lacks", Json, nullable=True))
    op.add_column("project", sa.Column("task_fields", Json, nullable=True))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("project") as table:
        table.drop_column("task_fields")
        table.drop_column("lacks")
