"""What a person does with topics: name, pin, hide, merge, split, and take it back."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, topic_deeds
from core.query import incident_mentions, opinion, topic_lives
from core.query.opinion import TopicDetail
from core.ui.ask import ask
from core.ui.deeds import WHO, do, said
from core.ui.digests import take_in
from core.ui.parts import caption, link, plain
from core.ui.table import Column, pick

TOLD = "topic_deed"
_LAST = "topic_deed_last"
OFFERED = timedelta(minutes=10)
"""How long the way to take a deed back stands under what it came to; later it is in the topic's history."""
HIDES = "隐藏后不再列入话题榜、总览、热点话题数和报告；信息照常计数，预警照常发出。"


def begun(key: str) -> str:
    """A key for widgets that changes with every deed, so that they show what is stored by then."""
    return f"{key}_{st.session_state.get('topics_round', 0)}"


def told() -> None:
    """What the last deed came to, with the way to take it back."""
    said(TOLD)
    last, at = st.session_state.get(_LAST, ((), None))
    if not last or clock.now() - at > OFFERED:
        return
    if st.button("撤销刚才的操作", icon=":material/undo:", key=begun("topic_undo_last")):
        take_back(last)


def take_back(changes: Sequence[int]) -> None:
    """Take steps back, in that order, and draw anew."""
    _save(lambda session: "".join(
        topic_deeds.undo(session, change, who=WHO, now=clock.now()) for change in changes), keep=False)


def _save(deed: Callable[[Session], str], keep: bool = True, opened: Sequence[int] = ()) -> None:
    """Carry out a deed and draw anew; with `keep` it can be taken back at once. `opened`: filled in by the deed with
    the topic that is to be open then."""
    made: list[int] = []

    def whole(session: Session) -> str:
        before = topic_lives.newest(session)
        words = deed(session)
        made.extend(topic_lives.since(session, before))
        return words

    if not do(whole, TOLD):
        return
    st.session_state[_LAST] = (tuple(made) if keep else (), clock.now())
    st.session_state["topics_round"] = st.session_state.get("topics_round", 0) + 1
    if opened:
        st.query_params["topic"] = str(opened[0])
    st.rerun()


def links(detail: TopicDetail) -> None:
    """Ways into other rooms."""
    first, last = clock.day_of(detail.first_at), clock.day_of(detail.last_at)
    link("mentions", "查看全部信息", icon=":material/list:", topic=detail.id, start=first.isoformat(),
         end=last.isoformat())
    link("incidents", "建立事件", icon=":material/add_alert:", topics=detail.id)
    with st.popover("编入摘报", icon=":material/newspaper:"):
        if take_in("topic", [detail.id], TOLD, f"topic_{detail.id}"):
            st.rerun()


def deeds(detail: TopicDetail) -> None:
    """The buttons for what can be done with the topic."""
    name = "取消置顶" if detail.pinned else "置顶"
    if not detail.hidden_why and st.button(name, icon=":material/keep:", key=begun("topic_pin"),
                                           help="置顶的话题在其有信息的各个周期都排在最前"):
        _save(lambda session: _pinned(session, detail))
    with st.popover("改名", icon=":material/edit:"):
        _rename(detail)
    if detail.hidden_why:
        if st.button("取消隐藏", icon=":material/visibility:", key=begun("topic_show")):
            _save(lambda session: _shown(session, detail))
    else:
        with st.popover("隐藏", icon=":material/visibility_off:"):
            _hide(detail)
    with st.popover("合并", icon=":material/merge:"):
        _merge_one(detail)


def _pinned(session: Session, detail: TopicDetail) -> str:
    topic_deeds.pin(session, detail.id, not detail.pinned, who=WHO, now=clock.now())
    return f"话题“{detail.title}”已{'取消置顶' if detail.pinned else '置顶'}。"


def _shown(session: Session, detail: TopicDetail) -> str:
    topic_deeds.show(session, detail.id, who=WHO, now=clock.now())
    return f"话题“{detail.title}”已取消隐藏。"


def _rename(detail: TopicDetail) -> None:
    with st.form(begun("topic_rename"), border=False):
        title = st.text_input("话题名称", detail.title, max_chars=topic_deeds.TITLE, key=begun("topic_title"))
        given = st.form_submit_button("保存", type="primary")
    if given and not title.strip():
        st.warning("请填写话题名称。")
    elif given:
        _save(lambda session: f"话题已改名为“{_named(session, detail, title)}”，今后不随自动命名变化。")
    if detail.named:
        caption(f"自动名称：{detail.own_title}")
        if st.button("恢复自动名称", icon=":material/undo:", key=begun("topic_unname")):
            _save(lambda session: f"已恢复自动名称“{_named(session, detail, '')}”。")


def _named(session: Session, detail: TopicDetail, title: str) -> str:
    return topic_deeds.rename(session, detail.id, title, who=WHO, now=clock.now()).title


def _hide(detail: TopicDetail) -> None:
    with st.form(begun("topic_hide"), border=False):
        why = st.text_input("隐藏理由", max_chars=topic_deeds.WHY, key=begun("topic_why"), placeholder="如：与本区无关")
        caption(HIDES)
        given = st.form_submit_button("隐藏", type="primary")

    def hidden(session: Session) -> str:
        topic_deeds.hide(session, detail.id, why, who=WHO, now=clock.now())
        return f"话题“{detail.title}”已隐藏，可在列表中打开“只看已隐藏”找到。"

    if given:
        _save(hidden)


def _merge_one(detail: TopicDetail) -> None:
    """Merge another topic into the one that is open, or this one into that."""
    search = st.text_input("查找话题", key=begun("topic_merge_search"), max_chars=60, placeholder="标题里的词")
    others = ask(opinion.named, search, detail.demo, detail.id)
    other = _one("与哪个话题合并", others, begun("topic_merge_other"))
    if other is None:
        caption("合并后两个话题的信息合在一起，今后的新信息也归到一起；可以撤销。")
        return
    merge_form({detail.id: detail.title, other: others[other]}, begun("topic_merge"), detail.id)


def _one(label: str, options: Mapping[int, str], key: str) -> int | None:
    return st.selectbox(label, list(options), None, format_func=lambda id_: options[id_], key=key,
                        placeholder="选择话题" if options else "没有符合的话题")


def merge_form(topics: Mapping[int, str], key: str, into: int | None = None) -> None:
    """What it takes to merge these topics; the one that stands is `into` where nothing else is chosen, else the
    oldest."""
    ids = sorted(topics)
    with st.form(f"{key}_{'_'.join(map(str, ids))}", border=False):
        kept = st.selectbox("保留哪个话题", ids, ids.index(into) if into in ids else 0,
                            format_func=lambda id_: topics[id_], help="其余话题并入它，其链接仍可打开")
        title = st.text_input("合并后的名称", max_chars=topic_deeds.TITLE, placeholder="留空则沿用所保留话题的名称")
        why = st.text_input("理由", max_chars=topic_deeds.WHY, placeholder="可不填")
        given = st.form_submit_button(f"合并 {len(ids)} 个话题", type="primary")
    opened: list[int] = []

    def merged(session: Session) -> str:
        made = topic_deeds.merge(session, ids, kept, title, why, who=WHO, now=clock.now())
        opened.append(made.id)
        return f"{len(ids)} 个话题已合并为“{made.title}”，共 {made.mentions} 条。观点约一分钟后重新归纳。"

    if given:
        _save(merged, opened=opened)


def split_form(detail: TopicDetail, mentions: Sequence[int]) -> None:
    """What it takes to make the ticked texts a topic of their own, or to move them to another."""
    search = st.text_input("移到已有话题（可不填）", key=begun("topic_split_search"), max_chars=60,
                           placeholder="输入标题里的词查找；不填则成为新话题")
    others = ask(opinion.named, search, detail.demo, detail.id) if search.strip() else {}
    into = _one("移到哪个话题", others, begun("topic_split_into")) if search.strip() else None
    followed = ask(incident_mentions.followed, detail.id)
    with st.form(begun("topic_split"), border=False):
        title = "" if search.strip() else st.text_input(
            "新话题名称", max_chars=topic_deeds.TITLE, key=begun("topic_split_title"), placeholder="留空则自动命名")
        why = st.text_input("理由", max_chars=topic_deeds.WHY, key=begun("topic_split_why"), placeholder="可不填")
        follow = followed and not search.strip() and st.checkbox(
            f"跟踪本话题的 {followed} 个事件也跟踪新话题", key=begun("topic_split_follow"))
        given = st.form_submit_button(f"{'移出' if search.strip() else '拆出'}所选 {len(mentions)} 篇", type="primary")

    def parted(session: Session) -> str:
        made = topic_deeds.split(session, detail.id, mentions, title, into, why, follow=bool(follow), who=WHO,
                                 now=clock.now())
        return f"所选信息连同转载已归入“{made.title}”，该话题现有 {made.mentions} 条。今后不会自动合并回来。"

    if given and search.strip() and into is None:
        st.warning("请选择要移到的话题，或清空查找词以建立新话题。")
    elif given:
        _save(parted)


def history(detail: TopicDetail, frame: pd.DataFrame) -> None:
    """The steps of a topic; one that a person made and that can be taken back is, once it is picked."""
    shown = frame.assign(who=[who or "系统" for who in frame["who"]])
    ids = [int(id_) for id_ in frame["change_id"]]
    chosen = pick(shown, {
        "at": Column("时间", "time"), "kind": Column("变化"), "words": Column("说明", width="large"),
        "why": Column("依据", width="medium"), "who": Column("操作人"),
    }, ids, key=begun(f"history_{detail.id}"), alt="话题的合并、分出、改名等变化")
    back = {id_ for id_, can in zip(ids, frame["undoable"], strict=True) if can}
    if not back:
        return
    caption("点选一步人工操作，可以撤销。")
    if chosen in ids and chosen not in back:
        caption("这一步不是人工操作，或已撤销、之后又有改动，不能撤销。")
    elif chosen in back:
        row = frame.iloc[ids.index(chosen)]
        if st.button(f"撤销：{plain(row['words'])}", icon=":material/undo:", key=begun(f"topic_undo_{chosen}")):
            take_back([int(chosen)])
