"""Formulas for a table in a workbook: totals, shares, averages and changes that follow from the table's own cells.

A cell becomes a formula only where the formula gives exactly what the content holds, so that a workbook that is
recalculated says what was issued; a share of something that is not in the table, or an average over fewer posts than
the table shows, stays the number it is. Formulas are made of cell references only: nothing of the content's text is in
them.
"""

from collections.abc import Callable, Iterator
from math import isclose

from xlsxwriter.utility import xl_rowcol_to_cell

from core.counts import Count
from core.report.content import Cell, Mean, Table
from core.report.figures import is_total

_COUNTED = {"int", "count"}
Way = tuple[int, Callable[[int], float | None], Callable[[int], str], int]
"""One way to reckon a column, as a column divided by something, less a whole number: the column, the divisor in a row,
how the divisor is written, and what is taken off."""


def formulas(table: Table, top: int) -> dict[tuple[int, int], str]:
    """Formulas by row and column of the table. `top`: the sheet's row (from 0) of the table's first row."""
    sheet = _Sheet(table, top)
    found = dict(sheet.totals())
    for n, column in enumerate(table.columns):
        ways = {"percent": sheet.shares, "mean": sheet.averages, "growth": sheet.changes}.get(column.kind)
        if ways:
            found |= {(row, n): formula for row, formula in sheet.best(n, ways(n))}
    return found


class _Sheet:
    """The numbers of a table and where they stand."""

    def __init__(self, table: Table, top: int):
        self.columns, self.top = table.columns, top
        self.values = [[_value(cell) for cell in row] for row in table.rows]
        self.total_rows = [n for n, row in enumerate(table.rows) if is_total(table.columns, row)]
        self.counted = [n for n, column in enumerate(table.columns) if column.kind in _COUNTED]

    def at(self, row: int, column: int, fixed: bool = False) -> str:
        return xl_rowcol_to_cell(self.top + row, column, row_abs=fixed)

    def span(self, rows: int, column: int, fixed: bool = False) -> str:
        return f"SUM({self.at(0, column, fixed)}:{self.at(rows - 1, column, fixed)})"

    def totals(self) -> Iterator[tuple[tuple[int, int], str]]:
        """A total below the rows it adds up: all of them, or all but the last ones, which are said to be outside it."""
        for row in self.total_rows[:1]:
            for column in self.counted:
                value = self.values[row][column]
                for length in range(row, 1, -1):
                    if value is not None and value == self.sum(length, column):
                        yield (row, column), f"={self.span(length, column)}"
                        break

    def sum(self, rows: int, column: int) -> float:
        return sum(value for row in self.values[:rows] if (value := row[column]) is not None)

    def shares(self, n: int) -> Iterator[Way]:
        """Of the total below, of the sum of the column, of another column of the row."""
        last = self.total_rows[0] if self.total_rows else len(self.values)
        for part in self.by_name(n):
            for row in self.total_rows[:1]:
                value, cell = self.values[row][part], self.at(row, part, True)
                yield part, lambda at, value=value: value, lambda at, cell=cell: cell, 0
            whole, span = self.sum(last, part), self.span(max(last, 1), part, True)
            yield part, lambda at, whole=whole: whole, lambda at, span=span: span, 0
            yield from (self.by(part, other) for other in self.counted if other != part)

    def averages(self, n: int) -> Iterator[Way]:
        """One column of the row by another."""
        for whole in self.by_name(n):
            yield from (self.by(whole, other) for other in self.counted if other != whole)

    def changes(self, n: int) -> Iterator[Way]:
        """Against another column of the row, or against the row before."""
        for now in self.counted:
            yield from (self.by(now, other, less=1) for other in self.counted if other != now)
            yield self.by(now, now, less=1, above=1)

    def by(self, column: int, other: int, less: int = 0, above: int = 0) -> Way:
        """A column by another, or by itself in a row above."""
        return (column, lambda at: self.values[at - above][other] if at >= above else None,
                lambda at: self.at(at - above, other), less)

    def by_name(self, n: int) -> list[int]:
        """The counted columns that a derived column is named after, or all where none is: 阅读数 of 平均阅读数."""
        said = self.columns[n].name
        core = said.removeprefix("平均").removesuffix("占比")
        named = [one for one in self.counted if core and (core in self.columns[one].name or
                                                          self.columns[one].name in said)]
        return named or self.counted

    def best(self, n: int, ways: Iterator[Way]) -> list[tuple[int, str]]:
        """The formulas of the way that gives most of the column's values, in the rows where it gives them. A way that
        gives less than the greater part of them, or nothing but zeros, is chance."""
        known = [row for row, values in enumerate(self.values) if values[n] is not None]
        chosen: list[tuple[int, str]] = []
        for column, divisor, written, less in ways:
            given = []
            for row in known:
                value, by = self.values[row][column], divisor(row)
                if value is not None and by and isclose(value / by - less, self.values[row][n], rel_tol=1e-12,
                                                        abs_tol=1e-15):
                    given.append((row, written))
            if len(given) > len(chosen) and any(self.values[row][n] for row, _ in given):
                chosen = [(row, f"={self.at(row, column)}/{name(row)}" + (f"-{less}" if less else ""))
                          for row, name in given]
        return chosen if 2 * len(chosen) > len(known) else []


def _value(cell: Cell) -> float | None:
    match cell:
        case Count() | Mean():
            return cell.value
        case bool():
            return None
        case int() | float():
            return cell
    return None
