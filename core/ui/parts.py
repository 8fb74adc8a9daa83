"""Small pieces that every room uses: captions, cards, empty states, links."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import streamlit as st

from core.rooms import room


@dataclass(frozen=True, slots=True)
class Card:
    """One figure of a row of cards: label, text as it stands, change in words, sparkline values, help; `calm`: what
    stands for the change is none, and neither good nor bad."""

    label: str
    value: str
    delta: str | None = None
    spark: Sequence[float] = field(default_factory=tuple)
    help: str | None = None
    calm: bool = False


def plain(text: str) -> str:
    """Text that stays text where Streamlit reads Markdown: collected text may hold any markup."""
    out = "".join("\\" + c if c in "\\`*_{}[]()#+-.!|<>~$:&@" else c for c in text)
    return " ".join(out.split())


def highlighted(text: str, spans: Sequence[tuple[int, int]], tone: str = "orange") -> str:
    """Text taken literally, in one line, with the pieces from–to set off; spans in order, not overlapping."""
    out, at = [], 0
    for start, end in spans:
        out.append(_literal(text[at:start]))
        out.append(f":{tone}-background[{_literal(text[start:end])}]" if text[start:end].strip() else
                   _literal(text[start:end]))
        at = end
    return "".join((*out, _literal(text[at:]))).strip()


def _literal(text: str) -> str:
    """As `plain`, but white space at the ends stays, as one space."""
    ends = [" " if part.isspace() else "" for part in (text[:1], text[-1:])]
    return ends[0] + plain(text) + ends[1] if text.strip() else " " * bool(text)


def caption(text: str) -> None:
    """A quiet line under a figure; the text is taken literally."""
    st.caption(plain(text))


def anchor(name: str, url: str) -> str:
    """Markdown of a link to where something stands, both taken literally; the name alone without a web address."""
    if not url.startswith(("http://", "https://")):
        return plain(name)
    return f"[{plain(name)}]({quote(url, safe=':/?#&=%+,;@~!$')})"


def empty(sentence: str, icon: str = ":material/inbox:") -> None:
    """The empty state: why nothing is here and what to do."""
    st.info(sentence, icon=icon)


def toast_error(sentence: str) -> None:
    """Something that the person did can't be done; the sentence says what to change."""
    st.error(sentence, icon=":material/error:")


def link(word: str, label: str | None = None, icon: str | None = None, **query: str | int) -> None:
    """A link into another room, carrying query parameters; the label is taken literally."""
    target = room(word)
    st.page_link(
        target.file, label=plain(label or target.title), icon=icon or f":material/{target.icon}:",
        query_params={key: str(value) for key, value in query.items()},
    )


def cards(row: Sequence[Card]) -> None:
    """A row of figures; they wrap where they would be cut short: two to a row on a phone, five on a desk's screen, six
    where that is all."""
    width = 152 if len(row) == 6 else 172
    with st.container(horizontal=True, gap="small"):
        for card in row:
            spark = [value for value in card.spark if value is not None]
            st.metric(
                card.label, card.value, card.delta, border=True, help=card.help, height="stretch", width=width,
                chart_data=spark or None, chart_type="area",
                delta_color="off" if card.calm or card.delta in (None, "—", "持平") else "normal",
                delta_arrow="off" if card.calm or card.delta in (None, "—", "持平") else "auto",
            )
