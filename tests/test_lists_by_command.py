"""Lists of words and places by the command line."""

from core import db, own_places, words
from core.__main__ import main


def test_lists_go_out_and_come_in(database, tmp_path, capsys):
    file = tmp_path / "词.csv"
    assert main(["export", "words", str(file)]) == 0
    text = file.read_text("utf-8-sig")
    assert len(text.splitlines()) == len(words.packaged()) + 1
    file.write_text(text + "晴好,环境,一般,,\n", "utf-8")
    assert main(["import", "words", str(file)]) == 0
    assert f"新增 1 个，不变 {len(words.packaged())} 个" in capsys.readouterr().out
    places = tmp_path / "地点.csv"
    places.write_text("名称,种类,街镇,别名\n幸福家园,小区,,\n", "utf-8")
    assert main(["import", "places", str(places)]) == 0
    assert main(["export", "places", str(places)]) == 0
    assert "幸福家园,小区" in places.read_text("utf-8-sig")
    with db.session() as session:
        assert [one.name for one in own_places.held(session)] == ["幸福家园"]
        assert "晴好" in {one.word for one in words.used(session)}


def test_what_cannot_be_taken_in_is_said(database, tmp_path, capsys):
    assert main(["import", "words", str(tmp_path / "没有.csv")]) == 1
    (tmp_path / "坏.csv").write_text("敏感词,类别,等级,其中不算,说明\n晴好,天气,一般,,\n", "utf-8")
    assert main(["import", "words", str(tmp_path / "坏.csv")]) == 1
    said = capsys.readouterr().err
    assert "没有找到文件" in said and "坏.csv 第 2 行" in said
