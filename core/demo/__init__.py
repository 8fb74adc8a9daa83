"""The sample district: loaded through the normal intake, plainly marked, taken out completely by one call.

What makes it is loaded when it is made: its answers are parsed where nothing else of it is needed.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlmodel import Session

    from core.demo.loading import Loaded
    from core.demo.removing import Removed


def load(**wanted: Any) -> "Loaded":
    """Write the sample district (core.demo.loading.load)."""
    from core.demo import loading

    return loading.load(**wanted)


def remove(**wanted: Any) -> "Removed":
    """Delete every trace of it (core.demo.removing.remove)."""
    from core.demo import removing

    return removing.remove(**wanted)


def present(session: "Session") -> bool:
    """Whether any part of it is in the database (core.demo.loading.present)."""
    from core.demo import loading

    return loading.present(session)
