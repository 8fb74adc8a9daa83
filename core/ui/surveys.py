"""Surveys in the room 满意度: made, changed, opened, closed; their links, codes and posters."""

from collections.abc import Callable
from datetime import datetime

import streamlit as st
from sqlmodel import Session

from core import clock, labels
from core.models import Survey
from core.query import satisfaction as query
from core.query.scope import choices
from core.report import poster
from core.settings import settings
from core.survey import definition
from core.survey.definition import Draft
from core.ui.ask import look
from core.ui.deeds import WHO, do
from core.ui.parts import caption, empty, plain
from core.ui.satisfaction import TOLD

_WHOLE = "不指明单位或点位"


def section(now: datetime) -> None:
    """All surveys, the newest first, and a new one."""
    knobs = settings()
    if not knobs.survey_port:
        st.info("公开问卷网页没有启动。请设置环境变量 `PULSE_SURVEY_PORT`（如 8510）和 `PULSE_SURVEY_URL`"
                "（市民打开的网址），再用 `python -m core run` "
                "重新启动；部署方法见 docs/survey.md。", icon=":material/public_off:")
    elif not knobs.survey_url:
        st.info(f"还没有设定市民打开问卷的网址（`PULSE_SURVEY_URL`），下面的链接和二维码暂用 "
                f"http://{knobs.survey_host}:{knobs.survey_port}，只在本机打得开。", icon=":material/link_off:")
    found = look(query.surveys)
    if not found:
        empty("还没有问卷。在下面新建一份，开放后打印二维码即可收集评价。")
    for survey, number, at in found:
        _one(survey, number, at, now)
    with st.expander("新建问卷", icon=":material/add:", expanded=not found):
        _form("new", None, definition.template())


# --- Parts ----------------------------------------------------------------------------------------------------------


def _one(survey: Survey, number: int, at: datetime | None, now: datetime) -> None:
    taking = definition.taking(survey, clock.day_of(now))
    state = labels.SURVEY_STATES[survey.state]
    if survey.state == "open" and not taking:
        state = "未到开放日期" if survey.opens_on and survey.opens_on > clock.day_of(now) else "已过截止日期"
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(survey.title)}**　:{'green' if taking else 'gray'}-badge[{state}]")
            if survey.state != "open" and st.button("开放", type="primary", icon=":material/play_arrow:",
                                                    key=f"survey_open_{survey.id}"):
                _turn(survey.id, "open", "问卷已开放，约 5 秒后可以填写。")
            if survey.state == "open" and st.button("关闭", icon=":material/stop:", key=f"survey_close_{survey.id}"):
                _turn(survey.id, "closed", "问卷已关闭，不再收答卷；已有答卷照常统计，可随时重新开放。")
        days = [str(day) if day else "不限" for day in (survey.opens_on, survey.closes_on)]
        span = " 至 ".join(days) if survey.opens_on or survey.closes_on else "不限"
        last = f"，最近 {clock.local(at):%Y-%m-%d %H:%M}" if at else ""
        caption(f"答卷 {number:,} 份{last}；开放日期 {span}；网址 {definition.link(survey.key)}")
        if survey.demo:
            caption("演示问卷：收到的答卷随演示数据一并清除。")
        codes, edit = st.tabs(["二维码与海报", "修改"])
        with codes:
            _codes(survey, now)
        with edit:
            _form(str(survey.id), survey.id, _draft(survey))


def _codes(survey: Survey, now: datetime) -> None:
    units = look(definition.offered, survey)
    options: dict[str, tuple[int | None, str]] = {_WHOLE: (None, "")}
    options |= {f"点位：{place}": (None, place) for place in survey.places}
    options |= {f"单位：{name}": (id_, "") for id_, name in units.items()}
    chosen = st.selectbox("二维码用于", list(options), key=f"survey_for_{survey.id}",
                          help="指明后，扫这个码的人直接评价该单位，答卷记下点位")
    unit_id, place = options[chosen]
    address, about = definition.link(survey.key, unit_id, place), units.get(unit_id or 0, "") or place
    name = f"{survey.title}{f' {about}' if about else ''}"
    left, right = st.columns([1, 2])
    with left:
        st.image(poster.png(address, scale=6), width=200, caption=chosen)
    with right:
        st.code(address, language=None, wrap_lines=True)
        with st.container(horizontal=True):
            st.download_button("二维码（PNG）", lambda: poster.png(address), f"{name} 二维码.png", "image/png",
                               on_click="ignore", icon=":material/qr_code_2:", key=f"survey_png_{survey.id}")
            st.download_button("海报（A4 PDF）",
                               lambda: poster.pdf(survey.title, address, about, now=now, demo=survey.demo),
                               f"{name} 海报.pdf", "application/pdf", on_click="ignore", icon=":material/print:",
                               key=f"survey_pdf_{survey.id}")
        caption("海报写明“无需登录、不收集个人信息”，可直接打印张贴。")


def _form(key: str, survey_id: int | None, draft: Draft) -> None:
    units = {id_: name for id_, name, _ in look(choices).units}
    turn = st.session_state.setdefault(f"survey_turn_{key}", 0)
    key = f"{key}_{turn}"
    title = st.text_input("标题", draft.title, key=f"survey_title_{key}", max_chars=definition.MAX_TITLE)
    intro = st.text_area("说明", draft.intro, key=f"survey_intro_{key}", max_chars=definition.MAX_INTRO, height=90)
    with st.container(horizontal=True):
        opens = st.date_input("开放日期（可不填）", draft.opens_on, key=f"survey_opens_{key}", format="YYYY-MM-DD")
        closes = st.date_input("截止日期（可不填）", draft.closes_on, key=f"survey_closes_{key}", format="YYYY-MM-DD")
    by_unit = st.checkbox("请填写人选择要评价的单位", draft.by_unit, key=f"survey_by_{key}")
    picked = st.multiselect("可评价的单位", list(units), [one for one in draft.unit_ids if one in units],
                            format_func=units.get, key=f"survey_units_{key}", placeholder="全部单位")
    left, right = st.columns(2)
    with left:
        aspects = st.text_area("分项（每行一项，可不填）", "\n".join(draft.aspects), key=f"survey_aspects_{key}",
                               height=120)
        places = st.text_area("二维码点位（每行一处，可不填）", "\n".join(draft.places), key=f"survey_places_{key}",
                              height=120, help="如：政务服务中心一楼大厅。每处有自己的二维码，答卷记下来自哪里")
    with right:
        channels = st.text_area("渠道（每行一项，不填则不问）", "\n".join(draft.channels), key=f"survey_channels_{key}",
                                height=266)
    wants = st.checkbox("征求意见和建议（200 字以内）", draft.wants_text, key=f"survey_text_{key}")
    caption("改动分项的名称后，以前的答卷仍按当时的名称统计。")
    if not st.button("保存" if survey_id else "新建", type="primary", icon=":material/save:", key=f"survey_save_{key}"):
        return
    made = Draft(title, intro, opens, closes, by_unit, picked, aspects.splitlines(), channels.splitlines(),
                 places.splitlines(), wants)

    def deed(session: Session) -> str:
        if survey_id:
            definition.change(session, survey_id, made, who=WHO, now=clock.now())
            return "问卷已修改，约 5 秒后在网页上生效。"
        definition.make(session, made, who=WHO, now=clock.now())
        return "问卷已新建，还没有开放。核对后点“开放”。"

    if do(deed, TOLD):
        st.session_state[f"survey_turn_{survey_id or 'new'}"] = turn + 1
        st.rerun()


def _draft(survey: Survey) -> Draft:
    return Draft(survey.title, survey.intro, survey.opens_on, survey.closes_on, survey.by_unit, survey.unit_ids,
                 survey.aspects, survey.channels, survey.places, survey.wants_text)


def _turn(survey_id: int, state: str, words: str) -> None:
    def deed(session: Session) -> str:
        definition.turn(session, survey_id, state, who=WHO, now=clock.now())
        return words

    _go(deed)


def _go(deed: Callable[[Session], str]) -> None:
    if do(deed, TOLD):
        st.rerun()
