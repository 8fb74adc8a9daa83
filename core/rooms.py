"""The rooms of the app: one word each, the same word in URL, file, query and tests."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Room:
    """A page. `filters` names the parts of the shared filter bar that apply to it; a `live` room redraws itself
    when something new has come in, the others offer to (a person may be editing there)."""

    word: str
    section: str
    title: str
    icon: str
    help: str
    filters: tuple[str, ...] = ("period", "platform", "unit", "board")
    live: bool = True

    @property
    def file(self) -> str:
        return f"pages/{self.section}/{self.word}.py"


SECTIONS = {"board": "看板", "opinion": "舆情", "reports": "报告", "data": "数据"}

ROOMS = (
    Room("overview", "board", "总览", "dashboard", "今天全区新媒体怎么样、大家在谈什么"),
    Room("rankings", "board", "榜单", "leaderboard", "按平台和自定义榜单排名"),
    Room("trends", "board", "发布趋势", "show_chart", "每日发布、阅读与互动"),
    Room("account", "board", "账号详情", "account_circle", "一个账号的粉丝、发文与每篇的读数", ("period",), live=False),
    Room("topics", "opinion", "热点话题", "local_fire_department", "大家在谈什么，从哪里起、多少条", ("period",)),
    Room("mentions", "opinion", "舆情监测", "travel_explore", "搜索、研读、标记和分派信息", ("period",), live=False),
    Room("demands", "opinion", "群众诉求", "forum", "工单和留言在反映什么、哪里集中、答复了没有", ("period",),
         live=False),
    Room("incidents", "opinion", "事件处置", "crisis_alert", "一事一报，从发现到归档，还剩多少时间", (), live=False),
    Room("alerts", "opinion", "预警", "notifications_active", "要马上知道什么、谁已知道", ("period",), live=False),
    Room("digests", "opinion", "舆情摘报", "newspaper", "选编要情、就地改写，签发成期并发送", (), live=False),
    Room("reports", "reports", "报告中心", "description", "各类报告的编制、日程与归档", (), live=False),
    Room("satisfaction", "reports", "满意度", "sentiment_satisfied", "问卷、纸质问卷和 12345 回访：群众是否满意",
         ("unit",), live=False),
    Room("targets", "reports", "绩效目标", "flag", "年度目标完成了多少、年末能不能达到、依据在哪里", (), live=False),
    Room("ledger", "data", "账号台账", "contacts", "单位、账号与榜单，对照检查指标", (), live=False),
    Room("quality", "data", "数据质量", "fact_check", "数据是否齐全、准确，哪些需要处理", live=False),
    Room("rules", "data", "规则", "rule", "关注什么、哪些词敏感、本区叫什么、有哪些地点", (), live=False),
    Room("sources", "data", "采集源", "rss_feed", "数据从哪里来、是否按时到", (), live=False),
)


def room(word: str) -> Room:
    """The room of that word. Raises KeyError."""
    return {r.word: r for r in ROOMS}[word]
