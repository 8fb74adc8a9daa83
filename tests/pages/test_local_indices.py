"""Local indices in the rooms: made with a preview, changed, moved to, ranked by."""

from datetime import date

import pytest
from sqlalchemy import select

from core import clock, db, ledger, local_indices
from core.ledger import BoardEntry, Entries
from core.models import Board, LocalIndex
from tests.query.conftest import district, filled  # noqa: F401

APRIL = {"period": "自选", "days": ["2024-04-01", "2024-04-30"]}
NAME = "区网站分"


@pytest.fixture
def made(district):  # noqa: F811
    """A usual index for the sites, and a board that names it."""
    with db.session() as session:
        row = local_indices.save(session, NAME, ("govsite",), local_indices.template(session, ("govsite",)), usual=True,
                                 who="测试", now=clock.instant(date(2024, 3, 1)))
        ledger.apply(session, Entries(boards=[BoardEntry(name="网站榜", platform="govsite", index=row.key)]),
                     who="测试", now=clock.now())
        session.commit()
        return row.key


def rows():
    with db.session() as session:
        return session.execute(select(LocalIndex).order_by(LocalIndex.id)).scalars().all()


def board_index():
    with db.session() as session:
        return session.execute(select(Board.index).where(Board.name == "网站榜")).scalar_one()


def keyed(elements, start):
    return next(element for element in elements if element.key and element.key.startswith(start))


def edited(app, start, **changes):
    """The room after cells of a table were changed (`row0={…}`), sent with the next run, as a browser does."""
    cells = {int(row.removeprefix("row")): values for row, values in changes.items()}
    key = keyed(app.data_editor, start).key
    app.session_state[key] = {"edited_rows": cells, "added_rows": [], "deleted_rows": []}
    return app.run()


def part(open_room):
    app = open_room("ledger", ledger_part="本地指数")
    assert app.session_state["ledger_part"] == "本地指数"
    return app


def picked(app, row=0):
    table = keyed(app.dataframe, "local_indices")
    app.session_state[table.key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return app.run()


def test_a_new_index_begins_with_a_template_and_shows_what_it_would_do(district, open_room):  # noqa: F811
    app = part(open_room)
    assert "还没有本地指数" in app.info[0].value
    keyed(app.multiselect, "index_platforms").set_value(["govsite"]).run()
    preview = app.dataframe[-1].value
    assert list(preview["name"]) == ["教育网站"] and preview["score"][0] > 100
    assert "预览：政府网站，2024年4月" in "".join(m.value for m in app.markdown)
    assert keyed(app.button, "index_save").disabled, "it has no name yet"
    assert not rows()
    keyed(app.text_input, "index_name").set_value("区网站分").run()
    keyed(app.checkbox, "index_usual").check().run()
    keyed(app.button, "index_save").click().run()
    assert not app.exception and "已保存“区网站分”第 1 版" in app.success[0].value.replace("\\", "")
    (row,) = rows()
    assert (row.platforms, row.usual, row.who) == (["govsite"], True, "网页操作")


def test_what_is_wrong_is_said_and_nothing_can_be_saved(district, open_room):  # noqa: F811
    app = part(open_room)
    keyed(app.multiselect, "index_platforms").set_value(["govsite"]).run()
    keyed(app.text_input, "index_name").set_value("政府网站 WCI").run()
    assert "公开指数的名称" in app.warning[0].value
    assert not [b for b in app.button if b.key and b.key.startswith("index_save")]
    keyed(app.text_input, "index_name").set_value("区网站分").run()
    app = edited(app, "index_dimensions", row0={"weight": 61})
    said = app.warning[0].value.replace("\\", "")
    assert "各维度权重合计" in said and "应为 100%" in said
    app = edited(app, "index_terms", row0={"dimension": "影响力"})
    assert "“影响力”不在维度表中" in app.warning[0].value.replace("\\", "")


def test_a_change_is_a_new_version_and_boards_move_when_told(made, open_room):
    app = picked(part(open_room))
    app = edited(app, "index_dimensions", row0={"weight": 70}, row1={"weight": 30})
    assert not app.warning, [w.value for w in app.warning]
    keyed(app.checkbox, "index_move").check()
    key = keyed(app.data_editor, "index_dimensions").key
    app.session_state[key] = {"edited_rows": {0: {"weight": 70}, 1: {"weight": 30}}, "added_rows": [],
                              "deleted_rows": []}
    keyed(app.button, "index_save").click().run()
    assert not app.exception and "第 2 版" in app.success[0].value
    first, second = rows()
    assert (first.retired, first.usual, second.usual, second.version) == (True, False, True, 2)
    assert [d["weight"] for d in second.definition["dimensions"]] == [70, 30]
    assert [d["weight"] for d in first.definition["dimensions"]] == [60, 40]
    assert board_index() == second.key
    assert not [b for b in app.button if b.key and b.key.startswith("index_block")], "no version stays picked"
    app = picked(app, 1)
    assert keyed(app.checkbox, "index_usual").value, "a version made of a retired one goes on as the usual index"


def test_retired_restored_and_moved_later(made, open_room):
    app = picked(part(open_room))
    keyed(app.button, "index_block").click().run()
    assert "已停用" in app.success[0].value and rows()[0].retired and board_index() == made
    keyed(app.button, "index_restore").click().run()
    assert not rows()[0].retired
    keyed(app.button, "index_star").click().run()
    assert rows()[0].usual and not app.exception
    with db.session() as session:
        definition = local_indices.template(session, ("govsite",))
        definition["scale"] = 500
        local_indices.save(session, NAME, ("govsite",), definition, usual=True, who="测试", now=clock.now())
        session.commit()
    assert board_index() == made
    app = picked(part(open_room))
    keyed(app.button, "index_move_up").click().run()
    assert board_index() == rows()[1].key


def test_the_rankings_name_it_as_local(made, open_room):
    app = open_room("rankings", list="政府网站", **APRIL)
    frame = app.dataframe[0].value
    assert frame["score"][0] > 100 and frame["rank"][0] == 1
    assert app.selectbox(key=f"index_{made}").value == "区网站分（本地，第1版）"
    app = open_room("rankings", list="政务微信", **APRIL)
    assert app.selectbox(key="index_wci_v14_2_3").options[-1] != "区网站分（本地，第1版）"


def test_a_platform_without_a_usual_one_offers_it(made, open_room):
    with db.session() as session:
        local_indices.set_usual(session, made, False, who="测试", now=clock.now())
        session.commit()
    app = open_room("rankings", list="政府网站", **APRIL)
    assert "score" not in app.dataframe[0].value.columns
    app.selectbox(key="index_govsite").set_value("区网站分（本地，第1版）").run()
    assert app.dataframe[0].value["score"][0] > 100 and not app.exception
