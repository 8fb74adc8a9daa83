"""People's word on texts: the newest counts, none is lost, reprints follow, and the refit reads them."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core import corrections, db
from core.__main__ import main
from core.corrections import SENTIMENT, STANCE, correct, corrected
from core.faults import BadInput
from core.models import Audit, Correction, TopicView
from core.opinion import sentiment_fit
from core.opinion.sentiment_fit import Mark
from tests.opinion.test_sentiment_fit import local_marks
from tests.spoken import feel, say, source, topic

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture
def said(session):
    about = topic(session, "停水", NOW)
    return say(session, source(session, "weibo"), about, ["又停水了", "又停水了", ("通知", "今晚检修")], NOW)


def word(session, mention, label, what=SENTIMENT, **more):
    made = correct(session, mention.id, what, label, who="测试", now=NOW, **more)
    session.commit()
    return made


def test_the_newest_word_counts_and_all_are_kept(session, said):
    feel(session, said[0], "中性")
    before = db.stamp(session)
    word(session, said[0], "负面")
    assert corrected(session, [said[0].id], SENTIMENT)[said[0].id].was == "中性"
    word(session, said[0], "正面")
    now = corrected(session, [one.id for one in said], SENTIMENT)
    assert now[said[0].id].label == "正面" and now[said[0].id].was == "负面" and said[2].id not in now
    rows = session.execute(select(Correction.label, Correction.was).order_by(Correction.id)).all()
    assert rows == [("负面", "中性"), ("正面", "负面")] and db.stamp(session) > before
    deeds = session.execute(select(Audit.action, Audit.detail, Audit.who).order_by(Audit.id)).all()
    assert [deed.action for deed in deeds] == ["更正情感"] * 2 and "负面 → 正面" in deeds[1].detail
    assert corrected(session, [one.id for one in said], STANCE) == {}


def test_a_word_can_be_taken_back_and_its_history_stays(session, said):
    word(session, said[0], "负面")
    word(session, said[0], "")
    assert corrected(session, [said[0].id], SENTIMENT) == {} and corrections.marks(session) == []
    assert session.execute(select(Correction.label, Correction.was).order_by(Correction.id)).all() == [
        ("负面", ""), ("", "负面")]
    with pytest.raises(BadInput, match="没有更正"):
        word(session, said[0], "")
    word(session, said[0], "负面")
    assert corrected(session, [said[0].id], SENTIMENT)[said[0].id].label == "负面"


def test_a_word_on_a_text_is_one_on_its_reprints_and_not_on_its_excerpts(session, said):
    excerpt = say(session, source(session, "zhihu"), None, ["又停水"], NOW)[0]
    excerpt.fold_id, excerpt.fold_kind = said[0].id, "excerpt"
    session.commit()
    word(session, said[1], "负面")
    assert set(corrected(session, [*(one.id for one in said), excerpt.id], SENTIMENT)) == {said[0].id, said[1].id}
    word(session, said[0], "")
    assert corrected(session, [said[1].id], SENTIMENT) == {}
    word(session, excerpt, "正面")
    assert set(corrected(session, [*(one.id for one in said), excerpt.id], SENTIMENT)) == {excerpt.id}


@pytest.mark.parametrize("what, label, reason", [
    (SENTIMENT, "支持", "没有“支持”这一项"), (STANCE, "负面", "没有“负面”这一项"), ("place", "x", "没有“x”"),
])
def test_labels_that_there_are_not_are_refused(session, said, what, label, reason):
    with pytest.raises(BadInput, match=reason):
        word(session, said[0], label, what)


def test_what_changes_nothing_is_refused(session, said):
    with pytest.raises(BadInput, match="已不存在"):
        correct(session, 999, SENTIMENT, "正面", who="", now=NOW)
    word(session, said[0], "支持", STANCE, was="其他")
    with pytest.raises(BadInput, match="已是“支持”"):
        word(session, said[1], "支持", STANCE)


def test_a_stance_has_its_topics_viewpoints_reckoned_anew(session, said):
    session.add(TopicView(topic_id=said[0].topic_id, at=NOW, mentions=3, content={"netizens": {}}))
    session.commit()
    word(session, said[0], "负面")
    view = session.get(TopicView, said[0].topic_id)
    assert view.mentions == 3
    word(session, said[0], "批评谴责", STANCE)
    session.refresh(view)
    assert view.mentions == 0 and view.content == {"netizens": {}}


def test_marks_are_the_texts_as_they_are_read_without_the_sample_districts(session, said):
    sample = say(session, source(session, "weibo", demo=True), None, ["样例"], NOW)
    for mention, label in ((said[2], "中性"), (said[1], "负面"), (said[0], "正面"), (sample[0], "正面")):
        word(session, mention, label)
    assert corrections.marks(session) == [Mark("通知\n今晚检修", "中性"), Mark("又停水了", "正面")]


def test_the_refit_takes_what_was_corrected_with_a_file_and_alone(session, tmp_path, capsys):
    file = tmp_path / "marks.csv"
    assert main(["fit", "sentiment"]) == 1
    assert "还没有情感更正" in capsys.readouterr().err
    every = local_marks(150)
    news = source(session, "weibo")
    own = say(session, news, None, [mark.text for mark in every[:70]], NOW, timedelta(seconds=1))
    for mention, mark in zip(own, every, strict=False):
        correct(session, mention.id, SENTIMENT, mark.label, who="测试", now=NOW)
    session.commit()
    assert main(["fit", "sentiment", "--export", str(file)]) == 0
    kept = corrections.marks(session)
    assert sentiment_fit.read(file.read_bytes(), file.name) == kept and "更正 70 条" in capsys.readouterr().out
    rest = tmp_path / "rest.csv"
    rest.write_bytes(sentiment_fit.written(every[60:]))
    assert main(["fit", "sentiment", str(rest)]) == 0
    told = capsys.readouterr().out
    assert "标注 150 条" in told and "更正 70 条，标注文件 90 条" in told and "已启用校准" in told
    main(["fit", "sentiment"])
    assert "标注 70 条" in capsys.readouterr().out


def test_marks_of_any_text_come_back_as_they_were():
    marks = [Mark('他说："停水，又停水"\n第二行', "负面"), Mark("=1+1", "中性"), Mark(" 前后有空格 ", "正面")]
    file = sentiment_fit.written(marks)
    assert sentiment_fit.read(file, "m.csv") == marks and "\r\n'=1+1,中性\r\n" in file.decode("utf-8-sig")
    newer = [Mark("=1+1", "正面")]
    assert sentiment_fit.joined(marks, newer) == [marks[0], marks[2], newer[0]]


@pytest.mark.parametrize("text", ["=1+1", "@区长 管管", "-好", "+1", "'=1", "''@", "\t=1", "'引号'", "平常的话，含“=”"])
def test_no_text_is_a_formula_in_a_spreadsheet_and_each_is_read_as_it_was(text):
    data = sentiment_fit.written([Mark(text, "中性")])
    (_, row) = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    assert row[0][0] not in "=+-@\t\r" and row[0].lstrip("'") == text.lstrip("'")
    assert sentiment_fit.read(data, "m.csv") == [Mark(text, "中性")]
