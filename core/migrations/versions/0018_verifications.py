"""Verifications of months, and who accepted them"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision: str = '0018'
down_revision: str | None = '0017'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_AT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table('verification',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('month', sa.Date(), nullable=False),
        sa.Column('state', _TEXT(), nullable=False),
        sa.Column('asked_at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('started_at', _AT(), nullable=True),
        sa.Column('finished_at', _AT(), nullable=True),
        sa.Column('figures', sa.BigInteger(), nullable=False),
        sa.Column('wrong', sa.BigInteger(), nullable=False),
        sa.Column('trusted', sa.BigInteger(), nullable=False),
        sa.Column('waiting', sa.Integer(), nullable=False),
        sa.Column('captures', sa.Integer(), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('findings', sa.JSON(), nullable=False),
        sa.Column('found', sa.Integer(), nullable=False),
        sa.Column('note', _TEXT(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_verification')),
    )
    op.create_index(op.f('ix_verification_month'), 'verification', ['month'])
    op.create_table('monthsign',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('verification_id', sa.Integer(), nullable=False),
        sa.Column('month', sa.Date(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('why', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['verification_id'], ['verification.id'],
                                name=op.f('fk_monthsign_verification_id_verification')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_monthsign')),
    )
    op.create_index(op.f('ix_monthsign_verification_id'), 'monthsign', ['verification_id'])
    op.create_index(op.f('ix_monthsign_month'), 'monthsign', ['month'])


def downgrade() -> None:
    op.drop_table('monthsign')
    op.drop_table('verification')
