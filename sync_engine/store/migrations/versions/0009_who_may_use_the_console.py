"""Who may use the console, and what its pages read quickly"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from sync_engine.store.types import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COUNTS = ("met", "flagged", "waived", "unknown")


def upgrade() -> None:
    """Accounts with sessions and tokens; compliance by project; indexes for counts."""
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("signed_in_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("address", name="uq_account_address"),
    )
    op.create_table(
        "web_session",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_web_session"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_web_session_account_id_account"
        ),
    )
    op.create_index("ix_web_session_account_id", "web_session", ["account_id"])
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.Column("revoked_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_api_token_account_id_account"
        ),
        sa.UniqueConstraint("token", name="uq_api_token_token"),
    )
    op.create_index("ix_api_token_account_id", "api_token", ["account_id"])
    op.create_table(
        "failed_sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("peer", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_failed_sign_in"),
    )
    op.create_index("ix_failed_sign_in_address", "failed_sign_in", ["address", "at"])
    op.create_index("ix_failed_sign_in_peer", "failed_sign_in", ["peer", "at"])
    op.create_table(
        "compliance_of_project",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS),
        sa.PrimaryKeyConstraint(
            "day", "connection_id", "project_id", name="pk_compliance_of_project"
        ),
    )
    sums = ", ".join(f"SUM({name})" for name in COUNTS)
    op.execute(
        f"INSERT INTO compliance_of_project (day, connection_id, project_id, {', '.join(COUNTS)}) "  # noqa: S608 - names of ours
        f"SELECT day, connection_id, project_id, {sums} FROM compliance GROUP BY day, connection_id, project_id"
    )
    op.drop_index("ix_flag_state_severity", "flag")
    op.create_index("ix_flag_state_severity", "flag", ["state", "severity", "opened_at"])
    op.create_index(
        "ix_flag_standing",
        "flag",
        ["connection_id", "project_id", "state", "severity", "opened_at"],
    )
    op.create_index("ix_flag_event_at", "flag_event", ["at", "event", "flag_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index("ix_flag_event_at", "flag_event")
    op.drop_index("ix_flag_standing", "flag")
    op.drop_index("ix_flag_state_severity", "flag")
    op.create_index("ix_flag_state_severity", "flag", ["state", "severity"])
    for table in ("compliance_of_project", "failed_sign_in", "api_token", "web_session", "account"):
        op.drop_table(table)
