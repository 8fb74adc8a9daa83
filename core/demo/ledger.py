"""The district's ledger: units, accounts, boards as plain values, in an order whose first N make a small district."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from core.demo.places import BODIES, Body

FULL = 124
"""Accounts of the whole district."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One account with what drives its figures.

    `cadence` pushes or posts on an ordinary working day, `reach` median reads or plays of a post, `followers` on the
    first day. `opened`, `silent_since`, `closed` are days, where they differ from the whole period.
    """

    platform: str
    external_id: str
    name: str
    body: Body
    cadence: float
    reach: float
    followers: int
    importance: int = 0
    tags: tuple[str, ...] = ()
    state: str = "normal"
    former: tuple[str, date] | None = None
    opened: date | None = None
    silent_since: date | None = None
    closed: date | None = None


@dataclass(frozen=True, slots=True)
class DemoBoard:
    """One 榜单; `members` are external ids of picked accounts, empty for a rule by kind of unit and importance."""

    name: str
    category: str
    platform: str
    kinds: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    basis: str = "latest"
    importances: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()
    period: str = ""
    rounded: bool = False


@dataclass(frozen=True, slots=True)
class _Presence:
    """How a platform is used: how many of the units, cadence and reach of an ordinary one, followers per reach."""

    count: int
    cadence: float
    reach: float
    fans: float
    suffix: str
    leading: float
    """Cadence of the district's own account there."""


PRESENCE = {
    "wechat": _Presence(36, 0.30, 900, 14, "", 1.15),
    "weibo": _Presence(28, 0.58, 2600, 20, "", 4.0),
    "channels": _Presence(16, 0.26, 1500, 5, "视频号", 1.2),
    "douyin": _Presence(14, 0.30, 3600, 8, "", 1.6),
    "toutiao": _Presence(8, 0.5, 1300, 9, "", 2.0),
    "kuaishou": _Presence(5, 0.22, 1900, 6, "", 0.7),
    "xiaohongshu": _Presence(5, 0.30, 1100, 4, "", 0.6),
    "bilibili": _Presence(5, 0.16, 1200, 4, "", 0.5),
    "thepaper": _Presence(4, 0.45, 1700, 3, "", 1.6),
    "app": _Presence(3, 1.3, 420, 60, "", 3.0),
}
_APPS = {"云澜发布": "云澜融媒APP", "健康云澜": "健康云澜APP", "云澜政务服务": "云澜一网通办APP"}
_VIDEO = ("channels", "douyin", "kuaishou", "bilibili")


def accounts(rng: Random, first: date, last: date, limit: int = FULL) -> list[DemoAccount]:
    """The accounts, the most telling first, so that any `limit` spreads over platforms and kinds of unit."""
    made: list[list[DemoAccount]] = []
    for platform, presence in PRESENCE.items():
        made.append([_account(rng, platform, body, n) for n, body in enumerate(_users(platform, presence.count))])
    order = [
        account for turn in range(max(map(len, made)))
        for accounts_of_platform in made if turn < len(accounts_of_platform)
        for account in (accounts_of_platform[turn],)
    ]
    return _fates(order, first, last)[:limit]


def _users(platform: str, count: int) -> list[Body]:
    """The units present on a platform: the widest-reaching ones, bureaux and streets in turn after the district."""
    if platform == "app":
        return sorted((b for b in BODIES if b.brand in _APPS), key=lambda b: -b.weight)
    ranked = sorted(BODIES, key=lambda b: -b.weight)
    head = [b for b in ranked if b.kind == "district"][:1]
    bureaux = [b for b in ranked if b.kind == "bureau"]
    streets = [b for b in ranked if b.kind == "street"]
    rest = [b for b in ranked if b.kind == "district"][1:]
    order = head + bureaux[:1]
    bureaux = bureaux[1:]
    while bureaux or streets:
        order += streets[:1] + bureaux[:2]
        bureaux, streets = bureaux[2:], streets[1:]
    order.insert(4, rest[0])
    return order[:count]


def _account(rng: Random, platform: str, body: Body, number: int) -> DemoAccount:
    presence = PRESENCE[platform]
    leading = number == 0
    spread = rng.lognormvariate(0, 0.32)
    reach = presence.reach * body.weight * spread * (2.2 if leading else 1.0)
    name = _APPS[body.brand] if platform == "app" else body.brand + presence.suffix
    tags = tuple(
        tag for tag, given in (
            ("政务发布", body.kind == "district"),
            ("民生服务", body.theme in ("health", "education", "labour", "civil")),
            ("短视频", platform in _VIDEO), ("村镇", body.name.endswith("镇")),
        ) if given
    )
    return DemoAccount(
        platform=platform, external_id=f"demo-{platform}-{number + 1:02d}", name=name, body=body,
        cadence=(presence.leading if leading else presence.cadence * body.weight**0.25 * rng.uniform(0.7, 1.35)),
        reach=reach, followers=int(reach * presence.fans * rng.lognormvariate(0, 0.2)) + 200,
        importance=2 if leading else 1 if body.weight >= 2 else 0, tags=tags,
    )


def _fates(order: list[DemoAccount], first: date, last: date) -> list[DemoAccount]:
    """A renamed account, a dormant, a suspended and a deregistered one, and some opened on the way."""
    span = (last - first).days
    fates: dict[int, dict] = {
        11: {"former": first + timedelta(span * 3 // 5)},
        14: {"silent_since": last - timedelta(min(23, span // 2))},
        17: {"state": "suspended", "closed": last - timedelta(min(75, span // 3))},
        41: {"opened": first + timedelta(span // 3)},
        52: {"opened": first + timedelta(span // 2)},
        67: {"opened": first + timedelta(span * 2 // 3)},
        73: {"silent_since": last - timedelta(min(41, span // 2))},
        88: {"state": "deregistered", "closed": last - timedelta(min(140, span // 2))},
        95: {"former": first + timedelta(span // 2)},
    }
    for n, fate in fates.items():
        if n < len(order):
            if "former" in fate:
                fate["former"] = (order[n].body.short.replace("区", "云澜区", 1), fate["former"])
            order[n] = replace(order[n], **fate)
    return order


LOCAL_INDEX, LOCAL_PLATFORMS = "云澜短视频传播分", ("channels", "kuaishou")
"""An index of the district's own, for platforms without a public formula."""
MATRIX, MATRIX_WEIGHTS = "云澜矩阵总分", {"wechat": 40, "weibo": 25, "douyin": 20, "channels": 15}


def boards(present: Sequence[DemoAccount]) -> list[DemoBoard]:
    """The boards; the picked one holds the important WeChat accounts that are there."""
    picked = tuple(a.external_id for a in present if a.platform == "wechat" and a.importance > 0)
    return [
        DemoBoard("委办局微信榜", "常用榜单", "wechat", ("bureau",)),
        DemoBoard("街镇微信榜", "常用榜单", "wechat", ("street",)),
        DemoBoard("政务微博榜", "常用榜单", "weibo"),
        DemoBoard("全区抖音榜", "短视频", "douyin"),
        DemoBoard("全区视频号榜", "短视频", "channels"),
        DemoBoard("重点微信周榜", "定期通报", "wechat", importances=(1, 2), period="week", rounded=True,
                  columns=("reads", "likes", "wows", "reposts", "followers")),
        DemoBoard("重点微信月度榜（第7日值）", "定期通报", "wechat", members=picked, basis="d7", period="month"),
    ]
