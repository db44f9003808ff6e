"""Drafts the next step from what the tables have that the steps have not.

    python -m keepwarm.store.migrations "customers have a birthday"

Read the draft before it is committed: a renamed column looks like one dropped and one added.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, Literal

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations.ops import UpgradeOps
from sqlmodel.sql.sqltypes import AutoString

from keepwarm.store.database import open_database
from keepwarm.store.migrating import VERSION_TABLE, migrate, stands_at
from keepwarm.store.tables import BigKey, Json, Moment, Row

VERSIONS: Final = Path(__file__).parent / "versions"

_STEP: Final = '''"""{message}."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "{revision}"
down_revision = {before!r}
branch_labels = None
depends_on = None

BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Take the step."""
    {body}
'''


def draft(message: str) -> Path | None:
    """Write the next step, and give its file; None when there is nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        db = open_database(f"sqlite:///{folder}/draft.db")
        migrate(db)
        with db.reading() as cx:
            before = stands_at(cx)
            context = MigrationContext.configure(
                cx,
                opts={
                    "version_table": VERSION_TABLE,
                    "target_metadata": Row.metadata,
                },
            )
            changes = produce_migrations(context, Row.metadata).upgrade_ops
        db.close()
    if not isinstance(changes, UpgradeOps) or changes.is_empty():
        return None
    # SQLite changes a table by copying it, which the first step need not.
    code = render_python_code(changes, render_as_batch=before is not None, render_item=_render)
    body = "\n".join(line for line in code.splitlines() if not line.strip().startswith("# ###"))
    revision = f"{int(before or 0) + 1:04}"
    slug = re.sub(r"\W+", "_", message.lower()).strip("_")
    path = VERSIONS / f"v{revision}_{slug}.py"
    path.write_text(
        _STEP.format(
            message=message.capitalize().rstrip(".!"),
            revision=revision,
            before=before,
            body=body.strip(),
        )
    )
    return path


def _render(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:  # noqa: ANN401
    """Give types as the step itself names them, so that it stays what it is."""
    del context
    if kind != "type":
        return False
    if item is BigKey:
        return "BIG_KEY"
    if item is Json:
        return "JSON"
    if isinstance(item, Moment):
        return "sa.BigInteger()"
    if isinstance(item, AutoString):
        return "sa.String()"
    return False


def _main() -> int:
    if len(sys.argv) != 2:  # noqa: PLR2004 - the program and the message
        sys.stderr.write(__doc__ or "")
        return 2
    path = draft(sys.argv[1])
    sys.stdout.write(f"{path}\n" if path else "The steps and the tables agree.\n")
    return 0


if __name__ == "__main__":
    sys.exit(_main())
