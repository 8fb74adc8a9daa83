"""发送渠道: the ways to reach people as the office has set them up. Secrets are sealed and shown to nobody again.

The caller commits.
"""

import uuid
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from urllib.parse import urlsplit

import httpx
from sqlalchemy import func, select
from sqlmodel import Session

from core import audit, credentials, db, labels
from core.faults import BadInput
from core.models import AlertRule, Attempt, Channel
from core.records import one_line
from core.senders import SENDERS, Message, Recipient, Sender, Verdict, client

REACHES = {"phone": "手机短信", "mail": "邮箱", "group": "群或系统"}
"""What a kind of channel reaches."""
NAME = 40
"""Characters of a name at most."""
_GONE = "这个渠道不存在，可能已被删除，请刷新页面"


def fields(channel: Channel) -> dict[str, str]:
    """A channel's fields, opened, with the defaults where nothing was filled in: for its sender only. Raises BadInput
    where the key is another one than that which sealed them."""
    defaults = {one.name: one.default for one in SENDERS[channel.kind].fields}
    kept = {**channel.config, **credentials.unseal(channel.sealed)}
    return defaults | {name: str(value) for name, value in kept.items() if value}


def shown(channel: Channel) -> dict[str, str]:
    """Label → value of the fields that were filled in, as it may be read: of an address with a key in it the host, of
    other secrets that they are there."""
    try:
        held = {**channel.config, **credentials.unseal(channel.sealed)}
    except BadInput:
        return {"密钥": "无法解开，请重新填写"}
    words = {}
    for one in SENDERS[channel.kind].fields:
        value = str(held.get(one.name) or "")
        if value and one.secret:
            words[one.label] = f"{urlsplit(value).hostname}（其余不显示）" if one.name == "address" else "已填写"
        elif value:
            words[one.label] = (one.choices or {}).get(value, value)
    return words


def add(
    session: Session, *, name: str, kind: str, fields: Mapping[str, str], who: str, now: datetime, enabled: bool = True,
    demo: bool = False,
) -> Channel:
    """Store a channel, the last in order. Raises BadInput for fields that can't be right and a name that is taken."""
    sender = _sender(kind)
    kept = _checked(sender, fields)
    config, sealed = _apart(sender, kept)
    last = session.execute(select(func.max(Channel.sort))).scalar()
    made = Channel(name=_name(session, name, None), kind=kind, config=config, sealed=sealed, enabled=enabled,
                   sort=(last or 0) + 1, at=now, who=who, demo=demo)
    session.add(made)
    session.flush()
    audit.note(session, who, "新增发送渠道", made.name, sender.name)
    db.bump(session, now)
    return made


def change(
    session: Session, channel_id: int, *, name: str, fields: Mapping[str, str], who: str, now: datetime
) -> Channel:
    """Change a channel: secrets that are left empty stay; its faults are forgotten, so that it is tried at once. Raises
    BadInput, also where it is to lead elsewhere and a stored secret would go there."""
    made = get(session, channel_id)
    sender = _sender(made.kind)
    before = _opened(made)
    given = {one.name: str(fields.get(one.name) or "").strip() for one in sender.fields}
    kept = {one.name: given[one.name] or (before.get(one.name, "") if one.secret else "") for one in sender.fields}
    moved = [one.label for one in sender.fields
             if one.binds and (kept[one.name] or one.default) != (before.get(one.name) or one.default)]
    left = [one.label for one in sender.fields if one.secret and before.get(one.name) and not given[one.name]]
    if moved and left:
        raise BadInput(f"更换了{'、'.join(moved)}，为防止密钥发往别处，请重新填写：{'、'.join(left)}")
    config, sealed = _apart(sender, _checked(sender, kept))
    made.name, made.config, made.sealed, made.at, made.who = _name(session, name, made.id), config, sealed, now, who
    made.fault, made.fault_note, made.rest_until, made.failures = "", "", None, 0
    session.add(made)
    session.flush()
    audit.note(session, who, "修改发送渠道", made.name, sender.name)
    db.bump(session, now)
    return made


def enable(session: Session, channel_id: int, enabled: bool, *, who: str, now: datetime) -> None:
    """Take a channel into use or out of it. Raises BadInput where it is gone."""
    made = get(session, channel_id)
    made.enabled, made.at, made.who = enabled, now, who
    if enabled:
        made.rest_until = None
    session.add(made)
    audit.note(session, who, "启用发送渠道" if enabled else "停用发送渠道", made.name)
    db.bump(session, now)


def order(session: Session, ids: Sequence[int], *, who: str, now: datetime) -> None:
    """Put channels into this order; those not named stay behind them. Raises BadInput for one that is gone."""
    rows = {one.id: one for one in session.execute(select(Channel).order_by(Channel.sort, Channel.id)).scalars()}
    if set(ids) - set(rows) or len(set(ids)) < len(ids):
        raise BadInput(_GONE)
    rest = [id_ for id_ in rows if id_ not in set(ids)]
    for place, id_ in enumerate((*ids, *rest), start=1):
        rows[id_].sort = place
        session.add(rows[id_])
    audit.note(session, who, "调整发送渠道顺序", "、".join(rows[id_].name for id_ in (*ids, *rest)))
    db.bump(session, now)


def remove(session: Session, channel_id: int, *, who: str, now: datetime) -> None:
    """Delete a channel. Raises BadInput while a rule uses it, or where something was sent by it: then it is part of the
    record and can be put out of use only."""
    made = get(session, channel_id)
    if rules := used(session).get(channel_id):
        raise BadInput(f"渠道“{made.name}”还在被预警规则使用：{'、'.join(rules[:5])}。请先在规则中换掉，或改为停用")
    if _sent_by(session, channel_id):
        raise BadInput(f"渠道“{made.name}”已有发送记录，不能删除，请改为停用")
    audit.note(session, who, "删除发送渠道", made.name)
    session.delete(made)
    session.flush()
    db.bump(session, now)


def test(
    session: Session, channel_id: int, to: Recipient, *, who: str, now: datetime, http: httpx.Client | None = None
) -> Verdict:
    """Send a test message and remember with the channel how it went. Raises BadInput for a channel that is gone or
    can't be opened. The service is waited for: call it with nothing written in the session before."""
    made = get(session, channel_id)
    sender, opened = _sender(made.kind), fields(made)
    with nullcontext(http) if http else client() as asked:
        verdict = sender.send(asked, opened, sample(now), to, f"test-{uuid.uuid4().hex[:16]}")
    if verdict.outcome == "ok":
        made.ok_at, made.fault, made.fault_note, made.rest_until, made.failures = now, "", "", None, 0
    elif verdict.scope == "channel":
        made.fault, made.fault_note = verdict.outcome, verdict.note[:500]
    session.add(made)
    audit.note(session, who, "测试发送渠道", made.name, labels.OUTCOMES[verdict.outcome])
    db.bump(session, now)
    return verdict


def sample(now: datetime) -> Message:
    """What a test sends: nobody can take it for a warning."""
    return Message(
        level="blue", title="测试：发送渠道是否畅通", gist="这是一条测试，不是预警", place="测试", count=0,
        where="舆情系统", link="", at=now,
        text="【测试】这是舆情系统发出的测试消息，用来确认发送渠道畅通，不是预警，请勿转发。")


def get(session: Session, channel_id: int) -> Channel:
    """The row of a channel. Raises BadInput where there is none."""
    found = session.get(Channel, channel_id)
    if found is None:
        raise BadInput(_GONE)
    return found


# --- Parts ----------------------------------------------------------------------------------------------------------


def _sender(kind: str) -> Sender:
    if kind not in SENDERS:
        raise BadInput("请选择渠道类型")
    return SENDERS[kind]


def _name(session: Session, name: str, mine: int | None) -> str:
    name = one_line(name)
    if not name or len(name) > NAME:
        raise BadInput(f"渠道名称应有 1 到 {NAME} 个字")
    taken = session.execute(select(Channel.id).where(Channel.name == name)).scalar()
    if taken is not None and taken != mine:
        raise BadInput(f"已有渠道“{name}”，请换一个名称")
    return name


def _checked(sender: Sender, given: Mapping[str, str]) -> dict[str, str]:
    kept = {one.name: str(given.get(one.name) or "").strip() for one in sender.fields}
    sender.check(kept)
    return kept


def _apart(sender: Sender, kept: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    """What is no secret, and the rest sealed. What is empty is left to the default."""
    secret = {one.name for one in sender.fields if one.secret}
    return ({name: value for name, value in kept.items() if value and name not in secret},
            credentials.seal({name: value for name, value in kept.items() if value and name in secret}))


def _opened(channel: Channel) -> dict[str, str]:
    """What was filled in; without its secrets where they can't be opened any more, so that they can be entered anew."""
    try:
        return {**channel.config, **credentials.unseal(channel.sealed)}
    except BadInput:
        return dict(channel.config)


def used(session: Session) -> dict[int, list[str]]:
    """Names of the rules that use each channel."""
    rules: dict[int, list[str]] = {}
    for name, plan in session.execute(select(AlertRule.name, AlertRule.plan).order_by(AlertRule.name)):
        for id_ in {*plan.get("channels", ()), *plan.get("groups", ())}:
            rules.setdefault(id_, []).append(name)
    return rules


def _sent_by(session: Session, channel_id: int) -> bool:
    return session.execute(select(Attempt.id).where(Attempt.channel_id == channel_id).limit(1)).scalar() is not None


def state(channel: Channel) -> str:
    """How a channel is doing, in words."""
    if not channel.enabled:
        return "已停用"
    if channel.fault:
        return labels.OUTCOMES.get(channel.fault, channel.fault)
    return "正常" if channel.ok_at else "还没有用过"
