"""What was said in chats, how it was rated, and the phrases that agents answer with."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_QUEUE_COLUMNS: tuple[sa.Column[Any], ...] = (
    sa.Column("chat_limit", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("agent_silence_s", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("on_agent_silence", sa.Text(), nullable=False, server_default="remind"),
    sa.Column("has_chats_beside_call", sa.Boolean(), nullable=False, server_default="1"),
)


def upgrade() -> None:
    """Add the tables, and what queues say of chats."""
    for column in _QUEUE_COLUMNS:
        op.add_column("queues", column)
    op.create_table(
        "chat_messages",
        sa.Column("vdn", sa.Integer(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("source", "agent", "sender_name", "media")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("content", "file", "file_name", "reply_to")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("channel", "customer", "key")),
        sa.Column("sent_at", sa.Integer(), nullable=False),
    )
    op.create_index("chat_messages_by_contact", "chat_messages", ["vdn", "contact", "number"])
    op.create_index("chat_messages_by_customer", "chat_messages", ["vdn", "customer", "number"])
    op.create_table(
        "chat_ratings",
        sa.Column("vdn", sa.Integer(), primary_key=True),
        sa.Column("contact", sa.Text(), primary_key=True),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("nps", sa.Integer()),
        sa.Column("fcr", sa.Boolean()),
    )
    op.create_table(
        "phrases",
        sa.Column("vdn", sa.Integer(), sa.ForeignKey("tenants.vdn", ondelete="CASCADE"), primary_key=True),
        sa.Column("workno", sa.Text(), primary_key=True),
        sa.Column("phrase", sa.Text(), primary_key=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """Forget them."""
    for table in ("phrases", "chat_ratings", "chat_messages"):
        op.drop_table(table)
    for column in _QUEUE_COLUMNS:
        op.drop_column("queues", column.name)
