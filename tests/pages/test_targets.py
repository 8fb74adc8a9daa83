"""The room 绩效目标: opened, looked at, changed, entered by hand, explained, issued."""

import pytest
from sqlalchemy import select

from core import clock
from core.models import Edition, Target, TargetEntry
from core.targets import kept

HOSTILE = "走访[点我](https://evil.example) <b>"


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.warning, app.success, app.error)
    return " ".join(element.value for kind in kinds for element in kind).replace("\\", "")


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception, [one.value for one in app.exception]


@pytest.fixture
def opened(session):
    now = clock.now()
    kept.open_year(session, clock.day_of(now).year, who="张三", now=now)
    session.commit()
    return {one.key: one.id for one in kept.of_year(session, clock.day_of(now).year)}


def test_a_year_is_opened_by_a_button_and_its_targets_shown(open_room):
    app = open_room("targets")
    assert "还没有绩效目标" in words(app)
    press(app, "targets_open")
    assert "已建立" in words(app) and "各平台数据分析报告" in words(app)
    assert {one.label: one.value for one in app.metric}["目标"] == "7 项"


def test_one_is_opened_by_its_link_with_definition_and_evidence(opened, open_room):
    app = open_room("targets", target=str(opened["platforms_monitored"]))
    assert "口径" in words(app) and "平台目录中标为重要的平台" in words(app) and "各平台监控情况" in words(app)
    press(app, "target_back")
    assert "target" not in app.query_params
    app = open_room("targets", target="999")
    assert "找不到" in words(app)


def test_one_that_is_added_is_entered_by_hand_and_taken_back(session, opened, open_room):
    app = open_room("targets", targets_view="设置")
    year = clock.day_of(clock.now()).year
    new = f"target_new_{year}_0"
    app.text_input(key=f"{new}_name").set_value(HOSTILE).run()
    press(app, f"{new}_save")
    assert "目标值应大于 0" in words(app)
    app.number_input(key=f"{new}_goal_1").set_value(12).run()
    press(app, f"{new}_save")
    id_ = session.execute(select(Target.id).where(Target.name == HOSTILE)).scalar_one()
    app = open_room("targets", target=str(id_))
    shown = " ".join(one.value for one in (*app.markdown, *app.subheader))
    assert "](https://evil.example)" not in shown and "走访" in shown
    form = f"target_enter_{id_}_0"
    app.number_input(key=f"{form}_value").set_value(5).run()
    app.text_area(key=f"{form}_note").set_value("走访台账").run()
    press(app, f"{form}_save")
    assert {one.label: one.value for one in app.metric}["完成值"] == "5个"
    entry = session.execute(select(TargetEntry.id)).scalar_one()
    press(app, f"target_entry_{entry}")
    assert {one.label: one.value for one in app.metric}["完成值"] == "—"


def test_a_target_is_changed_and_removed_and_the_year_closed(session, opened, open_room):
    app = open_room("targets", targets_view="设置")
    year, id_ = clock.day_of(clock.now()).year, opened["opinion_reports"]
    app.session_state[f"targets_set_{year}_picked"] = (id_, 1)
    app.run()
    app.number_input(key=f"target_set_{id_}_goal_1").set_value(104).run()
    press(app, f"target_set_{id_}_save")
    assert session.execute(select(Target.goal).where(Target.id == id_)).scalar_one() == 104
    press(app, f"target_remove_{id_}")
    session.expire_all()
    assert session.get(Target, id_) is None
    press(app, f"targets_close_{year}")
    assert "已封存" in words(app)


def test_reasons_are_written_and_the_sheet_issued(session, opened, open_room):
    app = open_room("targets", targets_view="自评表")
    year = clock.day_of(clock.now()).year
    area = next(one for one in app.text_area if one.label == "未完成原因")
    area.set_value("计划未列入往期").run()
    press(app, next(one.key for one in app.button if one.key.startswith("target_why_")))
    assert session.execute(select(Target.why).where(Target.why != "")).scalar_one() == "计划未列入往期"
    assert [one.label for one in app.get("download_button")][:3] == ["下载 Excel", "下载 PDF", "下载 Word"]
    press(app, f"targets_sheet_{year}_issue")
    assert "已签发" in words(app)
    assert session.execute(select(Edition.kind, Edition.period)).all() == [("targets", str(year))]
