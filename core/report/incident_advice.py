"""Suggestions and lessons of an incident's reports, by declared rules (core.report.advice)."""

from datetime import timedelta

from core import labels
from core.incidents.phrases import MANY
from core.metrics.growth import share
from core.query.corpus import NETIZENS
from core.query.incidents import span
from core.report.advice import (
    NEGATIVE,
    WHEN_GROWING,
    WHEN_LISTS,
    WHEN_NEGATIVE,
    WHEN_STANCE,
    Advice,
    Rule,
    growing,
    lists,
    negative,
    stance,
)
from core.report.incident_facts import Facts
from core.report.opinion_parts import cut, moment
from core.report.sentences import listed, percent

WIDE = 5
"""Platforms on which an answer has to be given at once."""
SOON, SLOW = timedelta(hours=2), timedelta(hours=6)
"""From the first publishing to the opening of the file: quick, and slow."""


def plain_span(time: timedelta) -> str:
    """`2天3小时`, as sentences have it."""
    return span(time).replace(" ", "")


def clock_names(clocks) -> str:
    """`5小时内权威发布、24小时内新闻发布会`."""
    return "、".join(f"{one.hours}小时内{one.name}" for one in clocks)


def _late(f: Facts) -> Advice | None:
    late = [one for one in f.clocks if one.running and one.late]
    return Advice("立即发布权威信息，讲清事实和已采取的措施，原因未查清的不作猜测",
                  f"{clock_names(late)}的时限已过") if late else None


def _due(f: Facts) -> Advice | None:
    due = [one for one in f.clocks if one.running and not one.late]
    if not due:
        return None
    first = min(due, key=lambda one: one.due_at)
    by = f"由{f.file.head.unit}" if f.file.head.unit else "明确专人"
    return Advice(f"在{moment(first.due_at, f.now)}前完成{first.name}，{by}拟定口径并报批",
                  f"{clock_names([first])}的时限")


def _unit(f: Facts) -> Advice | None:
    return None if f.file.head.unit else Advice("尽快明确牵头单位，统一对外口径", "牵头单位尚未明确")


def _assign(f: Facts) -> Advice | None:
    asked = [task for task in f.file.tasks if task.withdrawn_at is None]
    if asked or f.file.head.stopped_at is not None:
        return None
    return Advice("向责任单位交办核实和处置任务，定明反馈时限", "尚未交办任务")


def _overdue(f: Facts) -> Advice | None:
    late = [task for task in f.file.tasks if task.state(f.now) == "已超期"]
    units = listed(dict.fromkeys(task.unit for task in late), 3)
    return Advice(f"督促{units}尽快反馈核查处置情况", f"{len(late)}项任务超期未反馈") if late else None


def _answer(f: Facts) -> Advice | None:
    replied = [task for task in f.file.tasks if task.answered_at is not None and task.withdrawn_at is None]
    if not replied or f.file.head.stopped_at is not None:
        return None
    return Advice("根据已收到的反馈形成回应口径，尽快对外回应", f"已收到反馈{len(replied)}项，尚未转入“回应”环节")


def _wide(f: Facts) -> Advice | None:
    if f.how.platforms < WIDE or f.file.head.stopped_at is not None:
        return None
    return Advice("统一口径，在主要平台同步发布回应", f"信息涉及{f.how.platforms}个平台")


def _ties(f: Facts) -> Advice | None:
    live = [one for one in f.file.ties if not one.withdrawn]
    names = listed((f"“{cut(one.title, 24)}”" for one in live), 2)
    return Advice("与关联事件合并研判，统筹回应", f"关联事件{names}") if live else None


def _quiet(f: Facts) -> Advice | None:
    if not f.how.mentions or f.how.last_day:
        return None
    return Advice("保持常态监测，处置到位后按程序办结", "近24小时无新增信息")


SUGGESTIONS: tuple[Rule[Facts], ...] = (
    Rule("回应时限已过而尚未回应", _late), Rule("回应时限未到而尚未回应", _due), Rule("没有牵头单位", _unit),
    Rule("尚未回应且没有交办任务", _assign), Rule("有任务超期未反馈", _overdue), Rule("已有反馈而尚未回应", _answer),
    Rule(WHEN_NEGATIVE, lambda f: negative(f.voices)), Rule(WHEN_STANCE, lambda f: stance(f.views)),
    Rule(WHEN_GROWING, lambda f: growing(f.how)), Rule(WHEN_LISTS, lambda f: lists(f.voices)),
    Rule(f"涉及平台不少于{WIDE}个而尚未回应", _wide), Rule("有关联事件", _ties), Rule("近24小时无新增信息", _quiet),
)
"""What a 快报 or 续报 suggests, the most pressing first."""
NOTHING_TO_SUGGEST = Advice("持续跟踪，发现新情况及时续报", "目前没有需要立即采取措施的情形")


# --- Lessons


def _clocks_kept(f: Facts) -> Advice | None:
    if not f.clocks or f.clocks[0].running:
        return None
    late = [one for one in f.clocks if one.late]
    if not late:
        return Advice("回应及时，既有的研判、报批流程可予坚持", "各项回应时限均按时完成")
    worst = min(late, key=lambda one: one.left)
    return Advice("压缩研判、报批用时，提前准备口径，确保在时限内回应",
                  f"{clock_names(late)}超时，其中{worst.name}超时{plain_span(-worst.left)}")


def _never_answered(f: Facts) -> Advice | None:
    if not f.clocks or not f.clocks[0].running:
        return None
    return Advice("补做对外回应或书面说明不予公开回应的理由", "没有登记“回应”环节")


def _found(f: Facts) -> Advice | None:
    if f.size.first_at is None:
        return None
    took = f.file.head.opened_at - f.size.first_at
    where = f.course["platform"].iloc[0]
    if took >= SLOW:
        return Advice(f"加强对{where}等首发平台的监测，补充关注词，缩短发现用时",
                      f"最早信息发布后{plain_span(took)}立项")
    if timedelta(0) <= took <= SOON:
        return Advice("发现较早，相应的监测规则可予保留", f"最早信息发布后{plain_span(took)}立项")
    return None


def _tasks_kept(f: Facts) -> Advice | None:
    asked = [task for task in f.file.tasks if task.withdrawn_at is None and task.due_at is not None]
    late = [task for task in asked if task.state(f.now) in ("已超期", "超期反馈")]
    if late:
        units = listed(dict.fromkeys(task.unit for task in late), 3)
        return Advice(f"对{units}加强督办，完善联络和催办安排", f"{len(late)}项任务超期")
    return Advice("部门配合顺畅，联络机制可予坚持", f"{len(asked)}项有时限的任务均按时反馈") if asked else None


def _effective(f: Facts) -> Advice | None:
    effect = f.effect
    if effect is None or effect.before < MANY:
        return None
    hours = int(effect.length / timedelta(hours=1))
    numbers = f"回应前{hours}小时{effect.before:,}条，回应后{hours}小时{effect.after:,}条"
    if effect.after * 2 <= effect.before:
        return Advice("回应后热度明显下降，回应的时机和口径可供同类事件参考", numbers)
    if effect.after >= effect.before:
        return Advice("复盘回应的口径和渠道，必要时补充说明、再次回应", numbers)
    return None


def _still_negative(f: Facts) -> Advice | None:
    voice = f.effect.voices_after.get(NETIZENS) if f.effect else None
    part = share(voice.numbers["负面"], voice.felt) if voice and voice.felt >= MANY else None
    if part is None or part < NEGATIVE:
        return None
    return Advice("继续做好解释疏导和诉求办理，防止问题反复", f"回应后网民信息中负面仍占{percent(part)}")


def _skipped(f: Facts) -> Advice | None:
    names = [labels.STAGES[one.stage] for one in f.file.stages if one.skipped]
    return Advice("规范处置流程，补齐跳过环节的记录", f"跳过{'、'.join(names)}环节") if names else None


def _papers(f: Facts) -> Advice | None:
    if any(one.removed_at is None for one in f.file.files):
        return None
    return Advice("完善留痕，补充核查结论、回应文稿等材料", "档案中没有附件")


LESSONS: tuple[Rule[Facts], ...] = (
    Rule("已回应：各时限是否按时", _clocks_kept), Rule("没有回应", _never_answered),
    Rule(f"最早信息发布后{SOON / timedelta(hours=1):g}小时内立项，或{SLOW / timedelta(hours=1):g}小时后才立项", _found),
    Rule("交办了有时限的任务：是否按时反馈", _tasks_kept),
    Rule(f"回应前不少于{MANY}条：回应后减半，或没有减少", _effective),
    Rule(f"回应后已判读的网民信息不少于{MANY}条，负面占比仍不低于{NEGATIVE:.0%}", _still_negative),
    Rule("有跳过的环节", _skipped), Rule("没有附件", _papers),
)
"""What a 终报 learns from it."""
NOTHING_TO_LEARN = Advice("处置过程平稳，没有需要改进的突出问题", "未触发任何一条复盘规则")
