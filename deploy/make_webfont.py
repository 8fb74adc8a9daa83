"""Make the browser's fallback face: GB2312 and common symbols of Noto Sans SC as woff2.

    pip install brotli && python deploy/make_webfont.py

Local fonts come first in the theme; this file is fetched only where a machine has no Chinese font.
"""

from pathlib import Path

from fontTools import subset
from pylopdf_fonts_zh_cn import sans_path

OUT = Path(__file__).resolve().parents[1] / "static" / "fonts"
SYMBOLS = "≥≈≤—…·“”‘’《》〈〉【】〔〕（）！？：；，。、￥％＋－＝①②③④⑤⑥⑦⑧⑨⑩℃㎡↑↓→←△▽★☆●○■□◆◇✓✕"


def gb2312() -> set[int]:
    """The code points of GB 2312-80."""
    found = set()
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes((high, low)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def main() -> None:
    wanted = gb2312() | set(range(0x20, 0x7F)) | set(range(0xA0, 0x180)) | {ord(c) for c in SYMBOLS}
    options = subset.Options()
    options.flavor = "woff2"
    options.layout_features = ["kern", "palt", "vert"]
    options.name_IDs = ["*"]
    font = subset.load_font(str(sans_path()), options)
    maker = subset.Subsetter(options)
    maker.populate(unicodes=wanted)
    maker.subset(font)
    OUT.mkdir(parents=True, exist_ok=True)
    subset.save_font(font, str(OUT / "NotoSansSC-gb2312.woff2"), options)


if __name__ == "__main__":
    main()
