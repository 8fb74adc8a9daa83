"""What an analyst does from the first find to what is issued, in a real browser on the real app: find, mark, open an
incident, acknowledge the warning, issue the report, put it into the digest."""

import io
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from core import alerts, clock, db, ingest, search, sift, understand
from core.models import Alert, Edition, Incident, MentionMark, Source
from core.records import Batch, MentionRecord
from tests.browser.conftest import SECONDS
from tests.browser.steps import settled, visit

pytestmark = pytest.mark.xdist_group("browser")
TITLES = ("东街小区停水三天居民急盼恢复", "东街小区停水三天居民急盼恢复", "东街停水，物业说水泵坏了", "西街修路通知")


@pytest.fixture(autouse=True, scope="module")
def patience() -> Iterator[None]:
    expect.set_options(timeout=120_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def said(district: Path) -> None:
    """Four mentions that came in a while ago, understood and sifted as the scheduler does it, and a rule that they
    fire."""
    now = clock.now()
    with db.session() as session:
        source = Source(key="s", name="微博搜索", collector="page", platform="weibo")
        session.add(source)
        session.flush()
        alerts.save(session, name="停水", subject="mention", terms={"words": "停水"}, level="orange", plan={},
                    who="张三", now=now - timedelta(hours=3))
        records = [
            MentionRecord(external_id=str(number), title=title, text=f"{title}。居民向12345反映，希望尽快答复。",
                          published_at=now - timedelta(hours=2, minutes=-number), observed_at=now,
                          url=f"https://example.org/{number}") for number, title in enumerate(TITLES)]
        run = ingest.begin(session, "collect", source=source, at=now)
        stored = ingest.store(session, Batch(mentions=records), run=run, capture=None, source=source)
        ingest.finish(session, run, "ok", stored.words, at=now, stored=stored)
        session.commit()
        while understand.understand(session, now=now).mentions:
            pass
        while sift.run(session, now=now, then=alerts.look):
            pass
        while search.keep(session, now=now):
            pass
        session.commit()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).filter(visible=True).last.click()
    settled(page)


def told(page: Page, words: str) -> None:
    expect(page.get_by_test_id("stAlert").filter(has_text=words).first).to_be_visible()


def test_from_the_first_find_to_the_report_and_the_digest(said, serve, page):
    address = serve()
    # As `python -m core run` does: a first run of the script teaches the server the rooms' addresses.
    with urllib.request.urlopen(f"{address}/_stcore/script-health-check", timeout=SECONDS) as answer:
        assert answer.status == 200

    visit(page, f"{address}/mentions?words=停水")
    expect(page.get_by_role("button", name="西街修路通知")).to_have_count(0)
    page.get_by_text("全选本页").click()
    settled(page)
    press(page, "重点")
    told(page, "标为重点")
    page.get_by_text("全选本页").click()
    settled(page)
    press(page, "加入事件")
    page.get_by_label("事件名称").fill("东街小区停水")
    page.get_by_label("事件名称").press("Enter")
    press(page, "确定")
    told(page, "已新建事件“东街小区停水”")

    visit(page, f"{address}/alerts?alert=1")
    press(page, "确认收到")
    expect(page.get_by_role("button", name="确认收到")).to_have_count(0)

    visit(page, f"{address}/incidents?incident=1")
    page.get_by_role("tab", name="报告").click()
    settled(page)
    press(page, "签发")
    press(page, "确认签发")
    told(page, "已签发《")

    visit(page, f"{address}/reports?edition=1")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="下载 PDF").filter(visible=True).first.click()
    report = pypdf.PdfReader(io.BytesIO(Path(waiting.value.path()).read_bytes()))
    assert "东街小区停水" in report.metadata.title

    visit(page, f"{address}/digests")
    press(page, "编今天的摘报")
    page.get_by_text("东街小区停水", exact=True).filter(visible=True).first.click()
    settled(page)
    page.get_by_role("button", name="编入所选").click()
    settled(page)
    told(page, "已编入")
    page.get_by_role("radio", name="签发与发送").or_(page.get_by_role("button", name="签发与发送")).first.click()
    settled(page)
    press(page, "签发")
    told(page, "已签发《")

    with db.session() as session:
        assert session.execute(select(Incident.title)).scalars().all() == ["东街小区停水"]
        assert len(session.execute(select(MentionMark).where(MentionMark.starred)).all()) >= 2
        assert session.execute(select(Alert.state).where(Alert.id == 1)).scalar_one() in ("seen", "closed")
        assert [one.kind for one in session.execute(select(Edition).order_by(Edition.id)).scalars()] == [
            "incident", "digest"]
