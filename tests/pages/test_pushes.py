"""Files of signed pushes, uploaded in the room 账号台账."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock, credentials, db
from core.imports import pushed
from core.models import Account, AppReading, Source

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def backend(database):
    with db.session() as session:
        session.add(Account(platform="app", external_id="com.a", name="云澜随申办"))
        session.flush()
        made = credentials.add(session, name="后台", kind="push", fields={"key": "k1", "secret": SECRET},
                               secret=frozenset({"secret"}), who="测试", now=clock.now())
        session.add(Source(key="p", name="推送", collector="push", platform="app", account_id=1, credential_id=made.id))
        session.commit()


def files(**metrics) -> dict[str, bytes]:
    day = clock.day_of(clock.now()) - timedelta(1)
    body = json.dumps({"app_id": "com.a", "stat_date": str(day), "batch_id": "b1", "metrics": metrics}).encode()
    stamp = str(int(clock.now().timestamp()) - 3600)
    beside = {"key": "k1", "timestamp": stamp, "signature": pushed.sign(SECRET, stamp, body)}
    return {"day.json": body, "day.json.sig": json.dumps(beside).encode()}


def uploaded(open_room, given: dict[str, bytes]):
    app = open_room("ledger", ledger_part="导入导出")
    (uploader,) = [u for u in app.file_uploader if u.label == "上传推送文件"]
    uploader.set_value([(name, body, "application/octet-stream") for name, body in given.items()]).run()
    app.button(key="pushes_go").click().run()
    assert not app.exception, [e.value for e in app.exception]
    return app


def readings() -> list[int | None]:
    with db.session() as session:
        return list(session.execute(select(AppReading.active_users)).scalars())


def test_a_file_and_its_signature(open_room, backend):
    app = uploaded(open_room, files(active_users=1200))
    assert "已入库（批次 b1）" in app.success[0].value and readings() == [1200]


@pytest.mark.parametrize(("given", "words"), [
    (files(active_users=-5), "应为 0 或更大的整数"),
    ({"day.json": files(active_users=5)["day.json"]}, "不是带签名的推送"),
    ({"day.json.sig": b"{}"}, "请把数据文件一起上传"),
])
def test_what_is_wrong_is_said_and_nothing_stored(open_room, backend, given, words):
    app = uploaded(open_room, given)
    said = " ".join(e.value for e in (*app.error, *app.toast))
    assert words in said and readings() == []
