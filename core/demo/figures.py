"""Posts, readings, followers and APP figures of one account, month by month, as its platform would print them.

Heavy tails: reads are lognormal around the account's reach, a few posts go viral. Counters grow between readings; the
settled value is near after seven days, and some posts go on to the thirtieth. WeChat caps reads at 10万+, several
platforms round from ten thousand on. Everything depends only on the seed and the account.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from core import clock
from core.demo.events import Event
from core.demo.grammar import dice
from core.demo.ledger import DemoAccount
from core.demo.rhythm import attention, minute_of_day, output
from core.demo.wording import body, headline, tag

OFTEN_READ_DAYS = 60
"""Younger posts were read on days 0, 1, 3 and 7; older ones on days 1 and 7."""
LATE_SHARE = 0.3
"""Posts that were read once more on day 30."""
DAILY_FOLLOWERS = 150
"""Followers were read daily in so many last days, weekly before."""
VIRAL = 0.004
"""Share of posts that travel far beyond their account."""
RATIOS: Mapping[str, Mapping[str, float]] = {
    "weibo": {"likes": 0.008, "reposts": 0.0026, "comments": 0.0022},
    "wechat": {"likes": 0.009, "wows": 0.0042, "reposts": 0.021, "comments": 0.0016, "favourites": 0.0031},
    "app": {"likes": 0.011, "reposts": 0.003, "comments": 0.002, "favourites": 0.0026},
    "channels": {"likes": 0.017, "wows": 0.009, "reposts": 0.011, "comments": 0.0021},
    "douyin": {"likes": 0.024, "reposts": 0.0032, "comments": 0.0038, "favourites": 0.0027},
    "kuaishou": {"likes": 0.027, "reposts": 0.0015, "comments": 0.0029},
    "bilibili": {"likes": 0.029, "reposts": 0.0042, "comments": 0.0061, "favourites": 0.0098},
    "toutiao": {"likes": 0.0051, "reposts": 0.0008, "comments": 0.0019, "favourites": 0.0012},
    "xiaohongshu": {"likes": 0.031, "reposts": 0.004, "comments": 0.0044, "favourites": 0.014},
    "thepaper": {"likes": 0.0031, "comments": 0.0017},
}
"""Reactions per read or play."""
PLAYS = {"channels", "douyin", "kuaishou", "bilibili"}
ROUNDING = {"douyin", "channels", "kuaishou", "bilibili", "toutiao"}
FAMILY = {"weibo": "weibo", "wechat": "wechat", "app": "app", "toutiao": "news", "thepaper": "news"}
GROWTH = {"fast": (0.58, 0.9, 0.975, 1.0, 1.012), "slow": (0.34, 0.68, 0.88, 1.0, 1.09)}
"""Share of the day-7 value reached on days 0, 1, 3, 7 and 30, by kind of platform."""
NOTICE = "演示数据：由程序按固定种子生成，不是真实采集"
AFTER_DAYS = (0, 1, 3, 7, 30)
EVENING, MORNING = time(22, 30), time(6, 40)
"""When the day's own reading and all later ones are taken, Shanghai time."""


def printed(platform: str, counter: str, value: int) -> int | str:
    """A counter as the platform prints it: 10万+ for WeChat reads, 1.2万 where it rounds, else the digits."""
    if platform == "wechat" and counter in ("reads", "readers", "likes", "wows") and value > 100_000:
        return "10万+"
    if platform in ROUNDING and value >= 10_000:
        return f"{value / 10_000:.1f}万"
    return value


class Figures:
    """One account's figures, asked for month by month in order."""

    def __init__(
        self, account: DemoAccount, *, seed: int, first: date, last: date, now: datetime, events: Sequence[Event],
        gaps: Collection[date],
    ):
        """`first` and `last` bound the period, `gaps` are days on which nothing could be collected."""
        self.account, self.first, self.last, self.now, self.events, self.gaps = account, first, last, now, events, gaps
        self.rng = dice(seed, account.external_id)
        self.start, self.end = max(first, account.opened or first), min(last, account.closed or last)
        span = (last - first).days + 1
        dips = 2 if self.rng.random() < 0.5 else 0
        self.dips = {first + timedelta(self.rng.randrange(span)) for _ in range(dips)}
        self.trend = self.rng.uniform(-0.05, 0.28)
        self.level = float(account.followers)
        self.used: set[str] = set()
        self.serial = 0

    def month(self, month: clock.Month) -> dict[str, Any]:
        """The platform's answer for that month: posts with their readings, followers, APP figures."""
        posts: list[dict] = []
        followers: list[dict] = []
        app: list[dict] = []
        for day in clock.days(max(self.start, month.first), min(self.end, month.last)):
            written = self._posts_of(day)
            gained, gone = _drift(self.rng, self.level, day in self.dips)
            self.level = max(50.0, self.level + gained - gone)
            seen = datetime.combine(day + timedelta(1), MORNING, clock.SHANGHAI)
            figures = _app_day(self.rng, self.level, day, seen) if self.account.platform == "app" else None
            if day in self.gaps:
                continue
            posts += written
            if seen > self.now:
                continue
            if figures:
                app.append(figures)
            if (self.last - day).days < DAILY_FOLLOWERS or day.weekday() == 6 or day.day == month.days:
                followers.append(_followers_day(self.account, self.level, gained, gone, day, seen))
        return {
            "code": 0, "notice": NOTICE, "platform": self.account.platform,
            "account": {"id": self.account.external_id, "name": self.account.name}, "month": str(month),
            "posts": posts, "followers": followers, "app": app,
        }

    def _posts_of(self, day: date) -> list[dict]:
        mood = (1 + self.trend * (day - self.first).days / 365) * attention(day)
        written: list[dict] = []
        for event in _pushes(self.rng, self.account, day, self._current(day)):
            self.serial += 1
            written += self._push(day, event, mood)
        return written

    def _current(self, day: date) -> list[tuple[Event, float]]:
        """The stories that this account's unit may post about that day, with the chance."""
        chances = ((event, event.official_share(self.account.body, day)) for event in self.events)
        return [(event, chance) for event, chance in chances if chance]

    def _push(self, day: date, event: Event | None, mood: float) -> list[dict]:
        """The posts of one push: one, or up to four articles of a WeChat push; none if it is still to come."""
        rng, account, platform = self.rng, self.account, self.account.platform
        minute = minute_of_day(rng, FAMILY.get(platform, "video"))
        at = datetime.combine(day, time(minute // 60, minute % 60, rng.randrange(60)), clock.SHANGHAI)
        articles = rng.choice((1, 1, 2, 2, 3, 4)) if platform == "wechat" and not event else 1
        push = f"{account.external_id}-{self.serial:05d}"
        out = []
        for position in range(1, articles + 1):
            title = event.official(rng) if event else headline(rng, account.body.theme, day, self.used)
            size = account.reach * mood * rng.lognormvariate(-0.1, 0.85) * (event.pull if event else 1)
            size *= rng.uniform(8, 30) if rng.random() < VIRAL else 1
            size *= 1.0 if position == 1 else 0.42 / position**0.4
            original = rng.random() < (0.5 if account.body.kind == "street" else 0.62)
            post = {
                "id": f"{push}-{position}", "title": title, "text": _text(rng, account, title),
                "published": at.isoformat(), "kind": _kind(rng, platform, original), "original": original,
                "url": f"https://demo.invalid/{platform}/{push}/{position}",
                "readings": _readings(rng, platform, day, size, self.last, self.now),
            }
            out.append(post | ({"push": push, "position": position} if platform == "wechat" else {}))
        return out


def _pushes(rng: Random, account: DemoAccount, day: date, current: Sequence[tuple[Event, float]]) -> list[Event | None]:
    """What goes out that day: the story each push or post is about, None for ordinary business."""
    if account.silent_since and day > account.silent_since:
        return []
    mean = account.cadence * output(day, account.body.kind)
    count = int(mean) + (rng.random() < mean % 1)
    if count > 1 and rng.random() < 0.4:
        count += rng.choice((-1, 1))
    out: list[Event | None] = [None] * count
    for event, chance in current:
        if rng.random() < chance:
            out.append(event)
            if account.importance == 2 and rng.random() < 0.6:
                out.append(event)
    return out


def _kind(rng: Random, platform: str, original: bool) -> str:
    if platform == "weibo":
        return rng.choice(("图文", "图文", "视频")) if original else "转发"
    return "视频" if platform in PLAYS else rng.choice(("图文", "图文", "图文", "视频"))


def _text(rng: Random, account: DemoAccount, title: str) -> str:
    if account.platform == "weibo":
        return f"#{tag(rng)}# 【{title}】{body(rng)}"
    if account.platform in PLAYS:
        return f"{title} #{account.body.brand} #{tag(rng)}"
    return ""


def _readings(
    rng: Random, platform: str, day: date, size: float, last: date, now: datetime
) -> list[dict]:
    """The counters at each moment they were read, as printed; never falling."""
    growth = GROWTH["slow" if platform in PLAYS or platform == "xiaohongshu" else "fast"]
    often = (last - day).days < OFTEN_READ_DAYS
    late = rng.random() < LATE_SHARE
    main = "plays" if platform in PLAYS else "reads"
    ratios = {name: ratio * rng.lognormvariate(-0.08, 0.4) for name, ratio in RATIOS[platform].items()}
    out: list[dict] = []
    floor: dict[str, int] = {}
    for share, after in zip(growth, AFTER_DAYS, strict=True):
        if (after == 30 and not late) or (after in (0, 3) and not often):
            continue
        seen = datetime.combine(day + timedelta(after), EVENING if after == 0 else MORNING, clock.SHANGHAI)
        if seen > now:
            continue
        total = max(3.0, size * share)
        values = {main: int(total)} | {name: int(total * ratio) for name, ratio in ratios.items()}
        if platform == "wechat":
            values["readers"] = int(total * 0.87)
        if platform == "xiaohongshu":
            values["plays"] = int(total * 0.4)
        floor = {name: max(value, floor.get(name, 0)) for name, value in values.items()}
        out.append({
            "at": seen.isoformat(),
            "counters": {name: printed(platform, name, value) for name, value in floor.items()},
        })
    return out


def _drift(rng: Random, level: float, dip: bool) -> tuple[int, int]:
    """Followers gained and lost in a day; now and then the platform clears dead accounts."""
    gained = level * rng.lognormvariate(-7.6, 0.5) + rng.random() * 4
    gone = level * rng.lognormvariate(-8.3, 0.4) + rng.random() * 2
    if dip:
        gone += level * rng.uniform(0.006, 0.022)
    return int(gained), int(gone)


def _followers_day(account: DemoAccount, level: float, gained: int, gone: int, day: date, seen: datetime) -> dict:
    row = {"day": str(day), "at": seen.isoformat()}
    row["total"] = printed(account.platform, "followers", int(level)) if account.platform == "kuaishou" else int(level)
    return row | ({"new": gained, "lost": gone} if account.platform == "wechat" else {})


def _app_day(rng: Random, level: float, day: date, seen: datetime) -> dict:
    active = int(level * 0.043 * attention(day) * rng.lognormvariate(0, 0.09))
    new = int(active * rng.uniform(0.006, 0.016))
    return {
        "day": str(day), "at": seen.isoformat(), "active_users": active, "new_users": new,
        "total_users": int(level), "launches": int(active * rng.uniform(2.3, 3.1)), "downloads": int(new * 1.35),
        "rating": round(min(4.9, 4.35 + rng.gauss(0, 0.03)), 2),
    }
