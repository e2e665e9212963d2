"""Errors of the lake. Messages are French, for the person: what happened, what is unchanged, what to do next."""


class LakeError(Exception):
    """Base error of the lake; the message is for the person."""


class ServerLost(LakeError):
    """The catalogue's server does not answer: the operation can be retried later."""


class OutcomeUnknown(ServerLost):
    """The response to a commit was lost: retrying the same act finds out whether it was committed."""


class UnreadableFile(LakeError):
    """A file, or a part of it (a sheet, an archive member), cannot become a table."""
