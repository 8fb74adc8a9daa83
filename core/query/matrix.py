"""Matrix totals of units: the scores of their accounts on several platforms, weighed (core.metrics.matrix)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlmodel import Session

from core import local_indices, matrices
from core.clock import previous_period
from core.labels import UNIT_KINDS
from core.metrics import matrix
from core.metrics.indices import Index
from core.metrics.matrix import Held, Scored, Total, Weight
from core.metrics.ranking import Entry, Place, moves, rank
from core.models import Matrix, Platform, Unit
from core.query import boards, totals
from core.query.peers import size_of
from core.query.scope import Filter

UNSCORED = "各平台均缺分，不计总分"


@dataclass(frozen=True, slots=True)
class Part:
    """One platform of a matrix: code, name, the index that ranks it, its weight in per cent, whether scores become
    shares of the best one."""

    platform: str
    name: str
    index: Index
    weight: float
    scaled: bool

    @property
    def head(self) -> str:
        return f"{self.name} {self.weight:g}%"


@dataclass(frozen=True, slots=True)
class Plan:
    """A matrix as it is reckoned; `words` says its method in one line."""

    id: int
    title: str
    parts: tuple[Part, ...]
    many: str
    words: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a matrix, to be shown or to begin a new one with."""

    id: int
    name: str
    version: int
    title: str
    parts: tuple[Mapping[str, Any], ...]
    many: str
    words: str
    retired: bool
    at: Any
    who: str


def versions(session: Session) -> list[Version]:
    """Every version: those in use first, by name, the newest one first."""
    rows = sorted(matrices.rows(session), key=lambda row: (row.retired, row.name, -row.version))
    return [
        Version(row.id, row.name, row.version, matrices.title(row), tuple(row.parts), row.many,
                matrices.words(session, row), row.retired, row.at, row.who)
        for row in rows
    ]


def plan(session: Session, matrix_id: int) -> Plan:
    """A matrix with its indices. Raises LookupError (Chinese) for an unknown one."""
    row = session.get(Matrix, matrix_id)
    if row is None:
        raise LookupError("这个矩阵总分不存在，可能已被删除")
    parts = tuple(
        Part(part["platform"], session.get(Platform, part["platform"]).name,
             local_indices.find(session, part["index"]), part["weight"], part["scaled"])
        for part in row.parts
    )
    return Plan(row.id, matrices.title(row), parts, row.many, matrices.words(session, row))


def ranking(session: Session, where: Filter, matrix_id: int, sized: bool = False) -> pd.DataFrame:
    """One row per unit in scope with an account on one of the matrix's platforms, the best first, those without a total
    last.

    Kinds and units of the filter choose rows; its platforms and board do not count, since a matrix has its own
    platforms, and a share of the best score is that of the best of all units. Columns: unit_id, unit, kind, kind_name,
    size, accounts · total, mark, rank, rank_change (words) · peers, peer_rank (among its kind, and with `sized` its
    size class), indistinct · per platform code x_score (as it is weighed), x_brought, x_accounts · note. Raises
    LookupError as `plan`.
    """
    made = plan(session, matrix_id)
    query = select(Unit).order_by(Unit.id)
    query = query.where(Unit.kind.in_(where.kinds)) if where.kinds else query
    query = query.where(Unit.id.in_(where.units)) if where.units else query
    chosen = session.execute(query).scalars().all()
    now = _reckoned(session, made, where.start, where.end)
    rows = [_row(unit, made, now) for unit in chosen if now.accounts(unit.id)]
    frame = pd.DataFrame(rows, columns=_columns(made))
    points = ["total", *(f"{part.platform}_{what}" for part in made.parts for what in ("score", "brought"))]
    frame[points] = frame[points].astype("Float64")
    before = _reckoned(session, made, *previous_period(where.start, where.end))
    shown = [unit_id for unit_id in frame["unit_id"]]
    mine, then = _places(shown, now), _places([u.id for u in chosen if before.accounts(u.id)], before)
    steps = moves({key: place.rank for key, place in mine.items()}, {key: place.rank for key, place in then.items()})
    frame["rank"] = totals.whole([mine[id_].rank for id_ in shown]).values
    frame["rank_change"] = [steps[id_].words for id_ in shown]
    frame["indistinct"] = [mine[id_].indistinct for id_ in shown]
    group = frame["kind"] + ("/" + frame["size"] if sized else "")
    peers = {place.key: place for _, part in frame.groupby(group, sort=False)["unit_id"]
             for place in _places(list(part), now).values()}
    frame["peer_rank"] = totals.whole([peers[id_].rank for id_ in shown]).values
    frame["peers"] = frame.groupby(group)["unit_id"].transform("count") if len(frame) else []
    frame["note"] = [f"与邻近名次不可区分；{note}".rstrip("；") if flag else note
                     for note, flag in zip(frame["note"], frame["indistinct"], strict=True)]
    return frame.sort_values(["rank", "unit"], na_position="last").reset_index(drop=True)


def contributions(frame: pd.DataFrame, made: Plan, most: int) -> pd.DataFrame:
    """What each platform brought to the first `most` units, as charts take it: label (the unit), series (the platform),
    value (points; missing where the score is)."""
    top = frame[frame["rank"].notna()].head(most)
    return pd.DataFrame([
        {"label": row["unit"], "series": part.name, "value": row[f"{part.platform}_brought"]}
        for row in top.to_dict("records") for part in made.parts
    ], columns=["label", "series", "value"])


# --- Reckoning ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reckoned:
    """The totals of all units in one period: by unit id, what it holds on each platform (as weighed), the accounts
    whose score is missing as (name, reason), and the total."""

    held: Mapping[int, Mapping[str, Held]]
    lacking: Mapping[tuple[int, str], Sequence[tuple[str, str]]]
    total: Mapping[int, Total]

    def accounts(self, unit_id: int) -> int:
        return sum(one.accounts for one in self.held.get(unit_id, {}).values())


def _reckoned(session: Session, made: Plan, first: date, last: date) -> _Reckoned:
    held: dict[int, dict[str, Held]] = {}
    lacking: dict[tuple[int, str], list[tuple[str, str]]] = {}
    for part in made.parts:
        by_unit: dict[int, list[Scored]] = {}
        found = boards.scores(session, Filter(first, last), part.platform, part.index).dropna(subset=["unit_id"])
        for row in found.to_dict("records"):
            unit_id = int(row["unit_id"])
            by_unit.setdefault(unit_id, []).append(_scored(row))
            if pd.isna(row["score"]):
                lacking.setdefault((unit_id, part.platform), []).append((row["name"], row["reason"]))
        here = {unit_id: matrix.held(scores, made.many) for unit_id, scores in by_unit.items()}
        best = matrix.best(list(here.values()))
        for unit_id, one in here.items():
            held.setdefault(unit_id, {})[part.platform] = matrix.scaled(one, best) if part.scaled else one
    weights = [Weight(part.platform, Decimal(str(part.weight)), part.scaled) for part in made.parts]
    return _Reckoned(held, lacking, {unit_id: matrix.total(weights, found) for unit_id, found in held.items()})


def _scored(row: Mapping[str, Any]) -> Scored:
    """An account's score; an exact one counts as published, with two decimals."""
    if pd.isna(row["score"]):
        return Scored(None)
    score = float(row["score"])
    return Scored(score, row["low"], row["high"]) if row["mark"] else Scored(score, score, score)


def _columns(made: Plan) -> list[str]:
    each = [f"{part.platform}_{what}" for part in made.parts for what in ("score", "brought", "accounts")]
    return ["unit_id", "unit", "kind", "kind_name", "size", "accounts", "total", "mark", *each, "note"]


def _row(unit: Unit, made: Plan, found: _Reckoned) -> dict[str, Any]:
    total, accounts = found.total[unit.id], found.accounts(unit.id)
    row: dict[str, Any] = {
        "unit_id": unit.id, "unit": unit.name, "kind": unit.kind, "kind_name": UNIT_KINDS[unit.kind],
        "size": size_of(accounts), "accounts": accounts, "total": _float(total.value), "mark": total.mark,
        "note": _note(unit.id, made, found),
    }
    for part in made.parts:
        one = found.held[unit.id].get(part.platform, matrix.NOBODY)
        row[f"{part.platform}_score"] = _float(one.value) if one.accounts else None
        row[f"{part.platform}_brought"] = _float(total.brought[part.platform])
        row[f"{part.platform}_accounts"] = one.accounts
    return row


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _note(unit_id: int, made: Plan, found: _Reckoned) -> str:
    """What the reader of a row must know: platforms without an account, missing scores, what is no exact figure."""
    total, said = found.total[unit_id], []
    if total.value is None:
        said.append(UNSCORED)
    elif total.mark:
        said.append("总分为下限" if total.mark == "≥" else "总分为估计值")
    for part in made.parts:
        one = found.held[unit_id].get(part.platform, matrix.NOBODY)
        lacking = "、".join(f"“{name}”{reason}" for name, reason in found.lacking.get((unit_id, part.platform), ()))
        if lacking:
            said.append(f"{part.name}{'缺分' if one.value is None else '按其余账号计'}：{lacking}")
    absent = [part.name for part in made.parts if part.platform not in found.held[unit_id]]
    return "；".join([*said, *([f"无{'、'.join(absent)}账号，计 0 分"] if absent else [])])


def _places(unit_ids: Sequence[int], found: _Reckoned) -> dict[int, Place[int]]:
    entries = []
    for unit_id in unit_ids:
        total = found.total[unit_id]
        entries.append(Entry(unit_id, _float(total.value), total.low, total.high)
                       if total.value is not None else Entry(unit_id, None))
    return {place.key: place for place in rank(entries, decimals=2)}
