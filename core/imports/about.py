"""Which article a sheet of one article (单篇详情) is about. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.imports import identity
from core.imports.dates import DateError, When, parse_when
from core.imports.headers import KNOWN, SYNONYMS, normal
from core.imports.read import Cell, Sheet
from core.records import one_line

UNNAMED = (
    "这是单篇详情，表中没有写明是哪一篇（内容标题和发表时间），逐日数据无法归到文章。"
    "请改为导出“已通知内容”，或在表头上方补上这两项"
)


@dataclass(frozen=True, slots=True)
class Article:
    """Which article a sheet is about."""

    title: str
    at: When
    url: str = ""

    @property
    def external_id(self) -> str:
        own = identity.from_url("wechat", self.url)
        return own or identity.of_content(self.url or self.title, *([] if self.url else [self.at.at.isoformat()]))


def named(sheet: Sheet) -> Article | None:
    """The article by the labels 内容标题, 发表时间 and 内容url, whose values stand to their right or below them."""
    found: dict[str, Cell] = {}
    for above, row in enumerate(sheet.rows):
        for index, cell in enumerate(row.cells):
            field = SYNONYMS.get(normal(cell)[0], "") if isinstance(cell, str) and len(cell) <= 30 else ""
            if field not in ("title", "published_at", "url") or field in found:
                continue
            value = _value(row.cells, index + 1)
            if value is None and above + 1 < len(sheet.rows):
                value = _value(sheet.rows[above + 1].cells, index)
            if value is not None:
                found[field] = value
    try:
        at = parse_when(found.get("published_at"))
    except DateError:
        return None
    title = one_line(str(found.get("title") or ""))[:500]
    return Article(title, at, one_line(str(found.get("url") or ""))) if title else None


def _value(cells: Sequence[Cell], index: int) -> Cell:
    """The cell, unless it is empty or a header itself."""
    cell = cells[index] if index < len(cells) else None
    return None if cell is None or normal(cell)[0] in KNOWN or not str(cell).strip() else cell
