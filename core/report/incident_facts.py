"""What a report of an incident is made of, read in one go through `core.query`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import and_
from sqlmodel import Session

from core import clock, db
from core.faults import BadInput
from core.incidents import family
from core.models import Edition, Mention
from core.query import corpus, incident_mentions, incident_reports, incidents, topic_views
from core.query.corpus import Size, Voice
from core.query.incident_mentions import Standing
from core.query.incident_reports import FINAL, FIRST, FOLLOWING, Issued
from core.query.incidents import Clock, File, Step
from core.query.topic_views import Seen
from core.report import editions
from core.report.content import Content, Figures

BRIEF_ITEMS, NEW_ITEMS, ANNEX_ITEMS = 8, 10, 60
"""Items of a first report, new ones of a further one, and those of an annex."""
LINKED = "关联信息"
"""The figure of a report that says how many mentions the incident has."""
VIEWED = 3
"""Topics of an incident whose viewpoints are told, the largest."""
EFFECT = timedelta(hours=24)
"""What is compared before and after the response, at most."""
HOURLY = timedelta(hours=72)
"""An incident that lasts no longer is told by hours."""


@dataclass(frozen=True, slots=True)
class Since:
    """What has come since the report before. `had`: mentions that it stated; `new`: linked since, `newer` of them
    published since, `gone` taken out; `platforms`: names of those that are new; `steps` that were written down
    since."""

    report: Issued
    at: datetime
    had: int
    new: int
    newer: int
    gone: int
    platforms: tuple[str, ...]
    items: pd.DataFrame
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """Mentions and voices over a length of time before and after the response."""

    at: datetime
    length: timedelta
    before: int
    after: int
    voices_before: Mapping[str, Voice]
    voices_after: Mapping[str, Voice]


@dataclass(frozen=True, slots=True)
class Facts:
    """`stage`: of incident_reports; `course`: the items that mark how it went; `counts`: items of each day; `times`: of
    each item, of an incident that is told by hours (else none); `views`: title and viewpoints of the largest topics;
    `key`: what was kept as evidence, else what was reprinted most; `at`, `stamp`: of the data."""

    stage: str
    now: datetime
    file: File
    clocks: tuple[Clock, ...]
    how: Standing
    size: Size
    platforms: pd.DataFrame
    course: pd.DataFrame
    daily: pd.DataFrame
    counts: Mapping[date, int | None]
    times: tuple[datetime, ...]
    voices: Mapping[str, Voice]
    views: tuple[tuple[str, Seen], ...]
    towns: pd.DataFrame
    key: pd.DataFrame
    done: tuple[Issued, ...]
    since: Since | None
    effect: Effect | None
    stamp: int

    @property
    def number(self) -> int:
        """Of a 续报."""
        return incident_reports.number_of(self.stage)

    @property
    def hourly(self) -> bool:
        return bool(self.times)


def stage_of(session: Session, incident_id: int, asked: str) -> str:
    """The stage as it is stored: 续报 alone is the next of them. Raises BadInput for one that can't be issued now."""
    file = incidents.file(session, incident_id)
    if file is None:
        raise BadInput("这个事件不存在，请刷新页面")
    if file.head.withdrawn:
        raise BadInput("这个事件已撤销，不能编发报告，请先恢复")
    can = incident_reports.offered(incident_reports.issued(session, incident_id), file.head)
    if asked == FOLLOWING:
        asked = next((stage for stage in can if stage.startswith(FOLLOWING)), asked)
    if asked not in can:
        raise BadInput(f"现在不能编发“{asked}”，可编发：{'、'.join(can)}")
    return asked


def read(session: Session, incident_id: int, asked: str, now: datetime) -> Facts:
    """Everything about the incident as of now (use `db.snapshot`). Errors as `stage_of`."""
    stage = stage_of(session, incident_id, asked)
    file = incidents.file(session, incident_id)
    every = family(session, file.head.id)
    inside = Mention.id.in_(incidents.linked(every))
    size = corpus.size(session, inside)
    short = size.mentions > 1 and size.last_at - size.first_at <= HOURLY
    done = incident_reports.issued(session, incident_id)
    previous = incident_reports.before(done, stage)
    today = clock.day_of(now)
    return Facts(
        stage=stage, now=now, file=file, clocks=incidents.clocks(file.head, now),
        how=incident_mentions.standing(session, file.head.id, now), size=size,
        platforms=corpus.platforms(session, inside), course=corpus.course(session, inside),
        daily=corpus.daily(session, inside),
        counts=corpus.counts(session, inside, None if file.head.state == "closed" else today),
        times=tuple(corpus.times(session, inside)) if short else (), voices=corpus.voices(session, inside),
        views=_views(session, file), towns=corpus.towns(session, inside), key=_key(session, file, inside, stage),
        done=done, since=_since(session, file, every, previous) if previous else None,
        effect=_effect(session, inside, file.head.stopped_at, now), stamp=db.stamp(session),
    )


def _views(session: Session, file: File) -> tuple[tuple[str, Seen], ...]:
    """Of the topics that the incident follows, or that its mentions are in."""
    topics = {topic.topic_id: (topic.title, topic.mentions) for topic in file.topics}
    for row in incident_mentions.unfollowed(session, file.head.id).itertuples():
        topics.setdefault(int(row.topic_id), (row.title, int(row.inside)))
    found = []
    for id_ in sorted(topics, key=lambda one: (-topics[one][1], one)):
        seen = topic_views.seen(session, id_)
        if seen is not None and (seen.netizens.comments or seen.media.comments):
            found.append((topics[id_][0], seen))
    return tuple(found[:VIEWED])


def _key(session: Session, file: File, inside, stage: str) -> pd.DataFrame:
    """What was kept as evidence and what was reprinted most; in an annex, in order of time."""
    limit = ANNEX_ITEMS if stage == FINAL else BRIEF_ITEMS
    most = corpus.items(session, inside, limit)
    linked = incident_mentions.mentions(session, file.head.id, limit=limit)
    kept = linked.loc[linked["key"], "mention_id"].tolist()
    if kept:
        own = corpus.items(session, and_(inside, Mention.id.in_(kept)), limit)
        most = pd.concat([own, most[~most["mention_id"].isin(own["mention_id"])]], ignore_index=True).head(limit)
    return most.sort_values(["published_at", "mention_id"], kind="stable", ignore_index=True)


def _since(session: Session, file: File, every: list[int], previous: Issued) -> Since:
    before = editions.read(session.get_one(Edition, previous.id))
    at = before.as_of
    change = incident_reports.change(file, every, at)
    new, newer, gone = (corpus.size(session, one).mentions for one in (change.new, change.newer, change.gone))
    known = set(corpus.platforms(session, change.had)["platform"])
    fresh = corpus.platforms(session, change.new)["platform"]
    steps = tuple(step for step in file.steps if step.noted_at > at and step.kind != "report")
    return Since(previous, at, _stated(before), new, newer, gone, tuple(name for name in fresh if name not in known),
                 corpus.items(session, change.new, NEW_ITEMS), steps)


def _stated(content: Content) -> int:
    """How many mentions a report says that the incident has; of none it shows no figure."""
    shown = (item.value for section in content.sections for block in section.blocks if isinstance(block, Figures)
             for item in block.items if item.label == LINKED)
    return int(next(shown, "0").replace(",", ""))


def _effect(session: Session, inside, at: datetime | None, now: datetime) -> Effect | None:
    """Equal lengths before and after, no longer than what has passed since."""
    if at is None or at >= now:
        return None
    length = min(EFFECT, now - at)
    if length < EFFECT:  # whole hours are easily told
        length = timedelta(hours=length // timedelta(hours=1))
    if not length:
        return None
    before, after = (and_(inside, Mention.published_at > first, Mention.published_at <= last)
                     for first, last in ((at - length, at), (at, at + length)))
    return Effect(at, length, corpus.size(session, before).mentions, corpus.size(session, after).mentions,
                  corpus.voices(session, before), corpus.voices(session, after))


__all__ = ["FINAL", "FIRST", "FOLLOWING", "Effect", "Facts", "Since", "read", "stage_of"]
