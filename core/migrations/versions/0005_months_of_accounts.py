"""Months of accounts, and reads beyond 10万+"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op


revision: str = '0005'
down_revision: str | None = '0004'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# What is derived is made by the roll-up: a day in every month that has one, and days whose reads go beyond 10万+.
_MARK = """INSERT INTO dirty (account_id, day) SELECT account_id, min(day) FROM (
    SELECT account_id, day FROM accountday UNION SELECT account_id, day FROM coverage) AS known
    GROUP BY account_id, {month}
    UNION SELECT account_id, day FROM accountday WHERE reads_max > 100001 ON CONFLICT DO NOTHING"""
_MONTH = {'sqlite': "substr(day, 1, 7)", 'postgresql': "date_trunc('month', day)"}


def upgrade() -> None:
    op.create_table('accountmonth',
        sa.Column('basis', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('month', sa.Date(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('known', sa.Integer(), nullable=False),
        sa.Column('by_day', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column('posts', sa.Integer(), nullable=False),
        sa.Column('pushes', sa.Integer(), nullable=False),
        sa.Column('headlines', sa.Integer(), nullable=False),
        sa.Column('originals', sa.Integer(), nullable=False),
        sa.Column('original_known', sa.Integer(), nullable=False),
        sa.Column('reads', sa.BigInteger(), nullable=True),
        sa.Column('reads_max', sa.BigInteger(), nullable=True),
        sa.Column('reads_known', sa.Integer(), nullable=False),
        sa.Column('reads_capped', sa.Integer(), nullable=False),
        sa.Column('reads_tolerance', sa.BigInteger(), nullable=False),
        sa.Column('readers', sa.BigInteger(), nullable=True),
        sa.Column('readers_max', sa.BigInteger(), nullable=True),
        sa.Column('readers_known', sa.Integer(), nullable=False),
        sa.Column('readers_capped', sa.Integer(), nullable=False),
        sa.Column('readers_tolerance', sa.BigInteger(), nullable=False),
        sa.Column('plays', sa.BigInteger(), nullable=True),
        sa.Column('plays_max', sa.BigInteger(), nullable=True),
        sa.Column('plays_known', sa.Integer(), nullable=False),
        sa.Column('plays_capped', sa.Integer(), nullable=False),
        sa.Column('plays_tolerance', sa.BigInteger(), nullable=False),
        sa.Column('likes', sa.BigInteger(), nullable=True),
        sa.Column('likes_max', sa.BigInteger(), nullable=True),
        sa.Column('likes_known', sa.Integer(), nullable=False),
        sa.Column('likes_capped', sa.Integer(), nullable=False),
        sa.Column('likes_tolerance', sa.BigInteger(), nullable=False),
        sa.Column('wows', sa.BigInteger(), nullable=True),
        sa.Column('wows_max', sa.BigInteger(), nullable=True),
        sa.Column('wows_known', sa.Integer(), nullable=False),
        sa.Column('wows_capped', sa.Integer(), nullable=False),
        sa.Column('wows_tolerance', sa.BigInteger(), nullable=False),
        sa.Column('reposts', sa.BigInteger(), nullable=True),
        sa.Column('reposts_max', sa.BigInteger(), nullable=True),
        sa.Column('reposts_known', sa.Integer(), nullable=False),
        sa.Column('reposts_capped', sa.Integer(), nullable=False),
        sa.Column('reposts_tolerance', sa.BigInteger(), nullable=False),
        sa.Column('sharers', sa.BigInteger(), nullable=True),
        sa.Column('sharers_max', sa.BigInteger(), nullable=True),
        sa.Column('sharers_known', sa.Integer(), nullable=False),
        sa.Column('sharers_capped', sa.Integer(), nullable=False),
        sa.Column('sharers_tolerance', sa.BigInteger(), nullable=False),
        sa.Column('comments', sa.BigInteger(), nullable=True),
        sa.Column('comments_max', sa.BigInteger(), nullable=True),
        sa.Column('comments_known', sa.Integer(), nullable=False),
        sa.Column('comments_capped', sa.Integer(), nullable=False),
        sa.Column('comments_tolerance', sa.BigInteger(), nullable=False),
        sa.Column('favourites', sa.BigInteger(), nullable=True),
        sa.Column('favourites_max', sa.BigInteger(), nullable=True),
        sa.Column('favourites_known', sa.Integer(), nullable=False),
        sa.Column('favourites_capped', sa.Integer(), nullable=False),
        sa.Column('favourites_tolerance', sa.BigInteger(), nullable=False),
        sa.Column('headline_reads', sa.BigInteger(), nullable=True),
        sa.Column('headline_readers', sa.BigInteger(), nullable=True),
        sa.Column('headline_likes', sa.BigInteger(), nullable=True),
        sa.Column('headline_wows', sa.BigInteger(), nullable=True),
        sa.Column('headline_reposts', sa.BigInteger(), nullable=True),
        sa.Column('original_reposts', sa.BigInteger(), nullable=True),
        sa.Column('original_comments', sa.BigInteger(), nullable=True),
        sa.Column('reads_over', sa.BigInteger(), nullable=False),
        sa.Column('headline_reads_over', sa.BigInteger(), nullable=False),
        sa.Column('followers', sa.BigInteger(), nullable=True),
        sa.Column('followers_slack', sa.Integer(), nullable=False),
        sa.Column('followers_day', sa.Date(), nullable=True),
        sa.Column('first_followers', sa.BigInteger(), nullable=True),
        sa.Column('first_followers_slack', sa.Integer(), nullable=False),
        sa.Column('first_followers_day', sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_accountmonth_account_id_account')),
        sa.PrimaryKeyConstraint('basis', 'month', 'account_id', name=op.f('pk_accountmonth')),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table('accountday', schema=None) as batch_op:
        for name in ('reads_over', 'headline_reads_over'):
            batch_op.add_column(sa.Column(name, sa.BigInteger(), nullable=False, server_default='0'))
    op.execute(_MARK.format(month=_MONTH[op.get_bind().dialect.name]))


def downgrade() -> None:
    with op.batch_alter_table('accountday', schema=None) as batch_op:
        batch_op.drop_column('headline_reads_over')
        batch_op.drop_column('reads_over')
    op.drop_table('accountmonth')
