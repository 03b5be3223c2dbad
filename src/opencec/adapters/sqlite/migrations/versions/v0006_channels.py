"""Tenants have channels, and say who may use the ICS gateway."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("tenants", sa.Column("shows_sip_secrets", sa.Boolean(), nullable=False, server_default="0"))
    op.add_column("tenants", sa.Column("ics_networks", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("tenants", sa.Column("ics_needs_code", sa.Boolean(), nullable=False, server_default="1"))
    op.create_table(
        "channels",
        sa.Column("vdn", sa.Integer(), sa.ForeignKey("tenants.vdn", ondelete="CASCADE"), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("queue", sa.Integer(), nullable=False),
        sa.Column("start", sa.Text(), nullable=False),
        sa.Column("human_keywords", sa.JSON(), nullable=False),
        sa.Column("no_reply_s", sa.Integer(), nullable=False),
        sa.Column("closing_text", sa.Text(), nullable=False),
        sa.Column("welcome_text", sa.Text(), nullable=False),
        sa.Column("queue_text", sa.Text(), nullable=False),
        sa.Column("queue_text_every_s", sa.Integer(), nullable=False),
        sa.Column("busy_text", sa.Text(), nullable=False),
        sa.Column("off_hours_text", sa.Text(), nullable=False),
        sa.Column("timeout_text", sa.Text(), nullable=False),
        sa.Column("session_s", sa.Integer(), nullable=False),
        sa.Column("is_async", sa.Boolean(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("survey_questions", sa.JSON(), nullable=False),
        sa.Column("working_time", sa.JSON()),
        sa.Column("familiar_days", sa.Integer(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("access_key", sa.Text(), nullable=False),
        sa.Column("validate_url", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("page_origins", sa.JSON(), nullable=False),
        sa.Column("call_route", sa.Text(), nullable=False),
        sa.Column("call_video_route", sa.Text(), nullable=False),
        sa.Column("parameters_sealed", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.create_index("ix_channels_vdn", "channels", ["vdn"])


def downgrade() -> None:
    """Forget them."""
    op.drop_table("channels")
    for column in ("ics_needs_code", "ics_networks", "shows_sip_secrets"):
        op.drop_column("tenants", column)
