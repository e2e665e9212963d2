"""Invented town for tests and for `beffroi check`: seeded, no real name, with more requests than places and popular nurseries."""

import random
from collections.abc import Mapping
from datetime import date
from operator import itemgetter
from typing import Any

from beffroi.systems.contract import Tables
from beffroi.systems.kit.samples import NAMES, Territory
from beffroi.systems.kit.writing import input_table

_NURSERIES = dict(zip(NAMES, (3.0, 2.2, 1.6, 1.2, 1.0, 0.7), strict=False))  # how much each is wished for
_GROUPS = {"Bébés": (7, 70), "Moyens": (8, 60), "Grands": (6, 35)}  # places a nursery, requests
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
    town = Territory(seed, date(2025, 9, 1), date(2026, 3, 19))
    chance = town.chance("nursery places")
    asking = {quarter.name: quarter.ages["under_three"] * chance.uniform(0.3, 1) for quarter in town.quarters}
    requests = [
        {"date": chance.choice(town.days), "group": group, **_request(chance, asking)}
        for group, (_, count) in _GROUPS.items()
        for _ in range(count)
    ]
    requests.sort(key=itemgetter("date"))
    for number, row in enumerate(requests, start=1):
        row["case"] = f"2026-{number:03d}"
    places = [
        {"nursery": nursery, "group": group, "places": max(1, mean + chance.randint(-3, 2))}
        for group, (mean, _) in _GROUPS.items()
        for nursery in _NURSERIES
    ]
    vote = [{"criterion": name, "points": points, "level": level} for name, points, level in _VOTE]
    found = {"requests": requests, "criteria": vote, "places": places}
    return {name: input_table(__package__, name, rows) for name, rows in found.items()} | town.shared(
        __package__
    )


def _request(chance: random.Random, asking: Mapping[str, float]) -> dict[str, Any]:
    weights = dict(_NURSERIES)
    wishes = []
    for _ in range(chance.choice((1, 2, 3, 3, 4, 5))):
        wishes.append(chance.choices(list(weights), list(weights.values()))[0])
        del weights[wishes[-1]]
    met = [name for name, share in ((_VOTE[5][0], 0.6), (_VOTE[6][0], 0.15)) if chance.random() < share]
    return {
        **{f"wish_{rank}": wish for rank, wish in enumerate(wishes, start=1)},
        "sibling": chance.choice(wishes) if chance.random() < 0.2 else None,
        "single_parent": chance.random() < 0.2,
        "disability": chance.random() < 0.06,
        "social": chance.choice(("tranche 1", "tranche 2", "tranche 3", "tranche 4")),
        "situations": " ; ".join(met) or None,
        "quarter": chance.choices(list(asking), list(asking.values()))[0],
    }
