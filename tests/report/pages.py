"""Reading the text of a report's pages with pypdf."""

from pypdf import PageObject
from pypdf.generic import NameObject


def text_of(page: PageObject) -> str:
    """The page's text. fpdf2 embeds its own two-byte encoding, which other readers know and pypdf doesn't."""
    for font in page["/Resources"]["/Font"].values():
        font.get_object()[NameObject("/Encoding")] = NameObject("/Identity-H")
    return page.extract_text()
