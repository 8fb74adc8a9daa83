"""Places: which are found, which of the same name is meant, and that spans lead back to the original."""

import random

import pytest

from core.faults import BadInput
from core.opinion.gazetteer import KINDS, LEVELS, Own, by_code, divisions, read_own, villages
from core.opinion.places import Gazetteer, Place

PUDONG = "310115"


@pytest.fixture(scope="module")
def plain() -> Gazetteer:
    return Gazetteer.load()


@pytest.fixture(scope="module")
def jiangning() -> Gazetteer:
    return Gazetteer.load("320115")


def said(found: list[Place]) -> list[tuple[str, str, str]]:
    return [(one.name, one.level, one.code) for one in found if one.certain]


def test_the_list_holds_every_level_with_codes_and_parents() -> None:
    assert sum(one.depth == 1 for one in divisions()) == 34
    assert sum(one.depth == 3 and len(one.code) == 6 for one in divisions()) == 2978
    assert by_code()["310115105"].path == ("上海市", "浦东新区", "北蔡镇")
    assert by_code()["419001"].path == ("河南省", "济源市")
    village = next(one for one in villages("31") if one.name == "联三村" and one.parent.name == "华亭镇")
    assert village.path == ("上海市", "嘉定区", "华亭镇", "联三村")
    assert village.code == "310114111"


def test_a_full_address_is_found_down_to_the_road(plain: Gazetteer) -> None:
    text = "家住上海市浦东新区北蔡镇御北路235号的王先生"
    found = plain.find(text)
    assert said(found) == [("上海市", "省", "31"), ("浦东新区", "县", "310115"), ("北蔡镇", "乡", "310115105"),
                           ("御北路", "道路", "310115105")]
    assert found[-1].path == ("上海市", "浦东新区", "北蔡镇", "御北路")
    assert [one.town for one in found] == ["", "", "北蔡镇", "北蔡镇"]
    assert text[found[-1].start : found[-1].end] == "御北路"


@pytest.mark.parametrize("text", [
    "来一碗兰州拉面", "楼下的沙县小吃", "新华社记者", "北京时间晚上八点", "和平年代", "世界和平", "朝阳产业",
    "海南鸡饭", "大同小异", "湖南卫视的节目", "广州日报评论", "厦门航空改签", "重庆火锅真辣",
    "南京银行的理财", "道路施工", "马路上没有人", "学校放假", "一路平安", "跨年晚上海风很大",
    "这几条路都走过", "县人民医院", "老旧小区改造",
])
def test_what_only_looks_like_a_place_is_none(plain: Gazetteer, jiangning: Gazetteer, text: str) -> None:
    assert said(plain.find(text)) == []
    assert said(jiangning.find(text)) == []


@pytest.mark.parametrize(("text", "road"), [
    ("吉林路堵车", "吉林路"), ("在南京东路步行街", "南京东路步行街"), ("四川北路公园", "四川北路"),
    ("去北京路买菜", "北京路"), ("大连路上海关大楼", "大连路"), ("山东路口", "山东路"),
])
def test_a_road_named_after_a_place_is_a_road(plain: Gazetteer, text: str, road: str) -> None:
    found = plain.find(text)
    assert (found[0].name, found[0].level, found[0].code) == (road, "道路", "")


def test_names_of_several_places_mean_the_one_whose_parent_is_named(plain: Gazetteer) -> None:
    assert said(plain.find("南京鼓楼一小区起火"))[-1] == ("鼓楼区", "县", "320106")
    assert said(plain.find("福州市鼓楼区一小区起火"))[-1] == ("鼓楼区", "县", "350102")
    assert said(plain.find("鼓楼区一小区起火，南京市消防救援支队赶到"))[0] == ("鼓楼区", "县", "320106")
    assert said(plain.find("吉林省吉林市"))[-1] == ("吉林市", "市", "2202")
    assert said(plain.find("青海西宁")) == [("青海省", "省", "63"), ("西宁市", "市", "6301")]
    assert said(plain.find("海南三亚")) == [("海南省", "省", "46"), ("三亚市", "市", "4602")]


def test_without_a_cue_they_stay_open_and_say_why(plain: Gazetteer) -> None:
    district, = plain.find("鼓楼区一小区起火")
    assert (district.code, district.certain, district.word) == ("", False, False)
    assert district.why.startswith("叫“鼓楼区”的有 4 处（南京市、徐州市、福州市、开封市）")
    word, = plain.find("朝阳升起来了")
    assert (word.name, word.code, word.word) == ("朝阳", "", True)
    assert "常用词" in word.why


def test_the_home_district_is_meant_where_nothing_else_is_named(jiangning: Gazetteer) -> None:
    assert said(jiangning.find("昨天在鼓楼被撞了"))[0][2] == "320106"
    assert said(Gazetteer.load("110105").find("朝阳群众举报，朝阳一小区停电"))[0] == ("朝阳区", "县", "110105")
    assert said(Gazetteer.load("350102").find("鼓楼区停水")) == [("鼓楼区", "县", "350102")]
    assert said(jiangning.find("徐州市鼓楼区停水"))[-1] == ("鼓楼区", "县", "320302")


def test_a_home_whose_name_is_a_word_is_found_by_its_full_name() -> None:
    home = Gazetteer.load("421022")
    assert said(home.find("公安民警赶到现场")) == []
    assert said(home.find("公安县斗湖堤镇停电"))[0] == ("公安县", "县", "421022")
    assert said(Gazetteer.load("440605").find("南海又下雨了")) == [("南海区", "县", "440605")]


def test_streets_towns_and_villages_at_home_are_known_by_short_names(jiangning: Gazetteer) -> None:
    town, = jiangning.find("秣陵又停电了")
    assert (town.name, town.code, town.town) == ("秣陵街道", "320115002", "秣陵街道")
    assert said(jiangning.find("横溪街道许高村"))[-1] == ("许高村", "村", "320115009")
    village, = jiangning.find("许高村路断了")
    assert (village.path[-2:], village.town) == (("横溪街道", "许高村"), "横溪街道")


def test_a_town_stands_behind_its_county_without_its_last_syllable(plain: Gazetteer) -> None:
    assert said(plain.find("昆山花桥堵车"))[-1] == ("花桥镇", "乡", "320583104")
    assert said(plain.find("浦东三林路堵车"))[-1][:2] == ("三林路", "道路")


def test_a_short_name_does_not_hide_a_greater_one(plain: Gazetteer) -> None:
    assert said(plain.find("记者从江苏省应急管理厅获悉")) == [("江苏省", "省", "32")]
    assert said(plain.find("从江苏来")) == [("江苏省", "省", "32")]
    assert said(plain.find("贵州省从江县"))[-1] == ("从江县", "县", "522633")


def test_short_former_traditional_and_foreign_names(plain: Gazetteer) -> None:
    assert said(plain.find("闸北区彭浦"))[0] == ("静安区", "县", "310106")
    assert said(plain.find("阿坝州汶川县")) == [("阿坝藏族羌族自治州", "市", "5132"), ("汶川县", "县", "513221")]
    taiwan, = plain.find("去臺灣玩")
    assert (taiwan.name, taiwan.start, taiwan.end) == ("台湾省", 1, 3)
    assert said(plain.find("美国纽约")) == [("美国", "国", ""), ("纽约", "市", "")]


@pytest.mark.parametrize(("text", "name", "level"), [
    ("昆山市第一人民医院", "第一人民医院", "医院"), ("位于翠屏山小区的业主", "翠屏山小区", "小区"),
    ("朝阳区小武基村", "小武基村", "村"), ("北京朝阳公园旁", "朝阳公园", "地标"),
    ("宁波万达广场", "万达广场", "地标"), ("312国道追尾", "312国道", "道路"), ("南京大学宿舍", "南京大学", "学校"),
    ("工人维修星塔路时受伤", "星塔路", "道路"), ("沪杭高速公路第二车道", "沪杭高速公路", "道路"),
])
def test_names_that_no_list_holds_are_known_by_their_ending(plain: Gazetteer, text: str, name: str, level: str) -> None:
    assert (name, level) in [(one.name, one.level) for one in plain.find(text)]


def test_the_next_word_keeps_its_first_character(plain: Gazetteer) -> None:
    for text, end in (("南京市民说", 2), ("江宁区域规划", 2), ("浦东新区长岛路", 4)):
        assert plain.find(text)[0].end == end


def test_spans_lead_back_to_the_original(plain: Gazetteer) -> None:
    text = "【ＩＰ】上\u200b海市　@某某 说：江\u200b寧區着火"
    assert [text[one.start : one.end] for one in plain.find(text)] == ["上\u200b海市", "江\u200b寧區"]


def test_the_districts_own_places_go_first() -> None:
    own = read_own("name,kind,street,aliases\n朝阳天地,地标,秣陵街道,朝阳广场|大朝阳\n双龙大道,道路,,\n")
    home = Gazetteer.load("320115000000", own)
    found, = home.find("大朝阳门口又堵了")
    assert (found.name, found.level, found.code, found.town) == ("朝阳天地", "地标", "320115002", "秣陵街道")
    assert found.path == ("江苏省", "南京市", "江宁区", "秣陵街道", "朝阳天地")
    road, = home.find("双龙大道")
    assert (road.code, road.town, road.certain) == ("320115", "", True)


@pytest.mark.parametrize(("text", "words"), [
    ("名称,类别\n", "表头应为 名称、种类、街镇、别名（可另有 责任单位），现为 名称、类别"),
    ("name,kind,street,aliases\n万达,商场,,\n", "第 2 行“种类”：没有“商场”这一类，应为道路、小区"),
    ("name,kind,street,aliases\n万,地标,,\n", "第 2 行“名称”：“万”应为 2 到 40 个字"),
    ("name,kind,street,aliases\n万达广场,地标,东山镇,\n",
     "第 2 行“街镇”：本区没有“东山镇”，请填街道、镇的全称，如“东山街道”"),
    ("name,kind,street,aliases\n万达广场,地标,,\n百家湖,地标,,万达广场\n", "第 3 行“别名”：“万达广场”在第 2 行已有"),
    ("name,kind,street,aliases\n万达广场,地标\n", "第 2 行：应有 4 格，现有 2 格"),
])
def test_a_wrong_list_is_refused_with_line_field_and_remedy(text: str, words: str) -> None:
    with pytest.raises(BadInput) as raised:
        read_own(text, streets={"东山街道"})
    assert words in str(raised.value)


def test_the_same_name_in_two_streets_is_no_mistake() -> None:
    text = "name,kind,street,aliases\n幸福小区,小区,东山街道,\n幸福小区,小区,秣陵街道,\n"
    assert len(read_own(text)) == 2
    found, = Gazetteer.load("320115", read_own(text)).find("幸福小区停水")
    assert (found.code, found.town, found.certain) == ("320115", "", False)
    assert "东山街道、秣陵街道" in found.why


def test_a_home_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="“999999”不在名录中"):
        Gazetteer.load("999999")


def test_any_text_gives_places_in_order_inside_it_that_stand_there(plain: Gazetteer, jiangning: Gazetteer) -> None:
    chance = random.Random(7)
    pieces = [one.name for one in chance.sample(divisions(), 400)]
    pieces += [short for one in divisions()[:3000] for short in one.short]
    pieces += "市区县镇村路街的在，。 \n１２3９号弄A\u200b臺灣@［与、"
    pieces += ["小区", "人民医院", "大学", "花园", "http://a.cn/x ", "[表情]", "朝阳", "鼓楼", "和平", "公安",
               "//@某人:", "从", "和", "晚"]
    own = Gazetteer.load("320115", [Own("大朝阳", "地标", "秣陵街道", ("朝阳",))])
    for _ in range(1500):
        text = "".join(chance.choices(pieces, k=chance.randrange(1, 14)))
        for one in (plain, jiangning, own):
            found = one.find(text)
            assert found == one.find(text)
            last = 0
            for place in found:
                assert last <= place.start < place.end <= len(text), (text, place)
                assert place.level in (*LEVELS, *KINDS)
                assert place.word <= bool(place.why), (text, place)
                assert not place.path or place.path[-1] == place.name, (text, place)
                assert not place.code or place.path, (text, place)
                last = place.end


def test_a_long_text_is_read_to_its_end(plain: Gazetteer) -> None:
    """Were each place compared with all others, this would not come to an end."""
    text = "上海市浦东新区北蔡镇御北路235号，昆山花桥一小区起火。" * 700
    assert len(plain.find(text)) > 3000
