"""What a person changes: carried out in a session of its own, told of after the redraw, or refused in words."""

from collections.abc import Callable

import pandas as pd
import streamlit as st
from sqlmodel import Session

from core import db
from core.faults import BadInput
from core.ledger import LedgerFaults
from core.ui.parts import plain, toast_error

WHO = "网页操作"
"""Who did it, until people sign in."""


def do(deed: Callable[[Session], str], told: str) -> bool:
    """Carry out a deed and commit; its sentence is shown by `said(told)` after the redraw. False: refused, and why."""
    try:
        with db.session() as session:
            words = deed(session)
            session.commit()
    except BadInput as refused:
        refuse(refused)
        return False
    st.session_state[f"{told}_said"] = words
    return True


def said(told: str) -> None:
    """What the last deed came to, once."""
    if words := st.session_state.pop(f"{told}_said", ""):
        st.success(plain(words), icon=":material/check_circle:")


def refuse(refused: BadInput) -> None:
    """Say why something can't be done; the faults of a ledger as a table."""
    if not isinstance(refused, LedgerFaults):
        toast_error(plain(str(refused)))
        return
    toast_error(f"有 {len(refused.faults)} 处问题，什么都没有保存。请按下表改正后重试。")
    rows = [
        {"工作表": fault.sheet, "行": fault.row or None, "列": fault.field, "原因": fault.reason, "办法": fault.remedy}
        for fault in refused.faults
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="不能保存的原因", placeholder="—")
