"""Keep what the workbench offers, each agent's contacts, and what agents wrote down about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "workbenches",
        sa.Column("vdn", sa.Integer(), sa.ForeignKey("tenants.vdn", ondelete="CASCADE"), nullable=False),
        *(
            sa.Column(name, sa.JSON(), nullable=False)
            for name in ("rest_reasons", "busy_reasons", "call_reasons", "screen_pops")
        ),
        sa.PrimaryKeyConstraint("vdn"),
    )
    op.create_table(
        "agent_contacts",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("begin", sa.Integer(), nullable=False),
        sa.Column("callid", sa.Text(), nullable=False),
        sa.Column("answer", sa.Integer(), nullable=True),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("queue", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("vdn", "agent", "begin", "callid"),
    )
    op.create_table(
        "contact_notes",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("callid", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("vdn", "callid", "agent"),
    )


def downgrade() -> None:
    """Forget them."""
    for table in ("contact_notes", "agent_contacts", "workbenches"):
        op.drop_table(table)
