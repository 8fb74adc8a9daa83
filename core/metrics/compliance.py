"""检查指标 of government new media, from plain values: what each rule says of one account, in words, with its source.

Days of which nothing is known are never silent days: what depends on them is 无法判定, with the reason. A silence is
therefore two numbers, what is confirmed and what it is at most.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from core.clock import days
from core.metrics.cadence import STALE_DAYS, WARN_DAYS, Freshness, Gap, freshness, longest_gap

Weight = Literal["veto", "deduction", "reminder"]
WEIGHTS: dict[Weight, str] = {"veto": "单项否决", "deduction": "扣分项", "reminder": "提醒项"}
Outcome = Literal["fail", "unknown", "deduct", "remind", "ok", "none"]
OUTCOMES: dict[Outcome, str] = {
    "fail": "单项否决", "unknown": "无法判定", "deduct": "扣分", "remind": "提醒", "ok": "符合", "none": "不适用",
}
"""What one rule came to; the gravest first."""
VERDICTS: dict[Outcome, str] = {
    "fail": "不合格", "unknown": "无法判定", "deduct": "有扣分项", "remind": "有提醒项", "ok": "合格", "none": "不检查",
}
"""What an account came to; the gravest first."""

CHECKLIST = "国办秘函〔2019〕19号《政府网站与政务新媒体检查指标》"
GUIDANCE = "国办发〔2018〕123号《关于推进政务新媒体健康有序发展的意见》"
NO_UPDATE = "stale"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it demands, how grave it is, where it stands, and how it is checked here."""

    key: str
    name: str
    weight: Weight
    words: str
    source: str
    how: str


RULES = {rule.key: rule for rule in (
    Rule("update", "内容更新", "veto", f"检查日前两周内没有更新的，单项否决（超过 {STALE_DAYS} 天未更新）。",
         f"{CHECKLIST}单项否决“内容不更新”",
         f"检查日减去最近一次发布日；满 {WARN_DAYS[0]} 天、{WARN_DAYS[1]} 天先提醒。"
         "其间有没采集到的日子、当天可能有发布的，判为无法判定。"),
    Rule("content", "严重表述错误和敏感内容", "veto", "出现严重表述错误、泄密、有害信息等安全问题的，单项否决。",
         f"{CHECKLIST}单项否决“安全、泄密事故等严重问题”",
         "用词表和领导名单核对期内标题和正文，命中“严重”一级和领导姓名职务的列为疑似，由人工确认后才算；"
         "图片和视频中的文字不在核对之内。"),
    Rule("interaction", "互动功能", "veto", "未提供有效互动功能的，单项否决。",
         f"{CHECKLIST}单项否决“互动回应差”",
         "看台账“账号”中的“互动功能”：无，即不合格；未核，即无法判定。购买粉丝、强制点赞等弄虚作假须人工核查。"),
    Rule("wording", "错别字和规范表述", "deduction", "出现错别字、不规范表述的，按本地检查细则扣分。",
         "各地检查细则（国家指标对政务新媒体只设单项否决，分值由本地规定）",
         "用词表核对期内标题和正文：“一般”计为扣分，“提示”须人工核对，只作提醒。"),
    Rule("lapse", "期内更新间断", "reminder", f"期内曾有超过 {STALE_DAYS} 天未更新的情形，抽查落在这些日子即被否决。",
         f"{CHECKLIST}单项否决“内容不更新”，按日回看",
         f"期内每一天都当作检查日，数出当天距上次发布超过 {STALE_DAYS} 天的天数；只数能确认的日子。"),
    Rule("single", "一个平台一个账号", "reminder", "一个单位原则上在同一第三方平台只开设一个账号。",
         GUIDANCE, "同一单位在同一平台有两个以上未注销、未合并的账号的，提醒整合。自有客户端不是第三方平台，不适用。"),
    Rule("registration", "备案", "reminder", "政务新媒体应在全国政务新媒体信息报送系统备案。",
         GUIDANCE, "台账“账号”中没有填写备案号的，提醒补填。"),
    Rule("closing", "停更未注销", "reminder", "不再运行的账号应发布公告、停止更新并注销，不能长期搁置。",
         GUIDANCE, "台账中状态为“停更”的账号，提醒办理注销。"),
)}
"""In the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Days since the last post at the end of a day: `least` is confirmed, `most` is what it is if nothing was published
    on the days of which nothing is known; None: no post is known at all, so that there is no bound."""

    least: int
    most: int | None

    @property
    def certain(self) -> bool:
        return self.least == self.most


def silences(
    active: Collection[date], known: Collection[date], first: date, last: date, before: date | None
) -> list[Silence]:
    """The silence at the end of each day from first to last.

    `active`: days with a post; `known`: days of which it is known whether there was one; `before`: the last day with
    a post before `first` (or the day before the account opened), None where there is none known.
    """
    least, most = 0, None if before is None else (first - before).days - 1
    out = []
    for day in days(first, last):
        if day in active:
            least, most = 0, 0
        else:
            least = least + 1 if day in known else 0
            most = None if most is None else most + 1
        out.append(Silence(least, most))
    return out


def days_out(found: Sequence[Silence]) -> tuple[int, int]:
    """Days on which the last post lay more than two weeks back: those confirmed, and how many they are at most."""
    return (
        sum(one.least > STALE_DAYS for one in found),
        sum(one.most is None or one.most > STALE_DAYS for one in found),
    )


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one account. Days are Shanghai dates; `active` and `known` reach from `since` to the check day.

    `own`: the platform is the unit's own (a client, a website) and no third party's; `site`: it is a website, which
    has a checklist of its own; `twins`: names of the unit's other accounts on the platform that still exist;
    `posts` of the period of which `read` could be looked through; what was found there: `confirmed` and `grave` (what a
    person confirmed and what waits for one) may be a veto, `wrong` and `doubtful` are lesser.
    """

    state: str
    opened_on: date | None
    closed_on: date | None
    active: frozenset[date]
    known: frozenset[date]
    since: date
    before: date | None
    interactive: bool | None
    registration_no: str
    has_unit: bool
    twins: tuple[str, ...] = ()
    own: bool = False
    site: bool = False
    posts: int = 0
    read: int = 0
    confirmed: int = 0
    grave: int = 0
    wrong: int = 0
    doubtful: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """What one rule came to for one account, in a sentence."""

    rule: str
    outcome: Outcome
    words: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """One account inspected. `silence` at the check day; `gap` the longest confirmed run of days without a post in the
    period; `out` its confirmed days beyond two weeks, `out_most` how many at most; `unknown` its days not known.
    Where updates are not judged (`updates` False) these are empty."""

    verdict: Outcome
    checks: tuple[Check, ...]
    updates: bool
    last_post: date | None
    silence: Silence | None
    gap: Gap | None
    out: int | None
    out_most: int | None
    unknown: int

    def check(self, rule: str) -> Check:
        """The check of that rule. Raises KeyError."""
        return {check.rule: check for check in self.checks}[rule]

    @property
    def national(self) -> str:
        """What the account came to nationally, where nothing but a veto decides."""
        return VERDICTS[self.verdict if self.verdict in ("fail", "unknown", "none") else "ok"]

    @property
    def reasons(self) -> str:
        """Why the verdict is what it is: the sentences of the checks that are not all right, the gravest first."""
        order = list(OUTCOMES)
        told = [check for check in self.checks if check.outcome not in ("ok", "none")]
        return "".join(check.words for check in sorted(told, key=lambda check: order.index(check.outcome)))


def inspect(facts: Facts, first: date, last: date) -> Inspection:
    """One account at the end of `last`, its period beginning with `first`."""
    posted = [day for day in facts.active if day <= last]
    last_post = max(posted, default=facts.before)
    if skipped := _outside(facts, last):
        checks = tuple(Check(key, "none", skipped) for key in RULES)
        return Inspection("none", checks, False, last_post, None, None, None, None, 0)
    stopped = facts.state == "suspended" and (facts.closed_on is None or facts.closed_on <= last)
    since, before = opening(facts, last)
    found = silences(facts.active, facts.known, since, last, before)
    begin = max(first, since)
    within = found[(begin - since).days:]
    out, out_most = days_out(within)
    unknown = [day for day in days(begin, last) if day not in facts.known and day not in facts.active]
    gap = longest_gap({*facts.active, *unknown}, begin, last)
    checks = (
        *((_stopped("update"), _content(facts), _stopped("interaction")) if stopped else
          (_update(found[-1], last_post, last), _content(facts), _interaction(facts.interactive))),
        _wording(facts), _stopped("lapse") if stopped else _lapse(out, out_most),
        _single(facts), _registration(facts.registration_no), _closing(stopped, facts.closed_on),
    )
    # What can't be judged decides only where it could be a veto.
    seen = {check.outcome for check in checks if check.outcome != "unknown" or RULES[check.rule].weight == "veto"}
    verdict = next(outcome for outcome in OUTCOMES if outcome in seen)
    if stopped:
        return Inspection(verdict, checks, False, last_post, None, None, None, None, len(unknown))
    return Inspection(verdict, checks, True, last_post, found[-1], gap, out, out_most, len(unknown))


def opening(facts: Facts, last: date) -> tuple[date, date | None]:
    """The first day that counts, and the last day with a post before it: from the day on which the account opened,
    unless a post contradicts that day."""
    first_post = min((day for day in facts.active if day <= last), default=last)
    if facts.before is None and facts.opened_on is not None and facts.since <= facts.opened_on <= first_post:
        return facts.opened_on, facts.opened_on - timedelta(1)
    return facts.since, facts.before


def _outside(facts: Facts, last: date) -> str:
    """Why an account is not inspected at all; empty where it is."""
    if facts.site:
        return "政府网站适用网站检查指标，不在政务新媒体之列。"
    if facts.opened_on is not None and facts.opened_on > last and not facts.active and facts.before is None:
        return f"检查日（{last}）时账号尚未开通。"
    if facts.state in ("merged", "deregistered") and (facts.closed_on is None or facts.closed_on <= last):
        return f"账号{'已合并' if facts.state == 'merged' else '已注销'}。"
    return ""


def _stopped(rule: str) -> Check:
    return Check(rule, "none", "账号已停更。")


def _grade(silent: int | None, day: date) -> Freshness:
    """How the two-week rule sees so many silent days; without a bound it can be anything."""
    return NO_UPDATE if silent is None else freshness(day - timedelta(silent), day)


def _update(silence: Silence, last_post: date | None, day: date) -> Check:
    best, worst = _grade(silence.least, day), _grade(silence.most, day)
    seen = f"最近一次发布是 {last_post}" if last_post else "没有查到发布记录"
    if best == NO_UPDATE:
        least = f"{'' if silence.certain else '至少'}已 {silence.least} 天没有更新"
        return Check("update", "fail", f"截至 {day} {least}，超过 {STALE_DAYS} 天；{seen}。")
    if worst == NO_UPDATE:
        confirmed = f"能确认的只有最近 {silence.least} 天没有更新" if silence.least else "近日没有采集记录"
        most = "不知道已多少天没有更新" if silence.most is None else f"如果其间没有发布，已 {silence.most} 天没有更新"
        return Check("update", "unknown", f"无法判定是否超过 {STALE_DAYS} 天未更新：{seen}，{confirmed}，{most}。")
    if worst == "ok":
        return Check("update", "ok", f"{seen}，距检查日 {_span(silence)} 天。")
    limit = WARN_DAYS[1] if worst == "warning" else WARN_DAYS[0]
    grave = "，请尽快更新" if worst == "warning" else ""
    may = "" if best == worst else "可能"
    return Check("update", "remind", f"{seen}，距检查日 {_span(silence)} 天，{may}已满 {limit} 天{grave}。")


def _span(silence: Silence) -> str:
    return str(silence.least) if silence.certain else f"{silence.least} 至 {silence.most}"


def _lapse(out: int, most: int) -> Check:
    if out:
        more = f"，另有 {most - out} 天无法判定" if most > out else ""
        return Check("lapse", "remind", f"期内有 {out} 天处在超过 {STALE_DAYS} 天未更新的状态{more}。")
    if most:
        return Check("lapse", "unknown", f"期内有 {most} 天因缺少采集记录，无法判定是否超过 {STALE_DAYS} 天未更新。")
    return Check("lapse", "ok", f"期内每天都在上次发布后 {STALE_DAYS} 天之内。")


def _content(facts: Facts) -> Check:
    if facts.confirmed:
        also = f"；另有 {facts.grave} 处待确认" if facts.grave else ""
        return Check("content", "fail", f"严重表述错误 {facts.confirmed} 处，已由人工确认属实{also}。")
    if facts.grave:
        return Check("content", "unknown", f"发现疑似严重表述错误 {facts.grave} 处，请人工确认；确认属实即单项否决。")
    clean = f"核对 {facts.read} 篇，未发现词表所列的严重表述错误{_unread(facts)}。"
    return _unseen("content", facts) or Check("content", "ok", clean)


def _wording(facts: Facts) -> Check:
    also = f"；另有须人工核对的 {facts.doubtful} 处" if facts.doubtful else ""
    if facts.wrong:
        return Check("wording", "deduct", f"发现错别字、不规范表述 {facts.wrong} 处{also}。")
    if facts.doubtful:
        return Check("wording", "remind", f"有 {facts.doubtful} 处用词须人工核对。")
    clean = f"核对 {facts.read} 篇，未发现词表所列的错误{_unread(facts)}。"
    return _unseen("wording", facts) or Check("wording", "ok", clean)


def _unseen(rule: str, facts: Facts) -> Check | None:
    """The check where there was nothing to look through."""
    if not facts.posts:
        return Check(rule, "none", "期内没有采集到帖文，没有可核对的内容。")
    if not facts.read:
        return Check(rule, "unknown", f"期内 {facts.posts} 篇没有采集到标题和正文，无法核对。")
    return None


def _unread(facts: Facts) -> str:
    return f"；另有 {facts.posts - facts.read} 篇没有采集到文字" if facts.posts > facts.read else ""


def _interaction(interactive: bool | None) -> Check:
    if interactive is None:
        return Check("interaction", "unknown", "互动功能未核查，请核查后在台账中填写。")
    if not interactive:
        return Check("interaction", "fail", "未提供有效互动功能。")
    return Check("interaction", "ok", "有互动功能。")


def _single(facts: Facts) -> Check:
    if facts.own:
        return Check("single", "none", "自有客户端，不是第三方平台。")
    if not facts.has_unit:
        return Check("single", "unknown", "账号没有归属单位，无法判定，请在台账中填写所属单位。")
    if facts.twins:
        others = "、".join(f"“{name}”" for name in facts.twins)
        return Check("single", "remind", f"本单位在这个平台还有{others}，请整合。")
    return Check("single", "ok", "本单位在这个平台只有这一个账号。")


def _registration(number: str) -> Check:
    if number.strip():
        return Check("registration", "ok", f"备案号 {number.strip()}。")
    return Check("registration", "remind", "台账中没有备案号。")


def _closing(stopped: bool, closed_on: date | None) -> Check:
    if not stopped:
        return Check("closing", "ok", "账号正常运行。")
    since = f"（{closed_on} 起）" if closed_on else ""
    return Check("closing", "remind", f"账号已停更{since}但未注销，请发布公告并办理注销。")
