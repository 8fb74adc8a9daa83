"""When an office publishes: weekdays, public holidays with their shifted working days, and hours of the day."""

from datetime import date, timedelta
from functools import cache
from random import Random

import holidays

from core.metrics.cadence import day_off

QUIET_KINDS = {"bureau": 0.34, "street": 0.28, "district": 0.78, "other": 0.5}
"""How much of a working day's output a day off still sees, by kind of unit."""

HOURS = {
    "weibo": (7, 8, 8, 9, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21),
    "wechat": (7, 8, 9, 10, 11, 12, 16, 17, 17, 18, 18, 19, 20, 21),
    "app": (8, 9, 10, 11, 14, 15, 16, 17, 18),
    "video": (10, 11, 12, 12, 16, 17, 18, 18, 19, 20, 21),
    "news": (8, 9, 10, 11, 14, 15, 16, 17, 20),
}


@cache
def _calendar() -> holidays.HolidayBase:
    return holidays.country_holidays("CN", language="zh_CN")


def festival(day: date) -> str:
    """The public holiday that this day or one of the next five belongs to, e.g. 国庆节; empty for an ordinary day."""
    for ahead in range(6):
        name = _calendar().get(day + timedelta(ahead))
        if name and not name.startswith("休息日"):
            return "春节" if name in ("农历除夕", "春节（补假）") else name.split("（")[0].split(";")[0].strip()
    return ""


def output(day: date, kind: str) -> float:
    """Expected output of that day, as a share of an ordinary working day's."""
    if day_off(day):
        return QUIET_KINDS[kind]
    return (1.05, 1.04, 1.0, 1.02, 1.1)[day.weekday()] if day.weekday() < 5 else 0.9


def attention(day: date) -> float:
    """How much people read that day, as a share of an ordinary working day."""
    return 0.86 if day_off(day) else 1.0


def minute_of_day(rng: Random, family: str) -> int:
    """Minute of the Shanghai day at which a post goes out; never after 22:00."""
    return rng.choice(HOURS.get(family, HOURS["news"])) * 60 + rng.randrange(60)
