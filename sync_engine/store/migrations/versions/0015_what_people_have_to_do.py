"""What people have to do by week, and what a project's page reads quickly"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OF_ACCOUNT = ("open", "in_progress", "undated", "unmapped")
OF_WEEK = ("open", "minutes", "unsized")
LIVE = sa.text("milestone_id IS NOT NULL AND gone_at IS NULL")


def upgrade() -> None:
    """Load by account and week; indexes for milestones and reports of one project."""
    op.create_table(
        "load_of_account",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in OF_ACCOUNT),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name="fk_load_of_account_connection_id_connection",
        ),
        sa.PrimaryKeyConstraint("connection_id", "person_id", name="pk_load_of_account"),
    )
    op.create_table(
        "load_of_week",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in OF_WEEK),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_load_of_week_connection_id_connection"
        ),
        sa.PrimaryKeyConstraint("connection_id", "person_id", "monday", name="pk_load_of_week"),
    )
    op.create_table(
        "load_of_connection",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name="fk_load_of_connection_connection_id_connection",
        ),
        sa.PrimaryKeyConstraint("connection_id", name="pk_load_of_connection"),
    )
    op.create_index(
        "ix_task_milestone",
        "task",
        ["connection_id", "milestone_id", "status"],
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.drop_index("ix_flag_identity_id", "flag")
    op.create_index("ix_flag_person", "flag", ["identity_id", "state", "severity"])
    op.create_index("ix_milestone_project", "milestone", ["connection_id", "project_id"])
    op.create_index(
        "ix_status_update_project", "status_update", ["connection_id", "project_id", "at"]
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_status_update_project", "status_update")
    op.drop_index("ix_milestone_project", "milestone")
    op.drop_index("ix_flag_person", "flag")
    op.create_index("ix_flag_identity_id", "flag", ["identity_id"])
    op.drop_index("ix_task_milestone", "task")
    op.drop_table("load_of_connection")
    op.drop_table("load_of_week")
    op.drop_table("load_of_account")
