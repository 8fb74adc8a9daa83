"""The short message services: 阿里云, 腾讯云, 中国移动云MAS, with their signatures, limits, templates and receipts."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from core import clock
from tests.lab.services import Answer, Request, Service
from tests.lab.services.taking import Taking

PHONE = re.compile(r"1[3-9]\d{9}")
LINK = re.compile(r"https?://|www\.|[a-z0-9]\.(?:com|cn)\b", re.IGNORECASE)
_SMOOTH = "舆情预警：${level}等级，地点${place}，${gist}，涉及信息${count}条，请到${where}查看处理。"


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class AliyunSms(Taking, Service):
    """阿里云短信 dysmsapi; accepts AccessKey `lab-id` with `lab-secret`, signature 澜桥发布, template SMS_1.

    `limit`: messages to one number a day. `waiting`: ids of ours without a receipt so far; `undelivered`: those that
    never arrive. `hidden`: whether the list of what was sent stays empty, as it does for a moment.
    """

    prefix, kind = "/aliyun-sms", "aliyun"
    template = _SMOOTH

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.limit = 1_000
        self.waiting: set[str] = set()
        self.undelivered: set[str] = set()
        self.hidden = False
        self._nonces: set[str] = set()

    def sample(self) -> dict[str, str]:
        return {"access_key_id": "lab-id", "access_key_secret": "lab-secret", "sign_name": "澜桥发布",
                "template_code": "SMS_1", "endpoint": self.base, "inside": "yes"}

    def route(self, path: str, headers: Any) -> str:
        return f"{path}/{headers.get('x-acs-action', '')}"

    def refuse(self, code: str, words: str, status: int = 400) -> Answer:
        return Answer.of({"Code": code, "Message": words, "RequestId": "R"}, status)

    def reply(self, request: Request) -> Answer:
        if fault := self._unsigned(request):
            return fault
        act, query = request.act, request.query
        known = {
            "quota": ("isv.BUSINESS_LIMIT_CONTROL", f"触发小时级流控Permits:5 {query.get('PhoneNumbers', '')}"),
            "unsigned": ("SignatureDoesNotMatch", "Specified signature is not matched with our calculation."),
            "template": ("isv.SMS_TEMPLATE_ILLEGAL", "模板不合法(不存在或被拉黑)"),
            "failure": ("isv.AMOUNT_NOT_ENOUGH", "账户余额不足"), "nonce": ("SignatureNonceUsed", "nonce used"),
            "throttled": ("Throttling.User", "Request was denied due to user flow control."),
        }
        if act in known:
            return self.refuse(*known[act], 200 if act in ("quota", "template", "failure") else 400)
        if act.startswith(("isv.", "isp.")):
            return self.refuse(act, act, 200)
        if request.headers["x-acs-action"] == "QuerySendDetails":
            return self._details(request)
        phone = query.get("PhoneNumbers", "")
        if not PHONE.fullmatch(phone):
            return self.refuse("isv.MOBILE_NUMBER_ILLEGAL", f"{phone}invalid mobile number", 200)
        if query.get("SignName") != "澜桥发布":
            return self.refuse("isv.SMS_SIGNATURE_ILLEGAL", "该账号下找不到对应签名", 200)
        values = json.loads(query["TemplateParam"])
        names = re.findall(r"\$\{(\w+)\}", self.template)
        if set(names) != set(values) or not all(isinstance(one, str) and one for one in values.values()):
            return self.refuse("isv.TEMPLATE_MISSING_PARAMETERS", "模板变量中存在未赋值变量", 200)
        if any(len(one) > 35 for one in values.values()):
            return self.refuse("isv.PARAM_LENGTH_LIMIT", "参数超出长度限制", 200)
        if any(LINK.search(one) or re.search("[【】]", one) for one in values.values()):
            return self.refuse("isv.PARAM_NOT_SUPPORT_URL", "不支持URL", 200)
        if sum(one.to == phone for one in self.taken) >= self.limit:
            return self.refuse("isv.BUSINESS_LIMIT_CONTROL", f"触发天级流控Permits:{self.limit}", 200)
        text = "【澜桥发布】" + re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], self.template)
        made = self.take(query.get("OutId", ""), phone, text, f"{len(self.taken) + 900_000}^0")
        return Answer.of({"Code": "OK", "Message": "OK", "BizId": made.reference, "RequestId": "R"})

    def _unsigned(self, request: Request) -> Answer | None:
        headers = request.headers
        found = re.fullmatch(r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
                             headers.get("authorization", ""))
        if not found:
            return self.refuse("IncompleteSignature", "no signature")
        if found[1] != "lab-id":
            return self.refuse("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        needed = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce",
                  "x-acs-version"}
        if needed - set(found[2].split(";")) or headers["x-acs-version"] != "2017-05-25":
            return self.refuse("IncompleteSignature", "headers are missing")
        query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}"
                         for name, value in sorted(request.query.items()))
        lines = "".join(f"{name}:{headers[name]}\n" for name in found[2].split(";"))
        digest = hashlib.sha256(request.body).hexdigest()
        path = f"{self.prefix}{request.path.removesuffix('/' + headers['x-acs-action'])}"
        canonical = "\n".join((request.method, path, query, lines, found[2], digest))
        text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        if _hmac(b"lab-secret", text).hex() != found[3] or digest != headers["x-acs-content-sha256"]:
            return self.refuse("SignatureDoesNotMatch", f"string to sign is: {text}")
        if abs(datetime.fromisoformat(headers["x-acs-date"]) - self.now()) > timedelta(minutes=15):
            return self.refuse("InvalidTimeStamp.Expired", "Specified time stamp is expired.")
        if headers["x-acs-signature-nonce"] in self._nonces:
            return self.refuse("SignatureNonceUsed", "nonce used")
        self._nonces.add(headers["x-acs-signature-nonce"])
        return None

    def _details(self, request: Request) -> Answer:
        query = request.query
        mine = [one for one in self.taken if not self.hidden and one.to == query["PhoneNumber"]
                and f"{clock.day_of(one.at):%Y%m%d}" == query["SendDate"]]
        size, page = int(query["PageSize"]), int(query["CurrentPage"])
        rows = [{
            "ErrCode": "" if one.mine in self.waiting else "MK:0004" if one.mine in self.undelivered else "DELIVERED",
            "TemplateCode": "SMS_1", "OutId": one.mine, "PhoneNum": one.to, "Content": one.text,
            "SendDate": f"{clock.local(one.at):%Y-%m-%d %H:%M:%S}",
            "ReceiveDate": "" if one.mine in self.waiting else f"{clock.local(one.at):%Y-%m-%d %H:%M:%S}",
            "SendStatus": 1 if one.mine in self.waiting else 2 if one.mine in self.undelivered else 3,
        } for one in reversed(mine)][(page - 1) * size : page * size]
        return Answer.of({"Code": "OK", "Message": "OK", "RequestId": "R", "TotalCount": str(len(mine)),
                          "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}})


class TencentSms(Taking, Service):
    """腾讯云短信 sms; accepts SecretId `lab-id` with `lab-key`, application 1400006666, template 100 of four variables.

    `waiting` and `undelivered` as with 阿里云: what has no report yet is not listed at all, and beyond the first
    hundred of a span of time nothing is, whatever the offset.
    """

    prefix, kind = "/tencent-sms", "tencent"
    longest = 6

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.waiting: set[str] = set()
        self.undelivered: set[str] = set()

    def sample(self) -> dict[str, str]:
        # The real service has no path: neither has its signature.
        return {"secret_id": "lab-id", "secret_key": "lab-key", "app_id": "1400006666", "sign_name": "澜桥发布",
                "template_id": "100", "endpoint": self.base, "inside": "yes"}

    def route(self, path: str, headers: Any) -> str:
        return f"{path}/{headers.get('x-tc-action', '')}"

    def error(self, code: str, words: str) -> Answer:
        return Answer.of({"Response": {"Error": {"Code": code, "Message": words}, "RequestId": "R"}})

    def reply(self, request: Request) -> Answer:
        if fault := self._unsigned(request):
            return fault
        asked = request.json()
        if request.act == "unsigned":
            return self.error("AuthFailure.SignatureFailure", "The provided credentials could not be validated.")
        if request.act.startswith("error "):
            return self.error(request.act.removeprefix("error "), "refused")
        if asked.get("SmsSdkAppId") != "1400006666":
            return self.error("InvalidParameterValue.SdkAppIdNotExist", "not exist")
        if request.headers["x-tc-action"] == "PullSmsSendStatusByPhoneNumber":
            return self._reports(asked)
        (number,) = asked["PhoneNumberSet"]
        code, words = self._verdict(request.act, asked, number)
        reference = ""
        if code == "Ok":
            text = f"【{asked['SignName']}】{'|'.join(asked['TemplateParamSet'])}"
            reference = self.take(asked.get("SessionContext", ""), number.removeprefix("+86"), text,
                                  f"2433:{len(self.taken) + 1000}").reference
        return Answer.of({"Response": {"RequestId": "R", "SendStatusSet": [{
            "SerialNo": reference, "PhoneNumber": number, "Fee": int(code == "Ok"),
            "SessionContext": asked.get("SessionContext", ""), "Code": code, "Message": words, "IsoCode": "CN"}]}})

    def _verdict(self, act: str, asked: dict, number: str) -> tuple[str, str]:
        known = {
            "quota": ("LimitExceeded.PhoneNumberOneHourLimit", f"the number of sms messages to {number} exceeds"),
            "template": ("FailedOperation.TemplateIncorrectOrUnapproved", "template is not approved"),
            "failure": ("FailedOperation.InsufficientBalanceInSmsPackage", "insufficient balance"),
        }
        if act in known:
            return known[act]
        if "." in act:
            return act, act
        if not re.fullmatch(r"\+861[3-9]\d{9}", number):
            return "InvalidParameterValue.IncorrectPhoneNumber", f"{number} is wrong"
        if asked["TemplateId"] != "100":
            return "FailedOperation.TemplateIncorrectOrUnapproved", "template is not approved"
        if len(asked["TemplateParamSet"]) != 4:
            return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate", "number of parameters"
        if any(len(one) > self.longest for one in asked["TemplateParamSet"]):
            return "InvalidParameterValue.TemplateParameterLengthLimit", "too long"
        return "Ok", "send success"

    def _unsigned(self, request: Request) -> Answer | None:
        headers = request.headers
        found = re.fullmatch(
            r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/sms/tc3_request, "
            r"SignedHeaders=([a-z;-]+), Signature=([0-9a-f]{64})", headers.get("authorization", ""))
        if not found:
            return self.error("AuthFailure.InvalidAuthorization", "no signature")
        if found[1] != "lab-id":
            return self.error("AuthFailure.SecretIdNotFound", "not found")
        values = headers | {"x-tc-action": headers["x-tc-action"].lower()}
        lines = "".join(f"{name}:{values[name]}\n" for name in found[3].split(";"))
        canonical = "\n".join((request.method, "/", "", lines, found[3], hashlib.sha256(request.body).hexdigest()))
        stamp = int(headers["x-tc-timestamp"])
        day = f"{datetime.fromtimestamp(stamp, UTC):%Y-%m-%d}"
        key = b"TC3lab-key"
        for part in (day, "sms", "tc3_request"):
            key = _hmac(key, part)
        text = "\n".join(("TC3-HMAC-SHA256", str(stamp), f"{day}/sms/tc3_request",
                          hashlib.sha256(canonical.encode()).hexdigest()))
        if found[2] != day or _hmac(key, text).hex() != found[4]:
            return self.error("AuthFailure.SignatureFailure", "The provided credentials could not be validated.")
        if abs(stamp - self.now().timestamp()) > 300:
            return self.error("AuthFailure.SignatureExpire", "signature expired")
        return None

    def _reports(self, asked: dict) -> Answer:
        rows = [{
            "Description": "UNDELIV" if one.mine in self.undelivered else "DELIVRD", "CountryCode": "86",
            "SubscriberNumber": one.to, "PhoneNumber": f"+86{one.to}", "SerialNo": one.reference,
            "ReportStatus": "FAIL" if one.mine in self.undelivered else "SUCCESS",
            "UserReceiveTime": int(one.at.timestamp()), "SessionContext": one.mine,
        } for one in self.taken if f"+86{one.to}" == asked["PhoneNumber"] and one.mine not in self.waiting
            and asked["BeginTime"] <= int(one.at.timestamp()) <= asked["EndTime"]][: min(asked["Limit"], 100)]
        return Answer.of({"Response": {"PullSmsSendStatusSet": rows, "RequestId": "R"}})


class MasSms(Taking, Service):
    """中国移动云MAS; accepts 澜桥区新媒体中心 / lab / lab-password with signature code DWItALe3A.

    It knows no id of ours but the request's.
    """

    prefix, kind = "/mas", "mas"

    def sample(self) -> dict[str, str]:
        return {"ec_name": "澜桥区新媒体中心", "ap_id": "lab", "secret_key": "lab-password", "sign": "DWItALe3A",
                "template_id": "T1", "endpoint": self.base, "inside": "yes"}

    def refuse(self, code: str) -> Answer:
        return Answer.of({"msgGroup": "", "rspcod": code, "success": False})

    def reply(self, request: Request) -> Answer:
        try:
            asked = json.loads(base64.b64decode(request.body, validate=True))
        except (binascii.Error, ValueError):
            return self.refuse("InvalidMessage")
        by_template = request.path == "/sms/tmpsubmit"
        middle = [asked["templateId"], asked["mobiles"], asked["params"]] if by_template else [
            asked["mobiles"], asked["content"]]
        signed = "".join([asked["ecName"], asked["apId"], "lab-password", *middle, asked["sign"], asked["addSerial"]])
        mac = hashlib.md5(signed.encode(), usedforsecurity=False).hexdigest()
        acts = {"unsigned": "IllegalMac", "template": "InvalidMessage", "failure": "InvalidUsrOrPwd",
                "quota": "TooManyMobiles"}
        if request.act in acts:
            return self.refuse(acts[request.act])
        if asked["apId"] != "lab" or asked.get("secretKey", "lab-password") != "lab-password":
            return self.refuse("InvalidUsrOrPwd")
        if mac != asked["mac"]:
            return self.refuse("IllegalMac")
        if asked["sign"] != "DWItALe3A":
            return self.refuse("NoSignId")
        if not PHONE.fullmatch(asked["mobiles"]):
            return self.refuse("InvalidMessage")
        text = "|".join(json.loads(asked["params"])) if by_template else asked["content"]
        made = self.take(request.headers.get("x-request-id", ""), asked["mobiles"], text,
                         f"0106{len(self.taken):012d}")
        name = "mgsGroup" if request.act == "misspelt" else "msgGroup"
        return Answer.of({name: made.reference, "rspcod": "success", "success": True})
