"""数据质量: how complete and how reliable the figures are, day by day, and what waits for a person."""

import streamlit as st

from core import clock, labels, ui
from core.notices import unread
from core.query import coverage, quality, sources
from core.ui import coverage as days
from core.ui import notices, retention, verification
from core.ui import quality as forms
from core.ui.ask import look

where = ui.gate("quality")
now = clock.now().replace(second=0, microsecond=0)
found = ui.ask(coverage.calendar, where, clock.day_of(now))
checks = ui.ask(quality.checks, where)
by_key = {check.key: check for check in checks}
states = sources.board(ui.ask(sources.listing, now)).states


def percent(value: float | None, digits: int = 1) -> str:
    return labels.MISSING if value is None else f"{value * 100:.{digits}f}%"


ui.cards([
    verification.card(now),
    ui.Card("账号日覆盖率", percent(found.share),
            help=f"应有 {found.expected:,} 个账号日，已掌握 {found.covered:,} 个"),
    ui.Card("缺口账号日", f"{found.gaps:,}", help="采集失败、凭据失效、待平台公布和无采集记录的账号日"),
    ui.Card("待处理通知", str(look(unread))),
    ui.Card("异常采集源", str(sum(states[name] for name in ("person", "failed", "late"))),
            help="需人工处理、采集失败或逾期未采的采集源，不受筛选影响"),
    ui.Card("不合格条目", f"{by_key['rejects'].wrong:,}", help="本期采集和导入时因内容有误而搁置的条目"),
    ui.Card("下限读数占比", percent(by_key["bounds"].share, 2), help="平台只给出“10万+”一类下限的读数"),
])
st.subheader("待处理通知", anchor=False)
notices.panel()
if found.accounts.empty:
    ui.empty("所选范围内还没有账号。请在“账号台账”导入单位和账号，或在左侧放宽筛选。")
    ui.link("ledger")
    st.stop()
st.subheader("采集日历", anchor=False)
days.calendar(found, where)
account_id, day = days.choice(where)
if account_id is not None and day is not None:
    with st.container(border=True):
        days.behind(account_id, day)
st.subheader("覆盖率", anchor=False)
days.shares(found)
st.subheader("数据准确性核对", anchor=False)
forms.checks(checks, where)
st.subheader("月度核验与签认", anchor=False)
verification.panel(now)
st.subheader("原始数据保管", anchor=False)
retention.panel(now)
