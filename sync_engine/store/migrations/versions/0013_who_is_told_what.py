"""Who is told what"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync_engine.store.types import Json, UTCDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Digests to roles, flags that climb, links that were used."""
    op.create_table(
        "digest_round",
        sa.Column("subscription", sa.String(), nullable=False),
        sa.Column("since", UTCDateTime(), nullable=False),
        sa.Column("period_key", sa.String(), nullable=True),
        sa.Column("period_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("subscription", name="pk_digest_round"),
    )
    op.create_table(
        "escalation",
        sa.Column("subscription", sa.String(), nullable=False),
        sa.Column("flag_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("rung", sa.String(), nullable=False),
        sa.Column("had", Json, nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("told_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["flag_id"], ["flag.id"], name="fk_escalation_flag_id_flag"),
        sa.PrimaryKeyConstraint(
            "subscription", "flag_id", "opened_at", "recipient", name="pk_escalation"
        ),
    )
    op.create_index("ix_escalation_flag_id", "escalation", ["flag_id"])
    op.create_table(
        "used_link",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_used_link"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("used_link")
    op.drop_index("ix_escalation_flag_id", "escalation")
    op.drop_table("escalation")
    op.drop_table("digest_round")
