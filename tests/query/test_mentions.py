"""Searching mentions: the same as watches find, by every filter, sorted, paged, counted; one mention with all of it."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from core import authors, clock, corrections, db, district, marks, search
from core.faults import BadInput
from core.labels import FAMILIES
from core.models import (
    Capture,
    Incident,
    IncidentMention,
    Mention,
    MentionDay,
    MentionMark,
    Platform,
    Sense,
    Source,
    Topic,
    Unit,
    Watch,
    WatchHit,
)
from core.opinion.watch import Item, Profile, Watches
from core.query import mention_scope
from core.query import mentions as room
from core.query.mention_scope import BANDS, FEELINGS, MARKS, Asked, MentionFilter
from core.sift import reprints

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
"""12:00 in Shanghai."""
MARCH = MentionFilter(date(2026, 3, 1), date(2026, 3, 31))
OURS = Profile("澜桥区", doubtful=("人民路街道", "滨江公园"), cues=("云州市",))


class Town:
    """Mentions by name, made one minute after the other, and what is known of them."""

    def __init__(self, session) -> None:
        self.session, self.ids = session, {}
        self.sources = {code: Source(key=code, name=f"{code}源", collector="feed", platform=code)
                        for code in ("weibo", "wechat", "toutiao", "liuyan")}
        self.units = [Unit(name="澜桥街道", kind="street"), Unit(name="水务局", kind="bureau")]
        session.add_all([*self.sources.values(), *self.units])
        session.flush()

    def say(self, name: str, title: str, said: str = "", *, platform: str = "weibo", at: datetime | None = None,
            sense: dict | None = None, **more) -> int:
        at = at or NOON + timedelta(minutes=len(self.ids))
        made = Mention(source_id=self.sources[platform].id, external_id=name, platform=platform, title=title, text=said,
                       published_at=at, day=clock.day_of(at), first_seen_at=at, last_seen_at=at, url=f"https://x/{name}",
                       **more)
        self.session.add(made)
        self.session.flush()
        made.fold_id = made.fold_id or made.id
        self.ids[name] = made.id
        if sense is not None:
            self.session.add(Sense(mention_id=made.id, at=at, **sense))
        return made.id

    def ready(self) -> None:
        self.session.commit()
        while search.keep(self.session, now=NOON):
            pass

    def found(self, where: MentionFilter = MARCH, sort: str = "time", **more) -> list[str]:
        where = replace(where, **more)
        found = room.search(self.session, where, sort)
        assert found.counted == len(found.rows) and not found.more and found.pages == 1
        assert room.facets(self.session, replace(where, folded=False)).counted >= found.counted
        names = {id_: name for name, id_ in self.ids.items()}
        return [names[row.id] for row in found.rows]


@pytest.fixture
def town(session) -> Town:
    """Eight mentions of a street."""
    made = Town(session)
    street, water = (unit.id for unit in made.units)
    topic, other = Topic(title="澜桥停水", first_at=NOON, last_at=NOON), Topic(title="旧", first_at=NOON, last_at=NOON)
    session.add_all([topic, other])
    session.flush()
    other.alias_of = topic.id
    district.keep(session, OURS, who="王敏", now=NOON)
    made.say("停水", "澜桥区停水三天", "居民投訴無門", topic_id=topic.id, author="匿名·a",
             figures={"likes": [30, 0], "comments": [5, 0], "reads": [12_000, 0]},
             sense={"risk": 82, "risk_kind": "住房物业", "place": "澜桥街道", "town": "澜桥街道", "unit_id": street,
                    "sentiment": "负面", "confidence": 0.9, "place_code": "100"})
    made.say("转载", "澜桥区停水三天", "居民投訴無門", platform="wechat", fold_id=made.ids["停水"], fold_kind="reprint",
             topic_id=topic.id, sense={"risk": 45, "sentiment": "负面", "confidence": 0.4})
    made.say("摘录", "停水三天", platform="toutiao", fold_id=made.ids["停水"], fold_kind="excerpt",
             sense={"risk": 20, "sentiment": "中性", "confidence": 0.7, "unit_id": water})
    made.say("通报", "标题里的通报", "水务局：停电与停水无关", platform="liuyan", heat=2_000_000,
             sense={"risk": 14, "sentiment": "正面", "confidence": 0.95, "place": "云州市澜桥街道某小区",
                    "town": "澜桥街道"})
    made.say("演练", "停水演练", "学生在人民路街道滨江公园参加", author="匿名·a",
             sense={"risk": 0, "guard": "过短"})
    made.say("英文", "WiFi 12:30 坏了 C++", "😂 a_b", platform="wechat", author=authors.hidden("澜桥小张", "wechat"),
             sense={"risk": 5, "sentiment": "中性", "confidence": 0.8})
    made.say("未筛", "刚刚停水")
    made.say("上月", "二月停水", at=NOON - timedelta(days=3), sense={"risk": 90})
    session.add(MentionDay(day=date(2026, 3, 1), platform="weibo", mentions=7, folded=6))
    made.ready()
    return made


@pytest.mark.parametrize("typed, names", [
    ("停水", "未筛 演练 通报 摘录 转载 停水"), ("停水 投诉", "转载 停水"), ("停水 -演练 -投诉", "未筛 通报 摘录"),
    ("停水 -(演练 或 投诉)", "未筛 通报 摘录"), ("-停水", "英文"), ("“停水三天”", "摘录 转载 停水"), ("三天停水", ""),
    ("投訴", "转载 停水"), ("WIFI", "英文"), ("ｗｉｆｉ", "英文"), ("12:30", "英文"),
    ("水", "未筛 演练 通报 摘录 转载 停水"), ("电", "通报"), ("😂", "英文"), ("c++", "英文"), ("a_b", "英文"),
    ("停水 或 wifi", "未筛 英文 演练 通报 摘录 转载 停水"),
    ("标题:停水", "未筛 演练 摘录 转载 停水"), ("正文:停水", "通报"), ("-标题:停水 停水", "通报"),
    ("@本区", "演练 转载 停水"), ("@本区 -停水", ""), ("停水 近3 停电", "通报"), ("停水 近1 停电", "通报"),
    ("停电 近1 无关", ""), ("停水 近200 投诉", ""), ("标题:停水 近5 正文:停电", ""), ("正文:停水 近5 停电", "通报"),
    ("停水 平台:微博", "未筛 演练 停水"), ("停水 -平台:微博", "通报 摘录 转载"),
    ("平台:微博,留言板", "未筛 演练 通报 停水"),
    ("来源:wechat", "英文 转载"), ("地点:小区", "通报"), ("停水 -地点:澜桥街道", "未筛 演练 摘录 转载"),
    ("单位:水务", "摘录"), ("-单位:水务 标题:停水", "未筛 演练 转载 停水"), ("阅读>=1万", "停水"), ("互动>=35", "停水"),
    ("互动>=36", ""), ("转载>=1", "摘录 转载 停水"), ("热度>=200万", "通报"),
    ("-热度>=1 停水", "未筛 演练 摘录 转载 停水"), ("作者:澜桥小张", "英文"), ("-作者:澜桥小张 wifi", ""),
    ("作者:匿名·a", "演练 停水"), ("学生 (停水 或 停电)", "演练"),
    ("", "未筛 英文 演练 通报 摘录 转载 停水"),
])
def test_searches(town, typed, names):
    assert town.found(words=typed) == names.split()


@pytest.mark.parametrize("fields, names", [
    ({"platforms": ("weibo",)}, "未筛 演练 停水"), ({"families": ("wechat", "news")}, "英文 摘录 转载"),
    ({"platforms": ("weibo", "wechat"), "families": ("wechat",)}, "英文 转载"),
    ({"platforms": ("weibo",), "families": ("wechat",)}, ""), ({"platforms": ("none",)}, ""),
    ({"units": (1,)}, "停水"), ({"units": (2, 1)}, "摘录 停水"), ({"units": (0,)}, "未筛 英文 演练 通报 转载"),
    ({"units": (0, 2)}, "未筛 英文 演练 通报 摘录 转载"), ({"units": (99,)}, ""),
    ({"towns": ("澜桥街道",)}, "通报 停水"), ({"place": "小区"}, "通报"), ({"place": " 澜桥 "}, "通报 停水"),
    ({"risks": ("高",)}, "停水"), ({"risks": ("中", "低")}, "摘录 转载"), ({"risks": ("无",)}, "英文 演练 通报"),
    ({"risks": ("高", "无")}, "英文 演练 通报 停水"),
    ({"sentiments": ("负面",)}, "停水"), ({"sentiments": ("不确定",)}, "转载"),
    ({"sentiments": ("未判断",)}, "未筛 演练"),
    ({"sentiments": ("中性", "正面")}, "英文 通报 摘录"),
    ({"topic": 1}, "转载 停水"), ({"topic": 2}, "转载 停水"), ({"topic": 9}, ""),
    ({"author": "匿名·a"}, "演练 停水"), ({"author": "匿名·b"}, ""), ({"author": "匿名·a", "words": "投诉"}, "停水"),
    ({"folded": True}, "未筛 英文 演练 通报 摘录 转载"), ({"folded": True, "platforms": ("weibo",)}, "未筛 演练 停水"),
    ({"end": date(2026, 2, 28), "start": date(2026, 2, 1)}, "上月"),
    ({"start": date(2026, 2, 26), "words": "二月 或 刚刚"}, "未筛 上月"),
    ({"words": "停水", "units": (1,), "risks": ("高",), "sentiments": ("负面",), "topic": 1}, "停水"),
])
def test_filters(town, fields, names):
    assert town.found(**fields) == names.split()


def test_marks_and_watches_are_asked_for_and_what_is_wrong_is_hidden(town, session):
    marks.flag(session, [town.ids["停水"], town.ids["演练"]], "starred", True, who="王敏", now=NOON)
    marks.flag(session, [town.ids["演练"], town.ids["摘录"]], "wrong", True, who="王敏", now=NOON)
    marks.flag(session, [town.ids["英文"]], "read", True, who="王敏", now=NOON)
    marks.flag(session, [town.ids["通报"]], "read", True, who="王敏", now=NOON)
    marks.flag(session, [town.ids["通报"]], "read", False, who="王敏", now=NOON)
    marks.assign(session, [town.ids["转载"]], 2, "李工", who="王敏", now=NOON)
    marks.comment(session, town.ids["停水"], "请核实", who="王敏", now=NOON)
    session.add(Watch(id=5, name="停水", query="停水", at=NOON))
    session.flush()
    session.add_all(WatchHit(watch_id=5, mention_id=town.ids[name]) for name in ("停水", "摘录"))
    session.commit()
    assert town.found() == ["未筛", "英文", "通报", "转载", "停水"]
    for asked, names in (
        (("starred",), "停水"), (("wrong",), "演练 摘录"), (("starred", "wrong"), "演练 摘录 停水"),
        (("read",), "英文"), (("assign",), "转载"), (("comment",), "停水"), (("unmarked",), "未筛 通报"),
        (("unmarked", "read"), "未筛 英文 通报"),
    ):
        assert town.found(marks=asked) == names.split()
        assert town.found(marks=asked, words="停水") == [n for n in names.split() if n != "英文"]
    assert town.found(assigned=(2,)) == ["转载"] and town.found(assigned=(1,)) == []
    assert town.found(watches=(5,)) == ["停水"] and town.found(watches=(5, 6), marks=("wrong",)) == ["摘录"]
    assert town.found(watches=(6,)) == []
    row = room.search(session, replace(MARCH, marks=("starred",))).rows[0]
    assert (row.marks, row.comments, row.watches) == (("starred", "comment"), 1, ("停水",))
    assert room.search(session, replace(MARCH, assigned=(2,))).rows[0].given == "水务局　李工"


def test_a_persons_word_on_sentiment_counts_before_what_was_found(town, session):
    corrections.correct(session, town.ids["转载"], corrections.SENTIMENT, "正面", who="王敏", now=NOON)
    corrections.correct(session, town.ids["摘录"], corrections.SENTIMENT, "负面", who="王敏", now=NOON)
    corrections.correct(session, town.ids["摘录"], corrections.SENTIMENT, "", who="王敏", now=NOON)
    session.commit()
    assert town.found(sentiments=("正面",)) == ["通报", "转载", "停水"], "a word on a text is one on its reprints"
    assert town.found(sentiments=("负面",)) == [] and town.found(sentiments=("中性",)) == ["英文", "摘录"]
    assert [row.sentiment for row in room.search(session, replace(MARCH, words="投诉")).rows] == ["正面", "正面"]
    counted = {one.name: one.number for one in room.facets(session, MARCH).sentiments}
    assert counted == {"负面": 0, "中性": 2, "正面": 3, "不确定": 0, "未判断": 2} and tuple(counted) == FEELINGS


def test_rows_say_what_a_list_shows(town, session):
    found = room.search(session, replace(MARCH, words="投诉 三天 或 停电"))
    by_name = {row.url.rsplit("/", 1)[1]: row for row in found.rows}
    row = by_name["停水"]
    assert (row.platform, row.family, row.source, row.author) == ("微博", "weibo", "weibo源", "匿名·a")
    assert (row.published_at, row.risk, row.band, row.risk_kind) == (NOON, 82, "高", "住房物业")
    assert (row.sentiment, row.confidence, row.place, row.town, row.unit) == (
        "负面", 0.9, "澜桥街道", "澜桥街道", "澜桥街道")
    assert (row.reprints, row.first_source, row.copy, row.topic) == (1, "weibo源", False, "澜桥停水")
    assert row.figures == {"likes": 30, "comments": 5, "reads": 12_000, "interaction": 35}
    assert [row.title[a:b] for a, b in row.title_spans] == ["三天"]
    assert row.excerpt == "居民投訴無門" and [row.excerpt[a:b] for a, b in row.excerpt_spans] == ["投訴"]
    assert by_name["转载"].copy and by_name["转载"].sentiment == "不确定" and by_name["转载"].first_source == "weibo源"
    assert by_name["通报"].excerpt_spans == ((4, 6),) and by_name["通报"].title_spans == ()
    unread = room.search(session, replace(MARCH, words="刚刚")).rows[0]
    assert (unread.risk, unread.band, unread.sentiment, unread.confidence) == (None, "", "未判断", None)


def test_sorting_and_paging(town, session):
    assert town.found(sort="risk") == ["停水", "转载", "摘录", "通报", "英文", "演练", "未筛"]
    # 热度 200 万 goes before 阅读 1.2 万, and that before one reprint.
    assert town.found(sort="reach", words="停水") == ["通报", "停水", "摘录", "转载", "未筛", "演练"]
    assert town.found(sort="risk", folded=True) == ["停水", "摘录", "通报", "英文", "演练", "未筛"]
    pages = [room.search(session, MARCH, "time", page, 3) for page in (1, 2, 3, 9)]
    assert [[row.url[-2:] for row in one.rows] for one in pages] == [
        ["未筛", "英文", "演练"], ["通报", "摘录", "转载"], ["停水"], ["停水"]]
    assert {(one.counted, one.pages, one.more) for one in pages} == {(7, 3, False)} and pages[3].page == 3
    with pytest.raises(BadInput, match="排序方式"):
        room.search(session, MARCH, "title")


def test_what_is_not_indexed_yet_is_said(town, session):
    town.say("新", "新的停水")
    session.commit()
    found = room.search(session, MARCH)
    assert found.waiting == 1 and found.counted == 7
    town.ready()
    found = room.search(session, MARCH)
    assert found.waiting == 0 and found.counted == 8


def test_counts_for_charts(town, session):
    found = room.facets(session, replace(MARCH, end=date(2026, 3, 2)))
    assert (found.counted, found.more) == (7, False)
    assert [(one.key, one.name, one.number) for one in found.platforms] == [
        ("weibo", "微博", 3), ("wechat", "微信", 2), ("liuyan", "领导留言板", 1), ("toutiao", "今日头条", 1)]
    assert {one.name: one.number for one in found.bands} == {"高": 1, "中": 1, "低": 1, "无": 3}
    assert tuple(one.name for one in found.bands) == BANDS
    assert [(one.key, one.name, one.number) for one in found.units] == [(1, "澜桥街道", 1), (2, "水务局", 1)]
    assert found.days == ((date(2026, 3, 1), 7), (date(2026, 3, 2), None)), "nothing was collected on the second"
    none = room.facets(session, replace(MARCH, words="没有的词"))
    assert none.counted == 0 and none.days[0] == (date(2026, 3, 1), 0) and none.platforms == ()


def test_of_what_is_common_the_newest_are_counted(town, session, monkeypatch):
    for number in range(60):
        town.say(f"n{number}", f"停电第{number}天", "投诉" if number % 10 == 0 else "",
                 at=NOON + timedelta(days=1 + number // 6, minutes=number), sense={"risk": number})
    town.ready()
    monkeypatch.setattr(mention_scope, "FEW", 20)
    monkeypatch.setattr(mention_scope, "STRIDE", 25)
    found = room.search(session, replace(MARCH, words="停电"), size=5)
    assert (found.counted, found.more, found.pages) == (20, True, 4)
    assert [row.url.rsplit("/", 1)[1] for row in found.rows] == ["n59", "n58", "n57", "n56", "n55"]
    assert room.search(session, replace(MARCH, words="停电"), page=4, size=5).rows[-1].title == "停电第40天"
    rare = room.search(session, replace(MARCH, words="停电 正文:投诉"), size=50)
    assert (rare.counted, rare.more) == (6, False), "the pieces themselves are rare"
    walked = room.search(session, replace(MARCH, words="停电 (正文:投诉 或 风险)", risks=("无", "低")), size=50)
    assert (walked.counted, walked.more) == (4, False)
    walked = room.search(session, replace(MARCH, risks=("无", "低", "中", "高"), words="-第5 -第4 -第3"), size=2)
    assert walked.more and walked.counted > 2 and walked.rows[0].title == "停电第29天", "until there are enough"
    few = room.search(session, replace(MARCH, words="停", units=(1,)))
    assert (few.counted, few.more) == (1, False), "what the filter names is rare"
    counted = room.facets(session, replace(MARCH, words="停电"))
    assert counted.more and counted.counted == 20 and counted.days[0] == (date(2026, 3, 9), 6)
    session.execute(update(Sense).where(Sense.mention_id == town.ids["n0"]).values(risk=99))
    by_risk = room.search(session, replace(MARCH, words="停电"), "risk", size=3)
    assert [row.risk for row in by_risk.rows] == [99, 59, 58], "also what is older, if it is among the gravest"
    assert by_risk.more and by_risk.counted == 21


def test_a_search_finds_what_a_watch_of_the_same_words_finds(session):
    """Random texts and queries, in every way of asking: with the index and without, common words and rare ones."""
    chance = random.Random(8)
    town = Town(session)
    district.keep(session, OURS, who="王敏", now=NOON)
    bits = ["停水", "停电", "水", "电表", "澜桥区", "人民路街道", "滨江公园", "云州市", "ａ1", "A", "，", " ", "@张三",
            "漢語", "汉", "\n"]
    words = ["停水", "停", "水停", "电表", "停水停电", "a1", "汉语", "标题:停水", "正文:电表", "@本区", "汉",
             "“水，停”", "停水 近2 电表", "正文:停水 近3 停电", "互动>=2", "平台:微博", "转载>=1", "“,”"]

    def query(depth: int = 0) -> str:
        kind = chance.random()
        if depth > 2 or kind < 0.4:
            return ("-" if chance.random() < 0.2 else "") + chance.choice(words)
        parts = [query(depth + 1) for _ in range(chance.randrange(2, 4))]
        return f"({(' ' if kind < 0.7 else ' 或 ').join(parts)})"

    for number in range(150):
        title, said = ("".join(chance.choices(bits, k=chance.randrange(1, 5))) for _ in range(2))
        said = chance.choice([said, "", title + said])
        town.say(str(number), title, said, platform=chance.choice(["weibo", "wechat"]),
                 figures={"likes": [chance.randrange(4), 0]} if chance.random() < 0.5 else {},
                 **({"fold_id": chance.choice(list(town.ids.values())), "fold_kind": "reprint"}
                    if number and chance.random() < 0.3 else {}))
    town.ready()
    rows = session.execute(select(Mention)).scalars().all()
    spread = reprints(session, [row.fold_id for row in rows])
    names = {code: name for code, name in session.execute(select(Platform.code, Platform.name))}
    items = {row.id: Item(row.title, row.text, "", row.platform, names[row.platform], figures={
        **({"interaction": row.figures["likes"][0]} if row.figures else {}), "reprints": spread[row.fold_id]})
        for row in rows}
    asked, met = 0, 0
    for few in (mention_scope.FEW, 3):
        mention_scope.FEW, kept = few, mention_scope.FEW
        try:
            for _ in range(150):
                typed = query()
                try:
                    watch = Watches({1: typed}, OURS)
                except BadInput:
                    continue  # what is forbidden alone is no watch
                expected = {id_ for id_, item in items.items() if watch.match(item)}
                hits = Asked(session, replace(MARCH, words=typed)).hits(enough=1_000)
                got = {row.mention_id for row in hits.rows}
                assert got <= expected and len(got) == min(len(expected), few), typed
                assert hits.more is (len(expected) > few), typed
                asked, met = asked + 1, met + len(expected)
        finally:
            mention_scope.FEW = kept
    assert asked > 150 and met > 1_000
    session.execute(text("DROP TABLE searchindex"))
    assert {row.mention_id for row in Asked(session, replace(MARCH, words="停水 -电表")).hits().rows} == {
        id_ for id_, item in items.items() if Watches({1: "停水 -电表"}, OURS).match(item)}


def test_a_filter_goes_into_the_address_and_back():
    full = MentionFilter(
        date(2026, 3, 1), date(2026, 3, 7), "停水 -演练", (1, 2), ("weibo",), ("wechat",), (0, 3), ("澜桥街道",),
        "小区", ("负面",), ("高", "中"), 7, ("starred", "unmarked"), (4,), "匿名·a", True)
    params = full.to_params()
    assert params["words"] == "停水 -演练" and params["units"] == "0,3" and params["folded"] == "1"
    assert MentionFilter.from_params(params | {"other": "x"}, date(2020, 1, 1), date(2020, 1, 2)) == full
    assert MentionFilter.from_params({}, MARCH.start, MARCH.end) == MARCH and hash(full) != hash(MARCH)
    assert MARCH.to_params() == {"start": "2026-03-01", "end": "2026-03-31"}
    assert set(MARKS) > {"starred", "wrong"} and "weibo" in FAMILIES
    for wrong, fault in (
        ({"start": "2026-13-01"}, "起始日期“2026-13-01”"), ({"topic": "x"}, "话题“x”"),
        ({"units": "1,y"}, "责任单位“1,y”"),
        ({"risks": "极高"}, "风险等级没有“极高”"), ({"marks": "x"}, "标记没有“x”"), ({"families": "x"}, "平台类别"),
        ({"sentiments": "x"}, "情感"), ({"words": "停水 或"}, "少了一个词"), ({"start": "2026-04-01"}, "晚于截止日期"),
    ):
        with pytest.raises(BadInput, match=fault):
            MentionFilter.from_params(wrong, MARCH.start, MARCH.end)


def test_texts_are_looked_for_until_a_page_is_full(town, session, monkeypatch):
    for number in range(40):
        of = {"fold_id": town.ids["n0"], "fold_kind": "reprint"} if number else {}
        town.say(f"n{number}", "停电", **of)
    town.ready()
    monkeypatch.setattr(mention_scope, "FEW", 45)
    monkeypatch.setattr(mention_scope, "STRIDE", 10)
    found = room.search(session, replace(MARCH, folded=True), size=3)
    assert [row.title for row in found.rows] == ["停电", "刚刚停水", "WiFi 12:30 坏了 C++"], "one in forty copies"


@pytest.mark.parametrize("start, end", [(date.min, date.max), (date.min, date.min), (date.max, date.max)])
def test_no_period_is_too_far(town, start, end):
    assert bool(room.search(town.session, MentionFilter(start, end, "停水")).counted) is (start < end)


def test_one_mention_with_all_that_is_known_of_it(town, session):
    id_ = town.ids["停水"]
    capture = Capture(source_id=1, request="https://x/list", fetched_at=NOON, status=200, sha256="ab", size=5,
                      media_type="text/html")
    session.add(capture)
    session.flush()
    session.execute(update(Mention).where(Mention.id == id_).values(capture_id=capture.id, locator="$.items[0]",
                                                                  details={"栏目": "民生"}, heat=90, heat_slack=5))
    session.execute(update(Sense).where(Sense.mention_id == id_).values(
        why="严重词“停水” +56", words=[["停水", 3, 5, "原文"]], place_why="写明了地点", unit_why="发生在澜桥街道",
        sentiment_words=[[10, 12, -1.5]]))
    session.add_all([Watch(id=5, name="停水", query="停水", at=NOON)])
    session.flush()
    session.add(WatchHit(watch_id=5, mention_id=id_, why="提到“停水”", spans=[["title", 3, 5]]))
    incidents = [Incident(title=title, level="blue", first_at=NOON, opened_at=NOON, updated_at=NOON, **more)
                 for title, more in (
                     ("停水事件", {}), ("并入的", {}), ("撤销的", {"withdrawn": "误报"}), ("移出的", {}))]
    session.add_all(incidents)
    session.flush()
    incidents[1].alias_of = incidents[0].id
    for one in incidents:
        session.add(IncidentMention(incident_id=one.id, mention_id=id_, at=NOON, key=one.title == "并入的",
                                    removed_at=NOON if one.title == "移出的" else None))
    marks.flag(session, [id_], "starred", True, who="王敏", now=NOON)
    marks.assign(session, [id_], 2, "李工", why="请核实", who="王敏", now=NOON + timedelta(hours=1))
    corrections.correct(session, id_, corrections.SENTIMENT, "中性", who="王敏", now=NOON)
    session.commit()
    one = room.one(session, id_, "投诉")
    assert one.whole[one.words[0][1] : one.words[0][2]] == "停水" and one.text == "居民投訴無門"
    assert one.shown.excerpt_spans == ((2, 4),) and one.shown.marks == ("starred", "assign")
    assert (one.sensed_at, one.why, one.place_why, one.unit_why) == (
        NOON, "严重词“停水” +56", "写明了地点", "发生在澜桥街道")
    assert (one.found, one.by.label, one.shown.sentiment, one.feelings) == ("负面", "中性", "中性", ((10, 12, -1.5),))
    assert one.hits == (room.Hit(5, "停水", "提到“停水”", (("title", 3, 5),)),)
    assert one.spread.reprints == 1 and one.spread.excerpts == 1
    assert [(deed.kind, deed.unit, deed.text) for deed in one.deeds] == [
        ("assign", "水务局", "李工，请核实"), ("starred", "", "")]
    assert [(held.title, held.key) for held in one.incidents] == [("停水事件", True)]
    assert (one.captured.request, one.captured.sha256, one.captured.source, one.captured.locator) == (
        "https://x/list", "ab", "weibo源", "$.items[0]")
    assert one.heat.mark == "≈" and one.figures["reads"].value == 12_000 and one.details == {"栏目": "民生"}
    assert not one.demo
    bare = room.one(session, town.ids["未筛"])
    assert bare.sensed_at is None and bare.captured is None and bare.hits == () and bare.shown.risk is None
    assert room.one(session, 999) is None


def test_what_is_gone_from_the_mentions_is_not_shown(town, session):
    session.execute(text("DELETE FROM sense WHERE mention_id = :id"), {"id": town.ids["英文"]})
    session.execute(text("DELETE FROM mention WHERE id = :id"), {"id": town.ids["英文"]})
    session.commit()
    assert [row.url for row in room.search(session, replace(MARCH, words="wifi")).rows] == []
    assert room.search(session, MARCH).waiting == 1
    search.keep(session, now=NOON)
    assert "英文" not in town.found()


def test_a_room_reads_nothing_but_what_it_is_asked(town, session):
    with db.snapshot() as reader:
        assert room.search(reader, MARCH).counted == 7
    assert session.execute(select(MentionMark)).first() is None
