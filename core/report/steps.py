"""A step of an incident's file in words."""

import re

from core import labels
from core.query.incidents import Step
from core.report.opinion_parts import cut

_BLANK = re.compile(r"(?<=[\u4e00-\u9fff，。；：“”]) (?=\d)|(?<=\d) (?=[\u4e00-\u9fff])")


def step_words(step: Step) -> str:
    """What happened in a step, as a table has it: without the blanks that a screen has around figures."""
    return _BLANK.sub("", _step_told(step))


def _step_told(step: Step) -> str:
    of = f"（原事件“{cut(step.of, 20)}”）" if step.of else ""
    if step.kind == "stage":
        said = f"转入“{labels.STAGES[step.stage]}”" if step.before else labels.STAGES[step.stage]
        return f"{said}{f'：{step.text}' if step.text else ''}{of}"
    if step.kind in ("level", "withdraw", "reopen"):
        return f"{step.before} → {step.after}{f'：{step.text}' if step.text else ''}{of}"
    if step.kind == "assign":
        return (f"收回{step.before}：{step.text}" if step.after == "已收回" else f"{step.after}：{step.text}") + of
    if step.kind == "reply":
        return f"{step.unit}：{step.after}{of}"
    return f"{step.text}{of}"
