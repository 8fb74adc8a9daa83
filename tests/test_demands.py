"""Demands: what is kept of a file or an answer, what is found, what a person says and how it stays."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from core import clock, db, evidence, ingest, jobs
from core.demands import deeds, intake, reading, terms
from core.demands.sample import forget_sample
from core.faults import BadInput
from core.models import (
    Audit,
    Capture,
    Demand,
    DemandChange,
    DemandDeed,
    DemandGroup,
    Mention,
    Remembered,
    Source,
    Unit,
)
from core.records import Batch, MentionRecord
from core.settings import settings
from tests.asked import bring, every, order, place

NOW = datetime(2026, 3, 20, 2, tzinfo=UTC)
DAY = timedelta(days=1)
LIFT = ("桂园新村电梯故障", "桂园新村电梯停运多日，没有人维修")


def changes(session) -> list[tuple[str, str, str, bool]]:
    return [(one.what, one.before, one.after, one.late)
            for one in session.execute(select(DemandChange).order_by(DemandChange.id)).scalars()]


@pytest.fixture
def placed(session):
    place(session, NOW)
    return session


# --- What files say -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("said", "state"), [
    ("待办", "待办"), ("未回复", "待办"), ("待受理", "待办"), ("办理中", "办理中"), ("已派单", "办理中"),
    ("未办结", "办理中"), ("待评价", "已办结"), ("已办结待群众评价", "已办结"), ("已答复待回访", "已答复"),
    ("待归档", "已办结"), ("待办理后回访", "待办"),
    ("已回复", "已答复"), ("已办结", "已办结"), ("办结归档", "已办结"), ("已办理", "已办结"), ("退单", "退回"),
    ("不予受理", "不予受理"), ("另行通知", ""), ("", ""),
])
def test_states_of_different_cities_are_ours(said, state):
    assert terms.state_of(said) == state


def test_an_answer_without_a_state_is_answered_and_an_unknown_state_is_not_guessed():
    assert terms.state_of("", "已处理") == "已答复" and terms.state_of("另行通知", "已处理") == ""


@pytest.mark.parametrize(("said", "value"), [
    ("满意", "满意"), ("非常满意", "满意"), ("基本满意", "基本满意"), ("一般", "基本满意"), ("不满意", "不满意"),
    ("不太满意", "不满意"), ("未评价", "未评价"), ("电话无法联系", "未评价"), ("", ""), ("5", ""),
])
def test_satisfaction_that_is_not_stated_is_missing(said, value):
    assert terms.satisfied_of(said) == value


def test_an_order_becomes_a_demand_with_its_evidence(placed):
    (row,) = bring(placed, [order(
        "G1", *LIFT[:1], 诉求内容=LIFT[1], 诉求类型="投诉", 承办单位="区水务局", 事发地址="桂园新村12号楼",
        所属街镇="青山街道", 办理状态="办理中", 来电号码="13812345678")], NOW)
    assert (row.channel, row.kind, row.field, row.state) == ("hotline12345", "投诉", "住房城建/电梯", "办理中")
    assert (row.town, row.place) == ("青山街道", "桂园新村") and row.caller.startswith("匿名")
    assert placed.get(Unit, row.unit_id).name == "云澜区水务局" and "文件写明承办单位" in row.unit_why
    assert row.due_at == clock.instant(datetime(2026, 3, 16).date(), 23, 59, 59) and "10 个工作日" in row.due_why
    mention, capture = placed.get(Mention, row.mention_id), placed.get(Capture, row.capture_id)
    assert mention.title == row.title and capture.request == "工单.xlsx" and row.locator.endswith("2:N2")
    assert row.number in evidence.body(capture).decode("utf-8-sig")


def test_a_time_limit_of_the_file_goes_before_the_rule(placed):
    (row,) = bring(placed, [order("G1", "停水", 诉求类型="咨询", 办结时限="2026-03-05")], NOW)
    assert row.due_at == clock.instant(datetime(2026, 3, 5).date(), 23, 59, 59) and row.due_why == "文件写明"


def test_nothing_personal_is_stored_in_clear(placed):
    bring(placed, [order(
        "G1", "停水，电话13812345678", 诉求内容="联系人：李四，身份证310101199001011234，打138 1234 5678",
        来电号码="13812345678", 答复内容="已联系13812345678")], NOW)
    kept = "".join(gzip.decompress(file.read_bytes()).decode() for file in settings().captures_dir.rglob("*.gz"))
    rows = "".join(repr(row.model_dump()) for table in (Demand, DemandChange, Mention, Audit)
                   for row in placed.execute(select(table)).scalars())
    for secret in ("13812345678", "138 1234 5678", "李四", "310101199001011234"):
        assert secret not in kept and secret not in rows


def test_a_caller_is_the_same_on_every_channel_by_number_and_nobody_by_a_mere_name(placed):
    bring(placed, [order("G1", "停水", 来电号码="138-1234-5678"), order("G2", "停电", 来电号码="13912345678")], NOW)
    bring(placed, [order("X1", "停气", 来电号码="+86 13812345678"), order("X2", "路灯")], NOW, platform="mailbox")
    first, other, same, none = every(placed)
    assert first.caller == same.caller != other.caller and none.caller == ""
    assert (first.channel, same.channel) == ("hotline12345", "mailbox")


def test_the_same_number_again_takes_over_what_is_new_and_keeps_what_was(placed):
    bring(placed, [order("G1", "停水", 办理状态="办理中", 承办单位="区水务局")], NOW)
    (row,) = bring(placed, [order(
        "G1", "停水", 办理状态="已办结", 答复内容="已恢复", 答复时间="2026-03-04 10:00", 满意度="满意")], NOW + DAY)
    assert (row.state, row.reply, row.satisfied) == ("已办结", "已恢复", "满意")
    assert row.replied_at == datetime(2026, 3, 4, 2, tzinfo=UTC)
    assert row.unit_said == "区水务局", "an empty cell erases nothing"
    assert changes(placed) == [
        ("state_said", "办理中", "已办结", False), ("reply", "", "已恢复", False),
        ("replied_said", "", "2026-03-04 10:00", False), ("satisfied", "", "满意", False)]
    assert len(placed.execute(select(Mention)).scalars().all()) == 1


def test_an_older_file_adds_to_the_history_once_and_changes_nothing(placed):
    bring(placed, [order("G1", "停水", 办理状态="已办结")], NOW)
    old = order("G1", "停水", 办理状态="办理中", 答复内容="已受理")
    for more in ([], [order("G2", "停电")]):
        row = bring(placed, [old, *more], NOW + DAY, made=NOW - 5 * DAY, name="旧.xlsx")[0]
    assert row.state == "已办结" and row.reply == "已受理", "what was empty is filled"
    assert ("state_said", "", "办理中", True) in changes(placed) and len(changes(placed)) == 2


def test_one_bad_row_keeps_the_whole_file_out(placed):
    with pytest.raises(AssertionError, match="什么都没有保存"):
        bring(placed, [order("G1", "停水"), order("", "停电")], NOW)
    placed.rollback()
    assert not every(placed)


def test_messages_of_the_collector_flow_in_masked_with_their_answer(placed):
    source = Source(key="board", name="留言板", collector="liuyan", platform="liuyan")
    placed.add(source)
    placed.flush()

    def come(at, **more):
        run = ingest.begin(placed, "collect", source=source, at=at)
        record = MentionRecord(
            external_id="7", title="桂园新村停水", text="打我电话13812345678", author="网民甲", platform="liuyan",
            published_at=NOW - 9 * DAY, observed_at=at, details=more)
        ingest.store(placed, Batch(mentions=[record]), run=run, capture=None, source=source)
        placed.commit()

    come(NOW - DAY, 办理状态="未回复", 留言类型="求助", 留言领域="城建")
    come(NOW, 办理状态="已回复", 答复单位="区水务局", 答复内容="已恢复供水", 答复时间="2026-03-19 10:00")
    assert jobs.demands() == 1
    (row,) = every(placed)
    assert (row.channel, row.kind, row.state, row.reply) == ("liuyan", "求助", "已答复", "已恢复供水")
    assert "13812345678" not in row.text + placed.get(Mention, row.mention_id).text and row.caller
    assert row.field == "市政公用/供水" and row.town == "青山街道"
    assert placed.get(Unit, row.unit_id).name == "云澜区水务局"


def test_mentions_from_before_there_were_demands_become_some_once(placed):
    source = Source(key="file:hotline12345", name="工单", collector="file", platform="hotline12345")
    placed.add(source)
    placed.flush()
    placed.add(Mention(
        source_id=source.id, external_id="G9", platform="hotline12345", title="停水，电话13812345678", published_at=NOW,
        day=clock.day_of(NOW), first_seen_at=NOW, last_seen_at=NOW, details={"办理状态": "办理中"}))
    placed.commit()
    assert jobs.demands() == 1
    (row,) = every(placed)
    assert (row.number, row.state) == ("G9", "办理中") and "13812345678" not in row.title
    assert "13812345678" not in placed.get(Mention, row.mention_id).title
    assert not intake.left(placed) and placed.get(Remembered, "demands_adopted") and jobs.demands() == 0


# --- What is found --------------------------------------------------------------------------------------------------


def test_place_and_unit_are_found_in_the_words_where_the_file_is_silent(placed):
    rows = bring(placed, [order("G1", LIFT[0], 诉求内容=LIFT[1]),
                          order("G2", "道路破损", 诉求内容="白水公路路面坑洼，多人摔倒"),
                          order("G3", "咨询", 诉求内容="不知道找谁"), order("G4", "停水", 承办单位="外星办")], NOW)
    found = [(row.town, row.place, placed.get(Unit, row.unit_id).name if row.unit_id else "") for row in rows]
    assert found == [("青山街道", "桂园新村", "云澜区青山街道办事处"), ("白水镇", "白水公路", "云澜区白水镇人民政府"),
                     ("", "", ""), ("", "", "")]
    assert rows[2].place_why == "没有写明地点" and "不在单位台账中" in rows[3].unit_why
    assert all(row.read_at == NOW for row in rows)


def test_like_demands_are_one_problem_also_when_they_come_later(placed):
    bring(placed, [order("G1", LIFT[0], 诉求内容=LIFT[1]), order("G2", "白水公路路面坑洼", 诉求内容="修补道路")], NOW)
    later = order("G3", "桂园新村电梯又坏了", "2026-03-05", 诉求内容="电梯停运没有人维修")
    rows = bring(placed, [later], NOW + DAY)
    assert rows[0].group_id == rows[2].group_id != rows[1].group_id
    group = placed.get(DemandGroup, rows[0].group_id)
    assert (group.demands, group.title, group.area) == (2, LIFT[0], "住房城建")
    assert group.last_at == datetime(2026, 3, 4, 16, tzinfo=UTC)
    placed.commit()
    assert jobs.demands() == 0, "nothing is read twice"


def test_a_changed_text_is_read_anew_and_a_lone_demand_keeps_its_problem(placed):
    (before,) = bring(placed, [order("G1", "桂园新村停水", 诉求内容="没有水")], NOW)
    group = before.group_id
    (row,) = bring(placed, [order("G1", "桂园新村电梯困人", 诉求内容="桂园新村电梯停运")], NOW + DAY)
    assert row.field == "住房城建/电梯" and row.group_id == group


# --- What people say ------------------------------------------------------------------------------------------------


def test_a_correction_stays_through_imports_and_can_be_taken_back(placed):
    (row,) = bring(placed, [order("G1", LIFT[0], 诉求内容=LIFT[1])], NOW)
    unit = placed.execute(select(Unit.id).where(Unit.name == "云澜区住建委")).scalar()
    for what, value in (("field", "市政公用/供水"), ("town", "白水镇"), ("unit", str(unit))):
        deeds.correct(placed, row.id, what, value, who="张三", now=NOW)
    placed.commit()
    (row,) = bring(placed, [order("G1", LIFT[0], 诉求内容=LIFT[1] + "，请处理", 承办单位="区水务局")], NOW + DAY)
    assert (row.field, row.town, row.unit_id) == ("市政公用/供水", "白水镇", unit)
    assert row.field_why == row.unit_why == "人工更正"
    for what in ("field", "town", "unit"):
        deeds.correct(placed, row.id, what, "", who="张三", now=NOW)
    assert (row.field, row.town, placed.get(Unit, row.unit_id).name) == ("住房城建/电梯", "青山街道", "云澜区水务局")
    assert placed.execute(select(func.count()).select_from(DemandDeed)).scalar() == 6, "nothing is overwritten"


@pytest.mark.parametrize(("what", "value", "words"), [
    ("field", "没有/这类", "没有“没有/这类”这个类别"), ("unit", "99", "已不在单位台账中"),
    ("unit", "甲", "已不在单位台账中"),
    ("field", "住房城建/电梯", "已是所选的"), ("town", "", "没有更正，无需撤回"), ("mood", "x", "没有这一项"),
])
def test_a_correction_that_cannot_be_is_refused_in_words(placed, what, value, words):
    (row,) = bring(placed, [order("G1", LIFT[0], 诉求内容=LIFT[1])], NOW)
    with pytest.raises(BadInput, match=words):
        deeds.correct(placed, row.id, what, value, who="张三", now=NOW)


def test_a_unit_that_is_gone_is_said_and_stops_nothing(placed):
    (row,) = bring(placed, [order("G1", LIFT[0], 诉求内容=LIFT[1], 承办单位="区水务局")], NOW)
    unit = placed.execute(select(Unit).where(Unit.name == "云澜区住建委")).scalar_one()
    deeds.correct(placed, row.id, "unit", str(unit.id), who="张三", now=NOW)
    row.unit_id, row.read_at = None, None
    placed.flush()
    placed.delete(unit)
    placed.commit()
    assert reading.run(placed, now=NOW) == 1
    (row,) = every(placed)
    assert placed.get(Unit, row.unit_id).name == "云澜区水务局", "what was found stands"
    row.found = row.found | {"unit_id": 999}
    deeds.stand(placed, [row])
    assert row.unit_id is None and "已不在单位台账中" in row.unit_why


@pytest.fixture
def lifts(placed):
    """Three demands of one problem and one of another."""
    return bring(placed, [
        *(order(f"G{n}", LIFT[0], f"2026-03-0{n} 09:00", 诉求内容=LIFT[1], 来电号码=f"1381234567{n}")
          for n in (1, 2, 3)),
        order("G4", "白水公路路面坑洼", 诉求内容="道路破损")], NOW)


def test_what_a_person_takes_out_stays_out_until_it_is_taken_back(placed, lifts):
    home = lifts[0].group_id
    made = deeds.move(placed, [lifts[1].id], None, who="张三", now=NOW)
    placed.commit()
    reading.rebuild(placed, who="张三", now=NOW)
    rows = every(placed)
    assert rows[1].group_id == made != home and rows[1].pinned
    deeds.release(placed, rows[1].id, who="张三", now=NOW)
    placed.commit()
    assert every(placed)[1].group_id == home and not every(placed)[1].pinned
    with pytest.raises(BadInput, match="没有人工归并"):
        deeds.release(placed, rows[1].id, who="张三", now=NOW)


def test_two_problems_become_the_older_and_the_link_to_the_other_leads_on(placed, lifts):
    older, younger = sorted((lifts[0].group_id, lifts[3].group_id))
    assert deeds.merge(placed, younger, older, who="张三", now=NOW) == older
    placed.commit()
    assert {row.group_id for row in every(placed)} == {older}
    assert placed.get(DemandGroup, younger).alias_of == older and placed.get(DemandGroup, older).demands == 4
    with pytest.raises(BadInput, match="同一个"):
        deeds.merge(placed, older, younger, who="张三", now=NOW)


def test_a_merge_is_taken_back_demand_by_demand(placed, lifts):
    older, younger = sorted((lifts[0].group_id, lifts[3].group_id))
    moved = deeds.move(placed, [lifts[2].id], younger, who="张三", now=NOW)
    deeds.move(placed, [lifts[2].id], None, who="张三", now=NOW)
    deeds.merge(placed, moved, older, who="张三", now=NOW)
    deeds.release(placed, lifts[2].id, who="张三", now=NOW)
    assert lifts[2].group_id == older, "what it came from is part of that now"
    deeds.release(placed, lifts[3].id, who="张三", now=NOW)
    placed.commit()
    rows = every(placed)
    assert (rows[3].group_id, rows[3].pinned) == (younger, False)
    groups = [placed.get(DemandGroup, id_) for id_ in (older, younger)]
    assert [(group.demands, group.alias_of) for group in groups] == [(3, None), (1, None)]


def test_moves_that_change_nothing_or_mix_the_sample_with_real_ones_are_refused(placed, lifts):
    with pytest.raises(BadInput, match="已在这个问题里"):
        deeds.move(placed, [lifts[0].id], lifts[0].group_id, who="张三", now=NOW)
    with pytest.raises(BadInput, match="只有所选的诉求"):
        deeds.move(placed, [lifts[3].id], None, who="张三", now=NOW)
    with pytest.raises(BadInput, match="有的已不存在"):
        deeds.move(placed, [lifts[3].id, 999], None, who="张三", now=NOW)
    with pytest.raises(BadInput, match="问题已不存在"):
        deeds.move(placed, [lifts[3].id], 999, who="张三", now=NOW)
    placed.get(DemandGroup, lifts[0].group_id).demo = True
    with pytest.raises(BadInput, match="演示数据"):
        deeds.move(placed, [lifts[3].id], lifts[0].group_id, who="张三", now=NOW)


def test_a_problem_goes_on_with_its_id_and_its_name_through_a_rebuild(placed, lifts):
    home = lifts[0].group_id
    deeds.rename(placed, home, "桂园电梯老化", who="张三", now=NOW)
    placed.commit()
    words = reading.rebuild(placed, who="张三", now=NOW)
    assert "4 件诉求，得 2 个问题，0 件换了问题" in words
    assert placed.get(DemandGroup, home).title == "桂园电梯老化"
    assert [row.group_id for row in every(placed)][:3] == [home] * 3
    with pytest.raises(BadInput, match="名称还没有填写"):
        deeds.rename(placed, home, "  ", who="张三", now=NOW)


def test_a_demand_that_was_put_by_hand_does_not_tear_its_problem_apart(placed, lifts):
    home = lifts[0].group_id
    for target in (None, home):
        deeds.move(placed, [lifts[1].id], target, who="张三", now=NOW)
    placed.commit()
    assert "0 件换了问题" in reading.rebuild(placed, who="张三", now=NOW)
    assert [row.group_id for row in every(placed)][:3] == [home] * 3 and placed.get(DemandGroup, home).demands == 3


def test_what_people_do_while_demands_are_read_stays_and_no_strangers_come_to_it(placed, lifts, monkeypatch):
    """Three batches of one; in the second a person makes a problem and puts the demand that is being read elsewhere."""
    home, road = lifts[0].group_id, lifts[3].group_id
    bring(placed, [order("G5", "路灯不亮", "2026-03-05 09:00", 诉求内容="夜间一片漆黑"),
                   order("G6", "广场舞噪声", "2026-03-06 09:00", 诉求内容="音响太吵"),
                   order("G7", "无证摊贩", "2026-03-07 09:00", 诉求内容="占道经营烧烤")], NOW, read=False)
    monkeypatch.setattr(reading, "BATCH", 1)
    read, made = reading.read, []

    def slowly(row, using):
        if row.number == "G6":
            with db.session() as other:
                made.append(deeds.move(other, [lifts[1].id], None, who="张三", now=NOW))
                deeds.move(other, [row.id], road, who="张三", now=NOW)
                other.commit()
        return read(row, using)

    monkeypatch.setattr(reading, "read", slowly)
    assert reading.run(placed, now=NOW) == 3
    rows = {row.number: row for row in every(placed)}
    assert rows["G2"].group_id == made[0] and (rows["G6"].group_id, rows["G6"].pinned) == (road, True)
    assert len({home, road, made[0], rows["G5"].group_id, rows["G7"].group_id}) == 5
    for group in placed.execute(select(DemandGroup)).scalars():
        assert group.demands == sum(row.group_id == group.id for row in rows.values())


def test_the_sample_goes_without_a_trace_and_real_demands_stay(placed, lifts):
    source = Source(key="demo", name="演示", collector="demo", platform="hotline12345", demo=True)
    placed.add(source)
    placed.flush()
    run = ingest.begin(placed, "demo", at=NOW, demo=True)
    for at, state in ((NOW, "办理中"), (NOW + DAY, "已办结")):
        ingest.store(placed, Batch(mentions=[MentionRecord(
            external_id="D1", title=LIFT[0], text=LIFT[1], published_at=NOW - DAY, observed_at=at,
            details={"办理状态": state})]), run=run, capture=None, source=source)
    placed.commit()
    reading.run(placed, now=NOW)
    sample = next(row for row in every(placed) if row.demo)
    assert sample.group_id not in {row.group_id for row in lifts}, "the sample is folded apart"
    deeds.correct(placed, sample.id, "town", "白水镇", who="张三", now=NOW)
    assert forget_sample(placed) == 1
    placed.commit()
    assert len(every(placed)) == 4 and not placed.execute(select(DemandChange)).first()
    assert not placed.execute(select(DemandDeed)).first()
    assert {group.demo for group in placed.execute(select(DemandGroup)).scalars()} == {False}
