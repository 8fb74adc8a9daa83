"""The sample district through the normal intake: captures, records, ingest, roll-up, understanding."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session

from core import audit, clock, db, evidence, ingest, labels, local_indices, matrices, rollup, sift, understand
from core.demands import reading
from core.demo import demands, desk, ledger, local, payload, satisfaction
from core.demo import events as stories
from core.demo.events import HOT, Event, Saying
from core.demo.figures import MORNING, Figures
from core.demo.grammar import dice
from core.demo.ledger import DemoAccount
from core.demo.places import BODIES
from core.demo.sources import FAILURES, ORDERS, account_key, gaps, sources
from core.faults import BadInput
from core.imports import orders as imported
from core.models import Account, AccountName, Board, BoardMember, LocalIndex, Matrix, Run, Source, Unit
from core.targets import kept as targets

SEED = 20260101
MONTHS = 13
SINGLES_A_DAY = 5.0
FRESH_DAYS = 21
"""Mentions of so many last days were collected daily, older ones weekly."""
SNAPSHOT_DAYS = 7
"""Hot lists of so many last days were looked at every four hours."""
SNAPSHOT = timedelta(hours=4)
Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class Loaded:
    """What was written, in rows."""

    first: date
    last: date
    units: int = 0
    accounts: int = 0
    boards: int = 0
    posts: int = 0
    readings: int = 0
    days: int = 0
    mentions: int = 0
    account_days: int = 0
    places: int = 0
    watches: int = 0
    demands: int = 0
    ratings: int = 0

    @property
    def words(self) -> str:
        """The outcome in Chinese."""
        return (
            f"演示数据 {self.first} 至 {self.last}：单位 {self.units} 个、账号 {self.accounts} 个、"
            f"榜单 {self.boards} 个，帖文 {self.posts} 条、读数 {self.readings} 条、日数据 {self.days} 条，"
            f"舆情信息 {self.mentions} 条（其中 12345 工单 {self.demands} 件），满意度评价 {self.ratings} 份；" + (
                f"本区地点 {self.places} 处、关注方案 {self.watches} 个" if self.watches
                else "“规则”中已有自己的内容，没有载入演示的本区名称、地点和关注方案")
        )

    def add(self, stored: ingest.Stored) -> None:
        self.posts += stored.new_posts
        self.readings += stored.new_readings
        self.days += stored.new_days
        self.mentions += stored.new_mentions


def present(session: Session) -> bool:
    """Whether any part of the sample district is in the database."""
    return any(
        session.execute(select(table.id).where(table.demo.is_(True)).limit(1)).first() is not None
        for table in (Unit, Account, Source, Board)
    )


def load(
    *, now: datetime, seed: int = SEED, months: int = MONTHS, accounts: int = ledger.FULL, who: str = "",
    topics: bool = True, progress: Progress = lambda done, total, what: None,
) -> Loaded:
    """Write the sample district: `months` whole months before this one, and this one up to yesterday.

    The facts go in as one transaction, so that a killed load leaves nothing; the roll-up and the understanding after
    it can be taken up again by the scheduler. `topics=False` leaves understanding and sifting to it. The same seed,
    `now` and size give the same figures. `progress` is told (steps done, steps in all, what is being done). Raises
    BadInput when a sample district is there.
    """
    last = clock.day_of(now) - timedelta(1)
    first = clock.Month.of(last).shift(-months).first
    loaded = Loaded(first, last)
    share = max(0.25, min(1.0, accounts / ledger.FULL))
    steps = months + 6
    with db.session() as session:
        if present(session):
            raise BadInput("演示数据已经载入过。要重新载入，请先清除：python -m core demo --remove")
    members = ledger.accounts(dice(seed, "ledger"), first, last, accounts)
    planned = stories.plan(seed, first, now, share)
    progress(0, steps, "生成账号数据")
    answers = _answers(members, planned, seed, first, last, now)
    progress(1, steps, "生成舆情信息")
    sayings = _sayings(planned, seed, first, now, SINGLES_A_DAY * share)
    with db.session() as session:
        run = ingest.begin(session, "demo", at=now, demo=True)
        _write_indices(session, now)
        ledger_rows = _write_ledger(session, members, loaded)
        loaded.places, loaded.watches = local.write(session, now=now)
        source_rows = _write_sources(session, members, ledger_rows, now)
        for nth, month in enumerate(answers):
            progress(2 + nth, steps, f"写入{month.label}数据")
            _take_month(session, month, answers[month], source_rows, now, loaded)
        _cover(session, run, members, ledger_rows, source_rows, first, last, now)
        progress(steps - 4, steps, "写入舆情信息")
        _take_mentions(session, sayings, source_rows, now, loaded)
        _take_orders(session, demands.orders(seed, first, now, share), source_rows[ORDERS], now, loaded)
        loaded.ratings = satisfaction.write(session, seed, first, now, share)
        ingest.finish(session, run, "ok", loaded.words, at=now)
        audit.note(session, who, "载入演示数据", detail=loaded.words)
        session.commit()
        progress(steps - 3, steps, "汇总每日数据")
        loaded.account_days = rollup.run(session)
        progress(steps - 2, steps, "归并转载、聚合话题")
        while topics and understand.understand(session, now=now).mentions:
            pass
        progress(steps - 1, steps, "判读情感、地点与风险")
        while topics and sift.run(session, now=now):
            pass
        if topics:
            reading.run(session, now=now)
        year = clock.day_of(now).year
        if not targets.of_year(session, year, demo=True):
            targets.open_year(session, year, who=labels.DEMO, now=now, demo=True)
        desk.ask_for(session, now)
        if topics:
            desk.fill(session, now)
        db.bump(session, now)
        session.commit()
    progress(steps, steps, "完成")
    return loaded


def _answers(
    members: Sequence[DemoAccount], planned: Sequence[Event], seed: int, first: date, last: date, now: datetime
) -> dict[clock.Month, list[tuple[DemoAccount, bytes]]]:
    """What each account's platform answers for each month, as bytes, oldest month first."""
    month, out = clock.Month.of(first), {}
    while month.first <= last:
        out[month] = []
        month = month.shift(1)
    for account in members:
        figures = Figures(
            account, seed=seed, first=first, last=last, now=now, events=planned, gaps=gaps(account, first, last)
        )
        for month in out:
            answer = figures.month(month)
            if answer["posts"] or answer["followers"] or answer["app"]:
                out[month].append((account, payload.encode(answer)))
    return out


def _sayings(
    planned: Sequence[Event], seed: int, first: date, now: datetime, per_day: float
) -> list[tuple[str, Saying]]:
    """Everything said up to now, oldest first, each with its id at its source."""
    found = [s for event in planned for s in stories.said(seed, event, now)]
    found += stories.singles(seed, first, now, per_day)
    found = sorted((s for s in found if s.at <= now - timedelta(minutes=40)), key=lambda s: (s.at, s.platform, s.title))
    return [(f"demo-{n:06d}", s) for n, s in enumerate(found, start=1)]


def _write_ledger(session: Session, members: Sequence[DemoAccount], loaded: Loaded) -> dict[str, Account]:
    """Units, accounts with their former names, boards; returns the accounts by external id."""
    units = {
        body.name: Unit(name=body.name, kind=body.kind, aliases=[body.short], sort=n, demo=True)
        for n, body in enumerate(BODIES, start=1)
    }
    session.add_all(units.values())
    session.flush()
    rows = {
        a.external_id: Account(
            platform=a.platform, external_id=a.external_id, name=a.name, unit_id=units[a.body.name].id, state=a.state,
            opened_on=a.opened, closed_on=a.closed, importance=a.importance, tags=list(a.tags),
            # Some were not checked yet, and some are not registered: an inspection has something to say.
            interactive=a.importance > 0 or n % 8 != 3 or None, registration_no="" if n % 12 == 5 else f"样例{n:04d}",
            url=f"https://demo.invalid/{a.platform}/{a.external_id}", demo=True,
        )
        for n, a in enumerate(members, start=1)
    }
    session.add_all(rows.values())
    session.flush()
    session.add_all(
        AccountName(account_id=rows[a.external_id].id, name=a.former[0], until=a.former[1]) for a in members if a.former
    )
    taken = set(session.execute(select(Board.name)).scalars())
    boards = ledger.boards(members)
    for n, board in enumerate(boards, start=1):
        row = Board(
            name=board.name + ("（演示）" if board.name in taken else ""), category=board.category,
            platform=board.platform, unit_kinds=list(board.kinds), picked=bool(board.members), basis=board.basis,
            importances=list(board.importances), columns=list(board.columns), period=board.period,
            rounded=board.rounded, sort=n, demo=True,
        )
        session.add(row)
        session.flush()
        session.add_all(BoardMember(board_id=row.id, account_id=rows[m].id) for m in board.members)
    loaded.units, loaded.accounts, loaded.boards = len(units), len(rows), len(boards)
    return rows


def _write_indices(session: Session, now: datetime) -> None:
    """One index of the district's own, the usual one where there is none, and one matrix total with it."""
    taken = {*session.execute(select(LocalIndex.name)).scalars(), *session.execute(select(Matrix.name)).scalars()}
    name, total = (n + ("（演示）" if n in taken else "") for n in (ledger.LOCAL_INDEX, ledger.MATRIX))
    codes = ledger.LOCAL_PLATFORMS
    free = not any(local_indices.usual_of(session, code) for code in codes)
    definition = local_indices.template(session, codes)
    local = local_indices.save(session, name, codes, definition, usual=free, who=labels.DEMO, now=now, demo=True)
    parts = [{"platform": code, "index": local.key if code in codes else local_indices.usual_of(session, code),
              "weight": weight} for code, weight in ledger.MATRIX_WEIGHTS.items()]
    matrices.save(session, total, parts, "best", who=labels.DEMO, now=now, demo=True)


def _write_sources(
    session: Session, members: Sequence[DemoAccount], accounts: dict[str, Account], now: datetime
) -> dict[str, Source]:
    rows = {
        s.key: Source(
            key=s.key, name=s.name, collector="demo", platform=s.platform, url=f"https://demo.invalid/{s.key}",
            account_id=accounts[s.external_id].id if s.external_id else None, config={"subject": s.subject},
            period_seconds=s.period_seconds, last_run_at=now, last_ok_at=now, demo=True,
            next_due_at=now + timedelta(seconds=s.period_seconds),
        )
        for s in sources(members)
    }
    session.add_all(rows.values())
    session.flush()
    return rows


def _take_month(
    session: Session, month: clock.Month, answers: Sequence[tuple[DemoAccount, bytes]], rows: dict[str, Source],
    now: datetime, loaded: Loaded,
) -> None:
    """One run for each source, one capture for each account."""
    # A month's answer holds readings up to the thirtieth day after, so it was asked for when they were there.
    at = min(now, clock.instant(month.last + timedelta(31), MORNING.hour, MORNING.minute) + timedelta(minutes=5))
    by_source: dict[str, list[tuple[DemoAccount, bytes]]] = defaultdict(list)
    for account, body in answers:
        by_source[account_key(account)].append((account, body))
    for key, found in by_source.items():
        run = ingest.begin(session, "collect", source=rows[key], at=at)
        total = ingest.Stored()
        for account, body in found:
            capture = evidence.keep(
                session, body, request=f"{rows[key].url}?account={account.external_id}&month={month}", fetched_at=at,
                status=200, media_type="application/json", run=run, source_id=rows[key].id, demo=True,
            )
            _add(total, ingest.store(session, payload.account_month(body), run=run, capture=capture, source=rows[key]))
        ingest.finish(session, run, "ok", total.words, at=at, stored=total)
        loaded.add(total)


def _add(total: ingest.Stored, part: ingest.Stored) -> None:
    for name in ("new_posts", "new_readings", "new_mentions", "new_days", "known", "rejected"):
        setattr(total, name, getattr(total, name) + getattr(part, name))


def _cover(
    session: Session, whole: Run, members: Sequence[DemoAccount], accounts: dict[str, Account], rows: dict[str, Source],
    first: date, last: date, now: datetime,
) -> None:
    """The state of every account-day without facts, and the failed runs that explain the gaps."""
    states: dict[tuple[int, date], str] = {}
    failed: dict[tuple[str, date], list[tuple[int, date]]] = defaultdict(list)
    for account in members:
        missing = gaps(account, first, last)
        account_id = accounts[account.external_id].id
        for day in clock.days(first, last):
            watched = (account.opened or first) <= day <= (account.closed or last)
            state = missing.get(day, "zero") if watched else "unmonitored"
            states[(account_id, day)] = state
            if state in FAILURES:
                failed[(account_key(account), day)].append((account_id, day))
    ingest.cover(session, {key: state for key, state in states.items() if state not in FAILURES}, whole)
    for (key, day), missed in sorted(failed.items(), key=lambda item: (item[0][1], item[0][0])):
        at = min(now, clock.instant(day + timedelta(1), MORNING.hour, MORNING.minute) + timedelta(minutes=9))
        kind, words = FAILURES[states[missed[0]]]
        run = ingest.begin(session, "collect", source=rows[key], at=at)
        ingest.cover(session, {m: states[m] for m in missed}, run)
        ingest.finish(session, run, "failed", f"{labels.FAULTS[kind]}：{words}", at=at, fault=kind)
        if day == last:
            source = rows[key]
            source.failures, source.fault, source.fault_note, source.last_run_at = source.failures + 1, kind, words, at
            source.last_ok_at = clock.instant(min(d for k, d in failed if k == key), MORNING.hour, MORNING.minute)


def _take_mentions(
    session: Session, sayings: Sequence[tuple[str, Saying]], rows: dict[str, Source], now: datetime, loaded: Loaded
) -> None:
    """Day by day (older ones week by week), each source's answer as a capture and a run of its own; a source that had
    nothing new that day was asked all the same."""
    today = clock.day_of(now)
    chunks: dict[date, dict[str, list[tuple[str, Saying]]]] = defaultdict(lambda: defaultdict(list))
    for key, saying in sayings:
        day = clock.day_of(saying.at)
        if (today - day).days >= FRESH_DAYS:
            day += timedelta(6 - day.weekday())
        chunks[day][saying.platform].append((key, saying))
    for day, by_platform in sorted(chunks.items()):
        end = min(now, clock.instant(day + timedelta(1)))
        for platform, found in sorted(by_platform.items()):
            if platform in HOT and (today - day).days < SNAPSHOT_DAYS:
                looks = _looks(found, clock.instant(day), now)
            else:
                looks = [(end, [(key, s, min(end, s.at + timedelta(minutes=20))) for key, s in found])]
            for at, seen in looks:
                _take_answer(session, platform, seen, at, rows[f"demo-mentions-{platform}"], loaded)
    told = {(clock.day_of(saying.at), f"demo-mentions-{saying.platform}") for _, saying in sayings}
    first = clock.day_of(sayings[0][1].at) if sayings else today
    session.add_all(
        Run(job="collect", source_id=row.id, started_at=at, finished_at=at, state="unchanged", note="来源没有新内容",
            demo=True)
        for day in clock.days(first, today - timedelta(1)) for at in [clock.instant(day, 23, 30)]
        for key, row in rows.items() if key.startswith("demo-mentions-") and (day, key) not in told)


def _take_orders(
    session: Session, orders: Sequence[demands.Order], source: Source, now: datetime, loaded: Loaded
) -> None:
    """The hotline's monthly exports, each a run and a capture; nothing of the callers is kept."""
    for at, name, body in demands.exports(orders, now):
        batch = demands.batch(body, name, at)
        run = ingest.begin(session, "import", source=source, at=at)
        capture = evidence.keep(
            session, imported.kept(batch.mentions), request=name, fetched_at=at, media_type="text/csv", run=run,
            source_id=source.id, demo=True)
        stored = ingest.store(session, batch, run=run, capture=capture, source=source)
        ingest.finish(session, run, "ok", stored.words, at=at, stored=stored)
        loaded.add(stored)
        loaded.demands += stored.new_mentions


def _looks(
    found: Iterable[tuple[str, Saying]], midnight: datetime, now: datetime
) -> list[tuple[datetime, list[tuple[str, Saying, datetime]]]]:
    """A hot list as it stood every four hours; every entry is seen at least once."""
    looks: dict[datetime, list[tuple[str, Saying, datetime]]] = defaultdict(list)
    for key, saying in found:
        nth = (saying.at - midnight) // SNAPSHOT + 1
        at = midnight + SNAPSHOT * nth
        looks[min(at, now)].append((key, saying, min(at, now)))
        while (at := at + SNAPSHOT) <= min(now, saying.at + timedelta(hours=saying.hours)):
            looks[at].append((key, saying, at))
    return sorted(looks.items(), key=lambda item: item[0])


def _take_answer(
    session: Session, platform: str, seen: list[tuple[str, Saying, datetime]], at: datetime, source: Source,
    loaded: Loaded,
) -> None:
    body = payload.encode(payload.mentions_answer(platform, seen))
    run = ingest.begin(session, "collect", source=source, at=at)
    capture = evidence.keep(
        session, body, request=f"{source.url}?until={clock.local(at):%Y-%m-%dT%H:%M}", fetched_at=at, status=200,
        media_type="application/json", run=run, source_id=source.id, demo=True,
    )
    stored = ingest.store(session, payload.mentions(body), run=run, capture=capture, source=source)
    ingest.finish(session, run, "ok", stored.words, at=at, stored=stored)
    loaded.add(stored)
