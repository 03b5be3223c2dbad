"""Make the configuration and the records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the configuration and the records."""
    op.create_table(
        "accounts",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at_ms", sa.Integer(), nullable=False),
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_vdn"), ["vdn"], unique=False)

    op.create_table(
        "cdrs",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("callid", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("called", sa.Text(), nullable=False),
        sa.Column("begin", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Integer(), nullable=True),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Integer(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("disposition", sa.Text(), nullable=False),
        sa.Column("recording", sa.Text(), nullable=False),
        sa.Column("wait_ms", sa.Integer(), nullable=False),
        sa.Column("talk_ms", sa.Integer(), nullable=False),
        sa.Column("hold_ms", sa.Integer(), nullable=False),
        sa.Column("leave_reason", sa.Integer(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("vdn", "callid"),
    )
    with op.batch_alter_table("cdrs", schema=None) as batch_op:
        batch_op.create_index("cdrs_by_agent", ["vdn", "agent", "begin"], unique=False)
        batch_op.create_index("cdrs_by_begin", ["vdn", "begin", "callid"], unique=False)

    op.create_table(
        "projections",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("journal_offset", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "vdn"),
    )
    op.create_table(
        "recordings",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("recording", sa.Text(), nullable=False),
        sa.Column("callid", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("begin", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("vdn", "recording"),
    )
    with op.batch_alter_table("recordings", schema=None) as batch_op:
        batch_op.create_index("recordings_by_begin", ["vdn", "begin"], unique=False)
        batch_op.create_index("recordings_by_callid", ["vdn", "callid"], unique=False)
        batch_op.create_index(
            "recordings_open", ["vdn", "recording"], unique=False, sqlite_where=sa.text("state = 'recording'")
        )

    op.create_table(
        "tenants",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("ccid", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("max_calls", sa.Integer(), nullable=False),
        sa.Column("max_calls_per_s", sa.Integer(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("vdn"),
    )
    op.create_table(
        "agent_skills",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("workno", sa.Text(), nullable=False),
        sa.Column("queue", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["vdn"], ["tenants.vdn"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("vdn", "workno", "queue"),
    )
    op.create_table(
        "agents",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("workno", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("wrap_up_s", sa.Integer(), nullable=True),
        sa.Column("text_capacity", sa.Integer(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["vdn"], ["tenants.vdn"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("vdn", "workno"),
    )
    op.create_table(
        "app_keys",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("ak", sa.Text(), nullable=False),
        sa.Column("sk_sealed", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["vdn"], ["tenants.vdn"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ak"),
    )
    with op.batch_alter_table("app_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_app_keys_vdn"), ["vdn"], unique=False)

    op.create_table(
        "flows",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", sa.LargeBinary(), nullable=False),
        sa.Column("is_published", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["vdn"], ["tenants.vdn"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("vdn", "code", "version"),
    )
    op.create_table(
        "queues",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("wrap_up_s", sa.Integer(), nullable=False),
        sa.Column("max_wait_s", sa.Integer(), nullable=False),
        sa.Column("max_waiting", sa.Integer(), nullable=False),
        sa.Column("ring_s", sa.Integer(), nullable=False),
        sa.Column("answer_within_s", sa.Integer(), nullable=False),
        sa.Column("on_no_agent", sa.JSON(), nullable=False),
        sa.Column("on_busy", sa.JSON(), nullable=False),
        sa.Column("on_timeout", sa.JSON(), nullable=False),
        sa.Column("wait_music", sa.Text(), nullable=False),
        sa.Column("announces_position", sa.Boolean(), nullable=False),
        sa.Column("position_every_s", sa.Integer(), nullable=False),
        sa.Column("announces_agent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["vdn"], ["tenants.vdn"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("vdn", "queue"),
    )
    op.create_table(
        "routes",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("dialled", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["vdn"], ["tenants.vdn"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("dialled"),
    )
    with op.batch_alter_table("routes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_routes_vdn"), ["vdn"], unique=False)

    op.create_table(
        "sip_accounts",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("workno", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["vdn"], ["tenants.vdn"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user"),
    )
    with op.batch_alter_table("sip_accounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sip_accounts_vdn"), ["vdn"], unique=False)

    op.create_table(
        "trunks",
        sa.Column("vdn", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("hosts", sa.JSON(), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("password_sealed", sa.Text(), nullable=False),
        sa.Column("registers", sa.Boolean(), nullable=False),
        sa.Column("caller_number", sa.Text(), nullable=False),
        sa.Column("max_calls", sa.Integer(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["vdn"], ["tenants.vdn"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("vdn", "name"),
    )
