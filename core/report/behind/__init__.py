"""What stands behind each number of a report: from the key of a figure (core.report.figures) to the rows it was
reckoned from.

A source is declared by kind, table and column, and found from a content's subject and the key: stored contents stay as
they are. It is rows (accounts, posts, mentions …) which come to the figure, or a formula with its parts, or a reason
why there are neither. `read` reckons it again from what the database holds now.
"""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from core.faults import BadInput
from core.report.behind import accounts, boards, opinion, stories, targets
from core.report.behind.reckon import Reckoned, reckoned
from core.report.behind.rows import Query, Rows
from core.report.behind.source import At, Part, Rule, Source, found, place
from core.report.content import Content
from core.report.figures import Number, figures

RULES: Mapping[str, Sequence[Rule]] = {
    "monthly": accounts.RULES, "quarterly": accounts.RULES, "annual": accounts.RULES, "unit": accounts.RULES,
    "board": boards.RULES, "opinion": opinion.RULES, "topic": stories.RULES, "incident": stories.RULES,
    "digest": stories.DIGEST, "targets": targets.RULES,
}
"""The sources of every kind of report; corrections print no figures of their own."""


def told(content: Content) -> bool:
    """Whether a report says where its figures come from."""
    return content.subject.kind in RULES


def number(content: Content, key: str) -> Number:
    """The figure of that key. Raises BadInput (Chinese) for one that the report has not."""
    one = next((one for one in figures(content) if one.key == key), None)
    if one is None:
        raise BadInput("这份报告里没有链接所指的数字，可能已更名，或当前数据下不再出现")
    return one


def source(content: Content, one: Number) -> Source | None:
    """What stands behind a figure; None where nothing is declared for it, which a test does not let be, or where the
    table of an older edition has another form than the rules know."""
    try:
        return found(RULES.get(content.subject.kind, ()), place(content, one))
    except (LookupError, ValueError, StopIteration):
        return None


def read(session: Session, of: Source, text: str) -> Reckoned:
    """What a figure, printed as `text`, comes to now."""
    return reckoned(session, of, text)


def rows(session: Session, query: Query) -> Rows:
    """The rows that a query asks for."""
    return query.rows(session)


__all__ = ["At", "Part", "Query", "Reckoned", "Rows", "Source", "number", "read", "rows", "source", "told"]
