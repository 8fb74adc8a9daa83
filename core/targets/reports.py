"""Measures of reports: how many were issued, and how many of the plan's in time."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from core import clock, labels
from core.metrics import targets
from core.models import Account, Delivery, Edition, EditionFile, Platform
from core.periods import NAMES, Period, all_of
from core.report import kinds, schedule
from core.report.schedule import Due
from core.targets import kept
from core.targets.measured import Evidence, Measured, Wanted, after, frame, heads

GRACE = timedelta(31)
"""Days after a year in which reports on it are still expected where no plan says by when."""
_ISSUED = heads("platform:平台", "kind:种类", "period:时段", "title:报告", "version:版次:int",
                "issued_at:签发时间:time", "intime:是否按期", "sent_at:送达时间:time", "seal:校验码",
                "file:PDF 校验值（SHA-256）")
_LACKING = heads("state:状态", "platform:平台", "kind:种类", "period:时段", "ends:期限:time", "why:说明")
_LISTED = 120
"""Periods without a report that are listed at most."""
Key = tuple[str, str, str]
"""A report: kind, platform, period."""


@dataclass(frozen=True, slots=True)
class _Report:
    """A report that was issued: its newest version, and when its first one was."""

    key: Key
    period: Period
    edition: Any
    issued_at: datetime


def issued(session: Session, want: Wanted, now: datetime) -> Measured:
    """Reports on periods of the year, each once whatever versions it has."""
    names = dict(session.execute(select(Platform.code, Platform.name)).all())
    options = want.options
    each = int(options.get("each", 0))
    found = _issued(session, want)
    counted = _capped(found, each)
    plan = [one for one in schedule.year(session, want.year, now) if _asked(one.order.kind, one.order.platform,
                                                                            one.period, one.order.scope, options)]
    possible = _possible(session, want, options)
    done = len(counted)
    have = {one.key for one in found}
    open_ = [one for one in plan if _key(one) not in have and one.state != "skipped"]
    ahead = _within([one for one in open_ if one.edition_id is None], Counter(one.key[1] for one in counted), each)
    ended = [one for one in plan if one.ends <= now and one.state != "skipped"]
    made = sum(_key(one) in have for one in ended)
    late = sum(one.state == "overdone" and _key(one) in have for one in ended)
    over = now > max([clock.instant(want.last + GRACE) if not plan else clock.instant(want.last + timedelta(1)),
                      *(one.ends for one in plan)])
    past = sum(one[2].last < clock.day_of(now) for one in possible)
    most = max(_most(possible, each), done) if _settled(options) else None
    notes = [f"各平台：{_by_platform(counted, options, names)}"] if options.get("platforms") else []
    if ended:
        notes.append(f"编报计划中已到期 {len(ended)} 份，完成 {made} 份"
                     + (f"，其中 {late} 份逾期完成" if late else ""))
    planned, doubt = done + len(ahead), ""
    if not over and planned < want.goal:
        doubt = f"已签发的连同计划内的全年共 {planned:,} 份，少于目标 {want.goal:,g} 份，需补编往期或增加编报计划"
    return Measured(
        float(done), _definition(options, want), of=done, whole=want.goal,
        outlook=targets.Outlook(done, done, done, "年度已结束，按实际计") if over else
        targets.counted(done, len(ahead), made, len(ended)),
        expected=math.floor(want.goal * past / len(possible)) if possible else None, most=most, doubt=doubt,
        notes=tuple(notes),
        over=over, sums=True, course=_course(counted, want.first),
        evidence=(_issued_table(session, counted, plan, names),
                  _lacking_table(open_, possible, have, plan, names, now)))


def in_time(session: Session, want: Wanted, now: datetime) -> Measured:
    """Of the plan's reports that were due, the share that was issued by then."""
    names = dict(session.execute(select(Platform.code, Platform.name)).all())
    plan = [one for one in schedule.year(session, want.year, now) if one.state != "skipped"]
    ended = [one for one in plan if one.ends <= now]
    mine = set(session.execute(select(Edition.id).where(
        Edition.id.in_([one.edition_id for one in ended if one.edition_id]), Edition.demo.is_(want.demo))).scalars())
    good = [one for one in ended if one.state == "done" and one.edition_id in mine]
    rows = [_lacking(one, names) for one in ended if one not in good]
    shown = Evidence("没有按期的报告", frame(rows, _LACKING), _LACKING, "reports", "edition")
    words = "编报计划中期限已到的报告，在期限前签发的比例；写明不需编报的不计。"
    over = after(want.last, now) and len(ended) == len(plan)
    if not ended:
        return Measured(None, words, nothing="编报计划中还没有到期的报告，请在“报告中心”的“日程”中核对", over=over)
    ahead = 0 if over else len(plan) - len(ended)
    outlook = targets.shared(len(good), len(ended), ahead) if len(ended) >= targets.LEAST_MADE else targets.refused(
        f"到期的只有 {len(ended)} 份，不作预测")
    return Measured(len(good) / len(ended), words, of=len(good), whole=len(ended), outlook=outlook, over=over,
                    evidence=(shown,))


# --- What there is --------------------------------------------------------------------------------------------------


def _asked(kind: str, platform: str, period: Period, scope: str, options: dict[str, Any]) -> bool:
    """Whether a target counts such a report."""
    return (kind in options["kinds"] and scope == "all" and period.span in (options.get("spans") or (period.span,))
            and platform in (options.get("platforms") or (platform,)))


def _key(one: Due) -> Key:
    return one.order.kind, one.order.platform, one.period.code


def _issued(session: Session, want: Wanted) -> list[_Report]:
    """The reports on periods that end in the year, in order of periods; those of the sample district apart."""
    rows = session.execute(
        select(Edition.id, Edition.kind, Edition.platform, Edition.period, Edition.scope, Edition.version,
               Edition.title, Edition.issued_at, Edition.sha256)
        .where(Edition.kind.in_(want.options["kinds"]), Edition.demo.is_(want.demo))
        .order_by(Edition.version)).all()
    found: dict[Key, _Report] = {}
    for row in rows:
        period = Period.parse(row.period)
        if period.last.year == want.year and _asked(row.kind, row.platform, period, row.scope, want.options):
            key = (row.kind, row.platform, row.period)
            first = found[key].issued_at if key in found else row.issued_at
            found[key] = _Report(key, period, row, first)
    return sorted(found.values(), key=lambda one: (one.period.last, one.key))


def _capped(found: Sequence[_Report], each: int) -> list[_Report]:
    """Of each platform so many at most; 0: all."""
    seen: Counter[str] = Counter()
    kept_ = []
    for one in found:
        seen[one.key[1]] += 1
        if not each or seen[one.key[1]] <= each:
            kept_.append(one)
    return kept_


def _within(open_: Sequence[Due], there: Counter[str], each: int) -> list[Due]:
    """Those of what is planned that still count, where of each platform only so many do (`there`: how many it has)."""
    found, number = [], Counter(there)
    for one in open_:
        number[one.order.platform] += 1
        if not each or number[one.order.platform] <= each:
            found.append(one)
    return found


def _settled(options: dict[str, Any]) -> bool:
    """Whether there are only so many reports of a year that a target can count."""
    return bool(options.get("spans")) or all(len(kinds.kind_of(code).spans) == 1 for code in options["kinds"])


def _possible(session: Session, want: Wanted, options: dict[str, Any]) -> list[tuple[str, str, Period]]:
    """Every report that there could be of the year: kind, platform, period. Of opinion reports on whatever periods, two
    a week, as the plan has them at first."""
    there = list(session.execute(select(Platform.code).where(Platform.code.in_(
        select(Account.platform).where(Account.demo.is_(want.demo)))).order_by(Platform.sort)).scalars())
    found = []
    for code in options["kinds"]:
        kind = kinds.kind_of(code)
        spans = options.get("spans") or (kind.spans if len(kind.spans) == 1 else ("halfweek", "month"))
        platforms = (options.get("platforms") or there) if kind.per == "platform" else [""]
        found += [(code, platform, period) for platform in platforms for span in spans if span in kind.spans
                  for period in all_of(span, want.first, want.last) if period.last.year == want.year]
    return found


def _most(possible: Sequence[tuple[str, str, Period]], each: int) -> int:
    by_platform = Counter(platform for _, platform, _ in possible)
    return sum(min(number, each) if each else number for number in by_platform.values())


def _by_platform(counted: Sequence[_Report], options: dict[str, Any], names: dict[str, str]) -> str:
    number = Counter(one.key[1] for one in counted)
    return "、".join(f"{names.get(code, code)} {number[code]} 份" for code in options["platforms"])


def _definition(options: dict[str, Any], want: Wanted) -> str:
    spans = "、".join(NAMES[span] for span in options.get("spans", ()))
    each = int(options.get("each", 0))
    which = kept.report_words(options) + (f"（{spans}）" if spans else "")
    return (f"时段末日在{want.year}年、范围为全区的{which}，以签发为准；同一份报告的更正版不重复计数"
            + (f"；每个平台至多计 {each} 份" if each else "") + "。")


def _course(counted: Sequence[_Report], first: date) -> tuple[tuple[date, float], ...]:
    """How many there were by the end of each day on which one was issued."""
    days = sorted(clock.day_of(one.issued_at) for one in counted)
    points = {first: 0.0} | {day: float(number) for number, day in enumerate(days, 1)}
    return tuple(sorted(points.items()))


# --- Evidence -------------------------------------------------------------------------------------------------------


def _issued_table(session: Session, counted: Sequence[_Report], plan: Sequence[Due], names: dict[str, str]) -> Evidence:
    ids = [one.edition.id for one in counted]
    files = dict(session.execute(select(EditionFile.edition_id, EditionFile.sha256).where(
        EditionFile.edition_id.in_(ids), EditionFile.format == "pdf")).all())
    sent = _sent(session)
    states = {_key(one): one.state for one in plan}
    words = {"done": "按期", "overdone": "逾期"}
    rows = [{
        "id": one.edition.id, "platform": names.get(one.key[1], "") or labels.MISSING,
        "kind": labels.REPORT_KINDS[one.key[0]], "period": one.period.label, "title": one.edition.title,
        "version": one.edition.version, "issued_at": one.issued_at,
        "intime": words.get(states.get(one.key, ""), "计划外"), "sent_at": sent.get(one.edition.id),
        "seal": one.edition.sha256[:12], "file": files.get(one.edition.id, ""),
    } for one in counted]
    note = "签发时间为首版；版次、校验码、校验值为最新一版；没有经系统发送的，送达时间空缺。"
    return Evidence("已签发的报告", frame(rows, _ISSUED), _ISSUED, "reports", "edition", note)


def _sent(session: Session) -> dict[int, datetime]:
    """When editions were first taken by a channel."""
    found: dict[int, datetime] = {}
    for key, at in session.execute(select(Delivery.key, Delivery.done_at).where(
            Delivery.key.startswith("edition:"), Delivery.state.in_(("accepted", "delivered")),
            Delivery.done_at.is_not(None)).order_by(Delivery.done_at.desc())):
        found[int(key.split(":")[1])] = at
    return found


def _lacking(one: Due, names: dict[str, str]) -> dict[str, Any]:
    return {"id": one.edition_id, "state": labels.REPORT_STATES[one.state],
            "platform": names.get(one.order.platform, "") or labels.MISSING,
            "kind": labels.REPORT_KINDS[one.order.kind], "period": one.period.label, "ends": one.ends,
            "why": one.why or one.rule}


def _lacking_table(open_: Sequence[Due], possible: Sequence[tuple[str, str, Period]], have: set[Key],
                   plan: Sequence[Due], names: dict[str, str], now: datetime) -> Evidence:
    """What is planned and not there, and periods that are over of which nothing is planned."""
    rows = [_lacking(one, names) | ({"id": None, "state": "只有样例区的"} if one.edition_id is not None else {})
            for one in open_]
    planned = {_key(one) for one in plan}
    today = clock.day_of(now)
    rows += [{"id": None, "state": "不在计划内", "platform": names.get(platform, "") or labels.MISSING,
              "kind": labels.REPORT_KINDS[kind], "period": period.label, "ends": None,
              "why": "时段已结束，没有编报计划，也没有签发；可在“报告中心”补编"}
             for kind, platform, period in possible
             if period.last < today and (kind, platform, period.code) not in planned | have]
    note = "" if len(rows) <= _LISTED else f"共 {len(rows)} 份，只列前 {_LISTED} 份。"
    return Evidence("尚缺的报告", frame(rows[:_LISTED], _LACKING), _LACKING, note=note)
