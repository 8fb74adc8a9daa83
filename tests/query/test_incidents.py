"""Incidents as they are read: clocks, the list by urgency, one file, its figures, the draft that is made of them."""

from datetime import UTC, datetime, timedelta

import pytest

from core import clock, incidents, viewing
from core.corrections import SENTIMENT, correct
from core.incidents import draft as drafting
from core.incidents import phrases
from core.incidents.entered import RISK, SUMMARY
from core.models import Incident, Platform, Sense, Unit
from core.query import incident_mentions as linked
from core.query import incidents as query
from core.query.incident_mentions import Standing
from core.query.incidents import Wanted
from tests.opinion.test_viewpoints import SAID
from tests.spoken import feel, say, source, topic
from tests.test_viewing import ARTICLE, HEADLINE, PLAIN

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def weibo(session):
    return source(session, "weibo", name="微博话题")


@pytest.fixture
def unit(session):
    made = Unit(name="水务局", kind="bureau")
    session.add(made)
    session.commit()
    return made


def open_(session, title, level="blue", at=NOW, **more):
    made = incidents.open_(session, title, level, more.pop("mentions", ()), more.pop("topics", ()), found_at=at,
                           who=more.pop("who", "张三"), now=more.pop("now", NOW), **more)
    session.commit()
    return made


def advance(session, made, *stages, at=None, why="依实际"):
    for stage in stages:
        incidents.advance(session, made.id, stage, why, at=at, who="李四", now=NOW)
    session.commit()


def clocks(session, made, now=NOW):
    return query.clocks(query.file(session, made.id).head, now)


# --- Clocks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("time", "words"), [
    (timedelta(0), "不到 1 分钟"), (timedelta(seconds=59), "不到 1 分钟"),
    (timedelta(minutes=12, seconds=50), "12 分钟"),
    (3 * HOUR + timedelta(minutes=12), "3 小时 12 分"), (2 * HOUR, "2 小时"), (24 * HOUR, "1 天"),
    (51 * HOUR + timedelta(minutes=30), "2 天 3 小时"), (48 * HOUR + timedelta(minutes=5), "2 天"),
])
def test_lengths_of_time_in_words(time, words):
    assert query.span(time) == words


@pytest.mark.parametrize(("level", "hours"), [
    ("red", [5, 24, 48]), ("orange", [5, 24, 48]), ("yellow", [48]), ("blue", [48])])
def test_clocks_run_by_level_from_the_first_capture(session, level, hours):
    found = clocks(session, open_(session, "停水", level, NOW - 6 * HOUR))
    assert [(one.hours, one.due_at - NOW + 6 * HOUR) for one in found] == [(many, many * HOUR) for many in hours]
    assert all(one.running for one in found)
    if len(hours) > 1:
        assert [one.words for one in found] == ["已超时 1 小时", "剩 18 小时", "剩 1 天 18 小时"]
        assert [one.name for one in found] == ["权威发布", "新闻发布会", "回应"]


def test_another_level_has_other_clocks_at_once(session):
    made = open_(session, "停水", "blue", NOW - 2 * HOUR)
    incidents.set_level(session, made.id, "red", who="李四", now=NOW)
    assert [one.words for one in clocks(session, made)] == ["剩 3 小时", "剩 22 小时", "剩 1 天 22 小时"]


def test_clocks_stop_when_the_answer_is_given_and_run_again_where_it_is_taken_back(session):
    made = open_(session, "停水", "red", NOW - 30 * HOUR)
    advance(session, made, "answered", at=NOW - 10 * HOUR)
    found = clocks(session, made, NOW + 99 * HOUR)
    assert [one.words for one in found] == ["超时 15 小时回应", "按时回应，用时 20 小时", "按时回应，用时 20 小时"]
    assert [one.late for one in found] == [True, False, False] and not any(one.running for one in found)
    advance(session, made, "settled")
    assert clocks(session, made)[1].words == "按时回应，用时 20 小时", "the first stage from 回应 on counts"
    advance(session, made, "handled")
    assert [one.words for one in clocks(session, made)] == ["已超时 1 天 1 小时", "已超时 6 小时", "剩 18 小时"]
    advance(session, made, "settled", at=NOW - HOUR)
    assert clocks(session, made)[2].words == "按时办结，用时 1 天 5 小时"


def test_a_withdrawn_incident_has_no_clocks_and_a_row_only_while_they_run(session):
    made = open_(session, "停水", "red", NOW - HOUR)
    assert [one.words for one in query.clocks(session.get(Incident, made.id), NOW)] == [
        "剩 4 小时", "剩 23 小时", "剩 1 天 23 小时"]
    advance(session, made, "answered")
    assert query.clocks(session.get(Incident, made.id), NOW) == () and len(clocks(session, made)) == 3
    incidents.withdraw(session, made.id, "误报", who="李四", now=NOW)
    assert clocks(session, made) == ()


# --- The list -------------------------------------------------------------------------------------------------------


@pytest.fixture
def many(session, unit):
    made = {
        "blue48": open_(session, "蓝色剩一小时", "blue", NOW - 47 * HOUR, town="青山街道"),
        "red5": open_(session, "红色剩两小时", "red", NOW - 3 * HOUR, town="白水镇", unit_id=unit.id),
        "late": open_(session, "黄色已超时", "yellow", NOW - 60 * HOUR, town="青山街道"),
        "twin": open_(session, "橙色剩两小时", "orange", NOW - 3 * HOUR),
        "answered": open_(session, "已回应", "red", NOW - 90 * HOUR),
        "settled": open_(session, "已办结", "red", NOW - 90 * HOUR),
        "withdrawn": open_(session, "误报的", "red", NOW - 90 * HOUR),
    }
    advance(session, made["answered"], "answered")
    advance(session, made["settled"], "settled")
    incidents.withdraw(session, made["withdrawn"].id, "误报", who="李四", now=NOW)
    session.commit()
    return made


def test_the_most_urgent_stand_first(session, many):
    frame = query.listed(session, NOW)
    assert list(frame["title"]) == ["红色剩两小时", "橙色剩两小时", "黄色已超时", "蓝色剩一小时", "已回应"]
    assert list(frame["clock_words"]) == ["剩 2 小时", "剩 2 小时", "已超时 12 小时", "剩 1 小时", ""]
    assert list(frame["late"]) == [False, False, True, False, False]
    assert list(frame["clock"]) == ["权威发布", "权威发布", "回应", "回应", ""]
    every = query.listed(session, NOW, Wanted("all"))
    assert set(every["title"][-2:]) == {"已办结", "误报的"} and len(every) == 7


@pytest.mark.parametrize(("wanted", "titles"), [
    (Wanted("closed"), {"已办结"}), (Wanted("withdrawn"), {"误报的"}),
    (Wanted(level="red"), {"红色剩两小时", "已回应"}),
    (Wanted(stage="answered"), {"已回应"}), (Wanted(town="青山街道"), {"蓝色剩一小时", "黄色已超时"}),
    (Wanted(search="剩 红色"), {"红色剩两小时"}), (Wanted(search="100%_"), set()), (Wanted("open", town="没有"), set()),
])
def test_the_list_is_filtered(session, many, wanted, titles):
    assert set(query.listed(session, NOW, wanted)["title"]) == titles


def test_a_units_incidents_are_those_that_it_leads_or_has_a_task_of(session, many, unit):
    task = incidents.assign(session, many["late"].id, unit.id, "核实", due_at=NOW + HOUR, who="张三", now=NOW)
    assert set(query.listed(session, NOW, Wanted(unit_id=unit.id))["title"]) == {"红色剩两小时", "黄色已超时"}
    assert query.overdue_units(session, NOW) == {}
    later = query.listed(session, NOW + 2 * HOUR).set_index("title")
    assert (later.loc["黄色已超时", "tasks"], later.loc["黄色已超时", "overdue"]) == (1, "水务局")
    assert query.overdue_units(session, NOW + 2 * HOUR) == {many["late"].id: ("水务局",)}
    incidents.recall(session, task.id, "不用了", who="张三", now=NOW)
    assert set(query.listed(session, NOW, Wanted(unit_id=unit.id))["title"]) == {"红色剩两小时"}
    young = open_(session, "后立项的", "blue", NOW)
    incidents.assign(session, young.id, unit.id, "核实", who="张三", now=NOW)
    incidents.merge(session, many["twin"].id, young.id, "同一件事", who="张三", now=NOW)
    assert set(query.listed(session, NOW, Wanted(unit_id=unit.id))["title"]) == {"红色剩两小时", "橙色剩两小时"}


def test_the_head_of_the_room_counts(session, many, unit):
    incidents.assign(session, many["late"].id, unit.id, "核实", due_at=NOW + HOUR, who="张三", now=NOW)
    found = query.counts(session, NOW + 90 * timedelta(minutes=1))
    assert (found.open, found.late, found.overdue, found.closed, found.withdrawn) == (5, 2, 1, 1, 1)
    assert found.levels == {"red": 2, "orange": 1, "yellow": 1, "blue": 1}
    assert query.choices(session).units == ((unit.id, "水务局"),)


def test_open_incidents_by_street(session, many):
    frame = query.streets(session, NOW)
    assert frame[["town", "open", "late"]].to_numpy().tolist() == [["青山街道", 2, 1], ["", 2, 0], ["白水镇", 1, 0]]
    assert list(frame["red"]) == [0, 1, 1]


def test_before_there_is_any_everything_is_empty(session):
    assert query.listed(session, NOW).empty and query.streets(session, NOW).empty
    assert query.counts(session, NOW).open == 0 and query.file(session, 1) is None


# --- One file -------------------------------------------------------------------------------------------------------


def test_the_stages_with_their_times_and_what_was_left_out(session):
    made = open_(session, "停水", at=NOW - 9 * HOUR)
    advance(session, made, "judged", at=NOW - 8 * HOUR)
    advance(session, made, "handled", at=NOW - 7 * HOUR)
    found = {one.stage: one for one in query.file(session, made.id).stages}
    assert [found[stage].at for stage in ("found", "judged", "assigned", "handled", "answered")] == [
        NOW - 9 * HOUR, NOW - 8 * HOUR, None, NOW - 7 * HOUR, None]
    assert [stage for stage, one in found.items() if one.skipped] == ["assigned"]
    assert [stage for stage, one in found.items() if one.now] == ["handled"]
    advance(session, made, "judged", at=NOW - HOUR)
    found = {one.stage: one for one in query.file(session, made.id).stages}
    assert found["judged"].at == NOW - HOUR and found["handled"].at is None and not found["assigned"].skipped


def test_tasks_stand_as_they_are_by_the_hour(session, unit):
    made = open_(session, "停水")
    for n in range(4):
        due = NOW + HOUR if n < 3 else None
        incidents.assign(session, made.id, unit.id, f"任务{n}", due_at=due, who="张三", now=NOW)
    first, second, third, fourth = query.file(session, made.id).tasks
    incidents.answer(session, second.id, "好", who="王五", now=NOW)
    incidents.answer(session, third.id, "晚了", who="王五", now=NOW + 2 * HOUR)
    incidents.recall(session, fourth.id, "不用了", who="张三", now=NOW)
    session.commit()
    tasks = query.file(session, made.id).tasks
    assert [one.state(NOW) for one in tasks] == ["待反馈", "已反馈", "超期反馈", "已收回"]
    assert tasks[0].state(NOW + 2 * HOUR) == "已超期" and first.unit == "水务局"


# --- What is linked -------------------------------------------------------------------------------------------------


def test_mentions_with_sentiment_risk_and_reprints(session, weibo):
    about = topic(session, "停水", NOW)
    said = say(session, weibo, about, ["停水", "停水", "来水"], NOW - 3 * HOUR, HOUR)
    feel(session, said[0], "负面", 0.9)
    feel(session, said[2], "正面", 0.3)
    made = open_(session, "停水", topics=[about.id])
    frame = linked.mentions(session, made.id).set_index("mention_id")
    assert list(frame.index) == [said[2].id, said[1].id, said[0].id]
    assert list(frame["reprints"]) == [0, 1, 1] and list(frame["sentiment"]) == ["不确定", "", "负面"]
    assert frame["risk"].isna().tolist() == [False, True, False] and set(frame["linked_by"]) == {"张三"}
    assert query.file(session, made.id).mentions == 3 and query.file(session, made.id).texts == 2


def test_a_short_curve_goes_by_hours_and_a_long_one_by_days(session, weibo):
    said = say(session, weibo, None, ["一", "二", "三"], NOW, timedelta(minutes=50))
    made = open_(session, "停水", mentions=[one.id for one in said])
    frame, hourly = linked.curve(session, made.id)
    assert hourly and list(frame["value"]) == [2, 1] and set(frame["series"]) == {"微博"}
    assert [one.to_pydatetime() for one in frame["at"]] == [NOW, NOW + HOUR]
    late = say(session, weibo, None, ["四"], NOW + 80 * HOUR)
    incidents.link(session, made.id, [late[0].id], who="张三", now=NOW)
    frame, hourly = linked.curve(session, made.id)
    assert not hourly and list(frame["day"]) == [clock.day_of(NOW), clock.day_of(NOW + 80 * HOUR)]
    assert linked.curve(session, open_(session, "空").id)[0].empty


def test_how_an_incident_stands(session, weibo):
    other = source(session, "zhihu", name="知乎")
    old = say(session, weibo, None, ["一", "二"], NOW - 30 * HOUR)
    new = say(session, other, None, ["三", "四", "五"], NOW - 2 * HOUR)
    for one, label in zip([*old, *new], ("负面", "负面", "正面", "中性"), strict=False):
        session.add(Sense(mention_id=one.id, at=NOW, risk=30, risk_kind="环境", sentiment=label, confidence=0.9))
    session.commit()
    correct(session, new[2].id, SENTIMENT, "负面", who="张三", now=NOW)
    made = open_(session, "异味", mentions=[one.id for one in [*old, *new]])
    how = linked.standing(session, made.id, NOW)
    assert (how.mentions, how.texts, how.platforms, how.names) == (5, 5, 2, ("知乎", "微博"))
    assert (how.last_day, how.day_before) == (3, 2) and (how.kind, how.risky) == ("环境", 4)
    assert how.numbers == {"负面": 3, "中性": 1, "正面": 1} and (how.felt, how.negative) == (5, 0.6)
    assert (how.peak, how.peaked) == ("2026-03-02", 3) and how.last_at == new[-1].published_at
    assert linked.standing(session, made.id, NOW - 20 * HOUR).day_before is None, "it was not a day old then"
    empty = linked.standing(session, open_(session, "空").id, NOW)
    assert (empty.mentions, empty.first_at, empty.negative, empty.kind, empty.peak) == (0, None, None, "", "")


def test_mentions_and_topics_that_could_be_linked(session, weibo):
    about, other = topic(session, "停水", NOW), topic(session, "修路", NOW)
    said = say(session, weibo, about, ["东街停水", "西街停水"], NOW)
    rest = say(session, weibo, other, ["东街修路 100%", "东街又修路"], NOW)
    made = open_(session, "停水", mentions=[said[0].id])
    assert set(linked.unlinked(session, made.id, "东街", NOW)["mention_id"]) == {one.id for one in rest}
    assert set(linked.unlinked(session, None, "东街 停水", NOW)["mention_id"]) == {said[0].id}
    assert list(linked.unlinked(session, made.id, "100%", NOW)["mention_id"]) == [rest[0].id]
    assert linked.unlinked(session, made.id, "东街", NOW + timedelta(days=200)).empty
    assert linked.unfollowed(session, made.id).to_numpy().tolist() == [[about.id, "停水", 2, 1]]
    assert set(linked.topics(session, NOW)["title"]) == {"停水", "修路"}
    incidents.link_topic(session, made.id, about.id, who="张三", now=NOW)
    assert linked.unfollowed(session, made.id).empty and set(linked.topics(session, NOW)["title"]) == {"修路"}


def test_a_new_incident_is_named_and_placed_by_what_it_is_about(session, weibo, unit):
    about = topic(session, "停水", NOW)
    said = say(session, weibo, about, ["东街停水", "西街停水"], NOW)
    single = say(session, weibo, None, ["单独一条"], NOW)
    session.add(Sense(mention_id=said[0].id, at=NOW, town="青山街道", place="青山街道东街", unit_id=unit.id))
    session.commit()
    found = linked.proposed(session, (), (about.id,))
    assert (found.title, found.mentions, found.where.town, found.where.unit_id) == ("停水", 2, "青山街道", unit.id)
    assert linked.proposed(session, (single[0].id,), ()).title == "单独一条"
    assert linked.proposed(session, (), ()).mentions == 0


def test_incidents_that_may_have_to_do_with_this_one(session, weibo, unit):
    about = topic(session, "停水", NOW)
    said = say(session, weibo, about, ["东街停水", "西街停水"], NOW)
    made = open_(session, "东街小区停水", mentions=[said[0].id], town="青山街道", unit_id=unit.id)
    topical = open_(session, "全无相同", mentions=[said[1].id])
    near = open_(session, "西街小区停水", town="青山街道")
    open_(session, "幼儿园食堂", town="青山街道", unit_id=unit.id)
    gone = open_(session, "东街小区停水", town="青山街道")
    incidents.withdraw(session, gone.id, "误报", who="张三", now=NOW)
    found = linked.likely(session, made.id)
    assert [(one.id, one.why) for one in found] == [
        (topical.id, "有同一话题“停水”的信息"), (near.id, "同在青山街道，名称相近")]
    incidents.relate(session, made.id, near.id, who="张三", now=NOW)
    assert [one.id for one in linked.likely(session, made.id)] == [topical.id]
    assert [one.id for one in query.file(session, made.id).ties] == [near.id]


@pytest.mark.parametrize(("one", "other", "least", "most"), [
    ("东街停水", "东街停水", 1, 1), ("东街停水", "西街修路", 0, 0.1), ("", "", 0, 0), ("停", "停", 0, 0)])
def test_likeness_of_titles(one, other, least, most):
    assert least <= linked.likeness(one, other) <= most


# --- The draft ------------------------------------------------------------------------------------------------------


def standing(**more) -> Standing:
    given = {"mentions": 40, "texts": 30, "platforms": 3, "names": ("微博", "知乎", "贴吧"),
             "first_at": NOW - 30 * HOUR, "last_at": NOW, "last_day": 32, "day_before": 8,
             "numbers": {"负面": 0, "中性": 0, "正面": 0}, "felt": 0,
             "margin": 0.0, "kind": "", "risky": 0, "peak": "2026-03-02", "peaked": 30}
    return Standing(**given | more)


def feelings(negative, felt):
    return {"numbers": {"负面": negative, "中性": felt - negative, "正面": 0}, "felt": felt}


@pytest.mark.parametrize(("how", "words"), [
    (standing(mentions=0), ""),
    (standing(), "近24小时新增信息32条，较前24小时增加24条，情感尚未判读，需持续关注后续传播。"),
    (standing(**feelings(0, 40)),
     "近24小时新增信息32条，较前24小时增加24条，未见负面信息，暂未见明显风险，需持续关注后续传播。"),
    (standing(day_before=20, **feelings(22, 40), kind="住房物业", risky=12),
     "事件属住房物业类，近24小时新增信息32条，较前24小时增加60%，负面信息占55%，"
     "如回应处置不及时，存在矛盾激化、引发业主集体维权的风险。"),
    (standing(day_before=20, kind="住房物业", risky=3, **feelings(1, 9)),
     "近24小时新增信息32条，较前24小时增加60%，负面信息1条，如回应处置不及时，存在负面情绪扩散的风险。"),
    (standing(last_day=1, day_before=None, mentions=1, **feelings(1, 1)),
     "近24小时新增信息1条，负面信息1条，如回应处置不及时，存在负面情绪扩散的风险。"),
    (standing(last_day=10, day_before=20, **feelings(5, 40)),
     "近24小时新增信息10条，较前24小时减少50%，负面信息占12%，热度回落，但仍存在负面情绪扩散的风险。"),
    (standing(last_day=20, day_before=20, **feelings(5, 40)),
     "近24小时新增信息20条，与前24小时持平，负面信息占12%，热度平稳，但仍存在负面情绪扩散的风险。"),
    (standing(last_day=0, kind="安全事故", risky=40, **feelings(40, 40)),
     "事件属安全事故类，近24小时无新增信息，负面信息占100%，"
     "热度已回落，但仍需防范安全监管责任受到质疑、公众担忧加剧。"),
    (standing(last_day=5, day_before=0), "近24小时新增信息5条，较前24小时增加5条，情感尚未判读，需持续关注后续传播。"),
])
def test_the_sentence_of_risk_tells_what_is_known_and_nothing_else(how, words):
    assert phrases.risk_sentence(how) == words and len(words) <= RISK


def test_every_class_of_risk_has_its_words():
    from core.opinion.lexicon import CLASSES

    assert set(phrases.RISKS) == set(CLASSES)
    most = {"last_day": 9_999, "day_before": 1_000, "mentions": 19_999, **feelings(19_999, 19_999)}
    for kind in CLASSES:
        words = phrases.risk_sentence(standing(kind=kind, risky=19_999, **most))
        assert len(words) <= RISK and words.count("。") == 1 and phrases.RISKS[kind] in words


@pytest.mark.parametrize(("how", "words"), [
    (standing(mentions=1, texts=1, platforms=1), "截至3月2日12时，监测到相关信息1条，3月1日6时见于微博。"),
    (standing(texts=40, platforms=1), "截至3月2日12时，监测到相关信息40条，见于微博，最早出现于3月1日6时。"),
    (standing(), "截至3月2日12时，监测到相关信息40条（合并转载后30篇），"
                 "涉及微博、知乎、贴吧3个平台，最早出现于3月1日6时。"),
    (standing(platforms=9, first_at=NOW - timedelta(days=90, minutes=-5)),
     "截至3月2日12时，监测到相关信息40条（合并转载后30篇），"
     "涉及微博、知乎、贴吧等9个平台，最早出现于2025年12月2日12时5分。"),
])
def test_the_lead_tells_how_much_there_is(how, words):
    assert phrases.lead_sentence(how, NOW) == words


@pytest.fixture
def families(session):
    for code, family in (("weibo", "weibo"), ("thepaper", "news"), ("weibo_hot", "hotlist")):
        row = session.get(Platform, code)
        assert row.family == family


def test_a_draft_of_articles_is_made_of_their_sentences(session, families, weibo):
    about = topic(session, HEADLINE, NOW)
    say(session, source(session, "thepaper", name="澎湃频道"), about, [(HEADLINE, ARTICLE)] * 3, NOW - HOUR)
    say(session, weibo, about, SAID, NOW - HOUR)
    made = open_(session, HEADLINE, topics=[about.id])
    found = drafting.draft(session, made.id, NOW, PLAIN.background)
    assert len(found.summary) + len(found.risk) <= SUMMARY and found.cited
    whole = ARTICLE.replace("\n", " ")
    for one in found.cited:
        assert one.text in whole and one.text in found.summary and one.source == "澎湃频道"
    lead = f"截至3月2日12时，监测到相关信息{3 + len(SAID)}条"
    assert found.summary.startswith(lead) and "网民" not in found.summary


def test_a_draft_of_what_people_write_quotes_them(session, families, weibo):
    texts = ["东街停水10小时没人管，家里老人没水喝", "自来水何时恢复没有人告诉我们"]
    said = say(session, weibo, None, texts, NOW - HOUR)
    hot = say(session, source(session, "weibo_hot", name="热搜"), None, ["东街停水十小时登上热搜榜第十位"], NOW - HOUR)
    made = open_(session, "停水", mentions=[one.id for one in [*said, *hot]])
    found = drafting.draft(session, made.id, NOW, PLAIN.background)
    assert {one.mention_id for one in found.cited} <= {one.id for one in said} and "网民反映“" in found.summary
    assert all(f"“{one.text}”" in found.summary for one in found.cited)
    only = open_(session, "热搜", mentions=[hot[0].id])
    told = drafting.draft(session, only.id, NOW, PLAIN.background).summary
    assert told.endswith("热榜条目有“东街停水十小时登上热搜榜第十位”。")


def test_without_mentions_there_is_no_draft_and_without_a_sentence_the_figures_alone(session, weibo):
    assert drafting.draft(session, open_(session, "空").id, NOW, PLAIN.background) is None
    said = say(session, weibo, None, ["嗯"], NOW - HOUR)
    found = drafting.draft(session, open_(session, "短", mentions=[said[0].id]).id, NOW, PLAIN.background)
    assert found.summary == "截至3月2日12时，监测到相关信息1条，3月2日11时见于微博。" and not found.cited


def test_a_draft_can_be_saved_as_it_is(session, families, weibo):
    about = topic(session, HEADLINE, NOW)
    said = say(session, weibo, about, [f"{one}！" * 8 for one in SAID], NOW - HOUR)
    for one in said:
        feel(session, one, "负面", 0.9)
    made = open_(session, HEADLINE, topics=[about.id])
    viewing.run(session, now=NOW, using=PLAIN)
    found = drafting.draft(session, made.id, NOW, PLAIN.background)
    assert incidents.edit(session, made.id, seen=made.updated_at, who="张三", now=NOW, summary=found.summary,
                          risk=found.risk)
