"""群众诉求: from an empty room through a file to problems, one demand, its mending and an incident."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock, db, incidents
from core.demands import reading
from core.models import Demand, DemandDeed, Incident, IncidentMention, Mention
from tests.asked import HEADS, bring, order, place
from tests.imports.make import csv_file

NOW = clock.now().replace(microsecond=0)
DAYS = [f"{clock.local(NOW - timedelta(n)):%Y-%m-%d 09:00}" for n in range(40)]
HOSTILE = "桂园新村电梯[点我](https://evil.example) <script>alert(1)</script>"
LIFT = {"诉求内容": "桂园新村电梯停运多日，没有人维修", "诉求类型": "投诉", "承办单位": "区水务局"}


@pytest.fixture
def asked(session):
    place(session, NOW)
    bring(session, [
        order("G1", HOSTILE, DAYS[30], 来电号码="13812345671", 办理状态="办理中", 办结时限=DAYS[20][:10], **LIFT),
        order("G2", "桂园新村电梯又坏了", DAYS[3], 来电号码="13812345672", 办理状态="已办结", 答复内容="已修好",
              答复时间=DAYS[2], 满意度="满意", **LIFT),
        order("G3", "桂园新村电梯困人", DAYS[2], 来电号码="13812345673", **LIFT),
        order("G4", "白水公路路面坑洼", DAYS[2], 诉求内容="道路破损", 诉求类型="求助"),
    ], NOW)
    return session


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.warning, app.success, app.error, app.subheader)
    return " ".join(element.value for kind in kinds for element in kind).replace("\\", "")


def at(elements, start):
    return next(element for element in elements if element.key and element.key.startswith(start))


def press(app, start):
    at(app.button, start).click().run()
    assert not app.exception, [one.value for one in app.exception]


def frame(app, column):
    return next(table.value for table in app.dataframe if column in table.value.columns)


def group_of(number: str) -> int:
    with db.session() as session:
        return session.execute(select(Demand.group_id).where(Demand.number == number)).scalar()


def id_of(number: str) -> int:
    with db.session() as session:
        return session.execute(select(Demand.id).where(Demand.number == number)).scalar()


def test_an_empty_room_says_what_to_do(open_room):
    assert "还没有诉求" in open_room("demands").info[0].value


def test_the_figures_come_with_their_numbers_and_problems_come_first(asked, open_room):
    app = open_room("demands", period="近一年")
    assert {metric.label: metric.value for metric in app.metric} == {
        "诉求总量": "4", "重复率": "0.0%", "超期未答复": "1", "按期答复率": "50.0%", "满意率": "100.0%"}
    assert "按期答复 1 / 已答复和已超期 2 件" in words(app) and "评价覆盖已答复的 100.0%" in words(app)
    found = frame(app, "level_name")
    assert found["level_name"].tolist() == ["区域性"] and found["all"].tolist() == [3]
    assert "3 件、3 人，其中 3 件在青山街道" in found["why"].tolist()[0]


@pytest.mark.parametrize(("part", "column", "numbers"), [("诉求清单", "number", 4), ("超期催办", "over", 1)])
def test_the_parts_of_the_room(asked, open_room, part, column, numbers):
    app = open_room("demands", period="近一年", demands_part=part)
    shown = [table.value for table in app.dataframe if column in table.value.columns]
    assert len(shown[-1]) == numbers


def test_where_demands_come_from_is_told_by_field_street_and_unit(asked, open_room):
    app = open_room("demands", period="近一年", demands_part="分布与趋势")
    named = {name for table in app.dataframe for name in table.value["name"]}
    assert {"住房城建/电梯", "青山街道", "白水镇", "云澜区水务局"} <= named
    assert "类别来源" in words(app)


def test_filters_stand_in_the_address_and_a_made_up_one_is_refused(asked, open_room):
    app = open_room("demands", period="近一年", demands_part="诉求清单", towns="白水镇")
    assert frame(app, "number")["number"].tolist() == ["G4"]
    at(app.text_input, "d_words").set_value("没有这个词").run()
    assert app.query_params["words"] == "没有这个词" and "没有符合条件的诉求" in words(app)
    app = open_room("demands", period="近一年", states="没有")
    assert "不认识" in app.error[0].value and app.metric[0].value == "4"


def test_a_file_is_looked_at_and_brings_demands_that_are_read_after_it(session, open_room):
    place(session, NOW)
    app = open_room("demands", demands_part="导入")
    said = order("G7", "桂园新村停水", DAYS[1], 办理状态="待办", 来电号码="13812345671")
    rows = [HEADS, [said.get(head, "") for head in HEADS]]
    app.file_uploader[0].set_value(("工单.csv", csv_file(rows, encoding="gb18030"), "text/csv")).run()
    assert "可导入 1 件工单" in words(app) and "13812345671" not in words(app)
    press(app, "import_go")
    assert "已导入“工单.csv”" in app.success[0].value.replace("\\", "")
    with db.session() as again:
        assert reading.run(again, now=NOW) == 1
        assert again.execute(select(Demand.number)).scalars().all() == ["G7"]


def test_a_problem_opens_by_its_link_with_its_demands_as_they_are(asked, open_room):
    incidents.open_(asked, HOSTILE[:60], "blue", [asked.execute(select(Demand.mention_id)).scalars().first()],
                    who="张三", now=NOW)
    asked.commit()
    app = open_room("demands", problem=str(group_of("G1")))
    said = words(app)
    assert "问题编号" in said and "其中 3 件在青山街道" in said
    assert frame(app, "number")["number"].tolist() == ["G3", "G2", "G1"]
    assert "<script>" not in app.subheader[0].value.replace("\\<", "")
    (label,) = (one.proto.label for one in app.main.get("page_link") if "事件" in one.proto.label)
    assert "点我" in label and "[点我](" not in label
    assert app.metric[0].value == "3" and app.metric[1].value == "3"
    assert "找不到" in words(open_room("demands", problem="999"))
    assert not open_room("demands", problem=f"{2**31}").exception


def test_a_problem_is_renamed_and_made_an_incident_with_its_words(asked, open_room):
    app = open_room("demands", problem=str(group_of("G1")))
    at(app.text_input, "d_p_title").set_value("桂园新村电梯老化").run()
    press(app, "d_p_title_go")
    assert "已改名为" in app.success[0].value and app.subheader[0].value == "桂园新村电梯老化"
    summary = at(app.text_area, f"d_p_{group_of('G1')}").value
    assert "收到群众诉求 3 件，涉及青山街道，其中 1 件超期未答复" in summary
    next(one for one in app.button if one.key.startswith(f"d_p_{group_of('G1')}") and one.key.endswith("_join")).click()
    app.run()
    with db.session() as session:
        made = session.execute(select(Incident)).scalar_one()
        linked = session.execute(
            select(Mention.external_id).join(IncidentMention, IncidentMention.mention_id == Mention.id)
            .order_by(Mention.external_id)).scalars().all()
    assert (made.title, made.town, made.summary) == ("桂园新村电梯老化", "青山街道", summary)
    assert linked == ["G1", "G2", "G3"]


def test_two_problems_are_merged_and_the_room_goes_on_with_the_older(asked, open_room):
    app = open_room("demands", problem=str(group_of("G4")))
    at(app.selectbox, "d_p_merge").set_value(group_of("G1")).run()
    press(app, "d_p_merge_go")
    assert group_of("G4") == group_of("G1") and len(frame(app, "number")) == 4


def test_one_demand_in_full_with_text_answer_evidence_and_what_is_like_it(asked, open_room):
    app = open_room("demands", demand=str(id_of("G2")))
    said = words(app)
    for word in ("编号 G2", "已修好", "类别：住房城建/电梯", "街镇：青山街道，桂园新村", "文件写明承办单位",
                 "工单.xlsx", "首次导入以来没有变更"):
        assert word in said
    assert set(frame(app, "why")["why"]) == {"同一问题"}
    assert "找不到" in words(open_room("demands", demand="999"))


def test_what_is_corrected_is_kept_shown_and_taken_back(asked, open_room):
    id_ = id_of("G2")
    app = open_room("demands", demand=str(id_))
    at(app.selectbox, f"d_fix_field_{id_}").set_value("市政公用/供水").run()
    at(app.selectbox, f"d_fix_town_{id_}").set_value("白水镇").run()
    press(app, f"d_fix_{id_}")
    assert "已更正类别、街镇" in app.success[0].value and "类别：市政公用/供水" in words(app)
    assert frame(app, "before")["after"].tolist() == ["市政公用/供水", "白水镇"]
    press(app, f"d_unfix_field_{id_}")
    assert "类别：住房城建/电梯" in words(app)
    with db.session() as session:
        assert len(session.execute(select(DemandDeed)).scalars().all()) == 3


def test_a_demand_is_put_elsewhere_and_brought_back(asked, open_room):
    id_, home = id_of("G2"), group_of("G2")
    app = open_room("demands", demand=str(id_))
    at(app.selectbox, f"d_one_{id_}_into").set_value(group_of("G4")).run()
    press(app, f"d_one_{id_}_into_go")
    assert group_of("G2") == group_of("G4")
    press(app, f"d_release_{id_}")
    assert group_of("G2") == home
    assert not any(option.endswith("编号 999）") for option in at(app.selectbox, f"d_one_{id_}_into").options)


def test_a_demand_is_taken_into_a_digest(asked, open_room):
    id_ = id_of("G2")
    app = open_room("demands", demand=str(id_))
    press(app, f"d_one_{id_}_digest_add")
    assert "已编入 1 条" in app.success[0].value
