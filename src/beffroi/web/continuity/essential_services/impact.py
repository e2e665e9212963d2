"""The grid of one service, as figures: worst consequence by duration, the outage that it proposes, what contradicts itself.

In: the answers of the questionnaire `impact_analysis`. Out: plain values, sentences in French. Pure: nothing is read or written.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple

from beffroi.text import format_number
from beffroi.web.ui.formats import SPACE, counted, number

UNBEARABLE: Final = 3
LEVELS: Final = ("nul", "gênant", "grave", "insupportable")


class Duration(NamedTuple):
    key: str
    title: str
    hours: int


DURATIONS: Final = (
    Duration("h4", "4 heures", 4),
    Duration("d1", "1 jour", 24),
    Duration("w1", "1 semaine", 168),
    Duration("m1", "1 mois", 720),
)
FAMILIES: Final[Mapping[str, str]] = {
    "services": "Services aux habitants",
    "internal": "Fonctionnement interne",
    "data": "Données",
    "people": "Personnes",
    "image": "Image",
    "legal": "Responsabilité juridique",
    "money": "Finances",
}
CELLS: Final = tuple(f"{family}_{each.key}" for family in FAMILIES for each in DURATIONS)
HOURS: Final = "longest_outage"


def in_words(hours: float | None) -> str:
    """« 4 heures », « 1 jour », « 2 semaines », as people say a duration."""
    if hours is None:
        return "–"
    if hours == 0:
        return "aucun arrêt"
    if hours % 720 == 0:
        return f"{number(hours / 720)}{SPACE}mois"
    if hours % 168 == 0:
        return counted(int(hours // 168), "semaine")
    if hours % 24 == 0:
        return counted(int(hours // 24), "jour")
    return f"{number(hours)}{SPACE}heure{'s' if hours >= 2 else ''}"


@dataclass(frozen=True)
class Grid:
    """The answers of one service."""

    answers: Mapping[str, Any]

    def level(self, family: str, duration: str) -> int | None:
        found = self.answers.get(f"{family}_{duration}")
        return int(found) if found is not None else None

    @property
    def filled(self) -> int:
        return sum(cell in self.answers for cell in CELLS)

    @property
    def is_full(self) -> bool:
        return self.filled == len(CELLS)

    @property
    def hours(self) -> float | None:
        """The longest bearable outage that people wrote."""
        found = self.answers.get(HOURS)
        return float(found) if found is not None else None

    def worst(self, duration: Duration) -> int | None:
        """The worst consequence of an outage this long; None while nothing is known of it."""
        return max(self._known(duration).values(), default=None)

    def worst_families(self, duration: Duration) -> list[str]:
        known = self._known(duration)
        worst = max(known.values(), default=0)
        return [FAMILIES[family] for family, level in known.items() if level == worst > 0]

    def _known(self, duration: Duration) -> dict[str, int]:
        levels = {family: self.level(family, duration.key) for family in FAMILIES}
        return {family: level for family, level in levels.items() if level is not None}

    @property
    def unbearable_from(self) -> Duration | None:
        """The first duration at which one family is unbearable, where every shorter one is wholly known."""
        for each in DURATIONS:
            if self.worst(each) == UNBEARABLE:
                return each
            if len(self._known(each)) < len(FAMILIES):
                return None
        return None

    @property
    def proposed_hours(self) -> float | None:
        """The duration before the first unbearable one; the longest one where none is; None while that cannot be said."""
        first = self.unbearable_from
        if first is None:
            return float(DURATIONS[-1].hours) if self.is_full else None
        rank = DURATIONS.index(first)
        return float(DURATIONS[rank - 1].hours) if rank else 0.0

    def contradictions(self) -> list[str]:
        """What does not hold together: a longer outage said less grave, a bearable outage that the grid says unbearable."""
        return [*self._less_grave(), *self._too_long()]

    def _less_grave(self) -> Iterator[str]:
        for family, title in FAMILIES.items():
            known = [
                (each, level) for each in DURATIONS if (level := self.level(family, each.key)) is not None
            ]
            for (shorter, before), (longer, after) in pairwise(known):
                if after < before:
                    yield (
                        f"« {title} » : {longer.title} d'arrêt est dit {LEVELS[after]}, alors que {shorter.title} est dit "
                        f"{LEVELS[before]}."
                    )

    def _too_long(self) -> Iterator[str]:
        first = next((each for each in DURATIONS if self.worst(each) == UNBEARABLE), None)
        if first is not None and self.hours is not None and self.hours >= first.hours:
            families = ", ".join(f"« {name} »" for name in self.worst_families(first))
            yield (
                f"Vous écrivez {in_words(self.hours)}, alors que {first.title} d'arrêt est déjà insupportable pour {families}."
            )

    @property
    def cost(self) -> str:
        """« estimé entre 3 000 et 5 000 € par semaine d'arrêt (régie 2025) »; empty where nobody said."""
        low, high = self.answers.get("cost_low"), self.answers.get("cost_high")
        known = [_euros(each) for each in (low, high) if each is not None]
        if not known:
            return ""
        if low is not None and high is not None and low != high:
            amount = f"entre {_euros(low)} et {_euros(high)}"
        elif high is None:
            amount = f"à {known[0]} au moins"
        else:
            amount = f"à {known[0]}{'' if low is not None else ' au plus'}"
        return f"estimé {amount} par semaine d'arrêt ({self.answers.get('cost_source', 'source à dire')})"


def _euros(amount: float) -> str:
    return f"{format_number(amount, ',.0f', SPACE)}{SPACE}€"
