"""Give an address to a third party, receive what it writes, take it or leave it: the only writers of these rows."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from beffroi.guides import Guide, Register
from beffroi.guides.questionnaire import AnswersError, Fault
from beffroi.guides.questions import AnswerError
from beffroi.guides.register import read_entry
from beffroi.hashing import hash_secret, json_sha256
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform import ledger
from beffroi.web.platform.feature_switches import act_is_open
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory

from ..domains import domain_of
from ..errors import FaultsError, GuideError, RowsError
from ..library import library
from ..models import Response
from ..services import registers, responses
from ..services.access import require_answer
from .models import Contribution, ContributionLink

LONGEST: Final = timedelta(days=184)
MOST_WAITING: Final = 20
"""Contributions of one address that nobody has looked at yet."""
MOST_ENTRIES: Final = 200


def create_link(
    territory: Territory, by: Person, guide: Guide, name: str, until: date, response: Response | None = None
) -> tuple[ContributionLink, str]:
    """An address for this guide and its secret, shown this once. Raises GuideError."""
    require_answer(by, guide, territory)
    today, name = timezone.localdate(), strip_invisible(name).strip()
    if not name:
        raise GuideError("Dites pour qui est cette adresse.", "name")
    if not today <= until <= today + LONGEST:
        raise GuideError("Choisissez une date de fin entre aujourd'hui et dans six mois.", "until")
    if response is None and not isinstance(guide, Register):
        raise GuideError("Commencez d'abord à répondre : l'adresse ouvre vos réponses en cours.")
    if response is not None and response.closed_at is not None:
        raise GuideError(responses.CLOSED)
    secret = secrets.token_urlsafe(24)
    with transaction.atomic():
        link: ContributionLink = ContributionLink.objects.create(
            territory=territory,
            guide=guide.id,
            response=response,
            name=name[:120],
            digest=hash_secret(secret),
            until=until,
            by=by,
        )
        _append(link, "contribution.link", by, {"until": until.isoformat()})
    return link, secret


def end_link(link: ContributionLink, by: Person) -> None:
    """Close the address now; what was written stays to be looked at."""
    require_answer(by, guide_of(link), link.territory)
    if link.ended_at is None:
        with transaction.atomic():
            link.ended_at = timezone.now()
            link.save(update_fields=["ended_at"])
            _append(link, "contribution.link", by, {"ended": True})


def find_open_link(territory: Territory, secret: str) -> ContributionLink | None:
    """The address of this secret, while it is open and its guide can be filled in here."""
    rows = ContributionLink.objects.of(territory).filter(digest=hash_secret(secret))
    link: ContributionLink | None = rows.select_related("response__edition").first()
    if link is None or not link.is_open or link.guide not in library().guides:
        return None
    if link.response is not None and link.response.closed_at is not None:
        return None
    domain = domain_of(guide_of(link))
    return link if domain is not None and act_is_open(territory, domain.answer) else None


def guide_of(link: ContributionLink) -> Guide:
    """What is filled in by this address, in the edition of its response."""
    return link.response.edition.read() if link.response is not None else library().guides[link.guide]


def contribute(
    link: ContributionLink, values: Mapping[str, Any] | Sequence[Mapping[str, Any]], note: str
) -> Contribution:
    """Keep what a third party wrote, to be looked at. Raises FaultsError or RowsError with every fault: nothing is kept then."""
    guide = guide_of(link)
    read = _entries(guide, values) if isinstance(guide, Register) else _answers(guide, values)
    if not read:
        raise GuideError("Vous n'avez rien rempli : rien n'a été envoyé.")
    with transaction.atomic():
        bulk_insert.lock_chain(link.territory_id)
        if link.contributions.filter(state=Contribution.State.WAITING).count() >= MOST_WAITING:
            raise GuideError(
                "Vos envois précédents attendent d'être relus. Revenez plus tard, ou appelez la mairie."
            )
        row: Contribution = Contribution.objects.create(
            territory=link.territory, link=link, values=read, note=strip_invisible(note).strip()[:500]
        )
        _append(link, "contribution.receive", None, {"contribution": row.pk, "sha256": json_sha256(read)})
    return row


def _answers(guide: Guide, values: Any) -> dict[str, Any]:
    read, faults = {}, []
    for question in responses.questions_of(guide):
        try:
            value = question.read(values.get(question.key))
        except AnswerError as error:
            faults.append(Fault(question.key, str(error)))
        else:
            read |= {} if value is None else {question.key: value}
    if faults:
        raise FaultsError(faults)
    return read


def _entries(register: Register, rows: Any) -> list[dict[str, Any]]:
    if len(rows) > MOST_ENTRIES:
        raise GuideError(f"Envoyez {MOST_ENTRIES} lignes au plus à la fois.")
    read = []
    faults: list[tuple[int, Fault]] = []
    for at, row in enumerate(rows):
        try:
            read.append(read_entry(register, row, timezone.localdate()))
        except AnswersError as error:
            faults += [(at, fault) for fault in error.faults]
    if faults:
        raise RowsError(faults)
    return read


def take(contribution: Contribution, by: Person) -> Contribution:
    """Take what was written: it becomes answers or entries of the person who takes it, who vouches for it."""
    link = contribution.link
    require_answer(by, guide_of(link), contribution.territory)
    with transaction.atomic():
        contribution = _waiting(contribution)
        guide = guide_of(link)
        if isinstance(guide, Register):
            registers.merge_entries(contribution.territory, by, guide, contribution.values)
        elif link.response is not None:
            responses.save_answers(link.response, by, contribution.values, note=f"D'après {link.name}")
        return _review(contribution, by, Contribution.State.TAKEN, "")


def refuse(contribution: Contribution, by: Person, reason: str) -> Contribution:
    """Leave what was written, with a reason that its author reads."""
    require_answer(by, guide_of(contribution.link), contribution.territory)
    reason = strip_invisible(reason).strip()
    if len(reason) < 5:
        raise GuideError("Dites en un mot pourquoi : la personne le lira.", "reason")
    with transaction.atomic():
        return _review(_waiting(contribution), by, Contribution.State.REFUSED, reason[:500])


def _waiting(contribution: Contribution) -> Contribution:
    rows = Contribution.objects.of(contribution.territory).select_for_update(of=("self",))
    found: Contribution = rows.select_related("link__response__edition").get(pk=contribution.pk)
    if found.state != Contribution.State.WAITING:
        raise GuideError("Quelqu'un a déjà relu cet envoi. Rien n'a été changé.")
    return found


def _review(contribution: Contribution, by: Person, state: str, reason: str) -> Contribution:
    contribution.state, contribution.reason = state, reason
    contribution.reviewed_by, contribution.reviewed_at = by, timezone.now()
    contribution.save(update_fields=["state", "reason", "reviewed_by", "reviewed_at"])
    _append(contribution.link, "contribution.review", by, {"contribution": contribution.pk, "state": state})
    return contribution


def _append(link: ContributionLink, act: str, by: Person | None, payload: dict[str, Any]) -> None:
    ledger.append(link.territory, act, by, f"contribution:{link.pk}", {"guide": link.guide} | payload)
