"""What people fill in, as it is stored; refused with the field and the remedy."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core import labels
from core.faults import BadInput
from core.incidents.rows import moment
from core.models import Incident, Unit
from core.records import clean, one_line

TITLE, SUMMARY, RISK, PLACE, PERSON, WORDS = 60, 200, 80, 60, 30, 2_000
"""Characters at most of a title, a summary, a sentence of risk, a place, a person's name, anything else."""
FIELDS = {
    "title": "事件名称", "summary": "摘要", "risk": "风险提示", "town": "街镇", "place": "地点", "unit_id": "牵头单位",
}
"""What `edit` changes."""
_END = re.compile(r"[。！？!?；;]+(?=.)", re.DOTALL)


def checked(session: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    """FIELDS as they are stored. Raises BadInput, naming the field and the remedy."""
    out = dict(given)
    for name, longest in (("title", TITLE), ("town", PLACE), ("place", PLACE), ("risk", RISK)):
        if name in given:
            out[name] = line(FIELDS[name], given[name], longest)
    if "summary" in given:
        out["summary"] = words(FIELDS["summary"], given["summary"], longest=SUMMARY)
    if "title" in out and not out["title"]:
        raise BadInput("事件名称还没有填写")
    if _END.search(out.get("risk", "")):
        raise BadInput("风险提示请写成一句话")
    if out.get("unit_id") is not None:
        out["unit_id"] = unit_of(session, out["unit_id"]).id
    return out


def line(name: str, text: str, longest: int) -> str:
    """Text of one line. Raises BadInput where it is too long."""
    text = one_line(text)
    if len(text) > longest:
        raise BadInput(f"{name}有 {len(text)} 个字，请缩短到 {longest} 个字以内")
    return text


def words(name: str, text: str, *, needed: bool = False, longest: int = WORDS) -> str:
    """Text of any lines. Raises BadInput where it is too long, or there is none though it is needed."""
    text = clean(text)
    if needed and not text:
        raise BadInput(f"{name}还没有填写")
    if len(text) > longest:
        raise BadInput(f"{name}有 {len(text)} 个字，请缩短到 {longest} 个字以内")
    return text


def reasoned(reason: str, deed: str) -> str:
    """The reason for a deed. Raises BadInput without one."""
    if not clean(reason):
        raise BadInput(f"{deed}要写明原因")
    return words("原因", reason)


def level_is_one(level: str) -> None:
    """Raises BadInput for what is no level."""
    if level not in labels.LEVELS:
        raise BadInput("请选择等级：红色、橙色、黄色或蓝色")


def unit_of(session: Session, id_: int) -> Unit:
    """The unit. Raises BadInput where it is gone."""
    unit = session.get(Unit, id_)
    if unit is None:
        raise BadInput("所选单位已不在台账中，请重新选择")
    return unit


def when(at: datetime | None, row: Incident, now: datetime) -> datetime:
    """When something happened: now where nothing is said. Raises BadInput for a time to come, or before the first
    capture."""
    if at is None:
        return now
    if at > now:
        raise BadInput("时间晚于现在，请改正")
    if at < row.first_at:
        raise BadInput(f"时间早于首次采集（{moment(row.first_at)}），请改正")
    return at


def shown(session: Session, name: str, value: Any) -> str:
    """A field's value in a step."""
    if name == "unit_id":
        return "" if value is None else unit_of(session, value).name
    return value
