"""What all kinds of channels have in common: their fields checked, defaults filled in, nothing confidential in what
they say."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlsplit

import httpx

from core.faults import BadInput
from core.senders import words
from core.senders.model import Asked, Field, Message, Receipt, Recipient, Verdict

LONGEST = 2_000
"""Characters of one field."""
YES_NO = {"no": "否", "yes": "是"}
INSIDE = Field("inside", "内网地址", required=False, default="no", choices=YES_NO, binds=True,
               help="服务在政务内网或本机时选“是”；选“否”时，指向内网的地址一律不发送")
_PHONE = re.compile(r"(?<!\d)((?:86)?1[3-9]\d)\d{4}(\d{4})(?!\d)")
_MAIL = re.compile(r"([\w.+-])[\w.+-]*@([\w-]+\.[\w.-]+)", re.ASCII)
MISSES = 3
"""Questions in a row that fail until a service is asked no more in this round."""
NO_PHONE = Verdict("RECIPIENT", note="这个人没有登记手机号，请在“通知人员”中补填", scope="recipient")
NO_MAIL = Verdict("RECIPIENT", note="这个人没有登记邮箱，请在“通知人员”中补填", scope="recipient")


def masked(text: str) -> str:
    """A text in which nobody's number or address can be read: 138****8000, z***@gov.cn."""
    return _MAIL.sub(r"\1***@\2", _PHONE.sub(r"\1****\2", text))


def inside(fields: Mapping[str, str]) -> bool:
    """Whether the service may lie in the private range."""
    return fields.get("inside") == "yes"


class Base:
    """A kind of channel; a subclass gives `_send`, and what else its service can do."""

    kind: ClassVar[str]
    name: ClassVar[str]
    reaches: ClassVar[str]
    per_minute: ClassVar[int]
    reports: ClassVar[bool] = False
    asks: ClassVar[float] = 0
    slow: ClassVar[bool] = False
    fields: ClassVar[tuple[Field, ...]]

    def check(self, fields: Mapping[str, str]) -> None:
        """Raises BadInput for fields that can't be right."""
        given = self._whole(fields)
        lacking = [one.label for one in self.fields if one.required and not given[one.name].strip()]
        if lacking:
            raise BadInput(f"请填写：{'、'.join(lacking)}")
        for one in self.fields:
            value = given[one.name]
            if len(value) > LONGEST or any(ord(c) < 32 or ord(c) == 127 for c in value):
                raise BadInput(f"“{one.label}”过长，或含有换行等控制字符，请核对是否复制完整")
            if one.choices and value not in one.choices:
                raise BadInput(f"“{one.label}”请从可选项中选择")
            if one.name in ("endpoint", "address"):
                _check_address(one.label, value)
        self._check(given)

    def send(
        self, http: httpx.Client, fields: Mapping[str, str], message: Message, to: Recipient, mine: str
    ) -> Verdict:
        given = self._whole(fields)
        try:
            verdict = self._send(http, given, message, to, mine)
        except BadInput as refused:
            verdict = Verdict("STOP", note=f"渠道设置有误：{refused}")
        return self._hushed(verdict, given)

    def find(
        self, http: httpx.Client, fields: Mapping[str, str], to: Recipient, mine: str, at: datetime
    ) -> Verdict | None:
        given = self._whole(fields)
        verdict = self._find(http, given, to, mine, at)
        return verdict and self._hushed(verdict, given)

    def read_receipts(self, body: bytes) -> list[Receipt]:
        raise BadInput(f"{self.name}不推送状态报告")

    def receipts(self, http: httpx.Client, fields: Mapping[str, str], asked: Sequence[Asked]) -> list[Receipt]:
        return self._receipts(http, self._whole(fields), asked)

    def _check(self, fields: Mapping[str, str]) -> None:
        """What this kind checks beside its single fields."""

    def _send(
        self, http: httpx.Client, fields: Mapping[str, str], message: Message, to: Recipient, mine: str
    ) -> Verdict:
        raise NotImplementedError

    def _find(
        self, http: httpx.Client, fields: Mapping[str, str], to: Recipient, mine: str, at: datetime
    ) -> Verdict | None:
        return None

    def _receipts(self, http: httpx.Client, fields: Mapping[str, str], asked: Sequence[Asked]) -> list[Receipt]:
        return []

    def _whole(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Every field, with its default where it is empty."""
        return {one.name: str(fields.get(one.name) or one.default) for one in self.fields}

    def _hushed(self, verdict: Verdict, fields: Mapping[str, str]) -> Verdict:
        """Without numbers and secrets that a service may have said back."""
        note = verdict.note
        for one in self.fields:
            if one.secret and len(fields[one.name]) > 3:
                note = note.replace(fields[one.name], "***")
        return replace(verdict, note=masked(note))


class ByPhone(Base):
    """Short messages: a template with variables, for one number."""

    reaches = "phone"
    per_minute = 120

    def _check(self, fields: Mapping[str, str]) -> None:
        words.variables(fields["variables"])


def variables_field(default: str) -> Field:
    """The field that names a template's variables."""
    kinds = "、".join(f"{name} {word}" for name, word in words.SOURCES.items())
    return Field(
        "variables", "模板变量", required=False, default=default,
        help=f"按模板中的先后，写成 level:6,place:15；冒号后是该变量最多几个字。可用：{kinds}。"
             "模板中变量名不同的，写成 变量名=内容:字数，如 didian=place:15")


def _check_address(label: str, value: str) -> None:
    try:
        parts = urlsplit(value)
        right = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        right = False
    if not right or not value.isascii() or " " in value:
        raise BadInput(f"“{label}”应是以 https:// 或 http:// 开头的完整网址，请从服务商处复制")
    if parts.username or parts.password:
        raise BadInput(f"“{label}”中不能带用户名和密码，请去掉 @ 以前的部分")
