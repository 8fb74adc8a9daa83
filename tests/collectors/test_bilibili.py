"""Bilibili's open platform and its public statistics against a service that plays both."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from collectors.bilibili import BILIBILI, signature
from collectors.bilibili_public import BILIBILI_PUBLIC, MIXIN, mixin_key, signed
from collectors.http import Http
from core.faults import Fault
from core.records import Fetched, SourceSpec, Wanted
from tests.lab.desk import OPEN, MemoryDesk, Outcome, play
from tests.lab.services.bilibili import SECOND_IMG, SUB, Archive, Bilibili

NOW = datetime(2026, 3, 10, 4, 30, tzinfo=UTC)
"""12:30 in Shanghai."""
EXAMPLES = Path(__file__).resolve().parents[3] / "shared/data/platform_examples/bilibili_open"
shared = pytest.mark.skipif(not EXAMPLES.exists(), reason="the shared data are not on this machine")
FIELDS = {"client_id": "bl-lab-client", "client_secret": "lab-bili-secret", "code": "lab-scan-code"}
OWN = "12345"
both = pytest.mark.parametrize("collector", [BILIBILI, BILIBILI_PUBLIC], ids=lambda c: c.name)
IMG = "7cd084941338484aae1ad9425b84077c"


class World:
    """A service and the credential's desk, which lives on from run to run."""

    def __init__(self, lab):
        self.now, self.patience = NOW, 10.0
        self.service = lab.mount(Bilibili(lambda: self.now))
        self.secrets, self.tokens, self.cursor, self.spent = dict(FIELDS), {}, {}, set()

    def source(self, collector, *, bound=True) -> SourceSpec:
        account = ("bilibili", OWN) if bound else None
        return SourceSpec("b", collector.name, "B站", self.service.base, "bilibili", bound, account=account)

    def run(
        self, collector=BILIBILI, *, answers=None, due=(), act=None, cursor=None, accounts=(OWN,), bound=True
    ) -> Outcome:
        async def work() -> Outcome:
            async with Http(**OPEN | {"timeout": self.patience, "deadline": self.patience}) as http:
                desk = MemoryDesk(
                    http, self.now, self.secrets, accounts, self.cursor if cursor is None else cursor, list(due),
                    self.tokens, spent=self.spent,
                )
                source = self.source(collector, bound=bound)
                try:
                    return await (act(source, desk) if act else play(collector, source, desk, answers=answers))
                finally:
                    self.secrets, self.cursor = desk.secrets, desk.cursor

        return asyncio.run(work())


@pytest.fixture
def world(lab) -> World:
    return World(lab)


def counters(outcome: Outcome, post: str) -> dict[str, int]:
    """All the counters that an outcome's records give of one video; no two may disagree."""
    found: dict[str, int] = {}
    for record in outcome.all("posts"):
        if record.external_id == post:
            for name, count in record.counters.items():
                assert found.setdefault(name, count.value) == count.value
    return found


# --- Signatures -----------------------------------------------------------------------------------------------------


@shared
def test_the_published_wbi_vector():
    vector = json.loads((EXAMPLES / "wbi_vector.json").read_text("utf-8"))
    assert list(MIXIN) == vector["mixin_table"]
    assert mixin_key(vector["img_key"], vector["sub_key"]) == vector["mixin_key"]
    sent = signed(vector["params"], vector["mixin_key"], vector["wts"])
    assert sent == vector["params"] | {"wts": str(vector["wts"]), "w_rid": vector["w_rid"]}


def test_the_wbi_vector_by_itself():
    key = mixin_key(IMG, SUB)
    assert key == "ea1db124af3c7062474693fa704f4ff8"
    sent = signed({"foo": "114", "bar": "514", "zab": 1919810}, key, 1702204169)
    assert sent["w_rid"] == "8f6f2b5b3d485fe1886cec6a0be8c5d4"
    assert signed({"a": "x!'()*y"}, key, 1)["a"] == "xy"
    with pytest.raises(ValueError, match="长度不对"):
        mixin_key("short", SUB)


def test_the_signature_of_the_open_platform():
    """The hex that `openssl dgst -sha256 -hmac lab-bili-secret` prints of the six lines without a last line's end."""
    headers = {
        "x-bili-timestamp": "1702204169", "x-bili-accesskeyid": "bl-lab-client", "Access-Token": "not signed",
        "x-bili-content-md5": "d41d8cd98f00b204e9800998ecf8427e", "x-bili-signature-method": "HMAC-SHA256",
        "x-bili-signature-nonce": "nonce-1", "x-bili-signature-version": "2.0",
    }
    assert signature(headers, "lab-bili-secret") == (
        "e9e50390c00a8f02cbd502c5f6a23c939f64273c0aaf991aedbb6e76d4705ebe"
    )


# --- The open platform ----------------------------------------------------------------------------------------------


def test_a_happy_day(world):
    outcome = world.run()
    assert outcome.fault is None and outcome.cursor == {}
    assert {p.external_id for p in outcome.all("posts")} == {a.id for a in world.service.archives[OWN]}
    for archive in world.service.archives[OWN]:
        assert counters(outcome, archive.id) == {
            "plays": 1200, "likes": 80, "comments": 7, "favourites": 11, "reposts": 5
        }
    first = outcome.all("posts")[0]
    assert (first.title, first.url, first.original) == (
        "第0期：区长访谈", "https://www.bilibili.com/video/BV1lab00000", True
    )
    assert first.published_at == NOW - timedelta(hours=1)
    (followers,) = outcome.all("followers")
    assert (followers.day, followers.followers.value) == (date(2026, 3, 10), 34_567)
    daily = {d.day: {n: c.value for n, c in d.counters.items()} for d in outcome.all("daily")}
    assert len(daily) == 30
    assert daily[date(2026, 3, 9)] == {"plays": 500, "comments": 4, "favourites": 6, "likes": 30, "reposts": 3}
    (complete,) = outcome.all("complete")
    assert (complete.since, complete.until, complete.seen_from) == (NOW - timedelta(days=32), NOW, NOW)


def test_no_secret_stands_in_what_is_kept(world):
    outcome = world.run()
    secrets = ["lab-bili-secret", "lab-scan-code", *world.tokens.values(), world.secrets["refresh_token"]]
    for fetched in outcome.answers:
        kept = fetched.request + fetched.url + str(fetched.context) + str(fetched.headers)
        assert not [s for s in secrets if s in kept]
    world.service.script("account-oauth2", "malformed")
    world.tokens.clear()
    assert (fault := world.run().fault).kind == "RETRY" and fault.evidence is None


def test_code_and_refresh_tokens_are_used_once_each(world):
    world.run(answers=1)
    assert (world.secrets["code"], world.secrets["refresh_token"]) == ("", "rt-lab-1")
    world.tokens.clear()
    assert world.run().fault is None and world.secrets["refresh_token"] == "rt-lab-2"


def test_the_token_runs_out_in_mid_run_and_is_made_anew(world):
    world.service.script("arc/stat", *["ok"] * 5, "expired")
    outcome = world.run()
    assert outcome.fault is None and world.service.made == 2
    assert len([a for a in outcome.answers if a.context["call"] == "stat"]) == 70


@pytest.mark.parametrize("fields", [
    {"code": "another"}, {"code": ""}, {"code": "", "refresh_token": "rt-old"},
])
def test_without_a_good_authorisation_a_person_is_told_what_to_do(world, fields):
    world.secrets = FIELDS | fields
    assert (fault := world.run().fault).kind == "REAUTH" and "请账号管理员在B站重新授权" in fault.message


def test_a_spent_quota_goes_on_the_next_day_with_its_figures(world):
    world.service.script("arc/stat", *["ok"] * 10, "quota")
    outcome = world.run()
    assert (outcome.fault.kind, outcome.fault.retry_after) == ("QUOTA", None)
    assert world.run().fault.kind == "QUOTA" and world.spent == {"data/arc/stat"}
    world.spent.clear()
    world.now += timedelta(days=1)
    rest = world.run()
    assert rest.fault is None and rest.cursor == {}
    assert [f.day for f in rest.all("followers")] == [date(2026, 3, 11)]
    seen = [a.context["post"] for o in (outcome, rest) for a in o.answers if a.context["call"] == "stat"]
    assert len(seen) == len(set(seen)) == 70


def test_the_services_own_count_is_met(world):
    world.service.allowance = 20
    outcome = world.run()
    assert outcome.fault.kind == "QUOTA" and len([a for a in outcome.answers if a.context["call"] == "stat"]) == 20


def test_growth_without_days_is_told_and_not_guessed(world, monkeypatch):
    monkeypatch.setattr(world.service, "growth", lambda: {"inc_click": 53, "inc_like": 3})
    outcome = world.run(answers=2)
    assert not outcome.all("daily") and "没有日期" in outcome.batches[1].note


def test_a_single_video_that_is_refused_stops_nothing(world):
    world.service.script("arc/stat", "ok", "odd")
    outcome = world.run()
    assert outcome.fault is None and outcome.cursor == {} and not outcome.all("gone")
    assert any("69999" in b.note for b in outcome.batches)
    assert len({p.external_id for p in outcome.all("posts") if p.counters}) == 69


def test_a_single_video_that_fails_for_ever_holds_up_nothing(world):
    stuck = world.service.archives[OWN][3].id
    due = [Wanted(OWN, world.service.archives[OWN][9].id, NOW - timedelta(days=4))]
    world.service.jams = {stuck: "500"}
    first = world.run()
    assert first.fault.kind == "RETRY" and "有 1 项没有读取" in first.fault.message and first.cursor["todo"] == [
        [stuck, first.cursor["todo"][0][1], 1]
    ]
    assert len({p.external_id for p in first.all("posts") if p.counters}) == 69
    for _ in range(5):
        outcome = world.run(due=due)
        assert [a.failed == "" for a in outcome.answers] == [False, True], "what is due is read all the same"
    assert outcome.fault.kind == "RETRY" and outcome.cursor == {}
    world.service.jams = {}
    assert world.run().fault is None


def test_an_account_that_fails_for_ever_holds_up_no_other(world):
    world.service.archives |= {"777": [Archive("BV1x", NOW - timedelta(hours=2), "街道", mid="777")], "888": []}
    world.service.jams, accounts = {"mid=777": "502"}, (OWN, "777", "888")
    first = world.run(BILIBILI_PUBLIC, accounts=accounts, bound=False)
    assert first.fault.kind == "RETRY" and {f.account[1] for f in first.all("followers")} == {OWN, "888"}
    assert len({p.external_id for p in first.all("posts")}) == 70
    world.service.jams = {}
    rest = world.run(BILIBILI_PUBLIC, accounts=accounts, bound=False)
    assert rest.fault is None and {p.external_id for p in rest.all("posts")} == {"BV1x"}


def test_single_videos_are_read_by_id_and_gone_ones_noticed(world):
    archive = world.service.archives[OWN][9]
    due = [Wanted(OWN, archive.id, archive.at), Wanted(OWN, "BV1gone", NOW - timedelta(days=3))]
    outcome = world.run(due=due)
    assert [p.external_id for p in outcome.batches[-2].posts] == [archive.id]
    assert [g.external_id for g in outcome.all("gone")] == ["BV1gone"]


def test_what_is_locked_is_left_out(world):
    world.service.archives[OWN][2].state = -4
    assert world.service.archives[OWN][2].id not in {p.external_id for p in world.run().all("posts")}


# --- Both -----------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(("act", "kind", "words", "wait"), [
    ("risk", "QUOTA", "风控", 14_400), ("stopped", "QUOTA", "风控", 14_400), ("often", "QUOTA", "-799", 14_400),
    ("malformed", "RETRY", "不是完整的 JSON", None), ("html", "RETRY", "网页而不是 JSON", None),
    ("reset", "RETRY", "连接中断", None), ("stall", "RETRY", "没有", None), ("empty", "RETRY", "为空", None),
    ("502", "RETRY", "HTTP 502", None), ("429 120", "RETRY", "HTTP 429", 120),
])
def test_every_refusal_is_a_fault_in_words(world, collector, act, kind, words, wait):
    part = "viewlist" if collector is BILIBILI else "arc/search"
    world.service.script(part, "ok", act)
    world.patience = 0.5 if act == "stall" else 10.0
    outcome = world.run(collector)
    world.patience = 10.0
    assert (outcome.fault.kind, outcome.fault.retry_after) == (kind, wait) and words in outcome.fault.message
    before = {p.external_id for p in outcome.all("posts")}
    assert len(before) == 50
    rest = world.run(collector)
    listed = {p.external_id for b, a in zip(rest.batches, rest.answers, strict=True) if a.context["call"] == "list"
              for p in b.posts}
    assert rest.fault is None and rest.cursor == {} and len(listed) == 20 and not listed & before


@pytest.mark.parametrize(("act", "kind", "words"), [
    ("busy", "RETRY", "系统繁忙"), ("scope", "STOP", "申请"), ("unauthorised", "REAUTH", "重新授权"),
    ("quota", "QUOTA", "次日恢复"),
])
def test_every_refusal_of_the_open_platform(world, act, kind, words):
    world.service.script("viewlist", act)
    assert (fault := world.run().fault).kind == kind and words in fault.message


@both
def test_a_run_killed_at_any_answer_loses_and_doubles_nothing(world, collector):
    whole = world.run(collector)
    calls = [(a.context["call"], a.context.get("post", ""), a.body) for a in whole.answers]
    for cut_at in sorted({*range(1, 7), len(calls) // 2, *range(len(calls) - 2, len(calls) + 1)}):
        cut = world.run(collector, answers=cut_at, cursor={})
        rest = world.run(collector, cursor=cut.cursor) if cut.cursor else Outcome()
        seen = [(a.context["call"], a.context.get("post", ""), a.body) for a in (*cut.answers, *rest.answers)]
        assert seen == calls, cut_at
        assert len(cut.all("complete")) + len(rest.all("complete")) == 1


@both
def test_pages_out_of_order_and_doubled(world, collector):
    for part in ("viewlist", "arc/search"):
        world.service.script(part, "shuffled", "shuffled")
    outcome = world.run(collector)
    assert {p.external_id for p in outcome.all("posts")} == {a.id for a in world.service.archives[OWN]}
    asked = [a.context["post"] for a in outcome.answers if a.context["call"] in ("stat", "view")]
    assert len(asked) == len(set(asked)) and len(outcome.all("complete")) == 1


@both
def test_while_the_list_changes_nothing_is_concluded_from_what_is_missing(world, collector):
    cut = world.run(collector, answers=3 if collector is BILIBILI else 2)
    assert len(cut.all("posts")) == 50 and not cut.all("complete")
    world.service.remove(world.service.archives[OWN][4].id)
    rest = world.run(collector, cursor=cut.cursor)
    assert rest.fault is None and not rest.all("complete")
    assert len(world.run(collector, cursor={}).all("complete")) == 1


@both
def test_a_video_that_vanishes_and_a_counter_that_falls(world, collector):
    world.run(collector)
    gone = world.service.archives[OWN][5].id
    world.service.remove(gone)
    world.service.archives[OWN][3].counts = (1100, "75", 7, 11, 5)
    outcome = world.run(collector)
    assert gone not in {p.external_id for p in outcome.all("posts")} and len(outcome.all("complete")) == 1
    fallen = counters(outcome, world.service.archives[OWN][3].id)
    assert (fallen["plays"], fallen["likes"]) == (1100, 75)


@both
def test_a_long_past_is_not_read(world, collector):
    world.service.archives[OWN] += [Archive(f"BV1old{n}", NOW - timedelta(days=33 + n), "旧") for n in range(90)]
    outcome = world.run(collector)
    assert len([a for a in outcome.answers if a.context["call"] == "list"]) == 2 and len(outcome.all("complete")) == 1


@both
def test_one_bad_row_is_set_aside(world, collector):
    world.service.archives[OWN][1].counts = (-5, 1, 1, 1, 1)
    outcome = world.run(collector)
    assert outcome.fault is None and len(outcome.all("rejects")) == 1
    assert len({p.external_id for p in outcome.all("posts") if p.counters}) == 69


@both
@pytest.mark.parametrize("spoiled", ["row", "short", "uncounted"])
def test_what_a_spoiled_list_does_not_show_is_not_gone_for_that(world, collector, spoiled):
    world.service.spoiled = spoiled
    outcome = world.run(collector)
    assert outcome.fault is None and outcome.cursor == {} and not outcome.all("complete")
    assert len({p.external_id for p in outcome.all("posts")}) == {"row": 68, "short": 68, "uncounted": 70}[spoiled]


@both
def test_the_connection_test(world, collector):
    assert "粉丝数 34567" in world.run(collector, act=collector.check)
    world.service.script("stat", "risk")
    with pytest.raises(Fault, match="风控"):
        world.run(collector, act=collector.check)


def test_a_wrong_secret_is_said(world):
    world.secrets = FIELDS | {"client_secret": "wrong"}
    with pytest.raises(Fault, match="client_secret 不正确"):
        world.run(act=BILIBILI.check)
    world.secrets, world.tokens = {**FIELDS, "client_secret": "wrong"}, {"access": "at-lab-1"}
    with pytest.raises(Fault, match="签名不被接受"):
        world.run(act=BILIBILI.check)


# --- Public statistics ----------------------------------------------------------------------------------------------


def test_the_public_happy_day(world):
    old = world.service.archives[OWN][30]
    due = [Wanted(OWN, old.id, old.at)]
    outcome = world.run(BILIBILI_PUBLIC, due=due)
    assert outcome.fault is None and outcome.cursor == {}
    archives = world.service.archives[OWN]
    assert {p.external_id for p in outcome.all("posts")} == {a.id for a in archives}
    whole = {"plays": 1200, "likes": 80, "comments": 7, "favourites": 11, "reposts": 5}
    for archive in archives:
        exact = archive.at >= NOW - timedelta(days=3) or archive is old
        assert counters(outcome, archive.id) == (whole if exact else {"plays": 1200, "comments": 7})
    assert outcome.all("followers")[0].followers.value == 34_567 and outcome.all("followers")[0].account is None
    assert next(a.context["post"] for a in outcome.answers if a.context["call"] == "view") == old.id


def test_the_list_does_not_contradict_what_the_video_says(world):
    """Both are read in one run: the list's older number of a video that is asked for itself doesn't count."""
    outcome = world.run(BILIBILI_PUBLIC)
    asked = {a.context["post"] for a in outcome.answers if a.context["call"] == "view"}
    listed = [p for b, a in zip(outcome.batches, outcome.answers, strict=True) if a.context["call"] == "list"
              for p in b.posts]
    assert asked and all(bool(p.counters) != (p.external_id in asked) for p in listed)


def test_all_accounts_of_the_ledger(world):
    world.service.archives |= {"777": [Archive("BV1x", NOW - timedelta(hours=2), "街道", mid="777")], "888": []}
    accounts = (OWN, "space-name", "777", "404", "888")
    whole = world.run(BILIBILI_PUBLIC, accounts=accounts, bound=False)
    assert whole.fault is None and whole.cursor == {}
    assert {f.account for f in whole.all("followers")} == {("bilibili", m) for m in (OWN, "777", "888")}
    assert {p.account for p in whole.all("posts")} == {("bilibili", OWN), ("bilibili", "777")}
    assert {c.account[1] for c in whole.all("complete")} == {OWN, "777", "888"}
    assert any("404" in b.note for b in whole.batches)
    calls = [(a.context["call"], a.context["mid"], a.body) for a in whole.answers]
    for cut_at in range(1, len(calls) + 1):
        cut = world.run(BILIBILI_PUBLIC, accounts=accounts, bound=False, answers=cut_at, cursor={})
        rest = (
            world.run(BILIBILI_PUBLIC, accounts=accounts, bound=False, cursor=cut.cursor) if cut.cursor else Outcome()
        )
        assert [(a.context["call"], a.context["mid"], a.body) for a in (*cut.answers, *rest.answers)] == calls, cut_at


def test_an_account_that_is_bound_and_gone_is_a_fault(world):
    world.service.archives = {}
    assert (fault := world.run(BILIBILI_PUBLIC).fault).kind == "GONE" and "不存在" in fault.message


def test_videos_published_with_others_are_not_ones_own(world):
    world.service.archives[OWN][0].mid = "999"
    ids = {p.external_id for p in world.run(BILIBILI_PUBLIC).all("posts")}
    assert world.service.archives[OWN][0].id not in ids and len(ids) == 69


def test_keys_are_had_once_and_anew_when_they_change(world):
    world.run(BILIBILI_PUBLIC)
    assert len(world.service.asked("nav")) == 1
    world.service.img = SECOND_IMG
    assert world.run(BILIBILI_PUBLIC).fault is None and len(world.service.asked("nav")) == 2
    world.service.script("nav", "risk")
    world.tokens.clear()
    assert (fault := world.run(BILIBILI_PUBLIC).fault).kind == "QUOTA" and fault.retry_after == 14_400


@pytest.mark.parametrize(("act", "kind", "words", "wait"), [
    ("slow", "RETRY", "过于频繁", 1800), ("login", "STOP", "登录", None), ("odd", "RETRY", "69999", None),
])
def test_refusals_of_the_public_list(world, act, kind, words, wait):
    world.service.script("arc/search", act)
    fault = world.run(BILIBILI_PUBLIC).fault
    assert (fault.kind, fault.retry_after) == (kind, wait) and words in fault.message


def test_single_videos_that_are_gone_hidden_or_odd_stop_nothing(world):
    hidden = world.service.archives[OWN][40]
    hidden.state = -4
    due = [Wanted(OWN, post, NOW - timedelta(days=9)) for post in ("BV1gone", hidden.id)]
    world.service.script("view", "ok", "ok", "odd")
    outcome = world.run(BILIBILI_PUBLIC, due=due)
    assert outcome.fault is None and outcome.cursor == {}
    assert [g.external_id for g in outcome.all("gone")] == ["BV1gone", hidden.id]
    assert any("69999" in b.note for b in outcome.batches)


def test_a_hidden_number_is_missing_and_not_zero(world):
    world.service.archives[OWN][40].counts = ("--", 0, 7, 0, 0)
    outcome = world.run(BILIBILI_PUBLIC)
    assert counters(outcome, world.service.archives[OWN][40].id) == {"comments": 7} and not outcome.all("rejects")


# --- Documented answers ---------------------------------------------------------------------------------------------


def parsed(name: str, call: str, collector=BILIBILI, **context: str):
    at = datetime(2025, 10, 20, 3, tzinfo=UTC)
    fetched = Fetched(
        "GET x", (EXAMPLES / name).read_bytes(), 200, "application/json", at, context={"call": call, **context}
    )
    return collector.parse(SourceSpec("b", collector.name, "B站", "", "bilibili", account=("bilibili", OWN)), fetched)


@shared
def test_the_documented_answers():
    assert parsed("user_stat.ok.json", "user/stat").followers[0].followers.value == 34_567
    (day,) = parsed("arc_inc_stats.ok.json", "arc/inc-stats").daily
    assert (day.day, {n: c.value for n, c in day.counters.items()}) == (
        date(2025, 10, 19), {"plays": 10, "comments": 1}
    )
    (post,) = parsed("arc_stat.ok.json", "stat", post="BV1", published=NOW.isoformat()).posts
    assert {n: c.value for n, c in post.counters.items()} == {
        "plays": 1200, "comments": 4, "favourites": 5, "reposts": 7, "likes": 8
    }
    assert (post.title, post.published_at) == ("示例", datetime(2025, 10, 20, 2, 20, tzinfo=UTC))


@shared
@both
def test_the_documented_refusal(world, collector):
    """The service answers risk control in the very words of the example."""
    world.service.script("stat", "risk")
    fault = world.run(collector).fault
    assert json.loads(fault.evidence.body) == json.loads((EXAMPLES / "err_risk.json").read_text("utf-8"))
