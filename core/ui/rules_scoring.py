"""The score in the room 规则: its versions, one of them in the shadow, what the two say, and the weights of sources."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from core import clock, scoring
from core.opinion.risk import LEVELS, Version
from core.ui.ask import ask
from core.ui.deeds import WHO
from core.ui.parts import Card, caption, cards, empty, plain
from core.ui.rules_deeds import begun, save
from core.ui.table import Column, table

_VERSIONS = {
    "key": Column("版本", width=140), "state": Column("状态", width=72), "base": Column("一般、较重、严重", width=120),
    "here": Column("本区", "int", width=56), "elsewhere": Column("外地", "number", width=56),
    "suspected": Column("疑似", "number", width=56), "reach": Column("传播面", width=120),
    "note": Column("说明", width=200), "at": Column("建立时间", "time"), "who": Column("建立人"),
}
_EXAMPLES = {
    "title": Column("标题", width=320), "before": Column("现行", width=56),
    "after": Column("试运行", width=64),
    "risk": Column("现行分", "int"), "shadow": Column("试运行分", "int"), "why": Column("现行版本的计分", width=380),
    "published_at": Column("发布时间", "time"),
}
_FIELDS = (
    ("base", 1, "基础分：一般"), ("base", 2, "基础分：较重"), ("base", 3, "基础分：严重"),
    ("more", 0, "每多一个敏感词"), ("other", 0, "每多涉及一类"), ("appeal", None, "诉求语气"), ("crowd", None, "涉众"),
    ("here", None, "发生在本区"),
)
_SHARES = (
    ("elsewhere", None, "发生在外地"), ("suspected", None, "仅为疑似"), ("reach", 0, "传播面一档"),
    ("reach", 1, "传播面二档"), ("reach", 2, "传播面三档"),
)


def section() -> None:
    """Versions and sources, each folded."""
    kept = ask(scoring.versions)
    active = next(one for one in kept if one.state == "active")
    shadow = next((one for one in kept if one.state == "shadow"), None)
    running = f"，试运行“{shadow.version.key}”" if shadow else ""
    with st.expander(f"评分版本（现行“{active.version.key}”{running}）", icon=":material/balance:"):
        _versions(kept)
        if shadow:
            _compared()
        _new(active.version)
    with st.expander("来源权重", icon=":material/tune:"):
        _sources()


def _versions(kept: Sequence[scoring.Kept]) -> None:
    caption("新版本先“试运行”：与现行版本并排计分，只供比较，不影响现行的分数。比较满意了再启用。版本建立后不能修改，"
            "要改就另建一个。")
    table(pd.DataFrame([{
        "key": one.version.key, "state": scoring.STATES[one.state], "note": one.note, "at": one.at, "who": one.who,
        "base": "、".join(f"{one.version.base[level]:g}" for level in (1, 2, 3)), "here": one.version.here,
        "elsewhere": one.version.elsewhere, "suspected": one.version.suspected,
        "reach": "、".join(f"×{times:g}" for times in one.version.reach) or "不计",
    } for one in kept]).assign(at=lambda made: pd.to_datetime(made["at"], utc=True)), _VERSIONS, key="versions",
        alt="评分版本")
    others = {one.version.key: one for one in kept if one.state != "active"}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = st.selectbox("选一个版本", list(others), None, key=begun("version"), placeholder="请选择", width=200)
        state = others[key].state if key else ""
        deeds = (("试运行", "shadow", state == "past", ":material/science:"),
                 ("停止试运行", "past", state == "shadow", ":material/stop:"))
        for label, to, offered, icon in deeds:
            if offered and st.button(label, icon=icon, key=f"version_{to}"):
                save(lambda session, to=to: scoring.set_state(session, key, to, who=WHO, now=clock.now()))
        if key:
            with st.popover("启用", icon=":material/check:"):
                st.write(f"启用“{plain(key)}”后，近 30 天的内容按它重新计分，预警和排序随之改变。原来的版本保留，"
                         "可随时换回。")
                if st.button("确认启用", key="version_active"):
                    save(lambda session: scoring.set_state(session, key, "active", who=WHO, now=clock.now()))


def _compared() -> None:
    seen = ask(scoring.compare, now=clock.now().replace(minute=0, second=0, microsecond=0))
    if seen is None:
        return
    st.markdown(f"**试运行“{plain(seen.shadow)}”与现行“{plain(seen.active)}”相比**（近 30 天）")
    if not seen.looked:
        empty("后台正在按试运行版本计分，请稍后再看。", ":material/hourglass:")
        return
    cards([Card("两个版本都计过分", f"{seen.looked:,}"), Card("等级不变", f"{seen.same:,}"),
           Card("升级", f"{seen.risen:,}"), Card("降级", f"{seen.fallen:,}")])
    names = [name for _, name in LEVELS] + ["无"]
    moves = [{"now": name} | {other: seen.moves.get((name, other), 0) for other in names} for name in names]
    table(pd.DataFrame(moves),
          {"now": Column("现行 \\ 试运行")} | {name: Column(name, "int") for name in names}, key="version_moves",
          alt="各等级之间的变动")
    if not seen.examples.empty:
        caption(f"等级有变的内容，变动大的在前（至多 {len(seen.examples)} 条）：")
        table(seen.examples, _EXAMPLES, key="version_examples", alt="等级有变的内容")


def _new(active: Version) -> None:
    st.markdown("**新建版本**")
    caption("从现行版本的权重改起。加分项是分值；外地、疑似、传播面是最后相乘的系数，传播面按阅读 1万、10万、100万"
            "（互动 1千、1万、10万，转载 10、100、1千，热度 100万、1000万、1亿）分三档。")
    turn = begun("version_new")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = st.text_input("版本名称", key=f"{turn}_key", max_chars=30, width=200, placeholder="如 本区2026-1")
        note = st.text_input("说明（可不填）", key=f"{turn}_note", max_chars=200, width=300)
    made = active
    with st.container(horizontal=True):
        for name, place, label in _FIELDS:
            number = st.number_input(label, 0.0, 100.0, float(_part(active, name, place)), 1.0, "%.6g", width=130,
                                     key=f"{turn}_{name}_{place}_{active.key}")
            made = _with(made, name, place, number)
    with st.container(horizontal=True):
        for name, place, label in _SHARES:
            number = st.number_input(f"{label} ×", 0.0, 2.0, float(_part(active, name, place)), 0.05, "%.6g",
                                     width=130, key=f"{turn}_{name}_{place}_{active.key}")
            made = _with(made, name, place, number)
    if st.button("建立版本", type="primary", icon=":material/save:", key="version_make"):
        save(lambda session: scoring.make(session, replace(made, key=key), note, who=WHO, now=clock.now()))


def _part(version: Version, name: str, place: int | None) -> float:
    held = getattr(version, name)
    if name == "reach":
        return held[place] if place < len(held) else 1
    return held if place is None else held[place]


def _with(version: Version, name: str, place: int | None, number: float) -> Version:
    held = getattr(version, name)
    if name == "base":
        return replace(version, base={**held, place: number})
    if name == "reach":
        steps = [*held, 1.0, 1.0, 1.0][:3]
        steps[place] = number
        return replace(version, reach=tuple(steps))
    return replace(version, **{name: number if place is None else (number, *held[1:])})


def _sources() -> None:
    sources = ask(scoring.sources)
    caption("分数乘以来源的权重：一般为 1；要更重视的来源可到 3，可轻视的可到 0.2。改动后，近 30 天的内容在后台"
            "重新计分。")
    if sources.empty:
        empty("还没有带来信息的采集源。采集到内容之后可在这里设置权重。", ":material/rss_feed:")
        return
    made = st.column_config
    edited = st.data_editor(
        sources[["name", "platform", "weight"]], key=begun(f"weights_{len(sources)}"), hide_index=True,
        num_rows="fixed", disabled=["name", "platform"], alt="来源权重", column_config={
            "name": made.TextColumn("来源", width=260), "platform": made.TextColumn("平台", width=160),
            "weight": made.NumberColumn("权重", min_value=scoring.LIGHTEST, max_value=scoring.HEAVIEST, step=0.1,
                                        format="%.6g", required=True, width=90),
        })
    changed = {int(id_): float(after) for id_, before, after in zip(
        sources["source_id"], sources["weight"], edited["weight"], strict=True) if after != before}
    if st.button(f"保存权重（{len(changed)} 个）", type="primary", icon=":material/save:", disabled=not changed,
                 key="weights_save"):
        save(lambda session: scoring.weigh_sources(session, changed, who=WHO, now=clock.now()))
