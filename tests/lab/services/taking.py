"""What services have in common that take messages: they keep what they took, and lose answers as real ones do."""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from tests.lab.services import Answer, Request

ACTS = ("quota", "unsigned", "template", "failure", "lost", "mute", "taken-html", "reset", "stall", "html", "empty",
        "cut", "malformed", "502")
"""What such a service can be told beside `ok`. Nothing is taken: `quota`, `unsigned`, `template`, `failure` (HTTP 200
all the same), `reset`, `stall`, `html`, `empty`, `cut`, a status. It is taken, but whoever sent it does not hear of it:
`lost` (the connection is cut), `mute` (no answer), `taken-html`, `malformed`."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that a service took. `mine`: the sender's own id of it; `text`: what people read."""

    kind: str
    mine: str
    to: str
    text: str
    reference: str
    at: datetime

    def line(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self) | {"at": self.at.isoformat()}


class Taking:
    """To be put before Service. A subclass gives `kind` (in core.senders), `reply`, and `sample`: fields of a channel
    that leads to it."""

    kind = ""
    taken: list[Taken]

    def __init__(self, *args: Any, **more: Any):
        super().__init__(*args, **more)
        self.taken = []
        self.told: Callable[[Taken], None] = lambda _: None
        """Called with everything that is taken, before it is answered."""
        self.mix: Mapping[str, float] = {}
        """Act → share of the calls that meet it, where no script says otherwise."""
        self.chance = random.Random(self.kind)
        self.patience = threading.Event()
        """Ends what is `mute`."""
        self.took = threading.Event()
        """Set once something was taken."""
        self._lock = threading.Lock()

    def next_act(self, path: str, whole: str = "") -> str:
        act = super().next_act(path, whole)
        if act or not self.mix:
            return act
        drawn = self.chance.random()
        for name, share in self.mix.items():
            drawn -= share
            if drawn < 0:
                return name
        return ""

    def answer(self, request: Request) -> Answer:
        with self._lock:
            answer = self.reply(request)
        if request.act == "mute":
            self.patience.wait(60)
        if request.act in ("lost", "mute"):
            raise ConnectionResetError
        if request.act == "taken-html":
            return Answer(200, "<html><title>出错了</title></html>".encode(), "text/html")
        return answer

    def reply(self, request: Request) -> Answer:
        """The service's own answer."""
        raise NotImplementedError

    def take(self, mine: str, to: str, text: str, reference: str = "") -> Taken:
        """Keep a message as taken."""
        made = Taken(self.kind, mine, to, text, reference, self.now())
        self.taken.append(made)
        self.told(made)
        self.took.set()
        return made

    def sample(self) -> dict[str, str]:
        """Fields of a channel that leads to it, once it is mounted."""
        raise NotImplementedError
