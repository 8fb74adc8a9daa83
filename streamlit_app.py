"""Front door of the app: `streamlit run streamlit_app.py`."""

from core import ui


def outside() -> tuple:
    """The collectors and their client, loaded when a room first needs them."""
    from collectors import SOURCES
    from collectors.client import make_http

    return SOURCES, make_http


ui.run(outside)
