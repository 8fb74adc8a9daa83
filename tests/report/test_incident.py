"""Reports of an incident: what each stage says with nothing, one and many; what is new; what the response did."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import db, incidents
from core.faults import BadInput
from core.models import Audit, Edition, EditionFile, IncidentStep
from core.query import incident_reports
from core.query import incidents as query
from core.report import behind, editions, excel, figures, incident, pdf, proof, word
from core.report.incident_advice import LESSONS, SUGGESTIONS
from core.report.opinion_parts import Words
from core.settings import settings
from tests.report.incident_cases import HOUR, NOW, Case, said, table, titles
from tests.report.walking import walked

DAY = timedelta(days=1)


@pytest.fixture
def case(session):
    return Case(session)


@pytest.fixture(autouse=True)
def light(request, monkeypatch):
    """Issued as Excel alone, which is quick, where the files are not what is looked at."""
    if "suffix" not in request.fixturenames:
        for suffix in set(editions.FORMATS) - {"xlsx"}:
            monkeypatch.delitem(editions.FORMATS, suffix)


def build(row, stage="快报", now=NOW, **more):
    with db.session() as session:
        content = incident.build(session, row.id, stage, now=now, **more)
    assert proof.unfounded(content) == []
    return content


def publish(row, stage, now, **more):
    edition = incident.publish(row.id, stage, now=now, by="王敏", **more)
    with db.session() as session:
        content = editions.read(session.get(Edition, edition.id))
    assert proof.unfounded(content) == []
    return content


# --- 快报 -----------------------------------------------------------------------------------------------------------


def test_without_mentions_it_says_so_and_invents_nothing(case):
    row = case.open_(level="red", found_at=NOW - HOUR)
    content = build(row)
    text = said(content)
    assert content.title == "关于“东街停水”的舆情快报" and content.layout == "brief"
    assert (content.subject.kind, content.subject.period, content.subject.scope) == (
        "incident", "快报", f"incident:{row.id}")
    assert "截至3月2日12时，没有监测到与此事有关的公开信息。" in text
    assert "3月2日11时获悉此事，3月2日12时由王敏立项" in text
    assert "事发地点尚未核定，等级为红色（特别重大），牵头单位尚未明确" in text
    assert "最先到期的时限为5小时内权威发布，于3月2日16时到期。" in text
    assert [section.title for section in content.sections] == [
        "摘要", "基本情况", "处置与回应", "工作建议", "数据与主要信息"]
    assert "风险提示" not in text and "尚未交办任务" in text
    assert [row[2] for row in table(content, "回应时限")] == ["剩4小时", "剩23小时", "剩1天23小时"]
    assert dict(table(content, "事件要素"))["最早发布"] == "没有公开信息"


def test_of_one_mention_it_tells_no_shares_and_no_spread(case):
    only = case.say(["东街停水"], NOW - 2 * HOUR)
    case.feel(only, "负面")
    text = said(build(case.open_(only)))
    assert "3月2日10时，微博·青山话题（微博）发布“东街停水”，为已采集到的最早信息。系统于3月2日10时首次采集" in text
    assert "信息均来自微博。" in text and "随后传至" not in text and "先后传至" not in text
    assert "网民信息1条，均为负面；没有媒体信息" in text and "%" not in text.split("风险提示")[1].split("处置")[0]


def test_of_many_it_says_where_it_went_and_who_says_what_apart(case):
    about = case.topic()
    people = case.say([f"停水{n}" for n in range(12)], NOW - 5 * HOUR, about)
    media = case.say(["东街停水正在抢修"] * 2, NOW - 2 * HOUR, about, media=True)
    case.feel(people[:9], "负面")
    case.feel(people[9:], "中性")
    case.feel(media, "中性")
    case.views(about, [("诉求建议", people[:7]), ("其他", people[7:])], [("其他", media)])
    content = build(case.open_(topics=[about.id], unit_id=case.water.id, town="青山街道"))
    text = said(content)
    assert "共14条" not in text and "监测到相关信息14条（合并转载后13篇），涉及微博、晨报2个平台" in text
    assert "信息先后传至晨报（3月2日10时）。从平台看，微博12条、占85.7%，晨报2条、占14.3%。" in text
    assert "网民信息12条，其中负面9条、占75.0%，中性3条、占25.0%；媒体信息2条，均为中性。" in text
    assert "网民观点有2类：一是“停水0”（7条，占58.3%）；二是“停水7”（5条，占41.7%）。" in text
    assert "媒体观点主要是“东街停水正在抢修”（2条）。" in text
    assert "（依据：网民信息中负面占75.0%）" in text and "（依据：网民信息中诉求建议7条）" in text
    rows = table(content, "观点分布（摘录原文）")
    assert [row[0] for row in rows] == ["网民", "网民", "媒体"] and rows[2][2] == "“东街停水正在抢修”"
    assert table(content, "各平台传播情况")[0][1:4] == ("微博", 12, 12 / 14)


def test_lines_of_hot_lists_are_counted_and_are_nobodys_opinion(case, session):
    from tests.spoken import say, source

    people = case.say(["停水"], NOW - HOUR)
    line = say(session, source(session, "baidu", name="百度热搜"), None, ["东街停水"], NOW - HOUR)
    text = said(build(case.open_([*people, *line])))
    assert "另有热榜条目1条，不计情感。" in text and "网民信息1条" in text and "已有热榜条目1条" in text


def test_a_first_mention_without_a_time_of_its_own_is_said_to_have_none(case, session):
    only = case.say(["东街停水"], NOW - 2 * HOUR)
    only[0].dated = False
    session.commit()
    assert "3月2日10时（来源未注明发布时间，为首次采集时间）" in said(build(case.open_(only)))


def test_the_time_of_a_clock_that_ran_out_comes_first(case):
    row = case.open_(level="orange", found_at=NOW - 6 * HOUR)
    text = said(build(row))
    assert "5小时内权威发布的时限已过。下一时限为24小时内新闻发布会，于3月3日6时到期。" in text
    assert "一是立即发布权威信息" in text and "（依据：5小时内权威发布的时限已过）" in text


def test_hostile_words_stay_words(case):
    bad = "=1+1\u202e<script>\x07停水“引号”《书名》" + "长" * 80
    content = build(case.open_(case.say([bad], NOW - HOUR), title="a" * 30 + "“停水”"))
    assert "\u202e" not in content.to_json() and "“停水””" not in content.title and "‘停水’" in content.title
    assert "……" in said(content)
    for render in (excel.render, pdf.render, word.render):
        assert render(content)


# --- 续报 -----------------------------------------------------------------------------------------------------------


def test_a_second_one_says_what_is_new_since_the_first(case, session):
    first = case.say(["停水", "停水了"], NOW - 2 * HOUR)
    row = case.open_(first)
    publish(row, "快报", NOW)
    old = case.say(["昨天就停了"], NOW - DAY)
    new = case.say(["来水了吗", "来水了吗"], NOW + HOUR, media=True)
    case.link(row, [*old, *new], NOW + 2 * HOUR)
    incidents.unlink(session, row.id, [first[1].id], "无关", who="王敏", now=NOW + 2 * HOUR)
    incidents.set_level(session, row.id, "orange", "扩散", who="王敏", now=NOW + 2 * HOUR)
    task = incidents.assign(session, row.id, case.water.id, "核实", who="王敏", now=NOW + 2 * HOUR)
    session.commit()
    content = publish(row, "续报", NOW + 3 * HOUR)
    text = said(content, "新的情况")
    assert content.subject.period == "续报1" and content.title.endswith("舆情续报（一）")
    assert "本报告承接快报（3月2日12时签发），反映其后至3月2日15时的情况。" in text
    assert "上期以来新增关联信息3条，其中2条为上期之后发布；移出与本事件无关的信息1条；新传至晨报；" in text
    assert "等级由黄色调整为橙色" in text
    assert "新交办任务1项（水务局）" in text and "收到反馈" not in text
    rows = {name: (before, now) for name, before, now in table(content, "与上期对比")}
    assert rows["关联信息（条）"] == ("2", "4") and rows["等级"] == ("黄色", "橙色")
    assert rows["数据截止"] == ("2026-03-02 12:00", "2026-03-02 15:00")
    assert [row[4] for row in table(content, "新增主要信息")] == ["来水了吗", "昨天就停了"]

    incidents.answer(session, task.id, "管网已修复", who="李工", now=NOW + 4 * HOUR)
    session.commit()
    content = publish(row, "续报", NOW + 5 * HOUR)
    text = said(content, "新的情况")
    assert content.subject.period == "续报2" and "本报告承接续报（一）（3月2日15时签发）" in text
    assert "上期以来没有新增关联信息；收到反馈1项（水务局）。" in text
    assert "新交办" not in text and "等级由" not in text and "新增主要信息" not in titles(content)
    assert [row[3] for row in table(content, "上期以来的处置记录")] == ["水务局：管网已修复"]


def test_what_was_taken_out_and_brought_back_is_counted_as_it_was_in_the_report_before(case, session):
    """One comes back that the first report had, one that it had not."""
    had, lacked, stays = case.say(["停水", "没水", "断水"], NOW - 2 * HOUR)
    row = case.open_([had, lacked, stays])
    incidents.unlink(session, row.id, [lacked.id], who="王敏", now=NOW)
    session.commit()
    assert "监测到相关信息2条" in said(publish(row, "快报", NOW))
    incidents.unlink(session, row.id, [had.id], who="王敏", now=NOW + HOUR)
    case.link(row, [had, lacked], NOW + 2 * HOUR)
    content = build(row, "续报", NOW + 3 * HOUR)
    assert {name: (before, now) for name, before, now in table(content, "与上期对比")}["关联信息（条）"] == ("2", "3")
    text = said(content, "新的情况")
    assert "上期以来新增关联信息1条" in text and "移出" not in text
    assert [row[4] for row in table(content, "新增主要信息")] == ["没水"]


def test_what_a_merge_brought_is_new(case, session):
    mine, others = case.say(["停水"], NOW - 2 * HOUR), case.say(["东街没水", "东街没水了"], NOW - HOUR)
    row = case.open_(mine)
    other = case.open_(others, title="东街没水", now=NOW + timedelta(minutes=1))
    publish(row, "快报", NOW + 2 * HOUR)
    incidents.merge(session, row.id, other.id, "同一件事", who="王敏", now=NOW + 3 * HOUR)
    session.commit()
    content = build(row, "续报", NOW + 4 * HOUR)
    assert "上期以来新增关联信息2条，均为此前已发布、新近关联的信息" in said(content)
    assert {name: now for name, _, now in table(content, "与上期对比")}["关联信息（条）"] == "3"
    assert build(other, "续报", NOW + 4 * HOUR).subject.scope == f"incident:{row.id}"
    assert "含已并入的“东街没水”" in content.to_json()


def test_reports_of_a_merged_file_are_listed_and_do_not_count_as_its_own(case, session):
    row, other = case.open_(), case.open_(title="东街没水", now=NOW + timedelta(minutes=1))
    publish(other, "快报", NOW + HOUR)
    incidents.merge(session, row.id, other.id, "同一件事", who="王敏", now=NOW + 2 * HOUR)
    session.commit()
    done = incident_reports.issued(session, row.id)
    assert [(one.stage, one.of) for one in done] == [("快报", "东街没水")]
    assert incident_reports.offered(done, query.file(session, row.id).head) == ("快报",)


# --- 终报 -----------------------------------------------------------------------------------------------------------


def settled(case, before, after, *, answered=NOW + 2 * HOUR):
    """An incident that was answered with so many mentions in the hours before and after, and settled."""
    early = case.say([f"停水{n}" for n in range(before)], answered - 3 * HOUR, step=timedelta(minutes=1))
    late = case.say([f"来水{n}" for n in range(after)], answered + HOUR, step=timedelta(minutes=1))
    row = case.open_([*early, *late], now=NOW)
    case.advance(row, "answered", answered)
    case.advance(row, "settled", answered + 30 * HOUR)
    return row, early, late


@pytest.mark.parametrize(("before", "after", "words", "lesson"), [
    (20, 5, "回应后24小时信息量5条，较回应前24小时的20条减少75.0%。", "回应后热度明显下降"),
    (12, 12, "回应后24小时信息量12条，较回应前24小时的12条持平。", "复盘回应的口径和渠道"),
    (3, 1, "回应后24小时信息量1条，较回应前24小时的3条减少。", ""),
    (0, 4, "回应前24小时没有新增信息，回应后24小时为4条。", ""),
    (0, 0, "回应前后各24小时都没有新增信息，无法据此判断效果。", ""),
])
def test_the_effect_of_the_response_is_told_over_equal_times(case, before, after, words, lesson):
    row, *_ = settled(case, before, after)
    content = build(row, "终报", NOW + 40 * HOUR)
    assert said(content, "回应效果") == words and table(content, "回应前后对比")[0][1:3] == (before, after)
    assert (lesson in said(content, "经验与建议")) if lesson else ("热度" not in said(content, "经验与建议"))


def test_soon_after_the_response_whole_hours_are_compared_or_nothing(case):
    early = case.say(["停水"] * 3, NOW - 2 * HOUR)
    row = case.open_(early)
    case.advance(row, "settled", NOW + HOUR)
    assert "回应后3小时信息量" not in said(build(row, "终报", NOW + 100 * timedelta(minutes=1)))
    content = build(row, "终报", NOW + 4 * HOUR + timedelta(minutes=10))
    assert "回应后3小时信息量0条，较回应前3小时的2条减少。" in said(content)


def test_the_last_one_tells_the_whole_course_with_clocks_tasks_and_lessons(case, session):
    row, _, late = settled(case, 12, 3)
    incidents.mark(session, row.id, [late[1].id], True, who="王敏", now=NOW + 3 * HOUR)
    session.commit()
    publish(row, "快报", NOW + HOUR)
    content = publish(row, "终报", NOW + 40 * HOUR)
    assert content.layout == "report" and [section.title for section in content.sections] == [
        "摘要", "事件经过", "传播过程", "各方观点", "处置过程", "回应效果", "经验与建议", "统计口径", "主要信息",
        "处置材料"]
    text = said(content)
    assert "事件于3月2日11时首次采集，3月2日14时转入“回应”环节，3月3日20时办结，历时1天9小时。累计关联信息15条" in text
    stages = {row[0]: row[1:3] for row in table(content, "处置环节与用时")}
    assert stages["研判"] == ("跳过", "") and stages["回应"] == ("2026-03-02 14:00", "3小时")
    assert "各项回应时限均按时完成" in text and "（依据：跳过研判、交办、处置环节）" in text
    assert "（依据：档案中没有附件）" in text
    assert [row[1] for row in table(content, "已编发的报告")] == ["快报"]
    assert late[1].title in [row[4] for row in table(content, "主要信息")]
    assert table(content, "主要信息")[0][6].startswith("https://")
    kinds = [row[2] for row in table(content, "处置记录")]
    assert kinds.count("环节") == 3 and "报告" in kinds


def test_a_clock_that_was_missed_is_a_lesson_and_an_answer_that_is_wanting_too(case, session):
    row = case.open_(level="red", found_at=NOW - HOUR)
    task = incidents.assign(session, row.id, case.water.id, "核实", due_at=NOW + HOUR, who="王敏", now=NOW)
    incidents.answer(session, task.id, "已核实", who="李工", now=NOW + 3 * HOUR)
    case.advance(row, "settled", NOW + 10 * HOUR)
    text = said(build(row, "终报", NOW + 11 * HOUR), "经验与建议")
    assert "（依据：5小时内权威发布超时，其中权威发布超时6小时）" in text and "对水务局加强督办" in text


def test_days_of_one_height_are_all_named_and_days_without_any_collection_are_said(case):
    mentions = [one for many, ago in ((6, 6), (6, 4), (1, 3), (1, 1))
                for one in case.say(["停水"] * many, NOW - ago * DAY)]
    about = case.topic(at=NOW - 9 * DAY)
    for ago in (6, 4, 3, 2, 1, 0):
        case.say(["别的"], NOW - ago * DAY, about)
    row = case.open_(mentions)
    case.advance(row, "settled", NOW + HOUR)
    text = said(build(row, "终报", NOW + 2 * HOUR), "传播过程")
    assert "2月24日（周二）、2月26日（周四）最高，均为6条" in text and "（没有采集数据的日期不计入）" in text
    assert "2月27日（周五）由前几日均值6.0条回落到1条" in text


# --- Which can be issued, again, by whom ------------------------------------------------------------------------------


def test_which_report_can_be_issued(case, session):
    row = case.open_()

    def offered():
        return incident_reports.offered(incident_reports.issued(session, row.id), query.file(session, row.id).head)

    assert offered() == ("快报",)
    publish(row, "快报", NOW)
    assert offered() == ("续报1", "终报", "快报")
    publish(row, "续报", NOW + HOUR)
    assert offered() == ("续报2", "终报", "续报1")
    with pytest.raises(BadInput, match="现在不能编发“快报”，可编发：续报2、终报、续报1"):
        build(row, "快报")
    case.advance(row, "settled", NOW + 2 * HOUR)
    session.expire_all()
    assert offered()[0] == "终报"
    publish(row, "终报", NOW + 3 * HOUR)
    session.expire_all()
    assert offered() == ("终报",)
    case.advance(row, "handled", NOW + 4 * HOUR, "群众再次反映")
    session.expire_all()
    assert offered() == ("续报2", "终报")
    incidents.withdraw(session, row.id, "误报", who="王敏", now=NOW + 5 * HOUR)
    session.commit()
    assert offered() == ()
    with pytest.raises(BadInput, match="已撤销"):
        build(row, "续报")
    with pytest.raises(BadInput, match="不存在"):
        build(replace_id(row), "快报")


def replace_id(row):
    class Gone:
        id = row.id + 1000

    return Gone


def test_which_is_due_is_said_with_the_clock(case, session):
    row = case.open_(level="red", found_at=NOW - HOUR)
    head = query.file(session, row.id).head
    assert incident.due(head, (), NOW) == (
        "应尽快编发快报，最迟不晚于最先到期的回应时限（5小时内权威发布，03-02 16:00，剩 4 小时）。")
    publish(row, "快报", NOW)
    done = incident_reports.issued(session, row.id)
    assert incident.due(head, done, NOW) == "有新情况时编发续报（一）；事件办结后编发终报。"
    case.advance(row, "settled", NOW + HOUR)
    session.expire_all()
    assert incident.due(query.file(session, row.id).head, done, NOW) == "事件已办结，应编发终报。"


def test_issuing_is_noted_in_the_course_and_the_same_again_is_not_issued(case, session):
    row = case.open_(case.say(["停水"], NOW - HOUR))
    first = incident.publish(row.id, "快报", now=NOW, by="王敏")
    again = incident.publish(row.id, "快报", now=NOW, by="王敏")
    assert again.id == first.id
    steps = session.execute(select(IncidentStep).where(IncidentStep.kind == "report")).scalars().all()
    assert [(step.text, step.after, step.who) for step in steps] == [("签发快报", "关于“东街停水”的舆情快报", "王敏")]
    deeds = session.execute(select(Audit.action)).scalars().all()
    assert "签发报告" in deeds and "签发事件报告" in deeds
    assert incident.publish(row.id, "快报", now=NOW + HOUR, by="王敏").version == 2
    assert "签发快报（第2版）" in [step.text for step in session.execute(select(IncidentStep)).scalars()]


def test_who_comes_second_is_told_and_issues_nothing(case, session):
    row = case.open_()
    with db.session() as reading:
        content = incident.build(reading, row.id, "快报", now=NOW)
    incident.publish(row.id, "快报", now=NOW, by="李四")
    with db.session() as writing, pytest.raises(BadInput, match="刚有人签发了"):
        incident.issue(writing, content, now=NOW, by="王敏", seen=0)
    assert len(session.execute(select(Edition.id)).all()) == 1


def test_what_was_merged_meanwhile_is_not_issued(case, session):
    row, other = case.open_(), case.open_(title="东街没水", now=NOW + timedelta(minutes=1))
    with db.session() as reading:
        content = incident.build(reading, other.id, "快报", now=NOW + HOUR)
    incidents.merge(session, row.id, other.id, "同一件事", who="王敏", now=NOW + HOUR)
    session.commit()
    with db.session() as writing, pytest.raises(BadInput, match="合并了这个事件"):
        incident.issue(writing, content, now=NOW + HOUR, by="王敏", seen=0)


@pytest.mark.parametrize("suffix", sorted(editions.FORMATS))
def test_files_are_made_again_byte_for_byte(case, session, suffix):
    about = case.topic()
    people = case.say([f"停水{n}" for n in range(12)], NOW - 3 * DAY, about, step=timedelta(hours=5))
    case.views(about, [("诉求建议", people)])
    row = case.open_(topics=[about.id])
    edition = incident.publish(row.id, "快报", now=NOW, by="王敏")
    name, body = editions.body(session, edition.id, suffix)
    assert name.startswith("本区_网络舆情_快报_事件专报_东街停水_v1") and len(body) == session.get(
        EditionFile, (edition.id, suffix)).size
    (settings().reports_dir / name).unlink()
    assert editions.body(session, edition.id, suffix) == (name, body)


# --- A person's words -------------------------------------------------------------------------------------------------


def test_a_person_may_put_it_in_other_words_and_the_report_says_who(case):
    row = case.open_(case.say(["停水"], NOW - HOUR))
    words = Words(title="东街停水情况快报", risk="可能引发聚集。", suggestions="请水务局抢修\n\n请街道送水\n",
                  sent_to="区委办公室")
    content = build(row, words=words, by="王敏")
    assert content.title == "东街停水情况快报" and content.sent_to == "区委办公室"
    assert "风险提示：可能引发聚集。" in said(content) and "一是请水务局抢修" in said(content)
    assert "二是请街道送水" in said(content) and "依据" not in said(content, "工作建议")
    assert "本报告的标题、风险提示、建议由王敏改定，其余文字和数字由系统按数据生成。" in content.to_json()
    plain = build(row, words=Words(), by="王敏")
    assert "改定" not in plain.to_json() and "由系统按既定规则提出" in plain.to_json()


@pytest.mark.parametrize(("words", "why"), [
    (Words(title="  "), "标题还没有填写"), (Words(summary="字" * 501), "摘要有 501 个字，请缩短到 500 个字以内"),
])
def test_words_that_cannot_be_are_refused(case, words, why):
    with pytest.raises(BadInput, match=why):
        build(case.open_(), words=words)


def test_figures_that_a_person_made_up_are_found(case):
    row = case.open_(case.say(["停水"] * 3, NOW - HOUR))
    words = Words(summary="共3条，伤8人。")
    with db.session() as session:
        content = incident.build(session, row.id, "快报", now=NOW, words=words)
    assert proof.loose(content, words.summary) == ["8"]


def test_what_people_wrote_in_the_file_is_kept_and_old_figures_are_not(case, session):
    row = case.open_(case.say(["停水"], NOW - HOUR))
    for summary, risk in (("截至3月1日，监测到相关信息9条。老旧管网爆裂。", "近24小时新增信息9条，存在风险。"),):
        incidents.edit(session, row.id, seen=row.updated_at, who="王敏", now=NOW, summary=summary, risk=risk)
    session.commit()
    text = said(build(row))
    assert "监测到相关信息1条" in text and "老旧管网爆裂。" in text and "9条" not in text
    incidents.edit(session, row.id, seen=row.updated_at, who="王敏", now=NOW, risk="可能引发聚集。")
    session.commit()
    assert "风险提示：可能引发聚集。" in said(build(row))


def test_every_rule_says_when_it_holds():
    for rules in (SUGGESTIONS, LESSONS):
        assert len({rule.when for rule in rules}) == len(rules) and all(rule.when for rule in rules)


def test_the_draft_is_what_the_report_says(case, session):
    row = case.open_(case.say(["停水"], NOW - HOUR))
    drafted = incident.drafted(session, row.id, "快报", now=NOW)
    content = build(row)
    assert drafted.title == content.title and drafted.summary in said(content)
    assert build(row, words=replace(drafted)).fingerprint == content.fingerprint


def test_every_number_comes_to_what_stands_behind_it(case, session):
    """Of the first report, of one that follows, of the last one; the moments of an incident lie on any day."""
    row, early, _ = settled(case, 12, 3)
    case.feel(early, "负面")
    case.risk(early[0], 80)
    session.commit()
    first = publish(row, "快报", NOW + HOUR)
    last = publish(row, "终报", NOW + 40 * HOUR)
    with db.session() as other:
        assert walked(other, last) > 20
        assert all(behind.source(first, one) is not None for one in figures.figures(first))
