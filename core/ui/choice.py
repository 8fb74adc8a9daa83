"""Choosing one thing by a number that stands in the address, so that a link opens it."""

from collections.abc import Mapping

import streamlit as st

from core.query.scope import id_of


def linked(word: str, label: str, options: Mapping[int, str], placeholder: str) -> int | None:
    """A select box over `options` (id → text) whose id is the query parameter `word`; None while nothing is chosen.

    A number in the address that isn't offered is named in a sentence and otherwise ignored.
    """
    key = f"{word}_choice"
    asked = st.query_params.get(word)
    if asked is not None:
        if (named := id_of(asked)) in options:
            st.session_state[key] = named
        else:
            st.session_state.pop(key, None)
            st.warning("链接里的编号在这里找不到，可能已被删除，请重新选择。", icon=":material/link_off:")
    elif st.session_state.get(key) not in options:
        st.session_state.pop(key, None)

    def written() -> None:
        chosen = st.session_state.get(key)
        if chosen is None:
            st.query_params.pop(word, None)
        else:
            st.query_params[word] = str(chosen)

    return st.selectbox(
        label, list(options), index=None, format_func=lambda id_: options[id_], key=key, on_change=written,
        placeholder=placeholder,
    )
