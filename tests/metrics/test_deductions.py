"""The local list of deductions: what is taken, what is given, and what can't be judged."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.clock import days
from core.faults import BadInput
from core.metrics.compliance import inspect
from core.metrics.deductions import TESTS, USUAL, Item, Known, Mark, Sheet, checked, read, record, said
from tests.metrics.test_compliance import ALL, FIRST, LAST, SINCE, facts

MANUAL = Item("m", "功能无法使用", "", 5, 12)
BONUS = Item("b", "被上级采用", "", 2, 6, bonus=True)


def sheet(*items, **changed) -> Sheet:
    whole = {"valid_from": FIRST, "base": 100, "pass_line": 60, "bonus_line": 80, "items": items or (MANUAL, BONUS)}
    return Sheet(**whole | changed)


def test_of(key: str, points=10.0, most=20.0, limit=None) -> Item:
    return Item(key, key, "", points, most, test=key, limit=limit)


test_of.__test__ = False


def mark(item: str, times=1, day=LAST) -> Mark:
    return Mark(item, day, times, "事实", "文号1")


def made(listed: Sheet, about=None, known=None, marks=()):
    about = about or facts()
    posts = dict.fromkeys(about.active, 1)
    return record(listed, about, inspect(about, FIRST, LAST), known or Known(posts), marks, FIRST, LAST)


def test_without_anything_wrong_the_base_stays():
    found = made(sheet(*USUAL))
    assert (found.verdict, found.score, found.deducted, found.bonus, found.unjudged) == ("pass", "100", 0, 0, ())
    assert found.words == "没有扣分。" and {line.amount for line in found.lines} == {"不扣分", "不加分"}


def test_an_item_ends_at_its_most():
    found = made(sheet(), marks=[mark("m"), mark("m", 2)])
    line = found.lines[0]
    assert (line.least, line.points, found.total, line.amount) == (3, 12, 88, "扣 12 分")
    assert line.source == "人工" and "事实（2 次），依据：文号1。" in line.words
    assert made(sheet(Item("h", "半分", "", 0.1, 5)), marks=[mark("h", 3)]).score == "99.7"


@pytest.mark.parametrize(("times", "score", "bonus"), [(3, "91", 6), (4, "80", 0), (5, "75", 0)])
def test_bonuses_count_only_above_the_line(times, score, bonus):
    listed = sheet(Item("m", "扣", "", 5, 100), BONUS)
    found = made(listed, marks=[mark("m", times), mark("b", 9)])
    assert (found.score, found.bonus) == (score, bonus)


def test_the_pass_line_itself_passes():
    listed = sheet(Item("m", "扣", "", 1, 100))
    assert made(listed, marks=[mark("m", 40)]).verdict == "pass"
    assert made(listed, marks=[mark("m", 41)]).verdict == "fail"
    assert made(listed, marks=[mark("m", 999)]).score == "0"


def test_entries_under_items_that_are_no_longer_listed_count_nothing_and_are_told():
    found = made(sheet(), marks=[mark("gone"), mark("m")])
    assert (found.ignored, found.score) == (1, "95")


def test_days_of_which_nothing_is_known_are_no_gap():
    listed = sheet(test_of("gap", limit=7))
    silent = days(FIRST + timedelta(3), FIRST + timedelta(12))
    active = ALL - set(silent)
    sure = made(listed, facts(*active))
    assert (sure.score, sure.lines[0].points) == ("90", 10) and "连续 10 天没有发布" in sure.lines[0].words
    unknown = made(listed, facts(*active, known=ALL - {silent[5]}))
    assert (unknown.score, unknown.verdict, unknown.unjudged) == ("90～100", "pass", ("gap",))
    assert "无法判定（至多扣 10 分）" in unknown.lines[0].amount and "能确认的最长间断 5 天" in unknown.lines[0].words
    strict = sheet(test_of("gap", limit=7), pass_line=95)
    assert made(strict, facts(*active, known=ALL - {silent[5]})).verdict == "unknown"
    assert made(sheet(test_of("gap", limit=10)), facts(*active)).score == "100"


def test_weeks_that_are_not_known_in_full_are_not_judged():
    monday = FIRST + timedelta(-FIRST.weekday() % 7)
    listed = sheet(test_of("weekly", 2, 10, limit=3))
    active = ALL - set(days(monday, monday + timedelta(13)))
    found = made(listed, facts(*active))
    assert (found.lines[0].least, found.lines[0].most, found.score) == (2, 2, "96")
    found = made(listed, facts(*active, known=ALL - {monday}))
    assert (found.lines[0].least, found.lines[0].most, found.score) == (1, 2, "96～98")
    assert "另有 1 周有日子没有采集到" in found.lines[0].words
    assert "、" not in found.lines[0].words.split("（")[1].split("）")[0]
    posts = dict.fromkeys(ALL, 0) | {monday: 3}
    busy = made(listed, facts(*ALL, known=frozenset({monday})), Known(posts | {day: 3 for day in ALL}))
    assert busy.score == "100", "enough posts are enough whatever else is known"
    late = made(listed, facts(*[LAST], opened_on=LAST - timedelta(2)))
    assert late.score == "100" and "没有完整的自然周" in late.lines[0].words


def test_weeks_before_the_account_opened_do_not_count():
    opened = LAST - timedelta(9)
    found = made(sheet(test_of("weekly", 2, 10, limit=3)), facts(*days(opened, LAST), opened_on=opened))
    assert found.score == "100"


def test_words_count_when_confirmed_and_cant_be_judged_before():
    listed = sheet(test_of("words", 1, 5), test_of("leaders", 5, 20))
    about = facts(posts=10, read=8)
    found = made(listed, about, Known({}, words=(2, 4), leaders=(0, 1)))
    assert [(line.least, line.most, line.points, line.points_most) for line in found.lines] == [
        (2, 6, 2, 5), (0, 1, 0, 5)]
    assert found.score == "90～98" and "2 篇没有采集到文字" in found.lines[0].words
    assert found.lines[0].amount == "扣 2 分，另有无法判定（至多共 5 分）"
    unread = made(listed, facts(posts=10, read=0))
    assert unread.score == "75～100" and unread.unjudged == ("words", "leaders") and unread.lines[0].most is None
    assert made(listed, facts(posts=0, read=0)).score == "100"


@pytest.mark.parametrize(("test", "changed", "score"), [
    ("interaction", {"interactive": False}, "90"), ("interaction", {"interactive": None}, "90～100"),
    ("registration", {"registration_no": " "}, "90"), ("twins", {"twins": ("乙",)}, "90"),
    ("twins", {"twins": ("乙",), "own": True}, "100"), ("twins", {"has_unit": False}, "90～100"),
])
def test_what_the_ledger_says(test, changed, score):
    assert made(sheet(test_of(test)), facts(**changed)).score == score


def test_a_suspended_account_is_not_judged_by_updates_and_one_outside_not_at_all():
    listed = sheet(test_of("gap", limit=7), test_of("weekly", limit=3), test_of("interaction"))
    stopped = made(listed, facts(SINCE, state="suspended", closed_on=FIRST, interactive=None))
    assert stopped.score == "100" and "已停更" in stopped.lines[0].words
    for outside in (facts(site=True), facts(state="merged")):
        found = made(listed, outside)
        assert (found.verdict, found.score, found.lines, found.words) == ("none", "—", (), "")


def test_every_test_is_carried_out():
    for key, test in TESTS.items():
        assert made(sheet(test_of(key, limit=3 if test.limit else None))).score == "100"
    with pytest.raises(ValueError, match="no such test"):
        made(sheet(test_of("luck")))


def test_a_list_is_read_as_it_was_said():
    whole = sheet(*USUAL)
    assert read(whole.said()) == USUAL and checked(whole) == whole
    untidy = sheet(replace(MANUAL, name=" 功能  无法使用 ", limit=4))
    assert checked(untidy).items[0] == replace(MANUAL, name="功能 无法使用")
    assert [said(value) for value in (2.0, 0.5, 100, 0.25)] == ["2", "0.5", "100", "0.25"]


@pytest.mark.parametrize(("bad", "message"), [
    (sheet(items=()), "1 至 50 条"), (sheet(pass_line=101), "不能高于基础分"), (sheet(base=-1), "基础分应在"),
    (sheet(MANUAL, replace(MANUAL, name="另一条")), "编号“m”重复"),
    (sheet(MANUAL, replace(MANUAL, key="n")), "名称“功能无法使用”重复"),
    (sheet(replace(MANUAL, name=" ")), "第 1 条：名称"), (sheet(replace(MANUAL, points=0)), "每次分值"),
    (sheet(replace(MANUAL, points=20)), "高于本项最高"), (sheet(replace(MANUAL, points=0.001)), "两位小数"),
    (sheet(replace(MANUAL, test="luck")), "没有自动核查"), (sheet(replace(BONUS, test="twins")), "加分项只能"),
    (sheet(test_of("gap")), "请填写“超过几天”"), (sheet(test_of("weekly", limit=0)), "请填写“少于几篇”"),
])
def test_a_list_that_cant_be_is_refused_in_words(bad, message):
    with pytest.raises(BadInput, match=message):
        checked(bad)
