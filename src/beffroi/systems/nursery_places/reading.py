"""Input tables of `nursery_places` as one `Commission`: places, requests with their points, and the market that they make.

Rows that cannot serve are told by the number of their line, never by the reference of a file.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from beffroi.systems.answer_limits import ANSWER_LIMITS
from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.cells import Rejected, Row
from beffroi.systems.kit.disparities import LEAST_MEMBERS, Group, groups_of
from beffroi.systems.kit.plans.matching import NONE, Market
from beffroi.systems.kit.settings import Settings
from beffroi.systems.kit.voted_points import Vote, read_vote
from beffroi.systems.kit.words import fr, listed, plural

SIBLING, OTHERS = "sibling", "situations"
COLUMNS = (SIBLING, "single_parent", "disability", "social")  # where a criterion may be read
WISHES = tuple(f"wish_{rank}" for rank in range(1, 6))
COMPARED = ("quarter", "single_parent", "disability", "group")


@dataclass(frozen=True)
class Place:
    """Places of one nursery for one group; `group` is empty where groups are not told apart."""

    nursery: str
    group: str
    count: int

    @property
    def label(self) -> str:
        return f"{self.nursery}, {self.group}" if self.group else self.nursery


@dataclass(frozen=True)
class Request:
    """`wishes`: numbers of places in order, -1 for one that does not count. `points`: by number of criterion, those of siblings included. `row`: its cells."""

    case: str
    day: date
    wishes: tuple[int, ...]
    points: dict[int, float]
    draw: str  # what sorts those with equal points and date
    row: Row


@dataclass(frozen=True)
class Commission:
    """`children`: under three years old, by quarter as its name is compared; empty where the population is not known."""

    places: list[Place]
    requests: list[Request]
    vote: Vote
    children: dict[str, float]
    notes: tuple[str, ...]

    def points(self, request: Request, place: int) -> float:
        """The points of a request for one place: those of siblings count in the nursery of the sibling, everywhere where it is not said."""
        sibling = cells.text(request.row.get(SIBLING))
        there = cells.boolean(sibling) or cells.key(self.places[place].nursery) == cells.key(sibling)
        siblings = (n for n in request.points if self.vote.criteria[n].column == SIBLING)
        return sum(request.points.values()) - (0 if there else sum(request.points[n] for n in siblings))

    @cached_property
    def market(self) -> Market:
        """Priority: points, then the date of the request, then the draw."""
        count = len(self.requests)
        wishes = np.array([request.wishes for request in self.requests])
        scores = [
            [self.points(one, place) if place != NONE else 0.0 for place in one.wishes]
            for one in self.requests
        ]
        turns = sorted(range(count), key=lambda n: (self.requests[n].day, self.requests[n].draw))
        order = np.empty(count, dtype=np.int64)
        order[turns] = np.arange(count)
        return Market(wishes, np.array(scores), order, np.array([place.count for place in self.places]))

    @cached_property
    def groups(self) -> list[Group]:
        """Groups whose answers are compared, by the columns that are filled."""
        families = {}
        for column in COMPARED:
            named = [_group_name(request.row.get(column)) for request in self.requests]
            if any(named):
                families[self.vote.labels[column]] = [name or "non précisé" for name in named]
        return groups_of(families)

    def per_hundred(self, group: Group) -> float | None:
        """Requests for a hundred children of the quarter; nothing for what is no quarter, or where they are not known."""
        children = (
            self.children.get(cells.key(group.name)) if group.family == self.vote.labels["quarter"] else None
        )
        return round(100 * int(group.members.sum()) / children, 1) if children else None


def _group_name(cell: object) -> str:
    answer = cells.boolean(cell)
    return cells.text(cell) if answer is None else "oui" if answer else "non"


def read_commission(tables: Tables, options: Settings) -> Commission:
    """Raises `BadInput` where there is no criterion, no place or no request that can serve."""
    vote = read_vote(__package__, tables, table="criteria", about="requests", columns=COLUMNS, others=OTHERS)
    rows = list(cells.rows(tables, "requests"))
    places, notes = _read_places(tables, any(cells.text(row.get("group")) for row in rows))
    reader = _Reader(places, vote, options)
    requests = [request for line, row in enumerate(rows, start=1) if (request := reader.read(line, row))]
    if not requests:
        raise BadInput(
            "Aucune demande ne peut servir : il faut une référence de dossier, une date passée et un vœu dans une crèche qui a des places."
        )
    if len(requests) > ANSWER_LIMITS.proposals:
        raise BadInput(
            f"{fr(len(requests))} demandes : {fr(ANSWER_LIMITS.proposals)} au plus à la fois. Faites un calcul par groupe d’âge, il donne le même résultat."
        )
    unmet = vote.notes_on_unmet(number for request in requests for number in request.points)
    children, few = _read_children(tables, requests)
    return Commission(places, requests, vote, children, (*vote.notes, *notes, *reader.notes(), *unmet, *few))


def _read_children(tables: Tables, requests: list[Request]) -> tuple[dict[str, float], list[str]]:
    """Children of each quarter, and a note on the quarters that ask little or nothing."""
    rejected, children, names = Rejected.of(__package__, "population"), dict[str, float](), dict[str, str]()
    for row in cells.rows(tables, "population"):
        name, count = cells.text(row.get("area")), cells.number(row.get("under_three"))
        if not name or count is None or count < 0:
            rejected.add("sans quartier, ou sans nombre d’enfants", name)
        else:
            key = cells.key(name)
            children[key] = children.get(key, 0.0) + count
            names[key] = name
    requested = Counter(cells.key(request.row.get("quarter")) for request in requests)
    few = [
        f"{names[key]} ({plural(round(count), 'enfant', 'enfants')})"
        for key, count in children.items()
        if requested[key] < LEAST_MEMBERS <= count
    ]
    notes = rejected.notes()
    if few:
        notes.append(
            f"Moins de {LEAST_MEMBERS} demandes dans : {listed(few)}. Ces familles connaissent-elles le service ?"
        )
    return children, notes


def _read_places(tables: Tables, grouped: bool) -> tuple[list[Place], list[str]]:
    """`grouped`: whether requests say their group; where one side alone has groups, they are put together, and that is told."""
    rejected, found, notes = Rejected.of(__package__, "places"), dict[tuple[str, str], Place](), []
    rows = list(cells.rows(tables, "places"))
    if grouped != any(cells.text(row.get("group")) for row in rows):
        grouped = False
        notes.append(
            "Les groupes d’âge ne sont connus que d’un côté, demandes ou places : toutes les places sont mises ensemble."
        )
    for row in rows:
        nursery, count = cells.text(row.get("nursery")), cells.number(row.get("places"))
        group = cells.text(row.get("group")) if grouped else ""
        if not (key := cells.key(nursery)) or count is None:
            rejected.add("sans crèche ou sans nombre de places", nursery)
        elif count < 0:
            rejected.add("nombre de places négatif", nursery)
        else:
            known = found.get((key, cells.key(group)), Place(nursery, group, 0))
            found[key, cells.key(group)] = Place(known.nursery, known.group, known.count + int(count))
    if not any(place.count for place in found.values()):
        raise BadInput("Il n’y a aucune place à répartir. Versez les places ouvertes, par crèche.")
    return list(found.values()), rejected.notes() + notes


class _Reader:
    """Requests read one by one, and what is told of those left out."""

    def __init__(self, places: list[Place], vote: Vote, options: Settings) -> None:
        self.vote, self.today, self.number = vote, options.today, options.whole("draw")
        self.index = {(cells.key(one.nursery), cells.key(one.group)): at for at, one in enumerate(places)}
        self.grouped = any(place.group for place in places)
        self.rejected = Rejected.of(__package__, "requests")
        self.seen: set[str] = set()
        self.unknown: set[str] = set()
        self.unvoted = 0

    def read(self, line: int, row: Row) -> Request | None:
        case, day = cells.text(row.get("case")), cells.day(row.get("date"))
        found = list(self._places(row))
        wishes = tuple(NONE if place in found[:rank] else place for rank, place in enumerate(found))
        if (reason := self._fault(case, day, wishes)) or day is None:
            self.rejected.add(reason, f"ligne {line}")
            return None
        self.seen.add(cells.key(case))
        self.unvoted += self.vote.count_unvoted(row)
        draw = hashlib.sha256(f"{self.number}/{case}".encode()).hexdigest()
        return Request(case, day, wishes, self.vote.points_of(row), draw, row)

    def _fault(self, case: str, day: date | None, wishes: tuple[int, ...]) -> str:
        if not case or day is None:
            return "sans référence de dossier ou sans date"
        if not any(letter.isdigit() for letter in case) or len(case) > 100:
            return "référence sans chiffre ou trop longue : ce peut être un nom"
        if cells.key(case) in self.seen:
            return "dossier déjà lu, la première demande compte"
        if self.today is not None and day > self.today:
            return "date qui n’est pas encore passée"
        return "" if set(wishes) - {NONE} else "aucun vœu dans une crèche qui a des places pour ce groupe"

    def _places(self, row: Row) -> Iterator[int]:
        group = cells.key(row.get("group")) if self.grouped else ""
        for nursery in (cells.text(row.get(wish)) for wish in WISHES):
            place = self.index.get((cells.key(nursery), group), NONE)
            if nursery and place == NONE:
                self.unknown.add(f"{nursery}, {cells.text(row.get('group'))}" if group else nursery)
            yield place

    def notes(self) -> list[str]:
        found = self.rejected.notes()
        if self.unknown:
            found.append(
                f"Vœux sans place dans vos fichiers, qui ne comptent pas : {listed(sorted(self.unknown))}. Si le nom diffère, reliez les deux noms."
            )
        if self.unvoted:
            found.append(
                f"{plural(self.unvoted, 'situation', 'situations')} des demandes sans critère voté de ce nom : aucun point."
            )
        return found
