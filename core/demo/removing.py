"""Taking the sample district out completely, and nothing else with it.

What makes a fact part of it is its capture, not its account: real figures that someone brought in for a sample
account stay, and with them that account and its unit, no longer marked as sample.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, exists, func, or_, select, update
from sqlmodel import Session

from core import audit, clock, db, digests, evidence, incident_files, incidents, ingest, outlook, rollup, turn, warned
from core.demands.sample import forget_sample
from core.demo import desk, local, satisfaction
from core.models import (
    Account,
    AccountDay,
    AccountMonth,
    AccountName,
    AppReading,
    Board,
    BoardMember,
    BoardVersion,
    Capture,
    Correction,
    Coverage,
    Demand,
    Dirty,
    Edition,
    EditionFile,
    EditionRead,
    FollowerReading,
    LateEvent,
    LateFigure,
    LateLook,
    LocalIndex,
    LocalMark,
    Matrix,
    Mention,
    MentionDay,
    MentionDeed,
    MentionMark,
    MonthSign,
    Notice,
    OwnPlace,
    Post,
    Reading,
    Reconciliation,
    Rejected,
    ReportTask,
    Run,
    Sense,
    Source,
    TargetEntry,
    Topic,
    TopicApart,
    TopicChange,
    TopicDay,
    TopicGroup,
    TopicView,
    Unit,
    Unsifted,
    Verification,
    WatchHit,
    WatchMark,
)
from core.settings import settings
from core.targets import kept as targets


@dataclass(slots=True)
class Removed:
    """What was taken out, in rows; `kept` are sample accounts that hold real figures and stay as real ones."""

    accounts: int = 0
    kept: int = 0
    posts: int = 0
    mentions: int = 0
    captures: int = 0
    editions: int = 0

    @property
    def words(self) -> str:
        """The outcome in Chinese."""
        kept = f"；{self.kept} 个账号已有真实数据，予以保留" if self.kept else ""
        return (
            f"演示数据已清除：账号 {self.accounts} 个、帖文 {self.posts} 条、舆情信息 {self.mentions} 条、"
            f"原始数据 {self.captures} 份、报告 {self.editions} 份{kept}"
        )


def remove(*, now: datetime | None = None, who: str = "") -> Removed:
    """Delete every trace of the sample district as one transaction, then its files; real data are untouched.

    Does nothing where there is none. `now` is the moment it is put on record with.
    """
    now = now or clock.now()
    with db.session() as session:
        run = ingest.begin(session, "demo", at=now)
        removed = Removed()
        reports = _editions(session, removed)
        hashes = _facts(session, removed)
        desk.forget(session)
        digests.forget_sample(session)
        warned.forget_sample(session)
        attached = incidents.forget_sample(session)
        forget_sample(session)
        satisfaction.forget(session)
        attached = {*attached, *targets.forget_sample(session)} - targets.held_files(session)
        _count(session, delete(Notice).where(Notice.kind == targets.NOTICE, Notice.demo.is_(True)))
        _opinion(session, removed)
        local.forget(session, now=now)
        _ledger(session, removed)
        if removed.captures:  # what was verified were sample figures; the night verifies what is left
            _count(session, delete(Verification).where(Verification.id.not_in(select(MonthSign.verification_id))))
        left = set()
        for part in db.chunks(hashes):
            left |= set(session.execute(select(Capture.sha256).where(Capture.sha256.in_(part))).scalars())
        ingest.finish(session, run, "ok", removed.words, at=now)
        audit.note(session, who, "清除演示数据", detail=removed.words)
        session.commit()
        rollup.run(session)
        db.bump(session, now)
        session.commit()
    _unlink(evidence.path_of(sha256) for sha256 in hashes if sha256 not in left)
    _unlink(settings().reports_dir / name for name in reports)
    _unlink(incident_files.path_of(sha256) for sha256 in attached)
    return removed


def _count(session: Session, statement) -> int:
    return session.execute(statement.execution_options(synchronize_session=False)).rowcount


def _editions(session: Session, removed: Removed) -> list[str]:
    """Sample reports; returns the names of their files."""
    ids = select(Edition.id).where(Edition.demo.is_(True))
    names = list(session.execute(select(EditionFile.name).where(EditionFile.edition_id.in_(ids))).scalars())
    late = select(LateFigure.id).where(LateFigure.edition_id.in_(ids))
    _count(session, delete(LateEvent).where(LateEvent.figure_id.in_(late)))
    for table in (EditionFile, EditionRead, ReportTask, LateFigure, LateLook, Notice):
        _count(session, delete(table).where(table.edition_id.in_(ids)))
    _count(session, update(TargetEntry).where(TargetEntry.edition_id.in_(ids)).values(edition_id=None))
    removed.editions = _count(session, delete(Edition).where(Edition.demo.is_(True)))
    return names


def _facts(session: Session, removed: Removed) -> list[str]:
    """Posts, readings, daily figures and coverage of sample captures and runs; returns the captures' hashes."""
    captures = select(Capture.id).where(Capture.demo.is_(True))
    runs = select(Run.id).where(Run.demo.is_(True))
    posts = select(Post.id).where(Post.capture_id.in_(captures))
    _count(session, delete(Reading).where(or_(Reading.capture_id.in_(captures), Reading.post_id.in_(posts))))
    removed.posts = _count(session, delete(Post).where(Post.capture_id.in_(captures)))
    _count(session, delete(FollowerReading).where(FollowerReading.capture_id.in_(captures)))
    _count(session, delete(AppReading).where(AppReading.capture_id.in_(captures)))
    _count(session, delete(Coverage).where(Coverage.run_id.in_(runs)))
    return list(session.execute(select(Capture.sha256).where(Capture.demo.is_(True)).distinct()).scalars())


def _opinion(session: Session, removed: Removed) -> None:
    """Mentions of sample sources with their folds, what people said of them, topics, and what was made of these; day
    counts are lowered by what they had added."""
    sources = select(Source.id).where(Source.demo.is_(True))
    counted = session.execute(
        select(
            Mention.day, Mention.platform, func.count().label("mentions"),
            func.count().filter(Mention.fold_id == Mention.id).label("folded"),
        )
        .where(Mention.source_id.in_(sources), Mention.understood_at.is_not(None))
        .group_by(Mention.day, Mention.platform)
    ).all()
    for row in counted:
        _count(
            session,
            update(MentionDay).where(MentionDay.day == row.day, MentionDay.platform == row.platform)
            .values(mentions=MentionDay.mentions - row.mentions, folded=MentionDay.folded - row.folded),
        )
    _count(session, delete(MentionDay).where(MentionDay.mentions <= 0))
    mentions = select(Mention.id).where(Mention.source_id.in_(sources))
    for table in (Unsifted, Sense, WatchHit, WatchMark, Correction, MentionDeed, MentionMark):
        _count(session, delete(table).where(table.mention_id.in_(mentions)))
    removed.mentions = _count(session, delete(Mention).where(Mention.source_id.in_(sources)))
    topics = select(Topic.id).where(Topic.demo.is_(True))
    _count(session, delete(TopicApart).where(or_(TopicApart.topic_id.in_(topics), TopicApart.other_id.in_(topics))))
    for table in (TopicDay, TopicView, TopicChange):
        _count(session, delete(table).where(table.topic_id.in_(topics)))
    _count(session, delete(TopicChange).where(TopicChange.other_id.in_(topics)))
    outlook.forget_sample(session)
    turn.move_on(session)
    for table in (Topic, TopicGroup):
        _count(session, update(table).where(table.demo.is_(True)).values(alias_of=None))
        _count(session, delete(table).where(table.demo.is_(True)))


def _ledger(session: Session, removed: Removed) -> None:
    """Captures, runs, sources, boards, matrices, and the indices, accounts and units that nothing real hangs on."""
    runs = select(Run.id).where(Run.demo.is_(True))
    _count(session, delete(Rejected).where(Rejected.run_id.in_(runs)))
    _count(session, delete(Reconciliation).where(Reconciliation.capture_id.in_(
        select(Capture.id).where(Capture.demo.is_(True)))))
    removed.captures = _count(session, delete(Capture).where(Capture.demo.is_(True)))
    _count(session, delete(Run).where(Run.demo.is_(True)))
    _count(session, delete(Source).where(Source.demo.is_(True)))
    boards = select(Board.id).where(Board.demo.is_(True))
    for table in (BoardMember, BoardVersion):
        _count(session, delete(table).where(table.board_id.in_(boards)))
    _count(session, delete(Board).where(Board.demo.is_(True)))
    _count(session, delete(Matrix).where(Matrix.demo.is_(True)))
    real = {
        *session.execute(select(Board.index)).scalars(),
        *(said["index"] for said in session.execute(select(BoardVersion.definition)).scalars()),
        *(part["index"] for parts in session.execute(select(Matrix.parts)).scalars() for part in parts),
    }
    _count(session, update(LocalIndex).where(LocalIndex.key.in_(real)).values(demo=False))
    _count(session, delete(LocalIndex).where(LocalIndex.demo.is_(True)))
    held = or_(*(
        exists().where(table.account_id == Account.id) for table in (Post, FollowerReading, AppReading, Source)
    ))
    kept = list(session.execute(select(Account.id).where(Account.demo.is_(True), held)).scalars())
    removed.kept = len(kept)
    if kept:
        days = session.execute(select(AccountDay.account_id, AccountDay.day).where(AccountDay.account_id.in_(kept)))
        months = session.execute(
            select(AccountMonth.account_id, AccountMonth.month).where(AccountMonth.account_id.in_(kept)))
        ingest.mark_dirty(session, [(account_id, day) for account_id, day in (*days, *months)])
        _count(session, update(Account).where(Account.id.in_(kept)).values(demo=False))
    gone = select(Account.id).where(Account.demo.is_(True))
    for table in (AccountDay, AccountMonth, Coverage, Dirty, BoardMember, AccountName, LocalMark):
        _count(session, delete(table).where(table.account_id.in_(gone)))
    removed.accounts = _count(session, delete(Account).where(Account.demo.is_(True)))
    used = select(Account.unit_id).where(Account.unit_id.is_not(None))
    parents = select(Unit.parent_id).where(Unit.parent_id.is_not(None))
    free = (Unit.demo.is_(True), Unit.id.not_in(used), Unit.id.not_in(parents), Unit.id.not_in(incidents.units()),
            *(Unit.id.not_in(ids) for ids in satisfaction.units()))
    gone = select(Unit.id).where(*free)
    for table in (Sense, OwnPlace, Demand):
        _count(session, update(table).where(table.unit_id.in_(gone)).values(unit_id=None))
    _count(session, delete(Unit).where(*free))
    _count(session, update(Unit).where(Unit.demo.is_(True)).values(demo=False))


def _unlink(files: Iterable[Path]) -> None:
    """Delete files and the folders that this leaves empty."""
    for file in files:
        file.unlink(missing_ok=True)
        for folder in (file.parent, file.parent.parent):
            if folder in (settings().reports_dir, settings().captures_dir) or not folder.is_dir():
                break
            if any(folder.iterdir()):
                break
            folder.rmdir()
