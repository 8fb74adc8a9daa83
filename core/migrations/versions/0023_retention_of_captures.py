"""How long captures are kept, and how much room they take"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision: str = '0023'
down_revision: str | None = '0021'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_AT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.add_column('capture', sa.Column('packed', sa.BigInteger(), nullable=True))
    op.add_column('capture', sa.Column('thinned_at', _AT(), nullable=True))
    op.create_table('capturerule',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('used_months', sa.Integer(), nullable=False),
        sa.Column('idle_months', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_capturerule')),
    )
    op.create_table('capturehold',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('first', sa.Date(), nullable=False),
        sa.Column('last', sa.Date(), nullable=True),
        sa.Column('platform', _TEXT(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('lifted_at', _AT(), nullable=True),
        sa.Column('lifted_by', _TEXT(), nullable=False),
        sa.Column('why', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_capturehold')),
    )


def downgrade() -> None:
    op.drop_table('capturehold')
    op.drop_table('capturerule')
    op.drop_column('capture', 'thinned_at')
    op.drop_column('capture', 'packed')
