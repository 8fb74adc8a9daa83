"""The exports we know: which headers tell one from another, and what their rows become. Pure data.

Headers as the back offices print them (state of 2026); those marked K in our notes were not seen in a real file.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from core.imports import orders
from core.labels import DEMAND_CHANNELS


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of export. `marks`: headers that together identify it; `groups`: of each of these at least one.

    `table` is what its rows become (headers.KINDS; `article` for the days of one article), `also` what they become
    besides; "" for tables with nothing to store, with `why`. `fields`: what differs from the synonyms.
    """

    key: str
    title: str
    table: str
    marks: frozenset[str]
    platforms: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    also: tuple[str, ...] = ()
    groups: tuple[frozenset[str], ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        return (self.table, *self.also) if self.table else ()

    @property
    def weight(self) -> int:
        """The more it asks for, the surer it is."""
        return len(self.marks) + len(self.groups)

    def matches(self, present: Collection[str]) -> bool:
        return bool(self.weight) and self.marks <= set(present) and all(group & set(present) for group in self.groups)

    def empty(self, why: str) -> "Form":
        """The same export with nothing to store."""
        return replace(self, table="", also=(), why=why)


def _form(
    key: str, title: str, table: str, marks: str, *platforms: str, why: str = "", also: tuple[str, ...] = (),
    **fields: str,
) -> Form:
    return Form(key, title, table, frozenset(marks.split()), platforms, fields, why, also)


def _headed(*fields: str) -> frozenset[str]:
    return frozenset(name for name, target in orders.NAMES.items() if target in fields)


_CROWD = "这是读者构成表，没有逐篇或逐日的数据可存"
_ORDERS = Form(
    "hotline_orders", "12345·工单导出", "mentions", frozenset(), tuple(DEMAND_CHANNELS), orders.NAMES,
    groups=(_headed("external_id") - {"流水号", "单号", "任务编号", "编号"}, _headed("title", "text"),
            _headed("published_at")),
)
_MESSAGES = replace(
    _ORDERS, key="board_messages", title="留言板、信箱·来信导出",
    groups=(frozenset("留言标题 留言主题 留言内容 留言正文 信件标题 信件内容 来信标题 来信内容".split()),  # noqa: SIM905
            _headed("title", "text"), _headed("published_at")),
)

FORMS = (
    _form("wechat_articles", "公众号·内容分析（已通知/未通知内容）", "posts", "内容标题 发表时间 总阅读人数", "wechat"),
    _form("wechat_channels", "公众号·内容分析（分渠道）", "posts", "传播渠道 发表日期 内容标题", "wechat"),
    _form("wechat_followers", "公众号·用户增长", "followers", "时间 新关注人数 取消关注人数", "wechat"),
    _form("wechat_daily", "公众号·流量数据", "daily", "日期 阅读次数 阅读人数 群发篇数", "wechat"),
    _form("wechat_tendency", "公众号·流量数据（阅读）", "daily", "日期 渠道 阅读人数", "wechat"),
    _form("wechat_tendency_share", "公众号·流量数据（分享、收藏、发表）", "daily", "日期 分享人数 发表篇数", "wechat"),
    _form("wechat_single", "公众号·单篇详情（数据趋势明细）", "article", "日期 传播渠道 阅读人数 阅读次数", "wechat"),
    _form("wechat_crowd", "公众号·单篇详情（性别）", "", "性别 人数", "wechat", why=_CROWD),
    _form("wechat_crowd", "公众号·单篇详情（年龄）", "", "年龄 人数", "wechat", why=_CROWD),
    _form("wechat_crowd", "公众号·单篇详情（地域）", "", "地域 人数", "wechat", why=_CROWD),
    _form("weibo_posts", "微博·数据助手（单条微博）", "posts", "发布时间 微博内容", "weibo"),
    _form("weibo_crawler", "微博·weibo-crawler 导出", "posts", "id bid 正文", "weibo"),
    _form("weibo_page", "微博·页面采集表", "posts", "wb_from wb_text weibo_url", "weibo"),
    _form("weibo_followers", "微博·数据助手（每日）", "followers", "日期 粉丝总数", "weibo", also=("daily",)),
    _form("douyin_works", "抖音·创作者中心作品", "posts", "作品名称 发布时间 播放量", "douyin"),
    _form("channels_videos", "视频号助手·单篇视频", "posts", "视频描述 发布时间 播放量", "channels",
          推荐="wows", 喜欢="likes", 转发聊天和朋友圈=""),
    _form("toutiao_trend", "头条号·数据趋势", "daily", "时间 展现量 阅读播放量", "toutiao"),
    _form("toutiao_followers", "头条号·粉丝", "followers", "时间 总粉丝数 粉丝变化数", "toutiao"),
    _form("multi_platform", "多平台管理工具·内容数据", "posts", "平台 标题 阅读播放 链接"),
    _form("xiaohongshu_notes", "小红书·笔记数据", "posts", "笔记标题 首次发布时间", "xiaohongshu"),
    _form("xiaohongshu_trend", "小红书·近30日", "daily", "日期 数值", "xiaohongshu"),
    _form("zhihu_daily", "知乎·日报表", "daily", "日期 阅读 喜欢", "zhihu"),
    _form("gsdata_articles", "清博·文章导出", "posts", "标题 摘要 发布时间 阅读数 链接"),
    _form("gsdata_board", "清博·榜单", "boards", "公众号 wci", "wechat", wci="value"),
    _form("newrank_board", "新榜·榜单", "boards", "公众号 新榜指数", "wechat", 新榜指数="value"),
    _form("app_daily", "APP·每日数据", "apps", "日期 活跃用户", "app"),
    _form("app_daily", "APP·每日数据", "apps", "日期 活跃用户数", "app"),
    _MESSAGES,
    _ORDERS,
)
PROVIDERS = {"gsdata_board": ("gsdata", "wci"), "newrank_board": ("newrank", "nri")}
"""Form → (provider, index) of a board."""
_TRENDS = {
    "曝光": "", "观看": "plays", "播放": "plays", "阅读": "reads", "点赞": "likes", "评论": "comments",
    "收藏": "favourites", "分享": "reposts",
}


def trend(sheet: str) -> tuple[str, str]:
    """(counter, why not) of a sheet of 日期, 数值 by its name; the sheet 账号总体… repeats what the others say."""
    if "总体" in sheet:
        return "", f"工作表“{sheet}”是总览，数值以“观看趋势”等分项工作表为准"
    found = next((counter for word, counter in _TRENDS.items() if word in sheet), None)
    if found is None:
        return "", f"从工作表的名称“{sheet}”看不出“数值”是哪一项"
    return (found, "") if found else ("", f"工作表“{sheet}”是曝光数，本系统不统计曝光")


GENERIC = {kind: Form(kind, title, kind, frozenset()) for kind, title in {
    "posts": "逐篇数据表", "followers": "每日粉丝表", "daily": "每日汇总表", "boards": "榜单", "apps": "APP 每日数据表",
}.items()} | {"mentions": replace(_ORDERS, key="mentions", groups=())}
GENERIC["apps"] = replace(GENERIC["apps"], platforms=("app",))
LEFT_OUT = Form("left_out", "不导入的表", "", frozenset(), why="按手工指定，这个表不导入")
