"""The room 事件处置: the list, one incident behind its link, what a person does there, what another did meanwhile."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock, db, incidents
from core.models import Incident, IncidentStep, Unit
from core.query import incidents as query
from tests.spoken import feel, say, source, topic

HOUR = timedelta(hours=1)
HOSTILE = "东街停水[点我](https://evil.example) <script>alert(1)</script>"


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def water(session, now):
    """An incident of two hours ago with a topic of three mentions, one of them hostile."""
    session.add(Unit(name="水务局", kind="bureau"))
    about = topic(session, "东街停水", now - 2 * HOUR)
    said = say(session, source(session, "weibo", name="微博"), about, ["东街停水", "停水了", HOSTILE], now - 2 * HOUR)
    feel(session, said[0], "负面", 0.9)
    made = incidents.open_(session, "东街停水", "red", topic_ids=[about.id], who="张三", now=now, town="青山街道")
    session.commit()
    return made


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.warning, app.success, app.error, app.header)
    return " ".join(element.value for kind in kinds for element in kind).replace("\\", "")


def at(elements, start):
    return next(element for element in elements if element.key and element.key.startswith(start))


def press(app, start):
    at(app.button, start).click().run()
    assert not app.exception, [one.value for one in app.exception]


def frame(app, column):
    return next(table.value for table in app.dataframe if column in table.value.columns)


def fresh(id_):
    with db.session() as session:
        return session.get(Incident, id_)


# --- The list -------------------------------------------------------------------------------------------------------


def test_before_there_is_any_the_room_says_what_to_do(open_room):
    app = open_room("incidents")
    assert "还没有事件" in app.info[0].value and "一事一报" in app.info[0].value
    assert at(app.button, "incident_new_button").label == "新建事件" and not app.dataframe


def test_the_list_says_how_much_time_is_left(water, session, now, open_room):
    late = incidents.open_(session, "西街修路", "blue", found_at=now - 60 * HOUR, who="张三", now=now)
    task = session.execute(select(Unit.id)).scalar()
    incidents.assign(session, late.id, task, "核实", due_at=now - HOUR, who="张三", now=now - 2 * HOUR)
    session.commit()
    app = open_room("incidents")
    cards = {metric.label: metric.value for metric in app.metric}
    assert cards == {"处置中": "2 件", "已超时": "1 件", "反馈超期": "1 项", "已办结": "0 件"}
    shown = frame(app, "time")
    assert list(shown["title"]) == ["东街停水", "西街修路"] and list(shown["level"]) == [["红色"], ["蓝色"]]
    assert shown["time"][1].startswith(("已超时 12 小时", "已超时 11 小时 59")) and shown["time"][0].startswith("剩 ")
    assert list(shown["clock"]) == ["5 小时内权威发布", "48 小时内回应"] and list(shown["overdue"]) == ["", "水务局"]


def test_the_list_is_filtered_by_its_address(water, open_room):
    app = open_room("incidents", i_level="红色", i_town="青山街道", i_q="停水")
    assert list(frame(app, "time")["title"]) == ["东街停水"]
    app = open_room("incidents", i_level="蓝色")
    assert "放宽筛选条件" in app.info[0].value and not app.dataframe
    assert "没有符合条件" in open_room("incidents", i_state="已撤销").info[0].value


def test_open_incidents_stand_by_street(water, open_room):
    app = open_room("incidents")
    at(app.segmented_control, "incident_view").set_value("按街镇").run()
    shown = frame(app, "town")
    assert shown[["town", "open", "red"]].to_numpy().tolist() == [["青山街道", 1, 1]]


@pytest.mark.parametrize("bad", ["999999", "abc", "-1", f"{2**31}", "9" * 40, "1;drop table incident", "²"])
def test_a_link_to_no_incident_says_so_and_shows_the_list(water, open_room, bad):
    app = open_room("incidents", incident=bad)
    assert "找不到" in app.warning[0].value and len(frame(app, "time")) == 1


# --- A new one ------------------------------------------------------------------------------------------------------


def test_a_new_incident_is_opened_about_a_topic(session, now, open_room):
    about = topic(session, "南街停电", now)
    say(session, source(session, "weibo", name="微博"), about, ["南街停电", "停电了"], now - HOUR)
    app = open_room("incidents")
    press(app, "incident_new_button")
    at(app.multiselect, "incident_new_topics").set_value([about.id]).run()
    assert "将关联 2 条信息" in words(app)
    title = next(one for one in app.text_input if one.label == "事件名称")
    assert title.value == "南街停电"
    title.set_value("南街大面积停电").run()
    at(app.segmented_control, "incident_new_level").set_value("橙色 · 重大").run()
    press(app, "incident_new_save")
    made = session.execute(select(Incident)).scalars().one()
    assert (made.title, made.level, query.file(session, made.id).mentions) == ("南街大面积停电", "orange", 2)
    assert app.query_params["incident"] == str(made.id)
    assert "已建立事件“南街大面积停电”" in words(app) and "橙色 · 重大" in words(app)


def test_a_new_incident_without_a_name_is_refused_in_words(session, open_room):
    app = open_room("incidents")
    press(app, "incident_new_button")
    press(app, "incident_new_save")
    assert "事件名称还没有填写" in app.error[0].value and not session.execute(select(Incident)).all()
    press(app, "incident_new_cancel")
    assert not [one for one in app.button if one.key == "incident_new_save"]


def test_a_link_from_elsewhere_opens_the_form_with_what_it_names(session, now, open_room):
    about = topic(session, "南街停电", now)
    said = say(session, source(session, "weibo", name="微博"), about, ["南街停电", "停电了"], now - HOUR)
    app = open_room("incidents", topics=f"{about.id},x", mentions=f"{said[0].id}")
    assert "将关联 2 条信息" in words(app) and "已带入 1 条信息" in words(app)
    press(app, "incident_new_save")
    assert query.file(session, session.execute(select(Incident.id)).scalar()).topics[0].topic_id == about.id


# --- One incident ---------------------------------------------------------------------------------------------------


def test_a_link_opens_one_incident_and_the_way_back(water, open_room):
    app = open_room("incidents", incident=str(water.id))
    told = words(app)
    assert app.header[0].value == "东街停水" and ":red-badge[红色 · 特别重大]" in told
    assert "5 小时内权威发布" in told and "剩 2 小时" in told and "剩 1 天 21 小时" in told
    assert "radio_button_checked: 发现" in told and ":gray-badge[归档]" in told and "还没有摘要和风险提示" in told
    assert "跟踪话题　**东街停水**" in told and "共 3 条" in told
    assert list(frame(app, "reprints")["sentiment"]) == ["", "", "负面"]
    press(app, "incident_back")
    assert "incident" not in app.query_params and len(frame(app, "time")) == 1


def test_markup_in_what_was_collected_is_shown_as_text(water, session, now, open_room):
    incidents.edit(session, water.id, seen=water.updated_at, who="张三", now=now, title=HOSTILE[:60], summary=HOSTILE,
                   risk="<img src=x onerror=alert(1)>")
    incidents.note(session, water.id, HOSTILE, who="<b>李四</b>", now=now)
    other = incidents.open_(session, HOSTILE[:60], "blue", who="张三", now=now)
    session.commit()
    for tab in ("信息", "处置过程", "观点", "关联事件"):
        app = open_room("incidents", incident=str(water.id))
        app.session_state["incident_tab"] = tab
        app.run()
        assert not app.exception
        if tab == "关联事件":
            at(app.selectbox, "incident_choose_").set_value(other.id).run()
        shown = " ".join([*(one.value for kind in (app.markdown, app.caption, app.header) for one in kind),
                          *(one.label for one in app.button)])
        assert "点我" in shown and "[点我](" not in shown and not re.search(r"(?<!\\)<(script|img|b>)", shown)


@pytest.mark.parametrize(("tab", "said"), [
    ("走势", "按发布时间统计"), ("观点", "负面 1 条；另有 2 条未作判断"), ("处置过程", "还没有交办任务"),
    ("附件", "还没有附件"), ("关联事件", "还没有关联的事件"),
])
def test_every_part_can_be_opened(water, open_room, tab, said):
    app = open_room("incidents", incident=str(water.id))
    app.session_state["incident_tab"] = tab
    app.run()
    assert not app.exception, [one.value for one in app.exception]
    assert said in words(app)


def test_an_incident_without_mentions_says_what_to_do(session, now, open_room):
    made = incidents.open_(session, "电话反映停水", "blue", who="张三", now=now)
    session.commit()
    for tab, said in (("信息", "还没有关联信息"), ("走势", "请先在“信息”中关联"), ("观点", "请先在“信息”中关联")):
        app = open_room("incidents", incident=str(made.id))
        app.session_state["incident_tab"] = tab
        app.run()
        assert not app.exception and said in words(app)


def test_an_incident_goes_on_to_the_next_stage(water, open_room):
    app = open_room("incidents", incident=str(water.id))
    press(app, f"incident_stage_{water.id}_0_go")
    assert fresh(water.id).stage == "judged" and "已转入“研判”环节" in words(app)
    stage = at(app.selectbox, f"incident_stage_{water.id}_1")
    assert stage.value == "assigned"
    stage.set_value("answered").run()
    press(app, f"incident_stage_{water.id}_1_go")
    assert "要写明原因" in app.error[0].value and fresh(water.id).stage == "judged"
    at(app.text_area, f"incident_stage_{water.id}_1_why").set_value("街道已公开回应").run()
    press(app, f"incident_stage_{water.id}_1_go")
    told = words(app)
    assert fresh(water.id).stage == "answered" and "按时回应，用时" in told and "跳过" in told


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(water, session, open_room):
    app = open_room("incidents", incident=str(water.id))
    incidents.set_level(session, water.id, "orange", "情况缓和", who="李四", now=clock.now())
    session.commit()
    press(app, f"incident_stage_{water.id}_0_go")
    assert "李四在" in app.error[0].value and "您的改动没有保存" in app.error[0].value
    assert fresh(water.id).stage == "found" and ":orange-badge[橙色" in words(app)
    press(app, f"incident_stage_{water.id}_0_go")
    assert fresh(water.id).stage == "judged"


def test_an_edit_keeps_what_was_typed_when_somebody_else_was_quicker(water, session, open_room):
    app = open_room("incidents", incident=str(water.id))
    press(app, "incident_edit_button")
    at(app.text_area, f"incident_edit_{water.id}_0_summary").set_value("我写的摘要").run()
    incidents.edit(session, water.id, seen=water.updated_at, who="李四", now=clock.now(), title="李四的名称")
    session.commit()
    press(app, f"incident_edit_{water.id}_0_save")
    assert "李四在" in app.error[0].value and fresh(water.id).summary == ""
    assert at(app.text_area, f"incident_edit_{water.id}_0_summary").value == "我写的摘要"
    press(app, f"incident_edit_{water.id}_0_cancel")
    press(app, "incident_edit_button")
    assert at(app.text_input, f"incident_edit_{water.id}_1_title").value == "李四的名称"
    at(app.text_area, f"incident_edit_{water.id}_1_summary").set_value("我写的摘要").run()
    press(app, f"incident_edit_{water.id}_1_save")
    row = fresh(water.id)
    assert (row.title, row.summary) == ("李四的名称", "我写的摘要") and "已保存修改" in words(app)


def test_a_draft_comes_into_the_form(water, open_room):
    app = open_room("incidents", incident=str(water.id))
    press(app, "incident_edit_button")
    press(app, f"incident_edit_{water.id}_0_draft")
    assert at(app.text_area, f"incident_edit_{water.id}_0_summary").value.startswith("截至")
    assert "监测到相关信息3条" in at(app.text_area, f"incident_edit_{water.id}_0_summary").value
    press(app, f"incident_edit_{water.id}_0_save")
    assert fresh(water.id).risk.startswith("近24小时新增信息3条") and "**风险提示**" in words(app)


def test_an_incident_is_withdrawn_and_brought_back(water, open_room):
    app = open_room("incidents", incident=str(water.id))
    press(app, f"incident_withdraw_{water.id}_0_go")
    assert "撤销事件要写明原因" in app.error[0].value
    at(app.text_area, f"incident_withdraw_{water.id}_0_why").set_value("重复登记").run()
    press(app, f"incident_withdraw_{water.id}_0_go")
    assert "事件已撤销：重复登记" in words(app) and "小时内权威发布" not in words(app)
    at(app.text_area, f"incident_reopen_{water.id}_1_why").set_value("并不重复").run()
    press(app, f"incident_reopen_{water.id}_1_go")
    assert fresh(water.id).withdrawn == "" and "5 小时内权威发布" in words(app)


def test_a_unit_is_asked_and_answers(water, session, open_room):
    app = open_room("incidents", incident=str(water.id))
    app.session_state["incident_tab"] = "处置过程"
    app.run()
    unit = session.execute(select(Unit.id)).scalar()
    at(app.selectbox, f"incident_assign_{water.id}_0_unit").set_value(unit).run()
    at(app.text_area, f"incident_assign_{water.id}_0_text").set_value("核实原因").run()
    press(app, f"incident_assign_{water.id}_0_go")
    told = words(app)
    assert ":blue-badge[待反馈] **水务局**　核实原因" in told and "前反馈，剩 2" in told
    task = query.file(session, water.id).tasks[0]
    at(app.text_area, f"incident_answer_{task.id}_1").set_value("管道爆裂").run()
    press(app, f"incident_answer_{task.id}_1_go")
    assert ":green-badge[已反馈] **水务局**" in words(app) and "管道爆裂" in words(app)


def test_a_note_stands_in_the_course_with_who_and_when(water, session, open_room):
    app = open_room("incidents", incident=str(water.id))
    app.session_state["incident_tab"] = "处置过程"
    app.run()
    at(app.text_area, f"incident_note_{water.id}_0").set_value("已电话核实").run()
    press(app, f"incident_note_{water.id}_0_go")
    assert "已电话核实" in words(app) and "记录　:gray[网页操作" in words(app)
    step = session.execute(select(IncidentStep).where(IncidentStep.kind == "note")).scalars().one()
    assert step.who == "网页操作"


def test_a_topic_is_let_go_and_an_attachment_put_aside(water, session, now, open_room):
    file = incidents.attach(session, water.id, b"%PDF-1.7", "说明.pdf", who="张三", now=now)
    session.commit()
    app = open_room("incidents", incident=str(water.id))
    followed = query.file(session, water.id).topics[0].topic_id
    press(app, f"unfollow_{water.id}_{followed}_0_go")
    assert "已不再跟踪话题“东街停水”" in words(app) and not query.file(session, water.id).topics
    app.session_state["incident_tab"] = "附件"
    app.run()
    assert "说明.pdf" in words(app) and [one.label for one in app.get("download_button")] == ["下载"]
    press(app, f"incident_file_out_{file.id}_1_go")
    press(app, f"incident_file_back_{file.id}_2")
    assert "已恢复附件“说明.pdf”" in words(app)


def test_related_incidents_are_proposed_confirmed_merged_and_taken_apart(water, session, now, open_room):
    other = incidents.open_(session, "东街断水停水", "blue", town="青山街道", who="李四", now=now + HOUR)
    session.commit()
    app = open_room("incidents", incident=str(water.id))
    app.session_state["incident_tab"] = "关联事件"
    app.run()
    assert "自动推荐" in words(app) and "同在青山街道，名称相近" in words(app)
    press(app, f"incident_tie_{other.id}_0")
    assert "已与“东街断水停水”关联" in words(app)
    incidents.merge(session, water.id, other.id, "同一件事", who="李四", now=clock.now())
    session.commit()
    app = open_room("incidents", incident=str(other.id))
    assert app.header[0].value == "东街停水" and "链接中的事件“东街断水停水”已并入本事件" in words(app)
    app.session_state["incident_tab"] = "关联事件"
    app.run()
    at(app.text_input, f"incident_unmerge_{other.id}_").set_value("不是一件事").run()
    press(app, f"incident_unmerge_{other.id}_0_go")
    assert fresh(other.id).alias_of is None
