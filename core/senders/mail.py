"""Mail by SMTP: TLS from the start, STARTTLS, or the plain relay of an office's own network."""

import re
import smtplib
import socket
import ssl
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

import httpx

from core import clock
from core.faults import BadInput
from core.labels import LEVELS
from core.records import one_line
from core.senders import words
from core.senders.base import INSIDE, NO_MAIL, Base, inside
from core.senders.model import Field, Message, Recipient, Verdict
from core.senders.wire import Patience, resolved, unreachable

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
"""An address that every relay takes."""
PORTS = {"ssl": 465, "starttls": 587, "plain": 25}
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SUBJECT = 120
"""Characters of a subject."""
CONNECT, SAY, TAKE = 10.0, 30.0, 120.0
"""Seconds that a server has to be reached, to answer a command, and to say whether it has taken a mail: scanning one
with attachments takes it a while, and an answer that was not waited for is one that nobody knows."""
SLOWEST = 16_000
"""Bytes a second below which a mail is not carried on."""
_PART = 64_000


class _Refused(Exception):
    """What the server said no to. `step`: login, sender, recipient, data, greeting."""

    def __init__(self, step: str, code: int, said: bytes | str):
        super().__init__(step)
        self.step, self.code = step, code
        self.said = one_line(said.decode("utf-8", "replace") if isinstance(said, bytes) else said)


class Mail(Base):
    kind, name, reaches = "mail", "邮件", "mail"
    per_minute, slow = 30, True
    fields = (
        Field("host", "邮件服务器", binds=True, help="如 smtp.district.gov.cn"),
        Field("security", "加密方式", required=False, default="ssl", binds=True, choices={
            "ssl": "SSL（多为 465 端口）", "starttls": "STARTTLS（多为 587 端口）",
            "plain": "不加密（仅限内网，多为 25 端口）"}),
        Field("port", "端口", required=False, binds=True, help="不填则按加密方式取 465、587 或 25"),
        Field("user", "登录名", required=False, help="多为完整邮箱地址；内网转发不需要登录的留空"),
        Field("password", "密码或授权码", secret=True, required=False),
        Field("sender", "发件邮箱", help="收件人看到的发件地址"),
        Field("sender_name", "发件人名称", required=False, default="舆情预警"),
        INSIDE,
    )

    def _check(self, fields: Mapping[str, str]) -> None:
        if not re.fullmatch(r"[A-Za-z0-9.:-]{1,253}", fields["host"]):
            raise BadInput("“邮件服务器”应是主机名或 IP 地址，不带 smtp:// 和端口")
        if fields["port"] and not (fields["port"].isdecimal() and 0 < int(fields["port"]) < 65_536):
            raise BadInput("“端口”应是 1 到 65535 的整数，不清楚的留空")
        if not ADDRESS.fullmatch(fields["sender"]):
            raise BadInput("“发件邮箱”应是完整的邮箱地址，如 yqjc@district.gov.cn")
        if bool(fields["user"]) != bool(fields["password"]):
            raise BadInput("登录名和密码要一起填写；不需要登录的，两项都留空")

    def _send(
        self, http: httpx.Client, fields: Mapping[str, str], message: Message, to: Recipient, mine: str
    ) -> Verdict:
        self._check(fields)
        if not to.mail:
            return NO_MAIL
        if not ADDRESS.fullmatch(to.mail):
            return Verdict("RECIPIENT", note="登记的邮箱不是完整的地址，请在“通知人员”中改正", scope="recipient")
        host, port = fields["host"], int(fields["port"] or PORTS[fields["security"]])
        found = resolved(host, port, inside(fields))
        if isinstance(found, Verdict):
            return found
        return _carry(found, host, port, fields, written(message, to, fields, mine).as_bytes(), to.mail)


def written(message: Message, to: Recipient, fields: Mapping[str, str], mine: str) -> EmailMessage:
    """The mail: text, and the same as HTML in which nothing of it is markup."""
    made = EmailMessage(policy=SMTP)
    level = f"【{LEVELS[message.level]}预警】" if message.level in LEVELS else ""
    title = one_line(message.title)
    made["Subject"] = words.cut(title if title.startswith("【") else f"{level}{title}", SUBJECT)
    made["From"] = Address(_name(fields["sender_name"]), addr_spec=fields["sender"])
    made["To"] = Address(_name(to.name), addr_spec=to.mail)
    made["Date"] = format_datetime(clock.local(clock.now()))
    made["Message-ID"] = f"<{re.sub(r'[^A-Za-z0-9.-]', '-', mine)}@{fields['sender'].partition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    text = words.whole(message)
    made.set_content(text, cte="base64")
    word = "在系统中查看" if message.attachments else "查看并确认"
    made.add_alternative(_html(text, one_line(message.link), word), subtype="html", cte="base64")
    for file in message.attachments:
        kind = TYPES.get(file.name.rpartition(".")[2], "application/octet-stream")
        made.add_attachment(file.data, *kind.split("/"), filename=one_line(file.name))
    return made


def _name(text: str) -> str:
    """A name in front of an address, without what has a meaning there."""
    return re.sub(r"[<>@\",;:\\()\[\]]", "", one_line(text))[:60]


def _html(text: str, link: str, word: str) -> str:
    lines = "<br>\n".join(escape(line) for line in text.splitlines() if line.strip() != link or not link)
    button = f'<p><a href="{escape(link, quote=True)}">{word}</a></p>' if link.startswith(
        ("http://", "https://")) else ""
    return f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><body><p>{lines}</p>{button}</body></html>'


# --- The conversation -----------------------------------------------------------------------------------------------


class _Plain(smtplib.SMTP):
    """Connects to the address that was checked, and holds the certificate against the host's name."""

    def __init__(self, address: str, host: str, patience: Patience):
        super().__init__(local_hostname="localhost.localdomain", timeout=SAY)
        self._address, self._host, self._patience = address, host, patience

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made = socket.create_connection((self._address, port), CONNECT)
        made.settimeout(timeout)
        self._patience.hold(made)
        return made


class _Ssl(_Plain):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made = ssl.create_default_context().wrap_socket(
            super()._get_socket(host, port, timeout), server_hostname=host)
        self._patience.hold(made)
        return made


class _Course:
    """Whether the whole mail has been handed over."""

    sent = False


def _carry(
    found: list[str], host: str, port: int, fields: Mapping[str, str], mail: bytes, to: str
) -> Verdict:
    course, error = _Course(), Exception()
    for address in found:
        patience = Patience(3 * SAY + len(mail) / SLOWEST + TAKE)
        smtp = (_Ssl if fields["security"] == "ssl" else _Plain)(address, host, patience)
        try:
            with patience:
                return _talk(smtp, host, port, fields, mail, to, patience, course)
        except _Refused as refused:
            return _judged(refused)
        except (OSError, smtplib.SMTPException, ValueError) as failed:
            error = failed
            if course.sent:
                return Verdict("UNKNOWN", note=f"邮件已交给服务器，但没有等到回答（{host}），不知是否受理")
        finally:
            smtp.close()
    return _unsent(error, host)


def _talk(
    smtp: _Plain, host: str, port: int, fields: Mapping[str, str], mail: bytes, to: str, patience: Patience,
    course: _Course,
) -> Verdict:
    """One conversation. Raises _Refused, OSError, SMTPException, ValueError."""
    _demand("greeting", smtp.connect(host, port), 220)
    smtp.ehlo_or_helo_if_needed()
    if fields["security"] == "starttls":
        smtp.starttls(context=ssl.create_default_context())
        patience.hold(smtp.sock)
        smtp.ehlo_or_helo_if_needed()
    if fields["user"]:
        try:
            smtp.login(fields["user"], fields["password"])
        except smtplib.SMTPAuthenticationError as error:
            raise _Refused("login", error.smtp_code, error.smtp_error) from None
    _demand("sender", smtp.mail(fields["sender"]), 250)
    _demand("recipient", smtp.rcpt(to), 250, 251)
    _demand("data", smtp.docmd("DATA"), 354)
    data = re.sub(rb"(?m)^\.", b"..", mail) + b".\r\n"
    for start in range(0, len(data), _PART):  # a socket's patience is for all that it is given at once
        smtp.send(data[start : start + _PART])
    course.sent = True
    smtp.sock.settimeout(TAKE)
    said = _demand("data", smtp.getreply(), 250)
    return Verdict("ok", "250", reference=one_line(said.decode("utf-8", "replace"))[:200])


def _demand(step: str, answer: tuple[int, bytes], *codes: int) -> bytes:
    """What the server said. Raises _Refused where its code is none of those."""
    if answer[0] not in codes:
        raise _Refused(step, *answer)
    return answer[1]


def _judged(refused: _Refused) -> Verdict:
    """The verdict of what the server said no to, by the step and the class of its code (RFC 5321, RFC 3463)."""
    code, own = refused.code, refused.said[:120]
    shown = f"（{code} {own}）" if own else f"（{code}）"
    if refused.step == "login":
        if 400 <= code < 500:
            return Verdict("RETRY", str(code), f"邮件服务器暂时不能登录，将自动重试{shown}", wait=60.0)
        return Verdict("STOP", str(code), f"登录邮件服务器失败，请核对登录名和密码（很多邮箱要用授权码）{shown}")
    if 400 <= code < 500:
        full = refused.step == "recipient" and code == 452
        return Verdict("RETRY", str(code), f"邮件服务器暂时没有受理，将自动重试{shown}", wait=300.0 if full else 60.0,
                       scope="recipient" if refused.step == "recipient" else "channel")
    policy = bool(re.match(r"5\.7\.\d", own))
    if refused.step == "recipient" and not policy and code in (501, 550, 551, 553):
        return Verdict("RECIPIENT", str(code), f"收件邮箱不存在或拒收，请核对{shown}", scope="recipient")
    if refused.step == "data" and code in (552, 554):
        return Verdict("MESSAGE", str(code), f"邮件内容被对方服务器拒收{shown}")
    words_ = {"sender": "发件邮箱不被接受，请核对", "recipient": "邮件服务器不为我方转发，请核对登录名或请管理员放行"}
    return Verdict("STOP", str(code), f"{words_.get(refused.step, '邮件服务器没有受理，请核对设置')}{shown}")


def _unsent(error: Exception, host: str) -> Verdict:
    """The verdict where the conversation ended before the mail was handed over."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Verdict("STOP", note=f"邮件服务器不支持所选的加密或登录方式（{host}），请核对加密方式和端口")
    if isinstance(error, ssl.SSLCertVerificationError):
        return unreachable(error, host)
    if isinstance(error, ssl.SSLError):
        return Verdict("STOP", note=f"与邮件服务器的加密连接建立失败（{host}），请核对加密方式和端口")
    if isinstance(error, UnicodeError):
        return Verdict("STOP", note="登录名或密码中有邮件服务器不接受的字符，请核对")
    return Verdict("RETRY", note=f"连接不上邮件服务器或中途断开（{host}），邮件没有发出，将自动重试")
