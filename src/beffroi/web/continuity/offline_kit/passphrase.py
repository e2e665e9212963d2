"""The phrase of the safe: made by the platform, displayed once to be printed, stored sealed so that the night can seal the kit."""

from importlib import import_module
from types import ModuleType

from django.db import transaction

from beffroi.web.platform import ledger, sealing
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..errors import ContinuityError
from ..models import KitPhrase

NOT_THERE = "La partie scellée n'est pas encore disponible dans cette version : les listes avec des noms ne sont pas dans le kit."
NO_PHRASE = "La phrase du coffre n'est pas faite : les listes avec des noms ne sont pas dans le kit. Faites-la, page « La phrase du coffre »."
OTHER_KEY = "La phrase du coffre ne peut plus être lue ici : renouvelez-la, page « La phrase du coffre »."


def sealed_pages() -> ModuleType | None:
    """The module that makes self-opening encrypted pages; None where it is not there."""
    try:
        return import_module("beffroi.web.continuity.offline_pages.pages")
    except ImportError:
        return None


def current_phrase(territory: Territory) -> KitPhrase | None:
    found: KitPhrase | None = KitPhrase.objects.of(territory).last()
    return found


def renew(territory: Territory, by: Person) -> str:
    """Make another phrase; kits already made keep theirs. The only moment at which it leaves. Raises ContinuityError."""
    require(by, "continuity.approve", territory)
    pages = sealed_pages()
    if pages is None:
        raise ContinuityError(NOT_THERE)
    phrase = str(pages.new_passphrase())
    with transaction.atomic():
        row = KitPhrase.objects.create(territory=territory, sealed=sealing.seal(phrase), by=by)
        ledger.append(territory, "kit.phrase", by, f"territory:{territory.pk}", {"phrase": row.pk})
    return phrase


def sealed_page(territory: Territory, title: str, body: str) -> str:
    """The encrypted page. Raises ContinuityError, with what is missing."""
    pages = sealed_pages()
    if pages is None:
        raise ContinuityError(NOT_THERE)
    row = current_phrase(territory)
    if row is None:
        raise ContinuityError(NO_PHRASE)
    try:
        phrase = sealing.unseal(row.sealed)
    except sealing.CannotUnseal as error:
        raise ContinuityError(OTHER_KEY) from error
    return str(pages.sealed_page(title, body, phrase))
