"""Contesting a decision, with or without an account, and the answer of a person: the only writers of contestations.

In: what somebody wrote, on the public page, by letter or at the desk. Out: a row and a code that follows it, told once and
kept as a hash. The clock is that of articles L231-4 and L411-7 of the CRPA: two months, indicative.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from beffroi.hashing import hash_secret, text_sha256
from beffroi.recipes.french import join_words
from beffroi.web.catalogue.sources.fetch_schedules import in_month
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import active_roles, may, require

from . import deciders, references, words
from .errors import AlreadyReceived, DecisionError
from .machines import by_a_person_only
from .models import Contestation, FormerTie, Proposal

MONTHS = 2
OLDEST = 2  # years between the day that it came and the day that an agent writes it down: beyond, it is likelier a slip
RETENTION = timedelta(days=365)  # after the answer, then texts and coordinates are erased
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none is taken for another
State = Contestation.State


@dataclass(frozen=True)
class Submission:
    """What somebody said: everything but what is contested may be left empty."""

    about: str
    contested: str
    requested_remedy: str = ""
    name: str = ""
    answer_by: str = Contestation.AnswerBy.TRACKING
    contact: str = ""
    reference: str = ""
    system: str = ""


@dataclass(frozen=True)
class Receipt:
    """A contestation, and its code: this is the only time that it is told."""

    contestation: Contestation
    code: str


def submit(territory: Territory, submission: Submission, *, key: str) -> Receipt:
    """From the public page. `key`: of the form as it was shown; sent twice, it makes one contestation and one code."""
    return _receive(territory, submission, Contestation.Channel.WEB, timezone.now(), key, None)


def write_down(
    territory: Territory, person: Person, submission: Submission, *, channel: str, received: date, key: str
) -> Receipt:
    """An agent writes down what came by letter, by telephone or at the desk; the receipt is for the person concerned."""
    require(person, "contestation.answer", territory)
    if channel not in Contestation.Channel.values or channel == Contestation.Channel.WEB:
        raise DecisionError("Dites comment elle vous est parvenue. Rien n'a été enregistré.", "channel")
    if received > timezone.localdate():
        raise DecisionError(
            "La date de réception est à venir. Corrigez-la. Rien n'a été enregistré.", "received"
        )
    if received < _first(timezone.localdate()):
        raise DecisionError(
            f"La date de réception a plus de {OLDEST} ans. Vérifiez l'année ; si elle est juste, inscrivez la date "
            "d'aujourd'hui et dites la vraie date dans le texte. Rien n'a été enregistré.",
            "received",
        )
    at = timezone.make_aware(datetime.combine(received, datetime.min.time()))
    return _receive(territory, submission, channel, at, key, person)


def _receive(
    territory: Territory, submission: Submission, channel: str, at: datetime, key: str, person: Person | None
) -> Receipt:
    if not submission.contested.strip() or not submission.about.strip():
        raise DecisionError("Dites de quoi il s'agit et ce que vous contestez.", "contested")
    code = _code(territory, key)
    found = references.find(territory, submission.reference)
    fields = {
        "channel": channel,
        "system": submission.system[:60],
        "reference": submission.reference.strip()[:60],
        "about": submission.about.strip(),
        "contested": submission.contested.strip(),
        "requested_remedy": submission.requested_remedy.strip(),
        "name": submission.name.strip(),
        "answer_by": submission.answer_by,
        "contact": submission.contact.strip(),
    }
    with transaction.atomic():
        row, made = Contestation.objects.of(territory).get_or_create(
            digest=hash_secret(code),
            defaults={
                **fields,
                "territory": territory,
                "received_at": at,
                "due_on": _due(timezone.localdate(at)),
                "recorded_by": person,
                "proposal": found.proposal if found else None,
            },
        )
        if made:
            details = {
                "channel": channel,
                "due_on": row.due_on.isoformat(),
                # The words name people: the chain commits to them without holding them.
                "sha256": _sha(row.about, row.contested, row.requested_remedy),
            }
            ledger.append(territory, "contestation.receive", person, _subject(row), details)
    if not made and any(getattr(row, name) != value for name, value in fields.items()):
        raise AlreadyReceived(
            f"Le premier envoi de cette page est déjà enregistré, sous le code {code} : gardez-le. Ce que vous avez changé "
            "depuis ne l'est pas encore. Il est toujours ci-dessous : envoyez-le de nouveau, ce sera une seconde "
            "contestation, avec son propre code."
        )
    return Receipt(row, code)


def find(territory: Territory, code: str) -> Contestation | None:
    """The contestation that this code follows; spaces, dashes and small letters are forgiven."""
    letters = "".join(letter for letter in code.upper() if letter in LETTERS)
    if len(letters) != 16:
        return None
    rows = Contestation.objects.of(territory).filter(digest=hash_secret(_grouped(letters)))
    row: Contestation | None = rows.first()
    return row


def take_in_hand(contestation: Contestation, person: Person) -> None:
    """Say who looks into it; another may take it over."""
    with transaction.atomic():
        row = _open(contestation, person)
        row.state, row.handler, row.taken_at = State.IN_HAND, person, row.taken_at or timezone.now()
        row.save(update_fields=["state", "handler", "taken_at"])
        ledger.append(row.territory, "contestation.take", person, _subject(row), {})


def tie(contestation: Contestation, person: Person, proposal: Proposal | None) -> None:
    """Say which proposal it is about (None: none that is here). What it was tied to before is kept."""
    with transaction.atomic():
        row = _open(contestation, person)
        if proposal is not None and proposal.territory_id != row.territory_id:
            raise DecisionError("Cette proposition n'est pas de ce territoire. Rien n'a été enregistré.")
        if proposal is not None and proposal.offence and not may(person, "offence.read", row):
            raise DecisionError("Aucune décision d'ici ne porte cette référence. Rien n'a été enregistré.")
        if not _may_tie(row, person, proposal):
            raise DecisionError(
                "Vous avez pris part à la décision contestée : une autre personne change ce rapprochement. Si ce n'est pas la "
                "bonne décision, dites-le à un collègue. Rien n'a été enregistré.",
                "found",
            )
        former = row.proposal_id
        if former is not None and former != (proposal.pk if proposal else None):
            FormerTie.objects.create(territory=row.territory, contestation=row, proposal_id=former, by=person)
        row.proposal = proposal
        row.save(update_fields=["proposal"])
        details = {"proposal": proposal.pk if proposal else None, "former": former}
        ledger.append(row.territory, "contestation.tie", person, _subject(row), details)


def _may_tie(row: Contestation, person: Person, proposal: Proposal | None) -> bool:
    """Who took part in a decision does not untie it, nor leave the one that is named for another."""
    if person.pk not in deciders.deciders_of(row):
        return True
    key = proposal.pk if proposal else None
    return key == row.proposal_id if row.proposal_id else key in deciders.concerned_proposals(row)


def answer(
    contestation: Contestation,
    person: Person,
    outcome: str,
    text: str,
    learned: str = "",
    *,
    untied_reason: str = "",
) -> None:
    """A person answers, in their own words; where an error is confirmed, they say what is learned from it.

    `untied_reason`: why no decision of the territory is concerned, where none is tied. Raises PermissionDenied or DecisionError: a
    program never answers.
    """
    with transaction.atomic():
        row = _open(contestation, person)
        if colleagues := deciders.who_answers_instead(row, person):
            raise DecisionError(
                f"Vous avez pris part à la décision contestée : une autre personne répond. {join_words(colleagues, 'ou')} "
                "le peut. Rien n'a été enregistré."
            )
        if row.proposal_id is None and not words.has_own_words(untied_reason, [row.contested]):
            raise DecisionError(
                "Rapprochez d'abord cette contestation de la décision, ou dites en une phrase pourquoi aucune décision d'ici "
                "n'est concernée. Rien n'a été enregistré.",
                "untied_reason",
            )
        if outcome not in Contestation.Outcome.values:
            raise DecisionError("Dites si l'erreur est confirmée. Rien n'a été enregistré.", "outcome")
        copied = [str(reason) for reason in row.proposal.reasons] if row.proposal else []
        if not words.is_own(text, [*copied, row.contested]):
            raise DecisionError(
                f"Répondez avec vos propres mots, en {words.LEAST} caractères au moins, sans recopier les raisons du "
                "système. Ce que vous avez saisi est conservé ; rien n'a été enregistré.",
                "answer",
            )
        if outcome != Contestation.Outcome.NOT and not learned.strip():
            raise DecisionError(
                "L'erreur est confirmée : dites ce que la collectivité en apprend, sans nommer personne. "
                "Rien n'a été enregistré.",
                "learned",
            )
        row.state, row.outcome = State.ANSWERED, outcome
        row.answer, row.learned = text.strip(), learned.strip()
        row.untied_reason = untied_reason.strip() if row.proposal_id is None else None
        row.answered_by_decider = deciders.answers_as_decider(row, person)
        row.handler, row.taken_at = row.handler or person, row.taken_at or timezone.now()
        row.answered_by, row.answered_at = person, timezone.now()
        row.save()
        details = {
            "outcome": outcome,
            "late": row.late,
            "same_person": row.answered_by_who_decided,
            "tied": row.proposal_id is not None,
            "sha256": _sha(row.answer, row.learned),
        }
        ledger.append(row.territory, "contestation.answer", person, _subject(row), details)


def self_answered(territory: Territory) -> QuerySet[Contestation]:
    """Contestations answered by a person who had taken part in what is contested."""
    of_decision = Q(answered_by=F("proposal__decision__person")) | Q(
        answered_by=F("proposal__decision__second_reader")
    )
    rows: QuerySet[Contestation] = Contestation.objects.of(territory).filter(
        Q(answered_by_decider=True) | Q(answered_by_decider=None) & of_decision, state=State.ANSWERED
    )
    return rows


def untied_answered(territory: Territory) -> QuerySet[Contestation]:
    """Contestations answered as being about no decision of the territory."""
    rows: QuerySet[Contestation] = Contestation.objects.of(territory).filter(
        state=State.ANSWERED, proposal=None
    )
    return rows


def count_self_answered(territory: Territory) -> int:
    return self_answered(territory).count()


def count_untied_answered(territory: Territory) -> int:
    return untied_answered(territory).count()


def erase_old() -> int:
    """Erase what names people in the contestations answered a year ago, everywhere: called by the house's clock."""
    with scope.host():
        territories = list(Territory.objects.all())
    count = 0
    for territory in territories:
        with scope.inside(territory), transaction.atomic():
            old = Contestation.objects.of(territory).filter(
                state=State.ANSWERED, erased_at=None, answered_at__lt=timezone.now() - RETENTION
            )
            lines = [ledger.NewLine("contestation.erase", None, _subject(row), {}) for row in old]
            count += old.update(
                about="", contested="", requested_remedy="", name="", contact="", reference="", answer="",
                untied_reason=None, erased_at=timezone.now(),
            )  # fmt: skip
            ledger.append_many(territory, lines)
    return count


def _due(day: date) -> date:
    """The same day two months later, or the last of that month."""
    return in_month(day.year, day.month + MONTHS, day.day)


def _first(day: date) -> date:
    """The first day that an agent may say something came."""
    return in_month(day.year - OLDEST, day.month, day.day)


def _open(contestation: Contestation, person: Person) -> Contestation:
    """The row, held, for who may answer."""
    active_roles.clear_cache()
    require(person, "contestation.answer", contestation)
    by_a_person_only("La contestation attend la réponse d'une personne.")
    rows = Contestation.objects.of(contestation.territory).select_for_update()
    row: Contestation = rows.get(pk=contestation.pk)
    if not row.open:
        raise DecisionError(
            "Cette contestation a déjà sa réponse : elle est définitive. Rien n'a été enregistré."
        )
    return row


def may_answer(person: Person, territory: Territory) -> bool:
    return may(person, "contestation.answer", territory)


def _code(territory: Territory, key: str) -> str:
    """Sixteen letters in four groups, made of the form's key: what a lost answer made once, the next one tells again."""
    digest = salted_hmac(
        "beffroi.decisions.contestation", f"{territory.pk}:{key}", algorithm="sha256"
    ).digest()
    number, letters = int.from_bytes(digest, "big"), []
    for _ in range(16):
        number, rest = divmod(number, len(LETTERS))
        letters.append(LETTERS[rest])
    return _grouped("".join(letters))


def _grouped(letters: str) -> str:
    return "-".join(letters[n : n + 4] for n in range(0, 16, 4))


def _sha(*texts: str) -> str:
    return text_sha256("\0".join(texts))


def _subject(row: Contestation) -> str:
    return f"contestation:{row.pk}"
