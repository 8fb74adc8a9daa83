"""Why an account's score rose or fell, and what it would be with more or better posts."""

import streamlit as st

from core import board_versions, charts
from core.query import explained as query
from core.query import scope
from core.query.boards import ROUNDED
from core.query.explained import Told
from core.query.scope import Filter
from core.ui.ask import ask
from core.ui.parts import Card, caption, cards, empty
from core.ui.table import Column, table


def explained(account_id: int, platform: str, where: Filter) -> None:
    """An account's score and its change, the reasons as bars and as a table, and two sliders; nothing where its
    platform has no index. A link from a board has its score reckoned as the board does."""
    board, name = _board(platform)
    told = ask(query.told, account_id, platform, where.start, where.end, board=board)
    key = f"why_{account_id}"
    if told is None:
        return
    index = told.index
    st.subheader("本地指数" if index.local else "传播指数", anchor=False)
    if name:
        caption(f"按榜单“{name}”的指数和取数口径计算{f'，{ROUNDED}' if told.rounded else ''}。")
    if told.change is None:
        empty(f"{index.title} 没有可比的分值：{told.reason}。")
        return
    change = told.change
    cards([
        Card(index.title, f"{change.after:.2f}", f"{change.change:+.2f}" if abs(change.change) >= 0.005 else None,
             help=f"{index.notes}。来源：{index.source}"),
        Card("上一周期", f"{change.before:.2f}", help=f"{told.before[0]} 至 {told.before[1]}"),
    ])
    caption(told.words)
    frame = told.driver_frame()
    if not frame.empty and not change.silence:
        st.altair_chart(charts.contributions(frame, unit="分", title="各项对分值变化的贡献（合计等于变化）"),
                        alt="各项数据对指数变化的贡献条形图")
    with st.expander("按指数的各项拆开", icon=":material/table_rows:"):
        table(told.parts(), {
            "dimension": Column("维度"), "quantity": Column("数据"), "before": Column("上一周期", "number"),
            "after": Column("本期", "number"), "change": Column("贡献（分）", "score"),
        }, key=f"{key}_parts", alt="指数各项的变化")
    if told.now.posts:
        _what_if(told, key)


def _board(platform: str) -> tuple[int | None, str]:
    """The board that a link names, where it ranks this platform; None and "" else."""
    asked, choices = st.query_params.get("by"), ask(scope.choices)
    id_ = next((id_ for id_, name, _ in (*choices.boards, *choices.archived) if name == asked), None)
    found = None if id_ is None else ask(board_versions.definition, id_)
    return (id_, found.name) if found and found.platform == platform else (None, "")


def _what_if(told: Told, key: str) -> None:
    """Sliders: posts a day, and what each of them brings."""
    daily = told.now.posts / told.now.days
    with st.expander("假如多发几篇、每篇多一些阅读", icon=":material/tune:"):
        left, right = st.columns(2)
        with left:
            posts = st.slider("每天发布（篇）", 0.0, round(max(daily * 3, 3), 1), round(daily, 1), 0.1,
                              key=f"{key}_posts")
        with right:
            each = st.slider("每篇的阅读、点赞等", 50, 300, 100, 5, format="%d%%", key=f"{key}_each",
                             help="100% 为本期的实际水平")
        times = posts / daily if abs(posts - round(daily, 1)) > 1e-9 else 1.0
        score = told.what_if(times, each / 100)
        cards([Card("推算分值", f"{score:.2f}", f"{score - told.change.after:+.2f} 较本期实际")])
        caption("推算假定新增的帖文与本期的帖文相仿，头条、原创的比例不变，粉丝数不变。只供参考。")
