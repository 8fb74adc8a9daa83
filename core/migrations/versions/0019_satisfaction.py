"""Surveys, answers, imported results of satisfaction"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision: str = '0019'
down_revision: str | None = '0018'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_AT = sqlmodel.sql.sqltypes.UTCDateTime
_BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('survey',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('key', _TEXT(), nullable=False),
        sa.Column('title', _TEXT(), nullable=False),
        sa.Column('intro', sa.Text(), nullable=False),
        sa.Column('state', _TEXT(), nullable=False),
        sa.Column('opens_on', sa.Date(), nullable=True),
        sa.Column('closes_on', sa.Date(), nullable=True),
        sa.Column('by_unit', sa.Boolean(), nullable=False),
        sa.Column('unit_ids', sa.JSON(), nullable=False),
        sa.Column('aspects', sa.JSON(), nullable=False),
        sa.Column('channels', sa.JSON(), nullable=False),
        sa.Column('places', sa.JSON(), nullable=False),
        sa.Column('wants_text', sa.Boolean(), nullable=False),
        sa.Column('created_at', _AT(), nullable=False),
        sa.Column('updated_at', _AT(), nullable=False),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_survey')),
        sa.UniqueConstraint('key', name=op.f('uq_survey_key')),
    )
    op.create_index(op.f('ix_survey_demo'), 'survey', ['demo'])
    op.create_table('satisfactionfile',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('name', _TEXT(), nullable=False),
        sa.Column('sha256', _TEXT(length=64), nullable=False),
        sa.Column('capture_id', sa.Integer(), nullable=False),
        sa.Column('source', _TEXT(), nullable=False),
        sa.Column('shape', _TEXT(), nullable=False),
        sa.Column('given', _TEXT(), nullable=False),
        sa.Column('rows', sa.Integer(), nullable=False),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['capture_id'], ['capture.id'],
                                name=op.f('fk_satisfactionfile_capture_id_capture')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_satisfactionfile')),
    )
    op.create_index(op.f('ix_satisfactionfile_sha256'), 'satisfactionfile', ['sha256'])
    op.create_index(op.f('ix_satisfactionfile_capture_id'), 'satisfactionfile', ['capture_id'])
    op.create_index(op.f('ix_satisfactionfile_demo'), 'satisfactionfile', ['demo'])
    op.create_table('satisfactionslice',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('file_id', sa.Integer(), nullable=False),
        sa.Column('source', _TEXT(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=True),
        sa.Column('month', sa.Date(), nullable=False),
        sa.Column('shape', _TEXT(), nullable=False),
        sa.Column('counts', sa.JSON(), nullable=False),
        sa.Column('locator', _TEXT(), nullable=False),
        sa.Column('replaced_by', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['file_id'], ['satisfactionfile.id'],
                                name=op.f('fk_satisfactionslice_file_id_satisfactionfile')),
        sa.ForeignKeyConstraint(['replaced_by'], ['satisfactionfile.id'],
                                name=op.f('fk_satisfactionslice_replaced_by_satisfactionfile')),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_satisfactionslice_unit_id_unit')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_satisfactionslice')),
    )
    op.create_index(op.f('ix_satisfactionslice_file_id'), 'satisfactionslice', ['file_id'])
    op.create_index(op.f('ix_satisfactionslice_unit_id'), 'satisfactionslice', ['unit_id'])
    op.create_index('ix_satisfactionslice_month', 'satisfactionslice', ['month', 'source'])
    op.create_table('surveyanswer',
        sa.Column('id', _BIG, nullable=False),
        sa.Column('survey_id', sa.Integer(), nullable=True),
        sa.Column('slice_id', sa.Integer(), nullable=True),
        sa.Column('source', _TEXT(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=True),
        sa.Column('place', _TEXT(), nullable=False),
        sa.Column('channel', _TEXT(), nullable=False),
        sa.Column('overall', _TEXT(), nullable=False),
        sa.Column('aspects', sa.JSON(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('flag', _TEXT(), nullable=False),
        sa.Column('locator', _TEXT(), nullable=False),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['slice_id'], ['satisfactionslice.id'],
                                name=op.f('fk_surveyanswer_slice_id_satisfactionslice')),
        sa.ForeignKeyConstraint(['survey_id'], ['survey.id'], name=op.f('fk_surveyanswer_survey_id_survey')),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_surveyanswer_unit_id_unit')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_surveyanswer')),
    )
    op.create_index(op.f('ix_surveyanswer_survey_id'), 'surveyanswer', ['survey_id'])
    op.create_index(op.f('ix_surveyanswer_slice_id'), 'surveyanswer', ['slice_id'])
    op.create_index(op.f('ix_surveyanswer_unit_id'), 'surveyanswer', ['unit_id'])
    op.create_index(op.f('ix_surveyanswer_demo'), 'surveyanswer', ['demo'])
    op.create_index('ix_surveyanswer_day', 'surveyanswer', ['day', 'unit_id'])
    op.create_table('surveyverdict',
        sa.Column('id', _BIG, nullable=False),
        sa.Column('answer_id', _BIG, nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('kind', _TEXT(), nullable=False),
        sa.Column('why', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['answer_id'], ['surveyanswer.id'],
                                name=op.f('fk_surveyverdict_answer_id_surveyanswer')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_surveyverdict')),
    )
    op.create_index(op.f('ix_surveyverdict_answer_id'), 'surveyverdict', ['answer_id'])
    op.create_table('surveynonce',
        sa.Column('nonce', _TEXT(length=64), nullable=False),
        sa.Column('until', _AT(), nullable=False),
        sa.PrimaryKeyConstraint('nonce', name=op.f('pk_surveynonce')),
    )
    op.create_index(op.f('ix_surveynonce_until'), 'surveynonce', ['until'])
    op.create_table('surveyrefused',
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('reason', _TEXT(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('day', 'reason', name=op.f('pk_surveyrefused')),
    )


def downgrade() -> None:
    for table in ('surveyrefused', 'surveynonce', 'surveyverdict', 'surveyanswer', 'satisfactionslice',
                  'satisfactionfile', 'survey'):
        op.drop_table(table)
