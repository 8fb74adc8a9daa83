"""The checks of the figures, each on facts that were written through the intake."""

from datetime import date, timedelta

import pytest

from core import evidence, ingest, notices, rollup
from core.clock import instant
from core.counts import AT_LEAST, Count
from core.models import Account, Source
from core.query import quality
from core.query.scope import Filter
from core.records import Batch, DailyRecord, FollowerRecord, Gone, PostRecord, Reject

FIRST = date(2026, 3, 2)
WEEK = Filter(FIRST, FIRST + timedelta(6))


class Desk:
    """Writes facts of one account as answers of its source."""

    def __init__(self, session, name: str = "警方", platform: str = "weibo", **values):
        self.session = session
        self.account = Account(platform=platform, external_id=name, name=name, **values)
        session.add(self.account)
        session.flush()
        self.source = Source(key=name, name=f"{name}的源", collector="weibo", platform=platform,
                             account_id=self.account.id)
        session.add(self.source)
        session.flush()

    def answer(self, day: int, hour: int = 12, rejects: int = 0, **parts) -> None:
        at = instant(FIRST + timedelta(day), hour)
        run = ingest.begin(self.session, "collect", source=self.source, at=at)
        kept = evidence.keep(self.session, f"{at} {parts}".encode(), request=f"https://w.cn/{day}", fetched_at=at,
                             run=run, source_id=self.source.id)
        batch = Batch(**parts, rejects=[Reject(f"list[{n}]", "likes", "不是数字") for n in range(rejects)])
        stored = ingest.store(self.session, batch, run=run, capture=kept, account=self.account)
        ingest.finish(self.session, run, "ok", stored.words, at=at, stored=stored)
        self.session.commit()

    def post(self, name: str, day: int, seen: int, hour: int = 12, **counters) -> PostRecord:
        counts = {n: v if isinstance(v, Count) else Count(v) for n, v in counters.items()}
        return PostRecord(external_id=name, published_at=instant(FIRST + timedelta(day), 9), title=f"题{name}",
                          observed_at=instant(FIRST + timedelta(seen), hour), counters=counts)

    def fans(self, day: int, value: int | None, new=None, lost=None, seen: int | None = None) -> FollowerRecord:
        return FollowerRecord(day=FIRST + timedelta(day), new=new, lost=lost, followers=Count(value),
                              observed_at=instant(FIRST + timedelta(day if seen is None else seen), 23))


@pytest.fixture
def desk(session) -> Desk:
    return Desk(session)


def check(session, key: str, where: Filter = WEEK) -> tuple[int, int, str]:
    rollup.run(session)
    (one,) = [c for c in quality.checks(session, where) if c.key == key]
    return one.checked, one.wrong, one.state


def test_nothing_to_check_is_neither_right_nor_wrong(session):
    assert {c.state for c in quality.checks(session, WEEK)} == {"无可核对数据"}
    assert all(quality.found(session, WEEK, c.key).empty for c in quality.checks(session, WEEK))
    with pytest.raises(KeyError):
        quality.found(session, WEEK, "mood")


def test_followers_of_every_day(session, desk):
    desk.answer(6, followers=[desk.fans(n, 100) for n in range(7) if n not in (2, 4)])
    late = Desk(session, "新号", opened_on=FIRST + timedelta(5))
    Desk(session, "停号", state="suspended")
    Desk(session, "网站", platform="govsite")  # nobody's followers are read there
    assert check(session, "followers") == (7 + 2, 2 + 2, "需核对")
    found = quality.found(session, WEEK, "followers")
    assert list(found["account"]) == ["新号", "警方"] and late.account.id == found["account_id"][0]
    assert tuple(found.loc[1, ["missing", "first", "last", "read"]]) == (
        2, FIRST + timedelta(2), FIRST + timedelta(4), 5
    )


def test_every_post_has_a_reading(session, desk):
    desk.answer(3, posts=[desk.post("a", 1, 3, likes=4), desk.post("b", 2, 3)])
    site = Desk(session, "小贩", platform="weibo_hot")  # a platform without counters
    site.answer(3, posts=[site.post("c", 1, 3)])
    assert check(session, "readings") == (2, 1, "需核对")
    assert list(quality.found(session, WEEK, "readings")["title"]) == ["题b"]


def test_followers_add_up(session, desk):
    desk.answer(6, followers=[
        desk.fans(-1, 90), desk.fans(0, 100, 15, 5), desk.fans(1, 104, 6, 2), desk.fans(2, 110, 3, 1),
        desk.fans(3, 110), desk.fans(5, 120, 99, 1), desk.fans(6, 121, 1, 0),
    ])
    assert check(session, "identity") == (4, 1, "需核对"), "days without their neighbour or without new and lost rest"
    (row,) = quality.found(session, WEEK, "identity").to_dict("records")
    assert (row["day"], row["before"], row["followers"], row["difference"]) == (FIRST + timedelta(2), 104, 110, 4)


def test_counters_that_fell(session, desk):
    desk.answer(1, posts=[
        desk.post("a", 1, 1, likes=1000, comments=10), desk.post("b", 1, 1, likes=1000), desk.post("c", 1, 1, likes=50)
    ])
    desk.answer(2, posts=[
        desk.post("a", 1, 2, likes=900, comments=7), desk.post("b", 1, 2, likes=990), desk.post("c", 1, 2, likes=80)
    ])
    assert check(session, "falls") == (6, 1, "需核对")
    (row,) = quality.found(session, WEEK, "falls").to_dict("records")
    assert (row["title"], row["counter"], row["before"], row["after"], row["fall"]) == ("题a", "点赞数", 1000, 900, 100)
    assert row["capture_id"] == 2


@pytest.mark.parametrize(("before", "after", "fine"), [
    (Count(100), Count(100), True), (Count(100), Count(97), True), (Count(100), Count(96), False),
    (Count(10_000), Count(9_900), True), (Count(10_000), Count(9_899), False),
    (Count(120_000), Count(100_001, AT_LEAST), True), (Count(100_001, AT_LEAST), Count(90_000), False),
    (Count(12_000, 500), Count(11_400), True), (Count(None), Count(1), True), (Count(5), Count(None), True),
])
def test_what_a_cumulative_counter_may_do(before, after, fine):
    assert quality.tolerated(before, after) is fine


def test_lower_bounds_and_rounded_values_are_counted(session, desk):
    desk.answer(1, posts=[desk.post("a", 1, 1, reads=Count(100_001, AT_LEAST), likes=3), desk.post("b", 1, 1, reads=5)])
    assert check(session, "bounds") == (3, 1, "有")
    desk.answer(2, posts=[desk.post("b", 1, 2, reads=Count(12_000, 500), likes=Count(11_000, 500))])
    desk.answer(3, posts=[desk.post("b", 1, 3, likes=11_200)])
    assert check(session, "bounds") == (4, 2, "有")
    (row,) = quality.found(session, WEEK, "bounds").to_dict("records")
    assert (row["counter"], row["known"], row["capped"], row["rounded"], row["share"]) == ("阅读数", 2, 1, 1, 1.0)


def test_the_platform_s_own_number_of_posts_of_a_day(session, desk):
    def stated(day: int, posts: int, hours: int = 30) -> DailyRecord:
        return DailyRecord(day=FIRST + timedelta(day), posts=posts,
                           observed_at=instant(FIRST + timedelta(day)) + timedelta(hours=hours))

    desk.answer(1, posts=[desk.post("a", 0, 1), desk.post("b", 0, 1)], daily=[stated(0, 9, 3)])
    assert check(session, "published") == (0, 0, "无可核对数据")  # said before the day was over
    desk.answer(6, daily=[stated(0, 3), stated(1, 1), stated(2, 0), stated(3, 2)])
    ingest.cover(session, {(desk.account.id, FIRST + timedelta(n)): "zero" for n in (1, 2)}, None)
    session.commit()
    assert check(session, "published") == (3, 2, "需核对")
    found = quality.found(session, WEEK, "published")
    assert found[["stated", "posts", "difference"]].values.tolist() == [[3, 2, 1], [1, 0, 1]]
    assert found["capture_id"].notna().all()


def test_corrections_keep_what_stood_before(session, desk):
    desk.answer(1, posts=[desk.post("a", 1, 1, likes=1200)])
    desk.answer(1, hour=13, posts=[desk.post("a", 1, 1, likes=1100)])  # another figure for the same moment
    desk.answer(2, followers=[desk.fans(1, 500)])
    desk.answer(3, followers=[desk.fans(1, 498)])
    assert check(session, "corrections") == (4, 2, "有")
    found = quality.found(session, WEEK, "corrections")
    assert dict(zip(found["what"], found["change"], strict=True)) == {
        "题a": "点赞数 1,200 → 1,100", "粉丝数": "粉丝数 500 → 498"
    }
    assert set(found["reason"]) == {"平台更正"}


def test_posts_that_are_gone_with_the_answer_that_showed_it(session, desk):
    desk.answer(0, posts=[desk.post("a", 0, 0, likes=1), desk.post("b", 0, 0, likes=1)])
    desk.answer(2, gone=[Gone("a")])
    desk.answer(20, gone=[Gone("b")])
    assert check(session, "gone") == (2, 2, "有")
    found = quality.found(session, WEEK, "gone")
    assert list(found["title"]) == ["题b", "题a"] and list(found["request"]) == ["https://w.cn/20", "https://w.cn/2"]
    later = Filter(FIRST + timedelta(14), FIRST + timedelta(27))
    assert list(quality.found(session, later, "gone")["title"]) == ["题b"], "noticed there, published before"
    assert check(session, "gone", later)[1] == 1


def test_what_was_set_aside_by_source_and_reason(session, desk):
    desk.answer(1, rejects=2)
    desk.answer(2, rejects=1, posts=[desk.post("a", 2, 2, likes=1)])
    checked, wrong, state = check(session, "rejects")
    assert (checked, wrong, state) == (5, 3, "需核对")
    (row,) = quality.found(session, WEEK, "rejects").to_dict("records")
    assert (row["source"], row["reason"], row["rows"], row["run_id"]) == ("警方的源", "不是数字", 3, 2)
    other = Filter(WEEK.start, WEEK.end, ("douyin",))
    assert check(session, "rejects", other)[2] == "无可核对数据"


def test_the_scope_is_the_filter_s(session, desk):
    desk.answer(1, posts=[desk.post("a", 1, 1)])
    assert check(session, "readings", Filter(WEEK.start, WEEK.end, ("douyin",))) == (0, 0, "无可核对数据")
    assert check(session, "readings", Filter(FIRST + timedelta(2), WEEK.end))[0] == 0


def test_notices_of_all_and_of_one(session, desk):
    at = instant(FIRST, 9)
    other = Desk(session, "街道").source
    notices.raise_(session, "stop", desk.source, "甲停了", "说明", at)
    desk.source.fault, other.fault = "STOP", "STOP"
    notices.raise_(session, "reauth", other, "乙要授权", "说明", at + timedelta(hours=1))
    assert list(quality.notices(session)["title"]) == ["乙要授权", "甲停了"]
    assert list(quality.notices(session, other.id)["kind_name"]) == ["需重新授权"]
    notices.recovered(session, other, at + timedelta(hours=2))
    assert list(quality.notices(session)["title"]) == ["甲停了"]
    assert set(quality.notices(session, closed=True)["kind"]) == {"reauth", "recovered"}
