"""A file, seen before it is taken: `preview` stores nothing, `take` stores all of it, its good rows, or nothing."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select
from sqlmodel import Session

from core import audit, clock, evidence, ingest, ledger
from core.catalog import platforms
from core.faults import BadInput
from core.imports.check import Checked, check
from core.imports.forms import FIELDS
from core.imports.platforms import code_of
from core.imports.read import Sheet, read
from core.imports.recognise import Layout, guess_headers, tables
from core.labels import COUNTERS
from core.models import Account, Capture, Remembered, Run
from core.records import FollowerRecord, PostRecord, Reject, one_line
from core.settings import settings

TABLES = {"posts": "逐篇数据", "followers": "每日粉丝", "apps": "APP 每日数据"}


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a file as it was understood. `columns`: field → (letter, header as printed)."""

    sheet: str
    form: str
    title: str
    kind: str
    header_row: int
    columns: Mapping[str, tuple[str, str]]
    unused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would bring. Nothing of it is stored yet. `mapping` is what a person corrected, else None."""

    name: str
    body: bytes = field(repr=False)
    sha256: str
    platform: str
    account_name: str
    observed_at: datetime
    tables: tuple[Table, ...]
    headers: tuple[str, ...]
    checked: Checked = field(repr=False)
    mapping: Mapping[str, str] | None = None
    year: int | None = None

    @property
    def kind(self) -> str:
        """The export's name in Chinese."""
        return "、".join(dict.fromkeys(table.title for table in self.tables))

    @property
    def account_id(self) -> str:
        """The account's own id as the file's links tell it; "" when they don't."""
        return self.checked.account_id

    @property
    def good(self) -> int:
        return len(self.checked.batch)

    @property
    def rejects(self) -> list[Reject]:
        return self.checked.batch.rejects

    @property
    def bad(self) -> int:
        """Rows set aside; a row with two faults counts once."""
        return len({reject.locator.rpartition("!")[0] + "!" + _row_of(reject.locator) for reject in self.rejects})

    @property
    def repeats(self) -> list[Reject]:
        return self.checked.repeats

    @property
    def words(self) -> str:
        """The outcome in one Chinese sentence."""
        counts = [(len(self.checked.batch.posts), "条发文"), (len(self.checked.batch.followers), "天粉丝数据"),
                  (len(self.checked.batch.apps), "天 APP 数据")]
        parts = [f"可导入 {'、'.join(f'{n:,} {unit}' for n, unit in counts if n) or '0 行'}"]
        parts += [f"不合格 {self.bad:,} 行"] if self.bad else []
        parts += [f"重复 {len(self.repeats):,} 行（只计一次）"] if self.repeats else []
        parts += [f"略过{why} {n:,} 行" for why, n in self.checked.skipped.items()]
        return f"识别为“{self.kind}”，共 {self.checked.rows:,} 行：{'，'.join(parts)}"

    def sample(self, rows: int = 10) -> list[dict[str, object]]:
        """The first records as they would be stored: Chinese column → value."""
        out: list[dict[str, object]] = []
        batch = self.checked.batch
        for record in [*batch.posts[:rows], *batch.followers[:rows], *batch.apps[:rows]][:rows]:
            if isinstance(record, PostRecord):
                values: dict[str, object] = {
                    "发布时间": f"{clock.local(record.published_at):%Y-%m-%d %H:%M}",
                    "标题": record.title or record.text[:60],
                    **{COUNTERS[name]: f"{count.mark}{count.value}" for name, count in record.counters.items()},
                }
            elif isinstance(record, FollowerRecord):
                total = record.followers
                values = {"日期": f"{record.day}", "粉丝总数": None if total.missing else f"{total.mark}{total.value}",
                          "新增粉丝": record.new, "流失粉丝": record.lost}
            else:
                values = {"日期": f"{record.day}"} | {
                    FIELDS[name]: getattr(record, name)
                    for name in ("active_users", "new_users", "total_users", "launches", "downloads", "rating")
                }
            out.append(values | {"位置": record.locator})
        return out


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file. `stored`: kept; `refused`: nothing kept, the reasons are in the preview; `known`: the same
    file was imported before, nothing kept."""

    state: Literal["stored", "refused", "known"]
    words: str
    new: int = 0
    rejected: int = 0
    run_id: int | None = None
    account_id: int | None = None

    @property
    def stored(self) -> bool:
        return self.state == "stored"


def _row_of(locator: str) -> str:
    return "".join(letter for letter in locator.rpartition("!")[2].split(":")[0] if letter.isdigit())


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
    account_name: str,
    now: datetime,
    mapping: Mapping[str, str] | None = None,
    year: int | None = None,
    session: Session | None = None,
    observed_at: datetime | None = None,
) -> Preview:
    """Read, recognise and check a file; nothing is stored.

    `platform` is a code or Chinese name. `mapping` (field → header, "" takes a field away) corrects the columns; when
    none is given, one that a person set before for the same headers is used; that needs `session`, as does telling
    already here that the file belongs to another account. `year` is for dates that print none. `observed_at`: when the
    export was made, if that is known to be earlier than `now`.
    Raises BadInput (Chinese) when the file can't be used at all; recognise.UnknownHeader carries its headers.
    """
    code = platform_code(platform)
    account_name = one_line(account_name)
    body, name = _body(file, name)
    if year is not None and not 2005 <= year <= clock.day_of(now).year:
        raise BadInput(f"年份 {year} 不对，应在 2005 与 {clock.day_of(now).year} 之间")
    sheets = read(body, name, max_rows=settings().max_import_rows, max_bytes=settings().max_import_bytes)
    headers = tuple(dict.fromkeys(header for sheet in sheets for header in guess_headers(sheet)))
    used = mapping if mapping is not None else (_recall(session, code, sheets) if session else None)
    layouts = tables(sheets, name, used)
    for layout in layouts:
        if layout.form.platforms and code not in layout.form.platforms:
            raise BadInput(f"文件“{name}”是“{layout.form.title}”的导出，与所选平台不符。请改选正确的平台后再上传")
    checked = check(layouts, platform=code, account_name=account_name, observed_at=observed_at or now, year=year)
    if not account_name:
        account_name = _only_account(name, checked)
    if checked.accounts and account_name not in checked.accounts:
        listed = "、".join(list(checked.accounts)[:10])
        raise BadInput(f"文件“{name}”里没有账号“{account_name}”的行。文件里的账号是：{listed}。请核对账号名称")
    if session is not None:
        _known_account(session, name, code, account_name, checked.account_id)
    return Preview(
        name=name, body=body, sha256=evidence.digest(body), platform=code, account_name=account_name,
        observed_at=observed_at or now, tables=tuple(_table(layout) for layout in layouts), headers=headers,
        checked=checked, mapping=dict(mapping) if mapping else None, year=year,
    )


def take(session: Session, preview: Preview, *, partial: bool, who: str, now: datetime) -> Outcome:
    """Store what a preview showed, in one transaction that this function commits.

    `partial`: keep the good rows although others were set aside; otherwise one bad row keeps the whole file out. The
    account is found in the ledger by its own id or its name, or added. The same file again, for the same account, read
    the same way, stores nothing. Raises BadInput when the file belongs to another account than the one chosen.
    """
    if not preview.good:
        return Outcome("refused", f"{preview.words}。没有可导入的数据，什么都没有保存", rejected=preview.bad)
    if preview.bad and not partial:
        return Outcome(
            "refused", f"{preview.words}。有不合格的行，按“全部或不导入”的选择，什么都没有保存", rejected=preview.bad
        )
    try:
        account = _account(session, preview, who, now)
        if before := _imported_before(session, preview, account):
            when = f"{clock.local(before.fetched_at):%Y年%m月%d日 %H:%M}"
            message = f"文件“{preview.name}”已于 {when} 为“{account.name}”导入过，内容完全相同，没有重复保存"
            outcome = Outcome("known", message, account_id=account.id)
            session.rollback()
            return outcome
        run = ingest.begin(session, "import", at=now)
        capture = evidence.keep(
            session, preview.body, request=preview.name, fetched_at=now, media_type=_media_type(preview.body), run=run,
            meta=_meta(preview, account),
        )
        stored = ingest.store(session, preview.checked.batch, run=run, capture=capture, account=account)
        message = f"{preview.words}。{stored.words}"
        ingest.finish(session, run, "partial" if preview.bad else "ok", message, at=now, stored=stored)
        audit.note(session, who, "导入文件", f"{account.name}（{preview.platform}）", f"{preview.name}：{message}")
        if preview.mapping:
            _remember(session, preview, now)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return Outcome("stored", message, stored.new, preview.bad, run.id, account.id)


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


def _table(layout: Layout) -> Table:
    return Table(
        sheet=layout.sheet.name, form=layout.form.key, title=layout.form.title, kind=layout.form.table,
        header_row=layout.header_row,
        columns={field: (column.letter, column.header) for field, column in layout.columns.items()},
        unused=layout.unused,
    )


def _only_account(name: str, checked: Checked) -> str:
    if len(checked.accounts) == 1:
        return next(iter(checked.accounts))
    if checked.accounts:
        listed = "、".join(list(checked.accounts)[:10])
        raise BadInput(f"文件“{name}”里有 {len(checked.accounts)} 个账号（{listed}）。请指明导入哪一个，可逐个导入")
    raise BadInput(f"文件“{name}”里没有写明账号。请选择或填写账号名称")


def _known_account(session: Session, name: str, platform: str, wanted: str, own: str) -> Account | None:
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


def _account(session: Session, preview: Preview, who: str, now: datetime) -> Account:
    """The account that the rows belong to; added when the ledger lacks it, given its id when it was entered by name."""
    wanted, own = preview.account_name, preview.account_id
    known = _known_account(session, preview.name, preview.platform, wanted, own)
    if known is None:
        entry = ledger.AccountEntry(platform=preview.platform, external_id=own or wanted, name=wanted)
        return ledger.add_account(session, entry, who=who, now=now)
    if own and known.external_id != own:
        ledger.identify(session, known, own, who=who)
    return known


def _imported_before(session: Session, preview: Preview, account: Account) -> Capture | None:
    query = (
        select(Capture)
        .join(Run, Run.id == Capture.run_id)
        .where(Capture.sha256 == preview.sha256, Run.job == "import", Run.state.in_(("ok", "partial")))
        .order_by(Capture.id)
    )
    meta = _meta(preview, account)
    for capture in session.execute(query).scalars():
        if all(capture.meta.get(key) == meta[key] for key in ("account_id", "tables", "year")):
            return capture
    return None


def _meta(preview: Preview, account: Account) -> dict[str, Any]:
    return {
        "account_id": account.id, "platform": preview.platform, "account": account.name, "year": preview.year,
        "observed_at": preview.observed_at.isoformat(),
        "tables": [
            {"sheet": table.sheet, "form": table.form, "header_row": table.header_row,
             "columns": {field: letter for field, (letter, _) in table.columns.items()}}
            for table in preview.tables
        ],
    }


def _media_type(body: bytes) -> str:
    if body[:2] == b"PK":
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return "application/gzip" if body[:2] == b"\x1f\x8b" else "text/csv"


def _mapping_key(platform: str, headers: tuple[str, ...]) -> str:
    digest = hashlib.sha256(json.dumps(headers, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
    return f"import-mapping:{platform}:{digest[:32]}"


def _recall(session: Session, platform: str, sheets: list[Sheet]) -> Mapping[str, str] | None:
    headers = tuple(dict.fromkeys(header for sheet in sheets for header in guess_headers(sheet)))
    kept = session.get(Remembered, _mapping_key(platform, headers))
    return kept.value.get("mapping") if kept else None


def _remember(session: Session, preview: Preview, now: datetime) -> None:
    key = _mapping_key(preview.platform, preview.headers)
    session.merge(Remembered(key=key, value={"mapping": dict(preview.mapping or {})}, updated_at=now))
