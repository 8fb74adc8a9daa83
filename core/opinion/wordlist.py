"""Lists that people keep as CSV (words, places, cues): heads and cells checked, with the line of each row. What a
spreadsheet would take for a formula is written with an apostrophe before it, and read without."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence

from core.faults import BadInput

_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def neutral(text: str) -> str:
    """A cell that a spreadsheet would take for a formula with an apostrophe before it, every other as it is."""
    return "'" + text if _FORMULA.match(text) else text


def meant(cell: str) -> str:
    """What `neutral` was given."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def decoded(data: bytes, name: str) -> str:
    """A file's text, UTF-8 or as Excel saves CSV in China (GB18030). Raises BadInput."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput(f"{name}：文字编码无法识别，请另存为 UTF-8 的 CSV")


def rows(
    text: str, name: str, heads: Sequence[str], *, optional: Sequence[str] = (), shown: Mapping[str, str] | None = None
) -> Iterator[tuple[str, dict[str, str]]]:
    """Where each row stands (`risk.csv 第 3 行`) and its cells by head, without spaces around them; those of heads that
    are `optional` and lacking are empty. `shown`: what a head is called in Chinese, which may stand in its place. Empty
    lines are passed over. Raises BadInput for other heads, for a row with more or fewer cells, for a file that is no
    CSV."""
    called = {word: head for head, word in (shown or {}).items()}
    found = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        given = [cell.strip() for cell in next(found, [])]
        first = [called.get(cell, cell) for cell in given]
        if sorted(first) != sorted({*heads, *(set(optional) & set(first))}):
            wanted = "、".join((shown or {}).get(head, head) for head in heads)
            more = "、".join((shown or {}).get(head, head) for head in optional)
            raise BadInput(f"{name}：表头应为 {wanted}{f'（可另有 {more}）' if more else ''}，"
                           f"现为 {'、'.join(given) or '空'}")
        for cells in found:
            if not any(cell.strip() for cell in cells):
                continue
            where = f"{name} 第 {found.line_num} 行"
            if len(cells) != len(first):
                raise BadInput(f"{where}：应有 {len(first)} 格，现有 {len(cells)} 格，含逗号的内容请加英文双引号")
            values = [meant(cell.strip()) for cell in cells]
            yield where, dict.fromkeys(optional, "") | dict(zip(first, values, strict=True))
    except csv.Error as fault:
        raise BadInput(f"{name} 第 {found.line_num} 行：读不出表格（{fault}），请检查引号是否成对") from fault


def written(heads: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    """The same the other way round: CSV with a mark at its beginning by which Excel knows UTF-8."""
    out = io.StringIO()
    made = csv.writer(out, lineterminator="\r\n")
    made.writerow(heads)
    made.writerows([neutral(cell) if isinstance(cell, str) else cell for cell in line] for line in lines)
    return "\ufeff" + out.getvalue()
