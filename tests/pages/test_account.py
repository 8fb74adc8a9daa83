"""The account room: deep link, cards, posts."""

from datetime import date

from streamlit.testing.v1 import AppTest

from core import db, ingest
from core.clock import instant
from core.counts import Count
from core.models import Account
from core.query import posts
from core.query.scope import Filter
from core.records import Batch, DailyRecord
from tests.query.conftest import district, filled  # noqa: F401

APRIL = {"period": "自选", "days": ["2024-04-01", "2024-04-30"]}


def posts_of(app):
    """The table of posts."""
    return next(frame.value for frame in app.dataframe if "title" in frame.value.columns)


def test_a_link_opens_the_account(district, open_room):  # noqa: F811
    app = open_room("account", account=str(district.accounts["教育微信"]), **APRIL)
    mine = district.posts[(district.posts["account"] == "教育微信") & district.posts["day"].map(lambda d: d.month == 4)]
    assert app.subheader[0].value == "教育微信"
    cards = {m.label: m.value for m in app.metric}
    assert cards["发布数"] == str(len(mine))
    assert cards["最近发布"] == f"{max(mine['day']):%m-%d}"
    assert len(posts_of(app)) == 50
    assert any(f"共 {len(mine)} 篇" in c.value for c in app.caption)


def test_the_figures_on_top_lead_to_posts_and_readings(district, open_room):  # noqa: F811
    account = str(district.accounts["警方微信"])
    app = open_room("account", account=account, **APRIL, origin="reads")
    assert any("各篇（条）相加" in said.value and "与页面一致" in said.value for said in app.success)
    app = open_room("account", account=account, **APRIL, origin="followers")
    rows = next(frame.value for frame in app.dataframe if "won" in frame.value.columns)
    assert any("期末最近一次读数，得" in said.value for said in app.markdown) and rows["value"].notna().any()


def test_posts_can_be_sorted_and_searched(district, open_room):  # noqa: F811
    app = open_room("account", account=str(district.accounts["警方微信"]), **APRIL)
    app.selectbox(key="post_sort").set_value("reads").run()
    reads = posts_of(app)["reads"]
    assert reads.is_monotonic_decreasing
    assert reads.iloc[0] == 100_001
    app.text_input(key="post_search").set_value("第45日").run()
    assert len(posts_of(app)) == 3
    app.text_input(key="post_search").set_value("没有这样的标题").run()
    assert "没有符合条件的帖文" in app.info[-1].value


def test_the_index_says_why_it_changed_and_what_it_would_be(district, open_room):  # noqa: F811
    app = open_room("account", account=str(district.accounts["警方微信"]), **APRIL)
    cards = {m.label: m for m in app.metric}
    now = cards["WCI V14.2（三指标）"]
    told = next(c.value for c in app.caption if "比上一周期" in c.value)
    assert now.delta and now.delta.lstrip("+-") in told.replace("\\", "") and "主要原因" in told
    parts = next(frame.value for frame in app.dataframe if "dimension" in frame.value.columns)
    assert abs(parts["change"].sum() - float(now.delta)) < 0.1
    assert cards["推算分值"].value == now.value
    each = next(s for s in app.slider if s.label == "每篇的阅读、点赞等")
    each.set_value(150).run()
    assert float({m.label: m for m in app.metric}["推算分值"].value) > float(now.value)
    app = open_room("account", account=str(district.accounts["教育网站"]), **APRIL)
    assert "传播指数" not in [s.value for s in app.subheader], "its platform has none"


def test_the_platform_s_own_day_totals_stand_apart(district, open_room):  # noqa: F811
    account = district.accounts["教育微信"]
    app = open_room("account", account=str(account), **APRIL)
    assert "平台每日汇总" not in [s.value for s in app.subheader]
    with db.session() as session:
        at = instant(date(2024, 5, 3), 9)
        run = ingest.begin(session, "import", at=at)
        records = [DailyRecord(day=date(2024, 4, day), observed_at=at, counters={"readers": Count(100 * day)})
                   for day in (1, 2, 3)]
        ingest.store(session, Batch(daily=records), run=run, capture=None, account=session.get(Account, account))
        db.bump(session, at)
        session.commit()
    app = open_room("account", account=str(account), **APRIL)
    assert "平台每日汇总" in [s.value for s in app.subheader]
    table = next(frame.value for frame in app.dataframe if "observed_at" in frame.value.columns)
    assert list(table["readers"]) == [100, 200, 300] and "posts" not in table.columns


def test_choosing_another_account_changes_the_address(district, open_room):  # noqa: F811
    app = open_room("account", account=str(district.accounts["教育微信"]), **APRIL)
    app.selectbox(key="account_choice").set_value(district.accounts["街道抖音"]).run()
    assert app.subheader[0].value == "街道抖音"
    assert app.query_params["account"] in (str(district.accounts["街道抖音"]), [str(district.accounts["街道抖音"])])
    assert {m.label: m.value for m in app.metric}["粉丝数"] == "1.3万"


def test_an_account_without_data_and_an_unknown_one(district, open_room):  # noqa: F811
    app = open_room("account", account=str(district.accounts["未采集微信"]), **APRIL)
    assert {m.label: m.value for m in app.metric}["发布数"] == "—"
    app = open_room("account", account="999", **APRIL)
    assert "找不到" in app.warning[0].value
    assert "请选择一个账号" in app.info[0].value


def test_empty_database_leads_to_the_ledger(open_room):
    app = open_room("account")
    assert "账号台账" in app.info[0].value


def test_readings_of_a_post_with_their_marks(district, database):  # noqa: F811
    def page(post_id: int) -> None:
        from core.ui.readings import readings

        readings(post_id, "标题 *一*", ("reads", "likes"))

    with db.session() as session:
        best = int(posts.top(session, Filter(date(2024, 4, 1), date(2024, 4, 30)), "reads", 1)["post_id"][0])
    app = AppTest.from_function(page, args=(best,), default_timeout=30).run()
    assert not app.exception
    assert list(app.dataframe[0].value["reads"]) == ["400", "≥100,001"]
    assert "没有保存来源文件" in app.caption[0].value
    assert app.subheader[0].value == r"标题 \*一\*"
