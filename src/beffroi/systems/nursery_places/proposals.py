"""What the commission is given for each request: a place or the waiting list, with reasons, evidence and the explanation due.

The reference of a file stands in the subject, the key and the case of its own proposal, and nowhere else.
"""

from typing import Any

from beffroi.systems.contract import Explanation, ProposedAct
from beffroi.systems.kit.plans.assignment import Answer, Assignment
from beffroi.systems.kit.words import fr, plural, short_day
from beffroi.systems.nursery_places.reading import SIBLING, Commission, Request

CONTRIBUTION = (
    "Le calcul additionne les points votés par le conseil et propose une place ou la liste d’attente. La commission lit cette "
    "proposition, la change si elle le juge bon, et décide seule."
)
OPERATIONS = (
    "Les points des critères remplis sont additionnés, crèche par crèche.",
    "Chaque dossier demande son premier vœu ; une crèche garde les mieux placés ; les autres demandent leur vœu suivant, et ainsi de suite.",
)


def propose(commission: Commission, assignment: Assignment, number: int, draw: int) -> ProposedAct:
    """What is proposed for the request `number`. `draw`: the number of the draw, as declared."""
    request, answers = commission.requests[number], assignment.answers(number)
    labels = [commission.places[answer.place].label for answer in answers]
    received = next((answer for answer in answers if answer.received), None)
    case = request.case if request.case.lower().startswith("dossier") else f"dossier {request.case}"
    place = commission.places[received.place] if received else None
    about = f"{place.label}, vœu {received.wish}" if received and place else "Liste d’attente"
    value = 1.0 if received else 0.0
    return ProposedAct(
        subject=f"{case[0].upper()}{case[1:]}",
        value=value,
        unit="place",
        low=value,
        high=value,
        reasons=_reasons(about, answers, labels),
        evidence={
            "points_by_criterion": {label: own for label, own, _ in _weights(commission, request)},
            "wishes": [_wish(answer, label) for answer, label in zip(answers, labels, strict=True)],
            "requested_on": request.day.isoformat(),
            "draw_result": request.draw[:16],
        },
        case=case,
        effect="favourable" if received else "unfavourable",
        key=request.case,
        place=place.nursery if place else "",
        about=about,
        explanation=_explain(commission, request, answers, labels, draw),
    )


def _points(value: float) -> str:
    return plural(value, "point", "points")


def _weights(commission: Commission, request: Request) -> list[tuple[str, float, float]]:
    """By criterion: its name, the points of this request, those that it gives."""
    voted = enumerate(commission.vote.criteria)
    return [(one.label, request.points.get(number, 0.0), one.points) for number, one in voted]


def _result(answer: Answer) -> str:
    if answer.received:
        return "place proposée"
    if answer.better_served:
        return "un vœu préféré est servi"
    return "aucune place" if answer.last_points is None else "complet"


def _reasons(about: str, answers: list[Answer], labels: list[str]) -> tuple[str, ...]:
    best = max(answer.points for answer in answers)
    found = [
        f"Proposition : {about}.",
        f"Ce dossier a {_points(best)} selon les critères votés par le conseil.",
    ]
    for answer, label in zip(answers, labels, strict=True):
        if answer.better_served:
            break
        rank = f"Rang {fr(answer.rank)} sur {plural(answer.candidates, 'demande', 'demandes')}, pour {plural(answer.capacity, 'place', 'places')}."
        why = ""
        if not answer.received and answer.last_points is not None:
            tied = " aussi, déposé avant ou tiré au sort" if answer.last_points == answer.points else ""
            why = f" La dernière place va à un dossier de {_points(answer.last_points)}{tied} ; celui-ci y a {_points(answer.points)}."
        found.append(f"Vœu {answer.wish}, {label} : {_result(answer)}.{why} {rank}")
    return tuple(found)


def _wish(answer: Answer, label: str) -> dict[str, Any]:
    return {
        "wish": answer.wish,
        "nursery": label,
        "points": answer.points,
        "rank": answer.rank,
        "candidates": answer.candidates,
        "seats": answer.capacity,
        "last_points": answer.last_points,
        "result": _result(answer),
    }


def _explain(
    commission: Commission, request: Request, answers: list[Answer], labels: list[str], draw: int
) -> Explanation:
    columns = {criterion.column for criterion in commission.vote.criteria}
    facts = ", ".join(sorted(commission.vote.labels[column] for column in columns))
    # The criteria that count for this file come first: an explanation holds a hundred of them.
    weights = sorted(_weights(commission, request), key=lambda weight: not weight[1])[:100]
    data = (
        f"La demande du {short_day(request.day)} et ses vœux (source : demandes de place).",
        f"Les faits qui donnent des points : {facts} (source : demandes de place).",
        "Les critères et leurs points (source : vote du conseil).",
        "Les places ouvertes, par crèche et par groupe (source : service de la petite enfance).",
    )
    there = {criterion.label for criterion in commission.vote.criteria if criterion.column == SIBLING}
    parameters = (
        f"{label} : {fr(own)} sur {_points(most)}{', dans la crèche du frère ou de la sœur' if label in there else ''}."
        for label, own, most in weights
    )
    met = (
        f"Vœu {answer.wish}, {label} : {_points(answer.points)}, rang {fr(answer.rank)} sur {fr(answer.candidates)}, {_result(answer)}."
        for answer, label in zip(answers, labels, strict=True)
    )
    ties = (
        f"À points égaux, la demande la plus ancienne passe d’abord ; à date égale, le tirage numéro {draw}."
    )
    return Explanation(CONTRIBUTION, data, tuple(parameters), (*OPERATIONS, ties, *met))
