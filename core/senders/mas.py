"""中国移动云MAS: free text (norsubmit) or a template (tmpsubmit), signed by a digest over the fields."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping

import httpx

from core.faults import BadInput
from core.records import one_line
from core.senders import words
from core.senders.base import INSIDE, NO_PHONE, YES_NO, ByPhone, inside, variables_field
from core.senders.model import Field, Message, Receipt, Recipient, Verdict
from core.senders.wire import Meaning, call, judged, unreadable

PROPOSAL = words.WORDING.replace("{", "${")
CODES: Mapping[str, Meaning] = {
    "illegalmac": Meaning("STOP", "签名校验没有通过，请核对企业名称、账号、密码和签名编码"),
    "invalidusrorpwd": Meaning("STOP", "账号或密码不正确，请核对接口账号（不是登录账号）"),
    "nosignid": Meaning("STOP", "签名编码不存在，请核对（是编码，不是签名文字）"),
    "illegalsignid": Meaning("STOP", "签名编码不可用，请核对（是编码，不是签名文字）"),
    "invalidmessage": Meaning("MESSAGE", "内容不被接受，请核对模板编号和“模板变量”"),
    "toomanymobiles": Meaning("MESSAGE", "一次发送的号码过多"),
}
ARRIVED = {"CM:0000", "0000", "DELIVRD"}
"""States of a report that say that a message has arrived."""
MOST_RECEIPTS = 5_000
_OTHER = Meaning("STOP", "服务商没有受理，请按返回的说明核对设置，并确认服务器地址已在云MAS 登记")


def digest(*parts: str) -> str:
    """`mac`: the lower-case MD5 of the fields, one after the other."""
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()


class Mas(ByPhone):
    kind, name = "mas", "中国移动云MAS 短信"
    per_minute, reports = 60, True
    fields = (
        Field("ec_name", "企业名称", help="云MAS 中登记的单位全称"),
        Field("ap_id", "接口账号（apId）"),
        Field("secret_key", "接口密码（secretKey）", secret=True),
        Field("sign", "签名编码", help="云MAS 管理平台“接口管理”中的签名编码，不是签名文字"),
        Field("mode", "发送方式", required=False, default="template",
              choices={"template": "模板短信", "text": "普通短信"}),
        Field("template_id", "模板编号", required=False, help=f"模板短信必填。可报备的模板：{PROPOSAL}"),
        variables_field("level:6,place:15,gist:35,count:6,where:20"),
        Field("wording", "短信文字", required=False, default=words.WORDING,
              help="普通短信用：{level} 等处换成预警内容，字数按“模板变量”中所写"),
        Field("add_serial", "扩展码", required=False),
        Field("send_key", "请求中带密码", required=False, default="yes", choices=YES_NO,
              help="多数省份的接口要求带上；返回签名校验错误时可改选“否”再试"),
        Field("endpoint", "接口地址", required=False, default="https://112.35.10.201:28888", binds=True,
              help="各省可能不同，以服务商提供的为准。没有可信证书的，可填 http://112.35.1.155:1992（内容不加密）"),
        INSIDE,
    )

    def _check(self, fields: Mapping[str, str]) -> None:
        super()._check(fields)
        if fields["mode"] == "template" and not fields["template_id"]:
            raise BadInput("用模板短信时，请填写模板编号")
        if strange := sorted(set(re.findall(r"\{(\w*)\}", fields["wording"])) - set(words.SOURCES)):
            raise BadInput(f"短信文字中的 {{{strange[0]}}} 不认识，可用：{'、'.join(words.SOURCES)}")
        if len(fields["wording"]) > 200:
            raise BadInput("短信文字过长，请控制在 200 字以内")

    def _send(
        self, http: httpx.Client, fields: Mapping[str, str], message: Message, to: Recipient, mine: str
    ) -> Verdict:
        if not to.phone:
            return NO_PHONE
        wanted = words.variables(fields["variables"])
        who = {"ecName": fields["ec_name"], "apId": fields["ap_id"]}
        end = {"mobiles": to.phone, "sign": fields["sign"], "addSerial": fields["add_serial"]}
        if fields["mode"] == "template":
            held = json.dumps(list(words.values(wanted, message).values()), ensure_ascii=False)
            what = {"templateId": fields["template_id"], "params": held}
            signed = (fields["template_id"], to.phone, held)
        else:
            held = words.filled(fields["wording"], message, {one.source: one.most for one in wanted})
            what, signed = {"content": held}, (to.phone, held)
        key = {"secretKey": fields["secret_key"]} if fields["send_key"] == "yes" else {}
        mac = digest(fields["ec_name"], fields["ap_id"], fields["secret_key"], *signed, fields["sign"],
                     fields["add_serial"])
        body = base64.b64encode(json.dumps(who | key | what | end | {"mac": mac}, ensure_ascii=False).encode())
        path = "tmpsubmit" if fields["mode"] == "template" else "norsubmit"
        answer = call(http, f"{fields['endpoint'].rstrip('/')}/sms/{path}", content=body,
                      headers={"Content-Type": "application/json; charset=utf-8", "X-Request-Id": mine},
                      inside=inside(fields))
        if isinstance(answer, Verdict):
            return answer
        said = answer.json
        code, success = said.get("rspcod"), said.get("success")
        if not isinstance(code, str) or not code:
            return unreadable(answer)
        if code.lower() != "success":
            return judged("云MAS", code, said.get("rspmsg"), CODES.get(code.lower(), _OTHER))
        if success is not True and success != "true":
            return Verdict("UNKNOWN", code, "服务商的回答前后矛盾，不知是否受理")
        reference = said.get("msgGroup") or said.get("mgsGroup")  # some versions of the service misspell it
        return Verdict("ok", code, reference=reference if isinstance(reference, str) else "")

    def read_receipts(self, body: bytes) -> list[Receipt]:
        """状态报告: one object or a list of them, each with msgGroup, reportStatus (CM:0000, DELIVRD: arrived),
        errorCode, receiveDate."""
        try:
            said = json.loads(body)
        except ValueError as error:
            raise BadInput("状态报告不是 JSON") from error
        rows = said if isinstance(said, list) else [said]
        out = []
        for row in rows[:MOST_RECEIPTS]:
            reference = (row.get("msgGroup") or row.get("mgsGroup")) if isinstance(row, dict) else None
            status = row.get("reportStatus") if isinstance(row, dict) else None
            if not isinstance(reference, str) or not reference or not isinstance(status, str) or not status:
                raise BadInput("状态报告缺少 msgGroup 或 reportStatus")
            code = one_line(str(row.get("errorCode") or status))[:40]
            arrived = status.upper() in ARRIVED
            out.append(Receipt("", reference, arrived, "" if arrived else f"运营商回执：{code}", code))
        return out
