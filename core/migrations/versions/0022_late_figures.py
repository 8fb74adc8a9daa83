"""Figures that changed after their report was issued, and notices of an edition"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision: str = '0022'
down_revision: str | None = '0021'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_AT = sqlmodel.sql.sqltypes.UTCDateTime
_BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('latefigure',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('edition_id', sa.Integer(), nullable=False),
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('place', sa.Text(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('main', sa.Boolean(), nullable=False),
        sa.Column('old', _TEXT(), nullable=False),
        sa.Column('new', _TEXT(), nullable=False),
        sa.Column('difference', _TEXT(), nullable=False),
        sa.Column('share', sa.Float(), nullable=True),
        sa.Column('small', sa.Boolean(), nullable=False),
        sa.Column('reason', _TEXT(), nullable=False),
        sa.Column('why', sa.Text(), nullable=False),
        sa.Column('evidence', sa.JSON(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=True),
        sa.Column('post_id', _BIG, nullable=True),
        sa.Column('capture_id', sa.Integer(), nullable=True),
        sa.Column('first_at', _AT(), nullable=False),
        sa.Column('changed_at', _AT(), nullable=False),
        sa.Column('looked_at', _AT(), nullable=False),
        sa.Column('state', _TEXT(), nullable=False),
        sa.Column('by_edition_id', sa.Integer(), nullable=True),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('said', _TEXT(), nullable=False),
        sa.Column('decided_at', _AT(), nullable=True),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_latefigure_edition_id_edition')),
        sa.ForeignKeyConstraint(['by_edition_id'], ['edition.id'], name=op.f('fk_latefigure_by_edition_id_edition')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_latefigure')),
        sa.UniqueConstraint('edition_id', 'key', name=op.f('uq_latefigure_edition_id_key')),
    )
    op.create_index('ix_latefigure_state', 'latefigure', ['state', 'edition_id'])
    op.create_index(op.f('ix_latefigure_demo'), 'latefigure', ['demo'])
    op.create_table('lateevent',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('figure_id', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('kind', _TEXT(), nullable=False),
        sa.Column('new', _TEXT(), nullable=False),
        sa.Column('words', sa.Text(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['figure_id'], ['latefigure.id'], name=op.f('fk_lateevent_figure_id_latefigure')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_lateevent')),
    )
    op.create_index(op.f('ix_lateevent_figure_id'), 'lateevent', ['figure_id'])
    op.create_table('latelook',
        sa.Column('edition_id', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('mark', _TEXT(), nullable=False),
        sa.Column('built_at', _AT(), nullable=True),
        sa.Column('seconds', sa.Float(), nullable=False),
        sa.Column('figures', sa.Integer(), nullable=False),
        sa.Column('uncompared', sa.Integer(), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['edition_id'], ['edition.id'], name=op.f('fk_latelook_edition_id_edition')),
        sa.PrimaryKeyConstraint('edition_id', name=op.f('pk_latelook')),
    )
    with op.batch_alter_table('notice') as notice:
        notice.add_column(sa.Column('edition_id', sa.Integer(), nullable=True))
        notice.create_foreign_key(op.f('fk_notice_edition_id_edition'), 'edition', ['edition_id'], ['id'])
        notice.create_index(op.f('ix_notice_edition_id'), ['edition_id'])


def downgrade() -> None:
    with op.batch_alter_table('notice') as notice:
        notice.drop_index(op.f('ix_notice_edition_id'))
        notice.drop_constraint(op.f('fk_notice_edition_id_edition'), type_='foreignkey')
        notice.drop_column('edition_id')
    op.drop_table('latelook')
    op.drop_table('lateevent')
    op.drop_table('latefigure')
