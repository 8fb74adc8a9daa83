"""账号详情: one account's followers, days, rhythm, posts, and the readings behind each post."""

import streamlit as st

from core import charts, clock, labels, ui
from core.metrics.cadence import FRESHNESS_WORDS, freshness
from core.query import accounts, totals, trends
from core.ui.account import platform_days, posts_of
from core.ui.choice import linked
from core.ui.explained import explained
from core.ui.origins import origins
from core.ui.parts import Card, plain

where = ui.gate("account")
options = ui.ask(accounts.options)
if options.empty:
    ui.empty("还没有账号。请先在“账号台账”导入账号。")
    ui.link("ledger")
    st.stop()
chosen = linked("account", "账号", dict(zip(options["account_id"], options["label"], strict=True)), "输入名称查找账号")
if chosen is None:
    ui.empty("请选择一个账号；也可以从“榜单”点选一行进入。")
    st.stop()
account = ui.ask(accounts.profile, chosen)
period = ui.ask(accounts.period, chosen, where.start, where.end)
rhythm = ui.ask(accounts.rhythm, chosen, where.start, where.end)
fans = ui.ask(accounts.followers, chosen, where.start, where.end)

st.subheader(plain(account.name), anchor=False)
ui.caption(account.words)
known = fans.dropna(subset=["value"])
shown = [name for name in (account.main, "likes", "reposts", "comments") if name in account.counters]
ui.cards([
    Card("发布数", labels.count(totals.count_of(period, "posts")),
            help=f"数据覆盖 {period['covered']}/{where.days} 天"),
    *(Card(f"总{labels.COUNTERS[name]}", labels.count(totals.count_of(period, name))) for name in shown),
    Card("粉丝数", (known["mark"].iloc[-1] + labels.wan(known["value"].iloc[-1])) if len(known) else labels.MISSING),
    Card("最近发布", f"{rhythm.last_post:%m-%d}" if rhythm.last_post else labels.MISSING,
            help=FRESHNESS_WORDS[freshness(rhythm.last_post, min(where.end, clock.day_of(clock.now())))]),
])
origins(where, {name: (word, totals.count_of(period, name)) for name, word in {
    "posts": "发布数", **{name: f"总{labels.COUNTERS[name]}" for name in shown}}.items()} | (
        {"followers": ("粉丝数", None)} if len(known) else {}), key="account", account=chosen)

daily = ui.ask(accounts.daily, chosen, where.start, where.end)
left, right = st.columns(2)
with left:
    metric = next((n for n in (account.main, "interaction") if n and daily[n].notna().any()), "posts")
    word, unit = trends.METRICS[metric], trends.UNITS[metric]
    st.altair_chart(charts.daily_lines(trends.series(daily, metric), unit=unit, value_name=word,
                                       title=f"每日{word}"), alt=f"每日{word}折线图")
with right:
    if len(known):
        st.altair_chart(charts.daily_lines(fans[["day", "value", "mark"]], unit="人", value_name="粉丝数",
                                           title="粉丝数", zero=False), alt="粉丝数折线图")
    else:
        ui.empty("本期没有粉丝读数。")
if rhythm.last_post and sum(map(sum, rhythm.cells)):
    st.altair_chart(charts.heat(rhythm.frame(), unit="篇", value_name="发布数", title="发布时段（星期 × 小时）",
                                column_title="时", row_height=42), alt="按星期和小时的发布数热力图")
    ui.caption(rhythm.words)

explained(chosen, account.platform, where)
platform_days(account, where)
posts_of(account, where)
