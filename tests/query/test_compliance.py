"""检查指标 over a real database: one inspection for each account, words found in posts, cards of units."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from core import db, ingest, rollup
from core.clock import days, instant
from core.faults import BadInput
from core.ledger.judged import judge
from core.metrics.compliance import VERDICTS
from core.models import Account, Audit, Post, Unit
from core.query import compliance as query
from core.query.scope import Filter
from core.records import Batch, PostRecord

FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)
PERIOD = Filter(FIRST, LAST)
EARLY = date(2026, 4, 1)
WORDS, DIGEST = query.word_list()


class District:
    """Accounts written through the real intake."""

    def __init__(self, session):
        self.session = session
        self.run = ingest.begin(session, "import", at=instant(LAST, 20))
        self.units: dict[str, Unit] = {}

    def account(self, name, unit="教育局", platform="wechat", posts=(), silent=(), **fields) -> Account:
        """An account with a post on each day of `posts`, and of which it is known that it was silent on `silent`."""
        if unit and unit not in self.units:
            self.units[unit] = self._add(Unit(name=unit, kind="bureau"))
        whole = {"interactive": True, "registration_no": "备1"} | fields
        made = self._add(Account(platform=platform, external_id=name, name=name,
                                 unit_id=self.units[unit].id if unit else None, **whole))
        records = [self.post(f"{name}{day}", day) for day in posts]
        ingest.store(self.session, Batch(posts=records), run=self.run, capture=None, account=made)
        ingest.cover(self.session, {(made.id, day): "zero" for day in silent}, self.run)
        return made

    def post(self, key, day, title="好消息", text=""):
        return PostRecord(external_id=key, published_at=instant(day, 9), observed_at=instant(LAST, 20), title=title,
                          text=text)

    def wrote(self, account, day, title="", text=""):
        ingest.store(self.session, Batch(posts=[self.post(f"文{day}{title[:2]}", day, title, text)]), run=self.run,
                     capture=None, account=account)

    def _add(self, row):
        self.session.add(row)
        self.session.flush()
        return row

    def ask(self, where=PERIOD):
        """The answer after the roll-up."""
        self.session.commit()
        rollup.run(self.session)
        return query.compliance(self.session, where, WORDS)


@pytest.fixture
def made(session):
    return District(session)


def by_name(found) -> dict:
    return {row["account"]: row for row in found.accounts.to_dict("records")}


def test_an_empty_ledger_has_nothing_to_inspect(session):
    found = query.compliance(session, PERIOD, WORDS)
    assert found.accounts.empty and found.findings.empty and found.units() == []
    assert found.tally() == dict.fromkeys(VERDICTS.values(), 0)


def test_silence_counts_only_what_is_known(made):
    made.account("好", posts=days(EARLY, LAST))
    made.account("停", "公安局", posts=days(EARLY, LAST - timedelta(15)), silent=days(LAST - timedelta(14), LAST))
    made.account("疑", "民政局", posts=days(EARLY, LAST - timedelta(15)), silent=days(LAST - timedelta(9), LAST))
    made.account("无", "体育局")
    made.account("久", "司法局", posts=[date(2026, 2, 1)], silent=days(date(2026, 2, 2), LAST))
    found = by_name(made.ask())
    assert [row["verdict"] for row in found.values()] == ["不合格", "不合格", "无法判定", "无法判定", "合格"]
    assert list(found)[:2] == ["久", "停"], "the longest silence first"
    assert (found["停"]["silent"], found["停"]["out"], found["停"]["gap"]) == (15, 1, 15)
    assert found["停"]["gap_first"] == LAST - timedelta(14)
    assert (found["疑"]["silent"], found["疑"]["silent_most"], found["疑"]["unknown"]) == (10, 15, 5)
    assert found["疑"]["out"] == 0 and found["疑"]["out_most"] == 1
    assert found["无"]["last_post"] is None and found["无"]["unknown"] == 30
    whole = (LAST - date(2026, 2, 1)).days
    assert (found["久"]["silent"], found["久"]["silent_most"], found["久"]["out"]) == (whole, whole, 30)
    assert found["好"]["reasons"] == ""


def test_followed_back_to_the_last_post_a_hole_stays_a_hole(made):
    hole = date(2026, 4, 10)
    made.account("久", posts=[date(2026, 2, 1)], silent=[d for d in days(date(2026, 2, 2), LAST) if d != hole])
    row = by_name(made.ask())["久"]
    assert row["silent"] == (LAST - hole).days and row["silent_most"] == (LAST - date(2026, 2, 1)).days
    assert row["verdict"] == "不合格" and "至少" in row["reasons"]


def test_duplicates_are_looked_for_beyond_the_scope(made):
    first = made.account("甲", posts=days(EARLY, LAST))
    made.account("乙", posts=days(EARLY, LAST), state="suspended")
    made.account("丙", posts=days(EARLY, LAST), state="deregistered")
    made.account("丁", platform="weibo", posts=days(EARLY, LAST))
    made.account("戊", unit="", posts=days(EARLY, LAST))
    made.account("己", unit="", posts=days(EARLY, LAST))
    for name in ("客户端一", "客户端二"):
        made.account(name, platform="app", posts=days(EARLY, LAST))
    found = by_name(made.ask())
    assert {name: row["twins"] for name, row in found.items() if row["twins"]} == {
        "甲": 1, "乙": 1, "客户端一": 1, "客户端二": 1}
    assert "还有“乙”" in found["甲"]["reasons"] and found["客户端一"]["reasons"] == ""
    assert found["戊"]["inspection"].check("single").outcome == "unknown" and found["戊"]["unit"] == query.NO_UNIT
    assert found["丙"]["verdict"] == "不检查" and "停更" in found["乙"]["reasons"]
    elsewhere = Filter(FIRST, LAST, units=(first.unit_id,), platforms=("wechat",))
    assert by_name(made.ask(elsewhere))["甲"]["twins"] == 1


def test_words_are_found_in_titles_and_texts(made):
    one = made.account("甲", posts=days(EARLY, LAST))
    made.wrote(one, LAST, "黄埔江夜游开放", "请登录帐号。延边朝鲜族歌舞。")
    made.wrote(one, LAST - timedelta(1), "延边鲜族歌舞")
    made.wrote(one, LAST - timedelta(2), "再接再励", "再接再励，一如继往")
    made.wrote(one, FIRST - timedelta(1), "黄埔江")
    made.wrote(one, LAST - timedelta(3), "震憾人心")
    made.session.execute(update(Post).where(Post.title == "震憾人心").values(gone_at=instant(LAST, 12)))
    found = made.ask()
    row = by_name(found)["甲"]
    assert (row["grave"], row["wrong"], row["doubtful"]) == (1, 3, 1) and found.found == 5
    assert row["verdict"] == "无法判定" and "疑似严重表述错误 1 处" in row["reasons"]
    listed = found.findings
    assert list(listed["wrong"]) == ["鲜族", "黄埔江", "再接再励", "一如继往", "帐号"], "the gravest first"
    first = listed.iloc[1]
    assert (first["place"], first["right"], first["title"]) == ("标题第 1 字", "黄浦江", "黄埔江夜游开放")
    assert listed.iloc[2]["place"] == "正文第 1 字", "a title that its text repeats counts once"
    assert listed.iloc[4]["place"] == "正文第 4 字" and "【帐号】" in listed.iloc[4]["around"]
    assert row["posts"] == row["read"] == 33


def test_a_text_that_comes_later_is_looked_through_too(made):
    one = made.account("甲", posts=days(EARLY, LAST))
    made.wrote(one, LAST)
    before = by_name(made.ask())["甲"]
    assert (before["posts"], before["read"], before["wrong"]) == (31, 30, 0)
    made.wrote(one, LAST, text="黄埔江畔")
    after = by_name(made.ask())["甲"]
    assert (after["posts"], after["read"], after["wrong"]) == (31, 31, 1)
    assert by_name(made.ask())["甲"]["wrong"] == 1, "and remembered"


def test_a_person_decides_what_a_word_found_is(made):
    one = made.account("甲", posts=days(EARLY, LAST))
    made.wrote(one, LAST, "延边鲜族歌舞", "鲜族风情，再接再励，村长到场")
    before = made.ask()
    assert set(before.findings["decision"]) == {query.PENDING} and by_name(before)["甲"]["grave"] == 2
    post = int(before.findings["post_id"][0])

    def decide(word, decision):
        count = judge(made.session, [(post, word)], decision, who="张三", now=instant(LAST, 22))
        found = made.ask()
        return count, by_name(found)["甲"], found

    count, row, found = decide("鲜族", "error")
    assert count == 1 and (row["confirmed"], row["grave"], row["verdict"]) == (2, 0, "不合格")
    assert "2 处，已由人工确认属实" in row["reasons"]
    _, row, found = decide("鲜族", "fine")
    assert (row["confirmed"], row["grave"], row["verdict"]) == (0, 0, "有扣分项") and found.found == 2
    assert list(found.findings["decision"]) == [query.PENDING, query.PENDING, "不算差错", "不算差错"]
    _, row, _ = decide("村长", "error")
    assert (row["wrong"], row["doubtful"]) == (2, 0), "a doubt that was confirmed is an error"
    stamp = db.stamp(made.session)
    _, row, _ = decide("鲜族", None)
    assert row["verdict"] == "无法判定" and db.stamp(made.session) > stamp
    log = [(entry.who, entry.action) for entry in made.session.execute(select(Audit).order_by(Audit.id)).scalars()]
    assert log[-4:] == [("张三", "用词判断：属实"), ("张三", "用词判断：不算差错"), ("张三", "用词判断：属实"),
                        ("张三", "撤回用词判断")]
    with pytest.raises(BadInput, match="已不存在"):
        judge(made.session, [(999, "鲜族")], "fine", who="张三", now=instant(LAST, 22))


def test_cards_of_units_begin_with_a_veto(made):
    made.account("好", "甲局", posts=days(EARLY, LAST))
    made.account("无互动", "乙局", posts=days(EARLY, LAST), interactive=False)
    made.account("也好", "乙局", "weibo", posts=days(EARLY, LAST))
    made.account("无主", "", posts=days(EARLY, LAST), registration_no="")
    made.account("网站", "甲局", "govsite", posts=[FIRST])
    found = made.ask()
    cards = found.units()
    assert [(card.unit, card.verdict) for card in cards] == [
        ("乙局", "不合格"), (query.NO_UNIT, "有提醒项"), ("甲局", "合格")]
    assert cards[0].words == "共 2 个账号：不合格 1 个、合格 1 个"
    assert list(cards[0].accounts["account"]) == ["无互动", "也好"]
    assert cards[2].tally == {"合格": 1, "不检查": 1}
    assert found.tally()["不合格"] == 1 and sum(found.tally().values()) == 5
    street = made.ask(Filter(FIRST, LAST, kinds=("street",)))
    assert street.accounts.empty


def test_a_list_of_words_that_cant_be_read_is_named(tmp_path, session):
    assert len(DIGEST) == 12
    with pytest.raises(BadInput, match=r"找不到词表 没有\.csv"):
        query.word_list(tmp_path / "没有.csv")
    (tmp_path / "坏.csv").write_bytes("错,对".encode("gbk"))
    with pytest.raises(BadInput, match="不是 UTF-8"):
        query.word_list(tmp_path / "坏.csv")
    with pytest.raises(BadInput, match="表头应为"):
        query.compliance(session, PERIOD, "a,b\n")
