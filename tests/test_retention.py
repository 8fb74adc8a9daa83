"""What captured bytes are let go by the rule, and what never: proofs of issued reports, holds, what was cited."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from core import clock, evidence, ingest, retention
from core.faults import BadInput
from core.metrics import storage
from core.models import Account, Capture, Edition, Incident, IncidentMention, Mention, Source

NOW = datetime(2026, 11, 20, 1, tzinfo=UTC)
OLD = datetime(2025, 3, 2, 4, tzinfo=UTC)


class Office:
    """A source of hot lists and one of an account, with what they answered."""

    def __init__(self, session):
        self.session = session
        account = Account(platform="weibo", external_id="1", name="云澜发布")
        session.add(account)
        session.flush()
        self.hot = Source(key="h", name="热榜", collector="hotlist", platform="weibo_hot", period_seconds=60)
        self.own = Source(key="o", name="本区微博", collector="weibo", platform="weibo", account_id=account.id,
                          period_seconds=60)
        session.add_all([self.hot, self.own])
        session.commit()

    def capture(self, source, at=OLD, body=b"") -> int:
        run = ingest.begin(self.session, "collect", source=source, at=at)
        body = body or f"{source.key} {at} {run.id}".encode() * 40
        kept = evidence.keep(self.session, body, request="GET https://example.invalid/", fetched_at=at, run=run,
                             source_id=source.id)
        self.session.commit()
        return kept.id

    def mention(self, capture: int, day: date) -> int:
        row = Mention(source_id=self.hot.id, external_id=f"m{capture}", platform="weibo_hot", title="道路积水",
                      published_at=clock.instant(day), day=day, first_seen_at=OLD, last_seen_at=OLD, capture_id=capture)
        self.session.add(row)
        self.session.commit()
        return row.id

    def edition(self, kind: str, period: str, issued: datetime) -> None:
        self.session.add(Edition(kind=kind, platform="weibo", period=period, title="月报", content=b"", sha256="0" * 64,
                                 issued_at=issued))
        self.session.commit()

    def rule(self, used: int, idle: int) -> None:
        retention.set_rule(self.session, used, idle, who="王", now=NOW)
        self.session.commit()

    def gone(self) -> set[int]:
        self.session.expire_all()
        retention.thin(NOW)
        self.session.expire_all()
        return set(self.session.execute(select(Capture.id).where(Capture.thinned_at.is_not(None))).scalars())


@pytest.fixture
def office(session):
    return Office(session)


def test_without_a_rule_everything_stays(office):
    office.capture(office.hot)
    assert office.gone() == set() and retention.nightly(NOW) is None


def test_what_brought_nothing_new_goes_first_and_its_row_stays_with_its_hash(office):
    idle, used, fresh = office.capture(office.hot), office.capture(office.hot), office.capture(office.hot, NOW)
    office.mention(used, date(2025, 3, 2))
    office.rule(0, 6)
    planned = retention.planned(office.session, NOW)
    assert planned.gone == 1 and planned.size > 0 and planned.kept == {"rule": 1}
    assert office.gone() == {idle}
    row = office.session.get(Capture, idle)
    assert row.sha256 and not evidence.path_of(row.sha256).exists()
    with pytest.raises(evidence.EvidenceLost, match="按保管期限清理"):
        evidence.body(row)
    assert evidence.body(office.session.get(Capture, used)) and evidence.body(office.session.get(Capture, fresh))
    assert office.gone() == {idle} and retention.last(office.session)[1]["gone"] == 0


def test_a_body_that_another_capture_shares_stays_and_is_counted_there(office):
    first = office.capture(office.hot, body=b"same" * 100)
    second = office.capture(office.hot, NOW, body=b"same" * 100)
    size = office.session.get(Capture, first).packed
    assert size > 0 and office.session.get(Capture, second).packed == 0
    office.rule(0, 6)
    assert office.gone() == {first}
    assert evidence.body(office.session.get(Capture, second)) == b"same" * 100
    assert office.session.get(Capture, second).packed == size


def test_what_a_report_s_proof_rests_on_stays(office):
    own, hot = office.capture(office.own), office.capture(office.hot)
    mentioned, other = office.capture(office.hot), office.capture(office.hot)
    office.mention(mentioned, date(2025, 3, 1))
    office.mention(other, date(2025, 4, 1))
    office.edition("monthly", "2026-02", datetime(2026, 3, 2, tzinfo=UTC))
    office.edition("opinion", "2025-03", datetime(2025, 4, 2, tzinfo=UTC))
    office.rule(12, 6)
    assert office.gone() == {hot, other}
    assert retention.planned(office.session, NOW).kept == {"proof": 2} and own not in office.gone()


def test_a_hold_and_an_incident_keep_what_they_cover_until_they_end(office):
    held, cited, free = (office.capture(office.hot, OLD + timedelta(days=n)) for n in (0, 1, 2))
    mention = office.mention(cited, date(2025, 3, 3))
    incident = Incident(title="积水", level="blue", first_at=OLD, opened_at=OLD, updated_at=OLD, opened_by="王")
    office.session.add(incident)
    office.session.flush()
    office.session.add(IncidentMention(incident_id=incident.id, mention_id=mention, at=OLD, who="王"))
    hold = retention.hold(office.session, date(2025, 3, 2), date(2025, 3, 2), platform="weibo_hot", reason="某案取证",
                          who="王", now=NOW)
    office.rule(6, 6)
    assert office.gone() == {free}
    assert retention.planned(office.session, NOW).kept == {"hold": 1, "cited": 1}
    with pytest.raises(BadInput, match="解除的依据"):
        retention.lift(office.session, hold.id, why=" ", who="王", now=NOW)
    retention.lift(office.session, hold.id, why="结案", who="王", now=NOW)
    office.session.commit()
    assert office.gone() == {free, held}
    assert retention.holds(office.session)["why"].tolist() == ["结案"]


@pytest.mark.parametrize(("used", "idle", "words"), [
    (1, 1, "至少保管 3 个月"), (6, 12, "不应长于"), (6, 0, "不应长于"), (0, 999, "0（永久）到"),
])
def test_rules_that_cannot_be(office, used, idle, words):
    with pytest.raises(BadInput, match=words):
        retention.set_rule(office.session, used, idle, who="王", now=NOW)


def test_a_killed_thinning_is_finished_the_next_time(office):
    idle = office.capture(office.hot)
    row = office.session.get(Capture, idle)
    row.thinned_at = NOW - timedelta(days=1)  # the row says so, the file is there yet
    office.session.commit()
    office.rule(0, 6)
    assert evidence.path_of(row.sha256).exists()
    office.gone()
    assert not evidence.path_of(row.sha256).exists()


def test_bytes_on_disk_are_counted_afterwards_for_what_was_kept_before(office):
    first, second = office.capture(office.hot, body=b"x" * 900), office.capture(office.hot, body=b"x" * 900)
    for id_ in (first, second):
        office.session.get(Capture, id_).packed = None
    office.session.commit()
    assert retention.unmeasured(office.session) == 2 and retention.measure(office.session) == 2
    frame = retention.stored(office.session)
    assert frame["packed"].sum() == evidence.path_of(office.session.get(Capture, first).sha256).stat().st_size
    assert frame["captures"].sum() == 2 and set(frame["kind"]) == {"opinion"}


def test_the_forecast_grows_with_what_comes_in_and_shrinks_by_the_rule(office):
    for n in range(40):
        office.capture(office.hot, NOW - timedelta(days=n))
    before = retention.forecast(office.session, NOW, 10**9)
    assert before.now > 0 and len(before.points) == 12 and before.full_in > 0
    assert before.points[-1].value > before.points[0].value > before.now
    office.rule(0, 3)
    after = retention.forecast(office.session, NOW, 10**9)
    assert after.points[0].value == pytest.approx(before.points[0].value)
    assert after.points[-1].value < before.points[-1].value


def test_a_forecast_needs_two_weeks_and_its_band_widens():
    assert storage.ahead(0, [1.0] * 13, [], [30]) == [] and storage.full_in(0, 100, [1.0] * 13) is None
    one, two = storage.ahead(100, [8.0, 12.0] * 10, [], [10, 100])
    assert one.value == 200 and two.value == 1100 and two.high - two.low > one.high - one.low
    assert storage.full_in(0, 1000, [8.0, 12.0] * 10) == 100
