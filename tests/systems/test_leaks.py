"""The system `leaks` on an invented syndicate: three levels of data, blind to the future, French about bad input, an honest score."""

import json
import tracemalloc
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.systems.contract import BadInput, Outcome, Tables
from beffroi.systems.leaks import backtest, make_sample, run
from beffroi.systems.leaks.network import read_network
from beffroi.systems.leaks.night import watch_sector
from beffroi.systems.leaks.pipe_shapes import pipe_shapes
from beffroi.systems.leaks.score import Alarm, TrueLeak, score


@pytest.fixture(scope="module")
def town() -> Tables:
    return make_sample(seed=3)


@pytest.fixture(scope="module")
def outcome(town: Tables) -> Outcome:
    return run(town, {}, 0)


@pytest.fixture(scope="module")
def unvisited(town: Tables) -> Outcome:
    return run(_without(town, "inspections"), {}, 0)


def _without(tables: Tables, *names: str) -> Tables:
    return {name: table for name, table in tables.items() if name not in names}


def test_the_same_seed_gives_the_same_answer(town: Tables) -> None:
    first, second = run(town, {}, 1), run(town, {}, 1)
    assert first.table.equals(second.table)
    assert first.proposals == second.proposals
    assert all(first.layers[name].equals(second.layers[name]) for name in first.layers)


def test_an_alarm_knows_nothing_of_the_days_that_follow(town: Tables, outcome: Outcome) -> None:
    """The journal up to a day is the same whether or not the readings of later days are there."""
    cut = date(2024, 6, 1)
    before = run(town, {"today": cut.isoformat()}, 0).layers["alarms"].to_pylist()
    whole = outcome.layers["alarms"].to_pylist()
    raised = [(row["day"], row["pipe"]) for row in whole if row["day"] < cut]
    assert len(raised) >= 3
    assert [(row["day"], row["pipe"]) for row in before] == raised


def test_with_the_network_it_names_the_pipe_and_beats_the_practice_of_today(town: Tables) -> None:
    judged = backtest(town, {}, 0)
    assert judged.recommended and judged.verdict.startswith("Recommandé")
    assert judged.value > judged.baseline + 20
    assert judged.others["Distance médiane à la fuite (m)"] <= 150
    assert judged.others["Fausses alertes"] <= 5
    assert judged.others["Fuites dont la partie du réseau a été donnée (%)"] >= 60
    assert judged.guards["false_calm"].value == 0
    assert judged.interval_coverage is not None and 0.8 <= judged.interval_coverage <= 0.97


@pytest.mark.parametrize(
    ("left_out", "message"),
    [
        (("network",), "débits et les pressions, sans modèle"),
        (("network", "pressures"), "débits de nuit seuls"),
    ],
)
def test_without_the_network_or_the_pressures_the_sector_still_raises_an_alarm(
    town: Tables, left_out: tuple[str, ...], message: str
) -> None:
    tables = _without(town, *left_out)
    outcome = run(tables, {}, 0)
    assert any(message in note for note in outcome.notes)
    assert outcome.layers["pipes"].num_rows == 0
    assert outcome.table.num_rows == 2
    judged = backtest(tables, {}, 0)
    assert judged.value > judged.baseline


def test_each_proposal_has_its_interval_its_reasons_and_its_evidence(outcome: Outcome) -> None:
    assert outcome.proposals
    for act in outcome.proposals:
        assert act.low <= act.value <= act.high and act.unit == "m³/h"
        assert act.subject.startswith("Inspecter le secteur")
        assert len(act.reasons) >= 3
        assert {"sector", "pipe", "likely_pipes", "seed"} <= act.evidence.keys()
    figures = {figure.key: figure for figure in outcome.figures}
    assert figures["lost_a_day"].value == pytest.approx(24 * pc.sum(outcome.table["excess"]).as_py(), abs=0.5)
    ranked = outcome.layers["pipes"].to_pylist()
    assert [row["rank"] for row in ranked] == list(range(1, len(ranked) + 1))
    sectors = outcome.table["sector"].to_pylist()  # the order of the table, then what a visit would stop
    visits = [(sectors.index(row["sector"]), -row["chance"] * row["flow"]) for row in ranked]
    assert visits == sorted(visits)
    assert ranked[0]["pipe"] == outcome.proposals[0].evidence["pipe"]
    assert str(ranked[0]["pipe"]) in outcome.summary
    assert all('"LineString"' in row["shape"] for row in ranked)
    # The map has the whole network under them.
    ground = [json.loads(row["shape"])["coordinates"] for row in outcome.layers["network"].to_pylist()]
    under = [line for lines in ground for line in lines]
    assert len(under) > len(ranked)
    assert all(json.loads(row["shape"])["coordinates"] in under for row in ranked)


def test_the_morning_begins_with_what_is_lost_and_where_to_go(town: Tables, outcome: Outcome) -> None:
    for made in (outcome, run(_without(town, "network"), {}, seed=1)):
        lost = sum(row["excess"] for row in made.table.to_pylist() if row["status"] == "fuite probable")
        assert lost > 0
        assert f"Environ {24 * lost:.0f} m³" in made.summary
        assert made.proposals[0].subject[1:] in made.summary


def test_a_leak_repaired_in_the_field_ends_and_a_visit_for_nothing_moves_the_suspicion(
    town: Tables, unvisited: Outcome
) -> None:
    bare = _without(town, "inspections")
    act = unvisited.proposals[0]
    last = unvisited.table["day"].to_pylist()[0]
    visit = {"date": [last - timedelta(1)], "found": [False], "pipe": [act.evidence["pipe"]]}
    after = run({**bare, "inspections": pa.table(visit)}, {}, 0)
    assert all(other.evidence["pipe"] != act.evidence["pipe"] for other in after.proposals)
    repaired = pa.table({**visit, "found": [True], "mended": pa.array([last - timedelta(1)], pa.date32())})
    after = run({**bare, "inspections": repaired}, {}, 0)
    assert "réparée" in after.layers["alarms"]["status"].to_pylist()
    assert pc.sum(after.table["excess"]).as_py() < pc.sum(unvisited.table["excess"]).as_py()


def test_more_certainty_raises_no_more_alarms_on_a_pipe(town: Tables) -> None:
    journals = [run(town, {"sure": sure}, 0).layers["alarms"]["pipe"].to_pylist() for sure in (60, 99)]
    count = [sum(pipe is not None for pipe in pipes) for pipes in journals]
    assert count[1] <= count[0]


@pytest.mark.parametrize(
    ("section", "line", "message"),
    [
        ("PIPES", " pb01 nowhere b01 100 80 120 0 Open", "n’a pas pu être lu"),
        ("PIPES", None, "n’a pas de partie [PIPES]"),
    ],
)
def test_a_broken_network_is_reported_and_the_night_flows_still_serve(
    town: Tables, section: str, line: str | None, message: str
) -> None:
    rows = town["network"].to_pylist()
    rows = (
        [row for row in rows if row["section"] != section]
        if line is None
        else [*rows, {"section": section, "line": line}]
    )
    outcome = run({**town, "network": pa.Table.from_pylist(rows)}, {}, 0)
    assert any(message in note and "débits de nuit" in note for note in outcome.notes), outcome.notes
    assert outcome.table.num_rows == 2


def test_a_network_is_read_as_epanet_reads_it(town: Tables) -> None:
    """Sections by their first letters, in either case; carriage returns, tabs and comments."""
    short = {"JUNCTIONS": "[JUNC]", "PIPES": "pipe", "COORDINATES": "Coord", "DEMANDS": "[dema]"}
    rows = [
        {
            "section": short.get(row["section"], row["section"]),
            "line": "\t".join(row["line"].split()) + "\t; posée en 1987\r",
        }
        for row in town["network"].to_pylist()
    ]
    rows.insert(0, {"section": "[JUNC]", "line": ";ID\tElev\r"})
    read, whole = read_network(pa.Table.from_pylist(rows)), read_network(town["network"])
    assert read.pipes.names == whole.pipes.names and read.nodes == whole.nodes
    assert np.array_equal(read.pipes.length, whole.pipes.length)
    for name in whole.nodes:
        assert read.model.get_node(name).coordinates == whole.model.get_node(name).coordinates


def test_a_network_too_large_is_reported_at_once_and_the_night_flows_still_serve(town: Tables) -> None:
    """30,000 pipes: refused before anything that grows as their square is made."""
    side = 123
    nodes = [f"n{row}_{column}" for row in range(side) for column in range(side)]
    pipes = [
        f"{one}-{two} {one} {two} 50 100 120 0 Open"
        for row in range(side)
        for column in range(side)
        for one, two in (
            (f"n{row}_{column}", f"n{row}_{(column + 1) % side}"),
            (f"n{row}_{column}", f"n{(row + 1) % side}_{column}"),
        )
    ]
    sections = ["JUNCTIONS"] * len(nodes) + ["RESERVOIRS"] + ["PIPES"] * (len(pipes) + 1)
    lines = [*(f"{name} 20 0.01" for name in nodes), "tower 75", "M1 tower n0_0 300 200 130 0 Open", *pipes]
    sections[-9:-9], lines[-9:-9] = ["TITLE"], ["pipes go on below, in a part of their own"]
    large = pa.table({"section": sections, "line": lines})
    tracemalloc.start()
    outcome = run({**town, "network": large}, {}, 0)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 300e6
    assert any(
        "30259 conduites" in note and "Le calcul continue avec les débits de nuit" in note
        for note in outcome.notes
    )
    assert outcome.table.num_rows == 2 and outcome.layers["pipes"].num_rows == 0


def test_a_section_unknown_to_epanet_is_still_reported_missing(town: Tables) -> None:
    rows = [
        {**row, "section": "PIP" if row["section"] == "PIPES" else row["section"]}
        for row in town["network"].to_pylist()
    ]
    with pytest.raises(BadInput, match=r"n’a pas de partie \[PIPES\]"):
        read_network(pa.Table.from_pylist(rows))


def _flows(tables: Tables, number: int, **change: object) -> Tables:
    rows = tables["flows"].to_pylist()
    rows[number] = {**rows[number], **change}
    return {**tables, "flows": pa.Table.from_pylist(rows, schema=tables["flows"].schema)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sector": None, "meter": None}, "sans nom, sans moment ou sans valeur"),
        ({"flow": None}, "sans nom, sans moment ou sans valeur"),
        ({"flow": float("nan")}, "sans nom, sans moment ou sans valeur"),
        ({"flow": 1e6}, "valeur impossible"),
        ({"moment": datetime(2087, 3, 1)}, "loin des autres"),
    ],
)
def test_a_bad_row_is_reported_and_the_rest_is_computed(
    town: Tables, change: dict[str, object], message: str
) -> None:
    outcome = run(_flows(_without(town, "network"), 400, **change), {}, 0)
    assert any(message in note for note in outcome.notes), outcome.notes
    assert outcome.table.num_rows == 2


def test_sensors_that_are_not_in_the_network_are_reported(town: Tables) -> None:
    pressures = town["pressures"].to_pylist()
    for row in pressures:
        row["sensor"] = row["sensor"] if row["sensor"] != "b05" else "inconnu"
    outcome = run({**town, "pressures": pa.Table.from_pylist(pressures)}, {}, 0)
    assert any(
        "1 capteur de pression absent du réseau" in note and "inconnu" in note for note in outcome.notes
    )
    assert outcome.layers["pipes"].num_rows


@pytest.mark.parametrize("days", [0, 10])
def test_too_little_history_is_refused_with_what_is_needed(town: Tables, days: int) -> None:
    end = datetime(2024, 1, 1) + timedelta(days)
    flows = town["flows"].filter(pc.less(town["flows"]["moment"], end))
    with pytest.raises(BadInput, match=r"vide|trois semaines"):
        run({**town, "flows": flows}, {}, 0)


def test_a_setting_out_of_range_and_a_missing_truth_are_reported(town: Tables) -> None:
    with pytest.raises(BadInput, match="choisissez entre 50 et 99"):
        run(town, {"sure": 10}, 0)
    with pytest.raises(BadInput, match="fuites déjà connues"):
        backtest(_without(town, "known_leaks"), {}, 0)


@given(st.integers(0, 10_000), st.floats(3, 60), st.floats(0.3, 1.0))
def test_a_step_in_the_night_flow_raises_one_alarm_that_ends_with_its_repair(
    seed: int, level: float, size: float
) -> None:
    """A rise of 30 % or more, over a scatter of 2 %: alarm within five days, not before, ended by its repair."""
    night = level * (1 + 0.02 * np.random.default_rng(seed).normal(size=120))
    night[60:90] += size * level
    found = watch_sector("ici", night, np.zeros(120, dtype=bool))
    raised = [alarm for alarm in found.alarms if 60 <= alarm[0] < 90]
    assert raised and raised[0][0] <= 65
    assert raised[0][2] is not None and raised[0][2] <= 96
    assert raised[0][3] == pytest.approx(size * level, rel=0.35)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 99)), max_size=8))
def test_the_score_never_exceeds_the_value_of_the_water_and_a_false_alarm_costs_a_crew(
    town: Tables, drawn: list[tuple[int, int]]
) -> None:
    network = read_network(town["network"])
    leaks = [
        TrueLeak(
            network.pipes.names[3], 10, 60, np.where(np.arange(100) >= 10, 5.0, 0.0) * (np.arange(100) <= 60)
        )
    ]
    alarms = [Alarm(network.pipes.names[pipe], step) for pipe, step in drawn]
    found = score(network, leaks, alarms, 1.0)
    assert found.euros <= 0.8 * leaks[0].flow.sum()
    assert len(found.found) + len(found.false) + len(found.repeated) == len(alarms)
    assert score(network, leaks, [*alarms, Alarm(network.pipes.names[3], 99)], 1.0).euros == pytest.approx(
        found.euros - 500
    )


def test_distances_run_along_the_pipes_from_middle_to_middle(town: Tables) -> None:
    network = read_network(town["network"])
    for pipe in (0, 5, 11):
        away = network.between(pipe)
        assert away[pipe] == 0
        assert all(away[other] == pytest.approx(network.between(other)[pipe]) for other in (1, 7, 20))


def test_lambert_93_is_undone_and_unknown_coordinates_leave_the_map_empty(town: Tables) -> None:
    network = read_network(town["network"])
    for _, node in network.model.nodes():
        node.coordinates = (652469.02, 6862035.26)  # Paris, near 48.8566 N and 2.3522 E
    texts, note = pipe_shapes(network)
    assert not note
    longitude, latitude = (float(part) for part in texts[0].split("[[")[1].split("]")[0].split(","))
    assert (longitude, latitude) == (pytest.approx(2.3522, abs=2e-3), pytest.approx(48.8566, abs=2e-3))
    for number, (_, node) in enumerate(network.model.nodes()):
        node.coordinates = (1000.0 + number, 2000.0)
    texts, note = pipe_shapes(network)
    assert not any(texts) and "la carte reste vide" in note
