"""工作建议, by declared rules, each with its grounds (core.report.advice)."""

import pandas as pd

from core.metrics.growth import change, share
from core.report.advice import Advice, Rule, advice
from core.report.content import Paragraph, Section, numeral
from core.report.platform.base import Base
from core.report.platform.facts import Facts
from core.report.platform.growth import gains, losing
from core.report.platform.problems import accounts_of, slow, stale
from core.report.platform.wording import METRICS, SHORT, name
from core.report.sentences import listed, moved, percent

FALL = 0.2
"""How far something has to fall for it to be spoken of."""
REST = 0.3
"""Publishing on days off beside that on working days, below which it is spoken of."""
KNOWN = 0.95
"""Share of account-days that have to be known."""
FEW = 30
"""Posts that are needed before averages say something."""
UNIT_SHARE = 0.5
"""Share of all posts from which one unit carries the platform."""


def _stale(f: Base) -> Advice | None:
    found = stale(f)
    return Advice("请主办单位立即恢复更新，确不再需要的按程序公告、注销",
                  f"{len(found)}个账号超过14天未更新：{accounts_of(found)}") if found else None


def _slow(f: Base) -> Advice | None:
    found = slow(f)
    return Advice("提醒主办单位及时更新，防止超过14天", f"{len(found)}个账号7天以上未更新：{accounts_of(found)}"
                  ) if found else None


def _wording(f: Base) -> Advice | None:
    return Advice("逐条核对疑似错别字、不规范表述，属实的及时改正，落实发布前审校",
                  f"须处理或核对的用词{f.checked.found:,}处") if f.checked.found else None


def _former(f: Base, counter: str):
    """(环比 or 同比, the sum before) that a fall is measured by."""
    return ("同比", f.year_earlier(counter)) if f.period.span == "year" else ("环比", f.earlier(counter))


def _publishing(f: Base) -> Advice | None:
    word, before = _former(f, "posts")
    found = change(f.total("posts"), before)
    if found.ratio is None or found.ratio > -FALL:
        return None
    return Advice("加强选题策划，稳定发布频次", f"发布数{moved(word, f.total('posts'), before)}")


def _echo(f: Base) -> Advice | None:
    for counter in (*((f.main,) if f.main else ()), "interaction"):
        word, before = _former(f, counter)
        found = change(f.total(counter), before)
        if found.ratio is not None and found.certain and found.ratio <= -FALL:
            return Advice("分析下降原因，优化选题、标题和发布时机，多发群众关心的内容",
                          f"{METRICS[counter]}{moved(word, f.total(counter), before)}")
    return None


def _followers(f: Facts) -> Advice | None:
    names, known = losing(f), len(gains(f))
    part = share(len(names), known)
    if not names or known < 2 or part < 0.5:
        return None
    return Advice("关注取消关注的时点和内容，改进推送频次和服务功能",
                  f"可计算净增的{known}个账号中{len(names)}个粉丝减少：{listed((f'“{one}”' for one in names), 5)}")


def _days_off(f: Base) -> Advice | None:
    days = [(day, int(n)) for day, n in zip(f.by_day["day"], f.by_day["posts"], strict=True) if not pd.isna(n)]
    work, rest = ([n for day, n in days if f.working[day] is on] for on in (True, False))
    if not work or not rest or (f.posts or 0) < FEW:
        return None
    on, off = sum(work) / len(work), sum(rest) / len(rest)
    if not on or off / on >= REST:
        return None
    return Advice("安排节假日值守发布，重要服务信息不断档",
                  f"工作日日均{on:,.1f}{f.piece}，休息日日均{off:,.1f}{f.piece}")


def _uneven(f: Facts) -> Advice | None:
    units = f.by_unit[f.by_unit["posts"].fillna(0) > 0].sort_values("posts", ascending=False)
    if len(units) < 3 or (f.posts or 0) < FEW:
        return None
    part = share(int(units.iloc[0]["posts"]), f.posts)
    if part < UNIT_SHARE:
        return None
    return Advice("带动其他单位加强原创和协同发布，形成矩阵合力",
                  f"{name(units.iloc[0]['label'])}发布占{percent(part)}")


def _example(f: Facts) -> Advice | None:
    if f.movers.empty:
        return None
    metric = f.main or "interaction"
    rows = f.movers[f.movers[metric].notna() & f.movers[f"{metric}_before"].notna()]
    rows = rows[rows[f"{metric}_before"] >= 100]
    rows = rows.assign(gain=rows[metric] - rows[f"{metric}_before"]).sort_values("gain", ascending=False)
    if rows.empty or rows.iloc[0]["gain"] < rows.iloc[0][f"{metric}_before"] * 0.5:
        return None
    first = rows.iloc[0]
    return Advice(f"总结推广“{name(first['name'])}”的做法",
                  f"其{SHORT[metric]}比{f.former}增加{int(first['gain']):,}次，增量居前")


def _coverage(f: Base) -> Advice | None:
    known = f.freshness.share
    if known is None or known >= KNOWN:
        return None
    return Advice("补齐采集授权和后台数据，减少缺口", f"数据覆盖率{percent(known)}")


COMMON: tuple[Rule[Base], ...] = (
    Rule("有账号超过14天未更新", _stale), Rule("有账号7天以上未更新", _slow), Rule("核对出用词问题", _wording),
    Rule(f"发布数下降{FALL:.0%}以上", _publishing), Rule(f"阅读、播放或转评赞下降{FALL:.0%}以上", _echo),
    Rule(f"休息日日均发布不到工作日的{REST:.0%}", _days_off), Rule(f"数据覆盖率低于{KNOWN:.0%}", _coverage),
)
"""What any report on accounts suggests."""
RULES: tuple[Rule[Facts], ...] = (
    *COMMON[:5], Rule("半数以上账号粉丝减少", _followers), COMMON[5],
    Rule(f"一个单位的发布数占{UNIT_SHARE:.0%}以上", _uneven),
    Rule("有账号的增量居前且增幅在五成以上", _example), COMMON[6],
)
"""What the report of a platform suggests, the most pressing first."""
NOTHING = Advice("保持现有发布节奏和审核把关，持续做好日常监测", "各项建议规则均未触发")


def suggestions(f: Facts) -> Section | None:
    return section(f, RULES) if f.posts is not None else None


def section(f: Base, rules) -> Section:
    """The suggestions that rules make of the facts, numbered."""
    found = advice(f, rules, NOTHING)
    if len(found) == 1:
        return Section("工作建议", (Paragraph(str(found[0])),))
    return Section("工作建议", tuple(Paragraph(f"{numeral(n)}是{one}") for n, one in enumerate(found, 1)))
