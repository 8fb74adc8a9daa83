"""Corrections, own places, the lives of topics, forecasts"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision: str = '0009'
down_revision: str | None = '0008'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_AT = sqlmodel.sql.sqltypes.UTCDateTime


def _big() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('correction',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('mention_id', _big(), nullable=False),
        sa.Column('what', _TEXT(), nullable=False),
        sa.Column('label', _TEXT(), nullable=False),
        sa.Column('was', _TEXT(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_correction_mention_id_mention')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_correction')),
    )
    op.create_index('ix_correction_what', 'correction', ['what', 'mention_id'])
    op.create_index(op.f('ix_correction_mention_id'), 'correction', ['mention_id'])
    op.create_table('ownplace',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', _TEXT(), nullable=False),
        sa.Column('kind', _TEXT(), nullable=False),
        sa.Column('street', _TEXT(), nullable=False),
        sa.Column('aliases', sa.JSON(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=True),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_ownplace_unit_id_unit')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_ownplace')),
        sa.UniqueConstraint('name', 'street', name=op.f('uq_ownplace_name_street')),
    )
    op.create_index(op.f('ix_ownplace_demo'), 'ownplace', ['demo'])
    op.create_table('topicgroup',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('title', _TEXT(), nullable=False),
        sa.Column('first_at', _AT(), nullable=False),
        sa.Column('last_at', _AT(), nullable=False),
        sa.Column('mentions', sa.Integer(), nullable=False),
        sa.Column('topics', sa.Integer(), nullable=False),
        sa.Column('active', sa.Boolean(), nullable=False),
        sa.Column('alias_of', sa.Integer(), nullable=True),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['alias_of'], ['topicgroup.id'], name=op.f('fk_topicgroup_alias_of_topicgroup')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_topicgroup')),
    )
    for name in ('active', 'alias_of', 'demo', 'last_at'):
        op.create_index(op.f(f'ix_topicgroup_{name}'), 'topicgroup', [name])
    op.create_table('topicchange',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('topic_id', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('kind', _TEXT(), nullable=False),
        sa.Column('other_id', sa.Integer(), nullable=True),
        sa.Column('before', _TEXT(), nullable=False),
        sa.Column('after', _TEXT(), nullable=False),
        sa.Column('mentions', sa.Integer(), nullable=False),
        sa.Column('why', _TEXT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], name=op.f('fk_topicchange_topic_id_topic')),
        sa.ForeignKeyConstraint(['other_id'], ['topic.id'], name=op.f('fk_topicchange_other_id_topic')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_topicchange')),
    )
    for name in ('topic_id', 'other_id'):
        op.create_index(op.f(f'ix_topicchange_{name}'), 'topicchange', [name])
    op.create_table('topicview',
        sa.Column('topic_id', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('mentions', sa.Integer(), nullable=False),
        sa.Column('content', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], name=op.f('fk_topicview_topic_id_topic')),
        sa.PrimaryKeyConstraint('topic_id', name=op.f('pk_topicview')),
    )
    op.create_table('outlook',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', _TEXT(), nullable=False),
        sa.Column('key', _TEXT(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('made_at', _AT(), nullable=False),
        sa.Column('method', _TEXT(), nullable=False),
        sa.Column('refusal', _TEXT(), nullable=False),
        sa.Column('past', sa.Text(), nullable=False),
        sa.Column('days', sa.JSON(), nullable=False),
        sa.Column('scale', sa.Float(), nullable=True),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_outlook')),
        sa.UniqueConstraint('kind', 'key', 'day', 'demo', name=op.f('uq_outlook_kind_key_day_demo')),
    )
    for name in ('day', 'demo'):
        op.create_index(op.f(f'ix_outlook_{name}'), 'outlook', [name])
    op.create_table('outlookday',
        sa.Column('outlook_id', sa.Integer(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('horizon', sa.Integer(), nullable=False),
        sa.Column('value', sa.Float(), nullable=False),
        sa.Column('actual', sa.Float(), nullable=False),
        sa.Column('error', sa.Float(), nullable=False),
        sa.Column('naive', sa.Float(), nullable=False),
        sa.Column('inside', sa.Boolean(), nullable=False),
        sa.Column('scale', sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(['outlook_id'], ['outlook.id'], name=op.f('fk_outlookday_outlook_id_outlook')),
        sa.PrimaryKeyConstraint('outlook_id', 'day', name=op.f('pk_outlookday')),
    )
    reprints = sa.text("fold_kind = 'reprint'")
    op.create_index('ix_mention_reprint', 'mention', ['day', 'platform', 'fold_kind', 'fold_id'],
                    sqlite_where=reprints, postgresql_where=reprints)
    op.drop_table('foldkey')  # first copies are found in memory
    with op.batch_alter_table('topic', schema=None) as batch_op:
        batch_op.add_column(sa.Column('group_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f('fk_topic_group_id_topicgroup'), 'topicgroup', ['group_id'], ['id'])
        batch_op.create_index(op.f('ix_topic_group_id'), ['group_id'])
    with op.batch_alter_table('sense', schema=None) as batch_op:
        batch_op.add_column(sa.Column('unit_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('unit_why', _TEXT(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('guard', _TEXT(), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('shadow_version', _TEXT(), nullable=False, server_default=''))
        batch_op.create_foreign_key(op.f('fk_sense_unit_id_unit'), 'unit', ['unit_id'], ['id'])
        batch_op.create_index(op.f('ix_sense_unit_id'), ['unit_id'])
    # Until now a change of version took the scores in the shadow away: what is there is of the one that runs.
    op.execute("UPDATE sense SET shadow_version = coalesce((SELECT key FROM riskversion WHERE state = 'shadow'), '') "
               'WHERE shadow IS NOT NULL')
    with op.batch_alter_table('unsifted', schema=None) as batch_op:
        batch_op.add_column(sa.Column('asked', sa.Integer(), nullable=False, server_default='0'))


def downgrade() -> None:
    op.drop_index('ix_mention_reprint', table_name='mention')
    with op.batch_alter_table('unsifted', schema=None) as batch_op:
        batch_op.drop_column('asked')
    with op.batch_alter_table('sense', schema=None) as batch_op:
        batch_op.drop_index(op.f('ix_sense_unit_id'))
        batch_op.drop_constraint(op.f('fk_sense_unit_id_unit'), type_='foreignkey')
        for name in ('unit_id', 'unit_why', 'guard', 'shadow_version'):
            batch_op.drop_column(name)
    with op.batch_alter_table('topic', schema=None) as batch_op:
        batch_op.drop_index(op.f('ix_topic_group_id'))
        batch_op.drop_constraint(op.f('fk_topic_group_id_topicgroup'), type_='foreignkey')
        batch_op.drop_column('group_id')
    op.create_table('foldkey',
        sa.Column('mention_id', _big(), nullable=False),
        sa.Column('band', sa.Integer(), nullable=False),
        sa.Column('key', sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint('mention_id', 'band', name=op.f('pk_foldkey')),
    )
    op.create_index('ix_fold_key_key', 'foldkey', ['key'])
    for name in ('outlookday', 'outlook', 'topicview', 'topicchange', 'topicgroup', 'ownplace', 'correction'):
        op.drop_table(name)
