"""Real files of canteens: one town, at two leads."""

from systems import real_canteens
from systems.real import Measure

MEASURES = (
    Measure("Cantines de Nantes, 14 jours à l’avance", real_canteens.nantes),
    Measure("Cantines de Nantes, 70 jours à l’avance", real_canteens.nantes, {"horizon_days": 70}),
)
