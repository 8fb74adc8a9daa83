"""Choosing files, in Chinese: Streamlit's own words on its uploader can't be translated, so they are drawn over.

Files of any ending are let through: what a file is, is told by its content, and refused in words that say why.
"""

from typing import Any

import streamlit as st

_WORDS = """<style>
[data-testid="stFileUploaderDropzone"] > span [data-testid="stMarkdownContainer"] p,
[data-testid="stFileUploaderDropzoneInstructions"] span {{ font-size: 0 !important; }}
[data-testid="stFileUploaderDropzone"] > span [data-testid="stMarkdownContainer"] p::after
{{ content: "选择文件"; font-size: 0.95rem; }}
[data-testid="stFileUploaderDropzoneInstructions"] span::after
{{ content: "或拖到这里，每个不超过 {most} MB"; font-size: 0.85rem; }}
</style>"""


def uploader(label: str, *, key: str, many: bool = False) -> Any:
    """The uploaded file, or None; with `many`, the list of them."""
    st.html(_WORDS.format(most=st.get_option("server.maxUploadSize")))
    return st.file_uploader(label, key=key, accept_multiple_files=many)
