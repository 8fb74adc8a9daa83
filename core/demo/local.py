"""What lies where in the sample district, and what its office keeps in the room 规则: names, places, watches."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import exists, select
from sqlmodel import Session

from core import district, labels, own_places, unsifted, watches
from core.demo.places import DISTRICT, STREETS
from core.models import OwnPlace, Watch
from core.opinion.gazetteer import Own
from core.opinion.watch import Profile


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "local.toml").read_text(encoding="utf-8"))


@cache
def names() -> Mapping[str, Sequence[str]]:
    """The places by the slot that they fill."""
    found: dict[str, list[str]] = {}
    for slots in _file()["places"].values():
        for slot, some in slots.items():
            found.setdefault(slot, []).extend(some)
    return found


@cache
def _streets() -> Mapping[str, str]:
    return {name: street for street, slots in _file()["places"].items() for some in slots.values() for name in some}


def street_of(name: str) -> str:
    """The street or town that a place lies in; empty for what is no place, and for one that lies in several."""
    return _streets().get(name, "")


def places() -> tuple[Own, ...]:
    """The office's list of places."""
    file = _file()
    return tuple(
        Own(name, file["kinds"][slot], street, tuple(file["aliases"].get(name, ())),
            file["unit_of"].get(name, file["units"].get(slot, "")))
        for street, slots in file["places"].items() for slot, some in slots.items() if slot in file["kinds"]
        for name in some
    )


def profile() -> Profile:
    """What the district is called. It has no code: there is no such district."""
    own = _file()["profile"]
    landmarks = [one.name for one in places() if one.kind != "道路" and one.name not in own["doubtful"]]
    return district.made(DISTRICT, "", streets=STREETS, landmarks=landmarks, **own)


def write(session: Session, *, now: datetime) -> tuple[int, int]:
    """Keep names, places and watches as the office would, marked as sample; how many places and watches. Nothing where
    the office keeps any of its own: they would be mixed up. The caller commits."""
    if district.profile(session).every or session.execute(select(exists().select_from(Watch))).scalar() or (
            session.execute(select(exists().select_from(OwnPlace))).scalar()):
        return 0, 0
    who = {"who": labels.DEMO, "now": now, "demo": True}
    district.keep(session, profile(), **who)
    own_places.take(session, own_places.plan(session, places()), **who)
    for watch in _file()["watches"]:
        watches.save(session, **watch, **who)
    return len(places()), len(_file()["watches"])


def forget(session: Session, *, now: datetime) -> None:
    """Take out what `write` has kept and the office has not changed; what came in of late is sifted again without. The
    caller commits."""
    gone = [part.forget_sample(session) for part in (district, own_places, watches)]
    if any(gone):
        unsifted.again(session, now)
