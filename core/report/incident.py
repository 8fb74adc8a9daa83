"""事件专报: what is reported about an incident at every stage, from facts to sentences, tables and charts.

快报 comes within hours: what, when, where, how far it went, what is said, what was done, how much time is left, what to
do. 续报 say what is new since the report before. 终报 tells the whole course and what to learn from it. Figures are the
data's; title, summary, risk and suggestions a person may put in own words, which the report then says.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from core import db, incidents, labels
from core.clock import day_of, local
from core.faults import BadInput
from core.incidents.phrases import MANY, lead_sentence, moment, risk_sentence
from core.incidents.rows import take
from core.models import Edition
from core.query import incident_reports
from core.query.corpus import NETIZENS
from core.query.incident_reports import FINAL, FIRST, FOLLOWING, KIND, Issued
from core.query.incidents import CLOCKS, Head, Step, pressing
from core.report import editions, incident_facts
from core.report import opinion_parts as parts
from core.report.advice import MOST, MOST_FIRST, advice
from core.report.brief import laid_out
from core.report.content import (
    Block,
    Column,
    Content,
    Figure,
    Figures,
    Note,
    Paragraph,
    Section,
    Subject,
    Table,
    numeral,
)
from core.report.incident_advice import (
    LESSONS,
    NOTHING_TO_LEARN,
    NOTHING_TO_SUGGEST,
    SUGGESTIONS,
    clock_names,
    plain_span,
)
from core.report.incident_facts import Facts
from core.report.opinion_parts import DRAFT, Words, cut, stamp, titled, told
from core.report.sentences import listed, percent
from core.report.steps import step_words
from core.settings import settings

__all__ = ["build", "drafted", "due", "issue", "publish", "stage_name"]

_OWN = ("近24小时", "负面信息")
"""What a sentence of risk says that the system wrote: its figures are of another moment, so it is written anew."""
_TOLD_STEPS = ("stage", "level", "note", "merge", "split", "withdraw", "reopen")
_STEPS, _STEPS_BRIEF, _VIEWS = 80, 8, 8
COMPARED = "与上期对比"


def build(session: Session, incident_id: int, stage: str, *, now: datetime, words: Words = DRAFT,
          by: str = "") -> Content:
    """The report's content from what the database holds at this moment (use `db.snapshot`).

    `stage`: 快报, 续报 (the next of them), 续报2 (that one), 终报 · `words`: what a person (`by`) wrote instead of the
    draft. Raises BadInput (Chinese) for an incident that is gone or withdrawn, for a stage that can't be issued now
    (`incident_reports.offered`) and for words that can't be.
    """
    return compose(incident_facts.read(session, incident_id, stage, now), settings().district, settings().office, words,
                   by)


def drafted(session: Session, incident_id: int, stage: str, *, now: datetime) -> Words:
    """What a person may put in other words, as the report would say it. Errors as `build`."""
    return _draft(incident_facts.read(session, incident_id, stage, now))


def issue(session: Session, content: Content, *, now: datetime, by: str = "", seen: int | None = None) -> Edition:
    """Issue the report as it was built, and note it in the incident's course; the caller commits. What says exactly the
    same as the newest version is not issued again. `seen`: id of the newest report about the incident that the person
    knows of (0: none). Raises BadInput where there is another by now, or the stage can't be issued any more."""
    stage, id_ = content.subject.period, incident_reports.incident_of(content.subject.scope)
    top = take(session, incidents.head(session, id_), archived=True)  # nobody else issues one meanwhile
    incident_facts.stage_of(session, top.id, stage)
    done = incident_reports.issued(session, top.id)
    if top.id != id_ or (seen is not None and seen != max((one.id for one in done), default=0)):
        raise BadInput("刚有人签发了这个事件的报告，或合并了这个事件，请刷新页面，看过后再签发")
    newest = editions.latest(session, content)
    edition = editions.issue(session, content, by=by, now=now)
    if newest is None or newest.id != edition.id:
        version = f"（第{edition.version}版）" if edition.version > 1 else ""
        incidents.reported(session, top.id, f"签发{stage_name(stage)}{version}", content.title, who=by, now=now)
    return edition


def publish(incident_id: int, stage: str, *, now: datetime, words: Words = DRAFT, by: str = "") -> Edition:
    """Build the report from one state of the database and issue it. Errors as `build`."""
    with db.snapshot() as reading:
        content = build(reading, incident_id, stage, now=now, words=words, by=by)
    with db.session() as writing:
        edition = issue(writing, content, now=now, by=by)
        writing.commit()
    return edition


def stage_name(stage: str) -> str:
    """快报, 续报（二）, 终报."""
    number = incident_reports.number_of(stage)
    return f"{FOLLOWING}（{numeral(number) if number < 100 else number}）" if number else stage


def due(one: Head, done: Sequence[Issued], now: datetime) -> str:
    """Which report is due next, and by when, in a sentence; empty where none is."""
    own = [report for report in done if not report.of]
    can = incident_reports.offered(done, one)
    if not can or (own and can == (FINAL,)):
        return ""
    if can[0] == FINAL:
        return f"事件已{labels.STAGES[one.stage]}，应编发终报。"
    if can[0] == FIRST:
        clock = pressing(one, now)
        if clock is None:
            return "还没有编发快报。"
        by = f"{local(clock.due_at):%m-%d %H:%M}"
        return f"应尽快编发快报，最迟不晚于最先到期的回应时限（{clock.hours}小时内{clock.name}，{by}，{clock.words}）。"
    return f"有新情况时编发{stage_name(can[0])}；事件办结后编发终报。"


def compose(f: Facts, district: str, office: str, words: Words = DRAFT, by: str = "") -> Content:
    """The report that those facts make, with what a person wrote instead of the draft. Pure. Errors as `build` of
    words."""
    one = f.file.head
    said, edited = parts.worded(_draft(f), words)
    first = f.size.first_at or one.first_at
    sections = {FIRST: _first, FOLLOWING: _following, FINAL: _final}[FOLLOWING if f.number else f.stage](f, said)
    return Content(
        subject=Subject(KIND, "", f.stage, incident_reports.scope_of(one.id)), title=said.title, subtitle="",
        office=office, district=district, platform="网络舆情", kind=labels.REPORT_KINDS[KIND],
        period=f"{stamp(first)} 至 {stamp(f.now)}", scope=cut(one.title, 24), basis="按发布时间统计", as_of=f.now,
        stamp=f.stamp, is_demo=one.demo, layout="report" if f.stage == FINAL else "brief", series="网络舆情",
        masthead=f"{district}舆情专报", number=stage_name(f.stage), sent_to=said.sent_to,
        sections=tuple(section for section in _arranged(
            f, [Section("摘要", tuple(parts.summary_blocks(said))), *filter(None, sections)], _method(f, edited, by),
            _annexes(f)) if section.blocks),
    )


def _arranged(f: Facts, body: list[Section], method: list[str], annexes: list[Section]) -> list[Section]:
    """A 终报 has its tables where they are spoken of. A brief is read at one glance: sentences first, on a page or two,
    with what is compared with the report before; the tables behind them stand at its end."""
    if f.stage == FINAL:
        return [*body, Section("统计口径", tuple(map(Paragraph, method)), role="method"), *annexes]
    return laid_out(body, method, annexes, lambda block: isinstance(block, Table) and block.title == COMPARED)


# --- The draft


def _draft(f: Facts) -> Words:
    one = f.file.head
    title = f"关于“{one.title.replace('“', '‘').replace('”', '’')}”的舆情{stage_name(f.stage)}"
    rules, otherwise = (LESSONS, NOTHING_TO_LEARN) if f.stage == FINAL else (SUGGESTIONS, NOTHING_TO_SUGGEST)
    most = MOST_FIRST if f.stage == FIRST else MOST
    return Words(title, _summary(f), _risk(f), "\n".join(map(str, advice(f, rules, otherwise, most))), "")


def _summary(f: Facts) -> str:
    """Figures of this moment, then what people wrote; of what they keep, a sentence of figures of another moment is
    left out."""
    one = f.file.head
    kept = one.summary
    if kept.startswith("截至") and "监测到" in kept.split("。")[0]:
        kept = kept.split("。", 1)[1].lstrip()
    if not f.how.mentions:
        lead = f"截至{moment(f.now, f.now)}，没有监测到与此事有关的公开信息。"
    elif f.stage == FINAL:
        lead = _whole_course(f)
    else:
        lead = lead_sentence(f.how, f.now)
    return f"{lead}{kept}"


def _whole_course(f: Facts) -> str:
    one = f.file.head
    said = [f"事件于{moment(one.first_at, f.now)}首次采集"]
    if one.stopped_at:
        said.append(f"{moment(one.stopped_at, f.now)}转入“{labels.STAGES[one.stopped_by]}”环节")
    if one.closed_at:
        said.append(f"{moment(one.closed_at, f.now)}办结，历时{plain_span(one.closed_at - one.first_at)}")
    size = f"累计关联信息{f.how.mentions:,}条"
    if f.how.texts < f.how.mentions:
        size += f"（合并转载后{f.how.texts:,}篇）"
    return f"{'，'.join(said)}。{size}，涉及{f.how.platforms}个平台。"


def _risk(f: Facts) -> str:
    kept = f.file.head.risk
    return kept if kept and not any(word in kept for word in _OWN) else risk_sentence(f.how)


# --- The stages


def _first(f: Facts, words: Words) -> tuple[Section | None, ...]:
    spread = _spread(f)
    what = (_elements(f), Paragraph(_origin(f) + _position(f)), *(spread.blocks if spread else ()))
    return (Section("基本情况", what), _opinions(f, topics=1),
            Section("处置与回应", tuple(_handling(f, steps=_STEPS_BRIEF))), _suggested(words, "工作建议"))


def _following(f: Facts, words: Words) -> tuple[Section | None, ...]:
    handled = _handling(f, steps=0 if f.since else _STEPS_BRIEF)
    return (_new(f), _spread(f), _opinions(f), Section("处置与回应", tuple(handled)), _suggested(words, "工作建议"))


def _final(f: Facts, words: Words) -> tuple[Section | None, ...]:
    return (_course(f), _spread(f), _opinions(f, quotes=2), _handled(f), _effect(f), _suggested(words, "经验与建议"))


def _suggested(words: Words, title: str) -> Section | None:
    lines = (words.suggestions or "").splitlines()
    return Section(title, tuple(parts.listed_lines(lines))) if lines else None


# --- 基本情况, 事件经过


def _where(one: Head) -> str:
    return "".join(filter(None, (one.town if not one.place.startswith(one.town) else "", one.place)))


def _elements(f: Facts) -> Table:
    """What, when, where, how grave, who leads."""
    one = f.file.head
    level = f"{labels.LEVELS[one.level]}（{labels.LEVEL_NAMES[one.level]}）"
    rows = (
        ("等级", level), ("事发地点", _where(one) or "尚未核定"), ("牵头单位", one.unit or "尚未明确"),
        ("当前环节", labels.STAGES[one.stage]), ("最早发布", stamp(f.size.first_at) or "没有公开信息"),
        ("首次采集" if f.how.mentions else "获悉时间", stamp(one.first_at)), ("立项", stamp(one.opened_at)),
        ("关联信息", f"{f.how.mentions:,}条" if f.how.mentions else "没有"),
    )
    return Table("事件要素", parts.heads("项目", "内容"), rows)


def _position(f: Facts) -> str:
    """Where it happened, how grave it is, who leads."""
    one = f.file.head
    where = f"事发地点为{_where(one)}" if _where(one) else "事发地点尚未核定"
    unit = f"牵头单位为{one.unit}" if one.unit else "牵头单位尚未明确"
    return f"{where}，等级为{labels.LEVELS[one.level]}（{labels.LEVEL_NAMES[one.level]}），{unit}。"


def _origin(f: Facts) -> str:
    """Where it was seen first, and when the file was opened."""
    one = f.file.head
    who = f"由{told(one.opened_by)}" if told(one.opened_by) else ""
    opened = f"{moment(one.opened_at, f.now)}{who}立项"
    if f.course.empty:
        return f"{moment(one.first_at, f.now)}获悉此事，{opened}。"
    first = f.course.iloc[0]
    undated = "" if first["dated"] else "（来源未注明发布时间，为首次采集时间）"
    return (f"{moment(first['published_at'], f.now)}{undated}，{cut(first['source'], 20)}（{first['platform']}）发布"
            f"{titled(first['title'], first['side'])}，为已采集到的最早信息。"
            f"系统于{moment(one.first_at, f.now)}首次采集，{opened}。")


def _course(f: Facts) -> Section:
    """How it began and went on, in order of time."""
    blocks: list[Block] = [_elements(f), Paragraph(_origin(f))]
    if not f.course.empty:
        blocks.append(parts.item_table(f.course, "传播关键节点", why=True, note="转载为本事件内的同文信息（含摘录）。"))
    return Section("事件经过", tuple(blocks))


# --- 新情况


def _new(f: Facts) -> Section | None:
    """What has come since the report before it."""
    since = f.since
    if since is None:
        return None
    version = f"第{since.report.version}版，" if since.report.version > 1 else ""
    lead = (f"本报告承接{stage_name(since.report.stage)}（{version}{moment(since.report.issued_at, f.now)}签发），"
            f"反映其后至{moment(f.now, f.now)}的情况。")
    blocks: list[Block] = [Paragraph(lead + _news(f)), _compared(f)]
    if steps := _steps(since.steps, (*_TOLD_STEPS, "assign", "reply"), _STEPS):
        blocks.append(_step_table(steps, "上期以来的处置记录"))
    if not since.items.empty:
        blocks.append(parts.item_table(since.items, "新增主要信息", note="转载为新增信息中的同文信息（含摘录）。"))
    return Section("新的情况", tuple(blocks))


def _news(f: Facts) -> str:
    since = f.since
    said = []
    if since.new:
        if since.newer == since.new:
            when = "，均为上期之后发布"
        elif since.newer:
            when = f"，其中{since.newer:,}条为上期之后发布"
        else:
            when = "，均为此前已发布、新近关联的信息"
        said.append(f"上期以来新增关联信息{since.new:,}条{when}")
    else:
        said.append("上期以来没有新增关联信息")
    if since.gone:
        said.append(f"移出与本事件无关的信息{since.gone:,}条")
    if since.platforms:
        many = f"等{len(since.platforms)}个平台" if len(since.platforms) > 4 else ""
        said.append(f"新传至{'、'.join(since.platforms[:4])}{many}")
    for step in since.steps:
        if step.kind == "level":
            said.append(f"等级由{step.before}调整为{step.after}")
    if (was := _was(f, "stage")) and was != labels.STAGES[f.file.head.stage]:
        said.append(f"环节由“{was}”转入“{labels.STAGES[f.file.head.stage]}”")
    asked, answers = _asked(since.steps), _answers(since.steps)
    if asked:
        said.append(f"新交办任务{len(asked)}项（{listed(dict.fromkeys(step.unit for step in asked), 3)}）")
    if answers:
        said.append(f"收到反馈{len(answers)}项（{listed(dict.fromkeys(step.unit for step in answers), 3)}）")
    return f"{'；'.join(said)}。"


def _was(f: Facts, kind: str) -> str:
    """The level or stage that the report before gave; empty where it is still that."""
    return next((step.before for step in f.since.steps if step.kind == kind and step.before), "")


def _asked(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.kind == "assign" and step.after != "已收回"]


def _answers(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.kind == "reply"]


def _compared(f: Facts) -> Table:
    since, one = f.since, f.file.head
    level, stage = labels.LEVELS[one.level], labels.STAGES[one.stage]
    rows = [
        ("数据截止", stamp(since.at), stamp(f.now)), ("签发时间", stamp(since.report.issued_at), labels.MISSING),
        ("版次", f"第{since.report.version}版", labels.MISSING),
        ("关联信息（条）", f"{since.had:,}", f"{f.how.mentions:,}"),
        ("等级", _was(f, "level") or level, level), ("环节", _was(f, "stage") or stage, stage),
        ("新增关联（条）", labels.MISSING, f"{since.new:,}"),
    ]
    more = {"其中上期之后发布（条）": since.newer, "移出（条）": since.gone,
            "新交办任务（项）": len(_asked(since.steps)), "新收到反馈（项）": len(_answers(since.steps))}
    rows += [(name, labels.MISSING, f"{number:,}") for name, number in more.items() if number]
    return Table(COMPARED, (Column("项目"), Column("上期"), Column("本期")), tuple(rows))


# --- 传播情况


def _spread(f: Facts) -> Section | None:
    if not f.how.mentions:
        return None
    brief = f.stage == FIRST
    said = parts.path_words(f.platforms, f.now, first=bool(f.number)) + parts.platform_words(f.platforms)
    running = None if f.file.head.state == "closed" else day_of(f.now)
    if not brief and not f.hourly:
        said += parts.turn_words(f.counts, running)
    if f.hourly and f.how.mentions >= MANY:
        said += _busiest(f)
    blocks: list[Block] = [_cards(f), Paragraph(said), parts.platform_table(f.platforms)]
    if f.hourly and f.how.mentions >= MANY:
        blocks.append(parts.hours_table(f.times, f.times[-1]))
    elif not brief and len(f.counts) > 1:
        blocks += [parts.daily_chart(f.daily, f.counts), parts.turns_table(f.counts, running)]
    return Section("传播过程" if f.stage == FINAL else "传播情况", tuple(blocks))


def _busiest(f: Facts) -> str:
    """The span of hours with most of it."""
    rows = parts.hours_table(f.times, f.times[-1]).rows
    most = max(number for _, _, number in rows)
    spans = [(begin, end) for begin, end, number in rows if number == most]
    begin, end = spans[0]
    when = f"{_hour(begin)}至{_hour(end)}"
    if len(spans) > 1:
        return f"从时间看，信息最集中的时段有{len(spans)}个，各{most:,}条，首个为{when}。"
    return f"从时间看，{when}最集中，为{most:,}条。"


def _hour(shown: str) -> str:
    """`03-02 09:00` in a sentence."""
    month, day, hour = int(shown[:2]), int(shown[3:5]), int(shown[6:8])
    return f"{month}月{day}日{hour}时"


def _cards(f: Facts) -> Figures:
    how = f.how
    change = ""
    if how.day_before is not None and how.last_day:
        more = how.last_day - how.day_before
        if how.day_before >= MANY:
            change = f"较前24小时{more / how.day_before:+.0%}" if more else "与前24小时持平"
        else:
            change = f"较前24小时{more:+d}条" if more else "与前24小时持平"
    items = [
        Figure(incident_facts.LINKED, f"{how.mentions:,}", "条", f"去重{how.texts:,}篇"),
        Figure("近24小时新增", f"{how.last_day:,}", "条", change),
        Figure("涉及平台", f"{how.platforms:,}", "个"),
    ]
    if how.felt >= MANY:
        items.append(Figure("负面占比", f"{how.negative:.0%}", "", f"误差±{how.margin * 100:.0f}个百分点"))
    elif how.felt:
        items.append(Figure("负面信息", f"{how.numbers['负面']:,}", "条", f"已判读{how.felt:,}条"))
    return Figures(tuple(items))


# --- 各方观点


def _opinions(f: Facts, *, topics: int = incident_facts.VIEWED, quotes: int = 1) -> Section | None:
    if not f.voices:
        return None
    shown, feelings = f.views[:topics], parts.feeling_words(f.voices)
    if not shown:
        feelings += "信息较少或尚未形成话题，观点暂未归纳，主要信息见附表。"
    if f.stage == FINAL:
        blocks: list[Block] = [Paragraph(feelings), parts.feeling_table(f.voices)]
        for title, seen in shown:
            blocks += parts.views_blocks(title, seen, quotes)
        return Section("各方观点", tuple(blocks))
    said = [parts.views_words(title if len(shown) > 1 else "", seen) for title, seen in shown]
    lines = [feelings + said[0], *said[1:]] if said else [feelings]
    tables = [parts.feeling_table(f.voices)]
    for title, seen in shown:
        tables += [block for block in parts.views_blocks(title, seen, quotes, _VIEWS) if isinstance(block, Table)]
    return Section("各方观点", (*map(Paragraph, filter(None, lines)), *tables))


# --- 处置与回应


def _handling(f: Facts, steps: int) -> list[Block]:
    """Where it stands, what was asked of whom, how much time is left."""
    here = f"目前处于“{labels.STAGES[f.file.head.stage]}”环节。"
    blocks: list[Block] = [Paragraph(f"{here}{_task_words(f)}{_clock_words(f)}"), _clock_table(f)]
    if f.file.tasks and f.stage != FINAL:
        blocks.append(_task_table(f, "交办任务"))
    found = _steps(f.file.steps, _TOLD_STEPS, steps) if steps else []
    if len(found) > 1:  # that it was opened is said already
        blocks.append(_step_table(found, "处置记录"))
    return blocks


def _task_words(f: Facts) -> str:
    live = [task for task in f.file.tasks if task.withdrawn_at is None]
    if not live:
        return "没有交办任务。" if f.stage == FINAL else "尚未交办任务。"
    units = list(dict.fromkeys(task.unit for task in live))
    said = f"已向{listed(units, 4)}{'' if len(units) > 4 else '等单位' if len(units) > 3 else ''}交办任务{len(live)}项"
    states = [task.state(f.now) for task in live]
    answered = sum(state in ("已反馈", "超期反馈") for state in states)
    late = list(dict.fromkeys(task.unit for task, state in zip(live, states, strict=True) if state == "已超期"))
    if answered == len(live):
        said += "，均已反馈" if len(live) > 1 else "，已反馈"
    else:
        said += f"，已反馈{answered}项" if answered else "，尚未收到反馈"
    if late:
        said += f"，{listed(late, 3)}超期未反馈"
    return f"{said}。"


def _clock_words(f: Facts) -> str:
    if not f.clocks:
        return ""
    late = [one for one in f.clocks if one.late]
    if not f.clocks[0].running:
        at = f"{moment(f.clocks[0].stopped_at, f.now)}转入“{labels.STAGES[f.clocks[0].stopped_by]}”环节"
        return f"{at}，{clock_names(late)}超时。" if late else f"{at}，各项回应时限均按时完成。"
    said = f"{clock_names(late)}的时限已过。" if late else ""
    rest = [one for one in f.clocks if not one.late]
    if rest:
        first = min(rest, key=lambda one: one.due_at)
        said += (f"{'下一' if late else '最先到期的'}时限为{first.hours}小时内{first.name}，"
                 f"于{moment(first.due_at, f.now)}到期。")
    return said


def _clock_table(f: Facts) -> Table:
    return Table("回应时限", (Column("时限要求"), Column("截止时间"), Column("进展")), tuple(
        (f"{one.hours}小时内{one.name}", stamp(one.due_at), one.words.replace(" ", "")) for one in f.clocks),
        note="自首次采集起算，到转入“回应”或其后环节止。")


def _task_table(f: Facts, title: str) -> Table:
    names = ("承办单位", "交办事项", "交办时间", "反馈时限", "状态", "反馈情况")
    return Table(title, (Column("序号", "int"), *map(Column, names)), tuple(
        (n, task.unit + (f"（{task.person}）" if task.person else ""), cut(task.text, 80), stamp(task.asked_at)[5:],
         stamp(task.due_at)[5:], task.state(f.now), cut(task.answer, 120)) for n, task in enumerate(f.file.tasks, 1)))


def _steps(steps: Sequence[Step], kinds: Sequence[str], most: int) -> list[Step]:
    """The last steps of those kinds, in order of time."""
    found = sorted((step for step in steps if step.kind in kinds), key=lambda step: (step.at, step.noted_at))
    return found[-most:]


def _step_table(steps: Sequence[Step], title: str) -> Table:
    named = any(told(step.who) for step in steps)
    when, form = parts.clock_column(step.at for step in steps)
    names = (when, "事项", "内容", *(["经办"] if named else []))
    return Table(
        title, (Column("序号", "int"), *map(Column, names)),
        tuple((n, f"{local(step.at):{form}}", labels.STEP_KINDS[step.kind], step_words(step),
               *([told(step.who)] if named else [])) for n, step in enumerate(steps, 1)))


def _handled(f: Facts) -> Section:
    """The whole course of the handling: stages with the time that they took, clocks kept or missed."""
    one = f.file.head
    rows: list[tuple[Any, ...]] = []
    if f.size.first_at is not None:
        rows.append(("最早发布", stamp(f.size.first_at), "", ""))
    rows.append(("首次采集" if f.how.mentions else "获悉", stamp(one.first_at), "", ""))
    rows.append(("立项", stamp(one.opened_at), _took(one, one.opened_at), told(one.opened_by)))
    for reached in f.file.stages[1:]:
        if reached.at:
            step = next((step for step in reversed(f.file.steps) if step.kind == "stage" and step.at == reached.at
                         and step.stage == reached.stage), None)
            rows.append((labels.STAGES[reached.stage], stamp(reached.at), _took(one, reached.at),
                         told(step.who) if step else ""))
        elif reached.skipped:
            rows.append((labels.STAGES[reached.stage], "跳过", "", ""))
    table = Table("处置环节与用时", (Column("环节"), Column("时间"), Column("距首次采集"), Column("经办")), tuple(rows))
    return Section("处置过程", (*_handling(f, steps=0), table, Note("交办任务和处置记录见附表。")))


def _took(one: Head, at: datetime) -> str:
    return plain_span(at - one.first_at) if at > one.first_at else ""


def _effect(f: Facts) -> Section | None:
    """Mentions before and after the response, over equal lengths."""
    effect = f.effect
    if effect is None:
        why = ("没有登记“回应”环节" if f.file.head.stopped_at is None else "回应后不足1小时")
        return Section("回应效果", (Note(f"{why}，无法比较回应前后的变化。"),))
    hours = int(effect.length / timedelta(hours=1))
    before, after = effect.before, effect.after
    change = (after - before) / before if before else None
    columns = (Column("项目"), Column(f"回应前{hours}小时", "int"), Column(f"回应后{hours}小时", "int"),
               Column("变化", "growth"))
    rows: list[tuple[Any, ...]] = [("信息量（条）", before, after, change)]
    for label in ("负面", "中性", "正面"):
        numbers = [voices[NETIZENS].numbers[label] if NETIZENS in voices and voices[NETIZENS].felt else None
                   for voices in (effect.voices_before, effect.voices_after)]
        rows.append((f"网民{label}（条）", *numbers, None))
    if not before and not after:
        said = f"回应前后各{hours}小时都没有新增信息，无法据此判断效果。"
    elif not before:
        said = f"回应前{hours}小时没有新增信息，回应后{hours}小时为{after:,}条。"
    else:
        word = "持平" if after == before else "增加" if after > before else "减少"
        part = percent(abs(change)) if before >= MANY and after != before else ""
        said = f"回应后{hours}小时信息量{after:,}条，较回应前{hours}小时的{before:,}条{word}{part}。"
    note = "前后两段时间等长；热度变化可能同时受其他因素影响，不单独归因于回应。"
    return Section("回应效果", (Paragraph(said), Table("回应前后对比", columns, tuple(rows), note=note)))


# --- 口径, 附表


def _method(f: Facts, edited: Sequence[str], by: str) -> list[str]:
    """How the figures were made; in a few words where there is little room."""
    merged = f"（含已并入的{listed((f'“{cut(one.title, 24)}”' for one in f.file.merged), 3)}）" if f.file.merged else ""
    said = [f"统计范围为本事件{merged}关联的信息，时间为北京时间，按发布时间统计。"]
    if f.stage == FINAL:
        hours = "、".join(f"{hours}小时内{name}（{'、'.join(labels.LEVELS[level] for level in levels)}）"
                         for name, hours, levels in CLOCKS)
        said = [f"统计范围为本事件{merged}关联的信息，数据截至{moment(f.now, f.now)}；时间为北京时间，按发布时间统计，"
                "来源未注明发布时间的，以首次采集时间为准。去重指转载、摘录与原文合计一篇。",
                "情感和立场由系统按用语判断，经人工更正的以更正为准。媒体指新闻、微信公众号、APP、网站和台账内账号，"
                "其余为网民；热榜条目不计入观点。", f"回应时限依据国办发〔2016〕61号、80号文件：{hours}。"]
    elif f.voices:
        said.append("情感、立场由系统按用语判断；媒体指新闻、微信公众号、APP、网站和台账内账号，其余为网民，热榜条目不计入观点。")
    if "建议" not in edited:
        said.append("建议由系统按既定规则提出，依据随文注明，供参考。")
    return [*said, *filter(None, [parts.edited_words(edited, by)])]


def _annexes(f: Facts) -> list[Section]:
    made = []
    if not f.key.empty:
        final = f.stage == FINAL
        more = f"仅列主要的{len(f.key)}篇。" if f.how.texts > len(f.key) else ""
        note = f"佐证在先选列，其余按转载多少选列；按时间排列。{more}转载为本事件内的同文信息（含摘录）。"
        made.append(Section("主要信息", (parts.item_table(f.key, "主要信息", links=final, note=note),), role="annex"))
    if f.stage == FINAL:
        steps = _steps(f.file.steps, (*_TOLD_STEPS, "assign", "reply", "report"), _STEPS)
        tables = [_step_table(steps, "处置记录")]
        if f.file.tasks:
            tables.insert(0, _task_table(f, "交办任务"))
        if f.done:
            tables.append(_issued_table(f.done))
        made.append(Section("处置材料", tuple(tables), role="annex"))
    return made


def _issued_table(done: Sequence[Issued]) -> Table:
    return Table("已编发的报告", (Column("序号", "int"), *map(Column, ("报告", "版次", "标题", "签发时间"))), tuple(
        (n, stage_name(one.stage), f"第{one.version}版", one.title, stamp(one.issued_at))
        for n, one in enumerate(done, 1)))
