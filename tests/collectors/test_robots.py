"""robots.txt over real HTTP: what a site allows, asked once a day."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest

from collectors import hypertext, robots
from collectors.http import AGENT, Http
from core.faults import Fault
from tests.lab.desk import OPEN

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


def ask(lab, *paths: str, now: datetime = NOW, again: tuple[datetime, ...] = (), patience=10.0) -> list:
    """What each path (then the first one once more at each moment of `again`) is told: seconds, None or a Fault."""
    async def work() -> list:
        out = []
        async with Http(**{**OPEN, "timeout": patience, "deadline": patience}) as http:
            for path, at in [*((path, now) for path in paths), *((paths[0], at) for at in again)]:
                try:
                    out.append(await robots.permit(http, lab.url(path), at))
                except Fault as fault:
                    out.append(fault)
        return out

    return asyncio.run(work())


def test_what_is_forbidden_is_named_with_its_rule(lab):
    lab.serve("/robots.txt", "User-agent: *\nDisallow: /admin/\nDisallow: /zwgk/secret\nAllow: /zwgk/\n", "text/plain")
    free, closed = ask(lab, "/zwgk/index.html", "/zwgk/secret/1.html")
    assert free is None and closed.kind == "STOP"
    assert "规则 Disallow: /zwgk/secret" in closed.message and "请改用它允许的栏目" in closed.message
    assert len(lab.asked("/robots.txt")) == 1


def test_rules_for_us_by_name_go_before_those_for_all_and_ask_for_patience(lab):
    body = f"User-agent: *\nDisallow: /\n\nUser-agent: {AGENT}\nDisallow: /b\nCrawl-delay: 7\n"
    lab.serve("/robots.txt", body, "text/plain")
    first, second = ask(lab, "/a", "/b")
    assert first == 7.0 and "Disallow: /b" in second.message
    lab.serve("/robots.txt", "User-agent: *\nCrawl-delay: 86400\n", "text/plain")
    assert ask(lab, "/a") == [robots.MAX_DELAY]


def test_it_is_asked_once_a_day(lab):
    lab.serve("/robots.txt", "User-agent: *\nDisallow: /x\n", "text/plain")
    ask(lab, "/a", "/b", again=(NOW + timedelta(hours=13), NOW + timedelta(hours=15)))
    assert len(lab.asked("/robots.txt")) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_no_file_allows_everything(lab, status):
    lab.serve("/robots.txt", "none", "text/html", status=status)
    assert ask(lab, "/zwgk/") == [None]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_file_that_cant_be_read_means_waiting(lab, status):
    lab.serve("/robots.txt", "busy", "text/html", status=status)
    first, again = ask(lab, "/zwgk/", again=(NOW,))
    assert first.kind == "RETRY" and first.message.startswith("读取网站的 robots.txt 时") and again.kind == "RETRY"


@pytest.mark.parametrize("act", ["/reset", "/stall", "/cut"])
def test_a_host_that_does_not_answer_means_waiting(lab, act):
    lab.serve("/robots.txt", b"", "text/plain", status=302, headers={"Location": act})
    (fault,) = ask(lab, "/zwgk/", patience=0.5 if act == "/stall" else 10.0)
    assert fault.kind == "RETRY" and "robots.txt" in fault.message


@pytest.mark.parametrize("body", [
    "<!DOCTYPE html><html><body>没有这个页面</body></html>", "", "\ufeffUser-agent: *\nDisallow:\n", "\x00\x01" * 500,
    "User-agent: *\nDisallow\n:::\nDisallow : \n", "User-agent: *\nCrawl-delay: soon\n",
])
def test_files_that_forbid_nothing(lab, body):
    lab.serve("/robots.txt", body, "text/plain; charset=utf-8")
    assert ask(lab, "/zwgk/") == [None]


def test_runs_on_either_side_of_midnight_ask_once(lab):
    lab.serve("/robots.txt", "User-agent: *\nDisallow: /x\n", "text/plain")
    before, after = datetime(2026, 3, 10, 15, 59, tzinfo=UTC), datetime(2026, 3, 10, 16, 1, tzinfo=UTC)
    found = ask(lab, "/x", now=before, again=(after, before, after, before))
    assert {fault.kind for fault in found} == {"STOP"} and len(lab.asked("/robots.txt")) == 2


def test_redirects_in_circles_are_no_file(lab):
    lab.serve("/robots.txt", b"", "text/plain", status=302, headers={"Location": "/robots.txt"})
    assert ask(lab, "/zwgk/") == [None] and len(lab.asked("/robots.txt")) == 6


def test_long_files_are_read_and_asked_beside_the_event_loop_and_each_address_once(lab):
    lines = "".join(f"Disallow: /*a{n:x}*b$\n" for n in range(20_000))
    lab.serve("/robots.txt", f"User-agent: *\nDisallow: /secret\n{lines}", "text/plain")

    async def told(http: Http, path: str) -> str:
        try:
            return str(await robots.permit(http, lab.url(path), NOW))
        except Fault as fault:
            return fault.message

    async def with_readers_busy(act) -> str:
        """What `act` gives once those who read pages are free, and whether it had to wait for them."""
        free = threading.Event()
        busy = [asyncio.create_task(hypertext.aside(free.wait)) for _ in range(2)]
        task = asyncio.create_task(act)
        await asyncio.wait({task}, timeout=1)
        waited = not task.done()
        free.set()
        await asyncio.gather(*busy)
        return f"{'aside' if waited else 'at once'}: {await task}"

    async def work() -> list[str]:
        async with Http(**OPEN) as http:
            return [await with_readers_busy(told(http, path)) for path in ("/open", "/secret/1", "/secret/1", "/open")]

    first, second, third, fourth = asyncio.run(work())
    assert (first, fourth) == ("aside: None", "at once: None")
    assert second.startswith("aside: ") and "规则 Disallow: /secret）" in second and third.startswith("at once: ")


def test_what_holds_for_others_is_not_even_read(lab):
    agents = "".join(f"User-agent: bot{n:x}\n" for n in range(12_000))
    rules = "".join(f"Disallow: /{n:x}\n" for n in range(16_000))
    lab.serve("/robots.txt", f"{agents}{rules}User-agent: *\nDisallow: /b\nSitemap: https://a.cn/s.xml\n", "text/plain")
    first, second = ask(lab, "/1", "/b")
    assert first is None and "规则 Disallow: /b）" in second.message


@pytest.mark.parametrize(("body", "allowed"), [
    ("User-agent: a\nUser-agent: *\nDisallow: /\n", False), ("User-agent: *\nUser-agent: a\nDisallow: /\n", False),
    ("User-agent: a\nDisallow: /\nUser-agent: *\nDisallow: /b\n", True),
    ("User-agent: *\nDisallow: /b\nUser-agent: a\nDisallow: /\n", True),
    (f"User-agent: *\nDisallow: /\nUser-agent: {AGENT.upper()}\nDisallow:\n", True),
    (f"User-agent: {AGENT}\nUser-agent: *\nDisallow: /\n", False), ("user agent *\ndisallow /\n", False),
    ("User-agent: *\nDisallow: /b\nUser-agent: *\nDisallow: /\n", False), ("Disallow: /\n", True),
    ("User-agent:\nDisallow: /\n", True), ("User-agent: *\n# User-agent: a\nDisallow: /\n", False),
    ("User-agent: *\nSitemap: https://a.cn/s.xml\nDisallow: /\n", False), ("User-agent: xpulse\nDisallow: /", True),
    ("User-agent: *\nDisallow: /\nAllow: /a\n", True), ("User-agent: pulse*\nDisallow: /\n", False),
])
def test_groups_are_told_apart(lab, body, allowed):
    lab.serve("/robots.txt", body, "text/plain")
    (found,) = ask(lab, "/a")
    assert (found is None) == allowed


def test_no_more_of_it_counts_than_the_standard_asks_for(lab):
    lab.serve("/robots.txt", "User-agent: *\n" + "# 注释\n" * 100_000 + "Disallow: /\n", "text/plain")
    assert ask(lab, "/zwgk/") == [None]


def test_patterns_cost_no_time(lab):
    lab.serve("/robots.txt", "User-agent: *\n" + f"Disallow: /{'*a' * 3000}$\n" * 20, "text/plain")
    (found,) = ask(lab, "/" + "a" * 1500 + "b")
    assert found is None


def test_sitemaps_are_named(lab):
    lab.serve("/robots.txt", "Sitemap: https://a.cn/s.xml\nUser-agent: *\nDisallow: /x\n", "text/plain")

    async def work() -> list[str]:
        async with Http(**OPEN) as http:
            return await robots.sitemaps(http, lab.url("/"), NOW)

    assert asyncio.run(work()) == ["https://a.cn/s.xml"]
