"""Give an address to a third party, receive what it writes, take it or leave it: the only writers of these rows."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from beffroi.guides import Guide, Register
from beffroi.guides.questionnaire import AnswersError, Fault
from beffroi.guides.questions import AnswerError
from beffroi.guides.register import TableRead, read_entry, read_table
from beffroi.hashing import hash_secret, json_sha256
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform import ledger
from beffroi.web.platform.feature_switches import act_is_open
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory

from .. import tables
from ..domains import domain_of
from ..errors import FaultsError, GuideError, RowsError
from ..library import library
from ..models import Evidence, FollowedAction, Response
from ..services import evidence, registers, responses
from ..services.access import require_answer
from .models import Contribution, ContributionLink

LONGEST: Final = timedelta(days=184)
MOST_WAITING: Final = 20
"""Contributions of one address that nobody has looked at yet."""
MOST_ENTRIES: Final = 200
MOST_BYTES: Final = 100 << 20
"""Of the files of one address that nobody has looked at yet."""
type Files = Mapping[str, UploadedFile]
"""Files by the question that they answer; "" for an action."""


def create_link(
    territory: Territory,
    by: Person,
    guide: Guide,
    name: str,
    until: date,
    response: Response | None = None,
    action: FollowedAction | None = None,
) -> tuple[ContributionLink, str]:
    """An address for this guide and its secret, shown this once. Raises GuideError."""
    require_answer(by, guide, territory)
    today, name = timezone.localdate(), strip_invisible(name).strip()
    if not name:
        raise GuideError("Dites pour qui est cette adresse.", "name")
    if not today <= until <= today + LONGEST:
        raise GuideError("Choisissez une date de fin entre aujourd'hui et dans six mois.", "until")
    if response is None and action is None and not isinstance(guide, Register):
        raise GuideError("Commencez d'abord à répondre : l'adresse ouvre vos réponses en cours.")
    if response is not None and response.closed_at is not None:
        raise GuideError(responses.CLOSED)
    secret = secrets.token_urlsafe(24)
    with transaction.atomic():
        link: ContributionLink = ContributionLink.objects.create(
            territory=territory,
            guide=guide.id,
            response=response,
            action=action,
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
    link: ContributionLink | None = rows.select_related("response__edition", "action").first()
    if link is None or not link.is_open or link.guide not in library().guides:
        return None
    if link.response is not None and link.response.closed_at is not None:
        return None
    domain = domain_of(guide_of(link))
    return link if domain is not None and act_is_open(territory, domain.answer) else None


def guide_of(link: ContributionLink) -> Guide:
    """What is filled in by this address, in the edition of its response."""
    return link.response.edition.read() if link.response is not None else library().guides[link.guide]


def outside_part(link: ContributionLink) -> Guide:
    """What this address lets a third party fill in."""
    return guide_of(link).for_outside()


def contribute(
    link: ContributionLink,
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    note: str,
    files: Files | None = None,
) -> Contribution:
    """Store what a third party brought, to be looked at. Raises FaultsError or RowsError with every fault: nothing is stored then."""
    guide, files = outside_part(link), files or {}
    if link.action is not None:
        read: Any = {}
    else:
        read = _entries(guide, values) if isinstance(guide, Register) else _answers(guide, values)
    if not (read or files or (link.action is not None and note.strip())):
        raise GuideError("Vous n'avez rien rempli : rien n'a été envoyé.")
    with transaction.atomic():
        bulk_insert.lock_chain(link.territory_id)
        _require_room(link, sum(file.size or 0 for file in files.values()))
        row: Contribution = Contribution.objects.create(
            territory=link.territory, link=link, values=read, note=strip_invisible(note).strip()[:500]
        )
        for place, file in files.items():
            evidence.receive(row, guide, file, place)
        _append(link, "contribution.receive", None, {"contribution": row.pk, "sha256": json_sha256(read)})
    return row


def contribute_file(link: ContributionLink, file: UploadedFile, note: str) -> tuple[Contribution, list[str]]:
    """Store the list that a third party brings for a register; the columns left out. See `contribute`."""
    register = outside_part(link)
    if not isinstance(register, Register):
        raise GuideError("Cette adresse n'attend pas de liste. Rien n'a été envoyé.")
    table = tables.read_upload(link.territory, register.field_of, file)
    try:
        read: TableRead = read_table(register, table.heading, table.rows, timezone.localdate(), table.lines)
    except AnswersError as error:
        raise FaultsError(error.faults) from error
    faults = read.faults + [(line, Fault("", reason)) for line, reason in table.refused]
    if faults:
        raise RowsError(sorted(faults, key=lambda each: each[0]))
    return contribute(link, read.entries, note), read.unknown_columns


def _require_room(link: ContributionLink, size: int) -> None:
    """Refuse what nobody here had the time to read."""
    waiting = link.contributions.filter(state=Contribution.State.WAITING)
    pieces = Evidence.objects.of(link.territory).filter(contribution__in=waiting)
    stored = pieces.aggregate(total=Sum("size"))["total"] or 0
    if waiting.count() >= MOST_WAITING or stored + size > MOST_BYTES:
        raise GuideError(
            "Vos envois précédents attendent d'être relus. Revenez plus tard, ou appelez la mairie."
        )


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
        if (target := link.response or link.action) is not None:
            evidence.hand_over(contribution, target, by, guide)
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
    found: Contribution = rows.select_related("link__response__edition", "link__action").get(
        pk=contribution.pk
    )
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
