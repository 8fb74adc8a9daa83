"""Journeys in a real browser, against the real app on a database of its own.

Chromium comes from the system (`CHROMIUM` names another one). Without it these tests fail in CI and are skipped,
with a word, elsewhere.
"""

import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from core import db, ingest
from core.clock import day_of, instant, now
from core.models import Account, Unit
from core.records import Batch, PostRecord
from tests.processes import Process, free_port, until

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]
SECONDS = 60
expect.set_options(timeout=SECONDS * 1000)


def chromium() -> str:
    """The browser's path; skips, or fails in CI, where there is none."""
    named = os.environ.get("CHROMIUM", "")
    found = next(filter(None, map(shutil.which, [named] if named else ["chromium", "chromium-browser"])), None)
    if found is None:
        words = f"没有找到浏览器 {named or 'chromium'}：apt install chromium，或用环境变量 CHROMIUM 指明"
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. One for each module: while it is open, no other test may run an event loop."""
    path = chromium()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor from China."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(SECONDS * 1000)
    yield context.new_page()
    context.close()


@pytest.fixture
def district(database: Path) -> Path:
    """The data folder of a small database: one unit, one account, three posts."""
    with db.session() as session:
        unit = Unit(name="区卫健委", kind="bureau")
        session.add(unit)
        session.flush()
        account = Account(platform="wechat", external_id="gh_1", name="健康云澜", unit_id=unit.id)
        session.add(account)
        session.flush()
        at = now()
        day = instant(day_of(at) - timedelta(1), 9)
        posts = [PostRecord(external_id=str(n), published_at=day, observed_at=at, title=f"第{n}篇") for n in range(3)]
        run = ingest.begin(session, "import", at=at)
        stored = ingest.store(session, Batch(posts=posts), run=run, capture=None, account=account)
        ingest.finish(session, run, "ok", stored.words, at=at, stored=stored)
        session.commit()
    return database


@pytest.fixture
def serve(district: Path) -> Iterator[Callable[[], str]]:
    """`serve()` starts the app on that database and gives its address; no visitor has been there before."""
    started: list[Process] = []

    def start() -> str:
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        app = Process(
            "-m", "streamlit", "run", "streamlit_app.py", "--server.address=127.0.0.1", f"--server.port={port}",
            data_dir=district,
        )
        started.append(app)
        until(lambda: app.child.poll() is not None or _healthy(address), SECONDS, lambda: app.said)
        assert app.child.poll() is None, app.said
        return address

    yield start
    for app in started:
        app.child.terminate()
        app.end()


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            return answer.read() == b"ok"
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
