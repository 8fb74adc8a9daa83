"""Bringing in results of paper surveys and of calls after 12345 orders: looked at first, then taken whole or not.

A file with numbers is kept as it came. Of one with single answers, in which people may stand, what was read of it is
kept, masked. A later file takes the place of what an earlier one said of the same unit, month and source; the earlier
stays, marked as replaced. The same file again changes nothing.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlmodel import Session

from core import audit, clock, evidence
from core.clock import Month
from core.faults import BadInput
from core.imports.importer import media_type
from core.imports.read import read
from core.labels import SATISFACTION, SURVEY_SOURCES
from core.matching import Known, candidates, settled, sure
from core.metrics.satisfaction import Rate, of
from core.models import SatisfactionFile, SatisfactionSlice, SurveyAnswer, Unit
from core.opinion.wordlist import neutral
from core.records import one_line
from core.settings import settings
from core.survey import sheets
from core.survey.answers import hidden
from core.survey.sheets import Flaw, Line, Shape

SOURCES = ("paper", "hotline")
"""What files can be of."""


@dataclass(frozen=True, slots=True)
class Part:
    """What the file says of one unit (None: the whole district) and month; `before`: the ratings that a former file
    said there, None where there was none."""

    unit_id: int | None
    unit: str
    month: date
    counts: dict[str, int]
    lines: tuple[Line, ...]
    before: int | None = None

    @property
    def rate(self) -> Rate | None:
        return of(self.counts)


@dataclass(slots=True)
class Look:
    """A file as it would be taken."""

    name: str
    body: bytes
    source: str
    given: date | None
    shape: Shape
    parts: list[Part] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    known: datetime | None = None

    @property
    def rows(self) -> int:
        return sum(len(part.lines) for part in self.parts)

    @property
    def words(self) -> str:
        """What is in it, in Chinese."""
        months = sorted({part.month for part in self.parts})
        span = f"{Month.of(months[0])}" + (f" 至 {Month.of(months[-1])}" if len(months) > 1 else "") if months else ""
        units = len({part.unit_id for part in self.parts})
        n = sum(part.rate.n if part.rate else 0 for part in self.parts)
        kind = "逐份" if self.shape == "answers" else "汇总"
        return f"{SURVEY_SOURCES[self.source]}{kind}数据：{self.rows} 行，{units} 个单位，{span}，有效评价 {n:,} 份"


def look(session: Session, body: bytes, name: str, *, source: str, given: Month | None, now: datetime) -> Look:
    """Read a file and check it; nothing is stored. `given`: the month of rows that name none. Raises BadInput where it
    can't be read at all."""
    if source not in SOURCES:
        raise ValueError(source)
    name = one_line(name)[:200] or "上传的文件"
    knobs = settings()
    found = sheets.read(read(body, name, max_rows=knobs.max_import_rows, max_bytes=knobs.max_import_bytes), name,
                        given=given.first if given else None, today=clock.day_of(now), hotline=source == "hotline")
    out = Look(name, body, source, given.first if given else None, found.shape, flaws=found.flaws, notes=found.notes,
               columns=found.columns)
    units = _Units(session)
    parts: dict[tuple[int | None, date], list[Line]] = defaultdict(list)
    for line in found.lines:
        unit_id, flaw = units.of(line)
        if flaw:
            out.flaws.append(flaw)
        else:
            parts[unit_id, line.month].append(line)
    out.notes += units.notes
    held = _held(session, source)
    for (unit_id, month), lines in sorted(parts.items(), key=lambda one: (one[0][1], one[0][0] or 0)):
        if found.shape == "counts" and len(lines) > 1:
            sheet, _, row = lines[1].locator.rpartition("!")
            out.flaws.append(Flaw(sheet, int(row), "单位", f"“{lines[0].unit}”和“{lines[1].unit}”是同一单位",
                                  "请合并为一行"))
        out.parts.append(Part(unit_id, units.name(unit_id), month, _sum(lines), tuple(lines),
                              held.get((unit_id, month))))
    before = _before(session, out)
    out.known = before.at if before else None
    return out


def take(session: Session, seen: Look, *, who: str, now: datetime, demo: bool = False) -> str:
    """Store what was looked at; returns a sentence. Raises BadInput where something is wrong with it. The caller
    commits."""
    if seen.flaws:
        raise BadInput(f"文件“{seen.name}”有 {len(seen.flaws)} 处问题，什么都没有保存。请按表中说明改正后重新上传")
    if before := _before(session, seen):
        return (f"文件“{seen.name}”已于 {clock.local(before.at):%Y-%m-%d %H:%M} 导入过，内容完全相同，没有重复保存。")
    single = seen.shape == "answers"
    capture = evidence.keep(
        session, _read_of(seen) if single else seen.body, request=seen.name, fetched_at=now, demo=demo,
        media_type="text/csv" if single else media_type(seen.body),
        meta={"satisfaction": seen.source, "shape": seen.shape, "columns": seen.columns})
    file = SatisfactionFile(
        at=now, who=who, name=seen.name, sha256=evidence.digest(seen.body), capture_id=capture.id, source=seen.source,
        shape=seen.shape, given=str(Month.of(seen.given)) if seen.given else "", rows=seen.rows, demo=demo)
    session.add(file)
    session.flush()
    replaced = 0
    for part in seen.parts:
        unit = SatisfactionSlice.unit_id
        same = unit.is_(None) if part.unit_id is None else unit == part.unit_id
        replaced += session.execute(
            update(SatisfactionSlice).where(
                SatisfactionSlice.source == seen.source, SatisfactionSlice.month == part.month, same,
                SatisfactionSlice.replaced_by.is_(None))
            .values(replaced_by=file.id).execution_options(synchronize_session=False)).rowcount
        kept = SatisfactionSlice(
            file_id=file.id, source=seen.source, unit_id=part.unit_id, month=part.month, shape=seen.shape,
            counts={} if single else part.counts, locator="" if single else part.lines[0].locator)
        session.add(kept)
        session.flush()
        if single:
            session.add_all(_answer(line, part, kept.id, seen.source, demo) for line in part.lines)
    words = f"{seen.words}" + (f"；替代了原有的 {replaced} 组单位月度数据，原数据留存" if replaced else "")
    audit.note(session, who, "导入满意度数据", seen.name, words)
    return f"已导入{words}。"


def template() -> bytes:
    """A workbook to fill in: a sheet for numbers, one for single answers, one that says how."""
    import xlsxwriter

    memory = io.BytesIO()
    book = xlsxwriter.Workbook(memory, {"in_memory": True})
    head = book.add_format({"bold": True, "bg_color": "#E4EBF3", "border": 1, "border_color": "#CDD3DB"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for name, heads in _TEMPLATE.items():
        sheet = book.add_worksheet(name)
        for place, text in enumerate(heads):
            sheet.write_string(0, place, text, head)
            sheet.set_column(place, place, 26 if text in ("单位", "意见建议") else 12)
        sheet.freeze_panes(1, 0)
    about = book.add_worksheet("填写说明")
    about.set_column(0, 0, 100, wrap)
    for row, text in enumerate(_HOW):
        about.write_string(row, 0, text)
    book.close()
    return memory.getvalue()


# --- Parts ----------------------------------------------------------------------------------------------------------


_TEMPLATE = {
    "按单位按月汇总": ("单位", "月份", "很满意", "满意", "基本满意", "一般", "不满意", "很不满意", "未评价", "合计"),
    "逐份填报": ("单位", "日期", "满意度", "信息及时", "内容有用", "答复及时", "渠道", "意见建议"),
}
_HOW = (
    "两张表只填一张：只有汇总数的填“按单位按月汇总”，有每一份答卷的填“逐份填报”。同一批结果不要两张都填。",
    "单位写台账中的名称或别名；不分单位的写“全区”。月份写成 2026-10，日期写成 2026-10-15。",
    "没有用到的满意度等级整列删去或留空。12345 回访一般只有 满意、基本满意、不满意、未评价。",
    "未评价（含未接通、未表态）不计入满意率的分母。",
    "不要填写姓名、电话、身份证号；有这些列也不会读取。",
    "以后上传同一来源、同一单位、同一月份的文件，会替代原有数据，原数据留存备查。",
)


class _Units:
    """Units of the ledger by what files call them."""

    def __init__(self, session: Session):
        rows = session.execute(select(Unit.id, Unit.name, Unit.aliases).order_by(Unit.id)).all()
        self._names: dict[int | None, str] = {id_: name for id_, name, _ in rows} | {None: "全区"}
        self._exact = {settled(one): id_ for id_, name, aliases in reversed(rows) for one in (*(aliases or ()), name)}
        self._pool = [Known(id_, name, others=tuple(aliases or ())) for id_, name, aliases in rows]
        self._told: dict[str, int | None] = {}
        self.notes: list[str] = []

    def name(self, unit_id: int | None) -> str:
        return self._names[unit_id]

    def of(self, line: Line) -> tuple[int | None, Flaw | None]:
        """(unit, what is wrong with its name)."""
        if not line.unit:
            return None, None
        if line.unit not in self._told:
            found = self._exact.get(settled(line.unit))
            if found is None and (found := self._near(line.unit)) is not None:
                self.notes.append(f"“{line.unit}”按台账中的“{self._names[found]}”导入")
            self._told[line.unit] = found
        if (found := self._told[line.unit]) is not None:
            return found, None
        sheet, _, row = line.locator.rpartition("!")
        near = candidates(line.unit, self._pool, district=settings().district, limit=1)
        hint = f"，台账中相近的有“{near[0].known.name}”" if near else ""
        return None, Flaw(sheet, int(row), "单位", f"台账中没有“{line.unit[:30]}”{hint}",
                          "请改成台账中的名称，或在“账号台账”中为单位添加别名")

    def _near(self, name: str) -> int | None:
        """The unit that a name means beyond doubt: as core.matching has it, or the only one whose name ends so, as
        教育局 for 云澜区教育局."""
        if best := sure(candidates(name, self._pool, district=settings().district)):
            return best.known.id
        short = settled(name)
        ending = {id_ for other, id_ in self._exact.items() if other.endswith(short)} if len(short) > 2 else set()
        return ending.pop() if len(ending) == 1 else None


def _sum(lines: Sequence[Line]) -> dict[str, int]:
    out: dict[str, int] = {}
    for line in lines:
        for level, number in (line.counts or {line.level: 1}).items():
            out[level] = out.get(level, 0) + number
    return {level: out[level] for level in SATISFACTION if level in out}


def _held(session: Session, source: str) -> dict[tuple[int | None, date], int]:
    """Ratings that stand now, by unit and month."""
    rows = session.execute(
        select(SatisfactionSlice.id, SatisfactionSlice.unit_id, SatisfactionSlice.month, SatisfactionSlice.counts)
        .where(SatisfactionSlice.source == source, SatisfactionSlice.replaced_by.is_(None))).all()
    single = dict(map(tuple, session.execute(
        select(SurveyAnswer.slice_id, func.count()).where(SurveyAnswer.slice_id.is_not(None))
        .group_by(SurveyAnswer.slice_id)).all()))
    return {(row.unit_id, row.month): sum(row.counts.values()) or single.get(row.id, 0) for row in rows}


def _before(session: Session, seen: Look) -> SatisfactionFile | None:
    """The same file, taken before, of which all still stands: one that was replaced since can be brought again."""
    given = str(Month.of(seen.given)) if seen.given else ""
    rows = session.execute(select(SatisfactionFile).where(
        SatisfactionFile.sha256 == evidence.digest(seen.body), SatisfactionFile.source == seen.source,
        SatisfactionFile.given == given).order_by(SatisfactionFile.id.desc())).scalars()
    for file in rows:
        gone = session.execute(select(SatisfactionSlice.id).where(
            SatisfactionSlice.file_id == file.id, SatisfactionSlice.replaced_by.is_not(None)).limit(1)).first()
        if gone is None:
            return file
    return None


def _answer(line: Line, part: Part, slice_id: int, source: str, demo: bool) -> SurveyAnswer:
    at = line.at or clock.instant(line.day or part.month)
    return SurveyAnswer(
        slice_id=slice_id, source=source, at=at.replace(second=0, microsecond=0), day=line.day or part.month,
        unit_id=part.unit_id, channel=line.channel, overall=line.level, aspects=dict(line.aspects),
        text=hidden(line.text), locator=line.locator, demo=demo)


def _read_of(seen: Look) -> bytes:
    """What is kept of a file with single answers."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    names = list(dict.fromkeys(name for part in seen.parts for line in part.lines for name in line.aspects))
    writer.writerow(["位置", "单位", "日期", "满意度", *names, "渠道", "意见建议"])
    for part in seen.parts:
        for line in part.lines:
            cells = (line.locator, part.unit, f"{line.day or part.month}", SATISFACTION[line.level],
                     *(SATISFACTION.get(line.aspects.get(name, ""), "") for name in names), line.channel,
                     hidden(line.text))
            writer.writerow([neutral(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig")
