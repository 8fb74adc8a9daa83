"""overview."""

from core import ui

where = ui.gate("overview")
