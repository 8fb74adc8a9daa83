"""The sample's responses as bytes, and the parsing of them: what a collector does, for a platform that isn't there."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from core import clock
from core.counts import Count, parse_count
from core.demo.events import Saying
from core.demo.figures import NOTICE
from core.records import AppRecord, Batch, FollowerRecord, MentionRecord, PostRecord


def encode(answer: Mapping[str, Any]) -> bytes:
    """The bytes of a response; equal answers give equal bytes."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def parse(body: bytes) -> Batch:
    """Either kind of answer: an account's month, or mentions."""
    return mentions(body) if b'"items":' in body[:400] else account_month(body)


def account_month(body: bytes) -> Batch:
    """Posts, followers and APP figures of one account's month (see figures.Figures.month)."""
    answer = json.loads(body)
    owner = (answer["platform"], answer["account"]["id"])
    batch = Batch()
    for n, post in enumerate(answer["posts"]):
        first: PostRecord | None = None
        for m, reading in enumerate(post["readings"]):
            seen = datetime.fromisoformat(reading["at"])
            counters = {name: _count(value) for name, value in reading["counters"].items()}
            locator = f"/posts/{n}/readings/{m}"
            if first:  # the same post again: only what may differ between two readings does
                batch.posts.append(first.model_copy(update={
                    "observed_at": seen.astimezone(UTC), "counters": counters, "locator": locator
                }))
                continue
            first = PostRecord(
                external_id=post["id"], title=post["title"], text=post["text"], url=post["url"], kind=post["kind"],
                original=post["original"], push_id=post.get("push", ""), position=post.get("position"), account=owner,
                published_at=datetime.fromisoformat(post["published"]), observed_at=seen, counters=counters,
                locator=locator,
            )
            batch.posts.append(first)
    for n, row in enumerate(answer["followers"]):
        batch.followers.append(FollowerRecord(
            day=date.fromisoformat(row["day"]), observed_at=datetime.fromisoformat(row["at"]), account=owner,
            followers=_count(row["total"]), new=row.get("new"), lost=row.get("lost"),
            locator=f"/followers/{n}",
        ))
    for n, row in enumerate(answer["app"]):
        figures = {name: value for name, value in row.items() if name not in ("day", "at")}
        batch.apps.append(AppRecord(
            day=date.fromisoformat(row["day"]), observed_at=datetime.fromisoformat(row["at"]), account=owner, **figures,
            locator=f"/app/{n}",
        ))
    return batch


def _count(value: int | str) -> Count:
    """A number is exact; text is as platforms print large counts."""
    return Count(value) if isinstance(value, int) else parse_count(value)


def mentions_answer(platform: str, sayings: Iterable[tuple[str, Saying, datetime]]) -> dict[str, Any]:
    """The answer of a source of mentions: (id, what was said, when it was seen), as its site would print it."""
    items = []
    for key, saying, seen in sayings:
        item = {
            "id": key, "title": saying.title, "text": saying.text, "url": f"https://demo.invalid/{platform}/{key}",
            "published": clock.local(saying.at).isoformat(), "seen": clock.local(seen).isoformat(),
        }
        if saying.figures:
            item["counters"] = dict(saying.figures)
        if saying.rank is not None:
            item |= {"rank": saying.rank, "heat": f"{max(1, (saying.heat or 0) // 10_000)}万"}
        items.append(item)
    return {"code": 0, "notice": NOTICE, "platform": platform, "items": items}


def mentions(body: bytes) -> Batch:
    """The mentions of one answer; a hot list gives no dates, so that theirs are the first sighting."""
    answer = json.loads(body)
    batch = Batch()
    for n, item in enumerate(answer["items"]):
        hot = "rank" in item
        seen = datetime.fromisoformat(item["seen"])
        batch.mentions.append(MentionRecord(
            external_id=item["id"], title=item["title"], text=item["text"], url=item["url"],
            platform=answer["platform"], published_at=seen if hot else datetime.fromisoformat(item["published"]),
            dated=not hot, observed_at=seen, rank=item.get("rank"),
            heat=parse_count(item.get("heat"), cap=None),
            counters={name: _count(value) for name, value in item.get("counters", {}).items()}, locator=f"/items/{n}",
        ))
    return batch
