"""How a report is dressed: title, who signs it, watermark, and the layout of an official document."""

import streamlit as st

from core.report.content import Content, Official
from core.report.dress import MARKS, SECRECIES, URGENCIES, Dress
from core.ui.parts import toast_error

NONE = "无"
_OWN, _OFFICIAL = "报告版式", "公文版式"


def dress(key: str, held: Dress, content: Content | None = None) -> Dress:
    """As a person wants it. `held`: what it begins with · `content`: the report, whose own words are shown; None in a
    plan, where titles follow the periods."""
    left, right = st.columns(2)
    title = ""
    if content is not None:
        title = left.text_input("标题", held.title or content.title, max_chars=80, key=f"dress_title_{key}")
    office = right.text_input("落款单位", held.office or (content.office if content else ""), max_chars=40,
                              key=f"dress_office_{key}", placeholder="按系统设置")
    marks = [NONE, *MARKS, *([held.watermark] if held.watermark and held.watermark not in MARKS else [])]
    mark = left.selectbox("水印", marks, marks.index(held.watermark or NONE), key=f"dress_mark_{key}",
                          accept_new_options=True)
    layout = st.segmented_control(
        "版式", [_OWN, _OFFICIAL], default=_OFFICIAL if held.official else _OWN, required=True,
        key=f"dress_layout_{key}", help="公文版式按 GB/T 9704—2012 排：红头、发文字号、主送、落款、版记")
    official = _official(key, held.official or Official(""), content) if layout == _OFFICIAL else None
    title, office = " ".join(title.split()), " ".join(office.split())
    if content is not None:
        title, office = ("" if own == given else own for own, given in (
            (title, content.title), (office, content.office)))
    mark = "" if mark in (None, NONE) else " ".join(str(mark).split())
    if len(mark) > 12:
        toast_error(f"水印不能超过 12 个字，现有 {len(mark)} 个，已只取前 12 个")
    return Dress(title, office, mark[:12], official)


def _official(key: str, held: Official, content: Content | None) -> Official:
    """What stands around the text of an official document."""
    left, right = st.columns(2)
    usual = (content.masthead or f"{content.office}文件") if content else "按报告种类"
    mark = left.text_input("发文机关标志（红头）", held.mark, max_chars=30, key=f"dress_head_{key}", placeholder=usual)
    number = right.text_input(
        "发文字号或期号", held.number, max_chars=30, key=f"dress_number_{key}",
        placeholder=(content.number if content else "") or "如 云网信〔2026〕12号",
        help="写“〔年〕”“〔期〕”时，自动换成报告所在的年份和期数，如“云网信〔年〕〔期〕号”")
    to = left.text_input("主送机关", held.to, max_chars=80, key=f"dress_to_{key}", placeholder="如 区委办公室")
    copies = right.text_input("抄送机关", held.copies, max_chars=120, key=f"dress_copies_{key}")
    printed = left.text_input("印发机关", held.printed_by, max_chars=40, key=f"dress_printed_{key}",
                              placeholder="同落款单位")
    signer = right.text_input("签发人（上行文）", held.signer, max_chars=20, key=f"dress_signer_{key}")
    secrecy = left.selectbox("管理标识", [NONE, *SECRECIES], _at(SECRECIES, held.secrecy), key=f"dress_secret_{key}",
                             help="涉密文件不得在本系统处理")
    urgency = right.selectbox("紧急程度", [NONE, *URGENCIES], _at(URGENCIES, held.urgency), key=f"dress_urgent_{key}")
    return Official(mark=mark, number=number, to=to, copies=copies, printed_by=printed, signer=signer,
                    secrecy="" if secrecy == NONE else secrecy, urgency="" if urgency == NONE else urgency)


def _at(offered: tuple[str, ...], held: str) -> int:
    return offered.index(held) + 1 if held in offered else 0
