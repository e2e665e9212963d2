"""The phrase of the safe: made by the platform, displayed once to be printed, stored sealed so that the night can seal the kit."""

from django.db import transaction

from beffroi.web.platform import ledger, sealing
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..errors import ContinuityError
from ..models import KitPhrase
from ..offline_pages import pages

NO_PHRASE = "La phrase du coffre n'est pas faite : les listes avec des noms ne sont pas dans le kit. Faites-la, page « La phrase du coffre »."
OTHER_KEY = "La phrase du coffre ne peut plus être lue ici : renouvelez-la, page « La phrase du coffre »."


def current_phrase(territory: Territory) -> KitPhrase | None:
    found: KitPhrase | None = KitPhrase.objects.of(territory).last()
    return found


def renew(territory: Territory, by: Person) -> str:
    """Make another phrase; kits already made keep theirs. The only moment at which it leaves."""
    require(by, "continuity.approve", territory)
    phrase = pages.new_passphrase()
    with transaction.atomic():
        row = KitPhrase.objects.create(territory=territory, sealed=sealing.seal(phrase), by=by)
        ledger.append(territory, "kit.phrase", by, f"territory:{territory.pk}", {"phrase": row.pk})
    return phrase


def unsealed_phrase(territory: Territory) -> str:
    """The phrase itself, to seal with. Raises ContinuityError, with what is missing."""
    row = current_phrase(territory)
    if row is None:
        raise ContinuityError(NO_PHRASE)
    try:
        return sealing.unseal(row.sealed)
    except sealing.CannotUnseal as error:
        raise ContinuityError(OTHER_KEY) from error


def sealed_page(territory: Territory, title: str, body: str) -> str:
    """The encrypted page. Raises ContinuityError, with what is missing."""
    return pages.sealed_page(title, body, unsealed_phrase(territory))
