"""Models of the cyber room, by noun."""

from .incidents import CallPage, IncidentShare, IncidentStatistics, State, Ticket, TicketStep

__all__ = ["CallPage", "IncidentShare", "IncidentStatistics", "State", "Ticket", "TicketStep"]
from .mail import MailAnswer, MailCheck, MailDomain, SecondFactor

__all__ = ["MailAnswer", "MailCheck", "MailDomain", "SecondFactor"]
from .inventory import MachineKey, ReportedDevice, SilenceWatch, UnreadReport

__all__ = ["MachineKey", "ReportedDevice", "SilenceWatch", "UnreadReport"]
from .sites import SiteAlert, SiteBaseline, SiteCheck, WatchedSite

__all__ = ["SiteAlert", "SiteBaseline", "SiteCheck", "WatchedSite"]
