"""Input tables of `nursery_places` as one `Commission`: places, requests with their points, and the market that they make.

Rows that cannot serve are told by the number of their line, never by the reference of a file.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from beffroi.systems.answer_limits import ANSWER_LIMITS
from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.cells import Rejected, Row
from beffroi.systems.kit.plans.matching import NONE, Market
from beffroi.systems.kit.settings import Settings
from beffroi.systems.kit.words import fr, listed, plural
from beffroi.systems.nursery_places import criteria as voted
from beffroi.systems.nursery_places.criteria import Criterion

WISHES = tuple(f"wish_{rank}" for rank in range(1, 6))


@dataclass(frozen=True)
class Place:
    """Places of one nursery for one group; `group` is empty where groups are not told apart."""

    nursery: str
    group: str
    places: int

    @property
    def label(self) -> str:
        return f"{self.nursery}, {self.group}" if self.group else self.nursery


@dataclass(frozen=True)
class Request:
    """`wishes`: numbers of places in order. `points`: by number of criterion; those of siblings only count where `sibling` says,
    everywhere where it is empty. `row`: its cells."""

    case: str
    day: date
    wishes: tuple[int, ...]
    points: dict[int, float]
    sibling: str
    draw: str  # what sorts those with equal points and date
    row: Row


@dataclass(frozen=True)
class Commission:
    places: list[Place]
    requests: list[Request]
    criteria: list[Criterion]
    notes: list[str]

    def points(self, request: Request, place: int) -> dict[int, float]:
        """The points of a request for one place, by number of criterion."""
        there = not request.sibling or cells.key(self.places[place].nursery) == cells.key(request.sibling)
        return {
            number: points
            for number, points in request.points.items()
            if there or self.criteria[number].column != voted.SIBLING
        }

    @cached_property
    def market(self) -> Market:
        """Priority: points, then the date of the request, then the draw."""
        ranks = max(len(request.wishes) for request in self.requests)
        wishes = np.full((len(self.requests), ranks), NONE)
        scores = np.zeros(wishes.shape)
        for number, request in enumerate(self.requests):
            wishes[number, : len(request.wishes)] = request.wishes
            for rank, place in enumerate(request.wishes):
                scores[number, rank] = sum(self.points(request, place).values())
        turns = sorted(range(len(self.requests)), key=lambda n: (self.requests[n].day, self.requests[n].draw))
        order = np.empty(len(turns), dtype=np.int64)
        order[turns] = np.arange(len(turns))
        return Market(wishes, scores, order, np.array([place.places for place in self.places]))


def read_commission(tables: Tables, options: Settings) -> Commission:
    """Raises `BadInput` where there is no criterion, no place or no request that can serve."""
    criteria, notes = voted.read_criteria(tables)
    requests = list(cells.rows(tables, "requests"))
    grouped = any(cells.text(row.get("group")) for row in requests)
    places, more = _read_places(tables, grouped)
    reader = _Reader(places, criteria, options)
    read = [request for line, row in enumerate(requests, start=1) if (request := reader.read(line, row))]
    if not read:
        raise BadInput(
            "Aucune demande ne peut servir : il faut une référence de dossier, une date passée et un vœu dans une crèche qui a des places."
        )
    if len(read) > ANSWER_LIMITS.proposals:
        raise BadInput(
            f"{fr(len(read))} demandes : {fr(ANSWER_LIMITS.proposals)} au plus à la fois. Faites un calcul par groupe d’âge, il donne le même résultat."
        )
    met = {number for request in read for number in request.points}
    return Commission(
        places, read, criteria, [*notes, *more, *reader.notes(), *voted.notes_on_unmet(criteria, met)]
    )


def _read_places(tables: Tables, grouped: bool) -> tuple[list[Place], list[str]]:
    """`grouped`: whether requests say their group; where one side alone has groups, they are put together, and that is told."""
    rejected, found, notes = Rejected.of(__package__, "places"), {}, []
    rows = list(cells.rows(tables, "places"))
    if grouped != any(cells.text(row.get("group")) for row in rows):
        notes.append(
            "Les groupes d’âge ne sont connus que d’un côté, demandes ou places : toutes les places sont mises ensemble."
        )
        grouped = False
    for row in rows:
        nursery, count = cells.text(row.get("nursery")), cells.number(row.get("places"))
        group = cells.text(row.get("group")) if grouped else ""
        if not cells.key(nursery) or count is None:
            rejected.add("sans crèche ou sans nombre de places", nursery)
        elif count < 0:
            rejected.add("nombre de places négatif", nursery)
        else:
            known = found.setdefault((cells.key(nursery), cells.key(group)), Place(nursery, group, 0))
            found[cells.key(nursery), cells.key(group)] = Place(
                known.nursery, known.group, known.places + int(count)
            )
    if not any(place.places for place in found.values()):
        raise BadInput("Il n’y a aucune place à répartir. Versez les places ouvertes, par crèche.")
    return list(found.values()), rejected.notes() + notes


class _Reader:
    """Requests read one by one, and what is told of those left out."""

    def __init__(self, places: list[Place], criteria: list[Criterion], options: Settings) -> None:
        self.criteria, self.today, self.number = criteria, options.today, options.whole("draw")
        self.index = {
            (cells.key(place.nursery), cells.key(place.group)): at for at, place in enumerate(places)
        }
        self.nurseries = {nursery for nursery, _ in self.index}
        self.grouped = any(place.group for place in places)
        self.rejected = Rejected.of(__package__, "requests")
        self.seen: set[str] = set()
        self.unknown: dict[str, str] = {}
        self.unopened = self.unvoted = 0

    def read(self, line: int, row: Row) -> Request | None:
        case, day = cells.text(row.get("case")), cells.day(row.get("date"))
        if (reason := self._fault(case, day)) or day is None:
            self.rejected.add(reason, f"ligne {line}")
            return None
        wishes = tuple(dict.fromkeys(self._places(row)))
        if not wishes:
            self.rejected.add("aucun vœu dans une crèche qui a des places pour ce groupe", f"ligne {line}")
            return None
        self.seen.add(cells.key(case))
        self.unvoted += voted.unvoted_situations(self.criteria, row)
        points, sibling = voted.points_of(self.criteria, row)
        draw = hashlib.sha256(f"{self.number}/{case}".encode()).hexdigest()
        return Request(case, day, wishes, points, sibling, draw, row)

    def _fault(self, case: str, day: date | None) -> str:
        if not case or day is None:
            return "sans référence de dossier ou sans date"
        if not any(letter.isdigit() for letter in case) or len(case) > 100:
            return "référence sans chiffre ou trop longue : ce peut être un nom"
        if cells.key(case) in self.seen:
            return "dossier déjà lu, la première demande compte"
        if self.today is not None and day > self.today:
            return "date qui n’est pas encore passée"
        return ""

    def _places(self, row: Row) -> Iterable[int]:
        group = cells.key(row.get("group")) if self.grouped else ""
        for wish in WISHES:
            if not (nursery := cells.key(row.get(wish))):
                continue
            if (nursery, group) in self.index:
                yield self.index[nursery, group]
            elif nursery in self.nurseries:
                self.unopened += 1
            else:
                self.unknown.setdefault(nursery, cells.text(row.get(wish)))

    def notes(self) -> list[str]:
        found = self.rejected.notes()
        if self.unknown:
            found.append(
                f"Crèches demandées, mais sans place dans vos fichiers : {listed(sorted(self.unknown.values()))}. Ces vœux ne comptent pas. "
                "Si le nom diffère, reliez les deux noms."
            )
        if self.unopened:
            found.append(
                f"{plural(self.unopened, 'vœu vise', 'vœux visent')} une crèche sans place pour ce groupe, et ne compte{'nt' if self.unopened > 1 else ''} pas."
            )
        if self.unvoted:
            found.append(
                f"{plural(self.unvoted, 'situation écrite', 'situations écrites')} dans les demandes n’{'est' if self.unvoted < 2 else 'ont'} "
                f"pas été votée{'s' if self.unvoted > 1 else ''} : aucun point."
            )
        return found
