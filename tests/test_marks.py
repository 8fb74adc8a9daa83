"""What people do with mentions is kept as deeds; what stands of them is kept beside."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from core import marks
from core.faults import BadInput
from core.models import Mention, MentionDeed, MentionMark, Source, Unit
from tests.test_sift import tell

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture
def three(session):
    source = Source(key="s", name="微博搜索", collector="page", platform="weibo")
    session.add_all([source, Unit(name="城管局", kind="bureau")])
    session.commit()
    tell(session, source, {"a": ("东街停水", ""), "b": ("西街停电", ""), "c": ("天气晴好", "")})
    return list(session.execute(select(Mention.id).order_by(Mention.id)).scalars())


def standing(session) -> dict[int, tuple]:
    session.expire_all()
    return {one.mention_id: (one.starred, one.read, one.wrong, one.unit_id, one.assignee, one.comments)
            for one in session.execute(select(MentionMark)).scalars()}


def deeds(session) -> list[tuple]:
    return [(one.mention_id, one.kind, one.on, one.text) for one in
            session.execute(select(MentionDeed).order_by(MentionDeed.id)).scalars()]


def test_marks_are_set_and_taken_off_and_all_is_on_record(session, three):
    assert marks.flag(session, three[:2], "starred", True, who="王敏", now=NOW) == 2
    assert marks.flag(session, three, "starred", True, who="王敏", now=NOW) == 1
    assert marks.flag(session, three[:1], "starred", False, who="李强", now=NOW) == 1
    session.commit()
    assert [one[0] for one in standing(session).values()] == [False, True, True]
    assert [(id_, on) for id_, _, on, _ in deeds(session)] == [(1, True), (2, True), (3, True), (1, False)]


def test_given_to_a_unit_and_a_person_and_back(session, three):
    assert marks.assign(session, three[:2], 1, " 王  敏 ", why="今日反馈", who="李强", now=NOW) == 2
    session.commit()
    assert standing(session)[1][3:5] == (1, "王 敏") and deeds(session)[0] == (1, "assign", True, "王 敏，今日反馈")
    assert marks.assign(session, three[:1], None, who="李强", now=NOW) == 1
    session.commit()
    assert standing(session)[1][3:5] == (None, "") and deeds(session)[-1][2] is False


def test_a_comment_can_be_taken_back_once_and_stays_on_record(session, three):
    marks.comment(session, 1, " 请核实\u202e ", who="王敏", now=NOW)
    session.commit()
    [deed] = session.execute(select(MentionDeed)).scalars()
    assert deed.text == "请核实" and standing(session)[1][5] == 1
    marks.take_back(session, deed.id, who="王敏", now=NOW)
    session.commit()
    assert standing(session)[1][5] == 0 and marks.taken_back(session, 1) == {deed.id}
    assert deeds(session)[0] == (1, "comment", True, "请核实")
    with pytest.raises(BadInput, match="已撤回"):
        marks.take_back(session, deed.id, who="王敏", now=NOW)


@pytest.mark.parametrize(("deed", "word"), [
    (lambda s: marks.flag(s, [], "read", True, who="", now=NOW), "先选择"),
    (lambda s: marks.flag(s, [1, 99], "read", True, who="", now=NOW), "有 1 条信息已不存在"),
    (lambda s: marks.flag(s, range(1, 600), "read", True, who="", now=NOW), "一次最多"),
    (lambda s: marks.flag(s, [1], "comment", True, who="", now=NOW), "没有这种标记"),
    (lambda s: marks.comment(s, 1, " \u200b ", who="", now=NOW), "空的|请写上"),
    (lambda s: marks.comment(s, 1, "长" * 1001, who="", now=NOW), "1001 个字"),
    (lambda s: marks.assign(s, [1], 99, who="", now=NOW), "单位不存在"),
])
def test_what_cannot_be_is_refused_in_words_and_nothing_is_kept(session, three, deed, word):
    with pytest.raises(BadInput, match=word):
        deed(session)
    session.rollback()
    assert standing(session) == {} and deeds(session) == []
