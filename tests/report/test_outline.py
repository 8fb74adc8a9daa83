"""Outlines: the parts that are wanted, in their order, with those that cannot be left out."""

import pytest

from core.faults import BadInput
from core.report.content import Paragraph, Section
from core.report.outline import Part, arranged


def part(key: str, fixed: bool = False) -> Part[int]:
    return Part(key, key, lambda facts: Section(key, (Paragraph(f"{facts}"),) if facts or fixed else ()), fixed)


OUTLINE = (part("摘要", True), part("甲"), part("乙"), part("丙"), part("口径", True))


def titles(facts, *wanted) -> str:
    return "".join(section.title for section in arranged(OUTLINE, facts, wanted))


def test_all_parts_as_they_are_declared():
    assert titles(1) == "摘要甲乙丙口径"


def test_wanted_parts_in_the_wanted_order_between_the_fixed_ones():
    assert titles(1, "丙", "甲") == "摘要丙甲口径"
    assert titles(1, "口径", "乙", "乙") == "摘要乙口径"


def test_parts_without_anything_to_say_are_left_out():
    assert titles(0) == "摘要口径"


def test_a_part_that_there_is_not():
    with pytest.raises(BadInput, match="没有“丁”这一部分"):
        titles(1, "丁")
