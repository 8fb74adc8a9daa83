"""舆情摘报: what is chosen for it, in which order, and what people write of it; core.report.digest issues and sends it.

Nothing is overwritten without a trace: an item keeps what it was taken over with, one that is taken out stays as such,
and what was issued is an edition that never changes. The caller commits.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal

from sqlalchemy import delete, exists, func, or_, select, update
from sqlmodel import Session

from core import audit, db, labels
from core.faults import BadInput
from core.models import (
    Attempt,
    Delivery,
    Digest,
    DigestItem,
    Incident,
    Mention,
    Source,
    Topic,
)
from core.query import digests as query
from core.records import clean, one_line

TITLE, TEXT, LEAD, SENT_TO, SECTION = 60, 1_000, 600, 200, 12
"""Characters at most."""
MOST = 60
"""Items of one digest."""
Kind = Literal["mention", "topic", "incident"]
Field = Literal["title", "text", "section"]
_GONE = "这期摘报不存在，可能已被清除，请刷新页面"
_CHANGED = "这一条刚被别人改过，请刷新页面后再改"


# --- The digest -----------------------------------------------------------------------------------------------------


def begin(session: Session, day: date, title: str = "", *, sent_to: str = "", who: str, now: datetime) -> Digest:
    """Begin a digest that bears that day. Raises BadInput for a title that is too long."""
    title = _short(title, TITLE, "标题") or f"{day.month}月{day.day}日舆情摘报"
    made = Digest(day=day, title=title, sent_to=_short(sent_to, SENT_TO, "报送"), made_at=now, made_by=who,
                  updated_at=now)
    session.add(made)
    session.flush()
    audit.note(session, who, "新建舆情摘报", made.title)
    db.bump(session, now)
    return made


def settle(
    session: Session, digest_id: int, *, day: date, title: str, lead: str, sent_to: str, who: str, now: datetime
) -> bool:
    """Change what a digest says besides its items; whether anything changed. Raises BadInput."""
    found = _open(session, digest_id)
    said = {"day": day, "title": _short(title, TITLE, "标题"), "lead": _long(lead, LEAD, "导语"),
            "sent_to": _short(sent_to, SENT_TO, "报送")}
    if not said["title"]:
        raise BadInput("摘报要有标题，请填写")
    if found.number is not None and day.year != found.day.year:
        raise BadInput(f"已编为 {found.day.year} 年第 {found.number} 期，日期不能改到另一年")
    changed = {name: value for name, value in said.items() if getattr(found, name) != value}
    if not changed:
        return False
    for name, value in changed.items():
        setattr(found, name, value)
    _touched(session, found, now)
    audit.note(session, who, "修改舆情摘报", found.title, "、".join(_NAMES[name] for name in changed))
    return True


_NAMES = {"day": "日期", "title": "标题", "lead": "导语", "sent_to": "报送"}


def withdraw(session: Session, digest_id: int, why: str, *, who: str, now: datetime) -> None:
    """Give up a digest: it stays in the list as withdrawn, with what was issued of it. Raises BadInput."""
    found = _open(session, digest_id)
    found.withdrawn = _short(why, 100, "原因")
    if not found.withdrawn:
        raise BadInput("请写明作废的原因")
    _touched(session, found, now)
    audit.note(session, who, "作废舆情摘报", found.title, found.withdrawn)


def restore(session: Session, digest_id: int, *, who: str, now: datetime) -> None:
    """Take up again a digest that was withdrawn. Raises BadInput."""
    found = _digest(session, digest_id)
    if not found.withdrawn:
        raise BadInput("这期摘报没有作废，请刷新页面")
    found.withdrawn = ""
    _touched(session, found, now)
    audit.note(session, who, "恢复舆情摘报", found.title)


def numbered(session: Session, digest_id: int, now: datetime) -> int:
    """The digest's number within its year (期号), given now where it has none: one more than the highest. Raises
    BadInput where there is nothing to issue."""
    found = _open(session, digest_id)
    if not _items(session, digest_id):
        raise BadInput("摘报里还没有条目，请先选编再签发")
    if found.number is None:
        first, last = date(found.day.year, 1, 1), date(found.day.year, 12, 31)
        found.number = 1 + (session.execute(select(func.max(Digest.number)).where(
            Digest.day.between(first, last), Digest.demo.is_(found.demo))).scalar() or 0)
        _touched(session, found, now)
    return found.number


# --- Items ----------------------------------------------------------------------------------------------------------


def add(
    session: Session, digest_id: int, kind: Kind, ids: Iterable[int], section: str = "", *, who: str, now: datetime
) -> int:
    """Take mentions, topics or incidents into a digest, at the end of a section (empty: the one that suits them); those
    that are in it already are left as they are, those that were taken out come back. Returns how many came. Raises
    BadInput, also for the sample district's in a digest that is numbered among the real ones."""
    found = _open(session, digest_id)
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        raise BadInput("请先选择要编入的内容")
    column = {"mention": DigestItem.mention_id, "topic": DigestItem.topic_id, "incident": DigestItem.incident_id}[kind]
    there = {getattr(row, column.key): row for row in session.execute(
        select(DigestItem).where(DigestItem.digest_id == digest_id, column.in_(wanted))).scalars()}
    back = [row for row in there.values() if row.removed_at]
    drafts = query.drafts(session, kind, [id_ for id_ in wanted if id_ not in there], now)
    if len(_items(session, digest_id)) + len(drafts) + len(back) > MOST:
        raise BadInput(f"一期摘报最多 {MOST} 条，请先移出一些，或另编一期")
    demo = found.demo or _any_demo(session, kind, [draft.id for draft in drafts])
    if demo and not found.demo and found.number is not None:
        raise BadInput(f"这期摘报已编为 {found.day.year} 年第 {found.number} 期，不能再编入演示数据，请另编一期")
    for row in back:
        row.removed_at, row.removed_by = None, ""
        row.sort = _last(session, digest_id)
        session.flush()
    for draft in drafts:
        session.add(DigestItem(
            digest_id=digest_id, sort=_last(session, digest_id), section=_section(section) or draft.section, kind=kind,
            title=draft.title, text=draft.text, was_title=draft.title, was_text=draft.text, source=draft.source,
            url=draft.url, at=draft.at, level=draft.level, mentions=draft.mentions, added_at=now, added_by=who,
            **{column.key: draft.id}))
        session.flush()
    if drafts or back:
        found.demo = demo
        _touched(session, found, now)
        audit.note(session, who, "编入舆情摘报", found.title, f"{len(drafts) + len(back)} 条")
    return len(drafts) + len(back)


def write(
    session: Session, digest_id: int, title: str, text: str, section: str, *, source: str = "", url: str = "", who: str,
    now: datetime,
) -> DigestItem:
    """Put an item of one's own into a digest. Raises BadInput."""
    found = _open(session, digest_id)
    if len(_items(session, digest_id)) >= MOST:
        raise BadInput(f"一期摘报最多 {MOST} 条，请先移出一些，或另编一期")
    title, text = _said(title, text)
    url = one_line(url)
    if url and not url.startswith(("http://", "https://")):
        raise BadInput("“链接”应以 http:// 或 https:// 开头，没有链接的留空")
    made = DigestItem(digest_id=digest_id, sort=_last(session, digest_id),
                      section=_section(section) or labels.DIGEST_SECTIONS[0], kind="own", title=title, text=text,
                      source=_short(source, 80, "来源"), url=url[:2_000], added_at=now, added_by=who)
    session.add(made)
    _touched(session, found, now)
    audit.note(session, who, "编入舆情摘报", found.title, f"自拟：{title[:40]}")
    return made


def rewrite(
    session: Session, item_id: int, field: Field, value: str, *, seen: str, who: str, now: datetime
) -> bool:
    """Write an item's title, text or section anew; whether that changed it. `seen`: what stood there when the writer
    began. Raises BadInput, also where somebody else has written it since."""
    row, found = _item(session, item_id)
    value = {"title": lambda: _short(value, TITLE, "标题"), "text": lambda: _long(value, TEXT, "正文"),
             "section": lambda: _section(value)}[field]()
    if not value and field != "text":
        raise BadInput("条目要有标题和栏目，请填写")
    stands = getattr(row, field)
    if value == stands:
        return False
    if stands != seen:
        raise BadInput(_CHANGED)
    setattr(row, field, value)
    if field == "section":
        row.sort = _last(session, found.id)
    else:
        row.edited_at, row.edited_by = now, who
    _touched(session, found, now)
    audit.note(session, who, "摘报条目换栏目" if field == "section" else "修改摘报条目", found.title, row.title[:60])
    return True


def revert(session: Session, item_id: int, *, who: str, now: datetime) -> None:
    """Give an item back the words that it was taken over with. Raises BadInput."""
    row, found = _item(session, item_id)
    if row.kind == "own" or (row.title, row.text) == (row.was_title, row.was_text):
        raise BadInput("这一条没有改动可以恢复，请刷新页面")
    row.title, row.text, row.edited_at, row.edited_by = row.was_title, row.was_text, now, who
    _touched(session, found, now)
    audit.note(session, who, "恢复摘报条目原文", found.title, row.title[:60])


def move(session: Session, item_id: int, by: int, *, who: str, now: datetime) -> None:
    """Move an item so many places within its section, up where `by` is negative. Raises BadInput."""
    row, found = _item(session, item_id)
    beside = [one for one in _items(session, found.id) if one.section == row.section]
    at = next(number for number, one in enumerate(beside) if one.id == row.id)
    to = min(max(at + by, 0), len(beside) - 1)
    if to == at:
        return
    places = [one.sort for one in beside]
    beside.insert(to, beside.pop(at))
    for one, place in zip(beside, places, strict=True):
        one.sort = place
    _touched(session, found, now)
    audit.note(session, who, "调整摘报顺序", found.title, f"{row.title[:40]}：第 {to + 1} 条")


def take_out(session: Session, item_id: int, *, who: str, now: datetime) -> None:
    """Take an item out; `put_back` brings it back. Raises BadInput."""
    row, found = _item(session, item_id)
    row.removed_at, row.removed_by = now, who
    _touched(session, found, now)
    audit.note(session, who, "移出摘报条目", found.title, row.title[:60])


def put_back(session: Session, item_id: int, *, who: str, now: datetime) -> None:
    """Bring an item back that was taken out. Raises BadInput."""
    row = session.get(DigestItem, item_id)
    if row is None or row.removed_at is None:
        raise BadInput("这一条没有移出，请刷新页面")
    found = _open(session, row.digest_id)
    row.removed_at, row.removed_by, row.sort = None, "", _last(session, found.id)
    _touched(session, found, now)
    audit.note(session, who, "放回摘报条目", found.title, row.title[:60])


# --- The sample district ---------------------------------------------------------------------------------------------


def forget_sample(session: Session) -> None:
    """Take out what digests hold of the sample district, what was sent of it, and the digests that held nothing else;
    one that goes on as a real one is numbered among these when it is issued again. Call before what it was taken over
    from goes."""
    theirs = or_(
        DigestItem.mention_id.in_(select(Mention.id).join(Source, Source.id == Mention.source_id).where(
            Source.demo.is_(True))),
        DigestItem.topic_id.in_(select(Topic.id).where(Topic.demo.is_(True))),
        DigestItem.incident_id.in_(select(Incident.id).where(Incident.demo.is_(True))))
    sent = select(Delivery.id).where(Delivery.demo.is_(True), Delivery.key.startswith("edition:"))
    bare = select(Digest.id).where(
        Digest.demo.is_(True), ~exists().where(DigestItem.digest_id == Digest.id, DigestItem.removed_at.is_(None)))
    for change in (
        delete(DigestItem).where(theirs), delete(DigestItem).where(DigestItem.digest_id.in_(bare)),
        delete(Digest).where(Digest.id.in_(bare)),
        update(Digest).where(Digest.demo.is_(True)).values(demo=False, number=None),
        delete(Attempt).where(Attempt.delivery_id.in_(sent)), delete(Delivery).where(Delivery.id.in_(sent)),
    ):
        session.execute(change.execution_options(synchronize_session=False))


# --- Parts ----------------------------------------------------------------------------------------------------------


def _digest(session: Session, digest_id: int) -> Digest:
    found = session.get(Digest, digest_id)
    if found is None:
        raise BadInput(_GONE)
    return found


def _open(session: Session, digest_id: int) -> Digest:
    found = _digest(session, digest_id)
    if found.withdrawn:
        raise BadInput("这期摘报已作废，要修改请先恢复")
    return found


def _item(session: Session, item_id: int) -> tuple[DigestItem, Digest]:
    row = session.get(DigestItem, item_id)
    if row is None or row.removed_at is not None:
        raise BadInput("这一条已不在摘报里，请刷新页面")
    return row, _open(session, row.digest_id)


def _items(session: Session, digest_id: int) -> list[DigestItem]:
    return list(session.execute(query.ordered(digest_id)).scalars())


def _last(session: Session, digest_id: int) -> int:
    """A place behind all others."""
    return 1 + (session.execute(select(func.max(DigestItem.sort)).where(
        DigestItem.digest_id == digest_id)).scalar() or 0)


def _any_demo(session: Session, kind: Kind, ids: Sequence[int]) -> bool:
    asked = {
        "mention": select(Mention.id).join(Source, Source.id == Mention.source_id).where(
            Mention.id.in_(ids), Source.demo.is_(True)),
        "topic": select(Topic.id).where(Topic.id.in_(ids), Topic.demo.is_(True)),
        "incident": select(Incident.id).where(Incident.id.in_(ids), Incident.demo.is_(True)),
    }[kind]
    return session.execute(asked.limit(1)).first() is not None


def _touched(session: Session, found: Digest, now: datetime) -> None:
    found.updated_at = now
    db.bump(session, now)


def _said(title: str, text: str) -> tuple[str, str]:
    title, text = _short(title, TITLE, "标题"), _long(text, TEXT, "正文")
    if not title:
        raise BadInput("条目要有标题，请填写")
    return title, text


def _section(text: str) -> str:
    return _short(text, SECTION, "栏目")


def _short(text: str, most: int, name: str) -> str:
    text = one_line(text)
    if len(text) > most:
        raise BadInput(f"“{name}”有 {len(text)} 个字，请控制在 {most} 个以内")
    return text


def _long(text: str, most: int, name: str) -> str:
    text = clean(text).strip()
    if len(text) > most:
        raise BadInput(f"“{name}”有 {len(text)} 个字，请控制在 {most} 个以内")
    return text
