"""The unit responsible."""

import pytest

from core.opinion.gazetteer import Own
from core.opinion.normal import normal
from core.opinion.places import Gazetteer
from core.opinion.responsible import Office, Offices
from core.opinion.scenes import event_place

OWN = (Own("幸福里小区", "小区", "川沙新镇", unit="区房管局"), Own("百花小区", "小区", "川沙新镇"))
PLACES = Gazetteer.load("310115", OWN)
OFFICES = Offices([
    Office(1, "川沙新镇人民政府", True), Office(2, "浦东新区陆家嘴街道办事处", True),
    Office(3, "区房管局", aliases=("房管局",)),
    Office(4, "浦东新区教育局", aliases=("区教育局", "教育局")), Office(5, "区城管局", aliases=("城管",)),
    Office(6, "区城管二队", aliases=("城管",)),
], ("浦东新区", "浦东"), OWN)


def found(text: str, here: bool | None = None) -> tuple[int | None, str]:
    form = normal(text)
    event = event_place(text, PLACES.find(form))
    if event and event.place.code:
        here = event.place.code.startswith("310115")
    return OFFICES.find(OFFICES.named(form), event, here)


@pytest.mark.parametrize("text, here, unit, why", [
    ("浦东新区川沙新镇一厂房起火", None, 1, "发生在川沙新镇，属川沙新镇人民政府"),
    ("浦东新区陆家嘴街道一小区停水", None, 2, "发生在陆家嘴街道，属浦东新区陆家嘴街道办事处"),
    ("幸福里小区停水三天", None, 3, "发生在“幸福里小区”，本区地点名录写明由区房管局负责"),
    ("百花小区停水三天", None, 1, "发生在川沙新镇"),
    ("浦东新区教育局回应家长质疑", None, 4, "文中点名“浦东新区教育局”"),
    ("区教育局回应家长质疑", True, 4, "文中点名“区教育局”"), ("区教育局回应家长质疑", None, None, "也没有点名本区单位"),
    ("教育局、房管局都说不管", True, None, "不止一个（浦东新区教育局、区房管局）"),
    ("城管打人", True, None, "没有写明本区的街镇"),
    ("杭州市西湖区教育局回应", None, None, "发生在外地"), ("天气晴好", None, None, "没有写明"),
])
def test_who_is_responsible_and_why(text, here, unit, why):
    assert found(text, here)[0] == unit and why in found(text, here)[1], found(text, here)


def test_without_units_nobody_is():
    nobody = Offices(())
    assert nobody.find(nobody.named(normal("某局")), None, True)[0] is None
