"""转载: where one text was printed first, who printed it again and when; the most reprinted texts of a period.

A copy is the whole text (`core.opinion.fold`); an excerpt takes in a part of it, or the text a part of that, and is
counted apart. 转载量 is the copies but one. The first source is the copy that was published first, which need not be
the one that was collected first. Where a source gives no time of publishing, a copy's time is that of its first
sighting (`dated` is False): it was published then or earlier.
"""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import func, literal, select
from sqlmodel import Session

from core.models import Mention, Platform, Source
from core.query import totals
from core.query.opinion import spoken_on
from core.query.scope import Filter

KINDS = {"first": "首发", "reprint": "转载", "excerpt": "摘录"}
COLUMNS = ("mention_id", "title", "source", "platform", "published_at", "dated", "url", "kind")
MOST_COLUMNS = ("mention_id", "title", "source", "platform", "published_at", "dated", "url", "reprints", "platforms",
                "all_reprints", "excerpts")


@dataclass(frozen=True, slots=True)
class First:
    """The copy that was published first. `platform` is its name, `published_at` aware UTC; `dated` False: the source
    gives no time, this is when it was seen first. `certain` False: one of the copies without a time may be older."""

    mention_id: int
    title: str
    source: str
    platform: str
    published_at: datetime
    dated: bool
    url: str
    certain: bool


@dataclass(frozen=True, slots=True)
class Spread:
    """How one text spread. `reprints` is its 转载量, `excerpts` its 摘录, `undated` how many of both have no time of
    their own.

    `platforms`: platform (name), reprints, excerpts; most reprints first, the first source's own platform among them.
    `hours`: hour (beginning of an hour of the Shanghai clock, aware UTC), reprints (within it), undated (of them),
    total (reprints up to its end); every hour from that of the first copy to that of the last reprint, those without
    any, too.
    `copies`: mention_id, title, source, platform (name), published_at, dated, url, kind (first, reprint, excerpt:
    `KINDS`); in order of time, the first copy at the top.
    """

    first: First
    reprints: int
    excerpts: int
    undated: int
    platforms: pd.DataFrame
    hours: pd.DataFrame
    copies: pd.DataFrame


def spread(session: Session, mention_id: int) -> Spread | None:
    """How the text of a mention spread, whichever of its copies or excerpts that is. None where there is no such
    mention, or it hasn't been folded yet."""
    group = session.execute(select(Mention.fold_id).where(Mention.id == mention_id)).scalar()
    if group is None:
        return None
    copies = totals.read(session, (
        select(Mention.id.label("mention_id"), Mention.title, Source.name.label("source"), _platform(),
               Mention.published_at, Mention.dated, Mention.url, Mention.fold_kind.label("kind"))
        .join(Source, Source.id == Mention.source_id).outerjoin(Platform, Platform.code == Mention.platform)
        .where(Mention.fold_id == group).order_by(Mention.published_at, Mention.id)
    ))
    whole = copies[copies["kind"] != "excerpt"]
    if whole.empty:
        return None
    top = whole.index[0]
    copies["kind"] = ["first" if place == top else kind or "reprint" for place, kind in copies["kind"].items()]
    row, others = copies.loc[top], copies.drop(index=top)
    copies = pd.concat([copies.loc[[top]], others], ignore_index=True)
    copies["published_at"] = pd.to_datetime(copies["published_at"], utc=True)
    undated = others[~others["dated"].astype(bool)]
    first = First(
        int(row["mention_id"]), row["title"], row["source"], row["platform"], row["published_at"], bool(row["dated"]),
        row["url"], bool((undated["kind"] == "excerpt").all()),
    )
    reprints = others[others["kind"] == "reprint"]
    return Spread(first, len(reprints), len(others) - len(reprints), len(undated), _platforms(copies),
                  _hours(first.published_at, reprints), copies[list(COLUMNS)])


def _platform():
    return spoken_on(Mention.platform).label("platform")


def _platforms(copies: pd.DataFrame) -> pd.DataFrame:
    counted = pd.DataFrame({
        "platform": copies["platform"], "reprints": (copies["kind"] == "reprint").astype(int),
        "excerpts": (copies["kind"] == "excerpt").astype(int),
    })
    summed = counted.groupby("platform", sort=False, as_index=False).sum()
    return summed.sort_values(["reprints", "excerpts"], ascending=False, kind="stable", ignore_index=True)


def _hours(begin: datetime, reprints: pd.DataFrame) -> pd.DataFrame:
    """The Shanghai clock's hours begin where those of UTC do."""
    first = pd.Timestamp(begin).floor("h")
    at = pd.to_datetime(reprints["published_at"], utc=True).dt.floor("h")
    hours = pd.date_range(first, at.max() if len(at) else first, freq="h", name="hour")
    within = at.value_counts().reindex(hours, fill_value=0)
    undated = at[~reprints["dated"].astype(bool)].value_counts().reindex(hours, fill_value=0)
    return pd.DataFrame({
        "hour": hours, "reprints": within.to_numpy(), "undated": undated.to_numpy(),
        "total": within.cumsum().to_numpy(),
    })


def most_reprinted(session: Session, where: Filter, limit: int = 20) -> pd.DataFrame:
    """The texts that were reprinted most in the period, on the filter's platforms; of equals the newer text. Counted
    from an index of reprints alone, whatever else was said.

    Columns: mention_id (the copy that was folded first; `spread` takes it), title, source, platform (name),
    published_at, dated, url: of that copy, which may be older than the period; reprints and platforms (how many): in
    the period; all_reprints, excerpts: over the text's whole life.
    """
    kind = literal("reprint", literal_execute=True)  # a partial index answers only what it is told in so many words
    counted = (
        select(Mention.fold_id, func.count().label("reprints"),
               func.count(Mention.platform.distinct()).label("platforms"))
        .where(Mention.fold_kind == kind, Mention.day.between(where.start, where.end)).group_by(Mention.fold_id)
        .order_by(func.count().desc(), Mention.fold_id.desc()).limit(limit)
    )
    if where.platforms:
        counted = counted.where(Mention.platform.in_(where.platforms))
    counted = counted.subquery()
    frame = totals.read(session, (
        select(Mention.id.label("mention_id"), Mention.title, Source.name.label("source"), _platform(),
               Mention.published_at, Mention.dated, Mention.url, counted.c.reprints, counted.c.platforms)
        .join(counted, counted.c.fold_id == Mention.id).join(Source, Source.id == Mention.source_id)
        .outerjoin(Platform, Platform.code == Mention.platform)
        .order_by(counted.c.reprints.desc(), Mention.id.desc())
    ))
    whole = {
        (group, of_kind): number for group, of_kind, number in session.execute(
            select(Mention.fold_id, Mention.fold_kind, func.count())
            .where(Mention.fold_id.in_(frame["mention_id"].tolist())).group_by(Mention.fold_id, Mention.fold_kind))
    }
    for column, of_kind in (("all_reprints", "reprint"), ("excerpts", "excerpt")):
        frame[column] = [whole.get((group, of_kind), 0) for group in frame["mention_id"]]
    frame["published_at"] = pd.to_datetime(frame["published_at"], utc=True)
    return frame[list(MOST_COLUMNS)]
