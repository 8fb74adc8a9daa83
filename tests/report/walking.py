"""A walk through every number of a report to what stands behind it."""

from collections import Counter

from core.report import behind, figures
from core.report.content import Chart


def walked(session, content) -> int:
    """Every key of the report is looked up, and of each column of a table and each series of a chart the first and one
    more are reckoned; how many keys there were."""
    wrong, seen = [], Counter()
    found = figures.figures(content)
    for one in found:
        source = behind.source(content, one)
        assert source is not None, f"{one.key}: nothing is declared"
        assert source.what and (source.query or len(source.parts) == 2 or source.reason), one.key
        section, block, _, column = one.at
        charted = isinstance(content.sections[section].blocks[block], Chart)
        place = (section, block, charted or column)
        seen[place] += 1
        if source.reason or seen[place] not in ((1,) if charted else (1, 3)):
            continue
        told = behind.read(session, source, one.text)
        if not told.agrees:
            wrong.append(f"{one.key}: printed {one.text}, reckoned {told.text}")
    assert not wrong, "\n".join(wrong)
    return len(found)
