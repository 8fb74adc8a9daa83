"""签发后变动台账: which figures of issued reports have changed since, from what to what and why, and what was done.

`rounds` looks at one edition after the other: it builds the content again on the edition's own terms (`terms`), as of
its own moment (`asof`), holds it figure by figure against what was issued (`held`), finds the reason among what came
since (`facts`, `spoken_facts`, `reasons`) and puts it down (`ledger`). `mark` tells which need not be looked at.
"""

from core.report.late.ledger import reopen, waive
from core.report.late.rounds import Looked, correct, look, run

__all__ = ["Looked", "correct", "look", "reopen", "run", "waive"]
