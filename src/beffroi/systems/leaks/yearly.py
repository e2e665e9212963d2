"""Yearly indicators of the RPQS: yield of the network (P104.3), linear indices of uncounted water (P105.3) and of losses (P106.3).

In come the year's volumes, one row a year; out go rows and figures. Definitions: Système d'information des services publics d'eau
(services.eaufrance.fr, indicators P104.3, P105.3, P106.3); threshold of the yield: article D213-48-14-1 of the code de
l'environnement. What the meters or the network tell is taken from them where the volumes do not: it is said.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from beffroi.systems.contract import Figure, Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.words import fr
from beffroi.systems.leaks.network import Network
from beffroi.systems.leaks.readings import Readings

_DAYS = 365
_MEASURED = 330  # days of a year that the meters must have, to stand for the volume produced


@dataclass(frozen=True)
class Year:
    """Cubic metres of one year, and kilometres of pipes without service connections."""

    year: int
    produced: float  # or bought from other services
    sold: float
    counted: float
    uncounted: float  # used without a meter, and service water
    kilometres: float | None
    basis: str

    @property
    def distributed(self) -> float:
        return self.produced - self.sold

    @property
    def used(self) -> float:
        return self.counted + self.uncounted

    @property
    def efficiency(self) -> float:
        """P104.3, in %."""
        return 100 * (self.used + self.sold) / self.produced

    def by_kilometre(self, cubic_metres: float) -> float | None:
        """m³ by km and day."""
        return cubic_metres / self.kilometres / _DAYS if self.kilometres else None

    @property
    def threshold(self) -> float | None:
        """The yield under which a plan of action is owed: 85 %, or 65 % and a fifth of the linear index of use where that is less."""
        index = self.by_kilometre(self.used + self.sold)
        return None if index is None else min(85.0, 65 + index / 5)


def read_years(tables: Tables, readings: Readings, network: Network | None, notes: list[str]) -> list[Year]:
    """From the oldest. A row without its year or its counted volume is left out with a note."""
    rejected, found = cells.Rejected.of(__package__, "volumes"), {}
    for row in cells.rows(tables, "volumes"):
        values = {
            name: cells.number(row.get(name))
            for name in ("produced", "sold", "counted", "uncounted", "length")
        }
        number = cells.number(row.get("year"))
        if number is None or values["counted"] is None:
            rejected.add("sans année ou sans volume compté chez les abonnés")
        elif any(value is not None and value < 0 for value in values.values()):
            rejected.add("volume négatif", str(int(number)))
        elif (year := _year(int(number), values, readings, network)) is None:
            rejected.add("sans volume produit, que les compteurs ne donnent pas non plus", str(int(number)))
        elif year.used + year.sold > year.produced:
            rejected.add("plus d’eau consommée que d’eau entrée", str(int(number)))
        else:
            found[year.year] = year
    notes += rejected.notes()
    return [found[year] for year in sorted(found)]


def _year(
    year: int, values: dict[str, float | None], readings: Readings, network: Network | None
) -> Year | None:
    produced, length, basis = values["produced"], values["length"], []
    if produced is None:
        produced = _measured_inflow(year, readings)
        basis.append("volume produit : vos compteurs d’entrée")
    if length is None and network is not None:
        length = float(network.pipes.length.sum()) / 1000
        basis.append("longueur : le modèle du réseau")
    if not produced:
        return None
    sold, counted, uncounted = (values[name] or 0.0 for name in ("sold", "counted", "uncounted"))
    return Year(year, produced, sold, counted, uncounted, length or None, ", ".join(basis) or "vos volumes")


def _measured_inflow(year: int, readings: Readings) -> float | None:
    """m³ that entered in the year, from the sum of all meters; None where too few days were measured."""
    begin, end = readings.number(date(year, 1, 1)), readings.number(date(year + 1, 1, 1))
    hours = np.abs(readings.flows.sum(axis=0))[max(0, begin) * 24 : max(0, end) * 24]
    known = hours[np.isfinite(hours)]
    return float(known.mean()) * 24 * (end - begin) if len(known) >= _MEASURED * 24 else None


def indicator_rows(years: list[Year]) -> list[dict[str, Any]]:
    """The latest year first; an index without a length of pipes is left out."""
    rows: list[dict[str, Any]] = []
    for one in reversed(years):
        unit = "m³ par km et par jour"
        indices = (
            ("P104.3 Rendement du réseau de distribution, %", one.efficiency, one.threshold),
            (f"P105.3 Indice linéaire des volumes non comptés, {unit}", one.by_kilometre(one.distributed - one.counted), None),
            (f"P106.3 Indice linéaire de pertes en réseau, {unit}", one.by_kilometre(one.distributed - one.used), None),
        )  # fmt: skip
        rows += [
            {
                "year": one.year,
                "indicator": title,
                "value": round(value, 2),
                "threshold": None if threshold is None else round(threshold, 1),
                "basis": one.basis,
            }
            for title, value, threshold in indices
            if value is not None
        ]
    return rows


def indicator_figures(years: list[Year]) -> list[Figure]:
    if not years:
        return []
    last = years[-1]
    base = f"année {last.year}, {last.basis}"
    if last.threshold is not None:
        base += f", seuil du plan d’actions {fr(last.threshold, 1)} %"
    figures = [
        Figure(
            "efficiency",
            "Rendement du réseau (P104.3)",
            round(last.efficiency, 1),
            "%",
            base,
            better="higher",
        )
    ]
    if (index := last.by_kilometre(last.distributed - last.used)) is not None:
        label, base = "Indice linéaire de pertes (P106.3)", f"année {last.year}, {last.basis}"
        figures.append(
            Figure("loss_index", label, round(index, 2), "m³ par km et par jour", base, better="lower")
        )
    return figures
