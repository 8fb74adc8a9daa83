"""Front door of the app: `streamlit run streamlit_app.py`."""

from core import ui

ui.run()
