"""The tables. Facts are append-only; derived tables can be rebuilt from them; `*_at` is aware UTC, `day` is Shanghai.

Counters stand in two columns each on `reading`: the value and its slack (see core.counts). On `account_day`
each counter has five: sum, maximum, how many posts had it, how many of those were lower bounds, summed tolerance.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, LargeBinary, MetaData, Text, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from core.counts import Count, of_sum
from core.labels import COUNTERS

# A registry of our own: Streamlit reloads modules, and SQLModel's shared metadata would refuse the second definition.
METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Big = BigInteger().with_variant(Integer(), "sqlite")


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """Base of every table."""


def big_id() -> Any:
    return Field(default=None, primary_key=True, sa_type=Big)


# --- Ledger ---------------------------------------------------------------------------------------------------------


class Unit(Row, table=True):
    """A department, street/town or district body that owns accounts."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    kind: str = Field(index=True, description="bureau, street, district, other")
    parent_id: int | None = Field(default=None, foreign_key="unit.id")
    aliases: list[str] = Field(default_factory=list, sa_type=JSON)
    sort: int = 0
    demo: bool = Field(default=False, index=True)


class Platform(Row, table=True):
    """A platform of the catalogue (data/catalog/platforms.csv), synchronised at every start."""

    code: str = Field(primary_key=True)
    name: str
    family: str
    counters: list[str] = Field(default_factory=list, sa_type=JSON, description="Counters that it yields")
    index: str = Field(default="", description="Key of the index that ranks it (core.metrics.indices); empty: none")
    important: bool = False
    sort: int = 0


class Account(Row, table=True):
    """One official account on one platform."""

    __table_args__ = (UniqueConstraint("platform", "external_id"),)
    id: int | None = Field(default=None, primary_key=True)
    platform: str = Field(foreign_key="platform.code", index=True)
    external_id: str
    name: str
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    registration_no: str = ""
    state: str = Field(default="normal", description="normal, suspended, merged, deregistered")
    opened_on: date | None = None
    closed_on: date | None = None
    interactive: bool | None = Field(default=None, description="Has a working interaction channel; None: not checked")
    importance: int = Field(default=0, description="0 ordinary, 1 important, 2 key")
    tags: list[str] = Field(default_factory=list, sa_type=JSON)
    url: str = ""
    demo: bool = Field(default=False, index=True)


class AccountName(Row, table=True):
    """Former names: a renamed account keeps its line."""

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    name: str
    until: date


class Board(Row, table=True):
    """榜单: a list that the user defines."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    category: str = Field(default="常用榜单", description="The user's own category")
    platform: str = Field(foreign_key="platform.code")
    unit_kinds: list[str] = Field(default_factory=list, sa_type=JSON, description="Scope by rule; empty: all kinds")
    tags: list[str] = Field(default_factory=list, sa_type=JSON, description="Scope by rule; empty: all")
    picked: bool = Field(default=False, description="True: the members are those in board_member")
    index: str = Field(default="", description="Index key with its version; empty: the platform's own")
    basis: str = Field(default="latest", description="latest or d7")
    importances: list[int] = Field(default_factory=list, sa_type=JSON, description="Scope by rule; empty: all")
    order_by: str = Field(default="index", description="What it is ordered by (labels.ORDERS)")
    columns: list[str] = Field(
        default_factory=list, sa_type=JSON, description="Counters, interaction, followers shown, in order; empty: all"
    )
    period: str = Field(default="", description="day, week, month, quarter, year; empty: what the reader chose")
    week_start: int = Field(default=0, description="First weekday of its weeks, 0 Monday to 6 Sunday")
    rounded: bool = Field(default=False, description="Averages enter its index with one decimal, as 清博 computes")
    shown: bool = Field(default=True, description="False: seen in the ledger only")
    archived: bool = Field(default=False, description="Kept with its versions, offered nowhere")
    sort: int = 0
    demo: bool = Field(default=False, index=True)


class BoardMember(Row, table=True):
    board_id: int = Field(foreign_key="board.id", primary_key=True)
    account_id: int = Field(foreign_key="account.id", primary_key=True, index=True)


class BoardVersion(Row, table=True):
    """What a board was from a moment on (core.board_versions)."""

    id: int | None = Field(default=None, primary_key=True)
    board_id: int = Field(foreign_key="board.id", index=True)
    at: datetime
    who: str = ""
    definition: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class LocalIndex(Row, table=True):
    """One version of an index of the district's own, for platforms without a public formula. Never changed once made:
    a change is a new version under a new key."""

    __table_args__ = (UniqueConstraint("name", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, description="What boards name it by, with its version")
    name: str
    version: int = 1
    platforms: list[str] = Field(default_factory=list, sa_type=JSON, description="Platform codes that it ranks")
    definition: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="Dimensions, scale and power")
    usual: bool = Field(default=False, description="Ranks its platforms where no public index does")
    retired: bool = Field(default=False, description="Offered for nothing new; boards that name it keep it")
    at: datetime
    who: str = ""
    demo: bool = Field(default=False, index=True)


class Matrix(Row, table=True):
    """One version of a matrix total (矩阵总分): platforms with the index and the weight that each brings to a unit."""

    __table_args__ = (UniqueConstraint("name", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    name: str
    version: int = 1
    parts: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSON, description="platform, index (key), weight in per cent"
    )
    many: str = Field(default="best", description="Of several accounts on one platform: best, mean or sum")
    retired: bool = False
    at: datetime
    who: str = ""
    demo: bool = Field(default=False, index=True)


class LocalList(Row, table=True):
    """One version of the district's own list of deductions and bonuses (本地扣分项). Never changed once made; of those
    that began by a day the one that began last is in force, the later made of two that began on the same day."""

    id: int | None = Field(default=None, primary_key=True)
    valid_from: date = Field(index=True)
    base: float = Field(default=100, description="Points that an account begins with")
    pass_line: float = Field(default=60, description="Points from which on it passes")
    bonus_line: float = Field(default=80, description="Points above which bonuses are added")
    items: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON, description="metrics.deductions.Item")
    at: datetime
    who: str = ""


class LocalMark(Row, table=True):
    """What a person entered for one account under an item of the local list. Withdrawn ones are kept."""

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    item: str = Field(description="Key of the item; the same in every version of the list")
    day: date = Field(index=True)
    times: int = 1
    reason: str = Field(sa_type=Text)
    post: str = Field(default="", description="The post's own id at its platform; empty: none")
    evidence: str = Field(default="", sa_type=Text, description="Link or words that show it")
    at: datetime
    who: str = ""
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""
    withdrawn_why: str = ""


class Leader(Row, table=True):
    """Who held which titles from when to when, by the district's own list (领导姓名职务)."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    titles: list[str] = Field(default_factory=list, sa_type=JSON)
    since: date | None = Field(default=None, description="First day; None: from ever on")
    until: date | None = Field(default=None, description="Last day; None: still")
    note: str = ""


# --- Evidence -------------------------------------------------------------------------------------------------------


class Credential(Row, table=True):
    """What a person was given by a platform or provider. Secrets are sealed with a key that is not in the database."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    kind: str = Field(index=True, description="Collector that it is for")
    shown: dict[str, str] = Field(default_factory=dict, sa_type=JSON, description="The fields that are no secret")
    sealed: bytes = Field(sa_type=LargeBinary, description="JSON of all fields, sealed (core.credentials)")
    tokens: bytes | None = Field(default=None, sa_type=LargeBinary, description="JSON of access tokens, sealed")
    state: str = Field(default="", description="Empty: never tried; ok; bad")
    note: str = Field(default="", sa_type=Text, description="What the last try or use said, in Chinese")
    checked_at: datetime | None = None
    created_at: datetime
    updated_at: datetime


class Source(Row, table=True):
    """Where something is collected from, and when it is due: the table knows, not the clock."""

    __table_args__ = (Index("ix_source_due", "enabled", "next_due_at"),)
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    name: str
    collector: str = Field(description="Name in collectors.SOURCES; `file` for imports")
    platform: str = Field(default="", description="Platform code of what it yields")
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    credential_id: int | None = Field(default=None, foreign_key="credential.id", index=True)
    url: str = ""
    config: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    cursor: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSON, description="Where an unfinished round goes on; empty: at its start"
    )
    period_seconds: int = 1800
    enabled: bool = True
    etag: str = ""
    last_modified: str = ""
    next_due_at: datetime | None = Field(default=None, description="None: due now")
    last_run_at: datetime | None = None
    last_ok_at: datetime | None = None
    failures: int = Field(default=0, description="Failed runs in a row")
    fault: str = Field(default="", description="Class of the last failure; empty after a success")
    fault_note: str = Field(default="", description="The last failure in Chinese words")
    demo: bool = Field(default=False, index=True)


class Run(Row, table=True):
    """One execution of one source or job, with its outcome in words."""

    __table_args__ = (Index("ix_run_job_started", "job", "started_at"),)
    id: int | None = Field(default=None, primary_key=True)
    job: str = Field(description="collect, import, rollup, understand, report, demo …")
    source_id: int | None = Field(default=None, foreign_key="source.id", index=True)
    started_at: datetime
    finished_at: datetime | None = Field(default=None, index=True)
    state: str = Field(default="running", description="running, ok, unchanged, partial, failed")
    fault: str = ""
    note: str = Field(default="", sa_type=Text)
    new_rows: int = 0
    known_rows: int = 0
    rejected_rows: int = 0
    demo: bool = Field(default=False, index=True)


class Capture(Row, table=True):
    """One fetched response or imported file; the body lies content-addressed under captures/."""

    id: int | None = Field(default=None, primary_key=True)
    run_id: int | None = Field(default=None, foreign_key="run.id", index=True)
    source_id: int | None = Field(default=None, foreign_key="source.id", index=True)
    request: str = Field(sa_type=Text, description="Redacted address, or the file's name")
    fetched_at: datetime
    status: int = Field(default=0, description="HTTP status; 0 for a file")
    media_type: str = ""
    sha256: str = Field(index=True, max_length=64)
    size: int = Field(default=0, sa_type=Big)
    meta: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="E.g. the mapping that an import used")
    demo: bool = Field(default=False, index=True)
    packed: int | None = Field(default=None, sa_type=BigInteger, description="Bytes on disk; 0: those of "
                               "another; None: not counted yet")
    thinned_at: datetime | None = Field(default=None, description="When the bytes went, by the rule (core.retention)")


class CaptureRule(Row, table=True):
    """保管期限: for how many months captured bytes are kept, 0 for good. The newest counts."""

    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    who: str
    used_months: int = Field(description="Of captures that something stored was read from")
    idle_months: int = Field(description="Of those that brought nothing new")


class CaptureHold(Row, table=True):
    """保全: captures of these Shanghai days that stay whatever the rule says, until it is lifted."""

    id: int | None = Field(default=None, primary_key=True)
    first: date
    last: date | None = Field(default=None, description="None: from then on")
    platform: str = Field(default="", description="Of one platform's sources; empty: of all")
    reason: str = Field(sa_type=Text)
    at: datetime
    who: str
    lifted_at: datetime | None = None
    lifted_by: str = ""
    why: str = Field(default="", sa_type=Text)


class Host(Row, table=True):
    """A host that is being left alone after failures in a row (its circuit is open)."""

    host: str = Field(primary_key=True)
    closed_until: datetime
    failures: int = 0
    why: str = ""


class Quota(Row, table=True):
    """Calls taken from one allowance in one window (minute, hour, Shanghai day)."""

    key: str = Field(primary_key=True, description="credential:ID or host:NAME, then the call's name")
    since: datetime = Field(primary_key=True, description="Start of the window")
    used: int = 0
    exhausted: bool = Field(default=False, description="The source itself said that it is used up")


class Notice(Row, table=True):
    """Something that the operator should know of: a source went quiet, needs a new authorisation, or recovered."""

    __table_args__ = (Index("ix_notice_open", "closed_at", "at"),)
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(index=True)
    kind: str = Field(description="labels.NOTICES")
    source_id: int | None = Field(default=None, foreign_key="source.id", index=True)
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    edition_id: int | None = Field(default=None, foreign_key="edition.id", index=True)
    title: str
    note: str = Field(default="", sa_type=Text)
    closed_at: datetime | None = Field(default=None, description="When it no longer held, or a person put it away")
    closed_by: str = ""
    demo: bool = Field(default=False, index=True)


class Rejected(Row, table=True):
    """A row or item set aside, with the reason."""

    id: int | None = big_id()
    run_id: int = Field(foreign_key="run.id", index=True)
    locator: str
    field: str = ""
    reason: str
    raw: str = Field(default="", sa_type=Text)


# --- Facts, append-only ---------------------------------------------------------------------------------------------


class Post(Row, table=True):
    """One post. Its counters are in `reading`."""

    __table_args__ = (UniqueConstraint("account_id", "external_id"), Index("ix_post_account_day", "account_id", "day"))
    id: int | None = big_id()
    account_id: int = Field(foreign_key="account.id")
    external_id: str
    published_at: datetime
    timed: bool = Field(default=True, description="False: only the day is known")
    day: date = Field(index=True)
    title: str = ""
    text: str = Field(default="", sa_type=Text)
    url: str = ""
    kind: str = ""
    position: int | None = None
    push_id: str = ""
    original: bool | None = None
    first_seen_at: datetime
    last_seen_at: datetime
    gone_at: datetime | None = None
    capture_id: int | None = Field(default=None, foreign_key="capture.id", index=True)
    locator: str = ""


class Reading(Row, table=True):
    """The counters of one post at one moment; a row only where something differs from the reading before."""

    __table_args__ = (UniqueConstraint("post_id", "observed_at"),)
    id: int | None = big_id()
    post_id: int = Field(foreign_key="post.id", sa_type=Big)
    observed_at: datetime
    day: date = Field(description="Shanghai date of observed_at")
    reads: int | None = Field(default=None, sa_type=BigInteger)
    reads_slack: int = 0
    readers: int | None = Field(default=None, sa_type=BigInteger)
    readers_slack: int = 0
    plays: int | None = Field(default=None, sa_type=BigInteger)
    plays_slack: int = 0
    likes: int | None = Field(default=None, sa_type=BigInteger)
    likes_slack: int = 0
    wows: int | None = Field(default=None, sa_type=BigInteger)
    wows_slack: int = 0
    reposts: int | None = Field(default=None, sa_type=BigInteger)
    reposts_slack: int = 0
    sharers: int | None = Field(default=None, sa_type=BigInteger)
    sharers_slack: int = 0
    comments: int | None = Field(default=None, sa_type=BigInteger)
    comments_slack: int = 0
    favourites: int | None = Field(default=None, sa_type=BigInteger)
    favourites_slack: int = 0
    reason: str = Field(default="", description="Why, for a correction; empty for an observation")
    capture_id: int | None = Field(default=None, foreign_key="capture.id", index=True)
    locator: str = ""

    def counter(self, name: str) -> Count:
        return Count(getattr(self, name), getattr(self, f"{name}_slack"))


class FollowerReading(Row, table=True):
    """Followers of one account at the end of one day, as seen at one moment."""

    __table_args__ = (UniqueConstraint("account_id", "day", "observed_at"),)
    id: int | None = big_id()
    account_id: int = Field(foreign_key="account.id")
    day: date
    observed_at: datetime
    followers: int | None = Field(default=None, sa_type=BigInteger)
    followers_slack: int = 0
    new: int | None = None
    lost: int | None = None
    reason: str = ""
    capture_id: int | None = Field(default=None, foreign_key="capture.id", index=True)
    locator: str = ""


class AppReading(Row, table=True):
    """One APP on one day, as seen at one moment."""

    __table_args__ = (UniqueConstraint("account_id", "day", "observed_at"),)
    id: int | None = big_id()
    account_id: int = Field(foreign_key="account.id")
    day: date
    observed_at: datetime
    active_users: int | None = Field(default=None, sa_type=BigInteger)
    new_users: int | None = Field(default=None, sa_type=BigInteger)
    total_users: int | None = Field(default=None, sa_type=BigInteger)
    launches: int | None = Field(default=None, sa_type=BigInteger)
    downloads: int | None = Field(default=None, sa_type=BigInteger)
    rating: float | None = None
    reason: str = ""
    capture_id: int | None = Field(default=None, foreign_key="capture.id", index=True)
    locator: str = ""


class DailyReading(Row, table=True):
    """A platform's own totals of one account on one day, to posts of any age, as seen at one moment."""

    __table_args__ = (UniqueConstraint("account_id", "day", "observed_at"),)
    id: int | None = big_id()
    account_id: int = Field(foreign_key="account.id")
    day: date
    observed_at: datetime
    posts: int | None = None
    figures: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="Counter → [value, slack]")
    reason: str = ""
    capture_id: int | None = Field(default=None, foreign_key="capture.id", index=True)
    locator: str = ""


class BoardReading(Row, table=True):
    """One account's line on a provider's own list, as seen at one moment."""

    __table_args__ = (UniqueConstraint("account_id", "provider", "index", "period", "day", "observed_at"),)
    id: int | None = big_id()
    account_id: int = Field(foreign_key="account.id")
    provider: str
    index: str
    period: str = Field(description="day, week, month")
    day: date = Field(description="The period's last day")
    observed_at: datetime
    value: float | None = None
    place: int | None = None
    figures: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    reason: str = ""
    capture_id: int | None = Field(default=None, foreign_key="capture.id", index=True)
    locator: str = ""


class Mention(Row, table=True):
    """Something said somewhere. Folding and topic are filled in by core.understand."""

    __table_args__ = (
        UniqueConstraint("source_id", "external_id"),
        Index("ix_mention_pending", "understood_at", "id"),
        Index("ix_mention_day_platform", "day", "platform"),
        Index("ix_mention_topic_published", "topic_id", "published_at"),
        # Reprints alone, so that the most reprinted texts of a period are counted without reading the mentions.
        Index("ix_mention_reprint", "day", "platform", "fold_kind", "fold_id",
              sqlite_where=text("fold_kind = 'reprint'"), postgresql_where=text("fold_kind = 'reprint'")),
    )
    id: int | None = big_id()
    source_id: int = Field(foreign_key="source.id")
    external_id: str
    platform: str
    title: str
    text: str = Field(default="", sa_type=Text)
    url: str = ""
    author: str = Field(default="", description="Pseudonym")
    published_at: datetime
    dated: bool = True
    day: date
    first_seen_at: datetime
    last_seen_at: datetime
    best_rank: int | None = None
    sightings: int = Field(default=1, description="How many times it was seen (dwell on a hot list)")
    heat: int | None = Field(default=None, sa_type=BigInteger, description="As printed by the source, last seen")
    heat_slack: int = 0
    figures: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSON, description="Counter → [value, slack], as last seen"
    )
    details: dict[str, str] = Field(default_factory=dict, sa_type=JSON, description="Label → text, as the source says")
    understood_at: datetime | None = None
    fold_id: int | None = Field(default=None, sa_type=Big, index=True, description="Mention id of its first copy")
    fold_kind: str = Field(default="", description="What it is to its group: empty the first, reprint, excerpt")
    topic_id: int | None = Field(default=None, foreign_key="topic.id")
    capture_id: int | None = Field(default=None, foreign_key="capture.id", index=True)
    locator: str = ""


class Watch(Row, table=True):
    """关注方案: what analysts want to be told of (core.opinion.watch)."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    query: str = Field(sa_type=Text)
    note: str = ""
    enabled: bool = True
    sort: int = 0
    at: datetime = Field(description="Last changed")
    who: str = ""
    demo: bool = Field(default=False, index=True)


class WatchMark(Row, table=True):
    """A person's word on whether a mention belongs to a watch: what its precision is measured by."""

    watch_id: int = Field(foreign_key="watch.id", primary_key=True)
    mention_id: int = Field(foreign_key="mention.id", primary_key=True, sa_type=Big)
    right: bool
    at: datetime
    who: str = ""


class RiskWord(Row, table=True):
    """A line of the office's own list of sensitive words: new, or in place of the packaged line of the same word."""

    word: str = Field(primary_key=True)
    kind: str
    level: int
    unless: list[str] = Field(default_factory=list, sa_type=JSON)
    note: str = ""
    enabled: bool = Field(default=True, description="False: the packaged line is out of use")
    at: datetime
    who: str = ""


class RiskVersion(Row, table=True):
    """Weights of the score under a name (core.opinion.risk.Version); at most one is in force and one in the shadow."""

    key: str = Field(primary_key=True)
    weights: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    state: str = Field(default="past", description="active, shadow, past")
    note: str = ""
    at: datetime
    who: str = ""


class Correction(Row, table=True):
    """A person's word on what was found about a mention: the newest counts, none is overwritten (core.corrections)."""

    __table_args__ = (Index("ix_correction_what", "what", "mention_id"),)
    id: int | None = Field(default=None, primary_key=True)
    mention_id: int = Field(foreign_key="mention.id", sa_type=Big, index=True)
    what: str = Field(description="sentiment, stance")
    label: str = Field(description="Empty: taken back")
    was: str = Field(default="", description="What stood there before")
    at: datetime
    who: str = ""


class OwnPlace(Row, table=True):
    """A line of the district's own list of places (core.opinion.gazetteer.Own)."""

    __table_args__ = (UniqueConstraint("name", "street"),)
    id: int | None = Field(default=None, primary_key=True)
    name: str
    kind: str
    street: str = ""
    aliases: list[str] = Field(default_factory=list, sa_type=JSON)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", description="Responsible, where not the street's")
    at: datetime
    who: str = ""
    demo: bool = Field(default=False, index=True)


# --- Derived, rebuildable -------------------------------------------------------------------------------------------


class Unsifted(Row, table=True):
    """Mentions that are new or whose text changed, to be matched and scored; written with them."""

    mention_id: int = Field(primary_key=True, foreign_key="mention.id", sa_type=Big)
    asked: int = Field(default=0, sa_column_kwargs={"server_default": "0"},
                       description="Grows when it is noted again while it waits")


class Sense(Row, table=True):
    """What a mention was found to say (core.sift)."""

    __table_args__ = (Index("ix_sense_risk", "risk", "mention_id"),)
    mention_id: int = Field(primary_key=True, foreign_key="mention.id", sa_type=Big)
    at: datetime = Field(description="When it was found")
    risk: int = 0
    risk_kind: str = Field(default="", description="Class of the gravest word")
    version: str = Field(default="", description="Version of the score")
    why: str = Field(default="", sa_type=Text, description="The factors of the score, in Chinese")
    words: list[Any] = Field(default_factory=list, sa_type=JSON, description="[word, field, start, end, way] as found")
    shadow: int | None = Field(default=None, description="The score by the version in the shadow")
    shadow_version: str = Field(default="", description="Version of that score")
    place: str = Field(default="", description="Where it happened, from the county down, as the text names it")
    place_code: str = Field(default="", index=True, description="Administrative code, without zeros at its end")
    town: str = Field(default="", description="Street or town that it is or lies in, where that is known")
    place_why: str = Field(default="", description="Why this place; where there is none, why not")
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True, description="Unit responsible")
    unit_why: str = Field(default="", description="Why this unit")
    guard: str = Field(default="", description="Why it has no sentiment: 非中文, 过短; 过长: the beginning is read")
    sentiment: str = Field(default="", description="正面, 中性, 负面 (core.opinion.sentiment)")
    confidence: float = Field(default=0, description="Of texts with such a confidence that share is labelled right")
    sentiment_words: list[Any] = Field(default_factory=list, sa_type=JSON, description="[start, end, value] of each")


class WatchHit(Row, table=True):
    """A mention that meets a watch, and why."""

    __table_args__ = (Index("ix_watchhit_mention", "mention_id"),)
    watch_id: int = Field(foreign_key="watch.id", primary_key=True)
    mention_id: int = Field(foreign_key="mention.id", primary_key=True, sa_type=Big)
    why: str = Field(default="", sa_type=Text)
    spans: list[Any] = Field(default_factory=list, sa_type=JSON, description="[field, start, end] of its words")


class Dirty(Row, table=True):
    """Account-days whose facts changed since the last roll-up; written in the same transaction as the facts."""

    account_id: int = Field(primary_key=True)
    day: date = Field(primary_key=True)


class AccountDay(Row, table=True):
    """One account, publishing day and basis: what rankings, trends and reports sum."""

    __table_args__ = (Index("ix_account_day_basis_day", "basis", "day"),)
    account_id: int = Field(foreign_key="account.id", primary_key=True)
    basis: str = Field(primary_key=True, description="latest or d7")
    day: date = Field(primary_key=True)
    posts: int = 0
    pushes: int = 0
    headlines: int = 0
    originals: int = Field(default=0, description="Posts known to be original")
    original_known: int = Field(default=0, description="Posts of which it is known whether they are")
    reads: int | None = Field(default=None, sa_type=BigInteger)
    reads_max: int | None = Field(default=None, sa_type=BigInteger)
    reads_known: int = 0
    reads_capped: int = 0
    reads_tolerance: int = Field(default=0, sa_type=BigInteger)
    readers: int | None = Field(default=None, sa_type=BigInteger)
    readers_max: int | None = Field(default=None, sa_type=BigInteger)
    readers_known: int = 0
    readers_capped: int = 0
    readers_tolerance: int = Field(default=0, sa_type=BigInteger)
    plays: int | None = Field(default=None, sa_type=BigInteger)
    plays_max: int | None = Field(default=None, sa_type=BigInteger)
    plays_known: int = 0
    plays_capped: int = 0
    plays_tolerance: int = Field(default=0, sa_type=BigInteger)
    likes: int | None = Field(default=None, sa_type=BigInteger)
    likes_max: int | None = Field(default=None, sa_type=BigInteger)
    likes_known: int = 0
    likes_capped: int = 0
    likes_tolerance: int = Field(default=0, sa_type=BigInteger)
    wows: int | None = Field(default=None, sa_type=BigInteger)
    wows_max: int | None = Field(default=None, sa_type=BigInteger)
    wows_known: int = 0
    wows_capped: int = 0
    wows_tolerance: int = Field(default=0, sa_type=BigInteger)
    reposts: int | None = Field(default=None, sa_type=BigInteger)
    reposts_max: int | None = Field(default=None, sa_type=BigInteger)
    reposts_known: int = 0
    reposts_capped: int = 0
    reposts_tolerance: int = Field(default=0, sa_type=BigInteger)
    sharers: int | None = Field(default=None, sa_type=BigInteger)
    sharers_max: int | None = Field(default=None, sa_type=BigInteger)
    sharers_known: int = 0
    sharers_capped: int = 0
    sharers_tolerance: int = Field(default=0, sa_type=BigInteger)
    comments: int | None = Field(default=None, sa_type=BigInteger)
    comments_max: int | None = Field(default=None, sa_type=BigInteger)
    comments_known: int = 0
    comments_capped: int = 0
    comments_tolerance: int = Field(default=0, sa_type=BigInteger)
    favourites: int | None = Field(default=None, sa_type=BigInteger)
    favourites_max: int | None = Field(default=None, sa_type=BigInteger)
    favourites_known: int = 0
    favourites_capped: int = 0
    favourites_tolerance: int = Field(default=0, sa_type=BigInteger)
    headline_reads: int | None = Field(default=None, sa_type=BigInteger)
    headline_readers: int | None = Field(default=None, sa_type=BigInteger)
    headline_likes: int | None = Field(default=None, sa_type=BigInteger)
    headline_wows: int | None = Field(default=None, sa_type=BigInteger)
    headline_reposts: int | None = Field(default=None, sa_type=BigInteger)
    original_reposts: int | None = Field(default=None, sa_type=BigInteger)
    original_comments: int | None = Field(default=None, sa_type=BigInteger)
    reads_over: int = Field(default=0, sa_type=BigInteger, description="Known reads above 10万+ of each post, summed")
    headline_reads_over: int = Field(default=0, sa_type=BigInteger)
    followers: int | None = Field(default=None, sa_type=BigInteger, description="At day end, where read")
    followers_slack: int = 0
    followers_new: int | None = None
    followers_lost: int | None = None

    def counter(self, name: str) -> Count:
        """The day's sum of that counter with its exactness."""
        return of_sum(getattr(self, name), getattr(self, f"{name}_capped"), getattr(self, f"{name}_tolerance"))


class AccountMonth(Row, table=True):
    """One account, calendar month and basis: the sums of its days, so that long boards needn't read them (core.months).

    Rows of one month lie side by side: the key is the order on disk.
    """

    __table_args__ = ({"sqlite_with_rowid": False},)
    basis: str = Field(primary_key=True, description="latest or d7")
    month: date = Field(primary_key=True, description="Its first day")
    account_id: int = Field(foreign_key="account.id", primary_key=True)
    figures: bytes = Field(sa_type=LargeBinary, description="Sums, days known, followers, packed (core.months)")
    by_day: str = Field(default="", description="Posts of each day with commas between; nothing where it is not known")


class Coverage(Row, table=True):
    """What is known of one account on one day (labels.COVERAGE)."""

    account_id: int = Field(foreign_key="account.id", primary_key=True)
    day: date = Field(primary_key=True, index=True)
    state: str
    run_id: int | None = Field(default=None, foreign_key="run.id")


class MentionDay(Row, table=True):
    """Mentions by day and platform."""

    day: date = Field(primary_key=True)
    platform: str = Field(primary_key=True)
    mentions: int = 0
    folded: int = Field(default=0, description="Distinct texts: reprints counted once")


class Topic(Row, table=True):
    """A hot topic. A topic that was merged keeps its row as an alias of the one that lives on. People change topics by
    core.topic_deeds."""

    __table_args__ = (
        # Few are hidden: they are left out by their ids, so that no condition on all the others is needed.
        Index("ix_topic_hidden", "id", sqlite_where=text("hidden_at IS NOT NULL"),
              postgresql_where=text("hidden_at IS NOT NULL")),
    )
    id: int | None = Field(default=None, primary_key=True)
    title: str
    keywords: list[str] = Field(default_factory=list, sa_type=JSON)
    first_at: datetime
    last_at: datetime = Field(index=True)
    mentions: int = 0
    folded: int = 0
    platforms: int = 0
    active: bool = Field(default=True, index=True)
    alias_of: int | None = Field(default=None, foreign_key="topic.id", index=True)
    state: bytes | None = Field(default=None, sa_type=LargeBinary, description="Cluster state of core.opinion.topics")
    group_id: int | None = Field(default=None, foreign_key="topicgroup.id", index=True)
    demo: bool = Field(default=False, index=True)
    own_title: str | None = Field(default=None, description="What it calls itself, where `title` was given by hand")
    pinned_at: datetime | None = None
    hidden_at: datetime | None = None
    hidden_why: str = ""
    whole: bool = Field(default=False, description="People put it together: it is not split by itself")
    unread: bool = Field(default=False, index=True, description="People moved mentions: its state has to be made anew")


class TopicGroup(Row, table=True):
    """Events of one wider subject. A group that was merged keeps its row as an alias of the one that lives on."""

    id: int | None = Field(default=None, primary_key=True)
    title: str
    first_at: datetime
    last_at: datetime = Field(index=True)
    mentions: int = 0
    topics: int = 0
    active: bool = Field(default=True, index=True)
    alias_of: int | None = Field(default=None, foreign_key="topicgroup.id", index=True)
    demo: bool = Field(default=False, index=True)


class TopicChange(Row, table=True):
    """What happened to a topic besides growing: merged, split, drifted, and all that people did with it. Never
    changed: what is taken back is taken back by a row that names it."""

    id: int | None = Field(default=None, primary_key=True)
    topic_id: int = Field(foreign_key="topic.id", index=True)
    at: datetime
    kind: str = Field(description="labels.TOPIC_CHANGES")
    other_id: int | None = Field(default=None, foreign_key="topic.id", index=True, description="The one it took in or "
                                 "that left it")
    before: str = Field(default="", description="Title before")
    after: str = Field(default="", description="Title after, or of the other one")
    mentions: int = Field(default=0, description="Mentions that moved")
    why: str = ""
    who: str = Field(default="", description="Empty: the system")
    record: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="What taking it back needs")
    undoes: int | None = Field(default=None, foreign_key="topicchange.id", index=True)


class TopicApart(Row, table=True):
    """Two topics that people hold apart: they are not merged by themselves. The smaller id first."""

    topic_id: int = Field(foreign_key="topic.id", primary_key=True)
    other_id: int = Field(foreign_key="topic.id", primary_key=True, index=True)
    at: datetime
    who: str = ""


class TopicView(Row, table=True):
    """What netizens and media think of a topic, as last reckoned (core.viewing)."""

    topic_id: int = Field(foreign_key="topic.id", primary_key=True)
    at: datetime
    mentions: int = Field(default=0, description="The topic's at that time; 0: to be reckoned anew")
    content: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class Outlook(Row, table=True):
    """A forecast as it was made, or why none was (core.outlook). Never changed; its days are judged in OutlookDay."""

    __table_args__ = (UniqueConstraint("kind", "key", "day", "demo"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(description="all, platform, topic")
    key: str = Field(default="", description="Platform code or topic id")
    day: date = Field(index=True, description="Last day that was known")
    made_at: datetime
    method: str = ""
    refusal: str = ""
    past: str = Field(default="", sa_type=Text, description="How the method did on the past, in Chinese")
    days: list[Any] = Field(default_factory=list, sa_type=JSON, description="[day, value, low, high, naive]")
    scale: float | None = None
    demo: bool = Field(default=False, index=True)


class OutlookDay(Row, table=True):
    """One day of a forecast, held against what came."""

    outlook_id: int = Field(foreign_key="outlook.id", primary_key=True)
    day: date = Field(primary_key=True)
    horizon: int
    value: float
    actual: float
    error: float
    naive: float
    inside: bool
    scale: float | None = None


class TopicDay(Row, table=True):
    topic_id: int = Field(foreign_key="topic.id", primary_key=True)
    day: date = Field(primary_key=True, index=True)
    platform: str = Field(primary_key=True)
    mentions: int = 0
    folded: int = 0


# --- What people do with what was found -----------------------------------------------------------------------------


class MentionDeed(Row, table=True):
    """What a person did with a mention. Never changed; what stands now is in `mentionmark`."""

    id: int | None = big_id()
    mention_id: int = Field(foreign_key="mention.id", sa_type=Big, index=True)
    at: datetime = Field(index=True)
    who: str = ""
    kind: str = Field(description="labels.DEEDS")
    on: bool = Field(default=True, description="False: taken back")
    text: str = Field(default="", sa_type=Text, description="A comment, a reason, or whom it was given to")
    unit_id: int | None = Field(default=None, foreign_key="unit.id", description="Of an assignment")
    incident_id: int | None = Field(default=None, foreign_key="incident.id", description="Of a link to an incident")


class MentionMark(Row, table=True):
    """What stands of people's deeds on a mention (core.marks)."""

    mention_id: int = Field(primary_key=True, foreign_key="mention.id", sa_type=Big)
    starred: bool = Field(default=False, index=True, description="重点")
    read: bool = Field(default=False, description="已阅")
    wrong: bool = Field(default=False, description="误报: does not concern the district")
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True, description="Unit it was given to")
    assignee: str = Field(default="", description="Person it was given to")
    comments: int = 0
    at: datetime


class Incident(Row, table=True):
    """事件: one file from its discovery to the archive (一事一报). Never deleted: withdrawn, or merged into another."""

    id: int | None = Field(default=None, primary_key=True)
    title: str
    level: str = Field(description="labels.LEVELS")
    stage: str = Field(default="found", index=True, description="labels.STAGES")
    summary: str = Field(default="", sa_type=Text, description="200 characters at most")
    risk: str = Field(default="", description="One sentence: what may come of it")
    place: str = ""
    town: str = Field(default="", description="Street or town, as in Sense.town")
    place_code: str = ""
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True, description="Leading unit")
    first_at: datetime = Field(description="First capture of what is linked: the response clocks run from it")
    opened_at: datetime = Field(index=True)
    opened_by: str = ""
    updated_at: datetime
    closed_at: datetime | None = Field(default=None, description="When it was settled, withdrawn or merged")
    withdrawn: str = Field(default="", description="Why it was withdrawn; empty: it was not")
    alias_of: int | None = Field(default=None, foreign_key="incident.id", index=True)
    demo: bool = Field(default=False, index=True)


class IncidentStep(Row, table=True):
    """What happened in an incident's file. Never changed."""

    __table_args__ = (Index("ix_incidentstep_file", "incident_id", "at"),)
    id: int | None = Field(default=None, primary_key=True)
    incident_id: int = Field(foreign_key="incident.id")
    at: datetime = Field(description="When it happened")
    noted_at: datetime = Field(description="When it was written down")
    who: str = ""
    kind: str = Field(description="labels.STEP_KINDS")
    stage: str = Field(default="", description="The stage that it reached, or was in")
    before: str = Field(default="", sa_type=Text)
    after: str = Field(default="", sa_type=Text)
    text: str = Field(default="", sa_type=Text)
    unit_id: int | None = Field(default=None, foreign_key="unit.id")
    other_id: int | None = Field(default=None, foreign_key="incident.id", description="The other one, of a merge, "
                                 "a split or a relation")


class IncidentMention(Row, table=True):
    """A mention that belongs to an incident, or did until it was taken out."""

    incident_id: int = Field(foreign_key="incident.id", primary_key=True)
    mention_id: int = Field(foreign_key="mention.id", primary_key=True, sa_type=Big, index=True)
    at: datetime
    who: str = ""
    key: bool = Field(default=False, description="Shown in the file as evidence")
    removed_at: datetime | None = None
    removed_by: str = ""


class IncidentTopic(Row, table=True):
    """A topic whose mentions belong to an incident as they come."""

    incident_id: int = Field(foreign_key="incident.id", primary_key=True)
    topic_id: int = Field(foreign_key="topic.id", primary_key=True, index=True)
    at: datetime
    who: str = ""


class IncidentTask(Row, table=True):
    """What a unit was asked to do about an incident, by when, and what it answered."""

    id: int | None = Field(default=None, primary_key=True)
    incident_id: int = Field(foreign_key="incident.id", index=True)
    unit_id: int = Field(foreign_key="unit.id", index=True)
    person: str = ""
    text: str = Field(default="", sa_type=Text)
    asked_at: datetime
    asked_by: str = ""
    due_at: datetime | None = None
    answered_at: datetime | None = None
    answered_by: str = ""
    answer: str = Field(default="", sa_type=Text)
    withdrawn_at: datetime | None = None


class IncidentFile(Row, table=True):
    """An attachment; its bytes lie under the data folder by their hash."""

    id: int | None = Field(default=None, primary_key=True)
    incident_id: int = Field(foreign_key="incident.id", index=True)
    name: str
    media_type: str = ""
    sha256: str = Field(max_length=64)
    size: int
    at: datetime
    who: str = ""
    note: str = ""
    removed_at: datetime | None = None
    removed_by: str = ""


class IncidentTie(Row, table=True):
    """Two incidents that have to do with each other; the smaller id first."""

    incident_id: int = Field(foreign_key="incident.id", primary_key=True)
    other_id: int = Field(foreign_key="incident.id", primary_key=True, index=True)
    why: str = ""
    at: datetime
    who: str = ""


# --- Public demands (诉求) ------------------------------------------------------------------------------------------


class DemandGroup(Row, table=True):
    """问题: what several demands have in common (core.demands). Its id stays; one that was merged is an alias."""

    id: int | None = Field(default=None, primary_key=True)
    title: str
    named: bool = Field(default=False, description="The title is a person's")
    area: str = Field(default="", index=True, description="领域 of its demands (core.opinion.demand_fields)")
    first_at: datetime
    last_at: datetime = Field(index=True)
    demands: int = 0
    alias_of: int | None = Field(default=None, foreign_key="demandgroup.id", index=True)
    demo: bool = Field(default=False, index=True)


class Demand(Row, table=True):
    """诉求: a work order or a message of a citizen; the mention beside it is what search and topics know of it.

    Texts are without telephone and identity numbers. `field`, `town`, `unit_id` and `group_id` are what counts now:
    what a person said, else what was found (`found`)."""

    __table_args__ = (
        UniqueConstraint("source_id", "number"),
        Index("ix_demand_pending", "read_at", "id"),
        Index("ix_demand_group", "group_id", "asked_at"),
    )
    id: int | None = big_id()
    mention_id: int = Field(foreign_key="mention.id", sa_type=Big, unique=True)
    source_id: int = Field(foreign_key="source.id", index=True)
    number: str = Field(description="The source's own number")
    channel: str = Field(description="labels.DEMAND_CHANNELS")
    way: str = Field(default="", description="How it came in, as the file says")
    title: str
    text: str = Field(default="", sa_type=Text)
    caller: str = Field(default="", index=True, description="Pseudonym; empty: not known")
    kind: str = Field(default="", description="labels.DEMAND_KINDS; empty: not read yet")
    kind_said: str = Field(default="", description="Kind and field as the file says")
    kind_why: str = ""
    field: str = Field(default="", description="领域/类别; empty: not read yet")
    field_sure: float = Field(default=0, description="Share of the cues that speak for it, 0 to 1; 1: stated")
    field_why: str = ""
    address: str = Field(default="", description="As the file says")
    town_said: str = ""
    town: str = ""
    place: str = Field(default="", description="The spot: road, estate, school …")
    place_code: str = ""
    place_why: str = ""
    unit_said: str = ""
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    unit_why: str = ""
    asked_at: datetime
    day: date = Field(index=True)
    due_at: datetime | None = None
    due_why: str = ""
    due_said: str = ""
    replied_at: datetime | None = None
    replied_said: str = ""
    reply: str = Field(default="", sa_type=Text)
    state: str = Field(default="", description="labels.DEMAND_STATES; empty: not stated")
    state_said: str = ""
    satisfied: str = Field(default="", description="labels.DEMAND_SATISFIED; empty: not stated")
    seen_at: datetime = Field(description="Of the newest file or answer that told of it")
    read_at: datetime | None = Field(default=None, description="When field, place, unit and group were found")
    found: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="field, town, unit_id as found")
    group_id: int | None = Field(default=None, foreign_key="demandgroup.id")
    group_why: str = ""
    pinned: bool = Field(default=False, description="A person put it into its group")
    capture_id: int | None = Field(default=None, foreign_key="capture.id", index=True)
    locator: str = ""
    demo: bool = Field(default=False, index=True)


class DemandChange(Row, table=True):
    """What a file or an answer said of a demand otherwise than before. Never changed."""

    id: int | None = big_id()
    demand_id: int = Field(foreign_key="demand.id", sa_type=Big, index=True)
    at: datetime = Field(description="When it was so, by the file")
    what: str = Field(description="core.demands.intake.SAID")
    before: str = Field(default="", sa_type=Text)
    after: str = Field(default="", sa_type=Text)
    late: bool = Field(default=False, description="Of a file older than what is known: kept, not taken over")
    capture_id: int | None = Field(default=None, foreign_key="capture.id", index=True)


class DemandDeed(Row, table=True):
    """A person's word on a demand: the newest of a kind counts, none is overwritten (core.demands.deeds)."""

    id: int | None = big_id()
    demand_id: int = Field(foreign_key="demand.id", sa_type=Big, index=True)
    what: str = Field(description="field, town, unit, group")
    value: str = Field(description="Empty: taken back")
    was: str = ""
    at: datetime
    who: str = ""


# --- Warnings -------------------------------------------------------------------------------------------------------


class Person(Row, table=True):
    """Somebody who is told of things. Numbers and addresses are sealed; `shown` has them masked."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    post: str = Field(default="", description="职务")
    sealed: bytes = Field(sa_type=LargeBinary, description="JSON of phone and mail (core.credentials.seal)")
    shown: dict[str, str] = Field(default_factory=dict, sa_type=JSON, description="The same, masked")
    active: bool = True
    at: datetime
    who: str = ""
    demo: bool = Field(default=False, index=True)


class Channel(Row, table=True):
    """A way to reach people: a short message service, a bot, mail, a webhook (core.senders)."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    kind: str = Field(description="Name in core.senders.SENDERS")
    config: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="What is no secret")
    sealed: bytes = Field(sa_type=LargeBinary, description="JSON of the secrets (core.credentials.seal)")
    enabled: bool = True
    sort: int = 0
    rest_until: datetime | None = Field(default=None, description="Not used before: a quota, or a fault")
    failures: int = Field(default=0, description="Failures of its own in a row")
    fault: str = Field(default="", description="Class of the last failure; empty after a success")
    fault_note: str = ""
    ok_at: datetime | None = Field(default=None, description="Last acceptance")
    at: datetime
    who: str = ""
    demo: bool = Field(default=False, index=True)


class AlertRule(Row, table=True):
    """When to warn, whom, and how (core.alerts)."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    subject: str = Field(description="mention, topic, incident")
    terms: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="What has to hold (opinion.alarm)")
    level: str = Field(description="labels.LEVELS")
    plan: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSON,
        description="Whom and how: steps of persons with minutes, channels in order, quiet hours, cool-down, grouping",
    )
    enabled: bool = True
    sort: int = 0
    since: datetime = Field(description="What arrived before doesn't fire it: when it was made or turned on")
    at: datetime
    who: str = ""
    demo: bool = Field(default=False, index=True)


class Alert(Row, table=True):
    """A rule that fired for one thing. Further ones of the same kind within its cool-down join it."""

    __table_args__ = (
        Index("ix_alert_group", "rule_id", "group", "at"), Index("ix_alert_next", "next_at"),
        Index("ix_alert_untold", "rule_id", sqlite_where=text("told_at IS NULL"),
              postgresql_where=text("told_at IS NULL")),
    )
    id: int | None = Field(default=None, primary_key=True)
    rule_id: int = Field(foreign_key="alertrule.id")
    group: str = Field(description="What belongs together within the cool-down: topic:ID, town:NAME, mention:ID …")
    level: str
    at: datetime = Field(index=True)
    arrived_at: datetime = Field(description="When the first of its mentions arrived")
    title: str
    gist: str = Field(default="", description="One sentence")
    why: str = Field(default="", sa_type=Text, description="Which terms held, in Chinese")
    place: str = ""
    town: str = ""
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    mentions: int = Field(default=1, description="How many it stands for")
    mention_id: int | None = Field(default=None, foreign_key="mention.id", sa_type=Big, index=True)
    topic_id: int | None = Field(default=None, foreign_key="topic.id", index=True)
    incident_id: int | None = Field(default=None, foreign_key="incident.id", index=True)
    state: str = Field(default="open", index=True, description="open, seen, closed")
    seen_at: datetime | None = None
    seen_by: str = ""
    seen_how: str = Field(default="", description="link, room, receipt")
    closed_at: datetime | None = None
    closed_by: str = ""
    outcome: str = Field(default="", description="What came of it: incident, wrong, known, other")
    step: int = Field(default=0, description="Of the rule's plan that it has reached")
    next_at: datetime | None = Field(default=None, description="When the next step is due; None: no more")
    told_at: datetime | None = Field(default=None, description="When it was told, at once or by digest; None: not yet")
    demo: bool = Field(default=False, index=True)


class AlertMention(Row, table=True):
    """A mention that an alert stands for."""

    alert_id: int = Field(foreign_key="alert.id", primary_key=True)
    mention_id: int = Field(foreign_key="mention.id", primary_key=True, sa_type=Big, index=True)
    at: datetime


class Delivery(Row, table=True):
    """That one person, or one group, is to be told of one thing; done by whatever channel takes it."""

    __table_args__ = (UniqueConstraint("key"), Index("ix_delivery_due", "state", "next_at"))
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(description="What makes it one: alert:ID:STEP:PERSON …")
    alert_id: int | None = Field(default=None, foreign_key="alert.id", index=True)
    person_id: int | None = Field(default=None, foreign_key="person.id", index=True)
    channels: list[int] = Field(default_factory=list, sa_type=JSON, description="Channel ids, in order")
    content: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="core.senders.Message")
    state: str = Field(default="waiting", description="labels.DELIVERIES")
    made_at: datetime
    next_at: datetime | None = Field(default=None, description="Not before")
    done_at: datetime | None = None
    token: str = Field(default="", index=True, description="SHA-256 of the key of its link")
    resent: int = Field(default=0, description="How often a person had it sent anew")
    note: str = ""
    demo: bool = Field(default=False, index=True)


class Attempt(Row, table=True):
    """One call of one channel for a delivery, written before it is made; nobody knows how one without an end ended."""

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="delivery.id", index=True)
    channel_id: int = Field(foreign_key="channel.id", index=True)
    resent: int = Field(default=0, description="The delivery's when it was made: services know attempts apart by it")
    at: datetime
    ended_at: datetime | None = None
    outcome: str = Field(default="", description="labels.OUTCOMES; empty: not known")
    code: str = Field(default="", description="As the service said")
    note: str = ""
    reference: str = Field(default="", index=True, description="The service's own id of the message")
    receipt: str = Field(default="", description="delivered, undelivered; empty: none yet")
    receipt_at: datetime | None = None
    receipt_note: str = ""


# --- Digests --------------------------------------------------------------------------------------------------------


class Digest(Row, table=True):
    """舆情摘报 while it is being written. What was issued of it are editions (kind digest, scope digest:ID)."""

    id: int | None = Field(default=None, primary_key=True)
    day: date = Field(index=True, description="The day that it bears")
    title: str
    lead: str = Field(default="", sa_type=Text, description="导语")
    sent_to: str = Field(default="", description="报送: whom it goes to, in words")
    number: int | None = Field(default=None, description="期号 within its year, given when it is first issued")
    made_at: datetime
    made_by: str = ""
    updated_at: datetime
    withdrawn: str = Field(default="", description="Why it was given up; empty: it was not")
    demo: bool = Field(default=False, index=True)


class DigestItem(Row, table=True):
    """An item of a digest: as it was taken over, and as a person has written it. Taken out, it stays as such."""

    id: int | None = Field(default=None, primary_key=True)
    digest_id: int = Field(foreign_key="digest.id", index=True)
    sort: int = Field(description="Place within the digest")
    section: str = Field(description="Of labels.DIGEST_SECTIONS, or the office's own")
    kind: str = Field(description="mention, topic, incident, own")
    mention_id: int | None = Field(default=None, foreign_key="mention.id", sa_type=Big, index=True)
    topic_id: int | None = Field(default=None, foreign_key="topic.id", index=True)
    incident_id: int | None = Field(default=None, foreign_key="incident.id", index=True)
    title: str
    text: str = Field(default="", sa_type=Text)
    was_title: str = Field(default="", description="As it was taken over")
    was_text: str = Field(default="", sa_type=Text)
    source: str = ""
    url: str = Field(default="", sa_type=Text)
    at: datetime | None = Field(default=None, description="When it was said, or began")
    level: str = Field(default="", description="labels.LEVELS; empty: none was given")
    mentions: int | None = Field(default=None, description="Items that it stood for when it was taken over")
    added_at: datetime
    added_by: str = ""
    edited_at: datetime | None = None
    edited_by: str = ""
    removed_at: datetime | None = None
    removed_by: str = ""


# --- Reports, housekeeping ------------------------------------------------------------------------------------------


class Edition(Row, table=True):
    """An issued report: its content as stored never changes."""

    __table_args__ = (UniqueConstraint("kind", "platform", "period", "scope", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(description="monthly …")
    platform: str = ""
    period: str = Field(description="2020-02")
    scope: str = Field(default="all", description="all, bureau, street, unit:ID, board:ID")
    version: int = 1
    title: str
    content: bytes = Field(sa_type=LargeBinary, description="Canonical JSON, zlib")
    sha256: str = Field(max_length=64, description="Of the canonical JSON")
    stamp: int = Field(default=0, description="core.db.stamp when the data were read")
    issued_at: datetime
    issued_by: str = ""
    demo: bool = Field(default=False, index=True)


class EditionFile(Row, table=True):
    edition_id: int = Field(foreign_key="edition.id", primary_key=True)
    format: str = Field(primary_key=True, description="xlsx, pdf")
    name: str = Field(description="File name under reports/")
    sha256: str = Field(max_length=64)
    size: int


class ReportRule(Row, table=True):
    """编报计划: reports that are due again and again. Periods that ended before `since` are none of it."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    kind: str = Field(description="labels.REPORT_KINDS")
    span: str = Field(description="core.periods.SPANS")
    platform: str = Field(default="", description="A code, * each platform that has accounts, empty: of none")
    scope: str = "all"
    basis: str = "latest"
    parts: list[str] = Field(default_factory=list, sa_type=JSON, description="Keys of the outline; empty: all")
    hour: int = Field(default=6, description="Shanghai hour of the day after the period at which it is written")
    days: int = Field(default=3, description="Days after the period by the end of which it is due")
    way: str = Field(default="issue", description="labels.REPORT_WAYS")
    people: list[int] = Field(default_factory=list, sa_type=JSON)
    channels: list[int] = Field(default_factory=list, sa_type=JSON)
    least: int = Field(default=0, description="Per cent of coverage under which it is held")
    empty: bool = Field(default=True, description="Write it where there is nothing to report")
    dress: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="core.report.dress")
    enabled: bool = True
    since: date
    sort: int = 0
    at: datetime
    who: str = ""


class ReportTask(Row, table=True):
    """What became of a report of a plan, where it was not simply issued."""

    rule_id: int = Field(foreign_key="reportrule.id", primary_key=True)
    platform: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    state: str = Field(description="labels.REPORT_TASKS")
    why: str = ""
    coverage: float | None = None
    tries: int = 0
    edition_id: int | None = Field(default=None, foreign_key="edition.id", index=True)
    at: datetime
    who: str = ""


class EditionRead(Row, table=True):
    """Somebody opened or took away an issued report."""

    id: int | None = Field(default=None, primary_key=True)
    edition_id: int = Field(foreign_key="edition.id", index=True)
    at: datetime
    who: str = ""
    what: str = Field(description="opened, or the format that was taken away")


class LateFigure(Row, table=True):
    """签发后变动台账: a figure of an issued report that comes to something else now on the report's own terms. What it
    came to before is in `lateevent`."""

    __table_args__ = (UniqueConstraint("edition_id", "key"), Index("ix_latefigure_state", "state", "edition_id"))
    id: int | None = Field(default=None, primary_key=True)
    edition_id: int = Field(foreign_key="edition.id")
    key: str = Field(sa_type=Text, description="core.report.figures; of a row that came or went without its column")
    place: str = Field(default="", sa_type=Text, description="Chapter and table or chart")
    name: str = Field(sa_type=Text, description="Row and column")
    main: bool = Field(default=False, description="A headline figure or a total")
    old: str = Field(description="As printed")
    new: str
    difference: str = ""
    share: float | None = Field(default=None, description="Of the old value; None: that is 0 or no number")
    small: bool = Field(default=False, description="Below what is worth a correction: listed only")
    reason: str = Field(description="labels.LATE_REASONS")
    why: str = Field(default="", sa_type=Text, description="One sentence")
    evidence: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON, description="what (post, account, "
                                           "capture, mention …), id, words")
    account_id: int | None = Field(default=None, description="First of the accounts behind it")
    post_id: int | None = Field(default=None, sa_type=Big)
    capture_id: int | None = Field(default=None)
    first_at: datetime
    changed_at: datetime
    looked_at: datetime
    state: str = Field(default="open", description="labels.LATE_STATES")
    by_edition_id: int | None = Field(default=None, foreign_key="edition.id", description="The version that prints the "
                                      "new value")
    who: str = Field(default="", description="Who decided")
    said: str = Field(default="", description="Why it is not corrected")
    decided_at: datetime | None = None
    demo: bool = Field(default=False, index=True)


class LateEvent(Row, table=True):
    """What became of a late figure. Never changed."""

    id: int | None = Field(default=None, primary_key=True)
    figure_id: int = Field(foreign_key="latefigure.id", index=True)
    at: datetime
    kind: str = Field(description="labels.LATE_EVENTS")
    new: str = Field(default="", description="What it came to")
    words: str = Field(default="", sa_type=Text, description="Why")
    who: str = ""


class LateLook(Row, table=True):
    """When an edition's figures were last reckoned again, and the state of what they rest on then."""

    edition_id: int = Field(foreign_key="edition.id", primary_key=True)
    at: datetime
    mark: str = Field(default="", description="core.report.late.mark; empty: reckon again in any case")
    built_at: datetime | None = Field(default=None, description="When the content was last built anew")
    seconds: float = 0
    figures: int = Field(default=0, description="Held against what is printed")
    uncompared: int = Field(default=0, description="Figures whose table has another form now")
    note: str = Field(default="", sa_type=Text, description="Why it could not be looked at")


class Verification(Row, table=True):
    """One verification of a month: every stored figure held against its captures (core.recheck)."""

    id: int | None = Field(default=None, primary_key=True)
    month: date = Field(index=True, description="Its first day")
    state: str = Field(default="waiting", description="labels.VERIFICATIONS")
    asked_at: datetime
    who: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    figures: int = Field(default=0, sa_type=BigInteger, description="Reckoned anew and held against what is stored")
    wrong: int = Field(default=0, sa_type=BigInteger)
    trusted: int = Field(default=0, sa_type=BigInteger, description="Taken as they are: their capture can't be read")
    waiting: int = Field(default=0, description="Account-days still to be rolled up, which were left out")
    captures: int = 0
    size: int = Field(default=0, sa_type=BigInteger, description="Bytes read")
    findings: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    found: int = Field(default=0, description="Findings in all; the first of them are kept")
    note: str = ""
    first: date | None = Field(default=None, description="Of a part that was asked for: its days; None: a whole month")
    last: date | None = None
    scope: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSON, description="Of a part: accounts (ids; empty: all), words"
    )
    counts: dict[str, list[int]] = Field(
        default_factory=dict, sa_type=JSON, description="Account id → figures, wrong, trusted"
    )
    said: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSON, description="Of mentions: figures, wrong, trusted, found, findings"
    )
    crossed: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSON,
        description="What two sources say of the same: counts (account id → core.reconcile.tally), findings, found",
    )


class MonthSign(Row, table=True):
    """Somebody's word that a month's figures are accepted as a verification found them."""

    id: int | None = Field(default=None, primary_key=True)
    verification_id: int = Field(foreign_key="verification.id", index=True)
    month: date = Field(index=True)
    at: datetime
    who: str = ""
    why: str = Field(default="", description="What was accepted although it is not right, and why")
    known: dict[str, Any] = Field(
        default_factory=dict, sa_type=JSON, description="What second sources had said of the month by then"
    )


class Reconciliation(Row, table=True):
    """对账: an export that was held against what is stored, account-day by account-day and post by post. Nothing of it
    became a figure (core.reconcile)."""

    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    who: str = ""
    name: str = Field(description="The file's name")
    kind: str = Field(default="", description="What it was recognised as, in Chinese")
    platform: str
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True, description="None: a board")
    capture_id: int = Field(foreign_key="capture.id", index=True)
    seen_at: datetime = Field(description="When the export was made")
    first: date = Field(description="The first day that it speaks of")
    last: date
    counts: dict[str, int] = Field(default_factory=dict, sa_type=JSON, description="core.reconcile.tally.Tally")
    months: dict[str, dict[str, int]] = Field(default_factory=dict, sa_type=JSON, description="The same by month")
    lacking: dict[str, int] = Field(default_factory=dict, sa_type=JSON, description="What is not collected → how often")
    findings: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    found: int = Field(default=0, description="Findings in all; the first of them are kept")
    hint: str = Field(default="", sa_type=Text, description="What the findings have in common")
    withdrawn_at: datetime | None = Field(default=None, description="When it was found to be no proper comparison")
    withdrawn_by: str = ""


class Survey(Row, table=True):
    """A survey of satisfaction with an address of its own: /s/KEY of the public page (core.survey)."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, description="What stands in its address")
    title: str
    intro: str = Field(default="", sa_type=Text)
    state: str = Field(default="draft", description="labels.SURVEY_STATES")
    opens_on: date | None = Field(default=None, description="First day; None: as soon as it is open")
    closes_on: date | None = Field(default=None, description="Last day; None: until it is closed")
    by_unit: bool = Field(default=True, description="Asks which unit is meant where the link does not say")
    unit_ids: list[int] = Field(default_factory=list, sa_type=JSON, description="Units on offer; empty: all")
    aspects: list[str] = Field(default_factory=list, sa_type=JSON, description="What else is rated, in words")
    channels: list[str] = Field(default_factory=list, sa_type=JSON, description="Channels on offer; empty: not asked")
    places: list[str] = Field(default_factory=list, sa_type=JSON, description="Where codes hang, each with its link")
    wants_text: bool = Field(default=True, description="Asks for a remark")
    created_at: datetime
    updated_at: datetime
    demo: bool = Field(default=False, index=True)


class SatisfactionFile(Row, table=True):
    """An imported file with results of a paper survey or of calls after 12345 orders."""

    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    who: str = ""
    name: str
    sha256: str = Field(index=True, max_length=64, description="Of the file as it came")
    capture_id: int = Field(foreign_key="capture.id", index=True)
    source: str = Field(description="paper or hotline (labels.SURVEY_SOURCES)")
    shape: str = Field(description="answers or counts")
    given: str = Field(default="", description="Month that a person gave for the whole file, 2026-10")
    rows: int = 0
    demo: bool = Field(default=False, index=True)


class SatisfactionSlice(Row, table=True):
    """What a file says of one unit and month. A later file takes the place of an earlier one's slice, which stays."""

    __table_args__ = (Index("ix_satisfactionslice_month", "month", "source"),)
    id: int | None = Field(default=None, primary_key=True)
    file_id: int = Field(foreign_key="satisfactionfile.id", index=True)
    source: str
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True, description="None: the whole district")
    month: date = Field(description="Its first day")
    shape: str = Field(description="answers: they are rows of surveyanswer; counts: they stand here")
    counts: dict[str, int] = Field(default_factory=dict, sa_type=JSON, description="labels.SATISFACTION → number")
    locator: str = ""
    replaced_by: int | None = Field(default=None, foreign_key="satisfactionfile.id", description="The later file")


class SurveyAnswer(Row, table=True):
    """One answer, of the survey page or of a file; never changed. Nothing tells who gave it."""

    __table_args__ = (Index("ix_surveyanswer_day", "day", "unit_id"),)
    id: int | None = big_id()
    survey_id: int | None = Field(default=None, foreign_key="survey.id", index=True)
    slice_id: int | None = Field(default=None, foreign_key="satisfactionslice.id", index=True)
    source: str = Field(description="labels.SURVEY_SOURCES")
    at: datetime = Field(description="To the minute; of a file that names no time the day's beginning")
    day: date
    unit_id: int | None = Field(default=None, foreign_key="unit.id", index=True)
    place: str = Field(default="", description="Where its code hung")
    channel: str = ""
    overall: str = Field(description="labels.SATISFACTION")
    aspects: dict[str, str] = Field(default_factory=dict, sa_type=JSON, description="What was rated → level")
    text: str = Field(default="", sa_type=Text, description="Masked")
    flag: str = Field(default="", description="many: one of many from one place, counted once a person lets it")
    locator: str = ""
    demo: bool = Field(default=False, index=True)


class SurveyVerdict(Row, table=True):
    """A person's word on an answer; the newest counts, none is ever changed."""

    id: int | None = big_id()
    answer_id: int = Field(foreign_key="surveyanswer.id", sa_type=Big, index=True)
    at: datetime
    who: str = ""
    kind: str = Field(description="struck: not counted; counted: it is")
    why: str = ""


class SurveyNonce(Row, table=True):
    """A form that was sent in: it is not taken again. Kept as long as its form could be."""

    nonce: str = Field(primary_key=True, max_length=64)
    until: datetime = Field(index=True)


class SurveyRefused(Row, table=True):
    """How many answers of a day were not taken, by reason."""

    day: date = Field(primary_key=True)
    reason: str = Field(primary_key=True, description="labels.SURVEY_REFUSED")
    number: int = 0


class Target(Row, table=True):
    """绩效目标 of a year (core.targets). Those of the sample district are apart."""

    __table_args__ = (UniqueConstraint("year", "key", "demo"),)
    id: int | None = Field(default=None, primary_key=True)
    year: int = Field(index=True)
    key: str = Field(description="What makes it the same target from year to year")
    name: str = Field(description="In the words of the yearly form")
    dimension: str = Field(description="core.targets.kept.DIMENSIONS")
    measure: str = Field(description="core.targets.kept.MEASURES")
    comparison: str = Field(description="ge, eq, le")
    goal: float = Field(description="Shares as fractions: 1 is 100 %")
    unit: str = Field(default="", description="份, 个 …; %: a share")
    options: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="Of its measure")
    weight: float = Field(default=0, description="分值 in the self-assessment")
    note: str = Field(default="", sa_type=Text, description="Where it comes from, what it means")
    why: str = Field(default="", sa_type=Text, description="未完成原因, as a person wrote it")
    remedy: str = Field(default="", sa_type=Text, description="改进措施, as a person wrote it")
    sort: int = 0
    closed_at: datetime | None = Field(default=None, description="From when nothing of it can be changed any more")
    at: datetime
    who: str = ""
    demo: bool = Field(default=False, index=True)


class TargetEntry(Row, table=True):
    """A value that a person entered for a target that no record of the system tells. Withdrawn ones are kept."""

    id: int | None = Field(default=None, primary_key=True)
    target_id: int = Field(foreign_key="target.id", index=True)
    day: date = Field(description="The day it holds from")
    value: float = Field(description="Of the year up to then")
    note: str = Field(default="", sa_type=Text)
    edition_id: int | None = Field(default=None, foreign_key="edition.id", index=True)
    file_name: str = ""
    file_type: str = ""
    file_sha256: str = Field(default="", max_length=64)
    file_size: int = Field(default=0, sa_type=Big)
    at: datetime
    who: str = ""
    withdrawn_at: datetime | None = None
    withdrawn_by: str = ""


class Stamp(Row, table=True):
    """One row whose value grows with every change that readers should see (core.db.bump)."""

    id: int = Field(default=1, primary_key=True)
    value: int = 0
    at: datetime


class Remembered(Row, table=True):
    """Small things kept between runs, e.g. an import mapping that a person corrected."""

    key: str = Field(primary_key=True)
    value: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    updated_at: datetime


class Audit(Row, table=True):
    """Who did what."""

    id: int | None = big_id()
    at: datetime = Field(index=True)
    who: str
    action: str
    what: str = ""
    detail: str = Field(default="", sa_type=Text)


COUNTER_NAMES = tuple(COUNTERS)
# Now, not at the first query: it takes longer than the longest board does.
Row._sa_registry.configure()
