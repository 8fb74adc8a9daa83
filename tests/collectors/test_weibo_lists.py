"""What Weibo's lists prove and what they do not: pages that hide posts, rows that are odd, lists that are empty."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from collectors.weibo import WEIBO_COMMERCIAL
from core.records import Wanted
from tests.collectors.test_weibo import NOW, OWN, run
from tests.lab.services import Answer, Request
from tests.lab.services.weibo import Weibo


@pytest.fixture
def weibo(lab) -> Weibo:
    return lab.mount(Weibo(lambda: NOW))


def changed(weibo: Weibo, path: str, change: Callable[[dict, Request], None]) -> None:
    """Let the answers of a call be changed before they are sent."""
    before = weibo.answer

    def answer(request: Request) -> Answer:
        answer = before(request)
        if path not in request.path:
            return answer
        value = json.loads(answer.body)
        change(value, request)
        return Answer.of(value, answer.status)

    weibo.answer = answer


def test_a_page_that_hides_a_post_is_not_the_last(weibo):
    hide = lambda value, request: value["statuses"].pop() if request.query["page"] == "1" else None
    whole = {post.external_id for post in run(weibo, WEIBO_COMMERCIAL).all("posts")}
    changed(weibo, "user_timeline/other", hide)
    outcome = run(weibo, WEIBO_COMMERCIAL)
    assert len(whole) > 40 and len(outcome.all("posts")) == len(whole) - 1 and outcome.all("complete")


def test_an_empty_list_of_an_account_with_posts_proves_nothing(weibo):
    changed(weibo, "user_timeline", lambda value, request: value["statuses"].clear())
    for collector in (None, WEIBO_COMMERCIAL):
        outcome = run(weibo, *([collector] if collector else []))
        assert outcome.fault is None and outcome.cursor == {}
        assert outcome.all("posts") == [] and outcome.all("complete") == []


def test_a_row_that_can_not_be_read_is_no_deletion(weibo):
    def spoil(value: dict, request: Request) -> None:
        value["statuses"][0]["created_at"] = None

    due = [Wanted(OWN, str(5_000_000_000 - n), NOW - timedelta(hours=3 * n)) for n in (90, 91)]
    changed(weibo, "show_batch/biz", spoil)
    outcome = run(weibo, WEIBO_COMMERCIAL, due=due)
    assert outcome.all("gone") == [] and len(outcome.all("rejects")) == 1
