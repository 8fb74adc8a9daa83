"""The part 本地指数 of the room 账号台账: the district's own indices with their versions, and one being made."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, local_indices
from core.metrics import local
from core.query import indices as query
from core.query.indices import Version
from core.ui.ask import ask
from core.ui.deeds import WHO, do, said
from core.ui.parts import caption, empty, plain
from core.ui.table import Column, pick, table

TOLD = "indices"
SHOWN = 10
"""Places of a preview."""
_STATES = {False: "使用中", True: "停用"}
_BY_WORD = {word: by for by, word in local.BY.items()}


def section() -> None:
    """The whole part: versions and what can be done with the picked one, the editor with its preview."""
    said(TOLD)
    found = ask(query.versions)
    chosen = None
    if found:
        caption(f"共 {len(found)} 个版本。本地指数由本单位自定，不是公开指数；改动即另存新版，旧版和用旧版的榜单不变。")
        chosen = _listed(found)
    else:
        empty("还没有本地指数。没有公开指数公式的平台（如视频号、快手、今日头条、APP）按原始数据排名；"
              "要计分，可在下面按示例新建一个，先看预览再保存。")
    if chosen is None:
        with st.expander("新建本地指数", icon=":material/add_chart:", expanded=not found):
            _editor(None)
        return
    _deeds(chosen, [one for one in found if one.name == chosen.name])
    with st.expander(f"以“{chosen.title}”为底稿修改（保存为新版）", icon=":material/edit:", expanded=True):
        _editor(chosen)


# --- Versions -------------------------------------------------------------------------------------------------------


def _listed(found: Sequence[Version]) -> Version | None:
    frame = pd.DataFrame([{
        "name": one.name, "version": f"第{one.version}版", "platforms": one.platform_names,
        "state": _STATES[one.retired], "usual": "是" if one.usual else "", "boards": one.boards, "words": one.words,
        "at": one.at, "who": one.who,
    } for one in found])
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    picked = pick(frame, {
        "name": Column("本地指数", pinned=True), "version": Column("版本", width="small"),
        "platforms": Column("适用平台"), "state": Column("状态", width="small"),
        "usual": Column("平台默认", width="small", help="没有公开指数的平台，榜单默认按它排名"),
        "boards": Column("榜单数", "int", width="small", help="指定用这一版的榜单"),
        "words": Column("构成", width="large"),
        "at": Column("保存时间", "time"), "who": Column("保存人"),
    }, [one.id for one in found], key="local_indices", alt="本地指数及其版本")
    if picked is None:
        caption("点选一行可修改、停用，或设为平台默认。")
    return next((one for one in found if one.id == picked), None)


def _deeds(one: Version, same: Sequence[Version]) -> None:
    """What can be done with a version."""
    with st.container(horizontal=True):
        if one.retired:
            _deed(one, "恢复使用", "restore", local_indices.restore, f"已恢复“{one.title}”。")
            return
        _deed(one, "停用", "block", local_indices.retire,
              f"已停用“{one.title}”，不再供新榜单选用；已使用它的榜单不变。")
        word = "取消平台默认" if one.usual else "设为平台默认"
        _deed(one, word, "star", partial(local_indices.set_usual, on=not one.usual), f"“{one.title}”已{word}。")
        if elsewhere := sum(other.boards for other in same if other.id != one.id):
            _deed(one, f"把使用其他版本的 {elsewhere} 个榜单改到这一版", "move_up", local_indices.move_boards,
                  f"适用的榜单已改用“{one.title}”。")


def _deed(one: Version, word: str, icon: str, act: Callable[..., object], told: str) -> None:
    """A button that carries out `act(session, key, …)`."""
    if st.button(word, icon=f":material/{icon}:", key=f"index_{icon}_{one.id}"):
        def deed(session: Session) -> str:
            act(session, one.key, who=WHO, now=clock.now())
            return told

        _save(deed)


def _round() -> int:
    return st.session_state.get("indices_round", 0)


def _save(deed: Callable[[Session], str], left: bool = False) -> None:
    """Carry out a deed; with `left` no version stays picked."""
    if do(deed, TOLD):
        st.session_state["indices_round"] = _round() + 1
        if left:
            st.session_state["local_indices_picked"] = (None, _round())
        st.rerun()


# --- The editor -----------------------------------------------------------------------------------------------------


def _editor(start: Version | None) -> None:
    """Name, platforms, dimensions and terms as tables, the preview, and what saving means."""
    turn = f"{_round()}_{start.id if start else 'new'}"
    names = ask(query.platforms)
    left, right = st.columns(2)
    with left:
        name = st.text_input("名称", start.name if start else "", key=f"index_name_{turn}", disabled=start is not None,
                             max_chars=local.NAME_LENGTH, placeholder="如：区综合传播分",
                             help="应能看出是本单位自定的，不能用 WCI、BCI、新榜指数等公开指数的名称")
    with right:
        codes = st.multiselect("适用平台", list(names), start.platforms if start else [], format_func=names.get,
                               key=f"index_platforms_{turn}", placeholder="请选择平台")
    if not codes:
        empty("请先选择适用平台，再按示例调整维度、权重和封顶值。")
        return
    inputs = ask(local_indices.offered, tuple(codes))
    first = start.definition if start else ask(local_indices.template, tuple(codes))
    definition, stray = _tables(first, inputs, f"{turn}_{'' if start else '_'.join(codes)}")
    wrong = ask(local_indices.faults, name, tuple(codes), definition)
    faults = [*stray, *(fault for fault in wrong if name.strip() or fault != local.name_fault(name))]
    if faults:
        st.warning("\n".join(["还不能保存：", "", *(f"- {plain(fault)}" for fault in faults)]), icon=":material/rule:")
        return
    _preview(name, codes, names, definition, turn)
    _keep(start, name, codes, definition, turn)


def _tables(first: dict[str, Any], inputs: dict[str, str], turn: str) -> tuple[dict[str, Any], list[str]]:
    """Dimensions and their terms as two tables; the definition that they say, and what they say of no dimension."""
    made = st.column_config
    caption("维度：各维度权重合计 100%。")
    dimensions = st.data_editor(
        pd.DataFrame([{"title": part["title"], "weight": float(part["weight"])} for part in first["dimensions"]]),
        key=f"index_dimensions_{turn}", num_rows="dynamic", hide_index=True, alt="维度和权重", placeholder="—",
        column_config={"title": made.TextColumn("维度", max_chars=local.TITLE_LENGTH),
                       "weight": made.NumberColumn("权重（%）", format="%.6g")},
    )
    caption("数据：每个维度内权重合计 100%。封顶值：达到即得满分，再多不加分；“封顶按天累计”表示该值按每天计。")
    terms = st.data_editor(
        pd.DataFrame([{
            "dimension": part["title"], "input": inputs.get(term["input"], local.word(term["input"])),
            "by": local.BY[term["by"]], "weight": float(term["weight"]),
            "cap": None if term["cap"] is None else float(term["cap"]), "daily": term["daily"],
            "times": float(term["times"]),
        } for part in first["dimensions"] for term in part["terms"]]).astype({"cap": "Float64"}),
        key=f"index_terms_{turn}", num_rows="dynamic", hide_index=True, alt="各维度的数据和权重", placeholder="—",
        column_config={
            "dimension": made.TextColumn("维度", help="上表中的维度名称", max_chars=local.TITLE_LENGTH),
            "input": made.SelectboxColumn("数据", options=list(inputs.values())),
            "by": made.SelectboxColumn("取值方式", options=list(_BY_WORD), default="总量",
                                       help="总量：本期合计；按天：日均；按篇：篇均"),
            "weight": made.NumberColumn("权重（%）", format="%.6g"),
            "cap": made.NumberColumn("封顶值", format="localized", help="留空为不封顶；要么都封顶，要么都不封顶"),
            "daily": made.CheckboxColumn("封顶按天累计", default=False),
            "times": made.NumberColumn("放大倍数", format="%.6g", default=1.0, help="有封顶值时填 1"),
        },
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scale = st.number_input("满分（倍数）", 0.0, 1_000_000.0, float(first["scale"]), step=100.0, format="%.6g",
                                key=f"index_scale_{turn}", width=160, help="全部封顶时，分值在 0 与它之间")
        power = st.selectbox("乘方", local.POWERS, local.POWERS.index(first["power"]), key=f"index_power_{turn}",
                             width=120, help="WCI 取 2，其余公开指数取 1")
    return _definition(dimensions, terms, scale, power, inputs)


def _definition(
    dimensions: pd.DataFrame, terms: pd.DataFrame, scale: float, power: int, inputs: dict[str, str]
) -> tuple[dict[str, Any], list[str]]:
    by_word = {word: name for name, word in inputs.items()}
    parts = [
        {"title": _text(one["title"]), "weight": _value(one["weight"]), "terms": []}
        for one in dimensions.to_dict("records") if _text(one["title"]) or _value(one["weight"]) is not None
    ]
    by_title = {part["title"]: part for part in reversed(parts) if part["title"]}
    stray = []
    for row in terms.to_dict("records"):
        title, word = _text(row["dimension"]), _text(row["input"])
        if title in by_title:
            by_title[title]["terms"].append({
                "input": by_word.get(word, ""), "weight": _value(row["weight"]), "by": _BY_WORD.get(_text(row["by"])),
                "times": 1 if _value(row["times"]) is None else _value(row["times"]), "cap": _value(row["cap"]),
                "daily": row["daily"] is True,
            })
        elif title:
            stray.append(f"数据表中的维度“{title}”不在维度表中，请在维度表中加上，或改成已有的维度")
        elif word:
            stray.append(f"“{word}”没有填写维度，请填写，或删去这一行")
    return {"scale": scale, "power": power, "dimensions": parts}, stray


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _value(value: object) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _preview(name: str, codes: Sequence[str], names: dict[str, str], definition: dict[str, Any], turn: str) -> None:
    """How the draft would rank a platform's accounts, before anything is saved."""
    code = codes[0]
    if len(codes) > 1:
        code = st.pills("预览平台", codes, format_func=names.get, default=code, required=True,
                        key=f"index_preview_{turn}_{'_'.join(codes)}", label_visibility="collapsed")
    month = ask(query.last_month, clock.day_of(clock.now()))
    draft = local.index(name or "本地指数", codes, local.tidy(definition))
    frame = ask(query.preview, draft, code, month.first, month.last)
    st.markdown(f"**预览：{plain(names[code])}，{month.label}**（尚未保存）")
    if frame.empty:
        empty(f"台账里还没有{names[code]}账号，看不到预览；仍可保存。")
        return
    table(frame.head(SHOWN), {
        "rank": Column("名次", "int", pinned=True, width="small"), "name": Column("账号", pinned=True),
        "score": Column("分值", "score"), "mark": Column("符号", width="small"), "posts": Column("发布数", "int"),
        "reason": Column("说明"),
    }, key=f"index_preview_table_{turn}", alt="按草稿排名的前十名")
    lacking = Counter(frame.loc[frame["score"].isna(), "reason"])
    reasons = "；".join(f"{reason} {n} 个" for reason, n in lacking.most_common())
    caption(f"共 {len(frame)} 个账号，{frame['score'].notna().sum()} 个有分值"
            f"{f'，缺分 {sum(lacking.values())} 个（{reasons}）' if lacking else ''}。"
            "运营分析参考，不作考核依据。")


def _keep(start: Version | None, name: str, codes: Sequence[str], definition: dict[str, Any], turn: str) -> None:
    """Saving: whether it becomes its platforms' usual index, whether boards of older versions go along."""
    now_usual = any(one.usual for one in ask(query.versions) if start and one.name == start.name)
    usual = st.checkbox("设为平台默认：没有公开指数的平台，榜单默认按它排名", now_usual, key=f"index_usual_{turn}")
    move = False
    if start:
        using = [board for of_version in ask(local_indices.namers, start.key).values() for board in of_version]
        if using:
            move = st.checkbox(f"把使用旧版的榜单改到新版（{plain('、'.join(using))}）；不勾选则仍用旧版",
                               key=f"index_move_{turn}")
    word = "保存为新版" if start else "保存"
    if st.button(word, type="primary", icon=":material/save:", key=f"index_save_{turn}", disabled=not name.strip()):
        def deed(session: Session) -> str:
            made = local_indices.save(session, name, codes, definition, usual=usual, move=move, who=WHO,
                                      now=clock.now())
            return f"已保存“{made.name}”第 {made.version} 版。"

        _save(deed, left=True)
    if not name.strip():
        caption("填写名称后即可保存。")
