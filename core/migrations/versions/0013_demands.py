"""Public demands: work orders and messages of citizens, folded to what they have in common"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision: str = '0013'
down_revision: str | None = '0012'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_AT = sqlmodel.sql.sqltypes.UTCDateTime


def _big() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('demandgroup',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('title', _TEXT(), nullable=False),
        sa.Column('named', sa.Boolean(), nullable=False),
        sa.Column('area', _TEXT(), nullable=False),
        sa.Column('first_at', _AT(), nullable=False),
        sa.Column('last_at', _AT(), nullable=False),
        sa.Column('demands', sa.Integer(), nullable=False),
        sa.Column('alias_of', sa.Integer(), nullable=True),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['alias_of'], ['demandgroup.id'], name=op.f('fk_demandgroup_alias_of_demandgroup')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_demandgroup')),
    )
    op.create_index(op.f('ix_demandgroup_alias_of'), 'demandgroup', ['alias_of'])
    op.create_index(op.f('ix_demandgroup_area'), 'demandgroup', ['area'])
    op.create_index(op.f('ix_demandgroup_demo'), 'demandgroup', ['demo'])
    op.create_index(op.f('ix_demandgroup_last_at'), 'demandgroup', ['last_at'])
    op.create_table('demand',
        sa.Column('id', _big(), nullable=False),
        sa.Column('mention_id', _big(), nullable=False),
        sa.Column('source_id', sa.Integer(), nullable=False),
        sa.Column('number', _TEXT(), nullable=False),
        sa.Column('channel', _TEXT(), nullable=False),
        sa.Column('way', _TEXT(), nullable=False),
        sa.Column('title', _TEXT(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('caller', _TEXT(), nullable=False),
        sa.Column('kind', _TEXT(), nullable=False),
        sa.Column('kind_said', _TEXT(), nullable=False),
        sa.Column('kind_why', _TEXT(), nullable=False),
        sa.Column('field', _TEXT(), nullable=False),
        sa.Column('field_sure', sa.Float(), nullable=False),
        sa.Column('field_why', _TEXT(), nullable=False),
        sa.Column('address', _TEXT(), nullable=False),
        sa.Column('town_said', _TEXT(), nullable=False),
        sa.Column('town', _TEXT(), nullable=False),
        sa.Column('place', _TEXT(), nullable=False),
        sa.Column('place_code', _TEXT(), nullable=False),
        sa.Column('place_why', _TEXT(), nullable=False),
        sa.Column('unit_said', _TEXT(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=True),
        sa.Column('unit_why', _TEXT(), nullable=False),
        sa.Column('asked_at', _AT(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('due_at', _AT(), nullable=True),
        sa.Column('due_why', _TEXT(), nullable=False),
        sa.Column('due_said', _TEXT(), nullable=False),
        sa.Column('replied_at', _AT(), nullable=True),
        sa.Column('replied_said', _TEXT(), nullable=False),
        sa.Column('reply', sa.Text(), nullable=False),
        sa.Column('state', _TEXT(), nullable=False),
        sa.Column('state_said', _TEXT(), nullable=False),
        sa.Column('satisfied', _TEXT(), nullable=False),
        sa.Column('seen_at', _AT(), nullable=False),
        sa.Column('read_at', _AT(), nullable=True),
        sa.Column('found', sa.JSON(), nullable=False),
        sa.Column('group_id', sa.Integer(), nullable=True),
        sa.Column('group_why', _TEXT(), nullable=False),
        sa.Column('pinned', sa.Boolean(), nullable=False),
        sa.Column('capture_id', sa.Integer(), nullable=True),
        sa.Column('locator', _TEXT(), nullable=False),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['capture_id'], ['capture.id'], name=op.f('fk_demand_capture_id_capture')),
        sa.ForeignKeyConstraint(['group_id'], ['demandgroup.id'], name=op.f('fk_demand_group_id_demandgroup')),
        sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_demand_mention_id_mention')),
        sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_demand_source_id_source')),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_demand_unit_id_unit')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_demand')),
        sa.UniqueConstraint('mention_id', name=op.f('uq_demand_mention_id')),
        sa.UniqueConstraint('source_id', 'number', name=op.f('uq_demand_source_id_number')),
    )
    op.create_index(op.f('ix_demand_caller'), 'demand', ['caller'])
    op.create_index(op.f('ix_demand_capture_id'), 'demand', ['capture_id'])
    op.create_index(op.f('ix_demand_day'), 'demand', ['day'])
    op.create_index(op.f('ix_demand_demo'), 'demand', ['demo'])
    op.create_index('ix_demand_group', 'demand', ['group_id', 'asked_at'])
    op.create_index('ix_demand_pending', 'demand', ['read_at', 'id'])
    op.create_index(op.f('ix_demand_source_id'), 'demand', ['source_id'])
    op.create_index(op.f('ix_demand_unit_id'), 'demand', ['unit_id'])
    op.create_table('demandchange',
        sa.Column('id', _big(), nullable=False),
        sa.Column('demand_id', _big(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('what', _TEXT(), nullable=False),
        sa.Column('before', sa.Text(), nullable=False),
        sa.Column('after', sa.Text(), nullable=False),
        sa.Column('late', sa.Boolean(), nullable=False),
        sa.Column('capture_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['capture_id'], ['capture.id'], name=op.f('fk_demandchange_capture_id_capture')),
        sa.ForeignKeyConstraint(['demand_id'], ['demand.id'], name=op.f('fk_demandchange_demand_id_demand')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_demandchange')),
    )
    op.create_index(op.f('ix_demandchange_capture_id'), 'demandchange', ['capture_id'])
    op.create_index(op.f('ix_demandchange_demand_id'), 'demandchange', ['demand_id'])
    op.create_table('demanddeed',
        sa.Column('id', _big(), nullable=False),
        sa.Column('demand_id', _big(), nullable=False),
        sa.Column('what', _TEXT(), nullable=False),
        sa.Column('value', _TEXT(), nullable=False),
        sa.Column('was', _TEXT(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['demand_id'], ['demand.id'], name=op.f('fk_demanddeed_demand_id_demand')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_demanddeed')),
    )
    op.create_index(op.f('ix_demanddeed_demand_id'), 'demanddeed', ['demand_id'])


def downgrade() -> None:
    op.drop_index(op.f('ix_demanddeed_demand_id'), table_name='demanddeed')
    op.drop_table('demanddeed')
    op.drop_index(op.f('ix_demandchange_demand_id'), table_name='demandchange')
    op.drop_index(op.f('ix_demandchange_capture_id'), table_name='demandchange')
    op.drop_table('demandchange')
    op.drop_index(op.f('ix_demand_unit_id'), table_name='demand')
    op.drop_index(op.f('ix_demand_source_id'), table_name='demand')
    op.drop_index('ix_demand_pending', table_name='demand')
    op.drop_index('ix_demand_group', table_name='demand')
    op.drop_index(op.f('ix_demand_demo'), table_name='demand')
    op.drop_index(op.f('ix_demand_day'), table_name='demand')
    op.drop_index(op.f('ix_demand_capture_id'), table_name='demand')
    op.drop_index(op.f('ix_demand_caller'), table_name='demand')
    op.drop_table('demand')
    op.drop_index(op.f('ix_demandgroup_last_at'), table_name='demandgroup')
    op.drop_index(op.f('ix_demandgroup_demo'), table_name='demandgroup')
    op.drop_index(op.f('ix_demandgroup_area'), table_name='demandgroup')
    op.drop_index(op.f('ix_demandgroup_alias_of'), table_name='demandgroup')
    op.drop_table('demandgroup')
