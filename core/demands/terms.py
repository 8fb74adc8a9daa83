"""What files say of a demand, in their own words → ours. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime

from core import clock
from core.imports.dates import DateError, parse_when

_RATED = r"待[^办处受]{0,3}(?:评价|测评|回访|归档)"
_STATES: tuple[tuple[str, re.Pattern[str]], ...] = tuple((state, re.compile(pattern)) for state, pattern in (
    ("不予受理", r"不予受理|不受理|不予办理|作废"), ("退回", r"退回|退单|驳回|撤单|撤销"),
    ("办理中", r"未办结|未完成|未结"),
    ("待办", rf"未回复|未答复|未办|未处理|未受理|(?!{_RATED})待|新建|未签收|草稿"),
    ("已办结", r"办结|结案|完成|完结|归档|已办理|已办|关闭|已评价"), ("已答复", r"已?答复|已?回复|已?反馈"),
    ("已办结", _RATED),
    ("办理中", r"办理中|处理中|处置中|进行|派|受理|转办|交办|在办|审核|延期|办理"),
))
"""Order counts: what is not done is looked for before what is done; what waits to be rated or filed is done."""
_SATISFIED: tuple[tuple[str, re.Pattern[str]], ...] = tuple((value, re.compile(pattern)) for value, pattern in (
    ("未评价", r"未评|未回访|无评价|未表态|拒绝评价|无法联系|联系不上|未接"),
    ("不满意", r"不太?满意|差评|很差"), ("基本满意", r"基本满意|一般|较满意|比较满意"), ("满意", r"满意|好评"),
))
_CHANNELS = (("liuyan", re.compile(r"留言板|人民网")), ("mailbox", re.compile(r"信箱|邮箱|来信|区长|书记")))
_CLASSED = re.compile(r"类型|类别|分类|领域|性质|归口|事项")
_NO_CLASS = re.compile(r"来源|渠道|状态|证件|满意|区域|用户|客户|市民|身份|紧急")


def state_of(said: str, reply: str = "") -> str:
    """One of labels.DEMAND_STATES; empty where nothing says it. An answer without a state is 已答复."""
    for state, pattern in _STATES:
        if pattern.search(said):
            return state
    return "已答复" if reply and not said else ""


def satisfied_of(said: str) -> str:
    """One of labels.DEMAND_SATISFIED; empty for what says nothing."""
    return next((value for value, pattern in _SATISFIED if pattern.search(said)), "")


def channel_of(platform: str, way: str) -> str:
    """One of labels.DEMAND_CHANNELS: that of the platform, unless a hotline's file says that it came in otherwise."""
    if platform == "hotline12345":
        return next((channel for channel, pattern in _CHANNELS if pattern.search(way)), platform)
    return platform


def moment_of(said: str, *, end: bool = False) -> datetime | None:
    """A moment that a file states; None for none that can be read. `end`: of a day without an hour, its end."""
    if not said:
        return None
    try:
        when = parse_when(said)
    except DateError:
        return None
    return clock.instant(when.day, 23, 59, 59) if end and not when.timed else when.at


def classes_of(details: Mapping[str, str]) -> list[str]:
    """What a file says of kind and field, under whatever header."""
    return [text for label, text in details.items() if _CLASSED.search(label) and not _NO_CLASS.search(label)]
