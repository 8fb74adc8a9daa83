"""What the parts of the room 规则 share: forms that begin anew once something was saved."""

from collections.abc import Callable

import streamlit as st
from sqlmodel import Session

from core.ui.deeds import do

TOLD = "rules"


def begun(key: str) -> str:
    """A key for widgets that changes with every deed, so that they show what is stored by then."""
    return f"{key}_{st.session_state.get('rules_round', 0)}"


def save(deed: Callable[[Session], str]) -> None:
    """Carry out a deed and draw anew; where it is refused, say why and leave the form as it is."""
    if do(deed, TOLD):
        anew()


def anew() -> None:
    """Draw anew, with what is stored by now in every form."""
    st.session_state["rules_round"] = st.session_state.get("rules_round", 0) + 1
    st.rerun()
