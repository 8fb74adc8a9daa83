"""An index in words: its formula, and its terms as a table."""

from core.metrics.indices import WORDS, Index, Term
from core.report.content import Column, Mean, Table

_BY = {"": "", "days": "÷天数", "posts": "÷发布数"}


def formula(index: Index) -> str:
    """How the terms make the score, in one sentence; the terms themselves stand in `terms`."""
    groups = "＋".join(f"{group.title}×{group.weight:g}" for group in index.dimensions)
    inside = groups if len(index.dimensions) > 1 else "各项之和"
    power = "的平方" if index.power == 2 else ""
    scale = f"，再乘以{index.scale:g}" if index.scale != 1 else ""
    return f"{index.title}＝（{inside}）{power}{scale}；各维度为下表各项按权重相加，ln为自然对数"


def terms(index: Index) -> Table:
    """Every term with its dimension and weights."""
    rows = tuple((group.title, Mean(group.weight), expression(term), Mean(term.weight))
                 for group in index.dimensions for term in group.terms)
    columns = (Column("维度"), Column("维度权重", "score"), Column("项"), Column("项权重", "score"))
    return Table(f"{index.title}的构成", columns, rows)


def expression(term: Term) -> str:
    """`ln(10×在看数÷天数+1)`."""
    name = WORDS.get(term.input, "发布数")
    times = f"{term.times:g}×" if term.times != 1 else ""
    said = f"ln({times}{name}{_BY[term.by]}+1)"
    if not term.cap:
        return said
    cap = f"ln({term.cap:,.0f}{'×天数' if term.daily else ''}+1)"
    return f"{said}÷{cap}" + ("，至多为1" if term.ceiling else "")
