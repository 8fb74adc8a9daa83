"""Attachments: names cleaned, kinds told by content, bytes kept by hash and checked when they are read."""

import io
import struct
import zipfile
from hashlib import sha256
from pathlib import PurePath

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core import incident_files
from core.faults import BadInput
from core.incident_files import AttachmentLost, body, cleaned, keep, there


def packed(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


DOCX = packed("[Content_Types].xml", "word/document.xml")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def test_bytes_are_kept_once_by_their_hash_and_come_back(data_dir):
    one, other = keep(b"%PDF-1.7 a", "情况说明.pdf"), keep(b"%PDF-1.7 a", "另一个.pdf")
    assert one.sha256 == other.sha256 == sha256(b"%PDF-1.7 a").hexdigest() and one.size == 10
    assert body(one.sha256, one.name) == b"%PDF-1.7 a" and there(one.sha256, 10)
    files = [file for file in incident_files.folder().rglob("*") if file.is_file()]
    assert files == [incident_files.path_of(one.sha256)] and data_dir in files[0].parents


def test_what_is_lost_or_changed_on_disk_is_said_and_mended_by_the_same_upload(data_dir):
    kept = keep("情况".encode(), "说明.txt")
    incident_files.path_of(kept.sha256).write_bytes("情形".encode())
    with pytest.raises(AttachmentLost, match="校验值不符"):
        body(kept.sha256, kept.name)
    incident_files.path_of(kept.sha256).unlink()
    assert not there(kept.sha256, kept.size)
    with pytest.raises(AttachmentLost, match="读不出来"):
        body(kept.sha256, kept.name)
    keep("情况".encode(), "说明.txt")
    assert body(kept.sha256, kept.name) == "情况".encode()


@pytest.mark.parametrize(("name", "clean"), [
    ("../../etc/情况.PDF", "情况.pdf"), ("C:\\用户\\报告.docx", "报告.docx"), ("a\x00b\u202e\n.txt", "ab.txt"),
    ("con.txt", "_con.txt"), ("nul.tar.txt", "_nul.tar.txt"), ("<b>?.png", "_b__.png"), (".png", "附件.png"),
    ("..", "附件"), ("长" * 200 + ".pdf", "长" * 76 + ".pdf"), ("  说明 . pdf", "说明 . pdf"), ("说明", "说明"),
])
def test_names_are_cleaned(name, clean):
    assert cleaned(name) == clean


@given(st.text(max_size=120))
def test_a_cleaned_name_never_leaves_its_folder(name):
    clean = cleaned(name)
    assert clean and PurePath(clean).name == clean and clean not in (".", "..") and cleaned(clean) == clean
    assert not set(clean) & set('\\/<>:"|?*\0\n\r\u202e') and len(clean) <= incident_files.LONGEST_NAME


@pytest.mark.parametrize(("name", "content"), [
    ("a.pdf", b"%PDF-1.4"), ("a.docx", DOCX), ("a.xlsx", packed("xl/workbook.xml")), ("a.pptx", packed("ppt/a.xml")),
    ("a.ofd", packed("OFD.xml")), ("a.doc", OLE), ("a.wps", OLE), ("a.txt", "文本".encode("gb18030")),
    ("a.csv", b"a,b"),
    ("a.jpg", b"\xff\xd8\xff\xe0"), ("a.png", b"\x89PNG\r\n\x1a\n"), ("a.gif", b"GIF89a"),
    ("a.webp", b"RIFF\0\0\0\0WEBP"), ("a.mp4", b"\0\0\0\x20ftypisom"), ("a.mp3", b"ID3\x03"),
    ("a.wav", b"RIFF\0\0\0\0WAVE"),
])
def test_kinds_that_are_taken(data_dir, name, content):
    kept = keep(content, name)
    assert kept.media_type == incident_files.KINDS[name[2:]][0] and "html" not in kept.media_type


@pytest.mark.parametrize(("name", "content", "words"), [
    ("a.pdf", b"", "空文件"), ("a.exe", b"MZ", "不能作为附件"), ("a.html", b"<script>", "不能作为附件"),
    ("a.svg", b"<svg onload=alert(1)>", "不能作为附件"), ("没有后缀", b"x", "不能作为附件"),
    ("a.pdf", b"MZ\x90", "内容不是 PDF"), ("a.docx", packed("xl/workbook.xml"), "内容不是 DOCX"),
    ("a.docx", b"PK\x03\x04broken", "内容不是 DOCX"), ("a.txt", b"a\0b", "内容不是 TXT"),
    ("a.txt", b"\xff\xff\x80", "内容不是 TXT"),
    ("a.xlsx", packed("xl/workbook.xml", "xl/vbaProject.bin"), "带有宏"),
    ("a.doc", OLE + "_VBA_PROJECT".encode("utf-16-le"), "带有宏"), ("a.pdf.exe", b"%PDF-", "不能作为附件"),
    ("a.webp", b"RIFF\0\0\0\0WAVE", "内容不是 WEBP"),
])
def test_kinds_that_are_not(data_dir, name, content, words):
    with pytest.raises(BadInput, match=words):
        keep(content, name)
    assert not incident_files.folder().exists()


def test_what_is_too_large_is_refused(data_dir, monkeypatch):
    monkeypatch.setattr(incident_files, "MOST_BYTES", 1_000_000)
    with pytest.raises(BadInput, match="有 2 MB，超过 1 MB"):
        keep(b"%PDF-" + b"x" * 2_000_000, "a.pdf")


@given(st.binary(max_size=200), st.integers(0, 400))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_broken_archive_is_refused_in_words(data_dir, noise, at):
    whole = DOCX
    broken = whole[:at] + noise + whole[at + len(noise):]
    try:
        keep(broken, "a.docx")
    except BadInput as fault:
        assert "a.docx" in str(fault)


def test_an_archive_with_a_mad_directory_is_refused_in_words(data_dir):
    end = DOCX.rindex(b"PK\x05\x06")
    for field, size in ((8, 2), (10, 2), (12, 4), (16, 4), (20, 2)):
        mad = bytearray(DOCX)
        mad[end + field : end + field + size] = struct.pack("<Q", 2**64 - 1)[:size]
        try:
            keep(bytes(mad), "a.docx")
        except BadInput as fault:
            assert "a.docx" in str(fault)
