"""reports."""

from core import ui

where = ui.gate("reports")
