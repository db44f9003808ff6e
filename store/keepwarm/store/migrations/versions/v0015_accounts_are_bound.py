"""Accounts are bound to who they are to the identity provider; limits hold for all processes."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "ingest_pace",
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("free_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sender", name=op.f("pk_ingest_pace")),
    )
    op.create_table(
        "wrong_password",
        sa.Column("counted_for", sa.String(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("counted_for", name=op.f("pk_wrong_password")),
    )
    op.create_index("ix_wrong_password_last_at", "wrong_password", ["last_at"])
    # Bound at the next sign-in there; until then an account is its verified address's, as before.
    with op.batch_alter_table("account") as table:
        table.add_column(sa.Column("issuer", sa.String(), nullable=True))
        table.add_column(sa.Column("subject", sa.String(), nullable=True))
        table.create_unique_constraint(op.f("uq_account_issuer_subject"), ["issuer", "subject"])
