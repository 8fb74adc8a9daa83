"""ledger."""

from core import ui

where = ui.gate("ledger")
