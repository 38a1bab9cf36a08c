"""Ways to look at flags, and lists of them that are read from an index"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync_engine.store.types import UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LISTED = (
    "state", "severity", "opened_at", "standard", "project", "owner", "owner_email", "tool",
)  # fmt: skip


def upgrade() -> None:
    """A table, and an index on SQLite; PostgreSQL bounds what an index may hold."""
    op.create_table(
        "flag_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("sort", sa.String(), nullable=False),
        sa.Column("grouping", sa.String(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_flag_view"),
        sa.UniqueConstraint("account_id", "name", name="uq_flag_view_account_id_name"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_flag_view_account_id_account"
        ),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.create_index("ix_flag_listed", "flag", list(LISTED))


def downgrade() -> None:
    """Back to lists without it."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index("ix_flag_listed", "flag")
    op.drop_table("flag_view")
