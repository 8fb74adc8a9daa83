"""The front door: page set-up, maintenance note, filter bar, menu of rooms, live redraw; then the chosen room."""

import gc
from contextvars import ContextVar

import streamlit as st

from core import clock, db, labels
from core.query import scope
from core.query.scope import Filter
from core.rooms import ROOMS, SECTIONS, Room, room
from core.settings import ROOT, settings
from core.ui import filters, notices, outside
from core.ui.ask import ask, stamp
from core.ui.parts import plain

LIVE_SECONDS = 10
_entered: ContextVar[Room | None] = ContextVar("entered", default=None)


def run(load: outside.Load) -> None:
    """Draw the frame and run the chosen room. The entry script calls this and nothing else; `load` gives the rooms the
    collectors and their client (core.ui.outside)."""
    outside.hand_over(load)
    if not gc.get_freeze_count():  # what is imported stays: looking through it again and again keeps readers waiting
        gc.collect()
        gc.freeze()
    st.set_page_config(
        page_title="政务新媒体与舆情", page_icon=str(ROOT / "static" / "icon.svg"), layout="wide",
        menu_items={"Get help": None, "Report a bug": None, "About": None},
    )
    pages = {
        title: [
            st.Page(
                ROOT / r.file, title=r.title, icon=f":material/{r.icon}:", url_path=r.word, help=r.help,
            )
            for r in ROOMS
            if r.section == section
        ]
        for section, title in SECTIONS.items()
    }
    # A default page has no address of its own in Streamlit: without this one, /overview would be "not found".
    home = st.Page(lambda: None, title=ROOMS[0].title, default=True, visibility="hidden")
    page = st.navigation({"": [home], **pages}, expanded=True)
    if not page.url_path:
        first = next(iter(pages.values()))[0]
        st.switch_page(first, query_params={key: st.query_params.get_all(key) for key in st.query_params})
    chosen = room(page.url_path)
    if not _ready():
        return
    choices = ask(scope.choices)
    where = filters.bar(chosen, choices, clock.day_of(clock.now()))
    with st.sidebar:
        _live(stamp(), chosen.live)
        notices.badge()
    if choices.demo:
        st.warning(
            f"**{labels.DEMO}**：显示的是样例区的虚构数据，不是真实账号。可用 `python -m core demo --remove` 清除。",
            icon=":material/science:",
        )
    st.session_state["_where"], st.session_state["_words"] = where, filters.words(where, choices, chosen.filters)
    token = _entered.set(chosen)
    try:
        page.run()
    finally:
        _entered.reset(token)


def gate(word: str) -> Filter:
    """First line of every room: only through the front door. Draws the head and returns the shared filter."""
    entered = _entered.get()
    if entered is None or entered.word != word:
        st.error("请从系统首页进入。", icon=":material/lock:")
        st.stop()
    st.title(entered.title, anchor=False)
    st.session_state["_line"] = st.empty()
    line = st.session_state["_words"]
    st.session_state["_line"].caption(plain(line) if line else entered.help)
    return st.session_state["_where"]


def restate(where: Filter) -> Filter:
    """For a room that answers for something else than the filter bar says: its head and its exports say so."""
    st.session_state["_words"] = filters.words(where, ask(scope.choices), _entered.get().filters)
    st.session_state["_line"].caption(plain(st.session_state["_words"]))
    return where


def _ready() -> bool:
    """Whether the database can be read by this code; says in Chinese what to do when not."""
    try:
        behind = db.behind()
    except Exception as error:  # whatever the driver raises: the database can't be reached, and that is what is said
        words = f"数据库暂时连接不上（{type(error).__name__}），恢复后刷新本页即可使用。"
        st.error(words, icon=":material/database_off:")
        return False
    if behind:
        st.info(
            f"数据库尚未就绪（{settings().data_dir.name}），正在等待初始化或升级。请运行 `python -m core migrate`，"
            "或用 `make run` 启动整套系统。",
            icon=":material/construction:",
        )
        return False
    return True


@st.fragment(run_every=LIVE_SECONDS)
def _live(drawn: int, redraw: bool) -> None:
    """Where the data stand; a live room is redrawn when something new has come in, without a reload."""
    with db.session() as session:
        newest, at = db.stamp(session), db.stamped_at(session)
    if newest != drawn and (redraw or st.button("有新数据，点此刷新", icon=":material/refresh:", width="stretch")):
        st.rerun(scope="app")
    said = f"数据更新于 {clock.local(at):%m-%d %H:%M:%S}" if at else "还没有数据"
    st.caption(f":material/sync: {said}")
