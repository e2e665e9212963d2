"""The demonstration's systems carried to their sandbox, by demonstration members: every answer says that it is an example.

In come the members, their texts and a measured use; out goes the same use in its sandbox, ready to forecast. In the invented town a bought
product is declared beside it, at the stage of an idea.
"""

from datetime import timedelta

from django.utils import timezone

from beffroi.systems.manifest import Measure
from beffroi.web.platform.models import Territory
from beffroi.web.workshop import manifests
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import Run, SystemUse

from .demonstrated_systems import DemonstrationTexts
from .legal import answer_the_law
from .members import Members

EXAMPLE = "Exemple de la démonstration"
NOT_RECOMMENDED = (
    "Démonstration : montrer la prévision bien que le service ne fasse pas mieux que la méthode sans IA."
)
_DAYS = 200


def _target(measure: Measure, today: float) -> float:
    """What the town aims at: the target of the manifest where it is better than today, else a tenth less or more."""
    if measure.prefers(measure.target, round(today, 2)):
        return measure.target
    return round(today * (0.9 if measure.better == "lower" else 1.1), 2)


def carry_to_sandbox(use: SystemUse, texts: DemonstrationTexts, members: Members, measured: Run) -> None:
    """Answer the questions of each step, then take it."""
    prepares, today, manifest = members.supervisor, timezone.localdate(), manifests.of(use)
    workshop.answer(
        use,
        prepares,
        "need",
        {
            "problem": f"{EXAMPLE} : {texts.problem}",
            "benefit": f"{EXAMPLE} : {texts.benefit}",
            "losers": f"{EXAMPLE} : {texts.losers}",
            "indicator": manifest.measure.label,
            "indicator_unit": manifest.measure.unit,
            "indicator_today": round(measured.score["baseline"], 2),
            "indicator_source": f"Référence sans IA, mesurée sur {measured.score['rows']} cas : {measured.score['held_out']}",
            "indicator_target": _target(manifest.measure, measured.score["baseline"]),
            "indicator_by": (today + timedelta(days=300)).isoformat(),
            "without": list(texts.without),
            "without_limit": f"{EXAMPLE} : la première de ces façons est la référence à laquelle le service est comparé.",
            "smaller": f"{EXAMPLE} : le service est déjà un petit modèle, sans modèle de langage.",
            "worth": f"{EXAMPLE} : {texts.worth}",
            "conclusion": "ai",
        },
    )
    workshop.answer(
        use,
        prepares,
        "mandate",
        {
            "act": "délibération inventée n° 2026-041 du conseil communautaire",
            "act_on": (today - timedelta(days=90)).isoformat(),
            "cost": 1200,
            "cost_year": today.year,
            "cost_of": "coût inventé : hébergement et deux jours de formation",
        },
    )
    answer_the_law(use, texts.law, members.steward)
    _step(use, members, State.CHECKED)
    workshop.train(
        use.territory,
        members.guide,
        members.supervisor,
        title=f"Superviser un service d'IA ({EXAMPLE.lower()})",
        trainer="formateur inventé",
        proof="attestation inventée",
        passed_on=today - timedelta(days=60),
        until=today + timedelta(days=700),
    )
    workshop.answer(
        use,
        prepares,
        "sandbox",
        {
            "starts_on": today.isoformat(),
            "ends_on": (today + timedelta(days=_DAYS)).isoformat(),
            "volunteers": [f"{EXAMPLE} : {texts.volunteers}"],
            "informed": f"{EXAMPLE} : la fiche du service est sur la page publique.",
            "criterion": f"{EXAMPLE} : mieux que la référence sans IA, à la même mesure.",
            "stop_when": f"{EXAMPLE} : {texts.stop_when}",
            "fallback": f"{EXAMPLE} : {manifest.degraded_mode}",
        },
    )
    _step(use, members, State.SANDBOX)


def _step(use: SystemUse, members: Members, state: State) -> None:
    person = members.supervisor if state == State.CHECKED else members.decider
    workshop.advance(use, person, state, reason=f"{EXAMPLE} : montrer cette étape et ses conditions.")
    use.refresh_from_db()


def declare_a_bought_one(territory: Territory, members: Members) -> SystemUse:
    """An invented product, declared without code."""
    return workshop.declare(
        territory,
        members.guide,
        workshop.Declaration(
            title="Accueil téléphonique automatique",
            supplier="Fournisseur inventé",
            product="Robot d'accueil 3 (produit inventé)",
            origin="hosted",
            purpose="Répondre aux appels simples en dehors des heures d'ouverture, et passer un agent aux autres heures.",
            helps="Les habitants qui appellent le soir, et l'accueil, qui reçoit moins d'appels répétés.",
            level="informs",
            supervisor_role="Responsable de l'accueil",
            baseline="Le répondeur, et le rappel par un agent le lendemain.",
            measure="Appels traités sans rappel",
            unit="% des appels",
            better="higher",
            target=70.0,
            data=(
                "La voix de l'appelant, pour comprendre sa demande.",
                "Les horaires des services, pour répondre.",
            ),
            limits=(
                "Comprend mal les noms de rues.",
                "Ne remplace pas un agent pour une situation difficile.",
            ),
            contest="Demandez un agent pendant l'appel, ou écrivez à l'accueil : une personne vous répond.",
            hosting="Chez le fournisseur, en France (déclaré).",
            legal_basis="Mission d'intérêt public",
            personal_data=True,
            individual_decision=False,
        ),
    )
