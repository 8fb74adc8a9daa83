import csv
import gzip
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import local
from core.counts import AT_LEAST, Count
from core.imports.check import check
from core.imports.posts import headline
from core.imports.read import Sheet, SheetRow, read
from core.imports.recognise import UnknownHeader, tables
from tests.imports.make import WEIBO

NOW = datetime(2026, 11, 1, 2, tzinfo=UTC)


def checked(*rows, platform="wechat", account="本区发布", year=None):
    sheet = Sheet("报表", [SheetRow(n, tuple(cells)) for n, cells in enumerate(rows, start=1)])
    return check(tables([sheet], "报表.xlsx"), platform=platform, account_name=account, observed_at=NOW, year=year)


HEAD = ["标题", "发布时间", "阅读数", "点赞数", "在看", "链接"]
LINK = "https://mp.weixin.qq.com/s/5fg09YVQptHR8EtfkS_kOA"


def test_a_row_becomes_a_post_with_its_place():
    out = checked(HEAD, ["停水通知", "2026-10-01 08:30", "10万+", 1234.0, "-", LINK])
    (post,) = out.batch.posts
    assert (post.title, post.external_id, post.url, post.locator) == (
        "停水通知",
        "5fg09YVQptHR8EtfkS_kOA",
        LINK,
        "报表!A2:F2",
    )
    assert local(post.published_at).isoformat() == "2026-10-01T08:30:00+08:00"
    assert post.counters == {"reads": Count(100_001, AT_LEAST), "likes": Count(1234)}
    assert post.observed_at == NOW and post.original is None
    assert not out.batch.rejects


def test_only_reads_are_capped_at_100001():
    (post,) = checked(HEAD, ["甲", "2026-10-01", 100001, 100001, 100001, LINK]).batch.posts
    assert post.counters == {"reads": Count(100_001, AT_LEAST), "likes": Count(100_001), "wows": Count(100_001)}


def test_a_unit_in_the_header_scales_the_numbers():
    (post,) = checked(
        ["标题", "发布时间", "阅读数（万+）", "点赞数(万)"], ["甲", "2026-10-01", "3886 ", 1.25]
    ).batch.posts
    assert post.counters["reads"] == Count(38_860_000, AT_LEAST)
    assert post.counters["likes"] == Count(12_500, 50)


@pytest.mark.parametrize(
    ("row", "cell", "field", "word"),
    [
        (["甲", "2026-10-01", -5, 1, 1, LINK], "报表!C2", "阅读数", "负数"),
        (["甲", "2026-10-01", 5, "很多", 1, LINK], "报表!D2", "点赞数", "不是数字"),
        (["甲", "2099-01-01", 5, 1, 1, LINK], "报表!B2", "发布时间", "晚于采集时间"),
        (["甲", "1999-01-01", 5, 1, 1, LINK], "报表!B2", "发布时间", "早于 2005"),
        (["甲", "", 5, 1, 1, LINK], "报表!B2", "发布时间", "空的"),
        (["甲", "昨天 12:00", 5, 1, 1, LINK], "报表!B2", "发布时间", "相对时间"),
        (["", "2026-10-01", 5, 1, 1, ""], "报表!A2", "标题", "都是空的"),
        (["甲", "2026-10-01", 5, 1, 1, "javascript:alert(1)"], "报表!F2", "链接", "http"),
        (["甲", "2026-10-01", 1.5, 1, 1, LINK], "报表!C2", "阅读数", "不是整数"),
        (["甲", "2026-10-01", True, 1, 1, LINK], "报表!C2", "阅读数", "不是数字"),
    ],
)
def test_a_bad_row_is_set_aside_by_cell_field_and_reason(row, cell, field, word):
    out = checked(HEAD, row, ["好的", "2026-10-02", 1, 1, 1, LINK])
    assert [post.title for post in out.batch.posts] == ["好的"]
    (reject,) = out.batch.rejects
    assert (reject.locator, reject.field) == (cell, field)
    assert word in reject.reason


def test_all_faults_of_a_row_are_told():
    out = checked(HEAD, ["甲", "不知道", -1, "x", 1, LINK])
    assert [reject.field for reject in out.batch.rejects] == ["发布时间", "阅读数", "点赞数"]


def test_totals_and_repeated_headers_are_passed_over():
    out = checked(
        HEAD, ["合计", "", 99, 9, 9, ""], ["甲", "2026-10-01", 1, 1, 1, LINK], HEAD, ["累计", "-", 5, 5, 5, ""]
    )
    assert len(out.batch.posts) == 1
    assert dict(out.skipped) == {"累计、合计行": 2, "重复的表头": 1}
    assert not out.batch.rejects


def test_a_second_row_of_a_post_is_a_repeat():
    out = checked(HEAD, ["甲", "2026-10-01", 1, 1, 1, LINK], ["甲（改）", "2026-10-01", 2, 1, 1, LINK + "#rd"])
    assert [post.title for post in out.batch.posts] == ["甲"]
    (repeat,) = out.repeats
    assert (repeat.locator, repeat.reason) == ("报表!A3:F3", "与第 2 行是同一篇，只计一次")
    assert not out.batch.rejects


@pytest.mark.parametrize("damaged", [7.30123456789012e18, 7301234567890123456, "7.30123E+18", "7301234567890120000"])
def test_an_id_that_excel_damaged_is_taken_from_the_link_or_refused(damaged):
    head = ["作品ID", "作品名称", "发布时间", "播放量", "作品链接"]
    link = "https://www.douyin.com/video/7301234567890123456"
    out = checked(head, [damaged, "甲", "2026-10-01", 5, link], [damaged, "乙", "2026-10-02", 5, ""], platform="douyin")
    assert [post.external_id for post in out.batch.posts] == ["7301234567890123456"]
    (reject,) = out.batch.rejects
    assert reject.locator == "报表!A3" and "15 位" in reject.reason


def test_an_id_kept_as_text_is_used():
    head = ["视频描述", "视频ID", "发布时间", "播放量", "推荐", "喜欢", "完播率"]
    (post,) = checked(
        head, ["甲", "export/UzFf", "2026/07/24", "1,234", "5", "6", "4.41%"], platform="channels"
    ).batch.posts
    assert post.external_id == "export/UzFf"
    assert post.counters == {"plays": Count(1234), "wows": Count(5), "likes": Count(6)}


def test_posts_without_link_and_id_are_told_apart_by_title_and_time():
    head = ["作品名称", "发布时间", "体裁", "审核状态", "播放量"]
    rows = [
        ["早安", "2026-10-01 07:00", "视频", "已发布", 5],
        ["早安", "2026-10-02 07:00", "视频", "已发布", 6],
        ["早安", "2026-10-02 07:00", "视频", "已发布", 7],
        ["草稿", "2026-10-03", "视频", "审核中", 0],
    ]
    out = checked(head, *rows, platform="douyin")
    assert len({post.external_id for post in out.batch.posts}) == 2
    assert out.batch.posts[0].kind == "视频"
    assert [repeat.locator for repeat in out.repeats] == ["报表!A4:E4"]
    assert "没有链接和编号" in out.repeats[0].reason
    assert out.skipped == {"未发布的作品": 1}
    again = checked(head, *rows, platform="douyin")
    assert [p.external_id for p in again.batch.posts] == [p.external_id for p in out.batch.posts]


def test_rows_by_channel_count_only_the_total():
    head = ["传播渠道", "发表日期", "内容标题", "阅读人数"]
    out = checked(
        head, ["全部", "20261001", "甲", 9], ["朋友圈", "20261001", "甲", 4], ["公众号消息", "20261001", "甲", 5]
    )
    assert [post.counters for post in out.batch.posts] == [{"readers": Count(9)}]
    assert out.skipped == {"分渠道的行（只取“全部”）": 2}


def test_rows_of_other_accounts_and_platforms_are_passed_over():
    head = ["账号", "平台", "标题", "阅读（播放）", "发布时间", "链接"]
    out = checked(
        head,
        ["本区发布", "微信公众号", "甲", 5, "2026-10-01", LINK],
        ["本区交警", "微信公众号", "乙", 5, "2026-10-01", LINK + "a"],
        ["本区发布", "视频号", "丙", 5, "2026-10-01", LINK + "b"],
    )
    assert [post.title for post in out.batch.posts] == ["甲"]
    assert out.skipped == {"其他账号的行": 1, "其他平台的行": 1}
    assert dict(out.accounts) == {"本区发布": 1, "本区交警": 1}


def test_followers_by_day():
    out = checked(
        ["时间", "新关注人数", "取消关注人数", "净增关注人数", "累积关注人数"],
        ["2026-10-01", 10, 3, 7, "12,345"],
        ["2026-10-02", "-", "", "", ""],
        ["2026-10-03", 1, "1.2万", 0, 5],
        ["2026-10-01", 10, 3, 7, 12345],
    )
    (record,) = out.batch.followers
    assert (record.day, record.followers, record.new, record.lost) == (date(2026, 10, 1), Count(12345), 10, 3)
    assert [(reject.locator, reject.reason) for reject in out.batch.rejects] == [
        ("报表!A3:E3", "粉丝数、新增、流失都缺失"),
        ("报表!C4", "“1.2万”不是准确数，这一项需要准确的整数"),
    ]
    assert len(out.repeats) == 1


def test_app_figures_by_day():
    out = checked(
        ["日期", "新增用户", "活跃用户", "启动次数", "累计用户", "评分"],
        [46000, 5, 100, 250, "12,000", "4.8分"],
        ["2026-10-02", "", "", "", "", ""],
        platform="app",
    )
    (record,) = out.batch.apps
    assert record.model_dump(exclude={"observed_at", "locator", "account"}) == {
        "day": date(2025, 12, 9),
        "active_users": 100,
        "new_users": 5,
        "total_users": 12000,
        "launches": 250,
        "downloads": None,
        "rating": 4.8,
    }
    assert out.batch.rejects[0].reason == "各项数据都是空的"


WEIBO_HEAD = ["WB_from", "WB_text", "forward", "comment", "like", "weibo_url"]
POST = "https://weibo.com/2656274875/IraRz3asr?from=page"


def test_a_weibo_row_takes_id_account_and_year_from_its_link():
    out = checked(
        WEIBO_HEAD,
        ["1月25日 23:37 来自 微博 weibo.com", "【急寻57名乘客】正文", 1, 2, 3, POST],
        [
            "1月26日 00:10 来自 微博,1月25日 23:37 来自 微博",
            "转发的",
            1,
            2,
            3,
            "https://weibo.com/2656274875/Irb5g1abc",
        ],
        platform="weibo",
    )
    first = out.batch.posts[0]
    assert (first.external_id, first.original, first.kind, first.title) == (
        "4464766170755187",
        True,
        "",
        "急寻57名乘客",
    )
    assert local(first.published_at).isoformat() == "2020-01-25T23:37:00+08:00"
    assert [(post.original, post.kind) for post in out.batch.posts[1:]] == [(False, "转发")]
    assert out.account_id == "2656274875"


def test_a_weibo_row_that_contradicts_its_link_is_refused():
    out = checked(
        WEIBO_HEAD,
        ["2020-01-25 23:37", "甲", 1, 2, 3, POST],
        ["2020-03-25 23:37", "乙", 1, 2, 3, POST],
        ["1月25日 23:37", "丙", 1, 2, 3, POST.replace("2656274875", "1234567890")],
        ["2020-01-25 23:38", "丁", 1, 2, 3, POST],
        platform="weibo",
    )
    assert [post.text for post in out.batch.posts] == ["甲"]
    assert [reject.locator for reject in out.batch.rejects] == ["报表!A3", "报表!F4"]
    assert "相差超过一天" in out.batch.rejects[0].reason
    assert "另一个微博账号" in out.batch.rejects[1].reason


def test_a_date_without_year_and_link_needs_the_year():
    rows = [WEIBO_HEAD, ["1月25日 23:37", "甲", 1, 2, 3, ""]]
    assert "没有年份" in checked(*rows, platform="weibo").batch.rejects[0].reason
    (post,) = checked(*rows, platform="weibo", year=2019).batch.posts
    assert post.published_at.year == 2019


def test_crawler_export_with_a_damaged_id_uses_the_short_one():
    head = ["id", "bid", "正文", "日期", "点赞数", "评论数", "转发数"]
    (post,) = checked(
        head, [4.46476617075519e15, "IraRz3asr", "正文", "2020-01-25", 1, 2, 3], platform="weibo"
    ).batch.posts
    assert post.external_id == "4464766170755187"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#话题#【#湖北黄石确诊31例#】截至1月25日", "湖北黄石确诊31例"),
        ("今天降温。注意保暖。", "今天降温。"),
        ("#早安# 愿你一切都好！...展开全文", "愿你一切都好！"),
        ("#只有话题#", "#只有话题#"),
        ("", ""),
    ],
)
def test_titles_for_posts_without_one(text, expected):
    assert headline(text) == expected


@pytest.mark.skipif(not WEIBO.exists(), reason="the shared data set is not beside the checkout")
def test_the_real_weibo_file_row_by_row():
    body = WEIBO.read_bytes()
    layouts = tables(read(body, "posts.csv.gz", max_rows=300_000, max_bytes=300_000_000), "posts.csv.gz")
    out = check(layouts, platform="weibo", account_name="央视新闻", observed_at=NOW)
    with gzip.open(WEIBO, "rt", encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert out.rows == len(rows) == 6064
    assert not out.batch.rejects and not out.skipped
    assert [repeat.locator for repeat in out.repeats] == ["posts.csv!A6064:G6064"]
    assert out.account_id == "2656274875"
    by_row = {int(post.locator.rpartition("G")[2]): post for post in out.batch.posts}
    assert len(by_row) == 6063
    for number, row in enumerate(rows, start=2):
        if number == 6064:
            continue
        counters = by_row[number].counters
        assert [counters[name].value for name in ("reposts", "comments", "likes")] == [
            int(row["forward"]),
            int(row["comment"]),
            int(row["like"]),
        ]
        assert (
            local(by_row[number].published_at).strftime("2020-%-m月%-d日 %H:%M")
            == "2020-" + " ".join(row["WB_from"].split()[:2]).split(",")[0]
        )
    assert sum(post.kind == "转发" for post in out.batch.posts) == 97


CELL = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.text(max_size=12),
    st.datetimes(),
    st.sampled_from(["2026-10-01", "10万+", "-3", LINK, POST, "合计", "1月25日 23:37", 46000]),
)


@settings(max_examples=150)
@given(
    st.sampled_from([HEAD, WEIBO_HEAD, ["时间", "新关注人数", "累积关注人数"], ["日期", "活跃用户", "启动次数"]]),
    st.lists(st.lists(CELL, max_size=7), max_size=6),
    st.sampled_from(["weibo", "wechat", "douyin"]),
)
def test_every_row_ends_as_record_reject_repeat_or_skipped(head, rows, platform):
    try:
        out = checked(head, *rows, platform=platform)
    except UnknownHeader:
        raise AssertionError("a known header was not recognised") from None
    bad = {
        "".join(c for c in reject.locator.split("!")[1].split(":")[0] if c.isdigit()) for reject in out.batch.rejects
    }
    assert out.rows == len(out.batch) + len(bad) + len(out.repeats) + sum(out.skipped.values())
    assert all(reject.reason for reject in out.batch.rejects)


HEADS = [
    "日期 渠道 阅读人数", "日期 分享人数 微信收藏人数 发表篇数", "日期 粉丝总数 新增粉丝数 减少粉丝数 阅读数 发博数",
    "排名 公众号 发布 总阅读数（万+） 平均 新榜指数", "排名 公众号 发布 总阅读数 头条阅读 总点赞 WCI",
    "工单编号 来电人 来电时间 诉求标题 诉求内容 办理状态", "日期 传播渠道 阅读人数 阅读次数 分享人数 分享次数",
]


@settings(max_examples=150)
@given(st.sampled_from(HEADS), st.lists(st.lists(CELL, max_size=8), max_size=6))
def test_rows_of_days_boards_and_orders_never_fail_as_a_whole(head, rows):
    named = [["内容标题", "停水通知"], ["发表时间", "2026-03-01 08:30"], []]
    out = checked(*named, head.split(), *rows, platform="wechat")
    assert all(reject.reason and reject.locator for reject in out.batch.rejects)
    kept = {record.locator for record in (*out.batch.followers, *out.batch.mentions)}
    kept |= {record.locator for _, record in out.boards}
    assert len(kept) + len(out.batch.daily) + len(out.batch.posts) <= 2 * out.rows
    assert [record.day for record in out.batch.daily] == sorted({record.day for record in out.batch.daily})
