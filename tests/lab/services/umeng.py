"""Umeng U-App's gateway: signed calls for one APP's daily figures."""

import hashlib
import hmac
from datetime import date, timedelta
from typing import Any

from core import clock
from tests.lab.cases import Case, Truth
from tests.lab.services import Answer, Request, Service


class Umeng(Service):
    """Umeng U-App; accepts apiKey `1234567` with apiSecurity `testsecret`, AppKey `abc`.

    `days`: day → (activityUsers, newUsers, totalUsers, launches). Scripted words: `busy`.
    """

    prefix = "/umeng"

    def __init__(self, now: Any = clock.now):
        super().__init__(now)
        self.key, self.secret, self.appkey = "1234567", "testsecret", "abc"
        yesterday = clock.day_of(now()) - timedelta(1)
        self.days = {yesterday - timedelta(n): (1200 + n, 35, 90_000 - 35 * n, 4000) for n in range(60)}

    def refuse(self, code: str, words: str) -> Answer:
        return Answer.of({"error_code": code, "error_message": words}, 400)

    def answer(self, request: Request) -> Answer:
        path = request.path.removeprefix("/")
        params = {name: value for name, value in request.query.items() if name != "_aop_signature"}
        if not path.endswith(f"/{self.key}"):
            return self.refuse("gw.AppKeyNotFound", "apiKey not exist")
        text = path + "".join(f"{name}{params[name]}" for name in sorted(params))
        signed = hmac.new(self.secret.encode(), text.encode(), hashlib.sha1).hexdigest().upper()
        if request.query.get("_aop_signature") != signed:
            return self.refuse("gw.SignatureInvalid", "Invalid signature")
        if request.act == "busy":
            return self.refuse("gw.QosAppFrequencyLimit", "too many requests")
        if params.get("appkey") != self.appkey:
            return self.refuse("10002", "no permission of this appkey")
        day = date.fromisoformat(params["date"])
        active, new, total, launches = self.days.get(day, (0, 0, 0, 0))
        return Answer.of({"dailyData": {
            "date": day.isoformat(), "activityUsers": active, "newUsers": new, "totalUsers": total,
            "launches": launches, "payUsers": 0,
        }})


class UmengCase(Case):
    collector, service, platform, account = "umeng", Umeng, "app", "abc"
    secrets = {"api_key": "1234567", "api_security": "testsecret"}
    path = "getDailyData"

    def truth(self) -> Truth:
        yesterday = clock.day_of(self.at) - timedelta(1)
        names = ("active_users", "new_users", "total_users", "launches")
        days = [yesterday - timedelta(n) for n in range(7)]
        return Truth(apps={day: dict(zip(names, self.world.days[day], strict=True)) for day in days})
