"""The measure of followers: what all accounts have now against what they had at the end of the year before.

Readings are those of each account, the newest of the 31 days before a day. What is missing at either end is put in by
rule and named: an account that was opened in the year had none before; one that has no reading from before has its
first one of the year; one without a reading now has its last one of the year. One that has none at all is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session

from core import labels
from core.metrics import targets
from core.metrics.targets import Outlook
from core.models import Account, Platform, Unit
from core.query import totals
from core.query.totals import FollowerLevel
from core.targets.measured import Evidence, Measured, Wanted, after, frame, heads

_HEADS = heads("name:账号", "platform:平台", "unit:单位", "base:基数:int", "base_day:基数日期:date", "now:现有:int",
               "now_day:读数日期:date", "gain:增加:int", "growth:增长", "how:说明")
NAMED = 8
"""Accounts that are named in a sentence."""


@dataclass(slots=True)
class _Line:
    """An account from the base to now: `base` and `now` as they count, `how`: what was put in, `like`: whether both are
    readings of its own at these days."""

    id: int
    name: str
    platform: str
    unit: str
    opened: bool
    base: FollowerLevel | None = None
    now: FollowerLevel | None = None
    how: str = ""
    like: bool = False


def growth(session: Session, want: Wanted, now: datetime) -> Measured:
    """By what share the sum of followers has grown since the end of the year before."""
    before, today = want.first - timedelta(1), want.until(now)
    lines = _lines(session, want)
    ids = select(Account.id).where(Account.demo.is_(want.demo))
    _fill(session, lines, ids, before, want.first, today)
    there = [one for one in lines if one.base is not None and one.now is not None]
    entered = want.options.get("baseline")
    words = _definition(want, entered)
    over = after(want.last, now)
    shown = _table(lines)
    if not there:
        return Measured(None, words, nothing="还没有账号的粉丝读数", over=over, evidence=(shown,))
    had, have = sum(one.base.value for one in there), sum(one.now.value for one in there)
    base = float(entered) if entered is not None else float(had)
    if base <= 0:
        return Measured(None, words, nothing="上年末没有粉丝读数，请填写基数和依据", over=over, evidence=(shown,))
    ends = [month.last for month in want.months(now) if month.last < today]
    course = _course(session, ids, there, ends, before)
    like = [one for one in there if one.like]
    mark = totals.follower_total(level for one in there for level in (one.base, one.now)).mark
    return Measured(
        have / base - 1, words, mark=mark, of=have, whole=base, over=over,
        outlook=_outlook(want, like, have, base, course, today), notes=_notes(lines, like, have, had, entered),
        course=(*((day, sum(level.values()) / base - 1) for day, level in course), (today, have / base - 1)),
        evidence=(shown,))


def _definition(want: Wanted, entered: float | None) -> str:
    base = (f"由人填写的基数 {float(entered):,.0f}（{want.options.get('baseline_why', '')}）" if entered is not None
            else f"{want.year - 1}年末的合计")
    return (f"全部账号现有粉丝数合计 ÷ {base} － 1。读数取各账号当日及之前 {totals.FOLLOWER_LOOKBACK} 天内最近的一次；"
            "年内新开的账号基数为 0，年末没有读数的以年内首个读数作基数，现在没有读数的以年内最近读数代替，"
            "均在下表逐一注明。")


# --- Accounts -------------------------------------------------------------------------------------------------------


def _lines(session: Session, want: Wanted) -> list[_Line]:
    rows = session.execute(
        select(Account.id, Account.name, Platform.name, Unit.name, Account.opened_on)
        .join(Platform, Platform.code == Account.platform).outerjoin(Unit, Unit.id == Account.unit_id)
        .where(Account.demo.is_(want.demo)).order_by(Platform.sort, Account.name, Account.id)).all()
    return [_Line(id_, name, platform, unit or labels.MISSING, opened is not None and opened >= want.first)
            for id_, name, platform, unit, opened in rows if opened is None or opened <= want.last]


def _fill(session: Session, lines: Sequence[_Line], ids: object, before: date, first: date, today: date) -> None:
    """Both ends of every account, with what was put in."""
    at_base = totals.followers_at(session, ids, before)
    at_now = totals.followers_at(session, ids, today)
    early = totals.first_followers(session, ids, first, today)
    late = totals.followers_at(session, ids, today, (today - first).days + 1)
    for one in lines:
        said = []
        one.base, one.now = at_base.get(one.id), at_now.get(one.id)
        one.like = one.base is not None and one.now is not None
        if one.base is None and one.opened:
            one.base = FollowerLevel(before, 0, 0) if one.id in late else None
            said.append("年内新开，基数为 0")
        elif one.base is None and one.id in early:
            one.base = early[one.id]
            said.append("上年末没有读数，以年内首个读数作基数")
        if one.now is None and one.id in late:
            one.now = late[one.id]
            said.append(f"近 {totals.FOLLOWER_LOOKBACK} 天没有读数，以年内最近读数代替")
        if one.base is None or one.now is None:
            said = ["上年末有读数，本年没有，两端都不计" if one.base is not None else "没有读数，两端都不计"]
        one.how = "；".join(said)


def _table(lines: Sequence[_Line]) -> Evidence:
    rows = []
    for one in lines:
        gain = one.now.value - one.base.value if one.base and one.now else None
        rows.append({
            "id": one.id, "name": one.name, "platform": one.platform, "unit": one.unit,
            "base": one.base.value if one.base else None, "base_day": one.base.day if one.base else None,
            "now": one.now.value if one.now else None, "now_day": one.now.day if one.now else None, "gain": gain,
            "growth": signed(gain / one.base.value) if gain is not None and one.base.value else labels.MISSING,
            "how": one.how})
    made = frame(rows, _HEADS).astype({name: "Int64" for name in ("base", "now", "gain")})
    made = made.sort_values(["how", "gain"], ascending=[False, False], kind="stable").reset_index(drop=True)
    return Evidence("各账号粉丝数", made, _HEADS, "account", "account", "有说明的排在前面，其余按增加数排列。")


def _notes(lines: Sequence[_Line], like: Sequence[_Line], have: float, had: float,
           entered: float | None) -> tuple[str, ...]:
    notes = [f"现有 {labels.wan(have)}，基数 {labels.wan(float(entered) if entered is not None else had)}"]
    if like and len(like) < len(lines):
        was, is_ = sum(one.base.value for one in like), sum(one.now.value for one in like)
        if was:
            notes.append(f"同口径（两端都有读数的 {len(like)} 个账号）增长 {signed(is_ / was - 1)}")
    for words in ("年内新开", "以年内首个读数", "以年内最近读数", "两端都不计"):
        named = [f"{one.name}（{one.platform}）" for one in lines if words in one.how]
        if named:
            what = next(part for one in lines if words in one.how for part in one.how.split("；") if words in part)
            notes.append(f"{what}：{'、'.join(named[:NAMED])}{f'等 {len(named)} 个' if len(named) > NAMED else ''}")
    return tuple(notes)


def signed(share: float) -> str:
    """A growth in words: `+12.3%`."""
    return f"{'+' if share >= 0 else ''}{targets.per_cent(share)}"


# --- The year -------------------------------------------------------------------------------------------------------


def _course(session: Session, ids: object, there: Sequence[_Line], ends: Sequence[date],
            before: date) -> list[tuple[date, Mapping[int, int]]]:
    """Followers of each account at the base and at these month ends; without a reading as they were before."""
    held = {one.id: one.base.value for one in there}
    found = [(before, dict(held))]
    for day in ends:
        read = totals.followers_at(session, ids, day)
        held = {id_: read[id_].value if id_ in read else value for id_, value in held.items()}
        found.append((day, held))
    return found


def _outlook(want: Wanted, like: Sequence[_Line], have: float, base: float,
             course: Sequence[tuple[date, Mapping[int, int]]], today: date) -> Outlook:
    """Accounts with readings at both ends go on as they did from month to month; the others stay as they are."""
    if today >= want.last:
        return targets.drifted([have / base - 1], 0)
    ids = [one.id for one in like]
    levels = [sum(level[id_] for id_ in ids) for _, level in course]
    if not ids or min(levels) <= 0:
        return targets.refused("没有两端都有读数的账号，看不出趋势")
    level = sum(one.now.value for one in like)
    months = 12 * (1 - targets.elapsed(want.first, want.last, today))
    found = targets.drifted(levels, months, start=level)
    if found.value is None:
        return found
    rest = have - level
    return Outlook(*((value + rest) / base - 1 for value in (found.value, found.low, found.high)),
                   f"同口径账号{found.method}，其余账号按现有数不变")
