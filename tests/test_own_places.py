"""The district's own places and names."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from core import district, own_places, sift
from core.faults import BadInput
from core.models import Audit, OwnPlace, Sense, Source, Unit, Unsifted
from core.opinion.watch import Profile
from tests.test_sift import tell

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
HEAD = "名称,种类,街镇,别名,责任单位\n"


@pytest.fixture
def ours(session):
    session.add_all([Unit(name="区房管局", kind="bureau", aliases=["房管局"]),
                     Source(key="s", name="微博搜索", collector="page", platform="weibo")])
    district.keep(session, Profile("浦东新区", code="310115"), who="王敏", now=NOW)
    session.commit()
    return session


def take(session, text: str, whole: bool = False) -> str:
    lines = own_places.read(session, (HEAD + text).encode("gb18030"), "地点.csv", "310115")
    words = own_places.take(session, own_places.plan(session, lines, whole=whole), who="王敏", now=NOW)
    session.commit()
    return words


def test_a_list_is_taken_in_after_a_look_and_sifts_anew(ours):
    session = ours
    source = session.execute(select(Source)).scalar_one()
    tell(session, source, {"a": ("幸福家园停水三天没人管", "")})
    sift.run(session, now=NOW)
    sense = session.execute(select(Sense)).scalar_one()
    assert sense.town == "" and sense.unit_id is None
    said = take(session, "幸福家园,小区,川沙新镇,福园|幸福苑,房管局\n川沙公园,地标,川沙新镇,,\n")
    assert said == "本区地点：新增 2 处"
    assert session.execute(select(func.count()).select_from(Unsifted)).scalar() == 1
    sift.run(session, now=NOW)
    session.expire_all()
    sense = session.execute(select(Sense)).scalar_one()
    assert sense.town == "川沙新镇" and "由区房管局负责" in sense.unit_why
    assert sense.unit_id == session.execute(select(Unit.id)).scalar()
    made = own_places.plan(session, own_places.read(
        session, (HEAD + "幸福家园,小区,川沙新镇,福园,\n张江广场,地标,,,\n").encode(), "地点.csv"), whole=True)
    assert made.words == "新增 1 处，修改 1 处，移除 1 处"
    assert [one.name for one in (*made.added, *made.changed, *made.removed)] == ["张江广场", "幸福家园", "川沙公园"]
    assert len(own_places.held(session)) == 2  # a look changes nothing
    own_places.take(session, made, who="王敏", now=NOW)
    session.commit()
    assert own_places.listed(session)["name"].tolist() == ["张江广场", "幸福家园"]
    assert session.execute(select(OwnPlace.unit_id).where(OwnPlace.name == "幸福家园")).scalar() is None
    assert "修改本区地点" in session.execute(select(Audit.action)).scalars().all()


def test_what_is_exported_comes_in_again_unchanged(ours):
    take(ours, "幸福家园,小区,川沙新镇,福园|幸福苑,房管局\n川沙公园,地标,,,\n")
    text = own_places.export(ours)
    lines = own_places.read(ours, text.encode(), "地点.csv", "310115")
    assert own_places.plan(ours, lines, whole=True).words == "不变 2 处"


@pytest.mark.parametrize("text, said", [
    ("幸福家园,小区,东山镇,,\n", "第 2 行“街镇”：本区没有“东山镇”"),
    ("幸福家园,小区,,,区水务局\n", "没有单位“区水务局”"),
    ("幸福家园,小区,,,\n川沙公园,公园,,,\n", "第 3 行“种类”"),
])
def test_a_list_with_a_fault_is_refused_whole(ours, text, said):
    with pytest.raises(BadInput, match=said):
        take(ours, text)
    ours.rollback()
    assert own_places.held(ours) == ()


def test_names_of_the_district_are_checked_and_kept(ours):
    made = district.made(" 浦东新区 ", "310115000000", sure=["浦东", "浦东", ""], doubtful=["人民路"], cues=["上海"],
                         posts=["浦东新区区长"])
    assert made == Profile("浦东新区", ("浦东",), ("人民路",), ("上海",), "310115000000", posts=("浦东新区区长",))
    district.keep(ours, made, who="王敏", now=NOW)
    assert district.profile(ours) == made
    for name, code, names, said in (
        ("", "", {"sure": ["浦东"]}, "区名还没有填写"), ("浦东新区", "", {"sure": ["浦"]}, "别称“浦”应为 2 到 30"),
        ("浦东新区", "", {"streets": ["人民路"], "doubtful": ["人民路"]}, "既在街镇中，又在易混名称中"),
        ("浦东新区", "999999", {}, "不是名录中的区县"), ("浦东新区", "31", {}, "不是名录中的区县"),
    ):
        with pytest.raises(BadInput, match=said):
            district.made(name, code, **names)


def test_streets_are_told_apart_by_whether_others_bear_their_name():
    own, shared = district.streets("310115")
    assert "川沙新镇" in own and "新场镇" in shared and not set(own) & set(shared)
    assert district.streets("999999") == ((), ())
