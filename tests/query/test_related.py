"""What has to do with a mention, each with its reason."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from core import clock, marks, search
from core.models import Mention, Sense, Source, Topic
from core.query import related as room
from core.query.related import KINDS, related

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)


class Said:
    """Mentions by name, one a minute, indexed."""

    def __init__(self, session) -> None:
        self.session, self.ids = session, {}
        self.source = Source(key="s", name="微博搜索", collector="page", platform="weibo")
        session.add(self.source)
        session.flush()

    def say(self, name: str, title: str, said: str = "", *, sense: dict | None = None, **more) -> int:
        at = NOON + timedelta(minutes=len(self.ids))
        made = Mention(source_id=self.source.id, external_id=name, platform="weibo", title=title, text=said,
                       published_at=at, day=clock.day_of(at), first_seen_at=at, last_seen_at=at, **more)
        self.session.add(made)
        self.session.flush()
        self.ids[name] = made.id
        self.session.add(Sense(mention_id=made.id, at=at, **(sense or {})))
        return made.id

    def found(self, name: str, limit: int = room.SHOWN) -> dict[str, dict[str, str]]:
        """By kind: why, by name."""
        self.session.commit()
        while search.keep(self.session, now=NOON):
            pass
        names = {id_: name for name, id_ in self.ids.items()}
        return {group.kind: {names[row.mention_id]: row.why for row in group.rows}
                for group in related(self.session, self.ids[name], limit)}


@pytest.fixture
def said(session) -> Said:
    return Said(session)


def test_what_nothing_has_to_do_with_stands_alone(said):
    said.say("一", "居民反映停水")
    said.say("二", "天气晴好")
    assert said.found("一") == {} and related(said.session, 999) == ()


def test_one_event_one_author_and_copies(said, session):
    topic = Topic(title="澜桥停水", first_at=NOON, last_at=NOON)
    session.add(topic)
    session.flush()
    first = said.say("首发", "甲", topic_id=topic.id, author="匿名·a")
    session.get(Mention, first).fold_id = first
    for name, kind, title in (("转载", "reprint", "乙"), ("再转", "reprint", "丙"), ("摘录", "excerpt", "丁"),
                              ("又摘", "excerpt", "戊")):
        said.say(name, title, fold_id=first, fold_kind=kind)
    said.say("同题", "己", topic_id=topic.id)
    said.say("同人", "庚", author="匿名·a")
    said.say("他人", "辛", author="匿名·b")
    found = said.found("首发")
    assert list(found) == ["topic", "copies", "author"] and set(found) <= set(KINDS)
    assert found["topic"] == {"同题": "与本条同属话题“澜桥停水”"}
    assert found["author"] == {"同人": "与本条由同一平台上的同一发布者发布"}
    assert list(found["copies"].items()) == [
        ("又摘", "摘录了本条的内容"), ("摘录", "摘录了本条的内容"), ("再转", "转载了本条"), ("转载", "转载了本条")]
    one = "与本条同文，其中一条是摘录"
    assert said.found("转载")["copies"] == {
        "又摘": one, "摘录": one, "再转": "与本条是同一篇的转载", "首发": "本条是它的转载"}
    assert said.found("摘录")["copies"] == {
        "又摘": "与本条出自同一篇，各有摘录", "再转": one, "转载": one, "首发": "本条摘录了它的内容"}
    marks.flag(session, [said.ids["同题"], said.ids["同人"], said.ids["再转"]], "wrong", True, who="王敏", now=NOON)
    found = said.found("首发")
    assert list(found) == ["copies"] and "再转" not in found["copies"]


@pytest.mark.parametrize("code", ["310115123", ""])
def test_one_place(said, code):
    there = {"place": "川沙新镇某小区", "town": "川沙新镇", "place_code": code}
    said.say("甲", "其一", sense=there)
    said.say("乙", "其二", sense=there)
    said.say("丙", "其三", sense=there | {"place": "川沙新镇别处"})
    said.say("丁", "其四", sense=there | {"town": "别的镇"})
    assert said.found("甲") == {"place": {"乙": "与本条都发生在川沙新镇某小区"}}


def test_a_whole_district_is_no_place_that_relates(said):
    for name in ("甲", "乙"):
        said.say(name, f"其{name}", sense={"place": "浦东新区", "place_code": "310115"})
    assert said.found("甲") == {}


def test_the_same_rare_words(said, session, monkeypatch):
    topic = Topic(title="厂房", first_at=NOON, last_at=NOON)
    session.add(topic)
    session.flush()
    said.say("厂房", "川沙新镇一厂房起火", "現場濃煙滾滾，消防员赶到", topic_id=topic.id)
    said.say("后续", "厂房为何起火，消防员说了什么")
    said.say("繁体", "廠房起火", "")
    said.say("别处", "消防员的一天")
    said.say("同题", "厂房起火", topic_id=topic.id)
    for number in range(12):
        said.say(f"常见{number}", "厂房很多")
    found = said.found("厂房")
    assert found["words"] == {"后续": "与本条都提到“消防员”“起火”“厂房”", "别处": "与本条都提到“消防员”",
                              "繁体": "与本条都提到“起火”“厂房”"}, "rarest first; of the same event elsewhere"
    assert list(found["topic"]) == ["同题"]
    monkeypatch.setattr(room, "COMMON", 4)
    assert list(said.found("厂房")["words"]) == ["别处", "后续"], "起火 is common now"


def test_only_so_many_are_shown(said):
    for number in range(6):
        said.say(str(number), f"第{number}条", author="匿名·a")
    assert list(said.found("0", 3)["author"]) == ["5", "4", "3"]
    shown = {limit: related(said.session, said.ids["0"], limit)[0] for limit in (4, 5)}
    assert shown[4].more and not shown[5].more and shown[4].name == "同一发布者"
    row = shown[4].rows[0]
    assert (row.title, row.source, row.platform) == ("第5条", "微博搜索", "微博")
    assert row.published_at == NOON + timedelta(minutes=5)


def test_without_an_index_of_pieces_the_same_is_found(said):
    said.say("甲", "消防员赶到厂房", author="匿名·a")
    said.say("乙", "厂房里的消防员", author="匿名·a")
    said.say("丙", "别的", author="匿名·c")
    before = said.found("甲")
    assert set(before) == {"words", "author"}
    said.session.execute(text("DROP TABLE searchindex"))
    said.session.commit()
    assert said.found("甲") == before
