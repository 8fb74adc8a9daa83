"""编制 in the room 报告中心: order a report, look at it by sections or pages, hold it against the last edition, issue
it, or the same of many platforms, units or boards."""

from dataclasses import replace
from datetime import datetime

import streamlit as st

from core import clock
from core.faults import BadInput
from core.query import scope as scopes
from core.report import compare, editions, kinds
from core.report.content import Content
from core.report.dress import Dress
from core.report.outline import Order
from core.ui import behind, report_order, report_pages, report_polish
from core.ui import editions as files
from core.ui.ask import ask
from core.ui.deeds import WHO
from core.ui.parts import caption, empty, link, plain, toast_error
from core.ui.preview import preview
from core.ui.report_dress import dress
from core.ui.table import Column, table

BY_SECTION, BY_PAGE, AGAINST = "按章节", "按页", "与上一版比较"
_CHANGES = {
    "where": Column("位置", width=260), "name": Column("项目", width=220), "old": Column("上一版", width=130),
    "new": Column("现在", width=130), "change": Column("变化", width=110),
}


def page(now: datetime) -> None:
    """Order, look, issue."""
    wanted = report_order.order(now)
    if wanted is None:
        empty("还没有可以编报的账号、单位或榜单，请先在“账号台账”导入账号，并导入或采集数据。")
        link("ledger")
        return
    try:
        with st.spinner("正在取数、编写…", show_time=True):
            content = ask(_built, wanted, now=clock.instant(clock.day_of(now)))
    except BadInput as refused:
        toast_error(plain(str(refused)))
        return
    key = report_order.key_of(wanted)
    with st.expander("封面、版式与水印", icon=":material/branding_watermark:"):
        worn = dress(key, report_order.worn(wanted), content)
    finish = report_polish.section(content, key)
    content = worn.on(finish(content))
    if report_order.leads_here(wanted):
        behind.shown(content)
    else:
        toast_error("链接所指的报告与下面的选择不同，请重新选择，或请发送人重新复制链接。")
    newest = ask(_newest, content)
    with st.container(horizontal=True, vertical_alignment="center"):
        files.downloads(content, "")
        if st.button("签发", icon=":material/verified:", type="primary", key="issue",
                     help="存为正式版次：内容固定不变，数字有变化时另出新版"):
            _issue(wanted, worn, finish)
        _batch(wanted)
        if newest is not None:
            caption(f"已有第{newest[1]}版，{clock.local(newest[2]):%Y-%m-%d %H:%M} 签发")
    ways = [BY_SECTION, BY_PAGE, *([AGAINST] if newest is not None else [])]
    way = st.segmented_control("预览", ways, default=BY_SECTION, required=True, key="report_view")
    if way == BY_PAGE:
        report_pages.pages(content, key)
    elif way == AGAINST:
        _against(newest[0], content)
    else:
        st.markdown(f"#### {plain(content.title)}")
        preview(content, report_order.address(wanted))


def _built(session, wanted: Order, *, now: datetime) -> Content:
    return kinds.build(session, wanted, now=now)


def _newest(session, content: Content) -> tuple[int, int, datetime] | None:
    found = editions.latest(session, content)
    return (found.id, found.version, found.issued_at) if found else None


def _issue(wanted: Order, worn: Dress, finish: report_polish.Finish) -> None:
    now = clock.now()
    with st.status("正在签发…", expanded=True) as status:
        try:
            edition = editions.publish(lambda reading: worn.on(finish(kinds.build(reading, wanted, now=now))), by=WHO,
                                       now=now, told=lambda step: status.update(label=f"正在{step}…"))
        except BadInput as refused:
            status.update(label="没有签发", state="error")
            toast_error(plain(str(refused)))
            return
    st.query_params["edition"] = str(edition.id)
    st.rerun()


def _against(edition_id: int, content: Content) -> None:
    """What is different from the edition that was issued last."""
    try:
        before = ask(editions.content_of, edition_id)
    except BadInput as refused:
        toast_error(plain(str(refused)))
        return
    found = compare.changes(before, content)
    if found.empty:
        caption("与上一版的数字和文字完全相同，签发不会产生新版。")
        return
    caption(f"{len(found)} 处不同。签发后成为新版；已发出的报告可在“已签发”中编制更正单。")
    table(found, _CHANGES, key=f"report_changes_{edition_id}", alt="与上一版的不同", height=420)


_OF = {"platform": "平台", "unit": "单位", "board": "榜单"}


def _batch(wanted: Order) -> None:
    """The same of many platforms, units or boards, one after the other."""
    kind = kinds.kind_of(wanted.kind)
    if not kind.per:
        return
    word = _OF[kind.per]
    if kind.per == "platform":
        offered = dict(ask(scopes.choices).platforms)
        orders = {name: replace(wanted, platform=code, scope="all") for code, name in offered.items()}
    else:
        orders = {words: replace(wanted, scope=code) for code, words in ask(kind.scopes, "")}
    if len(orders) < 2:
        return
    with st.popover("批量签发", icon=":material/done_all:"):
        chosen = st.multiselect(f"{kind.name}，{wanted.period.label}：选择{word}", list(orders), list(orders),
                                key=f"batch_{kind.code}_{len(orders)}")
        if not st.button(f"签发 {len(chosen)} 份", type="primary", key=f"batch_go_{kind.code}", disabled=not chosen):
            return
        bar, refused, now = st.progress(0.0, "正在开始…"), [], clock.now()
        for number, name in enumerate(chosen):
            bar.progress(number / len(chosen), f"{number + 1}/{len(chosen)}　{plain(name)}")
            try:
                editions.publish(
                    lambda reading, name=name: kinds.build(reading, orders[name], now=now), by=WHO, now=now)
            except BadInput as fault:  # one that cannot be made does not keep the others from it
                refused.append(f"{name}：{fault}")
        bar.empty()
        st.success(f"已签发 {len(chosen) - len(refused)} 份，可在“已签发”中查找。", icon=":material/check_circle:")
        for words in refused:
            toast_error(plain(words))
