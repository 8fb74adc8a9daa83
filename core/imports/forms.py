"""The exports we know: which header means which field, and which headers tell one export from another. Pure data."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.labels import COUNTERS

FIELDS = {
    "published_at": "发布时间", "day": "日期", "title": "标题", "text": "正文", "url": "链接",
    "external_id": "作品编号", "short_id": "短编号", "kind": "体裁", "original": "是否原创", "position": "图文位置",
    "account": "账号", "platform": "平台", "channel": "传播渠道", "state": "审核状态", **COUNTERS,
    "followers": "粉丝总数", "new": "新增粉丝", "lost": "流失粉丝", "active_users": "活跃用户数",
    "new_users": "新增用户数", "total_users": "累计用户数", "launches": "启动次数", "downloads": "下载量",
    "rating": "评分",
}
"""Field → its Chinese name, in the order in which a person maps them."""

_NAMES = {
    "published_at": "发布时间 发表时间 发文时间 首次发布时间 发布日期 发表日期 完整日期"
                    " 创建时间 推送时间 群发时间 发博时间 发布于"
                    " created_at published_at publish_time pubdate wb_from date_published",
    "day": "日期 时间 统计日期 数据日期 date ref_date",
    "title": "标题 内容标题 文章标题 作品名称 作品标题 作品描述 视频标题 视频描述 笔记标题 图文标题 title",
    "text": "正文 微博内容 微博正文 博文内容 内容 文本 摘要 wb_text content text",
    "url": "内容url 链接 url 作品链接 文章链接 微博链接 笔记链接 视频链接 原文链接 永久链接 内容链接 weibo_url"
           " 微博url link",
    "external_id": "id 视频id 作品id 微博id 文章id 笔记id 内容id 稿件id mid aweme_id bvid bv号 msgid",
    "short_id": "bid",
    "kind": "体裁 类型 内容类型 作品类型 微博类型",
    "original": "是否原创 原创",
    "position": "图文位置 发文位置 位次",
    "account": "账号 账号名称 公众号 公众号名称 昵称 账号昵称 微博昵称 用户昵称 媒体名称 媒体号",
    "platform": "平台 所属平台 发布平台",
    "channel": "渠道 传播渠道",
    "state": "审核状态 发布状态 作品状态",
    "reads": "阅读数 阅读量 阅读次数 总阅读次数 总阅读数 总阅读量 阅读 阅读播放量 阅读播放 浏览量 浏览数"
             " 浏览次数 reads read_num",
    "readers": "阅读人数 总阅读人数 readers",
    "plays": "播放量 播放数 播放次数 播放 总播放量 观看量 观看数 观看次数 plays",
    "likes": "点赞 点赞量 点赞数 点赞次数 总点赞数 赞 赞数 获赞数 like likes like_num attitudes_count",
    "wows": "在看 在看数 总在看 总在看数",
    "reposts": "转发 转发量 转发数 转发次数 分享 分享量 分享数 分享次数 总分享次数 forward repost"
               " reposts reposts_count share",
    "comments": "评论 评论量 评论数 评论次数 留言 留言数 comment comments comments_count",
    "favourites": "收藏 收藏量 收藏数 收藏次数 favourites",
    "followers": "累积关注人数 累计关注人数 粉丝总数 总粉丝数 总粉丝量 粉丝数 粉丝量 累计粉丝数"
                 " followers followers_count",
    "new": "新关注人数 新增关注人数 新增粉丝数 新增粉丝",
    "lost": "取消关注人数 减少粉丝数 流失粉丝数 取关粉丝数 取关人数",
    "active_users": "活跃用户 活跃用户数 日活跃用户 日活跃用户数 日活用户数 日活 dau",
    "new_users": "新增用户 新增用户数 日新增用户数",
    "total_users": "累计用户 累计用户数 总用户数",
    "launches": "启动次数 日启动次数",
    "downloads": "下载量 下载数 下载次数",
    "rating": "评分 应用评分",
}
_UNUSED = (
    "净增关注人数 粉丝净增数 粉丝变化数 粉丝增量 涨粉 关注量 活跃粉丝数 总铁粉数 转评赞数 点击数 发博数 "
    "群发篇数 发表篇数 总分享人数 分享人数 阅读原文人数 阅读原文次数 跳转阅读原文人数 收藏人数 微信收藏人数 "
    "阅读后关注人数 送达人数 公众号消息阅读次数 送达阅读率 首次分享次数 分享产生阅读次数 首次分享率 "
    "每次分享带来阅读次数 阅读完成率 阅读人数占比 完播率 5s完播率 封面点击率 2s跳出率 平均播放时长 作品时长 "
    "主页访问量 转发聊天和朋友圈 设为铃声 设为状态 设为朋友圈封面 企微链接点击次数 企微链接点击人数 "
    "添加到通讯录次数 添加到通讯录人数 展现量 粉丝展现量 粉丝阅读播放量 曝光 人均观看时长 弹幕 头条文章url "
    "原始图片url 视频url 位置 工具 话题 @用户 作者 备注 排名 发布 头条 头条阅读 平均阅读 平均 最高 新榜指数 "
    "wci source_file 推荐 喜欢 数值 次日留存率 使用时长 人均使用时长"
)


def normal(header: object) -> tuple[str, str]:
    """(normal form, unit) of a header: full-width, case, spaces and brackets settled; a unit such as 万 set apart."""
    text = unicodedata.normalize("NFKC", "" if header is None else str(header)).lower()
    text = "".join(letter for letter in text if not letter.isspace() and letter not in "'\"\ufeff\u200b*:")
    unit = ""
    if found := re.search(r"[(\[【](万\+?|亿|千|次|个|篇|条|%|秒|元|分钟)[)\]】]$", text):
        text, unit = text[: found.start()], found[1]
    return re.sub(r"[()\[\]【】《》]", "", text), unit if unit in ("万", "万+", "亿", "千") else ""


SYNONYMS: Mapping[str, str] = MappingProxyType(
    {name: target for target, names in _NAMES.items() for name in names.split()}
)
"""Normal form of a header → field."""
KNOWN = frozenset(SYNONYMS) | frozenset(_UNUSED.split())
"""Headers that are recognised, whether they are used or not."""


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of export. `marks`: headers that together identify it. `fields`: what differs from the synonyms.

    `table` is what its rows are: posts, followers, apps; "" for tables without anything to store, with `why`.
    """

    key: str
    title: str
    table: str
    marks: frozenset[str]
    platforms: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    why: str = ""


def _form(key: str, title: str, table: str, marks: str, *platforms: str, why: str = "", **fields: str) -> Form:
    return Form(key, title, table, frozenset(marks.split()), platforms, fields, why)


_DAILY = "这是账号每日汇总表，没有逐篇数据。请改为导出“内容分析”里的逐篇（单篇）数据"
_BOARD = "这是榜单汇总表，没有逐篇数据。请改为导出各账号的发文明细"

FORMS = (
    _form("wechat_articles", "公众号·内容分析（已通知/未通知内容）", "posts", "内容标题 发表时间 总阅读人数", "wechat"),
    _form("wechat_channels", "公众号·内容分析（分渠道）", "posts", "传播渠道 发表日期 内容标题", "wechat"),
    _form("wechat_followers", "公众号·用户增长", "followers", "时间 新关注人数 取消关注人数", "wechat"),
    _form("wechat_daily", "公众号·流量数据", "", "日期 阅读次数 阅读人数 群发篇数", "wechat", why=_DAILY),
    _form("wechat_tendency", "公众号·流量数据", "", "日期 渠道 阅读人数", "wechat", why=_DAILY),
    _form("wechat_tendency_share", "公众号·流量数据", "", "日期 分享人数 发表篇数", "wechat", why=_DAILY),
    _form("weibo_posts", "微博·数据助手（单条微博）", "posts", "发布时间 微博内容", "weibo"),
    _form("weibo_crawler", "微博·weibo-crawler 导出", "posts", "id bid 正文", "weibo"),
    _form("weibo_page", "微博·页面采集表", "posts", "wb_from wb_text weibo_url", "weibo"),
    _form("weibo_followers", "微博·数据助手（每日）", "followers", "日期 粉丝总数", "weibo"),
    _form("douyin_works", "抖音·创作者中心作品", "posts", "作品名称 发布时间 播放量", "douyin"),
    _form("channels_videos", "视频号助手·单篇视频", "posts", "视频描述 发布时间 播放量", "channels",
          推荐="wows", 喜欢="likes", 转发聊天和朋友圈=""),
    _form("toutiao_trend", "头条号·数据趋势", "", "时间 展现量 阅读播放量", "toutiao", why=_DAILY),
    _form("toutiao_followers", "头条号·粉丝", "followers", "时间 总粉丝数 粉丝变化数", "toutiao"),
    _form("multi_platform", "多平台管理工具·内容数据", "posts", "平台 标题 阅读播放 链接"),
    _form("xiaohongshu_notes", "小红书·笔记数据", "posts", "笔记标题 首次发布时间", "xiaohongshu"),
    _form("xiaohongshu_trend", "小红书·近30日", "", "日期 数值", "xiaohongshu", why=_DAILY),
    _form("zhihu_daily", "知乎·日报表", "", "日期 阅读 喜欢", "zhihu", why=_DAILY),
    _form("gsdata_articles", "清博·文章导出", "posts", "标题 摘要 发布时间 阅读数 链接"),
    _form("gsdata_board", "清博·榜单", "", "排名 公众号 wci", why=_BOARD),
    _form("newrank_board", "新榜·榜单", "", "排名 公众号 发布", why=_BOARD),
    _form("app_daily", "APP·每日数据", "apps", "日期 活跃用户", "app"),
    _form("app_daily", "APP·每日数据", "apps", "日期 活跃用户数", "app"),
)
GENERIC = {
    "posts": Form("posts", "逐篇数据表", "posts", frozenset()),
    "followers": Form("followers", "每日粉丝表", "followers", frozenset()),
    "apps": Form("apps", "APP 每日数据表", "apps", frozenset(), ("app",)),
    "daily": Form("daily", "每日汇总表", "", frozenset(), why=_DAILY),
}
