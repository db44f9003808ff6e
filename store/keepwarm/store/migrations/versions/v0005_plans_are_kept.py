"""Plans are kept, with who approved them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "approval",
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("proposal_id", "who", name=op.f("pk_approval")),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("compared", JSON, nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index("ix_proposal_basis", "proposal", ["basis"], unique=False)
    # What was released before did not say; the defaults are only for those rows.
    with op.batch_alter_table("release") as table:
        table.add_column(sa.Column("plan", sa.String(), nullable=False, server_default=""))
        table.add_column(sa.Column("approvers", JSON, nullable=False, server_default="{}"))
