"""The faces a report is set in: the office's own first, then the ones that arrive with pip.

An office that owns 仿宋_GB2312, 方正小标宋 or 楷体 puts the files into one folder (`PULSE_FONT_DIR`); they are known
by their usual file names. Whatever isn't there comes from the package `pylopdf-fonts-zh-cn` (Noto Serif SC and
Noto Sans SC, OFL). Nothing is ever replaced silently by a face without Chinese: `check` runs at start.
"""

from dataclasses import dataclass
from pathlib import Path

from core.faults import BadInput

SAMPLE = "一二三亿万篇网信，。、；：？！（）“”《》〔〕—…·≥≈↑↓→％%+-0123456789ABCxyz"
"""Characters without which no report can be printed."""

_BODY = ("仿宋_gb2312", "仿宋gb2312", "simfang", "fzfs", "fangsong", "仿宋")
_TITLE = ("方正小标宋", "fzxbs", "xiaobiaosong", "小标宋")
_KAI = ("楷体_gb2312", "simkai", "fzkt", "kaiti", "楷体")
_HEADING = ("simhei", "fzht", "heiti", "黑体")
_SUFFIXES = (".ttf", ".otf", ".ttc")


@dataclass(frozen=True, slots=True)
class Face:
    """A font file. `name` is what it is called inside one document; two roles with one file share it."""

    name: str
    path: Path
    index: int = 0


@dataclass(frozen=True, slots=True)
class Faces:
    """The faces of a report by their role in it (GB/T 9704: title 小标宋, body 仿宋, levels 黑体 and 楷体).

    `chart`: Noto Sans SC of the package, always: the chart engine measures text with it.
    """

    title: Face
    body: Face
    heading: Face
    subheading: Face
    chart: Face

    def __str__(self) -> str:
        return f"标题 {self.title.name}，正文 {self.body.name}，小标题 {self.heading.name}"

    def all(self) -> tuple[Face, ...]:
        """Each file once."""
        seen: dict[str, Face] = {}
        for face in (self.title, self.body, self.heading, self.subheading, self.chart):
            seen.setdefault(face.name, face)
        return tuple(seen.values())


CHART_FAMILY, SONG_FAMILY = "Noto Sans SC", "Noto Serif SC"


def faces(folder: Path | None = None) -> Faces:
    """Find the faces; `folder` is the office's own. Raises BadInput when neither it nor the package has them."""
    try:
        import pylopdf_fonts_zh_cn as package
    except ImportError as error:
        raise BadInput(
            "缺少中文字体包 pylopdf-fonts-zh-cn，报告无法排版。请重新执行 pip install -r requirements.txt"
        ) from error
    song = Face(SONG_FAMILY, package.serif_path())
    hei = Face(CHART_FAMILY, package.sans_path())
    for face in (song, hei):
        if not face.path.is_file():
            raise BadInput(f"中文字体文件不存在：{face.path}。请重新安装 pylopdf-fonts-zh-cn")
    if folder is not None and not folder.is_dir():
        raise BadInput(f"PULSE_FONT_DIR 指定的字体目录不存在：{folder}")
    files = sorted(p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES) if folder else []

    def pick(names: tuple[str, ...], otherwise: Face) -> Face:
        for name in names:
            for path in files:
                if name in path.stem.lower().replace(" ", ""):
                    return Face(path.stem, path)
        return otherwise

    return Faces(title=pick(_TITLE, song), body=pick(_BODY, song), heading=pick(_HEADING, hei),
                 subheading=pick(_KAI, song), chart=hei)


def check(folder: Path | None = None) -> Faces:
    """The faces, each opened and looked at: run at start and by `doctor`.

    An office face needs Chinese characters only (signs it lacks are taken from the package's face).
    Raises BadInput, in Chinese, naming the file, when one can't be read or lacks characters a report needs.
    """
    from fontTools.ttLib import TTFont, TTLibError

    found = faces(folder)
    for face in found.all():
        try:
            with TTFont(face.path, fontNumber=face.index, lazy=True) as font:
                known = font.getBestCmap() or {}
        except (TTLibError, OSError) as error:
            raise BadInput(f"字体文件无法读取：{face.path}（{error}）。请更换该文件或将其移出字体目录") from error
        needed = "一二三亿万篇" if folder is not None and face.path.parent == folder else SAMPLE
        lacking = "".join(char for char in needed if ord(char) not in known)
        if lacking:
            raise BadInput(f"字体 {face.path} 缺少字符“{lacking}”，报告无法排版。请更换该文件或将其移出字体目录")
    return found
