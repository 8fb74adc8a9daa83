"""An address of the office's own: signed JSON, for whatever system takes warnings there (docs/webhook.md)."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from core import clock
from core.faults import BadInput
from core.labels import LEVELS
from core.senders.base import INSIDE, Base, inside
from core.senders.model import Field, Message, Recipient, Verdict
from core.senders.wire import Answer, Meaning, call, judged, unreadable

ANY = "*"
"""For `accepted`: whatever the body says."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Lower-case hex HMAC-SHA256 over timestamp (Unix seconds), line feed and body."""
    return hmac.new(secret.encode(), timestamp.encode() + b"\n" + body, hashlib.sha256).hexdigest()


class Webhook(Base):
    kind, name, reaches = "webhook", "通用接口（Webhook）", "group"
    per_minute = 60
    fields = (
        Field("address", "接收地址", secret=True, binds=True, help="对方系统提供的完整网址"),
        Field("secret", "签名密钥", secret=True, required=False, help="与对方约定，用来计算签名；不少于 16 个字符"),
        Field("accepted", "受理的回答", required=False, default='{"ok": true}',
              help='对方回答的 JSON 中应含有的内容；填 * 则只看 HTTP 状态（2xx 即为受理）'),
        INSIDE,
    )

    def _check(self, fields: Mapping[str, str]) -> None:
        _wanted(fields["accepted"])
        if fields["secret"] and len(fields["secret"]) < 16:
            raise BadInput("签名密钥太短，请不少于 16 个字符")

    def _send(
        self, http: httpx.Client, fields: Mapping[str, str], message: Message, to: Recipient, mine: str
    ) -> Verdict:
        wanted = _wanted(fields["accepted"])
        body = json.dumps(_body(message, to, mine), ensure_ascii=False).encode("utf-8", "ignore")
        stamp = str(int(clock.now().timestamp()))
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": mine,
                   "X-Pulse-Timestamp": stamp}
        if fields["secret"]:
            headers["X-Pulse-Signature"] = signature(fields["secret"], stamp, body)
        answer = call(http, fields["address"], content=body, headers=headers, inside=inside(fields))
        return answer if isinstance(answer, Verdict) else _judged(answer, wanted)

    def _find(
        self, http: httpx.Client, fields: Mapping[str, str], to: Recipient, mine: str, at: datetime
    ) -> Verdict | None:
        return Verdict("RETRY", note="请求带有不变的编号（Idempotency-Key），对方会认出重复，可以重发")


def _wanted(text: str) -> dict[str, Any] | None:
    """What an answer has to hold; None for whatever. Raises BadInput."""
    if text.strip() == ANY:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not found:
        raise BadInput('“受理的回答”应写成 {"ok": true} 的样子，或填 *')
    return found


def _body(message: Message, to: Recipient, mine: str) -> dict[str, Any]:
    whom = {"name": to.name, "phone": to.phone, "mail": to.mail}
    return {
        "id": mine, "level": message.level, "level_name": LEVELS.get(message.level, ""), "title": message.title,
        "gist": message.gist, "place": message.place, "count": message.count, "where": message.where,
        "text": message.text, "link": message.link, "at": clock.local(message.at).isoformat(),
        "to": {name: value for name, value in whom.items() if value},
    }


def _holds(said: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether an answer says what it has to; true is not 1."""
    return all(name in said and type(said[name]) is type(value) and said[name] == value
               for name, value in wanted.items())


def _judged(answer: Answer, wanted: Mapping[str, Any] | None) -> Verdict:
    said, code = answer.json, f"HTTP {answer.status}"
    if 200 <= answer.status < 300:
        if wanted is None or _holds(said, wanted):
            reference = said.get("id")
            return Verdict("ok", code, reference=reference if isinstance(reference, str) else "")
        if not said:
            return unreadable(answer)
        own = said.get("message")
        wait = said.get("wait")
        if said.get("retry") is True:
            seconds = float(wait) if isinstance(wait, int | float) and 0 < wait < 86_400 else None
            return judged("接收方", code, own, Meaning("RETRY", "接收方暂时不能受理，将自动重试", seconds))
        return judged("接收方", code, own, Meaning("STOP", "接收方没有受理，请与对方核对，或核对“受理的回答”"))
    if answer.status in (400, 413, 422):
        return judged("接收方", code, said.get("message"), Meaning("MESSAGE", "接收方认为内容不对"))
    if answer.status >= 500:  # sending it again does no harm
        return judged("接收方", code, said.get("message"), Meaning("RETRY", "接收方系统出错，将自动重试", answer.wait))
    return unreadable(answer)
