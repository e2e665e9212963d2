"""Refusals of the catalogue, told to a person in French: what happened, what is kept, what to do."""


class CatalogueError(Exception):
    """Something that the catalogue will not or could not do; the message is for the person."""


class NotGranted(CatalogueError):
    """A read that the rights, the purpose or the publication do not allow."""
