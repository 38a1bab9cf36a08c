"""Which runs are whose"""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let PostgreSQL know that runs belong to connections; SQLite goes by its index alone."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE STATISTICS st_task_run (dependencies, mcv) ON connection_id, run_id FROM task"
        )
        op.execute("ANALYZE task")


def downgrade() -> None:
    """Forget it."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP STATISTICS st_task_run")
