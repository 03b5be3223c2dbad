"""Messages tell of their files; contacts are found by their customer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the index."""
    op.add_column("chat_messages", sa.Column("file_type", sa.Text(), nullable=False, server_default=""))
    op.add_column("chat_messages", sa.Column("file_size", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("chat_messages", sa.Column("has_thumbnail", sa.Boolean(), nullable=False, server_default="0"))
    op.create_index("cdrs_by_caller", "cdrs", ["vdn", "caller", "begin"])


def downgrade() -> None:
    """Forget them."""
    op.drop_index("cdrs_by_caller", "cdrs")
    for column in ("has_thumbnail", "file_size", "file_type"):
        op.drop_column("chat_messages", column)
