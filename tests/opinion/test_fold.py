"""Reprints: what is one text, what is not, and that candidates are found by their keys."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.opinion.fold import Folds, Joined, kin, signature, signatures

NEWS = (
    "江苏省统计局今日发布消息称，上半年全省经济运行总体平稳、稳中有进，地区生产总值同比增长5.7%，高于全国0.4个百分点，"
    "其中第三产业增加值增长6.1%，固定资产投资保持稳定增长，居民人均可支配收入实际增长5.2%。"
)
OTHER = (
    "区水务局通知，因东街主管道检修，明日八时至二十时沿线居民小区停水，请提前储水。恢复供水初期水质可能发黄，"
    "放水数分钟后即可正常使用，如有疑问请拨打二十四小时服务热线。"
)
COPIES = {
    "source line": "【快讯】" + NEWS + "（来源：新华日报）",
    "truncated": NEWS[: int(len(NEWS) * 0.6)],
    "edited": NEWS.replace("总体平稳", "整体平稳").replace("地区生产总值", "GDP"),
    "link and tag": "#江苏经济半年报# " + NEWS + " http://t.cn/A6abc",
    "reordered": NEWS[60:] + NEWS[:60],
}


@pytest.mark.parametrize("name", COPIES)
def test_a_reprint_is_the_same_text_and_shares_a_key(name):
    copy = COPIES[name]
    assert kin(NEWS, copy) == kin(copy, NEWS) == "reprint"
    assert set(signature(NEWS)) & set(signature(copy))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (NEWS, OTHER),
        ("国内金饰价格涨破每克1190元创历史新高", "国内金饰价格涨破每克1280元创历史新高"),
        ("今日停水通知", "今日停电通知"),
        ("东街明日停水检修请居民储水", NEWS + "东街明日停水检修请居民储水" + OTHER),
        ("", ""),
        ("！！！", "。。。"),
    ],
)
def test_other_news_is_not_folded(a, b):
    assert kin(a, b) is None


def test_short_texts_are_folded_only_when_their_letters_are_equal():
    assert kin("高市早苗当选！", "高市早苗 当選") == "reprint"
    assert signature("高市早苗当选！") == signature("高市早苗 當選")
    assert kin("高市早苗当选", "高市早苗落选") is None
    assert signature("") == [] and len(signature("停水")) == 1


def test_keys_fit_a_signed_64_bit_column_and_do_not_change_between_processes():
    keys = signature(NEWS)
    assert len(keys) > 24 and all(-(2**63) <= key < 2**63 for key in keys)
    # Stored keys outlive the process: another value here would orphan every stored text.
    assert (signature("停水"), keys[0], keys[23], keys[24]) == EXPECTED


EXPECTED = ([8261065342880987579], 3870741677211911463, 3048448774483834843, -5376164837383658857)


def test_folding_finds_the_first_copy_and_keeps_others_apart():
    folds = Folds()
    assert folds.add(1, NEWS) == Joined(1, None)
    assert folds.add(2, OTHER).first == 2
    joined = [folds.add(n, copy) for n, copy in enumerate(COPIES.values(), 3)]
    assert {(one.first, one.kind) for one in joined} == {(1, "reprint")}
    assert folds.add(9, "今日停水").first == 9


def test_a_text_within_a_much_longer_one_is_an_excerpt():
    words = [f"第{n}项安排由各街道{chr(0x4E00 + n * 37)}{chr(0x5E00 + n * 91)}组织落实" for n in range(14)]
    piece = NEWS + "记者从会上获悉，下一步将继续做好稳就业工作，重点支持中小企业。"
    whole = piece + OTHER + "。".join(words)
    assert kin(piece, whole) == kin(whole, piece) == "excerpt"
    assert kin(NEWS[:50], whole) is None
    folds = Folds()
    folds.add(1, whole)
    assert folds.add(2, piece) == Joined(1, "excerpt")


# Posts of 央视新闻, 2020.
QUAKE = (
    "【#成都5.1级地震# 盼平安！】中国地震台网正式测定：今日00时05分在四川成都市青白江区（北纬30.74度，东经104.46度）"
    "发生5.1级地震，震源深度21千米。 你有震感吗？ #成都地震#"
)
SUNSET = (
    "#医生为病人停下欣赏日落#【落日余晖下的这个瞬间，刻骨铭心转发！存下！】武大人民医院东院，上海复旦大学附属中山医院援鄂医疗队队员"
    "刘凯医生在护送病人做CT途中，停下来，让已经住院近一个月的87岁老先生欣赏了一次久违的日落……落日余晖下的两个身影，好暖"
    "（总台央视记者王殿甲）"
)
COMMENT = (
    "加油！平安！//@SCIband科学索引乐队: 我的同门师弟刘凯，本科毕业于四川大学华西临床医学院的呼吸治疗系，现就职于复旦"
    "大学附属中山医院，目前正在支援武汉！加油，等你平安归来！！一起约火锅呀！,"
)
COUNCIL = (
    "【#国务院常务会议提出防止大规模裁员#】今天，国务院常务会议要求：①分类有序推动复工复产。②推动重点医疗防控物资企业尽快达产，"
    "确保一线防控需要。③有序组织务工人员返岗。④各地各部门要建立帮扶机制，纾解企业特别是民营、小微企业困难。"
)
REPLY = (
    "说说我自己的看法：疫情这么久了，我们店从正月关到现在，房租一分没少，员工的工资还要照发，上个月去街道问，窗口的人倒是客气，登记了一遍"
    "就让回家等通知。隔壁理发店老板娘说她也登记了，没有下文。真心希望政策能落到我们这种小店头上，别光是大企业受益，拜托各级领导也下来走走看看。"
    "另外能不能把申请的材料写清楚一点，我爸妈六十多了看不懂那些表，跑了三趟都说缺一样。不是抱怨，就是希望有人听见。"
)
HEADLINES = (
    "男子变现2公斤金条净赚100万", "两地出1000万大奖 中奖者为同一人", "一组数据看牢牢端稳的“中国饭碗”",
    "致8名中国公民死亡！缅北魏家案详情披露", "日本媒体称赞王楚钦气魄", "医院300万预算1000元中标：暂停采购",
    "开拓者再负勇士 杨瀚森9分6板", "国台办回应歌曲《没出息》爆红两岸",
)


def test_a_forwarded_post_under_a_short_comment_is_a_reprint_and_under_a_long_one_a_quotation():
    assert kin(SUNSET, "转发微博//@央视新闻:" + SUNSET) == "reprint"
    assert kin(SUNSET, COMMENT + SUNSET) == "reprint"
    assert kin(COUNCIL, REPLY + "//@央视新闻:" + COUNCIL) == "excerpt"
    folds = Folds()
    folds.add(1, COUNCIL)
    assert folds.add(2, REPLY + "//@央视新闻:" + COUNCIL) == Joined(1, "excerpt")
    assert folds.add(3, "转//@央视新闻:" + COUNCIL) == Joined(1, "reprint")


def test_a_digest_of_the_day_is_no_copy_of_its_pieces():
    pieces = [QUAKE, SUNSET, COUNCIL, NEWS, OTHER]
    lines = [f"{n}. {piece}" for n, piece in enumerate([*pieces, *HEADLINES], 1)]
    digest = "【新闻早班车】" + "；".join(lines) + "。以上就是今天的早班车。"
    folds = Folds()
    for n, piece in enumerate(pieces, 1):
        assert folds.add(n, piece) == Joined(n, None)
    assert folds.add(7, digest).kind is None
    assert folds.add(8, QUAKE + "（转）") == Joined(1, "reprint")


def test_a_list_of_headlines_is_no_copy_of_them_nor_they_of_it():
    board = "微博热搜榜：" + " ".join(f"{n}、{title}" for n, title in enumerate(HEADLINES, 1))
    assert [kin(title, board) for title in HEADLINES] == [None] * len(HEADLINES)
    changed = "微博热搜榜：" + " ".join(f"{n}、{title}" for n, title in enumerate(HEADLINES[::-1], 1))
    assert kin(board, changed) == "reprint", "the same headlines in another order"
    assert kin(board, "微博热搜榜：" + " ".join(HEADLINES[:2]) + OTHER) is None


def test_what_is_said_in_one_pattern_is_told_apart_by_what_stands_in_its_places():
    preview = (
        "【直播！#国务院联防联控机制举行新闻发布会#】今天下午，国务院联防联控机制在北京召开新闻发布会，{}。关注！"
        "（总台央视记者李雯婷）"
    )
    jobs = preview.format("介绍有序推动各类企业复工复产和稳岗就业工作情况，并答记者问")
    market = preview.format("请海关总署、国家移民管理局有关司局负责人回答媒体提问")
    assert kin(jobs, market) is None and kin(jobs, "转发//" + jobs) == "reprint"
    daily = (
        "4月{}日0—24时，31个省（自治区、直辖市）和新疆生产建设兵团报告新增确诊病例{}例，其中{}例为境外输入病例，{}例为本土病例；"
        "新增死亡病例1例；新增疑似病例{}例，均为境外输入病例。"
    )
    third, fifth = daily.format(3, 19, 18, 1, 11), daily.format(5, 39, 38, 1, 10)
    assert kin(third, fifth) is None
    assert kin(third, "【转发】" + third) == "reprint"
    undated = daily.replace("4月{}日", "{}日")
    assert kin(undated.format(3, 19, 18, 1, 11), undated.format(5, 39, 38, 2, 10)) is None


def test_many_at_once_are_as_one_by_one_however_many_are_kept():
    texts = [f"{NEWS[n % 20 :]}{chr(0x4E00 + n * 7)}{chr(0x5000 + n * 13)}" for n in range(60)]
    others = ["".join(chr(0x4E00 + (n * 7919 + place * place * 31) % 20000) for place in range(80))
              for n in range(1500)]
    items = list(enumerate([*texts, *others, *(text + "（转）" for text in others), "", "停水", "停水"]))
    assert signatures([text for _, text in items]) == [signature(text) for _, text in items]
    one, many = Folds(), Folds()
    expected = [one.add(number, text) for number, text in items]
    assert many.add_many(items) == expected
    assert [joined.first for joined in expected[60:3060]] == [*range(60, 1560), *range(60, 1560)]
    assert expected[-1] == Joined(3061, "reprint") and expected[-3] == Joined(3060, None)
    assert one.add(9_000, NEWS).first == 0


def test_state_rebuilt_from_first_copies_goes_on_as_before():
    before = Folds()
    before.add(1, NEWS)
    before.add(2, OTHER)
    after = Folds([(1, NEWS), (2, OTHER)])
    for n, copy in enumerate([*COPIES.values(), "另一条新闻", OTHER + "（转）"], 10):
        assert after.add(n, copy) == before.add(n, copy)


@settings(max_examples=60)
@given(st.text(max_size=200), st.text(max_size=200))
def test_sameness_is_symmetric_and_equal_texts_share_every_key(a, b):
    assert kin(a, b) == kin(b, a)
    assert signature(a) == signature(a + " ！")
    if signature(a):
        assert kin(a, a) == "reprint"
