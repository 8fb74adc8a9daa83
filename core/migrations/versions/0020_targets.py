"""Targets of a year, and what people enter for them"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision: str = '0020'
down_revision: str | None = '0019'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_AT = sqlmodel.sql.sqltypes.UTCDateTime
_BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('target',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('year', sa.Integer(), nullable=False),
        sa.Column('key', _TEXT(), nullable=False),
        sa.Column('name', _TEXT(), nullable=False),
        sa.Column('dimension', _TEXT(), nullable=False),
        sa.Column('measure', _TEXT(), nullable=False),
        sa.Column('comparison', _TEXT(), nullable=False),
        sa.Column('goal', sa.Float(), nullable=False),
        sa.Column('unit', _TEXT(), nullable=False),
        sa.Column('options', sa.JSON(), nullable=False),
        sa.Column('weight', sa.Float(), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('why', sa.Text(), nullable=False),
        sa.Column('remedy', sa.Text(), nullable=False),
        sa.Column('sort', sa.Integer(), nullable=False),
        sa.Column('closed_at', _AT(), nullable=True),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_target')),
        sa.UniqueConstraint('year', 'key', 'demo', name=op.f('uq_target_year_key_demo')),
    )
    op.create_index(op.f('ix_target_year'), 'target', ['year'])
    op.create_index(op.f('ix_target_demo'), 'target', ['demo'])
    op.create_table('targetentry',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('target_id', sa.Integer(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('value', sa.Float(), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('edition_id', sa.Integer(), nullable=True),
        sa.Column('file_name', _TEXT(), nullable=False),
        sa.Column('file_type', _TEXT(), nullable=False),
        sa.Column('file_sha256', _TEXT(length=64), nullable=False),
        sa.Column('file_size', _BIG, nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('withdrawn_at', _AT(), nullable=True),
        sa.Column('withdrawn_by', _TEXT(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_targetentry')),
        sa.ForeignKeyConstraint(['target_id'], ['target.id'], name=op.f('fk_targetentry_target_id_target')),
        sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_targetentry_edition_id_edition')),
    )
    op.create_index(op.f('ix_targetentry_target_id'), 'targetentry', ['target_id'])
    op.create_index(op.f('ix_targetentry_edition_id'), 'targetentry', ['edition_id'])


def downgrade() -> None:
    op.drop_table('targetentry')
    op.drop_table('target')
