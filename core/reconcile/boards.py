"""Lines of providers' boards (清博、新榜) held against what we know of the same account over the same days: how often
it published, what its posts were read and liked, and the index that follows from that.

A provider reads between the end of the period and the day on which the board was seen; sums are held against what our
posts had before and after that. Reads beyond 10万+ enter as 100 001, as providers keep them. The index is held against
ours of the same days within one in a hundred, since each provider reads at hours of its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from core import clock
from core.clock import Month
from core.counts import Count, add
from core.imports.shown import PERIODS
from core.labels import KNOWN_STATES, MISSING
from core.models import Account, BoardReading, Platform, Unit
from core.query import totals
from core.query.boards import plan, scores
from core.query.scope import Filter
from core.reconcile import hold, ours, tally
from core.reconcile.hold import AGREE, DIFFER, OPEN, Around
from core.reconcile.ours import Own

PROVIDERS = {"gsdata": "清博", "newrank": "新榜", "file": "导入的榜单"}
LINES = 2_000
"""Lines that one question holds, the newest ones."""
INDEX_SHARE = 0.01
"""An index that is no further off than so much of it agrees."""
_WORDS = {
    "posts": "发布篇数", "pushes": "发布次数", "reads": "总阅读数", "headline_reads": "头条阅读数",
    "reads_max": "最高阅读数", "likes": "总点赞数", "likes_max": "最高点赞数", "index": "指数",
}
FIGURES = {
    "url_num": "posts", "发布篇数": "posts", "url_times": "pushes", "发布次数": "pushes",
    "readnum_all": "reads", "总阅读数": "reads", "总阅读": "reads",
    "url_times_readnum": "headline_reads", "头条": "headline_reads", "头条阅读": "headline_reads",
    "头条阅读数": "headline_reads",
    "readnum_max": "reads_max", "最高": "reads_max", "最高阅读": "reads_max", "最高阅读数": "reads_max",
    "likenum_all": "likes", "总点赞数": "likes", "总点赞": "likes", "likenum_max": "likes_max", "最高点赞": "likes_max",
}
"""The providers' names of figures → what they are of ours."""
OURS = {"gsdata": ("wci", "bci", "bvci", "qsci")}
"""Indices of providers that we compute, too, by the beginnings of their keys."""
REASONS = {
    "more": "我方少采了帖文，或榜单计入了之后删除的帖文",
    "less": "榜单漏收了帖文，或我方计入了不属于这个账号的帖文",
    "gap": "我方这几天里有 {days} 天没有掌握发布情况",
    "posts": "发布数已不一致，读数和指数不再比较",
    "low": "榜单小于我方在该期结束时已读到的数",
    "high": "榜单大于我方之后读到的数",
    "index": "各项原始数据一致时，差别来自取数时刻或公式版本",
    "open": "我方在榜单取数之后没有新的读数，增长可能是正常的",
}
REMEDIES = {
    "posts": "在“采集日历”查看这几天的采集；缺少的从后台导出后导入",
    "figures": "点开帖文核对历次读数；以后台导出为准再对账一次",
    "index": "核对账号所用指数的版本与榜单是否相同",
    "open": "等下一次采集后再看",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of one line of a board. `outcome`: of `hold`; None where we have nothing to hold against it."""

    account_id: int
    provider: str
    index: str
    period: str
    first: date
    day: date
    name: str
    theirs: str
    ours: str
    difference: float | None
    outcome: str | None
    reason: str = ""
    remedy: str = ""
    capture_id: int | None = None
    locator: str = ""


def first_of(period: str, day: date) -> date:
    """The first day of a board's period that ends on a day."""
    return day if period == "day" else day - timedelta(6) if period == "week" else Month.of(day).first


def stored(session: Session, where: Filter) -> list[BoardReading]:
    """The newest reading of every board line that ends in the period, of the accounts in scope; at most LINES, the
    newest."""
    keys = (BoardReading.account_id, BoardReading.provider, BoardReading.index, BoardReading.period, BoardReading.day)
    mine = BoardReading.account_id.in_(totals.meant(session, where)) & BoardReading.day.between(where.start, where.end)
    last = select(*keys, func.max(BoardReading.observed_at).label("at")).where(mine).group_by(*keys).subquery()
    same = [key == last.c[key.key] for key in keys]
    return list(session.execute(select(BoardReading).join(last, BoardReading.observed_at == last.c.at).where(
        mine, *same).order_by(BoardReading.day.desc(), BoardReading.id.desc()).limit(LINES)).scalars())


def lines(session: Session, boards: Sequence[BoardReading]) -> list[Line]:
    """Every figure of these lines that we know one for."""
    by_account: dict[int, list[BoardReading]] = defaultdict(list)
    for board in boards:
        by_account[board.account_id].append(board)
    computed = _computed(session, boards)
    found: list[Line] = []
    for account_id, mine in by_account.items():
        first, last = min(first_of(one.period, one.day) for one in mine), max(one.day for one in mine)
        posts = ours.posts(session, account_id, first, last)
        states = ours.coverage(session, account_id, first, last)
        for board in mine:
            found += _line(board, list(posts.values()), states, computed)
    return found


def _computed(session: Session, boards: Iterable[BoardReading]) -> dict[tuple[int, date, date], float]:
    """Our own index of the accounts and days that boards with an index of ours are of."""
    wanted = {(board.account_id, first_of(board.period, board.day), board.day) for board in boards
              if _is_ours(board) and board.value is not None}
    codes = dict(session.execute(select(Account.id, Account.platform).where(
        Account.id.in_(sorted({id_ for id_, _, _ in wanted})))).all())
    found: dict[tuple[int, date, date], float] = {}
    for first, last, code in sorted({(first, last, codes[id_]) for id_, first, last in wanted}):
        made = plan(session, code)
        if made.index is None or made.index.local:
            continue
        basis = "d7" if (last - first).days > 7 else "latest"
        frame = scores(session, Filter(first, last, (code,)), code, made.index, basis)
        for id_, score in zip(frame["account_id"], frame["score"], strict=True):
            if not pd.isna(score):
                found[int(id_), first, last] = float(score)
    return found


def _is_ours(board: BoardReading) -> bool:
    return board.index in OURS.get(board.provider, ())


def _line(board: BoardReading, posts: Sequence[Own], states: Mapping[date, str],
          computed: Mapping[tuple[int, date, date], float]) -> list[Line]:
    first = first_of(board.period, board.day)
    mine = [post for post in posts if first <= post.day <= board.day]
    unknown = sum(states.get(day) not in KNOWN_STATES and not any(post.day == day for post in mine)
                  for day in clock.days(first, board.day))

    def made(name: str, theirs: str, own: str, difference: float | None, outcome: str | None, reason: str = "",
             remedy: str = "") -> Line:
        return Line(board.account_id, board.provider, board.index, board.period, first, board.day, _WORDS[name], theirs,
                    own, difference, outcome, reason, remedy, board.capture_id, board.locator)

    found, same = [], True
    figures = _figures(board)
    for name in ("pushes", "posts"):
        if name in figures:
            line = _published(name, figures[name], mine, unknown, made)
            same = same and line.outcome == AGREE
            found.append(line)
    for name, theirs in figures.items():
        if name not in ("pushes", "posts"):
            found.append(_sum(name, theirs, mine, board, same, made))
    if board.value is not None and _is_ours(board):
        found.append(_index(board.value, computed.get((board.account_id, first, board.day)), same, made))
    return found


def _figures(board: BoardReading) -> dict[str, Count]:
    found: dict[str, Count] = {}
    for name, value in board.figures.items():
        if name in FIGURES and value is not None:
            found[FIGURES[name]] = Count(round(value), int(board.figures.get(f"{name}_slack", 0)))
    return found


def _published(name: str, theirs: Count, mine: Sequence[Own], unknown: int, made) -> Line:
    number = len(mine)
    if name == "pushes":
        number = len({post.push_id for post in mine if post.push_id}) + sum(not post.push_id for post in mine)
    own = Count(number)
    if not mine and unknown:
        return made(name, tally.shown(theirs), MISSING, None, OPEN, REASONS["gap"].format(days=unknown),
                    REMEDIES["posts"])
    outcome = hold.settled(theirs, own)
    if outcome == AGREE:
        return made(name, tally.shown(theirs), tally.shown(own), 0, AGREE)
    reason = REASONS["gap"].format(days=unknown) if unknown else REASONS["more" if theirs.value > number else "less"]
    return made(name, tally.shown(theirs), tally.shown(own), hold.difference(theirs, own), DIFFER, reason,
                REMEDIES["posts"])


def _sum(name: str, theirs: Count, mine: Sequence[Own], board: BoardReading, same: bool, made) -> Line:
    counter = "likes" if name.startswith("likes") else "reads"
    chosen = [post for post in mine if post.position == 1] if name == "headline_reads" else mine
    end = clock.instant(board.day + timedelta(1))
    latest = max(board.observed_at, end)
    held = [hold.around(post.readings.get(counter, ()), end, latest, post.last_seen_at) for post in chosen]
    if not any(one.known for one in held):
        return made(name, tally.shown(theirs), MISSING, None, None)
    reached = _together(name, [one.before for one in held], whole=False)
    after = _together(name, [one.after for one in held], whole=True)
    newest = _together(name, [one.after if not one.after.missing else one.nearest if one.within.missing else one.within
                              for one in held], whole=True)
    outcome, against = hold.cumulative(theirs, Around(Count(reached.value or 0), after, newest),
                                       latest >= end + hold.SETTLED)
    shown = newest if not newest.missing else against
    if not same:
        return made(name, tally.shown(theirs), tally.shown(shown), hold.difference(theirs, shown), OPEN,
                    REASONS["posts"], REMEDIES["posts"])
    if outcome == AGREE:
        return made(name, tally.shown(theirs), tally.shown(shown), hold.difference(theirs, shown), AGREE)
    reason = "open" if outcome == OPEN else "low" if theirs.value < against.value else "high"
    return made(name, tally.shown(theirs), tally.shown(against), hold.difference(theirs, against), outcome,
                REASONS[reason], REMEDIES["open" if outcome == OPEN else "figures"])


def _together(name: str, counts: Sequence[Count], *, whole: bool) -> Count:
    """The sum, or the greatest, of what the posts had; with `whole`, missing where one of them has none."""
    known = [count for count in counts if not count.missing]
    if not known or (whole and len(known) < len(counts)):
        return Count(None)
    known = [hold.capped(count) for count in known] if "reads" in name else known
    return max(known, key=lambda count: count.value) if name.endswith("_max") else add(known)


def _index(theirs: float, own: float | None, same: bool, made) -> Line:
    if own is None:
        return made("index", f"{theirs:,.2f}", MISSING, None, None)
    off = round(theirs - own, 2)
    said = f"{theirs:,.2f}", f"{own:,.2f}", off
    if abs(off) <= INDEX_SHARE * max(theirs, own):
        return made("index", *said, AGREE)
    if not same:
        return made("index", *said, OPEN, REASONS["posts"], REMEDIES["posts"])
    return made("index", *said, DIFFER, REASONS["index"], REMEDIES["index"])


# --- The question of the room ---------------------------------------------------------------------------------------

COLUMNS = ("account_id", "account", "platform", "unit", "provider", "index", "period", "first", "day", "name", "theirs",
           "ours", "difference", "outcome", "reason", "remedy", "capture_id", "locator")


def held(session: Session, where: Filter) -> pd.DataFrame:
    """Every figure of every line of a board that ends in the period, held against ours (COLUMNS); what we have nothing
    for has an empty outcome. Lines that need a person first."""
    found = lines(session, stored(session, where))
    query = select(Account.id, Account.name, Platform.name, Unit.name).join(
        Platform, Platform.code == Account.platform).outerjoin(Unit, Unit.id == Account.unit_id)
    names = {id_: rest for id_, *rest in session.execute(query.where(
        Account.id.in_(sorted({line.account_id for line in found}))))}
    order = {DIFFER: 0, OPEN: 1, AGREE: 2, None: 3}
    rows = [{
        "account_id": line.account_id,
        **dict(zip(("account", "platform", "unit"), names[line.account_id], strict=True)),
        "provider": PROVIDERS.get(line.provider, line.provider), "index": line.index.upper(),
        "period": PERIODS[line.period], "first": line.first, "day": line.day, "name": line.name, "theirs": line.theirs,
        "ours": line.ours, "difference": line.difference, "outcome": line.outcome or "", "reason": line.reason,
        "remedy": line.remedy, "capture_id": line.capture_id, "locator": line.locator,
    } for line in sorted(found, key=lambda one: (order[one.outcome], -one.day.toordinal(), one.account_id))]
    return pd.DataFrame(rows, columns=list(COLUMNS))
