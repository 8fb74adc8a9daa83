"""Validated records: what collectors and importers hand over. Plain values, no database.

A record that can't be true (negative count, a date in 2099) is refused here, so that nothing past this
point has to doubt it.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.counts import Count
from core.faults import Fault
from core.labels import COUNTERS

EARLIEST = datetime(2005, 1, 1, tzinfo=UTC)
"""Before any of the platforms existed."""
FUTURE_TOLERANCE = timedelta(hours=26)
"""How far ahead of the fetch a published date may lie (clocks and time zones of sources differ)."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]")


def clean(text: str) -> str:
    """Text without control and direction-override characters or lone surrogates, Unicode-composed, trimmed."""
    kept = text.encode("utf-8", "ignore").decode("utf-8")
    return unicodedata.normalize("NFC", _CONTROL.sub("", kept.replace("\r\n", "\n").replace("\r", "\n"))).strip()


def one_line(text: str) -> str:
    """`clean`, with every run of white space as one space."""
    return " ".join(clean(text).split())


Line = Annotated[str, AfterValidator(one_line)]
Text = Annotated[str, AfterValidator(clean)]


def _web_address(url: str) -> str:
    url = one_line(url)
    if url and not re.match(r"https?://[^\s/]", url, re.IGNORECASE):
        raise ValueError("链接必须以 http:// 或 https:// 开头")
    return url


Url = Annotated[str, AfterValidator(_web_address)]


class Record(BaseModel):
    """Base: frozen, nothing unknown accepted. `locator` says where in the capture it stood."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    locator: str = ""


LARGEST = 2**53
"""No figure is larger: beyond it interfaces round, and no database keeps it."""


def _possible(count: Count) -> None:
    if count.value is not None and count.value > LARGEST:
        raise ValueError("数值过大")


def _counters(value: Mapping[str, Count]) -> dict[str, Count]:
    unknown = set(value) - set(COUNTERS)
    if unknown:
        raise ValueError(f"未知计数项：{'、'.join(sorted(unknown))}")
    for name, count in value.items():
        if count.value is not None and count.value < 0:
            raise ValueError(f"{COUNTERS[name]}不能为负数")
        _possible(count)
    return {name: count for name, count in value.items() if count.value is not None}


Counters = Annotated[dict[str, Count], AfterValidator(_counters)]


def _details(value: Mapping[str, str]) -> dict[str, str]:
    kept = {one_line(label)[:40]: clean(text)[:2_000] for label, text in list(value.items())[:40]}
    return {label: text for label, text in kept.items() if label and text}


Details = Annotated[dict[str, str], AfterValidator(_details)]


class PostRecord(Record):
    """One post of one account, with its counters as seen at `observed_at` (aware UTC)."""

    external_id: Line = Field(min_length=1, max_length=400)
    published_at: datetime
    observed_at: datetime
    title: Line = Field("", max_length=500)
    text: Text = Field("", max_length=200_000)
    url: Url = Field("", max_length=2000)
    kind: Line = Field("", max_length=40)
    position: int | None = Field(None, ge=1, le=100, description="Place in its push; 1 is the headline")
    push_id: Line = Field("", max_length=200, description="Same for all the posts of one push")
    original: bool | None = None
    timed: bool = Field(True, description="False: only the day is known and published_at is its 00:00 in Shanghai")
    as_of: date | None = Field(None, description="The counters are those at the end of this Shanghai day")
    counters: Counters = {}
    account: tuple[str, str] | None = Field(None, description="(platform, external id) when not the source's own")

    @field_validator("published_at", "observed_at")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        return _aware(value)

    def model_post_init(self, _: Any) -> None:
        _plausible(self.published_at, self.observed_at)


class FollowerRecord(Record):
    """Followers of one account at the end of one Shanghai day; new and lost are that day's."""

    day: date
    observed_at: datetime
    followers: Count = Count(None)
    new: int | None = Field(None, ge=0, le=LARGEST)
    lost: int | None = Field(None, ge=0, le=LARGEST)
    account: tuple[str, str] | None = None

    @field_validator("observed_at")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        return _aware(value)

    def model_post_init(self, _: Any) -> None:
        _possible(self.followers)
        if self.followers.missing and self.new is None and self.lost is None:
            raise ValueError("粉丝数、新增、流失都缺失")
        _plausible_day(self.day, self.observed_at)


class DailyRecord(Record):
    """A platform's own totals of one account on one Shanghai day: what happened on that day, to posts of any age.

    Never to be summed with counters of posts. `posts` is how many were published on that day.
    """

    day: date
    observed_at: datetime
    posts: int | None = Field(None, ge=0, le=LARGEST)
    counters: Counters = {}
    account: tuple[str, str] | None = None

    @field_validator("observed_at")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        return _aware(value)

    def model_post_init(self, _: Any) -> None:
        if self.posts is None and not self.counters:
            raise ValueError("当日各项数据都缺失")
        _plausible_day(self.day, self.observed_at)


class BoardRecord(Record):
    """One account's line on a provider's own list: index value and place for a period that ends on `day`.

    `figures` holds the other columns of the list by the provider's own names, as numbers.
    """

    provider: Line = Field(min_length=1, max_length=40, description="gsdata, newrank …")
    index: Line = Field(min_length=1, max_length=40, description="The provider's name of the index, e.g. wci")
    period: Literal["day", "week", "month"]
    day: date = Field(description="The last day of the period")
    observed_at: datetime
    value: float | None = Field(None, allow_inf_nan=False)
    place: int | None = Field(None, ge=1, le=LARGEST)
    figures: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = {}
    account: tuple[str, str] | None = None

    @field_validator("observed_at")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        return _aware(value)

    def model_post_init(self, _: Any) -> None:
        if self.value is None and self.place is None:
            raise ValueError("指数值和名次都缺失")
        _plausible_day(self.day, self.observed_at)


class AppRecord(Record):
    """One APP on one Shanghai day, persons and times apart: active and new users are persons, launches are times."""

    day: date
    observed_at: datetime
    active_users: int | None = Field(None, ge=0, le=LARGEST)
    new_users: int | None = Field(None, ge=0, le=LARGEST)
    total_users: int | None = Field(None, ge=0, le=LARGEST)
    launches: int | None = Field(None, ge=0, le=LARGEST)
    downloads: int | None = Field(None, ge=0, le=LARGEST)
    rating: float | None = Field(None, ge=0, le=5)
    account: tuple[str, str] | None = None

    @field_validator("observed_at")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        return _aware(value)

    def model_post_init(self, _: Any) -> None:
        _plausible_day(self.day, self.observed_at)


class MentionRecord(Record):
    """Something said somewhere: an item of a feed or a hot list, a message, a work order.

    Counters hold what the source prints. `details`: further parts that the source states, Chinese label → text, e.g. a
    work order's 办理状态; never a caller's name or number.
    """

    external_id: Line = Field(min_length=1, max_length=400)
    title: Line = Field(min_length=1, max_length=500)
    text: Text = Field("", max_length=200_000)
    url: Url = Field("", max_length=2000)
    author: Line = Field("", max_length=200)
    published_at: datetime
    dated: bool = Field(True, description="False: the source gave no date and published_at is the first sighting")
    observed_at: datetime
    platform: Line = Field("", max_length=40, description="Platform code when not the source's own")
    rank: int | None = Field(None, ge=1, le=LARGEST)
    heat: Count = Count(None)
    counters: Counters = {}
    details: Details = {}
    caller: Line = Field("", max_length=80, repr=False, description="Who asks, by number; stored as a pseudonym alone")

    @field_validator("published_at", "observed_at")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        return _aware(value)

    def model_post_init(self, _: Any) -> None:
        _possible(self.heat)
        _plausible(self.published_at, self.observed_at)


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("时间缺少时区")
    return value.astimezone(UTC)


def _plausible(published: datetime, observed: datetime) -> None:
    if published < EARLIEST:
        raise ValueError(f"发布时间 {published:%Y-%m-%d} 早于 2005 年，不可信")
    if published > observed + FUTURE_TOLERANCE:
        raise ValueError(f"发布时间 {published:%Y-%m-%d} 晚于采集时间，不可信")


def _plausible_day(day: date, observed: datetime) -> None:
    if day < EARLIEST.date():
        raise ValueError(f"日期 {day} 早于 2005 年，不可信")
    if day > (observed + FUTURE_TOLERANCE).date():
        raise ValueError(f"日期 {day} 晚于采集时间，不可信")


@dataclass(frozen=True, slots=True)
class Reject:
    """A row or item that was set aside: where it stood, which field, why (Chinese), and what stood there."""

    locator: str
    field: str
    reason: str
    raw: str = ""


def reasons(error: ValidationError) -> list[tuple[str, str]]:
    """(field, Chinese reason) of each fault of a refused record."""
    words = {
        "missing": "缺少必填项", "string_too_long": "文字过长", "string_too_short": "不能为空",
        "greater_than_equal": "数值过小", "less_than_equal": "数值过大", "datetime_parsing": "不是日期时间",
        "finite_number": "不是有限的数", "int_parsing_size": "数值过大",
    }
    out = []
    for fault in error.errors(include_url=False):
        text = fault["msg"].removeprefix("Value error, ")
        out.append((".".join(str(part) for part in fault["loc"]), words.get(fault["type"], text)))
    return out


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """What a collector is told of its source: plain values, no secret (those are on its desk). `account` is the
    (platform, external id) of the account that it is bound to."""

    key: str
    collector: str
    name: str
    url: str
    platform: str = ""
    has_account: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)
    etag: str = ""
    last_modified: str = ""
    account: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A post that is due to be read again; `account` is the external id of the one that published it."""

    account: str
    external_id: str
    published_at: datetime
    url: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One response as it arrived. `request` is redacted: no key, token or password in it.

    `context`: what `parse` needs beside the bytes, as plain strings (which call it was, the day asked for); stored
    with the capture. `cursor`: where a run that ends after this answer goes on; stored together with its records;
    None leaves the cursor as it was, {} says that the round is complete. `failed`: why the one thing that was asked for
    could not be read (collectors.attempts): the answer is kept, and holds no records.
    """

    request: str
    body: bytes
    status: int
    media_type: str
    fetched_at: datetime
    etag: str = ""
    last_modified: str = ""
    unchanged: bool = False
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)
    cursor: Mapping[str, Any] | None = None
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """A post that its platform says is no longer there."""

    external_id: str
    account: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Complete:
    """A list of an account's posts was read whole: every post published in [since, until) that no answer has shown
    since `seen_from` (the start of this reading of the list, kept in the cursor) is gone, and whole days in it without
    a post are days on which nothing was published."""

    since: datetime
    until: datetime
    seen_from: datetime
    account: tuple[str, str] | None = None


@dataclass(slots=True)
class Batch:
    """What one capture yielded, with what was set aside. `note`: anything an operator should know, in Chinese.
    `ending`: an authorisation that is about to end and needs a person, in Chinese.

    `covered`: coverage states (labels.COVERAGE) that the answer itself proves, by (account or None for the source's
    own, Shanghai day): e.g. `zero` for a day that the platform states nothing was published on, `pending` for one whose
    numbers it calls incomplete. A day with posts needs no entry: it is `collected`.
    """

    posts: list[PostRecord] = field(default_factory=list)
    followers: list[FollowerRecord] = field(default_factory=list)
    apps: list[AppRecord] = field(default_factory=list)
    daily: list[DailyRecord] = field(default_factory=list)
    boards: list[BoardRecord] = field(default_factory=list)
    mentions: list[MentionRecord] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    complete: list[Complete] = field(default_factory=list)
    covered: dict[tuple[tuple[str, str] | None, date], str] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    note: str = ""
    ending: str = ""

    def __len__(self) -> int:
        return sum(len(part) for part in (
            self.posts, self.followers, self.apps, self.daily, self.boards, self.mentions, self.gone
        ))


__all__ = [
    "AppRecord", "Batch", "BoardRecord", "Complete", "Count", "DailyRecord", "Fault", "Fetched", "FollowerRecord",
    "Gone", "MentionRecord", "PostRecord", "Record", "Reject", "SourceSpec", "Wanted", "clean", "one_line", "reasons",
]


def whole(title: str, text: str) -> str:
    """Title and text as one; a text that begins with its title is the whole."""
    return text if text.startswith(title) else title + "\n" + text
