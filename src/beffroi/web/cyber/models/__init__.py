"""Models of the cyber room, by noun."""

from .incidents import CallPage, IncidentShare, IncidentStatistics, State, Ticket, TicketStep

__all__ = ["CallPage", "IncidentShare", "IncidentStatistics", "State", "Ticket", "TicketStep"]
