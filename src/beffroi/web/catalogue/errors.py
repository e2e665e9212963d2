"""Errors of the catalogue, with a French message for the person: what happened, what is saved, what to do."""

from beffroi.web.ui.form_errors import FieldError


class CatalogueError(FieldError):
    """Something that the catalogue will not or could not do; the message is for the person."""


class NotGranted(CatalogueError):
    """A read that the rights, the purpose or the publication do not allow."""


class PublicationError(CatalogueError):
    """A step of a publication request that is refused; it may name a field of its form."""
