"""What people talk about: hot topics of a period, one topic with its items, mentions by day and platform.

All counts come from `topic_day` and `mention_day`; single mentions are read only for the topics that are shown.
`mentions` counts every item (条), `folded` every distinct text (篇): a reprint is an item, not a text of its own.
"""

from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlmodel import Session

from core import labels
from core.clock import days, previous_period
from core.counts import Count
from core.metrics.growth import Change, change
from core.models import Mention, MentionDay, Platform, Source, Topic, TopicDay
from core.query import totals
from core.query.scope import Filter

HOT_COLUMNS = (
    "topic_id", "rank", "rank_before", "moved", "title", "keywords", "mentions", "folded", "platforms",
    "platform_names", "first_source", "first_at", "peak_day", "peak", "last_at", "daily", "news", "posts", "pinned",
    "hidden_why",
)
ORDERS = {"mentions": "信息条数", "news": "新闻量", "posts": "发贴量", "platforms": "平台数", "folded": "去重篇数",
          "last_at": "最近出现", "first_at": "最早出现"}
"""What a period's topics can be ordered by as they are counted by day; the largest or latest first."""
MOVED_NEW = "新上榜"
SERIES, REST = 7, "其他"
"""Platforms that a chart names; the others are added up."""


@dataclass(frozen=True, slots=True)
class Volume:
    """The period's size: items, distinct texts, topics of two or more items (hidden ones left out), platforms; items
    beside the period before; 新闻量 and 发贴量 (labels.SAID_ON).

    `first_day` and `last_day`: the Shanghai days between which there are mentions at all (None: there are none).
    """

    mentions: int
    folded: int
    topics: int
    platforms: int
    change: Change
    first_day: date | None
    last_day: date | None
    news: int = 0
    posts: int = 0


def volume(session: Session, where: Filter) -> Volume:
    """How much was said in the period, and whether there is anything outside it."""
    row = session.execute(
        select(func.coalesce(func.sum(MentionDay.mentions), 0), func.coalesce(func.sum(MentionDay.folded), 0),
               func.count(MentionDay.platform.distinct()), func.coalesce(_counted("news", MentionDay), 0),
               func.coalesce(_counted("post", MentionDay), 0)).where(within(MentionDay, where))
    ).one()
    first, last = previous_period(where.start, where.end)
    before = session.execute(
        select(func.sum(MentionDay.mentions)).where(within(MentionDay, where.over(first, last)))
    ).scalar()
    ranked = _ranked(where).subquery()
    topics = session.execute(select(func.count()).select_from(ranked).where(ranked.c.mentions > 1)).scalar()
    span = session.execute(select(func.min(MentionDay.day), func.max(MentionDay.day))).one()
    grown = change(Count(int(row[0])), Count(None if before is None else int(before)))
    return Volume(int(row[0]), int(row[1]), int(topics or 0), int(row[2]), grown, span[0], span[1], int(row[3]),
                  int(row[4]))


def spoken_on(code: ColumnElement[str]) -> ColumnElement[str]:
    """Name of the platform on which something was said (`Platform` joined, or its code): 微博 and not 政务微博, which
    is what the district's own accounts there are called."""
    return func.replace(func.coalesce(Platform.name, code), "政务", "")


def within(table: type[MentionDay] | type[TopicDay], where: Filter) -> ColumnElement[bool]:
    """Whether a row of day counts lies in the period and on the platforms of the filter."""
    inside = table.day.between(where.start, where.end)
    return and_(inside, table.platform.in_(where.platforms)) if where.platforms else inside


def said_on(kind: str) -> Select[tuple[str]]:
    """The platforms on which what is said is of that kind (labels.SAID_ON); those that the catalogue doesn't know are
    taken for 其他, and have to be asked for by what they are not."""
    families = [family for family, of in labels.SAID_ON.items() if of == kind]
    return select(Platform.code).where(Platform.family.in_(families))


def _counted(kind: str, table: type[MentionDay] | type[TopicDay] = TopicDay) -> ColumnElement[int]:
    """Items of day counts of that kind: 新闻 are all that is neither 帖文 nor the line of a list."""
    other = [table.platform.not_in(said_on(one)) for one in ("post", "list")]
    of = and_(*other) if kind == "news" else table.platform.in_(said_on(kind))
    return func.sum(case((of, table.mentions), else_=0))


def hidden(wanted: bool = False) -> ColumnElement[bool]:
    """Day counts of the topics that are hidden, or of the others."""
    ids = select(Topic.id).where(Topic.hidden_at.is_not(None))
    return TopicDay.topic_id.in_(ids) if wanted else TopicDay.topic_id.not_in(ids)


def _ranked(where: Filter, of_hidden: bool = False):
    """Topics of the period with their counts and rank: most items first, equal counts share a rank. Hidden ones stand
    by themselves."""
    counted = func.sum(TopicDay.mentions)
    return (
        select(
            TopicDay.topic_id, counted.label("mentions"), func.sum(TopicDay.folded).label("folded"),
            func.count(TopicDay.platform.distinct()).label("platforms"),
            func.rank().over(order_by=counted.desc()).label("rank"),
            _counted("news").label("news"), _counted("post").label("posts"),
        )
        .where(within(TopicDay, where), hidden(of_hidden)).group_by(TopicDay.topic_id)
    )


def hot(
    session: Session, where: Filter, limit: int = 50, search: str = "", order: str = "mentions",
    of_hidden: bool = False,
) -> pd.DataFrame:
    """The period's topics: those that people pinned first, then by `order` (ORDERS). `search`: words that the topic's
    title or one of its items must hold. Hidden topics are left out, and have a list of their own (`of_hidden`).

    Columns: topic_id, rank, rank_before (of the period before; None: not in it), moved (`↑3`, `↓2`, `—`, 新上榜;
    empty where nothing is known of the period before),
    title, keywords (text), mentions, folded, platforms, platform_names, first_source, first_at, peak_day, peak (items
    on it), last_at, daily: items of each day of the period, None on days without any mention from anywhere; news and
    posts: 新闻量 and 发贴量 (labels.SAID_ON; the lines of hot lists are neither); pinned; hidden_why. A topic of a
    single item is listed only when searched for, or pinned, or hidden.
    """
    ranked = _ranked(where, of_hidden).subquery()
    by = getattr(Topic, order) if order in ("first_at", "last_at") else ranked.c[order]
    query = (
        select(ranked, Topic.title, Topic.keywords, Topic.first_at, Topic.last_at, Topic.hidden_why,
               Topic.pinned_at.is_not(None).label("pinned"))
        .join(Topic, Topic.id == ranked.c.topic_id)
        .order_by(case((Topic.pinned_at.is_not(None), 0), else_=1), by.desc(), ranked.c.mentions.desc(),
                  ranked.c.platforms.desc(), Topic.last_at.desc(), Topic.id).limit(limit)
    )
    for word in search.split()[:8]:
        query = query.where(or_(
            Topic.title.icontains(word, autoescape=True),
            exists().where(Mention.topic_id == Topic.id, Mention.title.icontains(word, autoescape=True)),
        ))
    if not search.split() and not of_hidden:
        query = query.where(or_(ranked.c.mentions > 1, Topic.pinned_at.is_not(None)))
    rows = session.execute(query).all()
    ids = [row.topic_id for row in rows]
    before = _ranks_before(session, where, ids, of_hidden)
    earlier = where.over(*previous_period(where.start, where.end))
    comparable = session.execute(select(exists().where(within(MentionDay, earlier)))).scalar()
    by_day, names = _by_day(session, where, ids), _platforms_of(session, where, ids)
    sources = _first_sources(session, ids)
    heard = set(session.execute(select(MentionDay.day).where(within(MentionDay, where)).distinct()).scalars())
    span = days(where.start, where.end)
    out = []
    for row in rows:
        daily = by_day.get(row.topic_id, {})
        peak_day = max(daily, key=lambda day: (daily[day], day))
        out.append({
            "topic_id": row.topic_id, "rank": row.rank, "rank_before": before.get(row.topic_id),
            "moved": _moved_words(row.rank, before.get(row.topic_id)) if comparable else "", "title": row.title,
            "keywords": "、".join(row.keywords), "mentions": int(row.mentions), "folded": int(row.folded),
            "platforms": row.platforms,
            "platform_names": "、".join(names.get(row.topic_id, ())), "first_source": sources.get(row.topic_id, ""),
            "first_at": row.first_at, "peak_day": peak_day, "peak": daily[peak_day], "last_at": row.last_at,
            "daily": [daily.get(day, 0) if day in heard else None for day in span],
            "news": int(row.news), "posts": int(row.posts), "pinned": bool(row.pinned), "hidden_why": row.hidden_why,
        })
    return _times(pd.DataFrame(out, columns=HOT_COLUMNS), "first_at", "last_at")


def _times(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in names})


def _moved_words(rank: int, before: int | None) -> str:
    if before is None:
        return MOVED_NEW
    return f"↑{before - rank}" if before > rank else f"↓{rank - before}" if rank > before else "—"


def _ranks_before(session: Session, where: Filter, ids: list[int], of_hidden: bool) -> dict[int, int]:
    earlier = _ranked(where.over(*previous_period(where.start, where.end)), of_hidden).subquery()
    found = session.execute(select(earlier.c.topic_id, earlier.c.rank).where(earlier.c.topic_id.in_(ids)))
    return {topic: rank for topic, rank in found}


def _by_day(session: Session, where: Filter, ids: list[int]) -> dict[int, dict[date, int]]:
    out: dict[int, dict[date, int]] = {}
    for topic, day, times in session.execute(
        select(TopicDay.topic_id, TopicDay.day, func.sum(TopicDay.mentions))
        .where(TopicDay.topic_id.in_(ids), within(TopicDay, where)).group_by(TopicDay.topic_id, TopicDay.day)
    ):
        out.setdefault(topic, {})[day] = int(times)
    return out


def _platforms_of(session: Session, where: Filter, ids: list[int]) -> dict[int, list[str]]:
    out: dict[int, list[str]] = {}
    counted = func.sum(TopicDay.mentions)
    for topic, name, _ in session.execute(
        select(TopicDay.topic_id, spoken_on(TopicDay.platform), counted)
        .outerjoin(Platform, Platform.code == TopicDay.platform)
        .where(TopicDay.topic_id.in_(ids), within(TopicDay, where))
        .group_by(TopicDay.topic_id, TopicDay.platform, Platform.name).order_by(counted.desc(), TopicDay.platform)
    ):
        out.setdefault(topic, []).append(name)
    return out


def _first_sources(session: Session, ids: list[int]) -> dict[int, str]:
    """Name of the source of each topic's earliest item."""
    place = func.row_number().over(partition_by=Mention.topic_id, order_by=(Mention.published_at, Mention.id))
    ordered = (
        select(Mention.topic_id, Mention.source_id, place.label("place")).where(Mention.topic_id.in_(ids)).subquery()
    )
    found = session.execute(
        select(ordered.c.topic_id, Source.name).join(Source, Source.id == ordered.c.source_id)
        .where(ordered.c.place == 1)
    )
    return {topic: name for topic, name in found}


@dataclass(frozen=True, slots=True)
class TopicDetail:
    """One topic over its whole life. `id` differs from the one asked for when that was merged into this one. What
    people decided: `named` (`own_title`: what it calls itself), `pinned`, `hidden_why` (empty: it is shown)."""

    id: int
    title: str
    keywords: tuple[str, ...]
    mentions: int
    folded: int
    platforms: int
    first_at: datetime
    last_at: datetime
    first_source: str
    active: bool
    named: bool = False
    pinned: bool = False
    hidden_why: str = ""
    own_title: str = ""
    demo: bool = False


def topic(session: Session, topic_id: int) -> TopicDetail | None:
    """The topic of that id, or the one that it was merged into; None when there is none."""
    row = session.get(Topic, topic_id)
    if row is not None and row.alias_of is not None:
        row = session.get(Topic, row.alias_of)
    if row is None:
        return None
    return TopicDetail(
        row.id, row.title, tuple(row.keywords), row.mentions, row.folded, row.platforms, row.first_at, row.last_at,
        _first_sources(session, [row.id]).get(row.id, ""), row.active, row.own_title is not None,
        row.pinned_at is not None, row.hidden_why, row.own_title or "", row.demo,
    )


def named(session: Session, search: str, demo: bool, but: int | None = None, limit: int = 50) -> dict[int, str]:
    """Topics whose titles hold those words, the ones with something new first: id and words to choose by."""
    query = select(Topic.id, Topic.title, Topic.mentions).where(
        Topic.mentions > 0, Topic.demo.is_(demo), Topic.id != (but or 0)).order_by(Topic.last_at.desc(), Topic.id)
    for word in search.split()[:8]:
        query = query.where(Topic.title.icontains(word, autoescape=True))
    return {row.id: f"{row.title}（{row.mentions} 条）" for row in session.execute(query.limit(limit))}


def sides(session: Session, topic_id: int) -> dict[str, int]:
    """A topic's items over its whole life by kind (labels.SAID)."""
    found = dict.fromkeys(labels.SAID, 0)
    for family, many in session.execute(
        select(Platform.family, func.sum(TopicDay.mentions)).select_from(TopicDay)
        .outerjoin(Platform, Platform.code == TopicDay.platform).where(TopicDay.topic_id == topic_id)
        .group_by(Platform.family)
    ):
        found[labels.SAID_ON[family or "other"]] += int(many)
    return found


def topic_days(session: Session, topic_id: int) -> pd.DataFrame:
    """The topic's items by day and platform over its whole life: day, series (platform name), value. The platforms
    with the most items stand by themselves, the rest together as 其他."""
    return largest(totals.read(session, (
        select(TopicDay.day, spoken_on(TopicDay.platform).label("series"),
               TopicDay.mentions.label("value"))
        .outerjoin(Platform, Platform.code == TopicDay.platform)
        .where(TopicDay.topic_id == topic_id).order_by(Platform.sort, TopicDay.platform, TopicDay.day)
    )))


def largest(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame of days (day, series, value) with all but the largest series added up as 其他: more than eight colours
    can't be told apart."""
    sizes = frame.groupby("series", sort=False)["value"].sum().sort_values(ascending=False, kind="stable")
    if len(sizes) <= SERIES + 1:
        return frame
    named = set(sizes.index[:SERIES])
    frame = frame.assign(series=[name if name in named else REST for name in frame["series"]])
    summed = frame.groupby(["series", "day"], sort=False, as_index=False).sum()
    last = summed["series"] == REST
    return pd.concat([summed[~last], summed[last]], ignore_index=True)[list(frame.columns)]


def members(session: Session, topic_id: int, limit: int = 200) -> pd.DataFrame:
    """The topic's distinct texts, those with most copies first, then the earliest.

    Columns: mention_id, title, source, platform, published_at, dated (False: the time is that of the first sighting),
    url, reprints, excerpts, best_rank.
    """
    copies = (
        select(Mention.fold_id, func.count().label("copies"), func.min(Mention.best_rank).label("best_rank"),
               *(func.count().filter(Mention.fold_kind == kind).label(f"{kind}s") for kind in ("reprint", "excerpt")))
        .where(Mention.topic_id == topic_id).group_by(Mention.fold_id).subquery()
    )
    frame = totals.read(session, (
        select(Mention.id.label("mention_id"), Mention.title, Source.name.label("source"),
               spoken_on(Mention.platform).label("platform"), Mention.published_at, Mention.dated,
               Mention.url, copies.c.reprints, copies.c.excerpts, copies.c.best_rank)
        .join(copies, copies.c.fold_id == Mention.id).join(Source, Source.id == Mention.source_id)
        .outerjoin(Platform, Platform.code == Mention.platform)
        .order_by(copies.c.copies.desc(), Mention.published_at, Mention.id).limit(limit)
    ))
    return _times(frame, "published_at")


def mention_days(session: Session, where: Filter) -> pd.DataFrame:
    """Mentions of the period by day and platform: day, series (platform name), value, folded; small platforms together
    as 其他. A day without any row stays out: nothing is known to have been said, or nothing was collected."""
    return largest(totals.read(session, (
        select(MentionDay.day, spoken_on(MentionDay.platform).label("series"),
               MentionDay.mentions.label("value"), MentionDay.folded)
        .outerjoin(Platform, Platform.code == MentionDay.platform)
        .where(within(MentionDay, where)).order_by(Platform.sort, MentionDay.platform, MentionDay.day)
    )))
