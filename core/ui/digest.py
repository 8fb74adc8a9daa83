"""One digest: its items chosen, ordered and written in place; as it will be printed; issued and sent."""

from datetime import datetime
from itertools import groupby

import streamlit as st
from sqlmodel import Session

from core import clock, labels
from core import digests as kept
from core.query import channels as query_channels
from core.query import digests as query
from core.query import people as query_people
from core.query.digests import Item, Whole
from core.report import digest as report
from core.ui import editions as files
from core.ui.ask import ask, look
from core.ui.deeds import WHO, do
from core.ui.digests import TOLD
from core.ui.incidents import this_minute
from core.ui.parts import anchor, caption, empty, plain
from core.ui.preview import preview
from core.ui.table import Column, table

VIEWS = ("选编", "预览", "签发与发送")
KINDS = {"mention": "信息", "topic": "话题", "incident": "事件", "own": "自拟"}
ROOMS = {"mention": "mentions?mention", "topic": "topics?topic", "incident": "incidents?incident"}


def section(found: Whole) -> None:
    """The digest under its three views."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("返回", icon=":material/arrow_back:", key="digest_back"):
            st.query_params.pop("digest")
            # A table remembers its picked row by its key; a new key opens the list without one.
            st.session_state["digests_visit"] = st.session_state.get("digests_visit", 0) + 1
            st.rerun()
        st.markdown(f"#### {plain(found.title)}", width="content")
        st.markdown(" ".join(f":{tone}-badge[{word}]" for tone, word in _badges(found)), width="content")
    if found.withdrawn:
        st.warning(f"这期摘报已作废：{plain(found.withdrawn)}", icon=":material/block:")
        if st.button("恢复", icon=":material/undo:", key="digest_restore"):
            _do(lambda session, now: kept.restore(session, found.id, who=WHO, now=now), "已恢复。")
        preview(_content(found))
        return
    view = st.segmented_control("视图", VIEWS, default=VIEWS[0], key="view", required=True, bind="query-params",
                                label_visibility="collapsed")
    {VIEWS[0]: _choose, VIEWS[1]: _printed, VIEWS[2]: _issue}[view](found)


def _badges(found: Whole) -> list[tuple[str, str]]:
    badges = [("blue", found.words), ("gray", f"{len(found.items)} 条")]
    if found.demo:
        badges.append(("red", labels.DEMO))
    if found.editions:
        newest = found.editions[0]
        badges.append(("orange", "签发后有修改") if newest.stale else ("green", f"已签发 第{newest.version}版"))
    return badges


def _do(deed, words: str) -> None:
    def whole(session: Session) -> str:
        deed(session, clock.now())
        return words

    if do(whole, TOLD):
        st.rerun()


# --- Choosing and writing -------------------------------------------------------------------------------------------


def _choose(found: Whole) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        _settings(found)
        if not found.items:
            empty("还没有条目。从“候选”里勾选，或在“舆情监测”“热点话题”“事件处置”里点“编入摘报”。")
        for name, items in ((name, list(items)) for name, items in groupby(found.items, lambda one: one.section)):
            st.markdown(f"**{plain(name)}** :gray[{len(items)} 条]")
            for place, item in enumerate(items):
                _item(item, place, len(items))
    with right:
        _candidates(found)
        with st.expander("自拟一条", icon=":material/edit_note:"):
            _own(found)
        if found.removed:
            with st.expander(f"已移出 {len(found.removed)} 条", icon=":material/restore_from_trash:"):
                for item in found.removed:
                    with st.container(horizontal=True, vertical_alignment="center"):
                        if st.button("放回", icon=":material/undo:", key=f"digest_back_{item.id}"):
                            _do(lambda session, now, id_=item.id: kept.put_back(session, id_, who=WHO, now=now),
                                "已放回。")
                        st.markdown(plain(item.title))


def _settings(found: Whole) -> None:
    with st.expander("标题、日期、报送与导语", icon=":material/tune:", expanded=not found.lead and not found.items):
        # A field keeps what stands in it: what others changed needs new ones.
        stamp = hash((found.title, found.day, found.sent_to, found.lead))
        title = st.text_input("标题", found.title, key=f"digest_set_title_{stamp}", max_chars=kept.TITLE)
        day = st.date_input("日期", found.day, key=f"digest_set_day_{stamp}", format="YYYY-MM-DD")
        sent_to = st.text_input("报送", found.sent_to, key=f"digest_set_to_{stamp}", max_chars=kept.SENT_TO,
                                placeholder="如：区委办公室、区政府办公室")
        lead = st.text_area("导语（可不填）", found.lead, key=f"digest_set_lead_{stamp}", max_chars=kept.LEAD,
                            height=110)
        with st.container(horizontal=True):
            if st.button("保存", type="primary", key="digest_set"):
                _do(lambda session, now: kept.settle(session, found.id, day=day, title=title, lead=lead,
                                                     sent_to=sent_to, who=WHO, now=now), "已保存。")
            with st.popover("作废", icon=":material/block:"):
                why = st.text_input("原因", key="digest_why", max_chars=100)
                if st.button("确认作废", key="digest_withdraw"):
                    _do(lambda session, now: kept.withdraw(session, found.id, why, who=WHO, now=now),
                        "已作废，可以恢复。")


def _item(item: Item, place: int, many: int) -> None:
    with st.container(border=True, gap="small"):
        _field(item, "title", st.text_input, "标题", max_chars=kept.TITLE)
        _field(item, "text", st.text_area, "正文", max_chars=kept.TEXT,
               height=max(70, min(320, 28 * (2 + len(item.text) // 34))))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            for icon, by, help_ in (("arrow_upward", -1, "上移"), ("arrow_downward", 1, "下移")):
                if st.button("", icon=f":material/{icon}:", key=f"digest_{icon}_{item.id}", help=help_,
                             disabled=place + by not in range(many), type="tertiary"):
                    _do(lambda session, now, by=by: kept.move(session, item.id, by, who=WHO, now=now), "")
            with st.popover("栏目", icon=":material/label:", type="tertiary"):
                _field(item, "section", _section_box, "栏目")
            if item.edited and st.button("恢复原文", icon=":material/undo:", key=f"digest_revert_{item.id}",
                                         type="tertiary"):
                _do(lambda session, now: kept.revert(session, item.id, who=WHO, now=now), "已恢复编入时的文字。")
            if st.button("移出", icon=":material/close:", key=f"digest_out_{item.id}", type="tertiary"):
                _do(lambda session, now: kept.take_out(session, item.id, who=WHO, now=now), "已移出，可以放回。")
        st.markdown(_known(item))


def _known(item: Item) -> str:
    level = f":{_TONES[item.level]}-badge[{labels.LEVELS[item.level]}]" if item.level else ""
    own = f"[{KINDS[item.kind]}]({ROOMS[item.kind]}={item.of})" if item.of else KINDS[item.kind]
    parts = [own, anchor(item.source, item.url) if item.source else "",
             plain(f"{item.edited_by}于 {clock.local(item.edited_at):%m-%d %H:%M} 改过") if item.edited_at else ""]
    return f"{level} :small[:gray[{'　'.join(filter(None, parts))}]]"


_TONES = {"red": "red", "orange": "orange", "yellow": "yellow", "blue": "blue"}


def _section_box(label: str, key: str, on_change, args, **_) -> None:
    stands = st.session_state[key]
    names = list(dict.fromkeys([*labels.DIGEST_SECTIONS, stands]))
    st.selectbox(label, names, key=key, on_change=on_change, args=args, accept_new_options=True,
                 label_visibility="collapsed")


def _field(item: Item, name: kept.Field, box, label: str, **more) -> None:
    """A field that is kept as soon as it is left. What others wrote meanwhile takes the place of what stands in it."""
    key, stands = f"digest_{name}_{item.id}", getattr(item, name)
    if st.session_state.get(f"{key}_was") != stands or key not in st.session_state:
        st.session_state[key] = st.session_state[f"{key}_was"] = stands
    box(label, key=key, on_change=_rewrite, args=(item.id, name, stands, key), label_visibility="collapsed", **more)


def _rewrite(item_id: int, name: kept.Field, seen: str, key: str) -> None:
    value = st.session_state[key]

    def deed(session: Session) -> str:
        kept.rewrite(session, item_id, name, value or "", seen=seen, who=WHO, now=clock.now())
        return ""

    if not do(deed, TOLD):
        st.session_state.pop(f"{key}_was", None)  # shows again what stands


def _candidates(found: Whole) -> None:
    day = found.day
    with st.container(border=True):
        st.markdown(f"**候选** :gray[{day.month}月{day.day}日及前一天]")
        offered = [one for one in ask(query.proposals, found.id, this_minute()) if not one.held]
        if not offered:
            caption("这两天没有新的事件、敏感信息或热点可以编入。")
            return
        turn = st.session_state.get("digest_turn", 0)
        picked = []
        for kind, items in ((kind, list(items)) for kind, items in groupby(offered, lambda one: one.kind)):
            st.markdown(f":gray[{KINDS[kind]}]")
            for one in items:
                if st.checkbox(plain(one.title), key=f"digest_pick_{kind}_{one.id}_{turn}"):
                    picked.append(one)
                st.markdown(f":small[:gray[　　{plain(one.why)}]]")
        if st.button(f"编入所选{f' {len(picked)} 条' if picked else ''}", type="primary", disabled=not picked,
                     key="digest_take", icon=":material/playlist_add:"):

            def deed(session: Session, now: datetime) -> None:
                for kind in dict.fromkeys(one.kind for one in picked):
                    kept.add(session, found.id, kind, [one.id for one in picked if one.kind == kind], who=WHO, now=now)

            st.session_state["digest_turn"] = turn + 1
            _do(deed, f"已编入 {len(picked)} 条。")


def _own(found: Whole) -> None:
    with st.form("digest_own", border=False, clear_on_submit=True):
        title = st.text_input("标题", max_chars=kept.TITLE)
        text = st.text_area("正文", max_chars=kept.TEXT)
        named = st.selectbox("栏目", labels.DIGEST_SECTIONS)
        source = st.text_input("来源（可不填）", max_chars=80)
        url = st.text_input("链接（可不填）", placeholder="https://")
        given = st.form_submit_button("编入", type="primary")
    if given:
        _do(lambda session, now: kept.write(session, found.id, title, text, named, source=source, url=url, who=WHO,
                                            now=now), "已编入自拟条目。")


# --- As printed, issued, sent ---------------------------------------------------------------------------------------


def _content(found: Whole):
    return ask(report.build, found.id, now=this_minute())


def _printed(found: Whole) -> None:
    content = _content(found)
    with st.container(horizontal=True, vertical_alignment="center"):
        files.downloads(content, "digest")
    with st.container(border=True):
        st.markdown(f"## :red[{plain(content.masthead)}]", text_alignment="center")
        st.markdown(f"{plain(content.number)}　　{plain(content.office)}　　{plain(content.period)}",
                    text_alignment="center")
        preview(content)


def _issue(found: Whole) -> None:
    newest = found.editions[0] if found.editions else None
    with st.container(horizontal=True, vertical_alignment="center"):
        word = "签发" if newest is None else f"签发第{newest.version + 1}版"
        if st.button(word, type="primary", icon=":material/verified:", key="digest_issue",
                     disabled=not found.items or (newest is not None and not newest.stale),
                     help="编定期号，存为正式版次：内容固定不变，以后再改另出新版"):
            _published(found)
        if newest is None:
            caption("还没有签发。签发后可下载和发送。" if found.items else "还没有条目，请先选编。")
        elif newest.stale:
            caption("签发后又改过；如需发出修改后的内容，请签发新版。")
    for one in found.editions:
        st.markdown(f"**第{one.version}版**　:gray[{clock.local(one.at):%Y-%m-%d %H:%M}　{plain(one.by or WHO)}]")
        files.files(one.id, f"digest_{one.id}")
    if newest is not None:
        _send(newest.id, newest.version)
        sent = ask(query.sent, tuple(one.id for one in found.editions))
        if not sent.empty:
            st.markdown("**发送情况**")
            version = {one.id: f"第{one.version}版" for one in found.editions}
            table(sent.assign(version=[version[id_] for id_ in sent["edition_id"]]), {
                "version": Column("版次"), "who": Column("收件人"), "state": Column("结果"),
                "at": Column("时间", "time"), "note": Column("说明", width="large")},
                key="digest_sent", alt="摘报的发送情况")


def _published(found: Whole) -> None:
    def deed(session: Session) -> str:
        edition = report.issue(session, found.id, by=WHO, now=clock.now())
        if edition.id in {one.id for one in found.editions}:
            return f"内容与第{edition.version}版一致，没有另出新版。"
        return f"已签发《{edition.title}》第{edition.version}版。"

    with st.spinner("正在生成文件…"):
        done = do(deed, TOLD)
    if done:
        st.rerun()


def _send(edition_id: int, version: int) -> None:
    with st.container(border=True):
        st.markdown(f"**发送第{version}版**")
        persons, ways = look(query_people.listed), look(query_channels.listed)
        persons, ways = persons[persons["active"]], ways[ways["enabled"]]
        if ways.empty:
            caption("还没有可用的发送渠道，请在“预警”的“通知渠道”里添加邮件或群机器人。")
            return
        names = dict(zip(persons["id"], persons["name"], strict=True))
        single = ways[ways["reaches"] != "group"]
        group = ways[ways["reaches"] == "group"]
        to = st.multiselect("收件人", list(names), key=f"digest_to_{edition_id}", format_func=names.get,
                            placeholder="选择通知人员")
        by = st.multiselect("渠道（按顺序，先成功的为准）", list(single["id"]), list(single["id"])[:1],
                            key=f"digest_by_{edition_id}", placeholder="选择渠道",
                            format_func=dict(zip(single["id"], single["name"], strict=True)).get,
                            help="邮件带 PDF 和 Word 附件；短信只发标题和条数")
        bots = st.multiselect("群", list(group["id"]), key=f"digest_bots_{edition_id}", placeholder="选择群机器人",
                              format_func=dict(zip(group["id"], group["name"], strict=True)).get
                              ) if not group.empty else []
        if st.button("发送", icon=":material/send:", key=f"digest_send_{edition_id}", disabled=not (to or bots)):

            def deed(session: Session) -> str:
                number = report.send(session, edition_id, to, by, bots, who=WHO, now=clock.now())
                skipped = len(to) + len(bots) - number
                return f"已交发送 {number} 个收件人。" + (f"{skipped} 个已发过这一版，没有重发。" if skipped else "")

            if do(deed, TOLD):
                st.rerun()
