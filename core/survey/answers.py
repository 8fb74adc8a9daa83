"""What is answered, kept as it comes and never changed; and what a person says of an answer.

An answer holds no address, no name, no device: only the minute, levels, unit, place, channel and a masked remark. One
that a person struck out stays, with who and why, and is not counted; taking that back is a row, too.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Subquery, and_, delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from core import audit, clock
from core.db import inserting
from core.faults import BadInput
from core.masking import masked
from core.models import SatisfactionSlice, SurveyAnswer, SurveyNonce, SurveyRefused, SurveyVerdict
from core.records import clean
from core.survey import tokens

MAX_TEXT = 200
MAX_WHY = 200
STRUCK, COUNTED = "struck", "counted"
MARKED = "many"
"""Flag of an answer that was one of many from one address."""
_SURNAMES = ("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘田董袁余叶蒋杜苏魏程吕丁沈任姚卢傅"
             "钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严武莫孔汤")
_OWN_NAME = re.compile(rf"((?:我叫|我是|本人|名字(?:叫|是))\s*)[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}")
_TITLED = re.compile(rf"[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}(?=先生|女士|小姐|同志|师傅|阿姨|大爷|叔叔)")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_CHAT = re.compile(r"((?:微信|QQ|V信|wx|vx)\s*号?\s*[:：是]?\s*)[A-Za-z0-9_-]{5,20}", re.IGNORECASE)
_LONG = re.compile(r"(?<!\d)\d{9,}(?!\d)")


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as it is kept. `unit_id`: None where no unit is meant; levels are labels.SATISFACTION."""

    overall: str
    unit_id: int | None = None
    place: str = ""
    channel: str = ""
    aspects: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


def hidden(text: str) -> str:
    """A remark as it may be kept: without control characters, numbers of telephones, identity cards and accounts,
    addresses of mail, and names where they can be told."""
    text = masked(_MAIL.sub("［邮箱已隐去］", clean(text)))
    text = _LONG.sub("［号码已隐去］", _CHAT.sub(r"\1［账号已隐去］", text))
    return _TITLED.sub("［姓名已隐去］", _OWN_NAME.sub(r"\1［姓名已隐去］", text))


def take(
    session: Session, survey_id: int, said: Said, form: tokens.Form, *, flag: str, now: datetime, demo: bool = False
) -> None:
    """Keep what a form of the page says. Raises tokens.Refused(again) where that form was sent in before; nothing is
    kept then. The caller commits."""
    table = SurveyNonce.__table__
    # Told by what is returned: of an insert, PostgreSQL's driver does not say the number of rows.
    kept = inserting(session, SurveyNonce).values(nonce=form.nonce, until=now + tokens.LATEST).on_conflict_do_nothing(
        index_elements=["nonce"]).returning(table.c.nonce)
    if session.connection().execute(kept).first() is None:
        raise tokens.Refused("again")
    at = now.replace(second=0, microsecond=0)
    session.add(SurveyAnswer(
        survey_id=survey_id, source="site", at=at, day=clock.day_of(at), unit_id=said.unit_id, place=said.place,
        channel=said.channel, overall=said.overall, aspects=dict(said.aspects), text=hidden(said.text), flag=flag,
        demo=demo))
    try:
        session.flush()
    except IntegrityError as error:  # the unit was taken out of the ledger meanwhile
        raise tokens.Refused("form") from error


def refused(session: Session, counted: Mapping[tuple[date, str], int]) -> None:
    """Add to the numbers of what was refused, by (day, reason). The caller commits."""
    for (day, reason), number in counted.items():
        rows = inserting(session, SurveyRefused).values(day=day, reason=reason, number=number)
        session.connection().execute(rows.on_conflict_do_update(
            index_elements=["day", "reason"], set_={"number": SurveyRefused.__table__.c.number + rows.excluded.number}))


def forget_nonces(session: Session, now: datetime) -> None:
    """Drop those of forms that are too old to be taken anyway. The caller commits."""
    session.execute(delete(SurveyNonce).where(SurveyNonce.until < now - timedelta(minutes=5)))


def strike(session: Session, ids: Sequence[int], *, why: str, who: str, now: datetime) -> int:
    """Say that answers are obviously false and not to be counted; returns how many were counted, or waited, before.
    Raises BadInput without a reason. The caller commits."""
    why = clean(why)[:MAX_WHY]
    if not why:
        raise BadInput("没有剔除。请写明理由，如：同一人重复填写、与事项无关的乱填")
    return _judge(session, ids, STRUCK, why, who, now)


def count(session: Session, ids: Sequence[int], *, why: str, who: str, now: datetime) -> int:
    """Let answers count: those that were struck out, and those that were marked. The caller commits."""
    return _judge(session, ids, COUNTED, clean(why)[:MAX_WHY], who, now)


def verdicts() -> Subquery:
    """The newest verdict of every answer that has one: answer_id, kind, who, at, why."""
    newest = select(func.max(SurveyVerdict.id)).group_by(SurveyVerdict.answer_id)
    return select(SurveyVerdict.answer_id, SurveyVerdict.kind, SurveyVerdict.who, SurveyVerdict.at, SurveyVerdict.why
                  ).where(SurveyVerdict.id.in_(newest)).subquery("verdict")


def counts(verdict: Subquery) -> Any:
    """The condition that an answer, outer-joined with `verdicts`, counts as far as people are concerned."""
    return or_(verdict.c.kind == COUNTED, and_(verdict.c.kind.is_(None), SurveyAnswer.flag == ""))


def current() -> Any:
    """The condition that an answer is no part of a file whose place a later one took."""
    gone = select(SatisfactionSlice.id).where(SatisfactionSlice.replaced_by.is_not(None))
    return or_(SurveyAnswer.slice_id.is_(None), SurveyAnswer.slice_id.not_in(gone))


# --- Parts ----------------------------------------------------------------------------------------------------------


def _judge(session: Session, ids: Sequence[int], kind: str, why: str, who: str, now: datetime) -> int:
    verdict = verdicts()
    known = session.execute(
        select(SurveyAnswer.id, SurveyAnswer.flag, verdict.c.kind).outerjoin(
            verdict, verdict.c.answer_id == SurveyAnswer.id).where(SurveyAnswer.id.in_(list(ids)))).all()
    if not known:
        raise BadInput("没有找到这些答卷，请刷新页面")
    standing = {row.id: row.kind or ("waiting" if row.flag else COUNTED) for row in known}
    new = [id_ for id_, was in standing.items() if was != kind]
    session.add_all(SurveyVerdict(answer_id=id_, at=now, who=who, kind=kind, why=why) for id_ in new)
    session.flush()
    if new:
        what = f"答卷 {'、'.join(map(str, new[:20]))}" + (f" 等 {len(new)} 份" if len(new) > 20 else "")
        audit.note(session, who, "剔除答卷" if kind == STRUCK else "答卷计入统计", what, why)
    return len(new)
