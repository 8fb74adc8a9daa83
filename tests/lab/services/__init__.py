"""The services of the laboratory: each plays one real interface with its authentication, paging, quotas and errors.

`every` lists them for the laboratory by hand. A service is mounted under its `prefix`; what it answers comes from the
data that a test gives it, and `script` makes the next calls fail in the ways that real ones do.
"""

import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from core import clock

TRANSPORT_FAULTS = ("reset", "stall", "html", "malformed", "empty", "cut")
"""Acts that every service knows: connection reset, no answer, an HTML page with status 200, half a JSON, nothing, an
answer that ends too soon. `502` or `503 30` (with Retry-After) is a status. Anything else is the service's own word."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a service sees it. `path` is relative to the service's prefix; header names in lower case; `act`
    is the scripted word that the framework does not know itself."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    act: str = ""

    def json(self) -> Any:
        return json.loads(self.body or b"null")

    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    media_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any, status: int = 200, **headers: str) -> "Answer":
        return cls(status, json.dumps(value, ensure_ascii=False).encode(), headers=headers)


class Service:
    """Base of the services. A subclass sets `prefix` and answers; `now` is the service's own clock (aware UTC)."""

    prefix = "/"

    def __init__(self, now: Callable[[], datetime] = clock.now):
        self.now = now
        self.base = ""
        """Its address, once mounted."""
        self.calls: list[Request] = []
        """Everything that was asked, for tests that count."""
        self.jams: dict[str, str] = {}
        """Part of a call (its path, query or body) → the act that every such call meets, for as long as it stands."""
        self._scripts: list[tuple[str, list[str]]] = []

    def answer(self, request: Request) -> Answer:
        """What the real service would answer."""
        raise NotImplementedError

    def route(self, path: str, headers: Mapping[str, str]) -> str:
        """The path under which a call is known, for a service with one address for all (header names in lower case)."""
        return path

    def script(self, part: str, *acts: str) -> None:
        """The next calls whose path holds `part` meet these acts in turn; "ok" lets one pass."""
        self._scripts.append((part, list(acts)))

    def next_act(self, path: str, whole: str = "") -> str:
        """The act for this call, taken from its script, or a jam (`whole`: path, query and body)."""
        for part, acts in self._scripts:
            if part in path and acts:
                act = acts.pop(0)
                return "" if act == "ok" else act
        return next((act for part, act in self.jams.items() if part in (whole or path)), "")

    def asked(self, part: str) -> list[Request]:
        """The calls whose path holds `part`."""
        return [call for call in self.calls if part in call.path]


def every() -> list[type[Service]]:
    """All the services, for the laboratory by hand."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return sorted(Service.__subclasses__(), key=lambda kind: kind.prefix)
