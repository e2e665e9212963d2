"""Errors of sources. French messages without any secret: they are displayed and logged."""

from beffroi.lake.errors import LakeError


class SourceError(LakeError):
    """A source did not return what was requested; existing data is unchanged. The message is for the person."""


class AddressRefused(SourceError):
    """Address not allowed by the operator, or internal."""


class SourceDown(SourceError):
    """No response, or the connection was cut: the same work can be retried later."""


class AccessRefused(SourceError):
    """Authentication or authorisation failed: wrong name, password, key or token, or a missing right."""


class TooMuch(SourceError):
    """More bytes or more time than the operator's limit."""


class NotThere(SourceError):
    """The requested table, layer or file is missing, or lacks a column it had."""
