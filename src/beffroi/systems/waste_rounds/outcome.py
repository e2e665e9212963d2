"""What a run gives: the stops and the routes as tables, one round a truck to decide, figures and the sentence of the morning."""

from datetime import date
from typing import Any

import numpy as np

from beffroi.systems.contract import Figure, Item, Outcome, ProposedAct
from beffroi.systems.kit import ground, writing
from beffroi.systems.kit.arrays import Rows
from beffroi.systems.kit.plans import route_checker, route_sheet
from beffroi.systems.kit.plans.route_checker import Measured
from beffroi.systems.kit.plans.routes import Route
from beffroi.systems.kit.words import day as in_words
from beffroi.systems.kit.words import fr, plural, two_figures

from .reading import Town
from .rounds import Day

WAIT, UNREAD, ON_THE_WAY = "peut attendre", "sans relevé", "vidée au passage"
DUE, LEFT = "à vider", "à vider, sans camion"
MOST_SPARE = 40  # containers proposed beside a round, the fullest first


class Rounds:
    """The rounds of one day in words. `next_day`: when the next rounds are."""

    def __init__(self, town: Town, planned: Day, day: date, next_day: date) -> None:
        self.town, self.planned, self.day, self.next_day = town, planned, day, next_day
        self.fill = np.nan_to_num(planned.fill)
        self.routes = [
            (route, route_checker.measure(planned.problem, route)) for route in planned.plan.routes
        ]
        self.taken = {
            int(container): (self.town.trucks[route.vehicle].name, rank)
            for route, _ in self.routes
            for rank, container in enumerate(self._containers(route), start=1)
        }
        staying = [row for row in range(len(town.names)) if row not in self.taken]
        self.staying = sorted(
            staying, key=lambda row: (self._status(row) != LEFT, self._status(row) != UNREAD, -self.fill[row])
        )
        self.left = [row for row in self.staying if self._status(row) == LEFT]

    def outcome(self, notes: tuple[str, ...]) -> Outcome:
        stops = writing.table(__package__, "stops", map(self._stop, [*self.taken, *self.staying]))
        routes = writing.table(__package__, "routes", (self._line(*route) for route in self.routes))
        acts = tuple(self._act(*route) for route in self.routes)
        return Outcome(
            stops, acts, notes, layers={"routes": routes}, figures=self._figures(), summary=self._summary()
        )

    def _containers(self, route: Route) -> Rows:
        return self.planned.containers[list(route.stops)]

    def _status(self, row: int) -> str:
        if row in self.taken:
            return DUE if self.planned.due[row] else ON_THE_WAY
        return UNREAD if np.isnan(self.planned.fill[row]) else LEFT if self.planned.due[row] else WAIT

    def _stop(self, row: int) -> dict[str, Any]:
        truck, rank = self.taken.get(row, ("", None))
        ends = {name: np.round(getattr(self.planned, name)[row], 1) for name in ("fill", "low", "high")}
        place = {"container": self.town.names[row], "position": ground.point_text(self.town.points[row])}
        return {**place, "truck": truck, "rank": rank, **ends, "status": self._status(row)}

    def _line(self, route: Route, measured: Measured) -> dict[str, Any]:
        truck = self.town.trucks[route.vehicle]
        return {
            "truck": truck.name,
            "km": round(measured.metres / 1000, 1),
            "hours": round(measured.seconds / 3600, 2),
            "stops": len(route.stops),
            "volume": round(measured.load, 1),
            "line": route_sheet.line(route, truck, self.town.points[self.planned.containers]),
        }

    def _act(self, route: Route, measured: Measured) -> ProposedAct:
        truck, rows = self.town.trucks[route.vehicle], self._containers(route)
        low, high = self._volume(rows, measured.load)
        hand_km, bound_km = route_sheet.compared(self.planned.problem, self.planned.plan)
        return ProposedAct(
            subject=f"{truck.name}, {in_words(self.day)} {self.day.year}",
            value=round(measured.load, 1),
            unit="m³",
            low=round(low, 1),
            high=round(high, 1),
            reasons=self._reasons(rows, measured),
            evidence={
                "km": round(measured.metres / 1000, 1),
                "hours": round(measured.seconds / 3600, 2),
                "hand_km": hand_km,
                "bound_km": bound_km,
                "fill": {self.town.names[row]: round(float(self.fill[row]), 1) for row in rows},
            },
            key=f"{self.day.isoformat()}/{truck.name}",
            day=self.day,
            place=truck.name,
            about=route_sheet.about(route, measured),
            items=route_sheet.items(
                route, truck, lambda stop: self._item(int(self.planned.containers[stop]))
            ),
            spare=tuple(self._item(row) for row in self.staying[:MOST_SPARE]),
        )

    def _item(self, row: int) -> Item:
        status = self._status(row)
        facts = (status,) if status == UNREAD else (f"{fr(round(self.fill[row]))} % attendus", status)
        return Item(self.town.names[row], self.town.labels[row], facts)

    def _volume(self, rows: Rows, load: float) -> tuple[float, float]:
        """Interval of the load, in m³: errors of several containers partly make up for each other."""
        volume, fill = self.town.volume[rows] / 100, self.fill[rows]
        down, up = (
            float(np.linalg.norm(volume * (end[rows] - fill)))
            for end in (self.planned.low, self.planned.high)
        )
        return max(0.0, load - down), load + up

    def _reasons(self, rows: Rows, measured: Measured) -> tuple[str, ...]:
        due = int(self.planned.due[rows].sum())
        until, others = in_words(self.next_day), len(rows) - due
        found = [
            f"Sans passage, {plural(due, 'borne', 'bornes')} de cette tournée {'peut' if due < 2 else 'peuvent'} déborder avant le {until}.",
            f"{plural(others, 'autre est vidée', 'autres sont vidées')} au passage : y revenir plus tard ferait plus de route.",
            f"Le camion fait {two_figures(measured.metres / 1000)} km et rentre au bout de {two_figures(measured.seconds / 3600)} heures.",
        ]
        return tuple(text for text, count in zip(found, (due, others, 1), strict=True) if count)

    def _figures(self) -> tuple[Figure, ...]:
        base = f"{in_words(self.day)}, {plural(len(self.routes), 'camion', 'camions')}"
        km = sum(measured.metres for _, measured in self.routes) / 1000
        volume = sum(measured.load for _, measured in self.routes)
        figures = (
            Figure(
                "stops",
                "Bornes à vider",
                float(len(self.taken)),
                "bornes",
                f"{base}, sur {len(self.town.names)}",
            ),
            Figure("km", "Trajet", round(km, 1), "km", base, better="lower"),
            Figure(
                "left", "Bornes pleines sans camion", float(len(self.left)), "bornes", base, better="lower"
            ),
        )
        if not volume:
            return figures
        return *figures, Figure(
            "km_a_m3", "Trajet pour un mètre cube", round(km / volume, 2), "km", base, better="lower"
        )

    def _summary(self) -> str:
        until = in_words(self.next_day)
        if not self.planned.due.any():
            return f"Pas de tournée à faire : aucune borne relevée ne devrait déborder avant le {until}."
        if self.left:
            message = plural(len(self.left), "borne à vider reste", "bornes à vider restent")
            return f"{message} sans camion, à commencer par {self.town.labels[self.left[0]]}."
        rounds, stops = (
            plural(len(self.routes), "tournée", "tournées"),
            plural(len(self.taken), "borne", "bornes"),
        )
        return f"{rounds} à décider pour {in_words(self.day)} : {stops} à vider avant le {until}."
