"""The monthly report against sums computed from the same facts without the system."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from core import ingest, rollup
from core.clock import days, instant
from core.counts import AT_LEAST, Count
from core.faults import BadInput
from core.models import Account, Board, Unit
from core.periods import Period
from core.records import Batch, PostRecord
from core.report import kinds, write
from core.report.content import Chart, Content, Figures, Mean, Paragraph, Table
from core.report.outline import Order
from core.report.platform import has_data
from tests.query.conftest import district, filled, reader  # noqa: F401

APRIL = Period.parse("2024-04")
MAY_2 = instant(date(2024, 5, 2), 8)
REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "weibo_cctvnews_2020" / "posts.csv.gz"


def monthly(session, platform, month, scope="all", basis="latest", *, now):
    return kinds.build(session, Order("monthly", month, platform, scope, basis), now=now)


def text_of(content: Content, title: str = "") -> str:
    return "\n".join(block.text for section in content.sections if title in section.title
                     for block in section.blocks if isinstance(block, Paragraph))


def table_of(content: Content, title: str) -> pd.DataFrame:
    found = [block for section in content.sections for block in section.blocks
             if isinstance(block, Table) and block.title.startswith(title)]
    assert found, f"no table {title}"
    return pd.DataFrame(found[0].rows, columns=[column.name for column in found[0].columns])


def april(district, platform):  # noqa: F811
    posts = district.posts
    return posts[(posts["platform"] == platform) & posts["day"].map(lambda d: d.month == 4)]


def by_the_seventh_day(facts) -> int:
    """Likes as they were seven days after publishing: the second reading, of 2 May, comes too late for most."""
    in_time = facts["day"] >= date(2024, 4, 25)
    return int(facts["likes"].where(in_time, facts["early_likes"]).sum())


def test_totals_are_those_of_the_facts(district, reader):  # noqa: F811
    content = monthly(reader, "wechat", APRIL, now=MAY_2)
    facts = april(district, "wechat")
    summary = table_of(content, "主要指标").set_index("指标")["本月"]
    assert summary["发布数"].value == len(facts)
    assert summary["阅读数"] == Count(int(facts["reads"].sum()), AT_LEAST)
    for name, column in (("点赞数", "likes"), ("转发数", "reposts"), ("评论数", "comments"), ("在看数", "wows")):
        assert summary[name] == Count(int(facts[column].sum()))
    march = district.posts[(district.posts["platform"] == "wechat") & district.posts["day"].map(lambda d: d.month == 3)]
    before = table_of(content, "主要指标").set_index("指标")["上月"]
    assert before["点赞数"].value == march["likes"].sum()
    assert f"共发布信息{len(facts):,}篇" in text_of(content, "总体情况")
    assert "不少于" in text_of(content, "总体情况")


def test_every_day_stands_in_the_table_and_in_the_chart(district, reader):  # noqa: F811
    content = monthly(reader, "wechat", APRIL, now=MAY_2)
    facts = april(district, "wechat").groupby("day")["likes"].sum()
    daily = table_of(content, "每日发布").set_index("日期")
    assert list(daily.index) == days(APRIL.first, APRIL.last)
    assert {day: count.value for day, count in daily["点赞数"].items() if count.value} == facts.to_dict()
    chart = next(b for s in content.sections for b in s.blocks if isinstance(b, Chart) and b.title == "每日发布数")
    assert sum(v or 0 for v in chart.series[0].values) == len(april(district, "wechat"))
    assert [name for day, name in chart.marks if day == date(2024, 4, 4)] == ["清明节"]


def test_ranking_carries_averages_maxima_and_marks(district, reader):  # noqa: F811
    board = table_of(monthly(reader, "wechat", APRIL, now=MAY_2), "全部账号数据").set_index("账号")
    facts = april(district, "wechat").groupby("account")
    police = facts.get_group("警方微信")
    assert board.loc["警方微信", "总阅读数"] == Count(int(police["reads"].sum()), AT_LEAST)
    assert board.loc["警方微信", "最高阅读数"] == Count(100_001, AT_LEAST)
    assert board.loc["警方微信", "平均阅读数"] == Mean(police["reads"].mean(), "≥")
    assert board.loc["教育微信", "最高阅读数"] == Count(int(facts.get_group("教育微信")["reads"].max()))
    assert pd.isna(board.loc["未采集微信", "发布数"])
    assert board.loc["沉默微信", "发布数"] == 0


def test_silent_and_unknown_accounts_are_told_apart(district, reader):  # noqa: F811
    content = monthly(reader, "wechat", APRIL, now=MAY_2)
    said = text_of(content, "更新情况")
    assert "1个账号超过14天未更新：“沉默微信”" in said
    assert "1个账号缺少数据，更新情况不明：“未采集微信”" in said
    watch = table_of(content, "需要关注的账号").set_index("账号")
    assert watch.loc["沉默微信", "最长未更新天数"] == 30
    assert watch.loc["未采集微信", "无数据天数"] == 30


@pytest.mark.parametrize(("scope", "platform", "accounts"), [
    ("street", "wechat", {"街道微信"}), ("bureau", "wechat", {"教育微信", "警方微信"}), ("all", "douyin", {"街道抖音"}),
])
def test_scope(district, reader, scope, platform, accounts):  # noqa: F811
    content = monthly(reader, platform, APRIL, scope, now=MAY_2)
    facts = april(district, platform)
    assert table_of(content, "主要指标")["本月"][0].value == facts["account"].isin(accounts).sum()
    assert content.subject.scope == scope
    assert ("账号）" in content.title) == (scope != "all")


def test_a_unit_and_a_board_are_scopes(district, reader):  # noqa: F811
    unit = monthly(reader, "wechat", APRIL, f"unit:{district.units['教育局']}", now=MAY_2)
    assert unit.scope == "教育局"
    board = monthly(reader, "wechat", APRIL, f"board:{district.boards['点名榜']}", basis="d7", now=MAY_2)
    assert board.scope == "榜单“点名榜”"
    facts = april(district, "wechat")
    picked = facts[facts["account"].isin(["教育微信", "警方微信"])]
    assert table_of(board, "主要指标").set_index("指标").loc["点赞数", "本月"].value == by_the_seventh_day(picked)
    assert "发布后第7日值" in text_of(board, "统计口径")


def test_seventh_day_basis(district, reader):  # noqa: F811
    content = monthly(reader, "weibo", APRIL, basis="d7", now=MAY_2)
    facts = april(district, "weibo")
    assert table_of(content, "主要指标").set_index("指标").loc["点赞数", "本月"].value == by_the_seventh_day(facts)


@pytest.mark.parametrize(("platform", "scope", "basis", "month", "words"), [
    ("nowhere", "all", "latest", APRIL, "不在目录中"), ("wechat", "unit:999", "latest", APRIL, "报告范围"),
    ("wechat", "all", "d9", APRIL, "取数口径"), ("wechat", "all", "latest", Period.parse("2024-06"), "还没有开始"),
])
def test_wrong_requests_are_said_in_chinese(district, reader, platform, scope, basis, month, words):  # noqa: F811
    with pytest.raises(BadInput, match=words):
        monthly(reader, platform, month, scope, basis=basis, now=MAY_2)


def test_a_running_month_is_compared_with_nothing(district, reader):  # noqa: F811
    content = monthly(reader, "wechat", APRIL, now=instant(date(2024, 4, 20), 9))
    said = "".join(text_of(content, title) for title in ("总体", "转发", "互动"))
    assert "环比增长" not in said and "环比下降" not in said and "同比增长" not in said
    assert "本月尚未结束，统计至4月20日" in said
    assert content.period == "2024年4月1日至4月20日"
    assert list(table_of(content, "主要指标").columns) == ["指标", "本月", "平均每篇"]


def test_a_month_without_any_data_says_so(district, reader):  # noqa: F811
    content = monthly(reader, "wechat", Period.parse("2023-01"), now=MAY_2)
    assert "没有采集到任何数据" in text_of(content, "总体情况")
    assert "不表示没有发布" in text_of(content, "总体情况")
    assert not has_data(reader, "wechat", Period.parse("2023-01"))
    assert has_data(reader, "wechat", APRIL)


def test_a_platform_without_accounts_says_so(district, reader):  # noqa: F811
    content = monthly(reader, "kuaishou", APRIL, now=MAY_2)
    assert "没有快手账号" in text_of(content, "总体情况")


@pytest.fixture
def one_account(session):
    """A single WeChat account with what `add` gives it."""
    session.add(unit := Unit(name="教育局", kind="bureau"))
    session.flush()
    session.add(account := Account(platform="wechat", external_id="a", name="教育", unit_id=unit.id))
    session.flush()

    def add(posts=(), covered=()):
        run = ingest.begin(session, "import", at=MAY_2)
        ingest.store(session, Batch(posts=list(posts)), run=run, capture=None, account=account)
        ingest.cover(session, {(account.id, day): "zero" for day in covered}, run)
        ingest.finish(session, run, "ok", "测试", at=MAY_2)
        session.commit()
        rollup.run(session)
        session.commit()
        return monthly(session, "wechat", APRIL, now=MAY_2)

    return add


def post(day: date, title: str = "标题", **counters: Count) -> PostRecord:
    return PostRecord(external_id=f"{day}{title}", published_at=instant(day, 9), title=title, observed_at=MAY_2,
                      counters=counters)


def test_nothing_published_is_zero_and_said(one_account):
    content = one_account(covered=days(APRIL.first, APRIL.last))
    assert "已采集的账号日内均无发布" in text_of(content, "总体情况")
    figures = next(b for b in content.sections[0].blocks if isinstance(b, Figures)).items
    assert [one.value for one in figures if one.label == "发布数"] == ["0"]
    assert "“教育”" in text_of(content, "更新情况")


def test_a_single_post_without_counters(one_account):
    content = one_account([post(date(2024, 4, 3))])
    said = text_of(content)
    assert "共发布信息1篇" in said and "本月只有“教育”有发布" in said
    assert "阅读数合计" not in said and "转发" not in text_of(content, "总体情况")
    assert [s.title for s in content.sections] == [
        "总体情况", "每日发布情况", "榜单", "更新情况", "问题清单", "工作建议", "统计口径与数据说明"]


def test_days_without_any_word_are_gaps_and_named(one_account):
    content = one_account([post(date(2024, 4, 3), reads=Count(5))], covered=[date(2024, 4, 1), date(2024, 4, 2)])
    assert "4月4日至30日没有数据，不计入平均" in text_of(content, "每日发布")
    assert "覆盖率10.0%" in text_of(content, "统计口径")
    chart = next(b for s in content.sections for b in s.blocks if isinstance(b, Chart))
    assert chart.series[0].values[:4] == (0, 0, 1, None)


def test_hostile_titles_stay_text(one_account):
    content = one_account([post(date(2024, 4, 3), '=HYPERLINK("http://x")\x00\u202e<b>', reads=Count(7))])
    assert table_of(content, "热门内容")["标题"][0] == '=HYPERLINK("http://x")<b>'


def test_it_survives_the_trip_through_json(district, reader):  # noqa: F811
    content = monthly(reader, "wechat", APRIL, now=MAY_2)
    assert Content.from_json(content.to_json()) == content
    later = monthly(reader, "wechat", APRIL, now=instant(date(2024, 5, 20)))
    assert later.fingerprint == content.fingerprint


@pytest.mark.skipif(not REAL.exists(), reason="the shared data are not beside this checkout")
def test_real_posts_give_the_sums_of_the_file(session, tmp_path):
    """央视新闻, February 2020: the report beside a plain pandas sum over the file."""
    from core.imports import importer

    now = instant(date(2026, 1, 5), 9)
    preview = importer.preview(REAL, REAL.name, platform="weibo", account_name="央视新闻", now=now, year=None,
                               session=session)
    importer.take(session, preview, partial=False, who="测试", now=now)
    rollup.run(session)
    session.commit()
    frame = pd.read_csv(REAL).drop_duplicates(subset="weibo_url")
    frame["when"] = frame["WB_from"].str.extract(r"^(\d+)月(\d+)日").astype(int).apply(tuple, axis=1)
    february = frame[frame["when"].map(lambda when: when[0] == 2)]
    content = monthly(session, "weibo", Period.parse("2020-02"), now=now)
    summary = table_of(content, "主要指标").set_index("指标")["本月"]
    assert summary["发布数"].value == len(february)
    for name, column in (("转发数", "forward"), ("评论数", "comment"), ("点赞数", "like")):
        assert summary[name] == Count(int(february[column].sum()))
    daily = table_of(content, "每日发布").set_index("日期")["点赞数"]
    by_day = february.groupby("when")["like"].sum()
    assert {(day.month, day.day): count.value for day, count in daily.items()} == by_day.to_dict()
    files = write(session, Order("monthly", Period.parse("2020-02"), "weibo"), tmp_path / "out", now=now)
    assert [file.name for file in files] == [
        "本区_政务微博_2020-02_月报_预览.xlsx", "本区_政务微博_2020-02_月报_预览.pdf",
            "本区_政务微博_2020-02_月报_预览.docx"]
    assert all(file.stat().st_size > 20_000 for file in files)


def test_a_board_s_own_order_and_rounding_stand_in_its_report(district, reader):  # noqa: F811
    board = Board(name="点赞榜", platform="wechat", order_by="interaction", rounded=True, index="wci_v13")
    reader.add(board)
    reader.commit()
    content = monthly(reader, "wechat", APRIL, f"board:{board.id}", now=MAY_2)
    table = table_of(content, "账号榜单")
    facts = april(district, "wechat")
    sums = facts.groupby("account")[["likes", "reposts", "comments"]].sum().sum(axis=1).sort_values(ascending=False)
    assert list(table["账号"]) == list(sums.index)
    assert [count.value for count in table["转评赞总数"]] == list(sums)
    method = text_of(content, "统计口径")
    assert "篇均数据保留一位小数后计入指数" in method and "榜单按转评赞总数排列" in method
