"""The stories of the period: when each began, how it grew and ebbed, what each channel said, who answered."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from random import Random

from core import clock
from core.demo import local
from core.demo.grammar import dice
from core.demo.places import Body, bare
from core.demo.wording import lexicon, say, stories

NEWS = ("thepaper", "eastday", "shobserver", "xinmin", "toutiao", "baijiahao")
HOT = ("weibo_hot", "baidu")
CHANNELS = {
    "social": ("weibo",), "forum": ("tieba", "douban", "zhihu"), "board": ("liuyan", "hotline12345"), "hot": HOT,
    "news": NEWS,
}
SHARES = (("social", 0.40), ("forum", 0.24), ("board", 0.12), ("news", 0.24))
"""How the mentions of a story fall on channels; hot lists come on top."""
WATCHED, WATCHED_DAYS = ("water_cut", "fire_case", "canteen", "noise", "property", "wage"), 30
"""Kinds of stories that every office looks out for: each is told once in so many last days."""
PLEASED = re.compile(
    "赞|谢|太好|不错|出片|治愈|泪目|辛苦|好逛|合格|好人|安静多了|有序|到账|哭了|打卡|攻略|清干净")
"""Lines that no complaint is added to."""
FIGURES = {
    "weibo": (("likes", 1.0), ("comments", 0.35), ("reposts", 0.3)), "zhihu": (("likes", 0.5), ("comments", 0.2)),
    "tieba": (("comments", 0.3),), "douban": (("likes", 0.2), ("comments", 0.25)),
}
"""Reactions to what people write, as shares of a draw with a heavy tail."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of story with its words by channel (see stories.toml).

    `slots` are bound once per story; `units` are themes that answer officially; `spread` is its typical length in
    hours, `size` the usual number of mentions, `pull` how much more its official posts are read.
    """

    key: str
    slots: tuple[str, ...]
    size: int
    spread: float
    units: tuple[str, ...]
    pull: float
    news: tuple[str, ...]
    social: tuple[str, ...]
    forum: tuple[str, ...]
    body: tuple[str, ...]
    board: tuple[str, ...] = ()
    hot: tuple[str, ...] = ()
    official: tuple[str, ...] = ()


@cache
def kinds(section: str) -> tuple[Kind, ...]:
    """The kinds of stories: `incidents` (large) or `small`."""
    return tuple(
        Kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in kind.items()})
        for kind in stories()[section]
    )


@dataclass(frozen=True, slots=True)
class Event:
    """One story with its place and time; `scale` is its number of mentions."""

    kind: Kind
    day: date
    start: datetime
    bound: tuple[tuple[str, str], ...]
    scale: int

    @property
    def words(self) -> dict[str, str]:
        return dict(self.bound)

    @property
    def pull(self) -> float:
        return self.kind.pull

    def official(self, rng: Random) -> str:
        return say(rng, self.kind.official, self.words)

    def official_share(self, body: Body, day: date) -> float:
        """The chance that an account of that unit posts about the story on that day."""
        length = max(2, round(self.kind.spread / 18))
        days = (day - self.day).days
        if not 0 <= days <= length or not self.kind.official:
            return 0.0
        here = body.kind != "street" or body.name.endswith(self.words.get("street", "—"))
        concerned = here and body.theme in self.kind.units
        return (0.75 if concerned else 0.0) * (1 - days / (length + 1)) * min(1.0, self.scale / 60)


@dataclass(frozen=True, slots=True)
class Saying:
    """One thing said on one platform. `hours`: how long it stayed on a hot list, 0 elsewhere; `figures`: reactions."""

    platform: str
    at: datetime
    title: str
    text: str = ""
    rank: int | None = None
    heat: int | None = None
    hours: int = 0
    figures: tuple[tuple[str, int], ...] = ()


def plan(seed: int, first: date, now: datetime, scale: float = 1.0) -> list[Event]:
    """The stories from `first` to `now`: three large ones, and small ones that come thicker towards the end."""
    rng = dice(seed, "events")
    today = clock.day_of(now)
    span = (today - first).days
    starts = {
        "marathon": today - timedelta(min(6, span // 4)), "renewal": today - timedelta(min(38, span // 2)),
        "storm": _storm_day(first, today),
    }
    events = [_event(rng, kind, starts[kind.key], scale) for kind in kinds("incidents")]
    day = first + timedelta(2)
    watched = [kind for kind in kinds("small") if kind.key in WATCHED]
    bag: list[Kind] = []
    rng.shuffle(watched)
    while day < today:
        if not bag:
            bag = list(kinds("small"))
            rng.shuffle(bag)
        young = (today - day).days < 45
        if (today - day).days < WATCHED_DAYS and watched:
            kind = watched.pop()
            bag = [one for one in bag if one is not kind]
        else:
            kind = bag.pop()
        events.append(_event(rng, kind, day, scale * (0.75 if young else 0.3)))
        day += timedelta(rng.randint(2, 4) if young else rng.randint(9, 16))
    return sorted(events, key=lambda e: e.start)


def _storm_day(first: date, today: date) -> date:
    """The last 18 July that lies within the period, else about three weeks ago."""
    for year in (today.year, today.year - 1):
        day = date(year, 7, 18)
        if first + timedelta(3) <= day <= today - timedelta(3):
            return day
    return max(first + timedelta(1), today - timedelta(20))


def _event(rng: Random, kind: Kind, day: date, scale: float) -> Event:
    start = clock.instant(day, rng.choice((6, 7, 8, 10, 13, 17)), rng.randrange(60))
    words: dict[str, str] = {}
    street = ""  # where the first place lies, and the others with it, if there are any
    for slot in kind.slots:
        beside = [name for name in lexicon()[slot] if street and local.street_of(name) == street]
        words[slot] = say(rng, beside or lexicon()[slot])
        street = street or local.street_of(words[slot])
    words |= _around(rng, street)
    words |= {"weekday": "周" + "一二三四五六日"[day.weekday()], "time": rng.choice(lexicon()["time"])}
    return Event(kind, day, start, tuple(words.items()), max(6, int(kind.size * scale * rng.uniform(0.75, 1.3))))


def _around(rng: Random, street: str) -> dict[str, str]:
    """A street and one of its communities, as the slots that name them."""
    if not street:
        return {}
    mine = [name for name in lexicon()["community"] if local.street_of(name) == street]
    return {"street": street, "near": bare(street), "community": rng.choice(mine)}


def said(seed: int, event: Event, now: datetime) -> Iterator[Saying]:
    """Everything said about one story up to now."""
    rng = dice(seed, event.kind.key, event.day)
    kind, words = event.kind, event.words
    peak = event.start + timedelta(hours=kind.spread * 0.3)

    def moment(earliest: float = 0.0) -> datetime:
        after = earliest + rng.gammavariate(1.7, kind.spread / 1.7)
        return event.start + timedelta(hours=after, seconds=rng.randrange(3600))

    counts = {channel: round(event.scale * share) for channel, share in SHARES}
    for channel in ("social", "forum", "board"):
        lines = getattr(kind, channel)
        for _ in range(counts[channel] if lines else 0):
            platform = rng.choice(CHANNELS[channel])
            at, words_ = moment(), _own_words(rng, channel, lines, words)
            yield Saying(platform, at, words_, figures=_figures(rng, platform))
    left = counts["news"]
    while left > 0:
        title, text = say(rng, kind.news, words), _article(rng, kind, words)
        at = moment(1.0)
        for nth, platform in enumerate(rng.sample(NEWS, min(left, rng.choice((1, 2, 3, 4, 6))))):
            later = at + timedelta(minutes=nth * rng.randint(15, 200))
            tail = "" if nth == 0 else "（转载自网络，云澜融媒综合）"
            yield Saying(platform, later, title, text + tail)
            left -= 1
        if (quoted := _excerpt(rng, text)) and rng.random() < 0.6:
            yield Saying(rng.choice(("weibo", "toutiao")), at + timedelta(minutes=rng.randint(20, 300)), title, quoted)
    for line in kind.hot:
        if event.scale >= 30:
            at = peak + timedelta(minutes=rng.randrange(-300, 500))
            for platform in rng.sample(HOT, rng.choice((1, 2))):
                yield Saying(platform, at, say(rng, (line,), words), "", rng.randint(3, 46),
                             int(event.scale * rng.uniform(800, 9000)), rng.choice((4, 8, 14)))


def _own_words(rng: Random, channel: str, lines: Sequence[str], words: dict[str, str]) -> str:
    """A line as one person writes it; people on the net add where they stand and what they feel."""
    line = _plain(rng, rng.choice(lines))
    if channel != "board" and "{feeling}" not in line and not PLEASED.search(line) and rng.random() < 0.6:
        line += "，{feeling}" if line[-1] not in "？?！" else "{feeling}"
    if channel == "forum" and "{opening}" not in line and rng.random() < 0.35:
        line = "{opening}" + line
    if channel == "board" and rng.random() < 0.6:
        line = rng.choice(("{community}居民反映：", "{someone}来信：", "{near}：", "住户{someone}反映：")) + line
    return say(rng, (line,), words)


def _plain(rng: Random, line: str) -> str:
    """A line mostly without the request at its end, which would make things alike that have nothing in common."""
    return line.removesuffix("，{please}") if rng.random() < 0.6 else line


def _figures(rng: Random, platform: str) -> tuple[tuple[str, int], ...]:
    """Reactions to what one person writes: few to most, very many to some."""
    drawn = rng.lognormvariate(2.6, 1.7)
    return tuple((name, int(drawn * share * rng.uniform(0.5, 1.5))) for name, share in FIGURES.get(platform, ()))


def _excerpt(rng: Random, text: str) -> str:
    """Two sentences of a long article, as a post quotes them; nothing of a short one."""
    sentences = text.split("。")[:-1]
    if len(sentences) < 6:
        return ""
    at = rng.randrange(len(sentences) - 1)
    return "。".join(sentences[at : at + 2]) + "。"


def _article(rng: Random, kind: Kind, words: dict[str, str]) -> str:
    """An article; of a large story a long one."""
    count = min(len(kind.body), rng.randint(3, 4) if len(kind.body) < 7 else rng.randint(4, 7))
    chosen = sorted(rng.sample(range(len(kind.body)), count))
    return "".join(say(rng, (kind.body[n],), words) for n in chosen)


def singles(seed: int, first: date, now: datetime, per_day: float) -> Iterator[Saying]:
    """Single things said that belong to no story: thicker in the last 45 days."""
    today = clock.day_of(now)
    rng = dice(seed, "singles")
    for day in clock.days(first, today):
        mean = per_day * (1.0 if (today - day).days < 45 else 0.18)
        for _ in range(int(mean) + (rng.random() < mean % 1)):
            channel = rng.choices(("board", "forum", "social", "hot", "news"), (26, 24, 20, 16, 14))[0]
            at = clock.instant(day, rng.randint(7, 22), rng.randrange(60), rng.randrange(60))
            title = say(rng, (_plain(rng, rng.choice(stories()["singles"][channel])),))
            hot = channel == "hot"
            yield Saying(
                rng.choice(CHANNELS[channel]), at, title, "", rng.randint(1, 50) if hot else None,
                rng.randint(60_000, 4_800_000) if hot else None, rng.choice((3, 6, 10)) if hot else 0,
            )
