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
    app = open_room("rankings", rankings_part="账号对比", **APRIL)
    assert "请选择 2 到 6 个账号" in app.info[0].value
    box = app.multiselect(key="compared")
    chosen = [option for option in box.options if option.startswith(("警方微信", "街道抖音"))]
    box.set_value(chosen).run()
    assert not app.exception
    assert set(app.dataframe[0].value["name"]) == {"警方微信", "街道抖音"}
    assert any("不同平台" in caption.value for caption in app.caption)


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
