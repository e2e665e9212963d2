"""Metrics of one method on the test rows, and the French verdict on the use of the system.

In come what was served and what each method would have ordered; out go its figures in %, and French.
"""

from dataclasses import dataclass

from beffroi.systems.canteen.rolling import margin, shortage, surplus
from beffroi.systems.kit.arrays import Vector
from beffroi.systems.kit.judging import wape
from beffroi.text import format_percent

COMPARABLE = 1.5  # beyond this multiple of the wanted shortage, a low surplus proves nothing


@dataclass(frozen=True)
class MethodMetrics:
    """Metrics of one method on the test rows, in %: with the margin fixed in advance, and at exactly equal shortage (found afterwards)."""

    surplus: float
    shortage: float
    equal: float
    wape: float

    @classmethod
    def of(cls, meals: Vector, order: Vector, middle: Vector, scale: Vector, risk: float) -> "MethodMetrics":
        """`middle` and `scale`: the forecast and the unit of its margin; `risk`: a share of the meals."""
        equal = margin(meals, middle, scale, risk)
        return cls(
            surplus=100 * surplus(meals, order),
            shortage=100 * shortage(meals, order),
            equal=100 * surplus(meals, middle + equal * scale),
            wape=wape(meals, middle),
        )

    def keeps_to(self, risk: float) -> bool:
        """Whether it misses about as many meals as was wanted (`risk`: a share of the meals)."""
        return self.shortage <= 100 * risk * COMPARABLE

    def beats(self, other: "MethodMetrics", risk: float) -> bool:
        """Less surplus at equal shortage, and with the margin fixed in advance unless the other then misses too many meals."""
        return self.equal < other.equal and (self.surplus < other.surplus or not other.keeps_to(risk))


def verdict(
    system: MethodMetrics,
    baseline: MethodMetrics,
    town: MethodMetrics | None,
    risk: float,
    coverage: float,
    measured_over: str,
) -> str:
    """`measured_over`: on which days and from how far, as in the page's figures."""
    measured = (
        f"Mesuré sur {measured_over}. Marge réglée d’avance pour {format_percent(100 * risk)} de manque : {format_percent(system.surplus)} de repas en trop et {format_percent(system.shortage)} de manque, "
        f"contre {format_percent(baseline.surplus)} et {format_percent(baseline.shortage)} pour la référence sans IA"
    )
    if town is not None:
        measured += f", {format_percent(town.surplus)} et {format_percent(town.shortage)} pour la commande de la ville"
    measured += (
        f". À manque exactement égal : {format_percent(system.equal)}, contre {format_percent(baseline.equal)}"
        + (f" et {format_percent(town.equal)}" if town is not None else "")
        + f". L’intervalle à 90 % contient la vérité {format_percent(100 * coverage)} du temps."
    )
    losing = []
    if not system.beats(baseline, risk):
        losing.append("il ne fait pas mieux que la référence sans IA")
    if town is not None and not system.beats(town, risk):
        losing.append("il ne fait pas mieux que la commande actuelle de la ville")
    if not system.keeps_to(risk):
        losing.append("il manque bien plus de repas que le risque choisi")
    if losing:
        return f"Ne pas utiliser ici : {' ; '.join(losing)}. {measured}"
    caution = (
        " Ses intervalles sont trop étroits ou trop larges : ne vous fiez qu’à la quantité proposée."
        if not 0.87 <= coverage <= 0.93
        else ""
    )
    return f"Recommandé, sous le contrôle d’une personne. {measured}{caution} Ne pas l’utiliser les jours de grève."
