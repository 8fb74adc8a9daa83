"""The pure half: what is generated is believable, stays inside the period and depends only on the seed."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from core import clock
from core.counts import Count, parse_count
from core.demo import events, ledger, payload, rhythm, wording
from core.demo.figures import Figures, printed
from core.demo.grammar import dice, fill
from core.demo.places import BODIES
from core.labels import UNIT_KINDS

FIRST, LAST = date(2025, 2, 1), date(2026, 3, 17)
NOW = clock.instant(date(2026, 3, 18), 8, 30)


def members(limit: int = ledger.FULL) -> list[ledger.DemoAccount]:
    return ledger.accounts(dice(1, "ledger"), FIRST, LAST, limit)


def figures(account: ledger.DemoAccount, seed: int = 1, gaps=(), planned=()) -> list[dict]:
    made = Figures(account, seed=seed, first=FIRST, last=LAST, now=NOW, events=planned, gaps=gaps)
    return [made.month(clock.Month(2025, 2).shift(n)) for n in range(14)]


def test_the_district_has_its_size():
    kinds = Counter(body.kind for body in BODIES)
    accounts = members()
    assert (kinds["bureau"], kinds["street"]) == (20, 14)
    assert set(kinds) <= set(UNIT_KINDS)
    assert len(accounts) == 124 and len({(a.platform, a.external_id) for a in accounts}) == 124
    assert len({a.platform for a in accounts}) == 10
    assert {a.state for a in accounts} == {"normal", "suspended", "deregistered"}


def test_a_small_district_still_has_every_platform_and_kind():
    few = members(24)
    assert len({a.platform for a in few}) == 10
    assert {a.body.kind for a in members(24)} == {"district", "bureau", "street"}
    assert members()[:24] == few


@pytest.mark.parametrize("theme", wording.themes())
def test_every_headline_fills_in_every_month(theme):
    texts = {wording.headline(dice(theme, n), theme, date(2025, 1 + n % 12, 15), set()) for n in range(240)}
    assert not [text for text in texts if "{" in text or not text]
    assert len(texts) > 90


def test_every_line_of_every_story_can_be_said():
    for kind in events.kinds("incidents") + events.kinds("small"):
        for channel in ("news", "social", "forum", "board", "hot", "official", "body"):
            for line in getattr(kind, channel):
                assert "{" not in fill(dice(kind.key), line, wording.lexicon())
        assert set(kind.slots) <= set(wording.lexicon())


def test_days_off_follow_the_chinese_calendar():
    assert rhythm.day_off(date(2026, 2, 17)) and rhythm.festival(date(2026, 2, 14)) == "春节"
    assert not rhythm.day_off(date(2026, 2, 28)), "a Saturday worked for the Spring Festival"
    assert rhythm.day_off(date(2026, 3, 14)) and rhythm.festival(date(2026, 3, 14)) == ""


def test_an_office_writes_less_on_days_off():
    account = members()[1]
    days = Counter(post["published"][:10] for month in figures(account) for post in month["posts"])
    span = clock.days(FIRST, LAST)
    off = [days[str(day)] for day in span if rhythm.day_off(day)]
    on = [days[str(day)] for day in span if not rhythm.day_off(day)]
    assert sum(on) / len(on) > 1.1 * sum(off) / len(off)


def test_the_same_seed_gives_the_same_answers_and_another_does_not():
    account = members()[0]
    assert figures(account) == figures(account)
    assert figures(account) != figures(account, seed=2)


def test_readings_never_fall_and_none_lies_in_the_future():
    for account in members(12):
        for month in figures(account):
            for post in month["posts"]:
                moments = [clock.aware(clock.datetime.fromisoformat(r["at"])) for r in post["readings"]]
                assert moments == sorted(moments) and all(at <= NOW for at in moments)
                for before, after in pairwise(post["readings"]):
                    for name, value in before["counters"].items():
                        assert parse_count(value).value <= parse_count(after["counters"][name]).value


def test_reads_have_a_heavy_tail():
    values = sorted(
        parse_count(post["readings"][-1]["counters"]["reads"]).value
        for account in members() if account.platform == "weibo" for month in figures(account) for post in month["posts"]
        if post["readings"] and account.external_id.endswith("01")
    )
    median, top = values[len(values) // 2], values[-1]
    assert sum(values) / len(values) > 1.2 * median and top > 20 * median


@pytest.mark.parametrize(("platform", "name", "value", "shown", "count"), [
    ("wechat", "reads", 100_000, 100_000, Count(100_000)),
    ("wechat", "reads", 100_001, "10万+", Count(100_001, -1)),
    ("wechat", "comments", 100_001, 100_001, Count(100_001)),
    ("douyin", "plays", 12_345, "1.2万", Count(12_000, 500)),
    ("douyin", "plays", 9_999, 9_999, Count(9_999)),
    ("weibo", "reads", 2_345_678, 2_345_678, Count(2_345_678)),
])
def test_counters_are_printed_as_platforms_print_them(platform, name, value, shown, count):
    assert printed(platform, name, value) == shown
    assert payload._count(shown) == count


def test_gaps_hold_nothing_and_change_nothing_else():
    account, lost = members()[3], {LAST - timedelta(30), LAST - timedelta(31)}
    whole, holed = figures(account), figures(account, gaps=lost)
    texts = {str(day) for day in lost}
    for before, after in zip(whole, holed, strict=True):
        assert [p for p in before["posts"] if p["published"][:10] not in texts] == after["posts"]
        assert [f for f in before["followers"] if f["day"] not in texts] == after["followers"]


def test_stories_stay_in_the_past_and_are_reprinted():
    planned = events.plan(1, FIRST, NOW)
    assert {e.kind.key for e in planned} >= {"marathon", "renewal", "storm"}
    said = [s for e in planned for s in events.said(1, e, NOW) if s.at <= NOW]
    copies = Counter(s.text.split("（转载")[0] for s in said if s.text)
    assert max(copies.values()) >= 3
    assert len({s.platform for s in said}) >= 12
    assert len({s.title for s in said}) > 0.6 * len(said)


def test_a_parsed_answer_says_where_each_figure_stood():
    answer = next(m for m in figures(members()[0]) if m["posts"] and m["followers"])
    batch = payload.account_month(payload.encode(answer))
    assert len(batch.posts) == sum(len(p["readings"]) for p in answer["posts"])
    for record in batch.posts:
        _, _, n, _, m = record.locator.split("/")
        reading = answer["posts"][int(n)]["readings"][int(m)]
        assert record.external_id == answer["posts"][int(n)]["id"]
        assert {k: payload._count(v) for k, v in reading["counters"].items()} == dict(record.counters)
