"""Sitemaps against a service that plays a site, and as strangers may write them."""

import asyncio
import gzip
from datetime import UTC, datetime, timedelta

import pytest

from collectors import sitemap
from collectors.http import Http
from collectors.sitemap import SITEMAP
from core import clock
from core.faults import Fault
from core.records import Fetched, SourceSpec
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.services.pages import Pages

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
URL = "https://www.yunlan.gov.cn/sitemap.xml"
XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


@pytest.fixture
def site(lab) -> Pages:
    return lab.mount(Pages(lambda: NOW))


def spec(url: str, **config: str) -> SourceSpec:
    return SourceSpec("m", "sitemap", "网站地图", url, "news", config={"days": "7", **config})


def run(source: SourceSpec, *, cursor=None, known=(), answers=None, act=None, patience=10.0) -> Outcome:
    async def work() -> Outcome:
        async with Http(**{**OPEN, "timeout": patience, "deadline": patience}) as http:
            desk = MemoryDesk(http, NOW, cursor=cursor or {}, mentions={one: {} for one in known})
            return await (act(source, desk) if act else play(SITEMAP, source, desk, answers=answers))

    return asyncio.run(work())


def read(body: str | bytes) -> list[sitemap.Line]:
    raw = body.encode() if isinstance(body, str) else body
    return sitemap.read(Fetched(URL, raw, 200, "text/xml", NOW, url=URL))[1]


def everything(site: Pages) -> set[str]:
    return {site.identity(n) for n, *_ in site.items}


def test_a_happy_day_reads_index_maps_and_the_articles_without_a_title(site):
    outcome = run(spec(f"{site.base}/sitemap.xml"))
    found = {m.external_id: m for m in outcome.all("mentions")}
    assert outcome.fault is None and outcome.cursor == {} and set(found) == everything(site)
    news, plain = found[site.identity(99)], found[site.identity(98)]
    assert (news.title, news.text) == ("第99号：关于社区卫生服务的通知", "")
    assert news.published_at == NOW - timedelta(hours=2)
    assert (plain.title, plain.text) == ("第98号：关于社区卫生服务的通知（全文）", "各街镇：\n现将第98号通知如下。")
    assert (plain.author, plain.published_at) == ("云澜区卫健委", NOW - timedelta(hours=4))
    assert len(site.asked("/zwgk/t")) == 13


def test_what_is_known_is_not_read_again_and_days_and_pattern_bound_it(site):
    source = spec(f"{site.base}/sitemap.xml")
    run(source, known=everything(site))
    assert not site.asked("/zwgk/t")
    few = run(spec(f"{site.base}/sitemap.xml", days="1")).all("mentions")
    recent = {site.identity(n) for n, _, at in site.items if at >= NOW - timedelta(days=1)}
    assert recent <= {m.external_id for m in few} < everything(site)
    few = run(spec(f"{site.base}/sitemap.xml", include=r"_(99|98)\.html$")).all("mentions")
    assert {m.external_id for m in few} == {site.identity(99), site.identity(98)}
    every = run(spec(f"{site.base}/sitemap.xml", article="#zoom"))
    assert all(m.text for m in every.mentions.values()) and len(every.mentions) == 25


@pytest.mark.parametrize("cut_at", range(1, 16, 2))
def test_a_run_killed_anywhere_loses_nothing(site, cut_at):
    source = spec(f"{site.base}/sitemap.xml")
    cut = run(source, answers=cut_at)
    done = {m.external_id for m in cut.all("mentions")}
    rest = run(source, cursor=cut.cursor, known=done)
    assert done | {m.external_id for m in rest.all("mentions")} == everything(site)
    assert len(site.asked("/zwgk/t")) == 13


@pytest.mark.parametrize(("act", "words"), [
    ("malformed", "压缩数据不完整"), ("html", "网页而不是网站地图"), ("reset", "连接中断"), ("stall", "没有"),
    ("empty", "返回内容为空"), ("cut", "不完整"), ("502", "HTTP 502"), ("429 120", "HTTP 429"),
])
def test_every_misfortune_is_a_fault_in_words_and_costs_nothing(site, act, words):
    source = spec(f"{site.base}/sitemap.xml")
    site.script("sitemap-1", act)
    outcome = run(source, patience=0.5 if act == "stall" else 10.0)
    assert words in outcome.words and (outcome.fault is not None) == act.startswith("429")
    done = {m.external_id for m in outcome.all("mentions")}
    rest = run(source, cursor=outcome.cursor, known=done)
    assert rest.fault is None and done | {m.external_id for m in rest.all("mentions")} == everything(site)


@pytest.mark.parametrize("status", ["404", "500"])
def test_a_map_that_is_not_there_or_does_not_answer_holds_up_no_other(site, status):
    source = spec(f"{site.base}/sitemap.xml")
    site.jams = {"sitemap-1": status}
    first = run(source)
    assert first.fault is None and first.cursor == {} and len(first.all("mentions")) == 15
    assert "没有读取" in first.words
    site.jams, known = {}, {m.external_id for m in first.all("mentions")}
    assert known | {m.external_id for m in run(source, known=known).all("mentions")} == everything(site)


def test_a_dead_map_named_first_costs_nothing_of_the_next(site, lab):
    robots_txt = f"Sitemap: {site.base}/nothing.xml\nSitemap: {site.base}/sitemap-0.xml\n"
    lab.serve("/robots.txt", robots_txt, "text/plain")
    outcome = run(spec(lab.url("/")))
    assert outcome.fault is None and len(outcome.mentions) == 10
    lab.serve("/robots.txt", f"Sitemap: {site.base}/nothing.xml\n", "text/plain")
    assert run(spec(lab.url("/"))).fault.kind == "GONE"


def test_what_has_no_title_and_no_page_is_named_by_its_file_and_not_fetched_again(lab):
    urls = "".join(f"<url><loc>{lab.url('/')}{name}</loc></url>" for name in ("%E9%80%9A%E7%9F%A5.pdf", "2.html"))
    lab.serve("/map.xml", f"<urlset>{urls}</urlset>", "text/xml")
    lab.serve("/%E9%80%9A%E7%9F%A5.pdf", b"%PDF-1.7", "application/pdf")
    html = "<html><head><title>标题</title></head><body><article>正文</article></body></html>"
    lab.serve("/2.html", html, "text/html")
    outcome = run(spec(lab.url("/map.xml")))
    assert sorted((m.title, m.text) for m in outcome.mentions.values()) == [("标题", "正文"), ("通知.pdf", "")]
    again = run(spec(lab.url("/map.xml")), known=set(outcome.mentions))
    assert len(again.answers) == 1 and not again.mentions


def test_of_an_index_that_is_too_long_both_ends_are_read_and_the_rest_is_said(lab):
    names = [f"/m{number}.xml" for number in range(70)]
    children = "".join(f"<sitemap><loc>{lab.url(name)}</loc></sitemap>" for name in names)
    lab.serve("/index.xml", f"<sitemapindex>{children}</sitemapindex>", "text/xml")
    for name in names:
        lab.serve(name, f"<urlset><url><loc>{lab.url(name)}.pdf</loc></url></urlset>", "text/xml")
        lab.serve(f"{name}.pdf", b"%PDF", "application/pdf")
    outcome = run(spec(lab.url("/index.xml")))
    read_ = {m.title for m in outcome.mentions.values()}
    assert {"m0.xml.pdf", "m1.xml.pdf", "m69.xml.pdf", "m68.xml.pdf"} <= read_ and len(read_) == 49
    assert "网站地图过多，本次只读 50 个，另有 21 个没有读取" in outcome.words


def test_news_beyond_what_a_round_takes_comes_in_the_next(lab):
    news = "".join(
        f"<url><loc>{lab.url(f'/n{n}.html')}</loc><news><title>第{n}条</title><publication_date>2026-03-09</publication_date>"
        "</news></url>" for n in range(250)
    )
    lab.serve("/news.xml", f"<urlset>{news}</urlset>", "text/xml")
    first = run(spec(lab.url("/news.xml")))
    assert len(first.mentions) == 200 and first.fault is None
    assert len(run(spec(lab.url("/news.xml")), known=set(first.mentions)).mentions) == 50


def test_maps_that_all_fail_are_the_site_s_trouble(site):
    site.jams = {"sitemap-": "500"}
    outcome = run(spec(f"{site.base}/sitemap.xml"))
    assert outcome.fault.kind == "RETRY" and "3 个网站地图没有读取" in outcome.fault.message
    site.jams = {}
    rest = run(spec(f"{site.base}/sitemap.xml"), cursor=outcome.cursor)
    assert {m.external_id for m in rest.all("mentions")} == everything(site)


def test_a_map_packed_in_several_parts_is_read_to_its_end():
    one = "<urlset>" + "".join(f"<url><loc>https://a.cn/{n}</loc></url>" for n in range(50))
    body = gzip.compress(one.encode()) + gzip.compress(b"<url><loc>https://a.cn/last</loc></url></urlset>")
    assert [line.url for line in read(body)][-1] == "https://a.cn/last"


def test_a_bare_site_is_asked_for_its_maps(site, lab):
    lab.serve("/robots.txt", f"Sitemap: {site.base}/sitemap-0.xml\nUser-agent: *\nDisallow: /x\n", "text/plain")
    outcome = run(spec(lab.url("/")))
    assert outcome.fault is None and len(outcome.all("mentions")) == 10
    lab.serve("/robots.txt", "User-agent: *\nDisallow: /pages/sitemap\n", "text/plain")
    assert run(spec(f"{site.base}/sitemap.xml")).fault.kind == "STOP"


def test_the_connection_test_says_what_it_saw(site):
    assert run(spec(f"{site.base}/sitemap.xml"), act=SITEMAP.check) == (
        "连接正常，是网站地图索引，有 3 个地图，其中 3 个在 7 天内更新过"
    )
    one = spec(f"{site.base}/sitemap-0.xml")
    assert run(one, act=SITEMAP.check) == "连接正常，网站地图有 10 个网址，符合条件的 10 个"
    with pytest.raises(Fault, match="“网址须符合”不是正确的正则表达式"):
        run(spec(f"{site.base}/sitemap-0.xml", include="("), act=SITEMAP.check)
    with pytest.raises(Fault, match="“只取最近几天”应是 1 到 366"):
        run(spec(f"{site.base}/sitemap-0.xml", days="0"), act=SITEMAP.check)


def test_prefixes_images_and_dates():
    (line,) = read(
        '<?xml version="1.0" encoding="UTF-8"?>\n<s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:image="i" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><s:url><image:image><image:loc>'
        "https://a.cn/x.jpg</image:loc><image:title>图</image:title></image:image><s:loc> "
        "https://a.cn/1?a=1&amp;b=2 </s:loc><s:lastmod>2026-03-09</s:lastmod></s:url></s:urlset>"
    )
    assert (line.url, line.title, line.changed) == (
        "https://a.cn/1?a=1&b=2", "", clock.instant(datetime(2026, 3, 10).date())
    )
    found = read("https://a.cn/1\nhttps://a.cn/2\nftp://a.cn/3\n")
    assert [one.url for one in found] == ["https://a.cn/1", "https://a.cn/2"]


@pytest.mark.parametrize(("body", "kind", "words"), [
    ('<!DOCTYPE urlset [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><url><loc>&a;</loc></url></urlset>', "STOP",
     "实体"),
    ('<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><urlset/>', "STOP", "DOCTYPE"),
    ("<rss><channel/></rss>", "STOP", "根元素 rss"), ("<urlset><url><loc>https://a.cn/", "RETRY", "不是完整的 XML"),
    ("<urlset>" + "<a>" * 60, "STOP", "嵌套超过"), ("<!doctype html><html></html>", "RETRY", "网页"),
    ("{}", "RETRY", "不是网站地图"),
    (gzip.compress(bytes(sitemap.MAX_BYTES + 10), mtime=0), "STOP", "超过 60 MB"),
    (gzip.compress(b"<urlset/>", mtime=0)[:-9], "RETRY", "不完整"),
    (b"\x1f\x8bxx", "RETRY", "已损坏"), (b" ", "RETRY", "为空"),
])
def test_hostile_maps_are_refused_in_words(body, kind, words):
    with pytest.raises(Fault) as refused:
        read(body)
    assert refused.value.kind == kind and words in refused.value.message


def test_large_maps_are_bounded():
    urls = "".join(f"<url><loc>https://a.cn/{n}</loc></url>" for n in range(sitemap.MAX_URLS + 5))
    fetched = Fetched(URL, f"<urlset {XMLNS}>{urls}</urlset>".encode(), 200, "text/xml", NOW, url=URL)
    kind, lines, note = sitemap.read(fetched)
    assert (kind, len(lines), note) == ("urlset", sitemap.MAX_URLS, "网址过多，只取前 50000 个")
