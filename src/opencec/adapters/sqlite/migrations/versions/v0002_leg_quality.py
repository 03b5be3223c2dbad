"""Keep how the audio of each leg came to us."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "leg_quality",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("callid", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("packets", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("jitter_ms", sa.Float(), nullable=False),
        sa.Column("mos", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("vdn", "callid", "leg"),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("leg_quality")
