"""Keep how the pictures of each leg came to us."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_COLUMNS = {
    "video_packets": sa.Integer,
    "video_lost": sa.Integer,
    "video_jitter_ms": sa.Float,
    "video_frames": sa.Integer,
    "video_key_frames": sa.Integer,
    "video_kbps": sa.Float,
}


def upgrade() -> None:
    """Add the columns."""
    for name, kind in _COLUMNS.items():
        op.add_column("leg_quality", sa.Column(name, kind(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Forget them."""
    for name in reversed(_COLUMNS):
        op.drop_column("leg_quality", name)
