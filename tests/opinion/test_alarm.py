"""Terms of warnings on plain values: what holds, what does not, what is said about it, what is refused."""

import pytest

from core.faults import BadInput
from core.opinion import alarm
from core.opinion.alarm import Heard, IncidentTerms, MentionTerms, Plan, Standing, Swell, TopicTerms, growth

FIRE = Heard(82, "安全事故", "负面", True, "澜桥街道", 3, "应急局", "weibo", {7: "火情"}, 1.5, {"reads": 12_000})


@pytest.mark.parametrize(("terms", "said"), [
    (MentionTerms(risk=70), "风险 82 分（≥70）"),
    (MentionTerms(kinds=("安全事故", "环境"), towns=("澜桥街道",)), "类别：安全事故；地点：澜桥街道"),
    (MentionTerms(units=(3,)), "责任单位：应急局"),
    (MentionTerms(families=("weibo",)), "平台类别：微博"),
    (MentionTerms(watches=(9, 7)), "符合方案：火情"),
    (MentionTerms(negative=True), "情感：负面"),
    (MentionTerms(reach="reads", reached=10_000), "阅读 1.2万（≥1万）"),
    (MentionTerms(weight=1.5), "来源权重 1.5（≥1.5）"),
    (MentionTerms(risk=70, words="起火"), "风险 82 分（≥70）；提到“起火”"),
])
def test_what_holds_is_said(terms, said):
    assert alarm.of_mention(terms, FIRE, "提到“起火”") == said


@pytest.mark.parametrize("terms", [
    MentionTerms(risk=83), MentionTerms(kinds=("环境",)), MentionTerms(towns=("江湾镇",)), MentionTerms(units=(4,)),
    MentionTerms(families=("news",)), MentionTerms(watches=(9,)), MentionTerms(reach="reads", reached=12_001),
    MentionTerms(reach="reprints", reached=1), MentionTerms(weight=1.6), MentionTerms(words="停水"),
    MentionTerms(risk=70, kinds=("环境",)),
])
def test_one_that_does_not_hold_is_enough(terms):
    assert alarm.of_mention(terms, FIRE, None) is None


def test_a_sentiment_without_confidence_is_no_negative_one():
    unsure = Heard(82, "安全事故", "负面", False)
    assert alarm.of_mention(MentionTerms(negative=True), unsure, "") is None


def test_a_topic_grows_from_its_rhythm_and_one_without_days_has_none():
    grown = Swell(30, 5.0, 20, 12, 60, 4, {"澜桥街道": 9, "江湾镇": 2}, {3: 5}, {3: "应急局"})
    terms = TopicTerms(least=20, growth=5, negative=50, risk=50, platforms=3, towns=("澜桥街道",), units=(3,))
    assert alarm.of_topic(terms, grown, "") == (
        "近 24 小时 30 条（≥20）；为前 7 日日均的 6.0 倍（≥5）；负面占 60%（≥50%，20 条可判断）；"
        "最高风险 60 分（≥50）；4 个平台（≥3）；地点：澜桥街道；责任单位：应急局")
    assert alarm.of_topic(TopicTerms(growth=2), Swell(30, None, 0, 0, 0, 1), "") is None
    assert growth(Swell(2, 1 / 7, 0, 0, 0, 1)) == 2, "two after one in a week have not grown fourteenfold"
    assert alarm.of_topic(TopicTerms(negative=1), Swell(30, 5.0, 0, 0, 0, 1), "") is None, "a share of nothing"


def test_an_incident_warns_of_its_clock_its_units_and_what_is_new():
    terms = IncidentTerms(levels=("red",), left=60, overdue=True, more=10)
    assert alarm.of_incident(terms, Standing("red", 45, "5 小时时限", ("城管局",), 12)) == (
        "5 小时时限还剩 45 分钟；反馈逾期：城管局；近 24 小时新增 12 条（≥10）")
    assert alarm.of_incident(terms, Standing("red", -5, "5 小时时限", (), 0)) == "5 小时时限已超时 5 分钟"
    assert alarm.of_incident(terms, Standing("red", None, "", (), 9)) is None
    assert alarm.of_incident(terms, Standing("blue", -5, "48 小时时限", (), 0)) is None


@pytest.mark.parametrize(("kind", "values", "word"), [
    (MentionTerms, {}, "至少选一项"),
    (MentionTerms, {"risk": 120}, "风险分"),
    (MentionTerms, {"words": "(停水"}, "右括号"),
    (MentionTerms, {"families": ["moon"]}, "平台类别"),
    (MentionTerms, {"reach": "reads"}, "传播量"),
    (MentionTerms, {"colour": "red"}, "不认识"),
    (TopicTerms, {"negative": 101}, "负面占比"),
    (IncidentTerms, {"levels": ["red"]}, "至少选"),
])
def test_terms_that_cannot_be_are_refused_in_words(kind, values, word):
    with pytest.raises(BadInput, match=word):
        kind.of(values)


def test_what_is_kept_is_what_was_asked_and_nothing_else():
    terms = MentionTerms.of({"risk": 70, "kinds": ["安全事故"], "words": ""})
    assert terms.kept() == {"risk": 70, "kinds": ["安全事故"]} and MentionTerms.of(terms.kept()) == terms
    plan = Plan.of({"steps": [{"people": [1]}, {"people": [2], "after": 10}], "channels": [1], "quiet": [1320, 420]})
    assert Plan.of(plan.kept()) == plan


@pytest.mark.parametrize(("values", "word"), [
    ({"steps": [{"people": []}], "channels": [1]}, "每一级通知都要有人"),
    ({"steps": [{"people": [1], "after": 5}], "channels": [1]}, "从 0 开始"),
    ({"steps": [{"people": [1]}, {"people": [2], "after": 0}], "channels": [1]}, "逐级增加"),
    ({"steps": [{"people": [1]}]}, "通知渠道"),
    ({"quiet": [0, 1440]}, "时刻"),
    ({"grouping": "moon"}, "合并方式"),
    ({"cool": -1}, "冷却"),
    ({"steps": [{"after": 5}]}, "不完整"),
])
def test_plans_that_cannot_be_are_refused_in_words(values, word):
    with pytest.raises(BadInput, match=word):
        Plan.of(values)
