"""Models of the cyber room, by noun."""

from .mail import MailAnswer, MailCheck, MailDomain, SecondFactor

__all__ = ["MailAnswer", "MailCheck", "MailDomain", "SecondFactor"]
