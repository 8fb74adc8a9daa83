"""Digests: what is chosen stays traceable, people do not overwrite each other, what is issued is numbered and sent."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from core import channels, db, deliveries, digests, incidents, people
from core.faults import BadInput
from core.models import Audit, Delivery, DigestItem, Edition, Sense, Unit
from core.query import digests as query
from core.report import digest as report
from core.report import editions
from core.settings import settings
from tests.lab.senders import mail_fields
from tests.lab.smtp import Post
from tests.spoken import say, source, topic

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
DAY = date(2026, 3, 2)
HOUR = timedelta(hours=1)
LONG = "东街从清晨起停水。" * 30
DONE = {"who": "张三", "now": NOW}


@pytest.fixture
def said(session):
    about = topic(session, "东街停水", NOW - 3 * HOUR)
    made = say(session, source(session, "weibo", name="微博"), about,
               [("东街停水引居民不满", LONG), ("东街停水引居民不满", LONG), ("西街修路", "")], NOW - 3 * HOUR, HOUR)
    session.add(Sense(mention_id=made[0].id, at=NOW, risk=80))
    session.commit()
    return made


@pytest.fixture
def digest(session):
    made = digests.begin(session, DAY, **DONE)
    session.commit()
    return made.id


def titles(session, digest_id) -> list[str]:
    return [one.title for one in query.whole(session, digest_id).items]


def issue(session, digest_id, now=NOW) -> Edition:
    return report.issue(session, digest_id, by="张三", now=now)


def test_a_mention_brings_its_first_sentences_its_source_and_its_reprints(session, said, digest):
    assert digests.add(session, digest, "mention", [said[0].id], **DONE) == 1
    (item,) = query.whole(session, digest).items
    assert item.title == "东街停水引居民不满" and item.section == "敏感舆情"
    assert item.text.endswith("。") and len(item.text) <= query.EXCERPT and LONG.startswith(item.text)
    assert item.source == "微博，3月2日9时，转载 1 篇" and item.mentions == 2
    assert (item.url, item.edited) == (said[0].url, False)


def test_topics_and_incidents_bring_their_figures(session, said, digest):
    session.add(Unit(name="水务局", kind="bureau"))
    session.flush()
    made = incidents.open_(session, "东街停水", "red", [said[0].id], unit_id=1, **DONE)
    digests.add(session, digest, "topic", [said[0].topic_id], **DONE)
    digests.add(session, digest, "incident", [made.id], **DONE)
    of_incident, of_topic = query.whole(session, digest).items
    assert of_topic.text.startswith("截至3月2日12时，相关信息 3 条（去重 2 篇），见于微博。")
    assert of_topic.section == "网络热点"
    assert (of_incident.section, of_incident.level) == ("敏感舆情", "red")
    assert "目前处于发现环节，牵头单位水务局。" in of_incident.text


def test_nothing_comes_twice_and_what_was_taken_out_comes_back(session, said, digest):
    ids = [said[0].id, said[2].id]
    assert digests.add(session, digest, "mention", ids, **DONE) == 2
    assert digests.add(session, digest, "mention", ids, **DONE) == 0
    first = query.whole(session, digest).items[0]
    digests.take_out(session, first.id, **DONE)
    assert [one.id for one in query.whole(session, digest).removed] == [first.id]
    assert digests.add(session, digest, "mention", ids, **DONE) == 1
    assert sorted(titles(session, digest)) == sorted(["东街停水引居民不满", "西街修路"])
    assert session.execute(select(DigestItem.id)).scalars().all() == [1, 2]


def test_sections_stand_in_their_order_and_items_move_within_theirs(session, digest):
    for name, section in (("甲", "处置反馈"), ("乙", "要闻关注"), ("丙", "要闻关注"), ("丁", "街镇动态")):
        digests.write(session, digest, name, "", section, **DONE)
    assert titles(session, digest) == ["乙", "丙", "甲", "丁"]
    items = {one.title: one.id for one in query.whole(session, digest).items}
    digests.move(session, items["丙"], -1, **DONE)
    assert titles(session, digest) == ["丙", "乙", "甲", "丁"]
    digests.move(session, items["丙"], -1, **DONE)
    digests.rewrite(session, items["丁"], "section", "要闻关注", seen="街镇动态", **DONE)
    assert titles(session, digest) == ["丙", "乙", "丁", "甲"]


def test_words_are_written_in_place_given_back_and_not_overwritten(session, said, digest):
    digests.add(session, digest, "mention", [said[0].id], **DONE)
    (item,) = query.whole(session, digest).items
    assert digests.rewrite(session, item.id, "title", "东街停水已恢复", seen=item.title, **DONE)
    assert not digests.rewrite(session, item.id, "title", "东街停水已恢复", seen="什么都行", **DONE)
    with pytest.raises(BadInput, match="被别人改过"):
        digests.rewrite(session, item.id, "title", "我的标题", seen=item.title, **DONE)
    changed = query.whole(session, digest).items[0]
    assert (changed.title, changed.edited, changed.edited_by) == ("东街停水已恢复", True, "张三")
    digests.revert(session, item.id, **DONE)
    assert query.whole(session, digest).items[0].title == item.title
    with pytest.raises(BadInput, match="没有改动"):
        digests.revert(session, item.id, **DONE)
    assert "修改摘报条目" in session.execute(select(Audit.action)).scalars().all()


@pytest.mark.parametrize(("deed", "words"), [
    (lambda s, d: digests.write(s, d, "", "文", "要闻关注", **DONE), "标题"),
    (lambda s, d: digests.write(s, d, "题", "文" * 1001, "要闻关注", **DONE), "“正文”有 1001 个字"),
    (lambda s, d: digests.write(s, d, "题", "", "要闻关注", url="javascript:alert(1)", **DONE), "http"),
    (lambda s, d: digests.add(s, d, "mention", [], **DONE), "先选择"),
    (lambda s, d: digests.numbered(s, d, NOW), "还没有条目"),
    (lambda s, d: digests.withdraw(s, d, " ", **DONE), "原因"),
    (lambda s, d: digests.begin(s, DAY, "题" * 61, **DONE), "61 个字"),
    (lambda s, d: digests.move(s, 99, 1, **DONE), "刷新"),
])
def test_what_can_not_be_is_said(session, digest, deed, words):
    with pytest.raises(BadInput, match=words):
        deed(session, digest)


def test_a_withdrawn_one_is_left_alone_until_it_is_taken_up_again(session, digest):
    digests.withdraw(session, digest, "重复编了一期", **DONE)
    with pytest.raises(BadInput, match="已作废"):
        digests.write(session, digest, "题", "", "要闻关注", **DONE)
    assert list(query.listed(session)["state"]) == ["已作废"] and query.open_ones(session) == ()
    digests.restore(session, digest, **DONE)
    digests.write(session, digest, "题", "", "要闻关注", **DONE)
    assert list(query.listed(session)["state"]) == ["草稿"]


def test_numbers_run_through_the_year_in_the_order_of_issue(session, digest):
    other, last_year = (digests.begin(session, day, **DONE).id for day in (date(2026, 1, 5), date(2025, 12, 31)))
    for one in (digest, other, last_year):
        digests.write(session, one, "题", "", "要闻关注", **DONE)
    assert [digests.numbered(session, one, NOW) for one in (other, digest, other, last_year)] == [1, 2, 1, 1]
    with pytest.raises(BadInput, match="另一年"):
        digests.settle(session, digest, day=date(2025, 3, 2), title="题", lead="", sent_to="", **DONE)


def test_numbers_of_the_sample_are_not_numbers_of_real_ones(session, said, digest):
    sample = say(session, source(session, "weibo", demo=True, name="样例"), None, ["样例停水"], NOW)
    digests.add(session, digest, "mention", [said[0].id, sample[0].id], **DONE)
    real = digests.begin(session, DAY, **DONE).id
    digests.write(session, real, "题", "", "要闻关注", **DONE)
    assert [digests.numbered(session, one, NOW) for one in (digest, real)] == [1, 1]
    with pytest.raises(BadInput, match="已编为 2026 年第 1 期，不能再编入演示数据"):
        digests.add(session, real, "mention", [sample[0].id], **DONE)
    digests.forget_sample(session)
    session.commit()
    session.expire_all()
    assert titles(session, digest) == ["东街停水引居民不满"] and query.whole(session, digest).number is None
    assert [digests.numbered(session, one, NOW) for one in (digest, real)] == [2, 1]


def test_an_edition_says_what_stood_there_and_a_change_makes_the_next(session, said, digest):
    digests.add(session, digest, "mention", [said[0].id], **DONE)
    digests.settle(session, digest, day=DAY, title="3月2日舆情摘报", lead="今日总体平稳。", sent_to="区委办公室",
                   **DONE)
    first = issue(session, digest)
    content = editions.read(first)
    assert (content.number, content.sent_to, content.layout) == ("2026年第1期", "区委办公室", "brief")
    assert [section.title for section in content.sections] == ["导语", "敏感舆情", "条目来源一览"]
    assert list(query.listed(session)["state"]) == ["已签发"]
    (item,) = query.whole(session, digest).items
    later = NOW + HOUR
    digests.rewrite(session, item.id, "text", "已恢复供水。", seen=item.text, who="张三", now=later)
    assert list(query.listed(session)["state"]) == ["签发后有修改"]
    second = issue(session, digest, later)
    assert second.version == 2 and editions.read(first) == content
    assert [(one.version, one.stale) for one in query.whole(session, digest).editions] == [(2, False), (1, True)]
    assert {name.rpartition(".")[2] for name in (editions.body(session, second.id, suffix)[0]
                                                 for suffix in editions.FORMATS)} == {"xlsx", "pdf", "docx"}


def test_proposals_name_incidents_grave_mentions_and_topics_with_their_reasons(session, said, digest):
    made = incidents.open_(session, "西街修路", "red", [said[2].id], **DONE)
    found = query.proposals(session, digest, NOW)
    assert [(one.kind, one.id) for one in found] == [
        ("incident", made.id), ("mention", said[0].id), ("topic", said[0].topic_id)]
    assert found[0].why == "红色事件，发现，信息 1 条" and found[1].why == "风险 80，微博"
    assert found[2].why.startswith("信息 3 条，涉及 1 个平台")
    digests.add(session, digest, "mention", [said[0].id], **DONE)
    assert [one.held for one in query.proposals(session, digest, NOW)] == [False, True, False]


def test_what_an_incident_holds_is_not_proposed_again(session, said, digest):
    session.add(Sense(mention_id=said[2].id, at=NOW, risk=90))
    session.flush()
    assert [one.id for one in query.proposals(session, digest, NOW) if one.kind == "mention"] == [said[2].id]
    made = incidents.open_(session, "东街停水", "red", topic_ids=[said[0].topic_id], **DONE)
    assert [(one.kind, one.id) for one in query.proposals(session, digest, NOW)] == [("incident", made.id)]


def test_it_is_sent_with_its_files_once(session, said, digest):
    digests.add(session, digest, "mention", [said[0].id], **DONE)
    edition = issue(session, digest)
    (item,) = query.whole(session, digest).items
    digests.rewrite(session, item.id, "title", "签发后才改的", seen=item.title, **DONE)
    with Post() as post:
        way = channels.add(session, name="邮件", kind="mail", fields=mail_fields(post), who="", now=NOW).id
        one = people.add(session, name="值班员", mail="zhang@example.gov.cn", who="", now=NOW).id
        session.commit()
        assert report.send(session, edition.id, [one], [way], **DONE) == 1
        assert report.send(session, edition.id, [one], [way], **DONE) == 0
        session.commit()
        deliveries.send_due(lambda: NOW)
        (sent,) = post.mails
    files = {part.get_filename(): part.get_content() for part in sent.iter_attachments()}
    assert sent["Subject"] == "【舆情摘报】3月2日舆情摘报"
    assert "1. 东街停水引居民不满" in sent.get_body(("plain",)).get_content()
    assert files == {editions.body(session, edition.id, suffix)[0]: editions.body(session, edition.id, suffix)[1]
                     for suffix in ("pdf", "docx")}
    frame = query.sent(session, [edition.id])
    assert list(frame["who"]) == ["值班员"] and frame["state"].iloc[0] == "已受理"


def test_a_changed_attachment_is_not_sent(session, said, digest):
    digests.add(session, digest, "mention", [said[0].id], **DONE)
    edition = issue(session, digest)
    (settings().reports_dir / editions.body(session, edition.id, "pdf")[0]).write_bytes(b"other")
    with Post() as post:
        way = channels.add(session, name="邮件", kind="mail", fields=mail_fields(post), who="", now=NOW).id
        one = people.add(session, name="值班员", mail="zhang@example.gov.cn", who="", now=NOW).id
        report.send(session, edition.id, [one], [way], **DONE)
        session.commit()
        deliveries.send_due(lambda: NOW)
        assert not post.taken
    with db.session() as fresh:
        sent = fresh.execute(select(Delivery)).scalar_one()
    assert sent.state == "failed" and "已丢失或被改动" in sent.note


@pytest.mark.parametrize(("text", "said_"), [
    ("短。", "短。"), ("第一句。" * 60, "第一句。" * 45), ("没有句号" * 60, "没有句号" * 44 + "没有句…"),
])
def test_a_lead_ends_with_a_sentence(text, said_):
    assert query.lead_of(text) == said_
