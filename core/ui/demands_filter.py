"""What demands are asked for, and by what they are narrowed down; it stands in the address, for links to show it."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from core.labels import DEMAND_CHANNELS, DEMAND_KINDS, DEMAND_LEVELS, DEMAND_SATISFIED, DEMAND_STATES
from core.query.demands import NAMES, NOBODY, NOWHERE, UNSAID, DemandChoices, DemandFilter
from core.query.scope import Filter
from core.ui import address

TOLD = "demands"


def chosen(where: Filter, offered: DemandChoices) -> DemandFilter:
    """Draw the filters; what is asked for."""
    before, _, turn = address.read(DemandFilter, NAMES, where, "d_said")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input("查找", before.words, key=f"d_words_{turn}", max_chars=60, width=360,
                              icon=":material/search:", placeholder="标题、内容、地址里的词，或工单编号",
                              help="多个词用空格分开，要都有。写完按回车")
        overdue = st.toggle("只看超期未答复", before.overdue, key=f"d_overdue_{turn}")
    made = replace(before, words=" ".join(words.split()), overdue=overdue)
    number = sum(bool(getattr(before, name)) for name in NAMES if name not in ("words", "overdue"))
    with st.expander(f"筛选（已选 {number} 项）" if number else "筛选", icon=":material/tune:", expanded=number > 0):
        made = _narrowed(made, before, offered, turn)
    address.write(NAMES, made.to_params(), "d_said", turn)
    return made


def _narrowed(made: DemandFilter, before: DemandFilter, offered: DemandChoices, turn: int) -> DemandFilter:
    columns = st.columns(3)

    def several(place: int, name: str, label: str, options: Mapping[str, str], help: str | None = None) -> tuple:
        picked = [one for one in getattr(before, name) if one in options]
        with columns[place]:
            return tuple(st.multiselect(label, list(options), picked, format_func=options.get,
                                        key=f"d_{name}_{turn}", placeholder="全部", help=help))

    units = {str(id_): name for id_, name in offered.units} | {"0": NOBODY}
    return replace(
        made,
        levels=several(0, "levels", "问题范围", DEMAND_LEVELS, "这件诉求所属问题的范围，口径见“共性问题”下的说明"),
        channels=several(0, "channels", "渠道", {one: DEMAND_CHANNELS[one] for one in offered.channels}),
        kinds=several(0, "kinds", "诉求类型", {one: one for one in DEMAND_KINDS}),
        fields=several(1, "fields", "领域和类别", {one: one for one in offered.fields}),
        towns=several(1, "towns", "街镇", {one: one for one in (*offered.towns, NOWHERE)}),
        units=several(1, "units", "承办单位", units),
        states=several(2, "states", "办理状态", {one: one for one in (*DEMAND_STATES, UNSAID)}),
        satisfied=several(2, "satisfied", "满意度", {one: one for one in DEMAND_SATISFIED}),
    )
