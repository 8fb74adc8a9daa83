"""Front door of the app: `streamlit run streamlit_app.py`."""

from core import ui


def outside() -> tuple:
    """The collectors, their client and the proposer of selectors, loaded when a room first needs them."""
    from collectors import SOURCES
    from collectors.client import make_http
    from collectors.selectors import look

    return SOURCES, make_http, look


ui.run(outside)
