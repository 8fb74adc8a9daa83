"""A mail server that can be told what to do: a real one, on loopback, with or without TLS and login."""

import asyncio
import email
import ssl
from collections.abc import Callable
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from core import clock
from tests.lab.services.taking import Taken

USER, PASSWORD = "lab@district.gov.cn", "lab-password"
BLOCKED = "nobody@district.gov.cn"
"""A mailbox that does not exist."""


class _Handler:
    def __init__(self, post: "Post"):
        self.post = post

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list) -> str:
        self.post.act = self.post.acts.pop(0) if self.post.acts else self.post.always
        if self.post.act == "mail 550":
            return "550 5.7.1 Sender address rejected"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list) -> str:
        if self.post.act.startswith("rcpt "):
            return self.post.act.removeprefix("rcpt ")
        if address == BLOCKED:
            return "550 5.1.1 User unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        act = self.post.act
        if act.startswith("data "):
            return act.removeprefix("data ")
        self.post.keep(envelope)
        if act == "late":
            await asyncio.sleep(1)
        if act == "mute":
            await asyncio.sleep(60)
        if act in ("lost", "mute"):
            server.transport.abort()
        return "250 2.0.0 Ok: queued as LAB1"


class Post(Controller):
    """The server. `acts`: what the next mails meet in turn (`ok`, `lost`: taken, and the connection cut before the
    answer, `mute`: taken, and no answer, `late`: taken, and answered after a second, `mail 550`, `rcpt 550 5.1.1 …`,
    `data 554 …`); `taken`: what it took.

    `tls`: with TLS from the start; `starttls`: offers it; `login`: asks for USER and PASSWORD.
    """

    def __init__(self, port: int = 0, *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None,
                 login: bool = False):
        self.acts: list[str] = []
        self.always = "ok"
        self.act = "ok"
        self.taken: list[Taken] = []
        self.mails: list[email.message.EmailMessage] = []
        self.raw: list[bytes] = []
        self.told: Callable[[Taken], None] = lambda _: None
        more = {"tls_context": starttls, "require_starttls": True} if starttls else {}
        if login:
            # Required of whoever does not start with TLS; the server takes a connection that did for a bare one.
            more |= {"authenticator": _login, "auth_required": bool(starttls), "auth_require_tls": bool(starttls)}
        super().__init__(_Handler(self), hostname="127.0.0.1", port=port, ssl_context=tls, **more)

    def _trigger_server(self) -> None:
        # The port that the system chose, where none was asked for.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def keep(self, envelope: Envelope) -> None:
        mail = email.message_from_bytes(envelope.content, policy=default)
        body = mail.get_body(("plain",))
        made = Taken("mail", str(mail["Message-ID"]), envelope.rcpt_tos[0], body.get_content() if body else "", "",
                     clock.now())
        self.raw.append(envelope.content)
        self.mails.append(mail)
        self.taken.append(made)
        self.told(made)

    def __enter__(self) -> "Post":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)
