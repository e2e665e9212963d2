"""Models of the cyber room, by noun."""

from .sites import SiteAlert, SiteBaseline, SiteCheck, WatchedSite

__all__ = ["SiteAlert", "SiteBaseline", "SiteCheck", "WatchedSite"]
