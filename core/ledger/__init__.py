"""The ledger: units, accounts, boards with their members, and sources. Every write goes through `apply`.

`entries` are the validated rows that a person writes, `changes` brings them into the database, `workbook` is the same
as one Excel file.
"""

from core.ledger.changes import (
    Changes,
    account_named,
    add_account,
    apply,
    archive_board,
    copy_board,
    exists,
    find_account,
    identify,
    known_as,
    move_board,
    set_account_state,
    set_members,
)
from core.ledger.entries import (
    AccountEntry,
    BoardEntry,
    Entries,
    LedgerFault,
    LedgerFaults,
    MemberEntry,
    SourceEntry,
    UnitEntry,
)
from core.ledger.workbook import export_workbook, form_entry, import_workbook, ledger_rows, read_workbook, words

__all__ = [
    "AccountEntry", "BoardEntry", "Changes", "Entries", "LedgerFault", "LedgerFaults", "MemberEntry", "SourceEntry",
    "UnitEntry", "account_named", "add_account", "apply", "archive_board", "copy_board", "exists", "export_workbook",
    "find_account", "form_entry", "identify", "import_workbook", "known_as", "ledger_rows", "move_board",
    "read_workbook", "set_account_state", "set_members", "words",
]
