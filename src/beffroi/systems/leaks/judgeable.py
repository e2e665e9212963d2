"""What cannot be judged, and what would make it judgeable: a source or a pump without a meter, a tank without its level, too few sensors.

In come the network and the names of the instruments; out go `Obstacle`s, those that may hide a leak altogether first.
"""

from dataclasses import dataclass

from beffroi.systems.kit.words import fr, listed, plural
from beffroi.systems.leaks.network import Network
from beffroi.systems.leaks.readings import Readings

KILOMETRES = {"le secteur": 8.0, "la conduite": 1.5}
"""Kilometres of pipe for one pressure sensor, at most, to tell a leak's place (measured: `benchmarks/leak_networks.py`)."""


@dataclass(frozen=True)
class Obstacle:
    """`hides`: a leak may run there without being seen; else it is seen, and not located. Both texts begin in lower case."""

    subject: str
    problem: str
    remedy: str
    hides: bool

    @property
    def sentence(self) -> str:
        return f"{self.problem} ; pour en juger : {self.remedy}"


def find_obstacles(network: Network | None, readings: Readings, silent: list[str]) -> list[Obstacle]:
    """`silent`: sectors whose nights were not measured of late, or whose meters count no water."""
    found = [
        Obstacle(
            sector,
            f"le secteur « {sector[:40]} » n’a plus de nuit mesurée, ou ne compte plus d’eau : ce qu’il perd n’est pas connu",
            "vérifier son compteur et le remettre en service",
            True,
        )
        for sector in silent
    ]
    if network is not None:
        meters, sensors = set(readings.meters), set(readings.sensors)
        found += _unmetered_sources(network, meters)
        found += _tanks_without_level(network, sensors)
        found += _pumps_without_meter(network, meters)
        found += _too_few_sensors(network, sensors)
    return sorted(found, key=lambda one: not one.hides)


def _unmetered_sources(network: Network, meters: set[str]) -> list[Obstacle]:
    model = network.model
    return [
        Obstacle(
            name,
            f"aucun compteur ne mesure l’eau qui vient de « {name[:40]} », une fuite nourrie par là ne se verrait pas",
            f"un compteur sur {_quoted(model.get_links_for_node(name))}",
            True,
        )
        for name in model.reservoir_name_list
        if not _metered(network, name, meters, seen={name})
    ]


def _metered(network: Network, node: str, known: set[str], seen: set[str]) -> bool:
    """Whether each way out of a node passes a meter before water is used, or other ways join. Meters bear a link's name or a node's."""
    for name in network.model.get_links_for_node(node):
        link = network.model.get_link(name)
        other = link.end_node_name if link.start_node_name == node else link.start_node_name
        if known & {name, other} or other in seen:
            continue
        onward = len(network.model.get_links_for_node(other)) - 1
        used = getattr(network.model.get_node(other), "base_demand", 0.0)
        if used or onward > 1 or (onward and not _metered(network, other, known, seen | {other})):
            return False
    return True


def _tanks_without_level(network: Network, sensors: set[str]) -> list[Obstacle]:
    lacking = [name for name in network.model.tank_name_list if name not in sensors]
    tanks = "le niveau du réservoir" if len(lacking) == 1 else f"le niveau de {len(lacking)} réservoirs"
    problem = "n’est pas relevé, l’usage se suit au jour, non à l’heure, et une fuite s’y situe mal"
    remedy = "ce niveau, chaque heure, dans la table des pressions"
    return _lacking(lacking, f"{tanks} {_quoted(lacking)} {problem}", remedy)


def _pumps_without_meter(network: Network, meters: set[str]) -> list[Obstacle]:
    lacking = [name for name in network.model.pump_name_list if name not in meters]
    problem = f"la pompe {_quoted(lacking)} n’a pas de compteur, et le calcul ne sait pas quand elle tourne"
    if len(lacking) > 1:
        problem = f"{len(lacking)} pompes {_quoted(lacking)} n’ont pas de compteur, et le calcul ne sait pas quand elles tournent"
    return _lacking(lacking, problem, f"un compteur sur {_quoted(lacking)}, dans la table des débits")


def _lacking(names: list[str], problem: str, remedy: str) -> list[Obstacle]:
    return [Obstacle(listed(names), problem, remedy, False)] if names else []


def _too_few_sensors(network: Network, sensors: set[str]) -> list[Obstacle]:
    kilometres = float(network.pipes.length.sum()) / 1000
    known = len(sensors & set(network.model.junction_name_list))
    wanted = {what: max(3, -int(-kilometres // each)) for what, each in KILOMETRES.items()}
    what = "le secteur"
    if known >= 0.8 * wanted[what]:
        return []
    more = wanted[what] - known
    problem = (
        f"{plural(known, 'capteur de pression', 'capteurs de pression')} pour {fr(kilometres, 0)} km, trop peu pour donner "
        f"{what} d’une fuite"
    )
    remedy = f"{plural(more, 'capteur', 'capteurs')} de plus, et {wanted['la conduite']} en tout pour donner la conduite"
    return [Obstacle("capteurs de pression", problem, remedy, False)]


def _quoted(names: list[str]) -> str:
    return listed((f"« {name[:40]} »" for name in names), 3)
