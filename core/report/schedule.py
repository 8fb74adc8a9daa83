"""编报计划: which reports are due when, how each of them stands, and the writing of those that are due.

A rule (`ReportRule`) asks for one report a period, of each platform where it says so. What became of it is an edition,
or a `ReportTask` that says why there is none: held for want of data, waiting to be looked at, failed, not needed.
Times are Shanghai's: a report is written from `hour` of the day after its period, and due by the end of so many days.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlmodel import Session

from core import audit, clock, db, ingest, labels
from core.clock import day_of, instant
from core.faults import BadInput
from core.models import Account, Edition, Platform, Remembered, ReportRule, ReportTask
from core.periods import Period, Span, all_of
from core.query import heard, overview
from core.query.scope import Filter
from core.report import editions, kinds, sending
from core.report.dress import Dress
from core.report.outline import Order

EACH = "*"
"""Each platform that has accounts."""
DRESS = Dress()
"""As a report comes."""
AGAIN = timedelta(hours=1)
"""How long what was held or failed is left alone."""
TRIES = 3
"""How often a report that fails is tried."""
_MADE = "report_rules_made"
_NAME = 40


@dataclass(frozen=True, slots=True)
class Due:
    """One report of a plan. `opens`: from when it is written, `ends`: by when it is due (aware UTC); `state` of
    labels.REPORT_STATES, `why` in words; `edition_id` where there is one, `issued_at` of its first version; `coverage`:
    share of what should have been collected, where that was looked at; `dress`: of its rule."""

    rule_id: int
    rule: str
    order: Order
    platform: str
    opens: datetime
    ends: datetime
    state: str
    why: str = ""
    edition_id: int | None = None
    issued_at: datetime | None = None
    coverage: float | None = None
    dress: Dress = DRESS

    @property
    def period(self) -> Period:
        return self.order.period


# --- Rules ----------------------------------------------------------------------------------------------------------


def install(session: Session, now: datetime) -> int:
    """The plan that a district begins with, once: monthly and annual reports of each platform, opinion reports twice a
    week and monthly. Returns how many rules were made; the caller commits."""
    if session.get(Remembered, _MADE):
        return 0
    session.add(Remembered(key=_MADE, value={}, updated_at=now))
    # Last month's reports on accounts are wanted; of opinion the last week is enough to begin with.
    month, week = Period.of("month", day_of(now)).shift(-1).first, day_of(now) - timedelta(7)
    made = [ReportRule(since=week if one["kind"] == "opinion" else month, at=now, who="系统", sort=n, **one)
            for n, one in enumerate(_FIRST)]
    session.add_all(made)
    session.flush()
    return len(made)


_FIRST: tuple[dict, ...] = (
    {"name": "各平台月报", "kind": "monthly", "span": "month", "platform": EACH, "hour": 6, "days": 3},
    {"name": "各平台年度全景报告", "kind": "annual", "span": "year", "platform": EACH, "hour": 6, "days": 20,
     "way": "review"},
    {"name": "舆情半周报", "kind": "opinion", "span": "halfweek", "hour": 7, "days": 1, "least": 50},
    {"name": "舆情月报", "kind": "opinion", "span": "month", "hour": 7, "days": 3, "least": 50, "way": "review"},
)


def save(
    session: Session, *, name: str, kind: str, span: Span, platform: str = "", scope: str = "all",
    basis: str = "latest", parts: Sequence[str] = (), hour: int = 6, days: int = 3, way: str = "issue",
    people: Sequence[int] = (), channels: Sequence[int] = (), least: int = 0, empty: bool = True, dress: Dress = DRESS,
    since: date, enabled: bool = True, id_: int | None = None, who: str, now: datetime,
) -> ReportRule:
    """Add a rule, or change the one of that id. Raises BadInput for what cannot be. The caller commits."""
    name = " ".join(name.split())
    if not name or len(name) > _NAME:
        raise BadInput(f"计划名称应有 1 到 {_NAME} 个字")
    taken = session.execute(select(ReportRule.id).where(ReportRule.name == name)).scalar()
    if taken is not None and taken != id_:
        raise BadInput(f"已有计划“{name}”，请换一个名称")
    of = kinds.kind_of(kind)
    if span not in of.spans:
        raise BadInput(f"{of.name}没有这种周期，请重新选择")
    if of.per == "platform" and platform != EACH and session.get(Platform, platform) is None:
        raise BadInput("请选择平台")
    if not 0 <= hour <= 23 or not 1 <= days <= 90 or not 0 <= least <= 100:
        raise BadInput("编制时间应为 0 到 23 时，期限 1 到 90 天，覆盖率 0 到 100%")
    if way not in labels.REPORT_WAYS:
        raise BadInput("请选择编好后怎么办")
    if way == "send" and not (people and channels):
        raise BadInput("选择“签发并发送”时，请选择发给谁、用什么渠道")
    kinds.chosen(of.outline, tuple(parts))
    row = ReportRule(name=name, kind=kind, span=span, since=since, at=now) if id_ is None else _rule(session, id_)
    row.name, row.kind, row.span, row.since, row.enabled = name, kind, span, since, enabled
    row.platform, row.scope, row.basis, row.parts = platform if of.per == "platform" else "", scope, basis, list(parts)
    row.hour, row.days, row.way, row.least, row.empty = hour, days, way, least, empty
    row.dress = dress.to_dict()
    row.people, row.channels, row.at, row.who = list(people), list(channels), now, who
    session.add(row)
    session.flush()
    audit.note(session, who, "新增编报计划" if id_ is None else "修改编报计划", name)
    db.bump(session, now)
    return row


def switch(session: Session, id_: int, enabled: bool, *, who: str, now: datetime) -> None:
    """Turn a rule on or off. The caller commits."""
    row = _rule(session, id_)
    row.enabled, row.at, row.who = enabled, now, who
    session.add(row)
    audit.note(session, who, "启用编报计划" if enabled else "停用编报计划", row.name)
    db.bump(session, now)


def remove(session: Session, id_: int, *, who: str, now: datetime) -> None:
    """Delete a rule; what was issued by it stays. The caller commits."""
    row = _rule(session, id_)
    audit.note(session, who, "删除编报计划", row.name)
    session.execute(delete(ReportTask).where(ReportTask.rule_id == id_))
    session.delete(row)
    db.bump(session, now)


def rules(session: Session) -> list[ReportRule]:
    """Every rule in its order."""
    return list(session.execute(select(ReportRule).order_by(ReportRule.sort, ReportRule.id)).scalars())


def _rule(session: Session, id_: int) -> ReportRule:
    row = session.get(ReportRule, id_)
    if row is None:
        raise BadInput("这条计划不存在，可能已被删除，请刷新页面")
    return row


# --- The year -------------------------------------------------------------------------------------------------------


def year(session: Session, number: int, now: datetime) -> list[Due]:
    """Every report of the plan whose period ends in a year, in order of time, as it stands now."""
    return _listed(session, date(number, 1, 1), date(number, 12, 31), now)


def _listed(session: Session, first: date, last: date, now: datetime) -> list[Due]:
    plan = [rule for rule in rules(session) if rule.enabled]
    names = dict(session.execute(select(Platform.code, Platform.name)).all())
    wanted = [(rule, Order(rule.kind, period, platform, rule.scope, rule.basis, tuple(rule.parts)))
              for rule in plan for platform in _platforms(session, rule)
              for period in all_of(rule.span, max(first, rule.since), last)]
    issued = _issued(session, {order.kind for _, order in wanted})
    tasks = {(task.rule_id, task.platform, task.period): task for task in session.execute(select(ReportTask)).scalars()}
    found = [_due(session, rule, order, names.get(order.platform, ""), issued, tasks, now) for rule, order in wanted]
    return sorted(found, key=lambda one: (one.ends, one.rule_id, one.platform))


def _platforms(session: Session, rule: ReportRule) -> list[str]:
    if rule.platform != EACH:
        return [rule.platform]
    return list(session.execute(
        select(Platform.code).where(Platform.code.in_(select(Account.platform))).order_by(Platform.sort)).scalars())


_Subject = tuple[str, str, str, str]


def _issued(session: Session, wanted: Iterable[str]) -> dict[_Subject, tuple[int, datetime]]:
    """The newest edition of each subject, and when its first one was issued."""
    rows = session.execute(
        select(Edition.kind, Edition.platform, Edition.period, Edition.scope, func.max(Edition.id),
               func.min(Edition.issued_at)).where(Edition.kind.in_(list(wanted)))
        .group_by(Edition.kind, Edition.platform, Edition.period, Edition.scope))
    return {(kind, platform, period, scope): (id_, at) for kind, platform, period, scope, id_, at in rows}


def _due(session: Session, rule: ReportRule, order: Order, name: str, issued: dict[_Subject, tuple[int, datetime]],
         tasks: dict[tuple[int, str, str], ReportTask], now: datetime) -> Due:
    period = order.period
    opens = instant(period.last + timedelta(1), rule.hour)
    ends = instant(period.last + timedelta(1 + rule.days))
    edition, at = issued.get((order.kind, order.platform, period.code, order.scope), (None, None))
    task = tasks.get((rule.id, order.platform, period.code))
    state, why = _state(rule, period, opens, ends, at, task, now)
    coverage = task.coverage if task else None
    if state == "ahead" and rule.least and period.first <= day_of(now):
        coverage = covered(session, order, now)
        if coverage is not None and coverage * 100 < rule.least:
            state, why = "risk", f"至今数据覆盖率{coverage:.1%}，低于要求的{rule.least}%，到期可能暂缓"
    return Due(rule.id, rule.name, order, name, opens, ends, state, why, edition, at, coverage, Dress.of(rule.dress))


def _state(rule: ReportRule, period: Period, opens: datetime, ends: datetime, issued_at: datetime | None,
           task: ReportTask | None, now: datetime) -> tuple[str, str]:
    if issued_at is not None:
        return ("done", "") if issued_at <= ends else ("overdone", f"期限 {_at(ends)}，{_at(issued_at)} 才签发")
    if task is not None and task.state != "issued":
        late = f"；已过期限 {_at(ends)}" if now > ends and task.state != "skipped" else ""
        return task.state, task.why + late
    if now > ends:
        return "late", f"期限 {_at(ends)}"
    return ("due", "") if now >= opens else ("ahead", "")


def _at(at: datetime) -> str:
    return f"{clock.local(at):%m-%d %H:%M}"


def covered(session: Session, order: Order, now: datetime) -> float | None:
    """Share of what should have been collected for a report that was, up to now; None where nothing should have."""
    kind = kinds.kind_of(order.kind)
    if kind.coverage is not None:
        return kind.coverage(session, order, now)
    period = order.period
    last = min(period.last, day_of(now))
    if last < period.first:
        return None
    what, _, id_ = order.scope.partition(":")
    asked = Filter(period.first, last, (order.platform,) if order.platform else (),
                   (what,) if what in labels.UNIT_KINDS else (), (int(id_),) if what == "unit" else (),
                   int(id_) if what == "board" else None)
    return overview.freshness(session, asked).share


# --- Writing --------------------------------------------------------------------------------------------------------


def open_ones(session: Session, now: datetime, back: int = 400) -> list[Due]:
    """What is to be written now: due or late and not made yet, held or failed for a while. `back`: days."""
    today = day_of(now)
    tasks = {(task.rule_id, task.platform, task.period): task for task in session.execute(select(ReportTask)).scalars()}
    found = []
    for one in _listed(session, today - timedelta(back), today, now):
        task = tasks.get((one.rule_id, one.order.platform, one.period.code))
        if one.opens > now or one.edition_id is not None or one.state in ("skipped", "review"):
            continue
        if task is not None and (now - task.at < AGAIN or (task.state == "failed" and task.tries >= TRIES)):
            continue
        found.append(one)
    return found


def write(one: Due, *, now: datetime) -> str:
    """Write a report of the plan as its rule wants: issue it, keep it for somebody to look at, or say why not. Returns
    the state that it came to (labels.REPORT_TASKS). A fault of ours in it is put down as such and raised."""
    try:
        with db.snapshot() as reading:
            rule = _rule(reading, one.rule_id)
            share = covered(reading, one.order, now)
            kind = kinds.kind_of(one.order.kind)
            if not share:
                return _put(one, "held", "这一时段没有采集到任何数据", now, share)
            if share * 100 < rule.least:
                why = f"数据覆盖率{share:.1%}，低于要求的{rule.least}%，数据补齐后自动编制"
                return _put(one, "held", why, now, share)
            if not rule.empty and share >= heard.ENOUGH and kind.empty(reading, one.order, now):
                return _put(one, "skipped", "本期没有可报的内容", now, share)
            if rule.way == "review":
                return _put(one, "review", "数据已齐，请在“编制”中审阅后签发", now, share)
            content = Dress.of(rule.dress).on(kinds.build(reading, one.order, now=now))
        with db.session() as session:
            edition = editions.issue(session, content, by="系统", now=now)
            run = ingest.begin(session, "report", at=now)
            if rule.way == "send":
                sending.send(session, edition.id, rule.people, rule.channels, who="系统", now=now)
            db.bump(session, now)
            ingest.finish(session, run, "ok", f"已生成《{edition.title}》", at=now)
            _task(session, one, "issued", "", now, share, edition.id)
            session.commit()
        return "issued"
    except Exception as error:
        said = str(error) if isinstance(error, BadInput) else f"程序出错：{type(error).__name__}，详见后台日志"
        _put(one, "failed", said, now, None, tried=True)
        if isinstance(error, BadInput):
            return "failed"
        raise


def skip(session: Session, rule_id: int, platform: str, period: str, why: str, *, who: str, now: datetime) -> None:
    """Say that a report is not needed this time. Raises BadInput without a reason. The caller commits."""
    rule = _rule(session, rule_id)
    why = " ".join(why.split())[:100]
    if not why:
        raise BadInput("请写明为什么不需编报")
    one = _one(session, rule_id, platform, period)
    _task(session, one, "skipped", why, now, None, None, who)
    audit.note(session, who, "不需编报", f"{rule.name} {one.period.label}", why)
    db.bump(session, now)


def unskip(session: Session, rule_id: int, platform: str, period: str, *, who: str, now: datetime) -> None:
    """Take that back, or let what was held or failed be tried at once. The caller commits."""
    rule = _rule(session, rule_id)
    session.execute(delete(ReportTask).where(
        ReportTask.rule_id == rule_id, ReportTask.platform == platform, ReportTask.period == period))
    audit.note(session, who, "恢复编报", f"{rule.name} {Period.parse(period).label}")
    db.bump(session, now)


def _one(session: Session, rule_id: int, platform: str, period: str) -> Due:
    rule, of = _rule(session, rule_id), Period.parse(period)
    return Due(rule_id, rule.name, Order(rule.kind, of, platform, rule.scope, rule.basis, tuple(rule.parts)), "",
               instant(of.last), instant(of.last), "due")


def _put(one: Due, state: str, why: str, now: datetime, share: float | None, *, tried: bool = False) -> str:
    with db.session() as session:
        _task(session, one, state, why, now, share, None, tried=tried)
        db.bump(session, now)
        session.commit()
    return state


def _task(session: Session, one: Due, state: str, why: str, now: datetime, share: float | None,
          edition_id: int | None, who: str = "系统", *, tried: bool = False) -> None:
    before = session.get(ReportTask, (one.rule_id, one.order.platform, one.period.code))
    row = before or ReportTask(rule_id=one.rule_id, platform=one.order.platform, period=one.period.code, state=state,
                               at=now)
    row.state, row.why, row.coverage, row.edition_id, row.at, row.who = state, why, share, edition_id, now, who
    row.tries += tried
    session.add(row)
    session.flush()
