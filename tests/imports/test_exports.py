"""Real files of every export that a back office makes: recognised by content, and the right figures in the database."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from core import ledger
from core.clock import local
from core.counts import AT_LEAST
from core.imports.importer import preview, take
from core.imports.recognise import UnknownHeader
from core.models import BoardReading, Capture, DailyReading, FollowerReading, Post, Reading
from tests.imports.make import TRAFFIC, csv_file, html_file, xls_file, xlsx_file


def headed(names: str) -> list[str]:
    return names.split()


NOW = datetime(2026, 8, 1, 2, tzinfo=UTC)
ARTICLES = headed(
    "内容标题 发表时间 总阅读人数 总阅读次数 总分享人数 总分享次数 阅读后关注人数 送达人数 公众号消息阅读次数 "
    "送达阅读率 首次分享次数 分享产生阅读次数 首次分享率 每次分享带来阅读次数 阅读完成率 内容url"
)
LINK = "https://mp.weixin.qq.com/s/5fg09YVQptHR8EtfkS_kOA"
WEIBO = "https://weibo.com/2656274875/IraRz3asr"


def stored(session, body, name, platform, account="本区发布", **options):
    seen = preview(body, name, platform=platform, account_name=account, now=NOW, session=session, **options)
    outcome = take(session, seen, partial=False, who="张三", now=NOW)
    assert outcome.stored, outcome.words
    return seen


def post_rows(session):
    rows = session.execute(select(Post, Reading).join(Reading, Reading.post_id == Post.id).order_by(Reading.id)).all()
    names = ("reads", "readers", "plays", "likes", "wows", "reposts", "sharers", "comments", "favourites")
    return [
        (
            post.title,
            post.external_id,
            f"{local(post.published_at):%Y-%m-%d %H:%M}",
            {name: getattr(reading, name) for name in names if getattr(reading, name) is not None},
        )
        for post, reading in rows
    ]


def daily_rows(session):
    rows = session.execute(select(DailyReading).order_by(DailyReading.day)).scalars()
    return [(row.day, row.posts, {name: value for name, (value, _) in row.figures.items()}) for row in rows]


def follower_rows(session):
    rows = session.execute(select(FollowerReading).order_by(FollowerReading.day)).scalars()
    return [(row.day, row.followers, row.new, row.lost) for row in rows]


# --- 公众号 ---------------------------------------------------------------------------------------------------------


def test_wechat_followers_as_a_web_page(session):
    for number, total in enumerate(("累积关注人数", "累计关注人数")):
        rows = [
            ["时间", "新关注人数", "取消关注人数", "净增关注人数", total],
            [f"2026-07-0{number + 1}", 10, 3, 7, "12,345"],
        ]
        seen = stored(session, html_file(rows, encoding="gb18030", charset="gb2312"), "用户增长.xls", "wechat")
        assert seen.kind == "公众号·用户增长"
    assert follower_rows(session) == [(date(2026, 7, 1), 12_345, 10, 3), (date(2026, 7, 2), 12_345, 10, 3)]
    capture = session.execute(select(Capture)).scalars().first()
    assert capture.media_type == "text/html"


def tendency() -> bytes:
    """As the back office makes it: a title, column A empty, three blocks, data from the fourth row."""
    head = [None, *TRAFFIC]
    rows = [
        [None, "流量数据"],
        [],
        head,
        [
            None,
            "2026-03-01",
            "全部",
            120,
            None,
            "2026-03-01",
            4,
            1,
            2,
            1,
            None,
            "全部",
            "20260301",
            "停水通知",
            80,
            "66.7%",
        ],
        [
            None,
            "2026-03-01",
            "朋友圈",
            50,
            None,
            "2026-03-02",
            6,
            0,
            0,
            0,
            None,
            "朋友圈",
            "20260301",
            "停水通知",
            30,
            "25%",
        ],
        [None, "2026-03-02", "全部", 90],
        [None, "2026-03-02", "公众号消息", 40],
    ]
    return xls_file(**{"New Sheet1": rows})


def test_wechat_tendency_three_blocks_side_by_side(session):
    seen = stored(session, tendency(), "tendency_20260301_20260331.xls", "wechat")
    assert [table.form for table in seen.tables] == ["wechat_tendency", "wechat_tendency_share", "wechat_channels"]
    assert daily_rows(session) == [
        (date(2026, 3, 1), 1, {"readers": 120, "sharers": 4, "favourites": 2}),
        (date(2026, 3, 2), 0, {"readers": 90, "sharers": 6, "favourites": 0}),
    ]
    ((title, _, at, counters),) = post_rows(session)
    assert (title, at, counters) == ("停水通知", "2026-03-01 00:00", {"readers": 80})
    assert seen.checked.skipped["分渠道的行（只取“全部”）"] == 3
    row = session.execute(select(DailyReading)).scalars().first()
    assert local(row.observed_at).isoformat() == "2026-03-31T23:59:59+08:00"
    assert row.locator == "New Sheet1!B4:D4、New Sheet1!F4:J4"
    assert session.execute(select(Post.timed)).scalar_one() is False


def test_articles_from_before_the_days_of_the_export_are_left_out(session):
    head = headed("日期 渠道 阅读人数 日期 分享人数 发表篇数 传播渠道 发表日期 内容标题 阅读人数")
    rows = [
        head,
        ["2026-03-01", "全部", 9, "2026-03-01", 1, 1, "全部", "20260301", "新的", 5],
        [None, None, None, None, None, None, "全部", "20260210", "旧的", 4],
    ]
    seen = stored(session, xls_file(数据=rows), "tendency.xls", "wechat")
    assert [row[0] for row in post_rows(session)] == ["新的"]
    assert seen.checked.skipped == {"发表早于导出时段的文章（只有部分阅读）": 1}


def test_wechat_older_daily_form_keeps_persons_and_times_apart(session):
    head = headed("日期 阅读次数 阅读人数 分享次数 分享人数 阅读原文次数 阅读原文人数 收藏次数 收藏人数 群发篇数 渠道")
    rows = [
        head,
        ["2026-03-01", 144, 118, 5, 4, 1, 1, 3, 2, 1, "全部"],
        ["2026-03-01", 44, 18, 1, 1, 0, 0, 0, 0, 0, "朋友圈"],
        ["合计", 144, 118, 5, 4, 1, 1, 3, 2, 1, ""],
    ]
    stored(session, csv_file(rows, "gb18030"), "流量.csv", "wechat")
    assert daily_rows(session) == [
        (date(2026, 3, 1), 1, {"reads": 144, "readers": 118, "reposts": 5, "sharers": 4, "favourites": 3}),
    ]


@pytest.mark.parametrize("left_out", [(), ("送达人数", "送达阅读率")])
def test_wechat_articles(session, left_out):
    values = ["停水通知", "20260301", 80, 100, 4, 5, 1, 900, 70, "8%", 2, 10, "2%", "5", "60%", LINK]
    kept = [(head, value) for head, value in zip(ARTICLES, values, strict=True) if head not in left_out]
    rows = [[head for head, _ in kept], [value for _, value in kept]]
    stored(session, xlsx_file(内容分析=rows), "内容.xlsx", "wechat")
    assert post_rows(session) == [
        (
            "停水通知",
            "5fg09YVQptHR8EtfkS_kOA",
            "2026-03-01 00:00",
            {"reads": 100, "readers": 80, "reposts": 5, "sharers": 4},
        ),
    ]


def test_wechat_articles_of_2026_hold_persons_only(session):
    head = headed("内容标题 发表时间 总阅读人数 总分享人数 阅读后关注人数 送达人数 送达阅读率 阅读完成率 内容url")
    rows = [
        [],
        [None, "内容数据"],
        [],
        [None, *head],
        [None, "停水通知", "2026-03-01", 80, 4, 1, 900, "8%", "60%", LINK],
    ]
    stored(session, xls_file(数据=rows), "total_20260301.xls", "wechat")
    assert post_rows(session)[0][3] == {"readers": 80, "sharers": 4}


def single(named: bool = True, first: str = "2026-03-01") -> bytes:
    """One article: several tables one under the other."""
    overview = [["内容标题", "停水通知"], ["发表时间", "2026-03-01 08:30"]] if named else []
    rows = [
        ["数据概况"],
        *overview,
        [],
        ["阅读转化"],
        ["公众号消息", 50, "40%"],
        ["推荐转化"],
        ["推荐", 9, "7%"],
        [],
        ["数据趋势明细"],
        ["日期", "传播渠道", "阅读人数", "阅读次数", "分享人数", "分享次数"],
        [first, "全部", 70, 90, 3, 4],
        [first, "朋友圈", 30, 40, 1, 1],
        ["2026-03-02", "全部", 10, 12, 1, 1],
        ["2026-03-04", "全部", 2, 3, 0, 0],
        [],
        ["性别分布"],
        ["性别", "人数"],
        ["男", 40],
        ["女", 42],
    ]
    return xls_file(单篇=rows)


def test_wechat_single_article_gives_its_times_day_by_day(session):
    seen = stored(session, single(), "单篇.xls", "wechat")
    assert [table.form for table in seen.tables] == ["wechat_single"]
    assert [(table.form, table.why) for table in seen.empty] == [
        ("wechat_crowd", "这是读者构成表，没有逐篇或逐日的数据可存"),
    ]
    assert [row[3] for row in post_rows(session)] == [
        {"reads": 90, "reposts": 4},
        {"reads": 102, "reposts": 5},
        {"reads": 105, "reposts": 5},
    ]
    readings = session.execute(select(Reading.day, Reading.reads_slack).order_by(Reading.id)).all()
    assert readings == [(date(2026, 3, 1), 0), (date(2026, 3, 2), 0), (date(2026, 3, 4), AT_LEAST)]
    assert post_rows(session)[0][2] == "2026-03-01 08:30"


def test_wechat_single_article_without_its_first_days_is_a_lower_bound(session):
    stored(session, single(first="2026-03-03"), "单篇.xls", "wechat")
    assert set(session.execute(select(Reading.reads_slack)).scalars()) == {AT_LEAST}


def test_wechat_single_article_that_is_not_named_says_so(session):
    with pytest.raises(UnknownHeader, match="没有写明是哪一篇"):
        preview(single(named=False), "单篇.xls", platform="wechat", account_name="本区发布", now=NOW, session=session)


def test_one_article_of_several_exports_is_one_post(session):
    rows = [ARTICLES, ["停水通知", "20260301", 80, 100, 4, 5, 1, 900, 70, "8%", 2, 10, "2%", "5", "60%", LINK]]
    stored(session, tendency(), "tendency_20260301_20260331.xls", "wechat")
    stored(session, xlsx_file(内容分析=rows), "内容.xlsx", "wechat")
    stored(session, single(), "单篇.xls", "wechat")
    assert len(session.execute(select(Post)).scalars().all()) == 1


# --- 微博, 视频 -----------------------------------------------------------------------------------------------------


def test_weibo_days_are_followers_and_totals(session):
    head = headed("日期 粉丝总数 粉丝净增数 新增粉丝数 减少粉丝数 阅读数 发博数 转评赞数 转发数 评论数 点赞数")
    rows = [
        head,
        ["2026-07-01", "12,000", -5, 10, 15, "10万+", 3, 60, 10, 20, 30],
        ["2026-07-02", 12001, 1, 1, 0] + ["-"] * 6,
    ]
    stored(session, csv_file(rows, "utf-8-sig"), "日数据.csv", "weibo")
    assert follower_rows(session) == [(date(2026, 7, 1), 12_000, 10, 15), (date(2026, 7, 2), 12_001, 1, 0)]
    assert daily_rows(session) == [
        (date(2026, 7, 1), 3, {"reads": 100_001, "reposts": 10, "comments": 20, "likes": 30}),
    ]
    (row,) = session.execute(select(DailyReading)).scalars()
    assert row.figures["reads"] == [100_001, AT_LEAST]


def test_weibo_posts_and_the_crawlers_file(session):
    head = headed("发布时间 微博内容 阅读数 转评赞数 转发数 评论数 点赞数 点击数 URL")
    rows = [head, ["2020-01-25 23:37", "正文", 900, 6, 1, 2, 3, 0, WEIBO]]
    stored(session, csv_file(rows, "gb18030"), "单条.xls", "weibo")
    head = headed("id bid 正文 头条文章url 原始图片url 视频url 位置 日期 工具 点赞数 评论数 转发数 话题 @用户 完整日期")
    rows = [
        head,
        [
            "4464766170755187",
            "IraRz3asr",
            "正文",
            "",
            "",
            "",
            "",
            "2020-01-25",
            "",
            5,
            2,
            1,
            "",
            "",
            "2020-01-25 23:37:00",
        ],
    ]
    stored(session, csv_file(rows), "crawler.csv", "weibo")
    assert [row[1:] for row in post_rows(session)] == [
        ("4464766170755187", "2020-01-25 23:37", {"reads": 900, "likes": 3, "reposts": 1, "comments": 2}),
        ("4464766170755187", "2020-01-25 23:37", {"reads": 900, "likes": 5, "reposts": 1, "comments": 2}),
    ]


def test_douyin_works(session):
    head = headed(
        "作品名称 发布时间 体裁 审核状态 播放量 完播率 5s完播率 封面点击率 2s跳出率 平均播放时长 作品时长 点赞量 "
        "分享量 评论量 收藏量 主页访问量 粉丝增量"
    )
    row = [
        "早安",
        datetime(2026, 7, 1, 7),
        "视频",
        "通过",
        "1.2万",
        "10%",
        "20%",
        "3%",
        "30%",
        "14.73秒",
        "00:01:02",
        50,
        6,
        7,
        8,
        9,
        -2,
    ]
    stored(session, xlsx_file(作品=[head, row]), "作品.xlsx", "douyin")
    assert post_rows(session)[0][2:] == (
        "2026-07-01 07:00",
        {"plays": 12_000, "likes": 50, "reposts": 6, "comments": 7, "favourites": 8},
    )


def test_channels_hearts_are_wows_and_thumbs_are_likes(session):
    head = headed(
        "视频描述 视频ID 发布时间 完播率 平均播放时长 播放量 推荐 喜欢 评论量 分享量 关注量 转发聊天和朋友圈 设为铃声 "
        "设为状态 设为朋友圈封面 企微链接点击次数 企微链接点击人数 添加到通讯录次数 添加到通讯录人数"
    )
    row = ["甲", "export/UzFf", "2026/07/24", "4.41%", "14.73秒", 1234, 5, 6, 7, 8, 1, 2, 0, 0, 0, 0, 0, 0, 0]
    stored(session, csv_file([head, row], "utf-8-sig"), "视频.csv", "channels")
    assert post_rows(session) == [
        ("甲", "export/UzFf", "2026-07-24 00:00", {"plays": 1234, "likes": 6, "wows": 5, "reposts": 8, "comments": 7}),
    ]


# --- 头条, 小红书, 知乎, 多平台 -------------------------------------------------------------------------------------


def test_toutiao_trend_and_followers(session):
    head = headed("时间 展现量 粉丝展现量 阅读(播放)量 粉丝阅读(播放)量 点赞量 评论量")
    rows = [head, ["累计", 999, 99, 99, 9, 9, 9], ["2026-07-01", 500, 50, 40, 4, 3, 2]]
    stored(session, xlsx_file(数据趋势=rows), "数据趋势.xlsx", "toutiao")
    assert daily_rows(session) == [(date(2026, 7, 1), None, {"reads": 40, "likes": 3, "comments": 2})]
    head = headed("时间 总粉丝数 粉丝变化数 新增粉丝数 流失粉丝数 活跃粉丝数 总铁粉数")
    stored(session, xlsx_file(粉丝=[head, ["2026-07-01", 800, 5, 8, 3, 20, 1]]), "粉丝.xlsx", "toutiao")
    assert follower_rows(session) == [(date(2026, 7, 1), 800, 8, 3)]


def test_multi_platform_tool(session):
    head = headed("账号 备注 平台 标题 类型 推荐 阅读（播放） 评论 分享 收藏 点赞 发布时间 链接")
    rows = [
        head,
        [
            "本区发布",
            "",
            "头条号",
            "甲",
            "图文",
            900,
            50,
            1,
            2,
            3,
            4,
            "2026-07-01 08:00",
            "https://www.toutiao.com/a7301234567",
        ],
        [
            "本区交警",
            "",
            "头条号",
            "乙",
            "图文",
            900,
            50,
            1,
            2,
            3,
            4,
            "2026-07-01 08:00",
            "https://www.toutiao.com/a7301234568",
        ],
    ]
    stored(session, csv_file(rows, "gb18030"), "多平台.csv", "toutiao")
    ((title, _, _, counters),) = post_rows(session)
    assert (title, counters) == ("甲", {"reads": 50, "comments": 1, "reposts": 2, "favourites": 3, "likes": 4})


def test_xiaohongshu_notes_and_the_sheets_of_thirty_days(session):
    head = headed("笔记标题 首次发布时间 体裁 曝光 观看量 封面点击率 点赞 评论 收藏 涨粉 分享 人均观看时长 弹幕")
    row = ["甲", "2026年07月24日10时20分00秒", "图文", 900, 300, "12%", 5, 6, 7, 1, 8, "10秒", 0]
    stored(session, xlsx_file(笔记=[head, row]), "笔记列表明细表.xlsx", "xiaohongshu")
    assert post_rows(session)[0][2:] == (
        "2026-07-24 10:20",
        {"plays": 300, "likes": 5, "comments": 6, "favourites": 7, "reposts": 8},
    )
    days = [["日期", "数值"], ["2026-07-01", 11], ["2026-07-02", 12]]
    seen = stored(
        session, xlsx_file(账号总体观看数据=days, 曝光趋势=days, 观看趋势=days), "近30日观看数据.xlsx", "xiaohongshu"
    )
    assert daily_rows(session) == [(date(2026, 7, 1), None, {"plays": 11}), (date(2026, 7, 2), None, {"plays": 12})]
    assert [table.why[:6] for table in seen.empty] == ["工作表“账号", "工作表“曝光"]


def test_zhihu_daily_is_csv_under_the_name_xls(session):
    rows = [headed("日期 阅读 播放 点赞 喜欢 评论 收藏 分享"), ["2026-07-01", 100, 20, 3, 4, 5, 6, 7]]
    stored(session, csv_file(rows, "utf-8-sig"), "日报表.xls", "zhihu")
    assert daily_rows(session) == [
        (
            date(2026, 7, 1),
            None,
            {
                "reads": 100,
                "plays": 20,
                "likes": 3,
                "comments": 5,
                "favourites": 6,
                "reposts": 7,
            },
        )
    ]


# --- 榜单 -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def ledgered(session):
    for number, name in (("gh_a", "本区发布"), ("gh_b", "本区交警")):
        ledger.add_account(
            session, ledger.AccountEntry(platform="wechat", external_id=number, name=name), who="张三", now=NOW
        )
    session.commit()
    return session


def test_gsdata_articles_and_board(ledgered):
    rows = [
        headed("标题 摘要 发布时间 作者 阅读数 点赞数 链接"),
        ["甲", "摘要", "2026-07-01 08:00", "记者", 100001, 9, LINK],
    ]
    stored(ledgered, csv_file(rows), "文章.csv", "wechat")
    assert post_rows(ledgered)[0][3] == {"reads": 100_001, "likes": 9}
    head = headed("排名 公众号 发布 总阅读数 头条阅读 平均阅读 总在看 总点赞 WCI")
    rows = [
        ["清博指数 周榜 2026-07-20 至 2026-07-26"],
        head,
        [1, "外区发布", "7/30", "50万", "10万+", 9000, 90, 80, "1,200.55"],
        [2, "本区发布", "7/30", "30万", "10万+", 100001, 60, 50, 998.1],
    ]
    seen = stored(ledgered, xlsx_file(榜单=rows), "清博.xlsx", "wechat", account="")
    assert seen.strangers == ("外区发布",) and "台账中没有的账号 1 个" in seen.words
    (row,) = ledgered.execute(select(BoardReading)).scalars()
    assert (row.provider, row.index, row.period, row.day, row.value, row.place) == (
        "gsdata",
        "wci",
        "week",
        date(2026, 7, 26),
        998.1,
        2,
    )
    assert row.figures == {
        "url_times": 7.0,
        "url_num": 30.0,
        "readnum_all": 300_000.0,
        "readnum_all_slack": 5_000.0,
        "url_times_readnum": 100_001.0,
        "url_times_readnum_slack": -1.0,
        "readnum_av": 100_001.0,
        "readnum_av_slack": -1.0,
        "总在看": 60.0,
        "likenum_all": 50.0,
    }


def test_newrank_board_of_several_accounts(ledgered):
    head = headed("排名 公众号 发布 总阅读数（万+） 头条（万+） 平均 最高 总在看数 新榜指数")
    rows = [
        head,
        [11, "本区发布", "31/248", "2458 ", "310 ", 99125, "10万+", "430万+", 1003.1],
        [29, "本区交警", "30/60", "12", "5", 2000, 9000, 120, 800],
        [30, "外区发布", "30/60", "12", "5", 2000, 9000, 120, 799],
    ]
    seen = stored(ledgered, csv_file(rows), "新榜月榜2026年3月.csv", "wechat", account="")
    assert seen.account_name == "" and seen.strangers == ("外区发布",)
    first, second = ledgered.execute(select(BoardReading).order_by(BoardReading.place)).scalars()
    assert (first.provider, first.period, first.day, first.value, first.place) == (
        "newrank",
        "month",
        date(2026, 3, 31),
        1003.1,
        11,
    )
    assert first.figures["总阅读数"] == 24_580_000.0 and first.figures["总阅读数_slack"] == -1.0
    assert (first.figures["发布次数"], first.figures["发布篇数"], first.figures["平均"]) == (31.0, 248.0, 99_125.0)
    assert (second.account_id, second.value) == (2, 800.0)


def test_a_board_needs_its_period(ledgered):
    rows = [headed("排名 公众号 发布 新榜指数"), [1, "本区发布", "31/248", 1003.1]]
    seen = preview(csv_file(rows), "榜单.csv", platform="wechat", now=NOW, session=ledgered)
    assert not seen.good and "榜单的截止日期" in seen.rejects[0].reason
    stored(ledgered, csv_file(rows), "榜单.csv", "wechat", account="", period="week", until=date(2026, 7, 26))
    (row,) = ledgered.execute(select(BoardReading)).scalars()
    assert (row.period, row.day) == ("week", date(2026, 7, 26))


def test_the_same_board_again_changes_nothing_until_the_ledger_knows_more(ledgered):
    rows = [headed("排名 公众号 发布 新榜指数"), [1, "本区发布", "31/248", 1003.1], [2, "区消防", "31/248", 900]]
    options = {"platform": "wechat", "now": NOW, "session": ledgered}
    for expected in ("stored", "known"):
        seen = preview(csv_file(rows), "新榜月榜202603.csv", **options)
        assert take(ledgered, seen, partial=False, who="张三", now=NOW).state == expected
    ledger.add_account(
        ledgered, ledger.AccountEntry(platform="wechat", external_id="gh_c", name="区消防"), who="张三", now=NOW
    )
    ledgered.commit()
    seen = preview(csv_file(rows), "新榜月榜202603.csv", **options)
    assert take(ledgered, seen, partial=False, who="张三", now=NOW).new == 1
