"""Text, headline figures and tables of which single numbers can be clicked: one element for a whole run of them.

Streamlit's own links open another tab and a new session; here a click tells Python which key was meant, and the link's
address is what a person may copy or open elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

_CSS = """
.said { font: inherit; color: var(--st-text-color); line-height: 1.75; }
.said p { margin: 0 0 0.6rem; text-indent: 2em; }
.said p.note { text-indent: 0; font-size: 0.87em; opacity: 0.75; }
.said p.head { text-indent: 0; font-weight: 600; }
.said a { color: inherit; text-decoration: underline dotted var(--st-link-color); text-underline-offset: 0.25em;
  text-decoration-thickness: 1.5px; cursor: pointer; border-radius: 3px; }
.said a:hover, .said a:focus-visible { color: var(--st-link-color); text-decoration-style: solid;
  background: var(--st-secondary-background-color); outline: none; }
.cards { display: grid; gap: 0.75rem; margin: 0 0 0.8rem; }
.card { box-sizing: border-box; padding: 0.7rem 0.9rem; line-height: 1.35; min-width: 0;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
.card .name { font-size: 0.87em; opacity: 0.8; }
.card .value { font-size: 1.6rem; font-weight: 600; white-space: nowrap; }
.card .value a { text-decoration-thickness: 2px; }
.card .value small { font-size: 0.55em; font-weight: 400; margin-left: 0.15em; }
.card .change { font-size: 0.8em; opacity: 0.75; min-height: 1.1em; }
.grid { overflow: auto; max-height: 420px; margin: 0 0 0.6rem; border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius); }
.grid table { border-collapse: collapse; width: 100%; font-size: 0.92em; line-height: 1.5; }
.grid th { position: sticky; top: 0; background: var(--st-secondary-background-color); font-weight: 400;
  text-align: left; white-space: nowrap; z-index: 1; }
.grid th, .grid td { padding: 0.3rem 0.65rem; border-bottom: 1px solid var(--st-border-color); vertical-align: top; }
.grid tr:last-child td { border-bottom: 0; }
.grid td { min-width: 2.5em; max-width: 26em; }
.grid .number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
@media (max-width: 900px) {
  .grid td:not(.number) { min-width: 5.5em; }
  .cards { grid-template-columns: repeat(2, 1fr) !important; gap: 0.5rem; }
  .card { padding: 0.55rem 0.7rem; }
  .card .value { font-size: 1.3rem; }
}
"""
_JS = """
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".said");
  const link = (key, text) => {
    const to = document.createElement("a");
    to.textContent = text;
    to.href = "?" + new URLSearchParams({ ...data.address, figure: key });
    to.dataset.key = key;
    to.title = "查看来源";
    return to;
  };
  const put = (parent, kind, name, text) => {
    const made = document.createElement(kind);
    if (name) made.className = name;
    if (text) made.textContent = text;
    parent.append(made);
    return made;
  };
  root.replaceChildren();
  for (const block of data.blocks) {
    if (block.cards) {
      const row = put(root, "div", "cards");
      const many = block.cards.length, rows = Math.ceil(many / 7);
      row.style.gridTemplateColumns = `repeat(${Math.max(Math.ceil(many / rows), 3)}, minmax(0, 1fr))`;
      for (const one of block.cards) {
        const card = put(row, "div", "card");
        put(card, "div", "name", one.label);
        const value = put(card, "div", "value");
        value.append(one.key ? link(one.key, one.value) : one.value);
        if (one.unit) put(value, "small", "", one.unit);
        put(card, "div", "change", one.change);
      }
      continue;
    }
    if (block.rows) {
      const table = put(put(root, "div", "grid"), "table");
      const kind = (n) => (block.numbers[n] ? "number" : "");
      const head = put(put(table, "thead"), "tr");
      block.heads.forEach((name, n) => put(head, "th", kind(n), name));
      const body = put(table, "tbody");
      for (const cells of block.rows) {
        const row = put(body, "tr");
        cells.forEach(([text, key], n) => put(row, "td", kind(n)).append(key ? link(key, text) : text));
      }
      continue;
    }
    const said = put(root, "p", block.kind);
    for (const [text, key] of block.pieces) said.append(key ? link(key, text) : text);
  }
  root.onclick = (event) => {
    const to = event.target.closest("a[data-key]");
    if (!to || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    setTriggerValue("figure", to.dataset.key);
  };
}
"""
_RENDER = st.components.v2.component("pulse_linked", html='<div class="said"></div>', css=_CSS, js=_JS)


@st.fragment
def linked(blocks: Sequence[Mapping[str, Any]], address: Mapping[str, str], key: str, clicked: Callable[[str], None],
           then: Callable[[], None]) -> None:
    """Draw paragraphs (`kind`, and `pieces` of text, each with the key of its figure or none), rows of `cards` (label,
    value, unit, change, key), and tables (`heads`, `rows` of such pieces, which of the columns are `numbers`).
    `address`: what a link says beside the key; `clicked` hears which key, `then` draws what that opens. Nothing else of
    the room is drawn anew."""
    _RENDER(key=key, data={"blocks": list(blocks), "address": dict(address)},
            on_figure_change=lambda: _heard(key, clicked))
    if st.session_state.pop(f"{key}_heard", False):
        then()


def _heard(key: str, clicked: Callable[[str], None]) -> None:
    """A callback."""
    if figure := getattr(st.session_state.get(key), "figure", None):
        st.session_state[f"{key}_heard"] = True
        clicked(figure)
