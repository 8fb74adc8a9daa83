"""The public survey page over real HTTP on loopback: what it takes, what it refuses and counts."""

import re
import socket
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select, text

from core import db, listening
from core.faults import BadInput
from core.models import Audit, Survey, SurveyAnswer, SurveyNonce, SurveyRefused, Unit
from core.query import satisfaction
from core.settings import settings
from core.survey import answers, definition, guard, site
from core.survey.definition import Draft

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
SPEAKS = {"Content-Type": "application/x-www-form-urlencoded"}
MONTH = (date(2026, 3, 1), date(2026, 3, 31))


class World:
    """The page, a survey on it, and a clock that a test moves."""

    def __init__(self, session):
        self.session, self.now = session, NOW
        unit = Unit(name="区卫健委", kind="bureau")
        session.add(unit)
        session.flush()
        self.unit = unit.id
        made = definition.make(session, Draft(
            "满意度<b>调查</b>", "说明", aspects=("信息及时", "答复及时"), channels=("微博", "网站"),
            places=("一楼大厅",)), who="测试", now=NOW, key="abcdefgh")
        definition.turn(session, made.id, "open", who="测试", now=NOW)
        session.commit()
        self.survey = made.id
        self.page = None
        self.start()

    def start(self):
        self.page = site.Site("127.0.0.1", 0, now=lambda: self.now)
        self.page.start()
        self.base = f"http://127.0.0.1:{self.page.port}"
        self.web = httpx.Client(trust_env=False, timeout=20)

    def stop(self):
        self.page.stop()
        self.web.close()

    def open(self, query: str = "") -> str:
        answer = self.web.get(f"{self.base}/s/abcdefgh{query}")
        assert answer.status_code == 200, answer.text
        self.shown = answer
        return re.search(r'name="token" value="([^"]+)"', answer.text)[1]

    def send(self, token: str, *, after: float = 20, headers=None, **fields):
        self.now += timedelta(seconds=after)
        given = {"token": token, "overall": "good", "homepage": "", **fields}
        return self.web.post(f"{self.base}/s/abcdefgh", data=given, headers=headers or {})

    def kept(self) -> list[SurveyAnswer]:
        self.session.expire_all()
        return list(self.session.execute(select(SurveyAnswer).order_by(SurveyAnswer.id)).scalars())

    def refused(self) -> dict[str, int]:
        self.page.settle()
        self.session.expire_all()
        return dict(self.session.execute(select(SurveyRefused.reason, SurveyRefused.number)).all())


@pytest.fixture
def world(session):
    made = World(session)
    yield made
    made.stop()


def test_a_persons_answer_is_kept_without_anything_about_the_person(world):
    token = world.open(f"?u={world.unit}&p={definition.code_of('一楼大厅')}")
    assert "区卫健委" in world.shown.text and "一楼大厅" in world.shown.text
    assert "<b>调查" not in world.shown.text and "&lt;b&gt;" in world.shown.text and "<script" not in world.shown.text
    heads = world.shown.headers
    assert "default-src 'none'" in heads["content-security-policy"] and "frame-ancestors 'none'" in heads[
        "content-security-policy"]
    assert heads["x-content-type-options"] == "nosniff" and "set-cookie" not in heads and "server" not in heads
    before = db.stamp(world.session)
    said = "办事快！<script>alert(1)</script>\r\n我叫张三丰，电话13812345678，微信号：zhang_3f\x07"
    done = world.send(token, a0="best", channel="微博", text=said,
                      headers={"Origin": world.base, "X-Real-Ip": "1.2.3.4"})
    assert done.status_code == 303 and world.web.get(world.base + done.headers["location"]).status_code == 200
    (row,) = world.kept()
    assert (row.overall, row.unit_id, row.place, row.channel, row.aspects) == (
        "good", world.unit, "一楼大厅", "微博", {"信息及时": "best"})
    assert row.text == ("办事快！<script>alert(1)</script>\n我叫［姓名已隐去］，电话［电话已隐去］，"
                        "微信号：［账号已隐去］")
    assert row.at == world.now.replace(second=0, microsecond=0) and row.day == date(2026, 3, 10)
    world.page.settle()
    assert db.stamp(world.session) > before
    whole = "".join(str(tuple(one)) for table in ("surveyanswer", "surveynonce", "audit")
                    for one in world.session.execute(text(f"SELECT * FROM {table}")))
    assert not any(secret in whole for secret in ("13812345678", "张三", "zhang_3f", "127.0.0.1", "1.2.3.4", "httpx"))
    rate = satisfaction.pooled(world.session, *MONTH)
    assert (rate.n, rate.satisfied) == (1, 1)


def test_what_machines_send_is_refused_and_counted(world):
    token = world.open()
    early = world.send(token, after=1)
    assert early.status_code == 422 and "太快" in early.text and token in early.text
    trapped = world.send(token, homepage="http://spam.example")
    assert trapped.status_code == 422 and "spam" not in trapped.text
    assert world.send(token, overall="", text="先写了意见").status_code == 422
    assert world.send(token, headers={"Origin": "https://evil.example"}).status_code == 403
    assert world.send(token, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert world.send(token[:-1] + "x").status_code == 400
    other = token.replace(f"{world.survey}.0.", f"{world.survey}.{world.unit}.", 1)
    assert world.send(other).status_code == 400
    assert world.send(token, text="x" * 9_000).status_code == 413
    assert world.web.post(f"{world.base}/s/abcdefgh", content=b"{}", headers={"Content-Type": "application/json"}
                          ).status_code == 400
    twice = f"token={token}&overall=good&overall=best"
    assert world.web.post(f"{world.base}/s/abcdefgh", content=twice, headers=SPEAKS).status_code == 400
    assert world.send(token, unit="999").status_code == 400
    assert world.kept() == []
    assert world.send(token).status_code == 303  # none of these used the form up
    assert world.send(token).status_code == 409
    assert world.send(world.open(), after=5 * 3600).status_code == 400
    assert world.refused() == {"early": 1, "trap": 1, "origin": 2, "forged": 2, "form": 5, "again": 1, "late": 1}
    assert len(world.kept()) == 1


def test_a_form_is_taken_once_also_across_a_restart(world):
    token = world.open()
    assert world.send(token).status_code == 303
    world.stop()
    world.start()
    assert world.send(token).status_code == 409 and len(world.kept()) == 1
    world.now += timedelta(hours=5)
    world.refused()
    assert world.session.execute(select(SurveyNonce)).all() == []


def test_many_from_one_place_wait_for_a_person_and_a_flood_is_turned_away(world, monkeypatch):
    monkeypatch.setattr(guard, "MANY", (8, 300))
    for _ in range(9):
        world.now += timedelta(seconds=30)
        last = world.send(world.open())
    assert last.status_code == 429 and last.headers["retry-after"] == "60" and "同一网络" in last.text
    assert [row.flag for row in world.kept()] == [""] * 5 + ["many"] * 3
    assert satisfaction.pooled(world.session, *MONTH).n == 5 and satisfaction.waiting(world.session) == 3
    ids = [row.id for row in world.kept()]
    assert answers.count(world.session, ids[5:7], why="", who="甲", now=world.now) == 2
    assert answers.strike(world.session, ids[:1], why="乱填", who="甲", now=world.now) == 1
    with pytest.raises(BadInput, match="理由"):
        answers.strike(world.session, ids[:1], why=" ", who="甲", now=world.now)
    world.session.commit()
    assert satisfaction.pooled(world.session, *MONTH).n == 6 and satisfaction.waiting(world.session) == 1
    struck = satisfaction.written(world.session, *MONTH, state="struck")
    assert struck[["who", "why"]].values.tolist() == [["甲", "乱填"]]
    answers.count(world.session, ids[:1], why="看错了", who="乙", now=world.now)
    world.session.commit()
    assert satisfaction.pooled(world.session, *MONTH).n == 7 and len(world.kept()) == 8
    assert [a.action for a in world.session.execute(select(Audit).order_by(Audit.id)).scalars()][-3:] == [
        "答卷计入统计", "剔除答卷", "答卷计入统计"]
    assert world.refused() == {"flood": 1}
    world.now += timedelta(hours=2)
    assert world.send(world.open()).status_code == 303


def test_it_does_nothing_else(world):
    for path, status in (("/", 404), ("/s/other", 404), ("/s/abcdefgh/answers", 404), ("/s/" + "x" * 500, 404)):
        assert world.web.get(world.base + path).status_code == status
    assert world.web.put(f"{world.base}/s/abcdefgh").status_code == 405
    assert "default-src 'none'" in world.web.get(world.base + "/").headers["content-security-policy"]
    assert world.web.get(world.base + "/health").text == "ok"
    with socket.create_connection(("127.0.0.1", world.page.port)) as raw:
        raw.settimeout(10)
        raw.sendall(b"GET /s/a HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000)
        assert b" 400 " in raw.recv(100)


def test_who_never_finishes_asking_keeps_nobody_out(world, monkeypatch):
    monkeypatch.setattr(listening.Impatient, "SECONDS", 0.2)
    for begun in (b"", b"GET /s/abcdefgh HTTP/1.1\r\nHost: x\r\n", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET"):
        with socket.create_connection(("127.0.0.1", world.page.port)) as raw:
            raw.settimeout(10)
            raw.sendall(begun)
            while raw.recv(10_000):
                pass
    assert world.send(world.open()).status_code == 303


def test_a_survey_takes_answers_in_its_days_and_while_it_is_open(world):
    token = world.open()
    definition.change(world.session, world.survey, Draft("调查", closes_on=date(2026, 3, 10), by_unit=False),
                      who="测试", now=NOW)
    world.session.commit()
    world.now += timedelta(minutes=1)
    world.open()
    assert "哪个单位" not in world.shown.text and "信息及时" not in world.shown.text
    world.now += timedelta(hours=14, minutes=1)  # 00:02 of the next day in Shanghai
    assert "已结束" in world.web.get(f"{world.base}/s/abcdefgh").text
    definition.change(world.session, world.survey, Draft("调查"), who="测试", now=NOW)
    world.session.commit()
    world.now += timedelta(minutes=1)
    token = world.open()
    definition.turn(world.session, world.survey, "closed", who="测试", now=NOW)
    world.session.commit()
    gone = world.send(token)
    assert gone.status_code == 410 and "已结束" in gone.text and world.refused() == {"closed": 1}
    assert world.session.get(Survey, world.survey).state == "closed"


@pytest.mark.parametrize(("peer", "forwarded", "proxies", "found"), [
    ("9.9.9.9", ["1.1.1.1"], "", "9.9.9.9"),
    ("10.0.0.2", ["1.1.1.1, 2.2.2.2"], "10.0.0.0/8", "2.2.2.2"),
    ("10.0.0.2", ["1.1.1.1, 2.2.2.2, 10.0.0.9"], "10.0.0.0/8", "2.2.2.2"),
    ("::ffff:10.0.0.2", ["1.1.1.1", "2001:db8::1"], "10.0.0.2", "2001:db8::1"),
    ("10.0.0.2", ["<script>"], "10.0.0.2", "10.0.0.2"),
])
def test_the_address_is_believed_of_named_proxies_only(peer, forwarded, proxies, found):
    assert guard.client(peer, forwarded, proxies) == found


def test_addresses_are_forgotten_with_the_day(session):
    one = guard.Guard()
    for n in range(7):
        flag = one.answered("2001:db8::1" if n % 2 else "2001:db8::2", NOW)  # one subscriber's network
    assert flag == "many" and one.answered("2001:db8:1::1", NOW) == ""
    assert one.answered("2001:db8::1", NOW + timedelta(hours=14)) == ""
    assert b"2001" not in b"".join(one._seen)


def test_links_name_unit_and_place(monkeypatch, data_dir):
    monkeypatch.setenv("PULSE_SURVEY_URL", "https://wj.example.gov.cn/")
    settings.cache_clear()
    assert definition.link("abc", 7, "大厅") == f"https://wj.example.gov.cn/s/abc?u=7&p={definition.code_of('大厅')}"
    monkeypatch.setenv("PULSE_SURVEY_PROXIES", "10.0.0.0/33")
    settings.cache_clear()
    with pytest.raises(ValueError, match="PULSE_SURVEY_PROXIES"):
        settings()
