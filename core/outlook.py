"""Forecasts of each morning, kept and judged by what came: of all mentions, each platform, each topic of some size.

Made once a Shanghai day, from the days that are over: the day that goes on is not known yet. A forecast is never
changed; a refusal is kept with its reason. Once a day of a forecast is over it is held against what came, and a series
whose forecasts did not beat the naive ones is not drawn any more (`shown`). A day without any mention from anywhere is
one on which nothing was collected: missing, not 0. The sample district has forecasts of its own; the real ones know
nothing of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Row, delete, exists, func, select
from sqlmodel import Session

from core.clock import day_of, days
from core.db import bump, chunks, upsert
from core.models import Mention, MentionDay, Outlook, OutlookDay, Remembered, Source, Topic, TopicChange, TopicDay
from core.opinion.forecast import (
    EXACT,
    MEMORY,
    UNPREDICTABLE,
    Forecast,
    Past,
    Record,
    Score,
    learn,
    record,
    scored,
    steady,
    topic,
)

ALL, PLATFORM, TOPIC = "all", "platform", "topic"
MORNING = timedelta(hours=5)
"""When a Shanghai day's forecasts are due: the evening's mentions have come in by then."""
SIZE = 10
"""Mentions, by the last day that is known, of a topic that is forecast, and of one that is learned from."""
MOST = 200
"""Topics that are forecast, the largest of those that are active."""
LEARNED = 400
"""Finished topics that are learned from, the newest."""
RECENT = 28
"""Days within which a platform must have said something to be forecast."""
LATE = 14
"""Days for which it is waited that a day's figures come after all."""
JUDGED, JUDGED_MOST = 60, 5_000
"""Days of forecasts, and forecast days, that a record is made of."""
OWN, KIND = 21, 70
"""Forecast days of a series, and of all of its kind, from which its record decides what is drawn."""
_DONE = "outlook"
Counts = dict[date, float | None]


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be shown of a series: its forecast, or why there is no line. `day`: the last day that was known; `own`
    and `kind`: the record of its forecasts whose days have come, and of all of its kind (None: none has come yet);
    `past`: how the method did before it was first used, in Chinese."""

    day: date
    days: tuple[date, ...]
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    method: str
    refusal: str
    past: str
    own: Record | None
    kind: Record | None


def last_known(now: datetime) -> date:
    """The last Shanghai day whose figures are in at that moment."""
    return day_of(now - MORNING) - timedelta(1)


def run(session: Session, *, now: datetime) -> int:
    """Judge the forecasts whose days are over, and make those of this morning; what was done already is left. While
    mentions of these days are not counted yet it waits for the next run. Returns how many forecasts (with refusals)
    were made. Commits, telling readers."""
    until = last_known(now)
    if session.execute(select(exists().where(Mention.understood_at.is_(None), Mention.day <= until))).scalar():
        return 0
    done = session.execute(select(Remembered.value).where(Remembered.key == _DONE)).scalar() or {}
    made = 0
    for demo in (False, True):
        if done.get(str(demo)) == until.isoformat():
            continue
        series = Series(session, until, demo)
        if not series.heard:
            continue
        _judge(session, series, now)
        session.commit()  # other writers don't wait while the forecasts are made
        made += _make(session, series, now)
        done = done | {str(demo): until.isoformat()}
        upsert(session, Remembered, [{"key": _DONE, "value": done, "updated_at": now}], ["key"],
               ["value", "updated_at"])
        bump(session, now)
        session.commit()
    return made


class Series:
    """Daily counts of one side, the real one or the sample district's, up to the last day that is known."""

    def __init__(self, session: Session, until: date, demo: bool, back: int = MEMORY):
        self.session, self.until, self.demo = session, until, demo
        first = until - timedelta(back - 1)
        sample = _sample(session, first, until)
        counts = sample if demo else {
            (row.day, row.platform): row.mentions - sample.get((row.day, row.platform), 0)
            for row in session.execute(select(MentionDay.day, MentionDay.platform, MentionDay.mentions)
                                       .where(MentionDay.day.between(first, until)))
        }
        self.by_platform: dict[str, dict[date, int]] = {}
        for (day, platform), number in counts.items():
            if number > 0:
                self.by_platform.setdefault(platform, {})[day] = number
        self.heard = {day for found in self.by_platform.values() for day in found}
        """Days on which anything was said: on the others nothing was collected."""

    def all(self) -> Counts:
        """All mentions by day, from the first day heard of; None where nothing is known."""
        return {day: sum(found.get(day, 0) for found in self.by_platform.values()) if day in self.heard else None
                for day in days(min(self.heard), self.until)}

    def platform(self, code: str) -> Counts:
        """A platform's mentions by day. A day without one is 0 where others were heard of, and missing from the day on
        which its sources last answered."""
        found = self.by_platform[code]
        answered = self.session.execute(
            select(func.max(Source.last_ok_at)).where(Source.platform == code, Source.demo.is_(self.demo))).scalar()
        last = max(max(found), day_of(answered) - timedelta(1) if answered else max(found))
        return {day: found.get(day, 0 if day in self.heard and day <= last else None)
                for day in days(min(found), self.until)}

    def topics(self, ids: Sequence[int]) -> dict[int, Counts]:
        """Topics' mentions by day, from each one's first; days on which others were heard of are 0."""
        found: dict[int, dict[date, int]] = {}
        for part in chunks(sorted(ids)):
            for id_, day, number in self.session.execute(
                select(TopicDay.topic_id, TopicDay.day, func.sum(TopicDay.mentions))
                .where(TopicDay.topic_id.in_(part), TopicDay.day <= self.until)
                .group_by(TopicDay.topic_id, TopicDay.day)
            ):
                found.setdefault(id_, {})[day] = int(number)
        return {id_: {day: own.get(day, 0 if day in self.heard else None) for day in days(min(own), self.until)}
                for id_, own in found.items()}


def _sample(session: Session, first: date, last: date) -> dict[tuple[date, str], int]:
    """What the sample district has added to the day counts: every mention that is counted is in a topic."""
    rows = session.execute(
        select(TopicDay.day, TopicDay.platform, func.sum(TopicDay.mentions))
        .where(TopicDay.topic_id.in_(select(Topic.id).where(Topic.demo.is_(True))), TopicDay.day.between(first, last))
        .group_by(TopicDay.day, TopicDay.platform)
    )
    return {(day, platform): int(number) for day, platform, number in rows}


def _make(session: Session, series: Series, now: datetime) -> int:
    """The forecasts of the morning that are not there yet."""
    have = set(session.execute(
        select(Outlook.kind, Outlook.key).where(Outlook.day == series.until, Outlook.demo.is_(series.demo))).all())
    recent = series.until - timedelta(RECENT)
    wanted: dict[tuple[str, str], Callable[[], Forecast]] = {(ALL, ""): lambda: steady(series.all())}
    for code in sorted(series.by_platform):
        if max(series.by_platform[code]) > recent:
            wanted[PLATFORM, code] = lambda code=code: steady(series.platform(code))
    rows = [_row(key, forecast(), series, now) for key, forecast in wanted.items() if key not in have]
    living = session.execute(
        select(Topic.id).where(Topic.active.is_(True), Topic.mentions >= SIZE, Topic.demo.is_(series.demo))
        .order_by(Topic.mentions.desc(), Topic.id).limit(MOST)
    ).scalars().all()
    lacking = series.topics([id_ for id_ in living if (TOPIC, str(id_)) not in have])
    own = {id_: counts for id_, counts in lacking.items() if sum(one or 0 for one in counts.values()) >= SIZE}
    if own:
        past = _past(session, series)
        rows += [_row((TOPIC, str(id_)), topic(counts, past), series, now) for id_, counts in own.items()]
    upsert(session, Outlook, rows, ["kind", "key", "day", "demo"])
    return len(rows)


def _past(session: Session, series: Series) -> Past:
    """What the newest finished topics tell."""
    ids = session.execute(
        select(Topic.id).where(Topic.active.is_(False), Topic.mentions >= SIZE,
                               Topic.demo.is_(series.demo))
        .order_by(Topic.last_at.desc(), Topic.id).limit(LEARNED)
    ).scalars().all()
    return learn([list(counts.values()) for _, counts in sorted(series.topics(ids).items())])


def _row(key: tuple[str, str], made: Forecast, series: Series, now: datetime) -> dict:
    lines = zip(made.days, made.values, made.low, made.high, made.naive, strict=True)
    return {
        "kind": key[0], "key": key[1], "day": series.until, "made_at": now, "method": made.method,
        "refusal": made.refusal, "past": made.record.words if made.record else "",
        "days": [[day.isoformat(), *map(float, figures)] for day, *figures in lines], "scale": made.scale,
        "demo": series.demo,
    }


def _judge(session: Session, series: Series, now: datetime) -> None:
    """Hold the days of forecasts that are over against what came, each once. A topic that was merged meanwhile is none
    any more, and one that people merged or split is another one than was forecast."""
    open_ = session.execute(
        select(Outlook.id, Outlook.kind, Outlook.key, Outlook.days, Outlook.scale, Outlook.made_at)
        .where(Outlook.day.between(series.until - timedelta(LATE), series.until - timedelta(1)),
               Outlook.refusal == "", Outlook.demo.is_(series.demo))
    ).all()
    told = [int(row.key) for row in open_ if row.kind == TOPIC]
    moved = _changed(session, told, min((row.made_at for row in open_), default=now))
    open_ = [row for row in open_ if row.kind != TOPIC or moved.get(int(row.key), row.made_at) <= row.made_at]
    topics = sorted({int(row.key) for row in open_ if row.kind == TOPIC})
    actual: dict[tuple[str, str], Counts] = {(ALL, ""): series.all()}
    actual |= {(TOPIC, str(id_)): counts for id_, counts in series.topics(topics).items()}
    actual |= {(PLATFORM, row.key): series.platform(row.key) for row in open_
               if row.kind == PLATFORM and row.key in series.by_platform}
    rows = [
        {"outlook_id": row.id, "day": score.day, "horizon": score.horizon, "value": score.value,
         "actual": score.actual, "error": score.error, "naive": score.naive, "inside": score.inside,
         "scale": score.scale}
        for row in open_ for score in scored(_forecast(row), actual.get((row.kind, row.key), {}))
    ]
    upsert(session, OutlookDay, rows, ["outlook_id", "day"])


def _changed(session: Session, topics: Sequence[int], since: datetime) -> dict[int, datetime]:
    """When people last merged or split topics, of those where they did since that moment."""
    moves = TopicChange.who != "", TopicChange.kind.in_(("merged", "split", "moved")), TopicChange.at > since
    out: dict[int, datetime] = {}
    for part in chunks(sorted(set(topics))):
        for column in (TopicChange.topic_id, TopicChange.other_id):
            for id_, at in session.execute(select(column, func.max(TopicChange.at)).where(
                    column.in_(part), *moves).group_by(column)):
                out[id_] = max(at, out.get(id_, at))
    return out


def _forecast(row: Row) -> Forecast:
    """A forecast as it was stored."""
    ahead = tuple(date.fromisoformat(line[0]) for line in row.days)
    values, low, high, naive = (tuple(line[n] for line in row.days) for n in (1, 2, 3, 4))
    return Forecast(ahead, values, low, high, naive, "", row.scale, None)


def record_of(session: Session, kind: str, key: str | None = None, *, until: date, demo: bool = False) -> Record | None:
    """How the forecasts of the last JUDGED days did, of a series or (no key) of all of a kind; None where no day of
    them has come yet."""
    query = (
        select(OutlookDay).join(Outlook, Outlook.id == OutlookDay.outlook_id)
        .where(Outlook.kind == kind, Outlook.demo.is_(demo), Outlook.day.between(until - timedelta(JUDGED), until))
        .order_by(Outlook.day.desc(), Outlook.id, OutlookDay.day).limit(JUDGED_MOST)
    )
    if key is not None:
        query = query.where(Outlook.key == key)
    return record(
        Score(row.day, row.horizon, row.value, row.actual, row.error, row.naive, row.inside, row.scale)
        for row in session.execute(query).scalars()
    )


def shown(session: Session, kind: str, key: str = "", *, today: date, demo: bool = False) -> Shown | None:
    """The newest forecast of a series, if it still reaches ahead of that day; a line only where the record of those
    before it allows one. None where there is none, or people have merged or split the topic since."""
    row = session.execute(
        select(Outlook).where(Outlook.kind == kind, Outlook.key == key, Outlook.demo.is_(demo),
                              Outlook.day.between(today - timedelta(3), today))
        .order_by(Outlook.day.desc()).limit(1)
    ).scalar()
    if row is None:
        return None
    if kind == TOPIC and _changed(session, [int(key)], row.made_at):
        return None
    own = record_of(session, kind, key, until=row.day, demo=demo)
    every = own if kind == ALL else record_of(session, kind, until=row.day, demo=demo)
    made = _forecast(row)
    refusal = row.refusal or _worse(own, every)
    lines = ((), (), (), ()) if refusal else (made.days, made.values, made.low, made.high)
    return Shown(row.day, *lines, row.method, refusal, row.past, own, every)


def _worse(own: Record | None, every: Record | None) -> str:
    """Why a record forbids a line; empty where it does not."""
    for held, least, whose in ((own, OWN, "近期预测"), (every, KIND, "同类的近期预测")):
        if held and held.days >= least:
            bad = held.error > EXACT and held.error >= held.naive
            return f"{UNPREDICTABLE}：{whose}并不比照搬最近一天准" if bad else ""
    return ""


def history(
    session: Session, kind: str, key: str = "", *, until: date, back: int = 60, demo: bool = False
) -> Mapping[date, float | None]:
    """The daily counts of the last so many days that a series is forecast from, as they are now; empty without any."""
    series = Series(session, until, demo, back)
    if kind == TOPIC:
        counts = series.topics([int(key)]).get(int(key), {})
        return {day: number for day, number in counts.items() if day > until - timedelta(back)}
    if not series.heard or (kind == PLATFORM and key not in series.by_platform):
        return {}
    return series.all() if kind == ALL else series.platform(key)


def forget_sample(session: Session) -> None:
    """Take out the forecasts of the sample district; one that is loaded again is forecast anew. The caller commits."""
    session.execute(delete(OutlookDay).where(
        OutlookDay.outlook_id.in_(select(Outlook.id).where(Outlook.demo.is_(True)))))
    session.execute(delete(Outlook).where(Outlook.demo.is_(True)))
    done = session.execute(select(Remembered).where(Remembered.key == _DONE)).scalar()
    if done is not None:
        done.value = {key: value for key, value in done.value.items() if key != str(True)}
