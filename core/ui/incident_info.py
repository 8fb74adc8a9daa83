"""信息 of an incident: what is linked, topics that are followed, what else could be linked, what was taken out."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, incidents, labels
from core.incidents.entered import TITLE
from core.query import incident_mentions
from core.query.incidents import File
from core.ui.ask import ask
from core.ui.deeds import WHO, do
from core.ui.incident_deeds import TOLD, begun, open_incident, save
from core.ui.incidents import this_minute
from core.ui.parts import caption, empty, link, plain
from core.ui.table import Column, table

LIMIT = 500
"""Mentions that are listed."""
_COLUMNS = {
    "key": Column("佐证", width=56), "title": Column("标题", width=380), "platform": Column("平台"),
    "sentiment": Column("情感"), "risk": Column("风险", "int", help="0 到 100，越高越敏感"),
    "reprints": Column("转载数", "int"), "source": Column("来源"), "published_at": Column("发布时间", "time"),
    "url": Column("原文", "link"), "linked_by": Column("关联人"), "linked_at": Column("关联时间", "time"),
}
_FOUND = {
    "title": Column("标题", width=380), "platform": Column("平台"), "source": Column("来源"),
    "published_at": Column("发布时间", "time"), "url": Column("原文", "link"),
}


def part(file: File) -> None:
    """What is linked, then what can be."""
    open_ = not file.head.withdrawn and file.head.stage != incidents.STAGES[-1]
    _topics(file, open_)
    if not file.mentions:
        empty("还没有关联信息。在下面跟踪一个话题，或查找信息关联进来。", ":material/link:")
    else:
        _linked(file, open_)
    if open_:
        _more(file)
    if file.removed:
        _removed(file, open_)


def _topics(file: File, open_: bool) -> None:
    """The topics that are followed."""
    if not file.topics:
        return
    for topic in file.topics:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            ended = "" if topic.active else "，话题已停止归入新信息"
            st.markdown(f":material/rss_feed: 跟踪话题　**{plain(topic.title)}**　"
                        f":gray[已归入 {labels.thousands(topic.mentions)} 条{ended}]", width="content")
            link("topics", "查看话题", icon=":material/open_in_new:", topic=topic.topic_id)
            if open_:
                _unfollow(file, topic.topic_id, topic.title)


def _unfollow(file: File, topic_id: int, title: str) -> None:
    with st.popover("取消跟踪", type="tertiary"):
        turn = begun(f"unfollow_{file.head.id}_{topic_id}")
        out = st.checkbox("同时移出这个话题已归入的信息", key=f"{turn}_out")
        if st.button("确认取消", key=f"{turn}_go"):

            def deed(session: Session) -> str:
                gone = incidents.unlink_topic(session, file.head.id, topic_id, mentions=out, who=WHO, now=clock.now())
                return f"已不再跟踪话题“{title}”" + (f"，移出 {gone} 条，可在“已移出”中恢复。" if gone else "。")

            save(deed)


def _linked(file: File, open_: bool) -> None:
    found = ask(incident_mentions.mentions, file.head.id, limit=LIMIT)
    newest = f"，显示最新 {LIMIT} 条" if file.mentions > LIMIT else ""
    tick = "勾选后可移出、列为佐证或拆成新的事件。" if open_ else ""
    caption(f"共 {labels.thousands(file.mentions)} 条{newest}，合并转载后 {labels.thousands(file.texts)} 篇，"
            f"涉及 {file.platforms} 个平台。佐证在前，其余按发布时间排列。{tick}")
    shown = found.assign(key=["佐证" if key else "" for key in found["key"]])
    rows = table(shown, _COLUMNS, key=begun(f"incident_mentions_{file.head.id}"), many=open_, alt="关联信息")
    if open_ and rows:
        _ticked(file, found.iloc[rows])


def _ticked(file: File, chosen: pd.DataFrame) -> None:
    """What can be done with the ticked mentions."""
    ids, id_ = [int(one) for one in chosen["mention_id"]], file.head.id
    keyed = bool(chosen["key"].all())
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"已选 **{len(ids)}** 条", width="content")
        if st.button("不再列为佐证" if keyed else "列为佐证", icon=":material/push_pin:", key=f"incident_key_{id_}"):
            save(lambda session: (incidents.mark(session, id_, ids, not keyed, who=WHO, now=clock.now()),
                                  f"已将 {len(ids)} 条{'移出' if keyed else '列为'}佐证。")[1])
        with st.popover("移出", icon=":material/remove_circle_outline:"):
            turn = begun(f"incident_out_{id_}")
            reason = st.text_input("原因（可不填）", key=turn, max_chars=200, placeholder="如：与本事件无关")
            if st.button(f"移出 {len(ids)} 条", key=f"{turn}_go"):
                save(lambda session: (incidents.unlink(session, id_, ids, reason, who=WHO, now=clock.now()),
                                      f"已移出 {len(ids)} 条，可在“已移出”中恢复。")[1])
        with st.popover("拆成新事件", icon=":material/call_split:"):
            _split(file, ids, chosen)


def _split(file: File, ids: Sequence[int], chosen: pd.DataFrame) -> None:
    turn = begun(f"incident_split_{file.head.id}_{min(ids)}_{len(ids)}")
    title = st.text_input("新事件名称", str(chosen["title"].iloc[-1])[:TITLE], key=turn, max_chars=TITLE)
    level = st.selectbox("等级", list(labels.LEVELS), list(labels.LEVELS).index(file.head.level), key=f"{turn}_level",
                         format_func=lambda level: labels.LEVELS[level])
    topics = {topic.topic_id: topic.title for topic in file.topics}
    moved = st.multiselect("一并带走的话题", list(topics), key=f"{turn}_topics", format_func=lambda one: topics[one],
                           placeholder="不带走话题") if topics else []
    reason = st.text_input("拆分原因", key=f"{turn}_why", max_chars=200)
    if st.button(f"拆出 {len(ids)} 条", type="primary", key=f"{turn}_go"):
        made: list[int] = []

        def deed(session: Session) -> str:
            row = incidents.split(session, file.head.id, ids, title, level, reason, topic_ids=moved, who=WHO,
                                  now=clock.now())
            made.append(row.id)
            return f"已拆出事件“{row.title}”。要撤销，可在“关联事件”中把它并回“{file.head.title}”。"

        if do(deed, TOLD):
            open_incident(made[0])


def _more(file: File) -> None:
    with st.expander("关联更多信息或话题", icon=":material/add_link:", expanded=not file.mentions):
        _follow(file)
        turn = begun(f"incident_find_{file.head.id}")
        words = st.text_input("查找信息", key=turn, max_chars=60, placeholder="标题里的词，多个词用空格分开；近 90 天")
        if not words.strip():
            return
        found = ask(incident_mentions.unlinked, file.head.id, words, this_minute())
        if found.empty:
            empty("近 90 天没有标题含这些词、又不在本事件中的信息，请换一个词。", ":material/search_off:")
            return
        rows = table(found, _FOUND, key=f"{turn}_table", many=True, alt="查找到的信息")
        ids = [int(found["mention_id"].iloc[row]) for row in rows]
        if st.button(f"关联所选（{len(ids)} 条）", type="primary", icon=":material/add_link:", disabled=not ids,
                     key=f"{turn}_go"):
            save(lambda session: (incidents.link(session, file.head.id, ids, who=WHO, now=clock.now()),
                                  f"已关联 {len(ids)} 条信息。")[1])


def _follow(file: File) -> None:
    """Topics of what is linked, then the recent ones."""
    likely = ask(incident_mentions.unfollowed, file.head.id)
    recent = ask(incident_mentions.topics, this_minute().replace(minute=0))
    names = {int(row.topic_id): f"{row.title}（{row.mentions} 条，其中 {row.inside} 条在本事件中）"
             for row in likely.itertuples()}
    names |= {int(row.topic_id): f"{row.title}（{row.mentions} 条）" for row in recent.itertuples()
              if row.topic_id not in names}
    if not names:
        return
    turn = begun(f"incident_follow_{file.head.id}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox("跟踪话题", list(names), None, key=turn, format_func=lambda one: names[one],
                              placeholder="选择近期话题，可输入词语查找", help="话题已有的和今后的新信息都归入这个事件")
        if st.button("跟踪", icon=":material/rss_feed:", disabled=chosen is None, key=f"{turn}_go"):

            def deed(session: Session) -> str:
                new = incidents.link_topic(session, file.head.id, chosen, who=WHO, now=clock.now())
                return f"已跟踪话题，归入 {new} 条信息，今后的新信息自动归入。"

            save(deed)


def _removed(file: File, open_: bool) -> None:
    with st.expander(f"已移出 {file.removed} 条", icon=":material/history:", on_change="rerun",
                     key=f"incident_removed_{file.head.id}") as folded:
        if not folded.open:
            return
        found = ask(incident_mentions.mentions, file.head.id, removed=True, limit=LIMIT)
        columns = {**{name: column for name, column in _COLUMNS.items() if name not in ("key", "linked_by")},
                   "linked_by": Column("移出人"), "linked_at": Column("移出时间", "time")}
        rows = table(found, columns, key=begun(f"incident_out_table_{file.head.id}"), many=open_, alt="已移出的信息")
        ids = [int(found["mention_id"].iloc[row]) for row in rows or ()]
        if open_ and st.button(f"恢复所选（{len(ids)} 条）", icon=":material/undo:", disabled=not ids,
                               key=begun(f"incident_back_{file.head.id}")):
            save(lambda session: (incidents.link(session, file.head.id, ids, who=WHO, now=clock.now()),
                                  f"已恢复 {len(ids)} 条信息。")[1])
