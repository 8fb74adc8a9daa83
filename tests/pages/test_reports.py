"""The reports room: choose, look, download, issue."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from core import db
from core.report import editions
from tests.query.conftest import district, filled  # noqa: F401

APRIL = {"report_platform": "政务微信", "month": "2024-04"}


def shown(app) -> str:
    return "\n".join(one.value for one in app.markdown)


def test_a_link_shows_the_report_it_names(district, open_room):  # noqa: F811
    app = open_room("reports", **APRIL)
    april = district.posts[(district.posts["platform"] == "wechat")
                           & district.posts["day"].map(lambda d: d.month == 4)]
    assert "2024年4月本区政务微信运营情况月报" in shown(app)
    assert f"共发布信息{len(april):,}篇" in shown(app)
    assert app.subheader[0].value == "一、总体情况"
    assert app.get("vega_lite_chart")


def test_scope_narrows_the_report(district, open_room):  # noqa: F811
    app = open_room("reports", **APRIL)
    app.selectbox(key="scope").set_value("街镇账号").run()
    april = district.posts[(district.posts["platform"] == "wechat") & (district.posts["kind"] == "street")
                           & district.posts["day"].map(lambda d: d.month == 4)]
    assert f"共发布信息{len(april):,}篇" in shown(app)
    assert not app.exception


def test_issuing_lists_the_edition_and_offers_its_files(district, open_room):  # noqa: F811
    app = open_room("reports", **APRIL)
    assert "还没有签发过报告" in app.info[0].value
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
    app.button(key="issue").click().run()
    with db.session() as session:
        assert len(editions.listing(session)) == 1, "the same report is not issued twice"


@pytest.mark.parametrize("edition", ["99", "abc"])
def test_an_unknown_edition_is_said(district, open_room, edition):  # noqa: F811
    app = open_room("reports", **APRIL)
    app.button(key="issue").click().run()
    app = open_room("reports", edition=edition, **APRIL)
    assert "找不到" in app.warning[0].value


def test_empty_database_leads_to_the_ledger(open_room):
    app = open_room("reports")
    assert "账号台账" in app.info[0].value
    assert not app.get("download_button")
