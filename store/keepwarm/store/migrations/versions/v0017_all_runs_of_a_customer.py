"""The index of a customer's runs holds those that ended too."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.drop_index("ix_run_customer", table_name="run")
    op.create_index("ix_run_customer", "run", ["customer_id"])
