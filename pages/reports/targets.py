"""绩效目标: the year's targets, how far they are, how the year is likely to end, the evidence, the self-assessment."""

from core import clock, ui
from core.ui import targets

ui.gate("targets")
targets.page(clock.now())
