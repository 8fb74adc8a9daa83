"""An incident of a district with topics and tasks, for tests of the reports on it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from core import incidents
from core.labels import STANCES
from core.models import Incident, Platform, Sense, TopicView, Unit
from core.viewing import METHOD
from tests.spoken import feel, say, source, topic

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
"""12:00 in Shanghai."""
HOUR = timedelta(hours=1)


def platforms(session) -> None:
    """Families of the platforms that are spoken on here, where the catalogue has not brought them."""
    for code, name, family in (("weibo", "微博", "weibo"), ("news", "晨报", "news"), ("baidu", "百度热搜", "hotlist")):
        if session.get(Platform, code) is None:
            session.add(Platform(code=code, name=name, family=family))
    session.commit()


class Case:
    """Sources, units and topics; `open_` opens a file as of a moment."""

    def __init__(self, session):
        platforms(session)
        self.session = session
        self.weibo = source(session, "weibo", name="微博·青山话题")
        self.news = source(session, "news", name="晨报")
        self.water, self.street = Unit(name="水务局", kind="bureau"), Unit(name="青山街道", kind="street")
        session.add_all([self.water, self.street])
        session.commit()

    def topic(self, title="东街停水", at=NOW - 6 * HOUR):
        return topic(self.session, title, at)

    def say(self, said, at, about=None, *, step=timedelta(minutes=5), media=False):
        return say(self.session, self.news if media else self.weibo, about, said, at, step)

    def open_(self, mentions=(), topics=(), *, title="东街停水", level="yellow", now=NOW, **more) -> Incident:
        made = incidents.open_(self.session, title, level, [one.id for one in mentions], topics, who="王敏", now=now,
                               **more)
        self.session.commit()
        return made

    def link(self, row, mentions, now):
        incidents.link(self.session, row.id, [one.id for one in mentions], who="王敏", now=now)
        self.session.commit()

    def advance(self, row, stage, now, reason="先行处置"):
        incidents.advance(self.session, row.id, stage, reason, who="王敏", now=now)
        self.session.commit()

    def feel(self, mentions, label, confidence=0.9):
        for one in mentions:
            feel(self.session, one, label, confidence)

    def risk(self, mention, points, kind="社会民生"):
        found = self.session.execute(select(Sense).where(Sense.mention_id == mention.id)).scalar()
        found = found or Sense(mention_id=mention.id, at=NOW)
        found.risk, found.risk_kind = points, kind
        self.session.add(found)
        self.session.commit()

    def views(self, about, points, media=(), *, at=NOW):
        """What is thought of a topic: (stance, mentions that say it) of netizens and of media, each quoted by its
        first."""
        def side(given):
            stances = {name: sum(len(said) for stance, said in given if stance == name) for name in STANCES}
            number = sum(len(said) for _, said in given)
            return {"comments": number, "unsorted": 0, "stances": stances, "viewpoints": [
                {"number": len(said), "share": len(said) / number, "stance": stance,
                 "quotes": [{"mention": said[0].id, "start": 0, "end": len(said[0].title), "text": said[0].title,
                             "stance": stance}]} for stance, said in given]}

        self.session.add(TopicView(topic_id=about.id, at=at, mentions=about.mentions, content={
            "method": METHOD, "texts": about.mentions, "lists": 0, "netizens": side(points), "media": side(media),
            "summary": [], "items": []}))
        self.session.commit()


def said(content, title=None) -> str:
    """The paragraphs of a section, or of all of them."""
    from core.report.content import Paragraph

    return "\n".join(block.text for section in content.sections if title in (None, section.title)
                     for block in section.blocks if isinstance(block, Paragraph))


def table(content, title):
    """The rows of a table."""
    from core.report.content import Table

    return next(block.rows for section in content.sections for block in section.blocks
                if isinstance(block, Table) and block.title == title)


def titles(content) -> list[str]:
    from core.report.content import Table

    return [block.title for section in content.sections for block in section.blocks if isinstance(block, Table)]
