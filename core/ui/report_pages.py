"""A report page by page, as its PDF shows it."""

import hashlib

import streamlit as st

from core.report import behind, editions
from core.report.content import Content
from core.ui.parts import caption

DOTS = 1.6
"""Points of the screen for a point on paper: sharp enough to read, small enough to send."""


def pages(content: Content, key: str) -> None:
    """Choose a page and look at it."""
    body = _pdf(content.sha256, content)
    digest = hashlib.sha256(body).hexdigest()
    many = _number(digest, body)
    page = 1
    if many > 1:
        page = st.number_input(f"第几页（共 {many} 页）", 1, many, 1, key=f"report_page_{key}", width=180)
    left, _ = st.columns([3, 1])
    left.image(_page(digest, page - 1, body), caption=None, width="stretch")
    hint = "。各个数字的来源，请在“按章节”中点数字查看" if behind.told(content) else ""
    caption(f"第 {page} 页，共 {many} 页，{len(body) / 1000:,.0f} KB{hint}")


@st.cache_data(max_entries=16, show_spinner="正在排版…")
def _pdf(sha256: str, _content: Content) -> bytes:
    return editions.FORMATS["pdf"](_content)


@st.cache_data(max_entries=64)
def _number(digest: str, _body: bytes) -> int:
    import pypdfium2

    document = pypdfium2.PdfDocument(_body)
    try:
        return len(document)
    finally:
        document.close()


@st.cache_data(max_entries=64, show_spinner="正在绘制这一页…")
def _page(digest: str, number: int, _body: bytes) -> bytes:
    """A page as PNG."""
    import io

    import pypdfium2

    document = pypdfium2.PdfDocument(_body)
    try:
        drawn = io.BytesIO()
        document[number].render(scale=DOTS).to_pil().save(drawn, "PNG", optimize=True)
        return drawn.getvalue()
    finally:
        document.close()
