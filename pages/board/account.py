"""account."""

from core import ui

where = ui.gate("account")
