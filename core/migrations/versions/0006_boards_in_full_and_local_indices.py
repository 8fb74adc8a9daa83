"""What a board is in full, local indices, matrix totals"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op


revision: str = '0006'
down_revision: str | None = '0005'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('localindex',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('platforms', sa.JSON(), nullable=False),
        sa.Column('definition', sa.JSON(), nullable=False),
        sa.Column('usual', sa.Boolean(), nullable=False),
        sa.Column('retired', sa.Boolean(), nullable=False),
        sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('who', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_localindex')),
        sa.UniqueConstraint('key', name=op.f('uq_localindex_key')),
        sa.UniqueConstraint('name', 'version', name=op.f('uq_localindex_name_version')),
    )
    with op.batch_alter_table('localindex', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_localindex_demo'), ['demo'], unique=False)
    op.create_table('matrix',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('parts', sa.JSON(), nullable=False),
        sa.Column('many', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('retired', sa.Boolean(), nullable=False),
        sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('who', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_matrix')),
        sa.UniqueConstraint('name', 'version', name=op.f('uq_matrix_name_version')),
    )
    with op.batch_alter_table('matrix', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_matrix_demo'), ['demo'], unique=False)
    with op.batch_alter_table('board', schema=None) as batch_op:
        batch_op.add_column(sa.Column('importances', sa.JSON(), nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('order_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False,
                                      server_default='index'))
        batch_op.add_column(sa.Column('columns', sa.JSON(), nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('period', sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('week_start', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('rounded', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('shown', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('archived', sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table('board', schema=None) as batch_op:
        for name in ('archived', 'shown', 'rounded', 'week_start', 'period', 'columns', 'order_by', 'importances'):
            batch_op.drop_column(name)
    op.drop_table('matrix')
    op.drop_table('localindex')
