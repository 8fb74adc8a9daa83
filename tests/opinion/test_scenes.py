"""Where it happened, and which places are merely named."""

import random

import pytest

from core.opinion.places import Gazetteer
from core.opinion.scenes import Event, addresses, event_place


@pytest.fixture(scope="module")
def jiangning() -> Gazetteer:
    return Gazetteer.load("320115")


def happened(gazetteer: Gazetteer, text: str) -> Event | None:
    return event_place(text, gazetteer.find(text))


@pytest.mark.parametrize(("text", "where", "named", "why"), [
    ("新华社北京1月2日电 南京市江宁区东山街道一小区发生火灾", "东山街道", "北京市", "电头里的发稿地"),
    ("据新华社北京电，甘肃积石山发生6.2级地震", "积石山保安族东乡族撒拉族自治县", "北京市", "电头里的发稿地"),
    ("中新社杭州十二月四日电(记者某某)今日，宁波市海曙区一仓库起火", "海曙区", "杭州市", "电头里的发稿地"),
    ("【南京一商场起火】ip属地：上海", "南京市", "上海市", "只是作者的网络属地"),
    ("发布于 上海 江宁这边的路又堵了", "江宁区", "上海市", "只是作者的网络属地"),
    ("我来自四川，在南京江宁上班，小区停水三天没人管", "江宁区", "四川省", "说的是人或物的来处"),
    ("南京的房价比上海便宜多了", "南京市", "上海市", "只用来比较"),
    ("江宁区学习杭州经验推进老旧小区改造", "江宁区", "杭州市", "只用来比较"),
    ("一名上海籍男子在三亚溺水身亡", "三亚市", "上海市", "说的是人或物的来处"),
    ("从北京飞往上海的航班备降南京", "南京市", "上海市", "只是去向或目的地"),
    ("记者从江苏省应急管理厅获悉，昆山市一工厂爆炸", "昆山市", "江苏省", "只是消息的来源"),
    ("江宁区秣陵街道两车相撞，伤者被送往南京市鼓楼医院抢救", "秣陵街道", "鼓楼医院", "只是伤者就医的地方"),
])
def test_places_merely_named_are_told_apart_with_the_reason(
    jiangning: Gazetteer, text: str, where: str, named: str, why: str
) -> None:
    event = happened(jiangning, text)
    assert event is not None
    assert event.place.name == where
    assert (named, why) in [(place.name, reason) for place, reason in event.others]
    assert event.reason


@pytest.mark.parametrize("text", [
    "", "今天天气真好", "IP属地：上海", "重庆人都爱吃辣", "新华社北京1月2日电", "来自四川", "朝阳升起来了", "中国加油",
])
def test_where_nothing_happened_there_is_no_place(jiangning: Gazetteer, text: str) -> None:
    assert happened(jiangning, text) is None


def test_the_address_goes_with_its_number(jiangning: Gazetteer) -> None:
    text = "昨晚，江苏省南京市江宁区秣陵街道将军大道100号一饭店起火"
    event = happened(jiangning, text)
    assert event is not None
    assert text[event.start : event.end] == "江苏省南京市江宁区秣陵街道将军大道100号"
    assert (event.place.name, event.place.code, event.place.town) == ("将军大道", "320115002", "秣陵街道")


def test_a_crossing_is_one_address(jiangning: Gazetteer) -> None:
    text = "江宁开发区胜太路与双龙大道交叉口堵车"
    address, = addresses(text, jiangning.find(text))
    assert text[address.start : address.end] == "江宁开发区胜太路与双龙大道交叉口"


def test_places_that_do_not_lie_in_each_other_are_two_addresses(jiangning: Gazetteer) -> None:
    text = "北京上海广州深圳"
    assert len(addresses(text, jiangning.find(text))) == 4


def test_a_road_lies_where_the_text_says_elsewhere(jiangning: Gazetteer) -> None:
    event = happened(jiangning, "上海虹口区发生火灾。起火的是赤峰路373弄一民宅，无人员伤亡")
    assert event is not None
    assert event.place.code[:6] == "310109"


def test_a_comparison_alone_is_the_place(jiangning: Gazetteer) -> None:
    event = happened(jiangning, "上海那么多路都在修")
    assert event is not None
    assert event.place.name == "上海市"


def test_an_event_lies_in_the_text_and_is_the_same_again(jiangning: Gazetteer) -> None:
    chance = random.Random(3)
    pieces = ["新华社", "北京", "1月2日电", "南京市", "江宁", "秣陵街道", "将军大道", "100号", "发生火灾", "，", "。",
              "在", "比", "IP属地：", "来自", "上海", "三亚", "送往", "鼓楼医院", "抢救", "与", "朝阳", "美国", "中国",
              "臺灣", " ", "\n"]
    for _ in range(1500):
        text = "".join(chance.choices(pieces, k=chance.randrange(1, 12)))
        event = happened(jiangning, text)
        assert event == happened(jiangning, text)
        if event:
            assert 0 <= event.start < event.end <= len(text)
            assert event.start <= event.place.start < event.place.end <= event.end
            assert event.place not in [place for place, _ in event.others]
            assert all(reason for _, reason in event.others)
            assert event.reason


def test_a_text_full_of_places_has_its_event(jiangning: Gazetteer) -> None:
    text = "北京上海" * 4000
    found = jiangning.find(text)
    assert event_place(text, found) is not None
