"""The panel of one topic: summary, sentiment, viewpoints, forecast, and what people correct there."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock, db, outlook, viewing
from core.models import Correction, Outlook, Topic, TopicView
from tests.opinion.test_viewpoints import SAID
from tests.spoken import feel, say, source, topic
from tests.test_viewing import ARTICLE, HEADLINE, PLAIN

TODAY = clock.day_of(clock.now())
AT = clock.instant(TODAY - timedelta(1), 9)
HOSTILE = "物业费又涨了[点我](https://evil.example) <b>服务差</b>"


@pytest.fixture
def about(session):
    """A topic of yesterday, read, with sentiment."""
    made = topic(session, HEADLINE, AT)
    weibo = source(session, "weibo", name="微博话题")
    said = say(session, weibo, made, [*SAID, HOSTILE, HOSTILE + "！", HOSTILE + "！！"], AT)
    say(session, source(session, "thepaper", name="澎湃频道"), made, [(HEADLINE, ARTICLE)] * 3, AT)
    for mention in said[:5]:
        feel(session, mention, "负面", 0.9)
    for mention in said[5:8]:
        feel(session, mention, "正面", 0.4)
    viewing.run(session, now=AT + timedelta(hours=1), using=PLAIN)
    return made


def everything(app):
    found = [element.value for kind in (app.markdown, app.caption, app.subheader, app.success) for element in kind]
    return " ".join([*found, *(one.proto.text for one in app.get("progress"))])


def of(app, kind, start):
    return next(element for element in getattr(app, kind) if element.key and element.key.startswith(start))


def test_the_panel_shows_summary_sentiment_and_both_sides(about, open_room):
    words = everything(open_room("topics", topic=str(about.id))).replace("\\", "")
    assert "街道表示已约谈物业公司" in words and "〔[澎湃频道](https://example.cn/" in words
    assert "负面 5 条" in words and "3 条把握不足" in words and "未作判断" in words
    assert "**网民** :gray[15 条]" in words and "**媒体** :gray[3 条]" in words and "自动归纳" in words
    assert "未归类" in words and ":gray-badge[诉求建议" in words and "引文均为原文" in words
    assert f"“{HEADLINE}”" in words


def test_markup_in_a_quote_is_shown_as_text(about, open_room):
    app = open_room("topics", topic=str(about.id))
    quoted = [one.value for one in app.markdown if "点我" in one.value]
    assert quoted and not any("[点我](" in one for one in quoted)


def test_a_stance_is_corrected_and_taken_back(session, about, open_room):
    app = open_room("topics", topic=str(about.id))
    chosen = of(app, "selectbox", "stance_")
    mention = int(chosen.key.split("_")[1])
    chosen.set_value("讽刺")
    next(one for one in app.button if one.form_id == f"{chosen.key}_form").click().run()
    assert not app.exception and "已更正立场为“讽刺”" in everything(app) and "讽刺（人工更正）" in everything(app)
    assert "约一分钟后重新统计" in everything(app)
    assert session.execute(select(Correction.mention_id, Correction.label)).all() == [(mention, "讽刺")]
    next(one for one in app.button if one.key == f"{chosen.key}_back").click().run()
    assert "已撤回更正，恢复自动判断" in everything(app) and "人工更正）" not in everything(app)
    session.expire_all()
    assert session.execute(select(Correction.label).order_by(Correction.id)).scalars().all() == ["讽刺", ""]


def test_a_sentiment_is_corrected_on_the_picked_text(session, about, open_room):
    app = open_room("topics", topic=str(about.id))
    items = next(table for table in app.dataframe if "sentiment" in table.value.columns)
    place = list(items.value["title"]).index(SAID[0])
    assert items.value["sentiment"].iloc[place] == "负面" and "不确定" in set(items.value["sentiment"])
    app.session_state[items.key] = {"selection": {"rows": [place], "columns": [], "cells": []}}
    app.run()
    chosen = of(app, "selectbox", "sentiment_")
    assert chosen.value == "负面" and "把握 90%" in everything(app)
    chosen.set_value("中性")
    next(one for one in app.button if one.form_id == f"{chosen.key}_form").click().run()
    assert not app.exception and "已更正情感为“中性”" in everything(app)
    items = next(table for table in app.dataframe if "sentiment" in table.value.columns)
    assert items.value["sentiment"].iloc[place] == "中性 ✎" and "负面 4 条" in everything(app)
    assert "1 条按人工更正" in everything(app)


def test_before_it_is_read_the_panel_says_so(session, about, open_room):
    session.delete(session.get(TopicView, about.id))
    session.commit()
    words = everything(open_room("topics", topic=str(about.id)))
    assert "尚未归纳" in words and "摘要由系统" not in words


def forecast(session, kind, key, refusal=""):
    lines = [[str(TODAY + timedelta(n)), 5.0, 2.0, 9.0, 4.0] for n in range(7)]
    session.add(Outlook(kind=kind, key=key, day=TODAY - timedelta(1), made_at=clock.now(), method="阻尼水平",
                        refusal=refusal, past="100 个预测日平均误差 1", days=[] if refusal else lines))
    session.commit()


def charts(app):
    return [json.loads(one.proto.spec) for one in app.get("vega_lite_chart")]


@pytest.mark.parametrize("refusal", ["", "历史不足：只有 3 天有数据，至少要 14 天"])
def test_a_topics_forecast_is_drawn_or_refused_with_its_reason(session, about, open_room, refusal):
    forecast(session, outlook.TOPIC, str(about.id), refusal)
    app = open_room("topics", topic=str(about.id))
    words, drawn = everything(app).replace("\\", ""), "未来 7 天" in json.dumps(charts(app), ensure_ascii=False)
    assert drawn == (not refusal)
    assert ("暂不预测：" + refusal in words) if refusal else ("方法：阻尼水平" in words)
    assert "100 个预测日平均误差 1" in words and "尚无到期的预测可核对" in words


@pytest.mark.parametrize(("active", "mentions", "said"), [
    (False, 20, "不再预测"), (True, 4, "不足 10 条的话题不作预测"), (True, 20, "这个话题还没有"),
])
def test_without_a_forecast_the_reason_stands_there(session, about, open_room, active, mentions, said):
    row = session.get(Topic, about.id)
    row.active, row.mentions = active, mentions
    session.commit()
    assert said in everything(open_room("topics", topic=str(about.id)))


def test_the_list_has_the_forecast_of_all_mentions(session, about, open_room):
    assert "还没有可用的" in everything(open_room("topics"))
    forecast(session, outlook.ALL, "")
    with db.session() as other:
        db.bump(other, clock.now())
        other.commit()
    app = open_room("topics")
    assert "未来 7 天" in json.dumps(charts(app), ensure_ascii=False) and "方法：阻尼水平" in everything(app)
