"""What people do with the system, in a real browser on the real app with a small sample district."""

import csv
import io
import re
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import openpyxl
import pypdf
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from core import db, ingest, labels, rollup
from core.clock import day_of, now
from core.models import Account, AccountDay, Post
from core.records import Batch, PostRecord
from core.rooms import ROOMS
from tests.browser.conftest import SECONDS, _healthy
from tests.browser.steps import settled, visit
from tests.conftest import forget
from tests.demo.district import NOW, SMALL, build
from tests.processes import Process, free_port, until

pytestmark = pytest.mark.xdist_group("browser")
LAST = day_of(NOW) - timedelta(1)
ROW_HEIGHT = 35
PATIENCE = 120_000
"""Milliseconds that a busy machine may take for one step; nothing is asserted about speed."""


@pytest.fixture(autouse=True, scope="module")
def patience() -> Iterator[None]:
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("journeys")
    build(place)
    return place


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The app on the sample district."""
    port = free_port()
    found = f"http://127.0.0.1:{port}"
    app = Process(
        "-m", "streamlit", "run", "streamlit_app.py", "--server.address=127.0.0.1", f"--server.port={port}",
        data_dir=folder,
    )
    try:
        until(lambda: app.child.poll() is not None or _healthy(found), SECONDS, lambda: app.said)
        assert app.child.poll() is None, app.said
        # As `python -m core run` does: a first run of the script teaches the server the rooms' addresses.
        with urllib.request.urlopen(f"{found}/_stcore/script-health-check", timeout=SECONDS) as answer:
            assert answer.status == 200
        yield found
    finally:
        app.child.terminate()
        app.end()


@pytest.fixture
def data(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process reads and writes the database that the app shows."""
    monkeypatch.setenv("PULSE_DATA_DIR", str(folder))
    forget()
    yield
    forget()


def card(page: Page, label: str):
    """The value of the card with that label."""
    return page.get_by_test_id("stMetric").filter(has_text=label).first.get_by_test_id("stMetricValue")


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_test_id("stSelectbox").filter(has_text=label).get_by_role("combobox").click()
    page.get_by_role("option", name=option, exact=True).click()
    settled(page)


def pick_row(page: Page, number: int) -> None:
    """Tick a row of the room's table that offers it; the grid is a canvas, so it is done by place."""
    grid = page.get_by_test_id("stDataFrame").filter(visible=True).first
    expect(grid.locator("canvas").first).to_be_visible()
    grid.scroll_into_view_if_needed()
    grid.click(position={"x": 18, "y": ROW_HEIGHT * number + ROW_HEIGHT // 2})
    settled(page)


def posts_between(first, last) -> int:
    with db.session() as session:
        return session.execute(select(func.count()).select_from(Post).where(Post.day.between(first, last))).scalar()


def test_a_leader_opens_the_overview_and_sees_true_figures(page, address, data):
    visit(page, address)
    expect(page.get_by_role("heading", level=1)).to_have_text("总览")
    expect(card(page, "监测账号")).to_have_text(str(SMALL["accounts"]))
    expect(card(page, "本期发布数")).to_have_text(f"{posts_between(LAST - timedelta(29), LAST):,}")
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()


def test_a_filter_is_in_the_link(page, address, browser: Browser, data):
    visit(page, f"{address}/overview")
    choose(page, "统计周期", "近7天")
    page.get_by_test_id("stSidebar").get_by_role("button", name="街镇").click()
    settled(page)
    expect(page).to_have_url(re.compile(r"period=.*kind=|kind=.*period="))
    with db.session() as session:
        streets = session.execute(
            select(func.sum(AccountDay.posts)).join(Account, Account.id == AccountDay.account_id)
            .where(AccountDay.basis == "latest", AccountDay.day > LAST - timedelta(7), Account.name.in_(["澜桥在线"]))
        ).scalar()
    expect(card(page, "本期发布数")).to_have_text(str(streets or 0))
    settled(page)
    page.wait_for_timeout(1_000)  # cards of the run before are taken off the screen after it
    shown, link = page.get_by_test_id("stMetric").all_inner_texts(), page.url
    page.reload()
    expect(page.get_by_test_id("stMetric")).to_have_text(shown, use_inner_text=True)
    other = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    try:
        guest = other.new_page()
        visit(guest, link)
        expect(guest.get_by_test_id("stMetric")).to_have_text(shown, use_inner_text=True)
    finally:
        other.close()


def test_from_the_rankings_to_an_account(page, address):
    visit(page, f"{address}/rankings?list=政务微信")
    pick_row(page, 1)
    page.get_by_test_id("stPageLink").filter(has_text="云澜发布").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("账号详情")
    settled(page)
    expect(page).to_have_url(re.compile(r"/account\?.*account=\d+"))
    expect(page.get_by_role("heading", name="云澜发布")).to_be_visible()
    expect(card(page, "总阅读数")).to_have_text(re.compile(r"^[≥≈]?[\d,.]+[万亿]?$"))


def test_all_posts_of_an_account_are_taken_along(page, address, data):
    with db.session() as session:
        number = func.count().label("number")
        account, posts = session.execute(
            select(Post.account_id, number).where(Post.day.between(LAST - timedelta(29), LAST))
            .group_by(Post.account_id).order_by(number.desc()).limit(1)
        ).one()
        titles = set(session.execute(select(Post.title).where(
            Post.account_id == account, Post.day.between(LAST - timedelta(29), LAST))).scalars())
    assert posts > 50  # more than a page
    visit(page, f"{address}/account?account={account}")
    expect(page.get_by_text(f"共 {posts} 篇")).to_be_visible()
    with page.expect_download(timeout=PATIENCE) as taken:
        page.get_by_role("button", name="导出 CSV").last.click()
    lines = list(csv.reader(Path(taken.value.path()).read_text("utf-8-sig").splitlines()))
    head = next(i for i, line in enumerate(lines) if line[:2] == ["发布时间", "标题"])
    rows = [line for line in lines[head + 1:] if line and line[0][:2] == "20"]
    assert len(rows) == posts and {row[1] for row in rows} == titles


def test_from_a_figure_to_its_bytes(page, address):
    visit(page, f"{address}/rankings?list=政务微信")
    pick_row(page, 1)
    page.get_by_test_id("stPageLink").filter(has_text="云澜发布").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("账号详情")
    settled(page)
    pick_row(page, 1)
    expect(page.get_by_test_id("stMain")).to_contain_text("/posts/")
    expect(page.get_by_test_id("stMain")).to_contain_text("demo.invalid")


def test_a_topic_opens_and_its_link_opens_the_same(page, address):
    visit(page, f"{address}/topics")
    pick_row(page, 1)
    expect(page).to_have_url(re.compile(r"topic=\d+"))
    expect(page.get_by_role("button", name="返回全部话题")).to_be_visible()
    title = page.get_by_test_id("stMain").get_by_role("heading", level=3).first.inner_text()
    visit(page, page.url)
    expect(page.get_by_test_id("stMain").get_by_role("heading", level=3).first).to_have_text(title)
    page.get_by_role("button", name="返回全部话题").click()
    expect(page).not_to_have_url(re.compile("topic="))
    expect(page.get_by_placeholder("标题里的词")).to_be_visible()


def test_a_report_is_downloaded_and_opens(page, address):
    visit(page, f"{address}/reports")
    with page.expect_download(timeout=PATIENCE) as excel:
        page.get_by_role("button", name="下载 Excel").click()
    book = openpyxl.load_workbook(io.BytesIO(Path(excel.value.path()).read_bytes()))
    assert excel.value.suggested_filename.endswith(".xlsx") and len(book.sheetnames) > 3
    texts = [str(cell.value) for sheet in book for row in sheet.iter_rows(max_row=40) for cell in row if cell.value]
    assert any(labels.DEMO in text for text in texts)
    with page.expect_download(timeout=PATIENCE) as pdf:
        page.get_by_role("button", name="下载 PDF").click()
    pages = pypdf.PdfReader(io.BytesIO(Path(pdf.value.path()).read_bytes())).pages
    assert len(pages) > 3
    # pypdf gives the high byte of two-byte codes as NUL; pdftotext and readers don't show it.
    assert all(labels.DEMO in leaf.extract_text().replace("\x00", "") for leaf in pages)


def test_a_figure_of_a_report_opens_its_rows_and_the_way_back_closes_it(page, address):
    visit(page, f"{address}/reports")
    page.locator(".card .value a").nth(1).click()
    opened = page.get_by_role("dialog")
    expect(opened).to_contain_text("与报告一致", timeout=PATIENCE)
    expect(page).to_have_url(re.compile("figure="))
    page.go_back()
    expect(opened).to_have_count(0, timeout=PATIENCE)
    expect(page).not_to_have_url(re.compile("figure="))


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.word)
def test_every_room_says_that_these_are_sample_data_and_fits_a_phone(browser: Browser, address, room):
    phone = {"width": 390, "height": 844}
    context = browser.new_context(locale="zh-CN", viewport=phone, has_touch=True, is_mobile=True)
    try:
        page = context.new_page()
        visit(page, f"{address}/{room.word}")
        expect(page.get_by_test_id("stMain").get_by_text(labels.DEMO, exact=True).first).to_be_visible()
        widths = page.evaluate(
            "() => [document.documentElement, document.querySelector('[data-testid=stMain]')].map(e => e.scrollWidth)"
        )
        assert max(widths) <= 390
    finally:
        context.close()


def test_what_comes_in_is_shown_without_a_reload(page, address, data):
    visit(page, f"{address}/overview")
    before = posts_between(LAST - timedelta(29), LAST)
    expect(card(page, "本期发布数")).to_have_text(f"{before:,}")
    page.evaluate("() => { window.untouched = true }")
    with db.session() as session:
        account = session.execute(select(Account).where(Account.external_id == "demo-weibo-01")).scalar_one()
        post = PostRecord(external_id="fresh", published_at=NOW - timedelta(days=1), observed_at=NOW, title="刚刚发布")
        run = ingest.begin(session, "collect", at=now())
        stored = ingest.store(session, Batch(posts=[post]), run=run, capture=None, account=account)
        session.commit()
        rollup.run(session)
        ingest.finish(session, run, "ok", stored.words, at=now(), stored=stored)
        session.commit()
    expect(card(page, "本期发布数")).to_have_text(f"{before + 1:,}")
    assert page.evaluate("() => window.untouched")


def test_a_click_on_a_name_opens_the_source_and_the_link_keeps_it(page, address, browser: Browser, data):
    visit(page, f"{address}/sources?sources_part=采集源")
    settled(page)
    grid = page.get_by_test_id("stDataFrame").filter(visible=True).first
    expect(grid.locator("canvas").first).to_be_visible()
    grid.scroll_into_view_if_needed()
    grid.click(position={"x": 200, "y": ROW_HEIGHT + ROW_HEIGHT // 2})
    expect(page).to_have_url(re.compile(r"source=\d+"))
    settled(page)
    name = page.get_by_role("heading", level=3).inner_text()
    other = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    visit(other, page.url)
    expect(other.get_by_role("heading", level=3)).to_have_text(name)
    other.context.close()
