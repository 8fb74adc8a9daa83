"""A file, seen before it is taken: `preview` stores nothing, `take` stores all of it, its good rows, or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select
from sqlmodel import Session

from core import audit, clock, evidence, ingest
from core.catalog import platforms
from core.faults import BadInput
from core.imports import made, mappings, orders, owners
from core.imports.check import Checked, check
from core.imports.mappings import Mapped
from core.imports.platforms import code_of
from core.imports.read import read
from core.imports.recognise import Layout, every, guess_headers, shown, usable
from core.imports.shown import Preview, table_of
from core.labels import DEMAND_CHANNELS
from core.models import Account, Capture, Run, Source
from core.records import Batch, Record, one_line
from core.settings import settings

BY_HAND = "人工填写"
"""How the moment of an export was found where a person said it."""

__all__ = ["BY_HAND", "Outcome", "Preview", "platform_code", "preview", "take"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file. `stored`: kept; `refused`: nothing kept, the reasons are in the preview; `known`: the same
    file was imported before, nothing kept. `private`: the file holds personal data, of which nothing was kept."""

    state: Literal["stored", "refused", "known"]
    words: str
    new: int = 0
    rejected: int = 0
    run_id: int | None = None
    account_id: int | None = None
    private: bool = False

    @property
    def stored(self) -> bool:
        return self.state == "stored"


def platform_code(text: str) -> str:
    """The catalogue's code of a platform given by code or Chinese name. Raises BadInput that lists some."""
    known = platforms()
    if code := code_of(text, {platform.code: platform.name for platform in known}):
        return code
    some = "、".join(f"{platform.code}（{platform.name}）" for platform in known[:10])
    raise BadInput(f"不认识的平台“{text}”。可用的有：{some} 等，全部见平台目录")


def preview(
    file: Path | bytes,
    name: str = "",
    *,
    platform: str,
    account_name: str = "",
    now: datetime,
    mapping: Mapping[str, str] | Mapped | None = None,
    year: int | None = None,
    session: Session | None = None,
    observed_at: datetime | None = None,
    period: str = "",
    until: date | None = None,
) -> Preview:
    """Read, recognise and check a file; nothing is stored.

    `platform` is a code or Chinese name; boards and work orders need no account. `mapping` (see `mappings`) corrects
    the columns; of tables that it doesn't name, what a person set before for the same headers is used; that needs
    `session`, as does telling already here that the file belongs to another account, or which of a board the ledger
    lacks. `year` is for dates that print none. `observed_at`: when the export was made, by default what the file's name
    or workbook states, else `now`. `period` and `until`: of a board that states none.
    Raises BadInput (Chinese) when the file can't be used at all; recognise.UnknownHeader carries its headers.
    """
    code = platform_code(platform)
    account_name = one_line(account_name)
    body, name = _body(file, name)
    if year is not None and not 2005 <= year <= clock.day_of(now).year:
        raise BadInput(f"年份 {year} 不对，应在 2005 与 {clock.day_of(now).year} 之间")
    sheets = read(body, name, max_rows=settings().max_import_rows, max_bytes=settings().max_import_bytes)
    kept, given = mappings.recall(session, code) if session else {}, mappings.per_table(mapping)
    found = every(sheets, kept | given)
    layouts = usable(found, sheets, name)
    for layout in layouts:
        if layout.form.platforms and code not in layout.form.platforms:
            meant = "、".join(f"“{one.name}”" for one in platforms() if one.code in layout.form.platforms)
            raise BadInput(f"文件“{name}”是“{layout.form.title}”的导出，与所选平台不符。请把平台改选为{meant}")
    period, until = _period(name, layouts, period, until, clock.day_of(now))
    checked = check(layouts, platform=code, account_name=account_name, observed_at=now, year=year, period=period,
                    until=until)
    newest = _newest(checked)
    observed_at, words = _observed(name, body, newest, now, observed_at)
    if observed_at != now:
        _seen_at(checked, observed_at)
    seen = Preview(
        name=name, body=body, sha256=evidence.digest(body), platform=code, account_name=account_name,
        observed_at=observed_at, tables=tuple(table_of(layout) for layout in layouts),
        empty=tuple(table_of(layout) for layout in found if not layout.form.table),
        headers=tuple(dict.fromkeys(header for sheet in sheets for header in guess_headers(sheet))), checked=checked,
        mapping={layout.key: dict(layout.said) for layout in found if layout.said} if given else None,
        remembered=tuple(layout.key for layout in found if layout.key in kept and layout.key not in given), year=year,
        made=words, period=period, until=until,
    )
    return _owned(session, seen)


def take(session: Session, preview: Preview, *, partial: bool, who: str, now: datetime) -> Outcome:
    """Store what a preview showed, in one transaction that this function commits.

    `partial`: keep the good rows although others were set aside; otherwise one bad row keeps the whole file out. The
    account is found in the ledger by its own id or its name, or added; boards only bring accounts that it has. The same
    file again, for the same account, read the same way, stores nothing. Of work orders the file itself is not kept,
    since callers stand in it, but what was read of it. Raises BadInput when the file belongs to another account than
    the one chosen.
    """
    private = bool(preview.checked.batch.mentions)
    if not preview.good:
        words = f"{preview.words}。没有可导入的数据，什么都没有保存"
        return Outcome("refused", words, rejected=preview.bad, private=private)
    if preview.bad and not partial:
        return Outcome(
            "refused", f"{preview.words}。有不合格的行，按“全部或不导入”的选择，什么都没有保存", rejected=preview.bad,
            private=private,
        )
    try:
        account = owners.account(
            session, preview.name, preview.platform, preview.account_name, preview.account_id, who, now
        ) if preview.owned else None
        body = orders.kept(preview.checked.batch.mentions) if private else preview.body
        if before := _imported_before(session, preview, account, evidence.digest(body)):
            whose = f"为“{account.name}”" if account else ""
            when = f"{clock.local(before.fetched_at):%Y年%m月%d日 %H:%M}"
            message = f"文件“{preview.name}”已于 {when} {whose}导入过，内容完全相同，没有重复保存"
            outcome = Outcome("known", message, account_id=account.id if account else None, private=private)
            session.rollback()
            return outcome
        source = _source(session, preview.platform) if private else None
        run = ingest.begin(session, "import", source=source, at=now)
        capture = evidence.keep(
            session, body, request=preview.name, fetched_at=now, run=run, source_id=source.id if source else None,
            media_type="text/csv" if private else media_type(preview.body), meta=meta_of(preview, account),
        )
        batch = batch_of(session, preview, account)
        stored = ingest.store(session, batch, run=run, capture=capture, account=account, source=source)
        message = f"{preview.words}。{stored.words}"
        if preview.newcomer and account:
            message += f"。台账中没有账号“{account.name}”，已新增"
        if preview.strangers:
            message += f"。台账中没有：{'、'.join(preview.strangers[:20])}"
        ingest.finish(session, run, "partial" if preview.bad else "ok", message, at=now, stored=stored)
        if source:
            source.last_run_at = source.last_ok_at = now
        whose = f"{account.name}（{preview.platform}）" if account else preview.platform
        audit.note(session, who, "导入文件", whose, f"{preview.name}：{message}")
        if preview.mapping:
            mappings.remember(session, preview.platform, preview.mapping, now)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return Outcome("stored", message, stored.new, preview.bad, run.id, account.id if account else None, private)


def batch_of(session: Session, preview: Preview, account: Account | None) -> Batch:
    """The records of a file as they are stored: boards with the ledger's accounts, posts by the ids that it knows."""
    batch = replace(preview.checked.batch)
    batch.boards = owners.lines(session, preview.platform, preview.checked.boards)[0]
    if account:
        batch.posts = owners.same_posts(session, account.id, batch.posts)
    return batch


# --- Parts ----------------------------------------------------------------------------------------------------------


def _body(file: Path | bytes, name: str) -> tuple[bytes, str]:
    if isinstance(file, bytes):
        return file, one_line(name)[:200] or "上传的文件"
    path = Path(file)
    name = one_line(name or path.name)[:200]
    try:
        if path.stat().st_size > settings().max_import_bytes:
            raise BadInput(f"文件“{name}”超过 {settings().max_import_bytes / 1e6:,.0f} MB，请按时间分成几个文件")
        return path.read_bytes(), name
    except OSError as error:
        raise BadInput(f"文件“{name}”打不开：{error.strerror}。请核对路径和权限") from error


def _period(
    name: str, layouts: Sequence[Layout], period: str, until: date | None, today: date
) -> tuple[str, date | None]:
    """Period and last day of a board: as given, else as the file's name and the texts above its header say."""
    if until and until > today:
        raise BadInput(f"榜单的截止日期 {until} 在今天之后，请改正")
    words = [name]
    for layout in layouts:
        if layout.form.table == "boards":
            above = (row for row in layout.sheet.rows if row.number < layout.header_row)
            words += [layout.sheet.name, *(shown(cell) for row in above for cell in row.cells if cell is not None)]
    said_period, said_until = made.period_of(" ".join(words))
    return period or said_period, until or (said_until if said_until and said_until <= today else None)


def _records(checked: Checked) -> list[Record]:
    batch = checked.batch
    lines = [record for _, record in checked.boards]
    return [*batch.posts, *batch.followers, *batch.daily, *batch.apps, *batch.mentions, *lines]


def _newest(checked: Checked) -> datetime | None:
    """The latest moment that the file speaks of; of a day its start."""
    return max((
        at if (at := getattr(record, "published_at", None)) else clock.instant(record.day)
        for record in _records(checked)
    ), default=None)


def _observed(
    name: str, body: bytes, newest: datetime | None, now: datetime, given: datetime | None
) -> tuple[datetime, str]:
    """(moment of the export, how it was found). Raises BadInput for one that can't be."""
    if given is None:
        return made.suggest(name, body, newest, now)
    if given > now:
        raise BadInput(f"导出时间 {clock.local(given):%Y-%m-%d %H:%M} 在现在之后，请改正")
    if newest and given < newest:
        last = f"{clock.local(newest):%Y-%m-%d %H:%M}"
        raise BadInput(f"导出时间 {clock.local(given):%Y-%m-%d %H:%M} 早于文件里最新的内容（{last}），请改正")
    return given, "" if given == now else BY_HAND


def _seen_at(checked: Checked, at: datetime) -> None:
    """Every record as seen at that moment."""
    batch, change = checked.batch, {"observed_at": at}
    for part in (batch.posts, batch.followers, batch.daily, batch.apps, batch.mentions):
        part[:] = [record.model_copy(update=change) for record in part]
    checked.boards[:] = [(name, record.model_copy(update=change)) for name, record in checked.boards]


def _owned(session: Session | None, seen: Preview) -> Preview:
    """The preview with its account, and the accounts of its boards that the ledger lacks."""
    if session is not None and seen.checked.boards:
        strangers = owners.lines(session, seen.platform, seen.checked.boards)[1]
        seen = replace(seen, strangers=tuple(strangers))
    if not seen.owned:
        return replace(seen, account_name="")
    name, checked = seen.account_name or owners.only_account(seen.name, seen.checked), seen.checked
    if checked.accounts and name not in checked.accounts:
        listed = "、".join(list(checked.accounts)[:10])
        raise BadInput(f"文件“{seen.name}”里没有账号“{name}”的行。文件里的账号是：{listed}。请核对账号名称")
    lacking = session is not None and (
        owners.known_account(session, seen.name, seen.platform, name, checked.account_id) is None
    )
    return replace(seen, account_name=name, newcomer=lacking)


_SAME = ("account_id", "tables", "year", "made", "period", "until", "lines")
"""What makes the same bytes the same import."""


def _imported_before(session: Session, preview: Preview, account: Account | None, sha256: str) -> Capture | None:
    query = (
        select(Capture)
        .join(Run, Run.id == Capture.run_id)
        .where(Capture.sha256 == sha256, Run.job == "import", Run.state.in_(("ok", "partial")))
        .order_by(Capture.id)
    )
    meta = meta_of(preview, account)
    for capture in session.execute(query).scalars():
        if all((capture.meta.get(key) or None) == (meta[key] or None) for key in _SAME):
            return capture
    return None


def meta_of(preview: Preview, account: Account | None) -> dict[str, Any]:
    """What is kept with the bytes of a file, so that it is read alike again."""
    return {
        "account_id": account.id if account else None, "platform": preview.platform,
        "account": account.name if account else "", "year": preview.year,
        "observed_at": preview.observed_at.isoformat(),
        "made": preview.observed_at.isoformat() if preview.made else "",
        "period": preview.period if preview.has_board else "",
        "until": preview.until.isoformat() if preview.has_board and preview.until else "",
        "lines": len(preview.checked.boards) - preview.foreign,
        "tables": [
            {"sheet": table.sheet, "form": table.form, "header_row": table.header_row,
             "columns": {field: letter for field, (letter, _) in table.columns.items()}}
            for table in preview.tables
        ],
    }


def _source(session: Session, platform: str) -> Source:
    """The source of the demands that files bring, one for each channel."""
    name = "12345 工单导入" if platform == "hotline12345" else f"{DEMAND_CHANNELS.get(platform, platform)}导入"
    return owners.source(session, platform, name)


def media_type(body: bytes) -> str:
    """Of an imported file, by its first bytes."""
    if body[:2] == b"PK":
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        return "application/vnd.ms-excel"
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "text/html"
    return "application/gzip" if body[:2] == b"\x1f\x8b" else "text/csv"
