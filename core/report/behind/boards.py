"""What stands behind each number of a bulletin of a board (榜单公报)."""

from core.query.scope import Filter
from core.report.behind.account_base import About, about
from core.report.behind.account_lists import account, board_measure
from core.report.behind.account_rows import clean
from core.report.behind.source import At, Rule, Source
from core.report.behind.standing_rows import Ranked

_PICKS = {"监测账号": "all", "有发布": "active", "列入排名": "ranked", "发布数合计": "all", "名次上升": "up",
          "名次下降": "down", "名次不变": "flat", "新上榜": "new", "并列": "tied", "不可区分": "indistinct"}
_WHAT = {
    "监测账号": "榜单收录的全部账号。", "有发布": "时段内有发布的账号。", "列入排名": "有名次且有发布的账号。",
    "发布数合计": "榜单收录账号的发布数之和。", "并列": "数值相同、名次并列的处数。",
    "不可区分": "数据含下限或约数，与邻近名次的数值范围重叠的账号。", "新上榜": "上期没有名次、本期有名次的账号。",
}


def _ranking(a: About, pick: str, total: str = "") -> Ranked:
    where = Filter(a.spans.first, a.spans.last, board=a.board, as_of=a.spans.last)
    return Ranked(where, a.platform, a.basis, pick, total=total, board=True)


def _headline(at: At) -> Source:
    a = about(at)
    what = _WHAT.get(at.column, "与上期名次相比。")
    return Source(what, a.spans.first, a.spans.last,
                  _ranking(a, _PICKS[at.column], "posts" if at.column == "发布数合计" else ""))


def _row(at: At) -> Source:
    a = about(at)
    if at.charted:
        name, unit, word = clean(at.column), "", at.row
    else:
        name, unit, word = clean(str(at.cells["账号"])), str(at.cells["单位"]), at.column
    return account(a, board_measure(word), name, unit, a.platform, _ranking(a, "ranked"))


def _weight(at: At) -> Source:
    return Source("指数公式的参数。", reason="这是公开的指数公式（或本地指数）规定的权重，不由数据计算。")


RULES: tuple[Rule, ...] = (
    ("", "", "|".join(_PICKS), _headline), (".+的构成", ".*", "维度权重|项权重", _weight),
    (r"“.+”(前\d+位)?|全部账号|前\d+位账号", ".*", ".*", _row),
)
"""Of bulletins."""

