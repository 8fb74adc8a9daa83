"""A report with everything in it that a renderer can meet."""

from datetime import UTC, date, datetime, timedelta

from core.counts import AT_LEAST, Count
from core.report.content import (
    Chart,
    Column,
    Content,
    Figure,
    Figures,
    Heading,
    Mean,
    Note,
    Paragraph,
    Section,
    Series,
    Subject,
    Table,
)

FIRST = date(2020, 2, 1)
DAYS = [FIRST + timedelta(n) for n in range(29)]
POSTS = [40 + (n * 17) % 23 for n in range(29)]
READS = [None if n in (9, 10, 12) else 90_000 + (n * 7919) % 260_000 for n in range(29)]
LIKES = [1200 + (n * 523) % 4000 for n in range(29)]
COMMENTS = [300 + (n * 211) % 900 for n in range(29)]
UNITS = ["教育局", "卫生健康委员会", "市场监督管理局", "文化和旅游局", "城市管理综合行政执法局", "人力资源和社会保障局",
         "中关村街道办事处", "万寿路街道", "四季青镇", "上庄镇", "温泉镇", "曙光街道"]


def content(*, is_demo: bool = False, accounts: int = 60) -> Content:
    """The sample; the same one at every call."""
    daily = Table(
        "每日发布与互动情况",
        (Column("日期", "date"), Column("发布数", "int"), Column("阅读数", "count"), Column("点赞数", "count"),
         Column("评论数", "count"), Column("环比", "growth")),
        tuple(
            (day, POSTS[n], Count(READS[n], AT_LEAST if n == 3 else 500 if n == 5 else 0), LIKES[n], COMMENTS[n],
             None if n == 0 else POSTS[n] / POSTS[n - 1] - 1)
            for n, day in enumerate(DAYS)
        ),
        note="≥ 表示至少，≈ 表示约数，— 表示数据缺失（不等于零）。",
    )
    board = Table(
        "账号榜单",
        (Column("名次", "rank"), Column("变化", "move"), Column("账号"), Column("所属单位"), Column("发布数", "int"),
         Column("总阅读数", "count"), Column("最高阅读数", "count"), Column("平均阅读数", "mean"),
         Column("总点赞数", "count"), Column("传播指数", "score")),
        tuple(
            (n + 1, (n * 5) % 7 - 3 if n % 9 else None, f"{UNITS[n % 12][:5]}发布{n + 1:02d}", "海淀区" + UNITS[n % 12],
             120 - n, Count(9_876_543 - 130_001 * n, AT_LEAST if n % 4 == 0 else 0),
             Count(100_001, AT_LEAST) if n % 4 == 0 else 98_000 - n * 1000,
             Mean((9_876_543 - 130_001 * n) / (120 - n), "≥" if n % 4 == 0 else ""), 34_567 - n * 321,
             1234.567 - n * 11.3)
            for n in range(accounts)
        ),
    )
    return Content(
        subject=Subject("monthly", "weibo", "2020-02", "all"),
        title="2020年2月海淀区政务微博运营情况月报",
        subtitle="（供工作参考）",
        office="海淀区新媒体中心",
        district="海淀区",
        platform="微博",
        kind="月报",
        period="2020年2月1日至2月29日",
        scope="全区",
        basis="最新值",
        as_of=datetime(2020, 3, 1, 1, 30, tzinfo=UTC),
        stamp=42,
        is_demo=is_demo,
        sections=(
            Section("总体情况", (
                Figures((
                    Figure("发布数", "1,482", "条", "环比 +12.3%"),
                    Figure("阅读数", "≥5,432.1万", "次", "环比 -4.0%"),
                    Figure("转评赞合计", "86.4万", "次", "环比 持平"),
                    Figure("粉丝数", "1.2亿", "人", "较上月末 +3.2万"),
                )),
                Paragraph(
                    "2020年2月，全区60个政务微博账号共发布信息1,482条，日均51.1条，环比增长12.3%；总阅读数不少于5,432.1万次"
                    "（其中3条显示为“10万+”，按下限计入），平均每条3.7万次；转发、评论、点赞合计86.4万次。从发布主体看，委办局账号"
                    "发布864条，占58.3%；街镇账号发布618条，占41.7%。阅读数最高的一条为“海淀融媒”2月7日发布的《致全区居民的一封信》"
                    "（https://weibo.com/2656274875/IraRz3asr?from=page_1002062656274875_profile&wvr=6&mod=weibotime），"
                    "阅读数为100,001次以上。"
                ),
                Heading("与上月相比"),
                Paragraph("发布数增加162条；阅读数减少226.4万次。（说明：1月含春节假期，两月天数不同。）"),
            )),
            Section("每日发布情况", (
                Paragraph("每日发布量在40至62条之间，工作日明显高于周末；2月10日、11日、13日部分账号采集失败，图中以断开表示。"),
                Chart("line", "每日阅读数", "日期", tuple(DAYS), (Series("阅读数", tuple(READS)),), "次",
                      note="断开处为数据缺失；阴影为法定节假日。",
                      marks=((date(2020, 2, 1), "春节"), (date(2020, 2, 2), "春节"))),
                Chart("stacked", "每日互动数", "日期", tuple(DAYS),
                      (Series("点赞数", tuple(LIKES)), Series("评论数", tuple(COMMENTS))), "次"),
                daily,
            )),
            Section("榜单", (
                Paragraph("以下按微博传播指数排列前列账号，仅作运营分析，不作考核依据。"),
                Chart("bar", "阅读数前8位账号", "账号", tuple(UNITS[:8]),
                      (Series("阅读数", (5_234_567, 3_100_001, 2_500_000, 1_900_000, 870_000, 99_999, 31_000, None)),),
                      "次"),
                Chart("heat", "发布时段分布", "时", tuple(str(hour) for hour in range(24)),
                      tuple(Series(day, tuple(None if (hour, n) == (3, 3) else (hour * (n + 3)) % 29
                                              for hour in range(24)))
                            for n, day in enumerate(("周一", "周二", "周三", "周四", "周五", "周六", "周日"))), "条"),
            )),
            Section("热门内容", (
                Table("阅读数前3条", (Column("名次", "rank"), Column("标题"), Column("账号"),
                                    Column("发布日期", "date"),
                                    Column("阅读数", "count")), (
                    (1, "#新型肺炎#【急转！😷急寻2月1日D3937次动车7号车厢在云南文山境内下车的57名乘客】=1+1",
                     "海淀融媒", FIRST, Count(100_001, AT_LEAST)),
                    (2, "<script>alert(1)</script> & “引号”、（括号）；\x07控制符", "海淀发布", FIRST, 88_000),
                    (3, "https://example.com/very/long/path/without/any/blank?query=" + "x" * 90, "𠮷野家", FIRST,
                     None),
                )),
                Table("没有行的表", (Column("名称"), Column("数量", "int")), ()),
            )),
            Section("统计口径与数据说明", (
                Paragraph("阅读数按“最新值”口径统计：取每条信息最近一次采集的数值。"),
                Note("版本：BCI V9.0。"),
                Chart("line", "空图", "日期", tuple(DAYS), (Series("播放数", (None,) * 29),), "次"),
            ), role="method"),
            Section("账号明细", (board,), role="annex"),
        ),
    )
