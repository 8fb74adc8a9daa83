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
        sa.Column('figures', sa.LargeBinary(), nullable=False),
        sa.Column('by_day', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
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
