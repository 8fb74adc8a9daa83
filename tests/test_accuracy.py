"""One accuracy of any scope, from verifications that count account by account; two sources of one thing held against
each other on the way; a month signed off knowing what second sources say."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from core import db, ingest, rollup
from core.faults import BadInput
from core.models import Account, AccountDay, AccountMonth, MonthSign, Reading, Source, Unit, Verification
from core.query import quality
from core.query.scope import Filter
from core.recheck import accuracy, months
from core.reconcile import kept
from tests.imports.make import csv_file
from tests.test_recheck import PARSERS, Line, T, followers, seen

NOW = T + timedelta(days=40)
TODAY = NOW.date()
MONTH = Filter(date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def two(session) -> list[Line]:
    """An account of WeChat that two sources tell of, one of Weibo with a unit."""
    line = Line(session)
    unit = Unit(name="区公安分局", kind="bureau")
    session.add(unit)
    session.flush()
    account = Account(platform="weibo", external_id="w1", name="警方", unit_id=unit.id)
    session.add(account)
    session.flush()
    others = []
    for key, whose in (("second", line.account), ("weibo", account)):
        source = Source(key=key, name=key, collector="test", platform=whose.platform, account_id=whose.id)
        session.add(source)
        session.flush()
        other = Line.__new__(Line)
        other.session, other.account, other.source, other.taken = session, whose, source, 100 * (len(others) + 1)
        others.append(other)
    line.take(seen(0, reads=100), followers(1500, 2, 50))
    line.take(seen(120, reads=200))
    others[0].take(seen(60, reads=150, likes=3), followers(1500, 2, 51))
    others[0].take(seen(130, reads=900))
    line.take(seen(240, reads=230))
    others[1].take(seen(0, "x1", likes=7))
    return [line, *others]


def verified(ask) -> Verification:
    with db.session() as session:
        ask(session)
        session.commit()
    id_ = months.step(PARSERS, now=lambda: NOW)
    with db.session() as session:
        return session.get_one(Verification, id_)


def test_a_verification_counts_by_account_and_holds_two_sources_against_each_other(two, session):
    with db.session() as other:
        other.execute(update(Reading).where(Reading.reads.is_(None)).values(likes=8))
        other.commit()
    one = verified(lambda s: months.ask(s, MONTH.start, who="张三", now=NOW))
    assert set(one.counts) == {str(two[0].account.id), str(two[2].account.id)}
    assert [sum(mine[n] for mine in one.counts.values()) for n in range(3)] == [one.figures, one.wrong, one.trusted]
    assert one.counts[str(two[0].account.id)][1] == 0 and one.counts[str(two[2].account.id)][1] == one.wrong > 0
    both = one.crossed["counts"][str(two[0].account.id)]
    assert (both["compared"], both["differing"]) == (3, 2)
    assert [(found["name"], found["one"], found["first"], found["second"], found["difference"])
            for found in one.crossed["findings"]] == [
        ("阅读数", "second", "900", "230", 670), ("粉丝数·粉丝总数", "测试源", "50", "51", -1)]
    # The same by scope: a platform, a unit, an account.
    whole = accuracy.accuracy(session, MONTH, None, TODAY)
    assert whole.sum("figures") == one.figures and whole.share < 1 and not whole.exact and whole.lacking == ()
    assert list(whole.by("unit")["name"]) == ["区公安分局", accuracy.NO_UNIT]
    wechat = accuracy.accuracy(session, Filter(MONTH.start, MONTH.end, ("wechat",)), None, TODAY)
    assert wechat.share == 1 and wechat.findings.empty and wechat.sum("differing") == 2
    police = accuracy.accuracy(session, MONTH, two[2].account.id, TODAY)
    assert police.sum("wrong") == one.wrong and set(police.findings["account"]) == {"警方"}
    assert police.by("account")["platform"].tolist() == ["政务微博"]


def test_a_part_is_verified_by_itself_and_is_no_month_s(two, session):
    part = Filter(date(2026, 3, 1), date(2026, 3, 2), ("wechat",))
    ids = accuracy.meant(session, part, None)
    assert accuracy.accuracy(session, part, None, TODAY).lacking == (MONTH.start,)
    one = verified(lambda s: months.ask_part(s, part, ids, "政务微信", who="张三", now=NOW))
    assert (one.first, one.last, one.state, set(one.counts)) == (part.start, part.end, "done", {str(ids[0])})
    found = accuracy.accuracy(session, part, None, TODAY)
    assert found.exact and found.share == 1 and found.sum("figures") == one.figures
    assert not accuracy.accuracy(session, Filter(part.start, part.start, ("wechat",)), None, TODAY).exact
    assert months.newest(session, MONTH.start) is None and months.months(session, NOW)["figures"].isna().all()
    with pytest.raises(BadInput, match="还没有完成"):
        months.sign(session, one.id, why="", who="张三", now=NOW)
    with pytest.raises(BadInput, match="没有账号"):
        months.ask_part(session, part, [], "", who="张三", now=NOW)
    with pytest.raises(BadInput, match="最多核验"):
        months.ask_part(session, Filter(date(2024, 1, 1), part.end), ids, "", who="张三", now=NOW)


def test_a_month_is_signed_off_knowing_what_second_sources_say(two, session):
    from core.imports import importer

    rows = [["标题", "发布时间", "点赞数"], ["没有的一篇", "2026-03-02 09:00", 5]]
    shown = importer.preview(csv_file(rows), "导出_20260320.csv", platform="weibo", account_name="警方", now=NOW,
                             session=session)
    kept.keep(session, shown, who="张三", now=NOW)
    session.commit()
    one = verified(lambda s: months.ask(s, MONTH.start, who="张三", now=NOW))
    assert one.wrong == 0
    with pytest.raises(BadInput, match="对账有不符"):
        months.sign(session, one.id, why=" ", who="张三", now=NOW)
    months.sign(session, one.id, why="该篇已核实为误传", who="张三", now=NOW)
    session.commit()
    signed = session.execute(select(MonthSign)).scalar_one()
    assert (signed.known["comparisons"], signed.known["theirs"], signed.known["crossed"]["differing"]) == (1, 1, 2)


def test_days_add_up_to_months(two, session):
    def found(where=MONTH) -> tuple[int, int]:
        (one,) = [check for check in quality.checks(session, where) if check.key == "months"]
        return one.checked, one.wrong

    assert found()[0] > 0 and found()[1] == 0
    session.execute(update(AccountDay).where(AccountDay.basis == "latest", AccountDay.posts > 0).values(
        reads=AccountDay.reads + 5))
    session.commit()
    assert found()[1] == 1
    (row,) = quality.found(session, MONTH, "months").to_dict("records")
    assert (row["counter"], row["difference"], row["month"]) == ("阅读数", -5, MONTH.start)
    session.execute(update(AccountMonth).where(AccountMonth.basis == "d7").values(month=date(2026, 4, 1)))
    session.commit()
    assert found()[1] > 1, "a month that is lacking is named"
    ingest.mark_dirty(session, [(two[0].account.id, date(2026, 3, 2)), (two[2].account.id, date(2026, 3, 2))])
    session.commit()
    assert found() == (0, 0), "what waits for the roll-up is left out"
    rollup.rebuild(session)
    assert found()[1] == 0
