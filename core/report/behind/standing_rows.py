"""Accounts behind places, scores and changes; what was collected of them; how they kept publishing; what the check
against 检查指标 found."""

from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd
from sqlalchemy import func, or_, select
from sqlmodel import Session

from core import labels
from core.metrics.compliance import RULES, VERDICTS
from core.models import Account, Coverage, Platform
from core.query import boards, compliance, movers, totals
from core.query.scope import Filter
from core.report.behind.account_rows import KnownDays, OfAccount, clean
from core.report.behind.follower_rows import Readings
from core.report.behind.rows import Last, Only, Query, Rows, counted, heads, kept, owners, summed
from core.report.platform.base import cadences
from core.report.platform.growth import LEAST_BEFORE
from core.report.platform.problems import BAD, STATES

_WHO = ("name:账号", "unit:单位")
Pick = Literal["all", "active", "ranked", "up", "down", "flat", "new", "tied", "indistinct", "gained", "won", "lost",
               "level", "units"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """The accounts of a ranking, or those of it that are meant: with a place, risen, fallen, with a net change of
    followers … `order` None: as reports rank (core.query.boards.ranked)."""

    where: Filter
    platform: str
    basis: str
    pick: Pick
    only: Only = ()
    total: str = ""
    board: bool = False

    def rows(self, session: Session) -> Rows:
        frame = self.frame(session)
        steps, gain = frame["rank_steps"], frame["followers_change"]
        placed = frame["rank"].notna() & (frame["posts"].fillna(0) > 0)
        wanted = {
            "all": frame["name"].notna(), "active": frame["posts"].fillna(0) > 0, "ranked": placed, "units": placed,
            "up": placed & (steps.fillna(0) > 0), "down": placed & (steps.fillna(0) < 0), "flat": placed & (steps == 0),
            "new": placed & (frame["rank_change"] == "新"), "indistinct": placed & frame["indistinct"].astype(bool),
            "tied": placed & frame["rank"].isin(frame.loc[placed, "rank"].value_counts().loc[lambda n: n > 1].index),
            "gained": gain.notna(), "won": gain.fillna(0) > 0, "lost": gain.fillna(0) < 0, "level": gain == 0,
        }[self.pick].fillna(False).astype(bool)
        frame = kept(frame[wanted], self.only)
        shown = heads("rank:名次:rank", "rank_change:升降", *_WHO, "posts:发布数:int",
                      *(["followers_change:粉丝净增:int"] if self.pick in ("gained", "won", "lost", "level") else []),
                      *(["score:指数:score"] if frame["score"].notna().any() else []))
        if self.total:
            return Rows(frame, shown, summed(frame[self.total]), "各账号相加", "account")
        if self.pick == "units":
            return Rows(frame, shown, float(frame["unit"].nunique()), "参与排名的单位数，每个单位取名次最好的账号",
                        "account")
        if self.pick == "tied":
            return Rows(frame, shown, float(frame["rank"].nunique()), "名次并列的处数", "account")
        return counted(frame, shown, "account", "账号逐个计数")

    def frame(self, session: Session) -> pd.DataFrame:
        """All accounts of the ranking."""
        return self.made(session)[1]

    def made(self, session: Session) -> tuple[boards.Plan, pd.DataFrame]:
        """How the ranking is made, and all its accounts."""
        code = session.execute(select(Platform.code).where(
            or_(Platform.code == self.platform, Platform.name == self.platform))).scalar() or self.platform
        where = self.where if self.board else replace(self.where, platforms=(code,))
        if self.board:
            plan = boards.plan(session, code, board=where.board, as_of=where.as_of)
            found = boards.ranking(session, where, code)
        else:
            plan, found = boards.ranked(session, where, code, self.basis)
        return plan, found.assign(id=found["account_id"])

    def next(self, id_: int) -> Query:
        if self.pick in ("gained", "won", "lost", "level"):
            return Readings(self.where.start, self.where.end, id_)
        return OfAccount(self.where.start, self.where.end, self.basis, "posts", id_)


@dataclass(frozen=True, slots=True)
class OfRanked:
    """One account of a ranking, by name and unit: its followers, or their net change."""

    ranking: Ranked
    column: Literal["followers", "followers_change"]
    name: str
    unit: str = ""

    def rows(self, session: Session) -> Rows:
        frame = self.ranking.frame(session)
        mine = frame[[clean(one) == clean(self.name) for one in frame["name"]]]
        if self.unit:
            mine = mine[mine["unit"] == self.unit]
        words = {"followers": "时段内最近一次读数", "followers_change": "期末读数减期初读数"}[self.column]
        mine = mine.assign(value=mine[self.column]).reset_index(drop=True)
        value = None if mine.empty or pd.isna(mine.iloc[0]["value"]) else float(mine.iloc[0]["value"])
        mark = mine.iloc[0].get(f"{self.column}_mark", "") if len(mine) else ""
        shown = heads(*_WHO, "posts:发布数:int", f"value:{'粉丝数' if self.column == 'followers' else '粉丝净增'}:int")
        return Rows(mine, shown, value, words, "account", mark)

    def next(self, id_: int) -> Query:
        return Readings(self.ranking.where.start, self.ranking.where.end, id_)


@dataclass(frozen=True, slots=True)
class Moved:
    """The accounts that can be compared with the period before, those of which a measure grew, or fell."""

    where: Filter
    basis: str
    metric: str
    pick: Literal["", "up", "down"] = ""

    def rows(self, session: Session) -> Rows:
        metric = self.metric
        frame = movers.beside_before(session, self.where, [metric] if metric != "interaction" else [], self.basis)
        frame = frame[frame[metric].notna() & frame[f"{metric}_before"].notna()]
        frame = frame[frame[f"{metric}_before"] >= LEAST_BEFORE]
        frame = frame.assign(id=frame["account_id"], gain=frame[metric] - frame[f"{metric}_before"])
        wanted = {"": frame["gain"].notna(), "up": frame["gain"] > 0, "down": frame["gain"] < 0}[self.pick]
        frame = frame[wanted.astype(bool)].sort_values("gain", ascending=self.pick == "down", kind="stable")
        shown = heads("name:账号", "gain:增减:int", f"{metric}_before:上期:int", f"{metric}:本期:int", "unit:单位")
        return counted(frame, shown, "account", "可比账号逐个计数")

    def next(self, id_: int) -> Query:
        return OfAccount(self.where.start, self.where.end, self.basis, self.metric, id_)


@dataclass(frozen=True, slots=True)
class Kept:
    """The accounts in normal state by how they kept publishing at the period's end (Freshness)."""

    where: Filter
    state: str

    def rows(self, session: Session) -> Rows:
        who = owners(session, select(Account.id).where(
            Account.id.in_(totals.meant(session, self.where)), Account.state == "normal"))
        sums = totals.period(session, self.where, "latest", by="account")
        posts = {int(row["group"]): row["posts"] for _, row in sums.iterrows()}
        closed = dict(session.execute(
            select(Account.id, Account.closed_on).where(Account.id.in_(who["id"].tolist()))).all())
        rows = [{"account_id": row["id"], "name": str(row["id"]), "unit": row["unit"], "state": "normal",
                 "posts": posts.get(row["id"])} for row in who.to_dict("records")
                if not (closed[row["id"]] and closed[row["id"]] < self.where.start and pd.isna(posts.get(row["id"])))]
        found = [one for one in cadences(session, rows, self.where.start, self.where.end)
                 if one.freshness == self.state]
        named = {row["id"]: row for row in who.to_dict("records")}
        frame = pd.DataFrame(
            [(int(one.account), named[int(one.account)]["name"], one.unit, named[int(one.account)]["platform_name"],
              one.last_post, one.longest_gap, STATES[one.freshness]) for one in found],
            columns=["id", "name", "unit", "platform_name", "last_post", "gap", "state"])
        return counted(frame, heads(*_WHO, "platform_name:平台", "last_post:最后发布:date", "gap:最长未更新天数:int",
                                    "state:状态"), "account", "账号逐个计数")

    def next(self, id_: int) -> Query:
        return KnownDays(id_, self.where.start, self.where.end, "active")


@dataclass(frozen=True, slots=True)
class Inspected(Last):
    """The accounts that were checked against 检查指标, or those that are meant: `bad`, `units` (of the bad ones),
    `verdict:不合格`, `rule:update`, `failed`; `read`: the texts that were read, `found`: words to be dealt with."""

    where: Filter
    what: str
    only: Only = ()

    def rows(self, session: Session) -> Rows:
        told = compliance.compliance(session, self.where, compliance.word_list()[0])
        frame = told.accounts.assign(id=told.accounts["account_id"], name=told.accounts["account"])
        if self.what == "found":
            found = told.findings.assign(id=told.findings["account_id"])
            return Rows(found, heads("account:账号", "unit:单位", "day:日期:date", "wrong:用词", "right:建议",
                                     "level:程度"), float(told.found), "须处理或核对的用词处数", "check",
                        rest=max(told.found - len(found), 0))
        if self.what == "read":
            return Rows(frame, heads("name:账号", "read:核对文字:int", "unit:单位"), float(frame["read"].sum()),
                        "各账号相加", "check")
        bad = pd.Series([any(one.outcome in BAD for one in row.checks) for row in frame["inspection"]],
                        index=frame.index, dtype=bool)
        kind, _, of = self.what.partition(":")
        wanted = {
            "checked": frame["verdict"] != VERDICTS["none"], "bad": bad, "units": bad,
            "verdict": frame["verdict"] == of, "failed": bad & (frame["verdict"] == VERDICTS["fail"]),
            "rule": bad & pd.Series([any(one.rule == of and one.outcome in BAD for one in row.checks)
                                     for row in frame["inspection"]], index=frame.index, dtype=bool),
        }[kind]
        frame = kept(frame[wanted.astype(bool)], self.only)
        shown = heads(*_WHO, "platform:平台", "verdict:结论", "reasons:情况")
        if kind == "units":
            return Rows(frame, shown, float(frame["unit"].nunique()), "下列账号所属单位的个数", "check")
        return counted(frame, shown, "check", "账号逐个计数")


RULE_KEYS = {rule.name: key for key, rule in RULES.items()}


@dataclass(frozen=True, slots=True)
class Days:
    """Account-days by account: `expected` of which something should be known, `covered` of them known; or those in a
    state of coverage (labels.COVERAGE; `unknown`: nothing was ever said of them)."""

    where: Filter
    what: str

    def rows(self, session: Session) -> Rows:
        ids, (first, last) = totals.meant(session, self.where), (self.where.start, self.where.end)
        frame = owners(session, ids)
        lives = {id_: (max(first, opened or first), min(last, closed or last)) for id_, opened, closed in
                 session.execute(select(Account.id, Account.opened_on, Account.closed_on).where(Account.id.in_(ids)))}
        if self.what == "expected":
            values = {id_: max((end - begin).days + 1, 0) for id_, (begin, end) in lives.items()}
        elif self.what == "covered":
            days = totals.known_days(ids, first, last).subquery()
            values = dict(session.execute(
                select(days.c.account_id, func.count()).join(Account, Account.id == days.c.account_id)
                .where(or_(Account.opened_on.is_(None), days.c.day >= Account.opened_on),
                       or_(Account.closed_on.is_(None), days.c.day <= Account.closed_on))
                .group_by(days.c.account_id)).all())
        else:
            said = select(Coverage.account_id, func.count()).where(
                Coverage.account_id.in_(ids), Coverage.day.between(first, last)).group_by(Coverage.account_id)
            if self.what == "unknown":
                held = dict(session.execute(said).all())
                values = {id_: self.where.days - held.get(id_, 0) for id_ in lives}
            else:
                values = dict(session.execute(said.where(Coverage.state == self.what)).all())
        frame = frame.assign(value=[values.get(id_, 0) for id_ in frame["id"]])
        frame = frame[frame["value"] > 0].sort_values("value", ascending=False, kind="stable").reset_index(drop=True)
        word = {"expected": "应有数据天数", "covered": "已有数据天数"}.get(self.what, "天数")
        return Rows(frame, heads("name:账号", f"value:{word}:int", "unit:单位", "platform_name:平台"),
                    float(frame["value"].sum()), "各账号的天数相加", "account")

    def next(self, id_: int) -> Query:
        which = "known" if self.what in ("expected", "covered", *labels.KNOWN_STATES) else "unknown"
        return KnownDays(id_, self.where.start, self.where.end, which)


def coverage_code(word: str) -> str:
    """The state of coverage that a word of a report means."""
    return next((code for code, said in labels.COVERAGE.items() if said == word), "unknown")


