"""The part 检查指标 of the room 账号台账: every account inspected, cards of units, words found, rules, export."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, db
from core.faults import BadInput
from core.ledger.judged import DECISIONS, Decision, judge
from core.metrics.compliance import OUTCOMES, RULES, VERDICTS, WEIGHTS, Check, Outcome
from core.query import compliance as query
from core.query import ledger, scope
from core.query.compliance import Compliance, UnitCard
from core.query.scope import Filter
from core.report import compliance as report
from core.report import excel, pdf
from core.report.content import Content
from core.ui import deductions, leaders
from core.ui.ask import ask, look
from core.ui.choice import linked
from core.ui.deeds import WHO, do, said
from core.ui.filters import anchor_day
from core.ui.parts import Card, caption, cards, empty, link, plain, toast_error
from core.ui.table import Column, pick, table

TOLD = "compliance"
_ROUND = "check_round"
VIEWS = ("账号", "单位", "文字核对", "本地扣分", "领导名单", "规则")
SPANS = ("近30天", "近90天", "当月", "当季", "当年")
"""Periods that end with the day of the check."""
ROWS = 10
"""Cards of units on one page."""
_COLOURS: dict[Outcome, str] = {
    "fail": "red", "unknown": "gray", "deduct": "orange", "remind": "blue", "ok": "green", "none": "gray",
}
_COLOUR_OF = {word: _COLOURS[code] for code, word in VERDICTS.items()}
_ICONS: dict[Outcome, str] = {
    "fail": ":red[:material/cancel:]", "unknown": ":gray[:material/help:]", "deduct": ":orange[:material/error:]",
    "remind": ":blue[:material/notifications:]", "ok": ":green[:material/check_circle:]",
    "none": ":gray[:material/remove:]",
}
_HELP: dict[Outcome, str] = {
    "fail": "有一项单项否决", "unknown": "单项否决中有无法判定的：数据没有采集到、互动功能未核查，或疑似严重错误待确认",
    "deduct": "没有否决，有本地细则的扣分项", "remind": "没有否决和扣分，有提醒项", "ok": "各项都符合",
    "none": "已合并、已注销、检查日时未开通的账号，以及政府网站",
}


def section() -> None:
    """The whole part: day and period of the check, filters, outcome, export."""
    said(TOLD)
    try:
        words, digest = query.word_list()
        start, day = _when()
        found = ask(query.compliance, Filter(start, day), words)
    except BadInput as refused:
        toast_error(plain(str(refused)))
        return
    if found.accounts.empty:
        empty("台账里还没有账号，没有可检查的。请先在“账号”中新增，或在“导入导出”中用 Excel 批量导入。")
        return
    tally = found.tally()
    cards([Card(word, f"{tally[word]:,}", help=_HELP[code]) for code, word in VERDICTS.items()])
    shown, told = _narrowed(found)
    view = st.segmented_control("内容", VIEWS, default=VIEWS[0], key="check_view", required=True, bind="query-params",
                                label_visibility="collapsed")
    if view == "规则":
        _rules(words, digest)
    elif view == "领导名单":
        leaders.section()
    elif shown.accounts.empty:
        empty("没有符合条件的账号，请放宽筛选。", ":material/filter_alt_off:")
    else:
        {"账号": _accounts, "单位": _units, "文字核对": _findings, "本地扣分": deductions.section}[view](shown)
        _export(shown, told, digest)


# --- What is looked at ----------------------------------------------------------------------------------------------


def _when() -> tuple[date, date]:
    """First day of the period and day of the check. A day is checked when it is over."""
    yesterday = clock.day_of(clock.now()) - timedelta(1)
    anchor = anchor_day(ask(scope.choices), yesterday + timedelta(1), False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        day = st.date_input("检查日", anchor, key="check_day", bind="query-params", max_value=yesterday,
                            min_value=date(2010, 1, 1), format="YYYY-MM-DD", width=160,
                            help="按这一天结束时的情况判定；当天没有过完，不能作检查日")
        span = st.selectbox("回看", SPANS, key="check_span", bind="query-params", width=140,
                            help="间断、超期天数和文字核对所看的时段，到检查日为止")
    day = day or anchor
    first = {
        "近30天": day - timedelta(29), "近90天": day - timedelta(89), "当月": day.replace(day=1),
        "当季": date(day.year, (day.month - 1) // 3 * 3 + 1, 1), "当年": date(day.year, 1, 1),
    }[span]
    return first, day


def _narrowed(found: Compliance) -> tuple[Compliance, str]:
    """What the filters leave, and the filters in words."""
    frame = found.accounts
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input("账号、单位、原因包含", key="check_search", max_chars=50, width=220)
        verdicts = st.multiselect("结论", list(VERDICTS.values()), key="check_verdict", bind="query-params",
                                  placeholder="全部", width=200)
        platform = st.selectbox("平台", list(frame["platform"].unique()), None, key="check_platform",
                                bind="query-params", placeholder="全部", width=150)
        names = frame.sort_values("unit").drop_duplicates("unit_id").set_index("unit_id")["unit"]
        with st.container(width=240):
            unit = linked("check_unit", "单位", {int(id_): name for id_, name in names.items()}, "全部")
    if verdicts:
        frame = frame[frame["verdict"].isin(verdicts)]
    if unit is not None:
        frame = frame[frame["unit_id"] == unit]
    frame = ledger.matching(frame, search, platform=platform)
    findings = found.findings
    kept = findings[findings["account_id"].isin(frame["account_id"])].reset_index(drop=True)
    number = int(frame[["confirmed", "grave", "wrong", "doubtful"]].to_numpy().sum()) if len(frame) else 0
    told = "；".join(filter(None, (
        "、".join(verdicts), platform, names.get(unit) if unit is not None else "", f"包含“{search}”" if search else "",
    ))) or "全部账号"
    return replace(found, accounts=frame, findings=kept, found=number), told


# --- Accounts -------------------------------------------------------------------------------------------------------

_TABLE = {
    "account": Column("账号", pinned=True, width=150), "verdict": Column("结论", width=76),
    "unit": Column("单位", width=160), "platform": Column("平台", width=76), "last_post": Column("最近发布", "date"),
    "silent": Column("未更新天数", "int", help="检查日前连续多少天有采集记录可以确认没有发布"),
    "reasons": Column("原因", width=330), "state": Column("状态"),
    "silent_most": Column("至多", "int", help="假定没有采集到的日子都没有发布时的未更新天数；空白为不知道"),
    "gap": Column("最长间断", "int", help="回看时段内，能够确认没有发布的最长连续天数"),
    "out": Column("超期天数", "int", help="回看时段内，有多少天距上次发布超过 14 天；只数能确认的"),
    "unknown": Column("未采集天数", "int", help="回看时段内，不知道有没有发布的天数；不当作没有发布"),
    "interactive": Column("互动功能"), "registration_no": Column("备案号"),
    "twins": Column("同平台其他账号", "int"),
    "confirmed": Column("严重（属实）", "int", help="严重表述错误，人工已确认"),
    "grave": Column("严重（待确认）", "int", help="疑似严重表述错误，待人工确认"),
    "wrong": Column("一般", "int", help="错别字、不规范表述"),
    "doubtful": Column("提示", "int", help="须人工核对的用词"),
}


def _accounts(found: Compliance) -> None:
    frame = found.accounts
    caption(f"共 {len(frame):,} 个账号，不合格的在前；没有采集到的日子不当作没有发布。点选一行看逐项结论。")
    chosen = pick(frame, _TABLE, frame["account_id"], key="check_table", word="checked", alt="各账号检查结论")
    if chosen is None or chosen not in set(frame["account_id"]):
        return
    row = frame[frame["account_id"] == chosen].iloc[0]
    with st.container(border=True):
        _title(f"{row['account']}·{row['platform']}", row["verdict"], row["unit"])
        for check in row["inspection"].checks:
            _check(check)
        deductions.record_of(row.to_dict())
        mine = found.findings[found.findings["account_id"] == chosen]
        if not mine.empty:
            table(mine, _WORDS, key=f"check_words_{chosen}", alt="这个账号查到的用词")
        with st.container(horizontal=True, gap="medium"):
            link("account", "账号详情", account=int(chosen))
            link("quality", "采集日历", ":material/calendar_month:", account=int(chosen), day=found.last.isoformat())


def _title(name: str, verdict: str, unit: str = "") -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(name)}**", width="content")
        st.badge(verdict, color=_COLOUR_OF[verdict])
        if unit:
            st.caption(plain(unit), width="content")


def _check(check: Check) -> None:
    rule, word = RULES[check.rule], OUTCOMES[check.outcome]
    st.markdown(f"{_ICONS[check.outcome]} **{rule.name}**（{WEIGHTS[rule.weight]}）　{word}：{plain(check.words)}")


# --- Units ----------------------------------------------------------------------------------------------------------


def _units(found: Compliance) -> None:
    """A card for each unit, those with a veto first."""
    made = found.units()
    pages = max(-(-len(made) // ROWS), 1)
    key = f"check_page_{found.last}_{len(made)}"
    page = min(st.session_state.get(key, 1), pages)
    caption(f"共 {len(made)} 个单位，有不合格账号的在前。")
    part = made[(page - 1) * ROWS : page * ROWS]
    for at in range(0, len(part), 2):
        for column, card in zip(st.columns(2), part[at : at + 2], strict=False):
            with column, st.container(border=True):
                _unit(card)
    if pages > 1:
        st.pagination(pages, key=key)


def _unit(card: UnitCard) -> None:
    _title(card.unit, card.verdict, card.kind)
    caption(card.words)
    for row in card.accounts.to_dict("records"):
        outcome = row["inspection"].verdict
        why = plain(row["reasons"] or row["inspection"].checks[0].words)
        local = deductions.badge(row["record"])
        st.markdown(f"{_ICONS[outcome]} **{plain(row['account'])}**·{plain(row['platform'])}　{row['verdict']}：{why}"
                    + (f"　:gray-badge[{plain(local)}]" if local else ""))


# --- Words ----------------------------------------------------------------------------------------------------------

_WORDS = {
    "level": Column("程度", width=56), "decision": Column("人工判断", width=76), "wrong": Column("查到", width=130),
    "right": Column("规范写法", width=140), "around": Column("上下文", width=290),
    "account": Column("账号", width=120), "day": Column("发布日期", "date"), "url": Column("原文", "link"),
    "title": Column("标题", width=220), "place": Column("位置", width=110), "kind": Column("类别", width=80),
    "platform": Column("平台"), "note": Column("说明", width=200), "source": Column("依据", width=260),
}


def _findings(found: Compliance) -> None:
    if found.findings.empty:
        if read := int(found.accounts["read"].sum()):
            empty(f"核对 {read:,} 篇的标题和正文，没有发现词表所列的错误。", ":material/check_circle:")
        else:
            empty("期内没有采集到标题和正文，没有可核对的文字。请放宽回看时段，或先采集、导入帖文。")
        return
    more = f"，只列出前 {query.SHOWN:,} 处" if found.found > query.SHOWN else ""
    caption(f"共 {found.found:,} 处{more}，程度重的在前。自动核对只是线索，勾选后由人工判断：“严重”的确认属实才算"
            "单项否决，判为“不算差错”的排在最后、不再计入。领导姓名职务按“领导名单”核对，都是疑似。图片和视频中的文字不在核对之内。")
    kinds = list(found.findings["kind"].unique())
    if len(kinds) > 1 and (kind := st.pills("类别", kinds, key="check_kind", label_visibility="collapsed")):
        found = replace(found, findings=found.findings[found.findings["kind"] == kind].reset_index(drop=True))
    # What is ticked is kept by position, and must not slide onto other rows.
    order = hashlib.sha256(repr([*found.findings["post_id"], *found.findings["place"]]).encode()).hexdigest()[:12]
    rows = table(found.findings, _WORDS, key=f"check_findings_{st.session_state.get(_ROUND, 0)}_{order}", many=True,
                 alt="查到的错别字、不规范表述和风险词")
    if not rows:
        return
    chosen = found.findings.iloc[rows]
    picked = [(int(post), word) for post, word in zip(chosen["post_id"], chosen["wrong"], strict=True)]
    with st.container(horizontal=True, vertical_alignment="center"):
        caption(f"已勾选 {len(rows)} 处")
        for decision, word, icon in (("error", "确认属实", "gavel"), ("fine", "不算差错", "done"),
                                     (None, "撤回判断", "undo")):
            if st.button(word, key=f"check_{decision}", icon=f":material/{icon}:") and do(
                    partial(_judge, picked, decision), TOLD):
                st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
                st.rerun()


def _judge(picked: Sequence[tuple[int, str]], decision: Decision | None, session: Session) -> str:
    number = judge(session, picked, decision, who=WHO, now=clock.now())
    return f"已判断 {number} 处：{DECISIONS[decision]}。" if decision else f"已撤回 {number} 处判断。"


# --- Rules ----------------------------------------------------------------------------------------------------------


def _rules(words: str, digest: str) -> None:
    for rule in RULES.values():
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**{rule.name}**", width="content")
                st.badge(WEIGHTS[rule.weight], color={"veto": "red", "deduction": "orange"}.get(rule.weight, "blue"))
            st.markdown(f"{plain(rule.words)}{plain(rule.how)}")
            caption(f"依据：{rule.source}")
    st.markdown("**怎样下结论**")
    for line in report.METHOD:
        st.markdown(f"- {plain(line)}")
    with st.expander("词表：查哪些词，依据是什么", icon=":material/spellcheck:"):
        terms = query.matcher(words).terms.values()
        caption(f"共 {len(terms)} 条，版本 {digest}。词表是 data/catalog/terms.csv，可用 Excel 增删（存为 CSV UTF-8），"
                "改后刷新即用。")
        frame = pd.DataFrame([
            {"wrong": term.wrong, "right": term.right or "（不使用）", "kind": term.kind, "level": term.level,
             "unless": "、".join(term.unless), "note": term.note, "source": term.source} for term in terms
        ])
        table(frame, {
            "wrong": Column("查的词"), "right": Column("规范写法"), "kind": Column("类别"), "level": Column("程度"),
            "unless": Column("这些词中不算", width=200), "note": Column("说明", width=240),
            "source": Column("依据", width=320),
        }, key="check_terms", alt="词表")


# --- Taking it along ------------------------------------------------------------------------------------------------


def _export(shown: Compliance, told: str, digest: str) -> None:
    """The outcome as it is filtered, as Excel and PDF with method, filter and stamp written in; made when asked for."""
    name = f"政务新媒体检查 {shown.last}"
    with st.container(horizontal=True, vertical_alignment="center"):
        for suffix, word, render, icon in (("xlsx", "Excel", excel.render, "table_view"),
                                           ("pdf", "PDF", pdf.render, "picture_as_pdf")):
            st.download_button(f"导出 {word}", partial(_made, render, shown, told, digest), f"{name}.{suffix}",
                               on_click="ignore", icon=f":material/{icon}:", key=f"check_{suffix}")
        caption(f"导出的是筛选后的结果：{told}。")


def _made(render: Callable[[Content], bytes], shown: Compliance, told: str, digest: str) -> bytes:
    at = look(db.stamped_at) or clock.now()
    return render(report.compose(
        shown, told, digest, as_of=at, stamp=look(db.stamp), demo=ask(scope.choices).demo, brief=render is pdf.render,
    ))
