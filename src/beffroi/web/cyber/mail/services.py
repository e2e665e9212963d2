"""Acts on the mail of a territory: the only writers of its rows.

In come a person with the right and what they typed; out go rows. Raises MailError in French, PermissionDenied.
"""

import re
from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..models import MailAnswer, MailCheck, MailDomain, SecondFactor
from .domain_check import changes, known_verdicts, worsened
from .domain_names import domain_of, readable
from .errors import MailError
from .mail_providers import is_shared_mailbox
from .verdicts import Finding

ACT: Final = "cyber.answer"
EVERY: Final = timedelta(days=7)
MOST_DOMAINS: Final = 20
MOST_SELECTORS: Final = 10
_SELECTOR: Final = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,61}[a-z0-9_])?")
SHARED: Final = "{} est la messagerie d'un opérateur, pas votre nom de domaine : ses réglages ne sont pas les vôtres, et rien n'y est vérifié."


def answer(territory: Territory, by: Person, *, address: str = "", own: bool = False) -> MailAnswer:
    """Say from where the territory writes, by one of its addresses; none: nobody knows. Its own domain is declared at once."""
    require(by, ACT, territory)
    if not address.strip():
        return _answer(territory, by, MailAnswer.Writes.UNKNOWN)
    name = _name(address)
    if is_shared_mailbox(name):
        return _answer(territory, by, MailAnswer.Writes.PROVIDER, name)
    with transaction.atomic():
        declare(territory, by, name, own=own)
        return _answer(territory, by, MailAnswer.Writes.OWN)


@act("mail.answer", "réponse sur la messagerie de la collectivité", right=ACT)
def _answer(territory: Territory, by: Person, writes: str, provider: str = "") -> Recorded[MailAnswer]:
    row: MailAnswer = MailAnswer.objects.create(territory=territory, writes=writes, provider=provider, by=by)
    return Recorded(row, {"writes": str(writes), "provider": provider}, "mail")


@act(
    "mail.declare",
    "déclaration d'un domaine de messagerie",
    right=ACT,
    done=lambda it: f"{readable(it.name)} est déclaré.",
)
def declare(territory: Territory, by: Person, address: str, *, own: bool) -> Recorded[MailDomain]:
    """Declare a domain as the territory's; it is checked at the next turn of the clock, or on a click."""
    name = _name(address)
    if is_shared_mailbox(name):
        raise MailError(SHARED.format(name), "address")
    if not own:
        raise MailError(
            "Cochez la case si ce nom est bien le vôtre : Beffroi ne vérifie que les domaines de votre collectivité.",
            "own",
        )
    declared = MailDomain.objects.of(territory).filter(until=None)
    if declared.filter(name=name).exists():
        raise MailError(f"{name} est déjà déclaré.", "address")
    if declared.count() >= MOST_DOMAINS:
        raise MailError(
            f"{MOST_DOMAINS} domaines sont déjà déclarés. Retirez-en un, puis recommencez.", "address"
        )
    row: MailDomain = MailDomain.objects.create(territory=territory, name=name, by=by, next_at=timezone.now())
    return Recorded(row, {"name": name}, subject_of(row))


def _name(text: str) -> str:
    try:
        return domain_of(text)
    except ValueError as error:
        raise MailError(
            "Écrivez une adresse, comme mairie@votre-commune.fr, ou un nom de domaine.", "address"
        ) from error


def subject_of(row: MailDomain) -> str:
    """The subject of the ledger lines of a domain."""
    return f"mail-domain:{row.pk}"


@act(
    "mail.change",
    "changement des sélecteurs d'un domaine de messagerie",
    right=ACT,
    done="Les sélecteurs sont enregistrés : la prochaine vérification les essaie.",
)
def change_selectors(row: MailDomain, by: Person, selectors: str) -> Recorded[MailDomain]:
    """Declare the DKIM selectors of a domain, separated by spaces or commas."""
    wanted = list(dict.fromkeys(filter(None, re.split(r"[\s,;]+", selectors.strip().lower()))))
    wrong = next((each for each in wanted if not _SELECTOR.fullmatch(each)), "")
    if wrong:
        raise MailError(
            f"« {wrong[:80]} » n'est pas un sélecteur. Écrivez le mot seul, comme « selector1 », sans le domaine.",
            "selectors",
        )
    if len(wanted) > MOST_SELECTORS:
        raise MailError(f"Donnez {MOST_SELECTORS} sélecteurs au plus.", "selectors")
    row.selectors = wanted
    row.save(update_fields=["selectors"])
    return Recorded(row, {"selectors": wanted}, subject_of(row))


@act(
    "mail.withdraw",
    "retrait d'un domaine de messagerie",
    right=ACT,
    label="Ne plus le vérifier",
    done=lambda it: f"{readable(it.name)} n'est plus vérifié. Ses vérifications passées restent ici.",
)
def withdraw(row: MailDomain, by: Person) -> Recorded[MailDomain] | Unchanged[MailDomain]:
    """Stop checking a domain; its checks stay."""
    if row.until is not None:
        return Unchanged(row)
    row.until, row.next_at = timezone.now(), None
    row.save(update_fields=["until", "next_at"])
    return Recorded(row, {"name": row.name}, subject_of(row))


@act(
    "mail.attest",
    "attestation du second facteur des boîtes de messagerie",
    right=ACT,
    done="Votre attestation est enregistrée, avec votre nom et le jour.",
)
def attest(territory: Territory, by: Person, *, state: str, day: date) -> Recorded[SecondFactor]:
    """Attest, as of a day, whether the mailboxes ask for a second factor."""
    if state not in SecondFactor.State.values:
        raise MailError("Choisissez une réponse.", "state")
    if day > timezone.localdate():
        raise MailError("Ce jour n'est pas encore venu : donnez celui où vous l'avez vu.", "day")
    row: SecondFactor = SecondFactor.objects.create(territory=territory, state=state, day=day, by=by)
    return Recorded(row, {"state": state, "day": day.isoformat()}, "mail")


def record_check(row: MailDomain, key: str, found: list[Finding], by: Person | None) -> MailCheck:
    """Store one check, once a job, and what it changes of the domain. Work of the clock or of a job: the right was asked before."""
    with transaction.atomic():
        row = MailDomain.objects.of(row.territory).select_for_update().get(pk=row.pk)
        known = known_verdicts(found, row.known)
        changed = changes(row.known, known)
        check, new = MailCheck.objects.of(row.territory).get_or_create(
            key=key,
            defaults={
                "territory": row.territory,
                "domain": row,
                "findings": [each.model_dump(mode="json") for each in found],
                "changes": changed,
                "by": by,
            },
        )
        if new:
            row.worsened, row.known = worsened(row.worsened, changed, known), known
            row.checked_at = check.at
            row.save(update_fields=["worsened", "known", "checked_at"])
    return check
