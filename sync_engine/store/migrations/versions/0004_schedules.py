"""What follows from a project's network"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SHARES = ("open_ends_share", "lags_share", "finish_to_start_share", "high_float_share", "cpli")
COUNTS = (
    "leads", "negative_float", "invalid_dates", "unresourced", "dependency_conflicts",
    "dependency_cycles",
)  # fmt: skip


def upgrade() -> None:
    """Analysed schedules of projects, and the float of their tasks."""
    op.create_table(
        "schedule_result",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("dependencies", sa.Integer(), nullable=False),
        sa.Column("open_activities", sa.Integer(), nullable=False),
        sa.Column("undated_activities", sa.Integer(), nullable=False),
        sa.Column("forecast_finish", sa.Date(), nullable=True),
        *(sa.Column(name, sa.Float(), nullable=True) for name in SHARES),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in COUNTS),
        sa.Column("critical_path_test", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["connection.id"],
            name="fk_schedule_result_connection_id_connection",
        ),
        sa.PrimaryKeyConstraint("connection_id", "project_id", name="pk_schedule_result"),
    )
    op.create_table(
        "task_schedule",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("total_float", sa.Float(), nullable=True),
        sa.Column("critical", sa.Boolean(), nullable=True),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_task_schedule_connection_id_connection"
        ),
        sa.PrimaryKeyConstraint("connection_id", "task_id", name="pk_task_schedule"),
    )
    op.create_index(
        "ix_task_schedule_project", "task_schedule", ["connection_id", "project_id"]
    )  # fmt: skip


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_task_schedule_project", table_name="task_schedule")
    op.drop_table("task_schedule")
    op.drop_table("schedule_result")
