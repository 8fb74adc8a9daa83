"""What people decide of topics holds while new mentions are understood, agrees with every count, and is taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from core import clock, db, incidents, outlook, topic_deeds
from core.faults import BadInput
from core.models import (
    Alert,
    AlertRule,
    Audit,
    IncidentMention,
    IncidentStep,
    IncidentTopic,
    Mention,
    MentionDay,
    Outlook,
    Remembered,
    Topic,
    TopicApart,
    TopicChange,
    TopicDay,
    TopicGroup,
    TopicView,
    Unsifted,
)
from core.opinion.topic_state import Topic as State
from core.query import alerts, topic_lives
from core.understand import Reader, understand
from tests.test_understand import (  # noqa: F401 - fixtures
    ARTICLE,
    GAMES,
    MONDAY,
    NOW,
    RAIN,
    consistent,
    plain_reader,
    say,
    sources,
)

WATER = ["东街小区停水三天居民投诉", "东街小区停水三天仍未恢复", "东街小区停水三天居民提桶打水"]
GOLD = ["国际金价今日大跌", "国际金价今日大跌创新低", "国际金价今日大跌金店排队"]
ALIKE = ["东街小区停水三天居民提桶打水投诉", "东街小区停水三天居民投诉提桶打水"]
LATER = NOW + timedelta(minutes=5)
WHO = {"who": "值班员", "now": LATER}


def settle(session, reader, now=LATER):
    """As the scheduler does within seconds of a deed."""
    done = understand(session, now=now, using=reader)
    session.expire_all()
    return done


def by_title(session, title):
    session.expire_all()
    return session.execute(select(Topic).where(Topic.title == title)).scalar_one()


def of(session, title):
    """The topic of a mention, by its title."""
    session.expire_all()
    return session.get(Topic, session.execute(
        select(Mention.topic_id).where(Mention.title == title).order_by(Mention.id).limit(1)).scalar_one())


def last_change(session, **terms):
    return session.execute(select(TopicChange).filter_by(**terms).order_by(TopicChange.id.desc()).limit(1)).scalar_one()


@pytest.fixture
def two(session, sources, plain_reader):  # noqa: F811
    """Two topics, of water and of gold, each with a reprint."""
    say(session, sources[0], WATER)
    say(session, sources[0], GOLD, MONDAY + timedelta(hours=1))
    say(session, sources[1], [WATER[0], GOLD[0]], MONDAY + timedelta(hours=2))
    understand(session, now=NOW, using=plain_reader)
    water, gold = of(session, WATER[0]), of(session, GOLD[0])
    assert (water.mentions, water.folded, gold.mentions, gold.folded) == (4, 3, 4, 3)
    return water.id, gold.id


# --- Merging ----------------------------------------------------------------------------------------------------------


def test_merged_topics_are_one_and_what_comes_later_joins_it(session, sources, plain_reader, two):  # noqa: F811
    water, gold = two
    topic_deeds.merge(session, two, why="同一件事", **WHO)
    session.commit()
    assert settle(session, plain_reader).mentions == 0
    consistent(session)
    old, young = session.get(Topic, water), session.get(Topic, gold)
    assert young.alias_of == water and (old.mentions, old.folded, old.platforms) == (8, 6, 2)
    state = State.from_bytes(old.state)
    assert (state.size, state.reprints) == (6, 2) and set(state.titles) == {*WATER, *GOLD}
    say(session, sources[1], ["东街小区停水三天居民继续投诉", "国际金价今日大跌后反弹"], MONDAY + timedelta(hours=3))
    settle(session, plain_reader)
    consistent(session)
    assert session.get(Topic, water).mentions == 10, "both kinds of news come to the topic that people made of them"
    row = last_change(session, kind="merged")
    assert (row.topic_id, row.other_id, row.mentions, row.why, row.who) == (water, gold, 4, "同一件事", "值班员")
    assert "合并话题" in session.execute(select(Audit.action)).scalars().all()


def test_the_topic_that_is_chosen_stands(session, plain_reader, two):  # noqa: F811
    water, gold = two
    assert topic_deeds.merge(session, [water], into=gold, title="两件事", **WHO).id == gold
    session.commit()
    settle(session, plain_reader)
    consistent(session)
    assert session.get(Topic, water).alias_of == gold and session.get(Topic, gold).title == "两件事"


def test_a_merged_topic_does_not_fall_apart_by_itself(session, sources, plain_reader, monkeypatch):  # noqa: F811
    """The same texts as where a topic that holds two events is split by itself."""
    from core.opinion import topics

    say(session, sources[0], [*GAMES, *RAIN], MONDAY)
    understand(session, now=NOW, using=plain_reader)
    ids = session.execute(select(Topic.id)).scalars().all()
    topic_deeds.merge(session, ids, **WHO)
    session.commit()
    monkeypatch.setattr(topics, "GRAMS_ONLY", replace(topics.GRAMS_ONLY, assign=0.05, new=0.02, merge=0.9))
    own = Reader(plain_reader.background, None)
    say(session, sources[0], ["勇士湖人加时再战", "东街积水退去"], MONDAY + timedelta(hours=3))
    assert settle(session, own).split_topics == 0
    consistent(session)
    row = last_change(session, kind="merged")
    assert session.get(Topic, row.topic_id).mentions == len(GAMES) + len(RAIN) + 2
    for change in session.execute(select(TopicChange).where(TopicChange.kind == "merged")).scalars().all():
        topic_deeds.undo(session, change.id, **WHO)
    session.commit()
    settle(session, own)
    consistent(session)
    assert not any(topic.whole for topic in session.execute(select(Topic)).scalars())


def test_undoing_a_merge_brings_back_what_came_with_it(session, sources, plain_reader, two):  # noqa: F811
    water, gold = two
    topic_deeds.merge(session, two, **WHO)
    session.commit()
    say(session, sources[1], ["国际金价今日大跌后反弹"], MONDAY + timedelta(hours=3))
    say(session, sources[1], [GOLD[1]], MONDAY + timedelta(hours=3))
    settle(session, plain_reader)
    words = topic_deeds.undo(session, last_change(session, kind="merged").id, **WHO)
    session.commit()
    settle(session, plain_reader)
    consistent(session)
    assert "带回 5 条" in words, "a copy that came meanwhile goes with its first"
    assert session.get(Topic, gold).alias_of is None and of(session, GOLD[1]).id == gold
    assert session.execute(select(TopicApart.topic_id, TopicApart.other_id)).all() == [(water, gold)]
    with pytest.raises(BadInput, match="已经撤销"):
        topic_deeds.undo(session, last_change(session, kind="merged", undoes=None).id, **WHO)


def test_merges_after_one_another_are_undone_in_any_order(session, sources, plain_reader, two):  # noqa: F811
    say(session, sources[0], ["老旧电梯换新首批开工", "老旧电梯换新首批开工仪式"], MONDAY)
    settle(session, plain_reader)
    lift, (water, gold) = of(session, "老旧电梯换新首批开工").id, two
    topic_deeds.merge(session, [gold, lift], **WHO)
    topic_deeds.merge(session, [water, gold], **WHO)
    session.commit()
    assert {session.get(Topic, gold).alias_of, session.get(Topic, lift).alias_of} == {water}
    topic_deeds.undo(session, last_change(session, kind="merged", topic_id=gold).id, **WHO)
    session.commit()
    settle(session, plain_reader)
    consistent(session)
    assert (session.get(Topic, lift).mentions, session.get(Topic, water).mentions) == (2, 8)
    topic_deeds.undo(session, last_change(session, kind="merged", topic_id=water).id, **WHO)
    session.commit()
    settle(session, plain_reader)
    consistent(session)
    assert [session.get(Topic, id_).mentions for id_ in (water, gold, lift)] == [4, 4, 2]


# --- Splitting --------------------------------------------------------------------------------------------------------


def chosen(session, *titles):
    return session.execute(select(Mention.id).where(Mention.title.in_(titles))).scalars().all()[: len(titles)]


def test_what_is_split_off_stays_apart_though_it_is_alike(session, sources, plain_reader, two):  # noqa: F811
    water, _ = two
    new = topic_deeds.split(session, water, chosen(session, WATER[2]), title="打水", **WHO)
    session.commit()
    made = new.id
    settle(session, plain_reader)
    consistent(session)
    assert (session.get(Topic, made).mentions, session.get(Topic, water).mentions) == (1, 3)
    assert session.get(Topic, made).title == "打水" and session.get(Topic, made).own_title == WATER[2]
    say(session, sources[1], ALIKE, MONDAY + timedelta(hours=3))
    done = settle(session, plain_reader)
    consistent(session)
    assert done.merged_topics == 0 and session.get(Topic, made).alias_of is None
    assert session.get(Topic, made).title == "打水"


def test_without_the_decision_the_same_topics_would_be_merged_again(session, sources, plain_reader, two):  # noqa: F811
    water, _ = two
    new = topic_deeds.split(session, water, chosen(session, WATER[2]), **WHO).id
    session.execute(delete(TopicApart))
    session.commit()
    say(session, sources[1], ALIKE, MONDAY + timedelta(hours=3))
    settle(session, plain_reader)
    assert session.get(Topic, new).alias_of == water


def test_a_text_is_split_off_with_its_copies_and_named_by_itself(session, plain_reader, two):  # noqa: F811
    water, _ = two
    copy = session.execute(select(Mention.id).where(Mention.title == WATER[0], Mention.fold_kind != "")).scalars().all()
    new = topic_deeds.split(session, water, copy, **WHO)
    session.commit()
    settle(session, plain_reader)
    consistent(session)
    made = session.get(Topic, new.id)
    assert (made.mentions, made.folded, made.title, made.own_title) == (2, 1, WATER[0], None)


def test_texts_are_moved_to_another_topic_and_back(session, plain_reader, two):  # noqa: F811
    water, gold = two
    topic_deeds.split(session, water, chosen(session, WATER[1]), into=gold, why="归错", **WHO)
    session.commit()
    settle(session, plain_reader)
    consistent(session)
    assert of(session, WATER[1]).id == gold and session.get(Topic, gold).whole
    assert WATER[1] in State.from_bytes(session.get(Topic, gold).state).titles
    topic_deeds.undo(session, last_change(session, kind="moved").id, **WHO)
    session.commit()
    settle(session, plain_reader)
    consistent(session)
    assert of(session, WATER[1]).id == water and not session.get(Topic, gold).whole
    assert not session.execute(select(TopicApart)).first()


def test_undoing_a_split_takes_in_what_came_since_and_leaves_the_name(session, sources, plain_reader, two):  # noqa: F811
    water, _ = two
    new = topic_deeds.split(session, water, chosen(session, WATER[2]), title="打水", **WHO).id
    session.commit()
    settle(session, plain_reader)
    say(session, sources[1], [WATER[2]], MONDAY + timedelta(hours=3))
    settle(session, plain_reader)
    topic_deeds.undo(session, last_change(session, kind="split").id, **WHO)
    session.commit()
    settle(session, plain_reader)
    consistent(session)
    old = session.get(Topic, water)
    assert session.get(Topic, new).alias_of == water and old.mentions == 5
    assert old.own_title is None and old.title in WATER and not old.whole


@pytest.mark.parametrize(("pick", "why"), [
    ([], "还没有选择"), (WATER, "全部"), ([GOLD[0]], "已不在"),
])
def test_a_split_of_nothing_of_all_or_of_others_is_refused(session, two, pick, why):
    with pytest.raises(BadInput, match=why):
        topic_deeds.split(session, two[0], chosen(session, *pick), **WHO)


# --- Names, pins, hiding ----------------------------------------------------------------------------------------------


def test_a_name_by_hand_stands_while_the_topic_grows_and_can_be_given_back(session, sources, plain_reader, two):  # noqa: F811
    water, _ = two
    topic_deeds.rename(session, water, " 东街停水 ", **WHO)
    session.commit()
    say(session, sources[1], [f"东街小区停水三天{word}" for word in ("居民求助", "物业回应", "水车到场", "恢复供水")],
        MONDAY + timedelta(hours=3))
    settle(session, plain_reader)
    consistent(session)
    topic = session.get(Topic, water)
    assert topic.title == "东街停水" and topic.mentions == 8 and "东街小区停水三天" in topic.own_title
    own = topic.own_title
    assert topic_deeds.rename(session, water, "", **WHO).title == own
    session.commit()
    settle(session, plain_reader)
    consistent(session)
    assert session.get(Topic, water).own_title is None


def test_names_are_undone_one_after_the_other(session, two):
    water, _ = two
    own = session.get(Topic, water).title
    for name in ("甲", "乙"):
        topic_deeds.rename(session, water, name, **WHO)
    first, second = session.execute(select(TopicChange.id).where(TopicChange.kind == "named")).scalars()
    with pytest.raises(BadInput):
        topic_deeds.undo(session, first, **WHO)
    topic_deeds.undo(session, second, **WHO)
    assert session.get(Topic, water).title == "甲"
    topic_deeds.rename(session, water, "", **WHO)
    assert session.get(Topic, water).title == own


def test_a_name_by_hand_survives_an_automatic_merge_into_an_older_topic(session, sources, plain_reader):  # noqa: F811
    say(session, sources[0], ["东街小区停水三天居民投诉"])
    understand(session, now=NOW, using=plain_reader)
    say(session, sources[1], ["区水务局回应东街供水中断原因"])
    understand(session, now=NOW, using=plain_reader)
    young = by_title(session, "区水务局回应东街供水中断原因").id
    topic_deeds.rename(session, young, "东街停水处置", **WHO)
    topic_deeds.pin(session, young, **WHO)
    session.commit()
    say(session, sources[0], ["东街小区停水三天 区水务局回应供水中断原因", "区水务局回应东街小区停水三天居民投诉",
                              "东街小区停水 区水务局回应居民投诉供水中断"], MONDAY + timedelta(hours=1))
    assert settle(session, plain_reader).merged_topics == 1
    consistent(session)
    old = session.get(Topic, session.get(Topic, young).alias_of)
    assert old.title == "东街停水处置" and old.own_title and old.pinned_at
    say(session, sources[0], ["东街小区停水 居民投诉后区水务局回应", "区水务局回应东街停水 居民投诉",
                              "东街小区停水三天 居民向区水务局投诉"], MONDAY + timedelta(hours=2))
    settle(session, plain_reader)
    assert session.get(Topic, old.id).title == "东街停水处置"


def test_hidden_and_shown_topics_are_not_merged_by_themselves(session, sources, plain_reader):  # noqa: F811
    say(session, sources[0], ["东街小区停水三天居民投诉"])
    understand(session, now=NOW, using=plain_reader)
    say(session, sources[1], ["区水务局回应东街供水中断原因"])
    understand(session, now=NOW, using=plain_reader)
    young = by_title(session, "区水务局回应东街供水中断原因").id
    topic_deeds.hide(session, young, "与本区无关", **WHO)
    session.commit()
    say(session, sources[0], ["东街小区停水三天 区水务局回应供水中断原因", "区水务局回应东街小区停水三天居民投诉",
                              "东街小区停水 区水务局回应居民投诉供水中断"], MONDAY + timedelta(hours=1))
    assert settle(session, plain_reader).merged_topics == 0
    assert session.get(Topic, young).hidden_why == "与本区无关"


def test_pins_and_hiding_are_undone_and_refused_where_they_are_so_already(session, two):
    water, gold = two
    topic_deeds.pin(session, water, **WHO)
    with pytest.raises(BadInput, match="已经置顶"):
        topic_deeds.pin(session, water, **WHO)
    with pytest.raises(BadInput, match="理由"):
        topic_deeds.hide(session, gold, " ", **WHO)
    topic_deeds.hide(session, water, "重复", **WHO)
    assert session.get(Topic, water).pinned_at is None and session.get(Topic, water).hidden_at
    with pytest.raises(BadInput, match="取消隐藏"):
        topic_deeds.pin(session, water, **WHO)
    topic_deeds.undo(session, last_change(session, kind="hidden").id, **WHO)
    assert session.get(Topic, water).hidden_at is None
    topic_deeds.undo(session, last_change(session, kind="unpinned").id, **WHO)
    assert session.get(Topic, water).pinned_at is not None
    session.commit()
    kinds = topic_lives.history(session, water)["kind"].tolist()
    assert kinds == ["置顶", "取消隐藏", "隐藏", "取消置顶", "置顶"]


# --- Topics that are over, several hands, what hangs on topics --------------------------------------------------------


def test_topics_that_are_over_can_be_changed_too(session, sources, plain_reader, two):  # noqa: F811
    water, gold = two
    say(session, sources[0], ["区政府常务会议召开"], MONDAY + timedelta(days=20))
    settle(session, plain_reader)
    assert not session.get(Topic, water).active
    topic_deeds.rename(session, water, "东街停水", **WHO)
    topic_deeds.pin(session, water, **WHO)
    new = topic_deeds.split(session, gold, chosen(session, GOLD[2]), **WHO).id
    topic_deeds.merge(session, [water, new], **WHO)
    session.commit()
    settle(session, plain_reader)
    consistent(session)
    assert session.get(Topic, water).mentions == 5 and not session.get(Topic, water).active
    meeting = of(session, "区政府常务会议召开").id
    topic_deeds.merge(session, [water, meeting], **WHO)
    session.commit()
    settle(session, plain_reader)
    consistent(session)
    merged = session.get(Topic, water)
    assert merged.active and State.from_bytes(merged.state).size == 5
    say(session, sources[0], ["区政府常务会议召开部署"], MONDAY + timedelta(days=20, hours=1))
    settle(session, plain_reader)
    assert of(session, "区政府常务会议召开部署").id == water


def test_what_was_over_before_a_merge_is_over_again_in_its_subject(session, sources, plain_reader, two):  # noqa: F811
    water, _ = two
    say(session, sources[0], ["区政府常务会议召开"], MONDAY + timedelta(days=20))
    settle(session, plain_reader)
    group = TopicGroup(title=GOLD[0], first_at=MONDAY, last_at=MONDAY, topics=1, mentions=4, active=False)
    session.add(group)
    session.flush()
    session.get(Topic, water).group_id = group.id
    session.commit()
    meeting = of(session, "区政府常务会议召开").id
    topic_deeds.merge(session, [water, meeting], **WHO)
    session.commit()
    settle(session, plain_reader)
    assert session.get(Topic, water).active
    topic_deeds.undo(session, last_change(session, kind="merged").id, **WHO)
    session.commit()
    settle(session, plain_reader)
    consistent(session)
    assert not session.get(Topic, water).active and session.get(Topic, water).group_id == group.id
    assert session.get(Topic, meeting).active


def test_of_two_who_change_the_same_topics_the_second_is_told(session, two):
    topic_deeds.merge(session, two, **WHO)
    session.commit()
    with db.session() as other, pytest.raises(BadInput, match="已并入"):
        topic_deeds.merge(other, two, **WHO)


def test_what_the_scheduler_worked_out_meanwhile_is_dropped(session, sources, plain_reader, two):  # noqa: F811
    """A person merges while a batch is being read."""
    import numpy as np

    say(session, sources[0], ["国际金价今日大跌后反弹"], MONDAY + timedelta(hours=3))
    done = []

    def embed(texts):
        if not done:
            done.append(True)
            with db.session() as other:
                topic_deeds.merge(other, two, **WHO)
                other.commit()
        return np.zeros((len(texts), 4), np.float32)

    assert understand(session, now=LATER, using=Reader(plain_reader.background, embed)).mentions == 0
    settle(session, plain_reader)
    consistent(session)
    assert session.get(Topic, two[0]).mentions == 9


def test_real_topics_are_not_merged_with_those_of_the_sample(session, sources, plain_reader, two):  # noqa: F811
    say(session, sources[2], ["演示小区停水"])
    settle(session, plain_reader)
    with pytest.raises(BadInput, match="演示"):
        topic_deeds.merge(session, [two[0], of(session, "演示小区停水").id], **WHO)


def test_incidents_follow_a_merged_topic_and_the_one_that_was_taken_apart_again(session, sources, plain_reader, two):  # noqa: F811
    water, gold = two
    incident = incidents.open_(session, "金价波动", "blue", (), (gold,), who="值班员", now=LATER).id
    session.commit()
    topic_deeds.merge(session, two, **WHO)
    session.commit()
    incidents.follow(session, LATER)
    followed = select(IncidentTopic.topic_id).where(IncidentTopic.incident_id == incident)
    assert session.execute(followed).scalars().all() == [water]
    say(session, sources[0], ["东街小区停水三天终于恢复"], MONDAY + timedelta(hours=3))
    settle(session, plain_reader)
    incidents.follow(session, LATER)
    held = select(Mention.title).join(IncidentMention, IncidentMention.mention_id == Mention.id).where(
        IncidentMention.incident_id == incident, IncidentMention.removed_at.is_(None))
    assert len(session.execute(held).all()) == 9
    topic_deeds.undo(session, last_change(session, kind="merged").id, **WHO)
    session.commit()
    settle(session, plain_reader)
    incidents.follow(session, LATER)
    assert session.execute(followed).scalars().all() == [gold]
    assert set(session.execute(held).scalars()) == set(GOLD)
    assert any("撤销合并" in text for text in session.execute(select(IncidentStep.text)).scalars())


@pytest.mark.parametrize("follow", [False, True])
def test_incidents_are_told_of_a_split_and_follow_the_part_where_that_is_asked(session, two, follow):
    water, _ = two
    incident = incidents.open_(session, "停水", "blue", (), (water,), who="值班员", now=LATER).id
    new = topic_deeds.split(session, water, chosen(session, WATER[2]), follow=follow, **WHO)
    session.commit()
    followed = select(IncidentTopic.topic_id).where(IncidentTopic.incident_id == incident)
    assert set(session.execute(followed).scalars()) == ({water, new.id} if follow else {water})
    assert any("分出" in text for text in session.execute(select(IncidentStep.text)).scalars())


def test_viewpoints_are_out_of_date_and_forecasts_of_another_topic_are_not_shown(session, two):
    water = two[0]
    session.add(TopicView(topic_id=water, at=NOW, mentions=4))
    day = clock.day_of(NOW)
    session.add(Outlook(kind=outlook.TOPIC, key=str(water), day=day, made_at=NOW, refusal="样本太少"))
    session.commit()
    assert outlook.shown(session, outlook.TOPIC, str(water), today=day) is not None
    topic_deeds.rename(session, water, "停水", **WHO)
    assert outlook.shown(session, outlook.TOPIC, str(water), today=day) is not None
    topic_deeds.merge(session, two, **WHO)
    session.commit()
    assert session.get(TopicView, water, populate_existing=True).mentions == 0
    assert outlook.shown(session, outlook.TOPIC, str(water), today=day) is None


def test_a_warning_about_a_topic_that_was_merged_shows_its_mentions_still(session, two):
    _, gold = two
    rule = AlertRule(name="话题升温", subject="topic", level="blue", since=MONDAY, at=MONDAY)
    session.add(rule)
    session.flush()
    alert = Alert(rule_id=rule.id, group=f"topic:{gold}", level="blue", at=MONDAY, arrived_at=MONDAY, title="金价",
                  topic_id=gold)
    session.add(alert)
    session.commit()
    topic_deeds.merge(session, two, **WHO)
    session.commit()
    assert set(GOLD) <= set(alerts.one(session, alert.id).mentions["title"])


# --- Whatever people do -----------------------------------------------------------------------------------------------

DEEDS = st.lists(st.tuples(
    st.sampled_from(("merge", "split", "move", "rename", "pin", "hide", "undo", "say", "settle")),
    st.integers(0, 9), st.integers(0, 9)), min_size=4, max_size=12)


def living(session):
    session.expire_all()
    return [topic.id for topic in session.execute(select(Topic).order_by(Topic.id)).scalars() if topic.mentions]


def do(session, sources, reader, deed, a, b):  # noqa: F811
    ids = living(session)
    one, other = ids[a % len(ids)], ids[b % len(ids)]
    held = session.execute(select(Mention.id).where(Mention.topic_id == one).order_by(Mention.id)).scalars().all()
    match deed:
        case "merge":
            topic_deeds.merge(session, [one, other], **WHO)
        case "split":
            topic_deeds.split(session, one, held[b % len(held):][:2], **WHO)
        case "move":
            topic_deeds.split(session, one, held[b % len(held):][:2], into=other, **WHO)
        case "rename":
            topic_deeds.rename(session, one, f"名称{b}" if b % 3 else "", **WHO)
        case "pin":
            topic_deeds.pin(session, one, b % 2 == 0, **WHO)
        case "hide":
            topic_deeds.hide(session, one, "理由", **WHO) if b % 2 else topic_deeds.show(session, one, **WHO)
        case "undo":
            changes = session.execute(select(TopicChange.id).where(TopicChange.undoes.is_(None))).scalars().all()
            if changes:
                topic_deeds.undo(session, changes[(a * 10 + b) % len(changes)], **WHO)
        case "say":
            say(session, sources[a % 2], [(WATER + GOLD)[b % 6] + ("后续" if a % 3 else "")],
                MONDAY + timedelta(hours=4 + b))
            settle(session, reader)
        case "settle":
            settle(session, reader)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DEEDS)
def test_counts_agree_with_the_mentions_after_any_deeds(session, sources, plain_reader, deeds):  # noqa: F811
    for table in (TopicChange, TopicApart, TopicDay, MentionDay, Unsifted, Mention, Topic, TopicGroup, Remembered):
        session.execute(delete(table))
    session.commit()
    say(session, sources[0], WATER + GOLD)
    say(session, sources[1], [WATER[0], GOLD[0]], MONDAY + timedelta(hours=2))
    understand(session, now=NOW, using=plain_reader)
    for deed, a, b in deeds:
        try:
            do(session, sources, plain_reader, deed, a, b)
            session.commit()
        except BadInput:
            session.rollback()
        mentions = session.execute(select(Mention.topic_id, Topic.alias_of).outerjoin(
            Topic, Topic.id == Mention.topic_id)).all()
        assert all(topic is not None and alias is None for topic, alias in mentions)
    settle(session, plain_reader)
    consistent(session)
    assert not session.execute(select(Topic).where(Topic.unread.is_(True), Topic.active.is_(True))).first()


