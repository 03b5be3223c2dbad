"""Agents say in which events their clients are told of text contacts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; who is there keeps today's events."""
    op.add_column("agents", sa.Column("text_events", sa.Text(), nullable=False, server_default="message"))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("agents", "text_events")
