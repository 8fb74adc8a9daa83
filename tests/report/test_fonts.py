import shutil

import pytest

from core.faults import BadInput
from core.report import fonts


def test_package_faces_have_everything_a_report_needs():
    found = fonts.check()
    assert found.title.name == found.body.name == "Noto Serif SC"
    assert found.heading == found.chart
    assert len(found.all()) == 2


def test_the_offices_own_faces_come_first(tmp_path):
    package = fonts.faces()
    shutil.copy(package.body.path, tmp_path / "FZXBSJW.OTF")
    shutil.copy(package.heading.path, tmp_path / "仿宋_GB2312.otf")
    (tmp_path / "readme.txt").write_text("not a font")
    found = fonts.check(tmp_path)
    assert found.title.path.name == "FZXBSJW.OTF"
    assert found.body.path.name == "仿宋_GB2312.otf"
    assert found.heading.path == package.heading.path
    assert found.chart.name == fonts.CHART_FAMILY


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(BadInput, match="字体目录不存在"):
        fonts.check(tmp_path / "nowhere")


def test_a_file_that_is_no_font_is_named(tmp_path):
    (tmp_path / "simfang.ttf").write_bytes(b"not a font at all")
    with pytest.raises(BadInput, match=r"无法读取.*simfang\.ttf"):
        fonts.check(tmp_path)


def test_a_face_without_chinese_is_refused(tmp_path):
    from fontTools import subset
    from fontTools.ttLib import TTFont

    with TTFont(fonts.faces().heading.path) as font:
        small = subset.Subsetter()
        small.populate(text="abcABC123")
        small.subset(font)
        font.save(tmp_path / "simhei.otf")
    with pytest.raises(BadInput, match="缺少字符"):
        fonts.check(tmp_path)
