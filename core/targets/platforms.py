"""The measure of platforms: those that are really monitored, by runs that went well and by what they brought."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlmodel import Session

from core import clock, labels
from core.metrics import targets
from core.models import Account, AccountMonth, FollowerReading, Mention, MentionDay, Platform, Post, Run, Source
from core.query.heard import GOOD
from core.targets import kept
from core.targets.measured import Evidence, Measured, Wanted, after, frame, heads

DAYS = 7
"""Days within which a run has to have gone well."""
_HEADS = heads("name:平台", "family:类别", "state:状态", "ok_at:最近采集成功:time", "mentions:本年舆情信息:int",
               "posts:本年账号发文:int", "sources:采集源", "why:说明")


@dataclass(slots=True)
class _Heard:
    """What is known of a platform: its sources, when one of them last went well, what it brought in the year."""

    names: list[str] = field(default_factory=list)
    first_id: int | None = None
    ok_at: datetime | None = None
    recent: bool = False
    mentions: int = 0
    posts: int = 0
    read: bool = False

    @property
    def brought(self) -> bool:
        return bool(self.mentions or self.posts or self.read)


def monitored(session: Session, want: Wanted, now: datetime) -> Measured:
    """Platforms with a run that went well within so many days and something that came in the year."""
    days, only = int(want.options.get("days", DAYS)), bool(want.options.get("important", True))
    catalogue = [one for one in session.execute(select(Platform).order_by(Platform.sort)).scalars()
                 if one.important or not only]
    over = after(want.last, now)
    end = clock.instant(want.last + timedelta(1)) if over else now
    found = _heard(session, want, end, days)
    rows, lacking = [], []
    for one in catalogue:
        heard = found.get(one.code)
        if heard is None:
            lacking.append(one.name)
            continue
        state, why = _state(heard, days)
        rows.append({
            "id": heard.first_id, "name": one.name, "family": labels.FAMILIES.get(one.family, one.family),
            "state": state, "ok_at": heard.ok_at, "mentions": heard.mentions, "posts": heard.posts,
            "sources": "、".join(heard.names[:4]) + (f"等 {len(heard.names)} 个" if len(heard.names) > 4 else ""),
            "why": why})
    order = {word: place for place, word in enumerate(("在监控", "近期未采到", "本年无内容"))}
    rows.sort(key=lambda row: order[row["state"]])
    count = sum(row["state"] == "在监控" for row in rows)
    year = sum(found[one.code].brought for one in catalogue if one.code in found)
    course = _course(session, want, {one.code for one in catalogue}, now)
    whose = "平台目录中标为重要的平台" if only else "平台目录中的平台"
    notes = [f"本年有过内容的共 {year} 个"]
    if lacking:
        notes.append(f"目录中还有 {len(lacking)} 个没有采集源：{'、'.join(lacking[:12])}"
                     f"{'等' if len(lacking) > 12 else ''}，可在“采集源”的“从目录添加”中启用")
    shown = Evidence("各平台监控情况", frame(rows, _HEADS), _HEADS, "sources", "source",
                     "本年账号发文为本区账号在该平台的发文；舆情信息为从该平台采集的信息。")
    return Measured(
        float(count), f"{whose}，{'年末前' if over else '近'} {days} 天内有一次采集成功，且本年带来过舆情信息、"
        "发文或读数的，计 1 个。",
        of=count, whole=want.goal, outlook=_outlook(count, course, want, now), notes=tuple(notes), over=over,
        course=(*course, (want.until(now), float(count))), evidence=(shown,))


def _state(heard: _Heard, days: int) -> tuple[str, str]:
    if not heard.brought:
        return "本年无内容", "采集源已接入，本年还没有带来内容"
    if not heard.recent:
        return "近期未采到", f"{days} 天内没有采集成功，请到“采集源”查看原因"
    return "在监控", ""


def _outlook(count: int, course: Iterable[tuple[date, float]], want: Wanted, now: datetime) -> targets.Outlook:
    """The number goes on as it is; how far it may move is what it moved from month to month."""
    if after(want.last, now):
        return targets.Outlook(count, count, count, "年度已结束，按实际计")
    levels = [value for _, value in course]
    months = 12 * (1 - targets.elapsed(want.first, want.last, clock.day_of(now)))
    found = targets.drifted(levels, months, ratios=False)
    if found.value is None:
        return found
    reach = (found.high - found.low) / 2
    return targets.Outlook(count, max(round(count - reach), 0), round(count + reach),
                           f"按现有个数不变，区间取自近 {len(levels)} 个月有内容的平台数的变化")


# --- What came ------------------------------------------------------------------------------------------------------


def _heard(session: Session, want: Wanted, end: datetime, days: int) -> dict[str, _Heard]:
    """By platform, what its sources did up to a moment."""
    found: dict[str, _Heard] = defaultdict(_Heard)
    recent = _recent(session, end - timedelta(days), end)
    by_source = _by_source(session, want)
    owners = dict(session.execute(select(Account.id, Account.platform)).all())
    for one in session.execute(select(Source).where(Source.demo.is_(want.demo)).order_by(Source.id)).scalars():
        told = by_source.get(one.id, {})
        own = owners.get(one.account_id, "") or one.platform
        for code in {own, *told} - {""}:
            heard = found[code]
            heard.names.append(one.name)
            heard.first_id = heard.first_id or one.id
            heard.mentions += told.get(code, 0)
            own_ok = one.last_ok_at if one.last_ok_at is not None and one.last_ok_at <= end else None
            last = max((known for known in (recent.get(one.id), own_ok) if known), default=None)
            heard.recent = heard.recent or (last is not None and last >= end - timedelta(days))
            heard.ok_at = max((known for known in (heard.ok_at, last) if known), default=None)
    posts = select(Account.platform, func.count()).join(Post, Post.account_id == Account.id).where(
        Account.demo.is_(want.demo), Post.day.between(want.first, want.last)).group_by(Account.platform)
    for code, number in session.execute(posts):
        found[code].posts = number
    read = select(Account.platform).join(FollowerReading, FollowerReading.account_id == Account.id).where(
        Account.demo.is_(want.demo), FollowerReading.day.between(want.first, want.last)).distinct()
    for code in session.execute(read).scalars():
        found[code].read = True
    return found


def _recent(session: Session, since: datetime, end: datetime) -> dict[int, datetime]:
    """By source, when a run last went well between two moments; an imported file is a run of its source."""
    return dict(session.execute(
        select(Run.source_id, func.max(Run.started_at)).where(
            Run.job.in_(("collect", "import")), Run.started_at >= since, Run.started_at <= end,
            Run.state.in_(GOOD), Run.source_id.is_not(None)).group_by(Run.source_id)).all())


def _by_source(session: Session, want: Wanted) -> Mapping[int, dict[str, int]]:
    """Mentions of the year by source and platform: one source can bring several."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for source, platform, number in session.execute(
            select(Mention.source_id, Mention.platform, func.count())
            .where(Mention.day.between(want.first, want.last)).group_by(Mention.source_id, Mention.platform)):
        found[source][platform] = number
    return found


def _course(session: Session, want: Wanted, wanted: set[str], now: datetime) -> tuple[tuple[date, float], ...]:
    """How many of these platforms brought something, by month that is over. Where real figures and the sample's are in
    one database, the day counts of mentions hold both: then only accounts tell."""
    heard: dict[clock.Month, set[str]] = defaultdict(set)
    if kept.sample(session) or not session.execute(select(Source.id).where(Source.demo.is_(True)).limit(1)).first():
        for code, day in session.execute(select(MentionDay.platform, MentionDay.day).where(
                MentionDay.day.between(want.first, want.last))):
            heard[clock.Month.of(day)].add(code)
    for code, month in session.execute(
            select(Account.platform, AccountMonth.month).join(AccountMonth, AccountMonth.account_id == Account.id)
            .where(Account.demo.is_(want.demo), AccountMonth.month.between(want.first, want.last)).distinct()):
        heard[clock.Month.of(month)].add(code)
    return tuple((month.last, float(len(heard[month] & wanted))) for month in want.months(now)
                 if after(month.last, now))
