"""Append-only ledger of acts: one hash chain a territory and one for the host; its keys, signed roots, proofs and audit."""

from .lines import (
    ChangedLines,
    LedgerError,
    NewLine,
    append,
    append_many,
    changed_lines,
    erase_detail,
    erasure_of,
    line_written,
    lines_of,
    opened,
    sealed_lines,
    verify,
)

__all__ = [
    "ChangedLines",
    "LedgerError",
    "NewLine",
    "append",
    "append_many",
    "changed_lines",
    "erase_detail",
    "erasure_of",
    "line_written",
    "lines_of",
    "opened",
    "sealed_lines",
    "verify",
]
