"""Removing the sample district takes its incidents out and leaves the office's own."""

import pytest
from sqlalchemy import select

from core import db, demo, digests, incident_files, incidents
from core.models import (
    Digest,
    DigestItem,
    Incident,
    IncidentFile,
    IncidentMention,
    IncidentStep,
    IncidentTask,
    IncidentTie,
    IncidentTopic,
    Mention,
    MentionDeed,
    Topic,
    Unit,
)
from tests.demo.district import NOW
from tests.spoken import say, source

pytestmark = pytest.mark.xdist_group("demo")
WHO = {"who": "张三", "now": NOW}
PDF, OTHER = b"%PDF-1.7 sample", b"%PDF-1.7 ours"


def test_the_samples_incidents_go_and_ours_stay(sample):
    with db.session() as session:
        topic = session.execute(select(Topic).where(Topic.demo, Topic.alias_of.is_(None), Topic.mentions > 2)
                                ).scalars().first()
        ids = session.execute(select(Mention.id).where(Mention.topic_id != topic.id).limit(3)).scalars().all()
        unit = session.execute(select(Unit).where(Unit.demo)).scalars().first()
        theirs = incidents.open_(session, "样例事件", "red", ids, [topic.id], **WHO)
        incidents.attach(session, theirs.id, PDF, "样例.pdf", **WHO)
        incidents.assign(session, theirs.id, unit.id, "核实", **WHO)
        real = say(session, source(session, "weibo", name="真实来源"), None, ["真实停水", "真实断水"], NOW)
        ours = incidents.open_(session, "本区事件", "blue", [real[0].id, ids[0]], **WHO)
        young = incidents.open_(session, "后来的", "blue", [real[1].id], **WHO)
        incidents.attach(session, ours.id, OTHER, "本区.pdf", **WHO)
        task = incidents.assign(session, ours.id, unit.id, "核实", **WHO)
        incidents.relate(session, ours.id, theirs.id, "同一片区", **WHO)
        incidents.merge(session, theirs.id, young.id, "同一件事", **WHO)
        incidents.advance(session, ours.id, "settled", "已办结", **WHO)
        theirs_alone, mixed = (digests.begin(session, NOW.date(), title, **WHO) for title in ("样例摘报", "混编摘报"))
        for digest in (theirs_alone, mixed):
            digests.add(session, digest.id, "mention", ids[:1], **WHO)
            digests.add(session, digest.id, "topic", [topic.id], **WHO)
        digests.add(session, mixed.id, "mention", [real[0].id], **WHO)
        assert mixed.demo
        session.commit()
        before = ours.closed_at
    demo.remove(now=NOW)
    with db.session() as session:
        left = {row.title: row for row in session.execute(select(Incident)).scalars()}
        assert set(left) == {"本区事件", "后来的"}
        assert left["后来的"].alias_of is None and left["后来的"].closed_at is None
        assert left["本区事件"].closed_at == before
        assert set(session.execute(select(IncidentMention.mention_id)).scalars()) == {one.id for one in real}
        assert not session.execute(select(IncidentTopic)).all() and not session.execute(select(IncidentTie)).all()
        assert session.execute(select(IncidentTask.id)).scalars().all() == [task.id]
        assert [row.name for row in session.execute(select(IncidentFile)).scalars()] == ["本区.pdf"]
        (digest,) = session.execute(select(Digest)).scalars()
        assert (digest.title, digest.demo) == ("混编摘报", False)
        assert session.execute(select(DigestItem.mention_id)).scalars().all() == [real[0].id]
        kept = session.get(Unit, unit.id)
        assert kept is not None and not kept.demo, "a real incident's task hangs on it"
        others = set(session.execute(select(IncidentStep.other_id)).scalars()) - {None}
        assert not others, "nothing points at what is gone"
        assert {deed.mention_id for deed in session.execute(select(MentionDeed)).scalars()} == {one.id for one in real}
    files = [file.read_bytes() for file in incident_files.folder().rglob("*") if file.is_file()]
    assert files == [OTHER]
