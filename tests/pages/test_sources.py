"""The sources room: states, filters, forms, run history, evidence."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock, db, evidence, ingest
from core.catalog_sources import definitions
from core.models import Account, Rejected, Run, Source
from core.settings import settings
from tests.lab.plugin import lab  # noqa: F401
from tests.lab.services.feeds import Feeds

HOSTILE = "<script>alert(1)</script> **粗** [链](javascript:x) `码`"


@pytest.fixture
def some(session) -> dict[str, int]:
    """Three sources; the first has a partial run with a rejected item and kept bytes."""
    now = clock.now()
    rows = [
        Source(key="a", name="澎湃", collector="feed", platform="thepaper", url="https://hub.cn/thepaper?key=s3cret",
               last_run_at=now, last_ok_at=now, next_due_at=now + timedelta(hours=1)),
        Source(key="b", name="微博热搜", collector="hotlist", platform="weibo_hot", url="https://n.cn/api/s?id=weibo",
               last_run_at=now, next_due_at=now + timedelta(hours=1), fault="STOP", fault_note=HOSTILE, failures=2),
        Source(key="c", name="停用的", collector="feed", platform="feed", url="https://c.cn/x", enabled=False),
    ]
    session.add_all(rows)
    session.flush()
    run = ingest.begin(session, "collect", source=rows[0], at=now)
    session.add(Rejected(run_id=run.id, locator="/rss/channel/item[2]", field="title", reason="标题和正文都为空"))
    evidence.keep(session, HOSTILE.encode(), request="https://hub.cn/thepaper?key=***", fetched_at=now, status=200,
                  media_type="text/xml", run=run, source_id=rows[0].id)
    stored = ingest.Stored(new_mentions=5, rejected=1)
    ingest.finish(session, run, "partial", stored.words, at=now, stored=stored)
    session.commit()
    return {row.name: row.id for row in rows}


def cards(app) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def table(app):
    return next(frame.value for frame in app.dataframe if "state_name" in frame.value and "name" in frame.value)


def test_an_empty_room_offers_the_catalogue(open_room):
    app = open_room("sources")
    assert app.session_state["sources_part"] == "从目录添加"
    assert len(app.dataframe[0].value) == len(definitions())
    app = open_room("sources", sources_part="采集源")
    assert "还没有采集源" in app.info[0].value


def test_the_board_and_the_gravest_first(some, open_room):
    app = open_room("sources")
    assert cards(app) == {"采集源": "3", "正常": "1", "需人工处理": "1", "近24小时新增": "5"}
    shown = table(app)
    assert list(shown["name"]) == ["微博热搜", "澎湃", "停用的"]
    assert list(shown["state_name"]) == ["需人工处理", "正常", "已停用"]
    assert "s3cret" not in shown.to_csv()


def test_filters(some, open_room):
    app = open_room("sources", source_state="正常")
    assert list(table(app)["name"]) == ["澎湃"]
    app = open_room("sources")
    app.selectbox(key="source_kind").set_value("热榜接口").run()
    assert list(table(app)["name"]) == ["微博热搜"]
    app.text_input(key="source_search").set_value("没有的").run()
    assert "没有符合条件" in app.info[-1].value


def test_a_link_opens_a_source_with_its_history(some, open_room):
    app = open_room("sources", source=str(some["澎湃"]))
    assert app.subheader[-1].value == "澎湃"
    history = app.dataframe[-1].value
    assert list(history["note"]) == ["新增信息 5 条，不合格 1 条"]
    assert (history["new_rows"][0], history["rejected_rows"][0]) == (5, 1)


def test_a_picked_source_stays_picked_and_stands_in_the_address(some, open_room):
    app = open_room("sources")
    place = list(table(app)["name"]).index("微博热搜")
    app.session_state[app.dataframe[0].key] = {"selection": {"rows": [place], "columns": [], "cells": []}}
    app.run()
    assert app.query_params["source"] in (str(some["微博热搜"]), [str(some["微博热搜"])])
    app.button(key=f"switch_{some['微博热搜']}").click().run()
    assert app.subheader[-1].value == "微博热搜", "it stands at another place of the list now"
    assert list(table(app)["name"]).index("微博热搜") != place and "已停用" in app.success[0].value
    app.text_input(key="source_search").set_value("澎湃").run()
    assert list(table(app)["name"]) == ["澎湃"] and app.subheader[-1].value == "微博热搜"
    app.text_input(key="source_search").set_value("").run()
    app.session_state[app.dataframe[0].key] = {"selection": {"rows": [], "columns": [], "cells": []}}
    app.run()
    assert not app.subheader and "source" not in app.query_params
    app = open_room("sources", source="9" * 30)
    assert "找不到" in app.info[-1].value


@pytest.mark.parametrize(("fault", "state", "box", "words"), [
    ("REAUTH", "需人工处理", "error", "更换凭据"), ("STOP", "需人工处理", "error", "按说明处理"),
    ("GONE", "需人工处理", "error", "核对地址或账号"), ("RETRY", "采集失败", "warning", "自动重试，不用处理"),
    ("QUOTA", "等待平台", "info", "额度恢复后自动继续"), ("NOTREADY", "等待平台", "info", "平台公布后自动再取"),
])
def test_a_state_says_what_to_do(some, open_room, session, fault, state, box, words):
    source = session.get(Source, some["微博热搜"])
    source.fault, source.fault_note = fault, "对方如此答复"
    session.commit()
    app = open_room("sources", source=str(source.id))
    said = getattr(app, box)[0].value.replace("\\", "")
    assert state in said and "对方如此答复" in said and words in said


def test_a_day_of_a_source_is_in_the_address(some, open_room, session):
    now = clock.now()
    before = Run(job="collect", source_id=some["澎湃"], started_at=now - timedelta(3), finished_at=now, state="ok",
                 note="三天前")
    session.add(before)
    session.commit()
    app = open_room("sources", source=str(some["澎湃"]))
    assert len(app.dataframe[-1].value) == 2
    app = open_room("sources", source=str(some["澎湃"]), on=clock.day_of(now - timedelta(3)).isoformat())
    assert list(app.dataframe[-1].value["note"]) == ["三天前"]
    app.button(key=f"all_runs_{some['澎湃']}").click().run()
    assert len(app.dataframe[-1].value) == 2 and "on" not in app.query_params
    app = open_room("sources", source=str(some["澎湃"]), on="2026-13-99")
    assert len(app.dataframe[-1].value) == 2


def test_a_run_of_many_answers_lists_them(some, open_room, session):
    source = session.get(Source, some["微博热搜"])
    run = ingest.begin(session, "collect", source=source, at=clock.now())
    for page in (1, 2):
        evidence.keep(session, f"第{page}页的内容".encode(), request=f"GET https://n.cn/api/s?page={page}", status=200,
                      fetched_at=clock.now(), media_type="text/plain", run=run, source_id=source.id)
    ingest.finish(session, run, "ok", "共 2 页", at=clock.now())
    session.commit()

    def pick(row: int) -> None:
        app.session_state[app.dataframe[-1].key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
        app.run()

    app = open_room("sources", source=str(source.id))
    pick(0)
    answers = app.dataframe[-1].value
    assert list(answers["shown"]) == ["s?page=1　GET n.cn/api", "s?page=2　GET n.cn/api"] and not app.text
    assert any(c.value == "共 2 页" for c in app.caption)
    pick(1)
    assert [t.value for t in app.text] == ["第2页的内容"]


def test_a_source_is_tested_before_it_is_added(open_room, session, lab, monkeypatch):  # noqa: F811
    monkeypatch.setenv("PULSE_ALLOW_PRIVATE_HOSTS", "localhost")
    settings.cache_clear()
    service = lab.mount(Feeds())
    app = open_room("sources", sources_part="自己填写")
    app.button(key="add0_test").click().run()
    assert "采集源没有保存" in app.error[0].value
    app.selectbox(key="add0_platform").set_value("feed")
    app.text_input(key="add0_url").set_value(lab.url("/nothing")).run()
    app.button(key="add0_test").click().run()
    assert "404" in app.error[0].value
    app.text_input(key="add0_url").set_value(f"{service.base}/news.xml").run()
    app.button(key="add0_test").click().run()
    assert "连接正常" in app.success[0].value and not session.execute(select(Source)).scalar()


@pytest.mark.parametrize(("collector", "lacking"), [
    ("wechat", "内容归属（台账里没有这个账号的，请先到“账号台账”添加）、凭据（"), ("gsdata", "凭据（"),
    ("liuyan", "留言板编号"), ("rsshub", "路由"),
])
def test_what_a_source_can_not_do_without_is_asked_for(open_room, session, collector, lacking):
    app = open_room("sources", sources_part="自己填写")
    app.selectbox(key="add0_collector").set_value(collector).run()
    app.text_input(key="add0_name").set_value("某源")
    app.text_input(key="add0_url").set_value("https://a.cn/feed")
    app.selectbox(key=f"add0_{collector}_platform").set_value("feed").run()
    for button in ("add0_test", "add0_go"):
        app.button(key=button).click().run()
        assert f"请填写：{lacking}" in app.error[0].value.replace("\\", "")
    assert not session.execute(select(Source)).scalar()


def test_adding_a_source_by_hand(open_room, session):
    session.add(Account(platform="wechat", external_id="gh_1", name="健康云澜"))
    db.bump(session, clock.now())
    session.commit()
    app = open_room("sources", sources_part="自己填写")
    app.text_input(key="add0_name").set_value("健康云澜订阅")
    app.text_input(key="add0_url").set_value("ftp://a.cn/feed")
    app.selectbox(key="add0_platform").set_value("wechat").run()
    app.selectbox(key="add0_account_wechat").set_value("gh_1")
    app.button(key="add0_go").click().run()
    assert "链接必须以" in app.error[0].value
    app.text_input(key="add0_url").set_value("https://a.cn/feed").run()
    app.button(key="add0_go").click().run()
    assert "已添加采集源" in app.success[0].value and not app.exception
    made = session.execute(select(Source)).scalar()
    assert (made.name, made.period_seconds, made.enabled, made.account_id) == ("健康云澜订阅", 1800, True, 1)
    assert app.text_input(key="add1_name").value == "", "the form is empty again"
    app.segmented_control(key="sources_part").set_value("采集源").run()
    assert table(app)["state_name"][0] == "等待首次采集"


def test_asking_now_shows_the_outcome_when_it_comes(some, open_room, session):
    app = open_room("sources", source=str(some["澎湃"]))
    app.button(key=f"ask_{some['澎湃']}").click().run()
    assert "已请求立即采集" in app.success[0].value
    assert "正在等待后台采集进程" in app.info[-1].value
    source = session.get(Source, some["澎湃"])
    session.refresh(source)
    assert source.next_due_at <= clock.now()
    run = Run(job="collect", source_id=source.id, started_at=clock.now(), finished_at=clock.now(), state="failed",
              note="暂时失败，将自动重试：连接超时")
    session.add(run)
    session.commit()
    app.run()
    assert "采集结束：失败。" in app.error[0].value.replace("\\", "") and "连接超时" in app.error[0].value
    assert not any("等待" in i.value for i in app.info)


def test_switching_and_editing(some, open_room, session):
    id_ = some["停用的"]
    app = open_room("sources", source=str(id_))
    assert app.button(key=f"ask_{id_}").disabled
    app.button(key=f"switch_{id_}").click().run()
    assert "已启用" in app.success[0].value
    app.toggle(key=f"edit_{id_}").set_value(True).run()
    assert app.text_input(key=f"edit{id_}_url").value == "https://c.cn/x"
    app.text_input(key=f"edit{id_}_name").set_value("启用的")
    app.selectbox(key=f"edit{id_}_period").set_value(60)
    app.button(key=f"save_{id_}").click().run()
    assert "已保存采集源" in app.success[0].value, [e.value for e in app.error]
    assert not app.toggle(key=f"edit_{id_}").value
    row = session.get(Source, id_)
    session.refresh(row)
    assert (row.name, row.period_seconds, row.enabled) == ("启用的", 3600, True)


def test_a_source_that_brought_nothing_can_be_deleted(some, open_room, session):
    app = open_room("sources", source=str(some["澎湃"]))
    assert not [b for b in app.button if b.key == f"drop_{some['澎湃']}"], "it is on"
    app = open_room("sources", source=str(some["停用的"]))
    app.button(key=f"drop_{some['停用的']}").click().run()
    assert "已删除采集源“停用的”" in app.success[0].value and not app.exception
    assert "停用的" not in set(table(app)["name"]) and "source" not in app.query_params
    session.expire_all()
    assert session.get(Source, some["停用的"]) is None


def test_hostile_words_stay_text(some, open_room):
    app = open_room("sources", source=str(some["微博热搜"]))
    assert not app.exception
    assert any(note.startswith(HOSTILE) for note in table(app)["note"])
    assert all("<script>" not in m.value for m in app.markdown)
