"""What a demand is about and what it asks for: by what the file states, else by its words, with the reason."""

import pytest

from core import labels
from core.opinion.demand_fields import OTHER, Category, Scheme, kind_of, scheme


@pytest.mark.parametrize(("title", "text", "field"), [
    ("12号楼电梯困人", "电梯停运多日，物业没有处理", "住房城建/电梯"),
    ("物业费上涨", "物业公司没有召开业主大会", "住房城建/物业管理"),
    ("工地夜间施工", "凌晨打桩，噪音扰民", "生态环境/噪声"),
    ("连续停水", "自来水停了两天，水压也不足", "市政公用/供水"),
    ("工资没发", "包工头拖欠工资三个月", "劳动就业/欠薪"),
    ("今天天气很好", "", OTHER),
])
def test_words_tell_the_field(title, text, field):
    told = scheme().tell(title, text)
    assert told.value == field
    assert (told.sure > 0 and told.why.startswith("用词")) if field != OTHER else told.sure == 0


def test_of_two_fields_the_other_is_named_and_lowers_how_sure_it_is():
    alone = scheme().tell("电梯困人", "电梯故障，电梯停运")
    both = scheme().tell("电梯困人", "电梯故障，也举报物业费上涨、业委会违规")
    assert alone.sure == 1.0 and both.value == "住房城建/电梯"
    assert both.sure < alone.sure and "其次像“住房城建/物业管理”" in both.why


@pytest.mark.parametrize(("said", "field"), [
    ("城建/物业服务", "住房城建/物业管理"), ("交通出行>停车", "交通出行/停车"), ("拖欠工资", "劳动就业/欠薪"),
    ("住房城建/电梯", "住房城建/电梯"),
])
def test_what_the_file_states_goes_before_words(said, field):
    told = scheme().tell("连续停水", "自来水停了", ["投诉", said])
    assert (told.value, told.sure) == (field, 1.0) and said in told.why


def test_an_area_alone_makes_a_category_of_it_surer_and_none_of_another():
    assert scheme().tell("路口", "修路", ["交通出行"]).sure >= 0.7
    assert scheme().tell("连续停水", "", ["交通出行"]).value == "市政公用/供水"


@pytest.mark.parametrize(("title", "text", "said", "kind"), [
    ("停水", "", ["求助"], "求助"), ("停水", "", ["咨询类"], "咨询"), ("停水", "", ["意见建议"], "建议"),
    ("建议增设公交站", "", [], "建议"), ("请问居住证如何办理", "", [], "咨询"), ("举报无证餐饮", "", [], "举报"),
    ("噪音扰民", "", [], "投诉"), ("特此感谢社区", "", [], "表扬"), ("春天", "", [], "其他"),
])
def test_kinds(title, text, said, kind):
    assert kind_of(title, text, said).value == kind in labels.DEMAND_KINDS


def test_the_packaged_scheme_says_where_it_comes_from_and_contradicts_nothing():
    held = scheme()
    assert "领导留言板" in held.source and len(held.categories) > 40
    for one in held.categories:
        assert not set(one.strong) & set(one.words), one.key
        assert held.stated([one.key]).value == one.key


def test_a_category_twice_is_refused():
    with pytest.raises(ValueError, match="twice"):
        Scheme([Category("甲", "乙", (), ("词",), ())] * 2)
