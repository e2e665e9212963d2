"""Models of the continuity room, by noun."""

from .destinations import Destination, DestinationCopy, DestinationTrial
from .restoration_site import (
    RestorationSite,
    SiteImport,
    SiteKey,
    SitePublication,
    SiteService,
    SiteUpdate,
)

__all__ = [
    "Destination",
    "DestinationCopy",
    "DestinationTrial",
    "RestorationSite",
    "SiteImport",
    "SiteKey",
    "SitePublication",
    "SiteService",
    "SiteUpdate",
]
