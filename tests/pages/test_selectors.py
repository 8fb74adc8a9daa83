"""The button 识别列表 in the sources room, against a site of the laboratory."""

from datetime import UTC, datetime

import pytest

from core.settings import settings
from tests.lab.plugin import lab
from tests.lab.services.pages import Pages

__all__ = ["lab"]
NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.fixture
def form(open_room, monkeypatch, database):
    """The room's form for a list page; the laboratory may be asked."""
    monkeypatch.setenv("PULSE_ALLOW_PRIVATE_HOSTS", "*")
    monkeypatch.setenv("PULSE_PACE_SECONDS", "0")
    settings.cache_clear()
    yield lambda: _form(open_room)
    settings.cache_clear()


def _form(open_room):
    app = open_room("sources", sources_part="自己填写")
    app.selectbox(key="add0_collector").set_value("page").run()
    return app


def recognised(app, url: str):
    app.text_input(key="add0_url").set_value(url).run()
    app.button(key="add0_page_recognise").click().run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def test_a_proposal_is_shown_and_fills_the_form(form, lab):
    site = lab.mount(Pages(lambda: NOW))
    app = recognised(form(), f"{site.base}/zwgk/index.html")
    sample = next(f.value for f in app.dataframe if {"title", "at"} <= set(f.value))
    assert sample["title"].iloc[0] == "第100号：关于社区卫生服务的通知" and len(sample) == 5
    assert any("方案1：共 10 条，都有日期" in c.value for c in app.caption)
    app.button(key="add0_page_adopt1").click().run()
    assert app.text_input(key="add0_page_option_list").value == "ul.list > li"
    assert app.text_input(key="add0_page_option_next").value == "a.next"
    assert app.text_input(key="add0_page_option_date").value == "span"
    assert not [b for b in app.button if b.key == "add0_page_adopt1"]


def test_why_there_is_none_is_said(form, lab):
    lab.serve("/spa", "<html><body><div id=app></div><script>axios.get('x')</script></body></html>", "text/html")
    app = recognised(form(), lab.url("/spa"))
    assert any("列表由脚本填充" in w.value for w in app.warning)
    lab.serve("/robots.txt", "User-agent: *\nDisallow: /\n", "text/plain")
    app = recognised(app, lab.url("/zwgk"))
    assert any("不允许采集 /zwgk" in w.value for w in app.warning)
