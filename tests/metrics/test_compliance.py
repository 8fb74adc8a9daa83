"""检查指标: silences, days out of compliance, and what every rule says of an account."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import days
from core.metrics.cadence import STALE_DAYS, longest_gap
from core.metrics.compliance import OUTCOMES, RULES, VERDICTS, WEIGHTS, Facts, Silence, days_out, inspect, silences

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)
SINCE = FIRST - timedelta(STALE_DAYS + 1)
ALL = frozenset(days(SINCE, LAST))


def facts(*posts: date, **changed) -> Facts:
    """An account without fault: every day known, posts on the given days or on every day."""
    active = frozenset(posts) if posts else ALL
    whole = {"state": "normal", "opened_on": None, "closed_on": None, "active": active, "known": ALL, "since": SINCE,
             "before": None, "interactive": True, "registration_no": "沪0101", "has_unit": True, "posts": len(active),
             "read": len(active)}
    return Facts(**whole | changed)


def of(rule: str, made: Facts) -> tuple[str, str]:
    check = inspect(made, FIRST, LAST).check(rule)
    return check.outcome, check.words


def test_an_account_without_fault_passes():
    found = inspect(facts(), FIRST, LAST)
    assert found.verdict == "ok" and VERDICTS[found.verdict] == "合格" and found.reasons == ""
    assert [check.rule for check in found.checks] == list(RULES)
    assert (found.last_post, found.silence, found.gap, found.out) == (LAST, Silence(0, 0), None, 0)


@pytest.mark.parametrize(("silent", "outcome", "said"), [
    (6, "ok", "距检查日 6 天"), (7, "remind", "已满 7 天"), (9, "remind", "已满 7 天"),
    (10, "remind", "已满 10 天，请尽快更新"), (14, "remind", "已满 10 天"),
    (15, "fail", "已 15 天没有更新，超过 14 天"),
])
def test_the_two_week_rule(silent, outcome, said):
    last = LAST - timedelta(silent)
    found = inspect(facts(*days(SINCE, last)), FIRST, LAST)
    check = found.check("update")
    assert (check.outcome, found.verdict) == (outcome, outcome)
    assert said in check.words and str(last) in check.words


def test_days_of_which_nothing_is_known_are_not_silent():
    last = LAST - timedelta(20)
    holes = {LAST - timedelta(n) for n in (8, 9)}
    outcome, words = of("update", facts(last, known=ALL - holes))
    assert outcome == "unknown" and "能确认的只有最近 8 天没有更新" in words and "已 20 天没有更新" in words
    found = inspect(facts(last, known=ALL - holes), FIRST, LAST)
    assert found.verdict == "unknown" and found.silence == Silence(8, 20) and found.unknown == 2
    outcome, words = of("update", facts(last, known=frozenset({last})))
    assert outcome == "unknown" and "近日没有采集记录" in words
    outcome, words = of("update", facts(last, known=ALL - {LAST - timedelta(18)}))
    assert outcome == "fail" and "至少已 18 天" in words, "what is confirmed is enough"
    outcome, words = of("update", facts(LAST - timedelta(8), known=ALL - {LAST - timedelta(3)}))
    assert outcome == "remind" and "3 至 8 天，可能已满 7 天" in words
    outcome, words = of("update", facts(LAST - timedelta(5), known=ALL - {LAST}))
    assert outcome == "ok" and "0 至 5 天" in words


def test_an_account_of_which_no_post_is_known():
    never = facts(active=frozenset(), known=frozenset(days(LAST - timedelta(9), LAST)), posts=0, read=0)
    outcome, words = of("update", never)
    assert outcome == "unknown" and "没有查到发布记录" in words and "最近 10 天" in words
    assert of("update", replace(never, known=ALL))[0] == "fail", "30 confirmed days without a post are enough"
    outcome, words = of("update", replace(never, opened_on=LAST - timedelta(4)))
    assert outcome == "ok" and "5 天" in words, "silence begins when the account opens"


def test_the_last_post_may_lie_before_what_was_looked_at():
    before = SINCE - timedelta(5)
    found = inspect(facts(active=frozenset(), before=before, posts=0, read=0), FIRST, LAST)
    assert found.last_post == before and found.silence == Silence(len(ALL), len(ALL) + 4)
    assert found.verdict == "fail" and "至少已 45 天" in found.check("update").words
    whole = inspect(facts(active=frozenset(), before=SINCE - timedelta(1), posts=0, read=0), FIRST, LAST)
    assert whole.silence.certain and whole.out == 30


def test_a_lapse_that_is_over_is_remembered():
    found = inspect(facts(FIRST - timedelta(10), LAST - timedelta(1)), FIRST, LAST)
    assert found.check("update").outcome == "ok" and found.verdict == "remind"
    # The last post lay more than 14 days back from 6 to 28 June.
    assert found.out == 23 and "期内有 23 天" in found.check("lapse").words
    assert (found.gap.first, found.gap.last) == (FIRST, LAST - timedelta(2))
    holes = frozenset(days(FIRST, LAST - timedelta(2)))
    doubtful = inspect(facts(FIRST - timedelta(10), LAST - timedelta(1), known=ALL - holes), FIRST, LAST)
    assert doubtful.check("lapse").outcome == "unknown" and (doubtful.out, doubtful.out_most) == (0, 23)
    assert doubtful.gap.days == 1 and doubtful.verdict == "ok", "only a veto that can't be judged decides"


@pytest.mark.parametrize(("changed", "rule", "outcome", "verdict", "said"), [
    ({"interactive": False}, "interaction", "fail", "fail", "未提供有效互动功能"),
    ({"interactive": None}, "interaction", "unknown", "unknown", "未核查"),
    ({"twins": ("甲", "乙")}, "single", "remind", "remind", "还有“甲”、“乙”"),
    ({"has_unit": False}, "single", "unknown", "ok", "没有归属单位"),
    ({"own": True, "twins": ("甲",)}, "single", "none", "ok", "自有客户端"),
    ({"registration_no": "  "}, "registration", "remind", "remind", "没有备案号"),
    ({"grave": 1}, "content", "unknown", "unknown", "疑似严重表述错误 1 处，请人工确认"),
    ({"confirmed": 1, "grave": 2}, "content", "fail", "fail", "1 处，已由人工确认属实；另有 2 处待确认"),
    ({"wrong": 2, "doubtful": 1}, "wording", "deduct", "deduct", "2 处；另有须人工核对的 1 处"),
    ({"doubtful": 3}, "wording", "remind", "remind", "3 处用词须人工核对"),
    ({"posts": 9, "read": 4}, "wording", "ok", "ok", "核对 4 篇，未发现词表所列的错误；另有 5 篇没有采集到文字"),
    ({"posts": 9, "read": 0}, "content", "unknown", "unknown", "9 篇没有采集到标题和正文"),
    ({"posts": 0, "read": 0}, "content", "none", "ok", "没有可核对的内容"),
    ({"state": "suspended", "closed_on": date(2026, 5, 1)}, "closing", "remind", "remind", "2026-05-01 起）但未注销"),
])
def test_the_other_rules(changed, rule, outcome, verdict, said):
    found = inspect(facts(**changed), FIRST, LAST)
    check = found.check(rule)
    assert (check.outcome, found.verdict) == (outcome, verdict) and said in check.words
    if outcome not in ("none", "ok"):
        assert check.words in found.reasons


def test_a_stopped_account_is_not_asked_for_updates_and_an_ended_one_for_nothing():
    stopped = inspect(facts(SINCE, state="suspended"), FIRST, LAST)
    assert stopped.check("update").outcome == "none" and stopped.silence is None and not stopped.updates
    for state in ("merged", "deregistered"):
        ended = inspect(facts(SINCE, state=state, interactive=False), FIRST, LAST)
        assert ended.verdict == "none" and {check.outcome for check in ended.checks} == {"none"}
    later = facts(SINCE, state="deregistered", closed_on=LAST + timedelta(3))
    assert inspect(later, FIRST, LAST).verdict == "fail", "it still ran on the day of the check"
    assert inspect(facts(SINCE, site=True), FIRST, LAST).verdict == "none"
    unborn = facts(active=frozenset(), opened_on=LAST + timedelta(1), posts=0, read=0)
    assert inspect(unborn, FIRST, LAST).verdict == "none"


def test_an_opening_day_that_a_post_contradicts_is_wrong():
    found = inspect(facts(SINCE, LAST, opened_on=LAST - timedelta(3)), FIRST, LAST)
    assert found.gap.days == 29 and found.out > 0


def test_the_gravest_reason_comes_first():
    found = inspect(facts(LAST - timedelta(15), interactive=None, registration_no=""), FIRST, LAST)
    assert found.verdict == "fail" and found.reasons.index("超过 14 天") < found.reasons.index("未核查")
    assert found.reasons.endswith("台账中没有备案号。")


def test_every_rule_says_where_it_stands():
    for rule in RULES.values():
        assert rule.source and rule.words and rule.how and rule.weight in WEIGHTS
    assert list(OUTCOMES) == list(VERDICTS)


DAYS = days(date(2026, 1, 1), date(2026, 2, 9))
some_days = st.sets(st.sampled_from(DAYS)).map(frozenset)


@given(active=some_days, known=some_days, hidden=some_days)
def test_what_is_confirmed_holds_whatever_the_unknown_days_hid(active, known, hidden):
    """A silence is judged with holes in what is known; filling the holes in any way stays within its bounds."""
    before = DAYS[0] - timedelta(1)
    truth = active | (hidden - known)
    said = silences(active, known, DAYS[0], DAYS[-1], before)
    real = silences(truth, frozenset(DAYS), DAYS[0], DAYS[-1], before)
    for told, one in zip(said, real, strict=True):
        assert one.certain and told.least <= one.least <= told.most
    least, most = days_out(said)
    out, same = days_out(real)
    assert least <= out <= most and out == same
    confirmed = longest_gap(active | (frozenset(DAYS) - known), DAYS[0], DAYS[-1])
    actual = longest_gap(truth, DAYS[0], DAYS[-1])
    assert (confirmed.days if confirmed else 0) <= (actual.days if actual else 0)


@given(active=some_days.filter(bool))
def test_with_every_day_known_silence_is_the_day_minus_the_last_post(active):
    found = silences(active, frozenset(DAYS), DAYS[0], DAYS[-1], None)
    for day, one in zip(DAYS, found, strict=True):
        posts = [d for d in active if d <= day]
        if posts:
            assert one == Silence((day - max(posts)).days, (day - max(posts)).days)
        else:
            assert one == Silence((day - DAYS[0]).days + 1, None)
