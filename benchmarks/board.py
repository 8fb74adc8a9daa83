"""The monthly board of 10,000 WeChat accounts, from query to frame, against the same board made of the raw posts.

`python -m benchmarks.board [--data DIR] [--small] [--accounts 10000] [--days 400] [--posts 20000000]`. The database is
made once and kept in the folder (`benchmarks.board_data`); a sample of its account-days is held against the roll-up's
own arithmetic before anything is measured. With DATABASE_URL it is made in that (empty) database instead, and measured
against SQL only. DuckDB comes with `pip install -r benchmarks/requirements.txt`.

Ours is `core.query.boards.ranking` as the room of rankings asks it: WCI V14.2 with three metrics for March 2026, with
every counter and its exactness, followers, coverage, notes, sparklines and the change of rank since February. The
others make less: posts, three counters, score, rank and the rank before, in their own arithmetic; all must agree.
Each is measured in a process of its own, with its modules imported: first cold (the files' pages are dropped from the
system's cache with posix_fadvise; PostgreSQL's own cache stays), then warm (the median of some more, and of their
processor time, which other work on the machine changes less). A second database with a tenth of the posts shows what
the time grows with. The last line is one JSON object.
"""

import argparse
import gc
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import text

from benchmarks import board_data
from core import db
from core.query import boards
from core.query.scope import Filter
from core.settings import settings

ROOT = Path(__file__).resolve().parent.parent
INDEX = "wci_v14_2_3"
MONTHS = ((date(2026, 3, 1), date(2026, 3, 31)), (date(2026, 2, 1), date(2026, 2, 28)))
COUNTERS = {"reads": 0.85, "wows": 0.09, "likes": 0.06}
COMPARED = ["posts", "reads", "likes", "wows", "score", "rank", "previous_rank"]
WARM = {"ours": 7, "ours_1000": 7, "duckdb_native": 5}
"""How often a case is repeated; the others once."""
SUMS = ", ".join(f"sum({c}) AS {c}, max({c}) AS {c}_max, sum(CASE WHEN position = 1 THEN {c} END) AS headline_{c}"
                 for c in COUNTERS)
NEWEST = {
    # The newest reading of each post, as each engine finds it quickest.
    "index": """SELECT p.account_id, p.position, r.reads, r.wows, r.likes FROM post p LEFT JOIN reading r
        ON r.post_id = p.id AND r.observed_at = (SELECT max(observed_at) FROM reading WHERE post_id = p.id)
        WHERE p.day BETWEEN '{first}' AND '{last}'""",
    "hash": """SELECT any_value(p.account_id) AS account_id, any_value(p.position) AS position,
            arg_max_null(r.reads, r.observed_at) AS reads, arg_max_null(r.wows, r.observed_at) AS wows,
            arg_max_null(r.likes, r.observed_at) AS likes
        FROM {schema}post p LEFT JOIN {schema}reading r ON r.post_id = p.id
        WHERE p.day BETWEEN DATE '{first}' AND DATE '{last}' GROUP BY p.id""",
}


# --- The boards -----------------------------------------------------------------------------------------------------


def ours(board: str = "") -> pd.DataFrame:
    """The board of all accounts, or of the picked ones."""
    with db.session() as session:
        chosen = None
        if board:
            chosen = session.execute(text("SELECT id FROM board WHERE name = :name"), {"name": board}).scalar()
        where = Filter(*MONTHS[0], platforms=("wechat",), board=chosen)
        return boards.ranking(session, where, "wechat", index=INDEX).set_index("account_id")


def in_sql() -> pd.DataFrame:
    """SQL over posts and readings, in the database itself."""
    with db.engine().connect() as connection:
        return _board([pd.DataFrame(connection.execute(text(_statement("index", *month))).mappings().all())
                       for month in MONTHS])


def in_pandas() -> pd.DataFrame:
    """Posts and readings of the two months read into frames, then everything in pandas."""
    found = []
    with db.engine().connect() as connection:
        accounts = pd.read_sql("SELECT id FROM account WHERE platform = 'wechat'", connection)
        for first, last in MONTHS:
            within = f"p.day BETWEEN '{first}' AND '{last}'"
            posts = pd.read_sql(f"SELECT p.id, p.account_id, p.position FROM post p WHERE {within}", connection)
            readings = pd.read_sql(
                "SELECT r.post_id, r.observed_at, r.reads, r.wows, r.likes FROM reading r "
                f"JOIN post p ON p.id = r.post_id WHERE {within}", connection)
            newest = readings.sort_values("observed_at").drop_duplicates("post_id", keep="last")
            rows = posts.merge(newest, how="left", left_on="id", right_on="post_id")
            for name in COUNTERS:
                rows[f"headline_{name}"] = rows[name].where(rows["position"] == 1)
            by = rows.groupby("account_id")
            sums = by[[*COUNTERS, *(f"headline_{name}" for name in COUNTERS)]].sum(min_count=1)
            sums = sums.join(by[list(COUNTERS)].max().add_suffix("_max")).assign(posts=by.size())
            found.append(sums.reindex(accounts["id"]).rename_axis("id").reset_index().fillna({"posts": 0}))
    return _board(found)


def in_duckdb(native: Path | None = None) -> pd.DataFrame:
    """DuckDB over the same SQLite file, or over a copy of posts and readings in its own format."""
    import duckdb
    import duckdb_extension_sqlite_scanner as scanner

    with duckdb.connect(str(native) if native else ":memory:", read_only=native is not None) as connection:
        if native is None:
            extension = next(Path(scanner.__file__).parent.rglob("*.duckdb_extension"))
            connection.execute(f"LOAD '{extension}'")
            connection.execute(f"ATTACH '{settings().data_dir / 'pulse.db'}' AS lite (TYPE sqlite, READ_ONLY)")
        schema = "" if native else "lite."
        return _board([connection.execute(_statement("hash", *month, schema)).df() for month in MONTHS])


def copy_for_duckdb(native: Path) -> float:
    """Make DuckDB's own copy of what its board reads, if it isn't there. Returns seconds."""
    import duckdb
    import duckdb_extension_sqlite_scanner as scanner

    if native.is_file():
        return 0.0
    begun = time.perf_counter()
    with duckdb.connect(str(native)) as connection:
        connection.execute(f"LOAD '{next(Path(scanner.__file__).parent.rglob('*.duckdb_extension'))}'")
        connection.execute(f"ATTACH '{settings().data_dir / 'pulse.db'}' AS lite (TYPE sqlite, READ_ONLY)")
        for table, columns in (("account", "id, platform"), ("post", "id, account_id, day, position"),
                               ("reading", "post_id, observed_at, reads, wows, likes")):
            connection.execute(f"CREATE TABLE {table} AS SELECT {columns} FROM lite.{table}")
    return time.perf_counter() - begun


def _statement(kind: str, first: date, last: date, schema: str = "") -> str:
    newest = NEWEST[kind].format(first=first, last=last, schema=schema)
    return (f"WITH newest AS ({newest}) SELECT a.id, count(n.account_id) AS posts, {SUMS} FROM {schema}account a "
            "LEFT JOIN newest n ON n.account_id = a.id WHERE a.platform = 'wechat' GROUP BY a.id")


def _board(months: list[pd.DataFrame]) -> pd.DataFrame:
    """Scores and ranks of both months, written down anew from the index's description; a calendar month has 30 days."""
    now, before = (_scored(frame.set_index("id").astype(float)) for frame in months)
    return now.assign(previous_rank=before["rank"])


def _scored(sums: pd.DataFrame) -> pd.DataFrame:
    def dimension(pattern: str, by: Any) -> pd.Series:
        return sum(weight * np.log((1 if name == "reads" else 10) * sums[pattern.format(name)] / by + 1)
                   for name, weight in COUNTERS.items())

    whole = (0.6 * dimension("{}", 30) + 0.2 * dimension("{}", sums["posts"]) + 0.1 * dimension("headline_{}", 30)
             + 0.1 * dimension("{}_max", 1))
    score = (12 * whole**2).where(sums["posts"] > 0, 0.0).round(2)
    silent = {name: sums[name].mask(sums["posts"] == 0, 0) for name in COUNTERS}
    return sums.assign(**silent, score=score, rank=score.rank(ascending=False, method="min"))


# --- Measuring ------------------------------------------------------------------------------------------------------


def measure(case: str, folder: Path) -> dict[str, Any]:
    """One case in this process: cold, then warm; a digest of the board, so that all can be compared."""
    native = folder / "pulse.duckdb"
    run: Callable[[], pd.DataFrame] = {
        "ours": ours, "ours_1000": lambda: ours(board_data.PICKED), "sql": in_sql, "pandas": in_pandas,
        "duckdb": in_duckdb, "duckdb_native": lambda: in_duckdb(native),
    }[case]
    gc.collect()
    gc.freeze()  # as the app does at its start
    dropped = drop_cache(folder)
    times, spent = [], []
    for _ in range(1 + WARM.get(case, 1)):
        begun, cpu = time.perf_counter(), time.process_time()
        frame = run()
        times.append(time.perf_counter() - begun)
        spent.append(time.process_time() - cpu)
    in_ms = {"cold_ms": times[0], "warm_ms": statistics.median(times[1:]), "cold_cpu_ms": spent[0],
             "warm_cpu_ms": statistics.median(spent[1:])}
    return {name: round(1000 * seconds, 1) for name, seconds in in_ms.items()} | {
            "cache_dropped": dropped, "accounts": len(frame), "digest": digest(frame)}


def drop_cache(folder: Path) -> bool:
    """Ask the system to forget the pages of the folder's files. Returns whether it can be asked."""
    if not hasattr(os, "posix_fadvise"):
        return False
    for path in folder.glob("pulse.*"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return True


def digest(frame: pd.DataFrame) -> str:
    """What must be equal in all boards, scores with their two decimals."""
    plain = frame.sort_index()[COMPARED].astype("Float64")
    rows = ([f"{id_}", *("" if pd.isna(v) else f"{v:.2f}" for v in values)]
            for id_, *values in plain.itertuples(name=None))
    return hashlib.sha256("\n".join(map(",".join, rows)).encode()).hexdigest()[:16]


def apart(case: str, folder: Path) -> dict[str, Any]:
    """`measure` in a new process."""
    command = [sys.executable, "-m", "benchmarks.board", "--data", str(folder), "--case", case]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, env=os.environ, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    print(folder.name, case, found, flush=True)
    return found


def prepared(folder: Path, size: board_data.Size) -> float:
    """The database of that size in a process of its own, checked against the roll-up. Returns seconds of making it."""
    command = [sys.executable, "-m", "benchmarks.board", "--data", str(folder), "--make", *(
        str(n) for n in (size.accounts, size.days, size.posts))]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, env=os.environ, text=True)
    print(done.stdout, end="", flush=True)
    return json.loads(done.stdout.splitlines()[-1])["seconds"]


def everything(folder: Path, size: board_data.Size) -> dict[str, Any]:
    """All cases on the full size, ours on a tenth too."""
    found: dict[str, Any] = {"accounts": size.accounts, "days": size.days, "posts": size.posts}
    found["made_seconds"] = round(prepared(folder, size))
    lite = "DATABASE_URL" not in os.environ
    cases = ["ours", "ours_1000", "sql", *(("pandas", "duckdb", "duckdb_native") if lite else ())]
    found |= {case: apart(case, folder) for case in cases}
    boards_of_all = {case: found[case]["digest"] for case in cases if case != "ours_1000"}
    if len(set(boards_of_all.values())) != 1:
        raise RuntimeError(f"the boards differ: {boards_of_all}")
    for case in cases[2:]:
        found[f"{case}_ratio"] = {k: round(found[case][f"{k}_ms"] / found["ours"][f"{k}_ms"], 1)
                                  for k in ("cold", "warm")}
    if lite:
        tenth = folder / "tenth"
        prepared(tenth, board_data.Size(size.accounts, size.days, size.posts // 10))
        found["tenth"] = {case: apart(case, tenth) for case in ("ours", "ours_1000")}
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "pulse-board")
    options.add_argument("--small", action="store_true", help="300 accounts, 70 days, 42,000 posts, for trying out")
    options.add_argument("--accounts", type=int, default=10_000)
    options.add_argument("--days", type=int, default=400)
    options.add_argument("--posts", type=int, default=20_000_000)
    options.add_argument("--case", help="measure this one alone, in this process")
    options.add_argument("--make", type=int, nargs=3, help="only make and check: accounts, days, posts")
    chosen = options.parse_args()
    folder = chosen.data.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PULSE_DATA_DIR"] = str(folder)
    if chosen.make:
        size = board_data.Size(*chosen.make)
        seconds = board_data.made(folder, size)
        with db.session() as session:
            print(f"{board_data.check(session, size)} account-days are what the roll-up makes of their posts")
        if "DATABASE_URL" not in os.environ and folder.name != "tenth":
            print(f"copy for DuckDB: {copy_for_duckdb(folder / 'pulse.duckdb'):.0f} s")
        print(json.dumps({"seconds": seconds}))
    elif chosen.case:
        print(json.dumps(measure(chosen.case, folder)))
    else:
        size = board_data.Size(300, 70, 42_000) if chosen.small else board_data.Size(
            chosen.accounts, chosen.days, chosen.posts)
        print(json.dumps(everything(folder, size)))


if __name__ == "__main__":
    main()
