"""阿里云短信 (dysmsapi 2017-05-25), signed by the V3 scheme (ACS3-HMAC-SHA256)."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from core import clock
from core.senders import words
from core.senders.base import INSIDE, MISSES, NO_PHONE, ByPhone, inside, variables_field
from core.senders.model import Asked, Field, Message, Receipt, Recipient, Verdict
from core.senders.wire import Answer, Meaning, call, judged, unreadable

ALGORITHM = "ACS3-HMAC-SHA256"
PROPOSAL = words.WORDING.replace("{", "${")
"""A template that goes with the variables as they are at first."""
PAGE, PAGES = 50, 20
"""Rows of a page of sent messages, as many as the service gives; pages that are read at most."""
SETTLED = timedelta(seconds=30)
"""A message sent more recently may not be listed yet: its absence proves nothing."""
MIDNIGHT = timedelta(minutes=5)
"""So near to midnight the service may have counted a message to another day."""
_CLOCK = "服务器时间与标准时间相差过大，请校准服务器时间"
CODES: Mapping[str, Meaning] = {
    "isv.BUSINESS_LIMIT_CONTROL": Meaning("QUOTA", "这个号码短时间内收到的短信过多，被限制", scope="recipient"),
    "isv.DAY_LIMIT_CONTROL": Meaning("QUOTA", "今日短信发送量已到上限，可在服务商控制台调整上限"),
    "isv.MONTH_LIMIT_CONTROL": Meaning("QUOTA", "本月短信发送量已到上限，可在服务商控制台调整上限"),
    "isp.SYSTEM_ERROR": Meaning("RETRY", "服务商系统繁忙，将自动重试"),
    "ServiceUnavailable": Meaning("RETRY", "服务商暂时不可用，将自动重试"),
    "InternalError": Meaning("RETRY", "服务商系统出错，将自动重试"),
    "isv.AMOUNT_NOT_ENOUGH": Meaning("STOP", "短信余额不足，请充值"),
    "isv.OUT_OF_SERVICE": Meaning("STOP", "短信服务已停用（欠费），请充值"),
    "isv.PRODUCT_UN_SUBSCRIPT": Meaning("STOP", "账号没有开通短信服务，请在控制台开通"),
    "isv.PRODUCT_UNSUBSCRIBE": Meaning("STOP", "账号没有开通短信服务，请在控制台开通"),
    "isv.ACCOUNT_ABNORMAL": Meaning("STOP", "短信账号状态异常，请联系服务商"),
    "isv.ACCOUNT_NOT_EXISTS": Meaning("STOP", "短信账号不存在，请核对 AccessKey 所属账号"),
    "isv.SMS_SIGNATURE_ILLEGAL": Meaning("STOP", "短信签名不存在或未通过审核，请核对签名"),
    "isv.SMS_SIGN_ILLEGAL": Meaning("STOP", "短信签名不合规，请核对签名"),
    "isv.SIGN_STATE_ILLEGAL": Meaning("STOP", "短信签名状态异常（多为实名报备未完成），请在控制台查看"),
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL": Meaning("STOP", "签名的适用场景与模板类型不符，请更换签名或模板"),
    "isv.SMS_TEMPLATE_ILLEGAL": Meaning("STOP", "短信模板不存在或未通过审核，请核对模板编号"),
    "isv.SMS_CONTENT_ILLEGAL": Meaning("STOP", "短信内容被服务商判为不合规，请与服务商核实模板"),
    "isv.TEMPLATE_MISSING_PARAMETERS": Meaning("MESSAGE", "模板里的变量没有填全，请核对渠道设置中的“模板变量”"),
    "isv.TEMPLATE_PARAMS_ILLEGAL": Meaning("MESSAGE", "变量内容不符合模板的要求，请核对渠道设置中的“模板变量”"),
    "isv.INVALID_PARAMETERS": Meaning("MESSAGE", "参数不被接受，请核对模板变量"),
    "isv.INVALID_JSON_PARAM": Meaning("MESSAGE", "变量格式不被接受，请核对模板变量"),
    "isv.PARAM_LENGTH_LIMIT": Meaning("MESSAGE", "变量超过模板规定的长度，请在“模板变量”中减少字数"),
    "isv.PARAM_NOT_SUPPORT_URL": Meaning("MESSAGE", "变量中含有链接，服务商不允许"),
    "isv.BLACK_KEY_CONTROL_LIMIT": Meaning("MESSAGE", "内容含有服务商禁发的词"),
    "isv.EXTEND_CODE_ERROR": Meaning("MESSAGE", "扩展码不被接受"),
    "isv.MOBILE_NUMBER_ILLEGAL": Meaning("RECIPIENT", "手机号不被接受，请核对", scope="recipient"),
    "isv.MOBILE_COUNT_OVER_LIMIT": Meaning("RECIPIENT", "一次发送的号码过多", scope="recipient"),
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED": Meaning("RECIPIENT", "该模板不能发往境内号码，请更换模板", scope="recipient"),
    "isp.RAM_PERMISSION_DENY": Meaning("STOP", "AccessKey 没有发送短信的权限，请为其授权"),
    "isv.DENY_IP_RANGE": Meaning("STOP", "服务器地址不在服务商的 IP 白名单中，请添加"),
    "SignatureDoesNotMatch": Meaning("STOP", "AccessKey Secret 不正确，请重新填写"),
    "IncompleteSignature": Meaning("STOP", "AccessKey Secret 不正确，请重新填写"),
    "SignatureNonceUsed": Meaning("RETRY", "服务商称请求重复，将自动重试"),
    "InvalidTimeStamp.Expired": Meaning("STOP", _CLOCK),
    "InvalidTimeStamp.Format": Meaning("STOP", _CLOCK),
}
_BEGINNINGS: tuple[tuple[str, Meaning], ...] = (
    ("Throttling", Meaning("RETRY", "请求过于频繁，将自动重试", 10.0)),
    ("InvalidAccessKeyId", Meaning("STOP", "AccessKey ID 不存在或已停用，请核对")),
    ("Forbidden", Meaning("STOP", "AccessKey 没有权限，请为其授权")),
    ("isp.", Meaning("RETRY", "服务商系统出错，将自动重试")),
)
_OTHER = Meaning("STOP", "服务商没有受理，请按错误码核对设置")


def signed(
    action: str, query: Mapping[str, str], host: str, *, version: str, date: str, nonce: str, key_id: str, secret: str,
    path: str = "/", body: bytes = b"",
) -> tuple[str, dict[str, str]]:
    """The query as it has to be written, and the signed headers, of a POST."""
    written = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(query.items()))
    digest = hashlib.sha256(body).hexdigest()
    headers = {
        "host": host, "x-acs-action": action, "x-acs-content-sha256": digest, "x-acs-date": date,
        "x-acs-signature-nonce": nonce, "x-acs-version": version,
    }
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers))
    canonical = "\n".join(("POST", path, written, lines, names, digest))
    text = f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = f"{ALGORITHM} Credential={key_id},SignedHeaders={names},Signature={signature}"
    return written, headers


def _quoted(text: str) -> str:
    return quote(str(text), safe="~")


class Aliyun(ByPhone):
    kind, name = "aliyun", "阿里云短信"
    asks = SETTLED.total_seconds() + 2
    fields = (
        Field("access_key_id", "AccessKey ID", help="建议用只有短信权限的 RAM 子账号"),
        Field("access_key_secret", "AccessKey Secret", secret=True),
        Field("sign_name", "短信签名", help="已通过审核和实名报备的签名，不含【】"),
        Field("template_code", "模板编号", help=f"如 SMS_123456789。可报备的模板：{PROPOSAL}"),
        variables_field("level:6,place:15,gist:35,count:6,where:20"),
        Field("endpoint", "接口地址", required=False, default="https://dysmsapi.aliyuncs.com", binds=True),
        INSIDE,
    )

    def _send(
        self, http: httpx.Client, fields: Mapping[str, str], message: Message, to: Recipient, mine: str
    ) -> Verdict:
        if not to.phone:
            return NO_PHONE
        held = words.values(words.variables(fields["variables"]), message)
        answer = self._call(http, fields, "SendSms", {
            "PhoneNumbers": to.phone, "SignName": fields["sign_name"], "TemplateCode": fields["template_code"],
            "TemplateParam": json.dumps(held, ensure_ascii=False), "OutId": mine,
        }, mine)
        if isinstance(answer, Verdict):
            return answer
        reference = answer.get("BizId")
        return Verdict("ok", "OK", reference=reference if isinstance(reference, str) else "")

    def _find(
        self, http: httpx.Client, fields: Mapping[str, str], to: Recipient, mine: str, at: datetime
    ) -> Verdict | None:
        if not to.phone:
            return None
        asked = clock.now()
        rows = self._sent(http, fields, to.phone, at, {mine})
        if rows is None:
            return None
        if mine in rows:
            return Verdict("ok", "OK", "服务商有这条短信的发送记录")
        if asked - at < SETTLED:
            return None
        return Verdict("RETRY", note="服务商没有这条短信的发送记录，可以重发")

    def _receipts(self, http: httpx.Client, fields: Mapping[str, str], asked: Sequence[Asked]) -> list[Receipt]:
        found, missed = [], 0
        together: dict[tuple[str, date], list[Asked]] = {}
        for one in asked:
            if one.phone:
                together.setdefault((one.phone, clock.day_of(one.at)), []).append(one)
        for (phone, _), some in together.items():
            rows = self._sent(http, fields, phone, max(one.at for one in some), {one.mine for one in some})
            missed = missed + 1 if rows is None else 0
            if missed == MISSES:
                break
            told = (_receipt(one, (rows or {}).get(one.mine, {})) for one in some)
            found += [receipt for receipt in told if receipt]
        return found

    def _sent(
        self, http: httpx.Client, fields: Mapping[str, str], phone: str, at: datetime, wanted: set[str]
    ) -> dict[str, Mapping[str, Any]] | None:
        """What the service lists of messages with those ids of ours, sent to a number on a day; None where it does not
        say."""
        found: dict[str, Mapping[str, Any]] = {}
        for day in sorted({clock.day_of(at - MIDNIGHT), clock.day_of(at + MIDNIGHT)}):
            for page in range(1, PAGES + 1):
                answer = self._call(http, fields, "QuerySendDetails", {
                    "PhoneNumber": phone, "SendDate": f"{day:%Y%m%d}", "PageSize": str(PAGE), "CurrentPage": str(page),
                }, "")
                held = {} if isinstance(answer, Verdict) else answer.get("SmsSendDetailDTOs")
                rows = held.get("SmsSendDetailDTO") if isinstance(held, dict) else None
                if not isinstance(rows, list):
                    return None
                found |= {row["OutId"]: row for row in rows if isinstance(row, dict) and row.get("OutId") in wanted}
                if len(rows) < PAGE or wanted <= set(found):
                    break
            else:
                return None
        return found

    def _call(
        self, http: httpx.Client, fields: Mapping[str, str], action: str, query: Mapping[str, str], mine: str
    ) -> Mapping[str, Any] | Verdict:
        """An answer whose code is OK, or the verdict of another."""
        verdict = Verdict("RETRY")
        for _ in range(2):
            answer = self._once(http, fields, action, query, mine)
            if isinstance(answer, Verdict):
                return answer
            said = answer.json
            code = said.get("Code")
            if not isinstance(code, str) or not code:
                return unreadable(answer)
            if code == "OK":
                return said
            verdict = _judged(code, said.get("Message"))
            if code != "SignatureNonceUsed":  # refused for a number that we drew: once more with another
                break
        return verdict

    def _once(
        self, http: httpx.Client, fields: Mapping[str, str], action: str, query: Mapping[str, str], mine: str
    ) -> Answer | Verdict:
        parts = urlsplit(fields["endpoint"])
        path = parts.path or "/"
        written, headers = signed(
            action, query, parts.netloc, version="2017-05-25", date=f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
            nonce=secrets.token_hex(16), key_id=fields["access_key_id"], secret=fields["access_key_secret"], path=path)
        return call(http, f"{parts.scheme}://{parts.netloc}{path}?{written}",
                    headers=headers | ({"X-Request-Id": mine} if mine else {}), inside=inside(fields))


def _judged(code: str, said: object) -> Verdict:
    meaning = CODES.get(code) or next(
        (meaning for beginning, meaning in _BEGINNINGS if code.startswith(beginning)), _OTHER)
    verdict = judged("阿里云", code, said, meaning)
    return verdict if verdict.outcome != "QUOTA" else _until(verdict, code, said)


def _until(verdict: Verdict, code: str, said: object) -> Verdict:
    """With the time until the limit that was met ends."""
    now, own = clock.now(), said if isinstance(said, str) else ""
    if code == "isv.BUSINESS_LIMIT_CONTROL":
        spans = {"分钟": 60.0, "小时": 3600.0, "天": 86_400.0}
        return replace(verdict, wait=next((wait for word, wait in spans.items() if word in own), 600.0))
    day = clock.day_of(now) + timedelta(1) if "DAY" in code else clock.Month.of(clock.day_of(now)).shift(1).first
    return replace(verdict, wait=(clock.instant(day) - now).total_seconds())


def _receipt(asked: Asked, row: Mapping[str, Any]) -> Receipt | None:
    """What a listed message says of its arrival; None where nothing has come yet."""
    status = str(row.get("SendStatus", ""))
    if status not in ("2", "3"):
        return None
    code = str(row.get("ErrCode") or "")[:80]
    try:
        at = clock.aware(datetime.fromisoformat(str(row.get("ReceiveDate") or "")))
    except ValueError:
        at = None
    note = "" if status == "3" else f"运营商没有送达（{code or '未说明原因'}）"
    return Receipt(asked.mine, asked.reference, status == "3", note, code, at)
