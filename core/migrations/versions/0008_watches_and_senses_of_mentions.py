"""Watches and senses of mentions"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op


revision: str = '0008'
down_revision: str | None = '0007'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('riskversion',
        sa.Column('key', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('weights', sa.JSON(), nullable=False),
        sa.Column('state', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('who', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint('key', name=op.f('pk_riskversion')),
    )
    op.create_table('riskword',
        sa.Column('word', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('level', sa.Integer(), nullable=False),
        sa.Column('unless', sa.JSON(), nullable=False),
        sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('enabled', sa.Boolean(), nullable=False),
        sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('who', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint('word', name=op.f('pk_riskword')),
    )
    op.create_table('watch',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('query', sa.Text(), nullable=False),
        sa.Column('note', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('enabled', sa.Boolean(), nullable=False),
        sa.Column('sort', sa.Integer(), nullable=False),
        sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('who', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_watch')),
        sa.UniqueConstraint('name', name=op.f('uq_watch_name')),
    )
    with op.batch_alter_table('watch', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_watch_demo'), ['demo'], unique=False)
    op.create_table('sense',
        sa.Column('mention_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('risk', sa.Integer(), nullable=False),
        sa.Column('risk_kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('version', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('why', sa.Text(), nullable=False),
        sa.Column('words', sa.JSON(), nullable=False),
        sa.Column('shadow', sa.Integer(), nullable=True),
        sa.Column('place', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('place_code', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('town', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('place_why', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('sentiment', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('confidence', sa.Float(), nullable=False),
        sa.Column('sentiment_words', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_sense_mention_id_mention')),
        sa.PrimaryKeyConstraint('mention_id', name=op.f('pk_sense')),
    )
    with op.batch_alter_table('sense', schema=None) as batch_op:
        batch_op.create_index('ix_sense_risk', ['risk', 'mention_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sense_place_code'), ['place_code'], unique=False)
    op.create_table('unsifted',
        sa.Column('mention_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_unsifted_mention_id_mention')),
        sa.PrimaryKeyConstraint('mention_id', name=op.f('pk_unsifted')),
    )
    op.create_table('watchhit',
        sa.Column('watch_id', sa.Integer(), nullable=False),
        sa.Column('mention_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('why', sa.Text(), nullable=False),
        sa.Column('spans', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_watchhit_mention_id_mention')),
        sa.ForeignKeyConstraint(['watch_id'], ['watch.id'], name=op.f('fk_watchhit_watch_id_watch')),
        sa.PrimaryKeyConstraint('watch_id', 'mention_id', name=op.f('pk_watchhit')),
    )
    with op.batch_alter_table('watchhit', schema=None) as batch_op:
        batch_op.create_index('ix_watchhit_mention', ['mention_id'], unique=False)
    op.create_table('watchmark',
        sa.Column('watch_id', sa.Integer(), nullable=False),
        sa.Column('mention_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('right', sa.Boolean(), nullable=False),
        sa.Column('at', sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column('who', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_watchmark_mention_id_mention')),
        sa.ForeignKeyConstraint(['watch_id'], ['watch.id'], name=op.f('fk_watchmark_watch_id_watch')),
        sa.PrimaryKeyConstraint('watch_id', 'mention_id', name=op.f('pk_watchmark')),
    )
    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.add_column(sa.Column('fold_kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False,
                                      server_default=''))
    op.execute("UPDATE mention SET fold_kind = 'reprint' WHERE fold_id <> id")
    op.execute('INSERT INTO unsifted (mention_id) SELECT id FROM mention')


def downgrade() -> None:
    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.drop_column('fold_kind')
    for name in ('watchmark', 'watchhit', 'unsifted', 'sense', 'watch', 'riskword', 'riskversion'):
        op.drop_table(name)
