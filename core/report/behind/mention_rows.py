"""Mentions, days and topics behind the figures of reports on opinion."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import pandas as pd
from sqlalchemy import ColumnElement, and_, false, func, select
from sqlmodel import Session

from core import clock
from core.corrections import SENTIMENT, corrected
from core.incidents import family
from core.models import (
    Incident,
    IncidentMention,
    Mention,
    MentionDay,
    Platform,
    Run,
    Sense,
    Source,
    Topic,
    Unit,
)
from core.opinion.risk import LEVELS
from core.query import corpus, heard, incidents, set_topics, topic_lives, topic_views
from core.query.corpus import LISTS, MEDIA, Set, side_of
from core.query.heard import GOOD
from core.query.opinion import spoken_on
from core.query.opinion_scope import scope
from core.report.behind.rows import Last, Only, Query, Rows, counted, heads
from core.report.opinion_parts import SIDE_WORDS, cut, quote_words

Count = Literal["mentions", "texts", "platforms", "towns"]
HEADS = heads("title:标题", "platform:平台", "source:来源", "published_at:发布时间:time", "risk:风险分:int",
              "feeling:情感")
_COUNTED = {
    "mentions": "信息逐条计数", "texts": "同文合并后的篇数", "platforms": "信息所在平台的个数",
    "towns": "涉及街镇的个数",
}


def inside_of(session: Session, code: str, first: date, last: date) -> Set:
    """The mentions of a scope between two Shanghai days: all, a watch, a unit; a topic, several, a subject, an incident
    with those merged into it. Nothing where that is gone."""
    kind, _, ids = code.partition(":")
    if kind in ("topic", "topics", "subject"):
        wanted = [int(one) for one in ids.split("-") if one.isdecimal()]
        if kind == "subject":
            subject = topic_lives.subject(session, wanted[0]) if wanted else None
            wanted = [] if subject is None else [int(one) for one in subject.topics["topic_id"]]
        return corpus.about(wanted, first, last)
    if kind == "incident":
        if not ids.isdecimal():
            return false()
        return and_(Mention.id.in_(incidents.linked(family(session, int(ids)))), Mention.day.between(first, last))
    return scope(session, code).mentions(first, last)


@dataclass(frozen=True, slots=True)
class Mentions(Last):
    """The mentions of a scope between two Shanghai days that meet conditions, by words as the report has them:
    platform, `but` (none of these platforms), source, town, unit, kind (of risk), risk (a level, 未读 or `read`), least
    (points), side, feeling (a label, or `felt`: any), mood (as feeling, hot lists as well), topic (title as cut; `nth`
    of those that are called so, the largest first), hours (`3-6`), text (a fold's id), unfiled; moments: after and
    until (after the one, up to the other), from and before. `count`: what of them is counted."""

    scope: str
    first: date
    last: date
    only: Only = ()
    count: Count = "mentions"

    def rows(self, session: Session) -> Rows:
        frame = self.frame(session)
        values = {"mentions": len(frame), "texts": frame["text"].nunique(), "platforms": frame["code"].nunique(),
                  "towns": frame.loc[frame["town"] != "", "town"].nunique()}
        more = {"texts": heads("copies:同文条数:int"), "towns": heads("town:街镇")}.get(self.count, ())
        if self.count == "texts":
            copies = frame["text"].map(frame["text"].value_counts())
            frame = frame.assign(copies=copies).drop_duplicates("text").reset_index(drop=True)
        return Rows(frame, (*HEADS, *more), float(values[self.count]), _COUNTED[self.count], "mention")

    def frame(self, session: Session) -> pd.DataFrame:
        """Them all, in order of time."""
        inside = inside_of(session, self.scope, self.first, self.last)
        conditions = [made for kind, value in self.only for made in self._said(session, inside, kind, value)]
        rows = session.execute(
            select(Mention.id, Mention.title, spoken_on(Mention.platform), Mention.platform, Source.name,
                   Mention.published_at, Sense.risk, func.coalesce(Sense.sentiment, ""), side_of(),
                   func.coalesce(Mention.fold_id, Mention.id), func.coalesce(Sense.town, ""))
            .select_from(Mention).join(Source, Source.id == Mention.source_id)
            .outerjoin(Platform, Platform.code == Mention.platform)
            .outerjoin(Sense, Sense.mention_id == Mention.id).outerjoin(Unit, Unit.id == Sense.unit_id)
            .where(inside, *conditions).order_by(Mention.published_at, Mention.id)).all()
        frame = pd.DataFrame([tuple(row) for row in rows], columns=[
            "id", "title", "platform", "code", "source", "published_at", "risk", "feeling", "side", "text", "town"])
        wanted = dict(self.only)
        if {"feeling", "mood"} & set(wanted):
            words = corrected(session, frame["id"].tolist(), SENTIMENT)
            frame["feeling"] = [words[id_].label if id_ in words else own
                                for id_, own in zip(frame["id"], frame["feeling"], strict=True)]
            if "feeling" in wanted:
                frame = frame[frame["side"] != LISTS]
            label = wanted.get("feeling") or wanted["mood"]
            frame = frame[frame["feeling"] != ""] if label == "felt" else frame[frame["feeling"] == label]
        if hours := wanted.get("hours"):
            begin, end = map(int, hours.split("-"))
            frame = frame[[begin <= clock.local(at).hour < end for at in frame["published_at"]]]
        return frame.assign(
            title=[one or "（无标题）" for one in frame["title"]], risk=frame["risk"].astype("Int64"),
            published_at=pd.to_datetime(frame["published_at"], utc=True)).reset_index(drop=True)

    def _said(self, session: Session, inside: Set, kind: str, value: str) -> list[ColumnElement[bool]]:
        """The conditions that one of `only` comes to in the database."""
        match kind:
            case "platform":
                return [spoken_on(Mention.platform) == value]
            case "but":
                return [spoken_on(Mention.platform).not_in(value.split("|"))]
            case "source":
                return [Source.name == value]
            case "town":
                return [func.coalesce(Sense.town, "") == value]
            case "unit":
                return [func.coalesce(Unit.name, "") == value]
            case "kind":
                return [Sense.risk_kind == value, Sense.risk >= LEVELS[-1][0]]
            case "risk":
                return _level(value)
            case "least":
                return [Sense.risk >= int(value)]
            case "side":
                return [side_of() == value]
            case "topic":
                ids, nth = topic_ids(session, inside, value), dict(self.only).get("nth")
                return [Mention.topic_id.in_(ids if nth is None else ids[int(nth) : int(nth) + 1])]
            case "text":
                return [func.coalesce(Mention.fold_id, Mention.id) == int(value)]
            case "after":
                return [Mention.published_at > datetime.fromisoformat(value)]
            case "until":
                return [Mention.published_at <= datetime.fromisoformat(value)]
            case "from":
                return [Mention.published_at >= datetime.fromisoformat(value)]
            case "before":
                return [Mention.published_at < datetime.fromisoformat(value)]
            case "unfiled":
                filed = select(IncidentMention.mention_id).join(
                    Incident, Incident.id == IncidentMention.incident_id).where(
                    IncidentMention.removed_at.is_(None), Incident.withdrawn == "")
                return [Sense.risk >= set_topics.HIGH, Mention.id.not_in(filed)]
        return []


def _level(word: str) -> list[ColumnElement[bool]]:
    if word == "未读":
        return [Sense.risk.is_(None)]
    bounds = {name: least for least, name in LEVELS} | {"无": -1, "read": -1}
    above = [least for least, _ in LEVELS if least > bounds[word]]
    return [Sense.risk >= bounds[word], *([Sense.risk < min(above)] if above and word != "read" else [])]


def topic_ids(session: Session, inside: Set, title: str) -> list[int]:
    """The topics of a set whose title is cut to that one."""
    rows = session.execute(select(Topic.id, Topic.title).where(
        Topic.id.in_(select(Mention.topic_id).where(inside, Mention.topic_id.is_not(None))),
        Topic.hidden_at.is_(None)).order_by(Topic.mentions.desc(), Topic.id))
    begin = title.removesuffix("……")
    return [id_ for id_, own in rows if cut(own, len(title)) == title or cut(own, 200) == title
            or (title.endswith("……") and cut(own, 200).startswith(begin))]


@dataclass(frozen=True, slots=True)
class MentionDays:
    """Mentions by day of some days of which anything was collected: their sum, or their mean."""

    scope: str
    first: date
    last: date
    mean_of: int = 0

    def rows(self, session: Session) -> Rows:
        inside = inside_of(session, self.scope, self.first, self.last)
        found = dict(session.execute(select(Mention.day, func.count()).where(inside).group_by(Mention.day)).all())
        known = set(session.execute(
            select(MentionDay.day).where(MentionDay.day.between(self.first, self.last)).distinct()).scalars())
        asked = session.execute(select(Run.id).where(
            Run.state.in_(GOOD), Run.started_at >= clock.instant(self.first)).limit(1)).first()
        days = [day for day in clock.days(self.first, self.last) if day in found or day in known or asked]
        kept = days
        if self.mean_of:  # days before the first item say nothing of a change (core.opinion.turns)
            begun = min(found, default=self.first)
            kept = [day for day in days if day >= begun][-self.mean_of :]
        frame = pd.DataFrame({"id": [day.toordinal() for day in kept], "day": kept,
                              "value": [found.get(day, 0) for day in kept]})
        total = float(frame["value"].sum())
        return Rows(frame, heads("day:日期:date", "value:信息量（条）:int"),
                    (total / len(frame) if self.mean_of else total) if len(frame) else None,
                    "各日平均" if self.mean_of else "各日相加", "day")

    def next(self, id_: int) -> Query:
        day = date.fromordinal(id_)
        return Mentions(self.scope, day, day)


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of two mentions or more."""

    scope: str
    first: date
    last: date

    def rows(self, session: Session) -> Rows:
        inside = inside_of(session, self.scope, self.first, self.last)
        many = func.count()
        rows = session.execute(
            select(Mention.topic_id, Topic.title, many).join(Topic, Topic.id == Mention.topic_id)
            .where(inside, Topic.hidden_at.is_(None)).group_by(Mention.topic_id, Topic.title).having(many > 1)
            .order_by(many.desc(), Mention.topic_id)).all()
        frame = pd.DataFrame([tuple(row) for row in rows], columns=["id", "title", "value"])
        return counted(frame, heads("title:话题", "value:信息量（条）:int"), "topic", "话题逐个计数")

    def next(self, id_: int) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Views(Last):
    """The viewpoints of one side on a topic: their number, or how many texts, or which share, the one has whose
    quotation a table shows."""

    scope: str
    first: date
    last: date
    topic: str
    side: str
    what: Literal["points", "number", "share"]
    quote: str = ""

    def rows(self, session: Session) -> Rows:
        inside = inside_of(session, self.scope, self.first, self.last)
        ids = topic_ids(session, inside, self.topic)
        found = next((one for id_ in ids if (one := topic_views.seen(session, id_)) is not None), None)
        view = None if found is None else found.media if SIDE_WORDS.get("媒体") == self.side else found.netizens
        points = () if view is None else view.points
        frame = pd.DataFrame(
            [(one.quotes[0].mention_id if one.quotes else pd.NA, "".join(map(quote_words, one.quotes[:1])), one.number,
              one.share, one.stance) for one in points], columns=["id", "quote", "number", "share", "stance"])
        shown = heads("quote:代表性原文", "number:条数:int", "share:占比:percent", "stance:立场")
        mine = frame[frame["quote"] == self.quote] if self.what != "points" else frame
        value = float(len(frame)) if self.what == "points" else \
            None if mine.empty else float(mine.iloc[0][self.what])
        return Rows(mine.reset_index(drop=True), shown, value, {
            "points": "观点类数", "number": "归入这类观点的信息条数", "share": "占本方面可归纳信息的比例"}[self.what],
            "mention")


@dataclass(frozen=True, slots=True)
class Sensitive(Last):
    """The n-th of the sensitive texts: its points of risk, or how many copies it has."""

    scope: str
    first: date
    last: date
    nth: int
    copies: bool = False

    def rows(self, session: Session) -> Rows:
        grave = inside_of(session, self.scope, self.first, self.last) & set_topics.risky()
        found = set_topics.sensitive(session, grave, self.nth)
        if len(found) < self.nth:
            return Rows(found, HEADS, None, "没有找到这条信息")
        one = found.iloc[self.nth - 1]
        text = session.execute(select(func.coalesce(Mention.fold_id, Mention.id)).where(
            Mention.id == int(one["mention_id"]))).scalar_one()
        frame = Mentions(self.scope, self.first, self.last,
                         (("least", str(set_topics.SENSITIVE)), ("text", str(text)))).frame(session)
        if self.copies:
            return Rows(frame, HEADS, float(len(frame) - 1), "同文信息的条数减去首条", "mention")
        return Rows(frame.head(1), HEADS, float(one["risk"]), "系统按用语、地点等给这条信息判定的风险分", "mention")


@dataclass(frozen=True, slots=True)
class Heard(Last):
    """The sources of mentions with the days on which they were to be heard and were: expected, heard, mentions; of one
    of them, or of all; `deaf`: days of which nothing was heard at all."""

    first: date
    last: date
    now: datetime
    what: Literal["expected", "heard", "mentions", "deaf"]
    source: str = ""
    every: bool = True

    def rows(self, session: Session) -> Rows:
        found = heard.heard(session, self.first, self.last, self.now)
        shown = heads("name:来源", "platform:平台", "expected:应采集（天）:int", "heard:已采集（天）:int",
                      "mentions:信息量（条）:int")
        if self.what == "deaf":
            return Rows(pd.DataFrame({"id": [None] * len(found.deaf), "day": list(found.deaf)}), heads("day:日期:date"),
                        float(len(found.deaf)), "整日没有采集到任何来源的天数")
        frame = found.sources.assign(id=found.sources["source_id"])
        if self.source:
            frame = frame[frame["name"] == self.source]
        return Rows(frame.reset_index(drop=True), shown, float(frame[self.what].sum()), "各来源相加", "source")


@dataclass(frozen=True, slots=True)
class Item(Last):
    """One text of a scope, by its title and source as a table cuts them, and the moment that it prints: how many copies
    it has, how many texts with itself, or its points of risk."""

    scope: str
    first: date
    last: date
    title: str
    source: str
    when: str
    what: Literal["copies", "texts", "risk"]

    def rows(self, session: Session) -> Rows:
        frame = Mentions(self.scope, self.first, self.last).frame(session)
        mine = frame[[self._is(row) for row in frame.itertuples()]]
        if mine.empty:
            return Rows(mine, HEADS, None, "没有找到这条信息")
        own = frame[frame["text"] == mine.iloc[0]["text"]].reset_index(drop=True)
        if self.what == "risk":
            value = mine.iloc[0]["risk"]
            return Rows(mine.head(1), HEADS, None if pd.isna(value) else float(value),
                        "系统按用语、地点等给这条信息判定的风险分", "mention")
        less = self.what == "copies"
        how = "同文信息的条数减去首条" if less else "同文信息逐条计数"
        return Rows(own, HEADS, float(len(own) - less), how, "mention")

    def _is(self, row) -> bool:
        at = clock.local(row.published_at)
        return (cut(row.title, 60) == self.title and (not self.source or row.source.startswith(
            self.source.removesuffix("……"))) and (not self.when or f"{at:%m-%d %H:%M}" in self.when))


@dataclass(frozen=True, slots=True)
class View(Last):
    """The viewpoint of one side whose quotations a table shows, of whichever topic of the scope."""

    scope: str
    first: date
    last: date
    side: str
    quotes: str
    what: Literal["number", "share"]

    def rows(self, session: Session) -> Rows:
        inside = inside_of(session, self.scope, self.first, self.last)
        ids = session.execute(select(Mention.topic_id).where(inside, Mention.topic_id.is_not(None))
                              .group_by(Mention.topic_id).order_by(func.count().desc(), Mention.topic_id)).scalars()
        found = []
        for id_ in ids:
            seen = topic_views.seen(session, id_)
            view = None if seen is None else seen.media if SIDE_WORDS[MEDIA] == self.side else seen.netizens
            found += [one for one in (view.points if view else ()) if one.quotes and self.quotes.startswith(
                quote_words(one.quotes[0]))]
        frame = pd.DataFrame([(one.quotes[0].mention_id, quote_words(one.quotes[0]), one.number, one.share, one.stance)
                              for one in found[:1]], columns=["id", "quote", "number", "share", "stance"])
        shown = heads("quote:代表性原文", "number:条数:int", "share:占比:percent", "stance:立场")
        return Rows(frame, shown, float(frame.iloc[0][self.what]) if len(frame) else None, {
            "number": "归入这类观点的信息条数", "share": "占本方面可归纳信息的比例"}[self.what], "mention")
