"""Models of the continuity room, by noun."""

from .offline_kit import KitBuild, KitCopy, KitList, KitListContent, KitOpening, KitPhrase
from .service_sheets import SheetApproval, SheetTrial

__all__ = [
    "KitBuild",
    "KitCopy",
    "KitList",
    "KitListContent",
    "KitOpening",
    "KitPhrase",
    "SheetApproval",
    "SheetTrial",
]
