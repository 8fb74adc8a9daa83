"""Warnings, incidents, tasks and demands behind the figures of reports on opinion, as they stood at a moment."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from core import clock, labels
from core.incidents import family
from core.models import Alert, Mention, Platform, Source
from core.query import alert_period, demands, incident_period
from core.query.demands import DemandFilter
from core.query.incident_period import Case
from core.query.incidents import linked
from core.query.opinion import spoken_on
from core.query.opinion_scope import scope
from core.report.behind.rows import Last, Rows, counted, heads
from core.report.opinion_parts import cut


@dataclass(frozen=True, slots=True)
class Alerts(Last):
    """The warnings of some Shanghai days as they stood at a moment: all, of a level (in words), `seen`, `open`,
    `wrong`; or the minutes until the n-th of the list was acknowledged."""

    scope: str
    first: date
    last: date
    until: datetime
    pick: str = ""
    nth: int = 0

    def rows(self, session: Session) -> Rows:
        within = scope(session, self.scope).alerts()
        told = alert_period.warned(session, within, self.first, self.last, self.until)
        ids = {(one.at, one.title): one.id for one in session.execute(select(Alert).where(
            within, Alert.at >= clock.instant(self.first), Alert.at < clock.instant(self.last + timedelta(1))))
            .scalars()}
        frame = told.rows.assign(
            id=[ids.get((at.to_pydatetime() if hasattr(at, "to_pydatetime") else at, title))
                for at, title in zip(told.rows["at"], told.rows["title"], strict=True)],
            level=[labels.LEVELS[one] for one in told.rows["level"]])
        shown = heads("at:时间:time", "level:等级", "title:内容", "unit:责任单位", "minutes:确认用时（分）:int",
                      "state:状态")
        if self.nth:
            frame = frame.iloc[self.nth - 1 : self.nth]
            value = None if frame.empty or pd.isna(frame.iloc[0]["minutes"]) else float(frame.iloc[0]["minutes"])
            return Rows(_timed(frame), shown, value, "从发出到确认的分钟数", "alert")
        if self.pick == "wrong":
            settled = _timed(frame[frame["state"] == "已处理"])
            return Rows(settled, shown, float(told.wrong), "已处理的预警中经核查为误报的次数", "alert")
        if self.pick in ("seen", "open"):
            frame = frame[(frame["state"] == "待确认") == (self.pick == "open")]
        elif self.pick:
            frame = frame[frame["level"] == self.pick]
        return counted(_timed(frame), shown, "alert", "预警逐次计数")


def _timed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(at=pd.to_datetime(frame["at"], utc=True)).reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class Cases(Last):
    """The incidents of some Shanghai days as they stood at a moment: all, `open`, open ones of a level (in words),
    `opened` or `settled` in these days, `late`; `overdue`: tasks of all of them past due."""

    scope: str
    first: date
    last: date
    until: datetime
    pick: str = ""

    def rows(self, session: Session) -> Rows:
        within = scope(session, self.scope).incidents()
        found = incident_period.cases(session, within, self.first, self.last, self.until)
        if self.pick == "overdue":
            return tasks(found, self.until, "已超期")
        begin, end = clock.instant(self.first), clock.instant(self.last + timedelta(1))
        wanted = [one for one in found if {
            "": True, "open": one.open, "opened": begin <= one.head.opened_at < end, "late": bool(one.late),
            "settled": one.settled}.get(self.pick, one.open and labels.LEVELS[one.head.level] == self.pick)]
        frame = pd.DataFrame([(one.head.id, one.head.title, labels.LEVELS[one.head.level],
                               labels.STAGES[one.head.stage], one.head.unit, one.head.opened_at) for one in wanted],
                             columns=["id", "title", "level", "stage", "unit", "opened_at"])
        return counted(frame.assign(opened_at=pd.to_datetime(frame["opened_at"], utc=True)),
                       heads("title:事件", "level:等级", "stage:环节", "unit:牵头单位", "opened_at:立项时间:time"),
                       "incident", "事件逐件计数")


def tasks(found: tuple[Case, ...], until: datetime, *states: str) -> Rows:
    """The tasks of incidents, of some states."""
    rows = [(one.head.id, one.head.title, task.unit, task.text, task.asked_at, task.state(until)) for one in found
            for task in one.tasks if task.withdrawn_at is None and (not states or task.state(until) in states)]
    frame = pd.DataFrame(rows, columns=["id", "title", "unit", "text", "asked_at", "state"])
    return counted(frame.assign(asked_at=pd.to_datetime(frame["asked_at"], utc=True)),
                   heads("title:事件", "unit:承办单位", "text:任务", "asked_at:交办时间:time", "state:状态"),
                   "incident", "交办任务逐项计数")


@dataclass(frozen=True, slots=True)
class OfCase(Last):
    """One incident by its title: its tasks (`tasks`, `answered`, `overdue`) or the mentions of these days (`new`)."""

    scope: str
    first: date
    last: date
    until: datetime
    title: str
    what: str

    def rows(self, session: Session) -> Rows:
        found = tuple(one for one in incident_period.cases(
            session, scope(session, self.scope).incidents(), self.first, self.last, self.until)
            if cut(one.head.title, 30) == self.title)[:1]
        if self.what != "new":
            states = {"answered": ("已反馈", "超期反馈"), "overdue": ("已超期",)}.get(self.what, ())
            return tasks(found, self.until, *states)
        begin, end = clock.instant(self.first), min(clock.instant(self.last + timedelta(1)), self.until)
        ids = linked(family(session, found[0].head.id)) if found else []
        rows = session.execute(
            select(Mention.id, Mention.title, spoken_on(Mention.platform), Source.name, Mention.published_at)
            .select_from(Mention).join(Source, Source.id == Mention.source_id)
            .outerjoin(Platform, Platform.code == Mention.platform)
            .where(Mention.id.in_(ids), Mention.published_at >= begin, Mention.published_at < end)
            .order_by(Mention.published_at, Mention.id)).all()
        frame = pd.DataFrame([tuple(row) for row in rows],
                             columns=["id", "title", "platform", "source", "published_at"])
        return counted(frame.assign(published_at=pd.to_datetime(frame["published_at"], utc=True)),
                       heads("title:标题", "platform:平台", "source:来源", "published_at:发布时间:time"), "mention",
                       "关联信息逐条计数")


@dataclass(frozen=True, slots=True)
class Demands(Last):
    """The demands of some Shanghai days as they stood at a moment: all, or those that are meant by a column of
    `demands` (repeat, tracked, answered, overdue …), of a channel (in words), a field, a street or a unit."""

    unit: int
    first: date
    last: date
    until: datetime
    pick: str = ""
    by: tuple[str, str] = ("", "")

    def rows(self, session: Session) -> Rows:
        where = DemandFilter(self.first, self.last, units=(str(self.unit),) if self.unit else ())
        frame = demands.demands(session, where, self.until)
        frame = frame[demands.meant(frame, self.pick, *self.by)]
        shown = frame.assign(channel=[labels.DEMAND_CHANNELS.get(one, one) for one in frame["channel"]],
                             asked_at=pd.to_datetime(frame["asked_at"], utc=True))
        return counted(shown, heads("number:编号", "title:标题", "channel:渠道", "field:领域", "town:街镇",
                                    "unit:承办单位", "asked_at:反映时间:time", "state:办理情况"), "demand",
                       "诉求逐件计数")


@dataclass(frozen=True, slots=True)
class OfProblem(Last):
    """The n-th of the problems that come back, if it has that title: demands of the period (`now`), of the half year
    (`all`), past due, or the streets they come from."""

    unit: int
    first: date
    last: date
    until: datetime
    nth: int
    title: str
    what: str

    def rows(self, session: Session) -> Rows:
        where = DemandFilter(self.first, self.last, units=(str(self.unit),) if self.unit else ())
        found = demands.problems(session, where, self.until)
        found = found.assign(id=found["group_id"])
        named = pd.Series([cut(one, 40) == self.title for one in found["title"]], index=found.index, dtype=bool)
        mine = found.iloc[self.nth - 1 : self.nth]
        mine = (mine if named[mine.index].any() else found[named]).reset_index(drop=True)
        shown = heads("title:问题", "level_name:程度", "now:本期（件）:int", "all:近半年（件）:int",
                      "towns:街镇（个）:int", "where:街镇", "overdue:超期（件）:int")
        value = None if mine.empty else float(mine.iloc[0][self.what])
        return Rows(mine.head(1), shown, value, "归入这个问题的诉求", "problem")
