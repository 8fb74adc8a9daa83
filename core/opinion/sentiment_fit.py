"""Refitting the scorer of sentiment to the office's own marks: reads them, measures by cross-validation what a refit
gains, and installs it only where it gains. The packaged weights stay; the refit stands in one file of the data folder.
"""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.faults import BadInput
from core.opinion.normal import LONGEST, normal
from core.opinion.sentiment import LABELS, Label, Scorer, packaged
from core.opinion.sentiment_local import FACE, FILE, Block, Local, Tokens, load, tokens
from core.opinion.wordlist import meant, neutral

FORMER = "sentiment-former.npz"
"""The refit before the one in force."""
LEAST, LEAST_EACH = 60, 10
"""Marks without which nothing is fitted: of all, and of each label."""
GAIN = 0.005
"""By how much macro-F1 has to grow."""
COMPARED = 30
"""Marks that the former refit has not seen, from which it is compared on them."""
FOLDS = 5
COUNTS = 0.1
"""What a count (in standard deviations) weighs beside the n-grams of a text, whose squares add up to 1."""
LOOSE = 0.5
"""Inverse strength of the penalty."""
TRUST, ENOUGH = 0.5, 200
"""What the packaged scorer's logits weigh with so many marks; with more the less, since these know better."""
EVEN = 0.75
"""0: labels weigh as often as they are marked; 1: all the same."""
_WORDS = {"负面": 0, "负": 0, "消极": 0, "中性": 1, "中": 1, "中立": 1, "正面": 2, "正": 2, "积极": 2}
_HEADS = {"text": "text", "正文": "text", "内容": "text", "文本": "text", "label": "label", "标注": "label",
          "情感": "label", "标签": "label"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A text and its label by a person's judgement."""

    text: str
    label: Label


@dataclass(frozen=True, slots=True)
class Score:
    """Macro-F1 (mean of the labels' F1), accuracy, and F1 of each of LABELS; all 0 to 1."""

    macro: float
    accuracy: float
    each: tuple[float, float, float]

    @classmethod
    def of(cls, truth: Sequence[int], found: Sequence[int]) -> "Score":
        """Of labels by their places in LABELS."""
        from sklearn.metrics import accuracy_score, f1_score  # only who refits waits for it

        each = f1_score(truth, found, average=None, labels=[0, 1, 2], zero_division=0)
        return cls(float(each.mean()), float(accuracy_score(truth, found)), tuple(float(one) for one in each))


@dataclass(frozen=True, slots=True)
class Report:
    """What a refit would gain. `before`: the packaged scorer on the marks; `after`: a refit on marks that it was not
    fitted on; `former`: the refit in force and the new one on the marks that neither was fitted on, if enough. `local`
    is the refit on all marks; `better`: whether it should be installed, `reason` why not."""

    marks: Counter[Label]
    conflicts: int
    before: Score
    after: Score
    former: tuple[int, Score, Score] | None
    local: Local
    reason: str

    @property
    def better(self) -> bool:
        return not self.reason

    @property
    def lines(self) -> list[str]:
        """The report in Chinese."""
        counted = "，".join(f"{label} {self.marks[label]}" for label in reversed(LABELS))
        out = [f"标注 {self.marks.total()} 条：{counted}"]
        if self.conflicts:
            out.append(f"其中 {self.conflicts} 条文字相同而标注不同，建议核对")
        out.append(f"{FOLDS} 折交叉验证（每条都由没有见过它的模型判断）：")
        out += [_line("校准前", self.before), _line("校准后", self.after)]
        if self.former:
            number, old, new = self.former
            out += [f"现用的校准没有见过的 {number} 条：", _line("现用的", old), _line("新的　", new)]
        return out


def _line(name: str, score: Score) -> str:
    each = "，".join(f"{label} {score.each[LABELS.index(label)]:.3f}" for label in reversed(LABELS))
    return f"  {name}　宏平均 F1 {score.macro:.3f}　准确率 {score.accuracy:.3f}　各类 F1：{each}"


def read(data: bytes, name: str) -> list[Mark]:
    """The marks of a file: CSV with the heads text,label (or 内容,标注), or JSONL of such objects; UTF-8 or GB18030.
    Raises BadInput, naming file, row, field and remedy."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            raise BadInput(f"{name}：文字编码无法识别，请另存为 UTF-8 的 CSV 或 JSONL") from None
    rows = _lines(text, name) if name.lower().endswith((".jsonl", ".json")) else _table(text, name)
    marks = [_mark(row, f"{name} 第 {number} 行") for number, row in rows]
    if not marks:
        raise BadInput(f"{name}：没有标注，请每行填写 text（文字）和 label（正面、中性或负面）")
    return marks


def written(marks: Sequence[Mark]) -> bytes:
    """Marks as a CSV file (UTF-8 with BOM) that `read` takes word for word; texts are no formulas in a spreadsheet."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("text", "label"), *((neutral(mark.text), mark.label) for mark in marks)])
    return out.getvalue().encode("utf-8-sig")


def joined(marks: Sequence[Mark], newer: Sequence[Mark]) -> list[Mark]:
    """Two sets of marks as one: of texts that are in both, the newer marks alone count."""
    replaced = {key_of(mark.text) for mark in newer}
    return [mark for mark in marks if key_of(mark.text) not in replaced] + list(newer)


def _lines(text: str, name: str) -> list[tuple[int, dict]]:
    out = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise BadInput(f'{name} 第 {number} 行：不是 JSON 对象，应如 {{"text": "…", "label": "正面"}}')
        out.append((number, {_HEADS.get(head.strip().lower(), head): value for head, value in row.items()}))
    return out


def _table(text: str, name: str) -> list[tuple[int, dict]]:
    rows = csv.reader(io.StringIO(text, newline=""))
    out, heads = [], None
    try:
        for row in rows:
            if heads is None:
                heads = [_HEADS.get(head.strip().lower(), head) for head in row]
                if lacking := [head for head in ("text", "label") if heads.count(head) != 1]:
                    raise BadInput(f"{name}：表头应各有一列 {'、'.join(lacking)}，首行现为 {'、'.join(row) or '空'}")
            elif any(cell.strip() for cell in row):
                if len(row) != len(heads):
                    raise BadInput(f"{name} 第 {rows.line_num} 行：有 {len(row)} 格，表头有 {len(heads)} 格；"
                                   "含逗号的文字请加英文双引号")
                out.append((rows.line_num, dict(zip(heads, map(meant, row), strict=True))))
    except csv.Error as error:
        raise BadInput(f"{name} 第 {rows.line_num} 行：不是合格的 CSV（{error}），请用表格软件另存") from None
    return out


def _mark(row: dict, where: str) -> Mark:
    text, label = row.get("text"), row.get("label")
    if not isinstance(text, str) or not text.strip():
        raise BadInput(f"{where}：text 为空，请填写文字，或删去这一行")
    if not isinstance(label, str) or label.strip() not in _WORDS:
        raise BadInput(f"{where}：label 为“{'' if label is None else label}”，应为 正面、中性、负面 之一")
    return Mark(text, LABELS[_WORDS[label.strip()]])


def key_of(text: str) -> int:
    """A hash that texts share which differ in nothing that is read (links, names, width)."""
    read_ = "\n".join((normal(text).text.strip(), *FACE.findall(text[:LONGEST])))
    return int.from_bytes(hashlib.blake2b(read_.encode(), digest_size=8).digest())


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The marks as everything that is learnt from, computed once."""

    truth: np.ndarray
    keys: np.ndarray
    matrix: np.ndarray
    base: np.ndarray
    cut: list[Tokens]


def _prepared(marks: Sequence[Mark], scorer: Scorer) -> _Prepared:
    matrix = np.array([scorer.count(mark.text)[0] for mark in marks])
    return _Prepared(
        np.array([LABELS.index(mark.label) for mark in marks]),
        np.array([key_of(mark.text) for mark in marks], np.uint64),
        matrix, scorer.logits(matrix), [tokens(mark.text) for mark in marks],
    )


def _fitted(data: _Prepared, rows: np.ndarray, scorer: Scorer, version: str, made: datetime) -> Local:
    """A refit on some of the marks."""
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    matrix, base, truth = data.matrix[rows], data.base[rows], data.truth[rows]
    grams, words = (Block.of([getattr(data.cut[n], name) for n in rows]) for name in ("grams", "words"))
    middle, scale = matrix.mean(axis=0), COUNTS / (matrix.std(axis=0) + 0.05)
    trust = TRUST * min(1, ENOUGH / len(rows))
    columns = sparse.hstack([
        sparse.csr_matrix((matrix - middle) * scale), sparse.csr_matrix(base * trust),
        grams.rows([data.cut[n].grams for n in rows]), words.rows([data.cut[n].words for n in rows]),
    ]).tocsr()
    often = np.bincount(truth, minlength=len(LABELS)) / len(truth)
    weights = {label: (1 / (len(LABELS) * often[label])) ** EVEN for label in range(len(LABELS))}
    model = LogisticRegression(C=LOOSE, class_weight=weights, max_iter=500).fit(columns, truth)
    ends = np.cumsum([matrix.shape[1], base.shape[1], len(grams.names)])
    of_counts, of_base, of_grams, of_words = np.split(model.coef_, ends, axis=1)
    of_counts = of_counts * scale
    return Local(
        version, scorer.weights.version, made.isoformat(timespec="seconds"), len(rows), np.unique(data.keys[rows]),
        grams, words, of_counts, of_base * trust, of_grams.astype(np.float32), of_words.astype(np.float32),
        model.intercept_ - of_counts @ middle,
    )


def _warmth(logits: np.ndarray, truth: np.ndarray) -> float:
    """By what logits have to be multiplied for the shares to be as often right as they say (least log loss)."""
    def loss(times: float) -> float:
        moved = logits * times
        moved = moved - moved.max(axis=1, keepdims=True)
        return float((np.log(np.exp(moved).sum(axis=1)) - moved[np.arange(len(truth)), truth]).mean())

    return min((1.05**n for n in range(-14, 15)), key=loss)


def _logits(local: Local, data: _Prepared, rows: np.ndarray) -> np.ndarray:
    return local.of_tokens([data.cut[n] for n in rows], data.matrix[rows], data.base[rows])


def fit(marks: Sequence[Mark], now: datetime, *, former: Local | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None) -> Report:
    """A refit on marks, with what it gains. Raises BadInput where there are too few of all or of one label."""
    counted = Counter(mark.label for mark in marks)
    few = [label for label in LABELS if counted[label] < LEAST_EACH]
    if len(marks) < LEAST or few:
        of = f"，其中 {'、'.join(f'{label} {counted[label]} 条' for label in few)}" if few else ""
        raise BadInput(f"标注共 {len(marks)} 条{of}；至少要 {LEAST} 条，且每类至少 {LEAST_EACH} 条，请补充标注")
    scorer = packaged()
    data = _prepared(marks, scorer)
    version = f"{scorer.weights.version}+{now:%Y%m%d%H%M%S}"
    logits = np.empty((len(marks), len(LABELS)))
    if len(np.unique(data.keys)) < LEAST // 2:
        raise BadInput("标注中相同的文字太多，分不出检验用的部分；请补充不同的文字")
    from sklearn.model_selection import StratifiedGroupKFold

    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=1)
    for done, (learn, ask) in enumerate(folds.split(data.base, data.truth, data.keys)):
        progress(done, FOLDS + 1)
        if len(set(data.truth[learn])) < len(LABELS):
            raise BadInput("标注中相同的文字太多，分不出检验用的部分；请补充不同的文字")
        logits[ask] = _logits(_fitted(data, learn, scorer, version, now), data, ask)
    progress(FOLDS, FOLDS + 1)
    found = logits.argmax(axis=1)
    plain = np.array([LABELS.index(one.label) for one in scorer.many([mark.text for mark in marks])])
    before, after = Score.of(data.truth, plain), Score.of(data.truth, found)
    compared, reason = None, ""
    if after.macro < before.macro + GAIN:
        reason = f"宏平均 F1 没有提高（{before.macro:.3f} → {after.macro:.3f}），不启用；请补充标注后再试"
    elif former and former.base == scorer.weights.version:
        new = np.flatnonzero(~np.isin(data.keys, former.seen))
        if len(new) >= COMPARED:
            old = _logits(former, data, new).argmax(axis=1)
            compared = (len(new), Score.of(data.truth[new], old), Score.of(data.truth[new], found[new]))
            if compared[2].macro < compared[1].macro:
                reason = ("在现用的校准没有见过的标注上，新的不如现用的，不启用；"
                          "请把以前的标注和这次的放在一个文件中再试")
        elif len(marks) < former.marks:
            reason = (f"现用的校准由 {former.marks} 条标注得出，这次只有 {len(marks)} 条，且几乎没有新的，不启用；"
                      "请把以前的标注和这次的放在一个文件中再试")
    local = _fitted(data, np.arange(len(marks)), scorer, version, now).tempered(_warmth(logits, data.truth))
    return Report(counted, _conflicts(data), before, after, compared, local, reason)


def _conflicts(data: _Prepared) -> int:
    """Marks of texts that have several labels."""
    labels: dict[int, set[int]] = {}
    for key, label in zip(data.keys.tolist(), data.truth.tolist(), strict=True):
        labels.setdefault(key, set()).add(label)
    return sum(len(labels[key]) > 1 for key in data.keys.tolist())


def install(local: Local, folder: Path) -> Path:
    """Put a refit into force; the one before it is kept as FORMER."""
    folder.mkdir(parents=True, exist_ok=True)
    file, fresh = folder / FILE, folder / f"{FILE}.new"
    local.save(fresh)
    if file.exists():
        file.replace(folder / FORMER)
    fresh.replace(file)
    return file


def in_force(folder: Path) -> Local | None:
    """The refit in force. Raises ValueError (Chinese) where its file is broken."""
    file = folder / FILE
    return load(file) if file.exists() else None


def scorer(folder: Path) -> Scorer:
    """The scorer in force in a data folder: with the office's refit where there is one, which takes effect in every
    process as soon as it is installed. Raises ValueError (Chinese) where its file is broken."""
    try:
        state = (folder / FILE).stat()
    except FileNotFoundError:
        return packaged()
    return _scorer(folder / FILE, state.st_mtime_ns, state.st_size)


@lru_cache(2)
def _scorer(file: Path, _changed: int, _size: int) -> Scorer:
    return packaged().with_local(load(file))
