"""The catalogue of ready sources: data/catalog/sources, one TOML file for each way of getting at data.

A file has a `title`, a table `[shared]` of values that its entries don't repeat, and one table for each entry, whose
name is the entry's key. In texts `{…}` stands for a parameter: `{keyword}` and `{district}` are the district's name
where nobody says otherwise, `{account}` is an account's id on its platform, and every other one has its question in
`ask`. Options may hold parameters as well; a route's parameters are percent-encoded.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.catalog import platforms
from core.labels import ADDRESSED, COLLECTORS
from core.records import reasons
from core.settings import CATALOG, settings

SERVICES = {"newsnow": "newsnow 热榜服务", "rsshub": "RSSHub 服务"}
"""Services that people run themselves; entries are paths on them, and where one runs is for the person to say."""
ACCOUNT = "account"
QUESTIONS = {"keyword": "关键词", "district": "区名"}
"""Parameters that need no question of their own; both default to the district's name."""
FILE = "file"
_PARAMETER = re.compile(r"\{(\w+)\}")
_TEXTS = ("name", "path", "route", "url")


class Definition(BaseModel):
    """One ready source: everything but what only the person knows. The four texts and `trouble` are Chinese."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=r"^[a-z0-9_]+$")
    way: str = Field(min_length=1, description="The file's title")
    name: str = Field(min_length=2, max_length=60, description="Of the sources made of it; may hold parameters")
    shown: str = Field("", max_length=60, description="In the catalogue, where the name alone says too little")
    platform: str
    collector: str
    service: Literal["", "newsnow", "rsshub"] = ""
    path: str = Field("", description="On a newsnow service")
    route: str = Field("", description="On an RSSHub service")
    url: str = Field("", description="Of the site itself; empty: the interface's own address")
    options: dict[str, str] = Field(default_factory=dict)
    period: int = Field(30, ge=1, le=7 * 24 * 60, description="Minutes")
    paid: bool
    for_accounts: bool = Field(False, description="Turned on for accounts though its collector can do without")
    id_option: str = Field("", description="Option for an account's id at the service where the ledger's differs")
    own_credential: bool = Field(False, description="Every account has a credential of its own")
    licence: str = Field(min_length=6, description="The legal route: whose data, by which right")
    cost: str = Field(min_length=2)
    yields: str = Field(min_length=6)
    needs: str = Field(min_length=4)
    trouble: str = Field("", description="Known trouble, with its date; empty: none known")
    ask: dict[str, str] = Field(default_factory=dict)
    default: dict[str, str] = Field(default_factory=dict)
    optional: tuple[str, ...] = Field((), description="Parameters that may stay empty; an option that is, is left out")

    @model_validator(mode="after")
    def _whole(self) -> "Definition":
        if self.collector not in COLLECTORS:
            raise ValueError(f"没有采集方式“{self.collector}”")
        if (self.service == "newsnow") != bool(self.path) or (self.service == "rsshub") != bool(self.route):
            raise ValueError("newsnow 写 path，RSSHub 写 route，其他不写")
        if not (self.path + self.route or "/").startswith("/"):
            raise ValueError("path 和 route 必须以 / 开头")
        if self.collector in ADDRESSED and not self.service and not self.url:
            raise ValueError("这种采集方式必须写 url")
        held = set(self.parameters)
        if lacking := held - set(self.ask) - set(QUESTIONS) - {ACCOUNT}:
            raise ValueError(f"参数没有说明（ask）：{'、'.join(sorted(lacking))}")
        if idle := (set(self.ask) | set(self.default) | set(self.optional)) - held:
            raise ValueError(f"说明了没有用到的参数：{'、'.join(sorted(idle))}")
        return self

    @property
    def parameters(self) -> list[str]:
        """The parameters of its texts and options, each once, in the order of their first appearance."""
        texts = [*(getattr(self, name) for name in _TEXTS), *self.options.values()]
        return list(dict.fromkeys(name for text in texts for name in _PARAMETER.findall(text)))

    @property
    def questions(self) -> dict[str, str]:
        """Parameter → what a person is asked for it."""
        words = QUESTIONS | self.ask
        return {name: words[name] for name in self.parameters if name != ACCOUNT}

    @property
    def defaults(self) -> dict[str, str]:
        """Parameter → the value that stands there at first."""
        district = settings().district
        meant = dict.fromkeys(QUESTIONS, district) | self.default
        return {name: meant.get(name, "").replace("{district}", district) for name in self.questions}

    @property
    def title(self) -> str:
        """What stands in the catalogue: its name with the parameters at their defaults, those without one as "…"."""
        return self.shown or _filled(self.name, {name: value or "…" for name, value in self.defaults.items()})

    @property
    def bound(self) -> bool:
        """Whether it is turned on for accounts, whatever its collector allows: it says so, or its texts hold an
        account's id."""
        return self.for_accounts or ACCOUNT in self.parameters

    @property
    def by_file(self) -> bool:
        return self.collector == FILE

    def address(self, base: str, values: Mapping[str, str]) -> str:
        """The source's address: on the service at `base`, or the site's own; empty for an interface's own."""
        return base + self.path if self.path else base if self.service else _filled(self.url, values)

    def config(self, values: Mapping[str, str]) -> dict[str, str]:
        """The source's options."""
        filled = {name: text for name, value in self.options.items() if (text := _filled(value, values))}
        encoded = {name: quote(value, safe="") for name, value in values.items()}
        return ({"route": _filled(self.route, encoded)} if self.route else {}) | filled

    def named(self, values: Mapping[str, str], account: str = "") -> str:
        """The name of a source made of it; `account`: the name of the account that it belongs to."""
        name = _filled(self.name, values)
        return (f"{account} · {name}" if account else name)[:100]

    def is_of(self, collector: str, platform: str, url: str, config: Mapping[str, Any], *, bound: bool) -> bool:
        """Whether a source with these values was made of this definition, or could have been: its address and options
        fit, whatever its parameters hold. A feed at a route's address counts: so routes were added before. `bound`:
        the source belongs to an account."""
        if self.route:
            if collector == "feed":
                return _fits(f"{{base}}{self.route}", url)
            return collector == self.collector and _fits(self.route, str(config.get("route", "")))
        if collector != self.collector or self.by_file:
            return False
        if self.path:
            return url.endswith(self.path)
        if self.url and (_PARAMETER.fullmatch(self.url) or not _fits(self.url, url)):
            return False  # an address that is all the person's own tells nothing
        if not self.url and (platform != self.platform or (self.for_accounts and not bound)):
            return False
        return all(_fits(value, str(config.get(name, ""))) for name, value in self.options.items()
                   if not set(_PARAMETER.findall(value)) & set(self.optional))


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PARAMETER.sub(lambda found: values.get(found[1], found[0]), text)


def _fits(template: str, text: str) -> bool:
    parts = _PARAMETER.split(template)
    pattern = "".join(re.escape(part) if n % 2 == 0 else ".+" for n, part in enumerate(parts))
    return re.fullmatch(pattern, text) is not None


def load(folder: Path = CATALOG / "sources") -> list[Definition]:
    """Every definition, in the order of the files and in them. Raises ValueError (Chinese) that names file and entry
    for anything that can't be right."""
    known = {platform.code for platform in platforms()}
    out: list[Definition] = []
    keys: dict[str, str] = {}
    names: dict[str, str] = {}
    for file in sorted(folder.glob("*.toml")):
        for made in _read(file):
            where = f"采集源目录 {file.name} 的 [{made.key}]"
            if made.platform not in known:
                raise ValueError(f"{where}：没有平台“{made.platform}”")
            if other := keys.get(made.key) or names.get(made.title):
                raise ValueError(f"{where}：名称或编号与 {other} 重复")
            keys[made.key] = names[made.title] = f"{file.name} 的 [{made.key}]"
            out.append(made)
    if not out:
        raise ValueError(f"采集源目录 {folder.name} 是空的")
    return out


@cache
def definitions() -> tuple[Definition, ...]:
    """The catalogue that comes with the system, read once."""
    return tuple(load())


def _read(file: Path) -> list[Definition]:
    try:
        tables = tomllib.loads(file.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"采集源目录 {file.name} 不是正确的 TOML 文件：{error}") from error
    title, shared = tables.pop("title", ""), tables.pop("shared", {})
    out = []
    for key, table in tables.items():
        if not isinstance(table, dict):
            raise ValueError(f"采集源目录 {file.name} 的“{key}”不是一个条目")
        try:
            out.append(Definition(**{**shared, **table, "key": key, "way": title}))
        except ValidationError as error:
            said = "；".join(f"{name} {reason}" if name else reason for name, reason in reasons(error))
            raise ValueError(f"采集源目录 {file.name} 的 [{key}]：{said}") from error
    return out
