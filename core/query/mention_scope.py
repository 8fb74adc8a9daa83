"""What a question about mentions is about: the filter with its way into the address and back, and the mentions that it
means, newest first, without reading more of them than are asked for.

What the filter names is looked for where it is least: a topic, a watch, a unit of few mentions is read whole and all
else held against it; where everything is common, the index is walked from the newest mention backwards, some thousands
at a time, until there are enough.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from types import GenericAlias
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Row,
    Select,
    Subquery,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased
from sqlmodel import Session

from core import authors, district, search
from core.corrections import SENTIMENT
from core.faults import BadInput
from core.labels import DEEDS, FAMILIES
from core.models import Correction, Mention, MentionMark, Platform, Sense, Source, Topic, Unit, WatchHit
from core.opinion import search_query
from core.opinion.risk import LEVELS, REACH
from core.opinion.search_query import Needed, Pair, Tree
from core.opinion.sentiment import LABELS, SURE
from core.opinion.watch import All, Among, Any_, AtLeast, Near, Not, Word
from core.query.scope import id_of
from core.query.topic_views import UNSURE
from core.search import DOC

NO_RISK, UNJUDGED = "无", "未判断"
BANDS = (*(word for _, word in LEVELS), NO_RISK)
"""Bands of the risk score, the gravest first; the last one below every line."""
FEELINGS = (*LABELS, UNSURE, UNJUDGED)
"""Sentiments as they are shown; UNSURE: its confidence is too low to be shown by itself, UNJUDGED: it has none."""
MARKS = {name: DEEDS[name] for name in ("starred", "read", "wrong", "comment", "assign")} | {"unmarked": "未处理"}
"""What people's marks can be asked for; 误报 are left out unless they are asked for."""
FEW = 10_000
"""Mentions that are read whole and sorted; of more, the newest so many are."""
STRIDE = 20_000
"""Mentions that one step of a walk looks at."""


@dataclass(frozen=True, slots=True)
class MentionFilter:
    """Dates are Shanghai days of publishing, both included; of every other field nothing means all.

    `words`: what a person typed (core.opinion.search_query); `watches`, `units` (responsible; 0: none known),
    `assigned` (given to them by a person), `topic`: ids; `platforms`: codes, `families` of labels.FAMILIES; `towns`:
    whole names, `place`: a part of the place or town; `sentiments` of FEELINGS, `risks` of BANDS, `marks` of MARKS: any
    of them; `author`: a pseudonym; `folded`: of the copies of a text one, the first in the order of sorting.
    """

    start: date
    end: date
    words: str = ""
    watches: tuple[int, ...] = ()
    platforms: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    units: tuple[int, ...] = ()
    towns: tuple[str, ...] = ()
    place: str = ""
    sentiments: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    topic: int | None = None
    marks: tuple[str, ...] = ()
    assigned: tuple[int, ...] = ()
    author: str = ""
    folded: bool = False

    def to_params(self) -> dict[str, str]:
        """The filter as parameters of an address, those that say something alone."""
        return {name: text for name, text in (
            (one.name, _written(getattr(self, one.name))) for one in fields(self)) if text}

    @classmethod
    def from_params(cls, params: Mapping[str, str], start: date, end: date) -> "MentionFilter":
        """The filter that an address says; parameters of other things are left alone. `start`, `end`: the period where
        it says none. Raises BadInput for what cannot be."""
        given = {one.name: _read(one.name, one.type, params[one.name]) for one in fields(cls) if params.get(one.name)}
        made = cls(**{"start": start, "end": end} | given)
        made.check()
        return made

    def check(self) -> None:
        """Raises BadInput for what nothing can be asked of: days that are turned round, a word that there is not, a
        search that cannot be read."""
        if self.start > self.end:
            raise BadInput(f"起始日期 {self.start} 晚于截止日期 {self.end}，请调整")
        for name, said, known in (("families", "平台类别", FAMILIES), ("sentiments", "情感", FEELINGS),
                                  ("risks", "风险等级", BANDS), ("marks", "标记", MARKS)):
            if other := [one for one in getattr(self, name) if one not in known]:
                raise BadInput(f"{said}没有“{other[0]}”这一项，请重新选择")
        search_query.read(self.words)


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value in (None, False) else "1" if value is True else str(value)


_NAMES = {"start": "起始日期", "end": "截止日期", "watches": "关注方案", "units": "责任单位", "topic": "话题",
          "assigned": "分派单位"}


def _read(name: str, kind: Any, text: str) -> Any:
    """A parameter as the value of its field."""
    try:
        if isinstance(kind, GenericAlias):
            one = _id if kind.__args__[0] is int else str
            return tuple(one(part) for part in text.split(",") if part)
        if kind is date:
            return date.fromisoformat(text)
        return text == "1" if kind is bool else text if kind is str else _id(text)
    except ValueError:
        raise BadInput(f"链接里的{_NAMES[name]}“{text[:40]}”看不懂，请重新选择") from None


def _id(text: str) -> int:
    """Raises ValueError for what can be no id."""
    if (found := id_of(text)) is None:
        raise ValueError(text)
    return found


# --- Terms ----------------------------------------------------------------------------------------------------------


class _Terms:
    """Conditions on rows of `searchdoc`, and the tables that they have to be joined with."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.sqlite = session.get_bind().dialect.name == "sqlite"
        self.tables: set[str] = set()

    def of(self, node: Tree) -> ColumnElement[bool]:
        """Whether a mention meets a tree; never missing, so that it can be turned round."""
        match node:
            case Word(text, "author"):
                return DOC.c.author.in_(_stored_as(self.session, text))
            case Word(text, where):
                return self.holds(_field(where), text)
            case Near(one, other, reach):
                if one.where and other.where and one.where != other.where:
                    return false()
                pattern = search_query.near(one.text, other.text, reach)
                where = _field(one.where or other.where)
                if not self.sqlite:
                    return where.op("~")(pattern)
                search.readable(self.session)
                return func.search_near(where, pattern) == 1
            case Pair(parts):
                return sum((case((self.of(part), 1), else_=0) for part in parts), start=literal(0)) >= 2
            case All(parts):
                return and_(true(), *map(self.of, parts))
            case Any_(parts):
                return or_(false(), *map(self.of, parts))
            case Not(part):
                return ~self.of(part)
            case Among(what, values):
                return or_(*(self._among(what, value) for value in values))
            case AtLeast(what, number):
                self.tables.add("mention")
                return func.coalesce(_figure(what) >= number, false())
        raise TypeError(node)

    def pieces(self, node: Tree) -> Needed | None:
        """The pieces of the index that mentions have which meet something else than words."""
        match node:
            case Word(text, "author"):
                return search_query.either(list(map(search.by_author, _stored_as(self.session, text))))
            case Among("platform", values):
                every = self.session.execute(select(Platform.code, Platform.name)).all()
                return _spoken_on([code for code, name in every for value in values if value in code or value in name])
        return None

    def holds(self, where: ColumnElement[str], text: str) -> ColumnElement[bool]:
        """Whether a text holds these characters."""
        return (func.instr if self.sqlite else func.strpos)(where, text) > 0

    def _among(self, what: str, value: str) -> ColumnElement[bool]:
        match what:
            case "platform":
                return DOC.c.platform.in_(select(Platform.code).where(
                    or_(self.holds(Platform.code, value), self.holds(Platform.name, value))))
            case "source":
                self.tables.add("mention")
                return Mention.source_id.in_(select(Source.id).where(self.holds(Source.name, value)))
            case "place":
                return self.at(value)
        self.tables.add("sense")
        return func.coalesce(Sense.unit_id.in_(self.units([value])), false())

    def units(self, names: Iterable[str]) -> Select[tuple[int]]:
        """The units in whose names one of these stands."""
        return select(Unit.id).where(or_(*(self.holds(Unit.name, name) for name in names)))

    def at(self, place: str) -> ColumnElement[bool]:
        """Whether it happened at a place, or in a town, of which this is a part of the name."""
        self.tables.add("sense")
        return func.coalesce(or_(self.holds(Sense.place, place), self.holds(Sense.town, place)), false())


def _spoken_on(codes: Sequence[str]) -> Needed | None:
    return search_query.either([search.on_platform(code) for code in dict.fromkeys(codes)])


def _field(where: str) -> ColumnElement[str]:
    match where:
        case "title":
            return func.substr(DOC.c.form, 1, DOC.c.head)
        case "text":
            return func.substr(DOC.c.form, DOC.c.body + 1)
    return DOC.c.form


def _stored_as(session: Session, author: str) -> list[str]:
    """What an author of that name is stored as on any platform; the name may be a pseudonym as the screen shows it."""
    codes = session.execute(select(Platform.code)).scalars()
    return [author, *(authors.hidden(author, code) for code in codes)]


def _figure(what: str) -> ColumnElement[int]:
    """One of core.opinion.watch.REACH's values, as `sift.figures_of` makes it."""
    def stored(name: str) -> ColumnElement[int]:
        return cast(Mention.figures[(name, 0)].as_string(), BigInteger)

    match what:
        case "reads":
            return func.coalesce(stored("reads"), stored("plays"))
        case "interaction":
            parts = [stored(name) for name in ("likes", "reposts", "comments")]
            return case((func.coalesce(*parts).is_not(None), sum((func.coalesce(part, 0) for part in parts),
                                                                  start=literal(0))))
        case "reprints":
            copy = aliased(Mention)
            return case((Mention.fold_id.is_not(None), select(func.count()).where(
                copy.fold_id == Mention.fold_id, copy.fold_kind == "reprint").scalar_subquery()))
    return Mention.heat


def _reach(sqlite: bool) -> ColumnElement[float]:
    """How far a mention has gone: the greatest of its known figures, each in terms of its own first step, so that one
    thousand interactions are as much as ten thousand reads; 0 where nothing is known."""
    parts = [func.coalesce(_figure(name) * (1 / steps[0]), 0.0) for name, (_, steps) in REACH.items()]
    return (func.max if sqlite else func.greatest)(*parts)


def home() -> ColumnElement[int]:
    """The mention that stands for all copies of a text, as in core.corrections."""
    return case((or_(Mention.fold_id.is_(None), Mention.fold_kind == "excerpt"), Mention.id), else_=Mention.fold_id)


def _told() -> Subquery:
    """People's words on sentiment that count: home, label."""
    place = home()
    nth = func.row_number().over(partition_by=place, order_by=Correction.id.desc()).label("nth")
    words = (select(place.label("home"), Correction.label, nth).join(Mention, Mention.id == Correction.mention_id)
             .where(Correction.what == SENTIMENT).subquery())
    return select(words.c.home, words.c.label).where(words.c.nth == 1, words.c.label != "").subquery("told")


# --- What is asked --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hits:
    """Mentions that are meant, newest first: rows of `mention_id`, `key` and what else was asked for. `more`: there
    are, or may be, older ones."""

    rows: Sequence[Row]
    more: bool


class Asked:
    """A filter as conditions on what is stored. Raises BadInput for a search that cannot be read."""

    def __init__(self, session: Session, where: MentionFilter) -> None:
        where.check()
        self.session, self.where = session, where
        tree = search_query.read(where.words)
        if tree is not None:
            tree = search_query.local(tree, district.profile(session))
        self.terms = _Terms(session)
        self.first, self.last = search.keys_of(where.start, where.end)
        self._told = _told() if session.execute(
            select(exists().where(Correction.what == SENTIMENT))).scalar() else None
        self.conditions = [self.terms.of(tree)] if tree is not None else []
        self._sets: list[Select[tuple[int]]] = [
            select(Sense.mention_id).where(Sense.unit_id.in_(self.terms.units(part.values)))
            for part in (tree.parts if isinstance(tree, All) else (tree,))
            if isinstance(part, Among) and part.what == "unit"]
        codes = self._platforms()
        self._nowhere = codes == []
        if codes is not None:
            self.conditions.append(DOC.c.platform.in_(codes))
        if where.author:
            self.conditions.append(DOC.c.author == where.author)
        self._needed = search_query.every([what for what in (
            search_query.needed(tree, self.terms.pieces) if tree is not None else None,
            _spoken_on(codes or ()), search.by_author(where.author) if where.author else None) if what is not None])
        self._found()
        self._only_words = tree if len(self.conditions) == 1 and not where.marks and not where.assigned else None
        self._marked()

    def hits(self, *more: str, enough: int = 0, strides: int = 1) -> Hits:
        """The newest FEW mentions that are meant, with columns `more`: home (stands for all copies of a text), platform
        (code), risk, unit_id, feeling, reach. After so many strides no more are looked at once there are `enough`
        (texts, where their homes are asked for)."""
        if self._nowhere:
            return Hits([], False)
        columns = [self._column(name) for name in more]
        if self._only_words is not None:
            found = self.session.connection().execute(self._by_words(columns)).all()
            return Hits(found[:FEW], len(found) > FEW)
        if self._number(search.keys(self.session, self._needed, self.first, self.last, FEW + 1)) <= FEW:
            return self._whole(columns, self._needed)
        for one in self._sets:
            if self._number(one.limit(FEW + 1)) <= FEW:
                return self._whole(columns, None, one)
        rows: list[Row] = []
        last = self.last
        while True:
            step = search.keys(self.session, self._needed, self.first, last, STRIDE).subquery()
            first, looked = self.session.execute(select(func.min(step.c.key), func.count())).one()
            if looked:
                rows += self._rows(columns, self._needed, first, last, FEW + 1 - len(rows))
            if len(rows) > FEW:
                return Hits(rows[:FEW], True)
            if looked < STRIDE:
                return Hits(rows, False)
            strides -= 1
            if strides <= 0 and len({row.home for row in rows} if "home" in more else rows) >= enough:
                return Hits(rows, True)
            last = first - 1

    def newest(self, page: int, size: int) -> tuple[list[int], int, bool] | None:
        """Ids on a page of so many of the newest FEW, how many these are, and whether there are older ones; none of
        them where there is no such page. None where more than words is asked for: `hits` tells."""
        if self._nowhere or self._only_words is None:
            return None
        found = self._by_words([]).cte("found").prefix_with("MATERIALIZED")
        number = select(func.count()).select_from(found).scalar_subquery()
        begin = (page - 1) * size
        rows = self.session.connection().execute(
            select(found.c.mention_id, number.label("number")).order_by(found.c.key.desc())
            .limit(max(min(size, FEW - begin), 0)).offset(begin)).all()
        if rows:
            return [row.mention_id for row in rows], min(rows[0].number, FEW), rows[0].number > FEW
        found = len(self.hits().rows) if begin else 0
        return [], found, found == FEW

    def gravest(self, *more: str) -> Sequence[Row]:
        """Those that are meant among the FEW mentions of the highest risk, with such columns."""
        columns = [self._column(name) for name in more]
        top = select(Sense.mention_id).order_by(Sense.risk.desc(), Sense.mention_id.desc()).limit(FEW)
        return self._rows(columns, None, self.first, self.last, None, top)

    # Parts

    def _platforms(self) -> list[str] | None:
        """The codes of the platforms that are meant; None: all."""
        where = self.where
        if not where.platforms and not where.families:
            return None
        codes = set(where.platforms)
        if where.families:
            of_families = set(self.session.execute(
                select(Platform.code).where(Platform.family.in_(where.families))).scalars())
            codes = codes & of_families if where.platforms else of_families
        return sorted(codes)

    def _found(self) -> None:
        """What was found about mentions."""
        where, need = self.where, self.terms.tables.add
        if where.watches:
            ids = select(WatchHit.mention_id).where(WatchHit.watch_id.in_(where.watches))
            self.conditions.append(exists().where(
                WatchHit.watch_id.in_(where.watches), WatchHit.mention_id == DOC.c.mention_id).correlate(DOC))
            self._sets.append(ids)
        if where.topic is not None:
            topic = self.session.execute(select(func.coalesce(Topic.alias_of, Topic.id)).where(
                Topic.id == where.topic)).scalar()
            need("mention")
            self._nowhere = self._nowhere or topic is None
            self.conditions.append(Mention.topic_id == topic)
            self._sets.append(select(Mention.id).where(Mention.topic_id == topic))
        if where.units:
            need("sense")
            known = [unit for unit in where.units if unit]
            self.conditions.append(or_(
                Sense.unit_id.in_(known), *([Sense.unit_id.is_(None)] if 0 in where.units else [])))
            if 0 not in where.units:
                self._sets.append(select(Sense.mention_id).where(Sense.unit_id.in_(known)))
        if where.towns:
            need("sense")
            self.conditions.append(Sense.town.in_(where.towns))
        if where.place.strip():
            self.conditions.append(self.terms.at(where.place.strip()))
        if where.risks:
            need("sense")
            within = _banded(where.risks)
            self.conditions.append(within)
            if NO_RISK not in where.risks:
                self._sets.append(select(Sense.mention_id).where(within))
        if where.sentiments:
            self.conditions.append(self._feeling().in_(where.sentiments))

    def _marked(self) -> None:
        """What people made of mentions."""
        where = self.where
        ways = {"starred": MentionMark.starred, "read": MentionMark.read, "wrong": MentionMark.wrong,
                "comment": MentionMark.comments > 0,
                "assign": or_(MentionMark.unit_id.is_not(None), MentionMark.assignee != "")}
        if "wrong" not in where.marks:
            self.conditions.append(~exists().where(
                MentionMark.mention_id == DOC.c.mention_id, MentionMark.wrong).correlate(DOC))
        if where.marks:
            there = or_(false(), *(ways[name] for name in where.marks if name in ways))
            self.terms.tables.add("mark")
            if "unmarked" in where.marks:
                none = and_(*(~way for way in ways.values()))
                self.conditions.append(or_(MentionMark.mention_id.is_(None), none, there))
            else:
                self.conditions.append(there)
                self._sets.append(select(MentionMark.mention_id).where(there))
        if where.assigned:
            self.terms.tables.add("mark")
            self.conditions.append(MentionMark.unit_id.in_(where.assigned))
            self._sets.append(select(MentionMark.mention_id).where(MentionMark.unit_id.in_(where.assigned)))

    def _feeling(self) -> ColumnElement[str]:
        self.terms.tables.add("sense")
        found = case(
            (func.coalesce(Sense.sentiment, "") == "", UNJUDGED), (Sense.confidence >= SURE, Sense.sentiment),
            else_=UNSURE)
        if self._told is None:
            return found
        self.terms.tables |= {"mention", "told"}
        return func.coalesce(self._told.c.label, found)

    def _column(self, name: str) -> ColumnElement:
        match name:
            case "feeling":
                return self._feeling().label(name)
            case "risk" | "unit_id":
                self.terms.tables.add("sense")
                return getattr(Sense, name).label(name)
            case "platform":
                return DOC.c.platform
        self.terms.tables.add("mention")
        return (home() if name == "home" else _reach(self.terms.sqlite)).label(name)

    def _number(self, ids: Select) -> int:
        return self.session.execute(select(func.count()).select_from(ids.subquery())).scalar_one()

    def _whole(self, columns: Sequence[ColumnElement], what: Needed | None, ids: Select | None = None) -> Hits:
        return Hits(self._rows(columns, what, self.first, self.last, None, ids), False)

    def _rows(self, columns: Sequence[ColumnElement], what: Needed | None, first: int, last: int, limit: int | None,
              ids: Select | None = None) -> Sequence[Row]:
        found, key = self._select(columns, what, first, last, ids)
        return self.session.connection().execute(found.order_by(key.desc()).limit(limit)).all()

    def _by_words(self, columns: Sequence[ColumnElement]) -> Select:
        """The newest FEW and one more of what is asked for by words alone."""
        walks = search.walks(self.session, self._only_words, self.first, self.last, FEW + 1)
        found, key = self._select(columns, None if walks else self._needed, self.first, self.last)
        if not walks and not self.terms.sqlite:
            # All are found first: PostgreSQL would rather walk past them in the order of keys.
            every = found.cte("every").prefix_with("MATERIALIZED")
            found, key = select(every), every.c.key
        return found.order_by(key.desc()).limit(FEW + 1)

    def _select(self, columns: Sequence[ColumnElement], what: Needed | None, first: int, last: int,
                ids: Select | None = None) -> tuple[Select, ColumnElement[int]]:
        within, key, condition = search.candidates(self.session, what, first, last)
        if ids is not None:
            few = select(ids.subquery().c[0]).distinct().subquery()
            name = few.c[0]
            within = few.join(within, DOC.c.mention_id == name + 0)
        return select(DOC.c.mention_id, key.label("key"), *columns).select_from(self._joined(within)).where(
            condition, *self.conditions), key

    def _joined(self, within: FromClause) -> FromClause:
        # Sums again, so that SQLite goes from the index to the mention and not the other way round.
        tables = self.terms.tables
        if "mention" in tables:
            within = within.join(Mention, Mention.id == DOC.c.mention_id + 0)
        if "sense" in tables:
            within = within.outerjoin(Sense, Sense.mention_id == DOC.c.mention_id + 0)
        if "mark" in tables:
            within = within.outerjoin(MentionMark, MentionMark.mention_id == DOC.c.mention_id + 0)
        if "told" in tables:
            within = within.outerjoin(self._told, self._told.c.home == home())
        return within


def _banded(bands: Iterable[str]) -> ColumnElement[bool]:
    """Whether the score lies in one of these bands."""
    lines = (*(least for least, _ in LEVELS), 0)
    return or_(*(and_(Sense.risk >= least, Sense.risk < above)
                 for band, least, above in zip(BANDS, lines, (101, *lines), strict=False) if band in bands))


def band(score: int | None) -> str:
    """The band of a score; empty where there is none."""
    return "" if score is None else next((word for least, word in LEVELS if score >= least), NO_RISK)
