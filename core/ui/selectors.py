"""The button 识别列表 in the form of a list page's source: what the page's lists are, shown by their first entries."""

import asyncio
from typing import Any

import pandas as pd
import streamlit as st

from core import clock
from core.faults import Fault
from core.ui import outside
from core.ui.parts import caption, plain
from core.ui.table import Column, table

PATIENCE = 45.0
"""Seconds that a person waits at most."""
_LABELS = {"list": "条目", "title": "标题", "link": "链接", "date": "日期", "next": "下一页"}


def recognise(key: str, url: str) -> None:
    """The button, and below it the proposals for the address that stands in the form; choosing one fills the options
    of the form whose fields' keys begin with `key`."""
    state = f"{key}_proposals"
    if st.button("识别列表", icon=":material/frame_inspect:", key=f"{key}_recognise", disabled=not url.strip(),
                 help="打开上面的网址，找出成列的信息，供选择；遵守对方的 robots.txt"):
        with st.spinner("正在打开网页……"):
            st.session_state[state] = (url, _looked(url.strip()))
        st.session_state.pop(f"{key}_adopted", None)
    if taken := st.session_state.get(f"{key}_adopted"):
        caption(f"已采用：{taken}。可先测试连接再添加。")
    asked, found = st.session_state.get(state, ("", None))
    if found is None or asked != url:
        return
    if isinstance(found, str):
        st.warning(plain(found), icon=":material/search_off:")
        return
    for number, one in enumerate(found, start=1):
        with st.container(border=True):
            undated = one.total - one.dated
            dated = f"其中 {undated} 条没有日期" if undated else "都有日期"
            caption(f"方案{number}：共 {one.total} 条，{dated}。{_words(one.options)}")
            table(_frame(one), {"title": Column("标题", width="large"), "at": Column("日期", "time"),
                                "url": Column("链接", "link")}, key=f"{key}_sample{number}",
                  alt=f"方案{number}的前几条")
            st.button("采用", icon=":material/check:", key=f"{key}_adopt{number}", on_click=_adopt,
                      args=(key, one.options), type="primary" if number == 1 else "secondary")


def _frame(one: Any) -> pd.DataFrame:
    return pd.DataFrame({
        "title": [entry.title for entry in one.sample],
        "at": pd.Series([entry.at for entry in one.sample], dtype="datetime64[us, UTC]"),
        "url": [entry.url for entry in one.sample],
    })


def _words(options: dict[str, str]) -> str:
    return "；".join(f"{_LABELS[name]} {value}" for name, value in options.items() if value)


def _adopt(key: str, options: dict[str, str]) -> None:
    """Fill the fields of the form, before it is drawn again."""
    for name, value in options.items():
        st.session_state[f"{key}_option_{name}"] = value
    st.session_state.pop(f"{key}_proposals", None)
    st.session_state[f"{key}_adopted"] = _words(options)


def _looked(url: str) -> list[Any] | str:
    """The proposals, or in Chinese why there are none."""
    async def work() -> list[Any]:
        async with outside.make_http()() as http, asyncio.timeout(PATIENCE):
            return await outside.proposer()(http, url, clock.now())

    try:
        return asyncio.run(work())
    except Fault as fault:
        return fault.message
    except TimeoutError:
        return f"{PATIENCE:.0f} 秒内没有打开网页，已放弃"
