"""Kuaishou's open platform against a service that plays it."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from collectors.http import Http
from collectors.kuaishou import KUAISHOU
from core.faults import Fault
from core.records import Fetched, SourceSpec, Wanted
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.services.kuaishou import Kuaishou, Photo

NOW = datetime(2026, 3, 10, 2, 30, tzinfo=UTC)
EXAMPLE = Path(__file__).resolve().parents[3] / "shared/data/platform_examples/kuaishou/photo_list.shape.json"
FIELDS = {"app_id": "ks-lab-app", "app_secret": "lab-app-secret", "code": "lab-scan-code"}


class World:
    """A service and the credential's desk, which lives on from run to run."""

    def __init__(self, lab):
        self.now, self.patience = NOW, 10.0
        self.service = lab.mount(Kuaishou(lambda: self.now))
        self.secrets, self.tokens, self.cursor = dict(FIELDS), {}, {}

    @property
    def source(self) -> SourceSpec:
        bound = ("kuaishou", "lab-kuaishou")
        return SourceSpec("k", "kuaishou", "快手", self.service.base, "kuaishou", True, account=bound)

    def run(self, *, answers=None, due=(), act=None, cursor=None) -> Outcome:
        async def work() -> Outcome:
            async with Http(**OPEN | {"timeout": self.patience, "deadline": self.patience}) as http:
                desk = MemoryDesk(
                    http, self.now, self.secrets, ("lab-kuaishou",), self.cursor if cursor is None else cursor,
                    list(due), self.tokens,
                )
                try:
                    return await (act(self.source, desk) if act else play(KUAISHOU, self.source, desk, answers=answers))
                finally:
                    self.secrets, self.cursor = desk.secrets, desk.cursor

        return asyncio.run(work())


@pytest.fixture
def world(lab) -> World:
    return World(lab)


def ids(outcome: Outcome) -> list[str]:
    return [p.external_id for p in outcome.all("posts")]


def test_a_happy_day(world):
    outcome = world.run()
    assert outcome.fault is None and outcome.cursor == {} and len(ids(outcome)) == len(set(ids(outcome))) == 70
    first = outcome.all("posts")[0]
    assert {n: c.value for n, c in first.counters.items()} == {"plays": 3000, "likes": 40, "comments": 5}
    assert (first.title, first.published_at) == ("第0条：街道里的新鲜事", NOW - timedelta(hours=1))
    assert first.url == "https://www.kuaishou.com/short-video/3x0000lab"
    (followers,) = outcome.all("followers")
    assert (followers.day, followers.followers.value, followers.new) == (date(2026, 3, 10), 12_345, None)
    (complete,) = outcome.all("complete")
    assert (complete.since, complete.until, complete.seen_from) == (NOW - timedelta(days=32), NOW, NOW)


def test_what_is_pending_is_left_out(world):
    world.service.photos[0].pending = True
    outcome = world.run()
    assert set(ids(outcome)) == {photo.id for photo in world.service.photos[1:]}


def test_pages_that_the_service_filtered_do_not_end_the_list(world):
    """A page may be short because something was taken out of it: only an empty one is the end."""
    world.service.hidden = {photo.id for photo in world.service.photos[10:15]}
    outcome = world.run()
    assert len(ids(outcome)) == 65 and len(outcome.all("complete")) == 1


def test_no_secret_stands_in_what_is_kept(world):
    outcome = world.run()
    secrets = ["lab-app-secret", "lab-scan-code", *world.tokens.values(), world.secrets["refresh_token"]]
    for fetched in outcome.answers:
        kept = fetched.request + fetched.url + str(fetched.context) + str(fetched.headers)
        assert not [s for s in secrets if s in kept]
    world.service.script("/oauth2/", "malformed")
    world.tokens.clear()
    fault = world.run().fault
    assert (fault.kind, fault.evidence) == ("RETRY", None)


def test_the_code_is_used_once_and_each_refresh_token_too(world):
    world.run()
    assert (world.secrets["code"], world.secrets["refresh_token"]) == ("", "rt-lab-1")
    for n in (2, 3):
        world.tokens.clear()
        assert world.run().fault is None and world.secrets["refresh_token"] == f"rt-lab-{n}"
    assert [c.path for c in world.service.asked("/oauth2/")] == ["/oauth2/access_token", *["/oauth2/refresh_token"] * 2]


def test_the_token_runs_out_in_mid_run_and_is_made_anew(world):
    world.service.script("photo/list", "ok", "expired")
    outcome = world.run()
    assert outcome.fault is None and len(set(ids(outcome))) == 70 and world.service.made == 2


@pytest.mark.parametrize("fields", [
    {"code": "another"}, {"code": ""}, {"code": "", "refresh_token": "rt-old"},
])
def test_without_a_good_authorisation_a_person_is_told_what_to_do(world, fields):
    world.secrets = FIELDS | fields
    fault = world.run().fault
    assert fault.kind == "REAUTH" and "请账号管理员用快手扫码重新授权" in fault.message


def test_an_authorisation_near_its_end_is_told(world):
    world.service.refresh_life = timedelta(days=10)
    outcome = world.run()
    assert outcome.fault is None and "将于 2026-03-20 到期" in outcome.batches[0].ending
    assert "2026-03-20" in world.run(act=KUAISHOU.check)


@pytest.mark.parametrize(("act", "kind", "words", "wait"), [
    ("slow", "RETRY", "放慢", 1800), ("slow-too", "RETRY", "200100410", 1800),
    ("cancelled", "REAUTH", "已取消", None), ("scope", "STOP", "申请", None), ("params", "STOP", "参数", None),
    ("busy", "RETRY", "系统繁忙", None), ("malformed", "RETRY", "不是完整的 JSON", None),
    ("html", "RETRY", "网页而不是 JSON", None), ("reset", "RETRY", "连接中断", None), ("stall", "RETRY", "没有", None),
    ("empty", "RETRY", "为空", None), ("502", "RETRY", "HTTP 502", None), ("429 120", "RETRY", "HTTP 429", 120),
])
def test_every_refusal_is_a_fault_in_words(world, act, kind, words, wait):
    world.service.script("photo/list", "ok", act)
    world.patience = 0.5 if act == "stall" else 10.0
    outcome = world.run()
    world.patience = 10.0
    assert (outcome.fault.kind, outcome.fault.retry_after) == (kind, wait) and words in outcome.fault.message
    assert len(ids(outcome)) == 20
    rest = world.run()
    assert rest.fault is None and len(ids(rest)) == 50 and not set(ids(rest)) & set(ids(outcome))


def test_a_run_killed_at_any_answer_loses_and_doubles_nothing(world):
    whole = world.run()
    for cut_at in range(1, len(whole.answers) + 1):
        cut = world.run(answers=cut_at, cursor={})
        rest = world.run(cursor=cut.cursor) if cut.cursor else Outcome()
        assert sorted(ids(cut) + ids(rest)) == sorted(ids(whole)), cut_at
        assert len(cut.all("followers")) == 1 and not rest.all("followers")


def test_pages_out_of_order_and_doubled(world):
    world.service.script("photo/list", *["shuffled"] * 5)
    outcome = world.run()
    assert set(ids(outcome)) == {p.id for p in world.service.photos} and len(outcome.all("complete")) == 1


def test_a_long_past_is_not_read(world):
    world.service.photos += [Photo(f"3xold{n}", NOW - timedelta(days=33 + n), "旧") for n in range(60)]
    assert len(ids(world.run())) == 80


def test_a_video_that_vanishes_and_a_counter_that_falls(world):
    world.run()
    gone = world.service.photos[5].id
    world.service.remove(gone)
    world.service.photos[3].counts = ("2900", 40, 5)
    outcome = world.run()
    assert gone not in ids(outcome) and len(outcome.all("complete")) == 1
    fallen = next(p for p in outcome.all("posts") if p.external_id == world.service.photos[3].id)
    assert fallen.counters["plays"].value == 2900


def test_single_videos_are_read_by_id_and_gone_ones_noticed(world):
    photo = world.service.photos[9]
    due = [Wanted("lab-kuaishou", photo.id, photo.at), Wanted("lab-kuaishou", "3xgone", NOW - timedelta(days=3))]
    outcome = world.run(due=due)
    assert [p.external_id for p in outcome.batches[-2].posts] == [photo.id]
    assert [g.external_id for g in outcome.all("gone")] == ["3xgone"] and outcome.cursor == {}


def test_one_bad_row_is_set_aside(world):
    world.service.photos[3].counts = (-1, 1, 1)
    outcome = world.run()
    assert len(ids(outcome)) == 69 and outcome.all("rejects")[0].locator == "video_list[3]"
    assert not outcome.all("complete"), "what could not be read is not gone for that"


def test_an_empty_list_proves_nothing(world):
    world.service.photos.clear()
    outcome = world.run()
    assert outcome.fault is None and outcome.cursor == {} and not outcome.all("complete")


def test_a_single_video_that_is_refused_stops_nothing(world):
    due = [Wanted("lab-kuaishou", p.id, p.at) for p in world.service.photos[:2]]
    world.service.script("photo/info", "odd")
    outcome = world.run(due=due)
    assert outcome.fault is None and "未能单独读取" in outcome.batches[-2].note and not outcome.all("gone")
    assert [p.external_id for p in outcome.batches[-1].posts] == [due[1].external_id]


@pytest.mark.skipif(not EXAMPLE.exists(), reason="the shared data are not on this machine")
def test_the_documented_answer(world):
    at = datetime(2026, 10, 20, 3, tzinfo=UTC)
    fetched = Fetched("GET x", EXAMPLE.read_bytes(), 200, "application/json", at, context={"call": "photo/list"})
    (post,) = KUAISHOU.parse(world.source, fetched).posts
    assert (post.external_id, post.title) == ("3x", "示例")
    assert post.published_at == datetime(2025, 10, 20, 2, 20, tzinfo=UTC)
    assert {n: c.value for n, c in post.counters.items()} == {"plays": 3, "likes": 1, "comments": 2}


def test_the_connection_test(world):
    assert world.run(act=KUAISHOU.check) == "连接正常，“云澜发布”粉丝数 12345"
    world.secrets = FIELDS | {"app_secret": "wrong"}
    world.tokens.clear()
    with pytest.raises(Fault, match="应用 ID 或密钥不正确"):
        world.run(act=KUAISHOU.check)
