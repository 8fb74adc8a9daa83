"""敏感词 in the room 规则: looked up, added, changed, out of use and back, in and out as a file."""

import hashlib
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core import clock, words
from core.faults import BadInput
from core.opinion.lexicon import CLASSES, LEVELS, MOST
from core.ui import rules_scoring
from core.ui.ask import ask, look
from core.ui.deeds import WHO, refuse
from core.ui.parts import caption, empty, plain
from core.ui.rules_deeds import begun, save
from core.ui.table import Column, pick, table
from core.ui.uploads import uploader

_COLUMNS = {
    "word": Column("敏感词", width=140), "kind": Column("类别"), "level": Column("等级", width=64),
    "origin": Column("来历", width=96), "unless": Column("其中不算", width=260), "note": Column("说明", width=200),
    "at": Column("修改时间", "time"), "who": Column("修改人"),
}
_SHORT = {"word": Column("敏感词"), "kind": Column("类别"), "level": Column("等级"), "unless": Column("其中不算")}


def section() -> None:
    """The list with its filters, one word in detail, a new one, files, versions of the score, weights of sources."""
    frame = ask(words.listed)
    off = int((frame["origin"] == words.OFF).sum())
    caption(f"在用 {len(frame) - off:,} 个词，停用 {off} 个。夹符号、繁体、拆字、同音、拼音的写法都照样认得，不必另列。"
            "改动后，近 30 天的内容在后台重新计分。")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input("词中包含", key="word_search", max_chars=MOST, width=180).strip()
        kinds = st.multiselect("类别", CLASSES, key="word_kinds", placeholder="全部", width=260)
        levels = st.pills("等级", list(LEVELS.values()), selection_mode="multi", key="word_levels")
        origins = st.pills("来历", [words.PACKAGED, words.CHANGED, words.OWN, words.OFF], selection_mode="multi",
                           key="word_origins")
    shown = frame
    for name, chosen in (("kind", kinds), ("level", levels), ("origin", origins)):
        if chosen:
            shown = shown[shown[name].isin(chosen)]
    if search:
        shown = shown[shown["word"].str.contains(search, regex=False)]
    shown = shown.reset_index(drop=True)
    if shown.empty:
        empty("没有符合条件的词。请放宽筛选，或在下面新增。", ":material/search_off:")
    else:
        ids = [_id(word) for word in shown["word"]]
        chosen = pick(shown, _COLUMNS, ids, key="word_table", alt="敏感词", height=320)
        row = next((row for row, id_ in zip(shown.to_dict("records"), ids, strict=True) if id_ == chosen), None)
        if row:
            _one(row)
    with st.expander("新增敏感词", icon=":material/add:"):
        _form("new", None)
    with st.expander("用表格导入、导出", icon=":material/table:"):
        _files()
    rules_scoring.section()


def _id(word: str) -> int:
    """A word's number, the same whatever else is listed; wide enough that no two words share one."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())


def _one(row: Mapping[str, Any]) -> None:
    """Change a word, take it out of use, bring it back."""
    word = row["word"]
    with st.container(border=True):
        st.markdown(f"**{plain(word)}**　{row['origin']}")
        if row["origin"] == words.OFF:
            caption("停用的词不再计分。")
        else:
            _form(f"w{_id(word)}", row)
        with st.container(horizontal=True):
            if row["origin"] != words.OFF and st.button("停用", icon=":material/block:", key="word_off"):
                save(lambda session: words.disable(session, word, who=WHO, now=clock.now()))
            if row["origin"] in (words.OFF, words.CHANGED):
                label = "恢复系统自带的设置" if word in words.packaged() else "恢复使用"
                if st.button(label, icon=":material/restore:", key="word_back"):
                    save(lambda session: words.restore(session, word, who=WHO, now=clock.now()))


def _form(key: str, row: Mapping[str, Any] | None) -> None:
    turn, names = begun(key), list(LEVELS.values())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        word = row["word"] if row else st.text_input("敏感词", key=f"word_{turn}", max_chars=MOST, width=180)
        kind = st.selectbox("类别", CLASSES, CLASSES.index(row["kind"]) if row else None, key=f"word_kind_{turn}",
                            placeholder="请选择", width=160)
        at = names.index(row["level"]) if row else 0
        level = st.selectbox("等级", names, at, key=f"word_level_{turn}", width=110)
    unless = st.text_input("其中不算（用顿号隔开）", row["unless"] if row else "", key=f"word_unless_{turn}",
                           max_chars=500, help="含有这个词、却不是这个意思的更长的词，如“爆炸”的“信息爆炸”")
    note = st.text_input("说明（可不填）", row["note"] if row else "", key=f"word_note_{turn}", max_chars=200)
    if st.button("保存", type="primary", icon=":material/save:", key=f"word_save_{turn}"):
        guards = unless.replace("，", "、").replace(",", "、").split("、")
        number = next(n for n, name in LEVELS.items() if name == level)
        save(lambda session: words.save(session, word, kind or "", number, guards, note, who=WHO, now=clock.now()))


def _files() -> None:
    caption("表头：敏感词、类别、等级（一般、较重、严重）、其中不算（用 | 隔开）、说明。可先导出，改好再导入："
            "表中有的新增或更新，没有的不动；有一行不对，整份都不导入。")
    st.download_button("导出在用的敏感词", look(words.export).encode(), "敏感词.csv", "text/csv",
                       icon=":material/download:", key="words_out", on_click="ignore")
    file = uploader("导入表格（CSV）", key=f"words_in_{begun('words')}")
    if file is None:
        return
    try:
        made = look(lambda session: words.plan(session, words.read(file.getvalue(), file.name)))
    except BadInput as refused:
        refuse(refused)
        return
    if not made.added and not made.changed:
        caption(f"读到 {made.same} 个词，与现有的相同，不用导入。")
        return
    st.markdown(f"将{plain(made.words)}：")
    listed = [{"do": done, "word": one.word, "kind": one.kind, "level": LEVELS[one.level],
               "unless": "、".join(one.unless)} for done, part in (("新增", made.added), ("修改", made.changed))
              for one in part]
    table(pd.DataFrame(listed), {"do": Column("做法")} | _SHORT, key="words_plan", alt="将要导入的词")
    if st.button("确认导入", type="primary", icon=":material/upload:", key="words_take"):
        save(lambda session: words.take(session, made, who=WHO, now=clock.now()))
