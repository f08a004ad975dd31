"""Alert states, their history, and the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "lagwatch_clusters",
        sa.Column("cluster", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", sa.Double),
        sa.Column("steps", sa.Text, nullable=False),
    )
    op.create_table(
        "lagwatch_alerts",
        sa.Column("cluster", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("told", sa.Text),
    )
    op.create_table(
        "lagwatch_history",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("cluster", sa.Text, nullable=False),
        sa.Column("alert_id", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("group_name", sa.Text),
        sa.Column("topic", sa.Text),
        sa.Column("alert", sa.Text, nullable=False),
        sa.UniqueConstraint("cluster", "alert_id", "at", "state", name="lagwatch_history_once"),
    )
    op.create_index("lagwatch_history_at", "lagwatch_history", ["at"])
    op.create_index("lagwatch_history_cluster", "lagwatch_history", ["cluster", "number"])
    op.create_index("lagwatch_history_alert", "lagwatch_history", ["alert_id", "number"])
    op.create_table(
        "lagwatch_audit",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
    )
    op.create_index("lagwatch_audit_at", "lagwatch_audit", ["at"])
