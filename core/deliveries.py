"""What is to be said goes out: each delivery by the first of its channels that takes it.

Before a channel is called, the attempt is written down; what the service says is written behind it. A process killed
in between leaves an attempt without an end, and so does an answer that is lost: the service is asked what became of
it (`Sender.find`), and only where it says that there is nothing, or cannot say, is the thing sent again. A channel
that fails rests for a while, so that a service that is down holds up one delivery and not all. No transaction is open
while a service is waited for.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import func, select, update
from sqlmodel import Session

from core import audit, channels, clock, db, people, warned
from core.faults import BadInput
from core.models import Attempt, Channel, Delivery, Person
from core.senders import SENDERS, Asked, Message, Recipient, Sender, Verdict
from core.settings import settings

log = logging.getLogger("pulse.deliveries")

WORKERS = 8
"""Services that are waited for at once."""
REST = {"RETRY": timedelta(seconds=20), "UNKNOWN": timedelta(seconds=20), "QUOTA": timedelta(minutes=5),
        "STOP": timedelta(minutes=10)}
"""How long a channel rests after a failure of its own, where the service does not say; doubling while it lasts."""
PROBE = timedelta(seconds=15)
"""How long others pass a channel by while one finds out whether it works again."""
BACKOFF, LONGEST = timedelta(seconds=10), timedelta(minutes=10)
"""When a delivery that no channel took is tried again: doubling from the one to the other."""
GIVEN_UP = timedelta(hours=24)
"""Age from which a delivery that no channel has taken is given up, and said so."""
RECEIPTS = timedelta(hours=48)
"""How long a service is asked for its receipt."""
TIMEOUT = httpx.Timeout(5.0, connect=3.0)
ASKED_FIRST, ASKED_AGAIN = timedelta(seconds=1), timedelta(seconds=3)
"""When a service is asked what became of a message whose answer was lost, and how often."""
_ASKING = "结果不明，正在向服务商查询"
AGAIN = "（重发，上次结果不明）"


def client() -> httpx.Client:
    """What services are called with."""
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False, limits=httpx.Limits(max_connections=WORKERS),
                        trust_env=False)


def recover(session: Session, now: datetime) -> int:
    """Deliveries that a killed process left in the middle: due again, and their services are asked first. Call once at
    start, before anything is sent; the caller commits. Returns how many."""
    left = session.execute(select(Delivery.id).where(Delivery.state == "sending")).scalars().all()
    if left:
        session.execute(update(Attempt).where(Attempt.ended_at.is_(None), Attempt.delivery_id.in_(left)).values(
            ended_at=now, outcome="UNKNOWN", note="发送中断，结果不明").execution_options(synchronize_session=False))
        session.execute(update(Delivery).where(Delivery.id.in_(left)).values(state="waiting", next_at=now)
                        .execution_options(synchronize_session=False))
    return len(left)


class Dispatcher:
    """Sends what is due, several at once: one that waits for a silent service holds up none of the others. `step` looks
    for what is due and begins with it; `close` lets what was begun end."""

    def __init__(self, now: Callable[[], datetime] = clock.now) -> None:
        self._now, self._http = now, client()
        self._pool = ThreadPoolExecutor(WORKERS, "send")
        self._at_work: dict[int, Future[str]] = {}

    def step(self) -> int:
        """Begin with what is due and not begun; returns how many."""
        self._at_work = {id_: one for id_, one in self._at_work.items() if not one.done()}
        free = 2 * WORKERS - len(self._at_work)
        with db.session() as session:
            due = session.execute(
                select(Delivery.id).where(Delivery.state == "waiting", Delivery.next_at <= self._now(),
                                          Delivery.id.not_in(list(self._at_work)))
                .order_by(Delivery.next_at, Delivery.id).limit(max(free, 0))).scalars().all()
        for id_ in due:
            self._at_work[id_] = self._pool.submit(_safely, id_, self._http, self._now)
        return len(due)

    def settle(self) -> None:
        """Wait for what was begun."""
        wait(self._at_work.values())

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._http.close()


def send_due(now: Callable[[], datetime] = clock.now, *, stopping: Callable[[], bool] = lambda: False) -> int:
    """Send what is due now, and wait for its end; returns how many deliveries were begun."""
    sender, sent = Dispatcher(now), 0
    try:
        while not stopping() and (begun := sender.step()):
            sent += begun
            sender.settle()
    finally:
        sender.close()
    return sent


def _safely(id_: int, http: httpx.Client, now: Callable[[], datetime]) -> str:
    """Send one delivery; a fault of ours in it must not keep the others from going out."""
    try:
        return send(id_, http, now)
    except Exception:
        log.exception("delivery %s failed", id_)
        return _waiting(id_, now() + LONGEST, "程序出错，稍后重试，详见后台日志")


@dataclass(frozen=True, slots=True)
class _Way:
    """One channel as it is called."""

    id: int
    name: str
    sender: Sender
    fields: Mapping[str, str]


def send(id_: int, http: httpx.Client, now: Callable[[], datetime]) -> str:
    """Send one delivery by the first channel that takes it; returns the state that it came to ("": nothing to do)."""
    with db.session() as session:
        delivery = session.get(Delivery, id_)
        if delivery is None or not _take(session, id_):
            return ""
        to = _recipient(session, delivery)
        before = session.execute(select(Attempt).where(Attempt.delivery_id == id_).order_by(Attempt.id)).scalars().all()
        session.commit()
    if any(one.outcome == "ok" and one.receipt != "undelivered" for one in before):
        return _done(id_, "accepted", "", now())  # the process ended between the service's word and ours
    unclear = set()
    for one in before:
        if one.outcome != "UNKNOWN":
            continue
        found, asks = _ask(one, delivery, http, to)
        if found is not None:
            _keep(one.id, found, now())
            if found.outcome == "ok":
                return _done(id_, "accepted", "", now())
        elif now() - one.at < asks:
            return _waiting(id_, now() + ASKED_AGAIN, _ASKING)
        else:
            unclear.add(one.channel_id)
    with db.session() as session:
        ways, later = _ways(session, delivery, now())
        session.commit()
    content = _linked(Message.from_dict(delivery.content), delivery)
    try:
        content = _with_files(content)
    except BadInput as fault:
        return _done(id_, "failed", str(fault), now())
    said, outcomes = "", set()
    for way in sorted(ways, key=lambda way: way.id in unclear):  # whoever may have it already comes last
        verdict = _call(id_, way, http, _repeated(content) if way.id in unclear else content, to, now)
        if verdict.outcome == "ok":
            return _done(id_, "accepted", "", now())
        if verdict.outcome == "UNKNOWN" and way.sender.asks:
            return _waiting(id_, now() + ASKED_FIRST, _ASKING)
        said = f"{way.name}：{verdict.note or verdict.code}"
        outcomes.add(verdict.outcome)
    if later is None and outcomes and outcomes <= {"RECIPIENT", "MESSAGE"}:
        return _done(id_, "failed", said, now())  # the same again would be refused again
    return _later(id_, delivery.made_at, said or "渠道暂时都不可用，稍后重试", later, now())


def _repeated(content: Message) -> Message:
    return replace(content, title=AGAIN + content.title, text=AGAIN + content.text)


def _take(session: Session, id_: int) -> bool:
    """Whether it is ours to send: nobody else has taken or dropped it since."""
    return bool(session.execute(
        update(Delivery).where(Delivery.id == id_, Delivery.state == "waiting").values(state="sending")
        .execution_options(synchronize_session=False)).rowcount)


def _recipient(session: Session, delivery: Delivery) -> Recipient:
    person = session.get(Person, delivery.person_id) if delivery.person_id else None
    return people.recipient(person) if person else Recipient()


def _linked(content: Message, delivery: Delivery) -> Message:
    if not delivery.alert_id or not delivery.token:
        return content
    link = warned.link(delivery.alert_id, warned.key_of(delivery.key))
    return replace(content, link=link, text=f"{content.text}\n确认收到：{link}") if link else content


def _with_files(content: Message) -> Message:
    """With the bytes of its attachments, as they were issued. Raises BadInput where one is gone or was changed."""
    files = []
    for one in content.attachments:
        path = settings().reports_dir / one.name
        data = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(data).hexdigest() != one.sha256:
            raise BadInput(f"附件《{one.name}》已丢失或被改动，没有发送。请在“报告中心”下载一次（会自动重制），"
                           "再重新发送")
        files.append(replace(one, data=data))
    return replace(content, attachments=tuple(files)) if files else content


def _way(row: Channel) -> _Way:
    return _Way(row.id, row.name, SENDERS[row.kind], channels.fields(row))


def _ways(session: Session, delivery: Delivery, now: datetime) -> tuple[list[_Way], datetime | None]:
    """The channels that can be called now, in order, and when the first of the others can be again."""
    rows = {row.id: row for row in session.execute(
        select(Channel).where(Channel.id.in_(delivery.channels))).scalars()}
    ways, later = [], []
    for row in (rows[id_] for id_ in delivery.channels if id_ in rows and rows[id_].enabled):
        free = max(filter(None, (row.rest_until, _free(session, row, now))), default=now)
        if free > now:
            later.append(free)
        elif row.fault and not _first_again(session, row, now):
            later.append(now + PROBE)
        else:
            try:
                ways.append(_way(row))
            except BadInput as fault:  # its secrets can't be opened: the others go on
                row.fault, row.fault_note = "STOP", str(fault)
                row.rest_until = now + REST["STOP"]
                session.add(row)
                later.append(row.rest_until)
    return ways, min(later, default=None)


def _first_again(session: Session, row: Channel, now: datetime) -> bool:
    """Whether we are the one to find out whether a channel that failed works again; the others pass it by meanwhile."""
    return bool(session.execute(
        update(Channel).where(Channel.id == row.id, Channel.rest_until.is_not_distinct_from(row.rest_until))
        .values(rest_until=now + PROBE).execution_options(synchronize_session=False)).rowcount)


def _free(session: Session, row: Channel, now: datetime) -> datetime | None:
    """When a channel's allowance of a minute lets it be called again; None: now."""
    used, first = session.execute(select(func.count(), func.min(Attempt.at)).where(
        Attempt.channel_id == row.id, Attempt.at > now - timedelta(minutes=1))).one()
    return first + timedelta(minutes=1) if used >= SENDERS[row.kind].per_minute else None


def _ask(attempt: Attempt, delivery: Delivery, http: httpx.Client, to: Recipient) -> tuple[Verdict | None, timedelta]:
    """What the service knows of an attempt whose end nobody knows (None: it cannot say, or not yet), and how old an
    attempt may be for it to be asked once more."""
    with db.session() as session:
        row = session.get(Channel, attempt.channel_id)
        try:
            way = _way(row) if row else None
        except BadInput:  # its secrets can't be opened
            way = None
    if way is None:
        return None, timedelta()
    found = way.sender.find(http, way.fields, to, _mine(delivery.id, way), attempt.at)
    return found, timedelta(seconds=way.sender.asks)


def _mine(delivery_id: int, way: _Way) -> str:
    """Our own id of a message: the same each time it goes by the same channel, so that services know it again."""
    return f"pulse-{delivery_id}-{way.id}"


def _call(id_: int, way: _Way, http: httpx.Client, content: Message, to: Recipient, now: Callable[[], datetime]
          ) -> Verdict:
    """Call one channel, and keep what it says."""
    with db.session() as session:
        attempt = Attempt(delivery_id=id_, channel_id=way.id, at=now())
        session.add(attempt)
        session.commit()
    verdict = way.sender.send(http, way.fields, content, to, _mine(id_, way))
    _keep(attempt.id, verdict, now())
    return verdict


def _keep(attempt_id: int, verdict: Verdict, at: datetime) -> None:
    """Write down how an attempt ended, and what that means for its channel."""
    with db.session() as session:
        attempt = session.get(Attempt, attempt_id)
        attempt.ended_at, attempt.outcome, attempt.code = at, verdict.outcome, verdict.code
        attempt.note, attempt.reference = verdict.note, verdict.reference
        session.add(attempt)
        ok = verdict.outcome == "ok"
        if ok:
            values: dict[str, Any] = {"fault": "", "fault_note": "", "rest_until": None, "failures": 0, "ok_at": at}
        elif verdict.scope == "channel" and verdict.outcome in REST:
            failures = session.execute(
                select(Channel.failures).where(Channel.id == attempt.channel_id)).scalar_one() + 1
            rest = REST[verdict.outcome] * 2 ** min(failures - 1, 5)
            said = timedelta(seconds=verdict.wait) if verdict.wait is not None else min(rest, LONGEST)
            values = {"fault": verdict.outcome, "fault_note": verdict.note, "failures": failures,
                      "rest_until": at + said}
        else:
            values = {}
        if values:
            session.execute(update(Channel).where(Channel.id == attempt.channel_id).values(**values)
                            .execution_options(synchronize_session=False))
        session.commit()


def _done(id_: int, state: str, note: str, at: datetime) -> str:
    with db.session() as session:
        session.execute(update(Delivery).where(Delivery.id == id_).values(
            state=state, done_at=at, next_at=None, note=note).execution_options(synchronize_session=False))
        db.bump(session, at)
        session.commit()
    return state


def _later(id_: int, made_at: datetime, said: str, free: datetime | None, at: datetime) -> str:
    """No channel took it: again later, or given up after a day."""
    if at - made_at >= GIVEN_UP:
        return _done(id_, "failed", said, at)
    with db.session() as session:
        tried = session.execute(select(func.count()).select_from(Attempt).where(
            Attempt.delivery_id == id_)).scalar_one()
    wait = min(BACKOFF * 2 ** min(tried, 10), LONGEST)
    return _waiting(id_, min(filter(None, (free, at + wait))), said)


def _waiting(id_: int, at: datetime, note: str) -> str:
    with db.session() as session:
        session.execute(update(Delivery).where(Delivery.id == id_).values(state="waiting", next_at=at, note=note)
                        .execution_options(synchronize_session=False))
        session.commit()
    return "waiting"


# --- Receipts -------------------------------------------------------------------------------------------------------


def fetch_receipts(now: datetime, http: httpx.Client | None = None) -> int:
    """Ask the services what became of what they took; what did not arrive goes out by the next channel. Returns how
    many receipts came."""
    with db.session() as session:
        rows = session.execute(
            select(Attempt, Delivery, Channel).join(Delivery, Delivery.id == Attempt.delivery_id)
            .join(Channel, Channel.id == Attempt.channel_id)
            .where(Attempt.outcome == "ok", Attempt.receipt == "", Attempt.at > now - RECEIPTS,
                   Delivery.state == "accepted")).all()
        asked: dict[int, list[tuple[Attempt, Asked]]] = {}
        ways: dict[int, _Way] = {}
        for attempt, delivery, channel in rows:
            ways.setdefault(channel.id, _way(channel))
            to = _recipient(session, delivery)
            asked.setdefault(channel.id, []).append((attempt, Asked(
                _mine(delivery.id, ways[channel.id]), attempt.reference, to.phone, attempt.at)))
    came = 0
    with http or client() as open_http:
        for id_, some in asked.items():
            by_mine = {one.mine: attempt for attempt, one in some}
            for receipt in ways[id_].sender.receipts(open_http, ways[id_].fields, [one for _, one in some]):
                if attempt := by_mine.get(receipt.mine):
                    keep_receipt(attempt.id, receipt.delivered, receipt.note, now)
                    came += 1
    return came


def keep_receipt(attempt_id: int, delivered: bool, note: str, now: datetime) -> None:
    """A service says whether what it took has arrived; what has not goes out by the channels behind that one."""
    with db.session() as session:
        attempt = session.get(Attempt, attempt_id)
        if attempt is None or attempt.receipt:
            return
        attempt.receipt, attempt.receipt_at, attempt.receipt_note = (
            "delivered" if delivered else "undelivered", now, note)
        delivery = session.get(Delivery, attempt.delivery_id)
        if delivered:
            delivery.state = "delivered"
        else:
            after = delivery.channels[delivery.channels.index(attempt.channel_id) + 1 :]
            delivery.state, delivery.note = ("waiting" if after else "failed"), f"未送达：{note}"
            delivery.channels, delivery.next_at = after or delivery.channels, now if after else None
        session.add_all((attempt, delivery))
        db.bump(session, now)
        session.commit()


def again(session: Session, delivery_id: int, *, who: str, now: datetime) -> None:
    """A person wants a delivery that failed to be tried again. Raises BadInput. The caller commits."""
    found = session.get(Delivery, delivery_id)
    if found is None or found.state not in ("failed", "waiting"):
        raise BadInput("这条通知不在待发或失败状态，请刷新页面")
    found.state, found.next_at, found.made_at, found.note = "waiting", now, now, ""
    session.add(found)
    audit.note(session, who, "重发通知", found.key)
    db.bump(session, now)


__all__ = ["Dispatcher", "again", "client", "fetch_receipts", "keep_receipt", "recover", "send", "send_due"]
