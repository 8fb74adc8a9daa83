"""Headers of exports → fields. Pure data."""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from core.labels import COUNTERS

ORDERS = {
    "order_kind": "诉求类型", "order_unit": "承办单位", "order_place": "事发地址", "order_town": "所属街镇",
    "order_state": "办理状态", "order_answer": "答复内容", "order_satisfied": "满意度", "order_closed": "办结时间",
    "order_due": "办理期限", "order_way": "诉求来源",
}
"""Fields of work orders that only they have."""
FIELDS = {
    "published_at": "发布时间", "day": "日期", "title": "标题", "text": "正文", "url": "链接",
    "external_id": "编号", "short_id": "短编号", "kind": "体裁", "original": "是否原创", "position": "图文位置",
    "account": "账号", "platform": "平台", "channel": "传播渠道", "state": "审核状态", **COUNTERS, "posts": "发布篇数",
    "followers": "粉丝总数", "new": "新增粉丝", "lost": "流失粉丝", "place": "名次", "value": "指数值",
    "active_users": "活跃用户数", "new_users": "新增用户数", "total_users": "累计用户数", "launches": "启动次数",
    "downloads": "下载量", "rating": "评分", **ORDERS,
}
"""Field → its Chinese name."""
KINDS = {
    "posts": "逐篇数据", "followers": "每日粉丝", "daily": "账号每日汇总", "boards": "榜单", "apps": "APP 每日数据",
    "mentions": "12345 工单",
}
"""What the rows of a table become."""
OF_KIND: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "posts": ("published_at", "title", "url", "external_id", *COUNTERS, "text", "account"),
    "followers": ("day", "followers", "new", "lost"),
    "daily": ("day", "channel", "posts", *COUNTERS),
    "boards": ("account", "place", "value", "day"),
    "apps": ("day", "active_users", "new_users", "total_users", "launches", "downloads", "rating"),
    "mentions": ("external_id", "published_at", "title", "text", *ORDERS),
})
"""The fields that make sense for each kind, in the order in which a person maps them."""

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
    "sharers": "分享人数 总分享人数 转发人数",
    "comments": "评论 评论量 评论数 评论次数 留言 留言数 comment comments comments_count",
    "favourites": "收藏 收藏量 收藏数 收藏次数 收藏人数 微信收藏人数 favourites",
    "posts": "发博数 群发篇数 发表篇数 发文数 发布篇数 发文篇数",
    "followers": "累积关注人数 累计关注人数 粉丝总数 总粉丝数 总粉丝量 粉丝数 粉丝量 累计粉丝数"
                 " followers followers_count",
    "new": "新关注人数 新增关注人数 新增粉丝数 新增粉丝",
    "lost": "取消关注人数 减少粉丝数 流失粉丝数 取关粉丝数 取关人数",
    "place": "排名 名次",
    "active_users": "活跃用户 活跃用户数 日活跃用户 日活跃用户数 日活用户数 日活 dau",
    "new_users": "新增用户 新增用户数 日新增用户数",
    "total_users": "累计用户 累计用户数 总用户数",
    "launches": "启动次数 日启动次数",
    "downloads": "下载量 下载数 下载次数",
    "rating": "评分 应用评分",
}
_UNUSED = (
    "净增关注人数 粉丝净增数 粉丝变化数 粉丝增量 涨粉 关注量 活跃粉丝数 总铁粉数 转评赞数 点击数 "
    "阅读原文人数 阅读原文次数 跳转阅读原文人数 "
    "阅读后关注人数 送达人数 公众号消息阅读次数 送达阅读率 首次分享次数 分享产生阅读次数 首次分享率 "
    "每次分享带来阅读次数 阅读完成率 阅读人数占比 完播率 5s完播率 封面点击率 2s跳出率 平均播放时长 作品时长 "
    "主页访问量 转发聊天和朋友圈 设为铃声 设为状态 设为朋友圈封面 企微链接点击次数 企微链接点击人数 "
    "添加到通讯录次数 添加到通讯录人数 展现量 粉丝展现量 粉丝阅读播放量 曝光 人均观看时长 弹幕 头条文章url "
    "原始图片url 视频url 位置 工具 话题 @用户 作者 备注 发布 头条 头条阅读 平均阅读 平均 最高 新榜指数 "
    "wci source_file 推荐 喜欢 数值 次日留存率 使用时长 人均使用时长"
)
_PREFERRED = {
    "published_at": ("完整日期",), "reads": ("总阅读次数",), "reposts": ("总分享次数", "分享次数"),
    "favourites": ("收藏次数", "收藏数", "收藏量", "收藏"),
}
"""Where two columns of a table mean one field: the headers that go before all others (times before persons)."""


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


def better(field: str, name: str, than: str) -> bool:
    """Whether a column headed `name` goes before an earlier one headed `than` for the same field."""
    order = _PREFERRED.get(field, ())
    return name in order and (than not in order or order.index(name) < order.index(than))
