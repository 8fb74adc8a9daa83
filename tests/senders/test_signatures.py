"""Signatures against what the services publish, or against what was computed by hand from their description."""

import hashlib
import re

import pytest

from core.senders.aliyun import signed as aliyun_signed
from core.senders.bots import dingtalk_sign, feishu_sign
from core.senders.mas import digest
from core.senders.tencent import signed as tencent_signed
from core.senders.webhook import signature
from core.settings import ROOT


@pytest.mark.parametrize(("date", "nonce", "signature"), [
    ("2023-10-26T10:22:32Z", "3156853299f313e23d1673dc12e1703d",
     "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"),
    ("2023-10-26T09:01:01Z", "d410180a5abf7fe235dd9b74aca91fc0",
     "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804"),
])
def test_aliyun_v3_gives_the_published_signatures(date, nonce, signature):
    written, headers = aliyun_signed(
        "RunInstances", {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"},
        "ecs.cn-shanghai.aliyuncs.com", version="2014-05-26", date=date, nonce=nonce, key_id="YourAccessKeyId",
        secret="YourAccessKeySecret")
    assert written == "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        f"x-acs-signature-nonce;x-acs-version,Signature={signature}")
    assert headers["x-acs-content-sha256"] == hashlib.sha256(b"").hexdigest()


def test_aliyun_writes_what_a_query_may_not_hold_as_the_service_does():
    written, _ = aliyun_signed("SendSms", {"B": "a b*c~d+e/f=g&h'(澜", "A": "1"}, "h", version="v", date="d", nonce="n",
                               key_id="k", secret="s")
    assert written == "A=1&B=a%20b%2Ac~d%2Be%2Ff%3Dg%26h%27%28%E6%BE%9C"


@pytest.mark.parametrize(("key", "signature"), [
    ("Gu5t9xGARNpq86cd98joQYCN3*******", "be4f67d323c78ab9acb7395e43c0dbcf822a9cfac32fea2449a7bc7726b770a3"),
    ("*" * 32, "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"),
])
def test_tencent_tc3_gives_the_published_signatures(key, signature):
    """The key is masked in the description, and was used as it stands there."""
    body = b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
    headers = tencent_signed(
        "cvm.tencentcloudapi.com", body, service="cvm", action="DescribeInstances", version="2017-03-12",
        region="ap-guangzhou", timestamp=1_551_113_065, secret_id="AKID" + "*" * 32, secret_key=key)
    assert headers["Authorization"].endswith(
        f"/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host;x-tc-action, Signature={signature}")


def test_mas_gives_the_provider_s_digest():
    assert digest("政企分公司测试", "demo0", "123qwe", "13800138000", "移动改变生活。", "DWItALe3A", "") == (
        "7997ddb079db2155b517b21b2a812370")


def test_bots_sign_as_described():
    assert dingtalk_sign(1_700_000_000_000, "SECtestsecret") == "7LVwF0dAF3/+MRRulbpE4y72Ogzykc6bS2nG4I99T4s="
    assert feishu_sign(1_700_000_000, "testsecret") == "AOc8oJ7//5OlQlfWC3nRL0R+IkuzcD1FKcAyibRK9Q8="


def test_the_webhook_signs_as_its_description_says():
    text = (ROOT / "docs" / "webhook.md").read_text("utf-8")
    body = re.search(r"```json\n(\{\"id\".*)\n```", text)[1]
    names = ("示例密钥", "示例时间戳", "示例签名")
    secret, stamp, result = (re.search(rf"{name} `([^`]+)`", text)[1] for name in names)
    assert signature(secret, stamp, body.encode()) == result
