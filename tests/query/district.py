"""A small district written through the real intake, and the same facts as a plain frame to compute from."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from sqlmodel import Session

from core import ingest, rollup
from core.clock import days, instant
from core.counts import AT_LEAST, Count
from core.models import Account, Board, BoardMember, Unit
from core.records import Batch, FollowerRecord, PostRecord

FIRST, LAST = date(2024, 3, 1), date(2024, 4, 30)
OBSERVED = instant(date(2024, 5, 2), 8)


@dataclass(frozen=True)
class District:
    """`posts`: one row per post with its newest counters, `slack_reads`, account name, platform and unit kind."""

    accounts: dict[str, int]
    units: dict[str, int]
    boards: dict[str, int]
    posts: pd.DataFrame


def build(session: Session) -> District:
    """Six accounts on four platforms; one is silent but covered, one was never collected."""
    units = {
        name: _add(session, Unit(name=name, kind=kind, sort=n)).id
        for n, (name, kind) in enumerate((("教育局", "bureau"), ("公安分局", "bureau"), ("澜桥街道", "street")))
    }
    spec = {
        "教育微信": ("wechat", "教育局", ["民生"]), "警方微信": ("wechat", "公安分局", []),
        "街道微信": ("wechat", "澜桥街道", ["民生"]), "沉默微信": ("wechat", "澜桥街道", []),
        "未采集微信": ("wechat", None, []), "警方微博": ("weibo", "公安分局", []),
        "街道抖音": ("douyin", "澜桥街道", []), "教育网站": ("govsite", "教育局", []),
    }
    accounts = {
        name: _add(session, Account(platform=p, external_id=f"id-{name}", name=name, unit_id=units.get(u), tags=tags))
        for name, (p, u, tags) in spec.items()
    }
    run = ingest.begin(session, "import", at=OBSERVED)
    rows: list[dict] = []
    for seed, (name, per_day) in enumerate((("教育微信", 2), ("警方微信", 3), ("街道微信", 1), ("警方微博", 4),
                                            ("街道抖音", 1), ("教育网站", 1))):
        records, made = _posts(name, accounts[name].platform, per_day, seed)
        ingest.store(session, Batch(posts=records), run=run, capture=None, account=accounts[name])
        rows += made
    ingest.cover(session, {(accounts["沉默微信"].id, d): "zero" for d in days(FIRST, LAST)}, run)
    ingest.cover(session, {(accounts["街道微信"].id, d): "failed" for d in days(FIRST, LAST)}, run)
    for name, level in (("街道抖音", 12_000), ("警方微信", 80_000)):
        followers = [
            FollowerRecord(day=d, observed_at=OBSERVED, followers=Count(level + 10 * n))
            for n, d in enumerate(days(FIRST, LAST)) if n % 5 == 0
        ]
        ingest.store(session, Batch(followers=followers), run=run, capture=None, account=accounts[name])
    boards = _boards(session, accounts)
    ingest.finish(session, run, "ok", "测试", at=OBSERVED)
    session.commit()
    rollup.run(session)
    frame = pd.DataFrame(rows)
    frame["platform"] = frame["account"].map({n: a.platform for n, a in accounts.items()})
    frame["kind"] = ["street" if spec[name][1] == "澜桥街道" else "bureau" for name in frame["account"]]
    return District({n: a.id for n, a in accounts.items()}, units, boards, frame)


def _add(session: Session, row):
    session.add(row)
    session.flush()
    return row


def _boards(session: Session, accounts: dict[str, Account]) -> dict[str, int]:
    boards = {
        "街镇榜": Board(name="街镇榜", platform="wechat", unit_kinds=["street"], index="wci_v13"),
        "民生榜": Board(name="民生榜", platform="wechat", tags=["民生"]),
        "点名榜": Board(name="点名榜", platform="wechat", picked=True, basis="d7", category="专项"),
    }
    ids = {name: _add(session, board).id for name, board in boards.items()}
    for name in ("教育微信", "警方微信"):
        session.add(BoardMember(board_id=ids["点名榜"], account_id=accounts[name].id))
    return ids


def _posts(name: str, platform: str, per_day: int, seed: int) -> tuple[list[PostRecord], list[dict]]:
    """Posts on every day but a seeded few, read once two hours after publishing and once in May."""
    records, rows = [], []
    for n, day in enumerate(days(FIRST, LAST)):
        if (n + seed) % 9 == 4 or (name == "街道微信" and day.month == 3 and day.day < 20):
            continue
        for k in range(per_day):
            value = 300 + 37 * ((n * 7 + k * 11 + seed * 5) % 23) + (60_000 if (n, k) == (40, 0) else 0)
            reads = Count(100_001, AT_LEAST) if name == "警方微信" and (n, k) == (45, 1) else Count(value)
            if name == "教育微信" and (n, k) == (20, 1):
                reads = Count(12_000, 500)
            numbers = {"likes": value // 20, "wows": value // 40, "reposts": value // 25, "comments": value // 50}
            counters = {"plays" if platform == "douyin" else "reads": reads} if platform != "weibo" else {}
            if platform != "govsite":
                counters |= {c: Count(v) for c, v in numbers.items() if c != "wows" or platform == "wechat"}
            published = instant(day, 8 + 3 * k, 15)
            shared = {
                "external_id": f"{name}-{n}-{k}", "published_at": published, "title": f"{name}第{n}日第{k}篇",
                "position": k + 1 if platform == "wechat" else None, "push_id": f"{n}" if platform == "wechat" else "",
                "original": k % 2 == 0 if platform == "weibo" else None,
            }
            early = {c: Count(count.value // 2 if count.exact else 400) for c, count in counters.items()}
            records.append(PostRecord(**shared, observed_at=published + timedelta(hours=2), counters=early))
            records.append(PostRecord(**shared, observed_at=OBSERVED, counters=counters))
            rows.append({
                "account": name, "day": day, "push": n, "position": k + 1, "original": shared["original"],
                "title": shared["title"],
                **{c: counters[c].value if c in counters else None
                   for c in ("reads", "plays", "likes", "wows", "reposts", "comments")},
                **{f"early_{c}": early[c].value if c in early else None
                   for c in ("reads", "plays", "likes", "wows", "reposts", "comments")},
            })
    return records, rows
