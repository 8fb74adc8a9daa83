"""事件: one incident, one file (一事一报), from its discovery to the archive.

Every change is a step of the file, with what stood there before and after, and a line of the audit; nothing is ever
deleted without a trace. A file that was merged into an older one becomes an alias of it and keeps its own links, steps,
tasks and attachments: readers take the family of an incident together (`family`), so that a merge is undone by taking
the alias back. A mention belongs to an incident as long as one file of the family holds it.

Two people at once: whatever changes a file takes its row first and holds it until the commit, so that they follow one
another. What overwrites something that a person had before their eyes takes `seen`, the file's `updated_at` as it was
shown, and is refused where somebody else has changed it since. Callers commit, but for `follow`.
"""

from core.incidents.course import (
    Whereabouts,
    advance,
    edit,
    note,
    open_,
    reopen,
    reported,
    set_level,
    whereabouts,
    withdraw,
)
from core.incidents.links import follow, link, link_topic, mark, unlink, unlink_topic
from core.incidents.rows import CLOSED, STAGES, family, head, heads
from core.incidents.sample import forget_sample, units
from core.incidents.several import merge, relate, split, unmerge, unrelate
from core.incidents.tasks import answer, assign, attach, detach, reattach, recall

__all__ = [
    "CLOSED", "STAGES", "Whereabouts", "advance", "answer", "assign", "attach", "detach", "edit", "family", "follow",
    "forget_sample", "head", "heads", "link", "link_topic", "mark", "merge", "note", "open_", "reattach", "recall",
    "relate", "reopen", "reported", "set_level", "split", "units", "unlink", "unlink_topic", "unmerge", "unrelate",
    "whereabouts", "withdraw",
]
