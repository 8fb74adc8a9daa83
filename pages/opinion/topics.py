"""topics."""

from core import ui

where = ui.gate("topics")
