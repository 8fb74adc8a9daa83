"""A room's own filters in the address: what a link says of them, and what is written back for links to show it."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Protocol, Self, TypeVar

import streamlit as st

from core.faults import BadInput
from core.query.scope import Filter
from core.ui.parts import plain, toast_error


class Asked(Protocol):
    """A filter that goes into an address; made of days alone it asks for everything."""

    def __init__(self, start: date, end: date) -> None: ...

    @classmethod
    def from_params(cls, params: Mapping[str, str], start: date, end: date) -> Self: ...


Kind = TypeVar("Kind", bound=Asked)


def read(kind: type[Kind], names: Collection[str], where: Filter, key: str) -> tuple[Kind, bool, int]:
    """What the address asks for, whether it says anything of it, and a number for the keys of widgets, which begin anew
    with another one: after a link, or the browser's way back. `key`: where the room keeps that."""
    said = {name: value for name, value in st.query_params.items() if name in names}
    held, turn = st.session_state.get(key, (None, 0))
    turn += said != held
    try:
        return kind.from_params(said, where.start, where.end), bool(said), turn
    except BadInput as fault:
        toast_error(f"{plain(str(fault))}。已按全部显示。")
        return kind(where.start, where.end), bool(said), turn


def write(names: Collection[str], params: Mapping[str, str], key: str, turn: int) -> None:
    """Let the address say what is asked for now."""
    now = {name: params[name] for name in names if name in params}
    for name in names:
        if name not in now:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != now[name]:
            st.query_params[name] = now[name]
    st.session_state[key] = (now, turn)
