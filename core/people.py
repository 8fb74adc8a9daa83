"""通知人员: who is told of things. Numbers and addresses are sealed at rest and shown masked; no log, audit line or
message of a fault holds them.

The caller commits.
"""

import re
import unicodedata
from datetime import datetime

from sqlalchemy import select
from sqlmodel import Session

from core import audit, credentials, db
from core.faults import BadInput
from core.models import AlertRule, Delivery, Person, Unit
from core.records import one_line
from core.senders import Recipient, masked
from core.senders.mail import ADDRESS

NAME, POST = 30, 60
"""Characters at most."""
_PHONE = re.compile(r"1[3-9][0-9]{9}")
_GONE = "这个人不存在，可能已被删除，请刷新页面"


def recipient(person: Person) -> Recipient:
    """A person as senders know them, opened; nobody who is out of use, or whose seal can't be opened, has a number."""
    try:
        held = credentials.unseal(person.sealed) if person.active else {}
    except BadInput:
        held = {}
    return Recipient(person.name, held.get("phone", ""), held.get("mail", ""))


def by_hand(phone: str = "", mail: str = "") -> Recipient:
    """Somebody who is not on the list, for a test. Raises BadInput for a number or an address that is none."""
    return Recipient("", phone_of(phone), mail_of(mail))


def add(
    session: Session, *, name: str, unit_id: int | None = None, post: str = "", phone: str = "", mail: str = "",
    who: str, now: datetime, demo: bool = False,
) -> Person:
    """Store a person. Raises BadInput for a name that is taken, a number or an address that is none, or neither."""
    made = Person(name=_free(session, name, None), sealed=b"", at=now, who=who, demo=demo)
    _fill(session, made, unit_id=unit_id, post=post, phone=phone_of(phone), mail=mail_of(mail))
    session.add(made)
    session.flush()
    audit.note(session, who, "新增通知人员", made.name, _spoken(made))
    db.bump(session, now)
    return made


def change(
    session: Session, person_id: int, *, name: str, unit_id: int | None, post: str, phone: str | None = None,
    mail: str | None = None, who: str, now: datetime,
) -> Person:
    """Change a person; None leaves number or address as it is, "" takes it out. Raises BadInput."""
    made = get(session, person_id)
    kept = held(made)
    kept = {"phone": kept.get("phone", "") if phone is None else phone_of(phone),
            "mail": kept.get("mail", "") if mail is None else mail_of(mail)}
    made.name, made.at, made.who = _free(session, name, made.id), now, who
    _fill(session, made, unit_id=unit_id, post=post, **kept)
    session.add(made)
    session.flush()
    audit.note(session, who, "修改通知人员", made.name, _spoken(made))
    db.bump(session, now)
    return made


def activate(session: Session, person_id: int, active: bool, *, who: str, now: datetime) -> None:
    """Tell a person again, or no more. Raises BadInput where they are gone."""
    made = get(session, person_id)
    made.active, made.at, made.who = active, now, who
    session.add(made)
    audit.note(session, who, "启用通知人员" if active else "停用通知人员", made.name)
    db.bump(session, now)


def remove(session: Session, person_id: int, *, who: str, now: datetime) -> None:
    """Delete a person. Raises BadInput while a rule tells them, or where they were told of something: then they are
    part of the record, and can be put out of use and have number and address taken out."""
    made = get(session, person_id)
    if rules := used(session).get(person_id):
        raise BadInput(f"“{made.name}”还在被预警规则通知：{'、'.join(rules[:5])}。请先在规则中换人，或改为停用")
    if session.execute(select(Delivery.id).where(Delivery.person_id == person_id).limit(1)).scalar() is not None:
        raise BadInput(f"“{made.name}”已有通知记录，不能删除。请改为停用；不再需要的手机号和邮箱可以清空")
    audit.note(session, who, "删除通知人员", made.name)
    session.delete(made)
    session.flush()
    db.bump(session, now)


def get(session: Session, person_id: int) -> Person:
    """The row of a person. Raises BadInput where there is none."""
    found = session.get(Person, person_id)
    if found is None:
        raise BadInput(_GONE)
    return found


# --- Parts ----------------------------------------------------------------------------------------------------------


def _fill(session: Session, made: Person, *, unit_id: int | None, post: str, phone: str, mail: str) -> None:
    if not phone and not mail and made.id is None:
        raise BadInput("请至少填写手机号或邮箱，否则通知不到")
    if unit_id is not None and session.get(Unit, unit_id) is None:
        raise BadInput("所选单位已不在台账中，请刷新页面后重选")
    kept = {name: value for name, value in (("phone", phone), ("mail", mail)) if value}
    made.unit_id, made.post, made.sealed = unit_id, posted(post), credentials.seal(kept)
    made.shown = {name: masked(value) for name, value in kept.items()}


def held(person: Person) -> dict[str, str]:
    """Number and address; neither where the key that sealed them is lost, so that they can be entered anew."""
    try:
        return credentials.unseal(person.sealed)
    except BadInput:
        return {}


def _free(session: Session, name: str, mine: int | None) -> str:
    name = named(name)
    taken = session.execute(select(Person.id).where(Person.name == name)).scalar()
    if taken is not None and taken != mine:
        raise BadInput(f"已有“{name}”，请换一个名称；同名的人请在姓名后加注，如“{name[:20]}（应急）”")
    return name


def named(text: str) -> str:
    """A name as it is kept. Raises BadInput."""
    name = one_line(text)
    if not name or len(name) > NAME:
        raise BadInput(f"姓名应有 1 到 {NAME} 个字，请核对")
    return name


def posted(text: str) -> str:
    """A post as it is kept. Raises BadInput."""
    post = one_line(text)
    if len(post) > POST:
        raise BadInput(f"职务超过 {POST} 个字，请缩短")
    return post


def phone_of(text: str) -> str:
    """A mobile number of the mainland as its 11 digits; "" for nothing. Raises BadInput, without saying the number."""
    told = unicodedata.normalize("NFKC", one_line(text))
    told = re.sub(r"^(?:\+|00)?86(?=1[0-9\s-]{10,})", "", re.sub(r"[\s\-—–()]", "", told)).removesuffix(".0")
    if told and not _PHONE.fullmatch(told):
        raise BadInput("手机号不对，应是 1 开头的 11 位手机号码（短信不能发到座机）")
    return told


def mail_of(text: str) -> str:
    """An address; "" for nothing. Raises BadInput, without saying the address."""
    told = unicodedata.normalize("NFKC", one_line(text)).replace(" ", "")
    if told and (not ADDRESS.fullmatch(told) or len(told) > 254):
        raise BadInput("邮箱不对，应是完整的地址，如 name@district.gov.cn")
    return told


def _spoken(person: Person) -> str:
    """What may be told of how a person is reached."""
    return "，".join(filter(None, (person.shown.get("phone", ""), person.shown.get("mail", ""))))


def used(session: Session) -> dict[int, list[str]]:
    """Names of the rules that tell each person."""
    rules: dict[int, list[str]] = {}
    for name, told in session.execute(select(AlertRule.name, AlertRule.plan).order_by(AlertRule.name)):
        for id_ in {id_ for step in told.get("steps", ()) for id_ in step.get("people", ())}:
            rules.setdefault(id_, []).append(name)
    return rules
