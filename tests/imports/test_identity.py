import csv
import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.imports.dates import parse_when
from core.imports.identity import from_url, of_content, weibo_mid, weibo_post, weibo_time
from tests.imports.make import WEIBO


def test_the_short_form_of_a_weibo_number():
    assert weibo_mid("IraRz3asr") == 4464766170755187
    assert weibo_time(4464766170755187) == datetime(2020, 1, 25, 15, 37, 49, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://weibo.com/2656274875/IraRz3asr?from=page_1&wvr=6", ("2656274875", 4464766170755187)),
        ("weibo.com/2656274875/IraRz3asr", ("2656274875", 4464766170755187)),
        ("https://m.weibo.cn/2656274875/4464766170755187", ("2656274875", 4464766170755187)),
        ("https://m.weibo.cn/detail/4464766170755187", ("", 4464766170755187)),
        ("https://m.weibo.cn/status/IraRz3asr", ("", 4464766170755187)),
        ("https://weibo.com/u/2656274875", None),
        ("https://weibo.com/ttarticle/p/show?id=2309404465", None),
        ("https://evilweibo.com.example/2656274875/IraRz3asr", None),
        ("", None),
    ],
)
def test_links_to_weibo_posts(url, expected):
    assert weibo_post(url) == expected


@pytest.mark.parametrize("bid", ["", "短", "IraRz3as!", "zzzzzzzzzzzzz", "IraRzZZZZ"])
def test_what_is_no_short_form(bid):
    assert weibo_mid(bid) is None


@pytest.mark.skipif(not WEIBO.exists(), reason="the shared data set is not beside the checkout")
def test_every_post_of_the_real_file_tells_its_time_within_a_minute():
    with gzip.open(WEIBO, "rt", encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    worst = 0.0
    for row in rows:
        near = weibo_time(weibo_post(row["weibo_url"])[1])
        worst = max(worst, abs((parse_when(row["WB_from"], near=near).at - near).total_seconds()))
    assert len(rows) == 6064
    assert worst <= 60


@pytest.mark.parametrize(
    ("platform", "url", "expected"),
    [
        ("wechat", "https://mp.weixin.qq.com/s/5fg09YVQptHR8EtfkS_kOA", "5fg09YVQptHR8EtfkS_kOA"),
        ("wechat", "http://mp.weixin.qq.com/s?__biz=MzA=&mid=2650&idx=2&sn=ab12&scene=4#rd", "2650_2"),
        ("weibo", "https://weibo.com/2656274875/IraRz3asr", "4464766170755187"),
        ("douyin", "https://www.douyin.com/video/7301234567890123456", "7301234567890123456"),
        ("bilibili", "https://www.bilibili.com/video/BV1xx411c7mD?p=1", "BV1xx411c7mD"),
        ("xiaohongshu", "https://www.xiaohongshu.com/explore/64b0c0a1000000001203abcd", "64b0c0a1000000001203abcd"),
        ("toutiao", "https://www.toutiao.com/article/7123456789012345678/", "7123456789012345678"),
        ("thepaper", "https://www.thepaper.cn/", ""),
        ("weibo", "http://[broken", ""),
        ("wechat", "http://[broken", ""),
    ],
)
def test_ids_of_links(platform, url, expected):
    assert from_url(platform, url) == expected


def test_ids_of_content_differ_by_part():
    assert of_content("ab", "c") != of_content("a", "bc")
    assert of_content("标题", "2020") == of_content("标题", "2020")


@given(st.sampled_from(["weibo", "wechat", "douyin"]), st.text(max_size=80))
def test_any_text_is_looked_at_without_failing(platform, url):
    assert isinstance(from_url(platform, url), str)
