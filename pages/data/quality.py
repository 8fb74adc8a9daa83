"""数据质量: how right and how complete the figures are, and what waits for a person."""

import streamlit as st

from core import clock, labels, ui
from core.notices import unread
from core.query import coverage, quality, sources
from core.ui import accuracy, notices, reconcile, retention, verification
from core.ui import coverage as days
from core.ui import quality as forms
from core.ui.ask import look

where = ui.gate("quality")
now = clock.now().replace(second=0, microsecond=0)
found = ui.ask(coverage.calendar, where, clock.day_of(now))
account = accuracy.chosen()
known = accuracy.known(where, account, now)
checks = ui.ask(quality.checks, where)
states = sources.board(ui.ask(sources.listing, now)).states


def percent(value: float | None, digits: int = 1) -> str:
    return labels.MISSING if value is None else f"{value * 100:.{digits}f}%"


ui.cards([
    accuracy.card(known),
    reconcile.card(where, known),
    ui.Card("账号日覆盖率", percent(found.share),
            help=f"应有 {found.expected:,} 个账号日，已掌握 {found.covered:,} 个，缺口 {found.gaps:,} 个"),
    ui.Card("需核对项", str(sum(check.state == "需核对" for check in checks)),
            help=f"{len(checks)} 项核对中有问题的项数，见“核对项”"),
    ui.Card("异常采集源", str(sum(states[name] for name in ("person", "failed", "late"))),
            help="需人工处理、采集失败或逾期未采的采集源，不受筛选影响"),
    ui.Card("待处理通知", str(look(unread))),
])
notices.panel()
if found.accounts.empty:
    ui.empty("所选范围内还没有账号。请在“账号台账”导入单位和账号，或在左侧放宽筛选。")
    ui.link("ledger")
    st.stop()
part = forms.part()
if part == "准确率":
    accuracy.section(known, where, now)
    st.subheader("月度核验与签认", anchor=False)
    verification.panel(now)
elif part == "对账":
    reconcile.section(where, known)
elif part == "覆盖率":
    days.calendar(found, where)
    account_id, day = days.choice(where)
    if account_id is not None and day is not None:
        with st.container(border=True):
            days.behind(account_id, day)
    st.subheader("覆盖率", anchor=False)
    days.shares(found)
elif part == "核对项":
    forms.checks(checks, where)
else:
    retention.panel(now)
