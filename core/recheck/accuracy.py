"""One accuracy for any period, platform, unit or account: from what the verifications of its months found, account by
account, or of just that part, where a person asked for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from core.clock import Month
from core.models import Account, AccountDay, Platform, Unit, Verification
from core.query import totals
from core.query.scope import Filter
from core.recheck.months import WHOLE, newest_part
from core.reconcile.tally import Tally, of_crossed

NO_UNIT = "未归属单位"
ROWS = ("account_id", "account", "platform", "unit", "figures", "wrong", "trusted", "compared", "differing")
FOUND = ("kind", "what", "account_id", "account", "platform", "unit", "day", "stored", "expected", "capture_id",
         "locator", "note")
CROSSED = ("account_id", "account", "platform", "day", "what", "title", "name", "one", "first", "other", "second",
           "difference", "capture_id", "locator")


@dataclass(frozen=True, slots=True)
class Accuracy:
    """`rows`: a line for each account (ROWS; compared and differing are of two sources) · `findings` (FOUND) and
    `crossed` (CROSSED): what is not right, as it was kept · `cut`: some were too many to be kept · `months`: whose
    verifications speak · `lacking`: months of the period without one · `at`: when the oldest of them ended · `exact`:
    just these days were verified, not the whole months that they lie in."""

    rows: pd.DataFrame
    findings: pd.DataFrame
    crossed: pd.DataFrame
    cut: bool
    months: tuple[date, ...]
    lacking: tuple[date, ...]
    at: datetime | None
    exact: bool

    def sum(self, name: str) -> int:
        return int(self.rows[name].sum())

    @property
    def share(self) -> float | None:
        """Of the figures that could be reckoned anew, how many are right; None where there are none."""
        figures = self.sum("figures")
        return (figures - self.sum("wrong")) / figures if figures else None

    def by(self, column: str) -> pd.DataFrame:
        """The same by platform, unit or account: name, and the numbers of ROWS; the worst first."""
        numbers = ["figures", "wrong", "trusted", "compared", "differing"]
        keys = ["account_id", "account", "platform"] if column == "account" else [column]
        found = self.rows.groupby(keys, sort=False, dropna=False)[numbers].sum().reset_index()
        found = found.rename(columns={column: "name"})
        return found.sort_values(["wrong", "differing", "figures"], ascending=False, ignore_index=True)


def accuracy(session: Session, where: Filter, account: int | None, today: date) -> Accuracy:
    """What is known of the accounts that the filter means, or of one of them, over the months of the period."""
    ids = meant(session, where, account)
    part = newest_part(session, where, ids, today)
    if part is not None:
        done, lacking = [part], ()
    else:
        done, lacking = _done(session, where, today)
    counts: dict[int, list[int]] = {id_: [0, 0, 0] for id_ in ids}
    both: dict[int, Tally] = {}
    for one in done:
        for id_, mine in one.counts.items():
            if (known := counts.get(int(id_))) is not None:
                counts[int(id_)] = [a + b for a, b in zip(known, mine, strict=True)]
        for id_, mine in one.crossed.get("counts", {}).items():
            both[int(id_)] = both.get(int(id_), Tally()).plus(Tally.of(mine))
    names = _names(session, ids)
    rows = [{"account_id": id_, **names[id_], "figures": mine[0], "wrong": mine[1], "trusted": mine[2],
             "compared": both.get(id_, Tally()).compared, "differing": both.get(id_, Tally()).differing}
            for id_, mine in counts.items() if any(mine) or id_ in both]
    whole = not (where.platforms or where.kinds or where.units or where.board is not None or account is not None)
    findings = [found | names.get(found["account_id"], {"account": "", "platform": "", "unit": ""})
                for one in done for found in one.findings
                if found["account_id"] in names or (whole and found["account_id"] is None)]
    crossed = [found | names[found["account_id"]] for one in done for found in one.crossed.get("findings", ())
               if found["account_id"] in names]
    return Accuracy(
        pd.DataFrame(rows, columns=list(ROWS)), pd.DataFrame(findings, columns=list(FOUND)),
        pd.DataFrame(crossed, columns=list(CROSSED)), any(one.found > len(one.findings) for one in done),
        tuple(one.month for one in done), tuple(lacking),
        min((one.finished_at for one in done if one.finished_at), default=None), part is not None)


def meant(session: Session, where: Filter, account: int | None) -> list[int]:
    """The ids of the accounts that are meant: one that is named is meant whatever the filter says."""
    return [account] if account is not None else sorted(session.execute(totals.meant(session, where)).scalars())


def _done(session: Session, where: Filter, today: date) -> tuple[list[Verification], list[date]]:
    """(the newest verification of each month of the period that has been counted by account, months without one)."""
    first, last = session.execute(select(func.min(AccountDay.day), func.max(AccountDay.day))).one()
    if first is None:
        return [], []
    month, found, lacking = Month.of(max(where.start, first)), [], []
    end = min(where.end, last, today)
    while month.first <= end:
        one = session.execute(select(Verification).where(
            WHOLE, Verification.month == month.first, Verification.state == "done").order_by(
            Verification.id.desc()).limit(1)).scalars().first()
        if one is not None and (one.counts or not one.figures):
            found.append(one)
        else:
            lacking.append(month.first)
        month = month.shift(1)
    return found, lacking


def _names(session: Session, ids: Iterable[int]) -> Mapping[int, dict[str, Any]]:
    wanted = set(ids)
    query = select(Account.id, Account.name, Platform.name, Unit.name).join(
        Platform, Platform.code == Account.platform).outerjoin(Unit, Unit.id == Account.unit_id)
    return {id_: {"account": name, "platform": platform, "unit": unit or NO_UNIT}
            for id_, name, platform, unit in session.execute(query) if id_ in wanted}


def crossed_of(session: Session, month: date) -> Tally:
    """What two sources say of each other in a month, by its newest verification."""
    crossed = session.execute(select(Verification.crossed).where(
        WHOLE, Verification.month == Month.of(month).first, Verification.state == "done").order_by(
        Verification.id.desc()).limit(1)).scalar() or {}
    return of_crossed(crossed)

