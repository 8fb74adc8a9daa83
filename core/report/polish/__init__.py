"""Wording of a report, polished by a language model where the office has one on its network (PULSE_POLISH_URL).

Reports are written without any model. Where one is set up, a person who drafts a report may have its paragraphs put in
better words, one by one (`job`, `service`); `check` refuses what says anything else than the paragraph did, and the
paragraph then stays as it was. Plans that issue reports by themselves never ask a model.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from core.report.content import (
    Block,
    Chart,
    Content,
    Figures,
    Note,
    Paragraph,
    Polished,
    Reworded,
    Section,
    Table,
)
from core.report.polish.check import faults
from core.report.polish.skeleton import Names

SHORTEST = 16
"""Characters of a paragraph that is worth a model's time."""


def texts(content: Content) -> list[str]:
    """The paragraphs that a model may reword, each once, in order: what is said of the figures, not how they were
    made."""
    found = (block.text for section in content.sections if section.role != "method" for block in section.blocks
             if isinstance(block, Paragraph))
    return [text for text in dict.fromkeys(found) if len(text) >= SHORTEST]


def names(content: Content, known: Iterable[str]) -> Names:
    """The names that a report's paragraphs may hold: those of its tables, figures and charts, and `known` ones
    (core.query.names)."""
    own = [content.district, content.office, content.platform, content.scope, content.masthead]
    for section in content.sections:
        for block in section.blocks:
            own += _named(block)
    return Names({*own, *known})


def _named(block: Block) -> list[str]:
    match block:
        case Figures(items):
            return [one.value for one in items if not any(map(str.isdigit, one.value))]
        case Chart():
            return [*(one.name for one in block.series), *(one for one in block.labels if not isinstance(one, date))]
        case Table():
            return [str(cell) for row in block.rows for column, cell in zip(block.columns, row, strict=True)
                    if column.kind == "text" and cell]
    return []


def polished(content: Content, model: str, words: Sequence[Reworded], names: Names) -> Content:
    """The report with those paragraphs in their new words, and how it came about in its method. What does not pass the
    check, and what the report does not say (any more), stays as it is; without any change it is the same content."""
    new = {one.before: one.after for one in words
           if one.before != one.after and not faults(one.before, one.after, names)}
    there = [text for text in texts(content) if text in new]
    if not there:
        return content
    said = f"本报告有{len(there)}段文字经语言模型（{model}）润色，数字、名称和引文逐一核对无变动。"
    sections = tuple(section if section.role == "method" else replace(section, blocks=tuple(
        Paragraph(new[block.text]) if isinstance(block, Paragraph) and block.text in new else block
        for block in section.blocks)) for section in content.sections)
    made = Polished(model, tuple(Reworded(text, new[text]) for text in there))
    return replace(content, sections=_told(sections, said), polished=made)


def _told(sections: Sequence[Section], said: str) -> tuple[Section, ...]:
    """With a sentence in the method, or in the small print that is a brief's, or below the last section."""
    made = list(sections)
    for n, section in enumerate(made):
        if section.role == "method":
            blocks = section.blocks
            at = next((k for k, block in enumerate(blocks) if k and not isinstance(block, Paragraph)), len(blocks))
            made[n] = replace(section, blocks=(*blocks[:at], Paragraph(said), *blocks[at:]))
            return tuple(made)
    last = made[-1]
    end = last.blocks[-1] if last.blocks else None
    blocks = (*last.blocks[:-1], Note(end.text + said)) if isinstance(end, Note) else (*last.blocks, Note(said))
    made[-1] = replace(last, blocks=blocks)
    return tuple(made)


__all__ = ["faults", "names", "polished", "texts"]
