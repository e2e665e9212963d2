"""The order in which applications start again, from what they need and how long services can stop.

In: services with the outage that they bear, applications, the age of backups, in hours. Out: the order, its waves, the critical
path to each service, and what contradicts itself. Pure: no Django, nothing is read or written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import inf
from typing import Final

import networkx as nx

from beffroi.text import fold_name

from .circles import circles_of, edges_to_break
from .nodes import Application, Service, format_hours

KINDS: Final = {
    "slow": "Des services reviennent trop tard",
    "circle": "Des applications s'attendent en cercle",
    "old_backup": "Des sauvegardes sont trop vieilles",
    "no_backup": "Des données ne sont pas sauvegardées",
    "undeclared": "Des applications nécessaires ne sont pas dans le registre",
    "unknown_service": "Des services nommés ne sont pas dans le registre",
    "no_outage": "Des services n'ont pas de durée d'arrêt supportable",
    "unused": "Des applications ne servent à rien de connu",
    "no_hours": "Des temps de remise en route manquent",
    "nobody_knows": "Des applications que personne ne sait remettre en route",
    "one_person": "Des applications qu'une seule personne sait remettre en route",
}
"""What contradicts itself or is missing, by kind, the gravest first."""
INCOMPLETE: Final = frozenset({"no_outage", "unused", "no_hours", "nobody_knows", "one_person"})
"""Kinds of what only has to be completed: nothing contradicts anything, a field is empty or a person is alone."""


@dataclass(frozen=True)
class Contradiction:
    """What cannot be true together, or is missing (`is_incomplete`): its cause, the names, what to do, in French."""

    kind: str
    names: tuple[str, ...]
    cause: str
    to_do: str

    @property
    def is_incomplete(self) -> bool:
        return self.kind in INCOMPLETE


@dataclass(frozen=True)
class Placed:
    """An application at its place. `bearable`: the smallest outage of what depends on it, set by the service `for_service`.

    `after`: keys of what it waits for; `not_awaited`: names of what it needs and does not wait for, where a circle is broken.
    """

    application: Application
    rank: int
    wave: int
    bearable: float | None
    for_service: str
    after: tuple[str, ...]
    not_awaited: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServicePath:
    """How long a service waits. `hours`: of its critical path `path`; `one_person_hours`: when one person does everything in order,
    `one_person_unknown` times not counted.

    `direct`: keys of the applications that it uses itself; `unknown`: names of those on its way without a time to start.
    """

    service: Service
    hours: float
    path: tuple[Application, ...]
    one_person_hours: float
    one_person_unknown: int
    direct: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def is_late(self) -> bool:
        return self.service.bearable is not None and self.hours > self.service.bearable


@dataclass(frozen=True)
class RestartOrder:
    placed: tuple[Placed, ...]
    services: tuple[ServicePath, ...]
    contradictions: tuple[Contradiction, ...]

    @cached_property
    def waves(self) -> list[list[Placed]]:
        """What can run at the same time, one wave after the other."""
        found: list[list[Placed]] = []
        for each in self.placed:
            if each.wave > len(found):
                found.append([])
            found[-1].append(each)
        return found

    @cached_property
    def by_key(self) -> dict[str, Placed]:
        return {each.application.key: each for each in self.placed}

    @cached_property
    def opposed(self) -> list[Contradiction]:
        """What cannot be true together."""
        return [each for each in self.contradictions if not each.is_incomplete]

    @cached_property
    def incomplete(self) -> list[Contradiction]:
        """What has to be completed."""
        return [each for each in self.contradictions if each.is_incomplete]

    @cached_property
    def opposed_by_kind(self) -> list[tuple[str, list[Contradiction]]]:
        return _by_kind(self.opposed)

    @cached_property
    def incomplete_by_kind(self) -> list[tuple[str, list[Contradiction]]]:
        return _by_kind(self.incomplete)

    @property
    def hours(self) -> float:
        """When one person does everything in order."""
        return sum(each.application.hours or 0 for each in self.placed)

    @property
    def unknown(self) -> int:
        """Applications without a time to start."""
        return sum(each.application.hours is None for each in self.placed)


def compute(
    services: Sequence[Service], applications: Sequence[Application], ages: Mapping[str, float] | None = None
) -> RestartOrder:
    """The restart order. `ages`: hours since the last backup of an application, by its name."""
    return _Computing(services, applications, ages or {}).order()


class _Computing:
    """One computation, its steps in order."""

    def __init__(
        self, services: Sequence[Service], applications: Sequence[Application], ages: Mapping[str, float]
    ) -> None:
        # Sorted by name: the order in which a register was written changes nothing.
        self.services = sorted(services, key=lambda each: (fold_name(each.name), each.key))
        self.applications = sorted(applications, key=lambda each: (fold_name(each.name), each.key))
        self.ages = {fold_name(name): hours for name, hours in ages.items()}
        self.known = {each.key: each for each in self.applications}
        named = {fold_name(each.name): each.key for each in reversed(self.applications)}
        named_services = {fold_name(each.name): each.key for each in reversed(self.services)}
        self.needs = nx.DiGraph()
        """From an application to what it needs."""
        self.needs.add_nodes_from(self.known)
        self.users: dict[str, list[str]] = {each.key: [] for each in self.services}
        """The applications that a service uses itself."""
        self.undeclared: dict[str, tuple[str, list[str]]] = {}
        self.unknown_services: dict[str, tuple[str, list[str]]] = {}
        for each in self.applications:
            for name in each.needs:
                if (key := named.get(fold_name(name))) is not None:
                    self.needs.add_edge(each.key, key)
                else:
                    self.undeclared.setdefault(fold_name(name), (name, []))[1].append(each.name)
            for name in each.serves:
                if (key := named_services.get(fold_name(name))) is not None:
                    self.users[key].append(each.key)
                else:
                    self.unknown_services.setdefault(fold_name(name), (name, []))[1].append(each.name)
        self.bearable = self._spread_outages()
        self.circles = circles_of(self.needs)
        broken = edges_to_break(self.needs, self.circles, self._how_bad)
        self.broken = set(broken)
        self.acyclic = self.needs.copy()
        self.acyclic.remove_edges_from(broken)

    def _spread_outages(self) -> dict[str, tuple[float, str]]:
        """By application, the smallest outage of what depends on it, and the service that sets it."""
        found: dict[str, tuple[float, str]] = {}
        known = [each for each in self.services if each.bearable is not None]
        for service in sorted(known, key=lambda each: each.bearable or 0):
            waiting = list(self.users[service.key])
            while waiting:
                if (key := waiting.pop()) not in found:
                    found[key] = (service.bearable or 0, service.name)
                    waiting += self.needs.successors(key)
        return found

    def _outage(self, key: str) -> float:
        return self.bearable[key][0] if key in self.bearable else inf

    def _how_bad(self, edge: tuple[str, str]) -> tuple[float, float]:
        """Least bad where what is not awaited can stay stopped the longest, then where it starts the soonest."""
        _, needed = edge
        return -self._outage(needed), self.known[needed].hours or 0

    def order(self) -> RestartOrder:
        placed = self._placed()
        services = self._paths(placed)
        return RestartOrder(tuple(placed), tuple(services), tuple(self._contradictions(services)))

    def _placed(self) -> list[Placed]:
        """Shortest bearable outage first. What is needed bears no more than what needs it: that order respects the needs."""
        starts_first = self.acyclic.reverse(copy=False)
        level = {
            key: rank for rank, keys in enumerate(nx.topological_generations(starts_first)) for key in keys
        }
        ordered = sorted(self.applications, key=lambda each: (self._outage(each.key), level[each.key]))
        placed: list[Placed] = []
        wave, started, in_wave = 1, set[str](), set[str]()
        for rank, each in enumerate(ordered, start=1):
            after = tuple(sorted(self.acyclic.successors(each.key)))
            if not started.issuperset(after):
                started |= in_wave
                wave, in_wave = wave + 1, set()
            in_wave.add(each.key)
            outage, for_service = self.bearable.get(each.key, (None, ""))
            skipped = (self.known[to].name for start, to in self.broken if start == each.key)
            placed.append(Placed(each, rank, wave, outage, for_service, after, tuple(sorted(skipped))))
        return placed

    def _paths(self, placed: Iterable[Placed]) -> list[ServicePath]:
        """The critical path to each service, the most pressing first."""
        ready: dict[str, float] = {}
        longest: dict[str, str | None] = {}
        below: dict[str, set[str]] = {}
        one_person_hours: dict[str, float] = {}
        missing: dict[str, int] = {}
        total, lacking = 0.0, 0
        for each in placed:
            key = each.application.key
            longest[key] = max(each.after, key=lambda one: ready[one], default=None)
            hours = each.application.hours or 0
            ready[key] = hours + max((ready[one] for one in each.after), default=0)
            below[key] = {key}.union(*(below[one] for one in each.after))
            total += hours
            lacking += each.application.hours is None
            one_person_hours[key], missing[key] = total, lacking
        found = []
        for service in self.services:
            direct = self.users[service.key]
            last = max(direct, key=lambda one: ready[one], default=None)
            path: list[Application] = []
            while last is not None:
                path.insert(0, self.known[last])
                last = longest[last]
            reached = set[str]().union(*(below[one] for one in direct))
            unknown = (each.name for each in self.applications if each.key in reached and each.hours is None)
            found.append(
                ServicePath(
                    service,
                    max((ready[one] for one in direct), default=0),
                    tuple(path),
                    max((one_person_hours[one] for one in reached), default=0),
                    max((missing[one] for one in reached), default=0),
                    tuple(sorted(direct)),
                    tuple(unknown),
                )
            )
        return sorted(found, key=lambda each: inf if each.service.bearable is None else each.service.bearable)

    def _contradictions(self, services: Iterable[ServicePath]) -> Iterable[Contradiction]:
        """The gravest first."""
        yield from (_slow(each) for each in services if each.is_late)
        for circle in self.circles:
            yield self._circle(circle)
        yield from self._of_backups()
        for name, users in self.undeclared.values():
            yield Contradiction(
                "undeclared",
                (name, *users),
                f"« {name} » est nécessaire à {_listed(users)}, et n'est pas dans le registre.",
                f"Ajoutez « {name} » au registre, ou corrigez le nom chez {_listed(users)}.",
            )
        for name, users in self.unknown_services.values():
            yield Contradiction(
                "unknown_service",
                (name, *users),
                f"{_listed(users)} : le service « {name} » n'est pas dans le registre des services.",
                f"Ajoutez « {name} » aux services, ou corrigez son nom.",
            )
        for service in self.services:
            if service.bearable is None:
                yield Contradiction(
                    "no_outage",
                    (service.name,),
                    f"Personne n'a dit combien de temps « {service.name} » peut rester arrêté.",
                    "Dites-le avec son responsable : sans cela, ce qu'il utilise redémarre en dernier.",
                )
        yield from self._of_applications()

    def _circle(self, circle: tuple[str, ...]) -> Contradiction:
        names = tuple(self.known[key].name for key in circle)
        around = list(pairwise((*circle, circle[0])))
        broken = [edge for edge in around if edge in self.broken]
        first, awaited = (self.known[key].name for key in broken[0])
        if len(circle) == 1:
            cause = f"« {first} » a besoin d'elle-même."
            return Contradiction("circle", names, cause, "Retirez-la de ce dont elle a besoin.")
        chain = ", qui a besoin de ".join(f"« {name} »" for name in (*names[1:], names[0]))
        return Contradiction(
            "circle",
            names,
            f"Un cercle : « {names[0]} » a besoin de {chain}. Aucune ne peut démarrer la première.",
            f"Dites laquelle démarre seule. En attendant, l'ordre fait démarrer « {first} » sans attendre « {awaited} ».",
        )

    def _of_backups(self) -> Iterable[Contradiction]:
        for each in self.applications:
            age = self.ages.get(fold_name(each.name))
            if age is not None and each.loss is not None and age > each.loss:
                yield Contradiction(
                    "old_backup",
                    (each.name,),
                    f"La dernière sauvegarde de « {each.name} » a {format_hours(age)}, pour une perte supportable de {format_hours(each.loss)}.",
                    "Sauvegardez aujourd'hui, puis plus souvent, ou dites qu'une perte plus longue est supportable.",
                )
            if each.has_data and not each.has_backup:
                yield Contradiction(
                    "no_backup",
                    (each.name,),
                    f"« {each.name} » garde des données, et aucune sauvegarde n'est notée.",
                    "Notez la sauvegarde qui la contient, ou faites-en une.",
                )

    def _of_applications(self) -> Iterable[Contradiction]:
        for each in self.applications:
            names = (each.name,)
            is_used = bool(each.serves) or any(one != each.key for one in self.needs.predecessors(each.key))
            if not is_used:
                cause = f"Rien n'utilise « {each.name} » : ni un service, ni une autre application."
                yield Contradiction(
                    "unused", names, cause, "Dites qui l'utilise, ou retirez-la : une application oubliée est une porte."
                )  # fmt: skip
            if each.hours is None and is_used:
                cause = f"Personne n'a dit en combien de temps « {each.name} » se remet en route."
                yield Contradiction(
                    "no_hours", names, cause, "Notez une estimation, puis mesurez-la à un essai."
                )
            if not each.people:
                cause = f"Personne n'est noté comme sachant remettre en route « {each.name} »."
                yield Contradiction(
                    "nobody_knows", names, cause, "Notez qui sait, ou le prestataire à appeler."
                )
            elif len({fold_name(name) for name in each.people}) == 1:
                cause = f"Une seule personne sait remettre en route « {each.name} » : {each.people[0]}."
                yield Contradiction(
                    "one_person", names, cause, "Formez une deuxième personne, ou écrivez comment faire."
                )


def _by_kind(several: Sequence[Contradiction]) -> list[tuple[str, list[Contradiction]]]:
    """Under the title of their kind, the gravest first."""
    found = ((title, [each for each in several if each.kind == kind]) for kind, title in KINDS.items())
    return [(title, each) for title, each in found if each]


def _slow(path: ServicePath) -> Contradiction:
    steps = ", puis ".join(f"« {each.name} » ({format_hours(each.hours)})" for each in path.path)
    slowest = max(path.path, key=lambda each: each.hours or 0)
    return Contradiction(
        "slow",
        (path.service.name, *(each.name for each in path.path)),
        f"« {path.service.name} » supporte {format_hours(path.service.bearable)} d'arrêt, et revient en {format_hours(path.hours)} au mieux : {steps}.",
        f"Raccourcissez « {slowest.name} », le plus long, préparez une façon de faire sans, ou faites valider un arrêt plus long.",
    )


def _listed(names: Sequence[str]) -> str:
    quoted = [f"« {name} »" for name in names[:5]]
    more = f" et {len(names) - 5} de plus" if len(names) > 5 else ""
    return ", ".join(quoted) + more
