"""Agents have rights, groups and a password history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and tables."""
    op.add_column("tenants", sa.Column("password_days", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("agents", sa.Column("rights", sa.JSON(), nullable=False, server_default='["call_out", "pick_up"]'))
    op.create_table(
        "agent_groups",
        _tenant(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("group", sa.Integer(), nullable=False),
        sa.Column("leader", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("vdn", "name"),
    )
    op.create_table(
        "agent_passwords",
        _tenant(),
        sa.Column("workno", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Integer(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("history", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("vdn", "workno"),
    )


def downgrade() -> None:
    """Forget them."""
    for table in ("agent_passwords", "agent_groups"):
        op.drop_table(table)
    op.drop_column("agents", "rights")
    op.drop_column("tenants", "password_days")


def _tenant() -> sa.Column[int]:
    return sa.Column("vdn", sa.Integer(), sa.ForeignKey("tenants.vdn", ondelete="CASCADE"), nullable=False)
