"""The rankings room: platforms, boards, order, index."""

from datetime import date

from sqlalchemy import select

from core import db, ledger
from core.clock import instant
from core.ledger import BoardEntry, Entries
from core.models import Board
from tests.query.conftest import district, filled  # noqa: F401

APRIL = {"period": "自选", "days": ["2024-04-01", "2024-04-30"]}


def ranks(app):
    frame = app.dataframe[0].value
    return dict(zip(frame["name"], frame["rank"], strict=True))


def test_a_link_opens_the_platform_it_names(district, open_room):  # noqa: F811
    app = open_room("rankings", list="政务微信", **APRIL)
    frame = app.dataframe[0].value.set_index("name")
    posts = district.posts
    april = posts[(posts["account"] == "警方微信") & posts["day"].map(lambda d: d.month == 4)]
    assert frame.loc["警方微信", "reads"] == april["reads"].sum()
    assert frame.loc["警方微信", "posts"] == len(april)
    assert list(frame.index[:3]) == sorted(frame.index[:3], key=lambda n: frame.loc[n, "rank"])
    assert "共 5 个账号，4 个有名次" in app.caption[1].value


def test_order_and_index_can_be_changed(district, open_room):  # noqa: F811
    app = open_room("rankings", list="政务微信", **APRIL)
    before = app.dataframe[0].value["score"].dropna().tolist()
    app.selectbox(key="index_wci_v14_2_3").set_value("WCI V13.0").run()
    assert app.dataframe[0].value["score"].dropna().tolist() != before
    app.selectbox(key="order_wechat_None_index").set_value("发布数").run()
    frame = app.dataframe[0].value
    assert frame["posts"].dropna().is_monotonic_decreasing
    assert not app.exception


def test_a_board_from_the_filter_bar_names_its_own_platform(district, open_room):  # noqa: F811
    app = open_room("rankings", board="街镇榜", **APRIL)
    assert set(ranks(app)) == {"街道微信", "沉默微信"}
    assert app.subheader[0].value == "街镇榜"
    assert app.selectbox(key="index_wci_v13").value == "WCI V13.0"


def test_platform_without_an_index_has_no_score_column(district, open_room):  # noqa: F811
    app = open_room("rankings", list="政府网站", **APRIL)
    assert "score" not in app.dataframe[0].value.columns
    assert ranks(app) == {"教育网站": 1}


def test_empty_database_leads_to_the_ledger(open_room):
    app = open_room("rankings")
    assert "账号台账" in app.info[0].value
    assert not app.dataframe


def test_units_stand_among_their_peers(district, open_room):  # noqa: F811
    app = open_room("rankings", rankings_part="单位合计", unit_order="posts", **APRIL)
    frame = app.dataframe[0].value
    assert set(frame["unit"]) == {"教育局", "公安分局", "澜桥街道"}
    assert set(frame.set_index("unit")["peers"].astype(int)) == {2, 1}
    app.toggle(key="unit_sized").set_value(True).run()
    assert not app.exception and any("账号数相近" in caption.value for caption in app.caption)


def test_accounts_are_compared(district, open_room):  # noqa: F811
    app = open_room("rankings", rankings_part="对比", **APRIL)
    assert "请选择 2 到 6 个账号" in app.info[0].value
    box = app.multiselect(key="compared")
    chosen = [option for option in box.options if option.startswith(("警方微信", "街道抖音"))]
    box.set_value(chosen).run()
    assert not app.exception
    assert set(app.dataframe[0].value["name"]) == {"警方微信", "街道抖音"}
    assert any("不同平台" in caption.value for caption in app.caption)


def test_units_are_compared(district, open_room):  # noqa: F811
    app = open_room("rankings", rankings_part="对比", compared_what="单位", **APRIL)
    assert "请选择 2 到 6 个单位" in app.info[0].value
    app.multiselect(key="compared_units").set_value(["教育局", "澜桥街道"]).run()
    assert not app.exception
    frame = app.dataframe[0].value.set_index("unit")
    assert list(frame.index) == ["教育局", "澜桥街道"] and list(frame["kind_name"]) == ["委办局", "街镇"]
    posts = district.posts[district.posts["day"].map(lambda day: day.month == 4)]
    assert frame.loc["教育局", "posts"] == posts["account"].isin(["教育微信", "教育网站"]).sum()
    app = open_room("rankings", rankings_part="对比", compared_what="单位", compared_units=["教育局", "澜桥街道"],
                    kind="街镇", **APRIL)
    assert list(app.dataframe[0].value["unit"]) == ["澜桥街道"]


def test_a_board_is_shown_as_it_was(district, open_room):  # noqa: F811
    with db.session() as session:
        board = session.execute(select(Board).where(Board.name == "街镇榜")).scalar_one()
        changed = BoardEntry(id=board.id, name="街镇榜", platform="wechat", unit_kinds=["bureau"], index="wci_v12")
        ledger.apply(session, Entries(boards=[changed]), who="李强", now=instant(date(2024, 6, 1), 9))
        session.commit()
    app = open_room("rankings", board="街镇榜", **APRIL)
    assert set(ranks(app)) == {"街道微信", "沉默微信"} and app.selectbox(key="index_wci_v13").value == "WCI V13.0"
    app = open_room("rankings", board="街镇榜", board_as="按现在的榜单", **APRIL)
    assert set(ranks(app)) == {"教育微信", "警方微信"} and app.selectbox(key="index_wci_v12").value == "WCI V12.0"


def define(**fields) -> None:
    with db.session() as session:
        entry = BoardEntry(**{"name": "微信周榜", "platform": "wechat", "category": "周报"} | fields)
        ledger.apply(session, Entries(boards=[entry]), who="李强", now=instant(date(2024, 2, 1), 9))
        session.commit()


def categories(app) -> list[str]:
    return app.button_group(key="board_category").options


def test_a_board_of_weeks_shows_the_last_whole_one_and_offers_others(district, open_room):  # noqa: F811
    define(period="week", week_start=4, order_by="likes", columns=["likes", "followers"], rounded=True)
    app = open_room("rankings", board="微信周榜")
    chosen = app.selectbox(key="board_period")
    assert chosen.value == "2024-04-19 至 2024-04-25", "29 and 30 April belong to a week that is not over"
    assert len(chosen.options) == 9 and chosen.options[-1] == "按左侧统计周期", "no weeks before the first data"
    assert "2024-04-19 至 2024-04-25（7 天）" in app.caption[0].value.replace("\\", "")
    frame = app.dataframe[0].value
    posts = district.posts
    week = posts[posts["day"].map(lambda day: date(2024, 4, 19) <= day <= date(2024, 4, 25))]
    mine = frame.set_index("name")
    assert mine.loc["警方微信", "likes"] == week[week["account"] == "警方微信"]["likes"].sum()
    shown = [name for name in frame.columns if name in ("reads", "likes", "comments", "interaction", "followers")]
    assert shown == ["likes", "followers"] and frame["likes"].dropna().is_monotonic_decreasing
    assert any("按点赞数排名。篇均数据保留一位小数后计入指数" in caption.value for caption in app.caption)
    earlier = open_room("rankings", board="微信周榜", board_period="2024-04-12 至 2024-04-18").dataframe[0].value
    before = earlier.set_index("name")["rank"]
    was = {name: rank - mine.loc[name, "rank"] for name, rank in before.dropna().items()}
    steps = {"－": 0} | {f"{'↑' if n > 0 else '↓'}{abs(n)}": n for n in range(-5, 6) if n}
    assert {name: steps[mine.loc[name, "rank_change"]] for name in was} == was
    app.selectbox(key="board_period").set_value("按左侧统计周期").run()
    assert app.dataframe[0].value.set_index("name").loc["警方微信", "likes"] > mine.loc["警方微信", "likes"]


def test_an_older_period_opens_by_its_link_and_a_wrong_one_is_left(district, open_room):  # noqa: F811
    define(period="day", name="微信日榜")
    app = open_room("rankings", board="微信日榜", board_period="2024-03-08")
    assert app.selectbox(key="board_period").value == "2024-03-08"
    for wrong in ("2024-05-08", "2024年3月", "2024-02-31"):
        app = open_room("rankings", board="微信日榜", board_period=wrong)
        assert app.selectbox(key="board_period").value == "2024-04-30"


def test_boards_are_picked_by_their_category(district, open_room):  # noqa: F811
    define(name="内部榜", shown=False)
    app = open_room("rankings", **APRIL)
    assert categories(app) == ["按平台", "专项", "常用榜单"]
    app.button_group(key="board_category").set_value("专项").run()
    assert app.subheader[0].value == "点名榜" and app.selectbox(key="board").value == "点名榜"
    app.button_group(key="board_category").set_value("常用榜单").run()
    app.button_group(key="board_listed").set_value("民生榜").run()
    assert app.subheader[0].value == "民生榜" and set(ranks(app)) == {"教育微信", "街道微信"}
    assert "内部榜" not in app.selectbox(key="board").options
    app.button_group(key="board_category").set_value("按平台").run()
    assert app.selectbox(key="board").value is None and not app.exception


def test_an_archived_board_is_offered_nowhere_and_still_opens_by_its_link(district, open_room):  # noqa: F811
    define(name="旧榜", archived=True)
    assert "旧榜" not in open_room("rankings", **APRIL).selectbox(key="board").options
    app = open_room("rankings", board="旧榜", **APRIL)
    assert app.subheader[0].value == "旧榜" and "已归档" in app.warning[0].value
    assert categories(app)[-1] == "已归档" and "榜单：旧榜" in app.caption[0].value
    app.button_group(key="board_category").set_value("按平台").run()
    assert "旧榜" not in app.selectbox(key="board").options and not app.exception
