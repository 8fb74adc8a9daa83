"""Issued reports never change, and a changed figure makes the next version."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from core import db
from core.faults import BadInput
from core.models import Audit, Edition, EditionFile
from core.periods import Period
from core.report import editions, kinds
from core.report.content import Section, Subject
from core.report.outline import Order
from core.settings import settings
from tests.query.conftest import district, filled  # noqa: F401
from tests.report.sample import content

NOW = datetime(2020, 3, 1, 2, tzinfo=UTC)


@pytest.fixture
def small():
    """The sample without charts: what is issued is not what is drawn."""
    one = content(accounts=2)
    return replace(one, sections=(Section("总体情况", one.sections[0].blocks[1:2]),))


def test_issue_stores_content_and_files(session, small):
    edition = editions.issue(session, small, by="张三", now=NOW)
    session.commit()
    assert (edition.version, edition.platform, edition.period, edition.scope) == (1, "weibo", "2020-02", "all")
    assert editions.read(edition) == replace(small, edition=1)
    for suffix, start in (("xlsx", b"PK"), ("pdf", b"%PDF"), ("docx", b"PK")):
        name, data = editions.body(session, edition.id, suffix)
        assert name == f"海淀区_微博_2020-02_月报_v1.{suffix}"
        assert data.startswith(start)
        assert (settings().reports_dir / name).read_bytes() == data
    assert session.execute(select(Audit.who, Audit.action)).all() == [("张三", "签发报告")]


def test_the_same_report_is_the_same_edition(session, small):
    first = editions.issue(session, small, now=NOW)
    again = editions.issue(session, replace(small, stamp=99, as_of=NOW), now=NOW)
    assert again.id == first.id
    assert len(session.execute(select(Edition.id)).all()) == 1


def test_a_changed_figure_makes_the_next_version_and_leaves_the_first(session, small):
    first = editions.issue(session, small, now=NOW)
    before = editions.body(session, first.id, "xlsx")
    other = replace(small, sections=(*small.sections, Section("补充", small.sections[0].blocks)))
    second = editions.issue(session, other, now=NOW)
    assert second.version == 2
    assert editions.body(session, second.id, "xlsx")[0].endswith("_v2.xlsx")
    assert editions.body(session, first.id, "xlsx") == before
    assert list(editions.listing(session)["version"]) == [2, 1]
    assert set(editions.listing(session)["formats"]) == {"docx,pdf,xlsx"}


def test_another_scope_is_another_report(session, small):
    editions.issue(session, small, now=NOW)
    street = replace(small, subject=replace(small.subject, scope="street"), scope="街镇账号")
    assert editions.issue(session, street, now=NOW).version == 1
    assert (settings().reports_dir / "海淀区_微博_2020-02_月报_街镇账号_v1.pdf").exists()


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), lambda path: path.write_bytes(b"changed")])
def test_a_lost_or_changed_file_is_made_again_as_it_was(session, small, harm):
    edition = editions.issue(session, small, now=NOW)
    for suffix in ("xlsx", "pdf"):
        name, data = editions.body(session, edition.id, suffix)
        harm(settings().reports_dir / name)
        assert editions.body(session, edition.id, suffix) == (name, data)
        assert (settings().reports_dir / name).read_bytes() == data


def test_stored_content_that_was_tampered_with_is_refused(session, small):
    edition = editions.issue(session, small, now=NOW)
    edition.content = editions.zlib.compress(replace(small, edition=1, title="别的").to_json().encode())
    with pytest.raises(ValueError, match="hash"):
        editions.read(edition)
    with pytest.raises(BadInput, match="与签发时不一致"):
        editions.content_of(session, edition.id)


def test_two_subjects_of_the_same_words_keep_their_files_apart(session, small):
    one = replace(small, subject=Subject("incident", "", "flash", "incident:1"), platform="", kind="快报")
    two = replace(one, subject=replace(one.subject, scope="incident:2"), subtitle="另一件")
    first, second = (editions.issue(session, content, now=NOW) for content in (one, two))
    assert editions.read(first).subtitle == small.subtitle and second.version == 1
    names = [editions.body(session, edition.id, "pdf")[0] for edition in (first, second)]
    assert len(set(names)) == 2
    assert list(editions.listing(session, scope="incident:2")["id"]) == [second.id]
    assert len(editions.listing(session, kind="incident")) == 2


def test_a_file_that_cannot_be_made_again_is_not_replaced_by_another(session, small):
    edition = editions.issue(session, small, now=NOW)
    file = session.get(EditionFile, (edition.id, "xlsx"))
    file.sha256 = "0" * 64
    with pytest.raises(ValueError, match="不能原样重制"):
        editions.body(session, edition.id, "xlsx")


def test_unknown_edition(session):
    with pytest.raises(LookupError, match="不存在"):
        editions.body(session, 7, "pdf")


def test_file_names_hold_nothing_dangerous(small):
    odd = replace(small, district="../海淀/区", platform="微 博*?")
    assert editions.file_name(odd, "pdf") == "海淀区_微博_2020-02_月报_预览.pdf"


@pytest.mark.parametrize("same", [True, False])
def test_two_who_issue_at_the_same_moment(database, small, monkeypatch, same):
    """Neither fails: the same words are one edition, others are two."""
    both = threading.Barrier(2, timeout=30)
    render = editions.FORMATS["xlsx"]

    def together(one):
        if one.edition == 1:
            both.wait()
        return render(one)

    monkeypatch.setitem(editions.FORMATS, "xlsx", together)

    def publish(one):
        return editions.publish(lambda _: one, by="张三", now=NOW)

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(publish, [small, small if same else replace(small, subtitle="另一稿")]))
    assert sorted(one.version for one in made) == ([1, 1] if same else [1, 2])
    with db.session() as session:
        for one in made:
            assert editions.read(session.get_one(Edition, one.id)).edition == one.version
            assert editions.body(session, one.id, "pdf")[1].startswith(b"%PDF")
        assert len(session.execute(select(EditionFile.name)).all()) == (3 if same else 6)


def test_publish_builds_issues_and_tells_the_readers(district):  # noqa: F811
    with db.session() as session:
        before = db.stamp(session)
    now = datetime(2024, 5, 2, tzinfo=UTC)
    def april(reading):
        return kinds.build(reading, Order("monthly", Period.parse("2024-04"), "wechat"), now=now)

    edition = editions.publish(april, by="李四", now=now)
    with db.session() as session:
        assert db.stamp(session) > before
        assert editions.body(session, edition.id, "pdf")[1].startswith(b"%PDF")
    assert editions.publish(april, now=now).id == edition.id
