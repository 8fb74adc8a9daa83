"""What is to be said goes out: each delivery by the first of its channels that takes it.

Before a channel is called, the attempt is written down; what the service says is written behind it. A process killed
in between leaves an attempt without an end, and so does an answer that is lost: the service is asked what became of
it (`Sender.find`), and only where it says that there is nothing, or cannot say, is the thing sent again: once, since
whoever answers too late would else tell the same for a day. A channel that fails rests for a while, so that a service
that is down holds up one delivery and not all, and what takes long (mail) has few places at a time. No transaction is
open while a service is waited for.
"""

import hashlib
import logging
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
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

WORKERS, SLOW = 12, 4
"""Services that are waited for at once, and how many of them at most may be such as take long (`Sender.slow`)."""
CALLS = 2
"""Calls of one channel, for one delivery, of which nobody knows whether they told it; after so many it is given up."""
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
_ALL_DOWN = "渠道暂时都不可用，稍后重试"
_BUSY = "等待前面的邮件发完"
_LOST = "多次发送都没有等到回答，可能已收到也可能没有，请与对方核实；确未收到的可重新发送"
AGAIN = "（重发，上次结果不明）"


def client() -> httpx.Client:
    """What services are called with."""
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False, limits=httpx.Limits(max_connections=WORKERS),
                        trust_env=False)


def recover(session: Session, now: datetime, at_work: Collection[int] = ()) -> int:
    """Deliveries that were left in the middle, by a killed process or by a fault of ours, and are not `at_work`: due
    again, and their services are asked first. Only for the one process that sends, since it cannot know what another
    one is at; call once at start, before anything is sent. The caller commits. Returns how many."""
    left = session.execute(select(Delivery.id).where(
        Delivery.state == "sending", Delivery.id.not_in(list(at_work)))).scalars().all()
    if left:
        session.execute(update(Attempt).where(Attempt.ended_at.is_(None), Attempt.delivery_id.in_(left)).values(
            ended_at=now, outcome="UNKNOWN", note="发送中断，结果不明").execution_options(synchronize_session=False))
        session.execute(update(Delivery).where(Delivery.id.in_(left), Delivery.state == "sending").values(
            state="waiting", next_at=now).execution_options(synchronize_session=False))
    return len(left)


class _Places:
    """Places for what takes long."""

    def __init__(self, free: int) -> None:
        self.free = free
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether there was one."""
        with self._lock:
            found = self.free > 0
            self.free -= found
            return found

    def give_back(self) -> None:
        with self._lock:
            self.free += 1


class Dispatcher:
    """Sends what is due, several at once: one that waits for a silent service holds up none of the others. `step` looks
    for what is due and begins with it; `close` lets what was begun end. `alone`: no other process or thread sends, so
    that what is being sent and not by us was left in the middle."""

    def __init__(self, now: Callable[[], datetime] = clock.now, *, alone: bool = False) -> None:
        self._now, self._http, self._alone = now, client(), alone
        self._pool, self._places = ThreadPoolExecutor(WORKERS, "send"), _Places(SLOW)
        self._at_work: dict[int, Future[str]] = {}
        self._put_off: list[int] = []

    def step(self) -> int:
        """Begin with what is due and not begun; returns how many."""
        ended = {id_: one for id_, one in self._at_work.items() if one.done()}
        for id_, one in ended.items():
            del self._at_work[id_]
            if one.result() == "busy":
                self._put_off.append(id_)
        # Those that wait for a place are looked at again once there is one.
        del self._put_off[: self._places.free]
        free = 2 * WORKERS - len(self._at_work)
        with db.session() as session:
            if self._alone and recover(session, self._now(), list(self._at_work)):
                session.commit()
            due = session.execute(
                select(Delivery.id).where(Delivery.state == "waiting", Delivery.next_at <= self._now(),
                                          Delivery.id.not_in([*self._at_work, *self._put_off]))
                .order_by(Delivery.next_at, Delivery.id).limit(max(free, 0))).scalars().all()
        for id_ in due:
            self._at_work[id_] = self._pool.submit(_safely, id_, self._http, self._now, self._places)
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


def _safely(id_: int, http: httpx.Client, now: Callable[[], datetime], places: _Places) -> str:
    """Send one delivery; a fault of ours in it must not keep the others from going out."""
    try:
        return send(id_, http, now, places)
    except Exception:
        log.exception("delivery %s failed", id_)
    try:
        return _waiting(id_, now() + LONGEST, "程序出错，稍后重试，详见后台日志")
    except Exception:
        log.exception("delivery %s can't be put back", id_)
        return ""  # it stays as being sent, for `recover`


@dataclass(frozen=True, slots=True)
class _Way:
    """One channel as it is called."""

    id: int
    name: str
    sender: Sender
    fields: Mapping[str, str]


def send(id_: int, http: httpx.Client, now: Callable[[], datetime], places: _Places) -> str:
    """Send one delivery by the first channel that takes it; returns the state that it came to ("": nothing to do,
    "busy": it waits for a place among those that take long)."""
    with db.session() as session:
        if not _take(session, id_):
            return ""
        session.commit()
        delivery = session.get(Delivery, id_)
        to = _recipient(session, delivery)
        before = session.execute(select(Attempt).where(Attempt.delivery_id == id_).order_by(Attempt.id)).scalars().all()
    this = [one for one in before if one.resent == delivery.resent]
    if any(one.outcome == "ok" and one.receipt != "undelivered" for one in this):
        return _done(id_, "accepted", "", now())  # the process ended between the service's word and ours
    lost: Counter[int] = Counter()
    for one in this:
        if one.ended_at is not None and one.outcome != "UNKNOWN":
            continue
        found, asks = _ask(one, delivery, http, to)
        if found is not None:
            _keep(one.id, found, now(), called=False)
            if found.outcome == "ok":
                return _done(id_, "accepted", "", now())
        elif now() - one.at < asks:
            return _waiting(id_, now() + ASKED_AGAIN, _ASKING)
        else:
            lost[one.channel_id] += 1
    spent = {channel for channel, calls in lost.items() if calls >= CALLS}
    with db.session() as session:
        ways, later = _ways(session, delivery, now(), spent)
        session.commit()
    content = _linked(Message.from_dict(delivery.content), delivery)
    try:
        content = _with_files(content)
    except BadInput as fault:
        return _done(id_, "failed", str(fault), now())
    maybe = set(lost) | {one.channel_id for one in before
                          if one.resent != delivery.resent and one.outcome == "UNKNOWN"}
    said, ended = "", [True] * len(spent)
    for way in sorted(ways, key=lambda way: way.id in maybe):  # whoever may have it already comes last
        if way.sender.slow and not places.take():
            _waiting(id_, now(), _BUSY)
            return "busy"
        try:
            verdict = _call(delivery, way, http, _repeated(content) if way.id in maybe else content, to, now)
        finally:
            if way.sender.slow:
                places.give_back()
        if verdict.outcome == "ok":
            return _done(id_, "accepted", "", now())
        lost[way.id] += verdict.outcome == "UNKNOWN"
        if verdict.outcome == "UNKNOWN" and way.sender.asks:
            return _waiting(id_, now() + ASKED_FIRST, _ASKING)
        said = f"{way.name}：{verdict.note or verdict.code}"
        # The same again would be refused again, or be told once more to somebody who may know it.
        ended.append(verdict.outcome in ("RECIPIENT", "MESSAGE") or lost[way.id] >= CALLS)
    told = lost.total() > 0
    if later is None and ended and all(ended):
        return _done(id_, "unknown" if told else "failed", _LOST if told else said, now())
    if now() - delivery.made_at >= GIVEN_UP:
        return _done(id_, "unknown" if told else "failed", _LOST if told else said or _ALL_DOWN, now())
    return _later(id_, said or _ALL_DOWN, later, now())


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


def _ways(session: Session, delivery: Delivery, now: datetime, spent: Collection[int]
          ) -> tuple[list[_Way], datetime | None]:
    """The channels but the `spent` ones that can be called now, in order, and when the first of the others can be
    again."""
    rows = {row.id: row for row in session.execute(
        select(Channel).where(Channel.id.in_(delivery.channels))).scalars()}
    ways, later = [], []
    for row in (rows[id_] for id_ in delivery.channels if id_ in rows and rows[id_].enabled and id_ not in spent):
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
    found = way.sender.find(http, way.fields, to, _mine(attempt, way), attempt.at)
    return found, timedelta(seconds=way.sender.asks)


def _mine(attempt: Attempt, way: _Way) -> str:
    """Our own id of a message: the same each time it goes by the same channel, so that services know it again, until a
    person has it sent anew."""
    return f"pulse-{attempt.delivery_id}-{way.id}" + (f"-{attempt.resent}" if attempt.resent else "")


def _call(delivery: Delivery, way: _Way, http: httpx.Client, content: Message, to: Recipient,
          now: Callable[[], datetime]) -> Verdict:
    """Call one channel, and keep what it says."""
    with db.session() as session:
        attempt = Attempt(delivery_id=delivery.id, channel_id=way.id, resent=delivery.resent, at=now())
        session.add(attempt)
        session.commit()
    verdict = way.sender.send(http, way.fields, content, to, _mine(attempt, way))
    _keep(attempt.id, verdict, now())
    return verdict


def _keep(attempt_id: int, verdict: Verdict, at: datetime, *, called: bool = True) -> None:
    """Write down how an attempt ended, and what that means for its channel. `called`: by the call itself; that a
    service knows nothing of a message, when asked, is no fault of its."""
    with db.session() as session:
        attempt = session.get(Attempt, attempt_id)
        attempt.ended_at, attempt.outcome, attempt.code = at, verdict.outcome, verdict.code
        attempt.note, attempt.reference = verdict.note, verdict.reference
        session.add(attempt)
        ok = verdict.outcome == "ok"
        if ok:
            values: dict[str, Any] = {"fault": "", "fault_note": "", "rest_until": None, "failures": 0, "ok_at": at}
        elif called and verdict.scope == "channel" and verdict.outcome in REST:
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
        _moved(session, id_, state=state, done_at=at, next_at=None, note=note)
        db.bump(session, at)
        session.commit()
    return state


def _later(id_: int, said: str, free: datetime | None, at: datetime) -> str:
    """No channel took it: again later."""
    with db.session() as session:
        tried = session.execute(select(func.count()).select_from(Attempt).where(
            Attempt.delivery_id == id_)).scalar_one()
    wait = min(BACKOFF * 2 ** min(tried, 10), LONGEST)
    return _waiting(id_, min(filter(None, (free, at + wait))), said)


def _waiting(id_: int, at: datetime, note: str) -> str:
    with db.session() as session:
        _moved(session, id_, state="waiting", next_at=at, note=note)
        session.commit()
    return "waiting"


def _moved(session: Session, id_: int, **values: Any) -> None:
    """What became of a delivery in our hands; where a receipt came meanwhile, that has said more."""
    session.execute(update(Delivery).where(Delivery.id == id_, Delivery.state == "sending").values(**values)
                    .execution_options(synchronize_session=False))


# --- Receipts -------------------------------------------------------------------------------------------------------


def fetch_receipts(now: datetime, http: httpx.Client | None = None) -> int:
    """Ask the services what became of what they took; what did not arrive goes out by the next channel. Returns how
    many receipts came."""
    kinds = [kind for kind, sender in SENDERS.items() if sender.asks]
    with db.session() as session:
        rows = session.execute(
            select(Attempt, Delivery, Channel).join(Delivery, Delivery.id == Attempt.delivery_id)
            .join(Channel, Channel.id == Attempt.channel_id)
            .where(Attempt.outcome == "ok", Attempt.receipt == "", Attempt.at > now - RECEIPTS,
                   Attempt.resent == Delivery.resent, Delivery.state == "accepted", Channel.kind.in_(kinds))).all()
        asked: dict[int, list[tuple[Attempt, Asked]]] = {}
        ways = _opened({channel.id: channel for _, _, channel in rows}.values())
        for attempt, delivery, channel in rows:
            if channel.id in ways:
                asked.setdefault(channel.id, []).append((attempt, Asked(
                    _mine(attempt, ways[channel.id]), attempt.reference, _recipient(session, delivery).phone,
                    attempt.at)))
    came = 0
    with http or client() as open_http:
        for id_, some in asked.items():
            by_mine = {one.mine: attempt for attempt, one in some}
            for receipt in ways[id_].sender.receipts(open_http, ways[id_].fields, [one for _, one in some]):
                if attempt := by_mine.get(receipt.mine):
                    keep_receipt(attempt.id, receipt.delivered, receipt.note, now)
                    came += 1
    return came


def _opened(rows: Iterable[Channel]) -> dict[int, _Way]:
    """Those of these channels whose secrets can be opened."""
    ways = {}
    for row in rows:
        try:
            ways[row.id] = _way(row)
        except BadInput as fault:  # said where it is to send; the others are asked all the same
            log.warning("channel %s is not asked for receipts: %s", row.id, fault)
    return ways


def keep_receipt(attempt_id: int, delivered: bool, note: str, now: datetime) -> None:
    """A service says whether what it took has arrived; what has not goes out by the channels behind that one. Of what a
    person had sent anew meanwhile, it is written down and changes nothing."""
    with db.session() as session:
        fresh = session.execute(
            update(Attempt).where(Attempt.id == attempt_id, Attempt.receipt == "")
            .values(receipt="delivered" if delivered else "undelivered", receipt_at=now, receipt_note=note)
            .execution_options(synchronize_session=False)).rowcount
        if not fresh:
            return
        attempt = session.get(Attempt, attempt_id)
        delivery = session.get(Delivery, attempt.delivery_id, with_for_update=True)
        if attempt.resent == delivery.resent:
            ways = delivery.channels
            after = ways[ways.index(attempt.channel_id) + 1 :] if attempt.channel_id in ways else []
            if delivered:
                delivery.state, delivery.next_at = "delivered", None
            elif delivery.state != "dropped":
                delivery.state, delivery.note = ("waiting" if after else "failed"), f"未送达：{note}"
                delivery.channels, delivery.next_at = after or ways, now if after else None
            session.add(delivery)
        db.bump(session, now)
        session.commit()


def again(session: Session, delivery_id: int, *, who: str, now: datetime) -> None:
    """A person wants a delivery to be sent anew that failed or of which nobody knows, or one that waits at once. Raises
    BadInput. The caller commits."""
    found = session.get(Delivery, delivery_id)
    state = found.state if found else ""
    # What waits is tried earlier and stays the same message: what is not known of it is asked first.
    anew = int(state in ("failed", "unknown"))
    if not (anew or state == "waiting") or not session.execute(
        update(Delivery).where(Delivery.id == delivery_id, Delivery.state == state, Delivery.resent == found.resent)
        .values(state="waiting", next_at=now, made_at=now, done_at=None, note="", resent=Delivery.resent + anew)
    ).rowcount:
        raise BadInput("这条通知不在待发、失败或结果不明的状态，请刷新页面")
    audit.note(session, who, "重发通知", found.key)
    db.bump(session, now)


__all__ = ["Dispatcher", "again", "client", "fetch_receipts", "keep_receipt", "recover", "send", "send_due"]
