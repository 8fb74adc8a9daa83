"""What comes in is matched and scored at once; what changes is read again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from core import db, district, ingest, scoring, sift, unsifted, watches
from core.models import Mention, OwnPlace, RiskVersion, RiskWord, Sense, Source, Unit, Unsifted, Watch, WatchHit
from core.opinion import risk
from core.opinion.watch import Profile
from core.records import Batch, MentionRecord

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
TEXTS = {
    "a": ("澜桥区停水三天没人管", "居民投诉无门，求关注！！"), "b": ("天气晴好", ""),
    "c": ("某厂爆炸致3人死亡", "现场浓烟滚滚"),
    "d": ("云州人民路街道停水", ""),
}


@pytest.fixture
def told(session):
    """A source that told four things, with two watches and the district's names."""
    source = Source(key="s", name="微博搜索", collector="page", platform="weibo")
    session.add_all([source, Watch(name="停水", query="@本区 停水", at=NOW), Watch(name="爆炸", query="爆炸", at=NOW),
                     Watch(name="停用", query="天气", at=NOW, enabled=False)])
    district.keep(session, Profile("澜桥区", doubtful=("人民路街道",), cues=("云州",)), who="王敏", now=NOW)
    session.commit()
    tell(session, source, TEXTS)
    return source


def tell(session, source: Source, texts: dict[str, tuple[str, str]], at: datetime = NOW) -> None:
    run = ingest.begin(session, "collect", at=at, source=source)
    records = [MentionRecord(external_id=key, title=title, text=text, published_at=at, observed_at=at)
               for key, (title, text) in texts.items()]
    stored = ingest.store(session, Batch(mentions=records), run=run, capture=None, source=source)
    ingest.finish(session, run, "ok", stored.words, at=at, stored=stored)
    session.commit()


def found(session) -> dict[str, tuple[int, str, list[str]]]:
    """By mention: score, class, names of the watches that it meets."""
    session.expire_all()
    out = {}
    for mention, sense in session.execute(
        select(Mention, Sense).join(Sense, Sense.mention_id == Mention.id).order_by(Mention.id)
    ):
        names = session.execute(select(Watch.name).join(WatchHit, WatchHit.watch_id == Watch.id).where(
            WatchHit.mention_id == mention.id).order_by(Watch.name)).scalars()
        out[mention.external_id] = (sense.risk, sense.risk_kind, list(names))
    return out


def test_mentions_are_matched_and_scored_once(session, told):
    assert session.execute(select(func.count()).select_from(Unsifted)).scalar() == 4
    assert sift.run(session, now=NOW) == 4 and sift.run(session, now=NOW) == 0
    seen = found(session)
    assert {key: (kind, names) for key, (_, kind, names) in seen.items()} == {
        "a": ("住房物业", ["停水"]), "b": ("", []), "c": ("安全事故", ["爆炸"]), "d": ("住房物业", ["停水"])}
    assert seen["c"][0] >= 70 > seen["a"][0] > 0 == seen["b"][0]
    hit = session.execute(select(WatchHit).join(Mention).where(Mention.external_id == "d")).scalar_one()
    assert hit.why == "提到本区（人民路街道、云州，互相印证）；提到“停水”"
    title = TEXTS["d"][0]
    assert [title[start:end] for name, start, end in hit.spans if name == "title"] == ["云州", "人民路街道", "停水"]
    sense = session.execute(select(Sense).join(Mention).where(Mention.external_id == "a")).scalar_one()
    assert "发生在本区" in sense.why and sense.version == "risk-2" and sense.shadow is None
    whole = "\n".join(TEXTS["a"])
    assert [whole[start:end] for _, start, end, way in sense.words if way == "原文"][:2] == ["停水", "投诉"]


def test_where_it_happened_and_how_it_is_meant(session, told):
    district.keep(session, Profile("浦东新区", code="310115"), who="王敏", now=NOW)
    tell(session, told, {
        "p": ("上海浦东新区川沙新镇一厂房起火", "现场浓烟滚滚，太吓人了，愤怒！"),
        "q": ("新华社北京电", "杭州市西湖区一小区停水"),
    })
    sift.run(session, now=NOW)
    rows = {m.external_id: s for m, s in session.execute(select(Mention, Sense).join(Sense)).all()}
    assert rows["p"].place_code.startswith("310115") and rows["p"].town == "川沙新镇" and "川沙新镇" in rows["p"].place
    assert "发生在本区" in rows["p"].why and rows["p"].sentiment == "负面" and 0 < rows["p"].confidence <= 1
    assert rows["q"].place_code.startswith("330106") and "发生在外地" in rows["q"].why
    assert rows["b"].place == "" and rows["b"].place_why == "没有写明地点" and rows["b"].sentiment


def test_what_cannot_be_read_has_no_sentiment_rather_than_a_neutral_one(session, told):
    tell(session, told, {"e": ("Explosion at a plant in Shanghai 爆炸", ""), "s": ("怒", ""),
                         "l": ("停水", "爆炸" * 15_000)})
    sift.run(session, now=NOW)
    rows = {m.external_id: s for m, s in session.execute(select(Mention, Sense).join(Sense)).all()}
    assert {key: (rows[key].guard, rows[key].sentiment, rows[key].confidence) for key in "es"} == {
        "e": ("非中文", "", 0), "s": ("过短", "", 0)}
    assert rows["e"].risk > 0 and rows["e"].sentiment_words == []
    assert rows["l"].guard == "过长" and rows["l"].sentiment and rows["b"].guard == "" and rows["b"].sentiment


def test_who_is_responsible_and_how_far_it_went(session, told):
    street = Unit(name="川沙新镇", kind="street")
    session.add_all([street, Watch(name="川沙", query="单位:川沙新镇", at=NOW),
                     Watch(name="平台", query="厂房 平台:微博 热度>=100万", at=NOW)])
    district.keep(session, Profile("浦东新区", code="310115"), who="王敏", now=NOW)
    tell(session, told, {"p": ("上海浦东新区川沙新镇一厂房起火", "")})
    sift.run(session, now=NOW)
    row = session.execute(select(Mention).where(Mention.external_id == "p")).scalar_one()
    sense = session.get(Sense, row.id)
    assert (sense.unit_id, sense.unit_why) == (street.id, "发生在川沙新镇，属川沙新镇")
    assert found(session)["p"][2] == ["川沙"] and "传播面" not in sense.why
    row = session.get(Mention, row.id)
    row.heat = 1_200_000
    unsifted.again(session, NOW)
    session.commit()
    before = sense.risk
    sift.run(session, now=NOW)
    session.expire_all()
    sense = session.get(Sense, row.id)
    assert found(session)["p"][2] == ["川沙", "平台"] and "传播面“热度 1,200,000” ×1.1" in sense.why
    assert sense.risk == round(before * 1.1)


def test_without_a_code_the_offices_own_places_tell_where_it_was(session, told):
    street = Unit(name="云澜区听泉街道", kind="street")
    session.add(street)
    session.flush()
    district.keep(session, Profile("云澜区", streets=("听泉街道",)), who="王敏", now=NOW)
    session.add_all([OwnPlace(name="桂园新村", kind="小区", street="听泉街道", at=NOW),
                     OwnPlace(name="云澜桥", kind="地标", unit_id=street.id, at=NOW)])
    tell(session, told, {"e": ("桂园新村3号楼起火", ""), "w": ("云澜桥上发生爆炸", ""),
                         "t": ("听泉一带停水，居民投诉", ""), "s": ("上海浦东新区一厂房起火", "")})
    sift.run(session, now=NOW)
    rows = {m.external_id: s for m, s in session.execute(select(Mention, Sense).join(Sense)).all()}
    assert (rows["e"].place, rows["e"].town, rows["e"].place_code) == ("听泉街道桂园新村", "听泉街道", "")
    assert rows["e"].unit_id == rows["w"].unit_id == street.id and "发生在本区" in rows["e"].why
    assert rows["e"].unit_why == "发生在听泉街道，属云澜区听泉街道" and "本区地点名录" in rows["w"].unit_why
    assert (rows["t"].place, rows["t"].town, rows["t"].unit_id) == ("听泉街道", "听泉街道", street.id)
    assert rows["s"].unit_id is None and "本区" not in rows["s"].why and rows["s"].place_code == "310115"


def test_reprints_that_are_known_count_as_reach(session, told):
    session.add(Watch(name="转载", query="转载>=3", at=NOW))
    tell(session, told, {f"r{n}": ("某厂爆炸", "") for n in range(4)})
    rows = session.execute(
        select(Mention).where(Mention.external_id.startswith("r")).order_by(Mention.id)).scalars().all()
    for row in rows:
        row.fold_id, row.fold_kind = rows[0].id, "reprint" if row is not rows[0] else ""
    session.commit()
    sift.run(session, now=NOW)
    assert {key for key, (*_, names) in found(session).items() if "转载" in names} == {"r0", "r1", "r2", "r3"}


def test_a_text_that_comes_later_is_read_again(session, told):
    sift.run(session, now=NOW)
    tell(session, told, {"b": ("天气晴好", "可是某厂爆炸了")}, NOW + timedelta(hours=1))
    assert session.execute(select(func.count()).select_from(Unsifted)).scalar() == 1
    sift.run(session, now=NOW)
    assert found(session)["b"][1:] == ("安全事故", ["爆炸"])
    tell(session, told, {"b": ("天气晴好", "可是某厂爆炸了")}, NOW + timedelta(hours=2))
    assert session.execute(select(func.count()).select_from(Unsifted)).scalar() == 0


def test_changes_of_watches_words_and_versions_count_when_asked_again(session, told):
    sift.run(session, now=NOW)
    session.execute(select(Watch).where(Watch.name == "爆炸")).scalar_one().query = "爆炸 -某厂"
    session.add_all([
        RiskWord(word="停水", kind="社会民生", level=3, at=NOW), RiskWord(word="晴好", kind="环境", level=1, at=NOW),
        RiskWord(word="爆炸", kind="安全事故", level=3, enabled=False, at=NOW),
        RiskVersion(key="ours-2", weights={"here": 40, "base": {"1": 1, "2": 2, "3": 3}, "more": [1, 1]},
                    state="shadow", at=NOW),
    ])
    session.commit()
    before = found(session)
    assert unsifted.again(session, NOW + timedelta(days=31)) == 0
    assert unsifted.again(session, NOW) == 4
    session.commit()
    sift.run(session, now=NOW)
    after = found(session)
    assert after["c"][2] == [] and after["c"][0] < before["c"][0]
    assert after["a"][0] > before["a"][0] and after["a"][1] == "社会民生" and after["b"] == (18, "环境", [])
    shadow = dict(session.execute(select(Mention.external_id, Sense.shadow).join(Sense)).all())
    assert shadow["b"] == 1 and shadow["a"] > 40


def meanwhile(monkeypatch, *deeds) -> None:
    """Each time that a batch has been read and its rules are known, somebody else does and commits the next deed."""
    real, left = sift.sieve, iter(deeds)

    def sieve(session):
        made = real(session)
        if deed := next(left, None):
            with db.session() as other:
                deed(other)
                other.commit()
        return made

    monkeypatch.setattr(sift, "sieve", sieve)


def test_rules_that_change_while_mentions_are_sifted_count_for_all_of_them(session, told, monkeypatch):
    def watch(name: str, query: str):
        return lambda other: watches.save(other, name, query, who="李强", now=NOW)

    monkeypatch.setattr(sift, "BATCH", 2)
    meanwhile(monkeypatch, watch("天气", "天气"), watch("厂", "某厂"))
    sift.run(session, now=NOW)
    assert {key: names for key, (*_, names) in found(session).items()} == {
        "a": ["停水"], "b": ["天气"], "c": ["厂", "爆炸"], "d": ["停水"]}
    assert session.execute(select(func.count()).select_from(Unsifted)).scalar() == 0


def test_a_text_that_comes_while_its_title_is_sifted_is_read_too(session, told, monkeypatch):
    meanwhile(monkeypatch, lambda other: tell(
        other, other.get(Source, told.id), {"b": ("天气晴好", "可是某厂爆炸了")}, NOW + timedelta(hours=1)))
    sift.run(session, now=NOW)
    assert found(session)["b"][1:] == ("安全事故", ["爆炸"])
    assert session.execute(select(func.count()).select_from(Unsifted)).scalar() == 0


@pytest.mark.parametrize("removed", [True, False])
def test_a_watch_that_goes_while_mentions_are_sifted_finds_nothing(session, told, monkeypatch, removed):
    gone = session.execute(select(Watch.id).where(Watch.name == "爆炸")).scalar_one()
    meanwhile(monkeypatch, lambda other: watches.remove(other, gone, who="李强", now=NOW) if removed else watches.save(
        other, "爆炸", "爆炸", id_=gone, enabled=False, who="李强", now=NOW))
    assert sift.run(session, now=NOW) == 4
    assert {key: names for key, (*_, names) in found(session).items()} == {
        "a": ["停水"], "b": [], "c": [], "d": ["停水"]}


def test_what_came_of_late_is_asked_for_by_index(session):
    """Of the mentions of years only those of the period are read."""
    plans = []

    def explain(_, cursor, statement, params, *__) -> None:
        if "published_at >=" in statement:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", params)
            plans.append(" ".join(row[3] for row in cursor.fetchall()))

    event.listen(db.engine(), "before_cursor_execute", explain)
    unsifted.again(session, NOW)
    watches.trial(session, "停水", now=NOW)
    assert len(plans) == 2 and all("SEARCH mention USING INDEX ix_mention_day_platform (day>?)" in one for one in plans)


def test_versions_are_read_back_as_they_were_stored():
    row = RiskVersion(key="x", weights={"dead": [[5, 20], [1, 10]], "suspected": 0.3}, at=NOW)
    made = scoring.version_of(row)
    assert (made.key, made.dead, made.suspected) == ("x", ((5, 20), (1, 10)), 0.3)
    assert replace(made, key="risk-1", dead=risk.V1.dead, suspected=0.5) == risk.V1
