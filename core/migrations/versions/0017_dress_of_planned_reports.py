"""How the reports of a plan are dressed"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = '0017'
down_revision: str | None = '0016'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column('reportrule', sa.Column('dress', sa.JSON(), nullable=False, server_default='{}'))


def downgrade() -> None:
    op.drop_column('reportrule', 'dress')
