"""The frame around every room: title, filter bar, maintenance note, demo mark; no room without it."""

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from core import db
from core.models import Account, Unit
from core.rooms import ROOMS
from core.settings import ROOT


@pytest.mark.parametrize("room", ROOMS, ids=lambda r: r.word)
def test_every_room_opens_on_an_empty_database(open_room, room):
    app = open_room(room.word)
    assert [t.value for t in app.title] == [room.title]
    assert app.info or app.button or app.text_input, "an empty room says why it is empty and what to do"


@pytest.mark.parametrize("room", ROOMS, ids=lambda r: r.word)
def test_a_page_reached_without_the_front_door_shows_nothing(database, room):
    app = AppTest.from_file(str(ROOT / room.file), default_timeout=30).run()
    assert [e.value for e in app.error] == ["请从系统首页进入。"]
    assert not app.title and not app.dataframe


def test_without_a_migrated_database_the_app_says_what_to_do(data_dir):
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30).run()
    assert "数据库尚未就绪" in app.info[0].value and not app.exception


def test_a_link_carries_the_filter(open_room, session):
    session.add(Unit(name="区卫健委", kind="bureau"))
    session.flush()
    session.add(Account(platform="wechat", external_id="gh", name="健康", unit_id=1))
    db.bump(session, datetime(2026, 3, 1, tzinfo=UTC))
    session.commit()
    app = open_room("rankings", period="近7天", unit="区卫健委", platform="政务微信")
    assert app.sidebar.selectbox(key="period").value == "近7天"
    assert app.sidebar.multiselect(key="unit").value == ["区卫健委"]
    assert "（7 天）" in app.caption[0].value and "政务微信" in app.caption[0].value
    assert "区卫健委" in app.caption[0].value


def test_a_link_with_values_that_do_not_exist_opens_without_them(open_room):
    app = open_room("rankings", period="近7年", unit="不存在", platform="x")
    assert app.sidebar.selectbox(key="period").value == "近30天"


def test_sample_data_is_marked_on_every_page(open_room, session):
    session.add(Account(platform="wechat", external_id="gh", name="健康", demo=True))
    db.bump(session, datetime(2026, 3, 1, tzinfo=UTC))
    session.commit()
    for room in ROOMS:
        assert any("演示数据" in w.value for w in open_room(room.word).warning), room.word
