"""What Weibo's command-line client asks: the commercial interface, with credits for every returned item."""

import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

from core import clock
from core.settings import settings
from tests.lab.cases import Case, Truth
from tests.lab.programs.weibo_cli import install
from tests.lab.services import Answer, Request, Service
from tests.lab.services.weibo import Weibo

REFUSALS = {
    "credits": ("INSUFFICIENT_CREDITS", "积分余额不足"), "unserved": ("SERVICE_REQUIRED", "请先开通服务"),
    "unverified": ("DEVELOPER_VERIFICATION_REQUIRED", "请完成开发者认证"), "slow": ("SLOW_DOWN", "slow down"),
}


class WeiboCli(Service):
    """The gateway behind weibo-cli; accepts `lab-token`; the data are those of `weibo`.

    Scripted words: `credits`, `unserved`, `unverified`, `slow`, and those of Weibo.
    """

    prefix = "/weibo-cli"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.weibo = Weibo(now)

    def answer(self, request: Request) -> Answer:
        if request.act in REFUSALS:
            code, words = REFUSALS[request.act]
            return Answer.of({"error": {"code": code, "message": words}}, 402)
        if name := request.query.get("screen_name"):
            found = [u for u in self.weibo.users.values() if u.name == name]
            return Answer.of({"users": [{"id": int(u.uid), "idstr": u.uid, "screen_name": u.name,
                                         "followers_count": u.followers} for u in found]})
        return self.weibo.answer(request)


class WeiboCliCase(Case):
    collector, service, platform, account = "weibo_cli", WeiboCli, "weibo", "1642909335"
    bound = False
    secrets: ClassVar = {"token": "lab-token"}
    path, expired, mended, quota, shuffled = "user_timeline", "expired", False, "credits", "shuffled"

    @property
    def url(self) -> str:
        """The stand-in is installed for this process, against the mounted service; a source has no address."""
        os.environ["PULSE_WEIBO_CLI"] = str(install(Path(tempfile.mkdtemp(prefix="weibo-cli-")), self.world.base))
        settings.cache_clear()
        return ""

    def truth(self) -> Truth:
        return Truth(posts={
            str(s.id): dict(zip(("reposts", "comments", "likes"), s.counts, strict=True))
            for s in self.world.weibo.users[self.account].statuses if s.at >= self.born - timedelta(days=3)
        })

    def renew(self) -> dict[str, str]:
        self.world.weibo.token = "next-token"
        return {"token": "next-token"}

    def vanish(self) -> str:
        self.world.weibo.remove(self.account, 5_000_000_000 - 5)
        return str(5_000_000_000 - 5)

    def fall(self) -> tuple[str, str, int]:
        status = next(s for s in self.world.weibo.users[self.account].statuses if s.id == 5_000_000_000 - 3)
        status.counts = (1, 2, 1)
        return str(status.id), "likes", 1
