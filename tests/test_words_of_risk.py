"""敏感词库 and the versions of its weights, as the office keeps them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from core import scoring, sift, words
from core.faults import BadInput
from core.models import Audit, Sense, Source, Unsifted
from core.opinion import risk
from tests.test_sift import found, tell

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
HEAD = "敏感词,类别,等级,其中不算,说明\n"


@pytest.fixture
def told(session):
    source = Source(key="s", name="微博搜索", collector="page", platform="weibo")
    session.add(source)
    session.commit()
    tell(session, source, {"a": ("某厂爆炸", ""), "b": ("小区停水三天没人管", ""), "c": ("天气晴好", "")})
    sift.run(session, now=NOW)
    return session


def waiting(session) -> int:
    return session.execute(select(func.count()).select_from(Unsifted)).scalar()


def origin(session, word: str) -> str:
    frame = words.listed(session).set_index("word")
    return frame.loc[word, "origin"] if word in frame.index else ""


def done(session, deed: str, *args, **more) -> str:
    said = getattr(words, deed)(session, *args, who="王敏", now=NOW, **more)
    session.commit()
    return said


def test_words_are_added_changed_disabled_and_restored(told):
    assert done(told, "save", "晴 好", "环境", 2, ["天气晴 好日子"], "试") == "已新增敏感词“晴 好”"
    assert done(told, "save", "晴好", "环境", 2) == "已新增敏感词“晴好”" and waiting(told) == 3
    sift.run(told, now=NOW)
    assert found(told)["c"] == (36, "环境", [])
    assert done(told, "save", "晴好", "教育", 1) == "已修改敏感词“晴好”"
    assert done(told, "save", "晴好", "教育", 1) == "“晴好”没有变化" and origin(told, "晴好") == "本单位新增"
    done(told, "save", "停水", "社会民生", 3)
    done(told, "disable", "爆炸")
    done(told, "disable", "晴好")
    assert (origin(told, "停水"), origin(told, "爆炸"), origin(told, "晴好")) == ("本单位修改", "已停用", "已停用")
    sift.run(told, now=NOW)
    assert found(told)["a"][0] == 0 == found(told)["c"][0] and found(told)["b"][1] == "社会民生"
    for word in ("爆炸", "停水", "晴好"):
        done(told, "restore", word)
    assert (origin(told, "停水"), origin(told, "爆炸"), origin(told, "晴好")) == ("系统自带", "系统自带", "本单位新增")
    sift.run(told, now=NOW)
    assert found(told)["a"][0] == 56
    actions = told.execute(select(Audit.action).order_by(Audit.id)).scalars().all()
    assert [action[0] for action in actions] == list("新新修修停停恢恢恢")


@pytest.mark.parametrize("deed, args, said", [
    ("save", ("好", "环境", 1), "太短"), ("save", ("晴好", "天气", 1), "没有“天气”这一类"),
    ("save", ("晴好", "环境", 4), "等级应为"), ("save", ("晴好", "环境", 1, ["阴雨"]), "不含“晴好”"),
    ("disable", ("没有这个词",), "不在使用中"), ("restore", ("爆炸",), "没有改动过"),
    ("restore", ("没有这个词",), "没有改动过"),
])
def test_what_cannot_be_done_is_said(told, deed, args, said):
    with pytest.raises(BadInput, match=said):
        done(told, deed, *args)
    assert waiting(told) == 0


def test_a_file_is_looked_at_and_taken_in_whole(told):
    made = words.plan(told, words.read((HEAD + "晴好,环境,较重,,\n停水,社会民生,3,,\n").encode("gb18030"), "词.csv"))
    assert made.words == "新增 1 个，修改 1 个" and waiting(told) == 0
    assert done(told, "take", made) == "敏感词：新增 1 个，修改 1 个"
    text = words.export(told)
    again = words.plan(told, words.read(text.encode(), "词.csv"))
    assert not again.added and not again.changed and again.same == len(words.used(told))
    # A file as it comes with the system takes the office's change back.
    held = words.packaged()["停水"]
    line = f"停水,{held.kind},{held.level},{'|'.join(held.unless)},{held.note}\n"
    done(told, "take", words.plan(told, words.read((HEAD + line).encode(), "词.csv")))
    assert origin(told, "停水") == "系统自带"
    with pytest.raises(BadInput, match=r"第 3 行.*等级应为"):
        words.read((HEAD + "晴好,环境,1,,\n阴雨,环境,很重,,\n").encode(), "词.csv")
    with pytest.raises(BadInput, match="只有表头"):
        words.read(HEAD.encode(), "词.csv")


OURS = replace(risk.V2, key="本区一", base={1: 20, 2: 45, 3: 80})


def state(session, key: str, to: str) -> str:
    said = scoring.set_state(session, key, to, who="王敏", now=NOW)
    session.commit()
    return said


def test_a_version_runs_in_the_shadow_is_compared_and_put_into_force(told):
    assert scoring.compare(told, now=NOW) is None
    scoring.make(told, OURS, "民生加重", who="王敏", now=NOW)
    assert [(one.version.key, one.state) for one in scoring.versions(told)] == [
        ("risk-2", "active"), ("本区一", "past"), ("risk-1", "past")]
    state(told, "本区一", "shadow")
    assert scoring.in_force(told) == (risk.V2, OURS) and waiting(told) == 3
    sift.run(told, now=NOW)
    seen = scoring.compare(told, now=NOW)
    assert (seen.active, seen.shadow, seen.looked, seen.risen, seen.fallen) == ("risk-2", "本区一", 3, 1, 0)
    assert seen.same == 2 and seen.moves[("中", "高")] == 1
    assert seen.examples[["title", "before", "after", "shadow"]].to_numpy().tolist() == [["某厂爆炸", "中", "高", 80]]
    state(told, "本区一", "active")
    assert scoring.in_force(told) == (OURS, None)
    assert scoring.compare(told, now=NOW) is None
    sift.run(told, now=NOW)
    assert found(told)["a"][0] == 80
    state(told, "risk-2", "shadow")
    state(told, "risk-2", "past")
    state(told, "risk-1", "active")
    assert scoring.in_force(told) == (risk.V1, None)


def test_scores_of_another_version_are_not_taken_for_the_shadows_and_stay_as_they_are(told):
    scoring.make(told, OURS, who="王敏", now=NOW)
    state(told, "本区一", "shadow")
    sift.run(told, now=NOW)
    state(told, "risk-1", "shadow")
    assert scoring.compare(told, now=NOW).looked == 0
    # A change of version must not write to everything that was ever scored.
    assert set(told.execute(select(Sense.shadow_version)).scalars()) == {"本区一"}
    sift.run(told, now=NOW)
    assert scoring.compare(told, now=NOW).looked == 3
    state(told, "risk-1", "past")
    sift.run(told, now=NOW)
    assert set(told.execute(select(Sense.shadow, Sense.shadow_version)).all()) == {(None, "")}


def test_versions_that_make_no_sense_are_refused(told):
    scoring.make(told, OURS, who="王敏", now=NOW)
    for made, said in (
        (OURS, "已有版本"), (replace(OURS, key="另一"), "完全相同"), (replace(risk.V1, key="risk-2"), "已有版本"),
        (replace(OURS, key=""), "1 到 30"), (replace(OURS, key="x", base={1: 5, 2: 3, 3: 9}), "依次增大"),
        (replace(OURS, key="x", here=-1), "发生在本区"), (replace(OURS, key="x", suspected=1.5), "仅为疑似"),
        (replace(OURS, key="x", reach=(1.3, 1.1)), "传播面"),
        (replace(OURS, key="x", dead=((1, 9), (3, 5))), "人员死亡"),
    ):
        with pytest.raises(BadInput, match=said):
            scoring.make(told, made, who="王敏", now=NOW)
    with pytest.raises(BadInput, match="正在使用"):
        state(told, "risk-2", "past")
    with pytest.raises(BadInput, match="不存在"):
        state(told, "别的", "active")
    with pytest.raises(BadInput, match="已是未启用"):
        state(told, "本区一", "past")


def test_sources_weigh(told):
    (id_,) = scoring.sources(told)["source_id"]
    assert scoring.weigh_sources(told, {id_: 1.2}, who="王敏", now=NOW) == "已修改 1 个来源的权重"
    told.commit()
    sift.run(told, now=NOW)
    assert found(told)["a"][0] == round(56 * 1.2) and scoring.sources(told)["weight"].tolist() == [1.2]
    for wrong in ({id_: 9}, {99: 1.2}):
        with pytest.raises(BadInput):
            scoring.weigh_sources(told, wrong, who="王敏", now=NOW)
    scoring.weigh_sources(told, {id_: 1}, who="王敏", now=NOW)
    assert scoring.source_weights(told) == {}
    assert scoring.weigh_sources(told, {id_: 1}, who="王敏", now=NOW) == "来源权重没有变化"
