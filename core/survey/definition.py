"""Surveys as data: made, changed, opened, closed; their links and what they offer."""

import hashlib
import secrets
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select
from sqlmodel import Session

from core import audit
from core.faults import BadInput
from core.labels import SURVEY_STATES
from core.models import Survey, SurveyAnswer, Unit
from core.records import clean, one_line
from core.settings import CATALOG, settings

MAX_TITLE, MAX_INTRO, MAX_WORD = 40, 400, 20
MAX_ASPECTS, MAX_CHANNELS, MAX_PLACES = 5, 12, 60
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of keys: none that is easily taken for another where somebody types an address."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person fills in of a survey; see core.models.Survey."""

    title: str
    intro: str = ""
    opens_on: date | None = None
    closes_on: date | None = None
    by_unit: bool = True
    unit_ids: Sequence[int] = field(default_factory=tuple)
    aspects: Sequence[str] = field(default_factory=tuple)
    channels: Sequence[str] = field(default_factory=tuple)
    places: Sequence[str] = field(default_factory=tuple)
    wants_text: bool = True


@cache
def template() -> Draft:
    """What a new survey begins with (data/catalog/survey.toml)."""
    said: Mapping[str, Any] = tomllib.loads((CATALOG / "survey.toml").read_text("utf-8"))
    return Draft(said["title"], said["intro"], aspects=tuple(said["aspects"]), channels=tuple(said["channels"]))


def make(session: Session, draft: Draft, *, who: str, now: datetime, demo: bool = False, key: str = "") -> Survey:
    """A new survey, not yet open. Raises BadInput. The caller commits."""
    made = Survey(key=key or "".join(secrets.choice(_LETTERS) for _ in range(8)), created_at=now, updated_at=now,
                  demo=demo, **_checked(session, draft))
    session.add(made)
    session.flush()
    audit.note(session, who, "新建问卷", made.title)
    return made


def change(session: Session, survey_id: int, draft: Draft, *, who: str, now: datetime) -> Survey:
    """Replace what a survey says. What was answered stays as it was asked. Raises BadInput. The caller commits."""
    found, values = get(session, survey_id), _checked(session, draft)
    gone = [name for name in found.places if name not in values["places"]]
    used = set(session.execute(select(SurveyAnswer.place).where(
        SurveyAnswer.survey_id == survey_id, SurveyAnswer.place.in_(gone))).scalars()) if gone else set()
    changed = [name for name, value in values.items() if getattr(found, name) != value]
    for name in changed:
        setattr(found, name, values[name])
    found.updated_at = now
    session.add(found)
    note = f"；不再使用的点位：{'、'.join(sorted(used))}（已有答卷保留）" if used else ""
    words = "、".join(_WORDS[name] for name in changed) or "没有改动"
    audit.note(session, who, "修改问卷", found.title, words + note)
    return found


def turn(session: Session, survey_id: int, state: str, *, who: str, now: datetime) -> Survey:
    """Open or close a survey. Raises BadInput where its last day is over. The caller commits."""
    found = get(session, survey_id)
    if state not in SURVEY_STATES:
        raise ValueError(state)
    found.state, found.updated_at = state, now
    session.add(found)
    audit.note(session, who, {"open": "开放问卷", "closed": "关闭问卷"}.get(state, "停用问卷"), found.title)
    return found


def get(session: Session, survey_id: int) -> Survey:
    """The survey of that id. Raises BadInput where there is none."""
    found = session.get(Survey, survey_id)
    if found is None:
        raise BadInput("问卷不存在，可能已被删除，请刷新页面")
    return found


def taking(survey: Survey, day: date) -> bool:
    """Whether it takes answers on that Shanghai day."""
    return (survey.state == "open" and (survey.opens_on is None or survey.opens_on <= day)
            and (survey.closes_on is None or day <= survey.closes_on))


def offered(session: Session, survey: Survey) -> dict[int, str]:
    """Units that a survey asks about: id → name, in the ledger's order."""
    query = select(Unit.id, Unit.name).order_by(Unit.sort, Unit.name)
    if survey.unit_ids:
        query = query.where(Unit.id.in_(survey.unit_ids))
    return dict(map(tuple, session.execute(query).all()))


def code_of(place: str) -> str:
    """What stands in a link for a place: the same for the same name, whatever else is added or taken away."""
    return hashlib.sha256(place.encode()).hexdigest()[:8]


def link(key: str, unit_id: int | None = None, place: str = "") -> str:
    """The address of a survey for people, perhaps with the unit and the place that its code is for."""
    knobs = settings()
    base = knobs.survey_url or f"http://{knobs.survey_host}:{knobs.survey_port or 80}"
    said = {"u": unit_id, "p": code_of(place) if place else None}
    query = urlencode({name: value for name, value in said.items() if value})
    return f"{base}/s/{key}" + (f"?{query}" if query else "")


# --- Parts ----------------------------------------------------------------------------------------------------------


_WORDS = {
    "title": "标题", "intro": "说明", "opens_on": "开放日期", "closes_on": "截止日期", "by_unit": "是否询问单位",
    "unit_ids": "单位", "aspects": "分项", "channels": "渠道", "places": "点位", "wants_text": "是否征求意见",
}


def _checked(session: Session, draft: Draft) -> dict[str, Any]:
    title, intro = one_line(draft.title), clean(draft.intro)
    if not title or len(title) > MAX_TITLE:
        raise BadInput(f"问卷没有保存。标题应为 1 到 {MAX_TITLE} 个字")
    if len(intro) > MAX_INTRO:
        raise BadInput(f"问卷没有保存。说明不超过 {MAX_INTRO} 个字，现有 {len(intro)} 个")
    if draft.opens_on and draft.closes_on and draft.opens_on > draft.closes_on:
        raise BadInput("问卷没有保存。开放日期晚于截止日期，请改正")
    units = sorted(set(draft.unit_ids))
    known = set(session.execute(select(Unit.id).where(Unit.id.in_(units))).scalars())
    if len(known) != len(units):
        raise BadInput("问卷没有保存。有单位已不在台账中，请重新选择单位")
    return {
        "title": title, "intro": intro, "opens_on": draft.opens_on, "closes_on": draft.closes_on,
        "by_unit": draft.by_unit, "unit_ids": units, "wants_text": draft.wants_text,
        "aspects": _words(draft.aspects, "分项", MAX_ASPECTS), "channels": _words(draft.channels, "渠道", MAX_CHANNELS),
        "places": _words(draft.places, "点位", MAX_PLACES)}


def _words(given: Sequence[str], what: str, most: int) -> list[str]:
    found = [one for one in map(one_line, given) if one]
    if len(set(found)) != len(found):
        raise BadInput(f"问卷没有保存。{what}有重复，请去掉重复的一项")
    if len(found) > most:
        raise BadInput(f"问卷没有保存。{what}最多 {most} 项，现有 {len(found)} 项")
    if long := [one for one in found if len(one) > MAX_WORD]:
        raise BadInput(f"问卷没有保存。{what}“{long[0]}”过长，每项不超过 {MAX_WORD} 个字")
    return found
