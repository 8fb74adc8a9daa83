"""1,031 feed files of feedparser and miniflux through the collector: none crashes, hangs or swells, and the entries are
those that feedparser's own expectations state, where a file states them.

An expectation ("Expect: … entries[0]['title'] == 'x'") is read as Python's syntax, never run. Of what it compares, the
collector keeps: how many entries, title, link, id, author, dates, and the text of summary or content, both sides as
plain text. A bare entry, which is no mention for want of title and text, is given a title first.
"""

import ast
import multiprocessing
import re
import tarfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors import feed, plain
from core.faults import Fault
from core.records import Batch, Fetched, MentionRecord, SourceSpec, clean, one_line

resource = pytest.importorskip("resource")
FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "feed_testsuite" / "feeds.tar.gz"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the shared data are not beside this checkout")
NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
BASE = "http://127.0.0.1:8097/tests/"
TITLE = "给空条目的标题"
FIELDS = {
    "title": "title", "title_detail": "title", "link": "url", "id": "external_id", "guid": "external_id",
    "author": "author", "published_parsed": "published_at", "updated_parsed": "published_at",
    "created_parsed": "published_at", "summary": "text", "summary_detail": "text", "description": "text",
    "content": "text",
}


def files() -> dict[str, bytes]:
    with tarfile.open(FILE) as archive:
        return {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}


def read(name: str, body: bytes) -> Batch:
    """What the collector makes of a file, with the headers that it asks for."""
    headers = dict(re.findall(r"Header:\s*([\w-]+):\s*(.*?)\s*$", body[:2000].decode("latin-1"), re.MULTILINE))
    headers = {key.lower(): value for key, value in headers.items()}
    url = headers.get("content-location") or BASE + name
    source = SourceSpec("s", "feed", "样例", url, "feed")
    return feed.parse(source, Fetched(url, body, 200, headers.get("content-type", "application/xml"), NOW, url=url))


def titled(body: bytes) -> bytes:
    """The file with a title in each entry."""
    return re.sub(rb"</((?:\w+:)?)(entry|item)>", rb"<\1title>" + TITLE.encode() + rb"</\1title></\1\2>", body)


def expected(body: bytes) -> list[tuple[int | None, str, Any]]:
    """What a file states: (entry, field, value); (None, "", n) for the number of entries."""
    found = re.search(r"Expect:\s*(.*?)\s*-->", body.decode("utf-8", "replace"), re.DOTALL)
    if not found:
        return []
    try:
        tree = ast.parse(" ".join(found[1].split()), mode="eval")
    except (SyntaxError, ValueError):
        return []
    out = []
    for one in ast.walk(tree):
        if isinstance(one, ast.Compare) and len(one.ops) == 1 and isinstance(one.ops[0], ast.Eq):
            stated = _place(one.left)
            try:
                value = ast.literal_eval(one.comparators[0])
            except ValueError:
                continue
            if stated:
                out.append((*stated, value))
    return out


def _place(node: ast.expr) -> tuple[int | None, str] | None:
    """(entry, field) that an expression names; None for anything else."""
    text = ast.unparse(node)
    if text == "len(entries)":
        return None, ""
    found = re.fullmatch(r"entries\[(\d+)\](?:\['(\w+)'\]|\.(\w+))(?:\[0\])?(?:\['(\w+)'\]|\.(\w+))?", text)
    if not found:
        return None
    name, part = found[2] or found[3], found[4] or found[5]
    if name not in FIELDS or part not in (None, "value"):
        return None
    return int(found[1]), name


def words(markup: str) -> str:
    return plain.text_of(markup) if plain.looks_like_markup(markup) else clean(markup)


def agrees(field: str, value: Any, record: MentionRecord) -> bool:
    """Whether a record has what an expectation states of a field."""
    have = getattr(record, FIELDS[field])
    match FIELDS[field]:
        case "published_at":
            at = datetime(*value[:6], tzinfo=UTC) if value else None
            return record.dated == (at is not None) and (at is None or have == at)
        case "title":
            return have == (one_line(words(value)) or one_line(record.text)[:60] or TITLE)
        case "text":
            return "".join(have.split()) == "".join(words(value).split())
        case "url":
            return have == (one_line(value) if re.match("https?://", value) else "")
        case _:
            return have == one_line(words(value) if field == "author" else value)


def outcome(item: tuple[str, bytes]) -> list[str]:
    """How a file fared: "read" or "refused: …", then "same" or "differs: …" for each expectation."""
    name, body = item
    wanted = expected(body)
    try:
        batch = read(name, body)
        if not batch.mentions and any(r.field == "title" for r in batch.rejects):
            batch = read(name, titled(body))
    except Fault as fault:
        return [f"refused: {fault.message}", *(f"differs: {field} refused" for _, field, _ in wanted)]
    size = sum(len(m.text) + len(m.title) + len(m.url) for m in batch.mentions)
    out = ["read" if size <= 4 * len(body) else f"swells: {len(body)} bytes to {size} characters"]
    for number, field, value in wanted:
        if number is None:
            have: Any = len(batch) + len(batch.rejects)
            same = have == value
        elif number < len(batch.mentions):
            have = getattr(batch.mentions[number], FIELDS[field])
            same = agrees(field, value, batch.mentions[number])
        else:
            have, same = [r.reason for r in batch.rejects], False
        out.append("same" if same else f"differs: {field} {value!r}, found {have!r}")
    return out


# What the collector does otherwise on purpose: the file's name, and why.
OTHERWISE = {
    "rss/entity_in_doctype": "a DOCTYPE that declares entities is refused: nothing is ever expanded",
    "base/http_entry_id_base_docuri": "ids are kept as written: they must outlive a feed's move to another address",
    "rss/item_description_and_summary": "of several texts the longest is the text",
    "rss/item_summary_and_description": "of several texts the longest is the text",
    "rss/item_description_not_a_doctype": "a declaration that is none is markup all the same",
    "sanitize/item_content_encoded_script_nested_cdata": "what is left of a script inside two CDATA sections is noise",
    "cdf/": "CDF, dead since 2000, keeps titles and links in attributes; its entries are set aside in words",
    "sanitize/entry_title_on": "a title that is only a picture is no title",
}
EARLY = "早于 2005 年，不可信"
"""Why an entry dated before any of the platforms existed is set aside, whatever else is right in it."""


@pytest.fixture(scope="module")
def fared() -> dict[str, list[str]]:
    """What became of every file, found out in a process of its own with 2 GB of memory and two minutes."""
    context = multiprocessing.get_context("spawn")
    limit = (resource.RLIMIT_AS, (2 << 30, 2 << 30))
    with ProcessPoolExecutor(1, mp_context=context, initializer=resource.setrlimit, initargs=limit) as apart:
        every = files()
        return dict(zip(every, apart.map(outcome, every.items(), timeout=120, chunksize=50), strict=True))


def test_every_file_is_read_or_refused_in_words(fared):
    assert len(fared) == 1031
    verdicts = {name: said[0] for name, said in fared.items()}
    assert not {n: v for n, v in verdicts.items() if not v.startswith(("read", "refused: "))}
    assert all(re.search("[\u4e00-\u9fff]{4}", v) for v in verdicts.values() if v.startswith("refused"))
    assert sum(v == "read" for v in verdicts.values()) > 850


def test_entries_are_those_that_the_files_state(fared):
    count: Counter[str] = Counter()
    differing = {}
    for name, said in fared.items():
        count.update(one.partition(":")[0] for one in said[1:])
        wrong = [one for one in said[1:] if one != "same" and EARLY not in one]
        if wrong and not any(part in name for part in OTHERWISE):
            differing[name] = wrong
    assert differing == {}
    assert count["same"] >= 370 and count["differs"] <= 30


def test_every_exception_is_one(fared):
    """An exception that is needed no longer must leave the list."""
    for part in OTHERWISE:
        concerned = [one for name, said in fared.items() if part in name for one in said[1:]]
        assert any(one != "same" for one in concerned), part
