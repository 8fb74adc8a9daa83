"""What is shown of a topic beyond its items: quotes that stand where they are said to, shares with people's word first,
forecasts with the days before them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core import outlook, viewing
from core.corrections import SENTIMENT, STANCE, correct
from core.models import Mention
from core.query import topic_views
from core.query.topic_views import UNSURE
from tests.opinion.test_viewpoints import SAID
from tests.spoken import count, feel, say, source, topic
from tests.test_outlook import MORNING, TODAY, YESTERDAY, event, usual
from tests.test_viewing import ARTICLE, HEADLINE, PLAIN

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture
def about(session):
    made = topic(session, HEADLINE, NOW)
    say(session, source(session, "weibo", name="微博话题"), made, SAID, NOW)
    say(session, source(session, "thepaper", name="澎湃频道"), made, [(HEADLINE, ARTICLE)] * 3, NOW)
    viewing.run(session, now=NOW, using=PLAIN)
    return made


def quotes(seen):
    return [quote for side in (seen.netizens, seen.media) for point in side.points for quote in point.quotes]


def test_viewpoints_come_with_their_sources(session, about):
    seen = topic_views.seen(session, about.id)
    assert (seen.netizens.comments, seen.media.comments, seen.stale) == (len(SAID), 3, False)
    assert seen.at == NOW and seen.method == "自动归纳" and seen.texts == len(SAID) + 3
    found = quotes(seen)
    assert {quote.source for quote in found} == {"微博话题", "澎湃频道"}
    assert all(quote.url.startswith("https://example.cn/") and not quote.more and not quote.by for quote in found)
    assert seen.summary and all(one.stance == "" and one.source == "澎湃频道" and one.more for one in seen.summary[:1])
    assert topic_views.seen(session, 999) is None


def test_a_quote_that_stands_there_no_more_is_left_out(session, about):
    first, second = quotes(topic_views.seen(session, about.id))[:2]
    session.get(Mention, first.mention_id).title = "已经改写"
    session.get(Mention, second.mention_id).topic_id = topic(session, "另一件事", NOW).id
    session.commit()
    left = {quote.mention_id for quote in quotes(topic_views.seen(session, about.id))}
    assert left and not left & {first.mention_id, second.mention_id}


def test_a_corrected_stance_is_shown_at_once(session, about):
    first = quotes(topic_views.seen(session, about.id))[0]
    correct(session, first.mention_id, STANCE, "讽刺", was=first.found, who="张三", now=NOW)
    session.commit()
    seen = topic_views.seen(session, about.id)
    again = quotes(seen)[0]
    assert (again.stance, again.found, again.by.who, seen.stale) == ("讽刺", first.found, "张三", True)
    assert topic_views.seen(session, about.id).summary == seen.summary


def test_what_people_said_of_sentiment_goes_first_and_is_not_in_doubt(session, about):
    assert topic_views.feelings(session, about.id) is None
    ids = session.execute(select(Mention).where(Mention.topic_id == about.id).order_by(Mention.id)).scalars().all()
    for mention in ids[:4]:
        feel(session, mention, "中性", 0.9)
    for mention in ids[4:8]:
        feel(session, mention, "负面", 0.5)
    feel(session, ids[8], "", 0, guard="过短")
    before = topic_views.feelings(session, about.id)
    assert (before.texts, before.low, before.corrected, before.without) == (8, 4, 0, len(ids) - 8)
    assert before.number == {"负面": 4, "中性": 4, "正面": 0} and before.share["负面"] == 0.5
    assert before.margin["负面"] > 0.06
    for mention in ids[4:8]:
        correct(session, mention.id, SENTIMENT, "正面", who="", now=NOW)
    correct(session, ids[8].id, SENTIMENT, "负面", who="", now=NOW)
    session.commit()
    after = topic_views.feelings(session, about.id)
    assert (after.texts, after.low, after.corrected, after.without) == (9, 0, 5, len(ids) - 9)
    assert after.number == {"负面": 1, "中性": 4, "正面": 4} and after.margin["正面"] < before.margin["正面"]
    for mention in ids[:4]:
        correct(session, mention.id, SENTIMENT, "中性", who="", now=NOW)
    session.commit()
    assert set(topic_views.feelings(session, about.id).margin.values()) == {0.0}


def test_a_reprints_sentiment_is_that_of_the_corrected_first(session, about):
    copies = session.execute(select(Mention).where(Mention.title == HEADLINE)).scalars().all()
    for mention in copies:
        feel(session, mention, "负面")
    correct(session, copies[0].id, SENTIMENT, "中性", who="", now=NOW)
    session.commit()
    found = topic_views.feelings(session, about.id)
    assert (found.number["中性"], found.corrected) == (3, 3)


def test_single_texts_show_a_label_only_where_it_is_sure(session, about):
    one, two, three, four = session.execute(select(Mention).order_by(Mention.id).limit(4)).scalars().all()
    feel(session, one, "负面", 0.8)
    feel(session, two, "负面", 0.5)
    feel(session, three, "正面", 0.4)
    correct(session, three.id, SENTIMENT, "负面", who="", now=NOW)
    session.commit()
    frame = topic_views.felt(session, [one.id, two.id, three.id, four.id])
    assert list(frame["sentiment"]) == ["负面", UNSURE, "负面", ""]
    assert list(frame["found"]) == ["负面", "负面", "正面", ""] and frame["by"][2].was == "正面"
    assert topic_views.felt(session, []).empty


def test_a_forecast_comes_with_the_days_before_it(session):
    source(session, "weibo", last_ok_at=MORNING)
    count(session, usual(TODAY - timedelta(90), YESTERDAY), "weibo")
    session.commit()
    assert topic_views.ahead(session, outlook.ALL, "", TODAY) is None
    outlook.run(session, now=MORNING)
    found = topic_views.ahead(session, outlook.ALL, "", TODAY)
    assert found.past["day"].iloc[-1] == YESTERDAY and found.line["day"].iloc[0] == TODAY and len(found.line) == 7
    assert len(found.past) == 60 and not found.sample and (found.line["low"] <= found.line["high"]).all()


def test_the_sample_district_stands_in_where_there_is_nothing_real(session):
    sample = topic(session, "样例", MORNING, demo=True)
    count(session, usual(TODAY - timedelta(90), YESTERDAY), "weibo", sample)
    session.commit()
    outlook.run(session, now=MORNING)
    assert topic_views.ahead(session, outlook.ALL, "", TODAY).sample
    count(session, {YESTERDAY: 3}, "thepaper", event(session, "真事", YESTERDAY, [4]))
    session.commit()
    outlook.run(session, now=MORNING)
    real = topic_views.ahead(session, outlook.ALL, "", TODAY)
    assert not real.sample and "历史不足" in real.shown.refusal and real.line.empty and len(real.past) == 1
