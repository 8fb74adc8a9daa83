"""An export of a back office held against what is stored. It is read as every export is (core.imports); nothing of it
is taken in: what is kept is the file, as evidence, and what the comparison came to."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlmodel import Session

from core import clock, ledger
from core.counts import Count
from core.faults import BadInput
from core.imports import importer, made, owners
from core.imports.headers import FIELDS
from core.imports.shown import PERIODS, Preview
from core.labels import COUNTERS, MISSING
from core.models import Account, AppReading, BoardReading, DailyReading, FollowerReading
from core.recheck.captured import APP
from core.reconcile import boards, hold, ours, tally
from core.reconcile.hold import DIFFER, OPEN
from core.reconcile.ours import Own
from core.reconcile.tally import Finding, Tally
from core.records import AppRecord, BoardRecord, DailyRecord, FollowerRecord, PostRecord

_DAY = timedelta(1)
IMPORT = "确认属实后，在“账号台账”的“导入导出”里正式导入这份文件，缺少的随即补上"
REMEDIES = {
    "gap": f"我方当日{{state}}：先在“采集源”处理；{IMPORT}",
    "posts": "从后台导出当日的逐篇数据，在“账号台账”的“导入导出”里导入；有采集源的先在“采集源”处理",
    "missing": f"先打开原文确认仍在；{IMPORT}",
    "low": "核对导出日期；若无误，在后台打开该篇核对，以后台为准的请正式导入这份文件",
    "high": "核对导出日期；若无误，检查该账号的采集是否正常，必要时正式导入这份文件",
    "gone": "平台上已删除，后台不再列出属正常；发布数仍计入，无需处理",
    "edge": "核对导出的起止时间是否包含这一天；不包含则无需处理",
    "extra": "在后台按标题查找：已删除的等采集发现，属于其他账号的请核对采集源的账号",
    "settled": "以后台为准的，请正式导入这份文件，系统按更正保留原值",
    "open": "导出之后再采集一次，然后重新比对",
}
REASONS = {
    "low": "对方小于我方更早读到的数：平台扣除了异常数据、两边口径不同，或导出比填写的日期更早",
    "high": "对方大于我方之后读到的数，或发布满七天仍多两成以上：我方读数没有更新、口径不同，或导出比填写的日期晚",
    "missing": "我方当日已采集，列表里没有这一篇：发布后很快删除、仅部分人可见，或采集不全",
    "edge": "在导出最早或最晚的一天，可能不在导出的时段内",
    "extra": "导出没有列出：后台已删除、导出有条数限制，或这一篇不属于这个账号",
    "settled": "同一天的数字两边不同：平台之后更正过，或一边取数时当天数据还没有出齐",
    "open": "我方在导出之后没有新的读数，增长可能是正常的",
    "fewer": "我方少采了帖文，或平台把当天删除的也计入",
    "more": "我方计入了之后删除的帖文，或两边口径不同（次数、篇数）",
    "day": "取数时这一天还没有结束，差别可能是当天的变动",
}


@dataclass(slots=True)
class Held:
    """What a comparison came to. `lacking`: what the other source has of things of ours and we don't collect, with how
    often · `months`: the tally of each month (2026-03)."""

    months: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    lacking: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    days: set[date] = field(default_factory=set)
    ways: list[int] = field(default_factory=list)

    @property
    def tally(self) -> Tally:
        return tally.total(self.months.values())

    @property
    def hint(self) -> str:
        return tally.hint(self.ways)

    def of(self, day: date) -> Tally:
        self.days.add(day)
        return self.months[f"{day:%Y-%m}"]

    def judge(self, day: date, outcome: str, finding: Finding) -> None:
        """Count one comparison, and keep what it found where the two don't agree."""
        self.of(day).add(outcome)
        if outcome in (DIFFER, OPEN):
            self.findings.append(finding)


def account_of(session: Session, preview: Preview) -> Account | None:
    """The account that a file is about; None for a board. Raises BadInput where the ledger lacks it, and for work
    orders."""
    if preview.checked.batch.mentions:
        raise BadInput("工单、来信不在这里对账：请到“诉求”导入，系统会按编号更新")
    if not preview.owned:
        return None
    found = owners.known_account(session, preview.name, preview.platform, preview.account_name, preview.account_id)
    if found is None:
        raise BadInput(f"台账中没有账号“{preview.account_name}”，没有可比的数据。请核对账号，或先在账号台账中添加")
    return found


def compare(session: Session, preview: Preview, now: datetime) -> Held:
    """Hold a previewed file against what is stored; nothing is written. Raises BadInput where it has nothing that can
    be compared."""
    account = account_of(session, preview)
    batch = importer.batch_of(session, preview, account)
    held = Held()
    if account is not None:
        moment = _moments(preview, now)
        _posts(session, account, batch.posts, moment, held)
        _days(session, account, batch.daily, held)
        _followers(session, account, batch.followers, held)
        _apps(session, account, batch.apps, held)
    _boards(session, preview, batch.boards, held)
    if not held.days:
        raise BadInput(f"文件“{preview.name}”里没有可以比对的数据（{preview.words}）")
    held.findings = tally.ordered(held.findings)
    return held


def _moments(preview: Preview, now: datetime) -> Callable[[PostRecord], tuple[datetime, datetime]]:
    """Between which moments a record's counters were so: the export's own, which mostly is known by its day alone."""
    day = clock.day_of(preview.observed_at)
    span = clock.instant(day), min(clock.instant(day + _DAY), now)
    if preview.made == made.SAVED:
        span = preview.observed_at, preview.observed_at

    def between(record: PostRecord) -> tuple[datetime, datetime]:
        if record.as_of is None:
            return span
        end = clock.instant(record.as_of + _DAY)
        return end - timedelta(seconds=1), end

    return between


# --- Posts ----------------------------------------------------------------------------------------------------------


def _posts(session: Session, account: Account, records: list[PostRecord], moment: Callable, held: Held) -> None:
    if not records:
        return
    days = [clock.day_of(record.published_at) for record in records]
    first, last = min(days), max(days)
    own = ours.posts(session, account.id, first, last, (record.external_id for record in records))
    by_url = {one.url: one.external_id for one in own.values() if one.url}
    theirs: dict[str, list[PostRecord]] = defaultdict(list)
    for record in records:
        known = record.external_id if record.external_id in own else by_url.get(record.url)
        theirs[known or record.external_id].append(record)
    states = ours.coverage(session, account.id, first, last)
    counted = ours.counted(session, account.id)
    for external_id, said in theirs.items():
        mine = own.get(external_id)
        if mine is None:
            _only_theirs(account, said[-1], states, held)
            continue
        held.days.add(mine.day)
        for record in said:
            _counters(mine, record, moment(record), counted, held)
    made_at = min(moment(record)[0] for record in records)
    for external_id, mine in own.items():
        if external_id not in theirs and first <= mine.day <= last and mine.published_at < made_at:
            _only_ours(mine, mine.day in (first, last), held)


def _only_theirs(account: Account, record: PostRecord, states: Mapping[date, str], held: Held) -> None:
    day = clock.day_of(record.published_at)
    held.of(day).theirs += 1
    known = states.get(day) in ("collected", "zero")
    state = ours.state(states, day)
    held.findings.append(Finding(
        "theirs", "post", account.id, day, record.title or record.text[:60], theirs=_counts(record),
        reason=REASONS["missing"] if known else f"我方当日{state}",
        remedy=REMEDIES["missing"] if known else REMEDIES["gap"].format(state=state), locator=record.locator,
        url=record.url))


def _only_ours(mine: Own, edge: bool, held: Held) -> None:
    held.of(mine.day).ours += 1
    why = "gone" if mine.gone_at else "edge" if edge else "extra"
    reason = f"{clock.local(mine.gone_at):%Y-%m-%d} 起平台上已不存在" if mine.gone_at else REASONS[why]
    held.findings.append(Finding(
        "ours", "post", mine.account_id, mine.day, mine.title, reason=reason, remedy=REMEDIES[why], post_id=mine.id,
        url=mine.url, ours="、".join(
            f"{COUNTERS[name]} {tally.shown(values[-1][1])}" for name, values in mine.readings.items())))


def _counters(mine: Own, record: PostRecord, between: tuple[datetime, datetime], counted: set[str], held: Held) -> None:
    for name, count in record.counters.items():
        known = hold.around(mine.readings.get(name, ()), *between, mine.last_seen_at)
        if not known.known:
            held.lacking[COUNTERS[name] if name in counted else f"{COUNTERS[name]}（本账号未采集）"] += 1
            continue
        outcome, against = hold.cumulative(count, known, between[0] >= mine.published_at + hold.SETTLED)
        way = (count.value > against.value) - (count.value < against.value)
        if outcome == DIFFER:
            held.ways.append(way)
        why = "open" if outcome == OPEN else "high" if way > 0 else "low"
        held.judge(mine.day, outcome, Finding(
            "open" if outcome == OPEN else "differs", "post", mine.account_id, mine.day, mine.title,
            COUNTERS[name], tally.shown(count), _around(known), hold.difference(count, against), REASONS[why],
            REMEDIES[why], mine.id, record.locator, mine.url))


def _around(known: hold.Around) -> str:
    """`导出前 1,024，导出后 1,100`."""
    parts = {"导出前": known.before, "当日": known.within, "导出后": known.after}
    told = [f"{word} {tally.shown(count)}" for word, count in parts.items() if not count.missing]
    return "，".join(told)


def _counts(record: PostRecord) -> str:
    return "、".join(f"{COUNTERS[name]} {tally.shown(count)}" for name, count in record.counters.items())


# --- Days -----------------------------------------------------------------------------------------------------------


def _span(records: Iterable[DailyRecord | FollowerRecord | AppRecord]) -> tuple[date, date]:
    days = [record.day for record in records]
    return min(days), max(days)


def _over(day: date, *moments: datetime) -> bool:
    """Whether the day was over when each was read."""
    return all(at >= clock.instant(day + _DAY) - timedelta(seconds=1) for at in moments)


def _days(session: Session, account: Account, records: list[DailyRecord], held: Held) -> None:
    """A platform's own totals of a day: how many posts, and its counters against the same totals of ours."""
    if not records:
        return
    first, last = _span(records)
    published = ours.published(session, account.id, first, last)
    stored = ours.newest(session, DailyReading, account.id, first, last)
    states = ours.coverage(session, account.id, first, last)
    for record in records:
        held.days.add(record.day)
        if record.posts is not None:
            _published(account, record, published.get(record.day), states, held)
        row = stored.get(record.day)
        for name, count in record.counters.items():
            mine = Count(*row.figures[name]) if row is not None and name in row.figures else Count(None)
            if mine.missing:
                held.lacking[f"当日{COUNTERS[name]}（平台日汇总）"] += 1
                continue
            over = _over(record.day, record.observed_at, row.observed_at)
            outcome = hold.settled(count, mine) if over else hold.moving(count, mine)
            _level(account, record, f"当日{COUNTERS[name]}", "day", count, mine, outcome, held)


def _published(account: Account, record: DailyRecord, mine: int | None, states: Mapping[date, str], held: Held) -> None:
    state = ours.state(states, record.day)
    if mine is None:
        if record.posts:
            held.of(record.day).theirs += 1
            held.findings.append(Finding(
                "theirs", "day", account.id, record.day, name="发布数", theirs=f"{record.posts:,}", ours=MISSING,
                reason=f"我方当日{state}", remedy=REMEDIES["posts"], locator=record.locator))
        return
    outcome = hold.settled(Count(record.posts), Count(mine))
    less = record.posts > mine
    held.judge(record.day, outcome, Finding(
        "differs", "day", account.id, record.day, "", "发布数", f"{record.posts:,}", f"{mine:,}",
        record.posts - mine, REASONS["fewer" if less else "more"], REMEDIES["posts" if less else "extra"],
        locator=record.locator))


def _level(account: Account, record: DailyRecord | FollowerRecord | AppRecord, name: str, what: str, theirs: Count,
           mine: Count, outcome: str, held: Held, scale: int = 1) -> None:
    """`scale`: by how much both were multiplied to be whole numbers."""
    texts = [tally.shown(count) if scale == 1 else f"{count.value / scale:g}" for count in (theirs, mine)]
    why = "day" if outcome == OPEN else "settled"
    held.judge(record.day, outcome, Finding(
        "open" if outcome == OPEN else "differs", what, account.id, record.day, "", name, *texts,
        hold.difference(theirs, mine) if scale == 1 else None, REASONS[why],
        REMEDIES["open" if outcome == OPEN else "settled"], locator=record.locator))


def _followers(session: Session, account: Account, records: list[FollowerRecord], held: Held) -> None:
    if not records:
        return
    first, last = _span(records)
    stored = ours.newest(session, FollowerReading, account.id, first, last)
    states = ours.coverage(session, account.id, first, last)
    for record in records:
        held.days.add(record.day)
        row = stored.get(record.day)
        if row is None:
            held.of(record.day).theirs += 1
            held.findings.append(Finding(
                "theirs", "followers", account.id, record.day, name="粉丝数", theirs=tally.shown(record.followers),
                ours=MISSING, reason=f"我方没有当日的粉丝数（{ours.state(states, record.day)}）", remedy=IMPORT,
                locator=record.locator))
            continue
        over = _over(record.day, record.observed_at, row.observed_at)
        moved = (record.new or 0) + (record.lost or 0)
        pairs = (("粉丝数", record.followers, Count(row.followers, row.followers_slack)),
                 ("新增粉丝", Count(record.new), Count(row.new)), ("取消关注", Count(record.lost), Count(row.lost)))
        for name, theirs, mine in pairs:
            if theirs.missing:
                continue
            if mine.missing:
                held.lacking[name] += 1
                continue
            outcome = hold.settled(theirs, mine) if over else hold.moving(theirs, mine, moved)
            _level(account, record, name, "followers", theirs, mine, outcome, held)


def _apps(session: Session, account: Account, records: list[AppRecord], held: Held) -> None:
    if not records:
        return
    stored = ours.newest(session, AppReading, account.id, *_span(records))
    for record in records:
        held.days.add(record.day)
        row = stored.get(record.day)
        for name in APP:
            word = FIELDS[name]
            theirs = getattr(record, name)
            mine = getattr(row, name) if row is not None else None
            if theirs is None:
                continue
            if mine is None:
                held.lacking[word] += 1
                continue
            over = _over(record.day, record.observed_at, row.observed_at)
            scale = 100 if name == "rating" else 1  # it has decimals
            pair = [Count(round(value * scale)) for value in (theirs, mine)]
            outcome = hold.settled(*pair) if over else hold.moving(*pair)
            _level(account, record, word, "app", *pair, outcome, held, scale)


# --- Boards ---------------------------------------------------------------------------------------------------------


def _boards(session: Session, preview: Preview, records: list[BoardRecord], held: Held) -> None:
    """Lines of a provider's board against our own sums of the same days."""
    read = []
    for record in records:
        account = ledger.find_account(session, *record.account)
        read.append(BoardReading(account_id=account.id, **record.model_dump(
            include={"provider", "index", "period", "day", "observed_at", "value", "place", "figures", "locator"})))
        held.days.add(record.day)
    for one in boards.lines(session, read):
        if one.outcome is None:
            held.lacking[one.name] += 1
            continue
        held.judge(one.day, one.outcome, Finding(
            "open" if one.outcome == OPEN else "differs", "board", one.account_id, one.day, PERIODS[one.period],
            one.name, one.theirs, one.ours, one.difference, one.reason, one.remedy, locator=one.locator))
