"""Deeds and marks on mentions, incidents, people, channels, warnings and their deliveries"""

from collections.abc import Sequence

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision: str = '0010'
down_revision: str | None = '0009'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_TEXT = sqlmodel.sql.sqltypes.AutoString
_AT = sqlmodel.sql.sqltypes.UTCDateTime


def _big() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('alertrule',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', _TEXT(), nullable=False),
        sa.Column('subject', _TEXT(), nullable=False),
        sa.Column('terms', sa.JSON(), nullable=False),
        sa.Column('level', _TEXT(), nullable=False),
        sa.Column('plan', sa.JSON(), nullable=False),
        sa.Column('enabled', sa.Boolean(), nullable=False),
        sa.Column('sort', sa.Integer(), nullable=False),
        sa.Column('since', _AT(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_alertrule')),
        sa.UniqueConstraint('name', name=op.f('uq_alertrule_name')),
    )
    op.create_index(op.f('ix_alertrule_demo'), 'alertrule', ['demo'])
    op.create_table('channel',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', _TEXT(), nullable=False),
        sa.Column('kind', _TEXT(), nullable=False),
        sa.Column('config', sa.JSON(), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column('enabled', sa.Boolean(), nullable=False),
        sa.Column('sort', sa.Integer(), nullable=False),
        sa.Column('rest_until', _AT(), nullable=True),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('fault', _TEXT(), nullable=False),
        sa.Column('fault_note', _TEXT(), nullable=False),
        sa.Column('ok_at', _AT(), nullable=True),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_channel')),
        sa.UniqueConstraint('name', name=op.f('uq_channel_name')),
    )
    op.create_index(op.f('ix_channel_demo'), 'channel', ['demo'])
    op.create_table('incident',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('title', _TEXT(), nullable=False),
        sa.Column('level', _TEXT(), nullable=False),
        sa.Column('stage', _TEXT(), nullable=False),
        sa.Column('summary', sa.Text(), nullable=False),
        sa.Column('risk', _TEXT(), nullable=False),
        sa.Column('place', _TEXT(), nullable=False),
        sa.Column('town', _TEXT(), nullable=False),
        sa.Column('place_code', _TEXT(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=True),
        sa.Column('first_at', _AT(), nullable=False),
        sa.Column('opened_at', _AT(), nullable=False),
        sa.Column('opened_by', _TEXT(), nullable=False),
        sa.Column('updated_at', _AT(), nullable=False),
        sa.Column('closed_at', _AT(), nullable=True),
        sa.Column('withdrawn', _TEXT(), nullable=False),
        sa.Column('alias_of', sa.Integer(), nullable=True),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['alias_of'], ['incident.id'], name=op.f('fk_incident_alias_of_incident')),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_incident_unit_id_unit')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_incident')),
    )
    op.create_index(op.f('ix_incident_alias_of'), 'incident', ['alias_of'])
    op.create_index(op.f('ix_incident_demo'), 'incident', ['demo'])
    op.create_index(op.f('ix_incident_opened_at'), 'incident', ['opened_at'])
    op.create_index(op.f('ix_incident_stage'), 'incident', ['stage'])
    op.create_index(op.f('ix_incident_unit_id'), 'incident', ['unit_id'])
    op.create_table('person',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', _TEXT(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=True),
        sa.Column('post', _TEXT(), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column('shown', sa.JSON(), nullable=False),
        sa.Column('active', sa.Boolean(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_person_unit_id_unit')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
        sa.UniqueConstraint('name', name=op.f('uq_person_name')),
    )
    op.create_index(op.f('ix_person_demo'), 'person', ['demo'])
    op.create_index(op.f('ix_person_unit_id'), 'person', ['unit_id'])
    op.create_table('incidentfile',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('incident_id', sa.Integer(), nullable=False),
        sa.Column('name', _TEXT(), nullable=False),
        sa.Column('media_type', _TEXT(), nullable=False),
        sa.Column('sha256', _TEXT(length=64), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('note', _TEXT(), nullable=False),
        sa.Column('removed_at', _AT(), nullable=True),
        sa.Column('removed_by', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['incident_id'], ['incident.id'], name=op.f('fk_incidentfile_incident_id_incident')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_incidentfile')),
    )
    op.create_index(op.f('ix_incidentfile_incident_id'), 'incidentfile', ['incident_id'])
    op.create_table('incidentstep',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('incident_id', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('noted_at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('kind', _TEXT(), nullable=False),
        sa.Column('stage', _TEXT(), nullable=False),
        sa.Column('before', sa.Text(), nullable=False),
        sa.Column('after', sa.Text(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=True),
        sa.Column('other_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['incident_id'], ['incident.id'], name=op.f('fk_incidentstep_incident_id_incident')),
        sa.ForeignKeyConstraint(['other_id'], ['incident.id'], name=op.f('fk_incidentstep_other_id_incident')),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_incidentstep_unit_id_unit')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_incidentstep')),
    )
    op.create_index('ix_incidentstep_file', 'incidentstep', ['incident_id', 'at'])
    op.create_table('incidenttask',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('incident_id', sa.Integer(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=False),
        sa.Column('person', _TEXT(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('asked_at', _AT(), nullable=False),
        sa.Column('asked_by', _TEXT(), nullable=False),
        sa.Column('due_at', _AT(), nullable=True),
        sa.Column('answered_at', _AT(), nullable=True),
        sa.Column('answered_by', _TEXT(), nullable=False),
        sa.Column('answer', sa.Text(), nullable=False),
        sa.Column('withdrawn_at', _AT(), nullable=True),
        sa.ForeignKeyConstraint(['incident_id'], ['incident.id'], name=op.f('fk_incidenttask_incident_id_incident')),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_incidenttask_unit_id_unit')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_incidenttask')),
    )
    op.create_index(op.f('ix_incidenttask_incident_id'), 'incidenttask', ['incident_id'])
    op.create_index(op.f('ix_incidenttask_unit_id'), 'incidenttask', ['unit_id'])
    op.create_table('incidenttie',
        sa.Column('incident_id', sa.Integer(), nullable=False),
        sa.Column('other_id', sa.Integer(), nullable=False),
        sa.Column('why', _TEXT(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['incident_id'], ['incident.id'], name=op.f('fk_incidenttie_incident_id_incident')),
        sa.ForeignKeyConstraint(['other_id'], ['incident.id'], name=op.f('fk_incidenttie_other_id_incident')),
        sa.PrimaryKeyConstraint('incident_id', 'other_id', name=op.f('pk_incidenttie')),
    )
    op.create_index(op.f('ix_incidenttie_other_id'), 'incidenttie', ['other_id'])
    op.create_table('incidenttopic',
        sa.Column('incident_id', sa.Integer(), nullable=False),
        sa.Column('topic_id', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['incident_id'], ['incident.id'], name=op.f('fk_incidenttopic_incident_id_incident')),
        sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], name=op.f('fk_incidenttopic_topic_id_topic')),
        sa.PrimaryKeyConstraint('incident_id', 'topic_id', name=op.f('pk_incidenttopic')),
    )
    op.create_index(op.f('ix_incidenttopic_topic_id'), 'incidenttopic', ['topic_id'])
    op.create_table('alert',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('rule_id', sa.Integer(), nullable=False),
        sa.Column('group', _TEXT(), nullable=False),
        sa.Column('level', _TEXT(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('arrived_at', _AT(), nullable=False),
        sa.Column('title', _TEXT(), nullable=False),
        sa.Column('gist', _TEXT(), nullable=False),
        sa.Column('why', sa.Text(), nullable=False),
        sa.Column('place', _TEXT(), nullable=False),
        sa.Column('town', _TEXT(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=True),
        sa.Column('mentions', sa.Integer(), nullable=False),
        sa.Column('mention_id', _big(), nullable=True),
        sa.Column('topic_id', sa.Integer(), nullable=True),
        sa.Column('incident_id', sa.Integer(), nullable=True),
        sa.Column('state', _TEXT(), nullable=False),
        sa.Column('seen_at', _AT(), nullable=True),
        sa.Column('seen_by', _TEXT(), nullable=False),
        sa.Column('seen_how', _TEXT(), nullable=False),
        sa.Column('closed_at', _AT(), nullable=True),
        sa.Column('closed_by', _TEXT(), nullable=False),
        sa.Column('outcome', _TEXT(), nullable=False),
        sa.Column('step', sa.Integer(), nullable=False),
        sa.Column('next_at', _AT(), nullable=True),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['incident_id'], ['incident.id'], name=op.f('fk_alert_incident_id_incident')),
        sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_alert_mention_id_mention')),
        sa.ForeignKeyConstraint(['rule_id'], ['alertrule.id'], name=op.f('fk_alert_rule_id_alertrule')),
        sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], name=op.f('fk_alert_topic_id_topic')),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_alert_unit_id_unit')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_alert')),
    )
    op.create_index(op.f('ix_alert_at'), 'alert', ['at'])
    op.create_index(op.f('ix_alert_demo'), 'alert', ['demo'])
    op.create_index('ix_alert_group', 'alert', ['rule_id', 'group', 'at'])
    op.create_index(op.f('ix_alert_incident_id'), 'alert', ['incident_id'])
    op.create_index(op.f('ix_alert_mention_id'), 'alert', ['mention_id'])
    op.create_index('ix_alert_next', 'alert', ['next_at'])
    op.create_index(op.f('ix_alert_state'), 'alert', ['state'])
    op.create_index(op.f('ix_alert_topic_id'), 'alert', ['topic_id'])
    op.create_index(op.f('ix_alert_unit_id'), 'alert', ['unit_id'])
    op.create_table('incidentmention',
        sa.Column('incident_id', sa.Integer(), nullable=False),
        sa.Column('mention_id', _big(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('key', sa.Boolean(), nullable=False),
        sa.Column('removed_at', _AT(), nullable=True),
        sa.Column('removed_by', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['incident_id'], ['incident.id'], name=op.f('fk_incidentmention_incident_id_incident')),
        sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_incidentmention_mention_id_mention')),
        sa.PrimaryKeyConstraint('incident_id', 'mention_id', name=op.f('pk_incidentmention')),
    )
    op.create_index(op.f('ix_incidentmention_mention_id'), 'incidentmention', ['mention_id'])
    op.create_table('mentiondeed',
        sa.Column('id', _big(), nullable=False),
        sa.Column('mention_id', _big(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('who', _TEXT(), nullable=False),
        sa.Column('kind', _TEXT(), nullable=False),
        sa.Column('on', sa.Boolean(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=True),
        sa.Column('incident_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['incident_id'], ['incident.id'], name=op.f('fk_mentiondeed_incident_id_incident')),
        sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_mentiondeed_mention_id_mention')),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_mentiondeed_unit_id_unit')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mentiondeed')),
    )
    op.create_index(op.f('ix_mentiondeed_at'), 'mentiondeed', ['at'])
    op.create_index(op.f('ix_mentiondeed_mention_id'), 'mentiondeed', ['mention_id'])
    op.create_table('mentionmark',
        sa.Column('mention_id', _big(), nullable=False),
        sa.Column('starred', sa.Boolean(), nullable=False),
        sa.Column('read', sa.Boolean(), nullable=False),
        sa.Column('wrong', sa.Boolean(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=True),
        sa.Column('assignee', _TEXT(), nullable=False),
        sa.Column('comments', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_mentionmark_mention_id_mention')),
        sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_mentionmark_unit_id_unit')),
        sa.PrimaryKeyConstraint('mention_id', name=op.f('pk_mentionmark')),
    )
    op.create_index(op.f('ix_mentionmark_starred'), 'mentionmark', ['starred'])
    op.create_index(op.f('ix_mentionmark_unit_id'), 'mentionmark', ['unit_id'])
    op.create_table('alertmention',
        sa.Column('alert_id', sa.Integer(), nullable=False),
        sa.Column('mention_id', _big(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.ForeignKeyConstraint(['alert_id'], ['alert.id'], name=op.f('fk_alertmention_alert_id_alert')),
        sa.ForeignKeyConstraint(['mention_id'], ['mention.id'], name=op.f('fk_alertmention_mention_id_mention')),
        sa.PrimaryKeyConstraint('alert_id', 'mention_id', name=op.f('pk_alertmention')),
    )
    op.create_index(op.f('ix_alertmention_mention_id'), 'alertmention', ['mention_id'])
    op.create_table('delivery',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('key', _TEXT(), nullable=False),
        sa.Column('alert_id', sa.Integer(), nullable=True),
        sa.Column('person_id', sa.Integer(), nullable=True),
        sa.Column('channels', sa.JSON(), nullable=False),
        sa.Column('content', sa.JSON(), nullable=False),
        sa.Column('state', _TEXT(), nullable=False),
        sa.Column('made_at', _AT(), nullable=False),
        sa.Column('next_at', _AT(), nullable=True),
        sa.Column('done_at', _AT(), nullable=True),
        sa.Column('token', _TEXT(), nullable=False),
        sa.Column('note', _TEXT(), nullable=False),
        sa.Column('demo', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['alert_id'], ['alert.id'], name=op.f('fk_delivery_alert_id_alert')),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_delivery_person_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery')),
        sa.UniqueConstraint('key', name=op.f('uq_delivery_key')),
    )
    op.create_index(op.f('ix_delivery_alert_id'), 'delivery', ['alert_id'])
    op.create_index(op.f('ix_delivery_demo'), 'delivery', ['demo'])
    op.create_index('ix_delivery_due', 'delivery', ['state', 'next_at'])
    op.create_index(op.f('ix_delivery_person_id'), 'delivery', ['person_id'])
    op.create_index(op.f('ix_delivery_token'), 'delivery', ['token'])
    op.create_table('attempt',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('delivery_id', sa.Integer(), nullable=False),
        sa.Column('channel_id', sa.Integer(), nullable=False),
        sa.Column('at', _AT(), nullable=False),
        sa.Column('ended_at', _AT(), nullable=True),
        sa.Column('outcome', _TEXT(), nullable=False),
        sa.Column('code', _TEXT(), nullable=False),
        sa.Column('note', _TEXT(), nullable=False),
        sa.Column('reference', _TEXT(), nullable=False),
        sa.Column('receipt', _TEXT(), nullable=False),
        sa.Column('receipt_at', _AT(), nullable=True),
        sa.Column('receipt_note', _TEXT(), nullable=False),
        sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_attempt_channel_id_channel')),
        sa.ForeignKeyConstraint(['delivery_id'], ['delivery.id'], name=op.f('fk_attempt_delivery_id_delivery')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_attempt')),
    )
    op.create_index(op.f('ix_attempt_channel_id'), 'attempt', ['channel_id'])
    op.create_index(op.f('ix_attempt_delivery_id'), 'attempt', ['delivery_id'])
    op.create_index(op.f('ix_attempt_reference'), 'attempt', ['reference'])


def downgrade() -> None:
    for name in (
        'attempt',
        'delivery',
        'alertmention',
        'mentionmark',
        'mentiondeed',
        'incidentmention',
        'alert',
        'incidenttopic',
        'incidenttie',
        'incidenttask',
        'incidentstep',
        'incidentfile',
        'person',
        'incident',
        'channel',
        'alertrule',
    ):
        op.drop_table(name)
