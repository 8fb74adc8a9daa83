"""腾讯云短信 (sms 2021-01-11), signed by TC3-HMAC-SHA256."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from core import clock
from core.senders import words
from core.senders.base import INSIDE, MISSES, NO_PHONE, ByPhone, inside, variables_field
from core.senders.model import Asked, Field, Message, Receipt, Recipient, Verdict
from core.senders.wire import Meaning, call, judged, unreadable

ALGORITHM = "TC3-HMAC-SHA256"
PROPOSAL = "舆情预警：{1}等级，地点{2}，涉及信息{3}条，请登录系统查看第{4}号预警。"
ROWS, CALLS = 100, 40
"""Receipts of one answer, as many as the service gives; and how often it is asked to get to what it left out."""
LOOKED_BACK = timedelta(days=7)
"""How long the service knows of a message."""
SKEW = timedelta(minutes=5)
_LIMITED = "这个号码短时间内收到的短信过多，被限制"
CODES: Mapping[str, Meaning] = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": Meaning("QUOTA", _LIMITED, 30.0, "recipient"),
    "LimitExceeded.PhoneNumberOneHourLimit": Meaning("QUOTA", _LIMITED, 3600.0, "recipient"),
    "LimitExceeded.PhoneNumberDailyLimit": Meaning("QUOTA", _LIMITED, 86_400.0, "recipient"),
    "LimitExceeded.PhoneNumberSameContentDailyLimit": Meaning(
        "QUOTA", "这个号码当天收到的相同内容过多，被限制", 86_400.0, "recipient"),
    "LimitExceeded.AppDailyLimit": Meaning("QUOTA", "今日短信发送量已到应用上限，可在服务商控制台调整", 3600.0),
    "LimitExceeded.DailyLimit": Meaning("QUOTA", "今日短信发送量已到上限，可在服务商控制台调整", 3600.0),
    "LimitExceeded.DeliveryFrequencyLimit": Meaning("QUOTA", "发送过于频繁，被服务商限制", 60.0),
    "FailedOperation.InsufficientBalanceInSmsPackage": Meaning("STOP", "短信套餐余量不足，请购买"),
    "FailedOperation.SignatureIncorrectOrUnapproved": Meaning("STOP", "短信签名不正确或未通过审核，请核对签名"),
    "FailedOperation.TemplateIncorrectOrUnapproved": Meaning("STOP", "短信模板不正确或未通过审核，请核对模板编号"),
    "FailedOperation.ContainSensitiveWord": Meaning("MESSAGE", "内容含有服务商禁发的词"),
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": Meaning(
        "MESSAGE", "变量个数与模板不符，请核对渠道设置中的“模板变量”"),
    "InvalidParameterValue.TemplateParameterFormatError": Meaning("MESSAGE", "变量内容不符合模板的要求"),
    "InvalidParameterValue.TemplateParameterLengthLimit": Meaning(
        "MESSAGE", "变量超过模板规定的长度，请在“模板变量”中减少字数"),
    "InvalidParameterValue.ContentLengthLimit": Meaning("MESSAGE", "短信过长，请在“模板变量”中减少字数"),
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": Meaning("MESSAGE", "变量中含有链接，服务商不允许"),
    "FailedOperation.PhoneNumberInBlacklist": Meaning(
        "RECIPIENT", "这个号码在服务商的黑名单中（多为本人退订），请联系服务商解除", scope="recipient"),
    "InvalidParameterValue.IncorrectPhoneNumber": Meaning("RECIPIENT", "手机号不被接受，请核对", scope="recipient"),
    "InvalidParameterValue.SdkAppIdNotExist": Meaning("STOP", "应用编号（SdkAppId）不存在，请核对"),
    "AuthFailure.SignatureExpire": Meaning("STOP", "服务器时间与标准时间相差过大，请校准服务器时间"),
    "AuthFailure.SignatureFailure": Meaning("STOP", "SecretKey 不正确，请重新填写"),
    "AuthFailure.SecretIdNotFound": Meaning("STOP", "SecretId 不存在或已停用，请核对"),
    "RequestLimitExceeded": Meaning("RETRY", "请求过于频繁，将自动重试", 10.0),
}
_BEGINNINGS: tuple[tuple[str, Meaning], ...] = (
    ("InternalError", Meaning("RETRY", "服务商系统出错，将自动重试")),
    ("RequestLimitExceeded", Meaning("RETRY", "请求过于频繁，将自动重试", 10.0)),
    ("AuthFailure", Meaning("STOP", "密钥没有通过验证，请核对 SecretId 和 SecretKey")),
    ("UnauthorizedOperation", Meaning("STOP", "密钥没有权限，或服务器地址不在白名单中，请为其授权")),
    ("UnsupportedOperation", Meaning("STOP", "模板或签名不适用于境内短信，请核对")),
    ("LimitExceeded", Meaning("QUOTA", "发送受到服务商限制", 600.0)),
)
_OTHER = Meaning("STOP", "服务商没有受理，请按错误码核对设置")


def signed(
    host: str, body: bytes, *, service: str, action: str, version: str, region: str, timestamp: int, secret_id: str,
    secret_key: str,
) -> dict[str, str]:
    """The signed headers of a POST; `timestamp`: Unix seconds. The path is no part of it."""
    content_type = "application/json; charset=utf-8"
    names = "content-type;host;x-tc-action"
    lines = f"content-type:{content_type}\nhost:{host}\nx-tc-action:{action.lower()}\n"
    canonical = "\n".join(("POST", "/", "", lines, names, hashlib.sha256(body).hexdigest()))
    day = f"{clock.at_unix(timestamp):%Y-%m-%d}"
    scope = f"{day}/{service}/tc3_request"
    text = "\n".join((ALGORITHM, str(timestamp), scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"TC3{secret_key}".encode()
    for part in (day, service, "tc3_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return {
        "Content-Type": content_type, "Host": host, "X-TC-Action": action, "X-TC-Version": version,
        "X-TC-Region": region, "X-TC-Timestamp": str(timestamp),
        "Authorization": f"{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={signature}",
    }


class Tencent(ByPhone):
    kind, name = "tencent", "腾讯云短信"
    asks = 20  # carriers report within seconds
    fields = (
        Field("secret_id", "SecretId", help="建议用只有短信权限的子账号"),
        Field("secret_key", "SecretKey", secret=True),
        Field("app_id", "应用编号（SdkAppId）", help="短信控制台“应用管理”中的编号，如 1400006666"),
        Field("sign_name", "短信签名", help="已通过审核的签名内容，不含【】"),
        Field("template_id", "模板编号", help=f"可报备的模板：{PROPOSAL}"),
        variables_field("level:6,place:6,count:6,number:6"),
        Field("region", "地域", required=False, default="ap-guangzhou"),
        Field("endpoint", "接口地址", required=False, default="https://sms.tencentcloudapi.com", binds=True),
        INSIDE,
    )

    def _send(
        self, http: httpx.Client, fields: Mapping[str, str], message: Message, to: Recipient, mine: str
    ) -> Verdict:
        if not to.phone:
            return NO_PHONE
        held = words.values(words.variables(fields["variables"]), message)
        said = self._call(http, fields, "SendSms", {
            "PhoneNumberSet": [f"+86{to.phone}"], "SmsSdkAppId": fields["app_id"], "SignName": fields["sign_name"],
            "TemplateId": fields["template_id"], "TemplateParamSet": list(held.values()), "SessionContext": mine,
        }, mine)
        if isinstance(said, Verdict):
            return said
        rows = said.get("SendStatusSet")
        row = rows[0] if isinstance(rows, list) and len(rows) == 1 and isinstance(rows[0], dict) else {}
        code = row.get("Code")
        if not isinstance(code, str) or not code:
            return Verdict("UNKNOWN", note="服务商的回答中没有这个号码的结果，不知是否受理")
        if code != "Ok":
            return _judged(code, row.get("Message"))
        reference = row.get("SerialNo")
        return Verdict("ok", "Ok", reference=reference if isinstance(reference, str) else "")

    def _find(
        self, http: httpx.Client, fields: Mapping[str, str], to: Recipient, mine: str, at: datetime
    ) -> Verdict | None:
        # A message is listed once the carrier has reported on it: that it is not there yet proves nothing.
        rows = self._reported(http, fields, to.phone, at, at, mine) if to.phone else None
        row = next((row for row in rows or () if row.get("SessionContext") == mine), None)
        if row is None:
            return None
        return Verdict("ok", "Ok", "服务商有这条短信的状态报告", str(row.get("SerialNo") or "")[:200])

    def _receipts(self, http: httpx.Client, fields: Mapping[str, str], asked: Sequence[Asked]) -> list[Receipt]:
        # By number, and not from the queue of all reports: that one gives each report once, and other systems of the
        # office may use the same application.
        found, missed = [], 0
        together: dict[str, list[Asked]] = {}
        for one in asked:
            if one.phone:
                together.setdefault(one.phone, []).append(one)
        for phone, some in together.items():
            rows = self._reported(http, fields, phone, min(one.at for one in some), clock.now())
            missed = missed + 1 if rows is None else 0
            if missed == MISSES:
                break
            for one in some:
                row = next((row for row in rows or () if _is_of(one, row)), None)
                if row is not None and (receipt := _receipt(one, row)):
                    found.append(receipt)
        return found

    def _reported(
        self, http: httpx.Client, fields: Mapping[str, str], phone: str, since: datetime, until: datetime,
        wanted: str = "",
    ) -> list[Mapping[str, Any]] | None:
        """What carriers have reported of messages that went to a number between these moments, the service's clock not
        being ours, or until one with that id of ours is found; None where the service does not say."""
        begin = max(since - SKEW, clock.now() - LOOKED_BACK)
        spans = [(int(begin.timestamp()), int((until + SKEW).timestamp()))]
        found: list[Mapping[str, Any]] = []
        for _ in range(CALLS):
            if not spans:
                break
            first, last = spans.pop()
            said = self._call(http, fields, "PullSmsSendStatusByPhoneNumber", {
                "SmsSdkAppId": fields["app_id"], "PhoneNumber": f"+86{phone}", "Offset": 0, "Limit": ROWS,
                "BeginTime": first, "EndTime": last,
            }, "")
            rows = None if isinstance(said, Verdict) else said.get("PullSmsSendStatusSet")
            if not isinstance(rows, list):
                return None
            found += [row for row in rows if isinstance(row, dict)]
            if wanted and any(row.get("SessionContext") == wanted for row in found):
                break
            if len(rows) >= ROWS and first < last:  # it knows no further pages: halves, the later one first
                middle = (first + last) // 2
                spans += [(first, middle), (middle + 1, last)]
        return found

    def _call(
        self, http: httpx.Client, fields: Mapping[str, str], action: str, values: Mapping[str, Any], mine: str
    ) -> Mapping[str, Any] | Verdict:
        """An answer without an error, or the verdict of one."""
        parts = urlsplit(fields["endpoint"])
        body = json.dumps(dict(values), ensure_ascii=False).encode()
        headers = signed(
            parts.netloc, body, service="sms", action=action, version="2021-01-11", region=fields["region"],
            timestamp=int(clock.now().timestamp()), secret_id=fields["secret_id"], secret_key=fields["secret_key"])
        answer = call(http, f"{parts.scheme}://{parts.netloc}{parts.path or '/'}", content=body,
                      headers=headers | ({"X-Request-Id": mine} if mine else {}), inside=inside(fields))
        if isinstance(answer, Verdict):
            return answer
        said = answer.json.get("Response")
        if not isinstance(said, dict):
            return unreadable(answer)
        error = said.get("Error")
        if error is None:
            return said
        code = error.get("Code") if isinstance(error, dict) else None
        return _judged(code, error.get("Message")) if isinstance(code, str) and code else unreadable(answer)


def _judged(code: str, said: object) -> Verdict:
    meaning = CODES.get(code) or next(
        (meaning for beginning, meaning in _BEGINNINGS if code.startswith(beginning)), _OTHER)
    return judged("腾讯云", code, said, meaning)


def _is_of(asked: Asked, row: Mapping[str, Any]) -> bool:
    by_reference = asked.reference and row.get("SerialNo") == asked.reference
    return bool(by_reference) or row.get("SessionContext") == asked.mine


def _receipt(asked: Asked, row: Mapping[str, Any]) -> Receipt | None:
    status, code = row.get("ReportStatus"), str(row.get("Description") or "")[:80]
    if status not in ("SUCCESS", "FAIL"):
        return None
    try:
        at = clock.at_unix(row.get("UserReceiveTime"))
    except ValueError:
        at = None
    delivered = status == "SUCCESS"
    note = "" if delivered else f"运营商没有送达（{code or '未说明原因'}）"
    return Receipt(asked.mine, asked.reference, delivered, note, code, at)
