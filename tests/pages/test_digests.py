"""The room 舆情摘报: begun, filled from what is proposed, written in place, issued, sent."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core import channels, clock, db, digests, people
from core.models import Delivery, Digest, Edition, Sense
from core.query import digests as query
from tests.spoken import say, source, topic

HOSTILE = "东街停水[点我](https://evil.example) <script>alert(1)</script>"


@pytest.fixture
def now():
    return clock.now()


@pytest.fixture
def said(session, now):
    about = topic(session, "东街停水", now - timedelta(hours=1))
    made = say(session, source(session, "weibo", name="微博"), about, ["东街停水三小时", HOSTILE],
               now - timedelta(minutes=5))
    session.add(Sense(mention_id=made[1].id, at=now, risk=80))
    session.commit()
    return made


@pytest.fixture
def digest(session, said, now):
    made = digests.begin(session, clock.day_of(now), who="张三", now=now)
    digests.add(session, made.id, "mention", [one.id for one in said], who="张三", now=now)
    session.commit()
    return made.id


def words(app):
    kinds = (app.markdown, app.caption, app.info, app.warning, app.success, app.error)
    return " ".join(element.value for kind in kinds for element in kind).replace("\\", "")


def press(app, key):
    app.button(key=key).click().run()
    assert not app.exception, [one.value for one in app.exception]


def fresh(id_):
    with db.session() as session:
        return query.whole(session, id_)


def test_nothing_yet_says_what_to_do(open_room):
    app = open_room("digests")
    assert "编今天的摘报" in words(app)


def test_one_is_begun_filled_and_issued(session, said, open_room):
    app = open_room("digests")
    press(app, "digest_today")
    assert ("候选" in words(app) and app.query_params["digest"] == ["1"]) or app.query_params["digest"] == "1"
    pick = next(box for box in app.checkbox if box.key.startswith("digest_pick_mention"))
    pick.check().run()
    press(app, "digest_take")
    assert "已编入 1 条" in words(app)
    app.segmented_control(key="view").set_value("签发与发送").run()
    press(app, "digest_issue")
    assert "已签发" in words(app)
    assert session.execute(select(Digest.number)).scalar_one() == 1
    assert [one.label.partition("：")[0] for one in app.get("download_button")] == [
        "下载 Excel", "下载 PDF", "下载 Word"]
    assert app.button(key="digest_issue").disabled


def test_words_are_kept_when_the_field_is_left(digest, open_room):
    app = open_room("digests", digest=str(digest))
    item = next(one for one in fresh(digest).items if one.title.startswith("东街停水三"))
    app.text_input(key=f"digest_title_{item.id}").set_value("东街供水已恢复").run()
    assert not app.exception
    assert "东街供水已恢复" in [one.title for one in fresh(digest).items]
    press(app, f"digest_revert_{item.id}")
    assert app.text_input(key=f"digest_title_{item.id}").value == item.title
    press(app, f"digest_out_{item.id}")
    assert len(fresh(digest).items) == 1
    press(app, f"digest_back_{item.id}")
    assert len(fresh(digest).items) == 2


def test_what_another_wrote_meanwhile_is_not_overwritten(digest, now, open_room):
    app = open_room("digests", digest=str(digest))
    item = fresh(digest).items[0]
    with db.session() as session:
        digests.rewrite(session, item.id, "title", "别人写的", seen=item.title, who="李四", now=now)
        session.commit()
    app.text_input(key=f"digest_title_{item.id}").set_value("我写的").run()
    assert fresh(digest).items[0].title == "别人写的"
    assert app.text_input(key=f"digest_title_{item.id}").value == "别人写的"


def test_words_of_outside_are_text(digest, open_room):
    app = open_room("digests", digest=str(digest), view="预览")
    shown = " ".join(one.value for one in app.markdown)
    assert "<script>" not in shown and "](https://evil.example)" not in shown
    assert "舆情摘报" in words(app)


def test_an_issued_one_is_sent_to_people_once(session, digest, now, open_room):
    fields = {"host": "mail.example.cn", "sender": "a@example.cn"}
    channels.add(session, name="邮件", kind="mail", fields=fields, who="", now=now)
    people.add(session, name="值班员", mail="zhang@example.cn", who="", now=now)
    session.commit()
    app = open_room("digests", digest=str(digest), view="签发与发送")
    press(app, "digest_issue")
    edition = session.execute(select(Edition.id)).scalar_one()
    for expected in ("已交发送 1 个收件人", "1 个已发过这一版"):
        app.multiselect(key=f"digest_to_{edition}").set_value([1]).run()
        press(app, f"digest_send_{edition}")
        assert expected in words(app)
    session.expire_all()
    assert len(session.execute(select(Delivery.id)).all()) == 1


def test_a_withdrawn_one_can_be_taken_up_again(digest, now, open_room):
    app = open_room("digests", digest=str(digest))
    app.text_input(key="digest_why").set_value("重复").run()
    press(app, "digest_withdraw")
    assert "已作废" in words(app)
    press(app, "digest_restore")
    assert fresh(digest).withdrawn == ""


@pytest.mark.parametrize("asked", ["99", "abc"])
def test_an_unknown_one_is_said(digest, open_room, asked):
    app = open_room("digests", digest=asked)
    assert "找不到" in words(app)
    assert len(app.dataframe[0].value) == 1
