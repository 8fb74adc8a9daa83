"""Huawei AppGallery Connect: token, export of the download report, and its file on another host."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service

HEADS = "Date,Valid impressions,Total downloads,Successful updates,New downloads,Uninstalls"


class Huawei(Service):
    """AppGallery Connect; accepts client `lab-client` with secret `lab-secret`; knows the APP 100200300.

    `days`: day → (total, new) downloads. The file lies under another name of this machine (127.0.0.1), and refuses who
    sends an authorization there. Scripted words: `expired` (the token), `denied`, `busy`, `gone` (the file), `nameless`
    (an answer without the file's address), `other` (a report of other columns), `shuffled`.
    """

    prefix = "/huawei"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.client, self.secret, self.app = "lab-client", "lab-secret", "100200300"
        self.issued = 0
        yesterday = clock.day_of(now()) - timedelta(1)
        self.days: dict[date, tuple[int | str, int]] = {
            yesterday - timedelta(n): (890 + n, 700 + n) for n in range(60)
        }

    @property
    def token(self) -> str:
        return f"lab-token-{self.issued}"

    def refuse(self, code: int, words: str, status: int = 200) -> Answer:
        return Answer.of({"ret": {"code": code, "msg": words}}, status)

    def answer(self, request: Request) -> Answer:
        if request.path == "/oauth2/v1/token":
            asked = request.json()
            if (asked["client_id"], asked["client_secret"]) != (self.client, self.secret):
                return self.refuse(205524994, "client id or secret invalid")
            self.issued += 1
            return Answer.of({"access_token": self.token, "expires_in": 172_800})
        if request.path.startswith("/file/"):
            return self._file(request)
        if request.act == "expired":
            self.issued += 1  # what was issued before is no longer good
        if request.headers.get("authorization") != f"Bearer {self.token}" or (
            request.headers.get("client_id") != self.client
        ):
            return self.refuse(205524993, "client token authorization fail", 401)
        if request.act == "denied":
            return self.refuse(204144647, "The role has no permission")
        if request.act == "busy":
            return self.refuse(204144660, "system busy")
        if not request.path.endswith(f"/appDownloadExport/{self.app}"):
            return self.refuse(204144663, "appId not exist")
        first, last = (datetime.strptime(request.query[name], "%Y%m%d").date() for name in ("startTime", "endTime"))
        if (last - first).days > 180 or request.query["exportType"] != "CSV":
            return self.refuse(204144662, "param error")
        ret = {"ret": {"code": 0, "msg": "success"}}
        if request.act == "nameless":
            return Answer.of(ret)
        here = self.base.replace("localhost", "127.0.0.1")
        return Answer.of({**ret, "fileURL": f"{here}/file/{first}_{last}.csv?AccessKeyId=lab-only&Signature=lab-sign"})

    def _file(self, request: Request) -> Answer:
        if request.act == "gone" or "authorization" in request.headers or not request.query.get("Signature"):
            return Answer(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
        first, last = (date.fromisoformat(part) for part in request.path[6:-4].split("_"))
        rows = [f"{day:%Y%m%d},5,{total},10,{new},3" for day, (total, new) in sorted(self.days.items())
                if first <= day <= last]
        if request.act == "shuffled":
            rows = [*reversed(rows), rows[0]]
        heads = "Month,Installs" if request.act == "other" else HEADS
        return Answer(200, "\r\n".join(["\ufeff" + heads, *rows, ""]).encode(), "text/csv")


class HuaweiCase(Case):
    collector, service, platform, account = "huawei", Huawei, "app", "100200300"
    secrets: ClassVar = {"client_id": "lab-client", "client_secret": "lab-secret"}
    path, passed, expired, shuffled = "appDownloadExport", 0, "expired", ""

    def truth(self) -> Truth:
        last = clock.day_of(self.at) - timedelta(1)
        return Truth(apps={
            day: {"downloads": total} for day, (total, _) in self.world.days.items()
            if last - timedelta(29) <= day <= last and isinstance(total, int)
        })
