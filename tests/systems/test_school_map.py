"""The system `school_map` on an invented town: validity of every map, proofs, French about bad input."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from beffroi.systems import registry, school_map
from beffroi.systems.contract import BadInput, Outcome, Tables
from beffroi.systems.school_map import backtest, checker, make_sample, run, variants
from beffroi.systems.school_map import tables as tables_of
from beffroi.systems.school_map.options import TITLES, read_options
from beffroi.systems.school_map.town import Town, read_town
from rings import LONG, representatives


@pytest.fixture(scope="module")
def tables() -> Tables:
    return make_sample(seed=3)


@pytest.fixture(scope="module")
def small() -> Tables:
    """A town of twenty blocks: its maps are drawn ten times quicker."""
    return make_sample(seed=3, wide=5, high=4)


@pytest.fixture(scope="module")
def outcome(tables: Tables) -> Outcome:
    return run(tables, {}, 0)


@pytest.fixture(scope="module")
def shorter_walk(tables: Tables) -> Outcome:
    return run(tables, {"variant": "plus_court"}, 0)


def _town(tables: Tables, **settings: object) -> Town:
    return read_town(tables, read_options(settings))


def _with(tables: Tables, name: str, column: str, change: dict[int, object]) -> Tables:
    table = tables[name]
    values = table.column(column).to_pylist()
    for row, value in change.items():
        values[row] = value
    place = table.column_names.index(column)
    return {
        **tables,
        name: table.set_column(place, column, pa.array(values, table.schema.field(column).type)),
    }


def test_every_seed_gives_the_same_answer(small: Tables) -> None:
    first, second = run(small, {}, 1), run(small, {}, 2)
    assert first.table.equals(second.table)
    assert first.proposals == second.proposals
    assert first.figures == second.figures
    assert all(first.layers[name].equals(second.layers[name]) for name in first.layers)


@pytest.mark.parametrize("key", list(TITLES))
@pytest.mark.parametrize("seed", representatives([0, 4], [4]))
def test_every_variant_is_valid_and_costs_its_stated_value(seed: int, key: str) -> None:
    town = _town(make_sample(seed=seed))
    drawn = variants.draw_variant(town, town.pupils, read_options({}), key)
    assert drawn.school is not None
    p = drawn.problem
    assert not checker.faults(drawn.school, p.demand, p.capacity, p.neighbours, town.lock, p.anchor)
    assert checker.price(drawn.school, p.cost, p.social, p.mix) == pytest.approx(drawn.value)
    assert drawn.bound <= drawn.value * (1 + 1e-9)
    assert drawn.gap <= (12 if key == "plus_mixte" else 0.5)  # the dearer the mix, the harder the proof


@pytest.mark.parametrize("seed", representatives([1, 2, 5, 11], [1, 11]))
def test_pupils_of_the_next_year_walk_less_than_with_the_map_of_today(seed: int) -> None:
    score = backtest(make_sample(seed=seed), {}, 0)
    assert score.value < score.baseline
    assert score.gain_interval is not None
    assert score.interval_coverage is not None
    assert 0.8 <= score.interval_coverage <= 0.98
    assert score.bounds["Élève par élève, sans secteurs"] <= score.value


def test_without_a_past_year_half_of_the_pupils_judge(tables: Tables) -> None:
    score = backtest({name: table for name, table in tables.items() if name != "counts"}, {}, 0)
    assert "tirée au sort" in score.held_out
    assert score.interval_coverage is not None


@pytest.mark.requirement("R100")
@pytest.mark.long
def test_wishes_pull_the_maps_their_way(outcome: Outcome) -> None:
    rows = {row["variant"]: row for row in outcome.table.to_pylist()}
    assert rows["Plus court"]["distance"] <= rows["Compromis"]["distance"] + 1e-6
    assert rows["Plus stable"]["moved"] <= rows["Compromis"]["moved"]
    assert rows["Plus mixte"]["separation"] <= rows["Plus court"]["separation"]
    assert rows["Borne : élève par élève, sans secteurs"]["distance"] <= rows["Plus court"]["distance"]


@pytest.mark.parametrize("seed", representatives([0, 3], [3]))
def test_the_worst_walk_first_has_the_shortest_longest_walk_and_its_proof(seed: int) -> None:
    town = _town(make_sample(seed=seed))
    drawn = {
        key: variants.draw_variant(town, town.pupils, read_options({}), key)
        for key in ("plus_court", "pire_trajet")
    }
    longest = {}
    for key, variant in drawn.items():
        assert variant.school is not None
        longest[key] = checker.longest(variant.school, town.pupils, town.home_block, town.home_distance)
    first = drawn["pire_trajet"]
    assert longest["pire_trajet"] == first.longest <= longest["plus_court"]
    assert variants.shortest_longest(town, town.pupils) <= first.least <= first.longest
    assert first.bound <= first.value
    assert first.gap <= 0.5
    assert not first.problem.allowed[:, :][
        (variants.farthest(town, town.pupils) > first.longest) & (town.pupils[:, None] > 0)
    ].any()


def test_the_longest_walk_and_its_bounds_are_rounded_to_a_hundred_metres(outcome: Outcome) -> None:
    rows = {row["variant"]: row for row in outcome.table.to_pylist()}
    assert rows["Le pire trajet d’abord"]["longest"] >= rows["Le pire trajet d’abord"]["longest_bound"]
    bound = rows["Borne : élève par élève, sans secteurs"]["longest_bound"]
    for row in rows.values():
        assert row["longest"] is None or bound <= row["longest"]
        assert all(row[name] is None or row[name] % 100 == 0 for name in ("longest", "longest_bound"))


def test_what_is_locked_stays_and_no_child_is_identifiable(tables: Tables, outcome: Outcome) -> None:
    locked = dict(zip(*(tables["locks"][name].to_pylist() for name in ("block", "school")), strict=True))
    blocks = {row["block"]: row for row in outcome.layers["blocks"].to_pylist()}
    assert all(blocks[block]["proposed"] == school for block, school in locked.items())
    assert "pupils" not in outcome.layers["blocks"].column_names
    published = str(outcome.proposals) + str(outcome.layers["sectors"].to_pylist())
    assert not any(reference in published for reference in tables["pupils"]["pupil"].to_pylist())


def test_a_group_of_fewer_than_five_pupils_is_not_counted_out(small: Tables) -> None:
    few = {**small, "pupils": small["pupils"].slice(0, 0)}
    count = few["blocks"].num_rows
    few = _with(few, "blocks", "pupils", dict.fromkeys(range(count), 2.0))
    acts = run(few, {"move_m": 0}, 0).proposals
    small = [act for act in acts if act.unit == "élèves, au plus"]
    assert small
    assert all(act.value == 5 and act.low == 0 and "moins de cinq élèves" in act.reasons[0] for act in small)


def test_too_few_seats_are_reported_with_how_many_and_where(tables: Tables) -> None:
    seats = tables["schools"]["capacity"].to_pylist()
    outcome = run(_with(tables, "schools", "capacity", {row: n // 2 for row, n in enumerate(seats)}), {}, 0)
    lacking = next(figure.value for figure in outcome.figures if figure.key == "lacking")
    assert f"il manque {lacking:.0f} place" in outcome.summary
    assert lacking > 0
    assert not outcome.proposals
    assert any("Il manque" in note and "autour de" in note for note in outcome.notes)


def test_the_price_of_each_reserve_stands_beside_the_map(small: Tables) -> None:
    outcome = run(small, {"variant": "plus_court", "reserve": 8}, 0)
    rows = outcome.layers["reserves"].to_pylist()
    assert [row["reserve"].split()[0] for row in rows] == ["0", "5", "8", "10"]
    assert [row["status"] for row in rows].count("proposée") == 1
    costs = [row["objective"] for row in rows if row["objective"] is not None]
    assert costs == sorted(costs) and rows[0]["price"] == 0
    chosen = next(row for row in rows if row["status"] == "proposée")
    assert next(f.value for f in outcome.figures if f.key == "reserve") == pytest.approx(
        chosen["price"], abs=1
    )


def test_a_reserve_that_no_map_can_keep_is_reduced_and_reported(small: Tables) -> None:
    open_map = {**small, "locks": small["locks"].slice(0, 0)}
    loads = dict.fromkeys(small["schools"]["school"].to_pylist(), 0.0)
    for row in run(open_map, {"reserve": 0}, 0).layers["sectors"].to_pylist():
        loads[row["school"]] = row["pupils"]
    tight = {
        row: int(loads[name] * 1.04) + 1 for row, name in enumerate(small["schools"]["school"].to_pylist())
    }
    outcome = run(_with(open_map, "schools", "capacity", tight), {"reserve": 10}, 0)
    assert any("Aucune carte ne tient avec 10 %" in note for note in outcome.notes)
    rows = {row["variant"]: row for row in outcome.table.to_pylist()}
    assert rows["Compromis"]["status"] == "proposée" and rows["Compromis"]["reserve"] < 10
    assert outcome.proposals or outcome.summary.startswith("La carte")


@pytest.mark.long
def test_a_school_that_closes_gives_all_its_blocks_away(tables: Tables) -> None:
    closed = str(tables["schools"]["school"][0])
    lock_free = {**tables, "locks": tables["locks"].slice(0, 0)}
    seats = lock_free["schools"]["capacity"].to_pylist()
    change = {0: 0} | {row: n + seats[0] // 4 for row, n in enumerate(seats[:7]) if row}
    outcome = run(_with(lock_free, "schools", "capacity", change), {}, 0)
    assert closed not in outcome.layers["blocks"]["proposed"].to_pylist()
    assert outcome.proposals


def test_the_required_columns_are_enough_and_the_estimate_is_reported(tables: Tables) -> None:
    bare = {
        "blocks": tables["blocks"].select(["block", "geometry", "pupils", "school"]),
        "schools": tables["schools"].select(["school", "geometry", "capacity"]),
    }
    outcome = run(bare, {}, 0)
    assert outcome.layers["blocks"].num_rows == tables["blocks"].num_rows
    assert any("Distances estimées : à vol d’oiseau, fois 1,30" in note for note in outcome.notes)


BAD_ROWS = [
    ("blocks", "pupils", -3.0, "sans nombre d’élèves possible"),
    ("blocks", "pupils", None, "sans nombre d’élèves possible"),
    ("blocks", "pupils", 99_999.0, "plus d’élèves que la plus grande école"),
    ("blocks", "geometry", "POLYGON", "sans forme lisible"),
    ("blocks", "block", None, "sans code"),
    ("blocks", "block", "B001", "inscrit deux fois"),
    ("blocks", "school", "Hogwarts", "pas d’école connue aujourd’hui"),
    ("schools", "capacity", None, "sans nombre de places possible"),
    ("schools", "geometry", None, "sans position lisible"),
    ("pupils", "block", "nulle part", "îlot inconnu"),
    ("pupils", "pupil", "E00001", "référence répétée"),
    ("counts", "year", "jadis", "sans année ou sans nombre possible"),
    ("locks", "school", "Hogwarts", "îlot ou école inconnus, ou sans place"),
    ("streets", "geometry", "{}", "sans tracé lisible"),
    ("streets", "length", 1e9, "loin de son tracé"),
    ("streets", "danger", -1.0, "danger négative"),
]
# One at a time in the long ring; in the quick one, all those of a table at once, each in a row of its own.
TOGETHER = (
    [[bad] for bad in BAD_ROWS]
    if LONG
    else [
        [bad for bad in BAD_ROWS if bad[0] in names]
        for names in (("blocks",), ("schools", "pupils", "counts", "locks", "streets"))
    ]
)


@pytest.mark.parametrize("bad", TOGETHER, ids=lambda bad: bad[0][3])
def test_a_bad_row_is_reported_and_the_rest_computed(
    small: Tables, bad: list[tuple[str, str, object, str]]
) -> None:
    tables = small
    for rank, (name, column, value, _) in enumerate(bad):
        tables = _with(tables, name, column, {2 * rank % tables[name].num_rows: value})
    outcome = run(tables, {}, 0)
    for *_, message in bad:
        assert any(message in note for note in outcome.notes), (message, outcome.notes)
    assert outcome.layers["blocks"].num_rows >= small["blocks"].num_rows - len(bad)


@pytest.mark.parametrize("name", ["blocks", "schools"])
def test_an_empty_table_is_refused_in_french(tables: Tables, name: str) -> None:
    with pytest.raises(BadInput, match="est vide"):
        run({**tables, name: tables[name].slice(0, 0)}, {}, 0)


def test_schools_that_no_block_knows_are_refused(tables: Tables) -> None:
    count = tables["blocks"].num_rows
    with pytest.raises(BadInput, match="école connue"):
        run(_with(tables, "blocks", "school", dict.fromkeys(range(count), "?")), {}, 0)


@pytest.mark.parametrize(
    "settings", [{"variant": "magique"}, {"move_m": -1}, {"detour": "loin"}, {"level": "lycée"}]
)
def test_a_setting_out_of_range_is_refused(tables: Tables, settings: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        run(tables, settings, 0)


def test_the_checker_sees_each_fault(tables: Tables) -> None:
    town = _town(tables)
    drawn = variants.draw_variant(town, town.pupils, read_options({}), "plus_court")
    assert drawn.school is not None
    p = drawn.problem
    facts = (p.demand, p.capacity, p.neighbours, town.lock, p.anchor)
    assert not checker.faults(drawn.school, *facts)
    all_at_one = drawn.school * 0
    faults = " ".join(checker.faults(all_at_one, *facts))
    assert "élèves pour" in faults and "l’îlot où elle se trouve" in faults and "déjà arrêtée" in faults
    apart = drawn.school.copy()
    apart[int(p.anchor[0])], apart[int(p.anchor[1])] = 1, 0
    assert any("morceaux" in fault or "se trouve" in fault for fault in checker.faults(apart, *facts))
    assert checker.faults(drawn.school - 99, *facts)


def test_dangerous_streets_weigh_on_the_choice_but_not_on_the_walk(tables: Tables) -> None:
    calm, heavy = _town(tables, danger=0), _town(tables, danger=5)
    assert (calm.distance == heavy.distance).all()
    assert (heavy.burden >= calm.burden - 1e-9).all()
    assert (heavy.burden > calm.burden + 1).any()
    assert replace(calm, burden=calm.distance).seats.sum() == heavy.seats.sum()


def test_the_morning_begins_with_what_the_map_changes(shorter_walk: Outcome) -> None:
    outcome = shorter_walk
    moved = next(figure.value for figure in outcome.figures if figure.key == "moved")
    assert "plus court" in outcome.summary and "m de marche en moins" in outcome.summary
    assert f"{moved:.1f}".replace(".", ",") in outcome.summary


def test_a_gain_is_a_walk_made_shorter_and_its_status_agrees(tables: Tables, shorter_walk: Outcome) -> None:
    outcome = shorter_walk
    town = _town(tables)
    proposed = [town.schools.index(name) for name in outcome.layers["blocks"]["proposed"].to_pylist()]
    seen = set()
    for block, row in enumerate(outcome.layers["blocks"].to_pylist()):
        if row["gain"] is None:
            continue
        shorter = town.distance[block, town.today[block]] - town.distance[block, proposed[block]]
        assert row["gain"] == pytest.approx(shorter, abs=0.51)
        seen.add(row["status"].split()[0])
        if row["status"].startswith(("gagne", "perd")):
            assert row["status"].startswith("gagne") == (shorter > 0)
            assert ("plus de 200 m" in row["status"]) == (abs(shorter) > 200)
    assert {"gagne", "perd"} <= seen
    for row in outcome.layers["sectors"].to_pylist():
        if row["gain"] is not None:
            assert row["gain"] == pytest.approx(row["walk_today"] - row["walk"], abs=1.01)
    reasons = [reason for act in outcome.proposals for reason in act.reasons]
    assert any(re.search(r"chacun gagne \d+ m", reason) for reason in reasons)


def test_every_word_of_a_status_has_its_place_in_the_legend(shorter_walk: Outcome) -> None:
    outcome = shorter_walk
    for output in registry.read_manifest(Path(school_map.__file__).parent / "manifest.toml").outputs:
        status = output.of_role("status")
        if status is not None and status.levels:
            words = set(outcome.layers[output.name]["status"].to_pylist()) - {"moins de cinq élèves"}
            assert words <= set(status.levels)


def test_a_sector_of_few_pupils_discloses_no_walk_and_no_gain(tables: Tables) -> None:
    town = _town(tables)
    pupils = town.pupils.copy()
    pupils[town.today == 0] = 0
    pupils[np.flatnonzero(town.today == 0)[0]] = 4
    sector = tables_of.build_sectors_table(replace(town, pupils=pupils), town.today).to_pylist()[0]
    assert sector["pupils"] == 4
    assert all(sector[name] is None for name in ("gain", "walk", "walk_today"))
    assert sector["status"] == "moins de cinq élèves"


def test_a_block_of_few_pupils_discloses_no_walk_and_no_gain() -> None:
    tables = make_sample(0, wide=6, high=5)
    listed = tables["pupils"].to_pylist()
    counts: dict[str, int] = {}
    one_each = []
    for row in listed:  # one pupil alone in each block, so that every change is somebody's
        if counts.setdefault(row["block"], 0) < 1:
            counts[row["block"]] += 1
            one_each.append(row)
    sparse = {**tables, "pupils": pa.Table.from_pylist(one_each, schema=tables["pupils"].schema)}
    outcome = run(sparse, {}, 0)
    few = [row for row in outcome.layers["blocks"].to_pylist() if row["block"] in counts]
    assert few and all(row["gain"] is None for row in few)
    assert {row["status"] for row in few} <= {"change d’école", "inchangé", "déjà arrêté"}
    for act in outcome.proposals:
        if set(act.evidence["blocks"]) <= set(counts) and len(act.evidence["blocks"]) < 5:
            assert "walk_m" not in act.evidence and not any(
                "La marche passe" in reason or "La marche reste" in reason for reason in act.reasons
            )
