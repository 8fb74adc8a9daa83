"""One account against a plain computation."""

from datetime import date, timedelta

import pandas as pd
import pytest

from core import ingest
from core.clock import instant
from core.counts import AT_LEAST, Count
from core.models import Account, AccountName
from core.query import accounts, posts
from core.query.scope import Filter
from core.records import Batch, DailyRecord, PostRecord

FIRST, LAST = date(2024, 4, 1), date(2024, 4, 30)


def mine(district, name):
    posts = district.posts
    return posts[(posts["account"] == name) & posts["day"].map(lambda d: d.month == 4)]


def test_profile_with_former_names(reader, district):
    id_ = district.accounts["教育微信"]
    reader.add(AccountName(account_id=id_, name="教育发布", until=date(2022, 1, 1)))
    reader.add(AccountName(account_id=id_, name="教育在线", until=date(2023, 1, 1)))
    reader.commit()
    found = accounts.profile(reader, id_)
    assert (found.name, found.platform_name, found.unit, found.unit_kind, found.main) == (
        "教育微信", "政务微信", "教育局", "bureau", "reads")
    assert found.former == (("教育在线", date(2023, 1, 1)), ("教育发布", date(2022, 1, 1)))
    assert found.words.startswith("政务微信 · 教育局 · 正常 · 曾用名“教育在线”（至 2023-01-01） · 曾用名")
    assert accounts.profile(reader, district.accounts["街道抖音"]).main == "plays"
    assert accounts.profile(reader, 999) is None


def test_options_name_platform_and_unit(reader, district):
    frame = accounts.options(reader)
    assert len(frame) == len(district.accounts)
    assert "教育微信 · 政务微信 · 教育局" in set(frame["label"])
    assert "未采集微信 · 政务微信" in set(frame["label"])
    only = accounts.options(reader, Filter(FIRST, LAST, ("weibo",)))
    assert list(only["account_id"]) == [district.accounts["警方微博"]]


def test_daily_series_and_period(reader, district):
    id_ = district.accounts["教育微信"]
    frame = accounts.daily(reader, id_, FIRST, LAST).set_index("day")
    plain = mine(district, "教育微信")
    reads = plain.groupby("day")["reads"].sum()
    assert frame["reads"].dropna().astype(int).to_dict() == reads.to_dict()
    assert (frame["gap"] == frame["posts"].isna()).all()
    total = accounts.period(reader, id_, FIRST, LAST)
    assert (total["posts"], total["reads"], total["reads_max"], total["covered"]) == (
        len(plain), plain["reads"].sum(), plain["reads"].max(), plain["day"].nunique())
    assert total["reads_avg"] == pytest.approx(plain["reads"].mean())
    unknown = accounts.period(reader, district.accounts["未采集微信"], FIRST, LAST)
    assert pd.isna(unknown["posts"])
    assert unknown["covered"] == 0


def test_followers_only_on_days_that_were_read(reader, district):
    frame = accounts.followers(reader, district.accounts["街道抖音"], FIRST, LAST)
    assert len(frame) == 30
    assert frame["value"].notna().sum() == 6
    assert frame.dropna(subset=["value"])["value"].is_monotonic_increasing


def test_rhythm(reader, district):
    id_ = district.accounts["街道微信"]
    found = accounts.rhythm(reader, id_, FIRST, LAST)
    plain = mine(district, "街道微信")
    assert sum(map(sum, found.cells)) == len(plain)
    assert sum(row[8] for row in found.cells) == len(plain)
    assert found.last_post == max(plain["day"])
    assert found.gap.days == 1
    assert found.unknown_days == 30 - plain["day"].nunique()
    march = accounts.rhythm(reader, id_, date(2024, 3, 1), date(2024, 3, 31))
    assert (march.gap.first, march.gap.last) == (date(2024, 3, 1), date(2024, 3, 19))
    cells = found.frame()
    assert cells["value"].sum() == len(plain)
    assert cells["row"][0] == "周一"


def told(reader, account_id: int, hour: int, batch: Batch) -> None:
    at = instant(date(2024, 5, 3), hour)
    run = ingest.begin(reader, "import", at=at)
    ingest.store(reader, batch, run=run, capture=None, account=reader.get(Account, account_id))
    reader.commit()


def test_a_post_without_an_hour_is_in_no_hour(reader, district):
    id_, at = district.accounts["未采集微信"], instant(date(2024, 5, 1))
    seen = instant(date(2024, 5, 3), 9)
    told(reader, id_, 9, Batch(posts=[
        PostRecord(external_id="a", published_at=at, observed_at=seen, title="只知道日期", timed=False),
        PostRecord(external_id="b", published_at=at + timedelta(hours=34), observed_at=seen, title="知道钟点"),
    ]))
    found = accounts.rhythm(reader, id_, date(2024, 5, 1), date(2024, 5, 3))
    assert sum(map(sum, found.cells)) == 1 and found.cells[3][10] == 1
    assert found.last_post == date(2024, 5, 2)
    page = posts.of_account(reader, id_, date(2024, 5, 1), date(2024, 5, 3))
    assert list(page.frame["published"]) == ["2024-05-02 10:00", "2024-05-01"]


def test_the_platform_s_own_day_totals_as_last_seen(reader, district):
    id_ = district.accounts["未采集微信"]
    assert accounts.platform_days(reader, id_, date(2024, 5, 1), date(2024, 5, 31)).empty
    for hour, readers in ((8, 90), (20, 120)):
        at = instant(date(2024, 5, 3), hour)
        told(reader, id_, hour, Batch(daily=[
            DailyRecord(day=date(2024, 5, 1), observed_at=at, counters={"readers": Count(readers)}),
            DailyRecord(day=date(2024, 5, 2), observed_at=at, posts=2, counters={"sharers": Count(3, AT_LEAST)}),
        ]))
    frame = accounts.platform_days(reader, id_, date(2024, 5, 1), date(2024, 5, 31))
    assert list(frame.columns) == [
        "day", "posts", "readers", "readers_mark", "sharers", "sharers_mark", "observed_at", "reading_id"]
    first, second = frame.to_dict("records")
    assert (first["day"], first["readers"]) == (date(2024, 5, 1), 120)
    assert (second["sharers"], second["sharers_mark"]) == (3, "≥")
    assert pd.isna(second["readers"]) and pd.isna(first["posts"]), "missing is not 0"
