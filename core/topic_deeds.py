"""What people do with topics: name, pin and hide them, merge and split them, and take each of it back.

What was decided holds. A name by hand stands above what the topic calls itself (`own_title`). Topics that were split,
or taken apart again, are held apart (`topicapart`); what people put together is not split by itself (`whole`); what is
hidden and what is shown are not merged. The clusterer is told of all three (core.opinion.topics.Ruled). Topics that are
over can be changed, too.

Every deed is a row of history (`topicchange`) that is never changed, with what taking it back needs; taking back is a
row that names the other (`undoes`). The turn is taken first, so that the scheduler drops what it worked out meanwhile.
States are not made here, since that reads texts: topics whose mentions moved are `unread`, and the scheduler makes
their states anew within seconds. A text and its copies move together. Callers commit.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Session

from core import audit, db, labels, turn
from core.db import chunks, upsert
from core.faults import BadInput
from core.incidents import topics as files
from core.models import Mention, Topic, TopicApart, TopicChange, TopicGroup, TopicView
from core.opinion.text import display_title
from core.records import one_line
from core.topic_rows import groups_of, move, recount, total, total_groups

TITLE, WHY = 60, 200
"""Characters at most of a name, and of a reason."""
MOST = 20
"""Topics that are merged at once."""
_QUIET = {"synchronize_session": False}


# --- Names, pins, hiding ----------------------------------------------------------------------------------------------


def rename(session: Session, id_: int, title: str, *, who: str, now: datetime, undoes: int | None = None) -> Topic:
    """Give a topic a name that stands from then on; an empty one gives back what it calls itself. Raises BadInput for a
    name that is too long or that it has already."""
    (topic,) = _begin(session, [id_])
    title, before = _line("话题名称", title, TITLE), topic.title
    if not title and topic.own_title is None:
        raise BadInput("这个话题用的就是自动名称，无需恢复，请刷新页面")
    if title and title == before and topic.own_title is not None:
        raise BadInput(f"这个话题已叫“{title}”，请填写另一个名称")
    if title:
        topic.own_title = before if topic.own_title is None else topic.own_title
        topic.title = title
    else:
        topic.title, topic.own_title = topic.own_title, None
    _keep(session, topic, "named" if title else "unnamed", who, now, before=before, after=topic.title, undoes=undoes)
    if topic.group_id is not None:
        total_groups(session, [topic.group_id])
    return _done(session, topic, who, "话题改名" if title else "话题恢复自动名称", now, f"{before} → {topic.title}")


def pin(session: Session, id_: int, on: bool = True, *, who: str, now: datetime, undoes: int | None = None) -> Topic:
    """Let a topic stand first in the list of every period in which it has something, or no longer. Raises BadInput
    where it does already, or is hidden."""
    (topic,) = _begin(session, [id_])
    if (topic.pinned_at is not None) == on:
        raise BadInput("这个话题已经置顶，请刷新页面" if on else "这个话题没有置顶，请刷新页面")
    if on and topic.hidden_at is not None:
        raise BadInput("这个话题已隐藏，请先取消隐藏，再置顶")
    topic.pinned_at = now if on else None
    kind = "pinned" if on else "unpinned"
    _keep(session, topic, kind, who, now, undoes=undoes)
    return _done(session, topic, who, f"话题{labels.TOPIC_CHANGES[kind]}", now)


def hide(session: Session, id_: int, why: str, *, who: str, now: datetime, undoes: int | None = None) -> Topic:
    """Leave a topic out of lists, of the counts of hot topics and of reports. Its mentions are counted and warned of as
    before. A pinned one is pinned no longer. Raises BadInput without a reason, or where it is hidden already."""
    (topic,) = _begin(session, [id_])
    why = _line("隐藏理由", why, WHY)
    if not why:
        raise BadInput("隐藏理由还没有填写，请写明为什么隐藏")
    if topic.hidden_at is not None:
        raise BadInput("这个话题已经隐藏，请刷新页面")
    if topic.pinned_at is not None:
        pin(session, id_, False, who=who, now=now)
    topic.hidden_at, topic.hidden_why = now, why
    _keep(session, topic, "hidden", who, now, why=why, undoes=undoes)
    return _done(session, topic, who, "话题隐藏", now, why)


def show(session: Session, id_: int, *, who: str, now: datetime, undoes: int | None = None) -> Topic:
    """Let a hidden topic be listed and counted again. Raises BadInput where it isn't hidden."""
    (topic,) = _begin(session, [id_])
    if topic.hidden_at is None:
        raise BadInput("这个话题没有隐藏，请刷新页面")
    before, topic.hidden_at, topic.hidden_why = topic.hidden_why, None, ""
    _keep(session, topic, "shown", who, now, before=before, undoes=undoes)
    return _done(session, topic, who, "话题取消隐藏", now)


# --- Merging and splitting --------------------------------------------------------------------------------------------


def merge(
    session: Session, ids: Iterable[int], into: int | None = None, title: str = "", why: str = "", *, who: str,
    now: datetime,
) -> Topic:
    """Make several topics one, which is returned: the one of that id, else the oldest. The others become aliases of it.
    `title`: its name from now on; else it keeps its own, or one given to another by hand. What it has of its own (pin,
    hidden or not) stands. Raises BadInput for fewer than two, too many, or real ones together with those of the sample
    district."""
    asked = sorted({*ids, *([] if into is None else [into])})
    if len(asked) < 2:
        raise BadInput("请至少选择两个话题再合并")
    if len(asked) > MOST:
        raise BadInput(f"一次最多合并 {MOST} 个话题，请分几次合并")
    topics = _begin(session, asked)
    if len({topic.demo for topic in topics}) > 1:
        raise BadInput("演示数据的话题不能与真实话题合并，请分别选择")
    title, why = _line("话题名称", title, TITLE), _line("理由", why, WHY)
    old = next((topic for topic in topics if topic.id == into), topics[0])
    others = [topic for topic in topics if topic is not old]
    left = groups_of(session, asked)
    for young in others:
        _take_in(session, old, young, why, who, now)
    _moved(session, [old.id], [one.id for one in others], left, now)
    if title and title != old.title:
        rename(session, old.id, title, who=who, now=now)
    names = "、".join(f"{one.title}（{one.id}）" for one in others)
    return _done(session, old, who, "合并话题", now, f"并入：{names}{'；' if why else ''}{why}")


def split(
    session: Session, id_: int, mention_ids: Iterable[int], title: str = "", into: int | None = None, why: str = "", *,
    follow: bool = False, who: str, now: datetime,
) -> Topic:
    """Take some of a topic's texts out of it, with all their copies: as a topic of their own (of that `title`, else
    named by itself), or into the topic of the id `into`. Returns the topic that they are in from now on, which is held
    apart from this one. `follow`: incidents that follow the topic follow a new one, too. Raises BadInput where none or
    all of the topic is chosen."""
    asked = [id_] if into is None else [id_, into]
    if into == id_:
        raise BadInput("所选信息已在这个话题里，请选择另一个话题")
    found = {topic.id: topic for topic in _begin(session, asked)}
    topic, target = found[id_], found.get(into)
    if target is not None and target.demo != topic.demo:
        raise BadInput("演示数据与真实信息不能放在一个话题里，请另选话题")
    title, why = _line("话题名称", title, TITLE), _line("理由", why, WHY)
    ids = _texts(session, topic, mention_ids)
    left = groups_of(session, asked)
    active = topic.active or (target is not None and target.active)
    record: dict[str, Any] = {"mentions": ids}
    kind = "split" if target is None else "moved"
    if target is None:
        target = _new(session, topic, ids, title)
    else:
        record["whole"], target.active = target.whole, active
    target.whole = True
    _put(session, ids, target.id)
    _hold_apart(session, topic.id, target.id, who, now)
    _moved(session, [topic.id, target.id], [], left, now)
    _keep(session, topic, kind, who, now, other=target.id, before=topic.title, after=target.title, mentions=len(ids),
          why=why, record=record)
    if kind == "split":
        files.parted(session, topic, target, follow, who=who, now=now)
    where = f"{'分出' if kind == 'split' else '移入'}“{target.title}”（{target.id}），{len(ids)} 条"
    return _done(session, topic, who, "拆分话题", now, f"{where}{'；' if why else ''}{why}", given=target)


# --- Taking back ------------------------------------------------------------------------------------------------------


def undoable(session: Session, rows: Sequence[TopicChange]) -> set[int]:
    """Which rows of history can be taken back: people's deeds that were not taken back yet and are none of that
    themselves; of names, pins and hiding the last one of a topic."""
    hand = [row for row in rows if row.who and row.undoes is None and row.kind in _BACK]
    ids = [row.id for row in hand]
    back = set(session.execute(select(TopicChange.undoes).where(TopicChange.undoes.in_(ids))).scalars())
    out = set()
    for row in hand:
        same = _SAME.get(row.kind)
        last = None if same is None else session.execute(select(func.max(TopicChange.id)).where(
            TopicChange.topic_id == row.topic_id, TopicChange.kind.in_(same))).scalar()
        if row.id not in back and last in (None, row.id):
            out.add(row.id)
    return out


def undo(session: Session, change_id: int, *, who: str, now: datetime) -> str:
    """Take a person's deed back; returns what was done in a sentence. Raises BadInput where that was done already, or
    cannot be done any more."""
    turn.move_on(session)
    row = session.get(TopicChange, change_id, populate_existing=True)
    if row is None:
        raise BadInput("这条记录已不存在，请刷新页面")
    if row.id not in undoable(session, [row]):
        raise BadInput("这一步已经撤销，或之后又有改动，不能再撤销，请刷新页面")
    return _BACK[row.kind](session, row, who, now)


def _undo_name(session: Session, row: TopicChange, who: str, now: datetime) -> str:
    last = session.execute(
        select(TopicChange).where(TopicChange.topic_id == row.topic_id, TopicChange.id < row.id,
                                  TopicChange.kind.in_(_SAME["named"])).order_by(TopicChange.id.desc()).limit(1)
    ).scalar()
    given = row.before if row.kind == "unnamed" or (last is not None and last.kind == "named") else ""
    topic = rename(session, _living(session, row.topic_id).id, given, who=who, now=now, undoes=row.id)
    return f"已撤销改名，恢复为“{topic.title}”。"


def _undo_pin(session: Session, row: TopicChange, who: str, now: datetime) -> str:
    topic = pin(session, _living(session, row.topic_id).id, row.kind == "unpinned", who=who, now=now, undoes=row.id)
    return f"话题“{topic.title}”已{'重新' if row.kind == 'unpinned' else '取消'}置顶。"


def _undo_hiding(session: Session, row: TopicChange, who: str, now: datetime) -> str:
    living = _living(session, row.topic_id).id
    if row.kind == "hidden":
        return f"话题“{show(session, living, who=who, now=now, undoes=row.id).title}”已取消隐藏。"
    return f"话题“{hide(session, living, row.before, who=who, now=now, undoes=row.id).title}”已重新隐藏。"


def _undo_merge(session: Session, row: TopicChange, who: str, now: datetime) -> str:
    young = session.get(Topic, row.other_id, populate_existing=True)
    living = _living(session, row.topic_id)
    if young.alias_of != living.id:
        raise BadInput(f"话题“{young.title}”已不在“{living.title}”里，不能撤销合并")
    ids = _still_in(session, row.record["mentions"], living.id)
    if not ids:
        raise BadInput(f"当时并入的信息都已不在“{living.title}”里，不能撤销合并")
    if len(ids) == living.mentions:
        raise BadInput(f"“{living.title}”里只有当时并入的信息，不能撤销合并，可以改名")
    left = groups_of(session, [living.id])
    young.alias_of, young.active = None, living.active
    session.flush()
    session.execute(update(Topic).where(Topic.id.in_(row.record["aliases"]), Topic.alias_of == living.id)
                    .values(alias_of=young.id).execution_options(**_QUIET))
    _put(session, ids, young.id)
    _take_back(session, row, living, young)
    _hold_apart(session, living.id, young.id, who, now)
    _moved(session, [living.id, young.id], [], left, now)
    _stand_again(session, ((young, row.record["young"]), (living, row.record["old"])))
    files.came_back(session, young, living, row.record["followers"]["young"], row.record["followers"]["old"], row.at,
                    who=who, now=now)
    words = f"已撤销合并，“{young.title}”恢复为单独的话题，带回 {len(ids)} 条。"
    return _taken_back(session, row, living, len(ids), words, who, now)


def _undo_split(session: Session, row: TopicChange, who: str, now: datetime) -> str:
    living, other = _living(session, row.topic_id), _living(session, row.other_id)
    if living.id == other.id:
        raise BadInput("两个话题已经合并，无需再撤销")
    left = groups_of(session, [living.id, other.id])
    ids = list(session.execute(select(Mention.id).where(Mention.topic_id == other.id)).scalars()) \
        if row.kind == "split" and other.id == row.other_id else _still_in(session, row.record["mentions"], other.id)
    if not ids:
        raise BadInput(f"当时移出的信息都已不在“{other.title}”里，不能撤销")
    living.active = living.active or other.active
    _join(session, living.id, other.id)
    if len(ids) == other.mentions:
        _take_in(session, living, other, "", who, now, kept=False)
        _moved(session, [living.id], [other.id], left, now)
    else:
        _put(session, ids, living.id)
        other.whole = row.record.get("whole", False) or _put_together(session, other.id, row.id)
        _moved(session, [living.id, other.id], [], left, now)
    return _taken_back(session, row, living, len(ids), f"已撤销拆分，{len(ids)} 条信息回到“{living.title}”。", who, now)


_BACK = {
    "named": _undo_name, "unnamed": _undo_name, "pinned": _undo_pin, "unpinned": _undo_pin, "hidden": _undo_hiding,
    "shown": _undo_hiding, "merged": _undo_merge, "split": _undo_split, "moved": _undo_split,
}
_SAME = {kind: pair for pair in (("named", "unnamed"), ("pinned", "unpinned"), ("hidden", "shown")) for kind in pair}


# --- Topics and their rows --------------------------------------------------------------------------------------------


def _begin(session: Session, ids: Sequence[int]) -> list[Topic]:
    """Take the turn, and read topics as they stand now, the oldest first."""
    turn.move_on(session)
    session.flush()
    topics = [session.get(Topic, id_, populate_existing=True) for id_ in sorted(ids)]
    for topic in topics:
        if topic is None:
            raise BadInput("所选话题已不存在，请刷新页面重选")
        if topic.alias_of is not None:
            raise BadInput(f"话题“{topic.title}”已并入“{_living(session, topic.id).title}”，请刷新页面重选")
    return topics


def _living(session: Session, id_: int) -> Topic:
    """The topic, or the one that it was merged into."""
    topic = session.get(Topic, id_, populate_existing=True)
    while topic is not None and topic.alias_of is not None:
        topic = session.get(Topic, topic.alias_of, populate_existing=True)
    if topic is None:
        raise BadInput("这个话题已不存在，请刷新页面")
    return topic


def _line(name: str, text: str, longest: int) -> str:
    text = one_line(text)
    if len(text) > longest:
        raise BadInput(f"{name}有 {len(text)} 个字，请缩短到 {longest} 个字以内")
    return text


def _keep(
    session: Session, topic: Topic, kind: str, who: str, now: datetime, *, other: int | None = None, before: str = "",
    after: str = "", mentions: int = 0, why: str = "", record: dict[str, Any] | None = None, undoes: int | None = None,
) -> None:
    session.add(topic)
    session.add(TopicChange(topic_id=topic.id, at=now, kind=kind, other_id=other, before=before, after=after,
                            mentions=mentions, why=why, who=who, record=record or {}, undoes=undoes))
    session.flush()


def _done(
    session: Session, topic: Topic, who: str, deed: str, now: datetime, detail: str = "", given: Topic | None = None,
) -> Topic:
    audit.note(session, who, deed, f"{topic.title}（{topic.id}）", detail)
    db.bump(session, now)
    return given or topic


def _take_in(
    session: Session, old: Topic, young: Topic, why: str, who: str, now: datetime, *, kept: bool = True,
) -> None:
    """Merge a topic into another; `kept`: as a deed of its own that can be taken back, else the other stays as it is
    but for the mentions."""
    ids = list(session.execute(select(Mention.id).where(Mention.topic_id == young.id).order_by(Mention.id)).scalars())
    record = {
        "mentions": ids, "whole": old.whole, "young": _stood(young), "old": _stood(old),
        "aliases": list(session.execute(select(Topic.id).where(Topic.alias_of == young.id)).scalars()),
        "named": old.own_title is None and young.own_title is not None,
        "pinned": old.pinned_at is None and young.pinned_at is not None,
        "followers": {"young": files.followers(session, young.id), "old": files.followers(session, old.id)},
    }
    before, active = (young.title, old.title), old.active or young.active
    group = old.group_id if old.group_id is not None else young.group_id
    own = old.title, old.own_title, old.pinned_at, old.whole
    session.flush()
    move(session, young.id, old.id)
    for topic in (old, young):
        session.refresh(topic)
    old.active, old.group_id = active, group
    if old.hidden_at is not None:
        old.pinned_at = None
    if not kept:
        old.title, old.own_title, old.pinned_at, old.whole = own
    else:
        old.whole = True
        _join(session, old.id, young.id)
        _keep(session, old, "merged", who, now, other=young.id, before=before[0], after=before[1], mentions=len(ids),
              why=why, record=record)


def _stood(topic: Topic) -> dict[str, Any]:
    """How a topic stood before a merge: whether it was over, since when, and its subject."""
    return {"over": not topic.active, "last": topic.last_at.isoformat(), "group": topic.group_id}


def _stand_again(session: Session, topics: Iterable[tuple[Topic, dict[str, Any]]]) -> None:
    """Let topics that were over before a merge be over again, where nothing newer came to them, in their subjects."""
    back = [(topic, stood) for topic, stood in topics
            if stood["over"] and topic.last_at <= datetime.fromisoformat(stood["last"])]
    for topic, stood in back:
        topic.active, topic.state, topic.unread, topic.group_id = False, None, False, _group(session, stood["group"])
        session.add(topic)
    session.flush()
    total_groups(session, {topic.group_id for topic, _ in back if topic.group_id is not None})


def _take_back(session: Session, row: TopicChange, living: Topic, young: Topic) -> None:
    """Take from a topic what a merge gave it: the other's name, its pin, and that it is one."""
    if row.record["named"] and living.own_title is not None and living.title == young.title:
        living.title, living.own_title = living.own_title, None
    if row.record["pinned"] and living.pinned_at == young.pinned_at:
        living.pinned_at = None
    living.whole = row.record["whole"] or _put_together(session, living.id, row.id)
    session.add_all([living, young])
    session.flush()


def _put_together(session: Session, id_: int, but: int) -> bool:
    """Whether people put something together in a topic, other than by that deed, and did not take it back."""
    back = aliased(TopicChange)
    return session.execute(select(exists().where(
        TopicChange.who != "", TopicChange.undoes.is_(None), TopicChange.id != but,
        or_((TopicChange.kind == "merged") & (TopicChange.topic_id == id_),
            TopicChange.kind.in_(("split", "moved")) & (TopicChange.other_id == id_)),
        ~exists().where(back.undoes == TopicChange.id)))).scalar()


def _taken_back(
    session: Session, row: TopicChange, topic: Topic, mentions: int, words: str, who: str, now: datetime,
) -> str:
    """The end of taking a merge or a split back."""
    session.add(TopicChange(topic_id=row.topic_id, at=now, kind=row.kind, other_id=row.other_id, before=row.before,
                            after=row.after, mentions=mentions, who=who, undoes=row.id))
    session.flush()
    _done(session, topic, who, "撤销合并话题" if row.kind == "merged" else "撤销拆分话题", now, words)
    return words


def _texts(session: Session, topic: Topic, mention_ids: Iterable[int]) -> list[int]:
    """All copies in the topic of the texts that were chosen."""
    asked = sorted(set(mention_ids))
    if not asked:
        raise BadInput("还没有选择信息，请先在列表中勾选")
    folds: set[int] = set()
    for part in chunks(asked):
        folds |= set(session.execute(select(Mention.fold_id).where(
            Mention.id.in_(part), Mention.topic_id == topic.id, Mention.fold_id.is_not(None))).scalars())
    ids: list[int] = []
    for part in chunks(sorted(folds)):
        ids += session.execute(select(Mention.id).where(
            Mention.fold_id.in_(part), Mention.topic_id == topic.id)).scalars().all()
    if not set(asked) <= set(ids):
        raise BadInput("所选信息中有的已不在这个话题里，请刷新页面重选")
    if len(ids) >= topic.mentions:
        raise BadInput("所选信息连同转载是这个话题的全部，请少选一些，或改用合并、改名")
    return sorted(ids)


def _new(session: Session, topic: Topic, ids: Sequence[int], title: str) -> Topic:
    """A topic for what is taken out of another; named after the text with the most copies until it is read."""
    copies = (
        select(Mention.fold_id, func.count().label("copies")).where(Mention.id.in_(ids[:900]))
        .group_by(Mention.fold_id).order_by(func.count().desc(), Mention.fold_id).limit(1).subquery()
    )
    own = display_title(session.execute(
        select(Mention.title).join(copies, copies.c.fold_id == Mention.id)).scalar() or "") or "未命名话题"
    # Ids are allotted by whoever has the turn, and not by the database.
    id_ = session.execute(select(func.max(Topic.id))).scalar_one() + 1
    made = Topic(id=id_, title=title or own, own_title=own if title else None, first_at=topic.first_at,
                 last_at=topic.last_at, active=topic.active, demo=topic.demo)
    session.add(made)
    session.flush()
    return made


def _put(session: Session, ids: Sequence[int], topic_id: int) -> None:
    for part in chunks(ids):
        session.execute(update(Mention).where(Mention.id.in_(part)).values(topic_id=topic_id)
                        .execution_options(**_QUIET))


def _still_in(session: Session, ids: Sequence[int], topic_id: int) -> list[int]:
    """Those of the mentions that are in a topic, with the other copies of their texts there."""
    folds: set[int] = set()
    for part in chunks(ids):
        folds |= set(session.execute(select(Mention.fold_id).where(
            Mention.id.in_(part), Mention.topic_id == topic_id)).scalars())
    out: list[int] = []
    for part in chunks(sorted(folds)):
        out += session.execute(select(Mention.id).where(
            Mention.fold_id.in_(part), Mention.topic_id == topic_id)).scalars().all()
    return sorted(out)


def _group(session: Session, id_: int | None) -> int | None:
    """A subject that still is one."""
    group = None if id_ is None else session.get(TopicGroup, id_)
    return None if group is None else group.alias_of or group.id


def _hold_apart(session: Session, one: int, other: int, who: str, now: datetime) -> None:
    upsert(session, TopicApart, [{"topic_id": min(one, other), "other_id": max(one, other), "at": now, "who": who}],
           ["topic_id", "other_id"])


def _join(session: Session, one: int, other: int) -> None:
    """Two topics are one now, whatever was decided before."""
    session.execute(delete(TopicApart).where(
        TopicApart.topic_id == min(one, other), TopicApart.other_id == max(one, other)))


def _moved(session: Session, topics: Sequence[int], gone: Sequence[int], left: set[int], now: datetime) -> None:
    """Everything that follows from mentions having moved: day counts, spans and totals of topics (`gone`: that are
    aliases now) and of the groups that they are or were in (`left`); states and viewpoints are to be made anew."""
    session.flush()
    recount(session, [*topics, *gone])
    for id_ in topics:
        first, last = session.execute(
            select(func.min(Mention.published_at), func.max(Mention.published_at)).where(Mention.topic_id == id_)).one()
        topic = session.get(Topic, id_)
        topic.first_at, topic.last_at, topic.unread = first, last, topic.active
        session.add(topic)
    session.flush()
    total(session, topics)
    total_groups(session, left)
    for id_ in [*topics, *gone]:
        session.refresh(session.get(Topic, id_))
    few = [*gone, *(id_ for id_ in topics if session.get(Topic, id_).mentions < labels.VIEWED_FROM)]
    session.execute(delete(TopicView).where(TopicView.topic_id.in_(few)))
    session.execute(update(TopicView).where(TopicView.topic_id.in_(topics)).values(mentions=0)
                    .execution_options(**_QUIET))
