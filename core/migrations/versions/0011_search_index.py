"""The index over what mentions say: forms, pieces, and what waits to be indexed"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import OperationalError

revision: str = '0011'
down_revision: str | None = '0010'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SAYS = ('title', 'text', 'published_at', 'platform', 'author')
"""What an entry of the index is made of."""
_NOTE = ('INSERT INTO searchwait (mention_id, asked) VALUES ({id}, 0) '
         'ON CONFLICT (mention_id) DO UPDATE SET asked = searchwait.asked + 1')


def _big() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == 'sqlite'
    op.create_table('searchdoc',
        sa.Column('key', _big(), nullable=False, autoincrement=False),
        sa.Column('mention_id', _big(), nullable=False),
        sa.Column('form', sa.Text(), nullable=False),
        sa.Column('head', sa.Integer(), nullable=False),
        sa.Column('body', sa.Integer(), nullable=False),
        sa.Column('platform', sa.Text(), nullable=False),
        sa.Column('author', sa.Text(), nullable=False),
        *([] if sqlite else [sa.Column('grams', ARRAY(sa.Integer()), nullable=False)]),
        sa.PrimaryKeyConstraint('key', name=op.f('pk_searchdoc')),
    )
    op.create_index('ix_searchdoc_mention', 'searchdoc', ['mention_id'], unique=True)
    op.create_table('searchwait',
        sa.Column('mention_id', _big(), nullable=False, autoincrement=False),
        sa.Column('asked', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('mention_id', name=op.f('pk_searchwait')),
    )
    if sqlite:
        _sqlite()
    else:
        _postgresql()
    op.execute('INSERT INTO searchwait (mention_id, asked) SELECT id, 0 FROM mention')


def _sqlite() -> None:
    try:
        op.execute("CREATE VIRTUAL TABLE searchindex USING fts5("
                   "pieces, content='', detail=none, columnsize=0, tokenize='ascii')")
    except OperationalError as error:
        if 'no such module' not in str(error):
            raise  # without FTS5 searches read the forms themselves: slower, and they find the same
    changed = ' OR '.join(f'new.{name} IS NOT old.{name}' for name in _SAYS)
    for name, when, id_ in (
        ('new', 'INSERT ON mention', 'new.id'), ('gone', 'DELETE ON mention', 'old.id'),
        ('said', f'UPDATE OF {", ".join(_SAYS)} ON mention WHEN {changed}', 'new.id'),
    ):
        op.execute(f'CREATE TRIGGER searchwait_{name} AFTER {when} BEGIN {_NOTE.format(id=id_)}; END')


def _postgresql() -> None:
    op.execute('CREATE INDEX ix_searchdoc_grams ON searchdoc USING gin (grams)')
    op.execute(f"""
        CREATE FUNCTION searchwait_note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {_NOTE.format(id='coalesce(new.id, old.id)')};
            RETURN NULL;
        END $$""")
    changed = ', '.join(f'{{0}}.{name}' for name in _SAYS)
    op.execute('CREATE TRIGGER searchwait_changed AFTER INSERT OR DELETE ON mention '
               'FOR EACH ROW EXECUTE FUNCTION searchwait_note()')
    op.execute(f'CREATE TRIGGER searchwait_said AFTER UPDATE OF {", ".join(_SAYS)} ON mention FOR EACH ROW '
               f'WHEN (({changed.format("new")}) IS DISTINCT FROM ({changed.format("old")})) '
               'EXECUTE FUNCTION searchwait_note()')


def downgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        for name in ('new', 'gone', 'said'):
            op.execute(f'DROP TRIGGER searchwait_{name}')
        op.execute('DROP TABLE IF EXISTS searchindex')
    else:
        for name in ('changed', 'said'):
            op.execute(f'DROP TRIGGER searchwait_{name} ON mention')
        op.execute('DROP FUNCTION searchwait_note')
    op.drop_table('searchwait')
    op.drop_table('searchdoc')
