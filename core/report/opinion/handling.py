"""事件处置进展 and 预警情况: incidents of the period with level, stage, clocks kept or missed, tasks and steps; the
warnings that were given and how quickly they were acknowledged."""

from core import labels
from core.clock import local
from core.query.incident_period import Case
from core.query.incidents import span
from core.report import opinion_parts as parts
from core.report.content import Block, Paragraph, Section, Table
from core.report.incident_advice import clock_names
from core.report.opinion.facts import TOLD, TOLD_ELSE, Facts
from core.report.opinion.words import ends
from core.report.opinion_parts import cut
from core.report.outlook_parts import day_words
from core.report.sentences import listed
from core.report.steps import step_words

STEPS, ALERTS = 20, 30
"""Steps and warnings that a table has."""


def incidents(f: Facts) -> Section | None:
    """What was done about incidents."""
    if not f.cases:
        return None
    blocks: list[Block] = [Paragraph(_lead(f))]
    blocks += [Paragraph(_case(f, one)) for one in f.cases[:TOLD.get(f.period.span, TOLD_ELSE)]]
    blocks.append(_table(f))
    if steps := [(one, step) for one in f.cases for step in one.steps]:
        steps.sort(key=lambda pair: (pair[1].at, pair[1].noted_at))
        blocks.append(_steps(f, steps))
    return Section("事件处置进展", tuple(blocks))


def _lead(f: Facts) -> str:
    live = [one for one in f.cases if one.open]
    said = [f"{f.this}涉及事件{len(f.cases):,}件"]
    if f.sums.opened:
        said.append(f"新立{f.sums.opened:,}件")
    if f.sums.settled:
        said.append(f"办结{f.sums.settled:,}件")
    said.append(f"{ends(f)}在办{len(live):,}件" if live else f"{ends(f)}没有在办事件")
    words = "，".join(said) + "。"
    if len(live) > 1:
        words += f"在办事件中，{'、'.join(f'{word}{n}件' for word, n in levels(f))}。"
    late, overdue = lateness(f)
    if late:
        words += f"回应时限有超时的{late}件。"
    elif any(one.clocks for one in f.cases):
        words += "没有回应时限超时的事件。"
    return words + (f"交办任务超期未反馈{overdue}项。" if overdue else "")


def lateness(f: Facts) -> tuple[int, int]:
    """Incidents with a clock that ran out, and tasks whose answers are overdue."""
    return (sum(bool(one.late) for one in f.cases),
            sum(state == "已超期" for one in f.cases for state in _states(f, one)))


def levels(f: Facts) -> list[tuple[str, int]]:
    """The incidents under way by level, the gravest first; those that there are."""
    counted = [(labels.LEVELS[level], sum(one.open and one.head.level == level for one in f.cases))
               for level in labels.LEVELS]
    return [(word, n) for word, n in counted if n]


def _states(f: Facts, one: Case) -> list[str]:
    return [task.state(f.until) for task in one.tasks if task.withdrawn_at is None]


def _stage(f: Facts, one: Case) -> str:
    return labels.STAGES[one.head.stage]


def _clocks(f: Facts, one: Case) -> str:
    """How its clocks stand, in a few words."""
    if not one.clocks:
        return ""
    if one.late:
        return f"{clock_names(one.late)}{'已' if one.late[0].running else ''}超时"
    if due := one.running:
        return f"{due.hours}小时内{due.name}剩{span(due.left).replace(' ', '')}"
    return "各项回应时限均按时完成"


def _tasks(f: Facts, one: Case) -> str:
    states = _states(f, one)
    if not states:
        return "未交办任务"
    answered = sum(state in ("已反馈", "超期反馈") for state in states)
    late = states.count("已超期")
    return f"交办{len(states)}项，已反馈{answered}项{f'，超期未反馈{late}项' if late else ''}"


def _case(f: Facts, one: Case) -> str:
    """One incident: level, lead, stage, clocks, tasks, how much of it is new."""
    head = one.head
    where = head.place if head.place.startswith(head.town) else f"{head.town}{head.place}"
    lead = "".join(filter(None, (f"{labels.LEVELS[head.level]}等级", f"，{where}" if where else "",
                                 f"，由{head.unit}牵头" if head.unit else "，牵头单位尚未明确")))
    closed = head.closed_at if one.settled else None
    state = f"已于{day_words(local(closed).date())}办结" if closed else f"{ends(f)}处于“{_stage(f, one)}”环节"
    new = f"{f.this}新增信息{one.new:,}条" if one.new else f"{f.this}没有新增信息"
    said = [state, _clocks(f, one), _tasks(f, one), new]
    return f"{parts.titled(head.title)}（{lead}）：{'；'.join(filter(None, said))}。"


def _table(f: Facts) -> Table:
    rows = []
    for n, one in enumerate(f.cases, 1):
        states = _states(f, one)
        closed = one.head.closed_at
        rows.append((n, cut(one.head.title, 30), labels.LEVELS[one.head.level],
                     f"{_stage(f, one)}（{local(closed):%m-%d}）" if closed else _stage(f, one), one.head.unit,
                     _clocks(f, one), len(states), sum(state in ("已反馈", "超期反馈") for state in states),
                     states.count("已超期"), one.new))
    columns = parts.heads("序号:int", "事件", "等级", "环节", "牵头单位", "回应时限", "交办:int", "反馈:int",
                          "超期:int", "新增信息:int")
    return Table("事件处置情况", columns, tuple(rows),
                 note=f"环节、任务和时限为{ends(f)}情况；新增信息为{f.this}发布的关联信息条数。")


def _steps(f: Facts, steps: list) -> Table:
    shown = steps[-STEPS:]
    when, form = parts.clock_column(step.at for _, step in shown)
    left = f"共{len(steps)}项，仅列最近{STEPS}项。" if len(steps) > STEPS else ""
    return Table(f"{f.this}处置记录", parts.heads("序号:int", when, "事件", "事项", "内容"), tuple(
        (n, f"{local(step.at):{form}}", cut(one.head.title, 20), labels.STEP_KINDS[step.kind],
         cut(step_words(step), 80))
        for n, (one, step) in enumerate(shown, 1)), note=left)


# --- 预警


def warnings(f: Facts) -> Section | None:
    """What was warned of."""
    told = f.warned
    if not told.total:
        return None
    levels = [(labels.LEVELS[level], n) for level, n in told.levels.items() if n]
    said = f"{f.this}发出预警{told.total:,}次"
    if len(levels) > 1:
        said += f"，其中{'、'.join(f'{word}{n:,}次' for word, n in levels)}"
    else:
        said += f"，{'均' if told.total > 1 else ''}为{levels[0][0]}"
    if not told.seen:
        said += f"，{ends(f)}均未确认" if told.total > 1 else f"，{ends(f)}尚未确认"
    elif told.open:
        said += f"；{ends(f)}已确认{told.seen:,}次，尚有{told.open:,}次未确认"
    else:
        said += "，均已确认" if told.total > 1 else "，已确认"
    if told.minutes is not None:
        said += f"，确认用时的中位数为{_minutes(told.minutes)}"
    said += f"。经核查为误报{told.wrong:,}次。" if told.wrong else "。"
    rows = [(word, n) for word, n in levels] + [("合计", told.total)]
    took = _minutes(told.minutes) if told.minutes is not None else ""
    columns = parts.heads("等级", "次数:int", "已确认:int", "未确认:int", "误报:int", "确认用时中位数")
    summary = Table("预警情况", columns, tuple(
        (word, n, *((told.seen, told.open, told.wrong, took) if word == "合计" else (None, None, None, "")))
        for word, n in rows))
    return Section("预警情况", (Paragraph(said), Paragraph(_named(f)), summary, _alerts(f)))


def _minutes(number: float) -> str:
    if number < 120:
        return f"{number:g}分钟"
    return f"{number / 60:.1f}小时" if number < 48 * 60 else f"{number / 1440:.1f}天"


def _named(f: Facts) -> str:
    """The gravest ones by name."""
    top = f.warned.rows.head(TOLD.get(f.period.span, TOLD_ELSE))
    named = [f"{parts.titled(row.title)}（{labels.LEVELS[row.level]}，{row.state}）" for row in top.itertuples()]
    return f"{'等级较高的' if len(f.warned.rows) > len(top) else '预警'}包括：{listed(named, len(named))}。"


def _alerts(f: Facts) -> Table:
    shown = f.warned.rows.head(ALERTS)
    when, form = parts.clock_column(shown["at"])
    left = f"共{f.warned.total}次，仅列等级较高的{ALERTS}次。" if f.warned.total > ALERTS else ""
    return Table("预警清单", parts.heads("序号:int", when, "等级", "内容", "地点", "责任单位", "确认用时（分）:int",
                                        "状态"), tuple(
        (n, f"{local(row.at):{form}}", labels.LEVELS[row.level], cut(row.title, 28), row.place, row.unit,
         row.minutes, row.state)
        for n, row in enumerate(shown.itertuples(), 1)), note=f"状态为{ends(f)}情况。{left}")
