"""List pages of a site without feeds, against a service that plays one; and pages as the world writes them."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from collectors import articles, dates, hypertext, page
from collectors.http import Http
from collectors.page import PAGE
from core import clock
from core.faults import Fault
from core.records import Batch, Fetched, SourceSpec
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.services.pages import PageCase, Pages

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
URL = "https://www.yunlan.gov.cn/zwgk/index.html"


@pytest.fixture
def site(lab) -> Pages:
    return lab.mount(Pages(lambda: NOW))


def spec(url: str, **config: str) -> SourceSpec:
    return SourceSpec("p", "page", "政务公开", url, "news", config=config)


def run(source: SourceSpec, *, cursor=None, known=(), answers=None, act=None, now=NOW, patience=10.0) -> Outcome:
    async def work() -> Outcome:
        async with Http(**{**OPEN, "timeout": patience, "deadline": patience}) as http:
            desk = MemoryDesk(http, now, cursor=cursor or {}, mentions={one: {} for one in known})
            return await (act(source, desk) if act else play(PAGE, source, desk, answers=answers))

    return asyncio.run(work())


def full(site: Pages, **more: str) -> SourceSpec:
    return spec(f"{site.base}/zwgk/index.html", **{**PageCase.config, **more})


def everything(site: Pages) -> set[str]:
    return {site.identity(n) for n, *_ in site.items}


def read(html: str | bytes, **config: str) -> Batch:
    body = html.encode() if isinstance(html, str) else html
    return page.parse(spec(URL, **config), Fetched(URL, body, 200, "text/html", NOW, url=URL))


def test_a_happy_day_reads_lists_and_articles(site):
    outcome = run(full(site))
    assert outcome.fault is None and outcome.cursor == {}
    found = outcome.mentions
    assert set(found) == everything(site) and len(outcome.answers) == 3 + 25
    first = found[site.identity(100)]
    assert (first.title, first.author, first.text) == (
        "第100号：关于社区卫生服务的通知（全文）", "云澜区卫健委", "各街镇：\n现将第100号通知如下。"
    )
    assert (first.published_at, first.dated) == (NOW, True)
    assert first.details == {"栏目": "通知公告", "来源": "云澜区卫健委", "关键词": "社区;卫生"}
    assert "spm" not in first.external_id


def test_without_articles_the_list_is_the_record(site):
    outcome = run(full(site, article="", pages="2"))
    found = outcome.all("mentions")
    assert len(outcome.answers) == 2 and len(found) == 20
    assert (found[0].title, found[0].text) == ("第100号：关于社区卫生服务的通知", "")
    assert found[0].published_at == clock.instant(clock.day_of(NOW))


def test_known_articles_are_not_read_again_and_the_list_ends_at_what_is_known(site):
    run(full(site))
    site.calls.clear()
    site.items.insert(0, (101, "第101号：新的通知", NOW))
    known = everything(site) - {site.identity(101)}
    outcome = run(full(site), known=known)
    assert {site.identity(101)} == {m.external_id for m in outcome.all("mentions")} - known
    assert [call.path for call in site.calls] == ["/zwgk/index.html", "/zwgk/index_1.html", site.path(101)]


@pytest.mark.parametrize("cut_at", range(1, 28, 3))
def test_a_run_killed_anywhere_loses_nothing_and_reads_nothing_twice(site, cut_at):
    cut = run(full(site), answers=cut_at)
    done = {m.external_id for m in cut.all("mentions")}
    rest = run(full(site), cursor=cut.cursor, known=done)
    assert done | {m.external_id for m in rest.all("mentions")} == everything(site)
    assert len(site.asked("/zwgk/t")) == 25


def test_out_of_order_and_twice(site):
    site.script("/zwgk/index", "shuffled", "shuffled", "shuffled")
    found = [m.external_id for m in run(full(site)).all("mentions") if m.text]
    assert len(found) == len(set(found)) == 25


@pytest.mark.parametrize(("act", "words"), [
    ("malformed", "网页不完整"), ("html", "被拦截"), ("reset", "连接中断"), ("stall", "没有"),
    ("empty", "返回内容为空"), ("cut", "不完整"), ("502", "HTTP 502"), ("429 120", "HTTP 429"),
])
@pytest.mark.parametrize("part", ["/zwgk/index_1", "/zwgk/t"])
def test_every_misfortune_is_a_fault_in_words_and_costs_nothing(site, part, act, words):
    site.script(part, act)
    outcome = run(full(site), patience=0.5 if act == "stall" else 10.0)
    assert words in outcome.words and (outcome.fault is not None) == act.startswith("429")
    done = {m.external_id for m in outcome.all("mentions")}
    rest = run(full(site), cursor=outcome.cursor, known=done)
    assert rest.fault is None and done | {m.external_id for m in rest.all("mentions")} == everything(site)


def test_an_article_that_is_gone_or_closed_leaves_what_the_list_said(site):
    site.gone.add(100)
    site.script(site.path(99), "403")
    outcome = run(full(site, pages="1"))
    found = {m.external_id: m for m in outcome.all("mentions")}
    assert outcome.fault is None and len(found) == 10
    assert found[site.identity(100)].title == "第100号：关于社区卫生服务的通知"
    assert found[site.identity(99)].text == "" and any("没有读取" in b.note for b in outcome.batches)


def test_a_page_further_down_that_is_refused_is_gone_down_to_again_and_nothing_behind_it_is_lost(site):
    source = full(site, article="")
    site.jams = {"index_1": "403"}
    first = run(source)
    assert first.fault is None and len(first.all("mentions")) == 10 and "HTTP 403" in first.words
    site.jams, known = {}, {m.external_id for m in first.all("mentions")}
    rest = run(source, cursor=first.cursor, known=known)
    assert len(known | {m.external_id for m in rest.all("mentions")}) == 25 and rest.cursor == {}
    site.jams, cursor = {"index_1": "403"}, first.cursor
    for _ in range(5):
        outcome = run(source, cursor=cursor, known=known)
        cursor = outcome.cursor
    assert outcome.fault is None and cursor == {}, "at last it is taken for the list's end"


def test_articles_that_fail_leave_the_site_in_peace_and_are_tried_again_for_days(site):
    bad = {number: site.path(number) for number in (99, 98, 97, 96)}
    site.jams = dict.fromkeys(bad.values(), "500")
    cursor, known, texts, last = {}, set(), set(), {}
    for hours in range(0, 96, 2):
        at = NOW + timedelta(hours=hours)
        outcome = run(full(site, pages="1"), cursor=cursor, known=known, now=at)
        assert outcome.fault is None and len(outcome.mentions) == 10, "the list is read and stored each time"
        assert hours or len(outcome.answers) == 1 + 4, "three in a row, and the rest is left for the next run"
        cursor, known = outcome.cursor, known | set(outcome.mentions)
        texts |= {id_ for id_, m in outcome.mentions.items() if m.text}
        last |= {number: at for number, path in bad.items() if site.asked(path)}
        site.calls.clear()
    assert cursor == {} and texts == everything(site) & known - {site.identity(number) for number in bad}
    assert all(timedelta(days=2) < at - NOW < timedelta(days=4) for at in last.values()) and len(last) == 4


def test_an_article_of_another_site_s_is_neither_followed_nor_taken_for_it(site, lab):
    target = f"http://127.0.0.1:{lab.port}/elsewhere"
    lab.serve("/elsewhere", "<html><body><div id=zoom>别处的文字</div></body></html>", "text/html")
    number = 98
    lab.serve(f"/pages{site.path(number)}?spm=a.0", b"", "text/html", status=302, headers={"Location": target})
    found = {m.external_id: m for m in run(full(site, pages="1")).all("mentions")}
    assert found[site.identity(number)].text == "" and not lab.asked("/elsewhere")


def test_a_redirect_is_followed_only_where_robots_allow_it(site, lab):
    lab.serve("/moved", b"", "text/html", status=302, headers={"Location": lab.url("/closed/index.html")})
    lab.serve("/robots.txt", "User-agent: *\nDisallow: /closed/\n", "text/plain")
    fault = run(spec(lab.url("/moved"))).fault
    assert fault.kind == "STOP" and "Disallow: /closed/" in fault.message and not lab.asked("/closed/index.html")


def test_a_headline_on_checks_and_interceptions_is_an_article(site):
    site.items[0] = (100, "全市开展消防安全检查 拦截风险", NOW)
    outcome = run(full(site, pages="1"))
    assert outcome.fault is None and all(m.text for m in outcome.mentions.values())
    for title in ("全市开展消防安全检查", "海关拦截违禁品", "开展质量验证活动"):
        assert not articles.blocked(title)
    for title in ("百度安全验证", "访问异常", "请求已被拦截", "403 Forbidden", "Just a moment..."):
        assert articles.blocked(title)


def test_a_page_nested_beyond_measure_leaves_what_the_list_said(site, lab):
    lab.serve(f"/pages{site.path(99)}?spm=a.0", "<html><body>" + "<div>" * 900 + "</body></html>", "text/html")
    outcome = run(full(site, pages="1"))
    found = {m.external_id: m for m in outcome.all("mentions")}
    assert outcome.fault is None and len(found) == 10 and found[site.identity(99)].text == ""


def test_a_text_within_another_is_told_once(site, lab):
    body = '<div class="TRS_Editor"><p>首段。</p><div class="TRS_Editor"><p>次段。</p></div></div>'
    lab.serve(f"/pages{site.path(99)}?spm=a.0", f"<html><body>{body}</body></html>", "text/html")
    outcome = run(full(site, article="*", pages="1"))
    assert outcome.mentions[site.identity(99)].text == "首段。\n次段。"


@pytest.mark.parametrize(("printed", "wanted"), [
    ("1970-01-01 08:00", clock.instant(datetime(2026, 3, 10).date())),
    ("2062-03-08", clock.instant(datetime(2026, 3, 10).date())),
    ("2026-03-09 12:30", datetime(2026, 3, 9, 4, 30, tzinfo=UTC)),
])
def test_a_date_that_can_t_be_gives_way_to_the_list_s(site, lab, printed, wanted):
    page_ = f'<html><head><meta name="PubDate" content="{printed}"></head><body><div id=zoom>文</div></body></html>'
    lab.serve(f"/pages{site.path(99)}?spm=a.0", page_, "text/html")
    found = run(full(site, pages="1")).mentions[site.identity(99)]
    assert (found.published_at, found.dated, found.text) == (wanted, True, "文")


def test_the_list_s_moment_counts_where_the_article_names_only_its_day(site, lab):
    row = "<li><a href='t20260309_99.html'>通知</a><span>2026-03-09 09:30</span></li>"
    list_ = f"<html><body><ul class=list>{row}</ul></body></html>"
    lab.serve("/pages/zwgk/index.html", list_, "text/html")
    article = "<html><head><meta name=PubDate content=2026-03-09></head><body><div id=zoom>文</div></body></html>"
    lab.serve("/pages/zwgk/t20260309_99.html", article, "text/html")
    (found,) = run(full(site, pages="1")).mentions.values()
    assert (found.published_at, found.text) == (datetime(2026, 3, 9, 1, 30, tzinfo=UTC), "文")


def test_an_attachment_on_a_list_is_named_and_not_read(site, lab):
    lab.serve(f"/pages{site.path(99)}?spm=a.0", b"%PDF-1.7", "application/pdf")
    outcome = run(full(site, pages="1"))
    assert outcome.mentions[site.identity(99)].text == "" and outcome.cursor == {}
    assert "附件" in outcome.words


def test_a_long_list_is_read_in_several_rounds_and_every_text_comes(site):
    site.items = [(900 - n, f"第{900 - n}号通知", NOW - timedelta(minutes=n)) for n in range(400)]
    source, cursor, known, texts = full(site, pages="50"), {}, set(), set()
    for number in range(3):
        outcome = run(source, cursor=cursor, known=known)
        cursor, known = outcome.cursor, known | set(outcome.mentions)
        texts |= {id_ for id_, m in outcome.mentions.items() if m.text}
        assert outcome.fault is None and len(texts) == (250, 400, 400)[number]
    assert cursor == {} and texts == everything(site)


def test_robots_close_the_list_or_only_the_articles(site, lab):
    lab.serve("/robots.txt", "User-agent: *\nDisallow: /pages/zwgk/t2026\n", "text/plain")
    outcome = run(full(site, pages="1"))
    assert outcome.fault is None and len(outcome.all("mentions")) == 10 and not site.asked("/zwgk/t")
    lab.serve("/robots.txt", "User-agent: *\nDisallow: /pages/\n", "text/plain")
    fault = run(full(site)).fault
    assert fault.kind == "STOP" and "Disallow: /pages/" in fault.message


def test_pages_are_counted_up_until_there_is_none(site):
    source = full(site, next="index_{page-1}.html", pages="9", article="")
    outcome = run(source)
    assert outcome.fault is None and outcome.cursor == {} and len(outcome.all("mentions")) == 25
    assert [call.path for call in site.calls][-1] == "/zwgk/index_3.html"


def test_a_json_list_with_its_own_names(site):
    source = spec(f"{site.base}/list.json", json="data.list", title="title", date="day", link="/pages/zwgk/x?id={id}",
                  next="list.json?page={page}", pages="9")
    outcome = run(source)
    assert outcome.fault is None and len(outcome.all("mentions")) == 25
    first = outcome.all("mentions")[0]
    assert (first.title, first.published_at) == ("第100号：关于社区卫生服务的通知", NOW)
    assert first.url.endswith("/pages/zwgk/x?id=100")
    site.script("list.json", "html")
    assert "网页而不是 JSON" in run(source).fault.message
    assert "没有列表“rows”" in run(spec(source.url, json="rows")).fault.message


def test_a_site_in_gb2312(site):
    site.charset = "gb2312"
    outcome = run(full(site, pages="1"))
    assert outcome.mentions[site.identity(100)].title == "第100号：关于社区卫生服务的通知（全文）"


def test_the_connection_test_says_what_it_saw(site):
    assert run(full(site), act=PAGE.check) == "连接正常，列表页有 10 条，如“第100号：关于社区卫生服务的通知”"
    with pytest.raises(Fault, match="没有找到条目（网页标题：政务公开_云澜区人民政府）"):
        run(full(site, list="div.none"), act=PAGE.check)
    with pytest.raises(Fault, match="“条目”的选择器写法不正确：ul\\[\\["):
        run(full(site, list="ul[["), act=PAGE.check)
    with pytest.raises(Fault, match="“最多几页”应是 1 到 50"):
        run(full(site, pages="0"), act=PAGE.check)


# --- pages as they are ------------------------------------------------------------------------------------------------


def test_defaults_read_a_list_of_the_usual_kind():
    items = "".join(
        f"<li><span>[03-0{n}]</span><a href='./t2026030{n}_{n}.html'>第{n}条通知</a></li>" for n in range(1, 6)
    )
    batch = read(f"<html><body><ul><li><a href='/'>首页</a></li></ul><ul>{items}</ul></body></html>")
    assert [m.title for m in batch.mentions] == [f"第{n}条通知" for n in range(1, 6)]
    assert batch.mentions[0].url == "https://www.yunlan.gov.cn/zwgk/t20260301_1.html"
    assert batch.mentions[0].published_at == clock.instant(clock.day_of(NOW).replace(day=1))


def test_links_are_resolved_and_only_web_addresses_count():
    batch = read(
        "<html><head><base href='https://cdn.yunlan.gov.cn/a/'></head><body><ul class=x>"
        "<li><a href='b.html#top'>甲</a> 2026-03-01</li>"
        "<li><a href='javascript:alert(1)'>乙</a> 2026-03-02</li>"
        "<li><a href='//www.yunlan.gov.cn/c.html?id=3&utm_source=w&amp;from=timeline'>丙</a></li>"
        "<li><a href='mailto:a@b.cn'>丁</a></li><li class=line></li><li>没有链接</li></ul></body></html>",
        list="ul.x li",
    )
    assert [(m.external_id, m.url, m.dated) for m in batch.mentions] == [
        ("cdn.yunlan.gov.cn/a/b.html", "https://cdn.yunlan.gov.cn/a/b.html", True),
        ("www.yunlan.gov.cn/c.html?id=3", "https://www.yunlan.gov.cn/c.html?id=3&utm_source=w&from=timeline", False),
    ]
    (reject,) = batch.rejects
    assert (reject.field, reject.raw) == ("url", "乙 javascript:alert(1)")


@pytest.mark.parametrize(("printed", "wanted"), [
    ("3小时前", NOW - timedelta(hours=3)),
    ("昨天 10:00", NOW - timedelta(days=1)), ("刚刚", NOW),
    ("03-08", datetime(2026, 3, 7, 16, tzinfo=UTC)), ("12-30", datetime(2025, 12, 29, 16, tzinfo=UTC)),
    ("2026年3月8日 9:05", datetime(2026, 3, 8, 1, 5, tzinfo=UTC)),
    ("发布时间：2026.03.08", datetime(2026, 3, 7, 16, tzinfo=UTC)),
    ("<b>08</b> <i>2026-03</i>", datetime(2026, 3, 7, 16, tzinfo=UTC)),
    ("09:30", datetime(2026, 3, 10, 1, 30, tzinfo=UTC)),
    ("阅读 3.5万", None), ("2026-13-45", None), ("第1-2期", None),
])
def test_dates_as_lists_print_them(printed, wanted):
    html = f"<html><body><ul class=x><li><a href='1.html'>通知</a><span>{printed}</span></li></ul></body></html>"
    (found,) = read(html, list="ul.x li", date="span").mentions
    assert (found.published_at if found.dated else None) == wanted


@pytest.mark.parametrize("title", [
    "全区1-6月经济运行情况", "2025年5月1日至5日放假安排", "12-3号楼停水", "今天起实施新规",
    "3年前的承诺兑现", "3月8日停水通知",
])
def test_a_title_s_own_days_are_not_the_date_of_publishing(title):
    rows = f"<li><a href='1.html'>{title}</a></li><li><a href='2.html'>{title}（二）</a><i>[2026-03-08]</i></li>"
    bare, dated = read(f"<html><body><ul class=x>{rows}</ul></body></html>", list="ul.x li").mentions
    assert (bare.dated, bare.title) == (False, title)
    assert dated.published_at == datetime(2026, 3, 7, 16, tzinfo=UTC)


def test_a_day_that_is_only_announced_is_no_date_of_publishing():
    (found,) = read("<html><body><ul class=x><li><a href=1>预告</a><i>2027-01-01</i></li></ul></body></html>",
                    list="ul.x li").mentions
    assert not found.dated and found.published_at == NOW


@pytest.mark.parametrize(("said", "wanted"), [
    *((said, datetime(2026, 3, 8, 1, 30, tzinfo=UTC)) for said in (
        "20260308093000", "202603080930", "1772933400", "1772933400000", "2026-03-08 09:30",
    )),
    ("20260308", datetime(2026, 3, 7, 16, tzinfo=UTC)), ("20261399", None), ("12345", None),
])
def test_dates_as_fields_give_them(said, wanted):
    assert dates.of_field(said, NOW) == wanted


def test_a_json_list_of_routes_is_bounded_and_says_so():
    rows = [{"id": n, "title": f"第{n}条", "day": "20260308"} for n in range(310)]
    body = json.dumps({"data": rows}).encode()
    source = spec(URL, json="data", title="title", date="day", link="/#/detail?id={id}")
    batch = page.parse(source, Fetched(URL, body, 200, "application/json", NOW, url=URL))
    assert len(batch.mentions) == 300 and "共 310 条" in batch.note
    assert batch.mentions[7].url == "https://www.yunlan.gov.cn/#/detail?id=7" and len(
        {m.external_id for m in batch.mentions}) == 300


def test_an_id_is_asked_for_as_it_is_stored():
    html = "<html><body><ul class=x><li><a href='a%20%20b%E2%80%8B%0A.html%20'>通知</a></li></ul></body></html>"
    (found,) = read(html, list="ul.x li").mentions
    assert found.external_id == articles.named(found.url)


def test_titles_that_are_cut_short_are_told_in_full_and_markup_is_only_text():
    batch = read(
        "<html><body><ul class=x><li><a href=1 title='关于开展垃圾分类工作的通知'>关于开展垃圾…</a></li>"
        "<li><a href=2 title='点击查看'>&lt;script&gt;x()&lt;/script&gt;甲\u202e\x07乙</a>"
        "<script>y()</script></li></ul>"
        "</body></html>",
        list="ul.x li",
    )
    assert [m.title for m in batch.mentions] == ["关于开展垃圾分类工作的通知", "<script>x()</script>甲乙"]


@pytest.mark.parametrize("piece", [
    "<div>", "<b id={n}>", "<table><tr><td>", "<ul><li>", "<svg><tr>", "<a href=x><div>", "<!--", "<script>", "<p",
    "<li ",
    "&#", "<select><option>", "<template>", "<math><mi>", "<ul class=x><li><a href=1>",
])
def test_hostile_pages_are_read_or_refused_in_words(piece):
    count = 400_000 // len(piece)
    many = "".join(piece.format(n=n) if "{" in piece else piece for n in range(count))
    html = f"<html><body>{many}</body></html>"
    try:
        assert isinstance(read(html, list="ul.x li"), Batch)
    except Fault as fault:
        assert any("\u4e00" <= c <= "\u9fff" for c in fault.message)


def test_formatting_that_every_paragraph_would_open_again_is_left_out():
    opened = "<div>" + "".join(f"<b id={n}>" for n in range(500)) + "</div>"
    tree = hypertext.tree(opened + "<p>x</p>" * 2000)
    assert len(tree.html) < 50_000
    with pytest.raises(Fault, match="百万字符"):
        hypertext.tree("x" * (hypertext.MAX_PAGE + 1))
    with pytest.raises(Fault, match="属性超过 300 个"):
        hypertext.tree(f"<li a='>' {' '.join(f'b{n}' for n in range(100_000))}>")
    with pytest.raises(Fault, match="嵌套超过 800 层"):
        hypertext.tree("<div>" * 900)


def test_one_site_or_another():
    same = hypertext.same_site
    assert same("https://news.xinmin.cn/1", "https://shanghai.xinmin.cn/") and same("https://a.cn/", "http://a.cn:8080/")
    assert same("https://www.pudong.gov.cn/", "https://pudong.gov.cn/")
    assert not same("https://www.pudong.gov.cn/", "https://www.xuhui.gov.cn/")
    assert not same("https://pudong.gov.cn/", "https://xuhui.gov.cn/")
    assert not same("https://10.1.2.3/", "https://99.1.2.3/") and not same("https://a.bj.cn/", "https://b.bj.cn/")
    assert not same("https://mp.weixin.qq.com/s/1", "https://www.pudong.gov.cn/")
