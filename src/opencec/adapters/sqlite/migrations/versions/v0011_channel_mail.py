"""Keep what came in and went out over channels, and how far each was looked through."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    keys = ("channel", "platform_id")
    texts = ("direction", "customer", "contact", "message", "subject", "html", "quoted", "problem")
    op.create_table(
        "channel_mail",
        sa.Column("vdn", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in (*keys, *texts)),
        sa.Column("in_reply_to", sa.JSON(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("vdn", *keys),
    )
    op.create_index("channel_mail_by_contact", "channel_mail", ["vdn", "channel", "contact", "at"])
    op.create_table(
        "channel_cursors",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("vdn", "channel"),
    )


def downgrade() -> None:
    """Forget them."""
    for table in ("channel_cursors", "channel_mail"):
        op.drop_table(table)
