"""Authors are known by pseudonyms."""

from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import delete, select

from core import authors, credentials, db, ingest
from core.faults import BadInput
from core.models import Mention, Remembered, Source, Watch, WatchHit
from core.records import Batch, MentionRecord
from tests.conftest import forget

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


def told(session, *names: str) -> list[str]:
    """What is stored of mentions by these authors."""
    source = Source(key="s", name="论坛", collector="page", platform="news")
    session.add(source)
    session.flush()
    run = ingest.begin(session, "collect", at=NOW, source=source)
    records = [MentionRecord(external_id=str(n), title="停水", author=name, published_at=NOW, observed_at=NOW)
               for n, name in enumerate(names)]
    ingest.store(session, Batch(mentions=records), run=run, capture=None, source=source)
    session.commit()
    return list(session.execute(select(Mention.author).order_by(Mention.id)).scalars())


def test_names_are_stored_as_pseudonyms(session):
    first, second, none, spoof = told(session, "张三", " 张三 ", "", "匿名·0123456789abcdef")
    assert first == second == authors.hidden("张三", "news") != authors.hidden("张三", "weibo")
    assert first.startswith("匿名·") and "张" not in first and none == ""
    assert spoof != "匿名·0123456789abcdef"


def test_names_from_before_are_converted_once(session):
    stored = told(session, "张三", "李四", "")
    for mention in session.execute(select(Mention)).scalars():
        mention.author = {"0": "张三", "1": mention.author, "2": ""}[mention.external_id]
    session.execute(delete(Remembered))
    session.commit()
    assert authors.convert(session, NOW) == 1
    session.expire_all()
    assert list(session.execute(select(Mention.author).order_by(Mention.id)).scalars()) == stored
    assert authors.convert(session, NOW) == 0


def test_names_that_were_converted_stand_nowhere_in_the_file_any_more(session, database):
    names = [f"澜桥区居民第{n}号" for n in range(300)]
    told(session, *names)
    for mention in session.execute(select(Mention)).scalars():
        mention.author = names[int(mention.external_id)]
    watch = Watch(name="甲", query="作者:澜桥区居民第7号", at=NOW)
    session.add(watch)
    session.flush()
    session.add(WatchHit(watch_id=watch.id, mention_id=mention.id, why="作者提到“澜桥区居民第8号”；提到“停水”"))
    session.execute(delete(Remembered))
    session.commit()
    assert authors.convert(session, NOW) == 300
    assert session.execute(select(WatchHit.why)).scalar() == "作者符合方案；提到“停水”"
    stored = b"".join(file.read_bytes() for file in database.glob("pulse.db*"))
    assert stored.count("澜桥区居民第".encode()) == 1  # what the watch asks for


def test_two_first_starts_at_once_convert_once(session, monkeypatch):
    told(session, "张三")
    session.execute(select(Mention)).scalar_one().author = "张三"
    session.execute(delete(Remembered))
    session.commit()
    real = authors.hidden

    def hidden(author: str, platform: str) -> str:
        monkeypatch.setattr(authors, "hidden", real)
        with db.session() as other:
            assert authors.convert(other, NOW) == 1
        return real(author, platform)

    monkeypatch.setattr(authors, "hidden", hidden)
    assert authors.convert(session, NOW) == 1
    session.expire_all()
    assert session.execute(select(Mention.author)).scalar() == real("张三", "news")
    assert session.get(Remembered, authors.DONE).value == {"mentions": 1}


def test_migrating_hides_the_names(session):
    told(session, "张三")
    session.execute(select(Mention)).scalar_one().author = "张三"
    session.execute(delete(Remembered))
    session.commit()
    db.migrate()
    session.expire_all()
    assert session.execute(select(Mention.author)).scalar() == authors.hidden("张三", "news")


def test_derived_keys_belong_to_the_offices_key_and_the_purpose(data_dir, monkeypatch):
    one = credentials.derived("a")
    assert len(one) == 32 and one == credentials.derived("a") != credentials.derived("b")
    monkeypatch.setenv("PULSE_SECRET_KEY", Fernet.generate_key().decode())
    forget()
    assert credentials.derived("a") != one
    monkeypatch.setenv("PULSE_SECRET_KEY", "no key")
    forget()
    with pytest.raises(BadInput, match="不是可用的密钥"):
        credentials.derived("a")
