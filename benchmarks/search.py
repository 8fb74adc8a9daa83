"""Full-text search over many mentions, beside LIKE and trigrams: `python -m benchmarks.search --data ../shared/data`.

Mentions are the made-up ones of `benchmarks.pipeline` (real texts in variations, 1,400 a day), put in without the
other steps, each with a platform, a score, a sentiment, a unit; every fifth names the district (澜桥区), so that a word
stands in a fifth of all texts. They are indexed as the scheduler does it. Then real questions of the room are asked,
each from its words to the page of fifty with its count (`core.query.mentions.search`), over all days, newest first:

- words of two characters, drawn from the texts, so that common ones come often; `common`: the district's name, alone
  and beside others; phrases of four to eight characters; boolean ones of two to four words; single characters;
- sorted by risk and by reach; with filters; counts for charts; a month alone.

The same words are looked for with LIKE over title and text, and by trigrams (FTS5's tokenizer on SQLite, pg_trgm on
PostgreSQL), which do no more than find the newest fifty and count. Answers of both ways are held against each other.
`--folder DIR`: keep the database there, and find it there the next time; with DATABASE_URL (of an empty database, or
one filled by this) it runs on PostgreSQL. The last line is one JSON object.
"""

import argparse
import itertools
import json
import os
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, insert, select, text
from sqlmodel import Session

from benchmarks.pipeline import START, mentions

PLATFORMS = {"weibo": 40, "wechat": 15, "toutiao": 10, "douyin": 10, "thepaper": 5, "people": 5, "zhihu": 5, "tieba": 5,
             "hotline12345": 4, "liuyan": 1}
DISTRICT = "澜桥区"
SLOW = 8
"""Questions of each kind that the slow ways are asked."""
_CHINESE = re.compile(r"[\u4e00-\u9fff]{2,}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path("../shared/data"))
    options.add_argument("--mentions", type=int, default=1_000_000)
    options.add_argument("--asked", type=int, default=150, help="questions of each kind")
    options.add_argument("--folder", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["PULSE_DATA_DIR"] = str(folder)
        print(json.dumps(run(chosen), ensure_ascii=False))


def run(chosen: argparse.Namespace) -> dict:
    from core import db, search
    from core.models import Mention

    db.migrate()
    with db.session() as session:
        found: dict = {"backend": db.engine().dialect.name}
        held = session.execute(select(func.count()).select_from(Mention)).scalar_one()
        if held != chosen.mentions:
            found["filled_s"] = _took(lambda: fill(session, chosen.data, chosen.mentions))
        waits = search.waiting(session)
        if waits:
            begun, cpu = time.perf_counter(), time.process_time()
            while search.keep(session, now=START):
                pass
            found |= {"indexed_a_second": round(waits / (time.perf_counter() - begun)),
                      "indexing_ms_cpu": round(1e3 * (time.process_time() - cpu) / waits, 3)}
        if not _sqlite(session):
            session.commit()
            with db.engine().connect() as apart:
                apart.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
        found |= {"mentions": chosen.mentions, "sizes_mb": sizes(session)}
        print(found, flush=True)
        kinds = questions(session, chosen.asked)
        found["ours"] = {name: ours(session, asked) for name, asked in kinds.items()}
        some = {name: asked[:SLOW] for name, asked in kinds.items() if name in PLAIN}
        for name, asked in kinds.items():
            print(name, asked[:4], found["ours"][name], flush=True)
        found["others"] = others(session, some)
    return found


# --- Data -----------------------------------------------------------------------------------------------------------


def fill(session: Session, data: Path, number: int) -> None:
    """Put the mentions in, with what sifting would have found."""
    from core import clock
    from core.models import Mention, Sense, Source, Topic, Unit

    chance = random.Random(5)
    source = Source(key="benchmark", name="微博搜索", collector="page", platform="weibo")
    units = [Unit(name=f"单位{n}", kind="bureau") for n in range(40)]
    topics = [Topic(title=f"话题{n}", first_at=START, last_at=START) for n in range(max(number // 100, 1))]
    session.add_all([source, *units, *topics])
    session.commit()
    codes = [code for code, share in PLATFORMS.items() for _ in range(share)]
    said = enumerate(mentions(data, number, a_day=1_400))
    firsts: list[int] = []
    while part := list(itertools.islice(said, 5_000)):
        rows, senses = [], []
        for n, (title, body) in part:
            at = START + n * timedelta(days=1) / 1_400
            copy = bool(firsts) and chance.random() < 0.4
            first = chance.choice(firsts[-2_000:]) if copy else n + 1
            if not copy:
                firsts.append(first)
            title = DISTRICT + title if n % 5 == 0 else title
            reads = int(50 * chance.paretovariate(0.7)) % 10**7
            rows.append({
                "id": n + 1, "source_id": source.id, "external_id": str(n), "platform": chance.choice(codes),
                "title": title, "text": DISTRICT + body if n % 5 == 0 and body else body, "url": "",
                "author": f"匿名·{chance.randrange(number // 20 + 1):016x}", "published_at": at, "dated": True,
                "day": clock.day_of(at), "first_seen_at": at, "last_seen_at": at, "sightings": 1, "heat_slack": 0,
                "figures": {"reads": [reads, 0], "likes": [reads // 50, 0]} if chance.random() < 0.6 else {},
                "details": {}, "understood_at": at, "fold_id": first, "fold_kind": "reprint" if copy else "",
                "topic_id": chance.choice(topics).id if chance.random() < 0.4 else None, "locator": "",
            })
            senses.append({
                "mention_id": n + 1, "at": at, "risk": round(min(max(chance.gauss(5, 25), 0), 100)),
                "risk_kind": "", "version": "risk-2", "why": "", "words": [], "shadow_version": "", "place": "",
                "place_code": "", "town": "澜桥街道" if chance.random() < 0.1 else "", "place_why": "",
                "unit_id": chance.choice(units).id if chance.random() < 0.3 else None, "unit_why": "", "guard": "",
                "sentiment": chance.choice(("正面", "中性", "中性", "负面")), "confidence": chance.random(),
                "sentiment_words": [],
            })
        session.connection().execute(insert(Mention.__table__), rows)
        session.connection().execute(insert(Sense.__table__), senses)
        session.commit()
        session.expunge_all()
    if not _sqlite(session):
        session.execute(text("SELECT setval(pg_get_serial_sequence('mention', 'id'), (SELECT max(id) FROM mention))"))
        session.commit()


def sizes(session: Session) -> dict[str, int]:
    """Megabytes of the mentions, the forms, and the index of pieces."""
    if _sqlite(session):
        held = dict(session.execute(text("SELECT name, sum(pgsize) FROM dbstat GROUP BY name")).all())
        parts = {"mentions": "mention", "forms": "searchdoc", "index": "searchindex"}
        return {part: round(sum(size for name, size in held.items() if name.startswith(begin)) / 1e6)
                for part, begin in parts.items()}
    return {part: round(session.execute(text(f"SELECT {size}")).scalar() / 1e6) for part, size in (
        ("mentions", "pg_total_relation_size('mention')"), ("forms", "pg_table_size('searchdoc')"),
        ("index", "pg_relation_size('ix_searchdoc_grams')"))}


# --- Questions ------------------------------------------------------------------------------------------------------

PLAIN = ("two characters", "common", "phrases", "boolean")
"""Kinds that the other ways are asked, too."""
Question = tuple[str, str, dict]
"""Words, order, filter."""


def questions(session: Session, number: int) -> dict[str, list[Question]]:
    """So many of each kind, drawn from what the mentions say."""
    from core.models import Mention

    chance = random.Random(9)
    last = session.execute(select(func.max(Mention.id))).scalar_one()
    ids = [chance.randrange(1, last + 1) for _ in range(8 * number)]
    runs: Iterator[str] = itertools.cycle([run for id_ in ids for title, body in session.execute(
        select(Mention.title, Mention.text).where(Mention.id == id_)) for run in _CHINESE.findall(title + "。" + body)
        if DISTRICT not in run])

    def cut(least: int, most: int) -> str:
        size = chance.randrange(least, most + 1)
        run = next(run for run in runs if len(run) >= size)
        begin = chance.randrange(len(run) - size + 1)
        return run[begin : begin + size]

    def boolean() -> str:
        a, b, c, d = (cut(2, 4) for _ in range(4))
        return chance.choice((f"{a} {b}", f"{a} 或 {b}", f"({a} 或 {b}) {c}", f"{a} -{b}", f"({a} 或 {b}) -{c} -{d}",
                              f"{a[:2]} {b[:2]} -{c[:2]}", f"{a[:2]} ({b[:2]} 或 {c[:2]} 或 {d[:2]})"))

    def common() -> str:
        return chance.choice((DISTRICT[:2], DISTRICT, f"{DISTRICT} {cut(2, 2)}", f"{DISTRICT} -{cut(2, 2)}",
                              f"{DISTRICT} 或 {cut(2, 2)}", f"中国 {DISTRICT}"))

    filters = [{"units": (3,)}, {"risks": ("高",)}, {"sentiments": ("负面",)}, {"platforms": ("liuyan",)},
               {"topic": 7}, {"towns": ("澜桥街道",)}, {"risks": ("高", "中"), "platforms": ("weibo",)},
               {"folded": True}, {"families": ("video",), "sentiments": ("正面",)}]

    def some(make: Callable[[], Question], many: int = number) -> list[Question]:
        return [make() for _ in range(many)]

    return {
        "two characters": some(lambda: (cut(2, 2), "time", {})), "common": some(lambda: (common(), "time", {})),
        "phrases": some(lambda: (f'"{cut(4, 8)}"', "time", {})), "boolean": some(lambda: (boolean(), "time", {})),
        "one character": some(lambda: (cut(2, 2)[0], "time", {})),
        "by risk": some(lambda: (chance.choice((cut(2, 2), common())), "risk", {})),
        "by reach": some(lambda: (chance.choice((cut(2, 2), common())), "reach", {})),
        "with filters": some(lambda: (chance.choice(("", cut(2, 2), common())), "time", chance.choice(filters))),
        "charts": some(lambda: (chance.choice(("", cut(2, 2), common())), "", {})),
        "a month": some(lambda: (chance.choice(("", cut(2, 2), common())), "risk", {"start": START.date() + timedelta(
            days=chance.randrange(30, last // 1_400 - 30 if last > 100_000 else 31))})),
    }


def ours(session: Session, asked: Sequence[Question]) -> dict:
    """How long the room's questions take, in ms."""
    for words, order, more in asked[:3]:
        ask(session, words, order, more)
    times = [_took(lambda one=one: ask(session, *one)) for one in asked]
    return _told(times) | {"slowest": asked[times.index(max(times))][0]}


def ask(session: Session, words: str, order: str, more: dict) -> object:
    from core.query import mentions as room
    from core.query.mention_scope import MentionFilter

    start = more.get("start", START.date())
    end = start + timedelta(days=30 if "start" in more else 4_000)
    where = MentionFilter(**{"start": start, "end": end, "words": words} | {
        name: value for name, value in more.items() if name != "start"})
    return room.search(session, where, order) if order else room.facets(session, where)


# --- Other ways -----------------------------------------------------------------------------------------------------


def others(session: Session, kinds: dict[str, list[Question]]) -> dict:
    """LIKE over title and text, and trigrams: how long they take, and whether they count the same."""
    found: dict = {}
    sqlite = _sqlite(session)
    if sqlite:
        session.execute(text("DROP TABLE IF EXISTS trigrams"))
        session.execute(text("CREATE VIRTUAL TABLE trigrams USING fts5(form, content='searchdoc', content_rowid='key', "
                             "columnsize=0, detail=full, tokenize='trigram')"))
        found["trigrams_made_s"] = _took(
            lambda: session.execute(text("INSERT INTO trigrams(trigrams) VALUES('rebuild')")))
        found["trigrams_mb"] = round(session.execute(text(
            "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'trigrams%'")).scalar() / 1e6)
    else:
        session.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        found["trigrams_made_s"] = _took(lambda: session.execute(text(
            "CREATE INDEX ix_trigrams ON searchdoc USING gin (form gin_trgm_ops)")))
        found["trigrams_mb"] = round(session.execute(text("SELECT pg_relation_size('ix_trigrams')")).scalar() / 1e6)
    session.commit()
    differ = 0
    both = "title || char(10) || text" if sqlite else "title || chr(10) || text"
    for kind, asked in kinds.items():
        plain, grams = [], []
        for words, _, _ in asked:
            counted = ask(session, words, "time", {})
            begun = time.perf_counter()
            like(session, "mention", words, both, "published_at")
            read = time.perf_counter()
            number = trigrams(session, words) if sqlite else like(session, "searchdoc", words, "form", "key")
            plain.append(read - begun)
            grams.append(time.perf_counter() - read)
            differ += number < counted.counted if counted.more else number != counted.counted
        found[kind] = {"like": _told(plain), "trigrams": _told(grams)}
        print(kind, found[kind], flush=True)
    session.execute(text("DROP TABLE trigrams" if sqlite else "DROP INDEX ix_trigrams"))
    session.commit()
    return found | {"counts_that_differ": differ}


def like(session: Session, table: str, words: str, column: str, order: str) -> int:
    """The newest fifty by LIKE, and how many there are."""
    from core.opinion.search_query import read

    condition, values = _liked(read(words), column)
    session.execute(text(f"SELECT * FROM {table} WHERE {condition} ORDER BY {order} DESC LIMIT 50"), values).all()
    return session.execute(text(f"SELECT count(*) FROM {table} WHERE {condition}"), values).scalar_one()


def _liked(tree: object, column: str) -> tuple[str, dict[str, str]]:
    from core.opinion.watch import All, Any_, Not, Word

    values: dict[str, str] = {}

    def of(node: object) -> str:
        match node:
            case Word(said):
                values[f"w{len(values)}"] = f"%{said}%"
                return f"{column} LIKE :w{len(values) - 1}"
            case Not(part):
                return f"NOT ({of(part)})"
            case All(parts):
                return "(" + " AND ".join(map(of, parts)) + ")"
            case Any_(parts):
                return "(" + " OR ".join(map(of, parts)) + ")"
        raise TypeError(node)

    return of(tree), values


def trigrams(session: Session, words: str) -> int:
    """The newest fifty by SQLite's trigrams, and how many there are; a word of two characters it reads through all
    texts, as its documentation says of LIKE."""
    from core.opinion.search_query import read
    from core.opinion.watch import All, Any_, Not, Word

    tree = read(words)

    def long(node: object) -> bool:
        match node:
            case Word(said):
                return len(said) > 2
            case Not(part):
                return long(part)
            case All(parts) | Any_(parts):
                return all(map(long, parts))
        return False

    def of(node: object) -> str:
        match node:
            case Word(said):
                return f'"{said}"'
            case Any_(parts):
                return "(" + " OR ".join(map(of, parts)) + ")"
            case All(parts):
                positive = " AND ".join(of(part) for part in parts if not isinstance(part, Not))
                return f"({positive})" + "".join(f" NOT {of(part.part)}" for part in parts if isinstance(part, Not))
        raise TypeError(node)

    if not long(tree):
        return like(session, "trigrams", words, "form", "rowid")
    match = {"match": of(tree)}
    session.execute(text("SELECT rowid FROM trigrams WHERE trigrams MATCH :match ORDER BY rowid DESC LIMIT 50"),
                    match).all()
    return session.execute(text("SELECT count(*) FROM trigrams WHERE trigrams MATCH :match"), match).scalar_one()


# --- Parts ----------------------------------------------------------------------------------------------------------


def _sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _took(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _told(times: Sequence[float]) -> dict[str, float]:
    """Median, 95th of a hundred and the longest, in ms."""
    ordered = sorted(1e3 * one for one in times)
    return {"median_ms": round(ordered[len(ordered) // 2], 1), "p95_ms": round(ordered[len(ordered) * 95 // 100], 1),
            "slowest_ms": round(ordered[-1], 1)}


if __name__ == "__main__":
    main()
