"""Whose the rows of a file are: the ledger's accounts, and posts that it knows under another id."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlmodel import Session

from core import clock, ledger
from core.db import chunks
from core.faults import BadInput
from core.imports.check import Checked
from core.models import Account, Post, Source
from core.records import BoardRecord, PostRecord

_SAME_HOUR = timedelta(minutes=1)
_OF_CONTENT = re.compile(r"x[0-9a-f]{24}")


def only_account(name: str, checked: Checked) -> str:
    """The account that a file names. Raises BadInput when it names none or several."""
    if len(checked.accounts) == 1:
        return next(iter(checked.accounts))
    if checked.accounts:
        listed = "、".join(list(checked.accounts)[:10])
        raise BadInput(f"文件“{name}”里有 {len(checked.accounts)} 个账号（{listed}）。请指明导入哪一个，可逐个导入")
    raise BadInput(f"文件“{name}”里没有写明账号。请选择或填写账号名称")


def known_account(session: Session, name: str, platform: str, wanted: str, own: str) -> Account | None:
    """The ledger's account that the rows belong to: by the id in the links, else by name; None when it has none.

    Raises BadInput when the links say that the file belongs to another account than the one chosen.
    """
    by_id = ledger.find_account(session, platform, own) if own else None
    if by_id is not None:
        if not ledger.known_as(session, by_id, wanted):
            raise BadInput(
                f"文件“{name}”里的链接属于账号“{by_id.name}”（{own}），而选择的是“{wanted}”。请核对账号；"
                "若账号已改名，请先在账号台账中改名"
            )
        return by_id
    by_name = ledger.account_named(session, platform, wanted)
    if by_name is not None and own and by_name.external_id not in (by_name.name, own):
        raise BadInput(
            f"台账中“{wanted}”的平台编号是 {by_name.external_id}，而文件“{name}”里的链接属于 {own}。请核对文件或台账"
        )
    return by_name


def account(session: Session, name: str, platform: str, wanted: str, own: str, who: str, now: datetime) -> Account:
    """The account that the rows belong to; added when the ledger lacks it, given its id when it was entered by name."""
    known = known_account(session, name, platform, wanted, own)
    if known is None:
        entry = ledger.AccountEntry(platform=platform, external_id=own or wanted, name=wanted)
        return ledger.add_account(session, entry, who=who, now=now)
    if own and known.external_id != own:
        ledger.identify(session, known, own, who=who)
    return known


def lines(
    session: Session, platform: str, found: Sequence[tuple[str, BoardRecord]]
) -> tuple[list[BoardRecord], list[str]]:
    """(lines of boards whose account the ledger has, names that it doesn't have)."""
    out: list[BoardRecord] = []
    strangers: list[str] = []
    for name, record in found:
        whose = ledger.account_named(session, platform, name)
        if whose is None:
            strangers.append(name)
        else:
            out.append(record.model_copy(update={"account": (whose.platform, whose.external_id)}))
    return out, list(dict.fromkeys(strangers))


def source(session: Session, platform: str, name: str, period_seconds: int = 86_400) -> Source:
    """The source that mentions of files belong to; added at first. It is never due: people bring its files."""
    key = f"file:{platform}"
    found = session.execute(select(Source).where(Source.key == key)).scalar()
    if found is None:
        found = Source(key=key, name=name, collector="file", platform=platform, period_seconds=period_seconds)
        session.add(found)
        session.flush()
    return found


def same_posts(session: Session, account_id: int, records: Sequence[PostRecord]) -> list[PostRecord]:
    """The records, with the id under which the ledger knows their post already.

    Exports of one platform name a post now by its link, now only by title and day. Such a post is the same when
    exactly one of the account has that title on that day, here and there, and no two hours contradict each other.
    """
    titled = Counter(_told(record) for record in {record.external_id: record for record in records}.values())
    days = sorted({told[1] for told in titled if told[0]})
    known: dict[tuple[str, date], list[tuple[str, datetime | None]]] = {}
    ids: set[str] = set()
    for part in chunks(days):
        query = select(Post.title, Post.day, Post.external_id, Post.published_at, Post.timed).where(
            Post.account_id == account_id, Post.day.in_(part)
        )
        for title, day, external_id, at, timed in session.execute(query):
            known.setdefault((title, day), []).append((external_id, at if timed else None))
            ids.add(external_id)
    out = []
    for record in records:
        there = known.get(_told(record), [])
        if len(there) == 1 and titled[_told(record)] == 1 and record.title and record.external_id not in ids:
            external_id, at = there[0]
            vague = any(_OF_CONTENT.fullmatch(one) for one in (record.external_id, external_id))
            if vague and (at is None or not record.timed or abs(at - record.published_at) < _SAME_HOUR):
                record = record.model_copy(update={"external_id": external_id})
        out.append(record)
    return out


def _told(record: PostRecord) -> tuple[str, date]:
    return record.title, clock.day_of(record.published_at)
