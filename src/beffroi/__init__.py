"""Beffroi: gather a territory's scattered data, decide with AI under human control, withstand.

The library (`lake`, `recipes`, `systems`, `ledger`) works from a notebook; `web` gives it people, rights and pages.
"""

from beffroi.lake import open_lake

__all__ = ["__version__", "open_lake"]
__version__ = "0.2.0"
