"""关注方案: kept, tried out, marked."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from core import district, ingest, sift, watches
from core.faults import BadInput
from core.models import Audit, Mention, Source, Unsifted, Watch, WatchHit, WatchMark
from core.opinion.watch import Profile
from core.records import Batch, MentionRecord
from tests.test_sift import NOW, TEXTS, tell


@pytest.fixture
def told(session):
    source = Source(key="s", name="微博搜索", collector="page", platform="weibo")
    session.add(source)
    district.keep(session, Profile("澜桥区", doubtful=("人民路街道",), cues=("云州",)), who="王敏", now=NOW)
    session.commit()
    tell(session, source, TEXTS)
    sift.run(session, now=NOW)
    return source


def save(session, name="停水", query="@本区 停水", **more) -> Watch:
    made = watches.save(session, name, query, who="王敏", now=NOW, **more)
    session.commit()
    return made


def test_a_watch_finds_what_came_in_of_late(session, told):
    made = save(session)
    assert session.execute(select(func.count()).select_from(Unsifted)).scalar() == len(TEXTS)
    sift.run(session, now=NOW)
    frame = watches.listed(session).set_index("name")
    assert (frame.loc["停水", "hits"], frame.loc["停水", "said"]) == (2, "提到本区，且提到“停水”")
    save(session, "停水停电", "@本区 (停水 或 停电) -云州", id_=made.id, note="值班用")
    sift.run(session, now=NOW)
    frame = watches.listed(session).set_index("name")
    assert list(frame.index) == ["停水停电"] and frame.loc["停水停电", "hits"] == 1
    save(session, "停水停电", "@本区 (停水 或 停电) -云州", id_=made.id, enabled=False)
    assert session.execute(select(func.count()).select_from(WatchHit)).scalar() == 0
    actions = session.execute(select(Audit.action).order_by(Audit.id)).scalars().all()
    assert actions == ["修改本区名称", "新增关注方案", "修改关注方案", "修改关注方案"]


def test_an_author_is_asked_for_by_name_and_found_by_pseudonym(session, told):
    run = ingest.begin(session, "collect", at=NOW, source=told)
    records = [MentionRecord(external_id=key, title="早上好", author=author, platform=platform, published_at=NOW,
                             observed_at=NOW)
               for key, author, platform in (("x", "澜桥小张", ""), ("y", "澜桥小张", "zhihu"), ("z", "小张", ""))]
    ingest.store(session, Batch(mentions=records), run=run, capture=None, source=told)
    session.commit()
    assert watches.trial(session, "作者:澜桥小张", now=NOW).met == 2
    assert watches.trial(session, "作者:澜桥小张 平台:微博", now=NOW).met == 1
    made = save(session, "小张", "作者:小张")
    sift.run(session, now=NOW)
    hits = session.execute(select(Mention.external_id, WatchHit.why).join(WatchHit)).all()
    assert hits == [("z", "作者符合方案")] and made.id
    assert watches.listed(session).set_index("name").loc["小张", "said"] == "作者是“小张”"


def test_renaming_alone_matches_nothing_anew(session, told):
    made = save(session)
    sift.run(session, now=NOW)
    save(session, "改名", id_=made.id)
    assert session.execute(select(func.count()).select_from(Unsifted)).scalar() == 0


@pytest.mark.parametrize("name, query, said", [
    ("", "停水", "1 到 40"), ("长" * 41, "停水", "1 到 40"), ("停水", "停电", "已有方案"),
    ("新的", "-停水", "只有要排除的"),
])
def test_what_cannot_be_kept_is_said_and_nothing_changes(session, told, name, query, said):
    save(session)
    with pytest.raises(BadInput, match=said):
        watches.save(session, name, query, who="王敏", now=NOW)
    session.rollback()
    assert watches.listed(session)[["name", "query"]].to_numpy().tolist() == [["停水", "@本区 停水"]]
    with pytest.raises(BadInput, match="不存在"):
        watches.save(session, "别的", "停电", id_=99, who="王敏", now=NOW)


def test_a_watch_that_cannot_be_read_any_more_stands_still_and_can_be_repaired(session, told):
    made, good = save(session), save(session, "爆炸", "爆炸")
    made.query = "停水 近 ("
    session.commit()
    sift.run(session, now=NOW)
    frame = watches.listed(session).set_index("name")
    assert (frame.loc["停水", "said"], frame.loc["爆炸", "fault"]) == ("", "")
    assert "少了一个词" in frame.loc["停水", "fault"] and frame.loc[["停水", "爆炸"], "hits"].tolist() == [0, 1]
    save(session, "停水", "停水", id_=made.id)
    sift.run(session, now=NOW)
    frame = watches.listed(session).set_index("name")
    assert (frame.loc["停水", "fault"], frame.loc["停水", "hits"]) == ("", 2)
    good.query = ""
    session.commit()
    watches.remove(session, good.id, who="王敏", now=NOW)
    session.commit()
    assert watches.listed(session)["name"].tolist() == ["停水"]


def test_a_query_is_tried_out_and_nothing_is_kept(session, told):
    found = watches.trial(session, "停水 或 爆炸", now=NOW + timedelta(hours=1))
    assert (found.looked, found.met, found.said) == (4, 3, "提到“停水”或“爆炸”")
    assert set(found.frame["title"]) == {TEXTS[key][0] for key in "acd"}
    assert "提到“爆炸”" in set(found.frame["why"])
    assert watches.trial(session, "停水", now=NOW + timedelta(days=60)).looked == 0
    assert watches.listed(session).empty
    with pytest.raises(BadInput, match="少了一个词"):
        watches.trial(session, "停水 或", now=NOW)


def test_what_a_trial_showed_to_be_right_is_kept_with_the_watch(session, told):
    found = watches.trial(session, "停水 或 爆炸", now=NOW)
    ids = dict(zip(found.frame["title"], found.frame["mention_id"], strict=True))
    made = save(session, "试跑过的", "停水 或 爆炸", marks={ids[TEXTS["a"][0]]: True, ids[TEXTS["c"][0]]: False})
    sift.run(session, now=NOW)
    assert watches.listed(session).iloc[0][["hits", "marked", "precision"]].tolist() == [3, 2, 0.5]
    seen = watches.hits(session, made.id).set_index("title")["right"]
    assert seen[TEXTS["a"][0]] and not seen[TEXTS["c"][0]] and seen.isna().sum() == 1


def test_precision_is_what_people_marked(session, told):
    made = save(session)
    sift.run(session, now=NOW)
    mentions = session.execute(select(WatchHit.mention_id).order_by(WatchHit.mention_id)).scalars().all()
    for mention, right in zip(mentions, (True, False), strict=True):
        watches.mark(session, made.id, mention, right, who="王敏", now=NOW)
    session.commit()
    row = watches.listed(session).iloc[0]
    assert (row["marked"], row["precision"]) == (2, 0.5)
    watches.mark(session, made.id, mentions[1], None, who="王敏", now=datetime(2026, 3, 3, tzinfo=UTC))
    session.commit()
    assert watches.listed(session).iloc[0]["precision"] == 1.0
    with pytest.raises(BadInput, match="已不符合"):
        watches.mark(session, made.id, 999, True, who="王敏", now=NOW)
    watches.remove(session, made.id, who="王敏", now=NOW)
    session.commit()
    assert watches.listed(session).empty
    assert session.execute(select(func.count()).select_from(WatchMark)).scalar() == 0
    with pytest.raises(BadInput, match="不存在"):
        watches.remove(session, made.id, who="王敏", now=NOW)
