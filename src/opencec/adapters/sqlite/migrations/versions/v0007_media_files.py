"""Keep what is known of the files that customers and agents send each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    texts = ("name", "kind", "type", "suffix", "sha256", "owner", "state", "thumbnail")
    op.create_table(
        "media_files",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("size", "at", "width", "height")),
        sa.PrimaryKeyConstraint("vdn", "id"),
    )
    op.create_index("media_files_by_time", "media_files", ["vdn", "state", "at"])
    op.create_table(
        "media_shares",
        sa.Column("vdn", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "channel", "customer")),
        sa.PrimaryKeyConstraint("vdn", "id", "channel", "customer"),
    )


def downgrade() -> None:
    """Forget them."""
    for table in ("media_shares", "media_files"):
        op.drop_table(table)
