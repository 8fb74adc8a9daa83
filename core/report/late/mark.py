"""The state of what a report's figures rest on, as one short text: while it stays the same, they stay the same and need
not be reckoned again.

It is wider than the figures (whole months, the whole ledger), so that what changes them changes it, and cheap: sums and
numbers of rows, no texts. What it does not see (a post's title put right, a new version of the program) is caught by
building anew every so many days (`Rules.anew`).
"""

import hashlib
from collections.abc import Iterator

from sqlalchemy import and_, exists, func, or_, select
from sqlmodel import Session

from core.clock import Month, instant
from core.models import (
    Account,
    AccountMonth,
    Alert,
    AppReading,
    BoardVersion,
    Correction,
    Coverage,
    Demand,
    DemandChange,
    DemandDeed,
    Dirty,
    FollowerReading,
    Incident,
    IncidentMention,
    IncidentStep,
    IncidentTask,
    LocalIndex,
    LocalList,
    LocalMark,
    Mention,
    MentionDay,
    Post,
    Remembered,
    Run,
    Sense,
    TopicChange,
    TopicDay,
    Unit,
    WatchHit,
)
from core.report.late.terms import Terms


def mark(session: Session, of: Terms) -> str:
    """The state as a hash."""
    whole = hashlib.sha256()
    for one in _accounts(session, of) if of.accounts else _spoken(session, of):
        whole.update(repr(one).encode())
        whole.update(b"\0")
    return whole.hexdigest()[:32]


def waiting(session: Session, of: Terms) -> bool:
    """Whether days that it rests on still wait to be rolled up, or its mentions to be read."""
    if of.accounts:
        within = or_(*(Dirty.day.between(first, last) for first, last in of.spans))
        where = [Dirty.account_id.in_(_ids(of))] if of.order.platform else []
        return bool(session.execute(select(exists().where(within, *where))).scalar())
    within = or_(*(Mention.day.between(first, last) for first, last in of.spans))
    return bool(session.execute(select(exists().where(Mention.understood_at.is_(None), within))).scalar())


def _ids(of: Terms):
    return select(Account.id).where(*([Account.platform == of.order.platform] if of.order.platform else []))


def _rows(session: Session, query) -> list[tuple]:
    return [tuple(row) for row in session.execute(query)]


def _accounts(session: Session, of: Terms) -> Iterator[object]:
    ids = _ids(of)
    for first, last in of.spans:
        month, end = Month.of(first), Month.of(last)
        yield _rows(session, select(AccountMonth.__table__).where(
            AccountMonth.account_id.in_(ids), AccountMonth.month.between(month.first, end.first))
            .order_by(AccountMonth.basis, AccountMonth.month, AccountMonth.account_id))
        for table in (FollowerReading, AppReading):
            yield _rows(session, select(func.count(), func.max(table.id)).where(
                table.account_id.in_(ids), table.day.between(first, last)))
        yield _rows(session, select(func.count(), func.max(Post.id), func.count(Post.gone_at)).where(
            Post.account_id.in_(ids), Post.day.between(first, last)))
        yield _rows(session, select(Coverage.account_id, Coverage.state, func.count()).where(
            Coverage.account_id.in_(ids), Coverage.day.between(first, last))
            .group_by(Coverage.account_id, Coverage.state).order_by(Coverage.account_id, Coverage.state))
        yield _rows(session, select(func.count(), func.max(LocalMark.at), func.max(LocalMark.withdrawn_at)).where(
            LocalMark.account_id.in_(ids), LocalMark.day.between(first, last)))
    yield _rows(session, select(Account.__table__).order_by(Account.id))
    yield _rows(session, select(Unit.__table__).order_by(Unit.id))
    yield _rows(session, select(func.max(LocalIndex.id)))
    yield _rows(session, select(func.max(LocalList.id)))
    yield _rows(session, select(func.count(), func.max(Remembered.updated_at)).where(
        Remembered.key.like("judged-word:%")))
    if of.order.scope.startswith("board:"):
        yield _rows(session, select(func.max(BoardVersion.id)).where(
            BoardVersion.board_id == int(of.order.scope.partition(":")[2])))


def _spoken(session: Session, of: Terms) -> Iterator[object]:
    for first, last in of.spans:
        mentions = Mention.day.between(first, last)
        demands = Demand.day.between(first, last)
        own = select(Mention.id).where(mentions)
        yield _rows(session, select(MentionDay.__table__).where(MentionDay.day.between(first, last))
                    .order_by(MentionDay.day, MentionDay.platform))
        yield _rows(session, select(func.count(), func.max(Mention.id), func.count(Mention.topic_id),
                                    func.count(Mention.fold_id.distinct())).where(mentions))
        yield _rows(session, select(func.count(), func.max(Sense.at)).where(Sense.mention_id.in_(own)))
        yield _rows(session, select(func.count(), func.max(Correction.id)).where(Correction.mention_id.in_(own)))
        yield _rows(session, select(TopicDay.topic_id, func.sum(TopicDay.mentions)).where(
            TopicDay.day.between(first, last)).group_by(TopicDay.topic_id).order_by(TopicDay.topic_id))
        yield _rows(session, select(func.count(), func.max(Demand.id), func.max(Demand.read_at)).where(demands))
        for table in (DemandChange, DemandDeed):
            yield _rows(session, select(func.count(), func.max(table.id)).where(
                table.demand_id.in_(select(Demand.id).where(demands))))
        begin, end = instant(first), instant(last)
        yield _rows(session, select(func.count(), func.max(Alert.arrived_at)).where(Alert.at.between(begin, end)))
        if of.order.scope.startswith("watch:"):
            yield _rows(session, select(func.count()).where(
                WatchHit.watch_id == int(of.order.scope.partition(":")[2]), WatchHit.mention_id.in_(own)))
    open_then = and_(Incident.opened_at <= of.now,
                     or_(Incident.closed_at.is_(None), Incident.closed_at >= instant(of.own[0])))
    files = select(Incident.id).where(open_then)
    yield _rows(session, select(Incident.id, Incident.withdrawn, Incident.alias_of).where(open_then)
                .order_by(Incident.id))
    yield _rows(session, select(func.count(), func.max(IncidentStep.id)).where(
        IncidentStep.incident_id.in_(files), IncidentStep.at <= of.now))
    yield _rows(session, select(func.count(), func.max(IncidentTask.id)).where(
        IncidentTask.incident_id.in_(files), IncidentTask.asked_at <= of.now))
    yield _rows(session, select(func.count(), func.count(IncidentMention.removed_at)).where(
        IncidentMention.incident_id.in_(files), IncidentMention.at <= of.now))
    yield _rows(session, select(func.count()).where(
        TopicChange.who != "", TopicChange.topic_id.in_(select(TopicDay.topic_id).where(
            TopicDay.day.between(*of.own)))))
    yield _rows(session, select(func.count(), func.max(Run.finished_at)).where(
        Run.started_at >= instant(of.own[0]), Run.started_at < of.now, Run.job == "collect"))
    yield _rows(session, select(Unit.id, Unit.name).order_by(Unit.id))
