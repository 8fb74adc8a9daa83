"""Refitting sentiment to an office's marks: reading them, the gain that decides, the file, and the command."""

import json
import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.__main__ import main
from core.faults import BadInput
from core.opinion import sentiment_fit as fitting
from core.opinion.sentiment import LABELS, packaged
from core.opinion.sentiment_fit import Mark
from core.opinion.sentiment_local import FILE, load, tokens

NOW = datetime(2026, 4, 1, tzinfo=UTC)
PLACES = ["澜桥", "河西", "东门", "南湖", "老街", "新城", "港口", "北站", "双塔", "梅园"]


def local_marks(number: int, seed: int = 1) -> list[Mark]:
    """Texts whose side hangs on words that mean something only in this district."""
    chance = random.Random(seed)
    words = {"正面": "上了红榜", "负面": "又见老黄的摊", "中性": "路口的牌子"}
    return [Mark(f"{chance.choice(PLACES)}第{n + seed * 1000}号{words[label]}", label)
            for n, label in enumerate(chance.choice(LABELS) for _ in range(number))]


def plain_marks(number: int, seed: int = 1) -> list[Mark]:
    """Texts that the packaged scorer gets right without exception."""
    chance = random.Random(seed)
    words = {"正面": "办事真快，感谢", "负面": "态度太差，很失望", "中性": "召开会议"}
    return [Mark(f"{chance.choice(PLACES)}{n}{words[label]}", label)
            for n, label in enumerate(chance.choice(LABELS) for _ in range(number))]


def as_csv(marks: list[Mark]) -> bytes:
    return ("text,label\n" + "".join(f"{mark.text},{mark.label}\n" for mark in marks)).encode()


@pytest.fixture(scope="module")
def report() -> fitting.Report:
    return fitting.fit(local_marks(200), NOW)


def test_a_refit_learns_what_words_mean_here(report):
    assert report.better and report.after.macro > 0.95 > report.before.macro
    assert report.marks.total() == report.local.marks == 200 and report.conflicts == 0
    refit = packaged().with_local(report.local)
    text = "听说又见老黄的摊"
    found = refit.score(text)
    assert packaged().score(text).label == "中性" and found.label == "负面"
    assert found.words and all(cue.kind == "标注" and cue.value < 0 and cue.start >= 2 for cue in found.words)
    assert refit.version == report.local.version != packaged().version
    assert refit.score("").label == refit.score("\n").label == "中性"
    assert "校准后" in "\n".join(report.lines)


def test_a_refit_that_gains_nothing_is_not_better():
    report = fitting.fit(plain_marks(90), NOW)
    assert report.before.macro == 1 and not report.better and "没有提高" in report.reason


def test_noise_is_not_better():
    marks = [Mark(mark.text, LABELS[n % 3]) for n, mark in enumerate(plain_marks(120))]
    assert not fitting.fit(marks, NOW).better


def test_the_same_marks_give_the_same_refit(report):
    again = fitting.fit(local_marks(200), NOW).local
    assert np.array_equal(again.of_grams, report.local.of_grams) and again.words.names == report.local.words.names


def test_copies_of_a_text_never_test_themselves():
    """Labels thrown at random, every text four times: whoever lets copies into both sides finds them all right."""
    chance = random.Random(3)
    marks = [Mark(f"{chance.choice(PLACES)}第{n}号", chance.choice(LABELS)) for n in range(60)] * 4
    assert fitting.fit(marks, NOW).after.macro < 0.6


def test_texts_marked_in_two_ways_are_counted():
    marks = [*local_marks(150), *(Mark(mark.text, "中性") for mark in local_marks(150) if mark.label == "正面")]
    wrong = sum(mark.label == "正面" for mark in local_marks(150))
    assert fitting.fit(marks, NOW).conflicts == 2 * wrong


def test_a_refit_worse_than_the_one_in_force_is_refused(report):
    """Marks turned round win over the fresh ones in cross-validation, and lose to the one in force on these."""
    turned = {"正面": "负面", "负面": "正面", "中性": "中性"}
    wrong = [Mark(mark.text, turned[mark.label]) for mark in local_marks(200)[:140]]
    worse = fitting.fit([*local_marks(60, seed=2), *wrong], NOW, former=report.local)
    assert worse.former[0] == 60 and not worse.better and "新的不如现用的" in worse.reason
    fewer = fitting.fit(local_marks(200)[:100], NOW, former=report.local)
    assert not fewer.better and "200 条" in fewer.reason and "这次只有 100 条" in fewer.reason


def test_new_marks_compare_the_former_and_the_new_one(report):
    marks = [*local_marks(200), *local_marks(80, seed=2)]
    new = fitting.fit(marks, NOW, former=report.local)
    assert new.former[0] == 80 and new.better and "现用的校准没有见过的 80 条" in "\n".join(new.lines)


def test_a_refit_is_stored_whole_and_the_former_kept(report, tmp_path):
    assert fitting.in_force(tmp_path) is None and fitting.scorer(tmp_path) is packaged()
    fitting.install(report.local, tmp_path)
    texts = [mark.text for mark in local_marks(30, seed=5)]
    one = packaged().with_local(report.local).many(texts)
    assert fitting.scorer(tmp_path).many(texts) == one
    other = fitting.fit(local_marks(100, seed=4), NOW + timedelta(days=1)).local
    fitting.install(other, tmp_path)
    assert fitting.scorer(tmp_path).version == other.version
    assert load(tmp_path / fitting.FORMER).version == report.local.version
    assert sorted(file.name for file in tmp_path.iterdir()) == [fitting.FORMER, FILE]


def test_a_refit_of_other_weights_is_left_out(report, tmp_path):
    from dataclasses import replace
    fitting.install(replace(report.local, base="older"), tmp_path)
    assert fitting.scorer(tmp_path).version == packaged().version


@pytest.mark.parametrize("spoil", [
    lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"PK" + data[:50],
])
def test_a_broken_file_is_said_to_be_broken(report, tmp_path, spoil):
    file = fitting.install(report.local, tmp_path)
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(ValueError, match="损坏：请删除它"):
        fitting.scorer(tmp_path)


def test_a_file_that_would_run_code_is_not_loaded(tmp_path):
    np.savez(tmp_path / FILE, version=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="损坏"):
        fitting.scorer(tmp_path)


@given(st.text())
@settings(max_examples=60)
def test_a_refit_takes_any_text(report, text):
    found = packaged().with_local(report.local).many([text, "又见老黄的摊"])
    assert found[0].label in LABELS and all(0 <= cue.start < cue.end <= len(text) for cue in found[0].words)
    assert found[1] == packaged().with_local(report.local).score("又见老黄的摊")
    assert all(0 <= start < end <= len(text) for _, start, end in tokens(text).places)


@pytest.mark.parametrize("data, name", [
    ("text,label\n很好,正面\n\"一,二\",负面\n", "m.csv"),
    ("\ufeff标注,内容,备注\n正,很好,x\n消极,\"一,二\",\n", "m.csv"),
    ('{"text": "很好", "label": "正面"}\n\n{"内容": "一,二", "标注": "负面", "x": 1}\n', "m.jsonl"),
])
def test_marks_are_read(data, name):
    assert fitting.read(data.encode(), name) == [Mark("很好", "正面"), Mark("一,二", "负面")]


def test_marks_in_gb18030_are_read():
    assert fitting.read("内容,情感\n很好,正面\n".encode("gb18030"), "m.csv") == [Mark("很好", "正面")]


@pytest.mark.parametrize("data, name, said", [
    ("文字,label\n好,正面\n", "m.csv", "m.csv：表头应各有一列 text，首行现为 文字、label"),
    ("text,label\n好,好评\n", "m.csv", "m.csv 第 2 行：label 为“好评”，应为 正面、中性、负面 之一"),
    ("text,label\n好,正面\n ,负面\n", "m.csv", "m.csv 第 3 行：text 为空，请填写文字，或删去这一行"),
    ("text,label\n一,二,负面\n", "m.csv", "m.csv 第 2 行：有 3 格，表头有 2 格"),
    ("text,label\n", "m.csv", "m.csv：没有标注"), ("", "m.csv", "m.csv：没有标注"),
    ("[1]\n", "m.jsonl", "m.jsonl 第 1 行：不是 JSON 对象"), ("{\n", "m.jsonl", "m.jsonl 第 1 行：不是 JSON 对象"),
    ('{"text": 5, "label": "正面"}\n', "m.jsonl", "m.jsonl 第 1 行：text 为空"),
    ('{"text": "好"}\n', "m.jsonl", "m.jsonl 第 1 行：label 为“”"),
])
def test_wrong_marks_are_refused_with_place_and_remedy(data, name, said):
    with pytest.raises(BadInput) as caught:
        fitting.read(data.encode(), name)
    assert str(caught.value).startswith(said)


def test_marks_in_no_known_encoding_are_refused():
    with pytest.raises(BadInput, match="编码无法识别"):
        fitting.read(b"\xff\xfe\xff\x81", "m.csv")


@pytest.mark.parametrize("marks, said", [
    (local_marks(40), "标注共 40 条"), ([mark for mark in local_marks(200) if mark.label != "正面"], "其中 正面 0 条"),
    ([Mark("同一句", label) for label in LABELS] * 30, "相同的文字太多"),
])
def test_too_few_marks_are_refused(marks, said):
    with pytest.raises(BadInput, match=said):
        fitting.fit(marks, NOW)


def test_the_command_fits_installs_and_refuses(data_dir, tmp_path, capsys):
    file = tmp_path / "marks.csv"
    file.write_bytes(as_csv(local_marks(150)))
    assert main(["fit", "sentiment", str(file)]) == 0
    said = capsys.readouterr().out
    assert "标注 150 条" in said and "校准前　宏平均 F1" in said and "已启用校准" in said
    first = (data_dir / FILE).read_bytes()
    lines = tmp_path / "marks.jsonl"
    lines.write_text("".join(json.dumps({"text": m.text, "label": m.label}) + "\n" for m in plain_marks(90)), "utf-8")
    assert main(["fit", "sentiment", str(lines)]) == 1
    assert "不启用" in capsys.readouterr().err and (data_dir / FILE).read_bytes() == first
    assert main(["fit", "sentiment", str(tmp_path / "none.csv")]) == 1
    assert "没有找到文件" in capsys.readouterr().err
