"""Files of a report: those of a content as it would be issued now, and those of an edition; who took them is kept."""

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import clock, db
from core.models import EditionFile
from core.report import editions
from core.report.content import Content
from core.ui.deeds import WHO
from core.ui.parts import caption, link

ICONS = {"xlsx": ":material/table_view:", "pdf": ":material/picture_as_pdf:", "docx": ":material/article:"}


def downloads(content: Content, key: str) -> None:
    """A button for each format of what is not issued; a file is made when it is asked for."""
    for suffix, render in editions.FORMATS.items():
        st.download_button(f"下载 {editions.FORMAT_NAMES[suffix]}", lambda render=render: render(content),
                           editions.file_name(content, suffix), on_click="ignore", icon=ICONS[suffix],
                           key=suffix if key == "" else f"{key}_{suffix}")


def files(edition_id: int, key: str = "issued") -> None:
    """A button for each file that an edition was issued with."""
    with db.session() as session, st.container(horizontal=True, vertical_alignment="center"):
        for suffix in _formats(session, edition_id):
            name, data = editions.body(session, edition_id, suffix)
            st.download_button(f"下载 {editions.FORMAT_NAMES[suffix]}：{name}", data, name, icon=ICONS[suffix],
                               key=f"{key}_{suffix}", on_click=_keep, args=(edition_id, suffix))


def earlier(found: pd.DataFrame, none: str, key: str) -> None:
    """The versions that were issued already (report.editions.listing), the newest with its files; `none` is said where
    there are none."""
    if found.empty:
        caption(none)
        return
    newest = found.iloc[0]
    with st.expander(f"已签发 {len(found)} 版，最近一版 {clock.local(newest['issued_at']):%Y-%m-%d %H:%M}",
                     icon=":material/verified:"):
        for row in found.itertuples():
            link("reports", f"{row.title}　第{row.version}版　{clock.local(row.issued_at):%m-%d %H:%M}",
                 icon=":material/open_in_new:", edition=int(row.id))
        files(int(newest["id"]), key)


def opened(edition_id: int) -> None:
    """Keep that an edition was opened, once a visit."""
    held = st.session_state.setdefault("editions_opened", set())
    if edition_id not in held:
        held.add(edition_id)
        _keep(edition_id, "opened")


def _keep(edition_id: int, what: str) -> None:
    with db.session() as session:
        editions.seen(session, edition_id, what, who=WHO, now=clock.now())
        session.commit()


def _formats(session: Session, edition_id: int) -> list[str]:
    return [suffix for suffix in editions.FORMATS if session.get(EditionFile, (edition_id, suffix))]
