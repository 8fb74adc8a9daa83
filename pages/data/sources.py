"""sources."""

from core import ui

where = ui.gate("sources")
