"""How a brief is laid out: it is read at one glance, sentences first; the tables behind them stand at its end."""

from collections.abc import Callable, Sequence

from core.report.content import Block, Chart, Figures, Note, Section, Table

DATA = "数据与主要信息"


def laid_out(
    body: Sequence[Section], method: Sequence[str], annexes: Sequence[Section],
    stays: Callable[[Block], bool] = lambda block: False,
) -> list[Section]:
    """The sections with their sentences, the first one as the lead; then one annex with their tables, figures and
    charts, but for what stays where it is, those of the annexes, and how all was made, in small print."""
    away: list[Block] = []
    made = []
    for section in body:
        kept: list[Block] = []
        for block in section.blocks:
            (away if isinstance(block, Figures | Table | Chart) and not stays(block) else kept).append(block)
        made.append(Section(section.title, tuple(kept), "body" if made else "lead"))
    away += [block for section in annexes for block in section.blocks]
    note = Note(f"统计口径：{''.join(method)}")
    return [*made, Section(DATA, (*away, note), role="annex")]
