"""French messages about places: what was not understood, the choices, the option to type."""

from collections.abc import Sequence

from beffroi.lake.reference import place_queries
from beffroi.lake.reference.kinds import kind_name
from beffroi.lake.reference.model import Place
from beffroi.text import format_number

LISTED = 12


def describe_place(place: Place) -> str:
    """« Saint-Denis, commune, Seine-Saint-Denis (93), 149 077 habitants »."""
    parts = [place.name, kind_name(place.kind)]
    department = place_queries.by_code(place.department) if place.department else None
    if department and place.kind != "département":
        parts.append(f"{department[1]} ({department[0]})")
    if place.population is not None:
        parts.append(f"{format_number(place.population, ',')} habitants")
    return ", ".join(parts)


def ambiguous(typed: str, places: Sequence[Place]) -> str:
    return with_choices(f"« {typed} » désigne {len(places)} lieux.", places)


def nowhere(typed: str) -> str:
    if not typed:
        return "Aucun nom ni code de territoire n'a été donné."
    return f"« {typed} » n'est le nom ou le code d'aucune commune, intercommunalité, région ni d'aucun département."


def with_choices(message: str, places: Sequence[Place]) -> str:
    """Message, then one line a choice with its unambiguous option."""
    if not places:
        return (
            f"{message} Rien n'a été modifié. Reprenez avec le nom complet (« Saint-Herblain ») "
            "ou le code INSEE (--territory 44162)."
        )
    width = max(len(place.code) for place in places[:LISTED])
    lines = [f"  --territory {place.code:<{width}}  {describe_place(place)}" for place in places[:LISTED]]
    if len(places) > LISTED:
        lines.append(
            f"  … et {len(places) - LISTED} autres : ajoutez le département, par exemple « {places[LISTED].name} ({places[LISTED].department}) »."
        )
    return "\n".join(
        [f"{message} Rien n'a été modifié. Reprenez avec le code de celui que vous voulez :", *lines]
    )
