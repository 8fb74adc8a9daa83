"""A database of an earlier version is brought to the present one with what it holds."""

from datetime import date

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text

from core import clock, db, rollup
from core.migrations import is_model
from core.models import METADATA, Account, AccountDay, AccountMonth, Board, Coverage, Dirty, Post, Reading


def dump(session) -> list[tuple]:
    return [tuple(row) for table in (AccountDay, AccountMonth)
            for row in session.execute(select(*table.__table__.columns).order_by(*table.__table__.primary_key))]


def test_what_is_derived_anew_is_there_when_a_database_has_been_migrated(database, session):
    day = date(2026, 2, 3)
    account = Account(platform="wechat", external_id="gh_1", name="区发布")
    session.add_all([account, Board(name="区榜", platform="wechat")])
    session.flush()
    for number, reads in enumerate((150_001, 900)):
        at = clock.instant(day, 9 + number)
        post = Post(account_id=account.id, external_id=f"p{number}", published_at=at, day=day, title="题", position=1,
                    first_seen_at=at, last_seen_at=at)
        session.add(post)
        session.flush()
        session.add(Reading(post_id=post.id, observed_at=at, day=day, reads=reads))
    session.add(Coverage(account_id=account.id, day=date(2026, 1, 9), state="zero"))
    session.commit()
    rollup.rebuild(session)
    expected = dump(session)
    session.close()

    command.downgrade(db._alembic(), "0004")
    with db.engine().connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM accountday")).scalar() == 2
        assert "accountmonth" not in {row[0] for row in connection.execute(text("SELECT name FROM sqlite_master"))}
    db.migrate()
    with db.session() as again:
        assert dump(again) == expected and len(expected) == 2 + 4
        assert again.execute(select(Dirty)).first() is None
        board = again.execute(select(Board)).scalar_one()
        assert (board.order_by, board.columns, board.importances, board.shown, board.archived) == (
            "index", [], [], True, False)


def test_the_migrated_schema_is_that_of_the_models_also_after_the_way_back(database):
    for step in (lambda: None, lambda: command.downgrade(db._alembic(), "0006"), db.migrate):
        step()
        with db.engine().connect() as connection:
            context = MigrationContext.configure(connection, opts={"include_name": is_model})
            different = compare_metadata(context, METADATA)
        assert bool(different) == db.behind()
    assert different == []
