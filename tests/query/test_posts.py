"""Top posts, an account's list, readings and evidence."""

from datetime import date

import pandas as pd
import pytest
from sqlalchemy import select

from core import evidence, ingest
from core.clock import instant
from core.counts import Count
from core.models import Account, Reading
from core.query import posts
from core.query.scope import Filter
from core.records import Batch, PostRecord

APRIL = Filter(date(2024, 4, 1), date(2024, 4, 30))
ALL = Filter(date(2024, 3, 1), date(2024, 4, 30))


@pytest.mark.parametrize("metric", ["reads", "likes", "wows", "interaction"])
@pytest.mark.parametrize("limit", [1, 7, 40])
def test_top_is_the_top_of_all_posts(reader, district, metric, limit):
    frame = posts.top(reader, ALL, metric, limit)
    plain = district.posts.copy()
    plain["interaction"] = plain[["likes", "reposts", "comments"]].sum(axis=1, min_count=1)
    expected = sorted(plain[metric].dropna(), reverse=True)[:limit]
    assert list(frame["value"]) == expected


def test_top_shows_the_newest_reading_with_its_mark(reader, district):
    best = posts.top(reader, APRIL, "reads", 1).iloc[0]
    assert (best["account"], best["value"], best["mark"]) == ("警方微信", 100_001, "≥")
    assert best["unit"] == "公安分局"


def test_top_of_an_unknown_metric(reader, district):
    with pytest.raises(KeyError):
        posts.top(reader, APRIL, "hearts")


def test_list_of_an_account_is_paged_and_sorted(reader, district):
    id_ = district.accounts["教育微信"]
    mine = district.posts[(district.posts["account"] == "教育微信") & (district.posts["day"] >= APRIL.start)]
    first = posts.of_account(reader, id_, APRIL.start, APRIL.end, sort="reads", size=20)
    second = posts.of_account(reader, id_, APRIL.start, APRIL.end, sort="reads", size=20, page=2)
    assert (first.total, first.pages, second.page) == (len(mine), -(-len(mine) // 20), 2)
    assert [*first.frame["reads"], *second.frame["reads"]] == sorted(mine["reads"], reverse=True)[:40]
    assert not set(first.frame["post_id"]) & set(second.frame["post_id"])
    beyond = posts.of_account(reader, id_, APRIL.start, APRIL.end, size=20, page=99)
    assert beyond.page == beyond.pages
    together = mine[["likes", "reposts", "comments"]].sum(axis=1)
    ranked = posts.of_account(reader, id_, APRIL.start, APRIL.end, sort="interaction", descending=False,
                              size=100)
    assert list(ranked.frame["interaction"]) == sorted(together)
    with pytest.raises(KeyError):
        posts.of_account(reader, id_, APRIL.start, APRIL.end, sort="id; drop table post")


def test_search_takes_its_text_literally(reader, district):
    id_ = district.accounts["教育微信"]
    found = posts.of_account(reader, id_, ALL.start, ALL.end, search="第41日")
    assert set(found.frame["title"]) <= {"教育微信第41日第0篇", "教育微信第41日第1篇"}
    assert found.total == 2
    assert posts.of_account(reader, id_, ALL.start, ALL.end, search="%").total == 0


def test_readings_of_a_post_oldest_first(reader, district):
    best = posts.top(reader, APRIL, "reads", 1).iloc[0]
    frame = posts.readings(reader, int(best["post_id"]))
    assert list(frame["reads"]) == [400, 100_001]
    assert list(frame["reads_mark"]) == ["", "≥"]
    assert frame["observed_at"].is_monotonic_increasing
    assert frame["plays"].isna().all()
    assert posts.readings(reader, -1).empty


def test_evidence_of_a_reading_leads_to_the_captured_bytes(reader, district):
    at = instant(date(2024, 5, 3), 9)
    run = ingest.begin(reader, "import", at=at)
    capture = evidence.keep(reader, "序号,标题\n1,甲".encode(), request="导出.csv", fetched_at=at, status=0,
                            media_type="text/csv", run=run)
    account = reader.get(Account, district.accounts["教育微信"])
    record = PostRecord(external_id="新", published_at=at, observed_at=at, title="甲", counters={"reads": Count(5)},
                        locator="导出.csv!A2")
    ingest.store(reader, Batch(posts=[record]), run=run, capture=capture, account=account)
    reader.commit()
    page = posts.of_account(reader, account.id, date(2024, 5, 1), date(2024, 5, 31))
    reading_id = int(posts.readings(reader, int(page.frame["post_id"][0]))["reading_id"][0])
    found = posts.evidence(reader, reading_id)
    assert (found.locator, found.request, found.fetched_at, found.source) == ("导出.csv!A2", "导出.csv", at, "")
    assert evidence.body(capture) == "序号,标题\n1,甲".encode()
    bare = reader.execute(select(Reading).where(Reading.capture_id.is_(None))).scalars().first()
    assert posts.evidence(reader, bare.id) is None
    assert pd.isna(page.frame["likes"][0])
