"""What changed last is found by itself"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = ("task", "link", "membership", "comment", "worklog", "change", "approval")


def upgrade() -> None:
    """Rows by the run that wrote them: an assessment of what changed looks at nothing else."""
    for table in TABLES:
        op.create_index(f"ix_{table}_run", table, ["connection_id", "run_id"])


def downgrade() -> None:
    """Take it back."""
    for table in TABLES:
        op.drop_index(f"ix_{table}_run", table)
