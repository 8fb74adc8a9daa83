"""The change of an account's score, told from the database."""

from datetime import date

import pytest
from sqlalchemy import select

from core.metrics.indices import INDICES
from core.models import Account
from core.query import boards, explained
from core.query.scope import Filter

APRIL = (date(2024, 4, 1), date(2024, 4, 30))


def account(reader, name: str) -> Account:
    return reader.execute(select(Account).where(Account.name == name)).scalar_one()


def test_the_change_is_that_of_the_ranking_and_its_parts_sum_to_it(reader):
    one = account(reader, "警方微信")
    told = explained.told(reader, one.id, "wechat", *APRIL)
    score = boards.ranking(reader, Filter(*APRIL), "wechat").set_index("name").loc["警方微信", "score"]
    assert round(told.change.after, 2) == score and told.before == (date(2024, 3, 1), date(2024, 3, 31))
    before = boards.ranking(reader, Filter(*told.before), "wechat").set_index("name").loc["警方微信", "score"]
    assert round(told.change.before, 2) == before
    parts = told.parts()
    assert set(parts["dimension"]) == {"整体传播力", "篇均传播力", "头条传播力", "峰值传播力"}
    assert parts["change"].sum() == pytest.approx(told.change.change, abs=0.1), "each is rounded to two decimals"
    assert told.driver_frame()["value"].sum() == pytest.approx(told.change.change, abs=0.1)
    assert "比上一周期（2024-03-01 至 2024-03-31）" in told.words and "主要原因" in told.words
    daily = parts[(parts["dimension"] == "整体传播力") & (parts["quantity"] == "日均阅读数")].iloc[0]
    assert daily["after"] == round(told.now.reads / 30, 2)


def test_what_would_be_starts_at_what_is(reader):
    told = explained.told(reader, account(reader, "警方微信").id, "wechat", *APRIL)
    assert told.what_if(1, 1) == told.change.after
    assert told.what_if(2, 1) > told.change.after > told.what_if(1, 0.5)


def test_what_can_t_be_explained_says_why(reader):
    told = explained.told(reader, account(reader, "沉默微信").id, "wechat", *APRIL)
    assert told.change is None or told.words
    missing = explained.told(reader, account(reader, "警方微信").id, "wechat", date(2020, 1, 1), date(2020, 1, 31))
    assert missing.change is None and missing.reason.endswith("发布数未知")
    assert explained.told(reader, account(reader, "教育网站").id, "govsite", *APRIL) is None
    assert told.index == INDICES["wci_v14_2_3"]
