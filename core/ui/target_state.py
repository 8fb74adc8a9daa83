"""How a target stands, in a badge and in words."""

from core import labels
from core.metrics.targets import STATES
from core.targets.year import Assessed

TONES = {"done": "green", "fine": "blue", "risk": "orange", "missed": "red", "none": "gray"}
ICONS = {"done": "check_circle", "fine": "trending_up", "risk": "warning", "missed": "cancel", "none": "help"}


def badge(one: Assessed) -> str:
    """The state as a badge."""
    state = one.standing.state
    return f":{TONES[state]}-badge[:material/{ICONS[state]}: {STATES[state]}]"


def band(one: Assessed) -> str:
    """The year-end that is expected, in words; a dash where there is no forecast."""
    ahead = one.measured.outlook
    if ahead.value is None:
        return labels.MISSING
    low, high = one.words(ahead.low), one.words(ahead.high)
    return low if low == high else f"{low} 至 {high}"
