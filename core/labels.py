"""The Chinese words of the domain, and numbers as officials write them. One place for each word."""

from decimal import ROUND_HALF_UP, Decimal

from core.counts import Count

COUNTERS = {
    "reads": "阅读数", "readers": "阅读人数", "plays": "播放数", "likes": "点赞数", "wows": "在看数",
    "reposts": "转发数", "sharers": "分享人数", "comments": "评论数", "favourites": "收藏数",
}
"""Counter identifier → its Chinese name, in display order. Times (次数) and persons (人数) are different counters."""

FAMILIES = {
    "weibo": "微博", "wechat": "微信", "app": "APP", "video": "短视频", "news": "新闻资讯",
    "forum": "论坛社区", "qa": "问答", "hotlist": "热榜", "livelihood": "民生诉求", "other": "其他",
}
UNIT_KINDS = {"bureau": "委办局", "street": "街镇", "district": "区属", "other": "其他"}
ACCOUNT_STATES = {"normal": "正常", "suspended": "停更", "merged": "已合并", "deregistered": "已注销"}
COVERAGE = {
    "collected": "已采集", "zero": "确认无发布", "pending": "待平台公布", "failed": "采集失败",
    "expired": "凭据失效", "unknown": "无采集记录", "due": "待采集", "unmonitored": "未监测",
}
"""State of an account-day. `unknown`: there is a source, but nothing says what was published; `due`: today, not yet
collected. These two and most of `unmonitored` are never stored: nothing being known is what makes them."""
KNOWN_STATES = ("collected", "zero")
"""Coverage states in which a day without posts is a day on which nothing was published."""
FAULTS = {
    "RETRY": "暂时失败，将自动重试", "REAUTH": "授权失效，需重新授权", "QUOTA": "额度用尽，等待额度恢复",
    "NOTREADY": "平台数据尚未公布，稍后再取", "STOP": "配置或权限问题，需人工处理", "GONE": "内容已不存在",
}
RUN_STATES = {"running": "进行中", "ok": "成功", "unchanged": "无变化", "partial": "部分成功", "failed": "失败"}
RUN_DAYS = {
    "ok": "有新内容", "unchanged": "正常、无新内容", "partial": "部分成功", "failed": "全部失败", "running": "进行中",
    "none": "没有采集",
}
"""What a source's runs of one day came to."""
BASES = {"latest": "最新值", "d7": "发布后第7日值"}
ORDERS = {
    "index": "传播指数", "posts": "发布数", **COUNTERS, "interaction": "转评赞总数", "followers": "粉丝数",
}
"""What a ranking can be ordered by."""
INTERACTION = ("likes", "reposts", "comments")
"""转评赞: reposts, comments and likes together."""
PERIODS = {"day": "日榜", "week": "周榜", "month": "月榜", "quarter": "季榜", "year": "年榜"}
"""Kinds of a board's periods (core.clock.span_of)."""
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
COLLECTORS = {
    "feed": "RSS/Atom 订阅", "rsshub": "RSSHub 路由", "hotlist": "热榜接口", "page": "网页列表",
    "sitemap": "网站地图", "liuyan": "留言板",
    "wechat": "微信公众号接口", "weibo": "微博开放平台", "weibo_commercial": "微博商业接口",
    "weibo_cli": "微博官方命令行",
    "douyin": "抖音开放平台", "kuaishou": "快手开放平台", "bilibili": "B站开放平台", "bilibili_public": "B站公开统计",
    "umeng": "友盟 U-App", "apple": "App Store", "huawei": "华为 AppGallery", "push": "APP 后台推送",
    "gsdata": "清博数据", "newrank": "新榜", "file": "文件导入", "demo": "演示数据",
}
ADDRESSED = ("feed", "rsshub", "hotlist", "page", "sitemap", "liuyan")
"""Collectors whose sources are an address; the others ask their service's own unless another is given."""
TEXT_LATER = {"page": "article", "sitemap": "", "liuyan": "form=signed"}
"""Collectors that read the texts of what they list one by one, after the list: and the option that makes them (filled
in; or with that value; none: always)."""
PASSIVE = ("push",)
"""Collectors whose sources are never asked: what they give is sent here."""
NOTICES = {
    "quiet": "来源无声", "reauth": "需重新授权", "stop": "需人工处理", "failing": "持续失败", "ending": "授权将到期",
    "target": "目标有风险", "late": "签发后变动", "recovered": "已恢复",
}
MISSING = "—"
DEMO = "演示数据"


def thousands(value: int | None) -> str:
    """`1,234,567`, or a dash where missing."""
    return MISSING if value is None else f"{value:,}"


def wan(value: float | int | Decimal | None, decimals: int = 1) -> str:
    """As officials write large numbers: 9,999 · 1.2万 · 3.4亿. Rounds half up; a dash where missing."""
    if value is None or value != value:
        return MISSING
    number = Decimal(str(value))
    quantum = Decimal(1).scaleb(-decimals)
    # What would print as 10000万 is 1亿; below ten thousand every digit stands.
    wan_, yi = Decimal(10**4), Decimal(10**8)
    for unit, scale, least in (("亿", yi, yi - quantum * wan_ / 2), ("万", wan_, wan_)):
        if abs(number) >= least:
            text = f"{(number / scale).quantize(quantum, ROUND_HALF_UP):f}"
            return (text.rstrip("0").rstrip(".") if "." in text else text) + unit
    whole = number.quantize(Decimal(1), ROUND_HALF_UP)
    if number == whole or abs(number) >= 1000:
        return f"{whole:,}"
    return f"{number.quantize(Decimal('0.1'), ROUND_HALF_UP):f}"


def count(value: Count, short: bool = True) -> str:
    """A count with its mark: `≥10万`, `≈1.2万`, `1,234`, `—`. `short=False` writes all the digits."""
    if value.value is None:
        return MISSING
    return value.mark + (wan(value.value) if short else thousands(value.value))


def change(now: float | int | None, before: float | int | None) -> str:
    """Relative change in official words: `+12.3%`, `-4.0%`, `持平`, a dash where either is missing or before is 0."""
    if now is None or before in (None, 0):
        return MISSING
    ratio = (Decimal(str(now)) - Decimal(str(before))) / abs(Decimal(str(before))) * 100
    rounded = ratio.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return "持平" if not rounded else f"{rounded:+f}%"

VIEWED_FROM = 5
"""Mentions of a topic from which it is said what is thought of it."""

STANCES = ("支持", "质疑求证", "批评谴责", "诉求建议", "讽刺", "其他")
"""What a comment can be towards what it is about (core.opinion.viewpoints); the last where no cue says anything."""

TOPIC_CHANGES = {
    "merged": "并入", "split": "分出", "moved": "移出", "drifted": "转移", "named": "改名", "unnamed": "恢复原名",
    "pinned": "置顶", "unpinned": "取消置顶", "hidden": "隐藏", "shown": "取消隐藏",
}
"""What happens to topics besides growing (core.models.TopicChange)."""
SAID = {"news": "新闻", "post": "帖文", "list": "榜单条目"}
SAID_ON = {
    "news": "news", "wechat": "news", "app": "news", "other": "news", "hotlist": "list",
    "weibo": "post", "video": "post", "forum": "post", "qa": "post", "livelihood": "post",
}
"""Family of a platform → what is said there: 新闻 where media and offices publish, 帖文 where people post (on Weibo
everybody does), 榜单条目 the lines of hot lists, which are neither. A platform that the catalogue doesn't know is taken
for 其他 (feeds and sites)."""

LEVELS = {"red": "红色", "orange": "橙色", "yellow": "黄色", "blue": "蓝色"}
"""Levels of incidents and warnings, the gravest first (特别重大、重大、较大、一般)."""
LEVEL_NAMES = {"red": "特别重大", "orange": "重大", "yellow": "较大", "blue": "一般"}
STAGES = {
    "found": "发现", "judged": "研判", "assigned": "交办", "handled": "处置", "answered": "回应", "settled": "办结",
    "archived": "归档",
}
"""Stages of an incident, in order."""
STEP_KINDS = {
    "stage": "环节", "note": "记录", "level": "等级", "edit": "修改", "assign": "交办", "reply": "反馈",
    "link": "关联信息", "unlink": "移出信息", "file": "附件", "merge": "合并", "split": "拆分", "relate": "关联事件",
    "report": "报告", "withdraw": "撤销", "reopen": "恢复", "alert": "预警",
}
DEEDS = {
    "starred": "重点", "read": "已阅", "wrong": "误报", "comment": "批注", "assign": "分派", "incident": "加入事件",
}
"""What a person can do with a mention."""
DIGEST_SECTIONS = ("要闻关注", "敏感舆情", "网络热点", "民生诉求", "处置反馈")
"""Sections of a digest in their order; an office's own ones come after them."""
REPORT_KINDS = {
    "monthly": "平台月报", "quarterly": "平台季报", "annual": "年度全景报告", "unit": "单位专报", "board": "榜单公报",
    "opinion": "舆情报告", "incident": "事件专报", "topic": "热点专题报告", "digest": "舆情摘报",
    "correction": "更正单", "targets": "绩效自评表",
}
REPORT_WAYS = {"review": "编好待审", "issue": "自动签发", "send": "签发并发送"}
REPORT_TASKS = {"held": "暂缓", "review": "待审核", "skipped": "不需编报", "failed": "编制失败", "issued": "已签发"}
REPORT_STATES = {
    "late": "逾期", "held": "暂缓", "review": "待审核", "failed": "编制失败", "risk": "有风险", "due": "待编制",
    "ahead": "未到期", "done": "已完成", "overdone": "逾期完成", "skipped": "不需编报",
}
"""How a report of a plan stands, what wants attention first."""
DELIVERIES = {
    "waiting": "待发送", "sending": "发送中", "accepted": "已受理", "delivered": "已送达", "failed": "发送失败",
    "unknown": "结果不明", "dropped": "不再发送",
}
OUTCOMES = {
    "ok": "已受理", "RETRY": "暂时失败", "QUOTA": "额度或频率受限", "STOP": "渠道配置有误", "RECIPIENT": "收件人有误",
    "MESSAGE": "内容有误", "UNKNOWN": "结果不明",
}
"""How a channel's answer is judged, by its body."""

NOBODY = ("", "系统", "网页操作")
"""Who did something, where that is no person's name."""

DEMAND_CHANNELS = {"hotline12345": "12345热线", "liuyan": "领导留言板", "mailbox": "领导信箱"}
"""Platforms whose mentions are demands of citizens, and the channels that they are."""
DEMAND_KINDS = ("投诉", "求助", "咨询", "建议", "举报", "表扬", "其他")
DEMAND_STATES = ("待办", "办理中", "已答复", "已办结", "退回", "不予受理")
DEMAND_SATISFIED = ("满意", "基本满意", "不满意", "未评价")
DEMAND_LEVELS = {"sector": "行业性", "region": "区域性", "many": "多发", "single": "个案"}
"""How far a problem goes, the furthest first (core.opinion.demand_rules)."""

LATE_REASONS = {
    "gone": "帖文已删除", "corrected": "平台更正", "arrived": "迟到数据", "ledger": "台账变更", "board": "榜单定义变更",
    "marks": "人工判定", "rules": "规则调整", "rerolled": "重新汇总", "unknown": "原因不明",
}
"""Why a figure changed after its report was issued, the most specific first (core.report.late)."""
LATE_STATES = {"open": "有变动", "corrected": "已更正", "waived": "不予更正", "restored": "已恢复"}
LATE_EVENTS = {
    "found": "发现变动", "changed": "再次变动", "restored": "恢复原数", "corrected": "已更正", "waived": "不予更正",
    "reopened": "撤回不予更正",
}
VERIFICATIONS = {"waiting": "排队中", "running": "核验中", "done": "已核验", "failed": "未完成"}
"""States of a month's verification."""

SATISFACTION = {
    "best": "很满意", "good": "满意", "basic": "基本满意", "fair": "一般", "bad": "不满意", "worst": "很不满意",
    "none": "未评价",
}
"""Levels of satisfaction, the best first. Surveys ask for five (without 基本满意), 12345 for three and 未评价."""
SURVEY_LEVELS = ("best", "good", "fair", "bad", "worst")
"""The five that the survey page asks for."""
SURVEY_SOURCES = {"site": "网上问卷", "paper": "纸质问卷", "hotline": "12345 回访", "orders": "12345 工单评价"}
SURVEY_STATES = {"draft": "未开放", "open": "开放中", "closed": "已关闭"}
SURVEY_REFUSED = {
    "flood": "同一网络过多", "busy": "总量超限", "early": "填写过快", "late": "页面过期", "again": "重复提交",
    "forged": "校验不符", "trap": "填写了隐藏栏", "origin": "来自其他网站", "form": "内容不合格",
    "closed": "问卷未开放",
}
"""Why the survey page did not take an answer."""
