"""Keep what inspectors thought of recorded contacts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    keys = ("callid", "agent", "inspector")
    op.create_table(
        "contact_scores",
        sa.Column("vdn", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in keys),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("at", "begin", "score")),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("vdn", *keys, "at"),
    )
    op.create_index("contact_scores_by_agent", "contact_scores", ["vdn", "agent", "begin"])
    op.create_index("contact_scores_by_begin", "contact_scores", ["vdn", "begin"])


def downgrade() -> None:
    """Forget it."""
    op.drop_table("contact_scores")
