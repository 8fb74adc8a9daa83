"""满意度: from an empty room through a survey, a file and answers to figures that can be walked back."""

import io
from datetime import timedelta

import pypdf
import pypdfium2
import pytest
from sqlalchemy import select

from core import clock, db
from core.models import Audit, SatisfactionSlice, Survey, SurveyAnswer, SurveyRefused, SurveyVerdict, Unit
from core.report import poster
from core.survey import definition
from tests.imports.make import csv_file

NOW = clock.now().replace(second=0, microsecond=0)
MONTH = clock.Month.of(clock.day_of(NOW))
HOSTILE = "[点我](https://evil.example) <script>alert(1)</script>"


@pytest.fixture
def answered(session):
    """A survey with forty answers about one unit, five about another, two that wait, and something refused."""
    units = [Unit(name="区卫健委", kind="bureau"), Unit(name="听泉街道", kind="street")]
    session.add_all(units)
    session.flush()
    survey = definition.make(session, definition.template(), who="测试", now=NOW, key="abcdefgh")
    definition.turn(session, survey.id, "open", who="测试", now=NOW)

    def answer(unit, level, text="", flag=""):
        session.add(SurveyAnswer(survey_id=survey.id, source="site", at=NOW, day=clock.day_of(NOW), unit_id=unit.id,
                                 overall=level, aspects={"信息及时": level}, text=text, flag=flag, channel="微博"))

    for n in range(40):
        answer(units[0], "good" if n else "bad", HOSTILE if n == 1 else "排队太久" if not n else "")
    for _ in range(5):
        answer(units[1], "best")
    for _ in range(2):
        answer(units[1], "worst", flag="many")
    session.add(SurveyRefused(day=clock.day_of(NOW), reason="early", number=7))
    session.commit()
    return session


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.warning, app.success, app.error)
    return " ".join(element.value for kind in kinds for element in kind).replace("\\", "")


def cards(app):
    return {one.label: one.value for one in app.metric}


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception, [one.value for one in app.exception]


def frame(app, column):
    return next(table.value for table in app.dataframe if column in table.value.columns)


def rows(table):
    with db.session() as session:
        return session.execute(select(table).order_by(table.id)).scalars().all()


def test_an_empty_room_says_what_to_do_and_a_survey_is_made_and_opened(database, open_room, monkeypatch):
    app = open_room("satisfaction")
    assert cards(app)["满意率"] == "—" and cards(app)["样本量"] == "0" and "二维码" in app.info[0].value
    app = open_room("satisfaction", sat_part="问卷")
    assert "PULSE_SURVEY_PORT" in words(app)
    title = next(one for one in app.text_input if one.label == "标题")
    title.set_value("  ").run()
    press(app, "survey_save_new_0")
    assert "标题应为" in app.error[0].value and rows(Survey) == []
    next(one for one in app.text_input if one.label == "标题").set_value("窗口满意度")
    press(app, "survey_save_new_0")
    assert "还没有开放" in app.success[0].value
    (survey,) = rows(Survey)
    assert (survey.title, survey.state, survey.aspects) == ("窗口满意度", "draft", ["信息及时", "内容有用", "答复及时"])
    press(app, f"survey_open_{survey.id}")
    assert rows(Survey)[0].state == "open" and f"/s/{survey.key}" in app.code[0].value
    next(one for one in app.text_area if one.label.startswith("二维码点位")).set_value("一楼大厅\n二楼窗口")
    press(app, f"survey_save_{survey.id}_0")
    app.selectbox(key=f"survey_for_{survey.id}").set_value("点位：二楼窗口").run()
    assert app.code[0].value.endswith(f"?p={definition.code_of('二楼窗口')}")
    press(app, f"survey_close_{survey.id}")
    assert rows(Survey)[0].state == "closed"
    assert {"新建问卷", "开放问卷", "修改问卷", "关闭问卷"} <= {one.action for one in rows(Audit)}


def test_figures_have_interval_and_sample_and_small_samples_say_nothing(answered, open_room):
    app = open_room("satisfaction")
    assert (cards(app)["满意率"], cards(app)["样本量"], cards(app)["未收下"]) == ("97.8%", "45", "7")
    assert next(one for one in app.metric if one.label == "未收下").delta == "待核 2 份"
    units = frame(app, "verdict")
    assert units[["name", "n", "verdict"]].values.tolist() == [
        ["区卫健委", 40, "达到，区间含目标线"], ["听泉街道", 5, "样本不足"]]
    assert units["range"][0] == "87.1% – 99.6%" and "1 个单位样本不足 35 份" in words(app)
    app = open_room("satisfaction", unit="听泉街道")
    assert (cards(app)["满意率"], cards(app)["与 90% 目标"]) == ("100%", "样本不足")


def test_answers_are_searched_struck_out_and_taken_back(answered, open_room):
    app = open_room("satisfaction", sat_part="答卷与意见")
    texts = frame(app, "text")
    assert sorted(texts["text"]) == sorted([HOSTILE, "排队太久"]) and "有 2 份答卷待核" in words(app)
    app.text_input(key="sat_words").set_value("排队").run()
    assert frame(app, "text")["text"].tolist() == ["排队太久"]
    key = next(one.key for one in app.dataframe if one.key and one.key.startswith("sat_answers"))
    app.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    press(app, "sat_strike")
    assert "请写明理由" in app.error[0].value and rows(SurveyVerdict) == []
    app.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.text_input(key="sat_why").set_value("误填").run()
    press(app, "sat_strike")
    assert "已剔除 1 份" in app.success[0].value and cards(app)["满意率"] == "100%"
    assert [(one.kind, one.why) for one in rows(SurveyVerdict)] == [("struck", "误填")]
    assert len(rows(SurveyAnswer)) == 47


def test_a_file_is_looked_at_and_taken_and_leads_to_its_bytes(answered, open_room):
    month = str(MONTH.shift(-1))
    good = csv_file([["承办单位", "月份", "满意", "基本满意", "不满意", "未评价"], ["区卫健委", month, 80, 10, 10, 5]])
    bad = csv_file([["承办单位", "月份", "满意", "不满意"], ["没有的单位", month, "许多", 1]])
    app = open_room("satisfaction", sat_part="导入")
    app.file_uploader(key="sat_file_0").upload("错.csv", bad, "text/csv").run()
    assert frame(app, "remedy")[["row", "reason"]].values.tolist() == [[2, "“许多”不是份数"]]
    assert not any(one.key == "sat_take" for one in app.button)
    app = open_room("satisfaction", sat_part="导入")
    app.file_uploader(key="sat_file_0").upload("回访.csv", good, "text/csv").run()
    assert frame(app, "rate")[["unit", "n", "rate"]].values.tolist() == [["区卫健委", 100, "90.0%"]]
    press(app, "sat_take")
    assert "已导入12345 回访汇总数据" in app.success[0].value and len(rows(SatisfactionSlice)) == 1
    app = open_room("satisfaction")
    assert cards(app)["样本量"] == "145"
    app.session_state["sat_units"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    origins = frame(app, "locator")
    assert origins[["source", "n", "file"]].fillna("").values.tolist() == [
        ["网上问卷", 40, ""], ["12345 回访", 100, "回访.csv"]]
    app.session_state["sat_origins_1"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    app.run()
    assert "位置 回访.csv!2" in words(app) and any("承办单位,月份" in one.value for one in app.text)


def test_the_code_holds_the_address_and_the_poster_says_what_is_promised(database):
    address = "https://wj.example.gov.cn/s/abcdefgh?u=7"
    assert poster.png(address).startswith(b"\x89PNG")
    body = poster.pdf("满意度调查" * 8, address, "区卫健委", now=NOW - timedelta(1), demo=True)
    page = pypdf.PdfReader(io.BytesIO(body)).pages[0]
    text = page.extract_text().replace("\x00", "")
    assert all(one in text for one in (address, "区卫健委", "无需登录", "不收集个人信息"))
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
    # What is printed is, module by module, the code of that address.
    picture = pypdfium2.PdfDocument(body)[0].render(scale=4).to_pil().convert("L").point(lambda tone: tone < 60 and 255)
    left, top, right, _ = picture.crop((0, 900, 2381, 2500)).getbbox()
    modules = [bytes(row) for row in poster.code(address).matrix]
    step = (right - left) / len(modules)
    seen = [bytes(picture.getpixel((int(left + (x + 0.5) * step), int(900 + top + (y + 0.5) * step))) and 1
                  for x in range(len(modules))) for y in range(len(modules))]
    assert seen == modules
