"""Rooms opened as a visitor does: through the front door, on a real database."""

from collections.abc import Callable

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.rooms import room
from core.settings import ROOT


@pytest.fixture(autouse=True)
def _no_cache_from_another_test():
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def open_room(database) -> Callable[..., AppTest]:
    """`open_room("rankings", platform="政务微信")`: the room after its first run, with those query parameters."""

    def opened(word: str, **query: str | list[str]) -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        app.switch_page(room(word).file).run()
        assert not app.exception, [e.value for e in app.exception]
        return app

    return opened
