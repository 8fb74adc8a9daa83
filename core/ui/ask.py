"""Questions to `core.query`, cached by (question, arguments, stamp)."""

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from core import db

Answer = TypeVar("Answer")


def ask(function: Callable[..., Answer], *args: Any, **kwargs: Any) -> Answer:
    """`function(session, *args, **kwargs)`, from the cache while nothing in the database has changed.

    Arguments must be hashable plain values (a Filter, codes, dates); answers are small aggregates.
    """
    name = f"{function.__module__}.{function.__qualname__}"
    return _answer(name, args, tuple(sorted(kwargs.items())), stamp(), function)


def look(function: Callable[..., Answer], *args: Any) -> Answer:
    """`function(session, *args)` as it is now: for what changes without moving the stamp (credentials, their tests)."""
    with db.session() as session:
        return function(session, *args)


def stamp() -> int:
    """The database's stamp at this moment (0.2 ms)."""
    with db.session() as session:
        return db.stamp(session)


@st.cache_data(max_entries=1000, ttl=3600, show_spinner="正在读取数据…")
def _answer(name: str, args: tuple, kwargs: tuple, at_stamp: int, _function: Callable[..., Any]) -> Any:
    with db.session() as session:
        return _function(session, *args, **dict(kwargs))
