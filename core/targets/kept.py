"""The targets of a year as they are kept: opened from the first set or the year before, changed, explained, closed; and
what people enter for those that no record tells.

The sample district has its own: while nothing but the sample is there, its targets are the ones that are seen.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import delete, exists, func, select
from sqlmodel import Session

from core import audit, db, incident_files, labels
from core.clock import day_of
from core.faults import BadInput
from core.metrics.targets import COMPARISONS
from core.models import Account, Edition, IncidentFile, Mention, Platform, Source, Target, TargetEntry
from core.periods import SPANS
from core.settings import CATALOG

DIMENSIONS = ("产出数量", "产出质量", "产出时效", "效果目标", "满意度")
"""Parts of the yearly form, in its order."""
NOTICE = "target"
"""Kind of the notice of targets at risk (labels.NOTICES)."""
SHARE = "%"
"""Unit of what is a share."""
NAME, TEXT, UNIT = 40, 500, 8
"""Characters at most."""
COUNTED_KINDS = ("monthly", "quarterly", "annual", "unit", "board", "opinion")
"""Kinds of reports that have periods, which a target can count."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A measure: its name, whether it comes to a share, and what it says, in words."""

    name: str
    share: bool
    help: str


MEASURES: dict[str, Kind] = {
    "reports": Kind("已签发报告", False, "本年各期已签发的报告，一期只计一份"),
    "ontime": Kind("报告按期完成率", True, "编报计划中已到期的，按期限签发的比例"),
    "accuracy": Kind("数据准确率", True, "月度核验中与原始数据相符的数字的比例"),
    "platforms": Kind("监控平台", False, "近期采集成功且本年有内容的平台"),
    "followers": Kind("粉丝增长", True, "全部账号粉丝总数比上年末的增长"),
    "satisfaction": Kind("网民满意度", True, "满意度数据中表示满意的比例"),
    "manual": Kind("人工填报", False, "系统没有记录的，由人填报数值和依据"),
}
"""Everything that a target can be measured by."""


# --- Reading --------------------------------------------------------------------------------------------------------


def sample(session: Session) -> bool:
    """Whether there is nothing but the sample district: its targets are the ones that are seen then."""
    if not session.execute(select(exists().where(Account.demo.is_(True)))).scalar():
        return False
    return not session.execute(select(exists().where(Account.demo.is_(False)))).scalar() and not session.execute(
        select(exists().where(Source.demo.is_(False), Source.id.in_(select(Mention.source_id))))).scalar()


def years(session: Session) -> list[int]:
    """The years that have targets, the newest first."""
    demo = sample(session)
    return list(session.execute(
        select(Target.year).where(Target.demo.is_(demo)).distinct().order_by(Target.year.desc())).scalars())


def of_year(session: Session, year: int, demo: bool | None = None) -> list[Target]:
    """The targets of a year in the order of the form. `demo`: those of the sample district or not, else those seen."""
    demo = sample(session) if demo is None else demo
    return list(session.execute(
        select(Target).where(Target.year == year, Target.demo.is_(demo)).order_by(Target.sort, Target.id)).scalars())


def entries(session: Session, target_id: int) -> list[TargetEntry]:
    """What was entered for a target, the newest day first, withdrawn ones too."""
    return list(session.execute(select(TargetEntry).where(TargetEntry.target_id == target_id).order_by(
        TargetEntry.day.desc(), TargetEntry.id.desc())).scalars())


@lru_cache
def first_set(file: Path = CATALOG / "targets.toml") -> tuple[Mapping[str, Any], ...]:
    """The first set. Raises BadInput for a file that can't be read, or an entry that can't be."""
    try:
        found = tomllib.loads(file.read_text("utf-8"))["target"]
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"绩效目标目录 {file.name} 读不出来：{error}。请恢复该文件后重试") from error
    for number, one in enumerate(found, 1):
        try:
            _check(**{"options": {}, "note": ""} | {name: value for name, value in one.items() if name != "key"})
        except (BadInput, TypeError) as error:
            raise BadInput(f"绩效目标目录 {file.name} 第 {number} 项：{error}") from error
    return tuple(found)


# --- A year ---------------------------------------------------------------------------------------------------------


def open_year(session: Session, year: int, *, who: str, now: datetime, demo: bool | None = None) -> int:
    """Give a year its targets: those of the newest year before it that has some, else the first set. Returns how many.
    Raises BadInput where it has some. The caller commits."""
    demo = sample(session) if demo is None else demo
    if not 2000 <= year <= 2100:
        raise BadInput("年度应为 2000 到 2100")
    if of_year(session, year, demo):
        raise BadInput(f"{year}年的绩效目标已经建立，请刷新页面")
    before = session.execute(
        select(func.max(Target.year)).where(Target.year < year, Target.demo.is_(demo))).scalar()
    if before is not None:
        made = [Target(year=year, key=one.key, name=one.name, dimension=one.dimension, measure=one.measure,
                       comparison=one.comparison, goal=one.goal, unit=one.unit, options=_carried(one.options),
                       weight=one.weight, note=one.note, sort=one.sort, at=now, who=who, demo=demo)
                for one in of_year(session, before, demo)]
    else:
        made = [Target(year=year, sort=number, at=now, who=who, demo=demo,
                       **{name: dict(value) if name == "options" else value for name, value in one.items()})
                for number, one in enumerate(first_set())]
    session.add_all(made)
    session.flush()
    audit.note(session, who, "建立年度绩效目标", f"{year}年",
               f"{len(made)} 项，{f'沿用{before}年' if before is not None else '按第一套'}")
    db.bump(session, now)
    return len(made)


def _carried(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the year before, without what was of that year alone."""
    return {name: value for name, value in options.items() if not name.startswith("baseline")}


def close_year(session: Session, year: int, closed: bool, *, who: str, now: datetime) -> None:
    """Let nothing of a year's targets be changed any more, or again. The caller commits. Raises BadInput for a year
    without targets."""
    found = of_year(session, year)
    if not found:
        raise BadInput(f"{year}年还没有绩效目标，请先建立")
    for one in found:
        one.closed_at = (one.closed_at or now) if closed else None
        session.add(one)
    audit.note(session, who, "封存年度绩效目标" if closed else "解除封存年度绩效目标", f"{year}年")
    db.bump(session, now)


# --- A target -------------------------------------------------------------------------------------------------------


def save(session: Session, *, name: str, dimension: str, measure: str, comparison: str, goal: float, unit: str,
         weight: float, note: str = "", options: Mapping[str, Any] | None = None, year: int | None = None,
         id_: int | None = None, who: str, now: datetime) -> Target:
    """Add a target to a year, or change the one of that id. Raises BadInput for what cannot be. The caller commits."""
    name, note, unit = " ".join(name.split()), note.strip(), unit.strip()
    if measure in MEASURES and MEASURES[measure].share:
        unit = SHARE
    options = dict(options or {})
    _check(name=name, dimension=dimension, measure=measure, comparison=comparison, goal=goal, unit=unit, weight=weight,
           note=note, options=options)
    if unknown := [code for code in options.get("platforms", ()) if session.get(Platform, code) is None]:
        raise BadInput(f"平台“{unknown[0]}”不在目录中，请重新选择")
    row = _target(session, id_) if id_ is not None else None
    year = row.year if row is not None else year
    if year is None:
        raise BadInput("请选择年度")
    demo = row.demo if row is not None else sample(session)
    others = of_year(session, year, demo)
    if any(one.name == name and one.id != id_ for one in others):
        raise BadInput(f"{year}年已有“{name}”，请换一个名称")
    if any(one.closed_at for one in others):
        raise BadInput(f"{year}年的绩效目标已封存，请先解除封存再改")
    said = "新增绩效目标" if row is None else "修改绩效目标"
    before = "" if row is None else f"{words_of(row)} → "
    if row is None:
        row = Target(year=year, key=_key(others), name=name, dimension=dimension, measure=measure,
                     comparison=comparison, goal=goal, at=now, sort=max((one.sort for one in others), default=-1) + 1,
                     demo=demo)
    row.name, row.dimension, row.measure, row.comparison = name, dimension, measure, comparison
    row.goal, row.unit, row.weight, row.note, row.options = goal, unit, weight, note, options
    row.at, row.who = now, who
    session.add(row)
    session.flush()
    audit.note(session, who, said, f"{year}年 {name}", f"{before}{words_of(row)}")
    db.bump(session, now)
    return row


def remove(session: Session, id_: int, *, who: str, now: datetime) -> None:
    """Take a target out of its year, with what was entered for it. The caller commits. Raises BadInput for one that is
    gone or closed."""
    row = _open(session, id_)
    entered = session.execute(select(func.count()).select_from(TargetEntry).where(
        TargetEntry.target_id == id_)).scalar_one()
    session.execute(delete(TargetEntry).where(TargetEntry.target_id == id_))
    session.delete(row)
    audit.note(session, who, "删除绩效目标", f"{row.year}年 {row.name}",
               words_of(row) + (f"，连同填报 {entered} 条" if entered else ""))
    db.bump(session, now)


def explain(session: Session, id_: int, why: str, remedy: str, *, who: str, now: datetime) -> None:
    """Keep why a target was not met and what is done about it. The caller commits. Raises BadInput."""
    row = _open(session, id_)
    why, remedy = why.strip(), remedy.strip()
    if max(len(why), len(remedy)) > TEXT:
        raise BadInput(f"“{row.name}”的原因和改进措施各不超过 {TEXT} 个字，请压缩后再存")
    if (row.why, row.remedy) == (why, remedy):
        return
    row.why, row.remedy, row.at, row.who = why, remedy, now, who
    session.add(row)
    audit.note(session, who, "填写绩效目标说明", f"{row.year}年 {row.name}", f"原因：{why}；措施：{remedy}")
    db.bump(session, now)


def words_of(one: Target) -> str:
    """A target in a line: what is aimed at, and its points."""
    return f"{COMPARISONS[one.comparison]}{amount(one.goal, one.unit)}，{one.weight:g} 分，{MEASURES[one.measure].name}"


def amount(goal: float, unit: str) -> str:
    """A goal in words."""
    return f"{goal * 100:g}%" if unit == SHARE else f"{goal:,g}{unit}"


def _check(*, name: str, dimension: str, measure: str, comparison: str, goal: float, unit: str, weight: float,
           note: str, options: Mapping[str, Any]) -> None:
    if not name or len(name) > NAME:
        raise BadInput(f"指标名称应有 1 到 {NAME} 个字")
    if dimension not in DIMENSIONS:
        raise BadInput(f"“{name}”的指标类别应为：{'、'.join(DIMENSIONS)}")
    if measure not in MEASURES:
        raise BadInput(f"“{name}”的计量方法不存在，请重新选择")
    if comparison not in COMPARISONS:
        raise BadInput(f"“{name}”的比较方式应为：{'、'.join(COMPARISONS.values())}")
    if not goal == goal or not 0 < goal < 1e12:
        raise BadInput(f"“{name}”的目标值应大于 0")
    if MEASURES[measure].share and unit != SHARE:
        raise BadInput(f"“{name}”按比例计量，单位应为“%”")
    if measure in ("accuracy", "satisfaction", "ontime") and goal > 1:
        raise BadInput(f"“{name}”的目标值不能超过 100%")
    if len(unit) > UNIT or not unit:
        raise BadInput(f"“{name}”的单位应有 1 到 {UNIT} 个字，如 份、个、%")
    if not 0 <= weight <= 100:
        raise BadInput(f"“{name}”的分值应为 0 到 100")
    if len(note) > TEXT:
        raise BadInput(f"“{name}”的说明不超过 {TEXT} 个字")
    _options(name, measure, options)


def _options(name: str, measure: str, options: Mapping[str, Any]) -> None:
    if measure == "reports":
        kinds = options.get("kinds", ())
        if not kinds or set(kinds) - set(COUNTED_KINDS):
            raise BadInput(f"“{name}”请选择计哪几种报告")
        if set(options.get("spans", ())) - set(SPANS) or not 0 <= int(options.get("each", 0)) <= 366:
            raise BadInput(f"“{name}”的周期或每平台份数不对，请重新选择")
    if measure == "platforms" and not 1 <= int(options.get("days", 7)) <= 60:
        raise BadInput(f"“{name}”的天数应为 1 到 60")
    if measure == "followers" and options.get("baseline") is not None:
        if not 0 < float(options["baseline"]) < 1e12:
            raise BadInput(f"“{name}”的基数应大于 0")
        if not str(options.get("baseline_why", "")).strip():
            raise BadInput(f"“{name}”的基数由人填写时，请写明依据")


def _key(others: Sequence[Target]) -> str:
    """A key that no other target of the year has."""
    taken = {one.key for one in others}
    return next(key for number in range(1, len(taken) + 2) if (key := f"own_{number}") not in taken)


def _target(session: Session, id_: int) -> Target:
    row = session.get(Target, id_)
    if row is None:
        raise BadInput("这项绩效目标不存在，可能已被删除，请刷新页面")
    return row


def _open(session: Session, id_: int) -> Target:
    row = _target(session, id_)
    if row.closed_at is not None:
        raise BadInput(f"{row.year}年的绩效目标已封存，请先解除封存再改")
    return row


# --- Entered by hand ------------------------------------------------------------------------------------------------


def enter(session: Session, id_: int, day: date, value: float, note: str, *, edition_id: int | None = None,
          file: tuple[str, bytes] | None = None, who: str, now: datetime) -> TargetEntry:
    """Keep what a target came to by a day, with its grounds: words, and an issued report or a file (`file`: name and
    bytes). Raises BadInput. The caller commits."""
    row = _open(session, id_)
    note = " ".join(note.split())
    if row.measure != "manual":
        raise BadInput(f"“{row.name}”由系统记录计量，不用填报")
    if day.year != row.year or day > day_of(now):
        raise BadInput(f"“{row.name}”的日期应在{row.year}年内，不晚于今天")
    if not 0 <= value < 1e12:
        raise BadInput(f"“{row.name}”的数值应不小于 0")
    if not note or len(note) > TEXT:
        raise BadInput(f"请写明数值的依据，1 到 {TEXT} 个字")
    if edition_id is not None and session.get(Edition, edition_id) is None:
        raise BadInput("选中的报告不存在，可能已被删除，请重新选择")
    made = TargetEntry(target_id=id_, day=day, value=value, note=note, edition_id=edition_id, at=now, who=who)
    if file is not None:
        kept = incident_files.keep(file[1], file[0])
        made.file_name, made.file_type = kept.name, kept.media_type
        made.file_sha256, made.file_size = kept.sha256, kept.size
    session.add(made)
    session.flush()
    audit.note(session, who, "填报绩效目标", f"{row.year}年 {row.name}", f"{day} {amount(value, row.unit)}：{note}")
    db.bump(session, now)
    return made


def withdraw(session: Session, entry_id: int, withdrawn: bool = True, *, who: str, now: datetime) -> None:
    """Let an entry not count any more, or again. The caller commits. Raises BadInput for one that is gone."""
    one = session.get(TargetEntry, entry_id)
    if one is None:
        raise BadInput("这条填报不存在，可能已被删除，请刷新页面")
    row = _open(session, one.target_id)
    one.withdrawn_at, one.withdrawn_by = (now, who) if withdrawn else (None, "")
    session.add(one)
    audit.note(session, who, "撤回绩效填报" if withdrawn else "恢复绩效填报", f"{row.year}年 {row.name}",
               f"{one.day} {amount(one.value, row.unit)}")
    db.bump(session, now)


def forget_sample(session: Session) -> set[str]:
    """Delete the sample district's targets; returns the hashes of files that nothing else keeps. The caller commits."""
    mine = select(Target.id).where(Target.demo.is_(True))
    kept = TargetEntry.target_id.in_(mine)
    files = set(session.execute(select(TargetEntry.file_sha256).where(kept, TargetEntry.file_sha256 != "")).scalars())
    session.execute(delete(TargetEntry).where(kept).execution_options(synchronize_session=False))
    session.execute(delete(Target).where(Target.demo.is_(True)))
    return files - held_files(session) - set(session.execute(select(IncidentFile.sha256)).scalars())


def held_files(session: Session) -> set[str]:
    """Hashes of the files that entries keep."""
    return set(session.execute(select(TargetEntry.file_sha256).where(TargetEntry.file_sha256 != "")).scalars())


def report_words(options: Mapping[str, Any]) -> str:
    """The kinds of reports that a target counts, in words."""
    return "、".join(labels.REPORT_KINDS.get(kind, kind) for kind in options.get("kinds", ()))
