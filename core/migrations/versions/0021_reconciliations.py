"""Exports held against what is stored; verifications by account, of parts, and of what two sources say"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision: str = '0021'
down_revision: str | None = '0020'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_AT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.add_column('verification', sa.Column('first', sa.Date(), nullable=True))
    op.add_column('verification', sa.Column('last', sa.Date(), nullable=True))
    for name in ('scope', 'counts', 'crossed', 'said'):
        op.add_column('verification', sa.Column(name, sa.JSON(), nullable=False, server_default='{}'))
    op.add_column('monthsign', sa.Column('known', sa.JSON(), nullable=False, server_default='{}'))
    op.create_table('reconciliation',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('name', _TEXT(), nullable=False),
        sa.Column('kind', _TEXT(), nullable=False),
        sa.Column('platform', _TEXT(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=True),
        sa.Column('capture_id', sa.Integer(), nullable=False),
        sa.Column('seen_at', _AT(), nullable=False),
        sa.Column('first', sa.Date(), nullable=False),
        sa.Column('last', sa.Date(), nullable=False),
        sa.Column('counts', sa.JSON(), nullable=False),
        sa.Column('months', sa.JSON(), nullable=False),
        sa.Column('lacking', sa.JSON(), nullable=False),
        sa.Column('findings', sa.JSON(), nullable=False),
        sa.Column('found', sa.Integer(), nullable=False),
        sa.Column('hint', sa.Text(), nullable=False),
        sa.Column('withdrawn_at', _AT(), nullable=True),
        sa.Column('withdrawn_by', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_reconciliation_account_id_account')),
        sa.ForeignKeyConstraint(['capture_id'], ['capture.id'], name=op.f('fk_reconciliation_capture_id_capture')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation')),
    )
    op.create_index(op.f('ix_reconciliation_account_id'), 'reconciliation', ['account_id'])
    op.create_index(op.f('ix_reconciliation_capture_id'), 'reconciliation', ['capture_id'])


def downgrade() -> None:
    op.drop_table('reconciliation')
    op.drop_column('monthsign', 'known')
    for name in ('said', 'crossed', 'counts', 'scope', 'last', 'first'):
        op.drop_column('verification', name)
