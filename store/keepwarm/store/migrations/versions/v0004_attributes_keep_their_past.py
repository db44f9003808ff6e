"""Attributes keep their past."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "attribute_change",
        sa.Column("id", BIG_KEY, nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("playbook", sa.String(), nullable=False),
        sa.Column("was", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attribute_change")),
    )
    with op.batch_alter_table("attribute_change", schema=None) as batch_op:
        batch_op.create_index("ix_attribute_change_customer", ["customer_id", "at"], unique=False)
