"""What is said, to whom, and what a service answered: plain values, the same for every kind of channel."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Protocol

import httpx


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message where a channel takes files: its name under the folder of reports and its
    SHA-256. `data` is there only while it is sent."""

    name: str
    sha256: str
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """A warning, or a digest that was issued, as plain values. `level`: key of labels.LEVELS; `gist`: one sentence;
    `place`: empty where unknown; `count`: mentions that it stands for; `where`: short words where to look; `text`:
    several plain lines, for bots and mail; `link`: absolute address of the page to acknowledge it on, or empty, never
    put into a short message; `at`: aware UTC."""

    level: str
    title: str
    gist: str
    place: str
    count: int
    where: str
    text: str
    link: str
    at: datetime
    attachments: tuple[Attachment, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON values, attachments by name and hash."""
        files = [{"name": one.name, "sha256": one.sha256} for one in self.attachments]
        return asdict(self) | {"at": self.at.isoformat(), "attachments": files}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Message":
        """From what `to_dict` gave. Raises KeyError, ValueError for anything else."""
        kept = {one.name: values[one.name] for one in fields(cls) if one.name != "attachments"}
        at = datetime.fromisoformat(kept["at"])
        if at.tzinfo is None:
            raise ValueError("a message's moment has no time zone")
        files = tuple(Attachment(one["name"], one["sha256"]) for one in values.get("attachments", ()))
        return cls(**kept | {"at": at, "attachments": files})


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told. A group's bot needs nothing of it. Printed without number and address."""

    name: str = ""
    phone: str = field(default="", repr=False)
    mail: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an answer is judged. `outcome`: key of labels.OUTCOMES, UNKNOWN where the request went out and nobody can
    tell from the answer whether it was taken; `code`: as the service said; `note`: Chinese, says the remedy, holds
    neither secret nor number; `reference`: the service's own id of the message; `wait`: seconds until it is worth
    trying again; `scope`: "recipient" where only this recipient is limited or wrong."""

    outcome: str
    code: str = ""
    note: str = ""
    reference: str = ""
    wait: float | None = None
    scope: str = "channel"


@dataclass(frozen=True, slots=True)
class Asked:
    """An attempt that a service took and whose receipt is asked for; `at`: when it was sent (aware UTC)."""

    mine: str
    reference: str
    phone: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """Whether what a service took has arrived. `code`: as the carrier said; `at`: when, if it says so (aware UTC)."""

    mine: str
    reference: str
    delivered: bool
    note: str = ""
    code: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a person fills in for a channel. All words are Chinese. `choices`: value → word; `binds`: where it
    leads; who changes it enters the secrets anew, so that no stored secret is sent elsewhere."""

    name: str
    label: str
    secret: bool = False
    required: bool = True
    help: str = ""
    default: str = ""
    choices: Mapping[str, str] | None = None
    binds: bool = False


class Sender(Protocol):
    """One kind of channel. Nothing of it raises for what a service answers, or for what fields hold."""

    kind: str
    name: str
    reaches: str
    """phone, mail, group"""
    fields: tuple[Field, ...]
    per_minute: int
    """Messages that may be sent in any minute."""
    reports: bool
    """It sends receipts of itself to an address that it is given."""
    asks: float
    """Seconds after which the service knows for certain, or never will, of a message whose answer was lost; 0: it can't
    be asked, or sending again does no harm."""
    slow: bool
    """A call may take minutes."""

    def check(self, fields: Mapping[str, str]) -> None:
        """Raises BadInput for fields that can't be right."""
        ...

    def send(
        self, http: httpx.Client, fields: Mapping[str, str], message: Message, to: Recipient, mine: str
    ) -> Verdict:
        """Send it once; `mine`: our own id of it, the same whenever the same is sent again by the same channel."""
        ...

    def find(
        self, http: httpx.Client, fields: Mapping[str, str], to: Recipient, mine: str, at: datetime
    ) -> Verdict | None:
        """What the service knows of a message of which nobody knows whether it was taken: ok; RETRY where it is not
        there or sending it again does no harm; None where the service can't say, or not yet."""
        ...

    def read_receipts(self, body: bytes) -> list[Receipt]:
        """The receipts in what a service sends of itself to the address that it was given, by reference. Raises
        BadInput for anything else, and where the service is one that is asked."""
        ...

    def receipts(self, http: httpx.Client, fields: Mapping[str, str], asked: Sequence[Asked]) -> list[Receipt]:
        """The receipts that there are by now."""
        ...
