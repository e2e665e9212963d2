"""What is done with guides: the only writers of their rows, one ledger line an act.

In: a person with the right, and what they wrote. Out: rows. Raises GuideError in French, `PermissionDenied`.
"""
