"""专题报告 of a topic, of several, or of its subject: over their life or a period, its words, its issue."""

from datetime import date

import streamlit as st
from sqlmodel import Session

from core import clock, db
from core.faults import BadInput
from core.query import opinion, topic_lives
from core.query.opinion import TopicDetail
from core.query.scope import Filter
from core.query.topic_lives import Subject
from core.report import editions as store
from core.report import topic
from core.report.topic_facts import MOST_TOPICS
from core.ui import editions, report_draft, report_polish
from core.ui.ask import ask
from core.ui.deeds import WHO, said
from core.ui.parts import plain, toast_error
from core.ui.preview import preview

TOLD = "topic_report"
ONE, GROUP, SEVERAL = "本话题", "同一议题", "多个话题"


def button(detail: TopicDetail) -> None:
    """Into the report of a topic."""
    if st.button("专题报告", icon=":material/description:", key="topic_report_open"):
        _open(detail.id, ONE)


def subject_button(found: Subject) -> None:
    """Into the report of a subject."""
    if st.button("议题专题报告", icon=":material/description:", key=f"subject_report_{found.id}"):
        _open(int(found.topics["topic_id"].iloc[0]), GROUP)


def _open(topic_id: int, scope: str) -> None:
    st.query_params["topic"], st.query_params["report"] = str(topic_id), scope
    st.rerun()


def asked() -> bool:
    """Whether the address asks for a topic's report."""
    return bool(st.query_params.get("report"))


def page(detail: TopicDetail) -> None:
    """Choose what it is about, look at it, download or issue it."""
    if st.button("返回话题", icon=":material/arrow_back:", key="topic_report_back"):
        st.query_params.pop("report")
        st.rerun()
    st.subheader("热点专题报告", anchor=False)
    said(TOLD)
    chosen = _about(detail)
    key = f"topic_report_{hash(tuple(chosen.items()))}"
    at = report_draft.as_of(f"{key}_at")
    try:
        drafted = ask(topic.drafted, **chosen, now=at)
        words = report_draft.written(drafted, key)
        content = ask(topic.build, **chosen, now=at, words=words, by=WHO)
    except BadInput as refused:
        toast_error(plain(str(refused)))
        return
    report_draft.doubts(content, words)
    content = report_polish.section(content, key)(content)

    def issue(session: Session) -> str:
        edition = store.issue(session, content, by=WHO, now=clock.now())
        db.bump(session, clock.now())
        return f"已签发《{edition.title}》第{edition.version}版，可在报告中心查阅。"

    report_draft.deliver(content, key, TOLD, issue, closed=st.rerun)
    _issued(content.subject.scope)
    with st.container(border=True):
        st.markdown(f"#### {plain(content.title)}")
        preview(content)


def _about(detail: TopicDetail) -> dict[str, object]:
    """Arguments of the report: topics or subject, and days."""
    group = ask(topic_lives.subject_of, detail.id)
    scopes = [ONE, *([GROUP] if group else []), SEVERAL]
    wanted = st.query_params.get("report")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        scope = st.segmented_control("范围", scopes, default=wanted if wanted in scopes else ONE, required=True,
                                     key=f"topic_report_scope_{detail.id}",
                                     help=f"同一议题含 {len(group.topics)} 个话题" if group else None)
        whole = st.segmented_control("时段", ["全程", "自选"], default="全程", required=True,
                                     key=f"topic_report_period_{detail.id}") == "全程"
        days = (None, None) if whole else _days(detail)
    topics: tuple[int, ...] = (detail.id,)
    if scope == SEVERAL:
        topics = (detail.id, *_others(detail))
    if scope == GROUP and group:
        return {"topics": (), "group": group.id, "first": days[0], "last": days[1]}
    return {"topics": topics, "group": None, "first": days[0], "last": days[1]}


def _days(detail: TopicDetail) -> tuple[date | None, date | None]:
    first, last = clock.day_of(detail.first_at), clock.day_of(detail.last_at)
    given = st.date_input("起止日期", (first, last), key=f"topic_report_days_{detail.id}", format="YYYY-MM-DD",
                          max_value=clock.day_of(clock.now()))
    return (given[0], given[1]) if isinstance(given, tuple) and len(given) == 2 else (first, last)


def _others(detail: TopicDetail) -> list[int]:
    """Other topics of the days around it that are told of in the same report."""
    first, last = clock.day_of(detail.first_at), clock.day_of(detail.last_at)
    hot = ask(opinion.hot, Filter(first, last), 200)
    names = {int(row.topic_id): f"{row.title}（{row.mentions} 条）" for row in hot.itertuples()
             if row.topic_id != detail.id}
    return st.multiselect("并入的话题", list(names), key=f"topic_report_others_{detail.id}",
                          max_selections=MOST_TOPICS - 1, format_func=lambda one: names[one],
                          placeholder="选择同期的其他话题，可输入词语查找")


def _issued(scope: str) -> None:
    """The versions that were issued already."""
    found = ask(store.listing, 5, topic.KIND, scope)
    editions.earlier(found, "这个范围还没有签发过专题报告。", "topic_report_issued")
