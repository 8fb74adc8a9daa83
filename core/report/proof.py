"""Whether what a report says in words stands in its figures: every number of its sentences is looked for in its tables,
headline figures and charts. Quotations are taken as they are, and numbers of documents (〔2016〕61号) as names."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from core import labels
from core.clock import local
from core.counts import Count
from core.report.content import Chart, Content, Figures, Mean, Paragraph, Table, cell_text

_QUOTED = re.compile(r"“[^”]*”|《[^》]*》|〔\d{4}〕\d+号")
_MOMENT = re.compile(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日(?:(\d{1,2})时(?:(\d{1,2})分)?)?")
_MONTH = re.compile(r"(\d{4})年(?:(\d{1,2})月)?(?!\d)")
_MORE_DAYS = re.compile(r"(?<=[至、和])(\d{1,2})日")
_STAMP = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})(?: (\d{2}):(\d{2}))?")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:%|万|亿)?")
Moment = tuple[int, int, int | None, int | None]
"""Month, day, hour and minute on the Shanghai clock."""


def unfounded(content: Content) -> list[str]:
    """Numbers and moments of the paragraphs that nothing in the content bears out, each with its sentence; method
    sections, which speak of rules, are left out."""
    data = _Data(content)
    return [
        f"{loose}：{block.text}" for section in content.sections if section.role != "method"
        for block in section.blocks if isinstance(block, Paragraph) for loose in data.missing(block.text)
    ]


def loose(content: Content, text: str) -> list[str]:
    """Numbers and moments of a text, such as a person wrote, that nothing in the content bears out."""
    return list(dict.fromkeys(_Data(content).missing(text)))


class _Data:
    """What the figures of a content hold."""

    def __init__(self, content: Content):
        self.numbers: set[str] = set()
        self.moments: set[Moment] = set()
        self.days = {int(found[1]) for found in _MORE_DAYS.finditer(content.period)}
        at = local(content.as_of)
        self.moments |= {(at.month, at.day, at.hour, at.minute), (at.month, at.day, None, None)}
        self._texts([content.period])
        self.years = set(re.findall(r"(\d{4})年", content.period))
        for section in content.sections:
            for block in section.blocks:
                self._take(block)

    def _take(self, block: object) -> None:
        match block:
            case Table():
                self._texts(column.name for column in block.columns)
                for row in block.rows:
                    for column, cell in zip(block.columns, row, strict=True):
                        self._value(cell)
                        self._texts([cell_text(column.kind, cell)])
            case Figures():
                for one in block.items:
                    self._texts((one.label, one.value, one.change))
            case Chart():
                for label in block.labels:
                    self._value(label)
                self._texts(series.name for series in block.series)
                for series in block.series:
                    for value in series.values:
                        self._value(value)

    def _value(self, value: object) -> None:
        match value:
            case Count() | Mean():
                self._value(value.value)
            case datetime():
                self.moments.add((value.month, value.day, value.hour, value.minute))
            case date():
                self.moments.add((value.month, value.day, None, None))
            case int() | float():
                self.numbers |= written(value)

    def _texts(self, texts: Iterable[str]) -> None:
        for text in texts:
            for found in _STAMP.finditer(text):
                month, day, hour, minute = (None if part is None else int(part) for part in found.groups()[1:])
                self.moments |= {(month, day, hour, minute), (month, day, None, None)}
            self.moments |= set(_moments(text))
            self.numbers |= {_plain(found[0]) for found in _NUMBER.finditer(_STAMP.sub(" ", _MOMENT.sub(" ", text)))}

    def missing(self, text: str) -> Iterator[str]:
        """What of a text is not there."""
        text = _QUOTED.sub(" ", text)
        for found, moment in zip(_MOMENT.finditer(text), _moments(text), strict=False):
            if moment not in self.moments:
                yield found[0]
        days = self.days | {moment[1] for moment in self.moments}
        months = {moment[0] for moment in self.moments}
        rest = _MOMENT.sub("日", text)
        for found in _MONTH.finditer(rest):
            if found[1] not in self.years or (found[2] and int(found[2]) not in months):
                yield found[0]
        rest = _MONTH.sub("年", rest)
        for found in _MORE_DAYS.finditer(rest):
            if int(found[1]) not in days:
                yield found[0]
        for found in _NUMBER.finditer(_MORE_DAYS.sub("日", rest)):
            if _plain(found[0]) not in self.numbers:
                yield found[0]


def written(value: int | float) -> set[str]:
    """The ways in which sentences write a number, without the commas between thousands."""
    said = {f"{value:g}", f"{abs(value):g}", f"{value:,.1f}", *(
        labels.wan(one) for one in (value, abs(value), round(value, 1)))}
    return {one.replace(",", "") for one in said}


def numbers(text: str) -> Iterator[tuple[int, int]]:
    """From where to where the numbers of a sentence go that have to stand in the figures: without those of quotations,
    of documents, of days and hours."""
    for pattern in (_QUOTED, _MOMENT, _MONTH, _MORE_DAYS):
        text = pattern.sub(lambda found: "\0" * len(found[0]), text)
    for found in _NUMBER.finditer(text):
        yield found.span()


def _moments(text: str) -> list[Moment]:
    return [(int(month), int(day), None if hour is None else int(hour), None if hour is None else int(minute or 0))
            for _, month, day, hour, minute in (found.groups() for found in _MOMENT.finditer(text))]


def _plain(number: str) -> str:
    return number.replace(",", "")
