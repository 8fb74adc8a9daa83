"""Signed pushes of the district's own APP backends: the signature, and the one way in which a push is stored, whether
it came to core.receive or as a file (docs/push.md).

Signature: hex HMAC-SHA256 with the key's secret over `timestamp + "\\n" + body`. A push to the endpoint must be signed
within five minutes of now; a file may lie longer: it is as good as its signature, and stands for the moment of it.
A batch id is stored once: the same batch again changes nothing, another body under its id is refused. A later batch of
the same day is another reading with its reason; the earlier one stays.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session

from core import clock, credentials, evidence, ingest, limits, notices
from core.db import session as open_session
from core.faults import BadInput
from core.models import Account, AppReading, Capture, Credential, Run, Source
from core.records import Batch, Fetched, SourceSpec, one_line

log = logging.getLogger("pulse.push")

WINDOW = timedelta(minutes=5)
MAX_BODY = 5_000_000
"""Bytes of one push: some 5,000 posts with their counters take one and a half million."""
MAX_FILE = 20 * MAX_BODY
PER_MINUTE = 60
"""Pushes of one key in a minute."""
SIGNATURE_FILE = ".sig"
_RECEIVED = ("ok", "partial", "unchanged")

Parse = Callable[[SourceSpec, Fetched], Batch]


@dataclass(frozen=True, slots=True)
class Signed:
    """A body with what its sender says of it, as it arrived."""

    key: str
    timestamp: str
    signature: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a push: an HTTP status, words in Chinese, and for a refused body its faults by field."""

    status: int
    words: str
    errors: tuple[dict[str, str], ...] = ()
    stored: Mapping[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.status == 200


class Refused(Exception):
    """A push that is not taken."""

    def __init__(self, status: int, words: str, errors: tuple[dict[str, str], ...] = ()):
        super().__init__(words)
        self.answer = Answer(status, words, errors)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a body at a moment (Unix seconds, as text)."""
    return hmac.new(secret.encode(), timestamp.encode() + b"\n" + body, hashlib.sha256).hexdigest()


def take(session: Session, signed: Signed, parse: Parse, *, now: datetime, live: bool = True) -> Answer:
    """Check a push and store it, in this session's transaction, which the caller commits whatever the answer says:
    a refused push of a known key is on record too. `live`: it came to the endpoint just now.

    The run is written first: on SQLite that takes the write lock, so that of two equal pushes the second one sees the
    first; elsewhere the source's row is locked.
    """
    found = _credential(session, signed.key)
    if found is None:
        log.warning("push refused: unknown key")
        return Answer(401, "密钥编号不存在，请核对请求头 X-Pulse-Key")
    if live and not limits.take(
        session, f"credential:{found.id}:push", PER_MINUTE, window="minute", n=1, now=now
    ):
        return Answer(429, f"推送过于频繁：每分钟最多 {PER_MINUTE} 次，请稍后再试")
    sources = list(session.execute(
        select(Source).where(Source.credential_id == found.id, Source.collector == "push").with_for_update()
    ).scalars())
    run = ingest.begin(session, "collect", source=sources[0] if len(sources) == 1 else None, at=now)
    try:
        at = _verified(session, found, signed, now, live)
        return _stored(session, run, sources, signed, parse, at, now)
    except Refused as refused:
        answer = refused.answer
        said = "；".join(f"{e['field']}：{e['reason']}" for e in answer.errors[:5])
        note = "；".join(part for part in (f"拒收推送（{answer.status}）：{answer.words}", said) if part)
        ingest.finish(session, run, "failed", note, at=now, fault="STOP")
        return answer


def refused(session: Session, key: str, answer: Answer, *, now: datetime) -> None:
    """Put on record that a push was turned away before it was read (too large, too slow); a key that nobody knows
    leaves no trace but a line in the log. The caller commits."""
    found = _credential(session, key)
    if found is None:
        log.warning("push refused: unknown key, status %s", answer.status)
        return
    if not limits.take(session, f"credential:{found.id}:push", PER_MINUTE, window="minute", n=1, now=now):
        return
    query = select(Source).where(Source.credential_id == found.id, Source.collector == "push")
    sources = list(session.execute(query).scalars())
    run = ingest.begin(session, "collect", source=sources[0] if len(sources) == 1 else None, at=now)
    ingest.finish(session, run, "failed", f"拒收推送（{answer.status}）：{answer.words}", at=now, fault="STOP")


def _credential(session: Session, key: str) -> Credential | None:
    rows = session.execute(select(Credential).where(Credential.kind == "push").order_by(Credential.id)).scalars()
    return next((row for row in rows if key and hmac.compare_digest(row.shown.get("key", "").encode(), key.encode())),
                None)


def _verified(session: Session, found: Credential, signed: Signed, now: datetime, live: bool) -> datetime:
    """The moment of a signature that is right. Raises Refused."""
    if not signed.timestamp.isascii() or not signed.timestamp.isdecimal() or len(signed.timestamp) > 12:
        raise Refused(401, "X-Pulse-Timestamp 应为 Unix 时间的秒数，如 1772000000")
    try:
        at = clock.at_unix(signed.timestamp)
    except ValueError:
        raise Refused(401, "X-Pulse-Timestamp 不是可用的时间") from None
    apart = (at - now).total_seconds()
    if apart > WINDOW.total_seconds() or (live and -apart > WINDOW.total_seconds()):
        way = f"{'快' if apart > 0 else '慢'} {abs(apart):.0f} 秒，超过 {WINDOW.seconds} 秒"
        raise Refused(401, f"时间戳比本系统{way}，请校准服务器时间后重新签名")
    secret = credentials.fields(session, found.id).get("secret", "")
    expected = sign(secret, signed.timestamp, signed.body)
    if not secret or not hmac.compare_digest(expected.encode(), signed.signature.strip().lower().encode()):
        raise Refused(401, "签名不符：请用原始请求体的字节计算 HMAC-SHA256(密钥, 时间戳 + 换行 + 请求体) 的十六进制")
    return at


def _stored(
    session: Session, run: Run, sources: list[Source], signed: Signed, parse: Parse, at: datetime, now: datetime
) -> Answer:
    """Store a push whose signature is right. Raises Refused."""
    app, batch_id = _named(signed.body)
    source, account = _meant(session, sources, app)
    run.source_id = source.id
    written = evidence.write(signed.body)
    request = f"推送 {batch_id}"
    before = session.execute(
        select(Capture.sha256).join(Run, Run.id == Capture.run_id)
        .where(Capture.source_id == source.id, Capture.request == request, Run.state.in_(_RECEIVED))
        .limit(1)
    ).scalar() if batch_id else None
    if before == written:
        ingest.finish(session, run, "unchanged", f"批次 {batch_id} 已收到过，内容相同，未重复入库", at=now)
        return Answer(200, f"已收到（批次 {batch_id} 此前已入库，未重复处理）")
    if before:
        raise Refused(409, f"批次号 {batch_id} 已用于另一份内容，请换一个批次号")
    fetched = Fetched(request=request, body=signed.body, status=0, media_type="application/json", fetched_at=at)
    capture = evidence.keep(
        session, signed.body, request=request, fetched_at=at, media_type=fetched.media_type, run=run,
        source_id=source.id, meta={"context": {"key": signed.key, "received": now.isoformat()}}, written=written,
    )
    spec = SourceSpec(
        key=source.key, collector="push", name=source.name, url="", platform=source.platform, has_account=True,
        config=source.config, account=(account.platform, account.external_id),
    )
    batch = parse(spec, fetched)
    if batch.rejects:
        errors = tuple({"field": r.field or r.locator, "reason": r.reason} for r in batch.rejects)
        _faulty(session, source, f"推送的内容不合格：{errors[0]['field']}：{errors[0]['reason']}", now)
        raise Refused(400, f"内容有 {len(errors)} 处不合格，全部未入库", errors)
    stored = ingest.store(session, batch, run=run, capture=capture, source=source, account=account)
    _reasoned(session, capture, batch_id)
    if source.fault:
        notices.recovered(session, source, now)
    source.failures, source.fault, source.fault_note = 0, "", ""
    source.last_run_at = source.last_ok_at = now
    session.add(source)
    state = "ok" if stored.new or stored.gone else "unchanged"
    ingest.finish(session, run, state, f"收到批次 {batch_id}：{stored.words}", at=now, stored=stored)
    counts = {"new_posts": stored.new_posts, "new_readings": stored.new_readings, "new_days": stored.new_days}
    return Answer(200, f"已入库（批次 {batch_id}）：{stored.words}", stored=counts)


def _named(body: bytes) -> tuple[str, str]:
    """The APP and the batch that a body names, as far as it can be read: the rest is for `parse` to judge."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    given = given if isinstance(given, dict) else {}
    return tuple(one_line(v)[:200] if isinstance(v := given.get(n), str) else "" for n in ("app_id", "batch_id"))


def _meant(session: Session, sources: list[Source], app: str) -> tuple[Source, Account]:
    """The key's source for that APP. Raises Refused. A body that names none is left to `parse` where only one can be
    meant, so that all its faults are told at once."""
    accounts = {s.id: session.get(Account, s.account_id) for s in sources if s.account_id}
    mine = [s for s in sources if s.id in accounts]
    found = [s for s in mine if accounts[s.id].external_id == app] or (mine if len(mine) == 1 and not app else [])
    if not found:
        raise Refused(403, f"该密钥没有绑定 APP“{app[:60]}”，请核对 app_id，或请平台管理员添加采集源")
    if not found[0].enabled:
        raise Refused(403, f"APP“{app[:60]}”的推送已被平台管理员停用")
    return found[0], accounts[found[0].id]


def _faulty(session: Session, source: Source, words: str, now: datetime) -> None:
    """What an authorised sender sends is wrong: somebody has to tell its programmers."""
    source.failures, source.fault, source.fault_note, source.last_run_at = source.failures + 1, "STOP", words, now
    session.add(source)
    notices.needs_a_person(session, source, now)


def _reasoned(session: Session, capture: Capture, batch_id: str) -> None:
    """A reading of a day that had one before says which batch took its place."""
    earlier = aliased(AppReading)
    session.execute(
        update(AppReading)
        .where(
            AppReading.capture_id == capture.id, AppReading.reason == "",
            select(earlier.id).where(
                earlier.account_id == AppReading.account_id, earlier.day == AppReading.day,
                earlier.observed_at < AppReading.observed_at,
            ).exists(),
        )
        .values(reason=f"推送批次 {batch_id} 更正")
        .execution_options(synchronize_session=False)
    )


# --- Files ----------------------------------------------------------------------------------------------------------


def read(name: str, data: bytes, beside: bytes | None = None) -> list[Signed]:
    """The pushes of a file: one body whose signature stands in FILE.sig (`beside`: key, timestamp, signature as JSON),
    or one envelope {key, timestamp, signature, body} a line, `body` being the signed text. Raises BadInput."""
    if beside is not None:
        return [_envelope(beside[:10_000], f"签名文件“{name}{SIGNATURE_FILE}”", data)]
    lines = [(number, line) for number, line in enumerate(data.split(b"\n"), start=1) if line.strip()]
    if not lines:
        raise BadInput(f"推送文件“{name}”是空的")
    return [_envelope(line, f"“{name}”第 {number} 行") for number, line in lines]


def _envelope(text: bytes, where: str, body: bytes | None = None) -> Signed:
    try:
        given = json.loads(text.decode("utf-8-sig"))
        inner = given["body"].encode() if body is None else body
        return Signed(str(given["key"]), str(given["timestamp"]), str(given["signature"]), inner)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = "key、timestamp、signature" + ("" if body is not None else "、body")
        words = f"{where}不是带签名的推送：应为含 {what} 的 JSON；或在旁边放签名文件（文件名加 .sig）"
        raise BadInput(words) from error


def take_all(session: Session, name: str, signed: list[Signed], parse: Parse, *, now: datetime) -> str:
    """Store the pushes of a file, or none: the caller commits what comes to its end. The outcome in Chinese. Raises
    BadInput with what is wrong."""
    words = []
    for number, one in enumerate(signed, start=1):
        answer = take(session, one, parse, now=now, live=False)
        if not answer.ok:
            which = f"第 {number} 份推送" if len(signed) > 1 else "推送"
            faults = "；".join(f"{e['field']}：{e['reason']}" for e in answer.errors[:20])
            raise BadInput(f"“{name}”{which}没有入库：{answer.words}" + (f"（{faults}）" if faults else ""))
        words.append(answer.words)
    return f"“{name}”：" + ("；".join(words) if len(words) <= 3 else f"{len(words)} 份推送已入库")


def take_file(path: Path, parse: Parse, *, now: datetime) -> str:
    """Store all the pushes of a file, or none; the outcome in Chinese. Raises BadInput with what is wrong."""
    if path.stat().st_size > MAX_FILE:
        raise BadInput(f"推送文件“{path.name}”过大，请分成几个文件")
    beside = path.with_name(path.name + SIGNATURE_FILE)
    signed = read(path.name, path.read_bytes(), beside.read_bytes() if beside.is_file() else None)
    with open_session() as session:
        words = take_all(session, path.name, signed, parse, now=now)
        session.commit()
    return words


def headers(session: Session, body: bytes, key: str, at: datetime) -> dict[str, str]:
    """The headers of a push of that body with that key, for trying the endpoint out. Raises BadInput."""
    found: Any = _credential(session, key)
    if found is None:
        raise BadInput(f"没有密钥编号为“{key}”的凭据，请先在“采集源—凭据”中添加（用于：APP 后台推送）")
    timestamp = str(int(at.timestamp()))
    secret = credentials.fields(session, found.id).get("secret", "")
    return {"X-Pulse-Key": key, "X-Pulse-Timestamp": timestamp, "X-Pulse-Signature": sign(secret, timestamp, body)}
