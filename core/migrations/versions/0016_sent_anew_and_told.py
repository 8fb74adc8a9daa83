"""What people had sent anew, and alerts that were told"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision: str = '0016'
down_revision: str | None = '0015'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_AT = sqlmodel.sql.sqltypes.UTCDateTime
_UNTOLD = sa.text('told_at IS NULL')
_ALERT = sa.table('alert', sa.column('id', sa.Integer), sa.column('rule_id', sa.Integer), sa.column('at', _AT()),
                  sa.column('told_at', _AT()))
_DELIVERY = sa.table('delivery', sa.column('key', sa.String), sa.column('alert_id', sa.Integer))


def upgrade() -> None:
    for table in ('delivery', 'attempt'):
        op.add_column(table, sa.Column('resent', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('alert', sa.Column('told_at', _AT(), nullable=True))
    _remember_told()
    op.create_index('ix_alert_untold', 'alert', ['rule_id'], sqlite_where=_UNTOLD, postgresql_where=_UNTOLD)


def _remember_told() -> None:
    """What is older than a day counts as told; of the rest what has a delivery, or lies before its rule's last
    digest."""
    def tell(*where: sa.ColumnElement[bool]) -> None:
        op.get_bind().execute(sa.update(_ALERT).where(*where).values(told_at=_ALERT.c.at))

    tell(sa.or_(_ALERT.c.at < datetime.now(UTC) - timedelta(days=1),
                _ALERT.c.id.in_(sa.select(_DELIVERY.c.alert_id).where(_DELIVERY.c.alert_id.is_not(None)))))
    last: dict[int, datetime] = {}
    for (key,) in op.get_bind().execute(sa.select(_DELIVERY.c.key).where(_DELIVERY.c.key.like('digest:%'))):
        _, rule, slot = key.rsplit(':', 3)[0].split(':', 2)  # digest:RULE:MOMENT:0:person:ID
        at = datetime.fromisoformat(slot)
        last[int(rule)] = max(at, last.get(int(rule), at))
    for rule, slot in last.items():
        tell(_ALERT.c.rule_id == rule, _ALERT.c.at <= slot)


def downgrade() -> None:
    op.drop_index('ix_alert_untold', 'alert')
    op.drop_column('alert', 'told_at')
    for table in ('attempt', 'delivery'):
        op.drop_column(table, 'resent')
