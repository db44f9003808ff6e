"""That nobody was subscribed to pushes keeps them from a customer no more than for a day."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.execute(
        "UPDATE suppression SET reason = 'not subscribed' WHERE channel = 'push'"
        " AND reason = 'invalid' AND evidence = 'nobody is reached by this push'"
    )
