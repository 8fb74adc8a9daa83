"""Douyin's open platform against a service that plays it."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from collectors import oauth
from collectors.douyin import DOUYIN
from collectors.http import Http
from core.faults import Fault
from core.records import Fetched, SourceSpec, Wanted
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.services.douyin import REFUSALS, Douyin, Video, refuse

NOW = datetime(2026, 3, 10, 2, 30, tzinfo=UTC)
"""10:30 in Shanghai."""
YESTERDAY = date(2026, 3, 9)
EXAMPLES = Path(__file__).resolve().parents[3] / "shared/data/platform_examples/douyin"
FIELDS = {"client_key": "aw-lab-key", "client_secret": "lab-client-secret", "code": "lab-scan-code"}
SOURCE = SourceSpec("d", "douyin", "抖音", "", "douyin", True, account=("douyin", "lab-open-id"))


class World:
    """A service and the credential's desk, which lives on from run to run."""

    def __init__(self, lab):
        self.now, self.patience = NOW, 10.0
        self.service = lab.mount(Douyin(lambda: self.now))
        self.secrets, self.tokens, self.cursor, self.spent = dict(FIELDS), {}, {}, set()
        self.saw: list[str] = []

    def run(self, *, answers=None, due=(), act=None, cursor=None) -> Outcome:
        async def work() -> Outcome:
            async with Http(**OPEN | {"timeout": self.patience, "deadline": self.patience}) as http:
                desk = MemoryDesk(
                    http, self.now, self.secrets, ("lab-open-id",), self.cursor if cursor is None else cursor,
                    list(due), self.tokens, spent=self.spent,
                )
                source = SourceSpec(**{f: getattr(SOURCE, f) for f in SOURCE.__slots__} | {"url": self.service.base})
                try:
                    return await (act(source, desk) if act else play(DOUYIN, source, desk, answers=answers))
                finally:
                    self.secrets, self.cursor = desk.secrets, desk.cursor

        return asyncio.run(work())


@pytest.fixture
def world(lab) -> World:
    return World(lab)


def test_a_happy_day(world):
    outcome = world.run()
    assert outcome.fault is None and outcome.cursor == {}
    posts = {p.external_id: p for p in outcome.all("posts")}
    assert len(posts) == 90
    first = posts[world.service.videos[0].id]
    assert {n: c.value for n, c in first.counters.items()} == {"plays": 1000, "likes": 20, "comments": 3, "reposts": 4}
    assert (first.title, first.kind) == ("第0条：区里召开推进会 #城市更新", "视频")
    assert first.published_at == NOW - timedelta(hours=1)
    followers = {f.day: f for f in outcome.all("followers")}
    assert len(followers) == 7
    assert (followers[YESTERDAY].followers.value, followers[YESTERDAY].new) == (world.service.day(YESTERDAY)[0], 7)
    daily = [d for d in outcome.all("daily") if d.day == YESTERDAY]
    assert [{n: c.value for n, c in d.counters.items()} for d in daily] == [
        {"plays": 1500}, {"likes": 60}, {"comments": 9}, {"reposts": 5}
    ]
    assert [d.posts for d in daily] == [3, None, None, None]
    (complete,) = outcome.all("complete")
    assert (complete.since, complete.until, complete.seen_from) == (NOW - timedelta(days=32), NOW, NOW)


def test_a_day_without_a_video_is_a_proven_zero(world):
    world.service.videos = [v for v in world.service.videos if v.at < NOW - timedelta(days=3)]
    covered = {k: v for batch in world.run().batches for k, v in batch.covered.items()}
    assert covered[(None, YESTERDAY)] == "zero" and (None, date(2026, 3, 5)) not in covered


def test_no_secret_stands_in_what_is_kept(world):
    outcome = world.run()
    secrets = [*FIELDS.values(), *world.tokens.values(), world.secrets["refresh_token"]]
    for fetched in outcome.answers:
        kept = fetched.request + fetched.url + str(fetched.context) + str(fetched.headers)
        assert not [s for s in secrets if len(s) > 3 and s in kept]
    world.service.script("/oauth/", "malformed")
    world.tokens.clear()
    fault = world.run().fault
    assert (fault.kind, fault.evidence) == ("RETRY", None)


def test_the_scan_code_is_used_once(world):
    world.run()
    assert world.secrets["code"] == "" and world.secrets["open_id"] == "lab-open-id"
    assert [c.path for c in world.service.asked("/oauth/")] == ["/oauth/access_token/"]
    world.tokens.clear()
    assert world.run().fault is None
    assert [c.path for c in world.service.asked("/oauth/")][1:] == ["/oauth/refresh_token/"]


def test_a_code_that_an_interrupted_run_used_costs_nothing(world):
    world.run()
    world.secrets = {**world.secrets, "code": "lab-scan-code"}
    world.tokens.clear()
    assert world.run().fault is None and world.secrets["code"] == ""


@pytest.mark.parametrize("fields", [
    {"code": "another"}, {"code": ""}, {"code": "", "refresh_token": "rft.lab-old"},
])
def test_without_a_good_authorisation_a_person_is_told_what_to_do(world, fields):
    world.secrets = FIELDS | fields
    fault = world.run().fault
    assert fault.kind == "REAUTH" and "请账号管理员用抖音扫码重新授权" in fault.message


def test_a_wrong_secret_is_no_matter_of_scanning(world):
    world.secrets = FIELDS | {"client_secret": "wrong-secret"}
    fault = world.run().fault
    assert fault.kind == "STOP" and "client_secret" in fault.message and "wrong-secret" not in fault.message


def test_the_token_runs_out_in_mid_run_and_is_made_anew(world):
    world.service.script("video_list", "ok", "ok", "expired")
    outcome = world.run()
    assert outcome.fault is None and len({p.external_id for p in outcome.all("posts")}) == 90
    assert len(world.service.asked("/oauth/refresh_token/")) == 1


def test_a_token_that_is_refused_twice_is_reauth(world):
    world.service.script("video_list", "ok", "expired", "expired")
    fault = world.run().fault
    assert fault.kind == "REAUTH" and "扫码重新授权" in fault.message and "28001008" in fault.message


def test_the_authorisation_renews_itself_five_times_and_warns_before_it_ends(world):
    """Asked once a week for half a year: no fault before the last day, and a warning in the fortnight before it."""
    started, warned, fault = world.now, [], None
    while fault is None and world.now < started + timedelta(days=220):
        world.tokens.clear()  # the access token is asked for every time: it mustn't lengthen the other's life
        outcome, world.cursor = world.run(answers=1), {}
        fault, left = outcome.fault, world.service.refresh_until - world.now
        if fault is None:
            told = "不能再自动续期" in outcome.batches[0].ending
            assert told == (world.service.renewals == 5 and left <= timedelta(days=14)), world.now
            warned += [world.now] if told else []
            world.now += timedelta(days=7)
    assert fault.kind == "REAUTH" and "请账号管理员用抖音扫码重新授权" in fault.message
    assert len(warned) == 2 and world.service.renewals == 5
    assert world.now >= world.service.refresh_until >= started + timedelta(days=150)


def test_a_renewal_that_is_refused_does_not_stop_the_reading(world):
    world.run()
    world.service.renewals = 5
    world.now += timedelta(days=24)
    world.tokens.pop("renewal")
    world.tokens.pop("access")
    outcome = world.run()
    assert outcome.fault is None and "2026-04-09 到期" in outcome.batches[0].ending
    assert oauth.state(MemoryDesk(None, world.now, world.secrets)).renewed == 5


def test_another_refresh_token_begins_a_new_count(world):
    world.run()
    desk = MemoryDesk(None, NOW, world.secrets | {"refresh_token": "rft.other"})
    assert oauth.state(desk) == oauth.State() and oauth.state(MemoryDesk(None, NOW, world.secrets)).until


def test_figures_that_are_late_are_asked_again_alone(world):
    world.service.held = True
    outcome = world.run()
    assert outcome.fault.kind == "NOTREADY" and len(outcome.all("posts")) == 90
    assert ((None, YESTERDAY), "pending") in [p for b in outcome.batches for p in b.covered.items()]
    world.now += timedelta(minutes=30)
    again = world.run()
    assert again.fault.kind == "NOTREADY" and len(again.answers) == 5
    world.service.held = False
    world.now += timedelta(minutes=30)
    done = world.run()
    assert done.fault is None and done.cursor == {} and len(done.answers) == 5
    assert YESTERDAY in {f.day for f in done.all("followers")}


def test_videos_are_read_while_figures_are_late_and_the_evening_gives_up(world):
    world.service.held = True
    world.run()
    world.now += timedelta(hours=3)
    assert len(world.run().all("posts")) == 90
    world.now = NOW + timedelta(hours=8)
    outcome = world.run()
    assert outcome.fault is None and "明日再取" in outcome.batches[0].note and outcome.cursor == {}


def test_before_ten_nothing_is_late(world):
    world.now = NOW - timedelta(hours=3)
    assert world.run().fault is None


def test_a_spent_quota_goes_on_the_next_day(world):
    world.service.script("video_list", "ok", "ok", "quota")
    outcome = world.run()
    assert (outcome.fault.kind, outcome.fault.retry_after) == ("QUOTA", None) and len(outcome.all("posts")) == 40
    assert world.spent == {"/api/douyin/v1/video/video_list/"}
    assert world.run().fault.kind == "QUOTA"
    world.spent.clear()
    world.now += timedelta(days=1)
    rest = world.run()
    assert rest.fault is None and len({p.external_id for p in rest.all("posts")}) == 50
    assert date(2026, 3, 10) in {f.day for f in rest.all("followers")}


def test_the_services_own_count_is_met(world):
    world.service.allowance = 2
    assert (fault := world.run().fault).kind == "QUOTA" and "28003017" in fault.message


def test_missing_permissions_for_single_figures_are_told_and_the_rest_is_read(world):
    world.service.script("user/fans", "denied")
    outcome = world.run()
    assert outcome.fault is None and not outcome.all("followers") and len(outcome.all("posts")) == 90
    assert "粉丝数据" in outcome.batches[0].note and "28001018" in outcome.batches[0].note


@pytest.mark.parametrize(("act", "kind", "words"), [
    ("busy", "RETRY", "系统繁忙"), ("aside", "RETRY", "28001005"), ("slow", "RETRY", "放慢"), ("risk", "RETRY", "风险"),
    ("old-quota", "QUOTA", "2190001"), ("denied", "STOP", "申请"), ("retired", "STOP", "已下线"),
    ("private", "GONE", "私密"), ("params", "STOP", "参数"), ("banned", "STOP", "封禁"),
    ("malformed", "RETRY", "不是完整的 JSON"), ("html", "RETRY", "网页而不是 JSON"), ("reset", "RETRY", "连接中断"),
    ("stall", "RETRY", "没有"), ("empty", "RETRY", "为空"), ("502", "RETRY", "HTTP 502"), ("429 120", "RETRY", "429"),
])
def test_every_refusal_is_a_fault_in_words(world, act, kind, words):
    world.service.script("video_list", "ok", act)
    world.patience = 0.5 if act == "stall" else 10.0
    outcome = world.run()
    world.patience = 10.0
    assert outcome.fault.kind == kind and words in outcome.fault.message and len(outcome.all("posts")) == 20
    assert outcome.fault.retry_after == (1800 if act in ("slow", "risk") else 120 if act == "429 120" else None)
    world.spent.clear()
    rest = world.run()
    assert rest.fault is None and len({p.external_id for p in rest.all("posts")}) == 70


def test_a_run_killed_at_any_answer_loses_and_doubles_nothing(world):
    whole = world.run()
    expected = {p.external_id for p in whole.all("posts")}
    for cut_at in range(1, len(whole.answers) + 1):
        cut = world.run(answers=cut_at, cursor={})
        rest = world.run(cursor=cut.cursor) if cut.cursor else Outcome()
        seen = [p.external_id for p in (*cut.all("posts"), *rest.all("posts"))]
        assert set(seen) == expected and len(seen) == len(expected), cut_at
        days = [(d.day, tuple(d.counters)) for d in (*cut.all("daily"), *rest.all("daily"))]
        assert len(days) == len(set(days)) == 28, cut_at


def test_pages_out_of_order_and_doubled(world):
    world.service.script("video_list", *["shuffled"] * 5)
    outcome = world.run()
    assert {p.external_id for p in outcome.all("posts")} == {v.id for v in world.service.videos}
    assert len(outcome.all("posts")) == 95 and len(outcome.all("complete")) == 1


def test_an_old_video_pinned_to_the_top_ends_no_list(world):
    world.service.videos.append(Video("@old=/1", NOW - timedelta(days=90), "置顶", top=True))
    outcome = world.run()
    assert len(outcome.all("posts")) == 91 and len(outcome.all("complete")) == 1


def test_a_long_past_is_not_read(world):
    world.service.videos += [Video(f"@old{n}=", NOW - timedelta(days=33 + n), "旧") for n in range(60)]
    assert len(world.run().all("posts")) == 100


def test_what_is_not_public_is_left_out(world):
    world.service.videos[0].status, world.service.videos[1].status, world.service.videos[2].status = 4, 7, 1
    ids = {p.external_id for p in world.run().all("posts")}
    assert len(ids) == 88 and world.service.videos[2].id in ids


def test_a_video_that_vanishes_and_a_counter_that_falls(world):
    world.run()
    gone = world.service.videos[5].id
    world.service.remove(gone)
    world.service.videos[3].counts = (900, "15", 3, 4)
    world.now += timedelta(hours=3)
    outcome = world.run()
    posts = {p.external_id: p for p in outcome.all("posts")}
    assert gone not in posts and len(outcome.all("complete")) == 1
    fallen = posts[world.service.videos[3].id].counters
    assert (fallen["plays"].value, fallen["likes"].value) == (900, 15)


def test_single_videos_are_read_by_id_and_gone_ones_noticed(world, lab):
    video = world.service.videos[9]
    due = [
        Wanted("lab-open-id", video.id, video.at), Wanted("lab-open-id", "@gone=/2", NOW - timedelta(days=3)),
        Wanted("lab-open-id", "@old=", NOW - timedelta(days=31)),
    ]
    outcome = world.run(due=due)
    post = outcome.batches[-2].posts[0]
    assert (post.external_id, post.as_of, post.counters["plays"].value) == (video.id, YESTERDAY, 1000)
    assert [g.external_id for g in outcome.all("gone")] == ["@gone=/2"]
    assert len(world.service.asked("item/base")) == 2
    raw = next(s.path for s in lab.seen if "item/base" in s.path)
    assert "%40" in raw and "%3D" in raw and "%2F" in raw.partition("?")[2]


def test_one_bad_row_is_set_aside(world):
    world.service.videos[3].counts = (-5, 1, 1, 1)
    outcome = world.run()
    assert len(outcome.all("posts")) == 89 and outcome.all("rejects")[0].locator == "data.list[4]"
    assert not outcome.all("complete"), "what could not be read is not gone for that"


def test_an_empty_list_proves_nothing(world):
    world.service.videos.clear()
    outcome = world.run()
    assert outcome.fault is None and outcome.cursor == {} and not outcome.all("complete")


def test_a_list_that_does_not_move_on_is_no_list(world):
    world.service.script("video_list", "ok", "stuck")
    outcome = world.run()
    assert outcome.fault.kind == "RETRY" and "下一页" in outcome.fault.message and len(outcome.all("posts")) == 20
    assert len(world.run().all("posts")) == 70


@pytest.mark.parametrize("act", ["params", "odd"])
def test_a_single_video_that_is_refused_stops_nothing(world, act):
    due = [Wanted("lab-open-id", v.id, v.at) for v in world.service.videos[:2]]
    world.service.script("item/base", act)
    outcome = world.run(due=due)
    assert outcome.fault is None and "未能单独读取" in outcome.batches[-2].note and not outcome.all("gone")
    assert [p.external_id for p in outcome.batches[-1].posts] == [due[1].external_id]


@pytest.mark.skipif(not EXAMPLES.exists(), reason="the shared data are not on this machine")
def test_the_documented_answers():
    def read(name: str, **context: str):
        body = (EXAMPLES / name).read_bytes()
        at = datetime(2026, 10, 22, 3, tzinfo=UTC)
        return DOUYIN.parse(SOURCE, Fetched("GET x", body, 200, "application/json", at, context=context))

    assert [(f.day, f.followers.value, f.new) for f in read("user_fans.ok.json", call="fans").followers] == [
        (date(2026, 10, 20), 200, 5), (date(2026, 10, 21), 203, 3)
    ]
    (post,) = read("item_base.ok.json", call="base", post="p", published=NOW.isoformat(), as_of="2026-10-21").posts
    assert {n: c.value for n, c in post.counters.items()} == {
        "plays": 20_000, "likes": 200, "comments": 20, "reposts": 2
    }
    for name, word in (("err_quota.json", "quota"), ("err_token_expired.json", "expired")):
        ours, theirs = json.loads(refuse(*REFUSALS[word]).body), json.loads((EXAMPLES / name).read_text("utf-8"))
        assert theirs["data"] == ours["data"] and theirs["extra"].items() <= ours["extra"].items()


def test_the_connection_test(world):
    followers = world.service.day(YESTERDAY)[0]
    assert world.run(act=DOUYIN.check) == f"连接正常，2026-03-09 粉丝数 {followers:,}，授权至 2026-04-09"
    world.service.script("fans", "denied")
    assert "没有粉丝数据的权限" in world.run(act=DOUYIN.check)
    world.secrets = FIELDS | {"code": "used"}
    world.tokens.clear()
    with pytest.raises(Fault, match="扫码重新授权"):
        world.run(act=DOUYIN.check)
