"""The page in the offline kit: the states as last published, and what the editor of the stick starts from."""

from collections.abc import Iterable

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from beffroi.web.platform import sealing
from beffroi.web.platform.models import Territory

from ..offline_kit.parts import Page, Part
from . import builder, reading
from .document import Document, canonical

PART_KEY = "restoration_site"


def document_for_kit(territory: Territory) -> Document | None:
    """The document that the editor of the stick goes on from: what is published, and no draft."""
    site = reading.site_of(territory)
    return reading.public_document(site) if site is not None else None


def signing_pair(territory: Territory) -> tuple[str, str] | None:
    """Private and public key in PEM, to be sealed in the kit under its passphrase. None without a page."""
    key = reading.key_in_use(territory)
    return (sealing.unseal(key.sealed_secret), key.public) if key is not None else None


def pages(territory: Territory) -> Iterable[Page]:
    """What residents can read now, with the fingerprint to give them."""
    site, key = reading.site_of(territory), reading.key_in_use(territory)
    if site is None or key is None:
        return
    document = reading.public_document(site)
    publication = reading.last_publication(site)
    states = mark_safe(builder.states_html(document))  # noqa: S308 - escaped by the builder
    yield Page(
        "page-des-habitants",
        "Ce que les habitants peuvent lire",
        format_html(
            "<p>{}</p>{}<h2>Empreinte de la clé</h2><p>À donner à qui demande si la page est bien la vôtre.</p><p><code>{}</code></p>",
            f"Publication {publication.number}." if publication else "Rien n'est encore publié.",
            states,
            key.fingerprint,
        ),
        button="inform",
        as_of=publication.at if publication else timezone.now(),
    )


def starting_bytes(territory: Territory) -> bytes | None:
    """« etat.json » of the stick, before anything is written on it."""
    document = document_for_kit(territory)
    return canonical(document) if document is not None else None


PART = Part(PART_KEY, "La page des habitants", 60, pages)
