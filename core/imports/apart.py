"""Reading in a process of its own what foreign code parses (BIFF by Rust, HTML by C): a file that makes the parser
abort, fill the memory or never end costs that process, not ours. `python -m core.imports.apart KIND` is the child.

The child reads the file from its input and answers with one JSON object: {"sheets": [[name, [[row, [cells]]]]]} or
{"fault": word}. Cells that JSON doesn't know are {"t": kind, "v": ISO text or seconds}.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

SECONDS = 60
"""After so long a parser is ended. Real exports take less than two."""
MEMORY = 2_000_000_000
"""Bytes of address space that the child may take, where the system can hold it to that."""
MAX_COLUMNS = 256
"""Columns of a sheet that are looked at; no export is that wide."""
MAX_SHEETS = 50

Plain = tuple[str, list[tuple[int, list[Any]]]]
"""A sheet as it crosses: its name, and (row number from 1, cells) of the rows that hold something."""


class Fault(Exception):
    """Why nothing came of a file: password, broken, slow, rows, size, login, empty."""

    def __init__(self, word: str, sheet: str = ""):
        super().__init__(word)
        self.word, self.sheet = word, sheet


def read(kind: str, body: bytes, *, max_rows: int, max_chars: int, seconds: float = SECONDS) -> list[Plain]:
    """The sheets of `body`, read by the reader `biff` or `html` in a process of its own. Raises Fault."""
    from core.settings import ROOT

    command = [sys.executable, "-m", "core.imports.apart", kind, str(max_rows), str(max_chars)]
    try:
        done = subprocess.run(  # noqa: S603  (our own module, started with numbers)
            command, input=body, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Fault("slow") from error
    if done.returncode:
        raise Fault("broken")
    answer = json.loads(done.stdout, object_hook=_back)
    if "fault" in answer:
        raise Fault(answer["fault"], answer.get("sheet", ""))
    return [(name, [(number, cells) for number, cells in rows]) for name, rows in answer["sheets"]]


_BACK: dict[str, Callable[[Any], Any]] = {
    "datetime": datetime.fromisoformat, "date": date.fromisoformat, "time": time.fromisoformat,
    "timedelta": lambda seconds: timedelta(seconds=seconds),
}


def _back(value: dict[str, Any]) -> Any:
    return _BACK[value["t"]](value["v"]) if value.keys() == {"t", "v"} else value


# --- The child ------------------------------------------------------------------------------------------------------


class Limits:
    """What a reader may yield; `take` counts a row and raises Fault when it is one too many."""

    def __init__(self, max_rows: int, max_chars: int):
        self.max_rows, self.chars, self.rows = max_rows, max_chars, 0

    def sheet(self) -> None:
        self.rows = 0

    def take(self, cells: Iterable[Any], sheet: str) -> None:
        self.rows += 1
        self.chars -= sum(len(cell) if isinstance(cell, str) else 8 for cell in cells)
        if self.rows > self.max_rows:
            raise Fault("rows", sheet)
        if self.chars < 0:
            raise Fault("size")


def _plain(value: Any) -> dict[str, Any]:
    if isinstance(value, timedelta):
        return {"t": "timedelta", "v": value.total_seconds()}
    return {"t": type(value).__name__, "v": value.isoformat()}


def _confine() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the time limit still holds
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(kind: str, max_rows: str, max_chars: str) -> None:
    """Read standard input, answer on standard output. A parser that panics ends this process with an error code."""
    _confine()
    if kind == "biff":
        from core.imports.biff import sheets
    else:
        from core.imports.html import sheets
    limits = Limits(int(max_rows), int(max_chars))
    try:
        answer: dict[str, Any] = {"sheets": sheets(sys.stdin.buffer.read(), limits)}
    except Fault as fault:
        answer = {"fault": fault.word, "sheet": fault.sheet}
    sys.stdout.buffer.write(json.dumps(answer, default=_plain).encode())


if __name__ == "__main__":
    # The readers raise the class of the module by its full name, which isn't the one that runs as __main__.
    from core.imports import apart

    apart.main(*sys.argv[1:])
