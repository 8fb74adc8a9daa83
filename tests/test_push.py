"""Signed pushes of APP backends: over real HTTP to the endpoint, as files, and by the scheduler's own process."""

import asyncio
import json
import re
import signal
import socket
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select, text

from collectors import SOURCES
from collectors.push import parse
from core import clock, collect, credentials, db, evidence, ledger_sources, receive
from core.__main__ import main
from core.faults import BadInput
from core.imports import inbox, pushed
from core.labels import PASSIVE
from core.models import Account, AppReading, Capture, Coverage, Notice, Post, Reading, Run, Source
from core.query import sources
from core.records import Fetched, SourceSpec
from core.settings import ROOT
from tests.processes import Process, free_port

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
SECRET = "0123456789abcdef0123456789abcdef"
BODY = {
    "app_id": "com.district.app", "stat_date": "2026-03-09", "batch_id": "20260309-1",
    "metrics": {"active_users": 1200, "new_users": 35, "total_users": 90_000, "launches": 4000, "rating": 4.5},
    "posts": [{"id": "p1", "title": "区里召开推进会", "published_at": "2026-03-09 09:00:00", "original": True,
               "counters": {"reads": 500, "likes": 8, "favourites": 2}}],
}


class World:
    """The endpoint, and a clock that a test moves."""

    def __init__(self, session):
        self.session, self.now = session, NOW
        session.add_all([Account(platform="app", external_id=a, name=a) for a in ("com.district.app", "com.other")])
        session.flush()
        made = credentials.add(
            session, name="随申办后台", kind="push", fields={"key": "app-1", "secret": SECRET},
            secret=frozenset({"secret"}), who="测试", now=NOW,
        )
        self.source = Source(key="push", name="随申办推送", collector="push", platform="app", account_id=1,
                             credential_id=made.id, period_seconds=86_400)
        session.add(self.source)
        session.commit()
        self.receiver = receive.Receiver(parse, "127.0.0.1", 0, now=lambda: self.now)
        self.receiver.start()
        self.address = f"http://127.0.0.1:{self.receiver.port}/push"

    def send(self, body=BODY, *, key="app-1", secret=SECRET, at=None, signature=None, raw=None, headers=None):
        data = raw if raw is not None else json.dumps(body, ensure_ascii=False).encode()
        stamp = str(int((at or self.now).timestamp()))
        given = {"X-Pulse-Key": key, "X-Pulse-Timestamp": stamp,
                 "X-Pulse-Signature": signature or pushed.sign(secret, stamp, data)}
        answer = httpx.post(self.address, content=data, headers={**given, **(headers or {})}, timeout=20,
                            trust_env=False)
        self.session.expire_all()
        return answer

    def runs(self) -> list[tuple[str, str]]:
        return [(r.state, r.note) for r in self.session.execute(select(Run).order_by(Run.id)).scalars()]

    def count(self, table) -> int:
        return self.session.execute(select(func.count()).select_from(table)).scalar()


@pytest.fixture
def world(session):
    made = World(session)
    yield made
    made.receiver.stop()


def changed(**more) -> dict:
    return {**BODY, **more}


def test_a_push_is_stored_with_its_bytes(world):
    answer = world.send()
    assert answer.status_code == 200 and answer.json()["ok"] is True
    assert answer.json()["stored"] == {"new_posts": 1, "new_readings": 1, "new_days": 1}
    (reading,) = world.session.execute(select(AppReading)).scalars()
    assert (reading.day, reading.active_users, reading.launches, reading.downloads, reading.rating) == (
        date(2026, 3, 9), 1200, 4000, None, 4.5
    )
    assert (reading.observed_at, reading.reason) == (NOW, "")
    (post,) = world.session.execute(select(Post)).scalars()
    assert (post.external_id, post.published_at, post.original) == ("p1", datetime(2026, 3, 9, 1, tzinfo=UTC), True)
    counters = world.session.execute(select(Reading.reads, Reading.likes, Reading.comments)).one()
    assert tuple(counters) == (500, 8, None)
    (capture,) = world.session.execute(select(Capture)).scalars()
    assert json.loads(evidence.body(capture)) == BODY and capture.request == "推送 20260309-1"
    assert SECRET not in json.dumps(capture.meta) and reading.capture_id == capture.id
    assert world.session.execute(select(Coverage.day, Coverage.state)).all() == [(date(2026, 3, 9), "collected")]
    assert world.source.last_ok_at == NOW and world.runs()[0][0] == "ok"


def test_the_same_batch_again_changes_nothing_and_another_body_under_its_id_is_refused(world):
    world.send()
    again = world.send()
    assert again.status_code == 200 and "已收到" in again.json()["message"]
    other = world.send(changed(metrics={"active_users": 9}))
    assert other.status_code == 409 and "换一个批次号" in other.json()["message"]
    assert world.count(AppReading) == 1 and world.count(Reading) == 1 and world.count(Capture) == 1
    assert [state for state, _ in world.runs()] == ["ok", "unchanged", "failed"]


def test_a_later_batch_of_the_day_takes_the_earlier_s_place_and_both_stay(world):
    world.send()
    world.now += timedelta(hours=3)
    assert world.send(changed(batch_id="20260309-2", metrics={"active_users": 1250})).status_code == 200
    first, second = world.session.execute(select(AppReading).order_by(AppReading.observed_at)).scalars()
    assert (first.active_users, first.reason) == (1200, "")
    assert (second.active_users, second.total_users, second.reason) == (1250, 90_000, "推送批次 20260309-2 更正")


def test_equal_pushes_at_the_same_time_are_stored_once(world):
    codes: list[int] = []
    threads = [threading.Thread(target=lambda: codes.append(world.send().status_code)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [200] * 6 and world.count(AppReading) == 1 and world.count(Post) == 1


@pytest.mark.parametrize(("change", "words"), [
    ({"secret": "x" * 32}, "签名不符"), ({"signature": "é".encode()}, "签名不符"), ({"signature": b"00"}, "签名不符"),
    ({"at": NOW - timedelta(seconds=301)}, "慢 301 秒"), ({"at": NOW + timedelta(seconds=400)}, "快 400 秒"),
    ({"headers": {"X-Pulse-Timestamp": "昨天".encode()}}, "Unix 时间"),
    ({"headers": {"X-Pulse-Timestamp": "999999999999"}}, "X-Pulse-Timestamp"),
])
def test_a_signature_that_does_not_hold_is_on_record_and_nothing_stored(world, change, words):
    answer = world.send(**change)
    assert answer.status_code == 401 and words in answer.json()["message"]
    assert world.count(Capture) == 0 and world.count(AppReading) == 0
    ((state, note),) = world.runs()
    assert state == "failed" and note.startswith("拒收推送（401）") and words in note
    assert world.source.fault == "" and world.count(Notice) == 0  # a stranger can't break the source


def test_just_within_five_minutes(world):
    assert world.send(at=NOW - timedelta(minutes=5)).status_code == 200


def test_an_unknown_key_leaves_no_trace(world):
    answer = world.send(key="nobody")
    assert answer.status_code == 401 and "密钥编号不存在" in answer.json()["message"] and world.runs() == []
    bare = httpx.post(world.address, content=b"{}", trust_env=False)
    assert bare.status_code == 401 and "缺少请求头" in bare.json()["message"]


def test_an_app_that_is_not_the_key_s(world):
    answer = world.send(changed(app_id="com.other"))
    assert answer.status_code == 403 and "com.other" in answer.json()["message"] and world.count(AppReading) == 0
    world.source.enabled = False
    world.session.commit()
    assert "已被平台管理员停用" in world.send().json()["message"]


METRICS = BODY["metrics"]
POST = BODY["posts"][0]


@pytest.mark.parametrize(("body", "field", "reason"), [
    (changed(extra=1), "extra", "没有这个字段"), (changed(stat_date="昨天"), "stat_date", "2026-10-20"),
    (changed(metrics={**METRICS, "dau": 1}), "metrics.dau", "没有这个字段"),
    (changed(stat_date="2026-03-11"), "stat_date", "推送时间之后"),
    (changed(stat_date="1999-01-01"), "stat_date", "早于 2005"), (changed(metrics={}), "metrics", "至少要有一项"),
    (changed(metrics={"active_users": -1}), "metrics.active_users", "0 或更大"),
    (changed(metrics={"active_users": "12"}), "metrics.active_users", "不加引号"),
    (changed(metrics={"active_users": 1.5}), "metrics.active_users", "整数"),
    (changed(metrics={"active_users": True}), "metrics.active_users", "整数"),
    (changed(metrics={"active_users": 10**30}), "metrics.active_users", "0 或更大"),
    (changed(metrics={"rating": 9}), "metrics.rating", "0 到 5"), (changed(metrics=[1]), "metrics", "应为对象"),
    (changed(batch_id=""), "batch_id", "不能为空"), (changed(posts={}), "posts", "应为数组"),
    (changed(posts=[{**POST, "published_at": "很久以前"}]), "posts.0.published_at", "ISO 8601"),
    (changed(posts=[{**POST, "published_at": "2027-01-01 00:00:00"}]), "posts.0.published_at", "晚于采集时间"),
    (changed(posts=[{**POST, "url": "javascript:1"}]), "posts.0.url", "http"),
    (changed(posts=[{**POST, "counters": {"wows": 1}}]), "posts.0.counters.wows", "没有这个字段"),
    (changed(posts=[POST, POST]), "posts", "出现了两次"), ({"metrics": METRICS}, "app_id", "缺少必填项"),
    ([1], "", "应为对象"),
])
def test_a_body_is_taken_whole_or_not_at_all(world, body, field, reason):
    answer = world.send(body)
    assert answer.status_code == 400, answer.text
    faults = {e["field"]: e["reason"] for e in answer.json()["errors"]}
    assert reason in faults[field], faults
    assert world.count(AppReading) == 0 and world.count(Post) == 0
    assert world.count(Capture) == 1  # kept, for whoever looks into it
    assert world.source.fault == "STOP" and world.count(Notice) == 1


@pytest.mark.parametrize(("raw", "reason"), [
    (b"{", "不是完整的 JSON"), (b"\xff\xfe{}", "不是完整的 JSON"), (b"", "不是完整的 JSON"),
    (b'{"app_id": "a", "app_id": "com.district.app"}', "出现了两次：app_id"), (b'{"x": NaN}', "不是完整的 JSON"),
    (b"[" * 100_000, "不是完整的 JSON"),
])
def test_what_is_no_json(world, raw, reason):
    answer = world.send(raw=raw)
    assert answer.status_code == 400 and reason in answer.json()["errors"][0]["reason"]


def test_a_corrected_body_may_use_the_batch_id_again_and_the_notice_is_closed(world):
    assert world.send(changed(metrics={"active_users": -1})).status_code == 400
    assert world.send().status_code == 200
    assert world.source.fault == "" and world.count(AppReading) == 1
    kinds = world.session.execute(select(Notice.kind, Notice.closed_at.is_(None)).order_by(Notice.id)).all()
    assert [tuple(k) for k in kinds] == [("stop", False), ("recovered", True)]


def test_too_large_is_not_read_and_too_many_are_put_off(world):
    answer = world.send(raw=b"x" * (pushed.MAX_BODY + 1))
    assert answer.status_code == 413 and world.runs()[0][1].startswith("拒收推送（413）")

    def chunks():
        for _ in range(pushed.MAX_BODY // 500_000 + 2):
            yield b"x" * 500_000

    given = {"X-Pulse-Key": "app-1", "X-Pulse-Timestamp": "1", "X-Pulse-Signature": "0"}
    endless = httpx.post(world.address, content=chunks(), headers=given, timeout=20, trust_env=False)
    assert endless.status_code == 413
    codes = [world.send(changed(batch_id=f"b{n}", posts=[])).status_code for n in range(pushed.PER_MINUTE)]
    assert codes.count(200) == pushed.PER_MINUTE - 2 and codes[-1] == 429
    world.now += timedelta(minutes=1)
    assert world.send().status_code == 200


def test_one_that_breaks_off_stores_nothing(world):
    with socket.create_connection(("127.0.0.1", world.receiver.port)) as line:
        line.sendall(b"POST /push HTTP/1.1\r\nHost: x\r\nX-Pulse-Key: app-1\r\nX-Pulse-Timestamp: 1\r\n"
                     b"X-Pulse-Signature: 0\r\nContent-Length: 500\r\n\r\n{")
    assert httpx.get(world.address.replace("/push", "/health"), trust_env=False).json()["ok"] is True
    assert httpx.get(world.address, trust_env=False).status_code == 405
    assert world.send().status_code == 200


def test_a_database_that_can_not_take_it_asks_for_patience(world):
    world.session.execute(text("ALTER TABLE appreading RENAME TO away"))
    world.session.commit()
    answer = world.send()
    assert answer.status_code == 503 and answer.headers["retry-after"] == "60"
    assert "同一批次号" in answer.json()["message"] and world.count(Run) == 0
    world.session.execute(text("ALTER TABLE away RENAME TO appreading"))
    world.session.commit()
    assert world.send().status_code == 200


def test_a_source_that_waits_is_never_asked_and_is_late_by_its_own_period(world):
    assert {name for name, kind in SOURCES.items() if kind.passive} == set(PASSIVE)
    assert collect.due(world.session, NOW, SOURCES) == []
    with pytest.raises(BadInput, match="由对方推送"):
        ledger_sources.ask_now(world.session, world.source.id, who="测试", now=NOW)

    def line() -> dict:
        (row,) = sources.listing(world.session, world.now).to_dict("records")
        return row

    assert (line()["state"], line()["note"]) == ("waiting", "等待对方推送")
    world.send()
    assert line()["state"] == "fine" and line()["next_due_at"] == NOW + timedelta(days=1)
    world.now += timedelta(days=3)
    assert line()["state"] == "late" and line()["note"].startswith("已 3 天 没有收到推送")


def test_a_port_that_is_taken_is_said(world):
    with pytest.raises(BadInput, match="PULSE_PUSH_PORT"):
        receive.Receiver(parse, "127.0.0.1", world.receiver.port)


# --- Files ----------------------------------------------------------------------------------------------------------


def envelope(body: dict, at=NOW, secret=SECRET) -> str:
    inner, stamp = json.dumps(body, ensure_ascii=False), str(int(at.timestamp()))
    return json.dumps({"key": "app-1", "timestamp": stamp, "signature": pushed.sign(secret, stamp, inner.encode()),
                       "body": inner}, ensure_ascii=False)


def drop(database: Path, name: str, data: str | bytes) -> Path:
    file = database / "inbox" / "push" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


def sweep() -> list[inbox.Swept]:
    return inbox.sweep_inbox(clock.now() + timedelta(minutes=1), parse)


def test_a_file_with_its_signature_beside_it(world, database):
    data = json.dumps(BODY).encode()
    stamp = str(int((NOW - timedelta(days=1, hours=-20)).timestamp()))
    drop(database, "day.json", data)
    drop(database, "day.json.sig", json.dumps(
        {"key": "app-1", "timestamp": stamp, "signature": pushed.sign(SECRET, stamp, data)}
    ))
    (swept,) = sweep()
    assert swept.done, swept.message
    assert {p.suffix for p in (database / "inbox" / "done").iterdir()} == {".json", ".sig", ".txt"}
    assert not list((database / "inbox" / "push").iterdir())
    (reading,) = world.session.execute(select(AppReading)).scalars()
    assert reading.observed_at == clock.at_unix(stamp)  # the moment of the signature


def test_a_file_of_several_days_is_taken_whole_or_not_at_all(world, database):
    days = [changed(stat_date=f"2026-03-0{n}", batch_id=f"b{n}", posts=[]) for n in (7, 8, 9)]
    bad = [*days, changed(batch_id="b0", metrics={"active_users": -1})]
    drop(database, "bad.jsonl", "\n".join(envelope(day) for day in bad))
    (swept,) = sweep()
    assert not swept.done and "第 4 份推送没有入库" in swept.message and "metrics.active_users" in swept.message
    assert world.count(AppReading) == 0 and world.count(Run) == 0
    drop(database, "good.jsonl", "\n".join(envelope(day) for day in days) + "\n")
    (swept,) = sweep()
    assert swept.done and world.count(AppReading) == 3
    drop(database, "again.jsonl", envelope(days[0]))
    assert "已收到" in sweep()[0].message and world.count(AppReading) == 3


@pytest.mark.parametrize(("data", "words"), [
    (json.dumps(BODY), "不是带签名的推送"), ("", "是空的"), ("[1]", "不是带签名的推送"),
    (envelope(BODY, secret="x"), "签名不符"),
    (envelope(BODY, at=datetime(2060, 1, 1, tzinfo=UTC)), "请校准服务器时间"),
])
def test_a_file_that_can_not_be_trusted(world, database, data, words):
    drop(database, "x.json", data)
    (swept,) = sweep()
    assert not swept.done and words in swept.message and world.count(AppReading) == 0


def test_the_command_line_signs_and_imports(world, database, tmp_path, capsys):
    file = tmp_path / "body.json"
    file.write_text(json.dumps(BODY))
    assert main(["push-sign", str(file), "--key", "app-1"]) == 0
    given = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    assert given["X-Pulse-Signature"] == pushed.sign(SECRET, given["X-Pulse-Timestamp"], file.read_bytes())
    world.now = clock.at_unix(given["X-Pulse-Timestamp"])
    answer = httpx.post(world.address, content=file.read_bytes(), headers=given, trust_env=False)
    assert answer.status_code == 200
    assert main(["push-sign", str(file), "--key", "other"]) == 1
    (tmp_path / "lines.jsonl").write_text(envelope(changed(batch_id="b", stat_date="2026-03-08"), clock.now()))
    assert main(["import", "push", str(tmp_path / "lines.jsonl")]) == 0
    assert world.count(AppReading) == 2


def test_the_example_of_the_format_s_document(world):
    told = (ROOT / "docs" / "push.md").read_text("utf-8")
    body = re.search(r"```json\n(\{\"app_id\".*?)\n```", told, re.DOTALL)[1]
    names = ("示例密钥", "示例时间戳", "示例签名")
    secret, stamp, signature = (re.search(rf"{name}[^\n`]*`([^`]+)`", told)[1] for name in names)
    assert pushed.sign(secret, stamp, body.encode()) == signature
    spec = sources_spec(json.loads(body)["app_id"])
    batch = parse(spec, fetched(body.encode(), clock.at_unix(stamp)))
    assert not batch.rejects and batch.apps and batch.posts


def sources_spec(app: str):
    return SourceSpec("p", "push", "推送", "", "app", True, account=("app", app))


def fetched(body: bytes, at: datetime):
    return Fetched("推送", body, 0, "application/json", at)


def test_the_scheduler_receives_and_stops_with_what_is_at_hand(world, database):
    port = free_port()
    process = Process("scheduler.py", data_dir=database, PULSE_PUSH_PORT=str(port), PULSE_TICK_SECONDS="0.5")
    process.wait_for("pushes are received")
    world.address, world.now = f"http://127.0.0.1:{port}/push", clock.now()
    day = clock.day_of(world.now) - timedelta(1)
    answer = world.send(changed(stat_date=day.isoformat(), posts=[]))
    assert answer.status_code == 200, answer.text
    assert process.stop(signal.SIGTERM) == 0, process.said
    with db.session() as fresh:
        assert fresh.execute(select(AppReading.active_users)).scalars().all() == [1200]
        states = fresh.execute(select(Run.state).where(Run.job == "collect")).scalars().all()
    assert states == ["ok"]


def test_a_scheduler_killed_again_and_again_stores_every_batch_once(world, database):
    """The sender repeats what was not answered; after two kills every day is there exactly once."""
    port, days, process = free_port(), [clock.day_of(clock.now()) - timedelta(n) for n in range(1, 8)], None
    world.address = f"http://127.0.0.1:{port}/push"

    def start() -> Process:
        made = Process("scheduler.py", data_dir=database, PULSE_PUSH_PORT=str(port), PULSE_TICK_SECONDS="5")
        made.wait_for("pushes are received")
        return made

    def sent(day: date) -> bool:
        world.now = clock.now()
        items = [{**POST, "id": f"{day}-{n}", "published_at": f"{day} 09:00:00"} for n in range(40)]
        try:
            answer = world.send(changed(batch_id=str(day), stat_date=day.isoformat(), posts=items))
        except httpx.HTTPError:
            return False
        assert answer.status_code == 200, answer.text
        return True

    for number, day in enumerate(days):
        if number % 3 == 0:
            if process:  # in the middle of the push that is sent meanwhile
                threading.Timer(0.006 * number, process.child.kill).start()
                sent(day)
                process.child.wait(30)
            process = start()
        while not sent(day):
            if process.child.poll() is not None:
                process = start()
    assert process.stop(signal.SIGTERM) == 0, process.said
    world.session.expire_all()
    assert sorted(world.session.execute(select(AppReading.day)).scalars()) == sorted(days)
    assert world.count(Post) == world.count(Reading) == 40 * len(days)
    assert world.session.execute(select(func.count()).where(Run.finished_at.is_(None))).scalar() == 0


def test_nothing_is_asked_of_a_backend(world):
    async def answers() -> list:
        return [a async for a in SOURCES["push"].collect(sources_spec("x"), None)]

    assert asyncio.run(answers()) == []
    assert "不主动连接" in asyncio.run(SOURCES["push"].check(sources_spec("x"), None))
