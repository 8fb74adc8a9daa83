"""Bots of groups: 企业微信, 钉钉, 飞书. Their addresses are secrets: whoever has one can speak in the group.

They know no id of ours, so that nobody can say afterwards whether a message arrived whose answer was lost.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import httpx

from core import clock
from core.faults import BadInput
from core.senders import words
from core.senders.base import INSIDE, YES_NO, Base, inside
from core.senders.model import Field, Message, Recipient, Verdict
from core.senders.wire import Answer, Meaning, call, judged, unreadable

_ALL = Field("all", "提醒所有人", required=False, default="no", choices=YES_NO, help="在群里 @所有人")
_KEYWORD = Field("keyword", "关键词", required=False, help="机器人安全设置用“自定义关键词”时填写，会写在消息开头")


def _address(example: str) -> Field:
    return Field("address", "机器人地址（Webhook）", secret=True, binds=True,
                 help=f"在群设置的机器人页面复制整条地址，如 {example}")


class Bot(Base):
    """A bot that answers with a code of 0 where it took a message."""

    reaches = "group"
    per_minute = 20
    codes: ClassVar[Mapping[str, Meaning]]
    told: ClassVar[str]
    """Its service's name in notes."""
    path: ClassVar[str]
    """What every address of this kind has in it."""

    def _check(self, fields: Mapping[str, str]) -> None:
        if self.path not in fields["address"]:
            raise BadInput(f"机器人地址不像是{self.told}的：应含有 {self.path}，请从群机器人页面复制整条地址")

    def _send(
        self, http: httpx.Client, fields: Mapping[str, str], message: Message, to: Recipient, mine: str
    ) -> Verdict:
        url, values = self._request(fields, message)
        body = json.dumps(values, ensure_ascii=False).encode("utf-8", "ignore")
        answer = call(http, url, content=body, inside=inside(fields),
                      headers={"Content-Type": "application/json; charset=utf-8", "X-Request-Id": mine})
        return answer if isinstance(answer, Verdict) else self._judged(answer)

    def _request(self, fields: Mapping[str, str], message: Message) -> tuple[str, dict[str, Any]]:
        """Address and body."""
        raise NotImplementedError

    def _code(self, said: Mapping[str, Any]) -> tuple[object, object]:
        """Code and words of an answer; None for no code."""
        return said.get("errcode"), said.get("errmsg")

    def _judged(self, answer: Answer) -> Verdict:
        code, own = self._code(answer.json)
        if isinstance(code, bool) or not isinstance(code, int):
            return unreadable(answer)
        if code == 0:
            return Verdict("ok", "0")
        return judged(self.told, code, own, self.codes.get(str(code), Meaning(
            "STOP", "机器人没有接受消息，请按错误码核对机器人地址和安全设置")))


class WeCom(Bot):
    kind, name, told, path = "wecom", "企业微信群机器人", "企业微信", "key="
    fields = (_address("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…"), _ALL, INSIDE)
    codes = {
        "-1": Meaning("RETRY", "企业微信系统繁忙，将自动重试"),
        "45009": Meaning("RETRY", "机器人发送过于频繁（每分钟最多 20 条），一分钟后自动重试", 60.0),
        "45033": Meaning("RETRY", "企业微信接口并发过多，将自动重试", 10.0),
        "93000": Meaning("STOP", "机器人地址无效，机器人可能已被移出群，请重新复制地址"),
        "93004": Meaning("STOP", "机器人已被停用，请在群里启用"),
        "93008": Meaning("STOP", "机器人不在群里，请重新添加"),
        "45002": Meaning("MESSAGE", "消息过长"),
        "40058": Meaning("MESSAGE", "消息不符合企业微信的格式要求"),
        "44004": Meaning("MESSAGE", "消息内容为空"),
    }
    longest = 2_048
    """Bytes of a text."""

    def _request(self, fields: Mapping[str, str], message: Message) -> tuple[str, dict[str, Any]]:
        text = {"content": words.whole(_quiet(message), self.longest)}
        if fields["all"] == "yes":
            text["mentioned_list"] = ["@all"]
        return fields["address"], {"msgtype": "text", "text": text}


class DingTalk(Bot):
    kind, name, told, path = "dingtalk", "钉钉群机器人", "钉钉", "access_token="
    fields = (
        _address("https://oapi.dingtalk.com/robot/send?access_token=…"),
        Field("secret", "加签密钥", secret=True, required=False, help="机器人安全设置用“加签”时填写，以 SEC 开头"),
        _KEYWORD, _ALL, INSIDE,
    )
    codes = {
        "-1": Meaning("RETRY", "钉钉系统繁忙，将自动重试"),
        "310000": Meaning("STOP", "没有通过机器人的安全设置，请核对加签密钥、关键词或 IP 白名单，并校准服务器时间"),
        "300001": Meaning("STOP", "机器人地址无效，请重新复制"),
        "300005": Meaning("STOP", "机器人地址无效，请重新复制"),
        "130101": Meaning("RETRY", "机器人发送过于频繁（每分钟最多 20 条），被限制 10 分钟", 600.0),
        "410100": Meaning("RETRY", "机器人发送过于频繁，稍后自动重试", 600.0),
        "430101": Meaning("MESSAGE", "消息中含有钉钉不允许的链接"),
        "430102": Meaning("MESSAGE", "消息中含有钉钉不允许的文字"),
        "430103": Meaning("MESSAGE", "消息中含有钉钉不允许的图片"),
        "430104": Meaning("MESSAGE", "消息中含有钉钉不允许的内容"),
    }
    longest = 20_000
    """Bytes of a whole body."""

    def _request(self, fields: Mapping[str, str], message: Message) -> tuple[str, dict[str, Any]]:
        address = fields["address"]
        if fields["secret"]:
            stamp = int(clock.now().timestamp() * 1000)
            parts = urlsplit(address)
            kept = [pair for pair in parse_qsl(parts.query) if pair[0] not in ("timestamp", "sign")]
            sign = quote(dingtalk_sign(stamp, fields["secret"]), safe="")
            address = urlunsplit(parts._replace(query=f"{urlencode(kept)}&timestamp={stamp}&sign={sign}"))
        text = _fitted(message, self.longest - 500, fields["keyword"])
        return address, {"msgtype": "text", "text": {"content": text}, "at": {"isAtAll": fields["all"] == "yes"}}


class Feishu(Bot):
    kind, name, told, path = "feishu", "飞书群机器人", "飞书", "/bot/v2/hook/"
    per_minute = 60
    fields = (
        _address("https://open.feishu.cn/open-apis/bot/v2/hook/…"),
        Field("secret", "签名密钥", secret=True, required=False, help="机器人安全设置用“签名校验”时填写"),
        _KEYWORD, _ALL, INSIDE,
    )
    codes = {
        "19021": Meaning("STOP", "签名校验没有通过，请核对签名密钥，并校准服务器时间"),
        "19022": Meaning("STOP", "服务器地址不在机器人的 IP 白名单中，请添加"),
        "19024": Meaning("STOP", "消息中没有机器人要求的关键词，请填写关键词"),
        "19001": Meaning("STOP", "机器人地址无效，请重新复制"),
        "19002": Meaning("MESSAGE", "消息不符合飞书的格式要求"),
        "19007": Meaning("STOP", "机器人已被停用，请在群里启用"),
        "11232": Meaning("RETRY", "飞书限制了发送频率，稍后自动重试", 30.0),
        "11233": Meaning("RETRY", "飞书限制了发送频率，稍后自动重试", 30.0),
        "9499": Meaning("RETRY", "飞书称请求过多或格式不对，稍后自动重试", 30.0),
        "11246": Meaning("MESSAGE", "消息内容没有通过飞书的审核"),
    }
    longest = 20_000
    """Bytes of a whole body (20 KB)."""

    def _request(self, fields: Mapping[str, str], message: Message) -> tuple[str, dict[str, Any]]:
        text = _fitted(message, self.longest - 500, fields["keyword"])
        if fields["all"] == "yes":
            text = f'<at user_id="all">所有人</at>\n{text}'
        values: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if fields["secret"]:
            stamp = int(clock.now().timestamp())
            values |= {"timestamp": str(stamp), "sign": feishu_sign(stamp, fields["secret"])}
        return fields["address"], values

    def _code(self, said: Mapping[str, Any]) -> tuple[object, object]:
        return said.get("code", said.get("StatusCode")), said.get("msg", said.get("StatusMessage"))


def dingtalk_sign(stamp: int, secret: str) -> str:
    """钉钉's signature (base64) of a moment (Unix milliseconds)."""
    text = f"{stamp}\n{secret}"
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


def feishu_sign(stamp: int, secret: str) -> str:
    """飞书's signature (base64) of a moment (Unix seconds): the text is the key, and nothing is signed with it."""
    return base64.b64encode(hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def _quiet(message: Message) -> Message:
    """A message in which no text from outside can call people in the group: they read `<at …>` and `<@…>`."""
    return replace(message, title=message.title.replace("<", "＜"), text=message.text.replace("<", "＜"))


def _fitted(message: Message, most: int, keyword: str) -> str:
    """A text of so many bytes at most as it stands in JSON, where quotes and line ends take two."""
    quiet = _quiet(message)
    text, room = words.whole(quiet, most, keyword), most
    while len(json.dumps(text, ensure_ascii=False).encode()) > most and room > 200:
        room -= 200
        text = words.whole(quiet, room, keyword)
    return text
