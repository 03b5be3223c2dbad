"""Tenants have a space id and a list of outbound hosts; some have a connection bar."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and table."""
    op.add_column("tenants", sa.Column("space_id", sa.Text(), nullable=False, server_default=""))
    op.add_column("tenants", sa.Column("outbound_hosts", sa.JSON(), nullable=False, server_default="[]"))
    op.create_index("one_tenant_a_space", "tenants", ["space_id"], unique=True, sqlite_where=sa.text("space_id != ''"))
    op.create_table(
        "connection_bars",
        sa.Column("vdn", sa.Integer(), sa.ForeignKey("tenants.vdn", ondelete="CASCADE"), nullable=False),
        sa.Column("validate_url", sa.Text(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("page_origins", sa.JSON(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("vdn"),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("connection_bars")
    op.drop_index("one_tenant_a_space", "tenants")
    op.drop_column("tenants", "outbound_hosts")
    op.drop_column("tenants", "space_id")
