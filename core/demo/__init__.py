"""The sample district: loaded through the normal intake, plainly marked, taken out completely by one call."""

from core.demo.load import Loaded, load, present
from core.demo.remove import remove

__all__ = ["Loaded", "load", "present", "remove"]
