"""What came in, or was done, after a report's data were read, as far as it can have changed one of its figures."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import and_, exists, or_, select
from sqlmodel import Session

from core.ingest import CORRECTED
from core.models import (
    Account,
    Audit,
    BoardVersion,
    Capture,
    Coverage,
    FollowerReading,
    LocalMark,
    Post,
    Reading,
    Run,
    Source,
    Unit,
)
from core.report.late import asof, spoken_facts, words
from core.report.late.reasons import (
    CHECKS,
    COUNTERS,
    COVERAGE,
    FEELING,
    FOLLOWERS,
    MENTIONS,
    POSTS,
    RISK,
    TOPICS,
    Fact,
    Known,
)
from core.report.late.terms import Terms

_LEDGER = ("修改台账", "修改账号", "修改单位", "补登平台账号ID", "撤销查找添加", "导入台账")
_BOARDS = ("调整榜单成员", "修改榜单", "修改榜单（归档）", "修改榜单（恢复）")
_RULES = (
    "修改敏感词", "新增敏感词", "停用敏感词", "恢复敏感词", "导入敏感词", "启用评分版本", "修改来源权重",
    "修改本区地点", "修改本区名称", "新增关注方案", "修改关注方案", "修改本地扣分项", "新增领导名单", "修改领导名单",
    "删除领导名单",
)
_MEASURES_OF_RULES = frozenset({CHECKS, RISK, FEELING, MENTIONS, TOPICS})
REBUILT = "全部重新汇总"
"""How the audit calls totals made anew."""


def facts(session: Session, of: Terms, since: datetime) -> list[Fact]:
    """All of them; `since`: when the report's data had been read."""
    found = list(_accounts(session, of, since) if of.accounts else spoken_facts.facts(session, of, since))
    return found + list(_everywhere(session, of, since))


def known(session: Session, of: Terms) -> Known:
    """The names that rows of the report can mean."""
    where = [Account.platform == of.order.platform] if of.order.platform else []
    return Known(frozenset(session.execute(select(Account.name).where(*where)).scalars()),
                 frozenset(session.execute(select(Unit.name)).scalars()), *of.own)


class _Who:
    """Name and unit of every account."""

    def __init__(self, session: Session):
        rows = session.execute(select(Account.id, Account.name, Unit.name).outerjoin(Unit, Unit.id == Account.unit_id))
        self.names = {id_: (name, unit or "") for id_, name, unit in rows}

    def __getitem__(self, id_: int) -> tuple[str, str]:
        return self.names.get(id_, (f"{id_}号账号", ""))


def _accounts(session: Session, of: Terms, since: datetime) -> Iterator[Fact]:
    who = _Who(session)
    ids = select(Account.id).where(*([Account.platform == of.order.platform] if of.order.platform else []))
    for nth, (first, last) in enumerate(of.spans):
        inside = and_(Post.account_id.in_(ids), Post.day.between(first, last))
        own = nth == 0
        yield from _gone(session, inside, since, who, own)
        yield from _readings(session, inside, of, since, who, own)
        yield from _followers(session, ids, first, last, since, who, own)
        yield from _covered(session, ids, first, last, since, who, own)


def _gone(session: Session, inside, since: datetime, who: _Who, own: bool) -> Iterator[Fact]:
    """A post that is gone stays counted; what its words were found to say does not."""
    rows = session.execute(select(Post.id, Post.account_id, Post.day, Post.title, Post.gone_at).where(
        inside, Post.gone_at > since).order_by(Post.gone_at)).all()
    for row in rows:
        name, unit = who[row.account_id]
        said = f"“{name}”{words.day(row.day)}的《{words.cut(row.title)}》{words.at(row.gone_at)}发现已删除"
        yield Fact("gone", said, row.gone_at, frozenset({CHECKS}), name, unit, frozenset({row.day}),
                   (("post", row.id), ("account", row.account_id)), own=own)


def _readings(session: Session, inside, of: Terms, since: datetime, who: _Who, own: bool) -> Iterator[Fact]:
    """Posts and readings that came in since, by account and capture; what only goes on counting is left out."""
    rows = session.execute(
        select(Reading.id, Reading.post_id, Reading.observed_at, Reading.reason, Reading.capture_id, Post.account_id,
               Post.day, Post.title, Post.capture_id.label("post_capture"), Capture.fetched_at, Capture.request,
               Capture.run_id)
        .join(Post, Post.id == Reading.post_id).join(Capture, Capture.id == Reading.capture_id)
        .where(inside, Capture.fetched_at > since)).all()
    going_on = {row.post_id for row in rows if row.observed_at > of.at}
    kept = {one["id"] for one in asof.kept(session, sorted(going_on), of.at)}
    rows = [row for row in rows if row.observed_at <= of.at or row.id in kept]
    groups: dict[tuple, list] = defaultdict(list)
    for row in rows:
        code = "corrected" if row.reason == CORRECTED else "arrived"
        groups[row.account_id, row.capture_id, code].append(row)
    bare = session.execute(
        select(Post.id.label("post_id"), Post.account_id, Post.day, Post.title, Post.capture_id,
               Post.capture_id.label("post_capture"), Capture.fetched_at, Capture.request, Capture.run_id)
        .join(Capture, Capture.id == Post.capture_id)
        .where(inside, Capture.fetched_at > since, ~exists().where(Reading.post_id == Post.id).correlate(Post))).all()
    for row in bare:
        groups[row.account_id, row.capture_id, "arrived"].append(row)
    sources = _sources(session, {rows[0].run_id for rows in groups.values()})
    for (account_id, capture_id, code), found in groups.items():
        name, unit = who[account_id]
        posts = {row.post_id: row for row in found}
        new = {id_ for id_, row in posts.items() if row.post_capture == capture_id}
        measures = {COUNTERS, *({POSTS, COVERAGE, CHECKS} if new else ())}
        days = sorted({row.day for row in posts.values()})
        what = (f"{len(new)}条信息" if new else "") + ("及" if new and len(posts) > len(new) else "") + (
            f"{len(posts) - len(new)}条信息的读数" if len(posts) > len(new) else "")
        came = _came(found[0], sources)
        said = f"“{name}”{words.span(days)}的{what}，平台对同一时刻给出了不同的数，{came}" if code == "corrected" else \
            f"“{name}”{words.span(days)}的{what}，{came}"
        yield Fact(code, said, found[0].fetched_at, frozenset(measures), name, unit, frozenset(days),
                   (("capture", capture_id), ("account", account_id), *(("post", id_) for id_ in sorted(posts)[:5])),
                   len(posts), frozenset(row.title for row in posts.values()), own)


def _followers(session: Session, ids, first: date, last: date, since: datetime, who: _Who,
               own: bool) -> Iterator[Fact]:
    rows = session.execute(
        select(FollowerReading.account_id, FollowerReading.day, FollowerReading.capture_id, FollowerReading.reason,
               Capture.fetched_at, Capture.request, Capture.run_id)
        .join(Capture, Capture.id == FollowerReading.capture_id)
        .where(FollowerReading.account_id.in_(ids), FollowerReading.day.between(first, last),
               Capture.fetched_at > since)).all()
    groups: dict[tuple, list] = defaultdict(list)
    for row in rows:
        groups[row.account_id, row.capture_id, "corrected" if row.reason == CORRECTED else "arrived"].append(row)
    sources = _sources(session, {found[0].run_id for found in groups.values()})
    for (account_id, capture_id, code), found in groups.items():
        name, unit = who[account_id]
        days = sorted({row.day for row in found})
        yield Fact(code, f"“{name}”{words.span(days)}的粉丝数，{_came(found[0], sources)}", found[0].fetched_at,
                   frozenset({FOLLOWERS}), name, unit, frozenset(), (("capture", capture_id), ("account", account_id)),
                   len(days), own=own)


def _covered(session: Session, ids, first: date, last: date, since: datetime, who: _Who, own: bool) -> Iterator[Fact]:
    """Days of which it is said since what is known of them."""
    rows = session.execute(
        select(Coverage.account_id, Coverage.day, Run.id, Run.started_at)
        .join(Run, Run.id == Coverage.run_id)
        .where(Coverage.account_id.in_(ids), Coverage.day.between(first, last), Run.started_at > since)).all()
    groups: dict[int, list] = defaultdict(list)
    for row in rows:
        groups[row.account_id].append(row)
    for account_id, found in groups.items():
        name, unit = who[account_id]
        days = sorted({row.day for row in found})
        yield Fact("arrived", f"“{name}”{words.span(days)}的采集情况，{words.at(found[0].started_at)}补采确认",
                   found[0].started_at, frozenset({COVERAGE, CHECKS}), name, unit, frozenset(days),
                   (("run", found[0].id), ("account", account_id)), 0, own=own)


def _everywhere(session: Session, of: Terms, since: datetime) -> Iterator[Fact]:
    """The ledger, boards, deductions and words judged, rules, and totals made anew."""
    for row in session.execute(select(Audit).where(Audit.at > since, Audit.action.in_(
            [*_LEDGER, *_BOARDS])).order_by(Audit.id)).scalars():
        for line in (row.detail or row.what).splitlines():
            board = "榜单" in line or row.action in _BOARDS
            if board and not of.order.scope.startswith("board:"):
                continue
            names = words.quoted(line)
            yield Fact("board" if board else "ledger", f"{_deed(row)}：{words.cut(line, 60)}", row.at,
                       account=names[0] if "账号“" in line and names else "", ids=(("audit", row.id),),
                       named=frozenset(names))
    if of.order.scope.startswith("board:"):
        for row in session.execute(select(BoardVersion).where(
                BoardVersion.board_id == int(of.order.scope.partition(":")[2]), BoardVersion.at > since)).scalars():
            said = f"{words.at(row.at)}{row.who or '系统'}修改了榜单定义"
            yield Fact("board", said, row.at, ids=(("board", row.board_id),))
    first, last = of.own
    changed = or_(LocalMark.at > since, LocalMark.withdrawn_at > since)
    for row in session.execute(select(LocalMark).where(LocalMark.day.between(first, last), changed)).scalars():
        name = session.get(Account, row.account_id).name
        back = row.withdrawn_at is not None and row.withdrawn_at > since
        at, did = (row.withdrawn_at, "撤回") if back else (row.at, "登记")
        yield Fact("marks", f"{words.at(at)}{did}“{name}”的本地扣分", at, frozenset({CHECKS}), name,
                   ids=(("account", row.account_id),))
    judged = Audit.action.like("用词判断%") | (Audit.action == "撤回用词判断")
    for row in session.execute(select(Audit).where(Audit.at > since, judged)).scalars():
        yield Fact("marks", f"{words.at(row.at)}{row.who}对“{row.what}”作用词判断", row.at, frozenset({CHECKS}),
                   row.what, ids=(("audit", row.id),))
    for row in session.execute(select(Audit).where(Audit.at > since, Audit.action.in_(_RULES))).scalars():
        yield Fact("rules", f"{_deed(row)}“{words.cut(row.what)}”", row.at, _MEASURES_OF_RULES,
                   ids=(("audit", row.id),))
    again = select(Audit).where(Audit.at > since, Audit.action == REBUILT).order_by(Audit.id.desc()).limit(1)
    for row in session.execute(again).scalars():
        yield Fact("rerolled", _deed(row), row.at, ids=(("audit", row.id),))


def _deed(row: Audit) -> str:
    return f"{words.at(row.at)}{row.who}{row.action}"


def _sources(session: Session, runs: set) -> dict[int, str]:
    """What brought something in, by run."""
    return {id_: "导入" if job == "import" else name or "采集" for id_, job, name in session.execute(
        select(Run.id, Run.job, Source.name).outerjoin(Source, Source.id == Run.source_id)
        .where(Run.id.in_([run for run in runs if run is not None])))}


def _came(row, sources: dict[int, str]) -> str:
    source = sources.get(row.run_id, "采集")
    if source == "导入":
        return f"{words.at(row.fetched_at)}由导入文件“{words.cut(row.request, 40)}”补入"
    return f"{words.at(row.fetched_at)}由采集源“{source}”采到"

