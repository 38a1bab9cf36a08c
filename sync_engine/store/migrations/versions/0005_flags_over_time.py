"""Waivers of a scope, and compliance of people, teams and portfolios"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync_engine.store.types import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COUNTS = ("met", "flagged", "waived", "unknown")


def upgrade() -> None:
    """A waiver may be for all flags of a scope. Compliance says what is waived, in which portfolio,
    whose and whose team's."""
    op.create_table(
        "scope_waiver",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("standard", sa.String(), nullable=True),
        sa.Column("condition", sa.Text(), nullable=True),
        sa.Column("approver", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("ended_why", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_scope_waiver"),
    )
    with op.batch_alter_table("waiver") as table:
        table.add_column(sa.Column("scope_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            "fk_waiver_scope_id_scope_waiver", "scope_waiver", ["scope_id"], ["id"]
        )
        table.create_index("ix_waiver_scope_id", ["scope_id"])
    op.add_column("compliance", sa.Column("project", sa.Text(), nullable=True))
    op.add_column("compliance", sa.Column("portfolio", sa.Text(), nullable=True))
    op.add_column(
        "compliance", sa.Column("waived", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_table(
        "compliance_of_team",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("standard", sa.String(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.PrimaryKeyConstraint("day", "standard", "team", name="pk_compliance_of_team"),
    )
    op.create_table(
        "compliance_of_person",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("identity_id", sa.Integer(), nullable=False),
        sa.Column("team", sa.String(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.PrimaryKeyConstraint("day", "identity_id", name="pk_compliance_of_person"),
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_table("compliance_of_person")
    op.drop_table("compliance_of_team")
    with op.batch_alter_table("compliance") as table:
        for name in ("waived", "portfolio", "project"):
            table.drop_column(name)
    with op.batch_alter_table("waiver") as table:
        table.drop_index("ix_waiver_scope_id")
        table.drop_constraint("fk_waiver_scope_id_scope_waiver", type_="foreignkey")
        table.drop_column("scope_id")
    op.drop_table("scope_waiver")
