"""What the ledger says, for readers."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from core import labels
from core.models import Account, Audit, Capture, Edition, LateEvent, LateFigure, LateLook, Mention, Platform, Post
from core.report import correction

MOST = 20_000
COLUMNS = ("id", "edition_id", "kind", "report", "version", "platform", "platform_name", "issued_at", "key", "place",
           "name", "main", "old", "new", "difference", "share", "small", "reason", "reason_name", "why", "state",
           "state_name", "first_at", "changed_at", "looked_at", "by_edition_id", "by", "who", "said", "decided_at")


def listing(session: Session, edition_id: int | None = None) -> pd.DataFrame:
    """The figures of the ledger (COLUMNS), of one edition or of all, those of the newest editions first, in the order
    of their report; `by`: the version that printed the new value."""
    rows = session.execute(
        select(LateFigure, Edition.kind, Edition.title, Edition.version, Edition.platform, Edition.issued_at,
               Platform.name)
        .join(Edition, Edition.id == LateFigure.edition_id)
        .outerjoin(Platform, Platform.code == Edition.platform)
        .where(*([LateFigure.edition_id == edition_id] if edition_id is not None else []))
        .order_by(Edition.issued_at.desc(), Edition.id.desc(), LateFigure.main.desc(), LateFigure.id).limit(MOST)).all()
    versions = dict(session.execute(select(Edition.id, Edition.version).where(
        Edition.id.in_([one.by_edition_id for one, *_ in rows if one.by_edition_id]))).all())
    frame = pd.DataFrame([(
        one.id, one.edition_id, kind, title, version, platform, name or "", issued_at, one.key, one.place, one.name,
        one.main, one.old, one.new, one.difference, one.share, one.small, one.reason,
        labels.LATE_REASONS.get(one.reason, one.reason), one.why, one.state, labels.LATE_STATES[one.state],
        one.first_at, one.changed_at, one.looked_at, one.by_edition_id,
        f"第{versions[one.by_edition_id]}版" if one.by_edition_id in versions else "", one.who, one.said,
        one.decided_at) for one, kind, title, version, platform, issued_at, name in rows], columns=list(COLUMNS))
    frame["share"] = frame["share"].astype(float)
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in (
        "issued_at", "first_at", "changed_at", "looked_at", "decided_at")})


def grouped(figures: pd.DataFrame) -> pd.DataFrame:
    """One row for each edition of `listing`'s, in its order: edition_id, report, version, kind, issued_at, open, main
    (open headline figures and totals), small (open, listed only), corrected, waived, restored, why (the reasons of the
    open ones, most frequent first), changed_at (last)."""
    found = []
    for edition_id, own in figures.groupby("edition_id", sort=False):
        first, live = own.iloc[0], own[own["state"] == "open"]
        reasons = Counter((live if len(live) else own)["reason_name"])
        states = Counter(own["state"])
        found.append({
            "edition_id": int(edition_id), "report": first["report"], "version": int(first["version"]),
            "kind": first["kind"], "issued_at": first["issued_at"], "open": int((~live["small"]).sum()),
            "main": int((live["main"] & ~live["small"]).sum()), "small": int(live["small"].sum()),
            "corrected": states["corrected"], "waived": states["waived"], "restored": states["restored"],
            "why": "、".join(f"{name} {number}" for name, number in reasons.most_common(3)),
            "changed_at": own["changed_at"].max(),
        })
    return pd.DataFrame(found, columns=["edition_id", "report", "version", "kind", "issued_at", "open", "main", "small",
                                        "corrected", "waived", "restored", "why", "changed_at"])


@dataclass(frozen=True, slots=True)
class Entry:
    """One figure with its history: (at, what happened, value, words, who) from the first on; `evidence`: (what, id,
    words) of the records behind its reason."""

    id: int
    edition_id: int
    key: str
    name: str
    old: str
    new: str
    why: str
    state: str
    said: str
    who: str
    by_edition_id: int | None
    sheet_id: int | None
    history: tuple[tuple[datetime, str, str, str, str], ...]
    evidence: tuple[tuple[str, int, str], ...]


def entry(session: Session, id_: int) -> Entry | None:
    """A figure of the ledger; None where there is none of that id."""
    row = session.get(LateFigure, id_)
    if row is None:
        return None
    history = tuple((one.at, labels.LATE_EVENTS[one.kind], one.new, one.words, one.who) for one in session.execute(
        select(LateEvent).where(LateEvent.figure_id == id_).order_by(LateEvent.id)).scalars())
    found = ((str(one["what"]), int(one["id"])) for one in row.evidence)
    return Entry(row.id, row.edition_id, row.key, row.name, row.old, row.new, row.why, row.state, row.said, row.who,
                 row.by_edition_id, sheet_of(session, row.edition_id), history,
                 tuple((what, one, _called(session, what, one)) for what, one in found))


def of_figure(session: Session, edition_id: int, key: str) -> Entry | None:
    """The entry of a figure of an edition; None where the ledger has none."""
    id_ = session.execute(select(LateFigure.id).where(
        LateFigure.edition_id == edition_id, LateFigure.key == key)).scalar()
    return None if id_ is None else entry(session, id_)


def sheet_of(session: Session, edition_id: int) -> int | None:
    """The newest 更正单 of an edition."""
    return session.execute(select(func.max(Edition.id)).where(
        Edition.kind == correction.KIND, Edition.scope == f"edition:{edition_id}")).scalar()


_NAMES = {
    "post": "帖文", "account": "账号", "capture": "原始数据", "mention": "信息", "demand": "诉求", "incident": "事件",
    "topic": "话题", "alert": "预警", "run": "采集运行", "audit": "操作记录", "board": "榜单",
}


def _called(session: Session, what: str, id_: int) -> str:
    """What a record of evidence is called."""
    match what:
        case "post":
            said = session.execute(select(Post.title).where(Post.id == id_)).scalar()
        case "mention":
            said = session.execute(select(Mention.title).where(Mention.id == id_)).scalar()
        case "account":
            said = session.execute(select(Account.name).where(Account.id == id_)).scalar()
        case "capture":
            said = session.execute(select(Capture.request).where(Capture.id == id_)).scalar()
        case "audit":
            row = session.get(Audit, id_)
            said = f"{row.action} {row.what}" if row is not None else None
        case _:
            said = None
    return f"{_NAMES.get(what, what)} {id_}" + (f"　{said[:40]}" if said else "")


@dataclass(frozen=True, slots=True)
class Standing:
    """How an edition stands in the ledger. `open`: what waits for a decision, `small` of it listed only; `all` ever;
    `looked_at` (None: never), `figures` held against, `uncompared` not, `note`: why it was not looked at."""

    open: int
    small: int
    all: int
    looked_at: datetime | None
    figures: int
    uncompared: int
    note: str


def standing(session: Session, edition_id: int) -> Standing:
    """How an edition stands."""
    rows = session.execute(select(LateFigure.state, LateFigure.small, func.count()).where(
        LateFigure.edition_id == edition_id).group_by(LateFigure.state, LateFigure.small)).all()
    seen = session.get(LateLook, edition_id)
    return Standing(
        sum(n for state, small, n in rows if state == "open" and not small),
        sum(n for state, small, n in rows if state == "open" and small), sum(n for *_, n in rows),
        seen.at if seen else None, seen.figures if seen else 0, seen.uncompared if seen else 0,
        seen.note if seen else "")


def drafted(figures: pd.DataFrame) -> str:
    """The reason of a correction as the ledger has it: what its figures' reasons say, most frequent first, each once,
    as far as fits."""
    left: Counter[str] = Counter()
    for words in figures["why"]:
        left.update((words.partition("：")[2] or words).split("；"))
    said = ""
    for words, _ in left.most_common():
        if len(said) + len(words) + 1 > correction.REASON:
            break
        said += f"{'；' if said else ''}{words}"
    return said
