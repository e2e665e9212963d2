"""Steps of a publication request, each written once, with its line of the ledger: requested, advised, decided, withdrawn.

In: a dataset of personal data, or a request, and the person who acts. Raises PermissionDenied or PublicationError, in French.
The same person never gives the DPO's opinion and the decision. Whoever requested decides only where nobody else can: it is
recorded, and the public page says so.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from beffroi.recipes.french import join_words
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Membership, Person
from beffroi.web.platform.rights import may, people_who_may, require
from beffroi.web.platform.rights.active_roles import authority, clear_cache
from beffroi.web.tenancy import hosting
from beffroi.web.ui.formats import french_date

from ..errors import PublicationError
from ..lifecycle.dataset_cards import missing_to_publish
from ..models import Dataset
from ..signals import withdrawn
from . import authorisations, restrictions
from .authorisations import ADVISE, DECIDE, PUBLISH
from .grounds import categories
from .models import PublicationRequest

Ground, Opinion, Outcome = (
    PublicationRequest.Ground,
    PublicationRequest.Opinion,
    PublicationRequest.Outcome,
)
LEAST_LETTERS: Final = 12
"""Of the reasons of an opinion or a decision: shorter ones give none."""
_DECIDED = ("outcome", "decision_reason", "decided_as", "decided_by", "decided_at", "decided_by_requester")


def obstacle(dataset: Dataset) -> str:
    """Why no publication of this dataset may be requested nor decided, in French; empty where one may."""
    if hosting.in_preparation(dataset.territory):
        return hosting.preparation_notice(dataset.territory)
    if not dataset.opens_by_decision:
        return f"« {dataset.title} » ne contient pas de données personnelles : publiez-le depuis sa page."
    if dataset.protects and dataset.sensitivity != Dataset.Sensitivity.PERSONAL:
        return f"« {dataset.title} » ne peut pas être publié. {restrictions.protection_reason(dataset)}"
    if restriction := restrictions.restriction_of(dataset):
        return f"« {dataset.title} » ne peut pas être publié. {restriction}"
    if dataset.current is None:
        return f"« {dataset.title} » est vide : versez un fichier avant de demander sa publication."
    if lacking := missing_to_publish(dataset):
        return f"Il manque à la fiche de « {dataset.title} » {', '.join(lacking)}. Complétez-la d'abord."
    return ""


def request_publication(
    dataset: Dataset,
    person: Person,
    *,
    ground: str,
    reason: str,
    columns: Sequence[str],
    category: str = "",
    evidence: str = "",
) -> PublicationRequest:
    """Ask the DPO, then the controller, to publish these columns of a personal dataset."""
    require(person, PUBLISH, dataset)
    with transaction.atomic():
        if found := obstacle(dataset):
            raise PublicationError(f"{found} Rien n'a été demandé.")
        if authorisations.open_request(dataset) is not None:
            raise PublicationError(
                f"Une demande est déjà en cours pour « {dataset.title} ». Retirez-la d'abord, puis demandez à nouveau."
            )
        if not reason.strip():
            raise PublicationError("Dites pourquoi publier ces données. Rien n'a été demandé.", "reason")
        evidence = _checked_evidence(dataset, ground, category, evidence)
        request = PublicationRequest.objects.create(
            territory=dataset.territory,
            dataset=dataset,
            ground=ground,
            category=category if ground == Ground.TEXT else "",
            evidence=evidence,
            columns=_checked_columns(dataset, columns),
            reason=reason.strip(),
            requested_by=person,
        )
        _record(
            request,
            "publication.request",
            person,
            ground=ground,
            category=request.category,
            columns=request.columns,
        )
    return request


def _checked_evidence(dataset: Dataset, ground: str, category: str, evidence: str) -> str:
    """What proves the ground, in words."""
    if ground not in Ground.values:
        raise PublicationError("Choisissez ce qui permet de publier. Rien n'a été demandé.", "ground")
    if ground == Ground.ANONYMISED:
        analysis = authorisations.anonymising_analysis(dataset)
        if not analysis:
            raise PublicationError(
                f"« {dataset.title} » n'est pas le résultat d'une analyse qui protège les petits groupes sans nommer "
                "personne. Faites-en une analyse avec une étape « Regrouper », gardez son résultat, puis demandez sa "
                "publication.",
                "ground",
            )
        return analysis
    if ground == Ground.LIFTED and not authorisations.may_be_lifted(dataset):
        raise PublicationError("Ce motif vaut pour une publication qu'une restriction a fermée.", "ground")
    if ground == Ground.TEXT and category not in categories():
        raise PublicationError("Choisissez la catégorie de documents que vise le texte.", "category")
    if not evidence.strip():
        missing = {
            Ground.TEXT: "Dites quel document c'est, et en quoi il entre dans cette catégorie.",
            Ground.CONSENT: "Dites comment les personnes ont donné leur accord, et où il est gardé.",
            Ground.LIFTED: "Dites ce qui a changé depuis la fermeture.",
        }
        raise PublicationError(f"{missing[Ground(ground)]} Rien n'a été demandé.", "evidence")
    return evidence.strip()


def _checked_columns(dataset: Dataset, columns: Sequence[str]) -> list[str]:
    current = dataset.current
    chosen = [c["name"] for c in current.columns if c["name"] in set(columns)] if current else []
    if not chosen:
        raise PublicationError("Cochez les colonnes à publier. Rien n'a été demandé.", "columns")
    if set(columns) - set(chosen):
        raise PublicationError("Une des colonnes cochées n'est pas dans ce jeu.", "columns")
    return chosen


def advise(request: PublicationRequest, person: Person, opinion: str, words: str) -> None:
    """The DPO's opinion, with its reasons. It is written once."""
    with _step(request) as row:
        require(person, ADVISE, row)
        if row.state != PublicationRequest.State.ADVICE:
            raise PublicationError("Cette demande n'attend plus d'avis. Rien n'a changé.")
        if row.requested_by_id == person.pk:
            raise PublicationError(
                "Vous avez demandé cette publication : une autre personne donne l'avis du délégué à la protection des "
                "données. Rien n'a changé."
            )
        if opinion not in Opinion.values:
            raise PublicationError("Choisissez le sens de votre avis. Rien n'a changé.", "opinion")
        _check_reasons(words, "votre avis", "words")
        row.opinion, row.opinion_words = opinion, words.strip()
        row.advised_by, row.advised_at = person, timezone.now()
        row.save(update_fields=["opinion", "opinion_words", "advised_by", "advised_at"])
        _record(row, "publication.advise", person, opinion=opinion)


def settle(request: PublicationRequest, person: Person, *, authorise: bool, reason: str = "") -> None:
    """The controller's decision, after the DPO's opinion. Authorised, the dataset is public at once."""
    clear_cache()
    with _step(request) as row:
        require(person, DECIDE, row)
        mandate = authority(person, row.territory)
        if mandate is None:
            raise PermissionDenied("Votre mandat ou votre délégation n'est plus en cours.")
        _check_decider(row, person)
        if not (authorise and row.opinion == Opinion.FAVOURABLE):
            _check_reasons(reason, "votre décision", "reason")
        if authorise:
            _check_still_publishable(row)
        row.outcome = Outcome.AUTHORISED if authorise else Outcome.REFUSED
        row.decision_reason, row.decided_as = reason.strip(), _title(mandate)
        row.decided_by, row.decided_at = person, timezone.now()
        row.decided_by_requester = row.requested_by_id == person.pk
        row.save(update_fields=list(_DECIDED))
        if not authorise:
            row.ended_at, row.ended_by = row.decided_at, person
            row.save(update_fields=["ended_at", "ended_by"])
        _record(
            row,
            "publication.decide",
            person,
            outcome=row.outcome,
            opinion=row.opinion,
            against_opinion=row.against_opinion,
            same_person=row.decided_by_requester,
        )
        if authorise:
            dataset = row.dataset
            dataset.published_at, dataset.published_by = timezone.now(), person
            dataset.save(update_fields=["published_at", "published_by"])
            _record(row, "dataset.publish", person, licence=dataset.licence, ground=row.ground)


def _check_reasons(text: str, of: str, field: str) -> None:
    if sum(letter.isalpha() for letter in text) < LEAST_LETTERS:
        raise PublicationError(
            f"Dites les raisons de {of}, en {LEAST_LETTERS} lettres au moins : elles restent. Rien n'a changé.",
            field,
        )


def _check_decider(row: PublicationRequest, person: Person) -> None:
    state = PublicationRequest.State(row.state)
    if state == PublicationRequest.State.ADVICE:
        raise PublicationError(
            "L'avis du délégué à la protection des données vient avant la décision. Rien n'a changé."
        )
    if state != PublicationRequest.State.DECISION:
        raise PublicationError("Cette demande n'attend plus de décision. Rien n'a changé.")
    if row.advised_by_id == person.pk:
        raise PublicationError("Vous avez donné l'avis : une autre personne décide. Rien n'a changé.")
    if others := who_decides_instead(row, person):
        raise PublicationError(
            f"Vous avez demandé cette publication : une autre personne décide. {join_words(others, 'ou')} le peut. "
            "Rien n'a changé."
        )


def _check_still_publishable(row: PublicationRequest) -> None:
    if found := obstacle(row.dataset):
        raise PublicationError(f"{found} Rien n'a changé.")
    if row.ground == Ground.ANONYMISED and authorisations.anonymising_analysis(row.dataset) != row.evidence:
        raise PublicationError(
            f"L'analyse dont vient « {row.dataset.title} » a changé depuis la demande. Refusez : une autre demande peut "
            "suivre. Rien n'a changé."
        )


def who_decides_instead(request: PublicationRequest, person: Person) -> list[str]:
    """Names of those who may decide in the place of whoever requested; empty where it was another, or nobody may."""
    if request.requested_by_id != person.pk:
        return []
    others = people_who_may(DECIDE, request.territory)
    return [str(one) for one in others if one.pk not in (person.pk, request.advised_by_id)]


def withdraw(request: PublicationRequest, person: Person, reason: str) -> None:
    """Take back a request, or close what was authorised: who may publish the dataset does, or who decides."""
    with _step(request) as row:
        if not may(person, PUBLISH, row.dataset):
            require(person, DECIDE, row)
        if row.ended_at is not None:
            return
        if not reason.strip():
            raise PublicationError("Dites pourquoi. Rien n'a changé.", "reason")
        if row.outcome:
            authorisations.close(row.dataset, person, reason.strip())
        else:
            authorisations.end(row, person, reason.strip())
    withdrawn.send(Dataset, dataset=row.dataset)


@contextmanager
def _step(request: PublicationRequest) -> Iterator[PublicationRequest]:
    """The request as it is now, locked while one step is written."""
    rows = PublicationRequest.objects.of(request.territory).select_related("dataset__territory", "territory")
    with transaction.atomic():
        yield rows.select_for_update(of=("self",)).get(pk=request.pk)


def _record(request: PublicationRequest, act: str, person: Person, **details: Any) -> None:
    """One line of the ledger, about the dataset."""
    ledger.append(
        request.territory, act, person, f"dataset:{request.dataset_id}", {"request": request.pk, **details}
    )


def _title(mandate: Membership) -> str:
    """Under which title the person decides: the deed and its day."""
    if (delegation := mandate.delegation) is not None:
        return (
            f"par délégation, {delegation.legal_act_reference} du {french_date(delegation.legal_act_date)}"[
                :300
            ]
        )
    day = f" du {french_date(mandate.legal_act_date)}" if mandate.legal_act_date else ""
    return f"{mandate.legal_act_reference}{day}"[:300]
