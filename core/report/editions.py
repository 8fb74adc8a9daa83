"""Issued reports: content stored and hashed, files written once, never overwritten.

An edition is a version of one subject (kind, platform, period, scope). The same report built again is the same
edition; a changed figure makes the next version. Files can always be made again from the stored content, byte for
byte.
"""

import hashlib
import os
import re
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from core import audit, db
from core.faults import BadInput
from core.models import Edition, EditionFile, EditionRead
from core.report import excel, fonts, pdf, word
from core.report.content import Content
from core.settings import settings

FORMATS: dict[str, Callable[[Content], bytes]] = {
    "xlsx": excel.render,
    "pdf": lambda content: pdf.render(content, fonts.faces(settings().font_dir)),
    "docx": word.render,
}
"""Every format of an issued report: its suffix and how it is made."""
FORMAT_NAMES = {"xlsx": "Excel", "pdf": "PDF", "docx": "Word"}


Told = Callable[[str], object]
"""Hears what is being done, in words."""


def issue(session: Session, content: Content, *, by: str = "", now: datetime, told: Told | None = None) -> Edition:
    """Issue the report: stores it as the next version with its files; the caller commits.

    When the newest edition of the subject says exactly the same, that edition is returned and nothing is written. The
    files are made before anything is written, so that a session that has written nothing yet keeps nobody waiting.
    """
    while True:
        newest = latest(session, content)
        if newest is not None and read(newest).fingerprint == content.fingerprint:
            return newest
        issued = replace(content, edition=newest.version + 1 if newest else 1)
        files = _made(issued, told)
        if (edition := _numbered(session, issued, by, now)) is not None:
            break
        # Somebody issued that version meanwhile: it may say the same, or this becomes the one after it.
    for suffix, made in files.items():
        name = file_name(issued, suffix)
        if session.execute(select(EditionFile.name).where(EditionFile.name == name)).first():
            name = f"{name.removesuffix(f'.{suffix}')}_{edition.id}.{suffix}"  # another subject of the same words
        _write(settings().reports_dir / name, made)
        session.add(EditionFile(edition_id=edition.id, format=suffix, name=name,
                                sha256=hashlib.sha256(made).hexdigest(), size=len(made)))
    audit.note(session, by, "签发报告", content.title, f"第{edition.version}版，{edition.sha256[:12]}")
    session.flush()
    return edition


def _made(content: Content, told: Told | None) -> dict[str, bytes]:
    files = {}
    for suffix, render in FORMATS.items():
        if told:
            told(f"制作 {FORMAT_NAMES[suffix]}")
        files[suffix] = render(content)
    return files


def _numbered(session: Session, issued: Content, by: str, now: datetime) -> Edition | None:
    """The edition as a row; None where the version is taken."""
    subject = issued.subject
    id_ = session.connection().execute(
        db.inserting(session, Edition).values(
            kind=subject.kind, platform=subject.platform, period=subject.period, scope=subject.scope,
            version=issued.edition, title=issued.title, content=zlib.compress(issued.to_json().encode(), 9),
            sha256=issued.sha256, stamp=issued.stamp, issued_at=now, issued_by=by, demo=issued.is_demo,
        ).on_conflict_do_nothing(index_elements=["kind", "platform", "period", "scope", "version"])
        .returning(Edition.__table__.c.id)).scalar()
    return None if id_ is None else session.get_one(Edition, id_)


def latest(session: Session, content: Content) -> Edition | None:
    """The newest edition of the content's subject."""
    subject = content.subject
    return session.execute(
        select(Edition).where(Edition.kind == subject.kind, Edition.platform == subject.platform,
                              Edition.period == subject.period, Edition.scope == subject.scope)
        .order_by(Edition.version.desc()).limit(1)
    ).scalar()


def read(edition: Edition) -> Content:
    """The edition's content. Raises ValueError when what is stored is not what was hashed."""
    text = zlib.decompress(edition.content).decode()
    if hashlib.sha256(text.encode()).hexdigest() != edition.sha256:
        raise ValueError(f"edition {edition.id} does not match its hash")
    return Content.from_json(text)


def publish(build: Callable[[Session], Content], *, by: str = "", now: datetime, told: Told | None = None) -> Edition:
    """Build a report from one state of the database and issue it. Errors as those of `build`."""
    if told:
        told("取数、编写")
    with db.snapshot() as reading:
        content = build(reading)
    with db.session() as writing:
        edition = issue(writing, content, by=by, now=now, told=told)
        db.bump(writing, now)
        writing.commit()
    return edition


def content_of(session: Session, edition_id: int) -> Content:
    """The content of an issued report. Raises BadInput where there is no such edition or it was tampered with."""
    edition = session.get(Edition, edition_id)
    if edition is None:
        raise BadInput("这份报告不存在，可能已被删除")
    try:
        return read(edition)
    except (ValueError, zlib.error) as error:
        raise BadInput(f"《{edition.title}》第{edition.version}版的存档内容与签发时不一致，不能打开，"
                       "请联系管理员核查") from error


def listing(session: Session, limit: int = 200, kind: str = "", scope: str = "") -> pd.DataFrame:
    """The issued reports, the newest first, of a kind and a scope where these are given; contents stay in the database.

    Columns: id, kind, title, platform (code), period, scope, version, issued_at (aware UTC), issued_by, demo, formats
    (suffixes, comma-separated), size (bytes of all files).
    """
    rows = session.execute(
        select(Edition.id, Edition.kind, Edition.title, Edition.platform, Edition.period, Edition.scope,
               Edition.version, Edition.issued_at, Edition.issued_by, Edition.demo)
        .where(*([Edition.kind == kind] if kind else []), *([Edition.scope == scope] if scope else []))
        .order_by(Edition.issued_at.desc(), Edition.id.desc()).limit(limit)
    ).mappings().all()
    files: dict[int, list[EditionFile]] = {}
    for file in session.execute(
        select(EditionFile).where(EditionFile.edition_id.in_([row["id"] for row in rows])).order_by(EditionFile.format)
    ).scalars():
        files.setdefault(file.edition_id, []).append(file)
    made = [{**row, "formats": ",".join(file.format for file in files.get(row["id"], [])),
             "size": sum(file.size for file in files.get(row["id"], []))} for row in rows]
    return pd.DataFrame(made, columns=["id", "kind", "title", "platform", "period", "scope", "version", "issued_at",
                                       "issued_by", "demo", "formats", "size"])


def body(session: Session, edition_id: int, suffix: str) -> tuple[str, bytes]:
    """Name and bytes of an edition's file. A file that was lost or changed is made again from the stored content.

    Raises LookupError (Chinese) when there is no such edition, ValueError when it can't be made as it was issued.
    """
    file = session.get(EditionFile, (edition_id, suffix))
    if file is None:
        raise LookupError("这份报告不存在，可能已被删除")
    path = settings().reports_dir / file.name
    found = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(found).hexdigest() == file.sha256:
        return file.name, found
    made = FORMATS[suffix](read(session.get_one(Edition, edition_id)))
    if hashlib.sha256(made).hexdigest() != file.sha256:
        raise ValueError(f"《{file.name}》的文件已丢失或被改动，且现有程序版本不能原样重制")
    _write(path, made)
    return file.name, made


def seen(session: Session, edition_id: int, what: str, *, who: str, now: datetime) -> None:
    """Keep that somebody opened an edition, or took away a file of it (`what`: opened, or the format). The caller
    commits."""
    session.add(EditionRead(edition_id=edition_id, at=now, who=who, what=what))


def readers(session: Session, edition_id: int) -> pd.DataFrame:
    """Who opened an edition or took it away, the newest first: at (aware UTC), who, what."""
    rows = session.execute(select(EditionRead.at, EditionRead.who, EditionRead.what).where(
        EditionRead.edition_id == edition_id).order_by(EditionRead.id.desc())).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=["at", "who", "what"])
    return frame.assign(at=pd.to_datetime(frame["at"], utc=True))


def newest_of(session: Session, edition_id: int) -> Edition:
    """The newest edition of the same subject, which may be that one. Raises BadInput where it is gone."""
    one = session.get(Edition, edition_id)
    if one is None:
        raise BadInput("这份报告不存在，可能已被删除")
    return session.execute(
        select(Edition).where(Edition.kind == one.kind, Edition.platform == one.platform, Edition.period == one.period,
                              Edition.scope == one.scope).order_by(Edition.version.desc()).limit(1)).scalar_one()


def file_name(content: Content, suffix: str) -> str:
    """`海淀区_政务微博_2020-02_月报_v2.xlsx`; a scope other than all stands before the version."""
    parts = [content.district, content.platform, content.subject.period, content.kind]
    if content.subject.scope != "all":
        parts.append(content.scope)
    parts.append(f"v{content.edition}" if content.edition else "预览")
    clean = (re.sub(r"[^\w\-（）]+", "", part) for part in parts)
    return "_".join(part for part in clean if part)[:120] + f".{suffix}"


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: readers never see half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)
