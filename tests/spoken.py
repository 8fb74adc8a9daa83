"""Mentions, topics and day counts as ingest and understanding leave them, for tests of what is made of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from core import clock
from core.models import Mention, MentionDay, Sense, Source, Topic, TopicDay


def source(session, platform: str, *, demo: bool = False, **more) -> Source:
    """A source of a platform that ran well a moment ago."""
    made = Source(key=f"{platform}-{demo}-{more.get('name', '')}", name=more.pop("name", platform), collector="page",
                  platform=platform, demo=demo, **more)
    session.add(made)
    session.flush()
    return made


def topic(session, title: str, at: datetime, *, demo: bool = False, active: bool = True) -> Topic:
    made = Topic(title=title, first_at=at, last_at=at, active=active, demo=demo)
    session.add(made)
    session.flush()
    return made


def say(session, of: Source, topic_: Topic | None, said: Sequence[str | tuple[str, str]], at: datetime,
        step: timedelta = timedelta(minutes=1)) -> list[Mention]:
    """Mentions of a source, each a title or (title, text); same words are reprints of the first. Counts follow."""
    made = []
    heads = {} if topic_ is None else {
        (title, text): id_ for title, text, id_ in session.execute(
            select(Mention.title, Mention.text, Mention.id).where(
                Mention.topic_id == topic_.id, Mention.fold_id == Mention.id))}
    number = session.execute(select(func.count()).select_from(Mention)).scalar()
    for n, words in enumerate(said):
        title, text = words if isinstance(words, tuple) else (words, "")
        when = at + n * step
        one = Mention(source_id=of.id, external_id=str(number + n), platform=of.platform, title=title, text=text,
                      url=f"https://example.cn/{number + n}", published_at=when, day=clock.day_of(when),
                      first_seen_at=when, last_seen_at=when, understood_at=when, topic_id=topic_ and topic_.id)
        session.add(one)
        session.flush()
        one.fold_id = heads.setdefault((title, text), one.id)
        one.fold_kind = "" if one.fold_id == one.id else "reprint"
        made.append(one)
    if topic_ is not None:
        topic_.mentions += len(made)
        topic_.folded += sum(one.fold_id == one.id for one in made)
        topic_.last_at = max([topic_.last_at, *(one.published_at for one in made)])
        for (day, platform), times in Counter((one.day, one.platform) for one in made).items():
            count(session, {day: times}, platform, topic_)
    session.commit()
    return made


def count(session, days: Mapping[date, int], platform: str, topic_: Topic | None = None) -> None:
    """Day counts of a platform, and of a topic, without the mentions themselves."""
    for day, times in days.items():
        for table, key in ((MentionDay, (day, platform)), (TopicDay, topic_ and (topic_.id, day, platform))):
            if key is None:
                continue
            row = session.get(table, key)
            if row is None:
                names = ("day", "platform") if table is MentionDay else ("topic_id", "day", "platform")
                row = table(**dict(zip(names, key, strict=True)))
            row.mentions += times
            row.folded += times
            session.add(row)
    session.flush()


def feel(session, mention: Mention, label: str, confidence: float = 0.8, guard: str = "") -> None:
    """What the scorer found about a mention."""
    session.add(Sense(mention_id=mention.id, at=mention.published_at, sentiment=label, confidence=confidence,
                      guard=guard))
    session.commit()
