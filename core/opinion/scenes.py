"""Where it happened: the place of a text's event, told apart from the places that it merely names.

A dateline, the author's network address, where somebody comes from or is on the way to, and what something is compared
with are not where it happened. Among the rest, places that lie in each other speak for each other; the one that most
speaks for is the event's, as deep as the text names it. Every answer has its reason.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.opinion.gazetteer import KINDS, LEVELS
from core.opinion.homonyms import GAPS
from core.opinion.places import Place

_ENOUGH = 0.7
"""Share of the best address's points from which one that lies in it and says more takes its place."""
ROWS = 80
"""Addresses of one text that are looked at: whoever names more tells of no one place."""
_SIDE = 14
"""Characters beside a place that are looked at."""
_NUMBER = re.compile(
    r"(?:线|全线)?(?:\d{1,5}(?:[-－]\d{1,5})?(?:号楼|号院|号|弄|巷|公里|支弄)|[一二三四五六七八九十]{1,3}(?:号|期|村))*"
    r"(?:的?(?:十字|丁字)?(?:交叉|交汇|交会|交界)?(?:路口|口)处?|(?:交叉|交汇|交会|交界)处)?(?:入口处?|出口处?|门口|门前)?"
    r"(?:[东南西北]侧)?(?:\d{1,4}米)?处?"
)
"""The house number and the like behind a road, an estate or a village."""
_TAIL = re.compile(r"(?:附近|境内|路段|段(?=[，。发一现])|内(?![地外部陆容])|旁(?!边)|处)?")
"""What belongs to an address behind its last name."""
_BEFORE = tuple((re.compile(pattern + "$"), why, weak) for pattern, why, weak in (
    (r"(?:(?i:ip)\s*)?(?:属地|归属地|归属)[:：\s]*", "只是作者的网络属地", False),
    (r"发布于[:：\s]*", "只是作者的网络属地", False),
    (r"来自(?:于|[:：\s])*", "说的是人或物的来处", False),
    (r"(?:籍贯|原籍|祖籍|户籍|老家)(?:是|在|为|[:：])?\s*", "说的是人的来处", False),
    (r"(?:新华社|中新社|中新网|央视网|人民网|新华网|光明网|本报|本网|法新社|路透社|美联社|共同社|塔斯社|韩联社|通讯社|报)"
     r"(?:记者)?", "电头里的发稿地", False),
    (r"(?:飞往|开往|驶往|前往|发往|送往|转往|运往|寄往|通往|去往|逃往|返回|赶往|出差到|转院到|转至|转送至?|飞抵)",
     "只是去向或目的地", False),
    (r"(?<!对)(?:比起|比|像|如同|好像|学习|借鉴|参照|不如|类似于?|媲美|赶超|对标|相比于?|不像|不同于|效仿|远超|优于"
     r"|落后于)", "只用来比较", True),
    (r"(?:继|早前|此前|去年|往年|当年)的?", "说的是从前的事", True),
))
_BEHIND = tuple((re.compile(pattern), why, weak) for pattern, why, weak in (
    (r"(?:\s*[\d一二三四五六七八九十]{1,3}月)?\s*[\d一二三四五六七八九十]{1,3}日\s*(?:专|综合)?(?:电|讯|消息)"
     r"|(?:专|综合)?[电讯](?=[\s（(，,：:【]|记者|$)|消息[（(：:]", "电头里的发稿地", False),
    (r"(?:籍|户籍|口音|老乡|网友|游客|牌照|牌[的号车照]|车牌)", "说的是人或物的来处", False),
    (r"[^，。；！？]{0,8}(?:网友|网民|手机用户)(?:称|说|表示|反映|留言)?", "说的是人的来处", True),
    (r"人(?![民员口大行均流群数工士才事为们防体山满挤潮声太很多])", "说的是人的来处", False),
    (r"(?:往|至|到|开往|飞往|驶往)?[^，。；！？]{0,4}方向|(?:开往|飞往|驶往)", "只是去向或目的地", False),
    (r"(?:等地|等城市)?(?:相比|比起来|[^，。]{0,4}(?:一样|差不多)|那样|那么|的?(?:经验|模式|做法))",
     "只用来比较", True),
))
"""What stands before or behind a place that is merely named; the reason; and whether it holds only where the text names
another place that nothing is said against."""
_FROM = re.compile(r"(?:从|据|由|自)[^，。；！？]{0,4}$")
_SAYS = re.compile(r"[^，。；！？]{0,22}(?:获悉|了解到|得知|通报|报道|介绍|消息|测定|报告|透露|发布)")
_LEAVES = re.compile(r"(?:市区?|县城?)?(?:开往|驶往|飞往|前往|出发|往|飞|至|到)")
_TAKEN = re.compile(r"(?:送|抬|转|前往|赶到|赶往|在|入)[^，。；！？]{0,6}$")
_TREATED = re.compile(r"[^，。；！？]{0,10}(?:救治|治疗|抢救|住院|接受|获悉|了解|急诊|医生|院长)")
_AT = re.compile(r"(?:发生在|发生于|事发地?(?:点|为|在|于)?[:：]?|位于|地点[:：]?|地址[:：]?|坐落于|地处)$")
_IN = re.compile(r"(?:在|于|当日|今天|昨日|昨天|近日|日|时许?|分|凌晨|上午|中午|下午|晚|晚上|[，,：:]|^)$")
_HERE = re.compile(
    r"(?:境内|附近|路段|发生|突发|突降|遭遇|一[小男女商工酒居学中住民餐名家座处辆所货客]|某|多地|多名|警方|通报|辟谣|消防"
    r"|街头|地震|火灾|爆炸|暴雨|[一-龥]{0,6}(?:发生|着火|起火|坍塌|爆炸|中毒|相撞|地震))"
)
_HARM = re.compile(
    r"火灾|起火|着火|失火|大火|爆炸|坍塌|垮塌|塌陷|地震|车祸|相撞|追尾|侧翻|事故|中毒|死亡|遇难|受伤|泄漏|滑坡|泥石流"
    r"|洪水|暴雨|袭击|枪击|投毒|坠|停水|停电|停气|漏水|噪音|扰民|污染|臭味|欠薪|讨薪|维权|投诉|反映|举报|拆迁|占道|堵"
    r"|聚集|打架|斗殴|诈骗|失踪|被困|积水"
)
_STOP = re.compile(r"[。！？!?\n；;]")
_DEPTH = {level: n for n, level in enumerate(LEVELS)} | dict.fromkeys(KINDS, 6)


@dataclass(frozen=True, slots=True)
class Address:
    """Names in a row for one spot (上海市 | 浦东新区 | 御北路), with the house number: characters `start` to `end`."""

    start: int
    end: int
    places: tuple[Place, ...]

    @property
    def deepest(self) -> Place:
        return max(self.places, key=lambda one: (_DEPTH[one.level], len(one.code), -one.start))


@dataclass(frozen=True, slots=True)
class Event:
    """Where it happened: the deepest place named, `start` to `end` of the whole address in the text, and why this one.
    `others`: the places merely named, each with why it is not the event's."""

    place: Place
    reason: str
    start: int
    end: int
    others: tuple[tuple[Place, str], ...] = ()


def addresses(text: str, found: Sequence[Place]) -> list[Address]:
    """What is found, with names in a row joined to one address."""
    rows: list[list[Place]] = []
    for place in found:
        if rows and _joins(text[rows[-1][-1].end : place.start], rows[-1][-1], place):
            rows[-1].append(place)
        else:
            rows.append([place])
    return [Address(row[0].start, _end(text, row[-1]), tuple(row)) for row in rows]


def _end(text: str, last: Place) -> int:
    number = _NUMBER.match(text, last.end) if last.level in KINDS or last.level in "乡村" else None
    tail = _TAIL.match(text, number.end() if number else last.end)
    return tail.end() if tail else last.end


def _joins(gap: str, above: Place, place: Place) -> bool:
    if gap in ("与", "和", "近", "靠近") and above.level == place.level == "道路":
        return True  # a crossing
    if gap not in GAPS[:4]:
        return False
    if above.code and place.code:
        return place.code.startswith(above.code) or place.code == above.code
    if place.path[:-1] == (above.name,):
        return True
    if above.path and place.path[:1] == above.path[:1] and not place.code:
        return True
    deeper = _DEPTH[place.level] > _DEPTH[above.level] and not (place.code or place.path[:-1])
    return deeper or (place.level in KINDS and above.level in KINDS)


def event_place(text: str, found: Sequence[Place]) -> Event | None:
    """The place of the event that a text tells of, from what `Gazetteer.find` found in it; None where it names none or
    merely names them."""
    rows = addresses(text, [one for one in found if not one.word and one.name != "中国"])[:ROWS]
    against = [_merely(text, row) for row in rows]
    alone = all(why for why, _ in against)
    roles = ["" if weak and alone else why for why, weak in against]
    meant = [row for row, why in zip(rows, roles, strict=True) if not why]
    if not meant:
        return None
    stops = [0, *(stop.end() for stop in _STOP.finditer(text)), len(text)]
    cues = [_cue(text, row, stops) for row in meant]
    own = [points for points, _ in cues]
    totals = [
        points + sum(own[other] * 0.5 for other in range(len(meant)) if other != n and _agree(meant[n], meant[other]))
        for n, points in enumerate(own)
    ]
    best = max(range(len(meant)), key=lambda n: (round(totals[n], 3), -n))
    row = meant[best]
    place, reason = row.deepest, cues[best][1]
    deeper = [n for n in range(len(meant)) if n != best and _deepens(meant[n], place) and own[n] >= own[best] * _ENOUGH]
    if deeper:
        n = max(deeper, key=lambda n: (round(totals[n], 3), -n))
        reason += f"；“{meant[n].deepest.name}”在其内，写得更细"
        row, place = meant[n], meant[n].deepest
    if not place.code and place.level in KINDS:
        place, reason = _located(text, row, place, meant, reason)
    if len(meant) == 1:
        reason = ("文中只写了这一处" if len(rows) == 1 else "其余地点只是提到") + (f"；{reason}" if reason else "")
    others = [(row.deepest, why) for row, why in zip(rows, roles, strict=True) if why]
    others += [(one.deepest, "不如事发地写得具体或靠近事件") for one in meant
               if one is not row and not _agree(one, row) and one.deepest.name not in place.path]
    return Event(place, reason or "最先写到，前后文都与它相符", row.start, row.end, tuple(others))


def _merely(text: str, row: Address) -> tuple[str, bool]:
    """Why an address is merely named, empty where nothing says so; and whether that is weak."""
    before = text[max(row.start - _SIDE, 0) : row.start]
    behind = text[row.places[-1].end : row.end + _SIDE]
    if _FROM.search(before):
        if _SAYS.match(behind):
            return "只是消息的来源", False
        if _LEAVES.match(behind):
            return "只是出发地", False
    if row.deepest.level == "医院" and (_TAKEN.search(before) or _TREATED.match(behind)):
        return "只是伤者就医的地方", True
    for pattern, why, weak in _BEFORE:
        if pattern.search(before):
            return why, weak
    for pattern, why, weak in _BEHIND:
        if pattern.match(behind) and not (weak and _AT.search(before)):
            return why, weak
    return "", False


def _cue(text: str, row: Address, stops: Sequence[int]) -> tuple[float, str]:
    """How much speaks for an address, and the strongest reason in words."""
    before, behind = text[max(row.start - _SIDE, 0) : row.start], text[row.end : row.end + _SIDE]
    points, said = 1 + 0.15 * _DEPTH[row.deepest.level], ""
    begin, end = stops[bisect_right(stops, row.start) - 1], stops[min(bisect_left(stops, row.end), len(stops) - 1)]
    if begin == 0:
        points, said = points + 1.5, "在标题或首句中写明"
    if harm := _HARM.search(text, begin, end):
        points, said = points + 1.5, f"所在的句子写了“{harm[0]}”"
    if here := _HERE.match(behind):
        points, said = points + 1, f"后面紧接“{here[0]}”"
    if at := _AT.search(before):
        points, said = points + 2.5, f"前面写明“{at[0]}”"
    elif (cue := _IN.search(before)) and cue[0] in ("在", "于"):
        points, said = points + 1, said or f"前面有“{cue[0]}”"
    if not row.deepest.certain:
        points -= 1
    return points, said


def _agree(one: Address, other: Address) -> bool:
    """Whether one address lies in the other or is the same."""
    a, b = one.deepest, other.deepest
    if not (a.code and b.code):
        return a.name == b.name or bool(a.path and b.path and not a.code and not b.code and (
            a.path[: len(b.path)] == b.path or b.path[: len(a.path)] == a.path))
    return a.code.startswith(b.code) or b.code.startswith(a.code)


def _deepens(row: Address, place: Place) -> bool:
    """Whether an address lies in a division and says more."""
    one = row.deepest
    return bool(place.code and one.code.startswith(place.code) and _DEPTH[one.level] > _DEPTH[place.level])


def _located(
    text: str, row: Address, place: Place, meant: Sequence[Address], reason: str
) -> tuple[Place, str]:
    """A road or estate of which the text says elsewhere in which division it lies."""
    areas = [one.deepest for one in meant if one is not row and one.deepest.code and one.deepest.level in LEVELS]
    if not areas:
        return place, reason
    near = min(areas, key=lambda one: (abs(one.start - row.start) > 60, -len(one.code), abs(one.start - row.start)))
    if any(not (near.code.startswith(one.code) or one.code.startswith(near.code)) for one in areas) and abs(
            near.start - row.start) > 60:
        return place, reason
    return (replace(place, code=near.code, path=(*near.path, place.name), town=near.town),
            f"{reason}；“{near.name}”在同一篇里写明".lstrip("；"))
