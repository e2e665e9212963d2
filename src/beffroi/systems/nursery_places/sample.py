"""Invented town for tests and for `beffroi check`: seeded, no real name, with more requests than places and popular nurseries."""

import random
from datetime import date, timedelta
from operator import itemgetter
from typing import Any

from beffroi.systems.contract import Tables
from beffroi.systems.kit import writing

_NURSERIES = {
    "Les Tilleuls": 3.0,
    "Bellevue": 2.2,
    "Le Petit Pont": 1.6,
    "Les Coquelicots": 1.2,
    "La Ruche": 1.0,
    "Pré-Fleuri": 0.7,
}
_GROUPS = {"Bébés": (7, 70), "Moyens": (8, 60), "Grands": (6, 35)}  # places a nursery, requests
_QUARTERS = ("Centre", "Gare", "Plaine", "Coteau")
_VOTE = (
    ("Fratrie déjà accueillie", 20, None),
    ("Parent isolé", 15, None),
    ("Enfant ou parent en situation de handicap", 25, None),
    ("Quotient familial", 20, "tranche 1"),
    ("Quotient familial", 10, "tranche 2"),
    ("Parents en emploi ou en formation", 15, None),
    ("Agent d’un métier en tension", 5, None),
)  # fmt: skip


def make_sample(seed: int = 0) -> Tables:
    """Requests, vote and places of an invented town before its spring commission."""
    rng = random.Random(seed)  # noqa: S311  (an invented town, no secret)
    requests = [_request(rng, group) for group, (_, count) in _GROUPS.items() for _ in range(count)]
    requests.sort(key=itemgetter("date"))
    for number, row in enumerate(requests, start=1):
        row["case"] = f"2026-{number:03d}"
    places = [
        {"nursery": nursery, "group": group, "places": max(1, mean + rng.randint(-3, 2))}
        for group, (mean, _) in _GROUPS.items()
        for nursery in _NURSERIES
    ]
    vote = [{"criterion": name, "points": points, "level": level} for name, points, level in _VOTE]
    return {
        "requests": writing.input_table(__package__, "requests", requests),
        "criteria": writing.input_table(__package__, "criteria", vote),
        "places": writing.input_table(__package__, "places", places),
    }


def _request(rng: random.Random, group: str) -> dict[str, Any]:
    weights = dict(_NURSERIES)
    wishes = []
    for _ in range(rng.choice((1, 2, 3, 3, 4, 5))):
        wishes.append(rng.choices(list(weights), list(weights.values()))[0])
        del weights[wishes[-1]]
    met = [name for name, share in ((_VOTE[5][0], 0.6), (_VOTE[6][0], 0.15)) if rng.random() < share]
    return {
        "date": date(2025, 9, 1) + timedelta(rng.randrange(200)),
        **{f"wish_{rank}": wish for rank, wish in enumerate(wishes, start=1)},
        "group": group,
        "sibling": rng.choice(wishes) if rng.random() < 0.2 else None,
        "single_parent": rng.random() < 0.2,
        "disability": rng.random() < 0.06,
        "social": rng.choice(("tranche 1", "tranche 2", "tranche 3", "tranche 4")),
        "situations": " ; ".join(met) or None,
        "quarter": rng.choice(_QUARTERS),
    }
