"""Credentials: sealed before they reach the database, with a key that is kept outside it; shown never again.

Each row holds one sealed JSON of all fields and one of the access tokens gained with them (Fernet: AES-128-CBC with
HMAC-SHA256, from the package cryptography). What is no secret (an appid) also stands readable, for people to know one
credential from another. The caller commits.
"""

import base64
import json
import os
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select
from sqlmodel import Session

from core import audit
from core.faults import BadInput
from core.models import Credential, Source
from core.records import one_line
from core.settings import settings

KEY_FILE = "secret.key"
MAX_FIELD = 8_000
"""Characters of one field (a private key in PEM is some 1,700)."""


def key_file() -> Path:
    """Where the key lies when no environment variable holds it."""
    return settings().data_dir / KEY_FILE


def key_place() -> str:
    """Where the key lies and what to do about it, in Chinese."""
    where = "环境变量 PULSE_SECRET_KEY 中" if settings().secret_key else f"文件 {key_file()} 中"
    return f"凭据加密保存，内容不再显示。密钥在{where}，不在数据库里；请为密钥另存一份，丢失后所有凭据须重新填写。"


def seal(fields: Mapping[str, object]) -> bytes:
    """Fields as bytes that only the key opens."""
    return _box().encrypt(json.dumps(dict(fields), ensure_ascii=False, separators=(",", ":")).encode())


def unseal(sealed: bytes | None) -> dict:
    """The fields again. Raises BadInput where the key is another one than that which sealed them."""
    if not sealed:
        return {}
    try:
        return json.loads(_box().decrypt(bytes(sealed)))
    except InvalidToken as error:
        raise BadInput(
            "凭据无法解开：加密密钥已更换或丢失。请恢复原来的密钥（环境变量 PULSE_SECRET_KEY 或数据目录下的 "
            f"{KEY_FILE}），或重新填写凭据"
        ) from error


def derived(purpose: str) -> bytes:
    """A key of 32 bytes for another purpose than sealing, made of the office's own (HKDF-SHA256): it tells nothing of
    that one. Raises BadInput for an own key that is none."""
    return _derived(settings().secret_key, str(key_file()), purpose)


def add(
    session: Session,
    *,
    name: str,
    kind: str,
    fields: Mapping[str, str],
    secret: frozenset[str],
    who: str,
    now: datetime,
) -> Credential:
    """Store a credential; `secret` names the fields that are never shown. Raises BadInput for a name that is taken."""
    name = one_line(name)
    if not name:
        raise BadInput("凭据没有保存。请填写名称")
    if session.execute(select(Credential.id).where(Credential.name == name)).scalar():
        raise BadInput(f"凭据没有保存。名称“{name}”已被使用，请换一个")
    kept = _checked(fields)
    made = Credential(
        name=name, kind=kind, shown={n: v for n, v in kept.items() if n not in secret}, sealed=seal(kept),
        created_at=now, updated_at=now,
    )
    session.add(made)
    session.flush()
    audit.note(session, who, "添加凭据", name)
    return made


def change(
    session: Session, credential_id: int, fields: Mapping[str, str], *, secret: frozenset[str], who: str, now: datetime
) -> None:
    """Replace the fields that are given and not empty; access tokens gained with the old ones are dropped, and the
    sources that waited for a new authorisation are due at once. Raises BadInput."""
    found = get(session, credential_id)
    kept = unseal(found.sealed) | {n: v for n, v in _checked(fields).items() if v}
    found.sealed, found.tokens = seal(kept), None
    # What a collector keeps for itself beside the fields (how long a refresh token lives) is for no one to read.
    found.shown = {n: v for n, v in kept.items() if n not in secret and (n in fields or n in found.shown)}
    found.state, found.note, found.updated_at = "", "", now
    session.add(found)
    for source in session.execute(select(Source).where(Source.credential_id == credential_id)).scalars():
        source.next_due_at = None
        session.add(source)
    audit.note(session, who, "更换凭据", found.name)
    session.flush()


def remove(session: Session, credential_id: int, *, who: str) -> None:
    """Delete a credential. Raises BadInput while sources use it."""
    found = get(session, credential_id)
    users = session.execute(select(Source.name).where(Source.credential_id == credential_id)).scalars().all()
    if users:
        raise BadInput(f"凭据“{found.name}”还在被采集源使用：{'、'.join(users[:5])}。请先为它们更换凭据")
    audit.note(session, who, "删除凭据", found.name)
    session.delete(found)
    session.flush()


def fields(session: Session, credential_id: int | None) -> dict[str, str]:
    """The fields, opened: for a collector's desk only. Empty for None. Raises BadInput."""
    return unseal(get(session, credential_id).sealed) if credential_id else {}


def replace_field(session: Session, credential_id: int, name: str, value: str, now: datetime) -> None:
    """Replace one field, e.g. a refresh token that the platform renewed; tokens stay."""
    found = get(session, credential_id)
    found.sealed, found.updated_at = seal(unseal(found.sealed) | {name: value}), now
    session.add(found)


def tokens(session: Session, credential_id: int) -> dict[str, dict]:
    """Access tokens by name: {"value", "until" (ISO, UTC)}. An unreadable box is empty: they can be had again."""
    try:
        return unseal(get(session, credential_id).tokens)
    except BadInput:
        return {}


def keep_token(session: Session, credential_id: int, name: str, value: str, until: datetime) -> None:
    """Remember an access token until it runs out."""
    found = get(session, credential_id)
    found.tokens = seal(tokens(session, credential_id) | {name: {"value": value, "until": until.isoformat()}})
    session.add(found)


def tried(session: Session, credential_id: int, ok: bool, note: str, now: datetime) -> None:
    """Remember what the last try said."""
    found = get(session, credential_id)
    found.state, found.note, found.checked_at = "ok" if ok else "bad", note[:500], now
    session.add(found)


def get(session: Session, credential_id: int) -> Credential:
    """The row of a credential. Raises BadInput where there is none."""
    found = session.get(Credential, credential_id)
    if found is None:
        raise BadInput("凭据不存在，可能已被删除，请刷新页面")
    return found


def _checked(fields: Mapping[str, str]) -> dict[str, str]:
    kept = {name: str(value).strip() for name, value in fields.items()}
    for name, value in kept.items():
        if len(value) > MAX_FIELD or any(ord(c) < 32 and c not in "\n\r\t" for c in value):
            raise BadInput(f"凭据没有保存。字段 {name} 过长或含有控制字符，请核对是否复制完整")
    return kept


def _box() -> Fernet:
    knobs = settings()
    return _box_of(knobs.secret_key, str(key_file()))


@lru_cache(maxsize=8)
def _derived(key: str, file: str, purpose: str) -> bytes:
    _box_of(key, file)  # says what is wrong with a key that is none
    own = base64.urlsafe_b64decode(key.encode() if key else _own_key(Path(file)))
    return HKDF(SHA256(), 32, None, f"pulse: {purpose}".encode()).derive(own)


@lru_cache(maxsize=4)
def _box_of(key: str, file: str) -> Fernet:
    try:
        return Fernet(key.encode() if key else _own_key(Path(file)))
    except ValueError as error:
        where = "环境变量 PULSE_SECRET_KEY" if key else f"文件 {KEY_FILE}"
        raise BadInput(f"{where} 的内容不是可用的密钥（应为 44 个字符的 Fernet 密钥）") from error


def _own_key(file: Path) -> bytes:
    """The key in the data folder, made at the first need; readable by its owner alone."""
    try:
        return file.read_bytes().strip()
    except FileNotFoundError:
        file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(Fernet.generate_key())
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(part, file)  # fails where another process was quicker: its key counts
    except FileExistsError:
        pass
    finally:
        part.unlink()
    return file.read_bytes().strip()
