"""Input data of a run: blocks and schools on the ground, walks, locks and siblings.

In come the tables and the options; out goes a `Town`. Raises `BadInput` only when nothing can be computed.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.optimize import linear_sum_assignment

from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit import adjacency, cells, ground
from beffroi.systems.kit.arrays import Mask, Matrix, Rows, Vector
from beffroi.systems.kit.walking import Streets, Walks, walk
from beffroi.systems.kit.words import fr, listed, plural
from beffroi.systems.school_map.options import Options
from beffroi.systems.school_map.reading import (
    BlockRow,
    PupilRow,
    read_blocks,
    read_counts,
    read_pupils,
    read_schools,
)

NEAREST = 12  # schools that a block may be assigned to, by its walk; besides today's and the locked one


@dataclass(frozen=True)
class Town:
    """B blocks, S schools, H homes. Distances and burdens in metres; -1 where a block has no known school or no lock."""

    schools: tuple[str, ...]
    seats: Rows
    codes: tuple[str, ...]
    names: tuple[str, ...]
    shapes: npt.NDArray[np.object_]
    plane: ground.Plane
    pupils: Vector
    today: Rows
    social: Vector  # NaN where unknown
    neighbours: tuple[Rows, ...]
    anchor: Rows
    distance: Matrix  # (B, S) mean walk of the block's homes
    burden: Matrix
    home_block: Rows  # (H,)
    home_distance: Matrix  # (H, S)
    sibling: Matrix  # (B, S) pupils whose brother or sister is at that school
    siblings: Vector  # (B,) pupils with a brother or sister somewhere
    lock: Rows
    past: Matrix  # (years, B)
    detour: float
    measured: bool  # walks along streets
    listed: bool  # homes are those of listed pupils
    notes: tuple[str, ...]

    @property
    def allowed(self) -> Mask:
        """(B, S) the schools that a block may be assigned to: open, near (or today's), and only the locked one where locked."""
        open_ = (self.seats > 0) & (self.anchor >= 0)
        burden = np.where(open_, self.burden, np.inf)
        able = np.zeros(burden.shape, dtype=bool)
        nearest = np.argsort(burden, axis=1, kind="stable")[:, :NEAREST]
        able[np.arange(len(able))[:, None], nearest] = True
        known = self.today >= 0
        able[np.flatnonzero(known), self.today[known]] = True
        able[self.anchor[open_], np.flatnonzero(open_)] = True
        able &= open_
        locked = np.flatnonzero(self.lock >= 0)
        able[locked] = False
        able[locked, self.lock[locked]] = True
        return able

    def reference(self) -> Rows:
        """(B,) today's map; the nearest school where a block has none."""
        return np.where(self.today >= 0, self.today, self.distance.argmin(axis=1))

    def reference_loads(self) -> Vector:
        """(S,) pupils of each school with today's map."""
        return np.bincount(self.reference(), self.pupils, len(self.schools)).astype(np.float64)


def read_town(tables: Tables, options: Options) -> Town:
    """Read, clean and measure. Raises `BadInput`."""
    notes: list[str] = []
    schools = read_schools(tables, options.level, notes)
    blocks = read_blocks(tables, max(school.seats for school in schools.values()), notes)
    rank = {name: place for place, name in enumerate(schools)}
    index = {cells.key(block.code): place for place, block in enumerate(blocks)}
    degrees = np.array([block.shape for block in blocks], dtype=object)
    ends = shapely.total_bounds(degrees)
    plane = ground.Plane(float((ends[1] + ends[3]) / 2))
    shapes = plane.flat(degrees)
    sites = shapely.get_coordinates(plane.flat(np.array([s.shape for s in schools.values()], dtype=object)))
    neighbours, bridges = adjacency.neighbours(shapes)
    if bridges:
        notes.append(
            f"{plural(len(bridges), 'partie de la carte ne touche', 'parties de la carte ne touchent')} pas le reste (île, "
            f"cours d’eau, rue isolée) : l’îlot le plus proche, à {fr(max(bridges), 0)} m au plus, sert de passage."
        )
    today = np.array([rank.get(cells.key(block.school), -1) for block in blocks], dtype=np.int64)
    _note_unknown_schools(today, [block.school for block in blocks], notes)
    pupil_rows = read_pupils(tables, index, notes)
    points, owner, pupils = _homes(shapes, plane, blocks, pupil_rows, notes)
    streets = _streets(tables, plane, notes)
    walks = walk(points, sites, streets, options.detour, options.danger)
    notes += walks.notes
    _note_estimated_walks(walks, len(points), streets is not None, notes)
    counts = np.bincount(owner, minlength=len(blocks))[:, None]
    sibling = np.zeros((len(blocks), len(schools)))
    for pupil in pupil_rows:
        if pupil.sibling in rank:
            sibling[pupil.block, rank[pupil.sibling]] += 1
    seats = np.array([school.seats for school in schools.values()], dtype=np.int64)
    lock = _locks(tables, index, rank, seats, notes)
    social = np.array([block.social for block in blocks])
    if 0 < (unknown := int(np.isnan(social).sum())) < len(social):
        notes.append(
            f"{plural(unknown, 'îlot sans indice social compte', 'îlots sans indice social comptent')} comme la moyenne."
        )
    return Town(
        schools=tuple(school.name for school in schools.values()),
        seats=seats,
        codes=tuple(block.code for block in blocks),
        names=tuple(block.name for block in blocks),
        shapes=shapes,
        plane=plane,
        pupils=pupils,
        today=today,
        social=social,
        neighbours=neighbours,
        anchor=_anchors(shapes, sites, seats, pupils, lock),
        distance=_by_block(walks.distance, owner, len(blocks)) / counts,
        burden=_by_block(walks.burden, owner, len(blocks)) / counts,
        home_block=owner,
        home_distance=walks.distance,
        sibling=sibling,
        siblings=sibling.sum(axis=1),
        lock=lock,
        past=read_counts(tables, index, pupils, notes),
        detour=walks.detour,
        measured=streets is not None,
        listed=bool(pupil_rows),
        notes=tuple(notes),
    )


def _note_unknown_schools(today: Rows, written: list[str], notes: list[str]) -> None:
    if (today < 0).all():
        raise BadInput(
            "Aucun îlot n’a pour école d’aujourd’hui une école connue. Vérifiez que les noms sont les mêmes dans la table "
            "des îlots et dans celle des écoles."
        )
    unknown = sorted({name or "sans nom" for name, place in zip(written, today, strict=True) if place < 0})
    if unknown:
        notes.append(
            f"{plural(int((today < 0).sum()), 'îlot n’a', 'îlots n’ont')} pas d’école connue aujourd’hui ({listed(unknown, 3)}) : "
            "la plus proche sert de comparaison."
        )


def _homes(
    shapes: npt.NDArray[np.object_],
    plane: ground.Plane,
    blocks: list[BlockRow],
    pupil_rows: list[PupilRow],
    notes: list[str],
) -> tuple[Matrix, Rows, Vector]:
    """Where pupils live: each listed pupil's own point, else points of the block; and how many a block holds."""
    points, owner = adjacency.home_points(shapes)
    declared = np.array([block.pupils for block in blocks], dtype=np.float64)
    if not pupil_rows:
        return points, owner, declared
    place = np.array([pupil.block for pupil in pupil_rows], dtype=np.int64)
    count = np.bincount(place, minlength=len(blocks)).astype(np.float64)
    pupils = np.where(count > 0, count, declared)
    off = (count > 0) & (np.abs(count - declared) > np.maximum(3.0, 0.25 * count))
    if off.any():
        notes.append(
            f"{plural(int(off.sum()), 'îlot n’a', 'îlots n’ont')} pas le même nombre d’élèves dans la liste et dans la table "
            f"des îlots (par exemple {blocks[int(np.flatnonzero(off)[0])].code}) : la liste a été suivie."
        )
    if absent := int((count == 0).sum()):
        unlisted = plural(
            absent, "îlot sans élève dans la liste garde", "îlots sans élève dans la liste gardent"
        )
        notes.append(f"{unlisted} le nombre de leur table.")
    home_shapes = np.array([pupil.shape for pupil in pupil_rows], dtype=object)
    own = np.array([shape is not None for shape in home_shapes], dtype=bool)
    if not own.any():
        return points, owner, pupils
    home_points = shapely.get_coordinates(plane.flat(home_shapes[own]))
    whole = np.zeros(len(blocks), dtype=bool)
    whole[place[own]] = True
    keep = ~whole[owner]
    return (
        np.concatenate([points[keep], home_points]),
        np.concatenate([owner[keep], place[own]]).astype(np.int64),
        pupils,
    )


def _by_block(values: Matrix, owner: Rows, count: int) -> Matrix:
    return np.stack([np.bincount(owner, values[:, s], count) for s in range(values.shape[1])], axis=1)


def _streets(tables: Tables, plane: ground.Plane, notes: list[str]) -> Streets | None:
    rows = list(cells.rows(tables, "streets"))
    rejected = cells.Rejected.of(__package__, "streets")
    lines, lengths, dangers = [], [], []
    for row, shape in zip(rows, ground.read_shapes(row.get("geometry") for row in rows), strict=True):
        if shape is None or shape.geom_type != "LineString":
            rejected.add("sans tracé lisible")
            continue
        lines.append(shape)
        lengths.append(cells.number(row.get("length")))
        dangers.append(cells.number(row.get("danger")) or 0.0)
    notes += rejected.notes()
    if not lines:
        return None
    flat = plane.flat(np.array(lines, dtype=object))
    drawn, length, danger = shapely.length(flat), np.array(lengths, dtype=np.float64), np.array(dangers)
    odd = np.isfinite(length) & ((length < 0.5 * drawn) | (length > 3 * drawn + 50))
    if odd.any():
        wrong = plural(
            int(odd.sum()), "longueur de rue loin de son tracé", "longueurs de rue loin de leur tracé"
        )
        notes.append(f"{wrong} : celle du tracé a été prise.")
    length = np.where(np.isfinite(length) & ~odd, length, drawn)
    if negative := int((danger < 0).sum()):
        wrong = plural(negative, "note de danger négative compte", "notes de danger négatives comptent")
        notes.append(f"{wrong} pour zéro.")
    return Streets(flat, np.maximum(length, 0.1), np.clip(danger, 0, 20))


def _note_estimated_walks(walks: Walks, homes: int, streets: bool, notes: list[str]) -> None:
    detour = fr(walks.detour, 2)
    if not streets:
        notes.append(
            f"Distances estimées : à vol d’oiseau, fois {detour}. Donnez le réseau des rues pour les mesurer."
        )
    elif walks.estimated:
        notes.append(
            f"{plural(walks.estimated, 'lieu', 'lieux')} sur {fr(homes)} loin des rues données : distance estimée, avec le "
            f"détour mesuré ailleurs ({detour})."
        )


def _locks(
    tables: Tables, index: dict[str, int], rank: dict[str, int], seats: Rows, notes: list[str]
) -> Rows:
    lock = np.full(len(index), -1, dtype=np.int64)
    rejected = cells.Rejected.of(__package__, "locks")
    for row in cells.rows(tables, "locks"):
        block, school = index.get(cells.key(row.get("block"))), rank.get(cells.key(row.get("school")))
        if block is None or school is None or seats[school] == 0:
            wanted = [cells.text(row.get(name)) or "?" for name in ("block", "school")]
            rejected.add("îlot ou école inconnus, ou sans place", " → ".join(wanted))
        else:
            lock[block] = school
    notes += rejected.notes()
    return lock


def _anchors(shapes: npt.NDArray[np.object_], sites: Matrix, seats: Rows, pupils: Vector, lock: Rows) -> Rows:
    """(S,) the block of each school: the one that holds it, or the nearest where another school has it; -1 where closed."""
    open_ = np.flatnonzero(seats > 0)
    anchor = np.full(len(seats), -1, dtype=np.int64)
    points = shapely.points(sites[open_])
    price = np.stack([shapely.distance(shapes, point) for point in points])
    price += np.linalg.norm(adjacency.centres(shapes)[None] - sites[open_][:, None], axis=2) / 100
    barred = (pupils[None, :] > seats[open_][:, None]) | (
        (lock >= 0)[None, :] & (lock[None, :] != open_[:, None])
    )
    price = np.where(barred, 1e9, price)
    row, column = linear_sum_assignment(price)
    good = price[row, column] < 1e9
    anchor[open_[row[good]]] = column[good]
    return anchor
