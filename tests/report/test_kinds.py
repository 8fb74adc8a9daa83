"""Reports by period: quarters, years, units and boards, each beside the same facts without the system."""

from datetime import date

import pytest

from core.clock import instant
from core.faults import BadInput
from core.models import Board
from core.periods import Period
from core.query import boards
from core.query.scope import Filter
from core.report import kinds
from core.report.content import Chart, Content
from core.report.outline import Order
from core.report.proof import unfounded
from tests.query.conftest import district, filled, reader  # noqa: F401
from tests.report.test_monthly import table_of, text_of

JULY, NEW_YEAR = instant(date(2024, 7, 2), 8), instant(date(2025, 1, 5), 8)


def built(session, kind: str, period: str, platform: str = "", scope: str = "all", now=NEW_YEAR, **more) -> Content:
    return kinds.build(session, Order(kind, Period.parse(period), platform, scope, **more), now=now)


def test_a_quarter_has_its_months_and_stands_beside_the_quarter_before(district, reader):  # noqa: F811
    content = built(reader, "quarterly", "2024Q2", "wechat", now=JULY)
    facts = district.posts[district.posts["platform"] == "wechat"]
    april, march = (facts[facts["day"].map(lambda day, month=month: day.month == month)] for month in (4, 3))
    summary = table_of(content, "主要指标").set_index("指标")
    assert list(summary.columns[:3]) == ["本季度", "上季度", "环比"]
    assert (summary.loc["点赞数", "本季度"].value, summary.loc["点赞数", "上季度"].value) == (
        april["likes"].sum(), march["likes"].sum())
    course = table_of(content, "各月发布").set_index("月份")
    assert course.loc["4月", "发布数"] == len(april) and course.loc["4月", "有数据天数"] == 30
    assert course["发布数"].isna().tolist() == [False, True, True], "nothing is known of May and June"
    chart = next(b for s in content.sections for b in s.blocks if isinstance(b, Chart) and b.title == "各月发布数")
    assert (chart.kind, chart.labels, chart.series[0].values) == (
        "stacked", ("4月", "5月", "6月"), (len(april), None, None))
    by_day = table_of(content, "逐日数据")
    assert (len(by_day), by_day["发布数"].sum()) == (91, len(april))
    assert content.title == "2024年第二季度本区政务微信运营情况季报"
    assert content.period == "2024年4月1日至6月30日"


def test_a_year_is_told_by_months_with_its_highlights_and_compared_once(district, reader):  # noqa: F811
    content = built(reader, "annual", "2024", "wechat")
    facts = district.posts[district.posts["platform"] == "wechat"]
    assert content.title == "2024年本区政务微信运营情况年度全景报告" and content.kind == "年度全景报告"
    records = table_of(content, "年度之最").set_index("项目")
    most = facts.groupby("account").size()
    assert records.loc["发布最多的账号", "结果"] == f"“{most.idxmax()}”"
    assert records.loc["发布最多的账号", "数值"].value == most.max()
    monthly = table_of(content, "各月热门内容之首").set_index("月份")
    assert list(monthly.index) == ["3月", "4月"]
    assert "环比" not in text_of(content, "总体") + text_of(content, "互动")
    assert [section.title for section in content.sections][:3] == ["总体情况", "年度亮点", "各月发布情况"]
    assert text_of(content, "口径").count("同比与上一年比较") == 1


def test_a_unit_over_its_platforms_and_among_its_peers(district, reader):  # noqa: F811
    content = built(reader, "unit", "2024-04", scope=f"unit:{district.units['公安分局']}")
    facts = district.posts[district.posts["account"].isin(["警方微信", "警方微博"])
                           & district.posts["day"].map(lambda day: day.month == 4)]
    assert f"在2个平台共有账号2个，其中有发布的2个。共发布信息{len(facts):,}条" in text_of(content, "总体")
    by_platform = table_of(content, "各平台主要指标").set_index("平台")
    for code, name in (("wechat", "政务微信"), ("weibo", "政务微博")):
        assert by_platform.loc[name, "发布数"].value == (facts["platform"] == code).sum()
    ranking = boards.ranking(reader, Filter(date(2024, 4, 1), date(2024, 4, 30)), "wechat").set_index("name")
    accounts = table_of(content, "各账号主要指标").set_index("账号")
    assert accounts.loc["警方微信", "名次"] == ranking.loc["警方微信", "rank"]
    peers = table_of(content, "在委办局中的名次").set_index("平台")
    better = ranking.loc["警方微信", "rank"] < ranking.loc["教育微信", "rank"]
    assert (peers.loc["政务微信", "名次"], peers.loc["政务微信", "参与排名的单位"]) == (1 if better else 2, 2)
    assert content.subject.platform == "" and "公安分局" in content.title


def test_a_unit_without_a_word_says_so(district, reader):  # noqa: F811
    content = built(reader, "unit", "2023-01", scope=f"unit:{district.units['教育局']}")
    assert "没有采集到任何数据" in text_of(content, "总体")
    assert not text_of(content, "建议")


def test_a_bulletin_ranks_as_the_board_does(district, reader):  # noqa: F811
    content = built(reader, "board", "2024-04", scope=f"board:{district.boards['点名榜']}")
    where = Filter(date(2024, 4, 1), date(2024, 4, 30), board=district.boards["点名榜"])
    ranking = boards.ranking(reader, where, "wechat")
    table = table_of(content, "“点名榜”")
    assert list(table["账号"]) == list(ranking["name"])
    assert [one.value for one in table["传播指数"]] == list(ranking["score"])
    assert (content.layout, content.masthead, content.number) == ("brief", "榜单公报", "2024年第4期")
    assert content.basis == "发布后第7日值", "the board's own"
    method = text_of(content, "榜单说明")
    assert "收录选定的政务微信账号2个" in method and "的平方，再乘以" in method
    terms = table_of(content, "WCI")
    assert "ln(10×在看数÷天数+1)" in list(terms["项"])


def test_silent_accounts_have_no_place_in_a_bulletin(district, reader):  # noqa: F811
    content = built(reader, "board", "2024-04", scope=f"board:{district.boards['街镇榜']}")
    everyone = table_of(content, "全部账号").set_index("账号")
    assert everyone["名次"].notna().to_dict() == {"街道微信": True, "沉默微信": False}
    assert "只有“街道微信”（澜桥街道）可以排名" in text_of(content, "本期概况")


def test_a_weekly_board_ends_on_its_own_weekday_within_the_week(district, reader):  # noqa: F811
    reader.add(board := Board(name="周日起的榜", platform="wechat", period="week", week_start=6))
    reader.commit()
    content = built(reader, "board", "2024-W15", scope=f"board:{board.id}")
    assert content.period == "2024年4月7日至4月13日" and content.number == "2024年第15期"
    with pytest.raises(BadInput, match="是周榜"):
        built(reader, "board", "2024-04", scope=f"board:{board.id}")


def test_every_number_of_every_kind_stands_in_its_figures(district, reader):  # noqa: F811
    orders = [("monthly", "2024-04", code, "all") for code in ("wechat", "weibo", "douyin", "kuaishou")]
    orders += [("monthly", "2024-04", "wechat", "street"), ("quarterly", "2024Q2", "wechat", "all"),
               ("quarterly", "2024Q2", "kuaishou", "all"),
               ("annual", "2024", "weibo", "all"), ("annual", "2023", "wechat", "all")]
    orders += [("unit", "2024Q2", "", f"unit:{id_}") for id_ in district.units.values()]
    orders += [("board", "2024-04", "", f"board:{id_}") for id_ in district.boards.values()]
    for kind, period, platform, scope in orders:
        content = built(reader, kind, period, platform, scope)
        assert unfounded(content) == [], content.title
        assert Content.from_json(content.to_json()) == content


def test_the_wanted_parts_in_the_wanted_order(district, reader):  # noqa: F811
    content = built(reader, "monthly", "2024-04", "wechat", parts=("popular", "overview"))
    assert [section.title for section in content.sections][:3] == ["热门内容", "总体情况", "统计口径与数据说明"]


@pytest.mark.parametrize(("order", "words"), [
    (Order("daily", Period.parse("2024-04"), "wechat"), "没有“daily”这种报告"),
    (Order("monthly", Period.parse("2024"), "wechat"), "平台月报的时段应为月，不能是年"),
    (Order("annual", Period.parse("2026"), "wechat"), "还没有开始"),
    (Order("monthly", Period.parse("2024-04")), "不在目录中"),
    (Order("monthly", Period.parse("2024-04"), "wechat", basis="d9"), "取数口径"),
    (Order("monthly", Period.parse("2024-04"), "wechat", parts=("nothing",)), "没有“nothing”这一部分"),
    (Order("unit", Period.parse("2024-04"), scope="unit:999"), "不在台账中"),
    (Order("board", Period.parse("2024-04"), scope="board:x"), "请选择一个榜单"),
    (Order("board", Period.parse("2025-01"), scope="board:1"), "结束后才能编制公报"),
])
def test_orders_that_cannot_be(district, reader, order, words):  # noqa: F811
    with pytest.raises(BadInput, match=words):
        kinds.build(reader, order, now=NEW_YEAR)
    assert all(kind.spans and kind.outline and kind.scopes(reader, "wechat") for kind in kinds.KINDS.values())
