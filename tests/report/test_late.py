"""签发后变动台账: what changed after a report was issued is found by its true ways, with its reason; what only went on
is not; rows are closed, waived, taken back and told of once."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from core import clock, db, evidence, ingest, ledger, notices, rollup
from core.clock import instant
from core.counts import Count
from core.faults import BadInput
from core.models import (
    Account,
    AccountDay,
    Correction,
    Edition,
    LateEvent,
    LateFigure,
    LateLook,
    Mention,
    Notice,
    Post,
    Reading,
)
from core.periods import Period
from core.records import Batch, Gone, PostRecord
from core.report import correction, editions, kinds, late
from core.report.late import held, reasons, rounds
from core.report.late.held import Change
from core.report.late.reasons import Fact, Known
from core.report.outline import Order
from tests.query.conftest import district, filled  # noqa: F401
from tests.report.test_opinion import AFTER, HALF, case, water  # noqa: F401

ISSUED = instant(date(2024, 5, 2), 9)
LATER = instant(date(2024, 5, 20), 10)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_files(monkeypatch):
    """How files are set is tested elsewhere, and takes longer than all of this."""
    monkeypatch.setattr(editions, "FORMATS", {"xlsx": lambda content: content.to_json().encode()})


def issued(kind="monthly", period="2024-04", platform="wechat", now=ISSUED, **more) -> int:
    order = Order(kind, Period.parse(period), platform, **more)
    return editions.publish(lambda reading: kinds.build(reading, order, now=now), by="张三", now=now).id


def brought(account_id: int, posts=(), gone=(), at=LATER, name="后台导出.xlsx") -> int:
    """A file or an answer that came in: its posts are stored with their capture, and rolled up."""
    with db.session() as session:
        account = session.get_one(Account, account_id)
        run = ingest.begin(session, "import", at=at)
        capture = evidence.keep(session, name.encode() + str(at).encode(), request=name, fetched_at=at, run=run)
        ingest.store(session, Batch(posts=list(posts), gone=list(gone)), run=run, capture=capture, account=account)
        ingest.finish(session, run, "ok", "测试", at=at)
        session.commit()
        rollup.run(session)
        return capture.id


def post(name: str, day: date, seen=LATER, **counters: int) -> PostRecord:
    return PostRecord(external_id=name, published_at=instant(day, 9, 30), observed_at=seen, title=f"{name}标题",
                      position=1, push_id=name, counters={key: Count(value) for key, value in counters.items()})


def rows(edition_id: int) -> dict[str, LateFigure]:
    with db.session() as session:
        found = session.execute(select(LateFigure).where(LateFigure.edition_id == edition_id).order_by(LateFigure.id))
        return {row.key: row for row in found.scalars()}


def events(row: LateFigure) -> list[tuple[str, str]]:
    with db.session() as session:
        return [(one.kind, one.new) for one in session.execute(
            select(LateEvent).where(LateEvent.figure_id == row.id).order_by(LateEvent.id)).scalars()]


def told() -> list[Notice]:
    with db.session() as session:
        return list(session.execute(select(Notice).where(Notice.kind == "late").order_by(Notice.id)).scalars())


TOTAL = "总体情况/主要指标/发布数/本月"


def test_a_post_that_comes_in_later_is_late_and_a_counter_that_goes_on_is_not(district):  # noqa: F811
    id_ = issued()
    account = district.accounts["教育微信"]
    assert late.look(id_, now=ISSUED + HOUR).events == ()
    # Counters that went on growing are another time's; they change what the database says now, not the report.
    brought(account, [post("教育微信-41-0", date(2024, 4, 11), reads=900_000, likes=70_000)], at=LATER - HOUR)
    with db.session() as session:
        known = session.execute(select(Post).where(Post.external_id == "教育微信-41-0")).scalar_one()
        assert session.execute(select(func.max(Reading.reads)).where(Reading.post_id == known.id)).scalar() == 900_000
    looked = late.look(id_, now=LATER)
    assert (looked.built, looked.events) == (True, ()) and rows(id_) == {}
    capture = brought(account, [post("补报", date(2024, 4, 11), reads=5_000, likes=10)], at=LATER)
    looked = late.look(id_, now=LATER + HOUR)
    assert looked.open > 10 and set(looked.events) == {"found"}
    found = rows(id_)
    total = found[TOTAL]
    assert int(total.new.replace(",", "")) - int(total.old.replace(",", "")) == 1 and total.difference == "+1"
    assert total.main and total.state == "open" and not total.small
    assert (total.reason, total.capture_id, total.account_id) == ("arrived", capture, account)
    assert total.why == "迟到数据：“教育微信”4月11日的1条信息，2024年5月20日10:00由导入文件“后台导出.xlsx”补入"
    reads = found["总体情况/主要指标/阅读数/本月"]
    assert reads.difference == "+5,000", "not what the other post has been read since"
    others = [row for row in found.values() if "警方微信" in row.name]
    assert [(row.new, row.reason) for row in others] == [("（没有）", "arrived")], "one left the list of ten"
    with db.session() as session:  # the report is what it was, and the database what it is
        assert session.execute(select(func.max(AccountDay.reads_max))).scalar() == 900_000
        edition = session.get_one(Edition, id_)
        assert editions.read(edition).sha256 == edition.sha256


def test_what_nobody_had_known_counts_whenever_it_was_read(district):  # noqa: F811
    """A figure that was missing is filled by the export of the month after; a platform's correction goes back."""
    id_ = issued(platform="douyin")
    brought(district.accounts["街道抖音"], [post("街道抖音-40-0", date(2024, 4, 10), favourites=33, likes=9_999)])
    assert set(late.look(id_, now=LATER).events) == {"found"}
    kept = next(row for row in rows(id_).values() if "收藏" in row.name)
    assert "1条信息的读数" in kept.why and kept.reason == "arrived"
    assert {row.name for row in rows(id_).values() if "点赞" in row.name} == set(), "these were known, and went on"
    with db.session() as session:
        known = session.execute(select(Post).where(Post.external_id == "警方微信-41-1")).scalar_one()
        at = session.execute(select(func.max(Reading.observed_at)).where(Reading.post_id == known.id)).scalar()
    other = issued()
    brought(district.accounts["警方微信"], [post("警方微信-41-1", known.day, seen=at, reads=99_000)], at=LATER + HOUR,
            name="平台复核")
    late.look(other, now=LATER + 2 * HOUR)
    found = rows(other)
    assert {row.reason for row in found.values()} == {"corrected"}, [
        (key, row.old, row.new) for key, row in found.items() if row.reason != "corrected"]
    row = next(row for row in found.values() if row.name == "阅读数·本月")
    assert row.post_id == known.id and "平台对同一时刻给出了不同的数" in row.why


def test_a_deleted_post_changes_what_its_words_were_found_to_say_and_nothing_else(district):  # noqa: F811
    account = district.accounts["教育微信"]
    wrong = PostRecord(external_id="错字", published_at=instant(date(2024, 4, 12), 9), observed_at=ISSUED - HOUR,
                       title="认真学习贯彻党的二十大精神", text="十九届三种全会", position=1, push_id="错字",
                       counters={"reads": Count(10)})
    brought(account, [wrong], at=ISSUED - HOUR)
    id_ = issued()
    brought(account, gone=[Gone(external_id="错字")], at=LATER)
    late.look(id_, now=LATER + HOUR)
    assert {row.reason for row in rows(id_).values()} <= {"gone"}
    assert TOTAL not in rows(id_), "posts that are gone stay counted"


def test_the_ledger_s_changes_and_what_cannot_be_explained(district):  # noqa: F811
    id_ = issued(scope="street")
    with db.session() as session:
        unit = session.execute(select(Account).where(Account.id == district.accounts["教育微信"])).scalar_one()
        entry = ledger.AccountEntry(platform="wechat", external_id=unit.external_id, name=unit.name, unit="澜桥街道")
        ledger.apply(session, ledger.Entries(accounts=[entry]), who="李四", now=LATER)
        session.commit()
    late.look(id_, now=clock.now())
    found = rows(id_)
    assert found[TOTAL].reason == "ledger" and "教育微信" in found[TOTAL].why and "李四" in found[TOTAL].why
    assert any(row.old == "（没有）" and "教育微信（整行）" in row.name for row in found.values())
    other = issued(platform="weibo")
    with db.session() as session:  # tampered with: no record tells of it
        row = session.execute(select(AccountDay).where(AccountDay.account_id == district.accounts["警方微博"],
                                                       AccountDay.day == date(2024, 4, 10),
                                                       AccountDay.basis == "latest")).scalar_one()
        row.posts += 3
        session.commit()
    late.look(other, now=clock.now(), anew=True)
    unexplained = next(row for row in rows(other).values() if row.difference)
    assert unexplained.reason == "unknown" and "核验" in unexplained.why


def test_rows_change_again_go_back_are_waived_and_taken_back_and_told_of_once(district):  # noqa: F811
    id_, account = issued(), district.accounts["教育微信"]
    brought(account, [post("补一", date(2024, 4, 11), reads=5_000)])
    late.look(id_, now=LATER)
    late.look(id_, now=LATER + HOUR, anew=True)
    (notice,) = told()
    assert notice.edition_id == id_ and notice.closed_at is None and "处数字签发后有变动" in notice.title
    total = rows(id_)[TOTAL]
    with db.session() as session:
        with pytest.raises(BadInput, match="写明不予更正的原因"):
            late.waive(session, [total.id], " ", who="李四", now=LATER)
        late.waive(session, [row.id for row in rows(id_).values()], "影响很小", who="李四", now=LATER + HOUR)
        session.commit()
    assert told()[0].closed_by == "系统"
    assert not late.look(id_, now=LATER + HOUR, anew=True).events, "what was decided stays decided"
    with db.session() as session:
        late.reopen(session, [total.id], who="李四", now=LATER + 2 * HOUR)
        session.commit()
        with pytest.raises(BadInput, match="没有作过"):
            late.reopen(session, [total.id], who="李四", now=LATER + 2 * HOUR)
    brought(account, [post("补二", date(2024, 4, 11), reads=10)], at=LATER + 3 * HOUR)
    assert "changed" in late.look(id_, now=LATER + 4 * HOUR).events
    with db.session() as session:
        notices.put_away(session, told()[-1].id, who="李四", now=LATER + 5 * HOUR)
        session.commit()
    late.look(id_, now=LATER + 6 * HOUR, anew=True)
    assert all(one.closed_at for one in told()), "what a person put away does not come back by itself"
    with db.session() as session:  # both were somebody else's
        for known in session.execute(select(Post).where(Post.external_id.in_(["补一", "补二"]))).scalars():
            session.execute(Reading.__table__.delete().where(Reading.post_id == known.id))
            session.delete(known)
        session.commit()
        rollup.roll(session, [(account, date(2024, 4, 11))])
        session.commit()
    assert "restored" in late.look(id_, now=LATER + 7 * HOUR).events
    assert {row.state for row in rows(id_).values()} == {"restored"}
    history = events(rows(id_)[TOTAL])
    old = rows(id_)[TOTAL].old
    new, newer = (f"{int(old.replace(',', '')) + n:,}" for n in (1, 2))
    assert history == [("found", new), ("waived", new), ("reopened", new), ("changed", newer), ("restored", old)]


def test_the_correction_is_on_the_edition_s_own_terms_and_closes_its_rows(district):  # noqa: F811
    id_, account = issued(), district.accounts["教育微信"]
    brought(account, [post("教育微信-41-0", date(2024, 4, 11), reads=800_000)], at=LATER - HOUR)
    brought(account, [post("补报", date(2024, 4, 11), reads=5_000, likes=10)])
    late.look(id_, now=LATER)
    with pytest.raises(BadInput, match="更正原因"):
        late.correct(id_, "", who="李四", now=LATER)
    newer, sheet = late.correct(id_, "教育微信后台数据补齐", who="李四", now=LATER + HOUR)
    assert (newer.version, sheet.kind, sheet.scope) == (2, correction.KIND, f"edition:{id_}")
    table = editions.read(sheet).sections[1].blocks[0]
    assert "+5,000" in {row[4] for row in table.rows} and "800,000" not in editions.read(newer).to_json()
    found = rows(id_)
    assert {(row.state, row.by_edition_id) for row in found.values()} == {("corrected", newer.id)}
    assert not [one for one in told() if one.closed_at is None]
    assert late.look(newer.id, now=LATER + 2 * HOUR).events == (), "the new version says what came late"
    brought(account, [post("又补", date(2024, 4, 13), reads=7)], at=LATER + 3 * HOUR)
    late.look(newer.id, now=LATER + 4 * HOUR)
    assert "4月13日的1条信息" in rows(newer.id)[TOTAL].why and "4月11日" not in rows(newer.id)[TOTAL].why
    with pytest.raises(BadInput, match="已有新版"):
        late.correct(id_, "再来", who="李四", now=LATER)


def test_the_night_s_round_takes_what_may_have_changed_and_goes_on_where_it_was(district, monkeypatch):  # noqa: F811
    first, other = issued(), issued(platform="weibo")
    night = instant(date(2024, 5, 3), 4)
    assert late.run(lambda: instant(date(2024, 5, 3), 2)) == 0, "not before the hour"
    turns = iter([False, True])
    assert late.run(lambda: night, stopping=lambda: next(turns)) == 1
    assert late.run(lambda: night) == 1 and late.run(lambda: night) == 0
    built = []
    real = rounds.rebuilt
    monkeypatch.setattr(rounds, "rebuilt", lambda *args: built.append(args) or real(*args))
    assert late.run(lambda: night + timedelta(days=1)) == 2 and not built, "nothing that they rest on has changed"
    brought(district.accounts["警方微博"], [post("补", date(2024, 4, 20), reposts=5)], at=night + timedelta(days=1))
    assert late.run(lambda: night + timedelta(days=2)) == 2 and len(built) == 1
    assert rows(other) and not rows(first)
    monkeypatch.setattr(rounds, "rebuilt", lambda *args: 1 / 0)
    brought(district.accounts["警方微博"], [post("补二", date(2024, 4, 20), reposts=5)], at=night + timedelta(days=2))
    assert late.run(lambda: night + timedelta(days=3)) == 1
    with db.session() as session:
        assert "ZeroDivisionError" in session.get_one(LateLook, other).note


def test_opinion_counts_what_arrived_late_and_not_how_topics_went_on(case, water):  # noqa: F811
    about, most = water
    id_ = issued("opinion", HALF.code, "", now=AFTER)
    assert late.look(id_, now=AFTER + HOUR).events == ()
    later = case.say(["东街还在修"] * 3, AFTER + HOUR, about)  # of the days after
    about.title = "东街停水事件的后续"
    case.session.commit()
    late.look(id_, now=AFTER + 2 * HOUR, anew=True)
    assert rows(id_) == {}, [(row.name, row.old, row.new, row.why) for row in rows(id_).values()]
    said = case.say(["东街停水迟到的消息"], AFTER - timedelta(days=2))
    for one in said:
        one.first_seen_at = AFTER + 3 * HOUR
    case.session.add(Correction(mention_id=most[0].id, what="sentiment", label="中性", at=AFTER + 3 * HOUR, who="李四"))
    case.session.commit()
    assert later and late.look(id_, now=AFTER + 4 * HOUR).built
    found = {row.name: row for row in rows(id_).values()}
    total = next(row for name, row in found.items() if "舆情信息（条）" in name)
    assert (total.old, total.new, total.reason) == ("20", "21", "arrived") and "1条信息" in total.why
    negative = next(row for name, row in found.items() if "负面（条）" in name)
    assert negative.reason in ("arrived", "marks")
    assert case.session.get(Mention, said[0].id)

# --- Reasons, pure


DAY = date(2024, 4, 11)
KNOWN = Known(frozenset({"教育微信", "警方微信"}), frozenset({"教育局", "公安分局"}), date(2024, 4, 1),
              date(2024, 4, 30))


def change(key: str, words=(), old="10", new="12") -> Change:
    section, block, row, column = key.split("/")
    return Change(key, "", f"{row}·{column}", False, old, new, "+2", 0.2, section, block, row, column,
                  (row, column, *words))


def fact(code: str, *measures: str, **more) -> Fact:
    return Fact(code, f"某事{code}", LATER, frozenset(measures), **more)


@pytest.mark.parametrize(("of", "came", "code"), [
    (change("总体/主要指标/发布数/本月"), [fact("arrived", "posts"), fact("corrected", "counters")], "arrived"),
    (change("总体/主要指标/阅读数/平均每篇"), [fact("arrived", "posts"), fact("corrected", "counters")], "corrected"),
    (change("榜单/账号榜单/教育微信/总阅读数"), [fact("arrived", "counters", account="警方微信")], "unknown"),
    (change("榜单/账号榜单/教育微信/指数"), [fact("arrived", "counters", account="教育微信")], "arrived"),
    (change("榜单/账号榜单/教育微信/名次"), [fact("arrived", "counters", account="警方微信")], "arrived"),
    (change("单位/各单位/教育局/发布数"), [fact("arrived", "posts", account="警方微信", unit="公安分局")], "unknown"),
    (change("每日/每日发布/2024-04-10/发布数"), [fact("arrived", "posts", days=frozenset({DAY}))], "unknown"),
    (change("每日/每日发布/4月11日/发布数"), [fact("arrived", "posts", days=frozenset({DAY}))], "arrived"),
    (change("受众/粉丝/教育微信/粉丝数"), [fact("arrived", "counters"), fact("arrived", "followers")], "arrived"),
    (change("问题/检查情况/差错/数量"), [fact("gone", "checks"), fact("arrived", "posts", "checks")], "gone"),
    (change("总体/主要指标/监测账号/本月"), [fact("ledger"), fact("rerolled")], "ledger"),
    (change("榜单/全部账号/教育微信/发布数"), [fact("board"), fact("rerolled")], "board"),
    (change("概况/情感分布/网民/负面"), [fact("marks", "feeling"), fact("rules", "risk", "feeling")], "marks"),
    (change("传播走势/每日信息量/3月1日/信息量（条）"), [fact("arrived", "mentions")], "arrived"),
    (change("概况/风险分布/高/信息量"), [fact("marks", "feeling"), fact("rules", "risk", "feeling")], "rules"),
    (change("总体/主要指标/发布数/本月"), [fact("rerolled")], "rerolled"), (change("总体//发布数/"), [], "unknown"),
])
def test_the_most_specific_fact_that_fits_is_the_reason(of, came, code):
    assert reasons.find(of, came, KNOWN).code == code


def test_how_things_stood_is_late_only_where_something_changed_it_for_that_time():
    topic, ahead = change("热点话题/热点话题/停水/信息量（条）"), change("下期关注/未来走势预测/3月3日/预计")
    count = change("本周概况/主要指标/舆情信息（条）/本周")
    arrived, again = reasons.told("arrived", [fact("arrived")]), reasons.told("rules", [fact("rules")])
    assert [reasons.late(one, arrived, opinion=True) for one in (topic, ahead, count)] == [True, False, True]
    assert [reasons.late(one, again, opinion=True) for one in (topic, ahead, count)] == [False, False, True]
    assert reasons.late(topic, reasons.UNKNOWN, opinion=False)


@pytest.mark.parametrize(("old", "new", "said", "share"), [
    ("1,200次", "1,300次", "+100", 1 / 12), ("下降1.5%", "增长0.5%", "+2.0个百分点", 4 / 3),
    ("≥168.8万次", "≥169.5万次", "+7,000", 7 / 1688), ("0", "3", "+3", None), ("—", "3", "", None),
])
def test_a_difference_is_written_as_its_figures_are(old, new, said, share):
    assert not held.same(old, new) and held.same(old, old.replace("次", " 次"))
    written, of = held.difference(old, new)
    assert written == said and of == (pytest.approx(share) if share is not None else None)
