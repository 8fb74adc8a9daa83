"""Understanding what came in: reprints, topics and day counts agree with the mentions, whatever interrupts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import delete, func, select, update

from core import clock, db, topic_store, turn
from core.models import (
    Mention,
    MentionDay,
    Remembered,
    Source,
    Topic,
    TopicChange,
    TopicDay,
    TopicGroup,
    Unsifted,
)
from core.opinion.features import load_background
from core.opinion.topic_state import Topic as State
from core.settings import CATALOG
from core.understand import Reader, understand
from tests.opinion.test_topics import EVENT, TITLES

NOW = datetime(2025, 10, 22, tzinfo=UTC)
MONDAY = datetime(2025, 10, 20, 1, tzinfo=UTC)
ARTICLE = (
    "区水务局通知，因东街主管道检修，明日八时至二十时沿线居民小区停水，请提前储水。恢复供水初期水质可能发黄，"
    "放水数分钟后即可正常使用。"
)


@pytest.fixture(scope="module")
def plain_reader():
    return Reader(load_background(CATALOG / "text_background.npz"), None)


@pytest.fixture
def sources(session):
    made = [Source(key=f"s{n}", name=name, collector="hotlist", platform=code, demo=demo)
            for n, (name, code, demo) in enumerate((("微博热搜", "weibo_hot", False), ("百度热搜", "baidu", False),
                                                    ("演示热榜", "weibo_hot", True)))]
    session.add_all(made)
    session.commit()
    return [source.id for source in made]


def say(session, source, titles, at=MONDAY, text="", step=timedelta(minutes=1)):
    platform = session.get(Source, source).platform
    last = session.execute(select(func.max(Mention.id))).scalar() or 0
    made = []
    for n, title in enumerate(titles):
        when = at + n * step
        made.append(Mention(source_id=source, external_id=f"{last}-{n}", platform=platform, title=title, text=text,
                            published_at=when, day=clock.day_of(when), first_seen_at=when, last_seen_at=when))
    session.add_all(made)
    session.commit()
    return [mention.id for mention in made]


def consistent(session):
    """Every derived count is what counting the mentions gives; every mention has a living topic."""
    session.expire_all()
    mentions = session.execute(select(Mention).where(Mention.understood_at.is_not(None))).scalars().all()
    topics = {t.id: t for t in session.execute(select(Topic)).scalars()}
    day, topic_day = {}, {}
    for m in mentions:
        assert topics[m.topic_id].alias_of is None
        first = int(m.fold_id == m.id)
        for counts, key in ((day, (m.day, m.platform)), (topic_day, (m.topic_id, m.day, m.platform))):
            seen = counts.get(key, (0, 0))
            counts[key] = (seen[0] + 1, seen[1] + first)
    assert {(r.day, r.platform): (r.mentions, r.folded) for r in session.execute(select(MentionDay)).scalars()} == day
    assert {(r.topic_id, r.day, r.platform): (r.mentions, r.folded)
            for r in session.execute(select(TopicDay)).scalars()} == topic_day
    for topic in topics.values():
        mine = [m for m in mentions if m.topic_id == topic.id]
        assert topic.mentions == len(mine) and topic.folded == sum(m.fold_id == m.id for m in mine)
        assert topic.platforms == len({m.platform for m in mine})
        if mine:
            times = [m.published_at for m in mine]
            assert (topic.first_at, topic.last_at) == (min(times), max(times))
        assert (topic.state is not None) == topic.active
    for group in session.execute(select(TopicGroup)).scalars():
        mine = [topic for topic in topics.values() if topic.group_id == group.id]
        assert not (mine and group.alias_of)
        assert (group.topics, group.mentions) == (len(mine), sum(topic.mentions for topic in mine))
        assert group.active == any(topic.active for topic in mine)
        if mine:
            largest = max(mine, key=lambda topic: (topic.mentions, -topic.id))
            assert group.title == largest.title
            assert (group.first_at, group.last_at) == (
                min(topic.first_at for topic in mine), max(topic.last_at for topic in mine))
    return mentions, topics


def test_mentions_become_topics_and_counts(session, sources, plain_reader):
    ids = say(session, sources[0], [line[2:] for line in TITLES])
    done = understand(session, now=NOW, using=plain_reader)
    mentions, topics = consistent(session)
    assert (done.mentions, done.reprints, done.new_topics) == (len(TITLES), 0, len(topics))
    for topic in topics.values():
        assert len({EVENT[ids.index(m.id)] for m in mentions if m.topic_id == topic.id}) == 1
    largest = max(topics.values(), key=lambda topic: topic.mentions)
    assert largest.mentions >= 4 and largest.title in {line[2:] for line in TITLES} and largest.keywords


def test_doing_it_again_changes_nothing(session, sources, plain_reader):
    say(session, sources[0], [line[2:] for line in TITLES])
    understand(session, now=NOW, using=plain_reader)
    stamp = db.stamp(session)
    assert understand(session, now=NOW, using=plain_reader).mentions == 0
    assert db.stamp(session) == stamp
    consistent(session)


def test_reprints_follow_their_first_copy(session, sources, plain_reader):
    first = say(session, sources[0], ["停水通知"], text=ARTICLE)[0]
    understand(session, now=NOW, using=plain_reader)
    copied = ARTICLE + "（来源：区水务局）"
    later = say(session, sources[1], ["【转】东街明日停水，请储水"], MONDAY + timedelta(days=3), text=copied)
    same = say(session, sources[0], ["居民请注意"], MONDAY + timedelta(days=1), text=ARTICLE)
    done = understand(session, now=NOW, using=plain_reader)
    assert done.reprints == 2 and done.new_topics == 0
    mentions, topics = consistent(session)
    assert {m.fold_id for m in mentions} == {first} and len(topics) == 1
    topic = topics[mentions[0].topic_id]
    assert (topic.mentions, topic.folded, topic.platforms) == (3, 1, 2)
    assert {*later, *same} < {m.id for m in mentions}


def test_a_text_that_comes_back_after_its_topic_has_ended_starts_anew(session, sources, plain_reader):
    say(session, sources[0], ["停水通知"], text=ARTICLE)
    say(session, sources[0], ["区政府常务会议召开"], MONDAY + timedelta(days=20))
    understand(session, now=NOW, using=plain_reader)
    again = say(session, sources[1], ["停水通知"], MONDAY + timedelta(days=21), text=ARTICLE)[0]
    understand(session, now=NOW, using=plain_reader)
    mentions, topics = consistent(session)
    mine = next(m for m in mentions if m.id == again)
    assert mine.fold_id == again and topics[mine.topic_id].mentions == 1
    assert sorted(topic.active for topic in topics.values()) == [False, True, True]


def test_a_text_is_sifted_again_when_its_reprints_have_doubled(session, sources, plain_reader):
    first = say(session, sources[0], ["停水通知"], text=ARTICLE)[0]
    asked = []
    for _ in range(5):
        say(session, sources[1], ["停水通知"], text=ARTICLE)
        understand(session, now=NOW, using=plain_reader)
        asked.append(first in session.execute(select(Unsifted.mention_id)).scalars().all())
        session.execute(delete(Unsifted))
        session.commit()
    assert asked == [True, True, False, True, False]


@pytest.mark.parametrize("batch", [1, 3, 7])
def test_batches_and_restarts_give_the_same_as_one_run(session, sources, plain_reader, monkeypatch, batch):
    monkeypatch.setattr("core.understand.BATCH", batch)
    say(session, sources[0], [line[2:] for line in TITLES])
    say(session, sources[1], [line[2:] for line in TITLES[:6]], MONDAY + timedelta(hours=2))
    through = understand(session, now=NOW, using=plain_reader, limit=len(TITLES) + 6)
    mentions, _ = consistent(session)
    whole = {m.id: (m.fold_id, m.topic_id) for m in mentions}
    for table in (TopicDay, MentionDay):
        session.execute(table.__table__.delete())
    session.execute(Mention.__table__.update().values(understood_at=None, fold_id=None, topic_id=None))
    session.execute(Topic.__table__.delete())
    session.commit()
    steps = 0
    turn.move_on(session)
    session.commit()
    while understand(session, now=NOW, using=plain_reader, limit=batch).mentions:
        turn.move_on(session)  # as another process would: everything is read from the database again
        session.commit()
        steps += 1
    assert steps == -(-through.mentions // batch)
    mentions, _ = consistent(session)
    assert {m.id: (m.fold_id, m.topic_id) for m in mentions} == whole


def test_merged_topics_leave_an_alias_and_move_their_mentions(session, sources, plain_reader):
    say(session, sources[0], ["东街小区停水三天居民投诉"])
    understand(session, now=NOW, using=plain_reader)
    say(session, sources[1], ["区水务局回应东街供水中断原因"])
    understand(session, now=NOW, using=plain_reader)
    say(session, sources[0], ["东街小区停水三天 区水务局回应供水中断原因", "区水务局回应东街小区停水三天居民投诉",
                              "东街小区停水 区水务局回应居民投诉供水中断"], MONDAY + timedelta(hours=1))
    done = understand(session, now=NOW, using=plain_reader)
    mentions, topics = consistent(session)
    assert done.merged_topics == 1
    old, young = sorted(topics)
    assert topics[young].alias_of == old and not topics[young].active
    assert {m.topic_id for m in mentions} == {old} and topics[old].mentions == 5
    (change,) = session.execute(select(TopicChange)).scalars()
    assert (change.kind, change.topic_id, change.other_id, change.mentions) == ("merged", old, young, 1)
    assert change.before == "区水务局回应东街供水中断原因" and change.at == NOW and change.why


GAMES = [f"勇士湖人{word}" for word in (
    "今晚交锋", "库里三分绝杀", "詹姆斯砍下三十分", "首节比分", "赛后发布会", "上座人数", "裁判争议判罚", "替补席冲突")]
RAIN = [f"东街积水{word}" for word in (
    "三轮车被困", "排水泵车到场", "学校停课一天", "商户搬货自救", "水深过膝", "公交绕行", "居民连夜清淤", "启动响应")]


def test_a_topic_that_holds_two_events_is_split_with_all_its_reprints(session, sources, plain_reader, monkeypatch):
    """The two are said in one breath at first, and each by itself from then on."""
    from core.opinion import topics

    say(session, sources[0], [f"{GAMES[0]} {RAIN[0]}"])
    understand(session, now=NOW, using=plain_reader)
    say(session, sources[0], [*GAMES, *RAIN], MONDAY + timedelta(hours=1))
    say(session, sources[1], [*GAMES, *RAIN], MONDAY + timedelta(hours=2))
    monkeypatch.setattr(topics, "GRAMS_ONLY", replace(topics.GRAMS_ONLY, assign=0.05, new=0.02, merge=0.9))
    done = understand(session, now=NOW, using=Reader(plain_reader.background, None))
    mentions, stored = consistent(session)
    assert done.split_topics == 1 and done.reprints == 16
    split = session.execute(select(TopicChange).where(TopicChange.kind == "split")).scalars().one()
    of = {m.title: m.topic_id for m in mentions}
    assert len({of[title] for title in GAMES}) == len({of[title] for title in RAIN}) == 1
    assert {of[GAMES[0]], of[RAIN[0]]} == {split.topic_id, split.other_id}
    assert split.mentions == stored[split.other_id].mentions and split.after == stored[split.other_id].title


def test_topics_of_one_subject_are_one_group_and_keep_it_when_they_are_over(session, sources, plain_reader):
    lifts = ["老旧电梯换新首批开工", "老旧电梯换新资金怎么出", "电梯困住老人四十分钟", "困住老人四十分钟的电梯停用"]
    say(session, sources[0], [*lifts, "东街小区停水三天居民投诉", "东街小区停水三天仍未恢复"])
    understand(session, now=NOW, using=plain_reader)
    _, topics = consistent(session)
    (group,) = session.execute(select(TopicGroup)).scalars()
    assert len(topics) == 3 and {topic.title for topic in topics.values() if topic.group_id == group.id} < set(lifts)
    assert group.topics == 2 and group.mentions == 4
    say(session, sources[0], ["全区人大会议开幕"], MONDAY + timedelta(days=30))
    understand(session, now=NOW + timedelta(days=30), using=plain_reader)
    consistent(session)
    session.refresh(group)
    assert not group.active and group.topics == 2


def test_topics_stay_in_memory_until_somebody_else_has_had_the_turn(session, sources, plain_reader, monkeypatch):
    loaded = []
    load = topic_store.load
    monkeypatch.setattr(topic_store, "load", lambda *args: loaded.append(args[1]) or load(*args))
    for nth, titles in enumerate((TITLES[:4], TITLES[4:8], TITLES[8:])):
        say(session, sources[0], [line[2:] for line in titles])
        if nth == 2:
            session.execute(update(Remembered).where(Remembered.key == "understand")
                            .values(updated_at=NOW + timedelta(minutes=5)))
            session.commit()
        understand(session, now=NOW, using=plain_reader)
    assert loaded == [False, False]
    consistent(session)


class Killed(Exception):
    pass


@pytest.mark.parametrize("table", [
    "core.topic_store.write", "core.topic_store.add_days", "core.topic_store.count", "core.understand.bump"])
def test_killed_in_the_middle_of_a_batch_nothing_of_it_is_kept(session, sources, plain_reader, monkeypatch, table):
    say(session, sources[0], [line[2:] for line in TITLES])
    understand(session, now=NOW, using=plain_reader, limit=6)

    def killed(*_, **__):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(table, killed)
        with pytest.raises(Killed):
            understand(session, now=NOW, using=plain_reader)
    session.rollback()
    assert len(consistent(session)[0]) == 6
    assert understand(session, now=NOW, using=plain_reader).mentions == len(TITLES) - 6
    consistent(session)


def test_of_two_at_work_the_second_drops_its_batch(session, sources, plain_reader):
    say(session, sources[0], [line[2:] for line in TITLES])
    inner = []

    def embed_late(texts):
        # Another process finishes the same mentions while this one is still reading.
        if not inner:
            inner.append(None)
            with db.session() as other:
                inner[0] = understand(other, now=NOW, using=plain_reader)
        return [[0.0] * 4] * len(texts)

    slow = Reader(plain_reader.background, lambda texts: np.array(embed_late(texts), np.float32))
    done = understand(session, now=NOW, using=slow)
    assert inner[0].mentions == len(TITLES) and done.mentions == 0
    consistent(session)


def test_what_another_process_did_before_this_one_began_is_not_done_again(session, sources, plain_reader, monkeypatch):
    """The other one ends between the first look at what is pending and the turn."""
    say(session, sources[0], [line[2:] for line in TITLES])
    seen = turn.seen
    inner = []

    def late(one, now):
        if not inner:
            inner.append(None)
            with db.session() as other:
                inner[0] = understand(other, now=NOW, using=plain_reader)
        return seen(one, now)

    monkeypatch.setattr(turn, "seen", late)
    done = understand(session, now=NOW, using=plain_reader)
    assert inner[0].mentions == len(TITLES) and done.mentions == 0
    consistent(session)


def test_what_was_removed_meanwhile_is_not_remembered(session, sources, plain_reader):
    say(session, sources[2], ["东街小区停水三天居民投诉", "东街小区停水三天仍未恢复"])
    understand(session, now=NOW, using=plain_reader)
    session.execute(update(Mention).values(topic_id=None))
    for table in (TopicDay, MentionDay, Topic, Mention):
        session.execute(delete(table))
    turn.move_on(session)
    session.commit()
    say(session, sources[2], ["东街小区停水三天后恢复供水"])
    understand(session, now=NOW, using=plain_reader)
    mentions, topics = consistent(session)
    (topic,) = topics.values()
    assert len(mentions) == 1 and topic.mentions == 1 and topic.title == "东街小区停水三天后恢复供水"


def test_a_group_loses_what_merges_into_a_topic_outside_of_it(session, sources, plain_reader):
    """Beside the merge of two topics, the totals of the younger one's group are made anew."""
    say(session, sources[0], ["东街小区停水三天居民投诉"])
    understand(session, now=NOW, using=plain_reader)
    say(session, sources[1], ["区水务局回应东街供水中断原因", "老旧电梯换新首批开工"], MONDAY + timedelta(minutes=5))
    understand(session, now=NOW, using=plain_reader)
    group = TopicGroup(title="一个议题", first_at=MONDAY, last_at=MONDAY, topics=2, mentions=2)
    session.add(group)
    session.flush()
    session.execute(update(Topic).where(Topic.id > 1).values(group_id=group.id))
    turn.move_on(session)
    session.commit()
    say(session, sources[0], ["东街小区停水三天 区水务局回应供水中断原因", "区水务局回应东街小区停水三天居民投诉",
                              "东街小区停水 区水务局回应居民投诉供水中断"], MONDAY + timedelta(hours=1))
    assert understand(session, now=NOW, using=plain_reader).merged_topics == 1
    consistent(session)


def test_a_line_whose_text_is_being_read_waits_for_it_a_while(session, sources, plain_reader):
    listing = Source(key="gov", name="区政府", collector="page", platform="news", config={"article": "#zoom"})
    bare = Source(key="bare", name="区政府栏目", collector="page", platform="news", config={"list": "ul > li"})
    board = Source(key="board", name="留言板", collector="liuyan", platform="liuyan", config={"form": "signed"})
    session.add_all([listing, bare, board])
    session.commit()
    (line,) = say(session, listing.id, ["关于停水的通知"])
    (only,) = say(session, bare.id, ["只有标题的栏目"])
    (thread,) = say(session, board.id, ["小区停水"])
    (full,) = say(session, listing.id, ["另一通知"], text=ARTICLE)
    (hot,) = say(session, sources[0], ["全网热议停水"])

    def understood() -> set[int]:
        session.expire_all()
        return set(session.execute(select(Mention.id).where(Mention.understood_at.is_not(None))).scalars())

    understand(session, now=MONDAY + timedelta(minutes=9), using=plain_reader)
    assert understood() == {full, hot, only}, "where no text is read, there is nothing to wait for"
    understand(session, now=MONDAY + timedelta(minutes=10), using=plain_reader)
    assert understood() == {line, thread, full, hot, only}
    consistent(session)


def test_the_sample_district_and_real_mentions_stay_apart(session, sources, plain_reader):
    say(session, sources[0], ["东街小区停水三天居民投诉"], text=ARTICLE)
    say(session, sources[2], ["东街小区停水三天居民投诉"], text=ARTICLE)
    understand(session, now=NOW, using=plain_reader)
    mentions, topics = consistent(session)
    assert sorted(topic.demo for topic in topics.values()) == [False, True]
    assert all(m.fold_id == m.id for m in mentions)


def test_texts_without_a_letter_are_kept_apart_and_do_no_harm(session, sources, plain_reader):
    say(session, sources[0], ["！！！", "？？？", "🙂"])
    assert understand(session, now=NOW, using=plain_reader).mentions == 3
    mentions, _ = consistent(session)
    assert all(m.fold_id == m.id for m in mentions)


def test_the_stored_state_is_that_of_the_clusterer(session, sources, plain_reader):
    say(session, sources[0], [line[2:] for line in TITLES[:4]])
    understand(session, now=NOW, using=plain_reader)
    for topic in session.execute(select(Topic)).scalars():
        state = State.from_bytes(topic.state)
        assert (state.id, state.size) == (topic.id, topic.folded)
        assert (state.first_at, state.last_at) == (topic.first_at, topic.last_at)
