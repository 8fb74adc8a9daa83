"""The first visitor after a start follows a link to a room: the front door is there, whichever room it is."""

import re
import urllib.request
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from core import db, ingest, rollup
from core.clock import day_of, instant, now
from core.models import Account
from core.records import Batch, PostRecord
from core.rooms import ROOMS, SECTIONS

pytestmark = pytest.mark.xdist_group("browser")


def meets_the_front_door(page: Page) -> None:
    """Only the entry script draws where the data stand, and the menu by sections."""
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_text(re.compile("数据更新于"))).to_be_visible(timeout=60_000)
    for title in SECTIONS.values():
        expect(sidebar.get_by_text(title, exact=True)).to_be_visible()
    expect(page.get_by_text("请从系统首页进入")).to_have_count(0)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.word)
def test_the_first_deep_link_after_a_start(serve, page, room):
    """Nobody has been there before: Streamlit may not know the page yet, and must not open it unguarded."""
    page.goto(f"{serve()}/{room.word}")
    meets_the_front_door(page)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


def test_after_the_health_check_that_run_makes_every_link_opens_its_room(serve, page):
    address = serve()
    with urllib.request.urlopen(f"{address}/_stcore/script-health-check", timeout=60) as answer:
        assert answer.status == 200
    for room in ROOMS[::-1]:
        page.goto(f"{address}/{room.word}")
        expect(page.get_by_role("heading", level=1)).to_have_text([room.title])
        meets_the_front_door(page)
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_link_keeps_its_own_dates_and_own_dates_need_no_month_of_data(serve, page, district):
    first = day_of(now()) - timedelta(10)
    with db.session() as session:
        account = session.execute(select(Account)).scalars().one()
        post = PostRecord(external_id="old", published_at=instant(first, 9), observed_at=now(), title="旧文")
        run = ingest.begin(session, "import", at=now())
        ingest.store(session, Batch(posts=[post]), run=run, capture=None, account=account)
        ingest.finish(session, run, "ok", "", at=now())
        session.commit()
        rollup.run(session)
        session.commit()
    address = serve()
    page.goto(f"{address}/?period=自选&days={first}&days={first + timedelta(4)}")
    expect(page.get_by_text(f"{first} 至 {first + timedelta(4)}（5 天）")).to_be_visible()
    page.goto(f"{address}/rankings?period=自选")
    expect(page.get_by_text(f"{first} 至 {first + timedelta(9)}（10 天）")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
