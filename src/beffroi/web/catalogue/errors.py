"""Errors of the catalogue, with a French message for the person: what happened, what is saved, what to do."""


class CatalogueError(Exception):
    """Something that the catalogue will not or could not do; the message is for the person."""


class NotGranted(CatalogueError):
    """A read that the rights, the purpose or the publication do not allow."""
