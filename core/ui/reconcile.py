"""对账 in the room 数据质量: exports held against our figures, providers' boards, two sources of the same thing."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from core import clock, labels
from core.faults import BadInput
from core.imports.shown import Preview
from core.models import Reconciliation
from core.query.scope import Filter
from core.recheck.accuracy import Accuracy
from core.reconcile import boards, kept, summary, tally
from core.reconcile.tally import Tally
from core.ui import captured, imports, mapping
from core.ui.ask import ask, look
from core.ui.deeds import WHO, do, refuse, said
from core.ui.export import export
from core.ui.parts import Card, caption, empty, link, plain
from core.ui.readings import readings
from core.ui.table import Column, pick, table

TOLD = "reconcile"
WORD = "reconcile"
METHOD = (
    "相符率 = 相符的数字 ÷ 能比对的数字。累计增长的读数与导出时刻前后我方的读数比：前 ≤ 对方 ≤ 后即为相符，"
    "允许平台清理造成的出入（1% 或 3）；“10万+”“1.2万”按其上下限比；已定的日数据须相等。"
    "导出之后我方还没有新读数、增长可能正常的，列为“暂不能判定”，不算对也不算错；发布满七天后仍比我方多两成以上的算不符。"
)
_LIST: Mapping[str, Column] = {
    "at": Column("对账时间", "time"), "account": Column("账号", width=150), "platform": Column("平台", width=90),
    "kind": Column("导出", width=170), "span": Column("内容起止", width=190), "compared": Column("比对数字", "int"),
    "differing": Column("不符", "int"), "theirs": Column("只有对方有", "int"), "ours": Column("只有我方有", "int"),
    "open": Column("暂不能判定", "int"), "share": Column("相符率", width=90), "name": Column("文件", width=220),
}
_FOUND: Mapping[str, Column] = {
    "kind": Column("结果", width=100), "what": Column("对象", width=80), "day": Column("日期", "date", width=100),
    "title": Column("标题", width=220), "name": Column("项目", width=90), "theirs": Column("对方", width=180),
    "ours": Column("我方", width=190), "difference": Column("差额", "int"), "reason": Column("可能的原因", width=300),
    "remedy": Column("办法", width=320), "locator": Column("文件中的位置", width=130),
}
_BOARDS: Mapping[str, Column] = {
    "state": Column("结果", width=100), "account": Column("账号", width=140), "name": Column("项目", width=100),
    "theirs": Column("榜单值", width=100), "ours": Column("我方", width=100), "difference": Column("差额", "number"),
    "board": Column("榜单", width=130), "day": Column("截止日期", "date", width=110),
    "reason": Column("可能的原因", width=270), "remedy": Column("办法", width=260),
    "platform": Column("平台", width=90), "unit": Column("单位", width=150),
}
_CROSSED: Mapping[str, Column] = {
    "account": Column("账号", width=150), "platform": Column("平台", width=90), "day": Column("日期", width=110),
    "title": Column("标题", width=220), "name": Column("项目", width=110), "one": Column("来源一", width=130),
    "first": Column("数值一", width=100), "other": Column("来源二", width=130), "second": Column("数值二", width=150),
    "difference": Column("差额", "int"),
}
_BY: Mapping[str, Column] = {
    "name": Column("名称", width=190), "given": Column("后台导出比对", "int"), "given_differing": Column("不符", "int"),
    "theirs": Column("只有对方有", "int"), "crossed": Column("来源互证", "int"),
    "crossed_differing": Column("互证不符", "int"), "boards": Column("榜单比对", "int"),
    "boards_differing": Column("榜单不符", "int"),
}
_STATES = {"agree": "相符", "differ": "不符", "open": "暂不能判定", "": "我方无此项"}


def rate(one: Tally) -> str:
    """A share in words: never rounded up to 100 %."""
    if one.share is None:
        return labels.MISSING
    return "100%" if not one.differing else f"{int(one.share * 10_000) / 100:.2f}%"


def card(where: Filter, known: Accuracy) -> Card:
    """How far second sources agree with ours, in scope."""
    number, given = ask(kept.in_scope, where)
    total = given.plus(Tally(known.sum("compared"), known.sum("differing")))
    if not total.compared and not number:
        return Card("对账相符率", labels.MISSING, help="本期还没有与第二来源对过账，见“对账”")
    told = f"与后台导出（{number} 次）和其他采集源比对 {total.compared:,} 个数字，不符 {total.differing:,} 个；"
    return Card("对账相符率", rate(total), help=f"{told}只有对方有 {given.theirs:,} 条。第三方榜单另见“对账”")


def section(where: Filter, known: Accuracy) -> None:
    """Everything about second sources."""
    said(TOLD)
    _summary(where, known)
    st.subheader("后台导出", anchor=False)
    caption("从平台后台导出数据上传比对，逐篇、逐日与我方的数字核对。只作比对，不导入：什么数字都不会改变。")
    _listed(where)
    with st.expander("上传后台导出，与我方数据比对", icon=":material/compare_arrows:",
                     expanded=_round() in st.session_state.get("reconcile_open", ())):
        _upload()
    with st.expander("怎样算相符", icon=":material/help:"):
        st.markdown(plain(METHOD))
    st.subheader("第三方榜单", anchor=False)
    _boards(where)
    st.subheader("多个采集源互证", anchor=False)
    _crossed(known)


def _summary(where: Filter, known: Accuracy) -> None:
    frames = ask(kept.listing, where), known.rows, ask(boards.held, where)
    if summary.by("platform", *frames).empty:
        return
    by = st.segmented_control("对账口径", ["各平台", "各单位"], default="各平台", key="reconcile_by", required=True,
                              label_visibility="collapsed")
    frame = summary.by("platform" if by == "各平台" else "unit", *frames)
    table(frame, _BY, key=f"reconcile_by_{by}", alt=f"{by}的对账结果", height=320 if len(frame) > 8 else "auto")


def _round() -> int:
    return st.session_state.get("reconcile_round", 0)


# --- Exports --------------------------------------------------------------------------------------------------------


def _upload() -> None:
    found = imports.uploaded("reconcile", _round(), taken=False)
    if found is None:
        return
    shown = imports.reading(*found, TOLD, taken=False)
    if shown is None:
        return
    if shown.newcomer:
        refuse(BadInput(f"台账中没有账号“{shown.account_name}”，没有可比的数据。请在上面改选台账中的账号"))
        return
    if st.button("开始比对", type="primary", icon=":material/compare_arrows:", key="reconcile_go",
                 disabled=not shown.good):
        with st.spinner("正在逐项比对…"):
            done = do(lambda session: _kept(session, shown), TOLD)
        if done:
            st.session_state.pop("import_preview", None)
            mapping.forget_all()
            st.session_state["reconcile_round"] = _round() + 1
            st.rerun()


def _kept(session, shown: Preview) -> str:
    made = kept.keep(session, shown, who=WHO, now=clock.now())
    _open(made.id)
    return f"“{shown.name}”：{kept.words(Tally.of(made.counts))}。"


def _open(id_: int) -> None:
    st.query_params[WORD] = str(id_)


def _listed(where: Filter) -> None:
    frame = ask(kept.listing, where)
    asked = st.query_params.get(WORD, "")
    if frame.empty and not asked:
        empty("所选周期和范围内还没有对过账。在平台后台导出本期数据，展开下面上传即可比对。")
        return
    if not frame.empty:
        shown = frame.assign(
            account=frame["account"].fillna("（榜单）"),
            span=[f"{row.first:%Y-%m-%d} 至 {row.last:%m-%d}" for row in frame.itertuples()],
            share=[rate(Tally(int(row.compared), int(row.differing))) for row in frame.itertuples()])
        id_ = pick(shown, _LIST, frame["id"], key="reconcile_list", word=WORD, alt="对账记录",
                   height=320 if len(shown) > 8 else "auto")
    else:
        id_ = int(asked) if asked.isdecimal() and len(asked) < 10 else None
    if id_ is None:
        caption("点选一次对账，查看逐项结果。")
        return
    one = look(kept.find, id_)
    if one is None:
        st.warning("这次对账不存在，可能是链接有误。", icon=":material/link_off:")
        return
    with st.container(border=True):
        _result(one)


def _result(one: Reconciliation) -> None:
    st.markdown(f"**{plain(one.name)}**　{plain(one.kind)}")
    counted = Tally.of(one.counts)
    made, at = (f"{clock.local(moment):%Y-%m-%d %H:%M}" for moment in (one.seen_at, one.at))
    caption(f"{at} 由 {one.who} 比对；导出于 {made}，内容 {one.first} 至 {one.last}。"
            f"{kept.words(counted)}。相符率 {rate(counted)}。")
    if one.lacking:
        most = sorted(one.lacking.items(), key=lambda pair: -pair[1])[:8]
        caption(f"对方有、我方没有采集的项目，未参加比对：{'、'.join(f'{name} {n:,} 个' for name, n in most)}。")
    if one.hint:
        st.warning(plain(one.hint), icon=":material/lightbulb:")
    _deeds(one)
    frame = ask(kept.findings, one.id)
    if frame.empty:
        st.success("逐项相符，没有差异。" if counted.compared else "没有差异。", icon=":material/check_circle:")
        return
    numbers = frame["kind"].value_counts()
    kinds = [kind for kind in tally.KINDS.values() if kind in numbers]
    chosen = st.pills("只看", kinds, key=f"reconcile_kind_{one.id}", format_func=lambda k: f"{k} {numbers[k]:,}")
    part = frame if chosen is None else frame[frame["kind"] == chosen].reset_index(drop=True)
    row = table(part, _FOUND, key=f"reconcile_found_{one.id}_{chosen}", select=True, alt="对账差异",
                height=380 if len(part) > 10 else "auto")
    if one.found > len(frame):
        caption(f"共 {one.found:,} 处差异，只保存了前 {len(frame):,} 处。")
    export(frame, _FOUND, f"对账差异 {one.first} 至 {one.last}", f"{METHOD}文件：{one.name}",
           key=f"reconcile_x_{one.id}")
    if row is None:
        caption("点选一处，可看原因、办法、我方的历次读数和对方文件的内容。")
        return
    _behind(one, part.iloc[row], row)


def _why(found: pd.Series) -> None:
    """Why it may be so, and what to do: in the table they stand far to the right."""
    if found["reason"]:
        st.info(plain(f"可能的原因：{found['reason']}。办法：{found['remedy']}。"), icon=":material/lightbulb:")


def _behind(one: Reconciliation, found: pd.Series, row: int) -> None:
    _why(found)
    if not pd.isna(found["post_id"]):
        readings(int(found["post_id"]), found["title"], tuple(labels.COUNTERS))
    if found["account_id"] is not None and not pd.isna(found["account_id"]):
        link("quality", f"在采集日历中查看{found['day']:%m月%d日}的情况", ":material/calendar_month:",
             account=int(found["account_id"]), day=found["day"].isoformat())
    if found["url"].startswith(("http://", "https://")):
        st.link_button("打开原文", found["url"], icon=":material/open_in_new:")
    if found["locator"]:
        caption(f"在对方文件中的位置：{found['locator']}")
        captured.fields(one.capture_id, found["locator"], "post", None, key=f"reconcile_{one.id}_{row}")


def _deeds(one: Reconciliation) -> None:
    now = clock.now()
    if one.withdrawn_at is not None:
        st.info(plain(f"已由 {one.withdrawn_by} 于 {clock.local(one.withdrawn_at):%Y-%m-%d %H:%M} 撤销，不再计入。"),
                icon=":material/undo:")
        if "重新比对" not in one.withdrawn_by and st.button("恢复", key=f"reconcile_back_{one.id}") and do(
                lambda session: _restored(session, one, now), TOLD):
            st.rerun()
        return
    with st.container(horizontal=True):
        if st.button("重新比对", icon=":material/refresh:", key=f"reconcile_again_{one.id}",
                     help="用这份文件与现在库中的数字再比一次") and do(lambda session: _again(session, one, now), TOLD):
            st.rerun()
        if st.button("撤销", icon=":material/undo:", type="tertiary", key=f"reconcile_undo_{one.id}",
                     help="传错文件或日期时撤销；文件仍留存，可恢复") and do(
                         lambda session: _withdrawn(session, one, now), TOLD):
            st.rerun()


def _again(session, one: Reconciliation, now) -> str:
    made = kept.again(session, one.id, who=WHO, now=now)
    _open(made.id)
    return f"已重新比对：{kept.words(Tally.of(made.counts))}。"


def _withdrawn(session, one: Reconciliation, now) -> str:
    kept.withdraw(session, one.id, who=WHO, now=now)
    return f"已撤销“{one.name}”的对账，可在下面恢复。"


def _restored(session, one: Reconciliation, now) -> str:
    kept.restore(session, one.id, who=WHO, now=now)
    return f"已恢复“{one.name}”的对账。"


# --- Boards, other sources ------------------------------------------------------------------------------------------


def _boards(where: Filter) -> None:
    caption("清博、新榜等榜单上的发布数、阅读数、点赞数、指数，与我方同一账号、同一周期的合计比对。"
            "榜单把 10万+ 计作 100001，比对时我方也这样计；指数相差 1% 以内算相符。")
    frame = ask(boards.held, where)
    if frame.empty:
        empty("本期没有第三方榜单。接入清博采集源，或在“账号台账”导入清博、新榜的榜单后，这里自动比对。")
        return
    shown = frame.assign(state=frame["outcome"].map(_STATES),
                         board=frame["provider"] + " " + frame["index"] + " " + frame["period"])
    if len(shown[["account_id", "board", "day"]].drop_duplicates()) >= boards.LINES:
        caption(f"榜单较多，只比对了最近的 {boards.LINES:,} 行，可缩短统计周期。")
    only = st.toggle("只看不符和暂不能判定的", True, key="reconcile_boards_only")
    part = shown[shown["outcome"].isin(["differ", "open"])].reset_index(drop=True) if only else shown
    if part.empty and not (frame["outcome"] == "agree").any():
        empty("榜单上的项目我方都没有对应的数据，没有可比的。")
        return
    if part.empty:
        st.success("全部相符。", icon=":material/check_circle:")
        return
    row = table(part, _BOARDS, key=f"reconcile_boards_{only}", select=True, alt="榜单逐项比对",
                height=380 if len(part) > 10 else "auto")
    export(shown, _BOARDS, "榜单比对", METHOD, key="reconcile_boards_x")
    if row is None:
        caption("点选一行，可看原因、办法和榜单的原始数据。")
        return
    _why(part.iloc[row])
    if pd.isna(part["capture_id"].iloc[row]):
        caption("这一行榜单没有保存原始数据。")
    else:
        captured.fields(int(part["capture_id"].iloc[row]), part["locator"].iloc[row], "board", None,
                        key=f"reconcile_board_{row}")


def _crossed(known: Accuracy) -> None:
    caption("同一篇帖文、同一天的数据由两个来源（接口、第三方、文件导入）都给出时，互相比对；随每日核验一起进行，按所涉各月统计。")
    if not known.sum("compared"):
        empty("所涉各月没有两个来源都给出的数据。" if known.months else "所涉月份还没有核验，见“准确率”。")
        return
    both = Tally(known.sum("compared"), known.sum("differing"))
    st.markdown(f"比对 **{both.compared:,}** 个数字，不符 **{both.differing:,}** 个，相符率 **{rate(both)}**。")
    if known.crossed.empty:
        return
    row = table(known.crossed, _CROSSED, key="reconcile_crossed", select=True, alt="两个来源不同的数字",
                height=380 if len(known.crossed) > 10 else "auto")
    export(known.crossed, _CROSSED, "来源互证差异", METHOD, key="reconcile_crossed_x")
    if row is None:
        caption("点选一处，可看来源一的原始数据。")
        return
    one = known.crossed.iloc[row]
    captured.fields(int(one["capture_id"]), one["locator"], one["what"], None, key=f"reconcile_crossed_{row}")
