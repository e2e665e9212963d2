"""What the commission is given for each request: a place or the waiting list, with reasons, evidence and the explanation due.

The reference of a file stands in the subject, the key and the case of its own proposal, and nowhere else.
"""

from typing import Any

from beffroi.systems.contract import Explanation, ProposedAct
from beffroi.systems.kit.words import fr, plural, short_day
from beffroi.systems.nursery_places.allocation import Allocation, Answer
from beffroi.systems.nursery_places.criteria import SIBLING, label_of
from beffroi.systems.nursery_places.reading import Commission, Request

CONTRIBUTION = (
    "Le calcul additionne les points votés par le conseil et propose une place ou la liste d’attente. La commission lit cette "
    "proposition, la change si elle le juge bon, et décide seule."
)


def propose(allocation: Allocation, number: int, draw: int) -> ProposedAct:
    """`draw`: the number of the draw, as declared."""
    commission, request = allocation.commission, allocation.commission.requests[number]
    answers = allocation.answers(number)
    received = next((answer for answer in answers if answer.received), None)
    about = f"{_label(commission, received)}, vœu {received.wish}" if received else "Liste d’attente"
    case = request.case if request.case.lower().startswith("dossier") else f"dossier {request.case}"
    value = 1.0 if received else 0.0
    return ProposedAct(
        subject=f"{case[0].upper()}{case[1:]}",
        value=value,
        unit="place",
        low=value,
        high=value,
        reasons=tuple(_reasons(commission, request, answers, received)),
        evidence=_evidence(commission, request, answers),
        case=case,
        effect="favourable" if received else "unfavourable",
        key=request.case,
        place=commission.places[received.place].nursery if received else "",
        about=about,
        explanation=_explain(commission, request, answers, draw),
    )


def _label(commission: Commission, answer: Answer) -> str:
    return commission.places[answer.place].label


def _reasons(
    commission: Commission, request: Request, answers: list[Answer], received: Answer | None
) -> list[str]:
    best = max(answer.points for answer in answers)
    found = [f"Ce dossier a {plural(best, 'point', 'points')} selon les critères votés par le conseil."]
    for answer in answers[: received.wish if received else len(answers)]:
        seats = plural(commission.places[answer.place].places, "place", "places")
        place = f"Vœu {answer.wish}, {_label(commission, answer)} :"
        asked = plural(answer.candidates, "demande", "demandes")
        if answer.received:
            found.append(
                f"{place} place proposée. Rang {answer.rank} par les points sur {asked}, pour {seats}."
            )
        elif answer.last_points is None:
            found.append(f"{place} aucune place.")
        elif answer.tied:
            found.append(
                f"{place} complet. La dernière place va à un dossier de {plural(answer.points, 'point', 'points')} aussi, déposé avant ou "
                f"tiré au sort. Rang {answer.rank} sur {asked}, pour {seats}."
            )
        else:
            found.append(
                f"{place} complet. La dernière place va à un dossier de {plural(answer.last_points, 'point', 'points')}. "
                f"Ce dossier y a {plural(answer.points, 'point', 'points')} : rang {answer.rank} sur {asked}, pour {seats}."
            )
    if not received:
        found.append("Aucun des vœux n’a de place à ce rang : la liste d’attente est proposée.")
    return found


def _evidence(commission: Commission, request: Request, answers: list[Answer]) -> dict[str, Any]:
    """All that one needs to count again by hand."""
    return {
        "points_by_criterion": {
            criterion.label: request.points.get(number, 0.0)
            for number, criterion in enumerate(commission.criteria)
        },
        "wishes": [
            {
                "wish": answer.wish,
                "nursery": _label(commission, answer),
                "points": answer.points,
                "rank": answer.rank,
                "candidates": answer.candidates,
                "seats": commission.places[answer.place].places,
                "last_points": answer.last_points,
                "result": _result(answer, answers),
            }
            for answer in answers
        ],
        "requested_on": request.day.isoformat(),
        "draw_result": request.draw[:16],
    }


def _result(answer: Answer, answers: list[Answer]) -> str:
    if answer.received:
        return "place proposée"
    if any(other.received and other.wish < answer.wish for other in answers):
        return "un vœu préféré est servi"
    return "complet" if answer.last_points is not None else "aucune place"


def _explain(commission: Commission, request: Request, answers: list[Answer], draw: int) -> Explanation:
    weights = [
        f"{criterion.label} : {fr(request.points.get(number, 0.0))} sur {plural(criterion.points, 'point', 'points')}"
        + (", dans la crèche du frère ou de la sœur seulement." if criterion.column == SIBLING and request.sibling else ".")
        for number, criterion in enumerate(commission.criteria)
    ]  # fmt: skip
    used = sorted({label_of(criterion.column) for criterion in commission.criteria})
    operations = [
        "Les points des critères remplis sont additionnés, crèche par crèche.",
        f"À points égaux, la demande la plus ancienne passe d’abord ; à date égale, le tirage numéro {draw}.",
        "Chaque dossier demande son premier vœu ; une crèche garde les mieux placés ; les autres demandent leur vœu suivant, et ainsi de suite.",
        *(
            f"Vœu {answer.wish}, {_label(commission, answer)} : {fr(answer.points)} points, rang {answer.rank} sur {answer.candidates}, {_result(answer, answers)}."
            for answer in answers
        ),
    ]
    data = (
        f"Votre demande du {short_day(request.day)} et vos vœux (source : demandes de place).",
        f"Les faits qui donnent des points : {', '.join(used)} (source : demandes de place).",
        "Les critères et leurs points (source : vote du conseil).",
        "Les places ouvertes, par crèche et par groupe (source : service de la petite enfance).",
    )
    # Lists of an explanation hold a hundred entries: beyond, the criteria that count for this file come first.
    weights.sort(key=lambda text: " : 0 sur " in text)
    return Explanation(CONTRIBUTION, data, tuple(weights[:100]), tuple(operations))
