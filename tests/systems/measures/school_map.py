"""Real secondary schools of a large town."""

from systems.real import Measure
from systems.test_school_map_real import lille

MEASURES = (
    Measure("Collèges de Lille, 10 % de places au-dessus de la charge", lambda data: lille(data, 1.1)),
)
