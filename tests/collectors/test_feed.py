"""Feeds as the world sends them."""

import asyncio
import csv
import gzip
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collectors import feed, plain
from collectors.http import Http
from core.counts import Count
from core.faults import Fault
from core.records import Batch, Fetched, SourceSpec
from tests.lab.server import BILLION_LAUGHS, EXTERNAL_ENTITY, RSSHUB_ERROR

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
MENTIONS = SourceSpec(key="s", collector="feed", name="样例", url="https://news.example.cn/feed.xml", platform="feed")
POSTS = SourceSpec(key="p", collector="feed", name="样例", url=MENTIONS.url, platform="wechat", has_account=True)


def fetched(body: bytes | str, media_type: str = "application/rss+xml", at: datetime = NOW) -> Fetched:
    return Fetched(
        request=MENTIONS.url, body=body.encode() if isinstance(body, str) else body, status=200, media_type=media_type,
        fetched_at=at, url=MENTIONS.url,
    )


def rss(*items: str) -> str:
    inner = "".join(f"<item>{item}</item>" for item in items)
    slash = 'xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
    return f'<rss version="2.0" {slash}><channel><title>x</title>{inner}</channel></rss>'


def read(body: bytes | str, source: SourceSpec = MENTIONS, **more) -> Batch:
    return feed.parse(source, fetched(body, **more))


def test_an_item_becomes_a_mention():
    (found,) = read(rss(
        "<title>上海 &lt;b&gt;暴雨&lt;/b&gt; &amp;amp; 预警\x0b</title><link>https://a.cn/1?x=1&amp;y=2</link><guid>g1</guid>"
        "<author>记者甲</author><pubDate>Tue, 10 Mar 2026 08:00:00 +0800</pubDate><slash:comments>12</slash:comments>"
        "<description><![CDATA[<p>第一段</p><script>bad()</script><p>第二段</p>]]></description>"
    )).mentions
    assert (found.external_id, found.title, found.text) == ("g1", "上海 暴雨 & 预警", "第一段\n第二段")
    assert (found.url, found.author, found.dated) == ("https://a.cn/1?x=1&y=2", "记者甲", True)
    assert found.published_at == datetime(2026, 3, 10, 0, 0, tzinfo=UTC)
    assert found.counters == {"comments": Count(12)}
    assert (found.observed_at, found.locator) == (NOW, "/rss/channel/item[1]")


def test_atom_and_rdf():
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><id>urn:1</id><title type="html">'
        '甲&lt;br&gt;乙</title><link rel="alternate" href="/news/1"/><updated>2026-03-09T10:00:00+08:00</updated>'
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>正文</p></div></content></entry></feed>'
    )
    (found,) = read(atom).mentions
    assert (found.external_id, found.title, found.text) == ("urn:1", "甲 乙", "正文")
    assert (found.url, found.locator) == ("https://news.example.cn/news/1", "/feed/entry[1]")
    rdf = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>x</title></channel>'
        '<item rdf:about="https://a.cn/9"><title>丙</title><link>https://a.cn/9</link><dc:date>2026-03-09</dc:date></item>'
        "</rdf:RDF>"
    )
    (found,) = read(rdf).mentions
    assert (found.external_id, found.title, found.locator) == ("https://a.cn/9", "丙", "/rdf:RDF/item[1]")
    assert found.published_at == datetime(2026, 3, 8, 16, tzinfo=UTC)


@pytest.mark.parametrize(("encoding", "declared", "header"), [
    ("gb18030", "gb2312", ""), ("gbk", "GB2312", "text/xml"), ("gb18030", "", "text/xml; charset=gb2312"),
    ("big5", "big5", ""), ("big5hkscs", "Big5", ""), ("utf-8", "gb2312", ""), ("gbk", "utf-8", ""),
    ("utf-8", "", "text/xml; charset=iso-8859-1"), ("gb18030", "", ""),
    ("utf-16", "utf-16", ""), ("utf-8-sig", "", ""), ("utf-16-le", "", ""),
    ("hz", "hz-gb-2312", ""),
])
def test_encodings_declared_rightly_wrongly_and_not_at_all(encoding, declared, header):
    title = "這裡公告臺北市消息" if encoding.startswith("big5") else "上海市普陀区发布“镕”字公告"
    if encoding == "hz":
        title = "上海市发布公告"
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else '<?xml version="1.0"?>'
    body = (declaration + rss(f"<title>{title}</title><link>https://a.cn/1</link>")).encode(encoding)
    batch = read(body, media_type=header or "application/xml")
    assert [m.title for m in batch.mentions] == [title] and batch.note == ""


def test_bytes_cut_in_the_middle_of_a_character_lose_that_one_only():
    body = rss("<title>上海发布</title><link>https://a.cn/1</link>").encode("gb18030")
    last = "布".encode("gb18030")
    body = b'<?xml version="1.0" encoding="gb2312"?>' + body.replace(last, last + b"\xff")
    batch = read(body)
    assert batch.mentions[0].title.startswith("上海发布") and "1 个字符无法识别" in batch.note


@pytest.mark.parametrize(("printed", "utc"), [
    ("Tue, 10 Mar 2026 08:00:00 +0800", "2026-03-10T00:00"), ("Tue, 10 Mar 2026 08:00:00 GMT", "2026-03-10T08:00"),
    ("Tue, 10 Mar 2026 08:00:00 CST", "2026-03-10T00:00"), ("Tue, 10 Mar 2026 08:00:00", "2026-03-10T00:00"),
    ("2026-03-10 08:00:00", "2026-03-10T00:00"), ("2026-03-10T08:00:00Z", "2026-03-10T08:00"),
    ("2026年3月10日 08:00", "2026-03-10T00:00"), ("2026/3/10 8:00", "2026-03-10T00:00"),
    ("Tue Mar 10 08:00:00 +0800 2026", "2026-03-10T00:00"), ("10 Mar 2026", "2026-03-09T16:00"),
    ("2026-03-10 08:00:00 +0800", "2026-03-10T00:00"),
])
def test_dates_without_a_zone_are_shanghai(printed, utc):
    (found,) = read(rss(f"<title>x</title><link>https://a.cn/1</link><pubDate>{printed}</pubDate>")).mentions
    assert f"{found.published_at:%Y-%m-%dT%H:%M}" == utc and found.dated


def test_a_missing_date_is_the_first_sighting_for_mentions_and_refused_for_posts():
    item = "<title>x</title><link>https://a.cn/1</link>"
    (found,) = read(rss(item)).mentions
    assert (found.published_at, found.dated) == (NOW, False)
    batch = read(rss(item, item + "<guid>2</guid><pubDate>昨天</pubDate>"), POSTS)
    assert not batch.posts
    assert [(r.field, r.reason) for r in batch.rejects] == [
        ("published_at", "没有发布时间，无法计入发布日"), ("published_at", "发布时间“昨天”无法识别，无法计入发布日")
    ]


def test_an_impossible_date_is_set_aside():
    batch = read(rss("<title>x</title><link>https://a.cn/1</link><pubDate>Thu, 10 Mar 2099 08:00:00 +0800</pubDate>"))
    assert not batch.mentions and "不可信" in batch.rejects[0].reason
    assert batch.rejects[0].locator == "/rss/channel/item[1]" and "2099" in batch.rejects[0].raw


def test_wechat_articles_are_named_by_what_stays():
    date = "<pubDate>Tue, 10 Mar 2026 08:00:00 +0800</pubDate>"
    long = (
        "https://mp.weixin.qq.com/s?__biz=MzA5&amp;mid=2650&amp;idx=2&amp;sn=abc&amp;chksm={}&amp;scene=27#wechat_redirect"
    )
    short = "<title>短</title><link>https://mp.weixin.qq.com/s/IRdRXTmhcZxZ8MCI9LaFXQ</link>"
    batch = read(rss(f"<title>长</title><link>{long.format(1)}</link>{date}", short + date), POSTS)
    first, second = batch.posts
    assert (first.external_id, first.position, first.push_id) == ("2650_2", 2, "2650")
    assert (second.external_id, second.position, second.push_id) == ("IRdRXTmhcZxZ8MCI9LaFXQ", None, "")
    again = read(rss(f"<title>长</title><link>{long.format(2)}</link><guid>other</guid>{date}"), POSTS)
    assert again.posts[0].external_id == "2650_2"
    (mention,) = read(rss(f"<title>长</title><link>{long.format(3)}</link>{date}")).mentions
    assert mention.external_id == "MzA5:2650_2"


def test_identity_falls_back_to_link_then_to_title_and_link():
    batch = read(rss(
        "<title>甲</title><link>https://a.cn/1</link>", "<title>乙</title>",
        "<title>丙</title><guid>same</guid>", "<title>丁</title><guid>same</guid>",
        "<title>甲</title><link>https://a.cn/1</link>", f"<title>戊</title><guid>{'x' * 500}</guid>",
    ))
    ids = [m.external_id for m in batch.mentions]
    assert ids[0] == "https://a.cn/1" and len(set(ids)) == 5 and all(i.startswith("sha256:") for i in ids[1:])
    assert batch.note == "1 条重复"
    assert ids == [m.external_id for m in read(rss(
        "<title>甲</title><link>https://a.cn/1</link>", "<title>乙</title>", "<title>丙</title><guid>same</guid>",
        "<title>丁</title><guid>same</guid>", f"<title>戊</title><guid>{'x' * 500}</guid>",
    )).mentions]


def test_titles_missing_and_titles_too_long():
    batch = read(rss(
        f"<guid>1</guid><description>{'微博正文' * 30}</description>", f"<guid>2</guid><title>{'长' * 600}</title>",
        "<guid>3</guid><link>https://a.cn/3</link>",
    ))
    assert batch.mentions[0].title == ("微博正文" * 30)[:59] + "…"
    assert len(batch.mentions[1].title) == 500
    assert batch.rejects[0].reason == "标题和正文都为空"


def test_links_that_are_no_web_address_are_dropped():
    items = [f"<title>{n}</title><guid>{n}</guid><link>{link}</link>" for n, link in enumerate((
        "javascript:alert(1)", "data:text/html,x", "https://a.cn/" + "x" * 3000, "file:///etc/passwd"
    ))]
    assert [m.url for m in read(rss(*items)).mentions] == [""] * 4


@pytest.mark.parametrize(("body", "kind", "words"), [
    ("", "RETRY", "返回内容为空"),
    ("  \n", "RETRY", "返回内容为空"),
    ("{\"items\": []}", "RETRY", "JSON"),
    ("plain words", "RETRY", "不是 RSS/Atom"),
    (b"\x89PNG\r\n\x1a\n\0\0", "RETRY", "不是 RSS/Atom"),
    ("<html><head><TITLE lang='x'>百度安全验证</TITLE></head></html>", "RETRY", "网页标题：百度安全验证"),
    ("<!doctype html><!-- x --><body>hi", "RETRY", "返回的是网页"),
    ("<urlset><url/></urlset>", "RETRY", "根元素 urlset"),
    ("<rss><channel><item><tit", "RETRY", "不完整"),
    (EXTERNAL_ENTITY, "STOP", "实体声明"),
    (BILLION_LAUGHS, "STOP", "实体声明"),
    (EXTERNAL_ENTITY.replace("<!DOCTYPE", "<!-- <rss> --><!doctype"), "STOP", "实体声明"),
    ("<!DOCTYPE rss [<!ELEMENT a ']>'><!ENTITY % x SYSTEM 'http://a.cn'> %x;]><rss/>", "STOP", "实体声明"),
    ("<!-- x -->" * 60 + "<rss/>", "RETRY", "不是 RSS/Atom"),
    ("<rss><channel>" + "<a>" * 600, "STOP", "嵌套超过"),
    ("<rss><channel>" + "<b" * 70_000, "STOP", "过于庞大"),
])
def test_what_is_no_feed_is_refused_in_words(body, kind, words):
    with pytest.raises(Fault, match=words) as caught:
        read(body)
    assert caught.value.kind == kind


def test_nothing_is_expanded_or_fetched_behind_the_root(lab, tmp_path):
    """A DOCTYPE in the wrong place reaches the parsers; they must not follow it."""
    secret = tmp_path / "secret.txt"
    secret.write_text("机密", "utf-8")
    for where in (lab.serve("/secret", "机密"), secret.as_uri()):
        body = "<rss>" + EXTERNAL_ENTITY.format(where=where).partition("?>")[2].replace("<rss", "<channel><rss", 1)
        batch = read(body)
        assert all("机密" not in m.title + m.text for m in batch.mentions)
    assert not lab.asked("/secret")


def test_a_doctype_without_entities_is_fine():
    body = '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://x/rss.dtd">' + rss(
        "<title>甲</title><link>https://a.cn/1</link>"
    ).replace("2.0", "0.91")
    assert len(read(body)) == 1


def test_a_broken_feed_is_read_as_far_as_it_goes():
    whole = rss(*(f"<title>第{n}条 &nbsp; AT&T</title><link>https://a.cn/{n}</link>" for n in range(3)))
    batch = read(whole)
    assert len(batch.mentions) == 3 and "已尽量读取" in batch.note
    cut = read(whole[: whole.rindex("https://a.cn/2") + 9])
    assert [m.url for m in cut.mentions] == ["https://a.cn/0", "https://a.cn/1"]
    assert cut.rejects[0].locator == "/rss/channel/item[3]" and "中断" in cut.rejects[0].reason


def test_an_empty_feed_says_so():
    batch = read(rss())
    assert len(batch) == 0 and batch.note == "订阅中没有条目"


def test_the_type_that_the_server_claims_does_not_matter():
    for claimed in ("text/html", "image/png", "application/octet-stream", ""):
        assert len(read(rss("<title>甲</title>"), media_type=claimed)) == 1


def test_control_characters_and_references_to_them_are_removed():
    (found,) = read(rss("<title>甲\x00\x1b[31m&#8;&#x202e;乙&#xFFFF;&#99999999;</title>")).mentions
    assert found.title == "甲[31m乙"


# --- through the network ---------------------------------------------------------------------------------------------


def collect(url: str, **spec) -> tuple[Fetched, Batch]:
    source = SourceSpec(key="s", collector="feed", name="样例", url=url, **spec)

    async def work() -> Fetched:
        async with Http(private_hosts="localhost", pace_seconds=0, timeout=2, deadline=5) as http:
            return await feed.fetch(source, http, NOW)

    got = asyncio.run(work())
    return got, feed.parse(source, got) if not got.unchanged else Batch()


def test_collect_then_collect_again(lab):
    url = lab.serve("/f.xml", rss("<title>甲</title>"), etag='W/"1"', compressed=True)
    got, batch = collect(url)
    assert [m.title for m in batch.mentions] == ["甲"]
    assert collect(url, etag=got.etag, last_modified=got.last_modified)[0].unchanged
    assert "application/rss+xml" in lab.seen[0].headers["accept"]


@pytest.mark.parametrize(("path", "kind", "words"), [
    ("/html", "RETRY", "返回的是网页而不是 RSS/Atom 订阅（网页标题：百度安全验证）"),
    ("/rsshub-empty", "RETRY", "RSSHub 该路由没有取到内容"),
    ("/external-entity", "STOP", "实体声明"),
    ("/billion-laughs", "STOP", "实体声明"),
    ("/status/503", "RETRY", "HTTP 503"),
])
def test_pages_that_are_no_feed(lab, path, kind, words):
    with pytest.raises(Fault) as caught:
        collect(lab.url(path))
    assert caught.value.kind == kind and words in caught.value.message
    assert not lab.asked("/secret")


@pytest.mark.parametrize(("said", "kind", "words"), [
    ("NotFoundError: wrong pathThe route does not exist or has been deleted.", "STOP", "没有这个路由"),
    ("ConfigNotFoundError: Baidu Tieba RSS is disabled due to lack of BAIDU_COOKIE", "STOP", "BAIDU_COOKIE"),
    ("RejectError: Authentication failed. Access denied.", "REAUTH", "访问密钥"),
    ("FetchError: [GET] &quot;https://a.cn/x?token=s3cret&quot;: 403 Forbidden", "RETRY", "403 Forbidden"),
    ("", "RETRY", "抓取源站失败"),
])
def test_rsshub_says_why(lab, said, kind, words):
    page = RSSHUB_ERROR.format(message=said, route="/x")
    for status in (200, 403, 404, 503):
        url = lab.serve(f"/{status}", page, "text/html; charset=UTF-8", status=status)
        with pytest.raises(Fault) as caught:
            collect(url)
        assert caught.value.kind == kind and words in caught.value.message
        assert "s3cret" not in caught.value.message
        assert status == 200 or caught.value.evidence.body.decode() == page


# --- real feeds ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data are not on this machine")
def test_real_feeds_of_wechat_accounts():
    """Every item of the first 60 archived feeds becomes a post of that account with title, link and date as listed."""
    listed: dict[str, set[tuple[str, str]]] = {}
    with gzip.open(SHARED / "wechat_rss_feeds" / "items.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            listed.setdefault(row["bizid"], set()).add((row["link"], row["pubDate"]))
    seen = posts = 0
    at = datetime(2021, 6, 20, tzinfo=UTC)
    with tarfile.open(SHARED / "wechat_rss_feeds" / "feeds.tar.gz") as archive:
        for member in archive:
            if not member.isfile() or seen == 60:
                continue
            seen += 1
            batch = feed.parse(POSTS, fetched(archive.extractfile(member).read(), at=at))
            found = {p.url: p for p in batch.posts}
            wanted = listed.get(Path(member.name).stem, set())
            assert not batch.rejects and set(found) == {link for link, _ in wanted}, member.name
            for link, printed in wanted:
                when = datetime.strptime(printed, "%a, %d %b %Y %H:%M:%S %z")
                assert abs(found[link].published_at - when) < timedelta(seconds=1)
            posts += len(found)
    assert posts > 600


# --- hostile text ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", ["<!--", "<a", "<", "<!", "<![CDATA[", "<a b='", "&", "</", "<script>", "&#", '<a"'])
def test_markup_is_read_in_one_pass(piece):
    """Each of these took the standard library's parser up to minutes."""
    assert isinstance(plain.text_of(piece * (plain.MAX_MARKUP // len(piece))), str)


def test_markup_to_text():
    text = plain.text_of(
        '<p title="a>b">你好 &amp; <b>世界</b><br/>三 3 < 5 <!-- 注 -->四</p><style>q{}</style><ul><li>一<li>二</ul>'
        "<SCRIPT>if (a<b) {}</script>尾<svg><text>图</text></svg><iframe/>末"
    )
    assert text == "你好 & 世界\n三 3 < 5 四\n一\n二\n尾末"


def test_decode_reads_no_codec_that_is_no_encoding_of_text():
    for name in ("punycode", "unicode_escape", "rot13", "zlib", "nonsense", "idna"):
        text, lost = plain.decode(f'<?xml version="1.0" encoding="{name}"?><rss>\\u4e2d</rss>'.encode())
        assert text.endswith("<rss>\\u4e2d</rss>") and lost == 0


def test_a_path_or_an_address_is_never_opened():
    with pytest.raises(Fault, match="不是 RSS/Atom"):
        read(str(Path(__file__)))
    with pytest.raises(Fault, match="不是 RSS/Atom"):
        read("https://example.com/feed.xml")


def test_quotes_and_dashes_of_windows_are_kept_and_unclosed_boxes_hide_no_text():
    (found,) = read(rss("<title>don\x92t &#147;x&#148;</title><link>https://a.cn/1</link>")).mentions
    assert found.title == "don\u2019t \u201cx\u201d"
    assert plain.text_of("前<object data=x>后<iframe src=y>末") == "前后末"
    assert plain.text_of("前<script>x()") == "前"
    assert plain.text_of("<object>" * 20_000 + "末") == "末"
