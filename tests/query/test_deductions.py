"""Local deductions and the leaders' list over a real database: versions, entries, records, what is found in posts."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core import db
from core.clock import days, instant
from core.faults import BadInput
from core.ledger import deductions as ledger
from core.ledger import leaders
from core.ledger.judged import judge
from core.ledger.leaders import Line
from core.metrics.deductions import USUAL, Item, Sheet
from core.models import Audit, LocalMark
from core.opinion.leaders import Roll
from core.opinion.terms import Matcher
from core.query import compliance as checks
from core.query import deductions as query
from tests.query.test_compliance import EARLY, FIRST, LAST, District, by_name

NOW = instant(LAST, 22)
BY = {"who": "张三", "now": NOW}
ITEMS = (Item("01", "功能无法使用", "", 5, 20), Item("02", "更新不及时", "", 10, 20, test="gap", limit=7),
         Item("03", "被采用", "", 2, 10, bonus=True))
SHEET = Sheet(EARLY, 100, 60, 80, ITEMS)


@pytest.fixture
def made(session):
    return District(session)


def deeds(session) -> list[tuple[str, str]]:
    return [tuple(row) for row in session.execute(select(Audit.action, Audit.what).order_by(Audit.id))]


# --- The list -------------------------------------------------------------------------------------------------------


def test_the_version_in_force_on_the_last_day_counts(made):
    made.account("甲", posts=days(EARLY, LAST))
    assert by_name(made.ask())["甲"]["local"] == "" and made.ask().sheet is None
    ledger.keep(made.session, SHEET, **BY)
    later = replace(SHEET, valid_from=LAST + timedelta(1), base=120)
    ledger.keep(made.session, later, **BY)
    found = made.ask()
    assert found.sheet == SHEET and by_name(found)["甲"]["score"] == "100"
    again = replace(SHEET, valid_from=LAST, base=110, items=ITEMS[:2])
    words = ledger.keep(made.session, again, **BY)
    assert words == f"已保存本地扣分项 2 条，{LAST} 起执行。"
    assert made.ask().sheet == again
    ledger.keep(made.session, replace(again, base=90), **BY)
    assert made.ask().sheet.base == 90, "of two from the same day the later made"
    assert [one.sheet.base for one in query.versions(made.session)] == [120, 90, 110, 100]
    detail = made.session.execute(select(Audit.detail).order_by(Audit.id)).scalars().all()
    assert "新增“功能无法使用”（每次 5 分，最高 20 分）" in detail[0] and "基础分 100" in detail[0]
    assert detail[2] == "删除“被采用”；基础分 110"


def test_the_same_list_is_no_version_and_a_bad_one_leaves_nothing(session):
    ledger.keep(session, SHEET, **BY)
    stamp = db.stamp(session)
    assert "没有变化" in ledger.keep(session, replace(SHEET, valid_from=LAST), **BY)
    with pytest.raises(BadInput, match="每次分值"):
        ledger.keep(session, replace(SHEET, items=(replace(ITEMS[0], points=-1),)), **BY)
    assert len(query.versions(session)) == 1 and len(deeds(session)) == 1 and db.stamp(session) == stamp


# --- Entries --------------------------------------------------------------------------------------------------------


def test_entries_are_counted_in_their_period_and_withdrawn_ones_kept(made):
    one = made.account("甲", posts=days(EARLY, LAST))
    ledger.keep(made.session, SHEET, **BY)
    enter = {"times": 1, "reason": "菜单打不开", **BY}
    shown = {"times": 2, "post": f"甲{LAST}", "evidence": "截图"}
    words = ledger.enter(made.session, one.id, "01", LAST, **enter | shown)
    assert words == f"已登记：甲 {LAST} 扣分“功能无法使用”2 次。"
    ledger.enter(made.session, one.id, "01", FIRST - timedelta(1), **enter)
    ledger.enter(made.session, one.id, "03", FIRST, **enter)
    row = by_name(made.ask())["甲"]
    assert (row["score"], row["deducted"], row["bonus"], row["local"], row["verdict"]) == ("92", 10, 2, "合格", "合格")
    line = row["record"].lines[0]
    assert line.source == "人工" and f"{LAST} 菜单打不开（2 次），依据：《好消息》；截图。" in line.words
    listed = query.marks(made.session, FIRST, LAST)
    assert list(listed["item"]) == ["01", "03"] and list(listed["state"]) == ["在用", "在用"]
    with pytest.raises(BadInput, match="撤回的原因"):
        ledger.withdraw(made.session, int(listed["id"][0]), " ", **BY)
    ledger.withdraw(made.session, int(listed["id"][0]), "误登", who="李四", now=NOW)
    assert by_name(made.ask())["甲"]["score"] == "102"
    listed = query.marks(made.session, FIRST, LAST)
    assert (listed["state"][0], listed["withdrawn"][0], listed["reason"][0]) == ("已撤回", "误登（李四）", "菜单打不开")
    with pytest.raises(BadInput, match="已撤回或不存在"):
        ledger.withdraw(made.session, int(listed["id"][0]), "再撤", **BY)
    assert [deed for deed, _ in deeds(made.session)] == [
        "修改本地扣分项", "登记本地扣分", "登记本地扣分", "登记本地扣分", "撤回本地扣分"]


@pytest.mark.parametrize(("changed", "message"), [
    ({"account_id": 999}, "账号已不存在"), ({"item": "99"}, "没有这一条"), ({"day": LAST + timedelta(1)}, "在今天之后"),
    ({"day": EARLY - timedelta(1)}, "没有这一条"), ({"times": 0}, "次数应为"), ({"reason": "  "}, "没有填写原因"),
    ({"evidence": "长" * 501}, "依据超过 500"), ({"post": "没有的"}, "帖文已不存在"),
])
def test_an_entry_that_cant_be_is_refused_in_words(made, changed, message):
    one = made.account("甲", posts=[LAST])
    ledger.keep(made.session, SHEET, **BY)
    given = {"account_id": one.id, "item": "01", "day": LAST, "times": 1, "reason": "事实", **BY}
    with pytest.raises(BadInput, match=message):
        ledger.enter(made.session, **given | changed)
    assert made.session.execute(select(LocalMark)).first() is None and len(deeds(made.session)) == 1


def test_posts_of_a_day_are_offered_as_evidence(made):
    one = made.account("甲", posts=[LAST])
    made.wrote(one, LAST, text="没有标题的一篇")
    assert query.posts_of(made.session, one.id, LAST) == {f"甲{LAST}": "好消息", f"文{LAST}": "没有标题的一篇"}
    assert query.posts_of(made.session, one.id, FIRST) == {}


def test_the_local_list_stands_apart_from_the_national_outcome(made):
    silent = days(LAST - timedelta(14), LAST)
    made.account("停", posts=days(EARLY, LAST - timedelta(15)), silent=silent)
    made.account("疑", "民政局", posts=days(EARLY, LAST - timedelta(15)), silent=silent[8:])
    made.account("网", "公安局", platform="govsite", posts=days(EARLY, LAST))
    ledger.keep(made.session, replace(SHEET, pass_line=95), **BY)
    found = by_name(made.ask())
    assert [(row["national"], row["local"], row["score"]) for row in found.values()] == [
        ("不合格", "不合格", "90"), ("无法判定", "无法判定", "90～100"), ("不检查", "不检查", "—")]
    assert found["疑"]["unjudged"] == "更新不及时" and "无法判定（至多扣 10 分）" in found["疑"]["why"]
    ledger.keep(made.session, SHEET, **BY)
    ledger.keep(made.session, replace(SHEET, valid_from=FIRST), **BY)
    assert by_name(made.ask())["停"]["local"] == "合格" and by_name(made.ask())["停"]["national"] == "不合格"


def test_deductions_that_are_only_local_leave_the_national_outcome(made):
    one = made.account("甲", posts=days(EARLY, LAST), registration_no="")
    made.wrote(one, LAST, "再接再励")
    ledger.keep(made.session, replace(SHEET, items=USUAL), **BY)
    row = by_name(made.ask())["甲"]
    assert (row["verdict"], row["national"]) == ("有扣分项", "合格")
    assert row["score"] == "97～98" and row["unjudged"] == "表述错误、错别字"
    post = made.ask().findings["post_id"][0]
    judge(made.session, [(int(post), "再接再励")], "error", **BY)
    assert by_name(made.ask())["甲"]["score"] == "97"


# --- Leaders --------------------------------------------------------------------------------------------------------

LEADERS = [Line("李鸣", ("区委副书记", "区长"), None, date(2026, 6, 14)), Line("王强", ("区长",), date(2026, 6, 15))]


def test_names_and_titles_are_found_judged_and_remembered(made):
    one = made.account("甲", posts=days(EARLY, LAST))
    leaders.keep(made.session, LEADERS, **BY)
    made.wrote(one, LAST, "区长李鸣主持会议", "区长王强、再接再励")
    made.wrote(one, date(2026, 6, 10), "区长李鸣到现场")
    found = made.ask()
    row, first = by_name(found)["甲"], found.findings.iloc[0]
    assert (row["grave"], row["verdict"], row["wrong"]) == (1, "无法判定", 1)
    assert (first["kind"], first["wrong"], first["right"]) == ("领导姓名职务", "区长李鸣", "区长：王强")
    assert first["day"] == LAST
    assert first["around"] == "【区长李鸣】主持会议" and "疑似" in first["note"] and first["decision"] == checks.PENDING
    ledger.keep(made.session, replace(SHEET, items=USUAL), **BY)
    assert set(by_name(made.ask())["甲"]["unjudged"].split("、")) >= {"领导姓名职务差错"}
    judge(made.session, [(int(first["post_id"]), "区长李鸣")], "error", **BY)
    row = by_name(made.ask())["甲"]
    assert row["verdict"] == "不合格" and row["record"].lines[4].points == 5
    judge(made.session, [(int(first["post_id"]), "区长李鸣")], "fine", **BY)
    row = by_name(made.ask())["甲"]
    assert row["grave"] == row["confirmed"] == 0 and made.ask().findings.iloc[-1]["decision"] == "不算差错"


def test_another_list_looks_through_the_period_anew_and_one_more_post_costs_one(made, monkeypatch):
    one = made.account("甲", posts=days(EARLY, LAST))
    made.wrote(one, LAST, "区长李鸣主持会议")
    read = {"words": 0, "leaders": 0}

    def counted(kind, word):
        plain = kind.find

        def find(self, *args):
            read[word] += 1
            return plain(self, *args)
        monkeypatch.setattr(kind, "find", find)

    counted(Matcher, "words")
    counted(Roll, "leaders")
    checks._MEMORY.clear()

    def asked():
        read.update(words=0, leaders=0)
        return made.ask().found, read["words"] > 0, read["leaders"]

    assert asked() == (0, True, 62), "title and text of 31 posts"
    leaders.keep(made.session, LEADERS, **BY)
    assert asked() == (1, False, 62), "only the leaders' list is another one"
    assert asked() == (1, False, 0)
    made.wrote(one, LAST, "黄埔江畔")
    assert asked() == (2, True, 2)
    leaders.keep(made.session, LEADERS[:1], **BY)
    assert made.ask().found == 2, "the former holder is still told"
    leaders.keep(made.session, [], **BY)
    assert made.ask().found == 1


def test_a_list_is_kept_as_a_whole_and_every_change_is_noted(session):
    assert leaders.keep(session, LEADERS, **BY) == "领导名单新增 2 行；现有 2 行。"
    stamp = db.stamp(session)
    assert leaders.keep(session, LEADERS, **BY) == "领导名单没有变化；现有 2 行。" and db.stamp(session) == stamp
    more = [replace(LEADERS[1], until=date(2027, 1, 1)), Line("赵建国", ("区委书记",))]
    assert leaders.add(session, more, **BY) == "领导名单新增 1 行，修改 1 行；现有 3 行。"
    assert leaders.lines(session) == [more[1], LEADERS[0], more[0]], "those without an end first"
    assert leaders.keep(session, more, **BY) == "领导名单删除 1 行；现有 2 行。" and db.stamp(session) > stamp
    assert deeds(session) == [("新增领导名单", "李鸣"), ("新增领导名单", "王强"), ("修改领导名单", "王强"),
                              ("新增领导名单", "赵建国"), ("删除领导名单", "李鸣")]
    with pytest.raises(BadInput, match="合并成一行"):
        leaders.keep(session, [LEADERS[0], LEADERS[0]], **BY)


@pytest.mark.parametrize(("text", "body"), [
    ("姓名\t职务\t任职日期\t离任日期\n李鸣\t区委副书记、区长\t\t2026年6月14日\n王 强\t区长\t2026-6-15", b""),
    ("李鸣，区委副书记、区长，，2026-06-14\n\n王强,区长,2026/6/15", b""),
    ("", "序号,姓名,职务,任职时间,离任时间\n1,李鸣,区委副书记；区长,,2026-06-14\n2,王强,区长,2026-06-15,\n"
         .encode("gb18030")),
])
def test_lists_are_taken_as_people_have_them(text, body):
    assert leaders.read(text, body, "名单.csv") == LEADERS


def test_a_list_with_faults_is_refused_with_every_one(session):
    with pytest.raises(BadInput) as refused:
        leaders.read("李鸣,,昨天\nX,区长\n王强,长,2026-06-15,2026-06-01\n赵建国,区委书记\n赵建国,区长")
    said = str(refused.value)
    for word in ("第 1 行“职务”：没有职务", "第 1 行“任职日期”", "“X”不是姓名", "“长”不像职务",
                 "早于任职日期 2026-06-15", "第 5 行“姓名”：“赵建国”与前面一行的任职日期相同"):
        assert word in said
    with pytest.raises(BadInput, match="没有内容"):
        leaders.read(" \n ")
    with pytest.raises(BadInput, match="最多 2000 行"):
        leaders.made((n, {"name": f"李{chr(0x4e00 + n)}", "titles": "区长"}) for n in range(2001))
