"""Append-only hash-chained ledger that anyone can verify, without Django and without a database.

`chain` seals and verifies lines; `merkle` proves that a line is under a published root, and that a later root extends an
earlier one; `roots` signs the state of a chain; `keys` follows key changes; `proofs` and `copies` are the files that leave.
Lines contain identifiers and salted commitments, never personal data.
"""

from beffroi.ledger.chain import (
    GENESIS,
    Checkpoint,
    Entry,
    Line,
    Verification,
    commit,
    seal,
    seal_all,
    verify,
)

__all__ = ["GENESIS", "Checkpoint", "Entry", "Line", "Verification", "commit", "seal", "seal_all", "verify"]
