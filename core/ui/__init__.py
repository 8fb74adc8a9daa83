"""The only part of core that knows Streamlit: front door, filter bar, cached questions, tables, empty states."""

from core.ui.ask import ask
from core.ui.export import export
from core.ui.front import gate, run
from core.ui.parts import Card, caption, cards, empty, link, toast_error
from core.ui.table import Column, pick, table

__all__ = [
    "Card", "Column", "ask", "caption", "cards", "empty", "export", "gate", "link", "pick", "run", "table",
    "toast_error",
]
