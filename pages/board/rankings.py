"""rankings."""

from core import ui

where = ui.gate("rankings")
