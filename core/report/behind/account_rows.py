"""Accounts, days and posts behind the figures of reports on accounts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean
from typing import Literal

import holidays
import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from core import clock, labels
from core.metrics.cadence import longest_gap
from core.models import Account, Post, Unit
from core.query import measured, posts, totals, trends
from core.query.scope import Filter
from core.report.behind.rows import UNOWNED, Last, Only, Query, Rows, counted, heads, kept, marked, owners, summed

NUMBERS = {"accounts": "全部账号", "active": "有发布的账号", "silent": "没有发布的账号", "unheard": "没有数据的账号"}
"""Measures that are a number of accounts."""
NAMES = {"posts": "发布数", **labels.COUNTERS, "interaction": "转评赞", "covered": "有数据天数",
         "interaction_known": "有此项数据的发布数", "reach": "阅读（播放）数",
         **{f"{name}_known": f"有{word}的发布数" for name, word in labels.COUNTERS.items()}}
"""What a measure is called as a column."""
_WHO = ("unit:单位", "platform_name:平台")


@dataclass(frozen=True, slots=True)
class ByAccount:
    """The accounts of a scope with their part of a sum (posts, a counter, interaction, `x_known`, covered), or those of
    which the number is asked for (NUMBERS)."""

    where: Filter
    basis: str
    measure: str
    only: Only = ()

    def rows(self, session: Session) -> Rows:
        frame = self._frame(session)
        if self.measure in NUMBERS:
            wanted = {"active": frame["posts"].fillna(0) > 0, "silent": frame["posts"] == 0,
                      "unheard": frame["posts"].isna()}.get(self.measure, pd.Series(True, index=frame.index))
            return counted(frame[wanted.fillna(False).astype(bool)], heads("name:账号", "posts:发布数:int", *_WHO),
                           "account", "账号逐个计数")
        name = "posts" if self.measure == "interaction_known" else self.measure
        if name == "reach":
            name = "reads" if frame["reads"].notna().any() else "plays"
        frame = frame.assign(value=frame[name].astype("Int64"), mark=frame.get(f"{name}_mark", ""))
        frame = frame.sort_values("value", ascending=False, kind="stable", na_position="last").reset_index(drop=True)
        more = (*_WHO, *(() if name == "posts" else ("posts:发布数:int",)))
        marks = ("mark:精度",) if set(frame["mark"]) - {""} else ()
        value = summed(frame["value"])
        if value is None and summed(frame["posts"]) == 0:
            value = 0.0  # known to have published nothing: 0 of everything
        return Rows(frame, heads("name:账号", f"value:{NAMES[self.measure]}:int", *marks, *more), value,
                    "各账号相加", "account", marked(frame["mark"]))

    def _frame(self, session: Session) -> pd.DataFrame:
        sums = totals.period(session, self.where, self.basis, by="account")
        who = owners(session, totals.meant(session, self.where))
        sums = sums.assign(id=[int(one) for one in sums["group"]])
        return kept(who.merge(sums.drop(columns=["group"]), on="id", how="inner"), self.only)

    def next(self, id_: int) -> Query:
        if self.measure == "covered":
            return KnownDays(id_, self.where.start, self.where.end, "known")
        return OfAccount(self.where.start, self.where.end, self.basis, "posts" if self.measure in NUMBERS else
                         self.measure, id_)


@dataclass(frozen=True, slots=True)
class OfAccount(Last):
    """The posts of one account: by id, or by name, unit and platform as a table has them. `measure`: posts, a counter
    or interaction, `x_known`, `x_max`, and what an index takes (pushes, originals, headline_x, original_x)."""

    first: date
    last: date
    basis: str
    measure: str
    account: int = 0
    name: str = ""
    unit: str = ""
    platform: str = ""

    def rows(self, session: Session) -> Rows:
        found = posts.listed(session, self.ids(session), self.first, self.last, self.basis)
        frame = found.assign(id=found["post_id"])
        part, name = self.measure, ""
        for begins, wanted in (("headline_", frame["position"] == 1), ("original_", frame["original"].eq(True))):
            if part.startswith(begins):
                frame, part = frame[wanted.fillna(False).astype(bool)], part.removeprefix(begins)
        shown = heads("published:发布时间", "title:标题")
        link = heads("url:原文:link")
        if part in ("posts", "interaction_known"):
            more = heads(*(f"{one}:{labels.COUNTERS[one]}:int" for one in ("reads", "plays") if one in frame and
                           frame[one].notna().any()), "interaction:转评赞:int")
            return counted(frame, (*shown, *more, *link), "post", "发布的篇（条）数")
        if part == "originals":
            return counted(frame[frame["original"].eq(True).fillna(False)], (*shown, *link), "post", "标为原创的篇数")
        if part == "pushes":
            pushes = frame["push_id"].where(frame["push_id"] != "", frame["id"].astype(str)).nunique()
            return Rows(frame.reset_index(drop=True), (*shown, *heads("push_id:推送批次"), *link), float(pushes),
                        "推送批次数，一次推送的多篇计一次", "post")
        if part.endswith("_known"):
            name = part.removesuffix("_known")
            return counted(frame[frame[name].notna()], (*shown, *heads(f"{name}:{NAMES[name]}:int"), *link), "post",
                           "有此项数据的篇（条）数")
        most = part.endswith("_max")
        name = part.removesuffix("_max")
        if name == "reach":
            name = "reads" if frame["reads"].notna().any() else "plays"
        frame = frame.assign(value=frame[name], mark=frame[f"{name}_mark"]).sort_values(
            "value", ascending=False, kind="stable", na_position="last").reset_index(drop=True)
        marks = heads("mark:精度") if set(frame["mark"]) - {""} else ()
        known = frame["value"].dropna()
        value = (None if known.empty else float(known.max())) if most else summed(frame["value"])
        if not len(frame):
            value = 0.0
        mark = frame["mark"].iloc[0] if most and len(frame) else marked(frame["mark"])
        return Rows(frame, (*shown, *heads(f"value:{NAMES[name]}:int"), *marks, *link), value,
                    "各篇（条）中最高的一篇" if most else "各篇（条）相加", "post", mark)

    def ids(self, session: Session) -> list[int]:
        """The account that is meant; several only where a table's words fit several."""
        if self.account:
            return [self.account]
        return account_ids(session, self.name, self.unit, self.platform)


def account_ids(session: Session, name: str, unit: str = "", platform: str = "") -> list[int]:
    """The accounts of that name, of a unit (name) and on a platform (code or name) where these are given."""
    query = select(Account.id).outerjoin(Unit, Unit.id == Account.unit_id)
    if unit and unit != UNOWNED:
        query = query.where(Unit.name == unit)
    found = owners(session, query)
    found = found[[clean(one) == clean(name) for one in found["name"]]]
    if platform:
        found = found[(found["platform"] == platform) | (found["platform_name"] == platform)]
    return [int(one) for one in found["id"]]


def clean(text: str) -> str:
    """A name as tables and charts have it."""
    return " ".join(str(text).split())


Which = Literal["", "work", "rest"]
How = Literal["sum", "mean", "max", "min", "count"]
_HOW: dict[str, tuple[str, Callable]] = {
    "sum": ("各日相加", sum), "mean": ("各日平均", fmean), "max": ("最多的一天", max), "min": ("最少的一天", min),
    "count": ("有数据的天数", len),
}


@dataclass(frozen=True, slots=True)
class ByDay:
    """The days of a period of which something is known, each with its sum; all of them, or working days, or days off,
    and what is made of them."""

    where: Filter
    basis: str
    measure: str
    how: How = "sum"
    which: Which = ""

    def rows(self, session: Session) -> Rows:
        found = trends.daily(session, self.where, "", self.basis)
        frame = found.assign(id=[day.toordinal() for day in found["day"]], value=found[self.measure].astype("Int64"))
        frame = frame[frame["value"].notna()]
        if self.which and len(frame):
            years = range(self.where.start.year, self.where.end.year + 1)
            calendar = holidays.country_holidays("CN", language="zh_CN", years=years)
            frame = frame[[calendar.is_working_day(day) is (self.which == "work") for day in frame["day"]]]
        words, made = _HOW[self.how]
        values = [int(one) for one in frame["value"]]
        return Rows(frame.reset_index(drop=True),
                    heads("day:日期:date", f"value:{NAMES[self.measure]}:int", "covered:有数据账号:int"),
                    float(made(values)) if values or self.how == "count" else None, words, "day")

    def next(self, id_: int) -> Query:
        day = date.fromordinal(id_)
        return ByAccount(self.where.over(day, day), self.basis, self.measure)


@dataclass(frozen=True, slots=True)
class KnownDays(Last):
    """The days of one account: with posts (`active`), of which something is known, or of which nothing is (`unknown`),
    or those since the last post (`gap`)."""

    account: int
    first: date
    last: date
    which: Literal["known", "unknown", "active", "gap"]
    name: str = ""
    unit: str = ""
    platform: str = ""

    def rows(self, session: Session) -> Rows:
        found = [self.account] if self.account else account_ids(session, self.name, self.unit, self.platform)
        span = clock.days(self.first, self.last)
        lines = measured.by_day(session, found, self.first, self.last)
        values = next(iter(lines.values()), [None] * len(span))
        frame = pd.DataFrame({"id": [day.toordinal() for day in span], "day": span,
                              "posts": totals.whole(values).values,
                              "state": ["没有数据" if n is None else "有发布" if n else "无发布" for n in values]})
        shown = heads("day:日期:date", "posts:发布数:int", "state:情况")
        if self.which == "gap":
            active = {day for day, n in zip(span, values, strict=True) if n is None or n}
            gap = longest_gap(active, self.first, self.last)
            inside = [gap is not None and gap.first <= day <= gap.last for day in span]
            return counted(frame[inside], shown, "", "最长一段没有发布的天数，没有数据的日期不计为未更新")
        wanted = {"known": frame["posts"].notna(), "unknown": frame["posts"].isna(),
                  "active": frame["posts"].fillna(0) > 0}[self.which]
        return counted(frame[wanted.astype(bool)], shown, "", "下列日期的天数")


@dataclass(frozen=True, slots=True)
class TimedPosts(Last):
    """The posts of which the hour is known, on some weekdays (0 Monday; empty: all) and between some hours."""

    where: Filter
    weekdays: tuple[int, ...] = ()
    begin: int = 0
    end: int = 24

    def rows(self, session: Session) -> Rows:
        found = session.execute(
            select(Post.id, Post.published_at, Post.title, Account.name, Post.url)
            .join(Account, Account.id == Post.account_id)
            .where(Post.account_id.in_(totals.meant(session, self.where)), Post.timed.is_(True),
                   Post.day.between(self.where.start, self.where.end)).order_by(Post.published_at, Post.id)).all()
        rows = [(id_, at, *rest) for id_, at, *rest in found if self._inside(clock.local(at))]
        frame = pd.DataFrame(rows, columns=["id", "at", "title", "account", "url"])
        return counted(frame.assign(at=pd.to_datetime(frame["at"], utc=True)),
                       heads("at:发布时间:time", "title:标题", "account:账号", "url:原文:link"), "post",
                       "有发布时刻的篇（条）数")

    def _inside(self, when: datetime) -> bool:
        return self.begin <= when.hour < self.end and (not self.weekdays or when.weekday() in self.weekdays)


@dataclass(frozen=True, slots=True)
class TopPosts(Last):
    """The posts with most of the first of these measures of which any post has some: their number, that of their
    accounts (`accounts`), the most of one account (`most`), or what the one of a title has of a measure (`value`)."""

    where: Filter
    metrics: tuple[str, ...]
    limit: int
    what: Literal["posts", "accounts", "most", "value"] = "posts"
    measure: str = ""
    title: str = ""
    account: str = ""
    nth: int = -1

    def rows(self, session: Session) -> Rows:
        frame = pd.DataFrame()
        metric = self.metrics[0]
        for metric in self.metrics:
            frame = posts.top(session, self.where, metric, self.limit)
            if not frame.empty:
                break
        frame = frame.assign(id=frame["post_id"])
        word = NAMES[metric]
        if self.what == "value":
            return self._one(frame, metric)
        shown = heads("title:标题", "account:账号", "day:发布日期:date", f"value:{word}:int", "url:原文:link")
        if self.what == "posts":
            return counted(frame, shown, "post", "上榜内容逐条计数")
        many = frame["account"].value_counts()
        value = frame["account_id"].nunique() if self.what == "accounts" else many.max() if len(many) else 0
        return Rows(frame, shown, float(value), "上榜内容所属账号的个数" if self.what == "accounts" else
                    "上榜内容最多的账号的条数", "post")

    def _one(self, frame: pd.DataFrame, metric: str) -> Rows:
        found = frame.iloc[self.nth : self.nth + 1] if 0 <= self.nth < len(frame) else frame.iloc[:0]
        if self.title and not (len(found) and _same(found.iloc[0], self.title, self.account)):
            found = frame[[_same(row, self.title, self.account) for _, row in frame.iterrows()]].head(1)
        name = self.measure or metric
        found = found.assign(value=found["value"] if name == metric else found[name],
                             mark=found["mark"] if name == metric else found[f"{name}_mark"])
        value = None if found.empty or pd.isna(found.iloc[0]["value"]) else float(found.iloc[0]["value"])
        shown = heads("title:标题", "account:账号", "day:发布日期:date", f"value:{NAMES[name]}:int", "url:原文:link")
        return Rows(found.reset_index(drop=True), shown, value, "这一条的最新读数", "post",
                    found.iloc[0]["mark"] if len(found) else "")


def _same(row: pd.Series, title: str, account: str) -> bool:
    """Whether a post is the one of a table, whose title may be cut."""
    own, cut = clean(row["title"] or "（无标题）"), title.removesuffix("…")
    return own.startswith(cut) and (not account or clean(row["account"]) == clean(account))
