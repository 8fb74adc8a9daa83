"""Boards keep what they were: a version for every change"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op


revision: str = '0004'
down_revision: str | None = '0003'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        'boardversion',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('board_id', sa.Integer(), nullable=False),
        sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('who', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('definition', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['board_id'], ['board.id'], name=op.f('fk_boardversion_board_id_board')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_boardversion')),
    )
    with op.batch_alter_table('boardversion', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_boardversion_board_id'), ['board_id'], unique=False)


def downgrade() -> None:
    op.drop_table('boardversion')
