"""Matrix totals in the rooms: made, ranked, handed out."""

import io
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from core import clock, db, matrices
from core.models import Matrix
from core.report import sheet
from tests.pages.test_local_indices import edited, keyed
from tests.query.conftest import district, filled  # noqa: F401

APRIL = {"period": "自选", "days": ["2024-04-01", "2024-04-30"]}


def part(platform, index, weight, scaled=False):
    return {"platform": platform, "index": index, "weight": weight, "scaled": scaled}


@pytest.fixture
def made(district):  # noqa: F811
    with db.session() as session:
        parts = [part("wechat", "wci_v14_2_3", 80), part("weibo", "bci_simple", 20, True)]
        matrices.save(session, "区矩阵总分", parts, "best", who="测试", now=clock.instant(date(2024, 5, 3)))
        session.commit()


def rows():
    with db.session() as session:
        return session.execute(select(Matrix).order_by(Matrix.id)).scalars().all()


def test_units_are_ranked_by_their_total(made, open_room):
    app = open_room("rankings", rankings_part="矩阵总分", **APRIL)
    frame = app.dataframe[0].value
    assert list(frame["rank"]) == [1, 2, 3] and frame["total"].is_monotonic_decreasing
    assert (frame["wechat_brought"] + frame["weibo_brought"] - frame["total"]).abs().max() < 0.001
    assert frame.set_index("unit").loc["公安分局", "weibo_score"] == 100
    said = " ".join(c.value for c in app.caption).replace("\\", "")
    assert "政务微信 80%" in said and "按本期最高分折算为100" in said and "不作考核依据" in said
    assert "无政务微博账号，计 0 分" in frame.set_index("unit").loc["教育局", "note"]
    sized = open_room("rankings", rankings_part="矩阵总分", matrix_sized="true", **APRIL).dataframe[0].value
    assert sized.set_index("unit").loc["教育局", "peers"] == 1


def test_what_is_handed_out_says_its_method(made, open_room, monkeypatch):
    told = []
    monkeypatch.setattr("core.ui.matrix.export", lambda frame, columns, title, method, *, key: told.append(
        (frame, columns, title, method)))
    open_room("rankings", rankings_part="矩阵总分", **APRIL)
    frame, columns, title, method = told[-1]
    assert (len(frame), title) == (3, "区矩阵总分（第1版） 2024-04-01 至 2024-04-30")
    heads = {name: sheet.Head(column.label, column.kind) for name, column in columns.items()}
    book = sheet.workbook(frame, heads, title, [("方法", method)])
    cells = [row for page in load_workbook(io.BytesIO(book)) for row in page.iter_rows(values_only=True)]
    heads = next(row for row in cells if "总分" in row)
    lines = [dict(zip(heads, row, strict=True)) for row in cells if row[heads.index("单位")] in set(frame["unit"])]
    assert [line["总分"] for line in lines] == frame["total"].tolist()
    assert {line["政务微博折算分"] for line in lines} == {None, 100}, "no account, no score"
    assert {"总分", "同类名次", "政务微信 80%得分", "政务微博折算分", "数据说明"} <= set(heads)
    assert "取得分最高的账号" in method and "总分标为下限" in method and "取数口径" in method


def test_without_a_matrix_the_room_leads_to_the_ledger(district, open_room):  # noqa: F811
    app = open_room("rankings", rankings_part="矩阵总分", **APRIL)
    assert "还没有矩阵总分" in app.info[0].value and not app.dataframe


def test_a_matrix_is_made_in_the_ledger(district, open_room):  # noqa: F811
    app = open_room("ledger", ledger_part="矩阵总分")
    assert "还没有矩阵总分" in app.info[0].value
    keyed(app.text_input, "matrix_name").set_value("区矩阵总分").run()
    app = edited(app, "matrix_parts", row0={"weight": 50})
    assert "合计 110%，应为 100%（多出 10）" in app.warning[0].value.replace("\\", "")
    assert keyed(app.button, "matrix_save").disabled
    app = edited(app, "matrix_parts", row0={"weight": 40}, row1={"index": "DCI 抖音传播指数"})
    assert "“DCI 抖音传播指数”不能用于“政务微博”" in app.warning[0].value.replace("\\", "")
    app = edited(app, "matrix_parts")
    assert not app.warning
    keyed(app.button, "matrix_save").click().run()
    assert not app.exception and "第 1 版" in app.success[0].value
    (row,) = rows()
    assert [(p["platform"], p["index"], p["weight"]) for p in row.parts] == [
        ("wechat", "wci_v14_2_3", 40), ("weibo", "bci_v9", 40), ("douyin", "dci", 20)]
    assert (row.many, row.who) == ("best", "网页操作")


def test_a_change_is_a_new_version_and_a_retired_one_is_not_offered(made, open_room):
    app = open_room("ledger", ledger_part="矩阵总分")
    table = keyed(app.dataframe, "matrices")
    app.session_state[table.key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    keyed(app.selectbox, "matrix_many").set_value("取各账号的平均分").run()
    keyed(app.button, "matrix_save").click().run()
    first, second = rows()
    assert (first.retired, second.version, second.many) == (True, 2, "mean")
    app = open_room("rankings", rankings_part="矩阵总分", **APRIL)
    assert app.selectbox(key="matrix").options == ["区矩阵总分（第2版）"]
    app = open_room("rankings", rankings_part="矩阵总分", matrix="区矩阵总分（第1版）", **APRIL)
    assert app.selectbox(key="matrix").value == "区矩阵总分（第1版）", "a link still opens it"
