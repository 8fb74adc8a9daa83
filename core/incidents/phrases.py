"""What the figures of an incident say in a sentence: how much there is, what may come of it.

Knows only figures, and is light: the draft (core.incidents.draft) reads texts and is not for rooms.
"""

from datetime import datetime

from core import clock
from core.incidents.entered import RISK
from core.query.incident_mentions import Standing

MANY = 10
"""Figures from which a share or a percentage is told; smaller ones are told as they are."""
SHARE = 0.2
"""Share of the mentions that must bear the risks of a class for the incident to be called of that class."""
RISKS = {
    "社会民生": "诉求集中、不满情绪扩散", "安全事故": "安全监管责任受到质疑、公众担忧加剧",
    "自然灾害": "应急处置受到质疑、不实信息传播", "食品药品": "消费担忧蔓延、监管履职受到质疑",
    "公共卫生": "公众恐慌、不实信息传播", "医疗": "医患矛盾激化、监管履职受到质疑", "教育": "家长群体诉求升级",
    "征地拆迁": "矛盾激化、引发集体上访", "劳资": "诉求升级、引发集体讨薪", "环境": "周边居民诉求升级、引发聚集",
    "住房物业": "矛盾激化、引发业主集体维权", "金融": "恐慌情绪蔓延、引发群体性诉求",
    "涉警": "执法公正受到质疑、被借机炒作", "群体聚集": "由线上向线下蔓延", "廉政作风": "政府公信力受损、追责诉求升级",
    "意识形态": "被借题炒作",
}
"""Class of risk (core.opinion.lexicon.CLASSES) → what may come of it."""
ANY_RISK = "负面情绪扩散"


def lead_sentence(how: Standing, now: datetime) -> str:
    """How much there is, by when, from where and since when."""
    if how.mentions == 1:
        return f"截至{moment(now, now)}，监测到相关信息1条，{moment(how.first_at, now)}见于{how.names[0]}。"
    texts = f"（合并转载后{how.texts}篇）" if how.texts < how.mentions else ""
    where = f"见于{how.names[0]}" if how.platforms == 1 else (
        f"涉及{'、'.join(how.names[:3])}{'等' if how.platforms > 3 else ''}{how.platforms}个平台")
    number = f"监测到相关信息{how.mentions}条{texts}"
    return f"截至{moment(now, now)}，{number}，{where}，最早出现于{moment(how.first_at, now)}。"


def risk_sentence(how: Standing, what: str = "事件") -> str:
    """What may come of it (`what`: an incident or a topic), in one sentence with the figures that speak for it; empty
    where nothing is linked."""
    if not how.mentions:
        return ""
    kind = how.kind if how.risky >= SHARE * how.mentions else ""
    said = [f"{what}属{kind}类"] if kind else []
    said.append(growth(how))
    said += _negative(how)
    if not kind and not how.numbers["负面"]:
        seen = "暂未见明显风险，需持续关注后续传播" if how.felt else "情感尚未判读，需持续关注后续传播"
        return f"{'，'.join(said)}，{seen}。"
    risk = RISKS.get(kind, ANY_RISK)
    if not how.last_day:
        said.append(f"热度已回落，但仍需防范{risk}")
    elif how.day_before is None or how.last_day > how.day_before:
        said.append(f"如回应处置不及时，存在{risk}的风险")
    else:
        said.append(f"热度{'平稳' if how.last_day == how.day_before else '回落'}，但仍存在{risk}的风险")
    whole = "，".join(said) + "。"
    return whole if len(whole) <= RISK else f"{said[-1]}。"


def growth(how: Standing) -> str:
    """What came in the last 24 hours, beside the 24 before."""
    if not how.last_day:
        return "近24小时无新增信息"
    new = f"近24小时新增信息{how.last_day}条"
    if how.day_before is None:
        return new
    more = how.last_day - how.day_before
    if not more:
        return f"{new}，与前24小时持平"
    word = "增加" if more > 0 else "减少"
    if how.day_before < MANY:
        return f"{new}，较前24小时{word}{abs(more)}条"
    return f"{new}，较前24小时{word}{abs(more) / how.day_before:.0%}"


def _negative(how: Standing) -> list[str]:
    if not how.felt:
        return []
    if not how.numbers["负面"]:
        return ["未见负面信息"] if how.felt == how.mentions else []
    return [f"负面信息占{how.negative:.0%}" if how.felt >= MANY else f"负面信息{how.numbers['负面']}条"]


def moment(at: datetime, now: datetime) -> str:
    """`11月27日8时5分`, on the Shanghai clock; with the year where it is another than now."""
    here = clock.local(at)
    year = f"{here.year}年" if here.year != clock.local(now).year else ""
    minute = f"{here.minute}分" if here.minute else ""
    return f"{year}{here.month}月{here.day}日{here.hour}时{minute}"
