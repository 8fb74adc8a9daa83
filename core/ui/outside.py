"""What the front door hands in: the collectors, their HTTP client and what proposes selectors, which `core` never
imports itself."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Load = Callable[[], tuple[Mapping[str, Any], Callable[..., Any], Callable[..., Awaitable[list[Any]]]]]
_handed: dict[str, Load] = {}


def hand_over(load: Load) -> None:
    """Called by the front door; `load` is called when a room first needs it."""
    _handed["load"] = load


def collectors() -> Mapping[str, Any]:
    """Every collector by its name (collectors.SOURCES)."""
    return _handed["load"]()[0]


def make_http() -> Callable[..., Any]:
    """What makes the collectors' client (collectors.client.make_http)."""
    return _handed["load"]()[1]


def proposer() -> Callable[..., Awaitable[list[Any]]]:
    """What proposes selectors for a list page (collectors.selectors.look)."""
    return _handed["load"]()[2]
