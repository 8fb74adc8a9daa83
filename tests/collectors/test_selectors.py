"""Selectors proposed for list pages of many shapes."""

import asyncio
import re
from datetime import UTC, datetime

import pytest

from collectors import hypertext, page, selectors
from collectors.http import Http
from core.faults import Fault
from core.records import Fetched, SourceSpec
from tests.collectors.lists import FOOT, NAV, SCRIPTED, SHAPES
from tests.lab.desk import OPEN
from tests.lab.services.pages import Pages

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
shapes = pytest.mark.parametrize("shape", SHAPES, ids=lambda s: s.name)


def body(shape) -> bytes:
    return shape.html if isinstance(shape.html, bytes) else shape.html.encode()


def best(shape) -> selectors.Proposal:
    return selectors.propose(hypertext.decode(body(shape)), shape.url, NOW)[0]


@shapes
def test_the_best_proposal_is_the_list_and_nothing_else(shape):
    found = best(shape)
    assert [entry.title for entry in found.sample] == list(shape.titles[:5]), found
    assert found.total == len(shape.titles) and found.dated == len(shape.titles), found
    assert found.next == shape.next


@shapes
def test_what_is_proposed_is_what_the_collector_reads(shape):
    source = SourceSpec("p", "page", "", shape.url, config=best(shape).options)
    batch = page.parse(source, Fetched(shape.url, body(shape), 200, "text/html", NOW, url=shape.url))
    assert [m.title for m in batch.mentions] == list(shape.titles) and not batch.rejects
    assert all(m.dated and m.published_at <= NOW for m in batch.mentions)
    assert len({m.published_at for m in batch.mentions}) >= 9


@shapes
def test_selectors_are_such_as_last(shape):
    for value in best(shape).options.values():
        assert "nth" not in value and not re.search(r"css-|__\w*\d|item\d|\d{4}", value), value


def test_a_page_that_scripts_fill_says_so():
    with pytest.raises(Fault, match="列表由脚本填充"):
        selectors.propose(SCRIPTED, "https://a.cn/", NOW)


@pytest.mark.parametrize("html", ["", "<html><body>一句话</body></html>", "\x00<<<>>>", "<a>" * 5000, "<ul><li>" * 300])
def test_a_page_without_a_list_says_so(html):
    with pytest.raises(Fault, match="没有在网页上找到"):
        selectors.propose(html, "https://a.cn/", NOW)


def test_navigation_is_no_list():
    html = f"<html><body>{NAV}<p>正文</p>{FOOT}</body></html>"
    try:
        found = selectors.propose(html, "https://a.cn/", NOW)
    except Fault as fault:
        assert "没有在网页上找到" in fault.message
    else:
        assert all(one.score < 0.3 for one in found)


def test_a_page_is_fetched_politely(lab):
    site = lab.mount(Pages(lambda: NOW))

    async def look() -> list:
        async with Http(**OPEN) as http:
            return await selectors.look(http, f"{site.base}/zwgk/index.html", NOW)

    found = asyncio.run(look())[0]
    assert (found.list, found.next, found.total) == ("ul.list > li", "a.next", 10)
    assert len(lab.asked("/robots.txt")) == 1
    lab.serve("/robots.txt", "User-agent: *\nDisallow: /\n", "text/plain")
    with pytest.raises(Fault, match=r"robots\.txt 不允许"):
        asyncio.run(look())


def test_a_redirect_is_followed_only_where_robots_allow_it(lab):
    rows = "".join(f"<li><a href='{n}.html'>关于第{n}号事项的通知</a><i>2026-03-0{n}</i></li>" for n in range(1, 9))
    lab.serve("/robots.txt", "User-agent: *\nDisallow: /closed/\n", "text/plain")
    for name in ("closed", "open"):
        lab.serve(f"/{name}/i.html", f"<html><body><ul class=list>{rows}</ul></body></html>", "text/html")
        lab.serve(f"/to-{name}", b"", "text/html", status=302, headers={"Location": f"/{name}/i.html"})

    async def look(path: str) -> list:
        async with Http(**OPEN) as http:
            return await selectors.look(http, lab.url(path), NOW)

    with pytest.raises(Fault, match=r"robots\.txt 不允许"):
        asyncio.run(look("/to-closed"))
    assert not lab.asked("/closed/i.html")
    assert asyncio.run(look("/to-open"))[0].sample[0].url == lab.url("/open/1.html")


@pytest.mark.parametrize("wrap", [
    f"<div class='{'nameless1 ' * 18_000}'>{{}}</div>",
    f"<div class='{'a-b_' * 45_000}' id='{'a_b' * 60_000}'>{{}}</div>",
    f"<div class='{' '.join(f'c{chr(97 + n % 26)}' for n in range(60_000))}'>{{}}</div>",
    "<div class=deep>" * 300 + "{}" + f"<p>{'长文' * 300_000}</p>" + "</div>" * 300,
])
def test_hostile_names_and_nesting_change_nothing_of_the_list_inside(wrap):
    rows = "".join(
        f"<li><a href='{n}.html'>关于第{n}号事项的通知</a><i>2026-03-0{n % 8 + 1}</i></li>" for n in range(300)
    )
    inside = wrap.replace("{}", f"<ul class=list>{rows}</ul>")
    found = selectors.propose(f"<html><body>{inside}</body></html>", "https://a.cn/", NOW)[0]
    assert (found.list, found.dated) == ("ul.list > li", 300)


def test_the_first_names_of_an_element_count():
    late = " ".join(f"x{n}y{n}" for n in range(400))
    rows = "".join(
        f"<section class='{late} entry'><a href='{n}.html'>关于第{n}号事项的通知</a></section>" for n in range(8)
    )
    near, far = (f"<html><body>{text}</body></html>" for text in (rows.replace(late, ""), rows))
    assert selectors.propose(near, "https://a.cn/", NOW)[0].list == "section.entry"
    assert all("entry" not in one.list for one in selectors.propose(far, "https://a.cn/", NOW))
