"""Mentions held against what the answers and files say that they were read from: who said what, when and where.

Each mention names the capture that its words came from; that capture is read again, and platform, title, text, address,
author and moment have to be what is stored. What an answer of the period says of something that is not stored was
dropped. How often and how high something was seen, and its counters, are as last seen and are not reckoned here.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import Session

from core import authors, clock, evidence
from core.db import chunks
from core.demands import intake
from core.evidence import EvidenceLost
from core.faults import BadInput, Fault
from core.imports import orders
from core.labels import DEMAND_CHANNELS
from core.models import Account, Capture, Mention, Rejected, Run, Source
from core.recheck.captured import Parsers, batch_of, serving
from core.recheck.findings import Finding
from core.records import MentionRecord

FIELDS = ("platform", "title", "text", "url", "author", "published_at")
"""What is held against the capture, each of which counts as one."""
_SHOWN = 60


class Check:
    """Mentions of a period under way: `figures` compared, of which `wrong` differ; `trusted`: taken as they are, since
    their capture is lost, went by the rule, or can't be parsed; `read`, `size`: captures, and their bytes."""

    def __init__(self, session: Session, first: date, last: date, parsers: Parsers):
        self.session, self.first, self.last, self.parsers = session, first, last, parsers
        self.figures = self.wrong = self.trusted = self.read = self.size = 0
        self.findings: list[Finding] = []
        self.sources = {source.id: source for source in session.execute(select(Source)).scalars()}
        self.accounts = {account.id: account for account in session.execute(select(Account)).scalars()}

    def run(self, stopping: Callable[[], bool] = lambda: False) -> "Check":
        """All of it; `stopping` ends it early."""
        for capture, failed in self._captures():
            if stopping():
                break
            self._one(capture, failed)
            self.session.expunge(capture)
        return self

    def _captures(self) -> Iterator[tuple[Capture, bool]]:
        """Those that words of the period came from, and every answer about opinion of the period; with whether the run
        ended in a fault there, so that nothing of it was stored."""
        since, until = clock.instant(self.first), clock.instant(self.last + timedelta(1))
        accounts = serving(self.session)
        own = select(Mention.capture_id).where(Mention.day.between(self.first, self.last)).distinct()
        query = select(Capture.id).where(or_(
            Capture.id.in_(own),
            Capture.source_id.not_in(accounts) & (Capture.fetched_at >= since) & (Capture.fetched_at < until)))
        ids = list(self.session.execute(query.order_by(Capture.id)).scalars())
        for part in chunks(ids, 200):
            last = dict(self.session.execute(select(Run.id, Run.fault).where(Run.id.in_(
                select(Capture.run_id).where(Capture.id.in_(part))))).all())
            newest = self._newest([run for run, fault in last.items() if fault])
            for capture in self.session.execute(select(Capture).where(Capture.id.in_(part)).order_by(Capture.id)
                                                ).scalars().all():
                yield capture, capture.id in newest

    def _newest(self, runs: list[int]) -> set[int]:
        """The last capture of each of these runs: what the fault was about."""
        out: dict[int, int] = {}
        for run, id_ in self.session.execute(select(Capture.run_id, Capture.id).where(Capture.run_id.in_(runs))):
            out[run] = max(out.get(run, 0), id_)
        return set(out.values())

    def _one(self, capture: Capture, failed: bool) -> None:
        rows = {row.external_id: row for row in self.session.execute(select(
            Mention.id, Mention.external_id, Mention.source_id, Mention.day, Mention.first_seen_at, Mention.dated,
            *(getattr(Mention, name) for name in FIELDS)).where(Mention.capture_id == capture.id))}
        mine = {id_: row for id_, row in rows.items() if self.first <= row.day <= self.last}
        if capture.thinned_at is not None:
            self.trusted += len(mine) * len(FIELDS)
            return
        try:
            said = self._said(capture)
        except (EvidenceLost, Fault, BadInput) as fault:
            self.trusted += len(mine) * len(FIELDS)
            if mine:
                kind = "lost" if isinstance(fault, EvidenceLost) else "unread"
                self.findings.append(Finding("capture", (capture.id,), kind, None, None, {}, {}, capture.id,
                                             note=str(fault)))
            return
        for id_, row in mine.items():
            self._compare(row, said.get(id_), capture)
        if not failed:
            self._dropped(capture, said)

    def _said(self, capture: Capture) -> dict[str, MentionRecord]:
        """The mentions of a capture by their ids, as they are stored: of two of one id the first, without what is
        personal where it is a demand. Raises EvidenceLost, Fault, BadInput."""
        source = self.sources.get(capture.source_id)
        body = evidence.body(capture)
        self.read += 1
        self.size += len(body)
        if kept := orders.kept_rows(body):
            return {row[1]: MentionRecord(external_id=row[1], published_at=datetime.fromisoformat(row[2]), title=row[3],
                                          text=row[4], observed_at=capture.fetched_at, locator=row[0])
                    for row in reversed(kept)}
        account = self.accounts.get(source.account_id) if source and source.account_id else None
        batch = batch_of(self.session, capture, body, source, account, self.parsers)
        out: dict[str, MentionRecord] = {}
        for record in batch.mentions:
            demand = source is not None and (record.platform or source.platform) in DEMAND_CHANNELS
            out.setdefault(record.external_id, intake.record_of(record) if demand else record)
        return out

    def _compare(self, row: Any, record: MentionRecord | None, capture: Capture) -> None:
        self.figures += len(FIELDS)
        if record is None:
            self.wrong += len(FIELDS)
            self.findings.append(Finding("mention", (row.id,), "invented", None, row.day, {"title": row.title}, {},
                                         capture.id))
            return
        platform = record.platform or self.sources[row.source_id].platform
        # An address or an author that this answer doesn't say stays what an earlier one said.
        expected = {
            "platform": platform, "title": record.title, "text": record.text, "url": record.url or row.url,
            "author": authors.hidden(record.author, platform) if record.author else row.author,
            "published_at": record.published_at,
        }
        different = [name for name in FIELDS if getattr(row, name) != expected[name]]
        if different == ["published_at"] and row.published_at in self._first_said(row):
            different = []
        if row.day != clock.day_of(row.published_at):
            different.append("day")
        if different:
            self.wrong += min(len(different), len(FIELDS))
            expected["day"] = clock.day_of(row.published_at)
            self.findings.append(Finding(
                "mention", (row.id,), "altered", None, row.day, _cut(row, different), _cut(expected, different),
                capture.id, record.locator))

    def _first_said(self, row: Any) -> set[datetime]:
        """When it was published as the answer said that it was first seen in: text that came later does not move what
        was counted already."""
        first = self.session.execute(select(Capture).where(
            Capture.source_id == row.source_id, Capture.fetched_at.between(
                row.first_seen_at - timedelta(hours=1), row.first_seen_at + timedelta(hours=1)))).scalars().all()
        found: set[datetime] = set()
        for capture in first:
            try:
                record = self._said(capture).get(row.external_id)
            except (EvidenceLost, Fault, BadInput):
                continue
            if record is not None:
                found.add(record.published_at)
        return found

    def _dropped(self, capture: Capture, said: Mapping[str, MentionRecord]) -> None:
        ids = [id_ for id_, record in said.items() if self.first <= clock.day_of(record.published_at) <= self.last]
        known: set[str] = set()
        for part in chunks(ids):
            known |= set(self.session.execute(select(Mention.external_id).where(
                Mention.source_id == capture.source_id, Mention.external_id.in_(part))).scalars())
        missing = [id_ for id_ in ids if id_ not in known]
        if not missing:
            return
        aside = set(self.session.execute(select(Rejected.locator).where(Rejected.run_id == capture.run_id)).scalars())
        for id_ in missing:
            record = said[id_]
            if record.locator in aside:
                continue
            self.figures += len(FIELDS)
            self.wrong += len(FIELDS)
            self.findings.append(Finding(
                "mention", (id_,), "dropped", None, clock.day_of(record.published_at), {}, {"title": record.title},
                capture.id, record.locator))


def _cut(values: Any, names: list[str]) -> dict[str, Any]:
    """Those values, long texts from where they can be told apart at a glance."""
    said = {name: values[name] if isinstance(values, Mapping) else getattr(values, name) for name in names}
    return {name: f"{value[:_SHOWN]}…" if isinstance(value, str) and len(value) > _SHOWN else value
            for name, value in said.items()}
