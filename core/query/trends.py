"""Daily series of publishing, reach and interaction, with gaps left as gaps, and the days that stand out."""


import pandas as pd
from sqlalchemy import func, select
from sqlmodel import Session

from core.clock import days, previous_period
from core.labels import COUNTERS, UNIT_KINDS
from core.metrics.cadence import heat
from core.metrics.growth import year_before
from core.metrics.outliers import outliers
from core.models import COUNTER_NAMES, Account, Coverage, Platform, Post, Unit
from core.query import posts, totals
from core.query.scope import Filter

METRICS = {"posts": "发布数", **COUNTERS, "interaction": "转评赞总数"}
"""What a series can show, in display order."""
PEOPLE = ("readers", "sharers")
UNITS = {"posts": "篇"} | {name: "人" if name in PEOPLE else "次" for name in (*COUNTERS, "interaction")}
"""The measure word of each metric."""
GROUPS = {"": "合计", "platform": "按平台", "kind": "按单位类型", "unit": "按单位"}


def daily(session: Session, where: Filter, by: str = "", basis: str = "latest") -> pd.DataFrame:
    """One row per group and day of the period, days without any data included.

    Columns: day, group (platform code, kind of unit, unit id, or ""), label (Chinese) · posts and the counters with
    marks (core.query.totals), interaction · accounts in scope, covered (how many of them are known on that day), gap
    (none is: every figure is missing, not 0). Groups come in the order of their posts, the most active first.
    """
    raw, covered = totals.daily(session, where, basis, by)
    owned = _groups(session, where, by)
    span = days(where.start, where.end)
    grid = pd.MultiIndex.from_product([list(owned["group"]), span], names=["group", "day"]).to_frame(index=False)
    grid = grid.astype(object)
    frame = grid.merge(covered, how="left", on=["group", "day"]).merge(raw, how="left", on=["group", "day"])
    frame = frame.astype(object).where(frame.notna(), None)
    known = [bool(n) for n in frame["covered"]]
    frame["covered"] = totals.whole([n or 0 for n in frame["covered"]]).values
    out = totals.finish(frame, COUNTER_NAMES, known, groups=frame["group"]).merge(owned, how="left", on="group")
    out["gap"] = [n == 0 for n in out["covered"]]
    order = out.groupby("group", sort=False)["posts"].sum().sort_values(ascending=False, kind="stable")
    places = {group: place for place, group in enumerate(order.index)}
    out["_place"] = [places[group] for group in out["group"]]
    return out.sort_values(["_place", "day"], kind="stable").drop(columns="_place").reset_index(drop=True)


def by_month(frame: pd.DataFrame) -> pd.DataFrame:
    """The days of `daily` (of one group) as months of the calendar, in the same columns: day is the month's first one.

    Sums are those of the days known, `days` how many there are of them, `covered` account-days; a month of which no day
    is known has missing figures (`gap`).
    """
    if frame.empty:
        return frame.assign(days=0)
    rows = []
    for month, part in frame.groupby([day.replace(day=1) for day in frame["day"]], sort=True):
        row = {"day": month, "group": part["group"].iloc[0], "label": part["label"].iloc[0],
               "accounts": part["accounts"].iloc[0], "covered": int(part["covered"].sum()),
               "days": int((~part["gap"]).sum()), "gap": bool(part["gap"].all())}
        for name in ("posts", *COUNTER_NAMES, "interaction"):
            known = part[name].dropna()
            row[name] = int(known.sum()) if len(known) else None
            if name != "posts":
                marks = set(part[f"{name}_mark"])
                row[f"{name}_mark"] = "≥" if "≥" in marks else "≈" if "≈" in marks else ""
        rows.append(row)
    out = pd.DataFrame(rows)
    for name in ("posts", *COUNTER_NAMES, "interaction"):
        out[name] = totals.whole(out[name]).values
    return out


def hours(session: Session, where: Filter) -> list[list[int]]:
    """Posts of the period by weekday (0 Monday) and Shanghai hour, those of which the hour is known: 7 rows of 24."""
    published = session.execute(select(Post.published_at).where(
        Post.account_id.in_(totals.meant(session, where)), Post.day.between(where.start, where.end),
        Post.timed.is_(True))).scalars()
    return heat(published)


def _groups(session: Session, where: Filter, by: str) -> pd.DataFrame:
    """group, label and number of accounts of every group in scope, in the order of the ledger."""
    group = totals.grouping(by)
    names = {"platform": Platform.name, "kind": group, "unit": Unit.name}.get(by, Platform.code)
    order = {"platform": func.min(Platform.sort), "unit": func.min(Unit.sort)}.get(by, func.min(Account.id))
    found = totals.read(session, (
        select(group.label("group"), func.min(names).label("label"), func.count().label("accounts"))
        .select_from(Account).join(Platform, Platform.code == Account.platform)
        .outerjoin(Unit, Unit.id == Account.unit_id)
        .where(Account.id.in_(totals.meant(session, where))).group_by(group).order_by(order)
    ))
    totals.unite(found, by)
    words = {"kind": lambda v: UNIT_KINDS.get(v, v), "unit": lambda v: v or "未归属单位", "": lambda _: "合计"}
    found["label"] = [words.get(by, str)(value) for value in found["label"]]
    return found


def comparison(session: Session, where: Filter, metric: str, basis: str = "latest") -> pd.DataFrame:
    """The period beside the one before it and the same one a year earlier, day by day.

    Columns: series (本期, 上期, 去年同期), day (of the present period, for drawing), own_day (the date itself), value,
    mark. Earlier days are matched by their place in the period; a series without any known day is left out.
    Raises KeyError for an unknown metric.
    """
    METRICS[metric]
    periods = {
        "本期": (where.start, where.end),
        "上期": previous_period(where.start, where.end),
        "去年同期": year_before(where.start, where.end),
    }
    span = days(where.start, where.end)
    parts = []
    for series, (first, last) in periods.items():
        frame = daily(session, where.over(first, last), "", basis)
        if series != "本期" and frame[metric].isna().all():
            continue
        frame = frame.iloc[: len(span)]
        parts.append(pd.DataFrame({
            "series": series, "day": span[: len(frame)], "own_day": list(frame["day"]),
            "value": frame[metric].astype("Float64").astype(float), "mark": _marks(frame, metric),
        }))
    return pd.concat(parts, ignore_index=True)


def _marks(frame: pd.DataFrame, metric: str) -> list[str]:
    return list(frame[f"{metric}_mark"]) if f"{metric}_mark" in frame else [""] * len(frame)


def series(frame: pd.DataFrame, metric: str) -> pd.DataFrame:
    """A frame of `daily` as charts take it: day, value (NaN where missing), series, mark."""
    return pd.DataFrame({
        "day": list(frame["day"]), "value": frame[metric].astype("Float64").astype(float),
        "series": list(frame["label"]), "mark": _marks(frame, metric),
    })


def summary(frame: pd.DataFrame, metric: str) -> pd.DataFrame:
    """A frame of `daily` as one row per group, in its order.

    Columns: label, days (with data), total, best (largest day), mean (per day with data, one decimal), note (in words
    what is not exact).
    """
    rows = []
    for label, part in frame.groupby("label", sort=False):
        values, marks = part[metric].dropna(), set(_marks(part, metric))
        rows.append({
            "label": label, "days": int((~part["gap"]).sum()), "total": int(values.sum()) if len(values) else None,
            "best": int(values.max()) if len(values) else None,
            "mean": round(float(values.mean()), 1) if len(values) else None,
            "note": "合计为下限" if "≥" in marks else "含约数" if "≈" in marks else "",
        })
    out = pd.DataFrame(rows, columns=["label", "days", "total", "best", "mean", "note"])
    return out.assign(total=totals.whole(out["total"]).values, best=totals.whole(out["best"]).values)


def outlying(session: Session, where: Filter, metric: str, basis: str = "latest") -> pd.DataFrame:
    """Days on which the metric was unusually high, the highest first, with the post that weighs most.

    Columns: day, value, usual (the period's median day), times (value / usual), account, title, url, post_id,
    post_value, share (of the day's value). For `posts` the post is the day's most read or played one, without share.
    """
    frame = daily(session, where, "", basis)
    values = [None if pd.isna(v) else float(v) for v in frame[metric]]
    rows = []
    for found in outliers(values):
        day = frame["day"][found.place]
        weight = metric if metric != "posts" else _reach(frame, found.place)
        best = posts.top(session, where.over(day, day), weight, 1).to_dict("records")
        made = best[0] if best else {}
        rows.append({
            "day": day, "value": int(found.value), "usual": found.usual, "times": found.times,
            "account": made.get("account"), "title": made.get("title"), "url": made.get("url"),
            "post_id": made.get("post_id"), "post_value": made.get("value"),
            "share": made["value"] / found.value if made and metric != "posts" else None,
        })
    return pd.DataFrame(rows, columns=["day", "value", "usual", "times", "account", "title", "url", "post_id",
                                       "post_value", "share"])


def _reach(frame: pd.DataFrame, place: int) -> str:
    return next((name for name in ("reads", "plays") if not pd.isna(frame[name][place])), "interaction")


def gaps(session: Session, where: Filter) -> pd.DataFrame:
    """Account-days of the period by coverage state: state, account_days; `unknown` for those without any word."""
    ids = totals.meant(session, where)
    found = totals.read(session, (
        select(Coverage.state, func.count().label("account_days"))
        .where(Coverage.account_id.in_(ids), Coverage.day.between(where.start, where.end))
        .group_by(Coverage.state).order_by(Coverage.state)
    ))
    total = session.execute(select(func.count()).select_from(ids.subquery())).scalar() * where.days
    rest = total - int(sum(found["account_days"]))
    found.loc[len(found)] = ["unknown", max(rest, 0)]
    return found
