"""Tables of a web page that was saved as .xls → one plain sheet, by selectolax. Runs in the child of `apart`.

All tables of the page stand one under the other with an empty row between them, as Excel shows them. A cell that spans
rows holds in each of them; of one that spans columns the text stands in the first.
"""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from core.imports.apart import MAX_COLUMNS, Fault, Limits, Plain

_MORE = ("查看", "点击查看", "链接", "打开", "详情", "查看详情")
"""Words of a link that say nothing: its address counts."""


def sheets(body: bytes, limits: Limits) -> list[Plain]:
    """One sheet with the tables. `body` is UTF-8. Raises Fault: `login` for a page that asks for a password, `empty`
    for one whose tables hold no data."""
    tree = LexborHTMLParser(body.decode("utf-8", "replace"))
    rows: list[tuple[int, list[str | None]]] = []
    number = 0
    for table in tree.css("table"):
        found = _grid(table)
        for cells in found:
            number += 1
            if any(cells):
                limits.take(cells, "")
                rows.append((number, cells))
        number += bool(found)
    if tree.css_first("input[type=password]") is not None:
        raise Fault("login")
    if sum(sum(map(bool, cells)) > 1 for _, cells in rows) < 2:
        raise Fault("empty")
    return [("", rows)]


def _grid(table: LexborNode) -> list[list[str | None]]:
    """The rows of a table, those of tables inside it left out."""
    out: list[list[str | None]] = []
    hanging: dict[int, tuple[int, str | None]] = {}
    for row in _own(table, ("tr",)):
        cells: list[str | None] = []
        for cell in [*_own(row, ("td", "th")), None]:
            while len(cells) in hanging and len(cells) < MAX_COLUMNS:
                cells.append(_let_down(hanging, len(cells)))
            if cell is None or len(cells) >= MAX_COLUMNS:
                break
            text, wide, high = _text(cell), _span(cell, "colspan", MAX_COLUMNS), _span(cell, "rowspan", 65_535)
            for at in range(min(wide, MAX_COLUMNS - len(cells))):
                value = text if not at else None
                if high > 1:
                    hanging[len(cells)] = (high - 1, value)
                cells.append(value)
        for at in sorted(at for at in hanging if at >= len(cells)):
            cells += [None] * (at - len(cells))
            cells.append(_let_down(hanging, at))
        out.append(cells)
    return out


def _let_down(hanging: dict[int, tuple[int, str | None]], at: int) -> str | None:
    """The text that hangs into this row from above."""
    left, text = hanging.pop(at)
    if left > 1:
        hanging[at] = (left - 1, text)
    return text


def _own(node: LexborNode, tags: tuple[str, ...]) -> list[LexborNode]:
    """Descendants with one of the tags in the order of the page, without those inside a table within."""
    found, waiting = [], [node.child]
    while waiting:
        at = waiting.pop()
        if at is None:
            continue
        waiting.append(at.next)
        if at.tag in tags:
            found.append(at)
        elif at.tag != "table":
            waiting.append(at.child)
    return found


def _text(cell: LexborNode) -> str | None:
    """The cell's own text; the address of its link where the text says nothing; None where it is empty."""
    parts, waiting, link = [], [cell.child], ""
    while waiting:
        at = waiting.pop()
        if at is None:
            continue
        waiting.append(at.next)
        if at.tag == "-text":
            parts.append(at.text_content or "")
        elif at.tag == "br":
            parts.append(" ")
        elif at.tag not in ("table", "script", "style"):
            link = link or (at.attributes.get("href") or "" if at.tag == "a" else "")
            waiting.append(at.child)
    text = " ".join("".join(parts).split())
    return (link if link and text in _MORE else text or link) or None


def _span(cell: LexborNode, name: str, most: int) -> int:
    text = (cell.attributes.get(name) or "").strip()
    return max(1, min(int(text), most)) if text.isascii() and text.isdigit() and len(text) < 9 else 1
