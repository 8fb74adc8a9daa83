"""Targets of a year: kept, measured from the system's own records, warned of, and handed in as a sheet."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, select

from core import db, ingest, notices, rollup
from core.clock import instant
from core.counts import Count
from core.faults import BadInput
from core.metrics import targets as arithmetic
from core.models import (
    Account,
    Audit,
    Edition,
    Mention,
    Notice,
    Platform,
    Run,
    Source,
    Target,
    TargetEntry,
    Verification,
)
from core.records import Batch, FollowerRecord
from core.report import behind, editions, figures, schedule
from core.targets import kept, satisfaction, sheet, warn, year
from tests.query.conftest import district, filled  # noqa: F401
from tests.report.walking import walked

NOW = instant(date(2024, 5, 10), 12)


@pytest.fixture
def opened(session):
    kept.open_year(session, 2024, who="张三", now=NOW)
    session.commit()
    return {one.key: one for one in kept.of_year(session, 2024)}


def of(session, key, now=NOW):
    return next(one for one in year.assessed(session, 2024, now).targets if one.key == key)


def edition(session, kind, platform, period, *, version=1, scope="all", demo=False, at=NOW):
    made = Edition(kind=kind, platform=platform, period=period, scope=scope, version=version, title=f"{period}报告",
                   content=b"", sha256=f"{version:064d}", issued_at=at, demo=demo)
    session.add(made)
    session.flush()
    return made


def verified(session, month, figures_, wrong, state="done"):
    session.add(Verification(month=date(2024, month, 1), state=state, asked_at=NOW, figures=figures_, wrong=wrong))
    session.commit()


# --- Kept -----------------------------------------------------------------------------------------------------------


def test_a_year_begins_with_the_first_set_and_the_next_one_with_this(session, opened):
    said = {one.key: (one.comparison, one.goal) for one in opened.values()}
    assert said == {"platform_reports": ("ge", 36), "panoramic_reports": ("ge", 3), "opinion_reports": ("ge", 96),
                    "platforms_monitored": ("ge", 30), "accuracy": ("eq", 1), "followers": ("ge", 0.5),
                    "satisfaction": ("ge", 0.9)}
    assert sum(one.weight for one in opened.values()) == 100
    one = opened["followers"]
    kept.save(session, id_=one.id, name="网民数", dimension=one.dimension, measure=one.measure, comparison="ge",
              goal=0.4, unit="", weight=20, options={"baseline": 1000, "baseline_why": "自评表"}, who="李四", now=NOW)
    session.commit()
    noted = session.execute(select(Audit.detail).order_by(Audit.id.desc())).scalars().first()
    assert "≥50%，20 分，粉丝增长 → ≥40%" in noted
    with pytest.raises(BadInput, match="已经建立"):
        kept.open_year(session, 2024, who="", now=NOW)
    kept.open_year(session, 2025, who="", now=NOW)
    assert {one.standing.why for one in year.assessed(session, 2025, NOW).targets} == {"年度还没有开始"}
    carried = next(one for one in kept.of_year(session, 2025) if one.key == "followers")
    assert (carried.name, carried.goal, carried.options) == ("网民数", 0.4, {})
    kept.close_year(session, 2024, True, who="", now=NOW)
    for deed in (lambda: kept.remove(session, one.id, who="", now=NOW),
                 lambda: kept.explain(session, one.id, "因", "措", who="", now=NOW)):
        with pytest.raises(BadInput, match="封存"):
            deed()


@pytest.mark.parametrize(("wrong", "words"), [
    ({"name": ""}, "指标名称"), ({"goal": 0}, "大于 0"), ({"measure": "accuracy", "goal": 1.2}, "不能超过 100%"),
    ({"measure": "reports", "options": {}}, "哪几种报告"), ({"name": "常规舆情报告"}, "换一个名称"),
    ({"measure": "followers", "options": {"baseline": 5.0}}, "写明依据"),
    ({"measure": "reports", "options": {"kinds": ["monthly"], "platforms": ["x"]}}, "平台“x”"),
])
def test_what_cannot_be_a_target_is_refused_in_words(session, opened, wrong, words):
    asked = {"name": "走访", "dimension": "产出数量", "measure": "manual", "comparison": "ge", "goal": 5, "unit": "次",
             "weight": 0, "year": 2024} | wrong
    with pytest.raises(BadInput, match=words):
        kept.save(session, **asked, who="", now=NOW)


# --- Measured -------------------------------------------------------------------------------------------------------


def test_reports_count_once_whatever_versions_and_scopes_they_have(session, opened):
    session.add_all(Account(platform=code, external_id=code, name=code) for code in ("weibo", "wechat"))
    schedule.save(session, name="月报", kind="monthly", span="month", platform="*", since=date(2024, 1, 1), who="",
                  now=NOW)
    first = edition(session, "monthly", "weibo", "2024-01", at=instant(date(2024, 2, 2), 8))
    newest = edition(session, "monthly", "weibo", "2024-01", version=2)
    edition(session, "monthly", "weibo", "2024-02")
    edition(session, "monthly", "weibo", "2024-01", scope="bureau")
    edition(session, "monthly", "weibo", "2023-12")
    edition(session, "monthly", "wechat", "2024-03", demo=True)
    edition(session, "monthly", "douyin", "2024-03")
    session.commit()
    one = of(session, "platform_reports")
    shown, lacking = one.measured.evidence
    assert one.measured.value == 2 and shown.frame["id"][0] == newest.id != first.id
    assert list(shown.frame["intime"]) == ["按期", "逾期"]
    assert shown.frame["issued_at"][0] == instant(date(2024, 2, 2), 8), "the first version tells when it was there"
    # Of the plan 24 are due in the year: 2 are there, 8 were due, and APP has no account and no plan.
    assert one.measured.outlook.low >= 2 and one.measured.outlook.high <= 24
    assert one.measured.expected == 12 and one.standing.state == "risk"
    assert set(lacking.frame["state"]) == {"逾期", "未到期", "不在计划内", "只有样例区的"}
    kept.save(session, name="按期完成率", dimension="产出时效", measure="ontime", comparison="ge", goal=0.95, unit="%",
              weight=0, year=2024, who="", now=NOW)
    intime = of(session, "own_1")
    assert (intime.measured.of, intime.measured.whole) == (1, 8) and intime.said == "12.5%"
    assert intime.standing.state == "risk" and len(intime.measured.evidence[0].frame) == 7
    late = of(session, "platform_reports", instant(date(2025, 3, 1)))
    assert late.standing.state == "missed" and late.measured.over


def test_accuracy_is_of_the_newest_verifications_and_never_rounded_up(session, district):  # noqa: F811
    kept.open_year(session, 2024, who="", now=NOW)
    session.commit()
    one = of(session, "accuracy")
    assert one.measured.value is None and one.standing.state == "none" and "3至4月尚未核验" in one.standing.why
    verified(session, 3, 1_000_000, 500)
    verified(session, 3, 1_000_000, 0)
    verified(session, 4, 3_000_000, 9, state="failed")
    one = of(session, "accuracy")
    assert one.said == "100%" and one.standing.state == "risk" and "4月尚未核验" in one.standing.why
    verified(session, 4, 3_000_000, 1)
    one = of(session, "accuracy")
    assert (one.measured.of, one.measured.whole) == (3_999_999, 4_000_000)
    assert one.said == "99.9999%" and one.standing.state == "risk" and one.score < one.weight
    assert "最低的一个月是 4 月" in one.measured.notes[0]


def test_a_platform_counts_where_a_run_went_well_lately_and_something_came(session, opened):
    def source(key, platform, at, state="ok", mentions=0, as_=""):
        made = Source(key=key, name=f"源{key}", collector="feed", platform=platform,
                      last_ok_at=at if state == "ok" else None)
        session.add(made)
        session.flush()
        session.add(Run(job="collect", source_id=made.id, started_at=at, state=state))
        for number in range(mentions):
            session.add(Mention(source_id=made.id, external_id=str(number), platform=as_ or platform, title="题",
                                published_at=at, day=date(2024, 5, 1), first_seen_at=at, last_seen_at=at))
        return made

    lately, long_ago = NOW - timedelta(days=2), NOW - timedelta(days=20)
    source("a", "people", lately, mentions=2)
    source("b", "xinhua", long_ago, mentions=1)
    source("c", "cctv", lately)
    source("d", "feed", lately, mentions=1, as_="zhihu")
    source("e", "hupu", lately, mentions=1)
    source("f", "ifeng", lately, "failed", mentions=1)
    session.commit()
    assert not session.get(Platform, "hupu").important
    one = of(session, "platforms_monitored")
    states = dict(zip(one.measured.evidence[0].frame["name"], one.measured.evidence[0].frame["state"], strict=True))
    assert states == {"人民网": "在监控", "知乎": "在监控", "新华网": "近期未采到", "凤凰网": "近期未采到",
                      "央视网": "本年无内容"}
    assert one.measured.value == 2 and "本年有过内容的共 4 个" in one.measured.notes[0]


def test_followers_grow_against_the_end_of_last_year_and_what_is_put_in_is_named(session, opened):
    run = ingest.begin(session, "import", at=NOW)

    def account(name, *levels, opened_on=None):
        made = Account(platform="wechat", external_id=name, name=name, opened_on=opened_on)
        session.add(made)
        session.flush()
        found = [FollowerRecord(day=day, observed_at=NOW, followers=Count(value)) for day, value in levels]
        ingest.store(session, Batch(followers=found), run=run, capture=None, account=made)

    ends = [date(2023, 12, 31), date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30),
            date(2024, 5, 9)]
    account("老号", *zip(ends, (1000, 1100, 1210, 1331, 1464, 1500), strict=True))
    account("迟采", (date(2024, 2, 10), 500), (date(2024, 5, 9), 600))
    account("新开", (date(2024, 5, 9), 300), opened_on=date(2024, 3, 1))
    account("断采", (date(2023, 12, 20), 200), (date(2024, 2, 1), 210))
    account("无读数")
    session.commit()
    rollup.run(session)
    one = of(session, "followers")
    assert (one.measured.of, one.measured.whole) == (1500 + 600 + 300 + 210, 1000 + 500 + 0 + 200)
    assert one.measured.value == pytest.approx(2610 / 1700 - 1)
    how = dict(zip(one.measured.evidence[0].frame["name"], one.measured.evidence[0].frame["how"], strict=True))
    assert how["老号"] == "" and "首个读数" in how["迟采"] and "新开" in how["新开"]
    assert "最近读数" in how["断采"] and "两端都不计" in how["无读数"]
    assert any("同口径（两端都有读数的 1 个账号）增长 +50%" in words for words in one.measured.notes)
    assert one.measured.outlook.low > one.measured.value and one.standing.state == "fine"
    kept.save(session, id_=one.id, name=one.name, dimension=one.dimension, measure="followers", comparison="ge",
              goal=0.5, unit="%", weight=20, options={"baseline": 2000, "baseline_why": "上年自评表"}, who="", now=NOW)
    one = of(session, "followers")
    assert one.measured.value == pytest.approx(2610 / 2000 - 1) and "上年自评表" in one.measured.definition


def test_satisfaction_says_what_is_missing_and_doubts_small_samples(session, opened, monkeypatch):
    assert of(session, "satisfaction").standing.why.startswith("没有满意度数据")

    def pooled(session, first, last):
        low, high = arithmetic.wilson(37, 40, 1.96)
        return SimpleNamespace(share=37 / 40, low=low, high=high, n=40, satisfied=37)

    monkeypatch.setattr(satisfaction, "pooled", pooled)
    one = of(session, "satisfaction")
    assert one.said == "92.5%" and one.standing.state == "risk" and "还不能肯定" in one.standing.why


def test_what_is_entered_counts_by_its_day_until_it_is_taken_back(session, opened):
    asked = {"name": "走访", "dimension": "产出数量", "measure": "manual", "comparison": "ge", "goal": 12, "unit": "次",
             "weight": 0}
    one = kept.save(session, **asked, year=2024, who="", now=NOW)
    report = edition(session, "opinion", "", "2024-04")
    kept.enter(session, one.id, date(2024, 4, 1), 3, "台账", who="", now=NOW)
    newest = kept.enter(session, one.id, date(2024, 5, 1), 5, "台账", edition_id=report.id, file=("记录.txt", b"5"),
                        who="王五", now=NOW)
    found = of(session, one.key)
    assert found.said == "5次" and found.standing.state == "fine"
    assert found.measured.evidence[0].frame["ground"][0] == "记录.txt"
    kept.withdraw(session, newest.id, who="", now=NOW)
    assert of(session, one.key).said == "3次" and of(session, one.key).standing.state == "risk"
    for wrong, words in (({"day": date(2024, 5, 11)}, "不晚于今天"), ({"note": " "}, "依据"),
                         ({"value": -1}, "不小于 0")):
        given = {"day": date(2024, 5, 1), "value": 1, "note": "据"} | wrong
        with pytest.raises(BadInput, match=words):
            kept.enter(session, one.id, **given, who="", now=NOW)
    with pytest.raises(BadInput, match="不用填报"):
        kept.enter(session, opened["accuracy"].id, date(2024, 5, 1), 1, "据", who="", now=NOW)


# --- Warned of, handed in -------------------------------------------------------------------------------------------


def test_targets_at_risk_are_one_notice_that_closes_by_itself(session, opened):
    def open_ones():
        return list(session.execute(
            select(Notice).where(Notice.kind == "target", Notice.closed_at.is_(None))).scalars())

    assert warn.look(session, NOW) and not warn.look(session, NOW + timedelta(hours=1))
    (notice,) = open_ones()
    assert "“2024年各平台数据分析报告”" in notice.note and "4 项" in notice.title
    notices.put_away(session, notice.id, who="张三", now=NOW)
    assert not warn.look(session, NOW) and not open_ones(), "put away, and nothing new"
    verified(session, 3, 100, 1)
    assert warn.look(session, NOW) and "基础数据准确率" in open_ones()[0].note
    session.execute(delete(Target).where(Target.measure.in_(("reports", "accuracy", "platforms"))))
    assert warn.look(session, NOW) and not open_ones()


def test_the_sample_has_targets_of_its_own_that_give_way_to_real_ones(session):
    session.add(Account(platform="weibo", external_id="d", name="样例", demo=True))
    session.flush()
    assert kept.open_year(session, 2024, who="", now=NOW) == 7
    edition(session, "monthly", "weibo", "2024-01", demo=True)
    assert of(session, "platform_reports").measured.value == 1
    session.add(Account(platform="weibo", external_id="r", name="真实"))
    session.flush()
    assert kept.of_year(session, 2024) == [] and kept.years(session) == []
    kept.open_year(session, 2024, who="", now=NOW)
    assert of(session, "platform_reports").measured.value == 0
    kept.forget_sample(session)
    assert len(list(session.execute(select(Target.id)))) == 7 and not list(session.execute(select(TargetEntry.id)))


def test_the_sheet_is_issued_as_it_was_looked_at_and_every_number_has_a_source(session, district):  # noqa: F811
    kept.open_year(session, 2024, who="", now=NOW)
    edition(session, "monthly", "weibo", "2024-03")
    verified(session, 3, 1_000_000, 1)
    found = of(session, "accuracy")
    kept.explain(session, found.id, "一处读数被改动", "=重新导入", who="张三", now=NOW)
    session.commit()
    content = sheet.build(session, 2024, now=NOW)
    assert walked(session, content) > 30
    printed = {one.key: one.text for one in figures.figures(content)}
    assert printed[f"自评结果/{sheet.TABLE}/基础数据准确率/完成值"] == "99.9999%"
    assert printed[f"自评结果/{sheet.TABLE}/各平台数据分析报告/完成值"] == "1份"
    one = sheet.issue(session, content, by="张三", now=NOW)
    session.commit()
    assert (one.kind, one.period, one.version) == ("targets", "2024", 1)
    assert {suffix for suffix in editions.FORMATS if editions.body(session, one.id, suffix)[1]} == set(editions.FORMATS)
    edition(session, "monthly", "weibo", "2024-04")
    key = f"自评结果/{sheet.TABLE}/各平台数据分析报告/完成值"
    source = behind.source(content, behind.number(content, key))
    told = behind.read(session, source, printed[key])
    assert told.agrees is False and told.text == "2" and told.rows.leads == "edition"
    assert editions.content_of(session, one.id).fingerprint == content.fingerprint, "what was handed in stays"
    with pytest.raises(BadInput, match="还没有绩效目标"), db.session() as other:
        sheet.build(other, 2030, now=NOW)
