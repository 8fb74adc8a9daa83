"""Notices: what the operator should know of without looking for it. One open notice for each thing and kind.

Silence is told by the own rhythm of what is silent (core.metrics.cadence): an account by the days on which it
published, whoever reads it; a source of mentions by the days on which it brought some. Only days count of which it is
known that there was nothing: while a source fails, nobody is silent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session

from core import audit, clock, db, labels
from core.faults import BadInput
from core.metrics.cadence import Rhythm, rhythm
from core.models import Account, Coverage, Mention, Notice, Platform, Post, Run, Source

LOOKBACK = 60
"""Days of the past that tell a rhythm."""
TOGETHER = 3
"""So many accounts of one source, and most of those that it serves, silent together are the source's silence."""
FAILING = 6
"""Failures in a row, half an hour of tries, after which a source is said to keep failing."""
SYSTEM = "系统"
_SERVE_NOBODY = (*labels.ADDRESSED, "file")


def serves_platform(source: Source) -> bool:
    """Whether a source that is bound to no account brings figures of its platform's accounts."""
    if source.account_id is not None or not source.platform or source.collector in _SERVE_NOBODY:
        return False
    return source.config.get("subject", "accounts") == "accounts"  # sources of the sample district say what they are of


def raise_(
    session: Session, kind: str, source: Source | None, title: str, note: str, at: datetime, *,
    account_id: int | None = None,
) -> Notice | None:
    """Open a notice of a source, of one account that it serves, or (without a source) of all, unless the same one is
    open; the caller commits."""
    source_id, account_id = (source.id, account_id or source.account_id) if source else (None, None)
    if _open(session, kind, source_id, account_id):
        return None
    demo = source.demo if source else False
    made = Notice(at=at, kind=kind, source_id=source_id, account_id=account_id, title=title, note=note, demo=demo)
    session.add(made)
    session.flush()
    return made


def needs_a_person(session: Session, source: Source, at: datetime) -> None:
    """A source whose fault waits for a person. What a person has put away comes back only when the fault is another, or
    the source worked in between."""
    kind = "reauth" if source.fault == "REAUTH" else "stop"
    last = _last(session, kind, source.id, source.account_id)
    if last and last.closed_by not in ("", SYSTEM) and last.note == source.fault_note and (
        source.last_ok_at is None or source.last_ok_at < last.at
    ):
        return
    if failed := _open(session, "failing", source.id, source.account_id):
        _close(session, failed, at)
    words = "授权失效" if kind == "reauth" else "采集停止"
    raise_(session, kind, source, f"“{source.name}”{words}", source.fault_note, at)


def recovered(session: Session, source: Source, at: datetime) -> None:
    """A source that works again: what was open of it is closed, and said."""
    closed = [n for kind in ("reauth", "stop", "failing") if (n := _open(session, kind, source.id, source.account_id))]
    for notice in closed:
        _close(session, notice, at)
    if closed:
        _say_recovered(session, closed[0], source.name, f"此前：{closed[0].title}", at)


def ending(session: Session, source: Source, words: str, at: datetime) -> None:
    """An authorisation that is about to end, said once; empty `words`: it is not, or no longer. What a person has put
    away does not come back."""
    last = _last(session, "ending", source.id, source.account_id)
    if words and not (last and last.closed_by not in ("", SYSTEM) and last.note == words):
        raise_(session, "ending", source, f"“{source.name}”授权将到期", words, at)
    elif not words and last and last.closed_at is None:
        _close(session, last, at)


def _close(session: Session, notice: Notice, at: datetime) -> None:
    notice.closed_at, notice.closed_by = at, SYSTEM
    session.add(notice)


def _say_recovered(session: Session, of: Notice, name: str, note: str, at: datetime) -> None:
    session.add(Notice(
        at=at, kind="recovered", source_id=of.source_id, account_id=of.account_id, title=f"“{name}”已恢复", note=note,
        demo=of.demo,
    ))


def let_go(session: Session, at: datetime) -> None:
    """Close what is open of sources that are switched off: there is nothing to be done about them. The caller
    commits."""
    off = select(Source.id).where(Source.enabled.is_(False))
    kinds = ("reauth", "stop", "failing", "ending")
    query = select(Notice).where(Notice.kind.in_(kinds), Notice.closed_at.is_(None), Notice.source_id.in_(off))
    for notice in list(session.execute(query).scalars()):
        _close(session, notice, at)


def put_away(session: Session, notice_id: int, *, who: str, now: datetime) -> None:
    """A person has seen to it. Raises BadInput for a notice that is no longer there."""
    notice = session.get(Notice, notice_id)
    if notice is None:
        raise BadInput("这条通知不存在，可能已被处理，请刷新页面")
    if notice.closed_at is None:
        notice.closed_at, notice.closed_by = now, who or SYSTEM
        session.add(notice)
        audit.note(session, who, "处理通知", notice.title)
        db.bump(session, now)


def unread(session: Session) -> int:
    """How many notices are open that wait for a person."""
    query = select(func.count()).select_from(Notice).where(Notice.closed_at.is_(None), Notice.kind != "recovered")
    return int(session.execute(query).scalar() or 0)


def together(session: Session, kind: str, held: Mapping[str, str], title: str, at: datetime, *,
             demo: bool = False) -> bool:
    """One notice of several things that are of no source: their names, and why. Raised while there are some, kept up to
    date, closed when there are none; what a person has put away comes back only with another name. Returns whether it
    was raised or closed. The caller commits."""
    last = _last(session, kind, None, None)
    standing = last if last is not None and last.closed_at is None else None
    if standing is not None and (not held or standing.demo != demo):
        _close(session, standing, at)
        if not held:
            return True
        standing = None
    note = "；".join(f"“{name}”{why}" for name, why in held.items())
    if standing is not None:
        standing.title, standing.note = title, note
        session.add(standing)
        return False
    put_away_ = last is not None and last.closed_by not in ("", SYSTEM) and last.demo == demo
    if not held or (put_away_ and all(f"“{name}”" in last.note for name in held)):
        return False
    session.add(Notice(at=at, kind=kind, title=title, note=note, demo=demo))
    session.flush()
    return True


def _of(kind: str, source_id: int | None, account_id: int | None) -> tuple:
    mine = Notice.account_id.is_(None) if account_id is None else Notice.account_id == account_id
    return Notice.kind == kind, Notice.source_id == source_id, mine


def _open(session: Session, kind: str, source_id: int | None, account_id: int | None) -> Notice | None:
    query = select(Notice).where(*_of(kind, source_id, account_id), Notice.closed_at.is_(None))
    return session.execute(query.limit(1)).scalar()


def _last(session: Session, kind: str, source_id: int | None, account_id: int | None) -> Notice | None:
    query = select(Notice).where(*_of(kind, source_id, account_id)).order_by(Notice.id.desc())
    return session.execute(query.limit(1)).scalar()


# --- Failing again and again ----------------------------------------------------------------------------------------


def failing(session: Session, now: datetime) -> int:
    """Say which sources keep failing although each fault may pass by itself; where most of those that are asked do, say
    it once: it is hardly theirs. Returns how many notices were raised. The caller commits."""
    let_go(session, now)
    asked = select(Source).where(Source.enabled.is_(True), Source.last_run_at.is_not(None)).order_by(Source.id)
    sources = [s for s in session.execute(asked).scalars() if s.collector not in labels.PASSIVE]
    bad = [s for s in sources if s.fault == "RETRY" and s.failures >= FAILING]
    if len(bad) >= max(TOGETHER, len(sources) // 2 + 1):
        note = (
            f"{len(sources)} 个采集源中有 {len(bad)} 个连续采集失败，请先检查本机的网络、代理和域名解析。"
            f"最近一次：“{bad[-1].name}”{bad[-1].fault_note}"
        )
        return _raise_failing(session, None, bad, "多数来源采集失败", note, now)
    if shared := _open(session, "failing", None, None):
        _close(session, shared, now)
        _say_recovered(session, shared, "多数来源", f"此前：{shared.title}", now)
    return sum(
        _raise_failing(session, s, [s], f"“{s.name}”持续采集失败", f"已连续失败 {s.failures} 次：{s.fault_note}", now)
        for s in bad
    )


def _raise_failing(
    session: Session, source: Source | None, bad: Sequence[Source], title: str, note: str, now: datetime
) -> bool:
    """Raise it, unless a person put it away and none of them has worked since."""
    last = _last(session, "failing", source.id if source else None, source.account_id if source else None)
    put_away = last is not None and last.closed_by not in ("", SYSTEM)
    if put_away and all(s.last_ok_at is None or s.last_ok_at < last.at for s in bad):
        return False
    return raise_(session, "failing", source, title, note, now) is not None


# --- Silence --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Watched:
    """One account or one source of mentions: the days on which it spoke, and how long it has been silent since."""

    source: Source
    name: str
    account_id: int | None = None
    rhythm: Rhythm | None = None
    last: date | None = None
    silent: Sequence[date] = ()

    @property
    def quiet(self) -> bool:
        return self.rhythm is not None and self.rhythm.silence(self.silent) >= self.rhythm.limit

    @property
    def note(self) -> str:
        habit = "（休息日已按其习惯折算）" if self.rhythm.off < 1 else ""
        return (
            f"已有 {len(self.silent)} 天没有新内容，近 {LOOKBACK} 天里最长只间隔 {self.rhythm.longest} 天{habit}；"
            f"最近一次有内容是 {self.last:%Y-%m-%d}。请核对是否停更、改版或被限制。"
        )


def watch(session: Session, now: datetime) -> tuple[int, int]:
    """Look at the rhythm of every account and source: raise a notice where one went quiet, and one where it speaks
    again. Returns how many of each. The caller commits."""
    today = clock.day_of(now)
    sources = list(session.execute(select(Source).where(Source.enabled.is_(True)).order_by(Source.id)).scalars())
    judged = _accounts(session, sources, today) + _speakers(session, sources, today)
    together, waiting = _together(judged), _waiting(session, now)
    shared = {n.source_id for n in waiting if n.account_id is None}
    quiet = back = 0
    for silent in together.values():
        source, names = silent[0].source, "、".join(one.name for one in silent[:5])
        more = "等" if len(silent) > 5 else ""
        note = f"其 {len(silent)} 个账号同时没有新内容（{names}{more}），疑为来源异常，请核对。"
        since = max(one.last for one in silent)
        quiet += _silent(session, source, None, since, f"“{source.name}”没有动静", note, now)
    for one in judged:
        if one.quiet and one.source.id not in together and (one.account_id is None or one.source.id not in shared):
            quiet += _silent(session, one.source, one.account_id, one.last, f"“{one.name}”没有动静", one.note, now)
    by_key = {(one.source.id, one.account_id): one for one in judged}
    by_id = {source.id: source for source in sources}
    for notice in waiting:
        one, source = by_key.get((notice.source_id, notice.account_id)), by_id.get(notice.source_id)
        everyone = one is None and notice.account_id is None and source is not None and serves_platform(source)
        if one is None and not (everyone and _speakers_before(session, source, notice)):
            _close(session, notice, now)  # switched off, or no longer in operation: there is nothing to wait for
        elif _spoke(session, one, notice) if one else _most_spoke(session, source, notice):
            _close(session, notice, now)
            words = f"自 {clock.local(notice.at):%Y-%m-%d} 起没有动静，现已有新内容"
            _say_recovered(session, notice, one.name if one else source.name, words, now)
            back += 1
    return quiet, back


def _waiting(session: Session, now: datetime) -> list[Notice]:
    query = select(Notice).where(Notice.kind == "quiet", Notice.closed_at.is_(None), Notice.at < now)
    return list(session.execute(query.order_by(Notice.id)).scalars())


def _together(judged: Iterable[_Watched]) -> dict[int, list[_Watched]]:
    """Sources (by id) that serve many accounts most of which are silent at once, with those."""
    by_source: dict[int, list[_Watched]] = {}
    for one in judged:
        if one.account_id is not None and one.source.account_id is None and one.rhythm:
            by_source.setdefault(one.source.id, []).append(one)
    silent = {id_: [one for one in ones if one.quiet] for id_, ones in by_source.items()}
    return {id_: found for id_, found in silent.items() if len(found) >= max(TOGETHER, len(by_source[id_]) // 2 + 1)}


def _silent(
    session: Session, source: Source, account_id: int | None, last: date, title: str, note: str, now: datetime
) -> bool:
    """Raise a notice of silence unless it is open, or a person has put it away since the last sign of life."""
    before = _last(session, "quiet", source.id, account_id)
    if before and before.closed_by not in ("", SYSTEM) and clock.day_of(before.at) > last:
        return False
    return raise_(session, "quiet", source, title, note, now, account_id=account_id) is not None


def _spoke(session: Session, one: _Watched, notice: Notice) -> bool:
    """Whether something has come since the notice that is newer than all that was known then."""
    table, mine = (Mention, Mention.source_id == one.source.id) if one.account_id is None else (
        Post, Post.account_id == one.account_id)
    return _newer(session, table, mine, notice)


def _newer(session: Session, table: type[Mention | Post], mine: ColumnElement[bool], notice: Notice) -> bool:
    known = session.execute(select(func.max(table.day)).where(mine, table.first_seen_at <= notice.at)).scalar()
    newest = session.execute(select(func.max(table.day)).where(mine)).scalar()
    return newest is not None and (known is None or newest > known)


def _speakers_before(session: Session, source: Source, notice: Notice) -> list[int]:
    """The accounts in operation that a shared source serves and that had published in the look-back before a notice."""
    day = clock.day_of(notice.at)
    own = select(Source.account_id).where(Source.enabled.is_(True), Source.account_id.is_not(None))
    query = (
        select(Post.account_id).join(Account, Account.id == Post.account_id).distinct()
        .where(Account.platform == source.platform, Account.state == "normal", Account.id.not_in(own))
        .where(Post.day.between(day - timedelta(LOOKBACK), day), Post.first_seen_at <= notice.at)
    )
    return list(session.execute(query).scalars())


def _most_spoke(session: Session, source: Source, notice: Notice) -> bool:
    """Whether most of those have published since what was known at the notice."""
    before = _speakers_before(session, source, notice)
    return sum(_newer(session, Post, Post.account_id == id_, notice) for id_ in before) * 2 > len(before)


def _accounts(session: Session, sources: Sequence[Source], today: date) -> list[_Watched]:
    """The accounts in operation that an enabled source reads, with their silence up to yesterday."""
    bound = {source.account_id: source for source in reversed(sources) if source.account_id}
    shared = {source.platform: source for source in reversed(sources) if serves_platform(source)}
    since = today - timedelta(LOOKBACK)
    active = _days(session, select(Post.account_id, Post.day).where(Post.day.between(since, today)).distinct())
    known: dict[int, dict[date, str]] = {}
    covered = select(Coverage.account_id, Coverage.day, Coverage.state).where(Coverage.day.between(since, today))
    for account_id, day, state in session.execute(covered):
        known.setdefault(account_id, {})[day] = state
    out = []
    platforms = dict(session.execute(select(Platform.code, Platform.name)).all())
    for account in session.execute(select(Account).where(Account.state == "normal").order_by(Account.id)).scalars():
        if source := bound.get(account.id) or shared.get(account.platform):
            name = source.name if source.account_id else f"{account.name}·{platforms[account.platform]}"
            one = _Watched(source, name, account.id)
            _listen(one, active.get(account.id, set()), today)
            said = known.get(account.id, {})
            one.silent = [day for day in one.silent if _nothing(said.get(day, ""), source, day)]
            out.append(one)
    return out


def _nothing(state: str, source: Source, day: date) -> bool:
    """Whether it is known that nothing was published: confirmed, or the source has looked well after the day's end and
    left no word of a failure."""
    looked = source.last_ok_at is not None and source.last_ok_at >= clock.instant(day + timedelta(2))
    return state == "zero" or (not state and looked)


def _speakers(session: Session, sources: Sequence[Source], today: date) -> list[_Watched]:
    """The sources of mentions, with the days since their last on which they were asked and had nothing new."""
    since = today - timedelta(LOOKBACK)
    active = _days(session, select(Mention.source_id, Mention.day).where(Mention.day.between(since, today)).distinct())
    out = []
    for source in sources:
        if source.account_id is None and not serves_platform(source):
            one = _Watched(source, source.name)
            _listen(one, active.get(source.id, set()), today)
            if one.quiet:
                asked = select(Run.started_at).where(
                    Run.source_id == source.id, Run.state.in_(("ok", "unchanged", "partial")),
                    Run.started_at >= clock.instant(one.last),
                )
                good = {clock.day_of(at) for at in session.execute(asked).scalars()}
                one.silent = [day for day in one.silent if day in good]
            out.append(one)
    return out


def _listen(one: _Watched, spoken: set[date], today: date) -> None:
    one.rhythm = rhythm(spoken)
    if spoken:
        one.last = max(spoken)
        one.silent = clock.days(one.last + timedelta(1), today - timedelta(1))


def _days(session: Session, query: object) -> Mapping[int, set[date]]:
    found: dict[int, set[date]] = {}
    for key, day in session.execute(query):
        found.setdefault(key, set()).add(day)
    return found
