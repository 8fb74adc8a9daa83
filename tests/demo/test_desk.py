"""The sample district's office has been at work: incidents at several stages, warnings, a digest."""

import pytest
from sqlalchemy import func, select

from core import db, demo, jobs, understand
from core.models import Alert, AlertRule, Delivery, Digest, DigestItem, Incident, IncidentTask, Remembered
from core.query import digests as digest_query
from core.sift import run as sift
from tests.demo.district import NOW

pytestmark = pytest.mark.xdist_group("demo")


def test_incidents_warnings_and_a_digest_are_there_and_tell_nobody(sample):
    with db.session() as session:
        incidents = session.execute(select(Incident).order_by(Incident.id)).scalars().all()
        assert incidents and all(one.demo for one in incidents)
        assert session.execute(select(AlertRule.demo)).scalars().all() == [True, True]
        alerts = session.execute(select(Alert)).scalars().all()
        assert all(one.demo for one in alerts)
        assert not session.execute(select(Delivery)).all()
        (digest,) = session.execute(select(Digest)).scalars()
        assert digest.demo and digest_query.whole(session, digest.id).items


def test_what_was_left_to_the_scheduler_is_filled_when_all_is_understood(database):
    demo.load(now=NOW, months=1, accounts=2, topics=False)
    jobs.rounds()
    with db.session() as session:
        assert not session.execute(select(func.count()).select_from(Digest)).scalar()
        while understand.understand(session, now=NOW).mentions:
            pass
        while sift(session, now=NOW):
            pass
        session.commit()
    jobs.rounds()
    with db.session() as session:
        assert session.execute(select(func.count()).select_from(Digest)).scalar() == 1
        assert session.get(Remembered, "sample desk") is None
    jobs.rounds()
    demo.remove(now=NOW)
    with db.session() as session:
        for table in (Incident, IncidentTask, AlertRule, Alert, Digest, DigestItem):
            assert not session.execute(select(table)).all(), table.__tablename__
