"""The system `school_map` on real places: the colleges of Lille by IRIS, the primary schools of Montpellier by street.

Neither town publishes seats and pupils by block together. Lille: pupils are those of the census, seats a share above
today's load. Montpellier: pupils are 85 % of each school's seats, spread over the addresses of its streets; addresses
have no coordinates, so that only the streets with a public building can be placed, with their share of pupils and of
seats, and one class more a school, since such scattered streets hold together badly.
"""

import csv
import json
import math
from collections import Counter, defaultdict
from pathlib import Path

import fastexcel
import numpy as np
import pyarrow as pa
import pytest
import shapely

from beffroi.systems.contract import Tables
from beffroi.systems.school_map import backtest, checker, variants
from beffroi.systems.school_map.options import read_options
from beffroi.systems.school_map.town import Town, read_town
from beffroi.text import fold_name


def lille(real_data: Path, above: float) -> Tables:
    """517 IRIS blocks, 75 colleges; `above`: seats over today's load."""
    folder = real_data / "systems" / "schools-lille"
    if not folder.is_dir():
        pytest.skip(f"real files absent: {folder}")

    def features(name: str) -> list[dict]:  # type: ignore[type-arg]
        return json.loads((folder / name).read_text(encoding="utf-8"))["features"]

    def shape(feature: dict) -> shapely.Geometry:  # type: ignore[type-arg]
        return shapely.make_valid(shapely.from_geojson(json.dumps(feature["geometry"])))

    sectors = {one["properties"]["codeuai"]: shape(one) for one in features("SECTEURS_COLLEGES_mel.geojson")}
    with (folder / "SECTEURS_COLLEGES_MEL_PROFILS_SOCIAUX_2019.csv").open(
        encoding="utf-8", newline=""
    ) as lines:
        known = {row["codeuai"]: row for row in csv.DictReader(lines)}
    sites = [
        shapely.Point(float(known[code]["longitude"]), float(known[code]["latitude"]))
        if known[code]["longitude"]
        else sector.representative_point()
        for code, sector in sectors.items()
    ]
    blocks: dict[str, tuple[shapely.Geometry, dict]] = {}  # type: ignore[type-arg]
    for one in features("IRIS_MEL_PROFILS_SOCIAUX_2019.geojson"):
        code = one["properties"]["CODE_IRIS"]
        existing = blocks.get(code)
        blocks[code] = (existing[0].union(shape(one)) if existing else shape(one), one["properties"])
    names, outlines = list(sectors), np.array(list(sectors.values()))
    today = [
        int(shapely.area(shapely.intersection(outlines, place)).argmax()) for place, _ in blocks.values()
    ]
    pupils = np.array([float(facts.get("NB_COLLEGIENS") or 0) for _, facts in blocks.values()])
    social = [facts.get("%_CS3") for _, facts in blocks.values()]
    return {
        "blocks": pa.table(
            {
                "block": list(blocks),
                "geometry": [shapely.to_geojson(place) for place, _ in blocks.values()],
                "pupils": pupils,
                "school": [names[s] for s in today],
                "social": pa.array(
                    [None if value in (None, "") else float(value) for value in social], pa.float64()
                ),
            }
        ),
        "schools": pa.table(
            {
                "school": names,
                "geometry": [shapely.to_geojson(site) for site in sites],
                "capacity": np.ceil(np.bincount(today, pupils, len(names)) * above).astype(int),
            }
        ),
    }


def _key(text: object) -> str:
    return fold_name(str(text or "")).upper()


def montpellier(real_data: Path) -> Tables:
    folder = real_data / "open-data" / "montpellier-2014"
    if not folder.is_dir():
        pytest.skip(f"real files absent: {folder}")

    def rows(name: str, mark: str = ",") -> list[dict[str, str]]:
        with (folder / name).open(encoding="cp1252", newline="") as lines:
            return list(csv.DictReader(lines, delimiter=mark))

    def seats(name: str, mark: str) -> dict[str, int]:
        return {
            _key(row["NOM"]): int(row["NBENFMAX"]) for row in rows(name, mark) if row["TYPE"].strip() == "E"
        }

    addresses = fastexcel.read_excel(folder / "VilleMTP_MTP_PointAdresse.ods").load_sheet(0).to_arrow()
    code_of = {
        _key(label): code
        for code, label in zip(addresses[1].to_pylist(), addresses[10].to_pylist(), strict=True)
    }
    homes = Counter(addresses[1].to_pylist())
    places: dict[str, list[list[float]]] = defaultdict(list)
    for one in json.loads((folder / "VilleMTP_MTP_EtabliPublic.geojson").read_text(encoding="utf-8"))[
        "features"
    ]:
        street = one["properties"]["CDRUE"]
        if street is not None and one["geometry"] and one["geometry"]["type"] == "Point":
            places[f"{int(street):04d}"].append(one["geometry"]["coordinates"][:2])
    now, before = (
        seats("VilleMTP_MTP_EffectifSco_2013.csv", ";"),
        seats("VilleMTP_MTP_EffectifSco_2012.csv", ","),
    )
    site: dict[str, list[float]] = {}
    for row in rows("VilleMTP_MTP_EffectifSco_2013.csv", ";"):
        street = row["CDRUE"].strip().zfill(4)
        if places.get(street) and row["TYPE"].strip() == "E":
            site[_key(row["NOM"])] = np.mean(places[street], axis=0).tolist()
    served: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows("VilleMTP_MTP_CarteScoPri_2013.csv"):
        street = code_of.get(_key(row["RUE"]), "")
        if street and _key(row["CDETABM"]) in site:
            served[street][_key(row["CDETABM"])] += 1
    everywhere = {street: counts.most_common(1)[0][0] for street, counts in sorted(served.items())}
    school_of = {street: school for street, school in everywhere.items() if street in places}
    lived, placed = Counter[str](), Counter[str]()
    for street, school in everywhere.items():
        lived[school] += homes[street]
        placed[school] += homes[street] if street in places else 0
    open_ = [school for school in site if placed[school]]

    def pupils(roll: dict[str, int]) -> list[float]:
        return [
            round(0.85 * roll.get(school, now[school]) * homes[street] / lived[school])
            for street, school in school_of.items()
        ]

    return {
        "blocks": pa.table(
            {
                "block": list(school_of),
                "geometry": [
                    json.dumps({"type": "MultiPoint", "coordinates": places[street]}) for street in school_of
                ],
                "pupils": pupils(now),
                "school": list(school_of.values()),
            }
        ),
        "schools": pa.table(
            {
                "school": open_,
                "geometry": [json.dumps({"type": "Point", "coordinates": site[name]}) for name in open_],
                "capacity": [math.ceil(now[name] * placed[name] / lived[name]) + 25 for name in open_],
            }
        ),
        "counts": pa.table(
            {"block": list(school_of), "year": ["2012"] * len(school_of), "pupils": pupils(before)}
        ),
    }


def _is_valid(town: Town, drawn: variants.Variant) -> bool:
    p = drawn.problem
    assert drawn.school is not None
    return not checker.faults(drawn.school, p.demand, p.capacity, p.neighbours, town.lock, p.anchor)


def test_the_files_of_lille_are_a_town_whose_sectors_of_today_have_their_seats(real_data: Path) -> None:
    town = read_town(lille(real_data, 1.10), read_options({"reserve": 0, "far_m": 3000}))
    assert len(town.codes) > 450 and len(town.schools) == 75
    assert town.seats.sum() >= town.pupils.sum()
    nearest = town.distance.min(axis=1)
    assert (town.distance[np.arange(len(town.codes)), town.today] >= nearest - 1e-9).all()


@pytest.mark.long
@pytest.mark.parametrize(
    ("key", "above"), [("plus_court", 1.10), ("compromis", 1.10), ("plus_stable", 1.10), ("plus_court", 1.05)]
)
def test_lille_is_divided_within_half_a_percent_of_the_proven_bound(
    real_data: Path, key: str, above: float
) -> None:
    options = read_options({"reserve": 0, "far_m": 3000})
    town = read_town(lille(real_data, above), options)
    drawn = variants.draw_variant(town, town.pupils, options, key)
    assert _is_valid(town, drawn)
    assert drawn.gap <= 0.5


@pytest.mark.long
def test_montpellier_walks_less_on_the_seats_of_the_next_year(real_data: Path) -> None:
    tables, settings = montpellier(real_data), {"reserve": 5}
    options = read_options(settings)
    town = read_town(tables, options)
    assert len(town.codes) > 300
    drawn = variants.draw_variant(town, town.pupils, options, "plus_court")
    assert _is_valid(town, drawn)
    assert drawn.gap <= 0.5
    score = backtest(tables, {**settings, "variant": "plus_court"}, 0)
    assert score.value < score.baseline
