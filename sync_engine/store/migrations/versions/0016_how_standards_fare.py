"""How standards fare, read quickly"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

COUNTS = ("met", "flagged", "waived", "unknown")


def upgrade() -> None:
    """Compliance by standard; indexes for flags of a standard, and for some projects' rows."""
    op.create_table(
        "compliance_of_standard",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("standard", sa.String(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.PrimaryKeyConstraint("day", "standard", name="pk_compliance_of_standard"),
    )
    sums = ", ".join(f"sum({name})" for name in COUNTS)
    op.execute(
        f"INSERT INTO compliance_of_standard (day, standard, {', '.join(COUNTS)}) "  # noqa: S608 - names of ours
        f"SELECT day, standard, {sums} FROM compliance GROUP BY day, standard"
    )
    op.create_index("ix_compliance_project", "compliance", ["connection_id", "project_id", "day"])
    op.drop_index("ix_flag_standard", "flag")
    op.create_index("ix_flag_standard", "flag", ["standard", "state", "severity", "opened_at"])
    # PostgreSQL's index takes no longer ones.
    op.execute("UPDATE audit SET about = substr(about, 1, 300) WHERE length(about) > 300")
    op.create_index("ix_audit_about", "audit", ["about", "id"])


def downgrade() -> None:
    """Back to adding up."""
    op.drop_index("ix_audit_about", "audit")
    op.drop_index("ix_flag_standard", "flag")
    op.create_index("ix_flag_standard", "flag", ["standard"])
    op.drop_index("ix_compliance_project", "compliance")
    op.drop_table("compliance_of_standard")
