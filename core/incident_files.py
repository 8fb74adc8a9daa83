"""Attachments of incidents: bytes under the data folder by their SHA-256, never changed; what a file is, is told by its
content, and only kinds that officials hand on are taken.

Nothing of a file is unpacked, executed or shown inside a page; downloads are checked against the hash.
"""

import hashlib
import os
import re
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from core.faults import BadInput
from core.records import one_line
from core.settings import settings

MOST_BYTES = 50_000_000
"""Largest attachment."""
LONGEST_NAME = 80
"""Characters of a name, its ending included."""
_FORBIDDEN = str.maketrans(dict.fromkeys('<>:"|?*', "_"))
_ENDING = re.compile(r"[A-Za-z0-9]{1,8}")
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
"""Names that Windows takes for devices."""
_MACROS, _OLD_MACROS = "vbaproject.bin", "_VBA_PROJECT".encode("utf-16-le")
"""What a document with macros has inside: the packed kinds a part of that name, the old ones an entry of that name."""


class AttachmentLost(Exception):
    """The bytes of an attachment are not there, or are not what was stored; the message is Chinese."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An attachment as it was stored: its name as cleaned, what it is, hash and bytes."""

    name: str
    media_type: str
    sha256: str
    size: int


def keep(body: bytes, name: str) -> Kept:
    """Check an attachment and put it on disk, complete and synced when this returns. Raises BadInput for one that is
    empty, too large, of a kind that is not taken, or not what its name says."""
    name = cleaned(name)
    if not body:
        raise BadInput(f"“{name}”是空文件，请检查后重新上传")
    if len(body) > MOST_BYTES:
        raise BadInput(f"“{name}”有 {len(body) / 1e6:.0f} MB，超过 {MOST_BYTES / 1e6:.0f} MB，请压缩或拆分后再上传")
    media_type = _checked(body, name)
    sha256 = hashlib.sha256(body).hexdigest()
    target = path_of(sha256)
    if not _whole(target, len(body)):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(body)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    return Kept(name, media_type, sha256, len(body))


def body(sha256: str, name: str) -> bytes:
    """The stored bytes, checked against their hash. Raises AttachmentLost."""
    try:
        data = path_of(sha256).read_bytes()
    except OSError as error:
        raise AttachmentLost(f"附件“{name}”读不出来：{error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise AttachmentLost(f"附件“{name}”与上传时的校验值不符")
    return data


def there(sha256: str, size: int) -> bool:
    """Whether the bytes lie where they should, in their full length."""
    return _whole(path_of(sha256), size)


def path_of(sha256: str) -> Path:
    """Where the attachment of that hash lies."""
    return folder() / sha256[:2] / sha256


def folder() -> Path:
    """The folder of all attachments."""
    return settings().data_dir / "attachments"


def cleaned(name: str) -> str:
    """A file's name without folders, control and direction characters, and what a file system would stumble over."""
    name = one_line(name).replace("\\", "/").rsplit("/", 1)[-1].translate(_FORBIDDEN).strip().rstrip(" .")
    stem, _, ending = name.rpartition(".")
    if not _ENDING.fullmatch(ending) or ending == name:
        stem, ending = name, ""
    stem = stem.strip(" .") or "附件"
    if stem.lower().split(".")[0].strip() in _DEVICES:
        stem = f"_{stem}"
    stem = stem[: LONGEST_NAME - len(ending) - 1].rstrip(" .")
    return f"{stem}.{ending.lower()}" if ending else stem


def _whole(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


# --- Kinds ----------------------------------------------------------------------------------------------------------


def _begins(*starts: bytes) -> Callable[[bytes], bool]:
    return lambda body: body.startswith(starts)


def _at(offset: int, *marks: bytes) -> Callable[[bytes], bool]:
    return lambda body: body[offset:].startswith(marks)


def _both(first: Callable[[bytes], bool], second: Callable[[bytes], bool]) -> Callable[[bytes], bool]:
    return lambda body: first(body) and second(body)


def _packed(part: str) -> Callable[[bytes], bool]:
    return lambda body: any(name.startswith(part) for name in _names(body))


def _names(body: bytes) -> tuple[str, ...]:
    """The names in an archive, in small letters; none of what is no archive. Nothing is unpacked."""
    try:
        with zipfile.ZipFile(BytesIO(body)) as archive:
            return tuple(name.lower() for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return ()


def _text(body: bytes) -> bool:
    if b"\0" in body:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            body.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


_OFFICE = "application/vnd.openxmlformats-officedocument."
_OLE = _begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_FILM = _at(4, b"ftyp")
_RIFF = _begins(b"RIFF")
KINDS: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    "pdf": ("application/pdf", _begins(b"%PDF-")),
    "ofd": ("application/ofd", _packed("ofd.xml")),
    "docx": (f"{_OFFICE}wordprocessingml.document", _packed("word/")),
    "xlsx": (f"{_OFFICE}spreadsheetml.sheet", _packed("xl/")),
    "pptx": (f"{_OFFICE}presentationml.presentation", _packed("ppt/")),
    "doc": ("application/msword", _OLE), "wps": ("application/vnd.ms-works", _OLE),
    "xls": ("application/vnd.ms-excel", _OLE), "et": ("application/vnd.ms-excel", _OLE),
    "ppt": ("application/vnd.ms-powerpoint", _OLE), "dps": ("application/vnd.ms-powerpoint", _OLE),
    "txt": ("text/plain", _text), "csv": ("text/csv", _text),
    "jpg": ("image/jpeg", _begins(b"\xff\xd8\xff")), "jpeg": ("image/jpeg", _begins(b"\xff\xd8\xff")),
    "png": ("image/png", _begins(b"\x89PNG\r\n\x1a\n")), "gif": ("image/gif", _begins(b"GIF87a", b"GIF89a")),
    "webp": ("image/webp", _both(_RIFF, _at(8, b"WEBP"))), "bmp": ("image/bmp", _begins(b"BM")),
    "mp4": ("video/mp4", _FILM), "mov": ("video/quicktime", _FILM), "m4a": ("audio/mp4", _FILM),
    "mp3": ("audio/mpeg", _begins(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "wav": ("audio/wav", _both(_RIFF, _at(8, b"WAVE"))),
}
"""Ending → media type, and whether content is such a file."""
SHOWN = "PDF、OFD、Word、Excel、PPT、WPS、文本、图片、音频、视频"
"""The kinds in words."""


def _checked(body: bytes, name: str) -> str:
    """The media type of a file that is what its name says."""
    ending = name.rpartition(".")[2] if "." in name else ""
    if ending not in KINDS:
        raise BadInput(f"“{name}”这一类文件不能作为附件，可上传{SHOWN}")
    media_type, is_such = KINDS[ending]
    if not is_such(body):
        raise BadInput(f"“{name}”的内容不是 {ending.upper()} 文件，请用原来的程序另存后再上传")
    if _OLD_MACROS in body or any(name.endswith(_MACROS) for name in _names(body)):
        raise BadInput(f"“{name}”带有宏，请另存为不带宏的文件再上传")
    return media_type
