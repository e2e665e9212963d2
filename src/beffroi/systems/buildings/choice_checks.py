"""Feasibility check of a choice of works, independent of the optimiser.

In come costs, the budget, what is chosen and the yearly savings by set; out go the faults, in French, none when all is well.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import combinations


def find_choice_faults(chosen: Iterable[int], costs: Mapping[int, float], budget: float) -> list[str]:
    """Each chosen work exists, is chosen once, and their sum keeps within the budget."""
    listed = list(chosen)
    found = [f"Le projet {number} n’existe pas." for number in listed if number not in costs]
    if len(set(listed)) < len(listed):
        found.append("Un projet est choisi deux fois.")
    spent = sum(costs.get(number, 0.0) for number in set(listed))
    if spent > budget * (1 + 1e-9):
        found.append(f"Le choix coûte {spent:.0f} € pour un budget de {budget:.0f} €.")
    return found


def best_by_enumeration(
    costs: Mapping[int, float], budget: float, worth: Callable[[frozenset[int]], float]
) -> float:
    """Best value of any set within the budget, by enumeration: for tests, up to a dozen works."""
    numbers = sorted(costs)
    return max(
        (
            worth(frozenset(picked))
            for size in range(len(numbers) + 1)
            for picked in combinations(numbers, size)
            if sum(costs[number] for number in picked) <= budget
        ),
        default=0.0,
    )
