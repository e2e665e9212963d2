"""An unfavourable decision on a person is prepared by one, read by another, and only then taken (article « extrême prudence »).

In: a proposal, a choice and the person's own text. Out: a `PreparedDecision` in « À relire »; the second reader confirms it,
which records the first person's decision under their mandate of that day, or gives it back with words. Raises DecisionError.
"""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from beffroi.hashing import text_sha256
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import active_roles, may, require

from .errors import DecisionError
from .judging import (
    Choice,
    act_of,
    check_text,
    decided_value,
    is_unfavourable,
    may_simulate,
    reading_act_of,
    still_open,
)
from .machines import by_a_person_only
from .models import Decision, PreparedDecision, Proposal
from .services import Reading, stated_reason, take

State = PreparedDecision.State


def prepare(proposal: Proposal, person: Person, choice: Choice) -> PreparedDecision:
    """Save an unfavourable decision for its second reading; prepared already by the same person, it is written anew."""
    require(person, act_of(proposal), proposal)
    by_a_person_only()
    if not is_unfavourable(proposal, choice.verdict, choice.unfavourable):
        raise DecisionError("Cette décision n'est pas défavorable : enregistrez-la directement.", "verdict")
    reason = stated_reason(choice)
    check_text(proposal, choice.text)
    with transaction.atomic():
        proposal = Proposal.objects.of(proposal.territory).select_for_update().get(pk=proposal.pk)
        still_open([proposal])
        may_simulate(Person.objects.get(pk=person.pk))
        prepared = open_of(proposal)
        if prepared is not None and prepared.person_id != person.pk:
            if not abandoned(prepared):
                raise DecisionError(
                    f"{prepared.person} prépare déjà une décision sur cette proposition. Rien n'a été enregistré."
                )
            _forget(prepared)
            prepared = None
        prepared = prepared or PreparedDecision(
            territory=proposal.territory, proposal=proposal, person=person, version=0
        )
        prepared.verdict, prepared.value = choice.verdict, decided_value(proposal, choice)
        prepared.confirmed, prepared.reason, prepared.text = choice.confirmed, reason, choice.text.strip()
        prepared.version += 1
        prepared.state, prepared.changed_at = State.WAITING, timezone.now()
        prepared.save()
        _line(prepared, "decision.prepare", person)
    return prepared


def withdraw(prepared: PreparedDecision, person: Person) -> None:
    """Take it back: the proposal waits as if nothing had been prepared."""
    require(person, act_of(prepared.proposal), prepared)
    with transaction.atomic():
        prepared = _still(prepared)
        if prepared.person_id != person.pk:
            raise DecisionError("Seule la personne qui a préparé cette décision peut la retirer.")
        _line(prepared, "decision.withdraw", person)
        _forget(prepared)


def give_back(prepared: PreparedDecision, reader: Person, words: str) -> None:
    """The second reader does not confirm: nothing is decided, and the first person reads why."""
    with transaction.atomic():
        prepared, reader = _to_read(prepared, reader, prepared.version)
        words = _required_words(
            words, "Dites ce qui est à revoir : la personne qui a préparé la décision le lira."
        )
        prepared.state, prepared.reader, prepared.words = State.RETURNED, reader, words
        prepared.save(update_fields=["state", "reader", "words"])
        _line(prepared, "decision.return", reader)


def confirm(prepared: PreparedDecision, reader: Person, words: str, *, version: int) -> Decision:
    """The second reader has read the whole file and confirms: the first person's decision is recorded.

    `version`: the one that was read. Raises PermissionDenied when the first person's mandate no longer stands.
    """
    with transaction.atomic():
        prepared, reader = _to_read(prepared, reader, version)
        words = _required_words(words, "Dites en une phrase ce que vous avez vérifié dans le dossier.")
        if reader.simulated != prepared.person.simulated:
            raise DecisionError("Une personne de démonstration ne relit que pour la démonstration.")
        choice = Choice(
            prepared.verdict,
            prepared.value if prepared.verdict == Decision.Verdict.CHANGE else None,
            prepared.reason,
            prepared.confirmed,
            True,
            prepared.text,
        )
        decision = take(prepared.proposal, prepared.person, choice, Reading(reader, words))
        prepared.state, prepared.reader, prepared.words = State.CONFIRMED, reader, words
        prepared.save(update_fields=["state", "reader", "words"])
        _line(prepared, "decision.confirm", reader)
    return decision


def open_of(proposal: Proposal) -> PreparedDecision | None:
    """What is being prepared on a proposal, if anything."""
    rows = PreparedDecision.objects.of(proposal.territory).select_related("person", "reader", "proposal")
    found: PreparedDecision | None = rows.filter(proposal=proposal, state__in=PreparedDecision.OPEN).first()
    return found


def abandoned(prepared: PreparedDecision) -> bool:
    """Whether the person who prepared it may no longer decide: another may then start anew."""
    return not may(prepared.person, act_of(prepared.proposal), prepared)


def to_read(territory: Territory, person: Person) -> QuerySet[PreparedDecision]:
    """What waits for a second reader who is not the one who prepared it."""
    rows: QuerySet[PreparedDecision] = PreparedDecision.objects.of(territory).filter(
        state=State.WAITING, proposal__superseded_at__isnull=True, proposal__decision__isnull=True
    )
    rows = rows.exclude(proposal__offence=True)  # read again by another authorised agent, on their own page
    return rows.exclude(person=person).select_related("person", "proposal").order_by("created_at", "pk")


def may_read(prepared: PreparedDecision, person: Person) -> bool:
    return prepared.person_id != person.pk and may(person, reading_act_of(prepared.proposal), prepared)


def _to_read(prepared: PreparedDecision, reader: Person, version: int) -> tuple[PreparedDecision, Person]:
    """Both read again inside the transaction, with the right asked again."""
    active_roles.clear_cache()
    reader = Person.objects.get(pk=reader.pk)
    require(reader, reading_act_of(prepared.proposal), prepared)
    by_a_person_only()
    prepared = _still(prepared)
    if prepared.person_id == reader.pk:
        raise DecisionError(
            "Vous avez préparé cette décision : une autre personne doit la relire. Rien n'a été décidé."
        )
    if prepared.state != State.WAITING or prepared.version != version:
        raise DecisionError(
            "Cette décision a été récrite ou rendue depuis que vous l'avez ouverte. Relisez-la. Rien n'a été décidé."
        )
    return prepared, reader


def _still(prepared: PreparedDecision) -> PreparedDecision:
    rows = PreparedDecision.objects.of(prepared.territory).select_for_update().select_related("proposal")
    found = rows.filter(pk=prepared.pk, state__in=PreparedDecision.OPEN).first()
    if found is None:
        raise DecisionError("Cette décision n'est plus en préparation : elle a été confirmée ou retirée.")
    return found


def _forget(prepared: PreparedDecision) -> None:
    """What will decide nothing keeps no words about anybody."""
    prepared.state, prepared.text, prepared.reason = State.WITHDRAWN, "", ""
    prepared.save(update_fields=["state", "text", "reason"])


def _required_words(words: str, message: str) -> str:
    words = words.strip()
    if not words:
        raise DecisionError(f"{message} Rien n'a été enregistré.", "words")
    return words


def _line(prepared: PreparedDecision, act: str, person: Person) -> None:
    details = {
        "prepared": prepared.pk,
        "version": prepared.version,
        "verdict": prepared.verdict,
        "text_sha256": text_sha256(prepared.text),
        "words_sha256": text_sha256(prepared.words),
    }
    ledger.append(prepared.territory, act, person, f"proposal:{prepared.proposal_id}", details)
