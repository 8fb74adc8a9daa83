"""Two contents of one report held against each other, figure by figure, as they are printed. Pure.

A figure is late where both have its table with its column. What only one of them has is a row that came or went, told
once; tables, columns and headline figures that only one of them has are of another version of the program or of other
parts, and prove nothing: they are counted.
"""

import re
from dataclasses import dataclass, field

from core import labels
from core.report.behind.reckon import Printed, printed
from core.report.behind.source import At, place
from core.report.compare import GONE
from core.report.content import Chart, Content, Table
from core.report.figures import Number, figures


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that differs. `key`: of core.report.figures, without the column of a row that came or went · `place`,
    `name`, `main`: as there · `old`, `new`: as they are printed · `difference` in words, `share` of the old value ·
    `section`, `block`, `row`, `column`: where it stands · `labels`: the words of its row."""

    key: str
    place: str
    name: str
    main: bool
    old: str
    new: str
    difference: str = ""
    share: float | None = None
    section: str = ""
    block: str = ""
    row: str = ""
    column: str = ""
    labels: tuple[str, ...] = field(default=())

    @property
    def whole(self) -> bool:
        """Whether it is a row that came or went."""
        return GONE in (self.old, self.new)


@dataclass(frozen=True, slots=True)
class Held:
    """`changes`: what differs, in the order of the older report · `figures`: how many were compared · `uncompared`: how
    many of the older one could not be."""

    changes: tuple[Change, ...]
    figures: int
    uncompared: int


def held(before: Content, after: Content) -> Held:
    """What differs. Sentences are left out: they say what the figures do."""
    old, new = _placed(before), _placed(after)
    there, then = _Form(after, new), _Form(before, old)
    found: dict[str, Change] = {}
    compared = uncompared = 0
    for key, at in old.items():
        if not there.has(at) or (not at.block and key not in new):
            uncompared += 1
            continue
        compared += 1
        if key in new:
            if not same(at.number.text, new[key].number.text):
                found[key] = _changed(at, at.number.text, new[key].number.text)
        elif there.row(at):
            found[key] = _changed(at, at.number.text, labels.MISSING)
        elif not at.charted:
            _once(found, _row(at, at.number.text, GONE))
    for key, at in new.items():
        if key in old or not at.block or not then.has(at):
            continue
        if then.row(at):
            found[key] = _changed(at, labels.MISSING, at.number.text)
        elif not at.charted:
            _once(found, _row(at, GONE, at.number.text))
    return Held(tuple(found.values()), compared, uncompared)


def _once(found: dict[str, Change], change: Change) -> None:
    found.setdefault(change.key, change)


def _placed(content: Content) -> dict[str, At]:
    return {one.key: place(content, one) for one in figures(content)}


class _Form:
    """Which blocks, columns and rows a content has."""

    def __init__(self, content: Content, placed: dict[str, At]):
        self.columns: set[tuple[str, str, str]] = set()
        self.rows: set[tuple[str, str, str]] = set()
        self.blocks = {(at.section.title, at.block) for at in placed.values()}
        for section in content.sections:
            for block in section.blocks:
                if not isinstance(block, Table | Chart):
                    continue
                here = section.title, block.title
                self.blocks.add(here)
                names = [one.name for one in (block.columns if isinstance(block, Table) else block.series)]
                self.columns |= {(*here, name) for name in names}
                if isinstance(block, Chart):
                    self.rows |= {(*here, str(label)) for label in block.labels}
        self.rows |= {(at.section.title, at.block, _label(at)) for at in placed.values()}

    def has(self, at: At) -> bool:
        """The block and, in it, the column."""
        here = at.section.title, at.block
        if here not in self.blocks:
            return False
        return not at.block or (*here, at.row if at.charted else at.column) in self.columns

    def row(self, at: At) -> bool:
        return (at.section.title, at.block, _label(at)) in self.rows


def _label(at: At) -> str:
    """What a row is known by: the second part from the end of its key, with which one of that name it is."""
    if at.charted:
        return at.column
    parts = at.number.key.split("/")
    _, _, nth = at.number.key.partition("#")
    return (parts[-1].partition("#")[0] if not at.block else parts[2]) + (f"#{nth}" if nth else "")


def _changed(at: At, old: str, new: str) -> Change:
    said, share = difference(old, new)
    return Change(at.number.key, _where(at.number), at.number.name, at.number.main, old, new, said, share,
                  at.section.title, at.block, at.row, at.column, _words(at))


def _row(at: At, old: str, new: str) -> Change:
    """A row that came or went: known by its key without the column, shown with its first figure."""
    parts, (_, _, nth) = at.number.key.split("/"), at.number.key.partition("#")
    key = "/".join(parts[:3]) + (f"#{nth}" if nth else "")
    said = [f"{at.column} {text}" if text != GONE else text for text in (old, new)]
    return Change(key, _where(at.number), f"{_name(at, parts[2])}（整行）", at.number.main, *said, "", None,
                  at.section.title, at.block, at.row, at.column, _words(at))


def _where(one: Number) -> str:
    return " · ".join(part for part in (one.chapter, one.place.replace("　", " ")) if part)


_OWNERS = ("账号", "单位", "所属单位", "责任单位", "来源", "平台")
"""Columns that say whose a row is; others may name somebody too, as who has most of something."""


def _words(at: At) -> tuple[str, ...]:
    """What a figure is of in words, the label of its row first."""
    owners = (str(at.cells[name]) for name in _OWNERS if at.cells.get(name))
    return tuple(dict.fromkeys([at.row, at.column, *owners]))


def _name(at: At, label: str) -> str:
    """What a whole row is called: its label, with its next words where that is a time."""
    if not re.fullmatch(r"[\d: -]+", label):
        return label
    more = [str(one) for one in at.cells.values() if isinstance(one, str) and one != label]
    return f"{label} {max(more, key=len)[:40]}" if more else label


def difference(old: str, new: str) -> tuple[str, float | None]:
    """New less old, written as these are, and as a share of the old; nothing where one of them is no number."""
    one, other = printed(old) if _number(old) else None, printed(new) if _number(new) else None
    if one is None or other is None:
        return "", None
    gap = other.value - one.value
    return _written(gap, one, other), abs(gap) / abs(one.value) if one.value else None


def same(old: str, new: str) -> bool:
    """Whether two figures say the same, though another version of the program may write it otherwise."""
    if old == new:
        return True
    one, other = printed(old) if _number(old) else None, printed(new) if _number(new) else None
    return one is not None and other is not None and (one.value, one.mark, one.decimals, one.scale) == (
        other.value, other.mark, other.decimals, other.scale)


def _number(text: str) -> bool:
    return bool(re.search(r"\d", text)) and text not in (GONE, labels.MISSING)


def _written(gap: float, one: Printed, other: Printed) -> str:
    decimals = max(one.decimals, other.decimals)
    if "%" in (one.scale, other.scale):
        return f"{gap * 100:+,.{decimals}f}个百分点"
    if one.scale or other.scale:
        return f"{'+' if gap >= 0 else '-'}{labels.wan(abs(gap))}"
    return f"{gap:+,.{decimals}f}"


def small(change: Change, share: float, least: float) -> bool:
    """Whether a change is too small to be worth a correction: below a share of an old value that is not small."""
    said = printed(change.old)
    if change.whole or said is None or change.share is None or said.scale == "%":
        return False
    return abs(said.value) >= least and change.share < share
