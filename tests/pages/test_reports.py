"""The reports room: order, look, download, issue; the plan; what was issued."""

import json
import re
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from core import clock, db, evidence, ingest, rollup
from core.counts import Count
from core.models import Account, Post, Reading
from core.periods import Period
from core.records import Batch, PostRecord
from core.report import editions, kinds, schedule
from core.report.outline import Order
from core.settings import settings
from tests.chat import KEY, chat
from tests.query.conftest import district, filled  # noqa: F401

NOW = datetime(2024, 5, 2, 4, tzinfo=UTC)
APRIL = {"report_platform": "政务微信", "period_month": "2024-04"}


def shown(app) -> str:
    """What stands there as text: as Markdown, or with figures that can be clicked."""
    said = [json.loads(one.proto.json)["blocks"] for one in app.get("bidi_component")]
    spoken = ["".join(text for text, _ in block.get("pieces", ())) for blocks in said for block in blocks]
    return "\n".join([*(one.value for one in app.markdown), *spoken])


def published(district, **only) -> int:  # noqa: F811
    posts = district.posts[(district.posts["platform"] == "wechat")
                           & district.posts["day"].map(lambda d: d.month == 4)]
    for name, value in only.items():
        posts = posts[posts[name] == value]
    return len(posts)


def before_last() -> Period:
    """The month before last, which is over whatever the hour."""
    return Period.of("month", clock.day_of(clock.now())).shift(-2)


@pytest.mark.parametrize("link", [APRIL, {"report_platform": "政务微信", "month": "2024-04"}])
def test_a_link_shows_the_report_it_names_one_of_an_earlier_version_too(district, open_room, link):  # noqa: F811
    app = open_room("reports", **link)
    assert "2024年4月本区政务微信运营情况月报" in shown(app)
    assert f"共发布信息{published(district):,}篇" in shown(app)
    assert app.subheader[0].value == "一、总体情况"
    assert app.get("vega_lite_chart")


def test_scope_parts_and_cover_change_the_report(district, open_room):  # noqa: F811
    app = open_room("reports", **APRIL)
    app.selectbox(key="scope_monthly").set_value("街镇账号").run()
    assert f"共发布信息{published(district, kind='street'):,}篇" in shown(app)
    app.multiselect(key="parts_monthly").set_value(["popular", "publishing"]).run()
    # The tree of a rerun lists elements in the order in which they arrived.
    heads = sorted(one.value.partition("、")[::2] for one in app.subheader if "、" in one.value)
    assert {name: "一二三四五".index(number) for number, name in heads} == {
        "热门内容": 0, "每日发布情况": 1, "统计口径与数据说明": 2}
    next(one for one in app.text_input if one.key.startswith("dress_title")).set_value("四月微信简报").run()
    assert "四月微信简报" in shown(app) and not app.exception


def test_issuing_opens_the_edition_with_its_files_and_keeps_its_readers(district, open_room):  # noqa: F811
    app = open_room("reports", **APRIL)
    app.button(key="issue").click().run()
    assert not app.exception
    with db.session() as session:
        listed = editions.listing(session)
        name, data = editions.body(session, int(listed["id"][0]), "xlsx")
    assert list(listed["version"]) == [1]
    assert name == "本区_政务微信_2024-04_月报_v1.xlsx"
    assert "总体情况" in load_workbook(BytesIO(data)).sheetnames[2]
    assert app.query_params["edition"] == str(listed["id"][0])
    # The tree of a rerun lists elements in the order in which they arrived.
    assert sorted(one.label for one in app.get("download_button") if "：" in one.label) == sorted(
        f"下载 {word}：{name.replace('xlsx', suffix)}"
        for word, suffix in (("Excel", "xlsx"), ("PDF", "pdf"), ("Word", "docx")))
    with db.session() as session:
        assert list(editions.readers(session, int(listed["id"][0]))["what"]) == ["opened"]
    app = open_room("reports", **APRIL)
    assert any("已有第1版" in one.value for one in app.caption)
    app.button(key="issue").click().run()
    with db.session() as session:
        assert len(editions.listing(session)) == 1, "the same report is not issued twice"


def test_a_link_to_a_figure_of_a_draft_opens_its_rows_and_the_posts_of_one_of_them(district, open_room):  # noqa: F811
    link = {"draft": "monthly~wechat~2024-04~all~latest", "figure": "总体情况//发布数"}
    app = open_room("reports", **link)
    assert app.selectbox(key="period_month").value == "2024-04"
    assert f"得 **{published(district):,}**，与报告一致" in app.success[0].value
    rows = next(one.value for one in app.dataframe if "value" in one.value and "name" in one.value)
    assert rows["value"].sum() == published(district)
    with db.session() as session:
        id_ = session.execute(select(Account.id).where(Account.name == rows["name"][0],
                                                       Account.platform == "wechat")).scalar_one()
    app.query_params["rows"] = str(id_)
    app.run()
    assert not app.exception and any(f"得 {rows['value'][0]}。" in one.value for one in app.caption)


def test_a_figure_that_changed_since_the_issue_says_so_and_leads_to_the_correction(district, open_room):  # noqa: F811
    with db.session() as session:
        edition = editions.issue(
            session, kinds.build(session, Order("monthly", Period.parse("2024-04"), "wechat"), now=NOW), now=NOW)
        first = session.execute(select(Post).join(Account, Account.id == Post.account_id).where(
            Account.platform == "wechat", Post.day == date(2024, 4, 10))).scalars().first()
        session.add(Reading(post_id=first.id, observed_at=NOW, day=date(2024, 5, 2), likes=10**6))
        rollup.roll(session, [(first.account_id, first.day)])
        session.commit()
        id_ = edition.id
    app = open_room("reports", edition=str(id_), figure="总体情况/主要指标/点赞数/本月")
    assert not app.exception and "签发后有变动：签发时为" in app.warning[0].value
    assert any("签发新版" in one.value for one in app.caption)


@pytest.mark.parametrize("edition", ["99", "abc"])
def test_an_unknown_edition_is_said(district, open_room, edition):  # noqa: F811
    app = open_room("reports", edition=edition)
    assert "不存在" in app.error[0].value


def test_issued_reports_are_found_by_their_words(district, open_room):  # noqa: F811
    with db.session() as session:
        for platform in ("wechat", "weibo"):
            order = Order("monthly", Period.parse("2024-04"), platform)
            editions.issue(session, kinds.build(session, order, now=NOW), now=NOW)
        session.commit()
    app = open_room("reports", reports_part="已签发")
    assert len(app.dataframe[0].value) == 2
    app.text_input(key="editions_words").set_value("微博 月报").run()
    assert [row["title"] for _, row in app.dataframe[0].value.iterrows()] == ["2024年4月本区政务微博运营情况月报"]
    app.text_input(key="editions_words").set_value("季报").run()
    assert "没有符合条件的报告" in app.info[0].value


def test_the_year_s_plan_shows_what_is_due_and_leads_to_it(district, open_room):  # noqa: F811
    now, due = clock.now(), before_last()
    with db.session() as session:
        schedule.save(session, name="微信月报", kind="monthly", span="month", platform="wechat",
                      since=due.first, who="张三", now=now)
        session.commit()
    app = open_room("reports", reports_part="日程")
    app.segmented_control(key="plan_year").set_value(due.last.year).run()
    assert not app.exception and app.get("vega_lite_chart")
    frame = app.dataframe[0].value
    assert frame.set_index("period")["state"][due.label] == "逾期"


def test_many_are_issued_at_once_from_the_builder_and_from_the_plan(district, open_room):  # noqa: F811
    app = open_room("reports", **APRIL)
    next(one for one in app.multiselect if one.key.startswith("batch_monthly")).set_value(["政务微信", "抖音"]).run()
    app.button(key="batch_go_monthly").click().run(timeout=90)
    assert "已签发 2 份" in app.success[0].value
    now, due = clock.now(), before_last()
    with db.session() as session:
        assert set(editions.listing(session)["platform"]) == {"wechat", "douyin"}
        for platform in ("wechat", "weibo"):
            schedule.save(session, name=platform, kind="monthly", span="month", platform=platform, since=due.first,
                          who="张三", now=now)
        session.commit()
    app = open_room("reports", reports_part="日程")
    app.segmented_control(key="plan_year").set_value(due.last.year).run()
    app.button(key="plan_all").click().run(timeout=90)
    assert re.fullmatch(r"暂缓 [24] 份。", app.success[0].value), "nothing was collected of these months"


def test_empty_database_leads_to_the_ledger(open_room):
    app = open_room("reports")
    assert "账号台账" in app.info[0].value
    assert not app.get("download_button")


@pytest.fixture
def model(monkeypatch):
    with chat() as made:
        for name, value in {"URL": made.url, "MODEL": "qwen3", "KEY": KEY}.items():
            monkeypatch.setenv(f"PULSE_POLISH_{name}", value)
        monkeypatch.setenv("PULSE_ALLOW_PRIVATE_HOSTS", "127.0.0.1")
        settings.cache_clear()
        yield made
    settings.cache_clear()


def polished_by_click(app):
    """The room once the model has said something to every paragraph."""
    app.button(key=next(one.key for one in app.button if str(one.key).startswith("polish_go"))).click().run()
    assert app.session_state["polish_job"].wait(60)
    return app.run()


def test_without_a_model_nothing_tells_of_polishing(district, open_room):  # noqa: F811
    app = open_room("reports", **APRIL)
    assert not app.toggle and "润色" not in shown(app)


def test_wording_is_polished_looked_at_taken_back_and_issued(district, open_room, model):  # noqa: F811
    total = f"{published(district):,}"
    model.say = lambda text: (text.replace("共发布信息", "共计发布信息") if total in text else
                              text.replace("日均", "据张三介绍，日均") if "日均" in text else text)
    app = open_room("reports", **APRIL)
    assert "共计发布信息" not in shown(app)
    app.toggle[0].set_value(True).run()
    assert not model.heard, "it is asked when the button is pressed"
    app = polished_by_click(app)
    assert not app.exception and f"共计发布信息{total}篇" in shown(app)
    assert any("已润色" in one.value for one in app.markdown)
    app.segmented_control(key=next(one.key for one in app.segmented_control if "polish_show" in one.key)) \
        .set_value("refused").run()
    assert "据张三介绍" in shown(app) and "保持原文" in shown(app)
    app.button(key="issue").click().run()
    with db.session() as session:
        content = editions.content_of(session, int(editions.listing(session)["id"][0]))
    assert not app.exception and any("润色的" in one.label for one in app.expander), "both wordings can be looked at"
    assert content.polished.model == "qwen3" and len(content.polished.words) >= 1
    text = content.to_json()
    assert f"共计发布信息{total}篇" in text and "据张三" not in text and KEY not in text
    assert "语言模型（qwen3）润色，数字、名称和引文逐一核对无变动" in text


def test_what_was_polished_can_be_taken_back_before_it_is_issued(district, open_room, model):  # noqa: F811
    model.say = lambda text: text.replace("共发布信息", "共计发布信息")
    app = open_room("reports", **APRIL)
    app.toggle[0].set_value(True).run()
    app = polished_by_click(app)
    app.button(key=next(one.key for one in app.button if str(one.key).startswith("polish_back"))).click().run()
    app.button(key="issue").click().run()
    with db.session() as session:
        content = editions.content_of(session, int(editions.listing(session)["id"][0]))
    assert content.polished is None and "共计发布信息" not in content.to_json()


def test_a_model_that_fails_leaves_the_report_as_it_was(district, open_room, model):  # noqa: F811
    model.acts = [(401, {})] * 90
    app = open_room("reports", **APRIL)
    app.toggle[0].set_value(True).run()
    app = polished_by_click(app)
    assert not app.exception and any(
        "拒绝访问" in one.value and "其余段落保持原文" in one.value for one in app.warning)
    assert f"共发布信息{published(district):,}篇" in shown(app)


def test_a_late_figure_is_shown_by_edition_and_ends_in_a_correction(district, open_room):  # noqa: F811
    edition = editions.publish(
        lambda reading: kinds.build(reading, Order("monthly", Period.parse("2024-04"), "wechat"), now=NOW), now=NOW)
    app = open_room("reports", edition=str(edition.id))
    assert any("还没有核对过" in one.value for one in app.caption)
    with db.session() as session:
        at = clock.now()
        run = ingest.begin(session, "import", at=at)
        capture = evidence.keep(session, b"late", request="补报.xlsx", fetched_at=at, run=run)
        record = PostRecord(external_id="补报", published_at=clock.instant(date(2024, 4, 11), 9), observed_at=at,
                            title="补报", position=1, push_id="补报", counters={"reads": Count(5_000)})
        ingest.store(session, Batch(posts=[record]), run=run, capture=capture,
                     account=session.get_one(Account, district.accounts["教育微信"]))
        ingest.finish(session, run, "ok", "测试", at=at)
        session.commit()
        rollup.run(session)
    app.button(key=f"opened_look_{edition.id}").click().run()
    assert not app.exception and any("处数字有变动，尚未处理" in one.value for one in app.warning)
    app = open_room("reports", late=str(edition.id))
    assert app.segmented_control(key="reports_part").value == "变动台账"
    assert any("由导入文件" in one.value and "4月11日的1条信息" in one.value for one in app.markdown)
    frame = next(one.value for one in app.dataframe if "difference" in one.value)
    assert "+5,000" in set(frame["difference"])
    app.button(key=f"late_correct_{edition.id}").click().run()
    assert not app.exception and "第2版和更正单" in app.success[0].value
    with db.session() as session:
        assert set(editions.listing(session)["kind"]) == {"monthly", "correction"}
    app = open_room("reports", edition=str(edition.id), figure="总体情况/主要指标/发布数/本月")
    assert any("变动台账" in one.value and "已更正" in one.value for one in app.markdown)
