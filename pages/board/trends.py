"""trends."""

from core import ui

where = ui.gate("trends")
