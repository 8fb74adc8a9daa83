"""What people do with topics: names, pins, hiding, merges and splits"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision: str = '0012'
down_revision: str | None = '0011'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_AT = sqlmodel.sql.sqltypes.UTCDateTime
_HIDDEN = sa.text('hidden_at IS NOT NULL')


def upgrade() -> None:
    for column in (
        sa.Column('own_title', _TEXT(), nullable=True),
        sa.Column('pinned_at', _AT(), nullable=True),
        sa.Column('hidden_at', _AT(), nullable=True),
        sa.Column('hidden_why', _TEXT(), nullable=False, server_default=''),
        sa.Column('whole', sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column('unread', sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column('topic', column)
    op.create_index('ix_topic_hidden', 'topic', ['id'], sqlite_where=_HIDDEN, postgresql_where=_HIDDEN)
    op.create_index(op.f('ix_topic_unread'), 'topic', ['unread'])
    with op.batch_alter_table('topicchange') as batch:
        batch.add_column(sa.Column('record', sa.JSON(), nullable=False, server_default='{}'))
        batch.add_column(sa.Column('undoes', sa.Integer(), nullable=True))
        batch.create_foreign_key(batch.f('fk_topicchange_undoes_topicchange'), 'topicchange', ['undoes'], ['id'])
        batch.create_index(batch.f('ix_topicchange_undoes'), ['undoes'])
    op.create_table('topicapart',
        sa.Column('topic_id', sa.Integer(), nullable=False),
        sa.Column('other_id', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], name=op.f('fk_topicapart_topic_id_topic')),
        sa.ForeignKeyConstraint(['other_id'], ['topic.id'], name=op.f('fk_topicapart_other_id_topic')),
        sa.PrimaryKeyConstraint('topic_id', 'other_id', name=op.f('pk_topicapart')),
    )
    op.create_index(op.f('ix_topicapart_other_id'), 'topicapart', ['other_id'])


def downgrade() -> None:
    op.drop_table('topicapart')
    with op.batch_alter_table('topicchange') as batch:
        batch.drop_index(batch.f('ix_topicchange_undoes'))
        batch.drop_constraint(batch.f('fk_topicchange_undoes_topicchange'), type_='foreignkey')
        batch.drop_column('undoes')
        batch.drop_column('record')
    op.drop_index(op.f('ix_topic_unread'), 'topic')
    op.drop_index('ix_topic_hidden', 'topic')
    for name in ('unread', 'whole', 'hidden_why', 'hidden_at', 'pinned_at', 'own_title'):
        op.drop_column('topic', name)
