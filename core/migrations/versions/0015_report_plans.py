"""Plans of reports, what became of them, and who read what was issued"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision: str = '0015'
down_revision: str | None = '0014'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_AT = sqlmodel.sql.sqltypes.UTCDateTime


def upgrade() -> None:
    op.create_table('reportrule',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', _TEXT(), nullable=False),
        sa.Column('kind', _TEXT(), nullable=False),
        sa.Column('span', _TEXT(), nullable=False),
        sa.Column('platform', _TEXT(), nullable=False),
        sa.Column('scope', _TEXT(), nullable=False),
        sa.Column('basis', _TEXT(), nullable=False),
        sa.Column('parts', sa.JSON(), nullable=False),
        sa.Column('hour', sa.Integer(), nullable=False),
        sa.Column('days', sa.Integer(), nullable=False),
        sa.Column('way', _TEXT(), nullable=False),
        sa.Column('people', sa.JSON(), nullable=False),
        sa.Column('channels', sa.JSON(), nullable=False),
        sa.Column('least', sa.Integer(), nullable=False),
        sa.Column('empty', sa.Boolean(), nullable=False),
        sa.Column('enabled', sa.Boolean(), nullable=False),
        sa.Column('since', sa.Date(), nullable=False),
        sa.Column('sort', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reportrule')),
        sa.UniqueConstraint('name', name=op.f('uq_reportrule_name')),
    )
    op.create_table('reporttask',
        sa.Column('rule_id', sa.Integer(), nullable=False),
        sa.Column('platform', _TEXT(), nullable=False),
        sa.Column('period', _TEXT(), nullable=False),
        sa.Column('state', _TEXT(), nullable=False),
        sa.Column('why', _TEXT(), nullable=False),
        sa.Column('coverage', sa.Float(), nullable=True),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('edition_id', sa.Integer(), nullable=True),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_reporttask_edition_id_edition')),
        sa.ForeignKeyConstraint(['rule_id'], ['reportrule.id'], name=op.f('fk_reporttask_rule_id_reportrule')),
        sa.PrimaryKeyConstraint('rule_id', 'platform', 'period', name=op.f('pk_reporttask')),
    )
    op.create_index(op.f('ix_reporttask_edition_id'), 'reporttask', ['edition_id'])
    op.create_table('editionread',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('edition_id', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('what', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_editionread_edition_id_edition')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_editionread')),
    )
    op.create_index(op.f('ix_editionread_edition_id'), 'editionread', ['edition_id'])


def downgrade() -> None:
    op.drop_table('editionread')
    op.drop_table('reporttask')
    op.drop_table('reportrule')
