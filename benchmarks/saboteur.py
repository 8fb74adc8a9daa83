"""What a verification finds: `python -m benchmarks.saboteur --folder DIR --changes N [--seed S]`.

The folder holds a sample district (`python -m core demo`). In a copy of it N random things are changed behind the
system's back: counters, followers and APP figures, posts, account-days and months are altered, rows dropped and
doubled, captured files cut, flipped and deleted. Then everything stored is verified. The last line is one JSON object:
`found` of the changes were named, `missed` were not, and `false` findings name something that was not changed.
"""

import argparse
import gzip
import json
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--changes", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "data"
        shutil.copytree(chosen.folder, copy, ignore=shutil.ignore_patterns("reports", "*.lock"))
        os.environ["PULSE_DATA_DIR"] = str(copy)
        print(json.dumps(run(chosen.changes, chosen.seed), ensure_ascii=False))


def run(changes: int, seed: int) -> dict:
    from sqlalchemy import func, select

    from core import db
    from core.clock import Month
    from core.demo import payload
    from core.models import AccountDay
    from core.recheck.verify import verify

    db.migrate()
    parsers = {"demo": lambda spec, fetched: payload.account_month(fetched.body)}
    with db.session() as session:
        first, last = session.execute(select(func.min(AccountDay.day), func.max(AccountDay.day))).one()
        first, last = Month.of(first).first, Month.of(last).last
        hand = Saboteur(session, random.Random(seed))
        hand.work(changes)
        session.commit()
    begun = time.perf_counter()
    with db.snapshot() as reading:
        verdict = verify(reading, first, last, parsers)
    seconds = time.perf_counter() - begun
    named, strange = set(), []
    for finding in verdict.findings:
        keys = _keys(finding)
        mine = {key for key in keys if key in hand.done}
        named |= {hand.done[key] for key in mine}
        if not mine:
            strange.append(finding)
    every = set(hand.done.values())
    for number in sorted(every - named)[:10]:
        print("missed:", hand.told[number], flush=True)
    for finding in strange[:10]:
        print("false:", finding, flush=True)
    return {"changes": len(every), "found": len(named), "missed": len(every - named), "false": len(strange),
            "kinds": dict(Counter(hand.told[number][0] for number in every)), "figures": verdict.figures,
            "trusted": verdict.trusted, "accuracy": verdict.accuracy, "captures": verdict.captures,
            "seconds": round(seconds, 1)}


def _keys(finding) -> set[tuple]:
    """What a finding names: the row, or what a dropped one was of."""
    keys = {(finding.what, *finding.row)}
    if finding.kind == "dropped":
        keys.add((finding.what, "dropped", *finding.row))
    return keys


class Saboteur:
    """Changes rows and files, never the same thing twice, and remembers by what a finding would name it."""

    def __init__(self, session, dice: random.Random):
        self.session, self.dice = session, dice
        self.done: dict[tuple, int] = {}
        self.told: dict[int, tuple] = {}
        self.touched: set[tuple] = set()
        self.number = 0

    def work(self, changes: int) -> None:
        deeds: list[tuple[int, Callable[[], tuple | None]]] = [
            (30, self.counter), (8, self.slack), (10, self.followers), (4, self.app), (8, self.post), (8, self.drop),
            (4, self.drop_followers), (3, self.drop_post), (6, self.double), (3, self.double_followers),
            (2, self.double_post), (10, self.day), (2, self.drop_day), (4, self.month), (2, self.pointer),
            (3, self.capture),
        ]
        weights, ways = zip(*deeds, strict=True)
        self.ids: dict[str, list[int]] = {}
        captures = max(1, changes * 3 // sum(weights))
        for _ in range(captures):  # first, so that no row of theirs is changed beside
            self.one(self.capture)
        while self.number < changes:
            self.one(self.dice.choices(ways, weights)[0])
        self.session.flush()

    def one(self, deed: Callable[[], tuple | None]) -> None:
        came = deed()
        if came is None:
            return
        keys, words = came
        for key in keys:
            self.done[key] = self.number
        self.told[self.number] = words
        self.number += 1

    def any(self, table):
        """A row that was not touched, whose capture was not either."""
        from sqlalchemy import select

        name = table.__tablename__
        if name not in self.ids:
            self.ids[name] = list(self.session.execute(select(table.id)).scalars())
        while True:
            row = self.session.get(table, self.dice.choice(self.ids[name]))
            if row is None or {(name, row.id), ("capture", row.capture_id)} & self.touched:
                continue
            if name == "reading" and ("post", row.post_id) in self.touched:
                continue
            if name == "followerreading" and ("line", row.account_id, row.day) in self.touched:
                continue
            self.touched.add((name, row.id))
            if name == "followerreading":
                self.touched.add(("line", row.account_id, row.day))
            return row

    def counter(self):
        from core.models import COUNTER_NAMES, Reading

        row = self.any(Reading)
        self.touched.add(("post", row.post_id))
        names = [name for name in COUNTER_NAMES if getattr(row, name) is not None]
        if not names:
            return None
        name = self.dice.choice(names)
        value = getattr(row, name)
        other = max(0, value + self.dice.choice((-1, 1, 7, -13, 1000)))
        setattr(row, name, other if self.dice.random() < 0.9 else None)
        if getattr(row, name) == value:
            setattr(row, name, value + 1)
        return [("reading", row.id)], ("counter", row.id, name, value)

    def slack(self):
        from core.models import COUNTER_NAMES, Reading

        row = self.any(Reading)
        self.touched.add(("post", row.post_id))
        names = [name for name in COUNTER_NAMES if getattr(row, name) is not None]
        if not names:
            return None
        name = self.dice.choice(names)
        setattr(row, f"{name}_slack", -1 if getattr(row, f"{name}_slack") != -1 else 0)
        return [("reading", row.id)], ("slack", row.id, name)

    def followers(self):
        from core.models import FollowerReading

        row = self.any(FollowerReading)
        name = self.dice.choice([n for n in ("followers", "new", "lost") if getattr(row, n) is not None])
        setattr(row, name, getattr(row, name) + self.dice.choice((1, 10, 999)))
        return [("followers", row.id)], ("followers", row.id, name)

    def app(self):
        from core.models import AppReading

        row = self.any(AppReading)
        name = self.dice.choice([n for n in ("active_users", "new_users", "launches") if getattr(row, n) is not None])
        setattr(row, name, getattr(row, name) + self.dice.choice((1, 10, 999)))
        return [("app", row.id)], ("app", row.id, name)

    def post(self):
        from datetime import timedelta

        from core.models import Post

        row = self.any(Post)
        deed = self.dice.choice(("day", "published", "position", "original", "title"))
        if deed == "day":
            row.day += timedelta(1)
        elif deed == "published":
            row.published_at += timedelta(minutes=1)
        elif deed == "position":
            row.position = 1 if row.position != 1 else 2
        elif deed == "original":
            row.original = not row.original
        else:
            row.title += "（改）"
        return [("post", row.id)], ("post", row.id, deed)

    def drop(self):
        from core.models import Reading

        row = self.any(Reading)
        self.touched.add(("post", row.post_id))
        self.session.delete(row)
        self.session.flush()
        return [("reading", "dropped", row.post_id, row.observed_at)], ("drop", row.id)

    def drop_followers(self):
        from core.models import FollowerReading

        row = self.any(FollowerReading)
        self.session.delete(row)
        self.session.flush()
        return [("followers", "dropped", row.account_id, row.day, row.observed_at)], ("drop_followers", row.id)

    def drop_post(self):
        from sqlalchemy import delete

        from core.models import Post, Reading

        row = self.any(Post)
        if ("post", row.id, "read") in self.touched or any(
                key[0] == "reading" for key in self.touched if len(key) == 2 and key[1] in self._of(row.id)):
            return None
        self.session.execute(delete(Reading).where(Reading.post_id == row.id))
        self.session.delete(row)
        self.session.flush()
        return [("post", "dropped", row.account_id, row.external_id)], ("drop_post", row.id)

    def _of(self, post_id: int) -> set[int]:
        from sqlalchemy import select

        from core.models import Reading

        return set(self.session.execute(select(Reading.id).where(Reading.post_id == post_id)).scalars())

    def double(self):
        from datetime import timedelta

        from core.models import Reading

        row = self.any(Reading)
        self.touched.add(("post", row.post_id))
        copy = self._copy(row)
        copy.observed_at += self.dice.choice((timedelta(microseconds=1), timedelta(minutes=17)))
        self.session.add(copy)
        self.session.flush()
        return [("reading", copy.id)], ("double", copy.id)

    def double_followers(self):
        from datetime import timedelta

        from core.models import FollowerReading

        row = self.any(FollowerReading)
        copy = self._copy(row)
        copy.observed_at += timedelta(minutes=17)
        self.session.add(copy)
        self.session.flush()
        return [("followers", copy.id)], ("double_followers", copy.id)

    def double_post(self):
        from core.models import Post

        copy = self._copy(self.any(Post))
        copy.external_id += "-2"
        self.session.add(copy)
        self.session.flush()
        return [("post", copy.id)], ("double_post", copy.id)

    def _copy(self, row):
        values = {column.name: getattr(row, column.name) for column in row.__table__.columns if column.name != "id"}
        return type(row)(**values)

    def day(self):
        from sqlalchemy import func, select

        from core.models import AccountDay

        row = self._any_of(AccountDay, select(AccountDay).order_by(func.random()).limit(1))
        if row is None:
            return None
        names = ("posts", "reads", "likes", "comments", "followers", "reads_known", "pushes")
        name = self.dice.choice([n for n in names if getattr(row, n) is not None])
        setattr(row, name, getattr(row, name) + 1)
        self.session.flush()
        return [("day", row.account_id, row.basis, row.day)], ("day", row.account_id, row.basis, str(row.day), name)

    def drop_day(self):
        from sqlalchemy import func, select

        from core.models import AccountDay

        row = self._any_of(AccountDay, select(AccountDay).order_by(func.random()).limit(1))
        if row is None:
            return None
        key = row.account_id, row.basis, row.day
        self.session.delete(row)
        self.session.flush()
        return [("day", *key)], ("drop_day", *map(str, key))

    def month(self):
        from sqlalchemy import func, select

        from core.models import AccountMonth
        from core.months import AT, FIGURES, unpack
        from core.months import pack as packed

        row = self._any_of(AccountMonth, select(AccountMonth).order_by(func.random()).limit(1))
        if row is None:
            return None
        figures = unpack([row.figures])[0]
        held = {name: int(figures[AT[name]]) for name in FIGURES if figures[AT[name]] != -1}
        name = self.dice.choice([n for n in ("known", "posts", "likes", "followers") if n in held])
        held[name] += 1
        row.figures = packed(held)
        self.session.flush()
        return [("month", row.account_id, row.basis, row.month)], ("month", row.account_id, str(row.month), name)

    def _any_of(self, table, query):
        row = self.session.execute(query).scalars().first()
        key = (table.__tablename__, *(getattr(row, column.name) for column in table.__table__.primary_key))
        if key in self.touched:
            return None
        self.touched.add(key)
        return row

    def pointer(self):
        from core.models import Reading

        row = self.any(Reading)
        self.touched.add(("post", row.post_id))
        row.capture_id = None
        return [("reading", row.id)], ("pointer", row.id)

    def capture(self):
        from sqlalchemy import func, select

        from core import evidence
        from core.models import Capture, Source

        found = self.session.execute(select(Capture).join(Source, Source.id == Capture.source_id).where(
            Source.account_id.is_not(None)).order_by(func.random()).limit(1)).scalar_one()
        if ("capture", found.id) in self.touched or self.number > 200:
            return None
        same = self.session.execute(select(Capture.id).where(Capture.sha256 == found.sha256)).scalars().all()
        if len(same) > 1:
            return None
        self.touched.add(("capture", found.id))
        path = evidence.path_of(found.sha256)
        deed = self.dice.choice(("cut", "flip", "delete", "other"))
        if deed == "delete":
            path.unlink()
        elif deed == "cut":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        elif deed == "flip":
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 0x10
            path.write_bytes(data)
        else:
            path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"1", b"2", 1)))
        return [("capture", found.id)], ("capture", found.id, deed)


if __name__ == "__main__":
    main()
