"""The inbox folder: files dropped there are imported and put away, each with a note of what became of it.

Layout: `inbox/<platform>/<account>/anything.xlsx`, or `inbox/<platform>/<account>__anything.xlsx`; platform by code or
Chinese name. Boards and work orders need no account: `inbox/<platform>/anything.xlsx`; of work orders the file itself
is not kept, but what was read of it. What lies under `inbox/push/` are signed pushes of APP backends
(core.imports.pushed), each with its signature beside it or in it. A file is taken as a whole or not at all, since
nobody looks at a preview: good ones go to `inbox/done`, the others to `inbox/rejected`, with a .txt beside them that
says why. From there a person can upload it in the ledger room and keep the good rows only.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from core import clock, db
from core.faults import BadInput
from core.imports import orders, pushed
from core.imports.importer import Preview, preview, take
from core.settings import settings

log = logging.getLogger("pulse.inbox")

SETTLED = timedelta(seconds=5)
"""How long a file must have been left alone before it is read: it may still be being copied."""
PUSHES = "push"
_UNFINISHED = {".part", ".tmp", ".crdownload", ".partial", ".download", ".swp"}
_LISTED = 200


@dataclass(frozen=True, slots=True)
class Swept:
    """One file of the inbox: where it went and the Chinese sentence beside it."""

    name: str
    done: bool
    message: str
    moved_to: Path


def sweep_inbox(now: datetime, read_push: pushed.Parse | None = None) -> list[Swept]:
    """Import what lies in the inbox and move it away; one file's fault never stops another's import. `read_push`: what
    reads a push (collectors.push)."""
    root = settings().inbox_dir
    for folder in ("done", "rejected"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    return [_one(root, path, now, read_push) for path in sorted(root.rglob("*")) if _ready(root, path, now)]


def _ready(root: Path, path: Path, now: datetime) -> bool:
    parts = path.relative_to(root).parts
    if parts[0] in ("done", "rejected") or not path.is_file() or path.is_symlink():
        return False
    if parts[0] == PUSHES and path.suffix == pushed.SIGNATURE_FILE:
        return False  # it goes with the file that it signs
    if any(part.startswith((".", "~$")) for part in parts) or path.suffix.lower() in _UNFINISHED:
        return False
    return now.timestamp() - path.stat().st_mtime >= SETTLED.total_seconds()


def _one(root: Path, path: Path, now: datetime, read_push: pushed.Parse | None) -> Swept:
    shown = str(path.relative_to(root))
    seen: Preview | None = None
    try:
        if path.relative_to(root).parts[0] == PUSHES and read_push:
            done, message = True, pushed.take_file(path, read_push, now=now)
        else:
            platform, account = _owner(root, path)
            with db.session() as session:
                seen = preview(path, platform=platform, account_name=account, now=now, session=session)
                outcome = take(session, seen, partial=False, who="收件夹", now=now)
            done, message = outcome.state != "refused", outcome.words
    except BadInput as error:
        done, message = False, str(error)
        if len(path.relative_to(root).parts) == 2 and "__" not in path.stem:
            message += "。收件夹里的文件请放在“平台/账号/”两级文件夹里，或命名为“账号__说明.xlsx”"
    except Exception as error:
        # Not the file's fault (e.g. the database is away): it stays, the next sweep tries again, the others go on.
        log.exception("inbox: %s could not be taken", shown)
        return Swept(shown, False, f"导入“{shown}”时出错（{type(error).__name__}），文件留在原处，稍后再试", path)
    private = seen is not None and any(table.kind == "mentions" for table in seen.tables)
    lines = [message]
    if seen is not None:
        lines += ["　".join((r.locator, r.field, r.reason, r.raw)) for r in seen.rejects[:_LISTED]]
        lines += [f"……另有 {len(seen.rejects) - _LISTED} 处"] if len(seen.rejects) > _LISTED else []
    if not done:
        lines.append("处理办法：改正后重新放入收件夹；或在“账号台账—导入导出”中上传，选择只导入合格的行。")
        log.warning("inbox: %s refused: %s", shown, message)
    if private:
        lines.append("工单含来电人信息：" + ("原文件已删除，只留下入库的内容。" if done else "处理完请删除此文件。"))
    beside = path.with_name(path.name + pushed.SIGNATURE_FILE)
    kept = orders.kept(seen.checked.batch.mentions) if seen is not None and private and done else None
    target = _put_away(path, root / ("done" if done else "rejected"), now, kept)
    if beside.is_file():
        beside.replace(target.with_name(target.name + pushed.SIGNATURE_FILE))
    target.with_name(target.name + ".txt").write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return Swept(shown, done, message, target)


def _owner(root: Path, path: Path) -> tuple[str, str]:
    """(platform, account) by the folders and the file's name. Raises BadInput."""
    parts = path.relative_to(root).parts
    if len(parts) >= 3:
        return parts[0], parts[1]
    account, mark, _ = path.stem.partition("__")
    if len(parts) == 2:
        return parts[0], account if mark else ""
    raise BadInput(
        f"看不出文件“{path.name}”属于哪个平台和账号。请放在“平台/账号/”两级文件夹里，例如 inbox/weibo/某某发布/，"
        "或放在平台文件夹里并命名为“账号__说明.xlsx”；榜单和 12345 工单放在平台文件夹里即可，例如 inbox/hotline12345/"
    )


def _put_away(path: Path, folder: Path, now: datetime, kept: bytes | None = None) -> Path:
    """Move a file into a folder; with `kept`, that is written there instead, and the file is deleted."""
    stamp, name = f"{clock.local(now):%Y%m%d-%H%M%S}", path.name if kept is None else f"{path.name}.csv"
    target = folder / f"{stamp}_{name}"
    number = 1
    while target.exists():
        number += 1
        target = folder / f"{stamp}-{number}_{name}"
    if kept is None:
        return path.replace(target)
    target.write_bytes(kept)
    path.unlink()
    return target
