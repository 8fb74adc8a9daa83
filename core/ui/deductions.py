"""The local list of deductions in the part 检查指标: records of accounts, entries, and the list with its versions."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock
from core.ledger import deductions as ledger
from core.metrics import deductions as metrics
from core.metrics.deductions import APART, PASSES, TESTS, USUAL, Item, Record, Sheet, said
from core.query import deductions as query
from core.query.compliance import Compliance
from core.ui.ask import ask
from core.ui.deeds import WHO, do
from core.ui.parts import Card, caption, cards, empty, plain, toast_error
from core.ui.table import Column, pick, table

TOLD = "compliance"
COLOURS = {PASSES["pass"]: "green", PASSES["fail"]: "red"}
_BLANK = 3
"""Empty rows at the end of the list, for new items."""
_KINDS = ("扣分", "加分")
_BY_HAND = "人工登记"
_RECORDS = {
    "account": Column("账号", pinned=True, width=150), "local": Column("本地结论", width=76),
    "score": Column("得分", width=70, help="有无法判定的项目时是范围：前一个数假定它们都扣分，后一个数假定都不扣"),
    "national": Column("全国口径", width=76, help="国办秘函〔2019〕19号：只看单项否决"),
    "unit": Column("单位", width=150), "platform": Column("平台", width=76),
    "deducted": Column("扣分", "number", help="能确认的扣分"),
    "bonus": Column("加分", "number", help="高于加分线才计入"), "unjudged": Column("无法判定的项目", width=160),
    "why": Column("扣分、加分说明", width=330),
}
_LINES = {
    "item": Column("项目", width=150), "amount": Column("扣分、加分", width=190), "times": Column("次数", width=70),
    "source": Column("来源", width=90), "words": Column("依据", width=420),
}
_MARKS = {
    "state": Column("状态", width=66), "day": Column("日期", "date"), "account": Column("账号", width=130),
    "name": Column("项目", width=130), "times": Column("次数", "int", width=56), "reason": Column("原因", width=220),
    "evidence": Column("依据", width=220), "url": Column("原文", "link"), "who": Column("登记人"),
    "at": Column("登记时间", "time"), "withdrawn": Column("撤回", width=180), "platform": Column("平台"),
    "unit": Column("单位"),
}


def section(shown: Compliance) -> None:
    """Records of the accounts that are looked at, entries of the period, and the list."""
    caption(APART)
    if shown.sheet is None:
        empty(f"检查日（{shown.last}）还没有执行中的本地扣分项。请在下面“扣分项”中保存一份，起始日期不晚于检查日。",
              ":material/rule:")
    else:
        _records(shown, shown.sheet)
        with st.expander("登记扣分、加分", icon=":material/edit_note:"):
            _enter(shown, shown.sheet)
    marks = ask(query.marks, shown.first, shown.last)
    marks = marks[marks["account_id"].isin(shown.accounts["account_id"])].reset_index(drop=True)
    if not marks.empty:
        with st.expander(f"登记记录（{len(marks)} 条）", icon=":material/history_edu:"):
            _marks(marks)
    with st.expander("扣分项（修改、历史版本）", icon=":material/rule_settings:", expanded=shown.sheet is None):
        _list(shown)


def badge(record: Record | None) -> str:
    """`本地 92 分，合格`; empty where there is no list, or the account isn't inspected."""
    if record is None or record.total is None:
        return ""
    return f"本地 {record.score} 分，{PASSES[record.verdict]}"


def lines(record: Record) -> pd.DataFrame:
    """The items of a record with what each came to: item, amount, times, source, words."""
    return pd.DataFrame([{
        "item": line.item.name, "amount": line.amount,
        "times": "无法判定" if line.most is None else str(line.least) if line.least == line.most
        else f"{line.least}～{line.most}", "source": line.source, "words": line.words,
    } for line in record.lines], columns=list(_LINES))


def record_of(row: Mapping[str, Any]) -> None:
    """One account's record by the local list, item by item."""
    record = row["record"]
    if record is None or record.total is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**本地扣分**", width="content")
        st.badge(f"{record.score} 分·{row['local']}", color=COLOURS.get(row["local"], "gray"))
    bonus = "" if not any(line.item.bonus and line.points for line in record.lines) else (
        f"；加 {said(record.bonus)} 分" if record.bonus else "；未高于加分线，加分不计入")
    ignored = f"；另有 {record.ignored} 条登记不属于现行扣分项，没有计入" if record.ignored else ""
    caption(f"能确认的扣分 {said(record.deducted)} 分，至多 {said(record.deducted_most)} 分{bonus}{ignored}。")
    table(lines(record), _LINES, key=f"local_lines_{row['account_id']}", alt="逐项扣分")


# --- Records --------------------------------------------------------------------------------------------------------


def _records(shown: Compliance, sheet: Sheet) -> None:
    frame = shown.accounts
    counted = Counter(frame["local"])
    cards([Card(f"本地{word}", f"{counted[word]:,}") for word in PASSES.values()])
    caption(f"{sheet.valid_from} 起执行的扣分项：基础分 {said(sheet.base)}，{said(sheet.pass_line)} 分以上合格，高于 "
            f"{said(sheet.bonus_line)} 分才计加分。没有采集到的日子不计次数；判定不了的写“无法判定”，得分写成范围。"
            "点选一行看逐项扣分。")
    order = {word: n for n, word in enumerate(PASSES.values())}
    frame = frame.assign(_order=frame["local"].map(order)).sort_values(
        ["_order", "deducted"], ascending=[True, False], kind="stable").reset_index(drop=True)
    chosen = pick(frame, _RECORDS, frame["account_id"], key="local_table", word="scored", alt="各账号本地扣分")
    if chosen is not None and chosen in set(frame["account_id"]):
        row = frame[frame["account_id"] == chosen].iloc[0].to_dict()
        with st.container(border=True):
            st.markdown(f"**{plain(row['account'])}**·{plain(row['platform'])}　全国口径：{row['national']}")
            record_of(row)
            if row["record"].total is None:
                caption("这个账号不在检查之列，不计本地扣分。")


# --- Entries --------------------------------------------------------------------------------------------------------


def _enter(shown: Compliance, sheet: Sheet) -> None:
    """A form for one entry; the posts of the day are offered as evidence."""
    accounts = {int(row.account_id): f"{row.account}·{row.platform}（{row.unit}）"
                for row in shown.accounts.itertuples()}
    items = {item.key: f"{_KINDS[item.bonus]}：{item.name}（每次 {said(item.points)} 分）" for item in sheet.items}
    turn = _round()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        account = st.selectbox("账号", list(accounts), None, format_func=accounts.get, key=f"mark_account_{turn}",
                               placeholder="输入名称查找", width=320)
        day = st.date_input("日期", shown.last, max_value=clock.day_of(clock.now()), key=f"mark_day_{turn}",
                            format="YYYY-MM-DD", width=150)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        item = st.selectbox("项目", list(items), None, format_func=items.get, key=f"mark_item_{turn}",
                            placeholder="请选择", width=320)
        times = st.number_input("次数", 1, ledger.TIMES_MOST, 1, key=f"mark_times_{turn}", width=150)
    reason = st.text_input("原因（必填）", key=f"mark_reason_{turn}", max_chars=ledger.REASON_MOST)
    posts = ask(query.posts_of, account, day) if account is not None and day is not None else {}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        post = st.selectbox("有关帖文", list(posts), None, format_func=posts.get, width=320, disabled=not posts,
                            key=f"mark_post_{turn}_{account}_{day}",
                            placeholder="不选" if posts else "这一天没有采集到帖文")
        evidence = st.text_input("其他依据（链接、文号等）", key=f"mark_evidence_{turn}", width=320,
                                 max_chars=ledger.REASON_MOST)
    if not st.button("登记", type="primary", icon=":material/add:", key="mark_go"):
        return
    if account is None or item is None or day is None:
        toast_error("请选择账号、日期和项目。")
        return
    _save(lambda session: ledger.enter(
        session, account, item, day, times=int(times), reason=reason, post=post or "", evidence=evidence, who=WHO,
        now=clock.now()))


def _marks(marks: pd.DataFrame) -> None:
    names = {item.key: item.name for version in reversed(ask(query.versions)) for item in version.sheet.items}
    frame = marks.assign(name=[names.get(key, key) for key in marks["item"]])
    caption("包括已撤回的；点选一条可撤回。撤回后不再计分，记录保留。")
    chosen = pick(frame, _MARKS, frame["id"], key="local_marks", alt="登记记录")
    row = next((row for row in frame.to_dict("records") if row["id"] == chosen), None)
    if row is None or row["state"] == "已撤回":
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        why = st.text_input("撤回原因（必填）", key=f"withdraw_why_{chosen}", width=320, max_chars=ledger.REASON_MOST)
        if st.button("撤回这条登记", icon=":material/undo:", key="withdraw_go"):
            _save(lambda session: ledger.withdraw(session, chosen, why, who=WHO, now=clock.now()))


# --- The list -------------------------------------------------------------------------------------------------------

_HEADS: Mapping[str, str] = {
    "key": "编号", "name": "名称", "words": "说明", "kind": "性质", "points": "每次分值", "most": "本项最高",
    "test": "自动核查", "limit": "参数", "drop": "删除",
}
_TEST_OF = {test.name: key for key, test in TESTS.items()}


def _list(shown: Compliance) -> None:
    """Edit the list into a new version; tests explained; earlier versions."""
    known = ask(query.versions)
    sheet = shown.sheet or (known[-1].sheet if known else Sheet(
        date(shown.last.year, 1, 1), 100, 60, 80, USUAL))
    if not known:
        caption("下面是各地细则中常见的条目，分值为示例。请按本区细则增删修改后保存。")
    turn = _round()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        start = st.date_input("自哪天起执行", sheet.valid_from if not known else shown.last.replace(day=1),
                              key=f"list_from_{turn}", format="YYYY-MM-DD", width=170,
                              help="以检查时段最后一天执行的版本为准；同一天起执行的，以后保存的为准")
        base, passing, bonus = (
            st.number_input(label, 0.0, float(metrics.POINTS_MOST), float(getattr(sheet, name)), step=1.0, width=120,
                            format="%.6g", key=f"list_{name}_{turn}_{sheet.valid_from}")
            for name, label in (("base", "基础分"), ("pass_line", "合格线"), ("bonus_line", "加分线"))
        )
    rows = _rows(sheet)
    key = f"list_items_{turn}_{sheet.valid_from}_{len(rows)}"
    st.data_editor(
        pd.DataFrame(rows, columns=list(_HEADS)), key=key, hide_index=True, num_rows="fixed", disabled=["key"],
        placeholder="—", alt="本地扣分项", column_config=_config(), height="content",
    )
    caption(f"末尾 {_BLANK} 行空白用于新增；勾选“删除”的不再保留。一项的扣分不超过“本项最高”。")
    if st.button("保存为新版本", type="primary", icon=":material/save:", key="list_go"):
        edits = st.session_state.get(key, {}).get("edited_rows", {})
        merged = [row | edits.get(n, edits.get(str(n), {})) for n, row in enumerate(rows)]
        if start is None:
            toast_error("请选择自哪天起执行。")
            return
        used = {item.key for one in known for item in one.sheet.items}
        made = Sheet(start, base, passing, bonus, _items(merged, used))
        _save(lambda session: ledger.keep(session, made, who=WHO, now=clock.now()))
    st.markdown("\n".join(f"- **{test.name}**：{plain(test.how)}" for test in TESTS.values()))
    if known:
        table(_versions(known), {
            "from": Column("起始日期", "date"), "items": Column("条目", "int"),
            "lines": Column("基础分、合格线、加分线"), "names": Column("项目", width=420),
            "at": Column("保存时间", "time"), "who": Column("修改人"),
        }, key="list_versions", alt="扣分项的历史版本")


def _rows(sheet: Sheet) -> list[dict[str, Any]]:
    rows = [{
        "key": item.key, "name": item.name, "words": item.words, "kind": _KINDS[item.bonus], "points": item.points,
        "most": item.most, "test": TESTS[item.test].name if item.test else _BY_HAND, "limit": item.limit, "drop": False,
    } for item in sheet.items]
    blank = {"key": "", "name": "", "words": "", "kind": _KINDS[0], "points": None, "most": None, "test": _BY_HAND,
             "limit": None, "drop": False}
    return rows + [dict(blank) for _ in range(_BLANK)]


def _config() -> dict[str, Any]:
    made = st.column_config
    words = "、".join(f"{test.name}：{test.limit}" for test in TESTS.values() if test.limit)
    return {
        "key": made.TextColumn(_HEADS["key"], width=70, help="登记按编号归入各项，各版本不变"),
        "name": made.TextColumn(_HEADS["name"], width=150, max_chars=metrics.NAME_MOST),
        "words": made.TextColumn(_HEADS["words"], width=240, max_chars=metrics.WORDS_MOST),
        "kind": made.SelectboxColumn(_HEADS["kind"], options=list(_KINDS), required=True, width=70),
        "points": made.NumberColumn(_HEADS["points"], min_value=0, step=0.01, format="%.6g", width=80),
        "most": made.NumberColumn(_HEADS["most"], min_value=0, step=0.01, format="%.6g", width=80),
        "test": made.SelectboxColumn(_HEADS["test"], options=[_BY_HAND, *_TEST_OF], required=True, width=140),
        "limit": made.NumberColumn(_HEADS["limit"], min_value=1, step=1, width=60, help=words),
        "drop": made.CheckboxColumn(_HEADS["drop"], width=56),
    }


def _items(rows: Sequence[Mapping[str, Any]], used: set[str]) -> tuple[Item, ...]:
    """The items of the edited table; new ones get a number that no version has had."""
    fresh = max((int(key) for key in used | {row["key"] for row in rows} if key.isdecimal()), default=0)
    out = []
    for row in rows:
        if row["drop"] or not (row["key"] or (row["name"] or "").strip()):
            continue
        fresh += not row["key"]
        key, limit = row["key"] or f"{fresh:02}", row["limit"]
        out.append(Item(
            key, row["name"] or "", row["words"] or "", float(row["points"] or 0), float(row["most"] or 0),
            row["kind"] == _KINDS[1], _TEST_OF.get(row["test"], ""), None if pd.isna(limit) else int(limit),
        ))
    return tuple(out)


def _versions(known: Sequence[ledger.Version]) -> pd.DataFrame:
    frame = pd.DataFrame([{
        "from": one.sheet.valid_from, "items": len(one.sheet.items),
        "lines": "、".join(said(value) for value in (one.sheet.base, one.sheet.pass_line, one.sheet.bonus_line)),
        "names": "、".join(f"{item.name} {'+' if item.bonus else '-'}{said(item.points)}" for item in one.sheet.items),
        "at": one.at, "who": one.who,
    } for one in known])
    frame["at"] = pd.to_datetime(frame["at"], utc=True)
    return frame


# --- Saving ---------------------------------------------------------------------------------------------------------


def _round() -> int:
    return st.session_state.get("local_round", 0)


def _save(deed: Callable[[Session], str]) -> None:
    if do(deed, TOLD):
        st.session_state["local_round"] = _round() + 1
        st.rerun()
