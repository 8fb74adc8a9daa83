"""The list of wrong and risky words, and finding them in texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.faults import BadInput
from core.opinion.terms import COLUMNS, Matcher, Term, matcher, read
from core.settings import CATALOG

LIST = (CATALOG / "terms.csv").read_text("utf-8")
HEAD = ",".join(COLUMNS)


def found(text: str) -> list[str]:
    return [hit.term.wrong for hit in matcher(LIST).find(text)]


def test_every_line_of_the_list_finds_its_word_and_spares_its_longer_ones():
    terms = read(LIST)
    assert len(terms) >= 60 and {term.kind for term in terms} == {"错别字", "规范表述", "涉敏"}
    for term in terms:
        assert found(f"文中写了{term.wrong}。") == [term.wrong]
        assert term.right == "" or term.wrong not in found(term.right), f"{term.right} would be found again"
        for longer in term.unless:
            assert term.wrong not in found(f"这里是{longer}。")


@pytest.mark.parametrize(("text", "words"), [
    ("延边朝鲜族自治州", []), ("延边鲜族", ["鲜族"]),
    ("搬运帐篷，转帐篷", []), ("网上转帐", ["转帐"]),
    ("农村长效机制", []), ("村长带头", ["村长"]),
    ("“帐号”应为“账号”", []), ("请“登录帐号”", ["帐号"]),
    ("某些人所称的“福摩萨岛”", []), ("福摩萨岛", ["福摩萨"]), ("“台湾”和福摩萨", ["福摩萨"]),
    ("\"中华民国总统\"", ["中华民国总统"]),
    ("在黄埔江边再接再励", ["黄埔江", "再接再励"]),
    ("", []),
])
def test_what_is_a_hit(text, words):
    assert found(text) == words


def test_a_hit_says_where_it_stands():
    text = "一二三四五六七八九十一二三四五黄埔江畔\n的晚霞"
    (hit,) = matcher(LIST).find(text)
    assert text[hit.start:hit.end] == "黄埔江" and hit.start == 15
    assert hit.around == "…四五六七八九十一二三四五【黄埔江】畔 的晚霞" and hit.term.right == "黄浦江"


def _term(wrong: str, *unless: str) -> Term:
    return Term(wrong, "", "错别字", "一般", unless, "照查", "", "测试")


@given(st.text("甲乙丙丁", max_size=40))
def test_hits_are_what_looking_at_every_place_finds(text):
    terms = [_term("甲乙", "丙甲乙", "甲乙丁"), _term("乙丙"), _term("甲乙丙甲")]
    spans = [(n, n + len(t.wrong), t) for n in range(len(text)) for t in terms if text.startswith(t.wrong, n)]
    spared = [(n, n + len(longer)) for n in range(len(text)) for t in terms for longer in t.unless
              if text.startswith(longer, n)]

    def within(a: int, b: int, others: list[tuple[int, int]]) -> bool:
        return any(c <= a and b <= d and (c, d) != (a, b) for c, d in others)

    left = [(a, b, t) for a, b, t in spans if not within(a, b, spared)]
    expected = {(a, b, t.wrong) for a, b, t in left if not within(a, b, [(c, d) for c, d, _ in left])}
    assert {(h.start, h.end, h.term.wrong) for h in Matcher(terms).find(text)} == expected


def line(**cells: str) -> str:
    whole = dict.fromkeys(COLUMNS, "") | {"wrong": "帐号", "right": "账号", "kind": "错别字", "level": "一般",
                                         "source": "词形表"} | cells
    return f"{HEAD}\n" + ",".join(whole.values()) + "\n"


@pytest.mark.parametrize(("text", "said"), [
    (line(kind="错字"), "kind 为“错字”，应为 错别字、规范表述、涉敏 之一"),
    (line(level=""), "level 为“”"),
    (line(quoted="是"), "quoted 为“是”，应为 （空）、任意、照查 之一"),
    (line(wrong=""), "wrong 为空"),
    (line(source=""), "source 为空，请填写依据"),
    (line(right="帐号"), "wrong 和 right 相同"),
    (line(unless="账号牌"), "unless 中的“账号牌”应是包含“帐号”的更长的词"),
    (line(note="甲,乙"), "应有 8 格，现有 9 格"),
    (line() + line().split("\n")[1] + "\n", "第 3 行：“帐号”重复"),
    ("wrong,right\n帐号,账号\n", "表头应为 wrong、right、kind"),
])
def test_a_line_that_cant_be_used_is_named(text, said):
    with pytest.raises(BadInput) as refused:
        read(text, "词.csv")
    assert said in str(refused.value) and "词.csv" in str(refused.value)


def test_a_list_saved_by_excel_is_read():
    assert [term.wrong for term in read("\ufeff" + line().replace("\n", "\r\n"))] == ["帐号"]
