"""What can go wrong in the lake, said to the person who meets it.

Every message is in French and says what happened, what is kept and what to do next.
"""


class LakeError(Exception):
    """Something failed in the lake; the message is for the person."""


class ServerLost(LakeError):
    """The server that holds the catalogue does not answer: the same work may be tried again later."""


class OutcomeUnknown(ServerLost):
    """The answer to a commit was lost: it stands or it does not, and its act, asked again, finds out."""


class UnreadableFile(LakeError):
    """A file, or one part of it (a sheet, a member of an archive), cannot become a table."""
