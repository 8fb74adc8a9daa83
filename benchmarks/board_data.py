"""A database of made-up WeChat accounts for `benchmarks.board`: facts and the account-days that they amount to.

Days are made one after the other, as they are collected: the rows of one account lie scattered over the file. Reads are
log-normal around a level of each account's own, above 100,000 shown as 10万+; one account in 30 tells no likes, one in
20 rounds reads of 10,000 and more; a tenth of the posts was read last after D+7 only, and has no figure on basis d7.
Every account has followers on every day, so that there is a row of account_day for each.
"""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, select, text
from sqlmodel import Session

from core import db, rollup
from core.clock import Month, days
from core.counts import AT_LEAST, CAPPED_READ
from core.models import Account, AccountDay, Board, BoardMember, Coverage, FollowerReading, Post, Reading, Row, Unit

LAST = date(2026, 3, 31)
"""The last day with posts: the board of March and the month before it are complete."""
PUSH = 8
"""Articles of one push."""
ROUNDING = 500
"""Slack of reads shown as 1.2万."""
COUNTERS = ("reads", "likes", "wows", "reposts", "comments", "favourites")
HEADLINES = ("reads", "likes", "wows", "reposts")
PICKED = "千号榜"
"""A board of every tenth account."""
KINDS = ("bureau", "street", "district", "other")
TITLES = [f"{who}{what}（第{n}期）" for n in range(1, 41)
          for who in ("区教育局", "澜桥街道", "区卫生健康委", "公安分局")
          for what in ("召开重点工作推进会", "延长夜间门诊服务时间", "发布出行提示", "公示加装电梯项目")]


@dataclass(frozen=True)
class Size:
    accounts: int
    days: int
    posts: int

    @property
    def first(self) -> date:
        return LAST - timedelta(self.days - 1)


class Sink:
    """Where rows go: each table has columns that vary, and fixed ones, whose value is given as SQL."""

    def __init__(self, connection: Connection) -> None:
        self.connection, self.raw = connection, connection.connection.driver_connection
        self.lite = connection.dialect.name == "sqlite"
        self.tables: dict[type[Row], tuple[str, ...]] = {}

    def declare(self, table: type[Row], columns: Sequence[str], fixed: dict[str, Any] = {}) -> None:  # noqa: B006
        """Fixed columns that are not named are 0 where the table wants a value, else missing."""
        zero = {c.name: "''" if c.type.python_type is str else "0" for c in table.__table__.columns
                if not c.nullable and not c.primary_key}
        given = {name: sql for name, sql in (zero | fixed).items() if name not in columns}
        name = table.__tablename__
        if self.lite:
            self.tables[table] = f"INSERT INTO {name} ({', '.join([*columns, *given])}) VALUES " \
                                 f"({', '.join([*'?' * len(columns), *given.values()])})"
        else:
            for column, sql in given.items():
                self.connection.execute(text(f"ALTER TABLE {name} ALTER COLUMN {column} SET DEFAULT {sql}"))
            self.tables[table] = f"COPY {name} ({', '.join(columns)}) FROM STDIN"

    def put(self, table: type[Row], rows: Iterable[tuple]) -> None:
        if self.lite:
            self.raw.executemany(self.tables[table], rows)
            return
        with self.raw.cursor() as cursor, cursor.copy(self.tables[table]) as copy:
            for row in rows:
                copy.write_row(row)


def fill(engine: Engine, size: Size) -> None:
    """Fill an empty, migrated database. Indices come last; on SQLite nothing is safe from a crash before the end."""
    tables = (Post, Reading, FollowerReading, Coverage, AccountDay)
    indices = [index for table in tables for index in table.__table__.indexes]
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-2000000"):
                connection.exec_driver_sql(f"PRAGMA {pragma}")
        for index in indices:
            index.drop(connection)
        sink = Sink(connection)
        _ledger(connection, size)
        _facts(sink, size)
        connection.commit()
        for index in indices:
            index.create(connection)
        connection.commit()
        _months(connection, size)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        else:
            connection.execute(text("ANALYZE"))
            connection.commit()
    engine.dispose()


def _months(connection: Connection, size: Size) -> None:
    """The months, summed by the roll-up itself."""
    begun, months = time.perf_counter(), sorted({Month.of(day) for day in days(size.first, LAST)})
    with Session(connection) as session:
        for month in months:
            for accounts in db.chunks(range(1, size.accounts + 1), rollup.SLICE):
                rollup.sum_month(session, accounts, month)
            session.commit()
    print(f"{len(months)} months of {size.accounts} accounts, {time.perf_counter() - begun:.0f} s", flush=True)


def _ledger(connection: Connection, size: Size) -> None:
    units = max(size.accounts // 20, 1)
    connection.execute(Unit.__table__.insert(), [
        {"id": n, "name": f"单位{n}", "kind": KINDS[n % 4], "aliases": [], "sort": n, "demo": False}
        for n in range(1, units + 1)
    ])
    connection.execute(Account.__table__.insert(), [
        {"id": n, "platform": "wechat", "external_id": f"gh_{n:06d}", "name": f"政务发布{n}", "unit_id": n % units + 1,
         "registration_no": "", "state": "normal", "importance": 0, "tags": [], "url": "", "demo": False}
        for n in range(1, size.accounts + 1)
    ])
    connection.execute(Board.__table__.insert(), [
        {"id": 1, "name": PICKED, "category": "常用榜单", "platform": "wechat", "unit_kinds": [], "tags": [],
         "picked": True, "index": "", "basis": "latest", "sort": 0, "demo": False}
    ])
    connection.execute(BoardMember.__table__.insert(), [
        {"board_id": 1, "account_id": n} for n in range(1, size.accounts + 1, 10)
    ])


def _facts(sink: Sink, size: Size) -> None:
    """Every day's posts with their last readings, followers, coverage and account-days."""
    chance = np.random.default_rng(1)
    day_columns = ["account_id", "basis", "day", "posts", "pushes", "headlines"]
    for name in COUNTERS:
        day_columns += [name, f"{name}_max", f"{name}_known"]
    day_columns += ["reads_capped", "reads_tolerance", *(f"headline_{name}" for name in HEADLINES), "followers",
                    "followers_new"]
    sink.declare(Post, ("id", "account_id", "external_id", "published_at", "day", "title", "url", "position", "push_id",
                        "first_seen_at", "last_seen_at"), {"timed": "true", "kind": "'article'"})
    sink.declare(Reading, ("id", "post_id", "observed_at", "day", *COUNTERS, "reads_slack"))
    sink.declare(FollowerReading, ("account_id", "day", "observed_at", "followers", "new"))
    sink.declare(Coverage, ("account_id", "day", "state"))
    sink.declare(AccountDay, day_columns)
    n = size.accounts
    ids = np.arange(1, n + 1)
    weight = chance.gamma(1.2, 1, n) + 0.02
    level = chance.normal(6.3, 1.4, n)
    no_likes, rounds = chance.random(n) < 1 / 30, chance.random(n) < 1 / 20
    share = np.exp(chance.normal(0, 0.5, (n, len(COUNTERS)))) * [1, 0.012, 0.006, 0.02, 0.001, 0.004]
    followers = np.exp(level + chance.normal(2.2, 0.4, n)).astype(int) + 50
    busy = np.array([0.6 if (size.first + timedelta(d)).weekday() > 4 else 1 for d in range(size.days)])
    per_day = np.diff(np.round(np.concatenate([[0], np.cumsum(busy / busy.sum())]) * size.posts).astype(int))
    begun, next_id = time.perf_counter(), 1
    for number, total in enumerate(per_day):
        day = size.first + timedelta(number)
        counts = chance.multinomial(total, weight / weight.sum())
        owner = np.repeat(np.arange(n), counts)
        start = np.cumsum(counts) - counts
        nth = np.arange(total) - np.repeat(start, counts)
        values, slack = _counters(chance, level, share, owner, nth % PUSH == 0, no_likes, rounds)
        late = chance.random(total) < 0.1
        posts = range(next_id, next_id + total)
        next_id += total
        _put_posts(sink, day, posts, owner, nth, chance)
        _put_readings(sink, day, posts, values, slack, late)
        gain = chance.poisson(followers * 0.0004) - chance.poisson(followers * 0.0002)
        followers = followers + gain
        sink.put(FollowerReading, zip(ids.tolist(), repeat(str(day)), repeat(_at(day + timedelta(1), 1)),
                                      followers.tolist(), gain.tolist(), strict=False))
        sink.put(Coverage, zip(ids.tolist(), repeat(str(day)), np.where(counts > 0, "collected", "zero").tolist(),
                               strict=False))
        base = [counts, -(-counts // PUSH), -(-counts // PUSH)]
        for basis, there in (("latest", np.ones(total, bool)), ("d7", ~late)):
            columns = [*base, *_sums(n, owner, start, counts, values, slack, there, nth % PUSH == 0), followers, gain]
            sink.put(AccountDay, zip(ids.tolist(), repeat(basis), repeat(str(day)), *(c.tolist() for c in columns),
                                     strict=False))
        if number % 50 == 49:
            print(f"{number + 1} days, {next_id - 1} posts, {time.perf_counter() - begun:.0f} s", flush=True)


def _at(day: date, hour: int, minute: int = 0) -> str:
    """A moment as both databases read it: UTC, with the offset that SQLite's text does without."""
    return f"{day} {hour:02d}:{minute:02d}:00.000000"


def _counters(
    chance: np.random.Generator, level: np.ndarray, share: np.ndarray, owner: np.ndarray, headline: np.ndarray,
    no_likes: np.ndarray, rounds: np.ndarray,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Counters of a day's posts (-1: missing) and the slack of the reads."""
    reads = np.exp(level[owner] + np.where(headline, 0.9, 0) + chance.normal(0, 0.9, len(owner))).astype(int)
    values = {name: chance.poisson(np.minimum(reads, 10**7) * share[owner, n]) for n, name in enumerate(COUNTERS) if n}
    values["likes"][no_likes[owner]] = -1
    capped, rounded = reads > CAPPED_READ - 1, rounds[owner] & (reads >= 10_000)
    reads = np.where(capped, CAPPED_READ, np.where(rounded, (reads // 1000) * 1000, reads))
    return {"reads": reads} | values, np.where(capped, AT_LEAST, np.where(rounded, ROUNDING, 0))


def _put_posts(
    sink: Sink, day: date, posts: range, owner: np.ndarray, nth: np.ndarray, chance: np.random.Generator
) -> None:
    minutes = [_at(day, hour, minute) for hour in range(14) for minute in range(0, 60, 5)]
    title = map(TITLES.__getitem__, chance.integers(len(TITLES), size=len(owner)).tolist())
    when = map(minutes.__getitem__, chance.integers(len(minutes), size=len(owner)).tolist())
    seen, last = _at(day, 15), _at(day + timedelta(7), 15)
    sink.put(Post, zip(
        posts, (owner + 1).tolist(), map("2247{:x}".format, posts), when, repeat(str(day)), title,
        map("https://mp.weixin.qq.com/s/{:x}".format, posts), (nth % PUSH + 1).tolist(),
        map(f"{day}-{{}}".format, (nth // PUSH).tolist()), repeat(seen), repeat(last), strict=False,
    ))


def _put_readings(
    sink: Sink, day: date, posts: range, values: dict[str, np.ndarray], slack: np.ndarray, late: np.ndarray
) -> None:
    soon, then = day + timedelta(rollup.SETTLE_DAYS), day + timedelta(20)
    on = {False: (_at(soon, 14), str(soon)), True: (_at(then, 14), str(then))}
    moments = [on[flag] for flag in late.tolist()]
    counters = [_with_gaps(values[name]) for name in COUNTERS]
    sink.put(Reading, zip(posts, posts, (at for at, _ in moments), (d for _, d in moments), *counters, slack.tolist(),
                          strict=True))


def _with_gaps(values: np.ndarray) -> list[int | None]:
    return np.where(values < 0, None, values).tolist() if (values < 0).any() else values.tolist()


def _sums(
    n: int, owner: np.ndarray, start: np.ndarray, counts: np.ndarray, values: dict[str, np.ndarray], slack: np.ndarray,
    there: np.ndarray, headline: np.ndarray,
) -> list[np.ndarray]:
    """The columns of account_day that come from readings; `there`: the posts that have a reading on the basis."""
    out, capped, tolerance = [], None, None
    headlines = []

    def total(flags: np.ndarray, amounts: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(owner[flags], None if amounts is None else amounts[flags], n).astype(int)

    active = counts > 0
    for name in COUNTERS:
        held = there & (values[name] >= 0)
        known = total(held)
        most = np.full(n, -1)
        if active.any():
            most[active] = np.maximum.reduceat(np.where(held, values[name], -1), start[active])
        out += [np.where(known > 0, total(held, values[name]), None), np.where(most < 0, None, most), known]
        if name in HEADLINES:
            first = held & headline
            headlines.append(np.where(total(first) > 0, total(first, values[name]), None))
        if name == "reads":
            capped = total(held & (slack < 0))
            tolerance = total(held & (slack > 0), slack)
    return [*out, capped, tolerance, *headlines]


def check(session: Session, size: Size, sample: int = 300) -> int:
    """Hold a random sample of account-days against the roll-up's own arithmetic; nothing is kept. Returns how many.

    Raises RuntimeError naming the first that differs.
    """
    chance = np.random.default_rng(2)
    keys = {(int(a), size.first + timedelta(int(d))) for a, d in zip(
        chance.integers(1, size.accounts + 1, sample), chance.integers(size.days, size=sample), strict=True)}
    for key in sorted(keys):
        query = select(AccountDay.__table__).where(AccountDay.account_id == key[0], AccountDay.day == key[1])
        before = {row["basis"]: dict(row) for row in session.execute(query).mappings()}
        rollup.roll(session, [key])
        after = {row["basis"]: dict(row) for row in session.execute(query).mappings()}
        session.rollback()
        if not before or before != after:
            differing = {basis: {c: (row[c], after.get(basis, {}).get(c)) for c in row
                                 if row[c] != after.get(basis, {}).get(c)} for basis, row in before.items()}
            raise RuntimeError(f"account {key[0]} on {key[1]} is not what the roll-up makes of its posts: {differing}")
    return len(keys)


def made(folder: Path, size: Size) -> float:
    """A database of that size in the folder (or at DATABASE_URL): as it is, or made now. Returns seconds spent.

    Raises RuntimeError where there is a database that this did not make.
    """
    note = folder / "board-size.json"
    if note.is_file() and json.loads(note.read_text()) == asdict(size):
        db.migrate()
        return 0.0
    begun = time.perf_counter()
    if note.is_file():
        for name in ("pulse.db", "pulse.db-wal", "pulse.db-shm", "pulse.duckdb"):
            (folder / name).unlink(missing_ok=True)
        note.unlink()
    db.migrate()
    with db.session() as session:
        if session.execute(select(Account.id).limit(1)).first():
            raise RuntimeError(f"the database {db.engine().url} holds something else: give another --data or database")
    fill(db.engine(), size)
    note.write_text(json.dumps(asdict(size)))
    return time.perf_counter() - begun
