"""Invented town for tests and for `beffroi check`: small, seeded, with the habits of real school maps.

In come a seed and a size; out go the system's tables, marked by no real name. Sectors of today were drawn when two
schools had other places: reasonable, not optimal.
"""

import numpy as np
import pyarrow as pa
import shapely

from beffroi.systems.contract import Tables
from beffroi.systems.kit.arrays import Matrix, Rows, Vector
from beffroi.systems.kit.ground import Plane, line_text, point_text
from beffroi.systems.kit.samples import CENTRE, NAMES

_NAMES, _NURSERIES = NAMES[:7], NAMES[7:9]
_SIDE = 210.0  # metres between two streets
_PLANE = Plane(float(CENTRE[1]))


def make_sample(seed: int = 0, wide: int = 11, high: int = 8) -> Tables:
    """Schools, blocks, past rolls, pupils, streets and locks of an invented town of `wide` × `high` blocks."""
    rng = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(np.arange(wide + 1), np.arange(high + 1), indexing="ij"), axis=2) * _SIDE
    corners = grid + rng.uniform(-30, 30, grid.shape)
    centre = (corners[:-1, :-1] + corners[1:, :-1] + corners[1:, 1:] + corners[:-1, 1:]).reshape(-1, 2) / 4
    size = np.array([wide, high]) * _SIDE
    count = len(_NAMES)
    sites = _spread(rng, count, size)
    drawn_for = sites + rng.uniform(-330, 330, sites.shape)
    today = np.linalg.norm(centre[:, None] - drawn_for[None], axis=2).argmin(axis=1)
    social = np.clip(0.15 + 0.5 * centre[:, 0] / size[0] + rng.normal(0, 0.12, len(centre)), 0.02, 0.95)
    rate = rng.gamma(6, 15 / 6, len(centre))
    years = [rng.poisson(rate * (1 + 0.02 * year)) for year in range(5)]
    pupils = years[-1]
    seats = np.ceil(1.18 * np.bincount(today, pupils, count) + 6).astype(int)
    short = max(0, int(np.ceil(1.12 * pupils.sum() - seats.sum())))
    seats += -(-short // count)
    codes = [f"B{place:03d}" for place in range(len(centre))]
    return {
        "blocks": pa.table(
            {
                "block": codes,
                "geometry": [_polygon(corners, place // high, place % high) for place in range(len(centre))],
                "pupils": pa.array(pupils.astype(float)),
                "school": [_NAMES[s] for s in today],
                "name": [f"Îlot {chr(65 + place // high)}{place % high + 1}" for place in range(len(centre))],
                "social": social.round(3),
            }
        ),
        "schools": _schools(rng, sites, seats, size),
        "counts": pa.table(
            {
                "block": codes * 4,
                "year": [f"{2021 + year}-{2022 + year}" for year in range(4) for _ in codes],
                "pupils": pa.array(np.concatenate(years[:4]).astype(float)),
            }
        ),
        "streets": _streets(corners),
        "pupils": _pupils(rng, centre, pupils, today, codes),
        "locks": pa.table({"block": [codes[5], codes[-5]], "school": [_NAMES[today[5]], _NAMES[today[-5]]]}),
    }


def _spread(rng: np.random.Generator, count: int, size: Matrix) -> Matrix:
    """Places far enough from each other."""
    places = [rng.uniform(0.1, 0.9, 2) * size]
    while len(places) < count:
        tried = rng.uniform(0.08, 0.92, (30, 2)) * size
        gap = np.linalg.norm(tried[:, None] - np.array(places)[None], axis=2).min(axis=1)
        places.append(tried[int(gap.argmax())])
    return np.array(places)


def _degrees(points: Matrix) -> Matrix:
    return CENTRE + _PLANE.degrees(points)


def _polygon(corners: Matrix, column: int, row: int) -> str:
    ring = corners[[column, column + 1, column + 1, column], [row, row, row + 1, row + 1]]
    return str(shapely.to_geojson(shapely.Polygon(_degrees(ring).round(6))))


def _point(place: Matrix) -> str:
    return point_text(_degrees(place))


def _schools(rng: np.random.Generator, sites: Matrix, seats: Rows, size: Vector) -> pa.Table:
    nurseries = rng.uniform(0.2, 0.8, (len(_NURSERIES), 2)) * size
    return pa.table(
        {
            "school": [*_NAMES, *_NURSERIES],
            "geometry": [_point(place) for place in (*sites, *nurseries)],
            "capacity": pa.array([*seats.tolist(), 180, 150], pa.int64()),
            "level": ["élémentaire"] * len(_NAMES) + ["maternelle"] * len(_NURSERIES),
        }
    )


def _streets(corners: Matrix) -> pa.Table:
    wide, high = int(corners.shape[0]), int(corners.shape[1])
    rows: dict[str, list[object]] = {"geometry": [], "length": [], "danger": []}
    for column in range(wide):
        for row in range(high):
            for right, up in ((1, 0), (0, 1)):
                if column + right == wide or row + up == high:
                    continue
                ends = corners[[column, column + right], [row, row + up]]
                rows["geometry"].append(line_text(_degrees(ends)))
                rows["length"].append(round(float(np.linalg.norm(ends[0] - ends[1])) * 1.03, 1))
                rows["danger"].append(1.5 if right and row == high // 2 else 0.0)
    return pa.table({**rows, "length": pa.array(rows["length"], pa.float64())})


def _pupils(
    rng: np.random.Generator, centre: Matrix, pupils: Rows, today: Rows, codes: list[str]
) -> pa.Table:
    """Seven blocks in eight are listed pupil by pupil; one pupil in six has a brother or sister at school."""
    rows: dict[str, list[object]] = {"pupil": [], "block": [], "home": [], "sibling_school": []}
    for block, count in enumerate(pupils):
        if block % 8 == 7:
            continue
        for _ in range(int(count)):
            at_other_school = rng.random() < 0.1
            sibling = int(rng.integers(len(_NAMES))) if at_other_school else int(today[block])
            rows["pupil"].append(f"E{len(rows['pupil']):05d}")
            rows["block"].append(codes[block])
            rows["home"].append(_point(centre[block] + rng.uniform(-80, 80, 2)))
            rows["sibling_school"].append(_NAMES[sibling] if rng.random() < 1 / 6 else None)
    return pa.table({**rows, "sibling_school": pa.array(rows["sibling_school"], pa.string())})
