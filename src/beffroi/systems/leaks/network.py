"""Network model: an EPANET file parsed from its lines, with zones between meters, distances and shapes.

In comes the `network` table (lines of the file, in order); out goes a `Network`. Nothing is simulated here. EPANET wants
a file: it is written under the process's own temporary folder.
"""

import re
import tempfile
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa

from beffroi.systems.contract import BadInput
from beffroi.systems.kit.arrays import Rows, Vector
from beffroi.systems.kit.cells import text
from beffroi.systems.leaks.epanet import wntr

# Simulations grow as the square: 4,900 pipes take eight minutes and a half of one core, and a run is given ten.
MAX_PIPES = 3_000
_NEEDED = ("JUNCTIONS", "PIPES")
_SECTIONS = (
    "TITLE", "JUNCTIONS", "RESERVOIRS", "TANKS", "PIPES", "PUMPS", "VALVES", "CONTROLS", "RULES",
    "DEMANDS", "SOURCES", "EMITTERS", "PATTERNS", "CURVES", "QUALITY", "STATUS", "ROUGHNESS", "ENERGY",
    "REACTIONS", "MIXING", "REPORT", "TIMES", "OPTIONS", "COORDINATES", "VERTICES", "LABELS", "BACKDROP", "TAGS", "END",
)  # fmt: skip


@dataclass(frozen=True)
class Pipes:
    """Candidate pipes. `ends`: row numbers of their two nodes in `Network.nodes`; lengths in metres."""

    names: tuple[str, ...]
    ends: Rows
    length: Vector


@dataclass(frozen=True)
class Network:
    """`model` is WNTR's own; `apart[i, j]` the length of pipe, in metres, between nodes i and j (infinite: not joined)."""

    model: Any
    nodes: tuple[str, ...]
    pipes: Pipes
    apart: Vector
    streets: tuple[str, ...]  # of each pipe, empty where it is not known

    def graph(self, without: Collection[str] = ()) -> nx.Graph:
        """The nodes and what joins them, but these links."""
        graph = nx.Graph()
        graph.add_nodes_from(self.nodes)
        graph.add_edges_from(
            (link.start_node_name, link.end_node_name)
            for name, link in self.model.links()
            if name not in without
        )
        return graph

    def parts(self, without: Collection[str]) -> list[frozenset[str]]:
        """What stays joined once these links are taken away, in the file's order."""
        return [frozenset(part) for part in nx.connected_components(self.graph(without))]

    def enters(self, name: str, part: Collection[str]) -> int:
        """1 where the link, along its drawing, leads into this part, -1 where it leaves it."""
        link = self.model.get_link(name)
        return (link.end_node_name in part) - (link.start_node_name in part)

    def between(self, pipe: int) -> Vector:
        """Metres of pipe from the middle of this pipe to the middle of each: the distance of the BattLeDIM score."""
        one, two = self.pipes.ends[pipe]
        nearest = np.minimum(self.apart[one], self.apart[two])
        reach = np.minimum(nearest[self.pipes.ends[:, 0]], nearest[self.pipes.ends[:, 1]])
        found = reach + (self.pipes.length + self.pipes.length[pipe]) / 2
        found[pipe] = 0.0
        return np.asarray(found)


def read_network(table: pa.Table) -> Network:
    """Parse the file's lines. Raises `BadInput`, where there are too many pipes as well."""
    model = _parse(_text(table))
    if not model.num_pipes or not model.num_junctions:
        raise BadInput("Le fichier du réseau ne contient aucune conduite : vérifiez qu’il est complet.")
    nodes, names = tuple(model.node_name_list), tuple(model.pipe_name_list)
    row = {name: number for number, name in enumerate(nodes)}
    links = [model.get_link(name) for name in names]
    ends = np.array([[row[link.start_node_name], row[link.end_node_name]] for link in links])
    pipes = Pipes(names, ends, np.array([float(link.length) for link in links]))
    return Network(model, nodes, pipes, _distances(model, row), _streets(table, names))


def _streets(table: pa.Table, pipes: tuple[str, ...]) -> tuple[str, ...]:
    """The street given with the line of each pipe, which begins with its name."""
    if "street" not in table.column_names:
        return ("",) * len(pipes)
    pairs = zip(table["line"].to_pylist(), table["street"].to_pylist(), strict=True)
    known = {
        line.split()[0]: text(street) for line, street in pairs if line and line.split() and text(street)
    }
    return tuple(known.get(name, "") for name in pipes)


def _distances(model: Any, row: dict[str, int]) -> Vector:
    from scipy.sparse import dok_array
    from scipy.sparse.csgraph import dijkstra

    weights = dok_array((len(row), len(row)))
    for _, link in model.links():
        ends = row[link.start_node_name], row[link.end_node_name]
        # A valve or a pump has no length: a zero would mean « not joined » in a sparse matrix.
        length = max(float(getattr(link, "length", 0.0) or 0.0), 1e-6)
        weights[min(ends), max(ends)] = min(length, weights.get((min(ends), max(ends)), 0.0) or np.inf)
    return np.asarray(dijkstra(weights.tocsr(), directed=False))


def _text(table: pa.Table) -> str:
    lines: list[str] = []
    current, pipes = "", 0
    for section, line in zip(table["section"].to_pylist(), table["line"].to_pylist(), strict=True):
        name = _section(section or "")
        if name and name != current:
            lines.append(f"[{name}]")
            current = name
        # A carriage return left by another system's file would stick to the last word.
        stripped = (line or "").strip()
        if stripped and not stripped.startswith("["):
            lines.append(stripped)
            pipes += current == "PIPES" and not stripped.startswith(";")
    # Distances take pipes² × 8 bytes, and a leak is simulated at each node: both grow as the square of the network.
    if pipes > MAX_PIPES:
        raise BadInput(
            f"Le modèle du réseau compte {pipes} conduites : le calcul en suit {MAX_PIPES} au plus. Donnez le modèle d’un "
            "seul secteur, ou un modèle simplifié où les conduites en série sont réunies."
        )
    found = {line.strip("[]") for line in lines if line.startswith("[")}
    missing = [name for name in _NEEDED if name not in found]
    if missing:
        raise BadInput(
            f"Le fichier du réseau n’a pas de partie {' ni '.join(f'[{name}]' for name in missing)} : "
            "donnez un fichier EPANET (.inp) complet."
        )
    if "END" not in found:
        lines.append("[END]")
    return "\n".join(lines) + "\n"


def _section(title: str) -> str:
    """The whole name of a section: EPANET reads its first four letters, in either case (`[pipe]`, `[JUNC]`, `[Coord]`)."""
    name = re.sub(r"[^A-Z]", "", title.upper())
    return next((whole for whole in _SECTIONS if name and name[:4] == whole[:4]), name)


def _parse(lines: str) -> Any:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "network.inp"
        path.write_text(lines, encoding="utf-8")
        try:
            return wntr.network.WaterNetworkModel(str(path))
        except Exception as error:
            detail = " ".join(str(error).split())[:160]
            raise BadInput(
                f"Le fichier du réseau n’a pas pu être lu par EPANET ({detail}) : corrigez-le, ou donnez-en un autre."
            ) from error


def metered_zones(network: Network, cut: Collection[str]) -> list[frozenset[str]]:
    """The parts of the network once the metered links are taken away, those with a demand only, in the file's order."""
    demand = {
        name
        for name, node in network.model.junctions()
        if node.base_demand or len(node.demand_timeseries_list) > 1
    }
    return [part for part in network.parts(cut) if part & demand]
