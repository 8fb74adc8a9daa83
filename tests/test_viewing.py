"""What is thought of a topic is reckoned when it has changed, in bounded pieces, and quotes only what stands there."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from core import db, topic_deeds, viewing
from core.corrections import STANCE, correct
from core.models import Account, Mention, Topic, TopicChange, TopicView
from core.opinion.features import load_background
from core.records import whole
from core.settings import CATALOG
from core.understand import Reader
from tests.opinion.test_viewpoints import SAID
from tests.spoken import say, source, topic

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
PLAIN = Reader(load_background(CATALOG / "text_background.npz"), None)
HEADLINE = "物业费上涨引发争议，街道介入协调"
ARTICLE = HEADLINE + "。3月1日，多名业主反映物业费上涨而服务没有改善。街道表示已约谈物业公司，将公布账目。来源：本报"


@pytest.fixture
def told(session):
    about = topic(session, HEADLINE, NOW)
    say(session, source(session, "weibo"), about, SAID, NOW)
    say(session, source(session, "thepaper"), about, [(HEADLINE, ARTICLE)] * 3, NOW)
    say(session, source(session, "weibo_hot"), about, ["物业费涨价"], NOW)
    return about


def run(session, now=NOW + timedelta(minutes=1), **more):
    return viewing.run(session, now=now, using=PLAIN, **more)


def content(session, about):
    session.expire_all()
    return session.get(TopicView, about.id).content


def quotes(found):
    return [quote for side in ("netizens", "media") for one in found[side]["viewpoints"] for quote in one["quotes"]]


def test_media_and_netizens_are_told_apart_and_every_word_stands_in_its_mention(session, told):
    before = db.stamp(session)
    assert run(session) == 1 and run(session) == 0
    assert db.stamp(session) == before + 1
    found = content(session, told)
    assert (found["netizens"]["comments"], found["media"]["comments"], found["lists"]) == (len(SAID), 3, 1)
    assert found["method"] == "自动归纳" and found["texts"] == told.mentions
    for side in ("netizens", "media"):
        grouped = sum(one["number"] for one in found[side]["viewpoints"])
        assert grouped + found[side]["unsorted"] == found[side]["comments"] == sum(found[side]["stances"].values())
    assert found["media"]["viewpoints"][0]["quotes"][0]["text"] == HEADLINE
    assert "物业费" in found["netizens"]["viewpoints"][0]["quotes"][0]["text"]
    assert len(quotes(found)) > 3 and found["summary"]
    assert 1 < len(found["items"]) <= 5 and len({one["text"] for one in found["items"]}) == len(found["items"])
    for one in [*quotes(found), *found["summary"], *found["items"]]:
        said = session.get(Mention, one["mention"])
        assert whole(said.title, said.text)[one["start"] : one["end"]] == one["text"]
    assert sum(len(one["text"]) for one in found["summary"]) <= 200
    assert all("来源" not in one["text"] for one in found["summary"])


def test_an_account_of_the_ledger_is_no_netizen(session, told):
    account = Account(platform="weibo", external_id="1", name="云澜发布")
    session.add(account)
    session.flush()
    say(session, source(session, "weibo", name="官微", account_id=account.id), told, ["已约谈物业公司"] * 5, NOW)
    run(session)
    assert content(session, told)["media"]["comments"] == 8


def test_a_long_comment_is_quoted_to_the_end_of_a_sentence(session):
    about = topic(session, "停水", NOW)
    long = "昨天晚上开始停水一直到今天早上。" * 5 + "希望" * 60
    say(session, source(session, "weibo"), about, [("", long)] * 6, NOW)
    run(session)
    (quote,) = content(session, about)["netizens"]["viewpoints"][0]["quotes"]
    assert quote["text"] == "昨天晚上开始停水一直到今天早上。" * 5


@pytest.mark.parametrize("more, later, due", [
    (0, timedelta(days=1), False), (4, timedelta(minutes=5), False), (5, timedelta(minutes=5), True),
    (1, timedelta(hours=7), True),
])
def test_a_topic_is_reckoned_anew_when_it_has_grown_enough_or_settled(session, told, more, later, due):
    run(session, NOW)
    say(session, source(session, "zhihu"), told, [f"第{n}个问题" for n in range(more)], NOW)
    assert run(session, NOW + later) == due
    session.expire_all()
    assert session.get(TopicView, told.id).mentions == told.mentions - (0 if due else more)


def test_a_large_topic_waits_for_its_tenth(session):
    about = topic(session, "停水", NOW)
    of = source(session, "weibo")
    say(session, of, about, [f"停水第{n}天" for n in range(100)], NOW)
    run(session, NOW)
    say(session, of, about, ["又来了"] * 9, NOW)
    assert run(session, NOW + timedelta(minutes=5)) == 0
    say(session, of, about, ["又来了"], NOW)
    assert run(session, NOW + timedelta(minutes=5)) == 1


def test_what_a_topic_lost_is_quoted_no_more(session, told):
    run(session, NOW)
    first = quotes(content(session, told))[0]["mention"]
    other = topic(session, "物业", NOW)
    session.get(Mention, first).topic_id = other.id
    session.add(TopicChange(topic_id=told.id, at=NOW + timedelta(minutes=2), kind="split", other_id=other.id))
    session.commit()
    assert run(session, NOW + timedelta(minutes=3)) == 1
    assert first not in [one["mention"] for one in quotes(content(session, told))]
    session.get(Topic, told.id).mentions -= 1
    session.commit()
    assert run(session, NOW + timedelta(minutes=4)) == 1 and run(session, NOW + timedelta(minutes=4)) == 0


def test_a_corrected_stance_counts(session, told):
    run(session, NOW)
    before = content(session, told)["netizens"]["stances"]
    noodles = session.execute(select(Mention).where(Mention.title == "今天吃了面条")).scalar_one()
    correct(session, noodles.id, STANCE, "讽刺", was="其他", who="测试", now=NOW)
    session.commit()
    assert run(session) == 1
    after = content(session, told)["netizens"]["stances"]
    assert after == before | {"讽刺": before["讽刺"] + 1, "其他": before["其他"] - 1}


def test_a_correction_while_a_topic_is_read_is_not_lost(session, told):
    run(session, NOW)
    say(session, source(session, "zhihu"), told, ["再问一句"] * 5, NOW)
    noodles = session.execute(select(Mention.id).where(Mention.title == "今天吃了面条")).scalar_one()

    def corrects_meanwhile(texts):
        with db.session() as other:
            if not other.execute(select(TopicView.mentions).where(TopicView.topic_id == told.id)).scalar():
                return PLAIN.background.mean[None, :].repeat(len(texts), 0)
            correct(other, noodles, STANCE, "讽刺", was="其他", who="测试", now=NOW)
            other.commit()
        return PLAIN.background.mean[None, :].repeat(len(texts), 0)

    later = NOW + timedelta(minutes=5)
    assert viewing.run(session, now=later, using=Reader(PLAIN.background, corrects_meanwhile)) == 1
    assert run(session, later) == 1
    assert content(session, told)["netizens"]["stances"]["讽刺"] == 2


def test_a_run_reads_no_more_than_it_may_and_the_newest_first(session):
    of = source(session, "weibo")
    made = []
    for n in range(4):
        made.append(topic(session, f"第{n}件事", NOW))
        say(session, of, made[-1], [f"第{n}件事，第{m}句" for m in range(6)], NOW + timedelta(hours=n))
    small, old = topic(session, "小事", NOW), topic(session, "旧事", NOW - timedelta(days=90))
    say(session, of, small, ["一句"] * 4, NOW)
    say(session, of, old, ["一句"] * 9, NOW - timedelta(days=90))
    assert run(session, limit=13) == 2
    held = select(TopicView.topic_id)
    assert set(session.execute(held).scalars()) == {made[3].id, made[2].id}
    assert run(session, limit=1) == 1 and run(session) == 1 and run(session) == 0
    assert set(session.execute(held).scalars()) == {one.id for one in made}


def test_only_the_newest_texts_of_a_large_topic_are_read(session, monkeypatch):
    monkeypatch.setattr(viewing, "MOST", 10)
    about = topic(session, "停水", NOW)
    say(session, source(session, "weibo"), about, [f"停水第{n}天" for n in range(30)], NOW)
    run(session)
    found = content(session, about)
    assert found["texts"] == 10 and session.get(TopicView, about.id).mentions == 30
    assert all(int(one["text"][3:-1]) >= 20 for one in quotes(found))


def test_a_name_or_a_pin_is_no_reason_to_reckon_anew_but_a_split_is_even_of_an_old_topic(session, told):
    later = NOW + timedelta(days=100)
    assert run(session) == 1
    topic_deeds.rename(session, told.id, "物业费争议", who="值班员", now=later)
    topic_deeds.pin(session, told.id, who="值班员", now=later)
    session.commit()
    assert run(session, later + timedelta(minutes=1)) == 0
    first = session.execute(select(func.min(Mention.id)).where(Mention.topic_id == told.id)).scalar()
    topic_deeds.split(session, told.id, [first], who="值班员", now=later)
    session.commit()
    assert run(session, later + timedelta(minutes=1)) == 1
    assert content(session, told)["texts"] == told.mentions
