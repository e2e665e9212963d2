"""Carrying a system from gate to gate in tests, by the real services: what each questionnaire, office and person answers.

`carry(use, "sandbox")` does all that the steps up to there ask; the answers are invented and complete.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust.legal import services as legal
from beffroi.web.workshop import manifests, services
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import Examination, Option, Origin, Run, SystemUse
from places import a_person
from replay import replayed
from trust.answering import answers as answering

ORDER = (State.IDEA, State.CHECKED, State.SANDBOX, State.PRODUCTION, State.REVIEWED)
WHY = "Décidé en réunion le 12 novembre 2026."

NEED: dict[str, Any] = {
    "problem": "8 % des repas préparés sont jetés chaque jour.",
    "benefit": "Moins de restes à jeter, sans enfant sans repas.",
    "losers": "Personne : la marge reste choisie par la cuisine.",
    "indicator": "part des repas jetés",
    "indicator_unit": "% des repas",
    "indicator_today": "8,1",
    "indicator_source": "14 écoles, année 2025-2026, relevé des cuisines",
    "indicator_target": "6,5",
    "indicator_by": "2027-07-01",
    "without": "Appeler les écoles chaque matin\nReprendre la moyenne du mois",
    "without_limit": "La moyenne du mois jette 7,9 % des repas, compté en octobre.",
    "smaller": "Une régression simple, comparée au modèle retenu.",
    "worth": "Les repas servis sont déjà relevés pour la facture.",
    "conclusion": "ai",
}
SUPPLIER: dict[str, Any] = {
    "how": "Reçoit la voix, la transcrit, reconnaît la demande et répond.",
    "who": "Éditeur d'essai, Lyon ; transcription sous-traitée à Brno.",
    "labour": "Le fournisseur ne répond pas sur les annotateurs.",
    "training": "Enregistrements de centres d'appels français, 2019 à 2024.",
    "reuse": "no",
    "bias": "Accents mesurés : écart de 4 points, déclaré.",
    "error": "12 % de demandes mal comprises sur 3 000 appels, déclaré.",
    "verifiable": "yes",
    "retrainable": "Correction des intentions en deux jours, comprise dans le prix.",
    "stoppable": "yes",
    "exportable": "yes",
    "explained": "La demande reconnue est dite à l'appelant, qui peut la corriger.",
    "energy": "Le fournisseur ne répond pas.",
    "certificate": "aucun certificat",
    "answered_by": "Direction commerciale, par courriel",
    "answered_on": "2026-11-02",
}
SOVEREIGNTY: dict[str, Any] = {
    "hosting": "Roubaix, hébergeur français",
    "foreign_law": "no",
    "offline": "On revient à l'accueil par un agent.",
    "dependencies": "transcription | agent d'accueil\nhébergement | autre hébergeur, même contrat type",
    "closes": "Le contrat s'arrête sans frais et l'accueil revient aux agents.",
    "dearer": "Aujourd'hui 400 € par mois ; au double, on arrête.",
    "replace_days": "30",
    "licence_copy": "Dossier marchés, 2026-17",
}


def sandbox(**changes: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=200)).isoformat(),
        "volunteers": "Cantine Jean-Moulin, accord du 12/10/2026",
        "informed": "Affiche à l'entrée, le 20/10/2026.",
        "criterion": "Moins de 6 % de repas jetés, sans manque.",
        "stop_when": "Trois jours de repas manquants dans la même école.",
        "fallback": "La cuisine commande comme avant.",
    } | changes


TRIAL: dict[str, Any] = {
    "found": "5,4 % de repas jetés en six semaines, 3 écoles.",
    "reached": "yes",
    "stop_met": "no",
    "volunteers_say": "La cuisine s'en sert chaque lundi.",
    "conclusion": "go_on",
}


def review(**changes: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "held_on": today.isoformat(),
        "present": "Responsable de la restauration\nDélégué à la protection des données",
        "use": "La cuisine l'ouvre chaque lundi et suit quatre propositions sur cinq.",
        "indicator_now": "6,8",
        "overrides": "Les sorties scolaires manquent au système.",
        "complaints": "Aucune.",
        "footprint": "Quelques wattheures par semaine pour 300 repas sauvés.",
        "worth_it": "yes",
        "conclusion": "go_on",
        "next_on": (today + timedelta(days=180)).isoformat(),
    } | changes


type Who = Callable[[str], Person]


def executed(use: SystemUse, by: Person, verb: str, **more: Any) -> Run:
    """A run of the system as it is installed, for the tests of what follows from it."""
    return _executed(manifests.of(use).version, use, by, verb, **more)


@replayed
def _executed(version: str, use: SystemUse, by: Person, verb: str, **more: Any) -> Run:
    return services.execute(use, by, verb, **more)


def somebody(territory: Territory, role: str) -> Person:
    """The first person who has this role in tests, made if there is none."""
    held = Person.objects.filter(email=f"{role}@example.org").first()
    return held or a_person(territory, role)


def carry(use: SystemUse, to: str, *, who: Who | None = None, mark: str = "") -> SystemUse:
    """Take every step from where the system is to `to`; what a step asks is answered just before, with `mark` in it."""
    _carried(use, to, who, mark)
    use.refresh_from_db()
    use.territory.refresh_from_db()
    return use


@replayed
def _carried(use: SystemUse, to: str, who: Who | None, mark: str) -> None:
    for state in ORDER[ORDER.index(State(use.state)) + 1 : ORDER.index(State(to)) + 1]:
        prepare(use, state, who=who, mark=mark)
        step(use, state, f"{WHY} {mark}", who=who)


def step(use: SystemUse, state: str, reason: str = WHY, *, who: Who | None = None) -> None:
    """One step, by somebody who may take it."""
    role = "decider" if state in (State.SANDBOX, State.PRODUCTION, State.REVIEWED) else "supervisor"
    services.advance(use, _who(use, who)(role), state, reason=reason)
    use.refresh_from_db()


def _who(use: SystemUse, who: Who | None) -> Who:
    return who or (lambda role: somebody(use.territory, role))


def prepare(use: SystemUse, state: str, *, who: Who | None = None, mark: str = "") -> None:
    """Answer all that the entrance of this state asks."""
    by = _who(use, who)("supervisor")
    if state == State.CHECKED:
        services.answer(use, by, "need", NEED | {"problem": f"{NEED['problem']} {mark}"})
        if use.origin != Origin.OURS:
            services.answer(use, by, "supplier", SUPPLIER | {"how": f"{SUPPLIER['how']} {mark}"})
            services.answer(use, by, "sovereignty", SOVEREIGNTY)
        if use.declared:
            count(use, by, f"Accueil par un agent {mark}", False, 62.0)
            count(use, by, f"Robot d'accueil {mark}", True, 80.0, how=Option.How.DECLARED)
        law(use, who)
    elif state == State.SANDBOX:
        supervise(use, by, _who(use, who)("administrator"), mark)
        services.answer(use, by, "sandbox", sandbox())
    elif state == State.PRODUCTION:
        services.answer(use, by, "trial", TRIAL)
        if use.declared:
            count(use, by, f"Robot d'accueil, chez nous {mark}", True, 71.0)
        else:
            services.execute(use, by, "run")
            examined(use, by)
        if not use.territory.contact:
            Territory.objects.filter(pk=use.territory_id).update(contact="Mairie, 1 place de l'Essai")
            use.territory.refresh_from_db()
    elif state == State.REVIEWED:
        services.answer(use, by, "review", review())


def examined(use: SystemUse, by: Person, tier: str = "silver", *, at: datetime | None = None) -> None:
    """An examination of the installed version, as the job keeps it: tests/workshop/test_quality.py runs the real one."""
    version = manifests.of(use).version
    Examination.objects.create(
        territory=use.territory,
        use=use,
        version=version,
        tier=tier,
        report={"points": []},
        key=uuid.uuid4().hex,
        by=by,
        at=at or timezone.now(),
    )


def count(use: SystemUse, by: Person, name: str, with_ai: bool, value: float, how: str = "observed") -> None:
    services.record(
        use,
        by,
        name=name,
        with_ai=with_ai,
        value=value,
        sample=240,
        period="octobre 2026",
        method="240 appels écoutés par deux agents.",
        how=how,
    )


def supervise(use: SystemUse, by: Person, administrator: Person, mark: str = "") -> None:
    """A supervisor, trained by who answers for roles."""
    if use.supervisor_id is None:
        services.supervise(use, by, by)
    today = timezone.localdate()
    services.train(
        use.territory,
        administrator,
        use.supervisor or by,
        title=f"Superviser un service d'IA {mark}",
        trainer="Centre de formation d'essai",
        proof="attestation n° 1",
        passed_on=today - timedelta(days=30),
        until=today + timedelta(days=700),
    )


def law(use: SystemUse, who: Who | None = None, **answers: str) -> None:
    """What the trust room asks: every question, the least risky answer but those given."""
    legal.answer(
        use, _who(use, who)("dpo"), answering(**answers), signed_role="Déléguée à la protection des données"
    )
