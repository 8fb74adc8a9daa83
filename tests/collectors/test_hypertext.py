"""Pages from strangers: what is refused before a parser sees it, what a parser then makes of it, links and ids."""

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from collectors import hypertext
from core.faults import Fault

TOO_DEEP = r"嵌套超过 800 层|没有正确关闭的标签过多"

@pytest.mark.parametrize("piece", [
    "<div></x>", "<div><!</div>", "<div></ div></ div>", "<div><!--x--!><!--</div>-->",
    "<div><table></div></table>", "<form><div></form>", "<noscript><div></noscript>", "<p><span></p><section>",
    "<span><span><p></span></span><div>", "<li><dd>", "<optgroup>", "<li><div><li><ul></div>", "<button><ul></button>",
    "<div><script></scriptx></div></script>", "<div><script><!--<script></script></div></script>",
    "<div><style></styles></div></style>", "<div><iframe></div></iframe>", "<div\xa0>", "<x/>",
    "<div><svg></div></svg>", "<table><td>", "<ruby><rb>", "<div><option></div>",
])
def test_what_is_left_open_is_counted_however_it_seems_to_be_closed(piece):
    with pytest.raises(Fault, match=TOO_DEEP):
        hypertext.tree(f"<html><body>{piece * 60_000}")


@pytest.mark.parametrize("start", [
    "<!-->", "<!--->", "<svg><title>", "<svg><style>", "<math><textarea>", "<select><title>", "<select><xmp>",
    "<select><template><title>", "<frameset><title></title>", "<svg a='</svg>'><title>", "<script></script >",
    "<!--x--!>",
])
def test_nothing_hides_what_follows_from_being_counted(start):
    try:
        page = hypertext.tree(f"<html><body>{start}{'<div>' * 100_000}-->")
    except Fault as fault:
        assert re.search(TOO_DEEP, fault.message)
    else:  # it is text for the parser as well
        assert not page.css("div")


def test_a_page_of_nothing_but_tags_is_refused():
    with pytest.raises(Fault, match="标签超过 20 万个"):
        hypertext.tree("<b></b>" * 110_000)


def test_the_attributes_of_one_body_are_all_there_are():
    page = hypertext.tree("<html><body class=a>" + "".join(f"<body a{n}>" for n in range(50_000)) + "<p>文</p>")
    assert page.body.attributes == {"class": "a"} and page.css_first("p").text() == "文"


def test_formatting_that_closes_nothing_is_not_taken_for_its_end():
    opened = "<div>" + "".join(f"<b id={n}></i>" for n in range(500)) + "</div>"
    assert len(hypertext.tree(opened + "<p>x</p>" * 2000).html) < 50_000
    walled = "<div>" + "".join(f"<b id={n}><table></b></table>" for n in range(500)) + "</div>"
    assert len(hypertext.tree(walled + "<p>x</p>" * 2000).html) < 100_000
    few = "<div>" + "".join(f"<b id={n}>" for n in range(15)) + "</div>"
    assert len(hypertext.tree(few + "<p>x" * 50_000).html) < 1_000_000


def test_cutting_formatting_out_makes_no_tags_of_what_was_none():
    page = hypertext.tree("<p>" + "<<b>div>" * 1_000 + "</p><i>甲<b>乙</b></i>")
    assert not page.css("div") and page.body.text().endswith("甲乙")


def test_a_sloppy_page_is_read_as_it_was_meant():
    rows = "".join(f"<li><div><span>第{n}条</div><p>说明<b>{n}</b><td></li>" for n in range(2_000))
    page = hypertext.tree(f"<html><head><title>列表</title></head><body><ul>{rows}</ul></body></html>")
    assert len(page.css("ul > li")) == 2_000 and page.css("ul > li")[-1].css_first("div").text() == "第1999条"
    table = "<tr><td><font color=red>甲<td>乙<p>丙<tr><td>丁" * 500
    assert len(hypertext.tree(f"<table>{table}</table>").css("table tr")) == 1_000


def test_drawings_choices_and_templates_are_there_but_empty():
    page = hypertext.tree(
        "<html><head><title>题</title></head><body><svg><title>图</title><path d=M0/><svg><g/></svg></svg>"
        "<select name=y><option>2026<option>2025</select><template><li><a href=1>{{ title }}</a></li></template>"
        "<ul><li><a href=2>甲</a></li></ul><script>var s = '<svg>' + \"</ul>\";</script><p>完</p></body></html>"
    )
    assert hypertext.title_of(page) == "题" and [a.attributes["href"] for a in page.css("a")] == ["2"]
    assert len(page.css("svg, select, template")) == 3 and not page.css("path, option, g")
    assert page.css_first("body > p").text() == "完"
    assert "</ul>" in page.css_first("script").text()


def test_pages_are_read_on_threads_of_their_own():
    free = threading.Event()

    async def work() -> tuple[str, str]:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))
        busy = asyncio.create_task(asyncio.to_thread(free.wait))
        try:
            page = await hypertext.aside(hypertext.tree, "<title>题</title>")
            name = await hypertext.aside(lambda: threading.current_thread().name)
            with pytest.raises(Fault, match="百万字符"):
                await hypertext.aside(hypertext.tree, "x" * (hypertext.MAX_PAGE + 1))
        finally:
            free.set()
            await busy
        return hypertext.title_of(page), name

    title, name = asyncio.run(work())
    assert title == "题" and name.startswith("hypertext")


@pytest.mark.parametrize(("one", "other"), [
    ("%B9%AB%B8%E6", "%B1%A8%B8%E6"), ("%D6%D0", "%C9%CF"), ("a%D6%D0.htm?x=1", "a%D6%D1.htm?x=1"),
])
def test_names_that_are_no_utf_8_stay_apart(one, other):
    for form in ("https://a.gov.cn/d/{}", "https://a.gov.cn/show.asp?t={}", "https://a.gov.cn/#/d/{}"):
        ids = {hypertext.identity(form.format(name)) for name in (one, other)}
        assert len(ids) == 2 and not any("\ufffd" in name for name in ids)
        assert hypertext.identity(form.format(one.lower())) == hypertext.identity(form.format(one))


@pytest.mark.parametrize(("url", "wanted"), [
    ("https://www.a.gov.cn/zwgk/t20260308_1.html", "www.a.gov.cn/zwgk/t20260308_1.html"),
    ("http://www.a.gov.cn:80/zwgk/", "www.a.gov.cn/zwgk/"), ("https://a.cn:8443/x", "a.cn:8443/x"),
    ("https://a.cn/view?siteId=2&id=1", "a.cn/view?siteId=2&id=1"),
    ("https://a.cn/%E5%85%AC%E5%91%8A.html?t=%E4%B8%AD", "a.cn/公告.html?t=%E4%B8%AD"),
    ("https://a.cn/x;jsessionid=AB12?id=1", "a.cn/x?id=1"), ("https://a.cn/x?id=1&utm_source=b&spm=1.2", "a.cn/x?id=1"),
    ("https://a.cn//zwgk///1.html", "a.cn/zwgk/1.html"), ("https://a.cn/#/detail?id=1", "a.cn/#/detail?id=1"),
    ("https://a.cn/d/%b9%ab.htm?t=%b9%ab", "a.cn/d/%B9%AB.htm?t=%B9%AB"),
    (f"https://a.cn/x?{'&'.join(f'p={n}' for n in range(150))}", f"a.cn/x?{'&'.join(f'p={n}' for n in range(150))}"),
])
def test_an_address_names_its_article(url, wanted):
    assert hypertext.identity(url) == wanted


def test_from_says_how_a_reader_came_or_what_is_to_be_read():
    shared = [f"https://a.cn/x?id=1&from={word}" for word in ("timeline", "singlemessage", "groupmessage", "weibo", "")]
    assert {hypertext.identity(url) for url in shared} == {"a.cn/x?id=1"}
    assert hypertext.identity("https://a.cn/list?from=2026-03-08") != hypertext.identity("https://a.cn/list?from=2026-03-09")


@pytest.mark.parametrize(("href", "wanted"), [
    ("\\zwgk\\1.html", "https://www.a.gov.cn/zwgk/1.html"), ("..\\b\\2.html?u=a\\b", "https://www.a.gov.cn/b/2.html?u=a%5Cb"),
    ("\\\\b.gov.cn\\c", "https://b.gov.cn/c"), ("https:\\\\b.gov.cn\\c", "https://b.gov.cn/c"),
    ("?p=\\", "https://www.a.gov.cn/zw/index.html?p=%5C"),
])
def test_backslashes_in_a_path_are_slashes(href, wanted):
    assert hypertext.absolute(href, "https://www.a.gov.cn/zw/index.html") == wanted
