"""The page in the offline kit: the states as last published, and what the editor of the stick starts from."""

import json
from collections.abc import Iterable, Iterator

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from beffroi.web.platform import sealing
from beffroi.web.platform.models import Territory

from ..offline_kit.parts import Page, Part, WholePage
from ..offline_kit.passphrase import unsealed_phrase
from ..offline_pages.pages import site_editor_page
from ..offline_pages.passphrase_box import sealed_key
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
        when="Pour répondre au guichet et au téléphone : ce que votre page annonçait quand ce kit a été fait.",
    )


def editor(territory: Territory) -> Iterator[WholePage]:
    """The page that edits and signs without the platform; it signs once the kit's phrase is typed. Raises ContinuityError."""
    document, pair = document_for_kit(territory), signing_pair(territory)
    if document is None or pair is None:
        return
    key = sealed_key(pair[0], unsealed_phrase(territory))
    page = site_editor_page(json.loads(canonical(document)), sealed_key=key)
    when = "Quand l'état d'un service change : écrire la nouvelle et la signer. Il faut la phrase du coffre."
    title = "Informer les habitants, sans la plateforme"
    yield WholePage("informer-les-habitants", title, page, "inform", when)


EDITOR = Part("restoration_editor", "Informer les habitants", 61, editor)
PART = Part(PART_KEY, "La page des habitants", 60, pages)
