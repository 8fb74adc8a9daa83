"""What the district's own APP backends push: one APP's figures of one day, and the counters of what it published.

Nobody is asked: the backends send it, signed, to core.receive, or it comes as a file (docs/push.md says how, for their
programmers). A body is taken as a whole or not at all, so every fault in it is set aside with its field and reason, for
the answer to name, and no record is made where there is one.
"""

import json
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from collectors.base import Collector, Desk
from collectors.base import Field as Blank
from core import clock
from core.counts import Count
from core.records import AppRecord, Batch, Fetched, Line, PostRecord, Reject, SourceSpec, Url, one_line

MAX_POSTS = 5_000
LARGEST = 2**53
"""No counter is larger: beyond it, JSON libraries round."""
SHOWN = 200


def _whole(value: Any) -> Any:
    """A whole number is a JSON number without a fraction: neither text nor true."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("应为整数，不加引号、不带小数")
    if not 0 <= value <= LARGEST:
        raise ValueError("应为 0 或更大的整数")
    return value


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("应为数字，不加引号")
    if not 0 <= value <= 5:
        raise ValueError("评分应在 0 到 5 之间")
    return value


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("应为文字")
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
Name = Annotated[Line, BeforeValidator(_text)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Metrics(Part):
    """Persons: active_users, new_users, total_users; times: launches, downloads. What isn't measured is left out."""

    active_users: Whole | None = None
    new_users: Whole | None = None
    total_users: Whole | None = None
    launches: Whole | None = None
    downloads: Whole | None = None
    rating: Annotated[float, BeforeValidator(_number)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Metrics":
        if all(value is None for value in self.model_dump().values()):
            raise ValueError("至少要有一项指标")
        return self


class Counters(Part):
    """Cumulative counters of one item, in times."""

    reads: Whole | None = None
    likes: Whole | None = None
    reposts: Whole | None = None
    comments: Whole | None = None
    favourites: Whole | None = None


class Item(Part):
    """One thing that the APP published."""

    id: Name = Field(min_length=1, max_length=200)
    title: Name = Field(min_length=1, max_length=500)
    published_at: datetime
    url: Annotated[Url, BeforeValidator(_text)] = Field("", max_length=2000)
    original: bool | None = None
    counters: Counters = Counters()

    @field_validator("published_at", mode="before")
    @classmethod
    def _moment(cls, value: Any) -> datetime:
        """Written 2026-10-20 09:00:00 (Beijing time) or with an offset."""
        try:
            return clock.aware(datetime.fromisoformat(_text(value)))
        except ValueError as error:
            raise ValueError("应写成 2026-10-20 09:00:00（北京时间）或带时区的 ISO 8601 时间") from error


class Body(Part):
    """A whole push."""

    app_id: Name = Field(min_length=1, max_length=200)
    stat_date: date
    batch_id: Name = Field(min_length=1, max_length=100)
    metrics: Metrics
    posts: list[Item] = Field(default_factory=list, max_length=MAX_POSTS)

    @field_validator("stat_date", mode="before")
    @classmethod
    def _day(cls, value: Any) -> date:
        try:
            return date.fromisoformat(_text(value))
        except ValueError as error:
            raise ValueError("应写成 2026-10-20") from error

    @field_validator("posts")
    @classmethod
    def _once(cls, value: list[Item]) -> list[Item]:
        seen: set[str] = set()
        for item in value:
            if item.id in seen:
                raise ValueError(f"同一 id 出现了两次：{item.id}")
            seen.add(item.id)
        return value


_REASONS = {
    "missing": "缺少必填项", "extra_forbidden": "没有这个字段，请核对字段名", "string_too_long": "文字过长",
    "string_too_short": "不能为空", "list_type": "应为数组", "dict_type": "应为对象", "model_type": "应为对象",
    "bool_type": "应为 true 或 false", "bool_parsing": "应为 true 或 false",
    "too_long": f"一次最多 {MAX_POSTS:,} 条，请分批推送", "model_attributes_type": "应为对象",
}


def parse(source: SourceSpec, fetched: Fetched) -> Batch:
    """The records of one push; or none, and what is wrong with it as rejects."""
    try:
        given = json.loads(fetched.body.decode("utf-8"), object_pairs_hook=_pairs, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, _Twice) else "不是完整的 JSON（UTF-8 编码）"
        return Batch(rejects=[Reject("$", "", said)])
    try:
        body = Body.model_validate(given)
    except ValidationError as error:
        return Batch(rejects=[_reject(fault) for fault in error.errors(include_url=False)[:SHOWN]])
    if source.account and body.app_id != source.account[1]:
        said = f"与采集源的账号不符，应为 {source.account[1]}"
        return Batch(rejects=[Reject("app_id", "app_id", said, body.app_id)])
    return _records(source, body, fetched)


class _Twice(ValueError):
    """A name that stands twice in one object: which one was meant, nobody knows."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(f"同一字段出现了两次：{one_line(next(n for n in names if names.count(n) > 1))[:40]}")
    return made


def _no_constant(constant: str) -> None:
    raise ValueError(constant)


def _reject(fault: Any) -> Reject:
    path = ".".join(str(part) for part in fault["loc"])
    reason = _REASONS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    shown = fault["input"] if isinstance(fault["input"], str | int | float) else ""
    return Reject(path, path, reason, one_line(str(shown))[:100])


def _records(source: SourceSpec, body: Body, fetched: Fetched) -> Batch:
    """The records of a body that is in order in itself; what can't be true (a day in the future) is a reject."""
    batch = Batch()
    if body.stat_date > clock.day_of(fetched.fetched_at):
        batch.rejects.append(Reject("stat_date", "stat_date", "日期在推送时间之后", str(body.stat_date)))
    for number, item in enumerate(body.posts):
        at = f"posts[{number}]"
        try:
            batch.posts.append(PostRecord(
                external_id=item.id, title=item.title, url=item.url, published_at=item.published_at,
                observed_at=fetched.fetched_at, original=item.original, locator=at,
                counters={n: Count(v) for n, v in item.counters.model_dump().items() if v is not None},
            ))
        except ValidationError as error:
            batch.rejects += [Reject(at, f"posts.{number}.published_at", fault["msg"].removeprefix("Value error, "))
                              for fault in error.errors(include_url=False)]
    try:
        batch.apps.append(AppRecord(
            day=body.stat_date, observed_at=fetched.fetched_at, locator="metrics", **body.metrics.model_dump()
        ))
    except ValidationError as error:
        batch.rejects += [Reject("stat_date", "stat_date", fault["msg"].removeprefix("Value error, "))
                          for fault in error.errors(include_url=False)]
    return Batch(rejects=batch.rejects) if batch.rejects else batch


async def collect(source: SourceSpec, desk: Desk) -> AsyncIterator[Fetched]:
    """Nothing to ask."""
    for answer in ():
        yield answer


async def check(source: SourceSpec, desk: Desk) -> str:
    """Nobody can be asked: what is set up is said."""
    return "推送由 APP 后台发起，本系统不主动连接。请对方按推送格式说明发送一次，结果显示在采集源的运行记录中"


PUSH = Collector(
    "push", "APP 后台推送", 86_400, collect, parse, account="required", platform="app", check=check, passive=True,
    secrets=(Blank("key", "密钥编号", "自行约定，如 app-suishenban；对方放在请求头 X-Pulse-Key 中"),
             Blank("secret", "密钥", "至少 32 个字符的随机文字，只告诉对方的开发人员", secret=True)),
    help="区属 APP 后台按约定格式推送每日数据，接口或文件均可（格式见 docs/push.md）。账号的平台 ID 即 app_id。"
         "推送接口须由管理员开启（PULSE_PUSH_PORT）。",
)
