"""检查指标 of the accounts in scope: one inspection for each, the words found in their posts, and each unit's card."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

import pandas as pd
from sqlalchemy import Select, func, select
from sqlmodel import Session

from core import db
from core.faults import BadInput
from core.labels import ACCOUNT_STATES, UNIT_KINDS
from core.ledger import deductions as local
from core.ledger import leaders
from core.ledger.judged import DECISIONS, Decision, decisions
from core.metrics import deductions
from core.metrics.cadence import STALE_DAYS
from core.metrics.compliance import OUTCOMES, VERDICTS, Facts, Inspection, inspect
from core.metrics.deductions import PASSES, Known, Record, Sheet
from core.models import Account, AccountDay, Platform, Post, Unit
from core.opinion.leaders import KIND as LEADERS
from core.opinion.leaders import Roll
from core.opinion.terms import Hit, Matcher, matcher
from core.query import totals
from core.query.deductions import posts_by_day
from core.query.scope import Filter
from core.settings import CATALOG

SHOWN = 2_000
"""Findings that are listed; the figures count all of them."""
LOOKBACK = timedelta(400)
"""How far back the days of an account that is silent through the whole period are looked at."""
SITES = ("govsite",)
"""Platforms that are no new media: websites have a checklist of their own."""
OWN_FAMILIES = ("app",)
"""Families whose platform is the unit's own and no third party's."""
EXISTING = ("normal", "suspended")
"""States in which an account is still there for people to see."""
NO_UNIT = "未归属单位"
PENDING = "待确认"
_GRAVER = {outcome: n for n, outcome in enumerate(OUTCOMES)}


@dataclass(frozen=True, slots=True)
class UnitCard:
    """One unit: its verdict (the gravest of its accounts'), how many of its accounts came to each verdict (in the order
    of VERDICTS), and its accounts as in `Compliance.accounts`, the gravest first."""

    unit: str
    kind: str
    verdict: str
    tally: dict[str, int]
    accounts: pd.DataFrame

    @property
    def words(self) -> str:
        """`共 3 个账号：不合格 1 个、合格 2 个`."""
        return f"共 {len(self.accounts)} 个账号：" + "、".join(f"{word} {n} 个" for word, n in self.tally.items())


@dataclass(frozen=True, slots=True)
class Compliance:
    """Every account in scope, inspected at the end of `last`, its period beginning with `first`.

    `accounts`, the gravest first: account_id, account, unit_id (0: none), unit, unit_kind (in words), platform (name),
    state (in words), verdict (in words), national (what vetoes alone make of it, in words), reasons, last_post, silent
    (confirmed days since), silent_most (missing where there is no bound), gap (confirmed), gap_first, gap_last, out,
    out_most, unknown (days of the period of which nothing is known), interactive (in words), registration_no, twins
    (other accounts of the unit on the platform), posts, read, confirmed, grave, wrong, doubtful, inspection; and by the
    local list, apart from the verdict: local (in words, empty without a list), score (in words), deducted, bonus,
    unjudged (names of items), why, record. Figures of updates are missing where they are not judged.
    `findings`, the gravest first: account_id, account, unit, platform, post_id, day, title, url, place (in words),
    around, wrong, right, kind, level, decision (in words), note, source; at most SHOWN of `found`. Those that a person
    decided are no errors stand last and count nowhere.
    """

    first: date
    last: date
    accounts: pd.DataFrame
    findings: pd.DataFrame
    found: int
    sheet: Sheet | None = None
    """The local list in force on `last`."""

    def tally(self) -> dict[str, int]:
        """How many accounts came to each verdict, in the order of VERDICTS; all of them named."""
        counted = Counter(self.accounts["verdict"])
        return {word: counted[word] for word in VERDICTS.values()}

    def units(self) -> list[UnitCard]:
        """A card for each unit in scope: those with a veto first, then by the number of such accounts and the name."""
        order = list(VERDICTS.values())
        cards = [_card(owned) for _, owned in self.accounts.groupby("unit_id", sort=False)]
        return sorted(cards, key=lambda card: (
            order.index(card.verdict), -card.tally.get(card.verdict, 0), card.unit == NO_UNIT, card.unit,
        ))


def _card(owned: pd.DataFrame) -> UnitCard:
    counted = Counter(owned["verdict"])
    tally = {word: counted[word] for word in VERDICTS.values() if counted[word]}
    row = owned.iloc[0]
    return UnitCard(row["unit"], row["unit_kind"], next(iter(tally)), tally, owned.reset_index(drop=True))


# --- The list of words ----------------------------------------------------------------------------------------------


def word_list(file: Path = CATALOG / "terms.csv") -> tuple[str, str]:
    """(text, digest) of the list of words as it is now. Raises BadInput (Chinese) where it can't be read."""
    try:
        body = file.read_bytes()
        return body.decode("utf-8-sig"), hashlib.sha256(body).hexdigest()[:12]
    except FileNotFoundError as error:
        raise BadInput(f"找不到词表 {file.name}，请恢复 data/catalog/{file.name}") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"词表 {file.name} 不是 UTF-8 编码，请另存为“CSV UTF-8（逗号分隔）”") from error


# --- The inspection -------------------------------------------------------------------------------------------------


def compliance(session: Session, where: Filter, words: str) -> Compliance:
    """The accounts in scope inspected; `words` is the text of the list of words. Raises BadInput for a bad list."""
    finder, roll, sheet = matcher(words), leaders.roll(session), local.in_force(session, where.end)
    ids = totals.meant(session, where)
    accounts = session.execute(
        select(Account, Platform.name.label("platform_name"), Platform.family, Unit.name.label("unit"), Unit.kind)
        .join(Platform, Platform.code == Account.platform).outerjoin(Unit, Unit.id == Account.unit_id)
        .where(Account.id.in_(ids)).order_by(Platform.sort, Account.name, Account.id)
    ).all()
    names = {row.Account.id: {"account": row.Account.name, "unit": row.unit or NO_UNIT, "platform": row.platform_name}
             for row in accounts}
    pace, looked = _pace(session, ids, where), _Looked(names, finder, roll, decisions(session))
    looked.through(session, ids, where)
    twins = _twins(session)
    marks = local.marks(session, ids, where.start, where.end) if sheet else {}
    posts = posts_by_day(session, ids, where.start, where.end) if sheet else {}
    rows = []
    for account, platform, family, unit, kind in accounts:
        mine = [name for id_, name in twins[account.unit_id, account.platform] if id_ != account.id]
        facts = Facts(
            state=account.state, opened_on=account.opened_on, closed_on=account.closed_on, **pace[account.id],
            interactive=account.interactive, registration_no=account.registration_no, has_unit=unit is not None,
            twins=tuple(mine) if unit is not None and account.state in EXISTING else (),
            own=family in OWN_FAMILIES, site=account.platform in SITES, **looked.figures(account.id),
        )
        found = inspect(facts, where.start, where.end)
        record = sheet and deductions.record(
            sheet, facts, found, Known(posts.get(account.id, {}), *looked.judged(account.id)),
            marks.get(account.id, ()), where.start, where.end)
        rows.append(_row(account, facts, found) | _scored(record) | {
            "unit_id": account.unit_id or 0, "unit": unit or NO_UNIT, "unit_kind": UNIT_KINDS.get(kind, "其他"),
            "platform": platform,
        })
    rows.sort(key=lambda row: (_GRAVER[row["inspection"].verdict], -(row["silent"] or 0)))
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    for name in ("silent", "silent_most", "gap", "out", "out_most"):
        frame[name] = totals.whole(frame[name]).values
    return Compliance(where.start, where.end, frame, looked.frame(session), looked.found, sheet)


_COLUMNS = [
    "account_id", "account", "unit_id", "unit", "unit_kind", "platform", "state", "verdict", "national", "reasons",
    "last_post", "silent", "silent_most", "gap", "gap_first", "gap_last", "out", "out_most", "unknown", "interactive",
    "registration_no", "twins", "posts", "read", "confirmed", "grave", "wrong", "doubtful", "inspection",
    "local", "score", "deducted", "bonus", "unjudged", "why", "record",
]
_INTERACTIVE = {True: "有", False: "无", None: "未核"}


def _row(account: Account, facts: Facts, found: Inspection) -> dict:
    silence, gap = found.silence, found.gap
    return {
        "account_id": account.id, "account": account.name, "state": ACCOUNT_STATES[account.state],
        "verdict": VERDICTS[found.verdict], "national": found.national, "reasons": found.reasons,
        "last_post": found.last_post,
        "silent": silence.least if silence else None, "silent_most": silence.most if silence else None,
        "gap": (gap.days if gap else 0) if found.updates else None, "gap_first": gap.first if gap else None,
        "gap_last": gap.last if gap else None, "out": found.out, "out_most": found.out_most, "unknown": found.unknown,
        "interactive": _INTERACTIVE[account.interactive], "registration_no": account.registration_no,
        "twins": len(facts.twins), "posts": facts.posts, "read": facts.read, "confirmed": facts.confirmed,
        "grave": facts.grave, "wrong": facts.wrong, "doubtful": facts.doubtful, "inspection": found,
    }


def _scored(record: Record | None) -> dict:
    """What the local list makes of an account, as columns."""
    if record is None:
        return {"local": "", "score": "—", "deducted": None, "bonus": None, "unjudged": "", "why": "", "record": None}
    judged = record.total is not None
    return {
        "local": PASSES[record.verdict], "score": record.score, "deducted": record.deducted if judged else None,
        "bonus": record.bonus if judged else None, "unjudged": "、".join(record.unjudged), "why": record.words,
        "record": record,
    }


def _twins(session: Session) -> defaultdict[tuple[int | None, str], list[tuple[int, str]]]:
    """(unit, platform) → (id, name) of its accounts that still exist, whether in scope or not."""
    found: defaultdict[tuple[int | None, str], list[tuple[int, str]]] = defaultdict(list)
    query = select(Account.unit_id, Account.platform, Account.id, Account.name).where(
        Account.unit_id.is_not(None), Account.state.in_(EXISTING)
    ).order_by(Account.name, Account.id)
    for unit_id, platform, id_, name in session.execute(query):
        found[unit_id, platform].append((id_, name))
    return found


# --- When they published --------------------------------------------------------------------------------------------


def _pace(session: Session, ids: Select, where: Filter) -> dict[int, dict]:
    """What `Facts` needs of each account's days: active, known, since, before."""
    since = where.start - timedelta(STALE_DAYS + 1)
    active = _by_account(session, select(AccountDay.account_id, AccountDay.day).where(
        AccountDay.account_id.in_(ids), totals.within("latest", since, where.end), AccountDay.posts > 0
    ))
    known = _by_account(session, totals.known_days(ids, since, where.end))
    before = dict(session.execute(
        select(AccountDay.account_id, func.max(AccountDay.day)).where(
            AccountDay.account_id.in_(ids), AccountDay.basis == "latest", AccountDay.day < since, AccountDay.posts > 0
        ).group_by(AccountDay.account_id)
    ).all())
    # Of accounts silent all through, what is known is followed back to their last post.
    silent = [id_ for id_ in before if id_ not in active]
    reach = {id_: max(before[id_] + timedelta(1), since - LOOKBACK) for id_ in silent}
    earlier: dict[int, set[date]] = {}
    if silent:
        still = select(Account.id).where(Account.id.in_(ids), Account.id.in_(silent))
        earlier = _by_account(session, totals.known_days(still, min(reach.values()), since - timedelta(1)))
    return {
        id_: {
            "active": frozenset(active.get(id_, ())),
            "known": frozenset(known.get(id_, set()) | earlier.get(id_, set())),
            "since": reach.get(id_, since), "before": before.get(id_),
        }
        for id_ in session.execute(ids).scalars()
    }


def _by_account(session: Session, query: Select) -> dict[int, set[date]]:
    found: dict[int, set[date]] = {}
    for account_id, day in session.execute(query):
        found.setdefault(account_id, set()).add(day)
    return found


# --- What they wrote ------------------------------------------------------------------------------------------------


class _Post(NamedTuple):
    """A post without its words; `title` and `text`: whether there are any."""

    account_id: int
    id: int
    external_id: str
    day: date
    title: bool
    text: bool

    @property
    def state(self) -> tuple[str, date, bool, bool]:
        """What tells whether it was looked through as it is now."""
        return self.external_id, self.day, bool(self.title), bool(self.text)


class _Seen(NamedTuple):
    """What was found in one post as it was then: (part in words, hit) in their order."""

    of: tuple[str, date, bool, bool]
    hits: tuple[tuple[str, Hit], ...]


_MEMORY: WeakKeyDictionary[Matcher | Roll, dict[tuple[str, int], _Seen]] = WeakKeyDictionary()
"""What each matcher found, by database and post: title and text of a post are filled in once and never change, so that
nobody waits for the same texts to be read again whenever something new has come in. Another list of words or of leaders
is another matcher: the posts of the periods that are looked at are then looked through anew."""
_REMEMBERED = 300_000
"""Posts that are remembered at most."""


class _Looked:
    """The posts looked through: figures of each account, and the findings."""

    def __init__(
        self, names: dict[int, dict[str, str]], finder: Matcher, roll: Roll,
        decided: dict[tuple[int, str, str], Decision],
    ):
        self.names, self.decided = names, decided
        self.finders: dict[Matcher | Roll, Callable[[str, date], list[Hit]]] = {
            finder: lambda text, _: finder.find(text), roll: roll.find}
        self.counts: defaultdict[int, Counter] = defaultdict(Counter)
        self.distinct: defaultdict[int, set[tuple[int, str, bool, Decision | None]]] = defaultdict(set)
        self.rows: list[dict] = []

    @property
    def found(self) -> int:
        return sum(row["decision"] != DECISIONS["fine"] for row in self.rows)

    def through(self, session: Session, ids: Select, where: Filter) -> None:
        """Look through the period's posts that people can still see; one taken back meanwhile is passed over."""
        posts = [_Post(*row) for row in session.execute(
            select(Post.account_id, Post.id, Post.external_id, Post.day, Post.title != "", Post.text != "")
            .where(Post.account_id.in_(ids), Post.day.between(where.start, where.end), Post.gone_at.is_(None))
            .order_by(Post.account_id, Post.day.desc(), Post.id)
        )]
        place, seen = str(session.get_bind().engine.url), {}
        memories = {key: _MEMORY.setdefault(key, {}) for key in self.finders}
        for post in posts:
            known = [memory.get((place, post.id)) for memory in memories.values()]
            if all(one is not None and one.of == post.state for one in known):
                seen[post.id] = [hit for one in known for hit in one.hits]
        for post, found in self._read(session, [post for post in posts if post.id not in seen], memories, place):
            seen[post.id] = found
        for post in posts:
            if (hits := seen.get(post.id)) is None:
                continue
            counts = self.counts[post.account_id]
            counts["posts"] += 1
            counts["read"] += bool(post.title or post.text)
            for part, hit in hits:
                self._take(post, part, hit)

    def _read(
        self, session: Session, posts: Sequence[_Post], memories: dict[Matcher | Roll, dict], place: str
    ) -> Iterator[tuple[_Post, list[tuple[str, Hit]]]]:
        """(post, what is found in it), looked through by those that don't remember it; a title that its text repeats
        is looked at once."""
        for memory in memories.values():
            if len(memory) + len(posts) > _REMEMBERED:
                memory.clear()
        by_id = {post.id: post for post in posts}
        for part in db.chunks(list(by_id)):
            query = select(Post.id, Post.title, Post.text).where(Post.id.in_(part))
            for post_id, title, text in session.execute(query):
                post, found = by_id[post_id], []
                parts = [("正文", text)] if title and text.startswith(title) else [("标题", title), ("正文", text)]
                for key, memory in memories.items():
                    known = memory.get((place, post_id))
                    if known is None or known.of != post.state:
                        find = self.finders[key]
                        hits = tuple((word, hit) for word, written in parts for hit in find(written, post.day))
                        known = memory[place, post_id] = _Seen(post.state, hits)
                    found += known.hits
                yield post, found

    def _take(self, post: _Post, part: str, hit: Hit) -> None:
        decision = self.decided.get((post.account_id, post.external_id, hit.term.wrong))
        if decision != "fine":
            self.counts[post.account_id][hit.term.level, decision] += 1
            self.distinct[post.account_id].add((post.id, hit.term.wrong, hit.term.kind == LEADERS, decision))
        self.rows.append({
            "account_id": post.account_id, **self.names[post.account_id], "post_id": post.id, "day": post.day,
            "place": f"{part}第 {hit.start + 1} 字", "around": hit.around, "wrong": hit.term.wrong,
            "right": hit.term.right or "（不使用）", "kind": hit.term.kind, "level": hit.term.level,
            "decision": DECISIONS[decision] if decision else PENDING, "note": hit.term.note,
            "source": hit.term.source,
        })

    def judged(self, account_id: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """(confirmed, waiting for a person) of the list of words, and of the leaders' list; a word that a post has
        twice counts once."""
        found = Counter((leader, decision) for _, _, leader, decision in self.distinct[account_id])
        return (found[False, "error"], found[False, None]), (found[True, "error"], found[True, None])

    def figures(self, account_id: int) -> dict[str, int]:
        """What `Facts` needs of an account's texts."""
        counts = self.counts[account_id]
        return {
            "posts": counts["posts"], "read": counts["read"], "confirmed": counts["严重", "error"],
            "grave": counts["严重", None], "doubtful": counts["提示", None],
            "wrong": counts["一般", None] + counts["一般", "error"] + counts["提示", "error"],
        }

    def frame(self, session: Session) -> pd.DataFrame:
        """The findings with title and address of their posts."""
        levels, fine = ("严重", "一般", "提示"), DECISIONS["fine"]
        rows = sorted(self.rows, key=lambda row: (row["decision"] == fine, levels.index(row["level"])))[:SHOWN]
        heads = {
            post_id: {"title": title, "url": url}
            for part in db.chunks(sorted({row["post_id"] for row in rows}))
            for post_id, title, url in session.execute(
                select(Post.id, Post.title, Post.url).where(Post.id.in_(part)))
        }
        return pd.DataFrame([row | heads.get(row["post_id"], {}) for row in rows], columns=[
            "account_id", "account", "unit", "platform", "post_id", "day", "title", "url", "place", "around", "wrong",
            "right", "kind", "level", "decision", "note", "source",
        ])
