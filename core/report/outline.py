"""What a report is ordered by: which kind, of what, for when, with which parts; and a kind as a declared outline of
parts, each of which makes one section of the facts, or none where there is nothing to be said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from core.faults import BadInput
from core.periods import Period
from core.report.content import Section

Facts = TypeVar("Facts")


@dataclass(frozen=True, slots=True)
class Order:
    """One report that is wanted. `kind`: of labels.REPORT_KINDS · `platform`: a code, empty where the kind is of none ·
    `scope`: all, bureau, unit:3, board:2 … as the kind has them · `basis`: of labels.BASES · `parts`: keys of the
    outline's parts that are wanted, in their order; empty: all as they are declared."""

    kind: str
    period: Period
    platform: str = ""
    scope: str = "all"
    basis: str = "latest"
    parts: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Part(Generic[Facts]):
    """One part of an outline. `fixed`: it always stands where it is declared, as how the figures were made does."""

    key: str
    title: str
    make: Callable[[Facts], Section | None]
    fixed: bool = False


def arranged(outline: Sequence[Part[Facts]], facts: Facts, wanted: Sequence[str] = ()) -> tuple[Section, ...]:
    """The sections of the parts that are wanted, in that order, behind and before the fixed ones as these are declared;
    what says nothing is left out. Raises BadInput for a part that there is not."""
    return tuple(section for part in chosen(outline, wanted) if (section := part.make(facts)) and section.blocks)


def chosen(outline: Sequence[Part[Facts]], wanted: Sequence[str] = ()) -> list[Part[Facts]]:
    """The parts that are wanted, in order. Raises BadInput for a part that there is not."""
    known = {part.key: part for part in outline}
    if strange := [key for key in wanted if key not in known]:
        raise BadInput(f"报告没有“{strange[0]}”这一部分，请重新选择")
    free = [known[key] for key in dict.fromkeys(wanted) if not known[key].fixed] if wanted else [
        part for part in outline if not part.fixed]
    first = next((n for n, part in enumerate(outline) if not part.fixed), len(outline))
    return [part for part in outline[:first] if part.fixed] + free + [part for part in outline[first:] if part.fixed]
