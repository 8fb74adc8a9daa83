"""A forecast on the screen: the line with its band and its record in one sentence, or the reason why there is none."""

import streamlit as st

from core import charts, clock, outlook
from core.query import topic_views
from core.query.topic_views import Ahead
from core.ui.ask import ask
from core.ui.parts import caption

TITLE = "信息量与未来 7 天预测"


def of_all() -> None:
    """The forecast of all mentions."""
    found = ask(topic_views.ahead, outlook.ALL, "", clock.day_of(clock.now()))
    _draw(found, "趋势预测每天早晨生成，还没有可用的。", alt="信息量与未来七天预测的图")


def of_topic(topic_id: int, mentions: int, active: bool) -> None:
    """The forecast of a topic."""
    found = ask(topic_views.ahead, outlook.TOPIC, str(topic_id), clock.day_of(clock.now())) if active else None
    why = ("话题已停止归入新信息，不再预测。" if not active
           else f"截至昨天不足 {outlook.SIZE} 条的话题不作预测。" if mentions < outlook.SIZE
           else "趋势预测每天早晨生成，这个话题还没有；人工合并或拆分后，下一个早晨重新生成。")
    _draw(found, why, alt="这个话题的信息量与未来七天预测的图")


def _draw(found: Ahead | None, why: str, *, alt: str) -> None:
    if found is None:
        caption(why)
        return
    told = found.shown
    if told.refusal:
        words = f"暂不预测：{told.refusal}。" + (f"回测：{told.past}。" if told.past else "")
        caption(words + _record(found))
        return
    st.altair_chart(charts.outlook(found.past, found.line, unit="条", value_name="信息量", title=TITLE, height=240),
                    alt=alt)
    quiet = f"预计未来 {len(told.days)} 天基本没有新信息。" if max(told.high) < 1 else ""
    caption(f"{quiet}按截至 {told.day} 的数据，方法：{told.method}；浅色为 80% 区间。{_record(found)}"
            + (f"以往数据回测：{told.past}。" if told.past else "")
            + ("以上为演示数据。" if found.sample else ""))


def _record(found: Ahead) -> str:
    """What came of the forecasts that were made before."""
    own, kind = found.shown.own, found.shown.kind
    if own:
        return f"到期核对：{own.words}。"
    return f"本项尚无到期的预测；同类到期核对：{kind.words}。" if kind else "尚无到期的预测可核对。"
