"""Chunks of messages wait together for a destination that takes none at present."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.add_column("chunk", sa.Column("waits_for", sa.String(), nullable=True))
