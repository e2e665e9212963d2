"""Models of the cyber room, by noun."""

from .incidents import CallPage, IncidentShare, IncidentStatistics, State, Ticket, TicketStep
from .inventory import MachineKey, ReportedDevice, SilenceWatch, UnreadReport
from .mail import MailAnswer, MailCheck, MailDomain, SecondFactor
from .sites import SiteAlert, SiteBaseline, SiteCheck, WatchedSite

__all__ = [
    "CallPage",
    "IncidentShare",
    "IncidentStatistics",
    "MachineKey",
    "MailAnswer",
    "MailCheck",
    "MailDomain",
    "ReportedDevice",
    "SecondFactor",
    "SilenceWatch",
    "SiteAlert",
    "SiteBaseline",
    "SiteCheck",
    "State",
    "Ticket",
    "TicketStep",
    "UnreadReport",
    "WatchedSite",
]
