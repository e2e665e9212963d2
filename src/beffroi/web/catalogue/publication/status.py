"""Status of a personal dataset towards the public: where its publication is, and who acts next.

In: a dataset and its reader. Out: sentences in French and what this reader may do now.
"""

from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from beffroi.recipes.french import join_words
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import may, people_who_may
from beffroi.web.ui.formats import french_date

from ..models import Dataset
from . import authorisations, workflow
from .models import PublicationRequest

State = PublicationRequest.State
STEPS: Final = ("Demande", "Avis du délégué (DPO)", "Décision de l'élu", "Publié")
NOBODY: Final = {
    authorisations.ADVISE: "Personne n'a ce rôle ici. Toute collectivité désigne un délégué à la protection des données "
    "(RGPD, article 37) : l'administrateur peut inviter le vôtre, ou celui de votre centre de gestion.",
    authorisations.DECIDE: "Personne n'a ce rôle ici : l'administrateur peut inviter un élu ou son délégataire.",
}


@dataclass(frozen=True)
class PublicationStatus:
    """`step`: from 1, in `STEPS`; `does`: the next act that this reader may do (request, advise, decide), empty else."""

    request: PublicationRequest | None
    step: int
    label: str
    kind: str
    sentence: str
    next_step: str = ""
    does: str = ""

    @property
    def action(self) -> str:
        actions = {"request": "Demander sa publication", "advise": "Donner votre avis", "decide": "Décider"}
        return actions.get(self.does, "")


def _why_closed(dataset: Dataset) -> str:
    if dataset.restricted_at is None:
        return "Ces données portent sur des personnes : le public ne les lit pas."
    day = french_date(timezone.localdate(dataset.restricted_at))
    return f"La publication s'est fermée le {day}. {dataset.restricted_reason}"


def publication_status(dataset: Dataset, person: Person) -> PublicationStatus:
    """Where the publication of this dataset is, which opens by a decision, for this reader."""
    request = authorisations.open_request(dataset)
    if request is None:
        does = "request" if may(person, authorisations.PUBLISH, dataset) else ""
        who = "" if does else "La demande vient de qui publie ce jeu."
        return PublicationStatus(
            None,
            1,
            "fermé au public",
            "plain",
            _why_closed(dataset),
            who,
            does,
        )
    if request.state == State.AUTHORISED:
        day = french_date(timezone.localdate(request.decided_at))
        return PublicationStatus(request, 4, "publié", "info", f"Publié par décision du {day}.")
    advised = request.state == State.DECISION
    act = authorisations.DECIDE if advised else authorisations.ADVISE
    day = french_date(timezone.localdate(request.advised_at if advised else request.requested_at))
    sentence = (
        f"Avis {request.get_opinion_display()} du délégué, le {day}."
        if advised
        else f"Publication demandée le {day}."
    )
    label = "attend la décision de l'élu" if advised else "attend l'avis du délégué (DPO)"
    away = {request.advised_by_id} if advised else {request.requested_by_id}
    people = [one for one in people_who_may(act, dataset.territory) if one.pk not in away]
    assigned_to_me = person.pk in {one.pk for one in people} and not (
        advised and workflow.who_decides_instead(request, person)
    )
    names = [str(one) for one in people if one.pk != person.pk]
    others = f"C'est à {join_words(names, 'ou')}." if names else NOBODY[act]
    turn = "C'est à vous." if assigned_to_me else others
    does = ("decide" if advised else "advise") if assigned_to_me else ""
    return PublicationStatus(request, 3 if advised else 2, label, "warn", sentence, turn, does)
