"""数据准确率 in the room 数据质量: one figure for the period and scope that was chosen, and what it is made of."""

from datetime import datetime

import streamlit as st
from sqlmodel import Session

from core import clock, labels
from core.query import accounts
from core.query.scope import Filter
from core.recheck import accuracy, months
from core.recheck.accuracy import Accuracy
from core.ui.ask import ask, look
from core.ui.choice import linked
from core.ui.deeds import WHO, do, said
from core.ui.export import export
from core.ui.parts import Card, caption, empty
from core.ui.table import Column, table
from core.ui.verification import findings, rate

TOLD = "accuracy"
DEFINITION = (
    "准确率 = 相符的数字 ÷ 核对的数字。核对的数字是库中的每一个读数、粉丝数、发布信息、日汇总和月汇总，"
    "每一个都从采集时留存的原始数据重新推算后比对；原始数据丢失或不能重新解析的单列为“无法核验”，不在分子也不在分母。"
)
_BY = {"各平台": "platform", "各单位": "unit", "各账号": "account"}
_COLUMNS = {
    "name": Column("名称", width=200), "accuracy": Column("准确率", width=110), "figures": Column("核对数字", "int"),
    "wrong": Column("不符", "int"), "trusted": Column("无法核验", "int"), "crossed": Column("互证数字", "int"),
    "differing": Column("互证不符", "int"),
}


def known(where: Filter, account: int | None, now: datetime) -> Accuracy:
    """What is known of the scope."""
    return ask(accuracy.accuracy, where, account, clock.day_of(now))


def card(found: Accuracy) -> Card:
    """The one figure, with its denominator."""
    if found.share is None:
        return Card("数据准确率", labels.MISSING, help="所选范围还没有核验过，见下方“准确率”")
    figures, wrong = found.sum("figures"), found.sum("wrong")
    return Card("数据准确率", rate(figures, wrong),
                help=f"与原始数据逐一核对 {figures:,} 个数字，不符 {wrong:,} 个，无法核验 {found.sum('trusted'):,} 个")


def chosen() -> int | None:
    """The account that the address names, where it names one that there is."""
    offered = ask(accounts.options)["account_id"]
    said_ = st.query_params.get("account", "")
    return int(said_) if said_.isdecimal() and len(said_) < 10 and int(said_) in set(offered) else None


def section(found: Accuracy, where: Filter, now: datetime) -> None:
    """The figure in words, by platform, unit and account, and everything that is not right."""
    said(TOLD)
    offered = ask(accounts.options)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(width=420):
            account = linked("account", "账号", dict(zip(offered["account_id"], offered["label"], strict=True)),
                             "全部账号，可输入名称只看一个")
        _part(where, account, now)
    _told(found)
    if found.share is None:
        return
    by = st.segmented_control("准确率口径", list(_BY), default="各平台", key="accuracy_by", required=True,
                              label_visibility="collapsed")
    frame = found.by(_BY[by])
    shown = frame.assign(crossed=frame["compared"], accuracy=[
        rate(int(row.figures), int(row.wrong)) for row in frame.itertuples()])
    more = {"name": _COLUMNS["name"], "platform": Column("平台")} if by == "各账号" else {}
    columns = {**more, **_COLUMNS}
    if not found.sum("compared"):  # no account has two sources
        columns = {name: column for name, column in columns.items() if name not in ("crossed", "differing")}
    table(shown, columns, key=f"accuracy_{by}", alt=f"{by}的准确率", height=380 if len(shown) > 10 else "auto")
    export(shown, columns, f"数据准确率（{by}）", DEFINITION, key=f"accuracy_x_{by}")
    if found.findings.empty:
        st.success("所选范围内没有不符的数字，也没有无法核验的原始数据。", icon=":material/check_circle:")
        return
    st.markdown(f"**不符和无法核验的（{len(found.findings):,} 处）**")
    if found.cut:
        caption("问题较多，只列出了先查到的一部分；处理后重新核验。")
    findings(found.findings.to_dict("records"), "accuracy_found")


def _told(found: Accuracy) -> None:
    """Figure, definition, denominator, and what it rests on."""
    if found.share is None:
        empty("所选范围还没有按账号核验的结果。点“核验所选范围”，后台完成后自动显示。")
    else:
        figures, wrong = found.sum("figures"), found.sum("wrong")
        st.markdown(f"准确率 **{rate(figures, wrong)}**：核对 **{figures:,}** 个数字，不符 **{wrong:,}** 个；"
                    f"另有 {found.sum('trusted'):,} 个无法核验。")
    caption(DEFINITION)
    if found.months:
        listed = "、".join(f"{month.year}年{month.month}月" for month in found.months)
        what = "按所选周期和范围单独核验" if found.exact else f"按所涉整月统计：{listed}"
        caption(f"{what}；{'' if found.exact else '最早一次'}核验于 {clock.local(found.at):%Y-%m-%d %H:%M}。")
    if found.lacking:
        some = "、".join(f"{month.year}年{month.month}月" for month in found.lacking[:6])
        more = f"等 {len(found.lacking)} 个月" if len(found.lacking) > 6 else ""
        caption(f"未计入：{some}{more}还没有核验，或核验早于按账号统计的版本。可在“月度核验与签认”中点该月“立即核验”。")


def _part(where: Filter, account: int | None, now: datetime) -> None:
    """Asking for just this period and scope."""
    ids = look(accuracy.meant, where, account)
    waits = look(months.newest_part, where, ids, clock.day_of(now), ("waiting", "running"))
    if st.button("核验所选范围", icon=":material/fact_check:", key="accuracy_part", disabled=waits is not None,
                 help="只核验所选周期、平台、单位、账号，通常几秒到几十秒") and do(
                     lambda session: _asked(session, where, ids, now), TOLD):
        st.rerun()
    if waits is not None:
        _wait(where, account, now)


def _asked(session: Session, where: Filter, ids: list[int], now: datetime) -> str:
    words = st.session_state.get("_words", "")
    months.ask_part(session, where, ids, words, who=WHO, now=now)
    return "已排队核验所选范围，后台完成后自动显示。"


@st.fragment(run_every="3s")
def _wait(where: Filter, account: int | None, now: datetime) -> None:
    """Looks again until it is done."""
    ids = look(accuracy.meant, where, account)
    one = look(months.newest_part, where, ids, clock.day_of(now), ("waiting", "running"))
    if one is None:
        st.rerun()
    caption("正在核验…" if one.state == "running" else "已排队，等待后台处理…")

