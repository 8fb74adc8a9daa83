"""Watches: the grammar, what it finds, and the reasons that it gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.faults import BadInput
from core.opinion.watch import Item, Profile, Watches, parse, said

OURS = Profile("澜桥区", sure=("澜桥街道", "区人民医院澜桥院区"), doubtful=("人民路街道", "滨江公园"),
               cues=("云州市", "云州"))


def meets(query: str, title: str, text: str = "", **more) -> str:
    """The reason, "" where the item is not met."""
    found = Watches({7: query}, OURS).match(Item(title, text, **more))
    assert all(match.watch == 7 for match in found)
    return found[0].why if found else ""


@pytest.mark.parametrize("query, title, met", [
    ("停水", "小区停水了", True), ("停水 投诉", "小区停水了", False), ("停水 投诉", "停水，居民投诉", True),
    ("停水 或 停电", "突然停电", True), ("(停水|停电) 投诉", "停电投诉", True), ("停水 -演练", "停水演练", False),
    ("停水 不含 演练", "停水通知", True), ("停水 -(演练 或 通知)", "停水通知", False),
    ("停水 -\"停水 通知\"", "停水通知", True),
    ("“物业费上涨”", "物业费上漲", True), ("物业费", "物业 费", False), ("WIFI", "ｗｉｆｉ坏了", True),
    ("学生 近5 坠楼", "学生在校内坠楼", True), ("坠楼 近5 学生", "学生在校内坠楼", True),
    ("学生 近2 坠楼", "学生在校内坠楼", False), ("学生 近5 学生", "学生", False),
    ("标题:通报 停水", "通报", False), ("@本区 停水", "澜桥区停水", True), ("@本区 停水", "人民路街道停水", False),
    ("@本区 停水", "云州人民路街道停水", True), ("@本区 停水", "滨江公园旁人民路街道停水", True),
    ("@本区", "云州市", False),
    ("和谐 或者", "和谐，或者", True),
    ("(a 或 b) 和 (c 或 d)", "b d", True), ("19楼-3单元", "19楼-3单元漏水", True),
])
def test_queries(query, title, met):
    assert bool(meets(query, title)) is met


def test_fields_filters_and_figures():
    item = {"author": "澜桥小张", "platform": "微博", "source": "微博搜索", "places": ("澜桥街道",),
            "figures": {"reads": 12_000}}
    assert meets("标题:通报", "通报", "正文", **item) and not meets("标题:正文", "通报", "正文", **item)
    assert meets("正文:正文 平台:微博,抖音 地点:澜桥街道", "通报", "正文", **item)
    assert not meets("正文 平台:抖音", "通报", "正文", **item) and not meets("作者:小张", "通报", **item)
    assert meets("作者:澜桥小张 平台:微博", "通报", **item) == "作者符合方案；平台为微博"
    assert not meets("澜桥小张", "通报", **item) and meets("通报 -作者:小张", "通报", **item)
    assert meets("平台:政务微博", "通报", platform="weibo", platform_name="政务微博")
    assert meets("通报 阅读>=1万", "通报", **item)
    assert not meets("通报 阅读>=2万", "通报", **item) and not meets("通报 互动>=1", "通报", **item)
    assert meets("平台:微博 来源:搜索", "什么都行", **item)


def test_authors_are_compared_as_they_are_stored_on_their_platform():
    def hidden(name: str, platform: str) -> str:
        return f"{platform}/{name[::-1]}"

    found = Watches({1: "作者:张三", 2: "作者:张三 停水", 3: "停水"}, OURS, hidden)
    assert [match.watch for match in found.match(Item("停水", author="weibo/三张", platform="weibo"))] == [1, 2, 3]
    assert [match.watch for match in found.match(Item("停水", author="weibo/三张", platform="zhihu"))] == [3]
    assert found.match(Item("停电", author="weibo/三张", platform="weibo"))[0].spans == (("author", 0, 8),)


def test_why_it_matched_and_where():
    title, text = "澜橋區 停\u200b水三天", "居民：物業費上涨，没人管"
    queries = {1: "@本区 停水 (物业费 或 电费) -演练", 2: "天气", 3: "学生 近9 物业费"}
    found = Watches(queries, OURS).match(Item(title, text))
    assert [match.watch for match in found] == [1]
    assert found[0].why == "提到本区（澜桥区）；提到“停水”；提到“物业费”"
    held = {"title": title, "text": text}
    assert [held[name][start:end] for name, start, end in found[0].spans] == ["物業費", "澜橋區", "停\u200b水"]


@pytest.mark.parametrize("query, sentence", [
    ("@本区 (停水 或 停电) -演练", "提到本区，且提到“停水”或“停电”，且不提到“演练”"),
    ("学生 近15 坠楼 阅读>=1万", "“学生”与“坠楼”相距不超过 15 个字，且阅读不少于 10,000"),
    ("标题:通报 或 (平台:微博,抖音 停水)", "（标题提到“通报”，或平台为微博、抖音之一，且提到“停水”）"),
])
def test_a_query_can_be_read_back(query, sentence):
    assert said(parse(query)) == sentence


@pytest.mark.parametrize("query, message", [
    ("", "是空的"), ("   ", "是空的"), ("-演练", "只有要排除的"), ("停水 或", "少了一个词"),
    ("(停水", "少了右括号"), ("停水)", "多了一个右括号"), ("近15 坠楼", "“近”前面没有词"),
    ("学生 近15 ", "“近”后面没有词"), ("学生 近0 坠楼", "距离 0 不对"), ("标题:", "“标题:”后面没有词"),
    ("平台: 或 停水", "“平台:”后面没有内容"), ("停水 -", "没有要排除的词"), ("“”", "引号里是空的"),
    ("停水 > 3", "第 4 个字符“>”看不懂"), ("停水 或 -演练", "只有要排除的"), ("(" * 30 + "a" + ")" * 30, "套得太深"),
    ("a" * 3000, "太长"), (" ".join(f"w{n}" for n in range(300)), "300 个词"),
])
def test_what_cannot_be_read_is_said_where(query, message):
    with pytest.raises(BadInput, match=message):
        parse(query)


@given(st.lists(st.sampled_from(["停水", " ", "或 ", "-", "(", ")", "近3 ", "\"", "标题:", "@本区", "阅读>=3万",
                                 "平台:", "，", "&"]), max_size=12).map("".join), st.text(max_size=20))
def test_any_query_is_read_or_refused_in_chinese(query, title):
    try:
        tree = parse(query)
    except BadInput as fault:
        assert "关注词" in str(fault)
        return
    assert said(tree)
    Watches({1: tree}, OURS).match(Item(title, query))
