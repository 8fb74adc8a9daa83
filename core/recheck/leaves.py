"""The single values of a JSON document: where each stands, what the document would be with another one in its place,
and an excerpt of it as lines. Pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]
"""The steps from the top of a document: names of members and places in lists, from 0."""
LONG = 300
"""Characters of a text that an excerpt shows."""
ITEMS = 3
"""Items of a list that an excerpt shows, beside those that are marked."""
NEAR = 3
"""Lines beside a marked one that an excerpt keeps."""
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]|\[\?([^=\]]+)=([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an excerpt: `mark` says what figure was read from it."""

    text: str
    mark: str = ""


def leaves(tree: Any, under: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every single value below a place, with its path; true, false and null are none."""
    if isinstance(tree, Mapping):
        for name, part in tree.items():
            yield from leaves(part, (*under, name))
    elif isinstance(tree, list):
        for n, part in enumerate(tree):
            yield from leaves(part, (*under, n))
    elif isinstance(tree, str | int | float) and not isinstance(tree, bool):
        yield under, tree


def at(tree: Any, path: Path) -> Any:
    """What stands there. Raises LookupError."""
    for step in path:
        if not isinstance(tree, Mapping | list):
            raise LookupError(step)
        tree = tree[step]
    return tree


def resolve(tree: Any, locator: str) -> Path | None:
    """The path that a locator means: `/posts/0` (a JSON pointer), `list[3].detail`, `list[?ref_date=2026-03-01]` (the
    first item with that member). None where it leads nowhere."""
    path: list[str | int] = []
    here = tree
    for step in _pointed(locator) if locator.startswith("/") else _dotted(locator):
        if isinstance(step, tuple):
            step = _with(here, *step)
        elif isinstance(here, list) and isinstance(step, str):
            step = int(step) if step.isdecimal() else None
        try:
            here = here[step] if isinstance(here, Mapping | list) else None
        except (LookupError, TypeError):
            return None
        if step is None:
            return None
        path.append(step)
    return tuple(path)


def _with(items: Any, name: str, value: str) -> int | None:
    """The place of the first item of a list whose member of that name is so."""
    listed = enumerate(items) if isinstance(items, list) else ()
    return next((n for n, item in listed if isinstance(item, Mapping) and str(item.get(name)) == value), None)


def _pointed(locator: str) -> list[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in locator[1:].split("/")] if locator != "/" else []


def _dotted(locator: str) -> list[str | int | tuple[str, str]]:
    out: list[str | int | tuple[str, str]] = []
    for name, place, key, value in _STEP.findall(locator):
        out.append(name if name else int(place) if place else (key, value))
    return out


def written(path: Path) -> str:
    """A path as a person reads it: `list[3].detail.read_num`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def with_value(tree: Any, path: Path, value: Any) -> Any:
    """The document with another value there; the given one stays as it is."""
    if not path:
        return value
    copy = dict(tree) if isinstance(tree, Mapping) else list(tree)
    copy[path[0]] = with_value(tree[path[0]], path[1:], value)  # type: ignore[index]
    return copy


def narrowed(tree: Any, path: Path) -> tuple[Any, Path]:
    """The document with one item of every list of objects: of those on the path the one that it goes through, of others
    the first; and the path in it. Below the path's end everything stays."""
    return _narrowed(tree, path), tuple(0 if isinstance(step, int) else step for step in path)


def _narrowed(tree: Any, path: Path | None) -> Any:
    if path == ():
        return tree
    if isinstance(tree, Mapping):
        return {name: _narrowed(part, path[1:] if path and path[0] == name else None) for name, part in tree.items()}
    if not isinstance(tree, list):
        return tree
    if path:
        return [_narrowed(tree[path[0]], path[1:])]  # type: ignore[index]
    return tree[:1] if tree and isinstance(tree[0], Mapping | list) else tree


CAPPED = 100_000
"""Beyond, platforms show no more than that it is so much: only a smaller number means something else there."""


def other(value: Any) -> Any:
    """A value of the same make that means something else: of a number the next one, of a large one its half; of a short
    text with digits the last one changed, else a sign put into it."""
    if not isinstance(value, str):
        return value + 1 if value < CAPPED else value // 2
    if value.isdecimal() and value.isascii():
        return str(other(int(value)))
    digits = [n for n, letter in enumerate(value) if letter in "0123456789"]
    if not digits or len(value) > 40:
        middle = min(len(value) // 2, 12)
        return f"{value[:middle]}※{value[middle:]}"
    last = digits[-1]
    return f"{value[:last]}{8 if value[last] == '9' else int(value[last]) + 1}{value[last + 1:]}"


def excerpt(tree: Any, path: Path, marks: Mapping[Path, str]) -> list[Line]:
    """What stands at a path, one value a line; `marks`: paths from the top and what was read there. Long lists are cut
    short, with those items that are marked, and so are lines that are far from any mark."""
    name = str(path[-1]) if path and isinstance(path[-1], str) else ""
    return focused(list(_lines(at(tree, path), path, name, 0, marks)))


def focused(lines: Sequence[Line]) -> list[Line]:
    """The lines near a mark; what lies between is one line that says how much it was. All where none is marked."""
    marked = [n for n, line in enumerate(lines) if line.mark]
    if not marked:
        return list(lines)
    out: list[Line] = []
    left = 0
    for n, line in enumerate(lines):
        near = n in (0, len(lines) - 1) or any(abs(n - mark) <= NEAR for mark in marked)
        if near and left:
            out.append(Line(f"…（略去 {left} 行）") if left > 1 else lines[n - 1])
        left = 0 if near else left + 1
        if near:
            out.append(line)
    return out


def _lines(part: Any, path: Path, name: str, depth: int, marks: Mapping[Path, str]) -> Iterator[Line]:
    indent, head = "  " * depth, f'"{name}": ' if name else ""
    if isinstance(part, Mapping):
        yield Line(f"{indent}{head}{{")
        for key, value in part.items():
            yield from _lines(value, (*path, key), str(key), depth + 1, marks)
        yield Line(f"{indent}}}")
    elif isinstance(part, list):
        yield Line(f"{indent}{head}[")
        shown = _shown(len(part), path, marks)
        before = -1
        for n in shown:
            if n > before + 1:
                yield Line(f"{indent}  …（略去 {n - before - 1} 项）")
            yield from _lines(part[n], (*path, n), "", depth + 1, marks)
            before = n
        if before < len(part) - 1:
            yield Line(f"{indent}  …（略去 {len(part) - 1 - before} 项）")
        yield Line(f"{indent}]")
    else:
        text = part if isinstance(part, str) else None
        said = json.dumps(text[:LONG] if text is not None else part, ensure_ascii=False)
        yield Line(f"{indent}{head}{said}{'…' if text is not None and len(text) > LONG else ''}", marks.get(path, ""))


def _shown(length: int, path: Path, marks: Mapping[Path, str]) -> Sequence[int]:
    marked = {mark[len(path)] for mark in marks if len(mark) > len(path) and mark[: len(path)] == path}
    return sorted({n for n in marked if isinstance(n, int)} | set(range(min(length, ITEMS))))
