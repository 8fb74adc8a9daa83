"""What stands behind each number of a report: every key of every kind has a source, and comes to what is printed."""

from datetime import date

import pytest
from sqlalchemy import select

from core import clock, db, rollup
from core.clock import instant
from core.models import Board, Post, Reading
from core.periods import Period
from core.query import boards
from core.report import behind, figures, kinds, spoken
from core.report.behind.account_rows import OfAccount
from core.report.content import Paragraph
from core.report.outline import Order
from tests.query.conftest import district, filled, reader  # noqa: F401
from tests.report.test_opinion import AFTER, HALF, case, water  # noqa: F401
from tests.report.walking import walked

NOW = instant(date(2025, 1, 5), 8)


def built(session, kind, period, platform="", scope="all", now=NOW, **more):
    return kinds.build(session, Order(kind, Period.parse(period), platform, scope, **more), now=now)


@pytest.fixture
def once(monkeypatch):
    """Each ranking is reckoned once: a walk asks for it behind every account."""
    real, held = boards.ranked, {}

    def ranked(session, *args):
        if args not in held:
            held[args] = real(session, *args)
        return held[args]

    monkeypatch.setattr(boards, "ranked", ranked)


@pytest.mark.parametrize(("kind", "period", "more"), [
    ("monthly", "2024-04", {"platform": "weibo", "basis": "d7"}),
    ("monthly", "2024-03", {"platform": "wechat", "scope": "bureau"}),
    ("quarterly", "2024Q2", {"platform": "wechat"}), ("annual", "2024", {"platform": "wechat"}),
    ("unit", "2024-04", {"scope": "公安分局"}),
    ("board", "2024-04", {"platform": "wechat", "scope": "board"}),
])
def test_every_number_on_accounts_comes_to_what_stands_behind_it(
        district, reader, once, kind, period, more):  # noqa: F811
    if kind == "unit":
        more = {"scope": f"unit:{district.units[more['scope']]}"}
    if kind == "board":
        board = reader.execute(select(Board.id).where(Board.platform == "wechat")).scalars().first()
        more |= {"scope": f"board:{board}"}
    assert walked(reader, built(reader, kind, period, **more)) > 30


def test_every_number_on_opinion_comes_to_what_stands_behind_it(case, water):  # noqa: F811
    with db.session() as session:
        for period in (HALF, Period.parse("2026-W09"), Period.parse("2026-02-27")):
            content = kinds.build(session, Order("opinion", period), now=AFTER)
            assert walked(session, content) > 30


def test_rows_lead_on_to_the_posts_of_an_account_and_a_changed_reading_is_told(district, reader):  # noqa: F811
    content = built(reader, "monthly", "2024-04", "wechat")
    one = behind.number(content, "总体情况//点赞数" if any(
        found.key == "总体情况//点赞数" for found in figures.figures(content)) else "总体情况/主要指标/点赞数/本月")
    source = behind.source(content, one)
    told = behind.read(reader, source, one.text)
    first = told.rows.frame.iloc[0]
    deeper = source.query.next(int(first["id"]))
    assert isinstance(deeper, OfAccount) and deeper.rows(reader).value == first["value"]
    with db.session() as session:
        april = Post.day.between(date(2024, 4, 1), date(2024, 4, 30))
        post = session.execute(select(Post).where(Post.account_id == int(first["id"]), april)).scalars().first()
        session.add(Reading(post_id=post.id, observed_at=clock.now(), day=clock.day_of(clock.now()), likes=10**6))
        rollup.roll(session, [(post.account_id, post.day)])
        session.commit()
        after = behind.read(session, source, one.text)
    assert after.agrees is False and after.value > told.value


def test_numbers_of_sentences_are_those_of_the_figures(district, reader):  # noqa: F811
    content = built(reader, "monthly", "2024-04", "wechat")
    by_key = {one.key: one for one in figures.figures(content)}
    posts = by_key["总体情况//发布数"]
    found = {}
    for (nth, number), spans in spoken.spans(content).items():
        text = content.sections[nth].blocks[number].text
        assert isinstance(content.sections[nth].blocks[number], Paragraph)
        found |= {text[max(begin - 5, 0) : end]: by_key[key] for begin, end, key in spans}
    number = posts.text.rstrip("篇")
    assert found[f"共发布信息{number}"].key in ("总体情况//发布数", "总体情况/主要指标/发布数/本月")


def test_a_key_that_the_report_has_not_is_refused_in_words(district, reader):  # noqa: F811
    with pytest.raises(behind.BadInput, match="没有链接所指的数字"):
        behind.number(built(reader, "monthly", "2024-04", "wechat"), "总体情况//没有")
