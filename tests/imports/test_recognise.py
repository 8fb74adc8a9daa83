import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.faults import BadInput
from core.imports.forms import FORMS
from core.imports.headers import FIELDS, KINDS, SYNONYMS, normal
from core.imports.read import Sheet, SheetRow
from core.imports.recognise import UnknownHeader, guess_headers, letter, recognise, tables
from tests.imports.make import TRAFFIC


def sheet(*rows, name="表"):
    return Sheet(
        name, [SheetRow(n, tuple(cells)) for n, cells in enumerate(rows, start=1) if any(c is not None for c in cells)]
    )


HEADERS = {
    "wechat_articles": "内容标题 发表时间 总阅读人数 总阅读次数 总分享人数 总分享次数 阅读后关注人数 送达人数 "
    "公众号消息阅读次数 "
    "送达阅读率 首次分享次数 分享产生阅读次数 首次分享率 每次分享带来阅读次数 阅读完成率 内容url",
    "wechat_followers": "时间 新关注人数 取消关注人数 净增关注人数 累积关注人数",
    "weibo_posts": "发布时间 微博内容 阅读数 转评赞数 转发数 评论数 点赞数 点击数 URL",
    "weibo_followers": "日期 粉丝总数 粉丝净增数 新增粉丝数 减少粉丝数 阅读数 发博数 转评赞数 转发数 评论数 点赞数",
    "weibo_crawler": "id bid 正文 头条文章url 原始图片url 视频url 位置 日期 工具 点赞数 评论数 转发数 话题 @用户"
    " 完整日期",
    "weibo_page": "WB_from WB_text forward comment like weibo_url source_file",
    "douyin_works": "作品名称 发布时间 体裁 审核状态 播放量 完播率 5s完播率 封面点击率 2s跳出率 平均播放时长 作品时长 "
    "点赞量 "
    "分享量 评论量 收藏量 主页访问量 粉丝增量",
    "channels_videos": "视频描述 视频ID 发布时间 完播率 平均播放时长 播放量 推荐 喜欢 评论量 分享量 关注量 "
    "转发聊天和朋友圈 设为铃声",
    "toutiao_followers": "时间 总粉丝数 粉丝变化数 新增粉丝数 流失粉丝数 活跃粉丝数 总铁粉数",
    "multi_platform": "账号 备注 平台 标题 类型 推荐 阅读（播放） 评论 分享 收藏 点赞 发布时间 链接",
    "xiaohongshu_notes": "笔记标题 首次发布时间 体裁 曝光 观看量 封面点击率 点赞 评论 收藏 涨粉 分享 人均观看时长 弹幕",
    "gsdata_articles": "标题 摘要 发布时间 作者 阅读数 点赞数 链接",
    "app_daily": "日期 新增用户 活跃用户 启动次数 累计用户",
}
COUNTERS = {
    "wechat_articles": {"reads": "总阅读次数", "readers": "总阅读人数", "reposts": "总分享次数"},
    "weibo_posts": {"reads": "阅读数", "reposts": "转发数", "comments": "评论数", "likes": "点赞数"},
    "weibo_crawler": {"reposts": "转发数", "comments": "评论数", "likes": "点赞数"},
    "weibo_page": {"reposts": "forward", "comments": "comment", "likes": "like"},
    "douyin_works": {
        "plays": "播放量",
        "likes": "点赞量",
        "reposts": "分享量",
        "comments": "评论量",
        "favourites": "收藏量",
    },
    "channels_videos": {"plays": "播放量", "wows": "推荐", "likes": "喜欢", "comments": "评论量", "reposts": "分享量"},
    "multi_platform": {
        "reads": "阅读（播放）",
        "comments": "评论",
        "reposts": "分享",
        "favourites": "收藏",
        "likes": "点赞",
    },
    "xiaohongshu_notes": {
        "plays": "观看量",
        "likes": "点赞",
        "comments": "评论",
        "favourites": "收藏",
        "reposts": "分享",
    },
    "gsdata_articles": {"reads": "阅读数", "likes": "点赞数"},
}


@pytest.mark.parametrize("key", HEADERS)
def test_every_export_is_recognised_with_its_counters(key):
    headers = HEADERS[key].split()
    (layout,) = recognise(sheet(["某某数据报表"], [], headers, ["x"] * len(headers)))
    assert layout.form.key == key
    assert layout.header_row == 3
    counters = {
        name: head
        for name, head in layout.headers.items()
        if name in ("reads", "readers", "plays", "likes", "wows", "reposts", "comments", "favourites")
    }
    assert counters == COUNTERS.get(key, {}) or layout.form.table != "posts"
    assert layout.form.table == {"followers": "followers", "daily": "apps"}.get(key.rpartition("_")[2], "posts")


def test_the_crawlers_full_date_goes_before_its_short_one():
    (layout,) = recognise(sheet(HEADERS["weibo_crawler"].split()))
    assert layout.headers["published_at"] == "完整日期"


def test_blank_first_column_and_title_rows_are_passed_over():
    (layout,) = recognise(
        sheet(
            [None, "内容分析", None],
            [None, "2026-07-01 至 2026-07-07"],
            [],
            [None, "内容标题", "发表时间", "总阅读人数", "内容url"],
            [None, "甲", "20260701", 12, "https://x"],
        )
    )
    assert (layout.header_row, layout.first, layout.last) == (4, 1, 5)
    assert layout.columns["title"].letter == "B"
    assert layout.locator(5) == "表!B5:E5"
    assert layout.cell(5, "readers") == "表!D5"


def test_blocks_side_by_side_are_told_apart():
    layouts = recognise(sheet([None], TRAFFIC))
    assert [layout.form.key for layout in layouts] == ["wechat_tendency", "wechat_tendency_share", "wechat_channels"]
    assert [layout.form.table for layout in tables([sheet([None], TRAFFIC)], "趋势.xls")] == ["daily", "daily", "posts"]
    assert {name: column.letter for name, column in layouts[2].columns.items()} == {
        "channel": "K",
        "published_at": "L",
        "title": "M",
        "readers": "N",
    }
    tight = [cell for cell in TRAFFIC if cell]
    assert [layout.form.key for layout in recognise(sheet(tight))] == [layout.form.key for layout in layouts]


def test_an_unnamed_column_inside_a_table_does_not_split_it():
    (layout,) = recognise(sheet(["标题", None, "发布时间", "阅读数", "链接"]))
    assert set(layout.columns) == {"title", "published_at", "reads", "url"}


@pytest.mark.parametrize(
    ("headers", "key", "table"),
    [
        ("日期 阅读次数 阅读人数 分享次数 分享人数 阅读原文次数 收藏次数 收藏人数 群发篇数", "wechat_daily", "daily"),
        ("时间 展现量 粉丝展现量 阅读(播放)量 粉丝阅读(播放)量 点赞量 评论量", "toutiao_trend", "daily"),
        ("日期 阅读 播放 点赞 喜欢 评论 收藏 分享", "zhihu_daily", "daily"),
        ("日期 阅读量 点赞量 评论量", "daily", "daily"),
        ("排名 公众号 发布 总阅读数（万+） 头条（万+） 平均 最高 总点赞数 新榜指数", "newrank_board", "boards"),
        ("排名 公众号 发布 总阅读数 头条阅读 平均阅读 总在看 总点赞 WCI", "gsdata_board", "boards"),
        ("工单编号 诉求标题 诉求内容 诉求时间 承办单位", "hotline_orders", "mentions"),
    ],
)
def test_tables_of_days_boards_and_orders(headers, key, table):
    (layout,) = tables([sheet(headers.split())], "报表.xlsx")
    assert (layout.form.key, layout.form.table) == (key, table)


def test_tables_with_nothing_to_store_say_why():
    with pytest.raises(UnknownHeader, match="读者构成"):
        tables([sheet(["性别", "人数"], ["男", 5])], "报表.xlsx")
    with pytest.raises(UnknownHeader, match="没有写明是哪一篇"):
        tables([sheet(["日期", "传播渠道", "阅读人数", "阅读次数", "分享人数", "分享次数"])], "单篇.xls")


def test_tables_one_under_the_other_end_where_the_next_begins():
    first = ["日期", "渠道", "阅读人数"]
    second = [["下一个表"], ["时间", "新关注人数", "取消关注人数"], ["2026-03-01", 1, 2]]
    layouts = recognise(sheet(["标题行"], first, ["2026-03-01", "全部", 5], [], *second))
    assert [(layout.form.key, layout.header_row, [row.number for row in layout.rows()]) for layout in layouts] == [
        ("wechat_tendency", 2, [3, 5]), ("wechat_followers", 6, [7]),
    ]
    many = [first, *(["2026-03-01", "全部", 5] for _ in range(60)), ["粉丝"], ["时间", "新关注人数", "取消关注人数"]]
    assert [layout.header_row for layout in recognise(sheet(*many))] == [1, 63]


def test_a_repeated_header_is_no_new_table():
    head = ["标题", "发布时间", "阅读数"]
    assert len(recognise(sheet(head, ["甲", "2026-03-01", 1], head, ["乙", "2026-03-02", 1]))) == 1


def test_one_table_of_several_can_be_corrected_alone():
    one, two = ["日期", "渠道", "阅读人数", "送达人数"], ["时间", "新关注人数", "取消关注人数"]
    table = sheet(one, ["2026-03-01", "全部", 5, 6], [], two, ["2026-03-01", 1, 2])
    keys = [layout.key for layout in recognise(table)]
    said = {keys[0]: {"readers": "送达人数"}, keys[1]: {"@": "none"}}
    first, second = recognise(table, said)
    assert (first.headers["readers"], first.form.table) == ("送达人数", "daily")
    assert (second.form.table, second.form.why) == ("", "按手工指定，这个表不导入")
    (left,) = tables([table], "报表.xls", said)
    assert left.key == keys[0]


def test_a_person_can_say_what_a_table_is():
    table = sheet(["发表日期", "标题", "阅读数"], ["2026-03-01", "合计数", 5])
    (layout,) = tables([table], "表.csv", {"@": "daily"})
    assert (layout.form.key, layout.headers) == ("daily", {"day": "发表日期", "title": "标题", "reads": "阅读数"})


def test_unknown_headers_are_listed_with_what_would_be_needed():
    with pytest.raises(UnknownHeader) as caught:
        tables([sheet(["姓名", "电话", "住址"], ["张三", "1", "2"])], "通讯录.xlsx")
    message = str(caught.value)
    assert "通讯录.xlsx" in message and "姓名、电话、住址" in message
    assert "发布时间" in message and "粉丝总数" in message and "活跃用户数" in message
    assert caught.value.headers == ("姓名", "电话", "住址")
    assert "姓名、电话、住址" in caught.value.brief and "粉丝总数" not in caught.value.brief


def test_columns_are_told_apart_by_what_stands_under_them_but_for_what_is_personal():
    rows = [[None, "导出"], ["名目", "何时", "看过", "姓名"], [None, "2026-01-01", None, "张三"],
            ["打13812345678咨询，再说一句很长的话", "2026-01-02", 5.0, "李四"]]
    with pytest.raises(UnknownHeader) as caught:
        tables([sheet(*rows)], "表.csv")
    assert caught.value.examples == {"何时": "2026-01-01", "看过": "5", "名目": "打［电话已隐去］咨询，再说一句很…"}


def test_a_mapping_by_hand_goes_before_the_synonyms():
    table = sheet(["名目", "何时", "看过", "点赞数"], ["甲", "2026-01-01", 5, 6])
    with pytest.raises(UnknownHeader):
        tables([table], "表.csv")
    mapping = {"title": "名目", "published_at": "何时", "reads": "看过", "likes": ""}
    (layout,) = tables([table], "表.csv", mapping)
    assert layout.headers == {"title": "名目", "published_at": "何时", "reads": "看过"}
    assert layout.form.table == "posts"
    assert "点赞数" in layout.unused


def test_a_mapping_can_move_a_field_to_another_column():
    table = sheet(["标题", "发布时间", "阅读数", "首日阅读数"])
    (layout,) = tables([table], "表.csv", {"reads": "首日阅读数"})
    assert layout.headers["reads"] == "首日阅读数"
    assert "阅读数" in layout.unused


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("阅读(播放)量", ("阅读播放量", "")),
        ("阅读（播放）", ("阅读播放", "")),
        (" 点 赞 数\n", ("点赞数", "")),
        ("总阅读数（万+）", ("总阅读数", "万+")),
        ("阅读量(万)", ("阅读量", "万")),
        ("完播率(%)", ("完播率", "")),
        ("ＵＲＬ", ("url", "")),
        ("\ufeff日期", ("日期", "")),
        ("*标题：", ("标题", "")),
        (None, ("", "")),
        (12, ("12", "")),
    ],
)
def test_headers_are_brought_to_one_form(header, expected):
    assert normal(header) == expected


def test_the_catalogue_of_forms_is_consistent():
    assert set(SYNONYMS.values()) <= set(FIELDS)
    for form in FORMS:
        assert all(normal(mark) == (mark, "") for mark in form.marks), form.key
        assert form.table or form.why


def test_letters_of_columns():
    assert [letter(n) for n in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


CELLS = st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(sorted(SYNONYMS)))


@given(st.lists(st.lists(CELLS, min_size=1, max_size=9), min_size=1, max_size=8))
def test_any_sheet_gives_tables_or_an_unknown_header(rows):
    made = Sheet("表", [SheetRow(n, tuple(cells)) for n, cells in enumerate(rows, start=1)])
    try:
        layouts = tables([made], "表.csv")
    except BadInput as error:
        assert "表.csv" in str(error)
    else:
        for layout in layouts:
            assert layout.form.table in (*KINDS, "article")
            assert all(layout.first <= column.index < layout.last for column in layout.columns.values())
            assert len({column.index for column in layout.columns.values()}) == len(layout.columns)
    guess_headers(made)
