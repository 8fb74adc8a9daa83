"""`python -m tests.lab.senders --port N [--smtp-port M] [--log FILE] [--mix lost=0.1 --mix 502=0.1]`: the services that
warnings go out by, until Ctrl-C.

What is taken is appended to the log, one JSON object a line (`kind`, `mine`, `to`, `text`, `reference`, `at`), before
it is answered, so that nothing lost and nothing twice can be counted. The first line of output is a JSON object: kind →
fields of a channel that leads there. `/script/KIND-PREFIX?part=&act=lost&act=ok` tells what the next calls meet (see
tests.lab.services.taking.ACTS), `/smtp?act=lost` the next mails.
"""

import argparse
import json
import os
import threading
from pathlib import Path
from typing import TextIO

from tests.lab import Lab
from tests.lab.services import Answer, Request, Service
from tests.lab.services.group_bots import DingTalkBot, FeishuBot, Hook, WeComBot
from tests.lab.services.sms import AliyunSms, MasSms, TencentSms
from tests.lab.services.taking import Taken, Taking
from tests.lab.smtp import Post

SERVICES: tuple[type[Taking], ...] = (AliyunSms, TencentSms, MasSms, WeComBot, DingTalkBot, FeishuBot, Hook)


class PostDesk(Service):
    """Tells the mail server what the next mails meet: /smtp?act=lost."""

    prefix = "/smtp"

    def __init__(self, post: Post):
        super().__init__()
        self.post = post

    def answer(self, request: Request) -> Answer:
        self.post.acts.append(request.query.get("act", "ok"))
        return Answer.of({"acts": self.post.acts})


def mail_fields(post: Post) -> dict[str, str]:
    """Fields of a channel that leads to a mail server without TLS and login."""
    return {"host": "127.0.0.1", "port": str(post.port), "security": "plain", "sender": "yqjc@district.gov.cn",
            "inside": "yes"}


class Log:
    """Appends what is taken to a file."""

    def __init__(self, stream: TextIO):
        self._stream, self._lock = stream, threading.Lock()

    def __call__(self, taken: Taken) -> None:
        with self._lock:
            self._stream.write(json.dumps(taken.line(), ensure_ascii=False) + "\n")
            self._stream.flush()


def main() -> None:
    options = argparse.ArgumentParser(description="The services that warnings go out by, on loopback.")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--smtp-port", type=int, default=0)
    options.add_argument("--log", type=Path, default=Path(os.devnull))
    options.add_argument("--mix", action="append", default=[], metavar="ACT=SHARE",
                         help="share of the calls that meet an act, e.g. lost=0.1")
    options.add_argument("--unpaced", action="store_true", help="bots without their limits of a minute")
    chosen = options.parse_args()
    mix = {act: float(share) for act, _, share in (one.rpartition("=") for one in chosen.mix)}
    with chosen.log.open("a", encoding="utf-8") as stream, Lab(chosen.port) as lab, Post(chosen.smtp_port) as post:
        post.told = log = Log(stream)
        fields = {"mail": mail_fields(post)}
        for kind in SERVICES:
            service = lab.mount(kind())
            service.told, service.mix = log, mix
            if chosen.unpaced and hasattr(service, "paced"):
                service.paced.most = 10**9
            fields[service.kind] = service.sample()
        lab.mount(PostDesk(post))
        print(json.dumps(fields, ensure_ascii=False), flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
