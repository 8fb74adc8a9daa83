"""What a person sets about a report beside its figures: title, who signs it, a watermark, and whether it is laid out as
an official document (公文, GB/T 9704)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.faults import BadInput
from core.periods import Period
from core.report.content import Content, Official

MARKS = ("内部资料", "征求意见稿", "仅供参阅")
"""Watermarks that are offered."""
SECRECIES = ("内部",)
"""What an open system may mark: state secrets are not to be handled in it at all."""
URGENCIES = ("加急", "特急")
_LONGEST = {"title": 80, "office": 40, "watermark": 12}
_NAMES = {"title": "标题", "office": "落款单位", "watermark": "水印"}
_WRITTEN = ("mark", "number", "to", "copies", "printed_by", "secrecy", "urgency", "signer")
"""Members of Official that a person writes; the others follow from the report."""


@dataclass(frozen=True, slots=True)
class Dress:
    """Empty: as it comes. `official`: what an official document has around its text, None for a report's own layout;
    in its number 〔年〕 stands for the year and 〔期〕 for which period of the year it is."""

    title: str = ""
    office: str = ""
    watermark: str = ""
    official: Official | None = None

    def __post_init__(self):
        for name, most in _LONGEST.items():
            text = " ".join(getattr(self, name).split())
            if len(text) > most:
                raise BadInput(f"{_NAMES[name]}不能超过 {most} 个字，现有 {len(text)} 个")
            object.__setattr__(self, name, text)

    def on(self, content: Content) -> Content:
        """The report so dressed."""
        content = replace(content, title=self.title or content.title, office=self.office or content.office,
                          watermark=self.watermark)
        return content if self.official is None else replace(
            content, layout="official", official=_filled(self.official, content))

    def to_dict(self) -> dict[str, Any]:
        """As it is stored; what is empty is left out."""
        own = {name: value for name in _LONGEST if (value := getattr(self, name))}
        if self.official is not None:
            held = asdict(self.official)
            own["official"] = {name: held[name] for name in _WRITTEN if held[name]}
        return own

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Dress":
        """From `to_dict`."""
        own = {name: stored[name] for name in _LONGEST if stored.get(name)}
        official = stored.get("official")
        return cls(**own, official=None if official is None else Official(**{"mark": ""} | dict(official)))


def _filled(official: Official, content: Content) -> Official:
    """With what is left open: the mark is the report's masthead, or the office's name as the head of its papers; the
    number that of the report; the office signs and prints it."""
    number = official.number or content.number
    if "〔年〕" in number or "〔期〕" in number:
        period = Period.parse(content.subject.period)
        number = number.replace("〔年〕", f"〔{period.year}〕").replace("〔期〕", str(period.number))
    internal = number.endswith("期")  # a paper that appears in numbers says who made it above the red line
    return replace(
        official, mark=official.mark or content.masthead or content.office + ("" if internal else "文件"),
        number=number, issuer=content.office if internal else "", signed=content.office,
        printed_by=official.printed_by or content.office, printed_on=content.dated)
