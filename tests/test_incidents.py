"""Incidents: every change a step with what was before and after, nothing lost, two people not in each other's way."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core import db, incidents
from core.faults import BadInput
from core.models import (
    Audit,
    Incident,
    IncidentFile,
    IncidentMention,
    IncidentStep,
    IncidentTask,
    IncidentTie,
    IncidentTopic,
    Mention,
    MentionDeed,
    Sense,
    Unit,
)
from core.query import incident_mentions as linked
from core.query import incidents as query
from tests.spoken import say, source, topic

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
PDF = b"%PDF-1.7 report"


@pytest.fixture
def weibo(session):
    return source(session, "weibo", name="微博")


@pytest.fixture
def units(session):
    made = [Unit(name="水务局", kind="bureau"), Unit(name="青山街道", kind="street")]
    session.add_all(made)
    session.commit()
    return made


@pytest.fixture
def said(session, weibo):
    """Four mentions, an hour after each other, the first three hours ago."""
    return say(session, weibo, None, ["东街停水", "东街还没来水", "东街来水了", "西街修路"], NOW - 3 * HOUR, HOUR)


def open_(session, said, title="东街停水", level="blue", now=NOW, topics=(), who="张三", **more):
    made = incidents.open_(session, title, level, [one.id for one in said], topics, who=who, now=now, **more)
    session.commit()
    return made


def steps(session, incident, kind=None):
    found = session.execute(select(IncidentStep).where(IncidentStep.incident_id == incident.id)
                            .order_by(IncidentStep.id)).scalars().all()
    return [step for step in found if kind is None or step.kind == kind]


def held(session, incident):
    return set(linked.mentions(session, incident.id)["mention_id"])


def refused(words, deed, *args, **more):
    with pytest.raises(BadInput, match=words):
        deed(*args, **more)


# --- Opening and editing --------------------------------------------------------------------------------------------


def test_a_file_begins_at_the_first_capture_with_place_and_unit_of_its_mentions(session, said, units):
    street = units[1]
    for one, town in zip(said, ("青山街道", "青山街道", "白水镇"), strict=False):
        session.add(Sense(mention_id=one.id, at=NOW, town=town, place=f"{town}东街", unit_id=street.id))
    made = open_(session, said[:3])
    assert (made.first_at, made.stage, made.opened_by) == (said[0].first_seen_at, "found", "张三")
    assert (made.town, made.place, made.unit_id, made.demo) == ("青山街道", "青山街道东街", street.id, False)
    first = steps(session, made)[0]
    assert (first.kind, first.stage, first.at, first.noted_at) == ("stage", "found", said[0].first_seen_at, NOW)
    assert "关联信息 3 条" in first.text and held(session, made) == {one.id for one in said[:3]}
    deeds = session.execute(select(MentionDeed.mention_id, MentionDeed.incident_id, MentionDeed.on)).all()
    assert sorted(deeds) == [(one.id, made.id, True) for one in said[:3]]
    assert session.execute(select(Audit.action, Audit.what)).all()[-1] == ("新建事件", f"东街停水（{made.id}）")
    assert session.get(Incident, made.id).closed_at is None


def test_what_is_given_goes_before_what_mentions_say(session, said, units):
    session.add(Sense(mention_id=said[0].id, at=NOW, town="青山街道", place="青山街道东街", unit_id=units[1].id))
    made = open_(session, said[:1], town="白水镇", unit_id=units[0].id)
    assert (made.town, made.place, made.place_code, made.unit_id) == ("白水镇", "", "", units[0].id)


def test_one_without_mentions_begins_when_it_became_known(session):
    assert open_(session, []).first_at == NOW
    made = open_(session, [], found_at=NOW - 2 * HOUR)
    assert made.first_at == NOW - 2 * HOUR and "没有关联信息" in steps(session, made)[0].text


@pytest.mark.parametrize(("more", "words"), [
    ({"title": " \u202e\n "}, "名称还没有填写"), ({"title": "长" * 61}, "事件名称有 61 个字"),
    ({"level": "green"}, "请选择等级"), ({"ids": [10**6]}, "1 条已不存在"), ({"unit_id": 99}, "单位已不在"),
    ({"topics": [99]}, "话题已不存在"), ({"found_at": NOW + HOUR}, "晚于现在"),
    ({"summary": "字" * 201}, "摘要有 201 个字"), ({"risk": "一。二。"}, "写成一句话"),
    ({"risk": "险" * 81}, "风险提示有 81 个字"),
])
def test_what_cannot_be_opened_says_why_and_leaves_nothing(session, said, more, words):
    given = {"title": "东街停水", "level": "blue", "ids": [said[0].id], "topics": ()} | more
    title, level, ids, topics = (given.pop(name) for name in ("title", "level", "ids", "topics"))
    refused(words, incidents.open_, session, title, level, ids, topics, who="张三", now=NOW, **given)
    session.rollback()
    assert session.execute(select(Incident)).first() is None


def test_control_and_direction_characters_do_not_enter(session):
    assert open_(session, [], title="东街\u202e停水\x00\n公告").title == "东街停水 公告"


def test_an_edit_is_a_step_for_each_field_with_before_and_after(session, said, units):
    made = open_(session, said[:1])
    made.place_code = "310115"
    session.commit()
    changed = incidents.edit(session, made.id, seen=made.updated_at, who="李四", now=NOW, title="东街停水十小时",
                             summary="", risk="影响供水。", unit_id=units[0].id)
    session.commit()
    found = steps(session, made, "edit")
    assert changed and [(one.text, one.before, one.after, one.who) for one in found] == [
        ("事件名称", "东街停水", "东街停水十小时", "李四"), ("风险提示", "", "影响供水。", "李四"),
        ("牵头单位", "", "水务局", "李四")]
    assert made.place_code == "310115"
    assert not incidents.edit(session, made.id, seen=made.updated_at, who="李四", now=NOW, title="东街停水十小时")
    incidents.edit(session, made.id, seen=made.updated_at, who="李四", now=NOW, town="白水镇", unit_id=None)
    assert (made.place_code, made.unit_id) == ("", None)
    assert steps(session, made, "edit")[-1].before == "水务局"


def test_a_lower_level_takes_a_reason(session, said):
    made = open_(session, said[:1])
    incidents.set_level(session, made.id, "red", who="李四", now=NOW)
    refused("调低等级要写明原因", incidents.set_level, session, made.id, "yellow", " ", who="李四", now=NOW)
    incidents.set_level(session, made.id, "yellow", "已恢复供水", who="李四", now=NOW)
    refused("已是黄色", incidents.set_level, session, made.id, "yellow", who="李四", now=NOW)
    assert [(one.before, one.after, one.text) for one in steps(session, made, "level")] == [
        ("蓝色", "红色", ""), ("红色", "黄色", "已恢复供水")]


# --- Stages ---------------------------------------------------------------------------------------------------------


def test_stages_go_on_one_by_one_and_further_or_back_with_a_reason(session, said):
    made = open_(session, said[:1])
    go = dict(who="李四", now=NOW)
    incidents.advance(session, made.id, "judged", **go)
    refused("跳过“交办、处置”要写明原因", incidents.advance, session, made.id, "answered", **go)
    incidents.advance(session, made.id, "answered", "街道已公开回应", at=NOW - HOUR, **go)
    refused("退回“研判”要写明原因", incidents.advance, session, made.id, "judged", **go)
    refused("已处于“回应”", incidents.advance, session, made.id, "answered", **go)
    incidents.advance(session, made.id, "judged", "情况有反复", **go)
    found = steps(session, made, "stage")[1:]
    assert [(one.before, one.after, one.text) for one in found] == [
        ("发现", "研判", ""), ("研判", "回应", "跳过交办、处置：街道已公开回应"), ("回应", "研判", "情况有反复")]
    assert [one.at for one in found] == [NOW, NOW - HOUR, NOW] and {one.noted_at for one in found} == {NOW}
    refused("没有“done”这个环节", incidents.advance, session, made.id, "done", **go)
    refused("晚于现在", incidents.advance, session, made.id, "assigned", at=NOW + HOUR, **go)
    refused("早于首次采集", incidents.advance, session, made.id, "assigned", at=NOW - 9 * HOUR, **go)


def test_a_settled_file_is_closed_and_an_archived_one_takes_no_changes(session, said):
    made = open_(session, said[:1])
    go = dict(who="李四", now=NOW + HOUR)
    incidents.advance(session, made.id, "settled", "一次办结", **go)
    assert made.closed_at == NOW + HOUR
    incidents.link(session, made.id, [said[1].id], **go)
    incidents.advance(session, made.id, "archived", who="李四", now=NOW + 2 * HOUR)
    assert made.closed_at == NOW + HOUR
    for deed, args in ((incidents.edit, {"seen": made.updated_at, "title": "别的"}),
                       (incidents.link, {"mention_ids": [said[2].id]}), (incidents.withdraw, {"reason": "误报"}),
                       (incidents.set_level, {"level": "red"}), (incidents.assign, {"unit_id": 1, "text": "核实"})):
        refused("已归档", deed, session, made.id, **args, **go)
    incidents.note(session, made.id, "归档后补记", **go)
    incidents.advance(session, made.id, "handled", "反弹", **go)
    assert made.closed_at is None


def test_a_withdrawn_file_keeps_everything_and_comes_back(session, said):
    made = open_(session, said[:2])
    incidents.advance(session, made.id, "judged", who="李四", now=NOW)
    refused("撤销事件要写明原因", incidents.withdraw, session, made.id, "", who="李四", now=NOW)
    incidents.withdraw(session, made.id, "误报", who="李四", now=NOW)
    assert (made.withdrawn, made.closed_at) == ("误报", NOW)
    refused("已撤销，请先恢复", incidents.advance, session, made.id, "assigned", who="李四", now=NOW)
    refused("没有撤销", incidents.reopen, session, open_(session, []).id, "弄错了", who="李四", now=NOW)
    incidents.reopen(session, made.id, "弄错了", who="王五", now=NOW + HOUR)
    assert (made.withdrawn, made.closed_at, made.stage) == ("", None, "judged")
    assert held(session, made) == {one.id for one in said[:2]}
    assert [(one.before, one.after, one.text) for one in steps(session, made)[-2:]] == [
        ("研判", "已撤销", "误报"), ("已撤销：误报", "研判", "弄错了")]


def test_a_settled_file_that_was_withdrawn_is_settled_again_when_it_comes_back(session):
    made = open_(session, [])
    incidents.advance(session, made.id, "settled", "无需处置", who="李四", now=NOW + HOUR)
    incidents.withdraw(session, made.id, "重复", who="李四", now=NOW + 2 * HOUR)
    incidents.reopen(session, made.id, "不重复", who="李四", now=NOW + 3 * HOUR)
    assert made.closed_at == NOW + HOUR


# --- Mentions and topics --------------------------------------------------------------------------------------------


def test_mentions_are_taken_out_and_put_back_and_the_clock_runs_from_the_first_that_is_left(session, said):
    made = open_(session, said[1:3])
    assert incidents.link(session, made.id, [said[0].id, said[1].id], who="李四", now=NOW) == 1
    assert made.first_at == said[0].first_seen_at
    assert "首次采集时间由" in steps(session, made, "link")[-1].text
    assert incidents.unlink(session, made.id, [said[0].id, said[3].id], "无关", who="王五", now=NOW) == 1
    assert made.first_at == said[1].first_seen_at and held(session, made) == {said[1].id, said[2].id}
    step = steps(session, made, "unlink")[-1]
    assert (step.before, step.after) == ("3 条", "2 条") and "无关" in step.text and "东街停水" in step.text
    row = session.get(IncidentMention, (made.id, said[0].id))
    assert (row.removed_at, row.removed_by) == (NOW, "王五")
    assert list(linked.mentions(session, made.id, removed=True)["mention_id"]) == [said[0].id]
    assert incidents.unlink(session, made.id, [said[0].id], who="王五", now=NOW) == 0
    assert incidents.link(session, made.id, [said[0].id], who="李四", now=NOW + HOUR) == 1
    session.refresh(row)
    assert row.removed_at is None and made.first_at == said[0].first_seen_at
    deeds = session.execute(select(MentionDeed.on).where(MentionDeed.mention_id == said[0].id)
                            .order_by(MentionDeed.id)).scalars().all()
    assert deeds == [True, False, True]


def test_a_file_that_loses_its_last_mention_keeps_the_moment_that_it_began_with(session, said):
    made = open_(session, said[:1])
    incidents.unlink(session, made.id, [said[0].id], who="李四", now=NOW)
    assert made.first_at == said[0].first_seen_at and held(session, made) == set()


def test_evidence_is_marked_and_unmarked(session, said):
    made = open_(session, said[:3])
    ids = [one.id for one in said]
    assert incidents.mark(session, made.id, ids[:2], True, who="李四", now=NOW) == 2
    assert incidents.mark(session, made.id, ids[1:], True, who="李四", now=NOW) == 1
    assert incidents.mark(session, made.id, ids[:2], False, who="李四", now=NOW) == 2
    frame = linked.mentions(session, made.id)
    assert frame["mention_id"].iloc[0] == ids[2] and list(frame["key"]) == [True, False, False]


def test_evidence_stays_evidence_when_it_comes_back_and_when_it_is_split_off(session, said):
    made, ids = open_(session, said), [one.id for one in said]
    incidents.mark(session, made.id, ids[:2], True, who="李四", now=NOW)
    incidents.unlink(session, made.id, ids[:1], who="李四", now=NOW)
    incidents.link(session, made.id, ids[:1], who="李四", now=NOW)
    other = incidents.split(session, made.id, ids[1:3], "另一件", "blue", "两件事", who="李四", now=NOW)
    session.commit()
    kept = [linked.mentions(session, one.id).set_index("mention_id")["key"].to_dict() for one in (made, other)]
    assert kept == [{ids[0]: True, ids[3]: False}, {ids[1]: True, ids[2]: False}]


def test_new_mentions_of_a_followed_topic_belong_to_the_incident_as_they_come(session, weibo):
    about = topic(session, "东街停水", NOW)
    first = say(session, weibo, about, ["东街停水", "停水了"], NOW - HOUR)
    made = open_(session, [], topics=[about.id])
    assert held(session, made) == {one.id for one in first}
    assert incidents.follow(session, NOW) == 0
    incidents.unlink(session, made.id, [first[1].id], who="张三", now=NOW)
    session.commit()
    seen = made.updated_at
    more = say(session, weibo, about, ["还没来水", "来水了"], NOW + HOUR)
    assert incidents.follow(session, NOW + 2 * HOUR) == 2
    assert held(session, made) == {first[0].id, *(one.id for one in more)}, "what was taken out by hand stays out"
    assert made.updated_at == seen, "somebody's edit goes on"
    assert session.get(IncidentMention, (made.id, more[0].id)).who == ""
    auto = [step for step in query.file(session, made.id).steps if step.who == query.SYSTEM]
    assert [(step.text, step.at) for step in auto] == [("跟踪的话题自动归入信息 2 条", NOW + 2 * HOUR)]
    assert incidents.follow(session, NOW + 2 * HOUR) == 0


def test_following_goes_on_until_the_file_is_archived_or_withdrawn(session, weibo):
    about = topic(session, "东街停水", NOW)
    made = open_(session, [], topics=[about.id])
    incidents.advance(session, made.id, "settled", "已恢复", who="张三", now=NOW)
    session.commit()
    say(session, weibo, about, ["又停水了"], NOW)
    assert incidents.follow(session, NOW) == 1
    incidents.withdraw(session, made.id, "重复", who="张三", now=NOW)
    session.commit()
    say(session, weibo, about, ["再停水"], NOW)
    assert incidents.follow(session, NOW) == 0
    incidents.reopen(session, made.id, "不重复", who="张三", now=NOW)
    incidents.advance(session, made.id, "archived", who="张三", now=NOW)
    session.commit()
    assert incidents.follow(session, NOW) == 0 and len(held(session, made)) == 1


def test_a_topic_that_was_merged_is_followed_as_the_one_that_took_it_in(session, weibo):
    old, young = topic(session, "停水", NOW), topic(session, "东街停水", NOW)
    earlier = say(session, weibo, old, ["前天停水"], NOW - 48 * HOUR)
    made = open_(session, [], topics=[young.id])
    young.alias_of, young.active = old.id, False
    session.commit()
    assert incidents.follow(session, NOW) == 1
    assert session.execute(select(IncidentTopic.topic_id)).scalars().all() == [old.id]
    assert held(session, made) == {earlier[0].id} and made.first_at == earlier[0].first_seen_at
    texts = [step.text for step in steps(session, made, "link")]
    assert "改为跟踪后者" in texts[0] and "首次采集时间由" in texts[1]
    assert incidents.follow(session, NOW) == 0


def test_one_topic_has_one_open_incident(session, weibo):
    about = topic(session, "东街停水", NOW)
    first = open_(session, [], topics=[about.id])
    refused("已由事件“东街停水”跟踪", incidents.open_, session, "另一件", "blue", [], [about.id], who="李四", now=NOW)
    session.rollback()
    refused("已在跟踪", incidents.link_topic, session, first.id, about.id, who="李四", now=NOW)
    incidents.withdraw(session, first.id, "误报", who="张三", now=NOW)
    assert open_(session, [], title="另一件", topics=[about.id]).id != first.id


def test_a_topic_is_let_go_with_or_without_its_mentions(session, weibo, said):
    about, other = topic(session, "东街停水", NOW), topic(session, "来水", NOW)
    say(session, weibo, about, ["停水", "停水了"], NOW - HOUR)
    rest = say(session, weibo, other, ["来水"], NOW)
    made = open_(session, said[:1], topics=[about.id])
    assert incidents.link_topic(session, made.id, other.id, who="张三", now=NOW) == 1
    assert incidents.unlink_topic(session, made.id, other.id, who="张三", now=NOW) == 0
    assert incidents.unlink_topic(session, made.id, about.id, mentions=True, who="张三", now=NOW) == 2
    assert held(session, made) == {said[0].id, rest[0].id}
    refused("没有跟踪该话题", incidents.unlink_topic, session, made.id, about.id, who="张三", now=NOW)
    assert [step.text for step in steps(session, made, "unlink")] == [
        "不再跟踪话题“来水”，已归入的信息保留", "不再跟踪话题“东街停水”，移出其信息 2 条"]


def test_a_file_is_the_sample_districts_as_long_as_all_its_mentions_are(session, weibo, said):
    sample = say(session, source(session, "weibo", demo=True, name="样例"), None, ["样例停水"], NOW)
    made = open_(session, sample)
    assert made.demo
    incidents.link(session, made.id, [said[0].id], who="张三", now=NOW)
    assert not made.demo


# --- Tasks and attachments ------------------------------------------------------------------------------------------


def test_a_task_is_asked_answered_and_answered_again(session, said, units):
    made = open_(session, said[:1])
    refused("交办事项还没有填写", incidents.assign, session, made.id, units[0].id, " ", who="张三", now=NOW)
    refused("晚于现在", incidents.assign, session, made.id, units[0].id, "核实", due_at=NOW, who="张三", now=NOW)
    refused("单位已不在", incidents.assign, session, made.id, 99, "核实", who="张三", now=NOW)
    task = incidents.assign(session, made.id, units[0].id, "核实原因", due_at=NOW + HOUR, person="王强", who="张三",
                            now=NOW)
    incidents.answer(session, task.id, "管道爆裂", who="王强", now=NOW + HOUR)
    incidents.answer(session, task.id, "管道爆裂，已修复", who="李四", now=NOW + 2 * HOUR)
    refused("已经反馈，不能收回", incidents.recall, session, task.id, "弄错了", who="张三", now=NOW)
    row = session.get(IncidentTask, task.id)
    assert (row.answer, row.answered_at, row.answered_by) == ("管道爆裂，已修复", NOW + HOUR, "王强")
    assert [(one.before, one.after, one.unit_id) for one in steps(session, made, "reply")] == [
        ("", "管道爆裂", units[0].id), ("管道爆裂", "管道爆裂，已修复", units[0].id)]
    assert steps(session, made, "assign")[0].text == "核实原因（03-02 13:00 前反馈）"


def test_a_task_is_taken_back_with_a_reason(session, said, units):
    made = open_(session, said[:1])
    task = incidents.assign(session, made.id, units[0].id, "核实原因", who="张三", now=NOW)
    refused("收回任务要写明原因", incidents.recall, session, task.id, "", who="张三", now=NOW)
    incidents.recall(session, task.id, "改由街道办理", who="张三", now=NOW)
    refused("已收回", incidents.answer, session, task.id, "管道爆裂", who="王强", now=NOW)
    assert (steps(session, made, "assign")[-1].before, steps(session, made, "assign")[-1].after) == (
        "水务局：核实原因", "已收回")
    refused("任务不存在", incidents.answer, session, 99, "好", who="王强", now=NOW)


def test_an_attachment_is_put_aside_and_brought_back(session, said):
    made = open_(session, said[:1])
    file = incidents.attach(session, made.id, PDF, "../情况说明.PDF", note="街道提供", who="张三", now=NOW)
    session.commit()
    assert (file.name, file.media_type, file.size) == ("情况说明.pdf", "application/pdf", len(PDF))
    refused("内容相同", incidents.attach, session, made.id, PDF, "另一个名字.pdf", who="李四", now=NOW)
    incidents.detach(session, file.id, "传错了", who="李四", now=NOW)
    refused("已经移除", incidents.detach, session, file.id, who="李四", now=NOW)
    refused("可在“已移除”中恢复", incidents.attach, session, made.id, PDF, "情况说明.pdf", who="李四", now=NOW)
    incidents.reattach(session, file.id, who="王五", now=NOW)
    refused("没有移除", incidents.reattach, session, file.id, who="王五", now=NOW)
    assert session.get(IncidentFile, file.id).removed_at is None
    assert [(one.before, one.after, one.text) for one in steps(session, made, "file")] == [
        ("", "情况说明.pdf", "街道提供"), ("情况说明.pdf", "已移除", "传错了"), ("已移除", "情况说明.pdf", "恢复附件")]


# --- Several incidents ----------------------------------------------------------------------------------------------


def test_two_incidents_are_related_and_no_longer(session):
    one, other = open_(session, []), open_(session, [], title="西街停水")
    incidents.relate(session, other.id, one.id, "同一管网", who="张三", now=NOW)
    refused("已经关联", incidents.relate, session, one.id, other.id, who="张三", now=NOW)
    refused("另一个事件", incidents.relate, session, one.id, one.id, who="张三", now=NOW)
    tie = session.execute(select(IncidentTie)).scalars().one()
    assert (tie.incident_id, tie.other_id, tie.why) == (one.id, other.id, "同一管网")
    assert [(step.after, step.other_id) for step in steps(session, one, "relate")] == [("西街停水", other.id)]
    incidents.unrelate(session, one.id, other.id, who="李四", now=NOW)
    refused("没有关联", incidents.unrelate, session, one.id, other.id, who="李四", now=NOW)
    assert steps(session, other, "relate")[-1].after == "已取消关联"


@pytest.fixture
def pair(session, said, units):
    """An older file with one mention, a younger and graver one with two earlier ones, a task and an attachment."""
    old = open_(session, said[2:3], title="东街停水", now=NOW)
    young = open_(session, said[:2], title="东街断水", level="orange", now=NOW + HOUR)
    incidents.assign(session, young.id, units[0].id, "核实", due_at=NOW + 3 * HOUR, who="张三", now=NOW + HOUR)
    incidents.attach(session, young.id, PDF, "说明.pdf", who="张三", now=NOW + HOUR)
    session.commit()
    return old, young


def test_the_younger_file_becomes_an_alias_of_the_older_and_they_are_read_as_one(session, pair, said):
    old, young = pair
    refused("合并事件要写明原因", incidents.merge, session, old.id, young.id, "", who="李四", now=NOW)
    session.rollback()
    kept = incidents.merge(session, young.id, old.id, "同一件事", who="李四", now=NOW + 2 * HOUR)
    session.commit()
    assert kept.id == old.id and (kept.level, kept.first_at) == ("orange", said[0].first_seen_at)
    assert young.alias_of == old.id and young.closed_at is not None
    file = query.file(session, young.id)
    assert (file.asked, file.head.id, file.mentions) == (young.id, old.id, 3)
    assert held(session, young) == {one.id for one in said[:3]}
    assert [(one.of, one.unit) for one in file.tasks] == [("东街断水", "水务局")]
    assert [one.of for one in file.files] == ["东街断水"] and [one.id for one in file.merged] == [young.id]
    assert {step.of for step in file.steps} == {"", "东街断水"}
    refused("已并入“东街停水”", incidents.note, session, young.id, "记录", who="李四", now=NOW)
    frame = query.listed(session, NOW + 3 * HOUR)
    assert list(frame["incident_id"]) == [old.id] and list(frame["mentions"]) == [3] and list(frame["tasks"]) == [1]


def test_a_merge_is_undone_with_all_that_each_had(session, pair, said):
    old, young = pair
    incidents.merge(session, old.id, young.id, "同一件事", who="李四", now=NOW + 2 * HOUR)
    task = session.execute(select(IncidentTask)).scalars().one()
    incidents.answer(session, task.id, "已核实", who="王五", now=NOW + 2 * HOUR)
    incidents.unlink(session, old.id, [said[1].id], "无关", who="王五", now=NOW + 2 * HOUR)
    back = incidents.unmerge(session, young.id, "不是一件事", who="李四", now=NOW + 3 * HOUR)
    session.commit()
    assert (back.id, back.alias_of, back.closed_at, back.stage) == (young.id, None, None, "found")
    assert (held(session, old), held(session, young)) == ({said[2].id}, {said[0].id})
    assert old.first_at == said[2].first_seen_at and young.first_at == said[0].first_seen_at
    assert [one.answer for one in query.file(session, young.id).tasks] == ["已核实"]
    assert not query.file(session, old.id).tasks and not query.file(session, old.id).merged
    assert [step.text for step in steps(session, old, "merge")] == [
        "并入“东街断水”：同一件事", "撤销合并“东街断水”：不是一件事"]
    assert [(step.before, step.after) for step in steps(session, young, "merge")] == [
        ("单独处置", "并入“东街停水”"), ("并入“东街停水”", "单独处置")]
    refused("没有并入", incidents.unmerge, session, young.id, "再来", who="李四", now=NOW)


def test_the_level_that_a_merge_raised_goes_with_it_unless_somebody_has_set_one_since(session, said):
    first, second, third = (open_(session, [one], title=f"事件{level}", level=level, now=NOW + n * HOUR)
                            for n, (one, level) in enumerate(zip(said[:3], ("blue", "red", "yellow"), strict=True)))
    for young in (second, third):
        incidents.merge(session, first.id, young.id, "同一件事", who="李四", now=NOW + 4 * HOUR)
    assert first.level == "red"
    incidents.unmerge(session, second.id, "分开", who="李四", now=NOW + 5 * HOUR)
    assert first.level == "yellow", "that of the one that is still in it"
    incidents.unmerge(session, third.id, "分开", who="李四", now=NOW + 5 * HOUR)
    assert first.level == "blue"
    incidents.merge(session, first.id, second.id, "同一件事", who="李四", now=NOW + 6 * HOUR)
    incidents.set_level(session, first.id, "orange", "已控制", who="李四", now=NOW + 6 * HOUR)
    incidents.unmerge(session, second.id, "分开", who="李四", now=NOW + 7 * HOUR)
    assert first.level == "orange", "as somebody has set it"


def test_the_moment_at_which_it_became_known_counts_again_when_what_was_earlier_is_gone(session, said):
    known = NOW - 2 * HOUR - HOUR / 2
    old = open_(session, [], found_at=known)
    incidents.link(session, old.id, [said[2].id], who="李四", now=NOW)
    young = open_(session, said[:1], title="东街断水", now=NOW + HOUR)
    incidents.merge(session, old.id, young.id, "同一件事", who="李四", now=NOW + HOUR)
    assert old.first_at == said[0].first_seen_at
    incidents.unmerge(session, young.id, "分开", who="李四", now=NOW + HOUR)
    assert old.first_at == known and young.first_at == said[0].first_seen_at
    incidents.link(session, old.id, [said[0].id], who="李四", now=NOW + HOUR)
    incidents.unlink(session, old.id, [said[0].id], "无关", who="李四", now=NOW + HOUR)
    assert old.first_at == known


def test_files_merged_one_into_the_other_come_apart_in_turn(session, said):
    first, second, third = (open_(session, [one], title=f"事件{n}", now=NOW + n * HOUR)
                            for n, one in enumerate(said[:3]))
    incidents.merge(session, second.id, third.id, "同一件事", who="李四", now=NOW + 4 * HOUR)
    incidents.merge(session, first.id, second.id, "同一件事", who="李四", now=NOW + 5 * HOUR)
    session.commit()
    assert incidents.family(session, first.id) == [first.id, second.id, third.id]
    assert incidents.head(session, third.id) == first.id and len(held(session, first)) == 3
    incidents.unmerge(session, second.id, "分开", who="李四", now=NOW + 6 * HOUR)
    assert held(session, first) == {said[0].id} and held(session, second) == {said[1].id, said[2].id}
    incidents.unmerge(session, third.id, "分开", who="李四", now=NOW + 7 * HOUR)
    assert held(session, second) == {said[1].id}


def test_a_topic_of_a_merged_file_is_followed_for_the_older_and_comes_away_with_it(session, weibo, said):
    about = topic(session, "断水", NOW)
    old = open_(session, said[:1])
    young = open_(session, [], title="断水", topics=[about.id], now=NOW + HOUR)
    incidents.merge(session, old.id, young.id, "同一件事", who="李四", now=NOW + HOUR)
    session.commit()
    new = say(session, weibo, about, ["断水了"], NOW + HOUR)
    assert incidents.follow(session, NOW + 2 * HOUR) == 1
    assert held(session, old) == {said[0].id, new[0].id}
    incidents.unmerge(session, young.id, "分开", who="李四", now=NOW + 3 * HOUR)
    session.commit()
    incidents.follow(session, NOW + 3 * HOUR)
    assert held(session, old) == {said[0].id} and held(session, young) == {new[0].id}


def test_nothing_is_merged_into_a_settled_or_a_withdrawn_file(session):
    old, young = open_(session, []), open_(session, [], now=NOW + HOUR)
    incidents.advance(session, old.id, "settled", "已办", who="张三", now=NOW)
    refused("已办结，请先把它退回", incidents.merge, session, old.id, young.id, "同", who="张三", now=NOW)
    incidents.withdraw(session, young.id, "误报", who="张三", now=NOW)
    refused("已撤销", incidents.merge, session, old.id, young.id, "同", who="张三", now=NOW)


def test_mentions_are_split_off_into_a_file_of_their_own_and_merged_back(session, weibo, said):
    about = topic(session, "西街修路", NOW)
    road = say(session, weibo, about, ["西街又修路"], NOW - HOUR)
    made = open_(session, said, topics=[about.id])
    go = dict(who="李四", now=NOW + HOUR)
    refused("拆分事件要写明原因", incidents.split, session, made.id, [said[3].id], "西街修路", "blue", " ", **go)
    refused("不能把全部信息都拆出", incidents.split, session, made.id, held(session, made), "全部", "blue", "分", **go)
    refused("请选择这个事件中", incidents.split, session, made.id, [], "无", "blue", "分", **go)
    refused("话题已不在", incidents.split, session, made.id, [said[3].id], "无", "blue", "分", topic_ids=[99], **go)
    session.rollback()
    other = incidents.split(session, made.id, [said[3].id], "西街修路", "blue", "两件事", topic_ids=[about.id], **go)
    session.commit()
    assert held(session, other) == {said[3].id, road[0].id} and held(session, made) == {one.id for one in said[:3]}
    assert (other.first_at, other.stage) == (road[0].first_seen_at, "found")
    assert [one.title for one in query.file(session, other.id).topics] == ["西街修路"]
    assert not query.file(session, made.id).topics
    assert steps(session, made, "split")[0].other_id == other.id and "2 条" in steps(session, made, "split")[0].text
    assert incidents.follow(session, NOW + HOUR) == 0, "what was split off does not come back by itself"
    incidents.merge(session, made.id, other.id, "还是一件事", **go)
    assert held(session, made) == {one.id for one in [*said, *road]} and query.file(session, made.id).removed == 0


# --- Two at once ----------------------------------------------------------------------------------------------------


def test_an_edit_of_what_somebody_else_has_changed_is_refused_and_says_who(session, said):
    made = open_(session, said[:1])
    seen = made.updated_at
    incidents.edit(session, made.id, seen=seen, who="李四", now=NOW, title="东街停水十小时")
    session.commit()
    for deed, args in ((incidents.edit, {"title": "别的"}), (incidents.set_level, {"level": "red"}),
                       (incidents.advance, {"stage": "judged"}), (incidents.withdraw, {"reason": "误报"})):
        refused("李四在 03-02 12:00 已改动这个事件（修改），您的改动没有保存", deed, session, made.id, seen=seen,
                who="王五", now=NOW, **args)
        session.rollback()
    assert session.get(Incident, made.id).title == "东街停水十小时"
    assert incidents.edit(session, made.id, seen=made.updated_at, who="王五", now=NOW, title="别的")


def test_of_two_who_save_at_the_same_time_one_is_refused(session, said):
    made = open_(session, said[:1])
    outcomes = []

    def save(title):
        with db.session() as own:
            try:
                incidents.edit(own, made.id, seen=made.updated_at, who=f"人{title}", now=NOW, title=title)
                own.commit()
                outcomes.append(title)
            except BadInput as fault:
                outcomes.append(str(fault))

    threads = [threading.Thread(target=save, args=(f"名称{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [one for one in outcomes if one.startswith("名称")]
    assert len(won) == 1 and sum("没有保存" in one for one in outcomes) == 3
    session.expire_all()
    assert session.get(Incident, made.id).title == won[0] and len(steps(session, made, "edit")) == 1


def test_what_several_add_at_the_same_time_is_all_kept(session, said, units):
    made = open_(session, [])

    def add(n):
        with db.session() as own:
            incidents.link(own, made.id, [said[n].id], who=f"人{n}", now=NOW)
            incidents.note(own, made.id, f"记录{n}", who=f"人{n}", now=NOW)
            incidents.assign(own, made.id, units[0].id, f"任务{n}", who=f"人{n}", now=NOW)
            own.commit()

    threads = [threading.Thread(target=add, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session.expire_all()
    file = query.file(session, made.id)
    assert file.mentions == 4 and len(file.tasks) == 4 and sum(step.kind == "note" for step in file.steps) == 4
    assert file.head.first_at == said[0].first_seen_at
    counted = [step.after for step in file.steps if step.kind == "link"]
    assert counted == ["1 条", "2 条", "3 条", "4 条"], "each saw what the one before had left"


def test_two_files_about_one_topic_are_not_opened_at_once(session, weibo):
    about = topic(session, "东街停水", NOW)
    session.commit()
    outcomes = []

    def open_one(n):
        with db.session() as own:
            try:
                incidents.open_(own, f"事件{n}", "blue", [], [about.id], who=f"人{n}", now=NOW)
                own.commit()
                outcomes.append("opened")
            except BadInput as fault:
                outcomes.append(str(fault))

    threads = [threading.Thread(target=open_one, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("opened") == 1 and len(session.execute(select(Incident)).all()) == 1


def test_a_mention_of_another_incident_may_belong_to_this_one_too(session, said):
    one, other = open_(session, said[:1]), open_(session, said[:1], title="另一件")
    incidents.unlink(session, one.id, [said[0].id], who="张三", now=NOW)
    assert held(session, other) == {said[0].id} and session.get(Mention, said[0].id)
