"""Digests: chosen items in order, edited in place"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision: str = '0014'
down_revision: str | None = '0013'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_AT = sqlmodel.sql.sqltypes.UTCDateTime


def _big() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('digest',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('title', _TEXT(), nullable=False),
        sa.Column('lead', sa.Text(), nullable=False),
        sa.Column('sent_to', _TEXT(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=True),
        sa.Column('made_at', _AT(), nullable=False),
        sa.Column('made_by', _TEXT(), nullable=False),
        sa.Column('updated_at', _AT(), nullable=False),
        sa.Column('withdrawn', _TEXT(), nullable=False),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_digest')),
    )
    op.create_index(op.f('ix_digest_day'), 'digest', ['day'])
    op.create_index(op.f('ix_digest_demo'), 'digest', ['demo'])
    op.create_table('digestitem',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('digest_id', sa.Integer(), nullable=False),
        sa.Column('sort', sa.Integer(), nullable=False),
        sa.Column('section', _TEXT(), nullable=False),
        sa.Column('kind', _TEXT(), nullable=False),
        sa.Column('mention_id', _big(), nullable=True),
        sa.Column('topic_id', sa.Integer(), nullable=True),
        sa.Column('incident_id', sa.Integer(), nullable=True),
        sa.Column('title', _TEXT(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('was_title', _TEXT(), nullable=False),
        sa.Column('was_text', sa.Text(), nullable=False),
        sa.Column('source', _TEXT(), nullable=False),
        sa.Column('url', sa.Text(), nullable=False),
        sa.Column('at', _AT(), nullable=True),
        sa.Column('level', _TEXT(), nullable=False),
        sa.Column('mentions', sa.Integer(), nullable=True),
        sa.Column('added_at', _AT(), nullable=False),
        sa.Column('added_by', _TEXT(), nullable=False),
        sa.Column('edited_at', _AT(), nullable=True),
        sa.Column('edited_by', _TEXT(), nullable=False),
        sa.Column('removed_at', _AT(), nullable=True),
        sa.Column('removed_by', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['digest_id'], ['digest.id'], name=op.f('fk_digestitem_digest_id_digest')),
        sa.ForeignKeyConstraint(['incident_id'], ['incident.id'], name=op.f('fk_digestitem_incident_id_incident')),
        sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_digestitem_mention_id_mention')),
        sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], name=op.f('fk_digestitem_topic_id_topic')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_digestitem')),
    )
    for name in ('digest_id', 'incident_id', 'mention_id', 'topic_id'):
        op.create_index(op.f(f'ix_digestitem_{name}'), 'digestitem', [name])


def downgrade() -> None:
    op.drop_table('digestitem')
    op.drop_table('digest')
