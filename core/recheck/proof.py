"""An issued report recomputed from captured bytes alone, on another machine.

`export` writes a folder: the captures that the report can rest on, and beside them what is no figure: the ledger, which
source or file each capture came from, which days were collected, and the issued content, with which the result is
compared. `recompute` reads the captures into an empty database as they came, rolls up, builds the report anew and holds
it against what was issued.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import delete, select
from sqlmodel import Session

from core import db, evidence, ingest, labels, rollup
from core.faults import BadInput, Fault
from core.models import (
    Account,
    AccountName,
    Board,
    BoardMember,
    BoardVersion,
    Capture,
    Coverage,
    Edition,
    LocalIndex,
    LocalList,
    LocalMark,
    Matrix,
    Rejected,
    Row,
    Run,
    Source,
    Unit,
)
from core.periods import Period
from core.recheck import captured
from core.recheck.captured import Parsers
from core.report import compare, editions, kinds
from core.report.content import Content
from core.report.outline import Order
from core.settings import settings

FORMAT = 1
MANIFEST = "manifest.json"
_TABLES: tuple[type[Row], ...] = (
    Unit, Account, AccountName, Board, BoardMember, BoardVersion, LocalIndex, Matrix, LocalList, LocalMark, Source, Run,
    Capture, Rejected)
"""What is copied as it is, parents first: no figure stands in any of them. Which days were collected follows."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a recomputation came to. `same`: the hash is the issued one · `differences`: core.report.compare.changes,
    empty where it is."""

    title: str
    issued: str
    recomputed: str
    captures: int
    differences: pd.DataFrame

    @property
    def same(self) -> bool:
        return self.issued == self.recomputed


def export(session: Session, edition_id: int, folder: Path) -> int:
    """Write the folder; how many captures lie in it. Raises BadInput for an edition that there is not, for a kind that
    does not rest on captures of accounts, for a folder that holds something, and for a capture that is lost."""
    content = editions.content_of(session, edition_id)
    edition = session.get_one(Edition, edition_id)
    _order(content)
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"目录 {folder} 不是空的，请换一个目录")
    captures = list(_captures(session, edition.issued_at))
    rows = {table: _rows(session, table, captures) for table in _TABLES}
    covered = [_packed(Coverage, row) for row in session.execute(select(Coverage.__table__)).mappings()]
    folder.mkdir(parents=True, exist_ok=True)
    for capture in captures:
        try:
            evidence.body(capture)
        except evidence.EvidenceLost as lost:
            raise BadInput(f"{lost}。不能证明这份报告") from lost
        source = evidence.path_of(capture.sha256)
        target = folder / "captures" / source.relative_to(settings().captures_dir)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    manifest = {
        "format": FORMAT, "edition": edition_id, "sha256": edition.sha256, "issued_at": edition.issued_at.isoformat(),
        "district": settings().district, "office": settings().office, "content": content.to_json(),
        "tables": {table.__tablename__: found for table, found in rows.items()}, "coverage": covered,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
    return len(captures)


def _captures(session: Session, until: datetime) -> Iterable[Capture]:
    """What had been captured for accounts when it was issued; what went since by the rule of retention is nothing that
    this report rests on (core.retention)."""
    query = select(Capture).join(Run, Run.id == Capture.run_id).where(
        Capture.fetched_at <= until, Capture.thinned_at.is_(None), Capture.source_id.in_(captured.serving(session))
        | (Capture.source_id.is_(None) & (Run.job == "import"))).order_by(Capture.id)
    return session.execute(query).scalars()


def _rows(session: Session, table: type[Row], captures: list[Capture]) -> list[dict[str, Any]]:
    query = select(table.__table__)
    runs = {capture.run_id for capture in captures}
    if table is Capture:
        query = query.where(Capture.id.in_([capture.id for capture in captures]))
    elif table is Run:
        query = query.where(Run.id.in_(runs))
    elif table is Rejected:
        query = query.where(Rejected.run_id.in_(runs))
    return [_packed(table, row) for row in session.execute(query).mappings()]


_SECRET = ("credential_id", "cursor")


def _packed(table: type[Row], row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON, without what leads to secrets."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()
            if name not in _SECRET}


def _unpacked(table: type[Row], row: Mapping[str, Any]) -> dict[str, Any]:
    """The reverse of `_packed`."""
    found = dict(row)
    for column in table.__table__.columns:
        value, kind = found.get(column.name), type(column.type).__name__
        if value is not None and kind.endswith("DateTime"):
            found[column.name] = datetime.fromisoformat(value)
        elif value is not None and kind == "Date":
            found[column.name] = date.fromisoformat(value)
    return found


def _order(content: Content) -> Order:
    """What was ordered, as far as figures depend on it. Raises BadInput for kinds that don't rest on captures of
    accounts."""
    subject = content.subject
    kind = kinds.KINDS.get(subject.kind)
    if kind is None or not kind.per:
        raise BadInput(f"{content.kind}不是按账号数据编制的报告，不能由原始数据重新推算")
    basis = next((code for code, words in labels.BASES.items() if words == content.basis), "latest")
    return Order(subject.kind, Period.parse(subject.period), subject.platform if kind.per == "platform" else "",
                 subject.scope, basis)


def recompute(folder: Path, parsers: Parsers) -> Proof:
    """Build the report of an exported folder anew, in the configured database, which has to be migrated and empty.
    Raises BadInput for a folder that holds no proof, and where the database holds accounts."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"目录 {folder} 中没有可用的 {MANIFEST}") from error
    if manifest.get("format") != FORMAT:
        raise BadInput(f"{MANIFEST} 的格式 {manifest.get('format')!r} 不能识别，请用相同版本的程序")
    with db.session() as session:
        if session.execute(select(Account.id).limit(1)).first():
            raise BadInput("数据库不是空的：重新推算要在空库中进行，请另设 PULSE_DATA_DIR")
        issued = Content.from_json(manifest["content"])
        if issued.sha256 != manifest["sha256"]:
            raise BadInput("存档内容与签发时的校验值不符，证明文件被改动过")
        if (folder / "captures").is_dir():
            shutil.copytree(folder / "captures", settings().captures_dir, dirs_exist_ok=True)
        for table in _TABLES:
            rows = [_unpacked(table, row) for row in manifest["tables"][table.__tablename__]]
            if rows:
                session.execute(table.__table__.insert(), rows)
        session.commit()
        number = _replay(session, parsers)
        session.execute(delete(Coverage))
        rows = [_unpacked(Coverage, row) for row in manifest["coverage"]]
        runs = set(session.execute(select(Run.id)).scalars())
        if rows:
            session.execute(Coverage.__table__.insert(), [
                row | {"run_id": row["run_id"] if row["run_id"] in runs else None} for row in rows])
        ingest.mark_dirty(session, [(row["account_id"], row["day"]) for row in rows])
        session.commit()
        rollup.run(session)
    with db.snapshot() as reading:
        built = kinds.build(reading, _order(issued), now=datetime.fromisoformat(manifest["issued_at"]))
    made = _as_issued(built, issued)
    return Proof(issued.title, manifest["sha256"], made.sha256, number, compare.changes(issued, made))


def _replay(session: Session, parsers: Parsers) -> int:
    """Take in every capture in the order in which they came."""
    done = 0
    for capture in session.execute(select(Capture).order_by(Capture.id)).scalars().all():
        try:
            body = evidence.body(capture)
        except evidence.EvidenceLost as lost:
            raise BadInput(str(lost)) from lost
        source = session.get(Source, capture.source_id) if capture.source_id else None
        whose = source.account_id if source else capture.meta.get("account_id")
        account = session.get(Account, whose) if whose is not None else None
        try:
            batch = captured.batch_of(session, capture, body, source, account, parsers)
        except (Fault, BadInput):  # what could not be read then is evidence of that, and holds nothing
            continue
        aside = set(session.execute(select(Rejected.locator).where(Rejected.run_id == capture.run_id)).scalars())
        for part in (batch.posts, batch.followers, batch.apps, batch.daily, batch.boards):
            part[:] = [record for record in part if record.locator not in aside]
        batch.mentions.clear()
        ingest.store(session, batch, run=session.get_one(Run, capture.run_id), capture=capture, source=source,
                     account=account, strict=False)
        session.commit()
        done += 1
    return done


def _as_issued(built: Content, issued: Content) -> Content:
    """The recomputed report with what is no figure as it was issued: how it is dressed and numbered, which of its
    sections stand where."""
    order = [section.title for section in issued.sections]
    sections = sorted((section for section in built.sections if section.title in order),
                      key=lambda section: order.index(section.title))
    return replace(
        built, sections=tuple(sections), stamp=issued.stamp, as_of=issued.as_of, edition=issued.edition,
        look=issued.look, layout=issued.layout, indexed=issued.indexed, watermark=issued.watermark,
        official=issued.official, title=issued.title, subtitle=issued.subtitle, office=issued.office,
        district=issued.district, masthead=issued.masthead, number=issued.number, sent_to=issued.sent_to,
        series=issued.series)


