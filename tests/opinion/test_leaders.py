"""Leaders' names and titles in texts. All names are made up.

Measured with a list of 59 real lines (not in the repository) over 430,000 real texts; see docs/benchmarks.md, leaders.
"""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.opinion.leaders import KIND, Leader, roll

CHANGE, DAY = date(2026, 7, 1), date(2026, 7, 15)
LIST = (
    Leader("赵建国", ("区委书记",)),
    Leader("李鸣", ("区委副书记", "区长"), None, date(2026, 6, 30)),
    Leader("王强", ("区委副书记", "区长"), CHANGE),
    Leader("李鸣", ("区政协主席",), CHANGE),
    Leader("周平安", ("副区长",)), Leader("吴迪", ("副区长",)),
    Leader("欧阳修远", ("青山街道党工委书记",)),
    Leader("迪丽·买买提", ("区人大常委会主任",)),
)


def found(text: str, day: date = DAY) -> list[str]:
    return [hit.term.wrong for hit in roll(LIST, "青山区").find(text, day)]


@pytest.mark.parametrize("text", [
    "区委书记赵建国主持会议", "区长王强表示", "王强区长到现场", "青山区区长王强、副区长吴迪出席", "青山区长王强出席",
    "由区长王强带队", "区委副书记、区长王强", "副区长吴迪、周平安", "区人大常委会主任迪丽·买买提讲话",
    "青山街道党工委书记欧阳修远调研",
    "区委书记高度重视", "区长办公会召开", "区长热线开通", "区长张贴公告", "区长项目推进会", "区长助理李明",
    "区长李", "区长：", "区长", "",
])
def test_what_is_right_or_no_name_is_no_hit(text):
    assert found(text) == []


@pytest.mark.parametrize("text", [
    "原区长李鸣", "时任区长李鸣", "代区长李鸣", "前区长李鸣", "黄浦区区长李明", "黄浦区长李鸣",
    "五常市委副书记、区长于军，", "副区长王强盛", "区长王强盛情邀请", "李鸣不再担任区长职务", "任命王强为区长",
])
def test_other_offices_and_unclear_names_are_passed_over(text):
    assert found(text) == []


@pytest.mark.parametrize(("text", "wrong"), [
    ("区委书记赵建军主持会议", "区委书记赵建军"), ("赵建军区委书记", "赵建军区委书记"),
    ("区委书记赵国建说", "区委书记赵国建"),
    ("区长李鸣主持会议", "区长李鸣"), ("李鸣区长到现场", "李鸣区长"), ("区委副书记、区长李鸣", "区长李鸣"),
    ("区长李明强调安全", "区长李明"), ("区长周平，", "区长周平"), ("副区长吴笛。", "副区长吴笛"),
    ("区委书记王强、区长王强", "区委书记王强"), ("区委书记赵建国、区长王强、副区长陈静", "副区长陈静"),
    ("青山街道党工委书记欧阳修元调研", "青山街道党工委书记欧阳修元"), ("上海市青山区区长李明出席", "区长李明"),
    ("区委书记李鸣讲授党课", "区委书记李鸣"),
])
def test_wrong_names_and_former_holders_are_suspected(text, wrong):
    assert found(text) == [wrong]


def test_the_holder_of_the_publishing_day_counts():
    last = date(2026, 6, 30)
    assert found("区长李鸣主持", last) == [] and found("区长李鸣主持", CHANGE) == ["区长李鸣"]
    assert found("区长王强主持", last) == ["区长王强"] and found("区长王强主持", CHANGE) == []
    (hit,) = roll(LIST, "青山区").find("昨日，区长李鸣主持会议", CHANGE)
    assert (hit.start, hit.end, hit.around) == (3, 7, "昨日，【区长李鸣】主持会议")
    assert (hit.term.kind, hit.term.level, hit.term.right) == (KIND, "严重", "区长：王强")
    assert "李鸣任“区长”：至 2026-06-30" in hit.term.note and "2026-07-01" in hit.term.note


def test_without_a_holder_only_listed_names_are_told():
    vacant = roll((Leader("李鸣", ("区长",), None, date(2026, 6, 30)),), "青山区")
    assert [hit.term.right for hit in vacant.find("区长李鸣主持，区长周平主持", DAY)] == ["区长：名单中当日无人"]
    assert roll((), "青山区").find("区长李鸣", DAY) == []


def test_the_same_list_is_the_same_object():
    assert roll(LIST, "青山区") is roll(tuple(LIST), "青山区") is not roll(LIST[:2], "青山区")


@given(st.text(alphabet="区长委书记李鸣王强、，副青山原主持 \n", max_size=60))
def test_any_text_gives_places_that_hold_what_they_say(text):
    for hit in roll(LIST, "青山区").find(text, DAY):
        assert text[hit.start:hit.end] == hit.term.wrong and f"【{hit.term.wrong.strip()}" in hit.around


@pytest.mark.parametrize("text", ["区长" * 50_000, "区" * 100_000 + "区长李明，", "、" * 100_000 + "区长李明，"])
def test_hostile_texts_are_read_to_their_end(text):
    assert all(text[hit.start:hit.end] == hit.term.wrong for hit in roll(LIST, "青山区").find(text, DAY))
