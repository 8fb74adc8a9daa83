"""What a person types to search: read, tidied, kept as a watch, cut into pieces, marked where it stands."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.faults import BadInput
from core.opinion import watch
from core.opinion.normal import normal
from core.opinion.search_query import (
    ASKED,
    EXCERPT,
    MARKED,
    Either,
    Every,
    Pair,
    as_watch,
    asked,
    excerpt,
    local,
    looked_for,
    near,
    needed,
    pieces,
    read,
    said,
    spans,
    tidy,
)
from core.opinion.watch import All, Any_, Item, Not, Profile, Watches, Word

OURS = Profile("澜桥区", sure=("澜桥街道",), doubtful=("人民路街道", "滨江公园"), cues=("云州市",))


@pytest.mark.parametrize("typed, tree", [
    ("停水", Word("停水")), ("", None), ("　 ", None), ('"', None), ("Ｗｉ－Ｆｉ", Word("wi-fi")),
    ("停水 停电", All((Word("停水"), Word("停电")))), ("停水　停电", All((Word("停水"), Word("停电")))),
    ("停水 或 停电", Any_((Word("停水"), Word("停电")))), ("停水|停电", Any_((Word("停水"), Word("停电")))),
    ("停水 -演练", All((Word("停水"), Not(Word("演练"))))), ("-演练", Not(Word("演练"))),
    ("-停水 或 -演练", Any_((Not(Word("停水")), Not(Word("演练"))))),
    ("-停水 -演练", All((Not(Word("停水")), Not(Word("演练"))))),
    ("“小区停水 三天”", Word("小区停水 三天")), ('停水 "三天', All((Word("停水"), Word("三天")))),
    ("（停水 或 停电）投诉", All((Any_((Word("停水"), Word("停电"))), Word("投诉")))),
    ("12:30 停水", All((Word("12:30"), Word("停水")))),
    ("【通报】关于停水：说明", Word("【通报】关于停水:说明")), ("A&B", Word("a&b")), ("x>5", Word("x>5")),
    ("停水 & 停电", All((Word("停水"), Word("停电")))), ("標題：停水", Word("标题:停水")),
    ("标题：停水", Word("停水", "title")), ("标题:12:30", Word("12:30", "title")),
    ("标题:\"停水 通知\"", Word("停水 通知", "title")), ("-标题:a:b", Not(Word("a:b", "title"))),
    ("互动>=1万", watch.AtLeast("interaction", 10_000)), ("互动＞＝1万", watch.AtLeast("interaction", 10_000)),
    ("平台:微博,抖音", watch.Among("platform", ("微博", "抖音"))),
    ("学生 近15 坠楼", watch.Near(Word("学生"), Word("坠楼"), 15)), ("@本区", watch.District()),
])
def test_what_is_typed_is_read_as_it_is_meant(typed, tree):
    assert read(typed) == tree


@pytest.mark.parametrize("typed, fault", [
    ("停水 或", "第 5 个字符处：这里少了一个词"), ("(停水", "少了右括号"), ("-", "没有要排除的词"),
    ("https://t.cn/abc", "是链接"), ("停水 " * 1_000, "太长"), ("近5 停水", "“近”前面没有词"),
    ("“”", "引号里是空的"),
])
def test_what_cannot_be_read_says_what_to_write(typed, fault):
    with pytest.raises(BadInput, match=re.escape(fault)) as caught:
        read(typed)
    assert "关注词" not in str(caught.value)


def test_a_search_is_kept_as_a_watch_that_asks_for_the_same():
    assert as_watch("【通报】：停水 或 -演练 停电") == '"【通报】:停水" 或 -演练 停电'
    for typed in ("停水 -演练", "【通报】：停水", "“小区停水 三天", "标题：停水 近5 通知 平台:微博"):
        assert watch.parse(as_watch(typed)) == read(typed)
        assert tidy(as_watch(typed)) == as_watch(typed), "tidied once and for all"
    for nothing in ("", "-演练"):
        with pytest.raises(BadInput):
            as_watch(nothing)
    assert said("停水 -演练") == "提到“停水”，且不提到“演练”" and said(" ") == ""


WORDS = st.sampled_from(["停水", "停", "水电", "a:b", "12:30", "-", "或", "|", "(", ")", '"', "“", " ", "标题:", "近3",
                         "@本区", "互动>=2", ">", "&", "平台:微博", "不含", "：", "和", "NOT", "正文：", "作者:李"])


@given(st.lists(WORDS, max_size=9).map(" ".join) | st.lists(WORDS, max_size=9).map("".join) | st.text(max_size=20))
def test_whatever_is_typed_is_read_or_refused_in_chinese(typed):
    try:
        tree = read(typed)
    except BadInput as fault:
        assert re.search("[一-龥]", str(fault))
        return
    if tree is not None:
        needed(local(tree, OURS))
        assert read(tidy(typed)) == tree


def test_the_district_stands_for_its_names():
    tree = local(read("@本区 -(停水 或 @本区)"), OURS)
    assert tree.parts[0] == Any_((
        Word("澜桥区"), Word("澜桥街道"), All((Any_((Word("人民路街道"), Word("滨江公园"))), Any_((Word("云州市"),)))),
        Pair((Word("人民路街道"), Word("滨江公园")))))
    assert local(read("@本区"), Profile("")) == Any_(())
    assert needed(local(read("@本区"), Profile(""))) is None
    assert {word.text for word in looked_for(tree)} == {"澜桥区", "澜桥街道", "人民路街道", "滨江公园", "云州市"}


def test_pieces():
    assert set(pieces("停水3天,a_b")) == {"停", "水", "3", "天", "a", "b", "停水", "水3", "3天"}
    assert pieces("。！ ") == []
    assert asked("停水三天") == ("停水", "水三", "三天") and asked("水") == ("水",) and asked("3.15") == ("3", "15")
    assert asked("😂。") == ()
    long = asked("".join(map(chr, range(0x4E00, 0x4F00))))
    assert len(long) == ASKED and long[0] == "\u4e00\u4e01" and long[-1] == "\u4efe\u4eff"


@pytest.mark.parametrize("typed, what", [
    ("停水", "停水"), ("停水 投诉", Every(("停水", "投诉"))), ("小停水 投诉", Every(("小停", "停水", "投诉"))),
    ("停水 或 停电", Either(("停水", "停电"))), ("停水 (停电 或 😂)", "停水"), ("停水 -演练", "停水"), ("-演练", None),
    ("停水 或 平台:微博", None), ("停水 或 小停电", Either(("停水", Every(("小停", "停电"))))),
    ("学生 近5 坠楼", Every(("学生", "坠楼"))), ("作者:李", None), ("停水 平台:微博 互动>=1", "停水"), ("😂", None),
])
def test_what_the_index_can_say(typed, what):
    assert needed(read(typed)) == what


LETTERS = st.text("停水电ab1 ,。😂", max_size=12)


@given(LETTERS, st.lists(LETTERS.filter(str.strip), min_size=1, max_size=4))
def test_a_text_that_meets_a_search_has_the_pieces_that_are_needed(text, words):
    tree = All(tuple(Any_((Word(normal(word).text), Word(normal(other).text)))
                     for word, other in zip(words, words[1:] + words[:1], strict=True) if normal(word).text.strip()))
    held = set(pieces(normal(text).text))

    def has(what) -> bool:
        match what:
            case Every(parts):
                return all(map(has, parts))
            case Either(parts):
                return any(map(has, parts))
        return what is None or what in held

    if all(any(word.text in normal(text).text for word in part.parts) for part in tree.parts):
        assert has(needed(tree))


def test_nearness_is_that_of_watches():
    for text, one, other, reach in (
        ("学生在校内坠楼", "学生", "坠楼", 3), ("学生在校内坠楼", "学生", "坠楼", 2),
        ("坠楼的是学生", "学生", "坠楼", 2),
        ("学生", "学生", "学生", 5), ("a.c与axc", "a.c", "axc", 1), ("c++很c#", "c++", "c#", 1),
    ):
        met = bool(Watches({1: f'"{one}" 近{reach} "{other}"'}, OURS).match(Item(text)))
        assert bool(re.search(near(one, other, reach), text)) is met, text


def test_words_are_marked_in_the_text_as_it_was_written():
    text = "【曝光】幼兒園\u200b食\u200b物\u200b中毒，ＷＩＦＩ 也壞了，食物中毒"
    words = tuple(looked_for(read("食物中毒 或 wifi -幼儿园 标题:曝光")))
    found = spans(normal(text), words, "text")
    assert [text[start:end] for start, end in found] == ["食\u200b物\u200b中毒", "ＷＩＦＩ", "食物中毒"]
    assert next(text[a:b] for a, b in spans(normal(text), words, "title")) == "曝光"
    assert spans(normal("停水停"), (Word("停水"), Word("水停")), "text") == ((0, 3),), "none over another"
    assert len(spans(normal("停水。" * 500), (Word("停水"),), "text")) == MARKED


def test_excerpts_show_the_first_place():
    text = "一" * 200 + "\n停水了" + "二" * 200
    found = excerpt(text, spans(normal(text), (Word("停水"),), "text"))
    assert found.text[0] == found.text[-1] == "…" and "\n" not in found.text and len(found.text) == EXCERPT + 2
    assert [found.text[start:end] for start, end in found.spans] == ["停水"]
    assert excerpt("停水了三天", ((0, 2),), 3).text == "三天", "what stands before is shown elsewhere"
    assert excerpt("停水了三天", ((2, 4),), 3) == excerpt("停水了三天", ((2, 4),), 2)
    assert excerpt("", ()).text == "" and excerpt("停水", (), 2).text == ""
    assert excerpt("停水", ()).spans == ()


@given(LETTERS, LETTERS.filter(str.strip), st.integers(0, 12))
def test_spans_of_an_excerpt_hold_what_is_marked(text, word, begin):
    form = normal(word).text.strip()
    found = spans(normal(text), (Word(form),) if form else (), "text")
    piece = excerpt(text, found, min(begin, len(text)))
    for start, end in piece.spans:
        assert 0 <= start < end <= len(piece.text)
        assert piece.text[start:end] in re.sub(r"\s", " ", text)
