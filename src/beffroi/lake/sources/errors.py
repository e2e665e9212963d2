"""What can go wrong between the house and a source. French, without any secret: these messages are shown and logged."""

from beffroi.lake.errors import LakeError


class SourceError(LakeError):
    """A source did not give what was asked; what is held is unchanged. The message is for the person."""


class AddressRefused(SourceError):
    """An address that the operator did not allow, or that leads inside."""


class SourceDown(SourceError):
    """Nothing answers, or the line was cut: the same work may be tried again later."""


class AccessRefused(SourceError):
    """The source knows us not: wrong name, password, key or token, or a right is missing."""


class TooMuch(SourceError):
    """More bytes or more time than the operator's limit."""


class NotThere(SourceError):
    """The table, the layer or the file asked for is gone, or lacks a column it had."""
