"""A citizen with an old phone answers the survey: no script, the keyboard alone will do."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from core import db
from core.clock import now
from core.models import SurveyAnswer, Unit
from core.survey import definition
from tests.browser.conftest import SECONDS
from tests.processes import Process, free_port

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def address(district) -> Iterator[str]:
    """The page as a process of its own, with an open survey."""
    with db.session() as session:
        made = definition.make(session, definition.template(), who="测试", now=now(), key="abcdefgh")
        definition.turn(session, made.id, "open", who="测试", now=now())
        session.commit()
    port = free_port()
    page = Process("-m", "core", "survey", data_dir=district, PULSE_SURVEY_PORT=str(port))
    page.wait_for("已启动", SECONDS)
    yield f"http://127.0.0.1:{port}/s/abcdefgh"
    page.child.terminate()
    assert page.end() == 0, page.said


def test_a_citizen_answers_on_a_phone_without_script(browser: Browser, address: str):
    with db.session() as session:
        unit = session.execute(select(Unit.id)).scalar_one()
    context = browser.new_context(viewport={"width": 390, "height": 780}, java_script_enabled=False, locale="zh-CN")
    context.set_default_timeout(SECONDS * 1000)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text))
    page.on("requestfailed", lambda asked: faults.append(asked.url))
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("政务新媒体满意度调查")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_label("请勿填写此栏")).not_to_be_in_viewport()
    page.get_by_label("您要评价哪个单位").select_option(str(unit))
    overall = page.get_by_role("group", name="总体来说")
    page.get_by_label("您的意见和建议").fill("公众号文章很有用，<b>谢谢</b>")
    page.get_by_role("button", name="提交").click()  # the browser itself asks for what is missing
    expect(overall.get_by_role("radio", name="很满意", exact=True)).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    expect(overall.get_by_role("radio", name="满意", exact=True)).to_be_checked()
    page.get_by_role("group", name="内容有用").get_by_role("radio", name="很满意", exact=True).check(force=True)
    page.get_by_role("radio", name="微博").check(force=True)
    page.wait_for_timeout(3_000)  # as a person reads
    page.get_by_role("button", name="提交").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("已提交，感谢您的评价")
    page.reload()  # does not send anything again
    expect(page.get_by_role("heading", level=1)).to_have_text("已提交，感谢您的评价")
    assert context.cookies() == [] and faults == []
    context.close()
    with db.session() as session:
        (kept,) = session.execute(select(SurveyAnswer)).scalars()
    assert (kept.overall, kept.unit_id, kept.aspects, kept.channel, kept.text, kept.flag) == (
        "good", unit, {"内容有用": "best"}, "微博", "公众号文章很有用，<b>谢谢</b>", "")
