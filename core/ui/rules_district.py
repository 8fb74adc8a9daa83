"""本区名称 and 本区地点 in the room 规则."""

import re
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core import clock, district, labels, own_places
from core.faults import BadInput
from core.opinion.gazetteer import KINDS, SHOWN, Own
from core.opinion.watch import Profile
from core.ui.ask import ask, look
from core.ui.deeds import WHO, refuse
from core.ui.parts import caption, empty, plain
from core.ui.rules_deeds import begun, save
from core.ui.table import Column, table
from core.ui.uploads import uploader

_HELP = {
    "sure": "单凭它就能认定说的是本区，如“浦东”", "streets": "全国独一无二的街道、镇",
    "landmarks": "独有的公园、商圈、学校、医院",
    "posts": "带区名的职务，如“浦东新区区长”", "doubtful": "外地也有的街镇、地标，如“人民路街道”“滨江公园”",
    "cues": "与易混名称一起出现才算本区，如市名、本地媒体",
}
_TALL = 8
"""Rows from which on the table scrolls."""
_LINES = {head: Column(label) for head, label in SHOWN.items()}


def names() -> None:
    """What the district is called."""
    ours = ask(district.profile)
    if not ours.name:
        empty("还没有填写本区名称。填写以后，关注方案里的“@本区”和“发生在本区”的加分才起作用。",
              ":material/location_city:")
    caption("写得越全，漏得越少。与外地同名的请放在“易混名称”，同一段文字里再有另一个本地名称或旁证才算本区。"
            "改动后，近 30 天的内容在后台重新判读。")
    turn = begun("district")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("区名（全称）", ours.name, key=f"{turn}_name", max_chars=30, width=220)
        code = st.text_input("行政区划代码", ours.code, key=f"{turn}_code", max_chars=12, width=160,
                             placeholder="如 310115", help="用来判断地点是不是在本区；不填时只认“本区地点”里的地点")
    given = _given(ours, turn)
    with st.container(horizontal=True):
        if st.button("保存", type="primary", icon=":material/save:", key="district_save"):
            save(lambda session: district.keep(session, district.made(name, code, **given), who=WHO, now=clock.now()))
        if st.button("按代码填入街镇", icon=":material/playlist_add:", key="district_fill",
                     help="从系统自带的名录取本区的街道、镇：独有的填入“街镇”，与外地同名的填入“易混名称”"):
            _fill(turn, code, given)


def _given(ours: Profile, turn: str) -> dict[str, list[str]]:
    """The names of each field as they stand in the form."""
    given: dict[str, list[str]] = {}
    for number, (field, label) in enumerate(district.FIELDS.items()):
        if number % 2 == 0:
            columns = st.columns(2)  # row by row: on a phone they stand in their order
        key = f"{turn}_{field}"
        st.session_state.setdefault(key, "、".join(getattr(ours, field)))
        with columns[number % 2]:
            text = st.text_area(f"{label}（用顿号隔开）", key=key, height=90, max_chars=20_000, help=_HELP[field])
        given[field] = re.split(r"[、，,；;\n]", text)
    return given


def _fill(turn: str, code: str, given: Mapping[str, list[str]]) -> None:
    own, shared = district.streets(code.strip())
    if not own and not shared:
        refuse(BadInput("名录中没有这个代码的街道、镇，请核对行政区划代码，如 310115"))
        return
    wanted = {"streets": own, "doubtful": shared}
    for field, more in wanted.items():
        kept = dict.fromkeys(filter(None, (one.strip() for one in given[field])))
        st.session_state[f"district_filled_{field}"] = "、".join(kept | dict.fromkeys(more))
    st.session_state["district_filled"] = turn
    st.rerun()


def filled() -> None:
    """Put what was filled in from the list into the form, before its fields are drawn."""
    if turn := st.session_state.pop("district_filled", ""):
        for field in ("streets", "doubtful"):
            st.session_state[f"{turn}_{field}"] = st.session_state.pop(f"district_filled_{field}")


def places() -> None:
    """The district's own places: the list, in and out as a file."""
    held = ask(own_places.listed)
    caption("系统自带全国区划到村、社区；这里补上本区的道路、小区、学校、医院、地标，地点才认得细，责任单位才找得准。"
            "同名而不同街镇的，各写一行。")
    if held.empty:
        empty("还没有本区地点。请在下面导入一份表格，先看会改什么，再确认。", ":material/pin_drop:")
    else:
        search = st.text_input("名称、街镇或单位包含", key="place_search", max_chars=40, width=260).strip()
        shown = held
        if search:
            every = held["name"] + " " + held["street"] + " " + held["aliases"] + " " + held["unit"]
            shown = held[every.str.contains(search, regex=False)]
        shown = shown.assign(unit=shown["unit"].where(shown["unit"] != "", "所在街镇"),
                             street=shown["street"].replace("", labels.MISSING))
        table(shown.reset_index(drop=True), _LINES, key="places", alt="本区地点",
              height=320 if len(shown) > _TALL else "auto")
        caption(f"共 {len(held):,} 处" + (f"，符合条件的 {len(shown):,} 处" if search else "") + "。")
    st.download_button("导出" if len(held) else "下载空表", look(own_places.export).encode(), "本区地点.csv",
                       "text/csv", icon=":material/download:", key="places_out", on_click="ignore")
    _take()


def _take() -> None:
    caption(f"表头：名称、种类（{'、'.join(KINDS)}）、街镇（全称，可空）、别名（用 | 隔开，可空），可另有责任单位"
            "（台账中的单位名称；不填的由所在街镇负责）。有一行不对，整份都不导入。")
    turn = begun("places")
    file = uploader("导入表格（CSV）", key=f"{turn}_file")
    if file is None:
        return
    whole = st.toggle("以这份表为准：表中没有的地点从名录中移除", key=f"{turn}_whole")
    try:
        code = ask(district.profile).code
        made = look(lambda session: own_places.plan(
            session, own_places.read(session, file.getvalue(), file.name, code), whole=whole))
    except BadInput as refused:
        refuse(refused)
        return
    if not (made.added or made.changed or made.removed):
        caption(f"读到 {len(made.lines)} 处，与现有的相同，不用导入。")
        return
    st.markdown(f"将{plain(made.words)}：")
    parts = (("新增", made.added), ("修改", made.changed), ("移除", made.removed))
    table(pd.DataFrame([{"do": done} | _line(one) for done, part in parts for one in part]),
          {"do": Column("做法")} | _LINES, key="places_plan", alt="将要改动的地点")
    if st.button("确认导入", type="primary", icon=":material/upload:", key="places_take"):
        save(lambda session: own_places.take(session, made, who=WHO, now=clock.now()))


def _line(one: Own) -> dict[str, str]:
    return {"name": one.name, "kind": one.kind, "street": one.street, "aliases": "、".join(one.aliases),
            "unit": one.unit}
