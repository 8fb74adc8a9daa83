"""What the room of one account shows below its charts: the platform's own day totals, and its posts."""

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import charts, labels
from core.metrics.cadence import holiday_names
from core.query import accounts, posts, trends
from core.query.accounts import Profile
from core.query.scope import Filter
from core.ui.ask import ask, look
from core.ui.export import export
from core.ui.figures import counters
from core.ui.parts import caption, empty
from core.ui.readings import evidence, readings
from core.ui.table import Column, table


def platform_days(account: Profile, where: Filter) -> None:
    """The totals that the platform itself states by day; nothing where it states none."""
    frame = ask(accounts.platform_days, account.id, where.start, where.end)
    given = [name for name in labels.COUNTERS if name in frame.columns]
    if frame.empty or not given:
        return
    st.subheader("平台每日汇总", anchor=False)
    caption("平台后台按天公布的合计，含以前发布的帖文在当天的数据，与上面按发布日汇总的数字不是一回事。")
    name = st.segmented_control("数据", given, default=given[0], format_func=labels.COUNTERS.get, required=True,
                                key=f"platform_days_{account.id}", label_visibility="collapsed")
    word = labels.COUNTERS[name]
    shown = frame.rename(columns={name: "value", f"{name}_mark": "mark"})[["day", "value", "mark"]]
    drawn = charts.daily_lines(shown, unit=trends.UNITS[name], value_name=word, height=240,
                               holidays=holiday_names(where.start, where.end))
    st.altair_chart(drawn, alt=f"平台公布的每日{word}折线图")
    with st.expander("每日汇总表", icon=":material/table_rows:"):
        columns = {
            "day": Column("日期", "date"), **counters(given), "posts": Column("发布数", "int"),
            "observed_at": Column("读取时间", "time"),
        }
        if frame["posts"].isna().all():
            del columns["posts"]
        row = table(frame, columns, key=f"platform_days_table_{account.id}", select=True, alt="平台每日汇总表")
        export(frame, columns, f"{account.name} 平台每日汇总 {where.start} 至 {where.end}",
               "平台后台按天公布的合计，以最近一次读取为准", key=f"platform_days_{account.id}")
        caption("点选一天，可看采集到的原始数据。")
    if row is not None:
        found = ask(posts.daily_evidence, int(frame["reading_id"][row]))
        if found is None:
            caption("这次读数没有保存来源文件。")
        else:
            evidence(found)


def posts_of(account: Profile, where: Filter) -> None:
    """The posts of the period, searched, sorted and paged; a picked one with all its readings."""
    st.subheader("帖文", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input("标题包含", key="post_search", max_chars=50, width=260)
        sorts = {
            "published_at": "发布时间", **{n: labels.COUNTERS[n] for n in account.counters}, "interaction": "转评赞",
        }
        sort = st.selectbox("排序", list(sorts), format_func=sorts.get, key="post_sort", width=160)
    key = f"page_{account.id}_{where.start}_{where.end}_{sort}_{search}"
    page = ask(posts.of_account, account.id, where.start, where.end, sort=sort, search=search,
               page=st.session_state.get(key, 1))
    if not page.total:
        empty("本期没有符合条件的帖文。")
        return
    columns = {
        "published": Column("发布时间", width=142), "title": Column("标题", width="large"),
        **counters(account.counters), "interaction": Column("转评赞", "int"), "url": Column("原文", "link"),
    }
    row = table(page.frame, columns, key=f"posts_{account.id}_{page.page}", select=True, alt="帖文及最新读数")
    if page.pages > 1:
        st.pagination(page.pages, key=key)
    caption(f"共 {page.total} 篇。点选一篇可看读数变化和数据来源。")

    def every(session: Session) -> pd.DataFrame:
        return posts.of_account(session, account.id, where.start, where.end, sort=sort, search=search,
                                size=page.total).frame

    kept = f"；标题包含“{search}”" if search else ""
    export(lambda: look(every), columns, f"{account.name} 帖文 {where.start} 至 {where.end}",
           f"每篇取最近一次读数，按{sorts[sort]}排序{kept}", key=f"posts_{account.id}")
    if row is not None:
        readings(int(page.frame["post_id"][row]), page.frame["title"][row], account.counters)
