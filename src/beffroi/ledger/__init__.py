"""The ledger: an append-only chain of lines that anyone can verify, without Django and without a database.

`chain` seals and verifies lines; `merkle` proves that one line is in a published root, and that a later root
extends an earlier one; `roots` signs where a chain stands; `proofs` and `copies` are what travels, as files.
Lines hold identifiers and salted commitments, never personal data.
"""

from beffroi.ledger.chain import GENESIS, Entry, Line, Mark, Verification, commit, seal, seal_all, verify

__all__ = ["GENESIS", "Entry", "Line", "Mark", "Verification", "commit", "seal", "seal_all", "verify"]
