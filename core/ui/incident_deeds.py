"""What the parts of the room 事件处置 share: forms that begin anew once something was saved, levels as badges."""

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st
from sqlmodel import Session

from core import clock, labels
from core.ui.deeds import do

TOLD = "incidents"
_COLOURS = {"red": "red", "orange": "orange", "yellow": "yellow", "blue": "blue"}


def begun(key: str) -> str:
    """A key for widgets that changes with every deed, so that they show what is stored by then."""
    return f"{key}_{st.session_state.get('incidents_round', 0)}"


def save(deed: Callable[[Session], str]) -> None:
    """Carry out a deed and draw anew; where it is refused, say why and leave the form as it is."""
    if do(deed, TOLD):
        anew()


def anew() -> None:
    """Draw anew, with what is stored by now in every form."""
    turn()
    st.rerun()


def turn() -> None:
    """Let every form begin anew the next time that it is drawn."""
    st.session_state["incidents_round"] = st.session_state.get("incidents_round", 0) + 1


def badge(level: str) -> str:
    """Markdown of a level: `红色 · 特别重大` in its colour."""
    return f":{_COLOURS[level]}-badge[{labels.LEVELS[level]} · {labels.LEVEL_NAMES[level]}]"


def open_incident(id_: int) -> None:
    """Show another incident in this room."""
    st.query_params["incident"] = str(id_)
    st.rerun()


def moment(at: datetime, now: datetime | None = None) -> str:
    """`11-27 08:05` on the Shanghai clock, with the year where it is another than now."""
    here = clock.local(at)
    same = here.year == clock.local(now or clock.now()).year
    return f"{here:%m-%d %H:%M}" if same else f"{here:%Y-%m-%d %H:%M}"


def when(label: str, key: str, *, help: str | None = None) -> datetime | None:
    """A moment on the Shanghai clock that a person fills in; None where they don't. Aware UTC."""
    given = st.datetime_input(label, None, key=key, format="YYYY-MM-DD", step=300, help=help)
    return clock.aware(given).astimezone(UTC) if given else None
