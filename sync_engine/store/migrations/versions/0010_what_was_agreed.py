"""What was agreed: plans of projects at a moment, and what sprints began with"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync_engine.store.types import UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

RESULTS = (
    ("baseline_id", sa.Integer()), ("high_duration_share", sa.Float()),
    ("missed_share", sa.Float()), ("bei", sa.Float()),
)  # fmt: skip


def upgrade() -> None:
    """Baselines, commitments, and the points of schedules that rest on them."""
    op.create_table(
        "baseline",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("period", sa.String(), nullable=True),
        sa.Column("taken_at", UTCDateTime(), nullable=False),
        sa.Column("taken_by", sa.String(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("last_due_on", sa.Date(), nullable=True),
        sa.Column("tasks", sa.Integer(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.Column("removed_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_baseline_connection_id_connection"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_baseline"),
        sa.UniqueConstraint(
            "connection_id", "project_id", "period",
            name="uq_baseline_connection_id_project_id_period",
        ),
    )  # fmt: skip
    op.create_index("ix_baseline_project", "baseline", ["connection_id", "project_id", "id"])
    op.create_index("ix_baseline_change", "baseline", ["change"])
    op.create_table(
        "baseline_task",
        sa.Column("baseline_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("estimate_minutes", sa.Integer(), nullable=True),
        sa.Column("points", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["baseline_id"], ["baseline.id"], name="fk_baseline_task_baseline_id_baseline"
        ),
        sa.PrimaryKeyConstraint("baseline_id", "task_id", name="pk_baseline_task"),
    )
    op.create_index("ix_baseline_task_task", "baseline_task", ["task_id"])
    op.create_table(
        "baseline_milestone",
        sa.Column("baseline_id", sa.Integer(), nullable=False),
        sa.Column("milestone_id", sa.String(), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["baseline_id"], ["baseline.id"], name="fk_baseline_milestone_baseline_id_baseline"
        ),
        sa.PrimaryKeyConstraint("baseline_id", "milestone_id", name="pk_baseline_milestone"),
    )
    op.create_index("ix_baseline_milestone_milestone", "baseline_milestone", ["milestone_id"])
    op.create_table(
        "commitment",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("sprint_id", sa.String(), nullable=False),
        sa.Column("began_at", UTCDateTime(), nullable=False),
        sa.Column("taken_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"], name="fk_commitment_connection_id_connection"
        ),
        sa.PrimaryKeyConstraint("connection_id", "sprint_id", name="pk_commitment"),
    )
    op.create_table(
        "commitment_task",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("sprint_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"], ["connection.id"],
            name="fk_commitment_task_connection_id_connection",
        ),
        sa.PrimaryKeyConstraint(
            "connection_id", "sprint_id", "task_id", name="pk_commitment_task"
        ),
    )  # fmt: skip
    for name, kind in RESULTS:
        op.add_column("schedule_result", sa.Column(name, kind, nullable=True))
    op.add_column(
        "assessment", sa.Column("baselines", sa.Integer(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("assessment") as table:
        table.drop_column("baselines")
    with op.batch_alter_table("schedule_result") as table:
        for name, _ in RESULTS:
            table.drop_column(name)
    for name in (
        "commitment_task", "commitment", "baseline_milestone", "baseline_task", "baseline",
    ):  # fmt: skip
        op.drop_table(name)
