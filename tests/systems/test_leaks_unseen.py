"""The system `leaks` where it cannot tell a pipe: a rise is never called no leak, what cannot be judged is said first."""

import re
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rings
from beffroi.systems.contract import Outcome, Tables
from beffroi.systems.leaks import backtest, make_sample, run
from beffroi.systems.leaks.judgeable import find_obstacles
from beffroi.systems.leaks.network import read_network
from beffroi.systems.leaks.readings import Readings
from beffroi.systems.leaks.rises import rise_of
from support.networks import network_table

CALM = "Aucune fuite probable"


def weeks(count: int, rise: float = 0.0, days: int = 0, seed: int = 5) -> np.ndarray[Any, Any]:
    """m³/h by hour, around ten; the last days are higher by `rise` of that."""
    draw, hours = np.random.default_rng(seed), np.arange(count * 168)
    level = 10 + 6 * np.sin((hours % 24 - 8) / 24 * 2 * np.pi)
    level *= np.repeat(1 + 0.01 * draw.normal(size=count * 7), 24)
    return level + np.where(hours >= len(hours) - days * 24, 10 * rise, 0.0)


def flows_of(sectors: dict[str, np.ndarray[Any, Any]]) -> Tables:
    moments = [
        datetime(2024, 1, 1) + timedelta(hours=hour) for hour in range(len(next(iter(sectors.values()))))
    ]
    return {
        "flows": pa.table(
            {
                "sector": np.repeat(list(sectors), len(moments)),
                "moment": moments * len(sectors),
                "flow": np.concatenate(list(sectors.values())),
            }
        )
    }


def figure(outcome: Outcome, key: str) -> float:
    return next(one.value for one in outcome.figures if one.key == key)


@given(st.integers(4, 20), st.floats(0.15, 1.0), st.integers(7, 14), st.integers(0, 1000))
def test_a_rise_is_told_with_its_size_and_its_first_day(
    count: int, rise: float, days: int, seed: int
) -> None:
    found = rise_of("ici", weeks(count, rise, days, seed))
    assert found is not None
    assert found.flow == pytest.approx(10 * rise, rel=0.3, abs=0.4)
    assert abs(found.since - (count * 7 - days)) <= 2


@given(st.integers(3, 20), st.integers(0, 1000))
def test_an_ordinary_scatter_of_days_is_not_a_rise(count: int, seed: int) -> None:
    assert rise_of("ici", weeks(count, seed=seed)) is None


def test_a_rise_so_slow_that_each_week_looks_usual_is_told() -> None:
    slow = weeks(20) * np.linspace(1.0, 1.6, 20 * 168)
    found = rise_of("ici", slow)
    assert found is not None and found.share > 0.4


def test_where_all_is_quiet_the_summary_sends_nobody_and_says_the_leak_that_would_not_be_seen() -> None:
    outcome = run(flows_of({"Haut": weeks(8), "Bas": weeks(8, seed=6)}), {}, 0)
    said = re.search(r"^Aucune fuite probable de plus de (\d+,\d) m³/h", outcome.summary)
    assert said and 0.1 <= float(said[1].replace(",", ".")) <= 3
    assert float(said[1].replace(",", ".")) >= max(outcome.table["high"].to_pylist())
    assert set(outcome.table["status"].to_pylist()) == {"calme"}
    assert figure(outcome, "rise_a_day") == 0


def test_a_rise_by_day_alone_is_in_the_summary_the_status_the_figures_and_the_proposals() -> None:
    day = weeks(8)
    by_day = (
        (np.arange(len(day)) >= 7 * 168) & (np.arange(len(day)) % 24 >= 6) & (np.arange(len(day)) % 24 < 23)
    )
    outcome = run(flows_of({"Haut": day * np.where(by_day, 1.8, 1.0), "Bas": weeks(8, seed=6)}), {}, 0)
    assert outcome.summary.startswith("Hausse à expliquer") and "19/02/2024" in outcome.summary
    rows = {row["sector"]: row for row in outcome.table.to_pylist()}
    assert rows["Haut"]["status"] == "hausse à expliquer" and rows["Bas"]["status"] == "calme"
    assert rows["Haut"]["since"] == date(2024, 2, 19) and rows["Haut"]["rise"] > 5
    assert figure(outcome, "rise_a_day") == pytest.approx(24 * rows["Haut"]["rise"], abs=2)
    assert [act.place for act in outcome.proposals] == ["Haut"]


def test_a_rise_of_the_whole_that_no_sector_shows_has_its_own_row() -> None:
    draw = np.random.default_rng(1)
    parts = {
        f"s{n}": weeks(9, 0.12, 7, seed=n) * np.repeat(1 + 0.06 * draw.normal(size=9), 168) for n in range(8)
    }
    outcome = run(flows_of(parts), {}, 0)
    assert not outcome.summary.startswith(CALM)


def test_a_meter_that_counts_nothing_is_never_called_calm() -> None:
    outcome = run(flows_of({"Haut": weeks(8), "Bas": np.zeros(8 * 168)}), {}, 0)
    assert {row["sector"]: row["status"] for row in outcome.table.to_pylist()}["Bas"] == "à surveiller"
    assert "ne compte plus d’eau" in outcome.summary and CALM not in outcome.summary


def test_a_sector_called_calm_while_a_leak_makes_its_inflow_rise_costs_in_the_score() -> None:
    """The meter of « Bas » does not count what a large leak takes."""
    leak = {"sector": ["Bas"], "start": [date(2024, 2, 20)], "flow": [4.0]}
    judged = backtest(
        flows_of({"Haut": weeks(14), "Bas": weeks(14, seed=6)}) | {"known_leaks": pa.table(leak)}, {}, 0
    )
    assert judged.guards["false_calm"].value == 100 and judged.others["Fausses alertes"] == 0
    assert judged.value < -50 and not judged.recommended


@pytest.fixture(scope="module")
def town() -> Tables:
    tables = make_sample(seed=5, days=75)
    return {name: tables[name] for name in ("flows", "pressures", "network")}


def test_a_source_without_a_meter_is_said_first_with_the_meter_to_place(town: Tables) -> None:
    flows = town["flows"].filter(pc.not_equal(town["flows"]["meter"], "M1"))
    outcome = run({**town, "flows": flows}, {}, 0)
    assert outcome.summary.startswith(
        "À savoir d’abord : aucun compteur ne mesure l’eau qui vient de « tower »"
    )
    assert "un compteur sur « M1 »" in outcome.summary and CALM not in outcome.summary
    assert outcome.notes[0].startswith("Ne peut pas être jugé : aucun compteur")
    assert outcome.layers["obstacles"]["subject"].to_pylist() == ["tower"]


def test_a_tank_a_pump_and_sensors_too_few_are_told_with_what_is_missing() -> None:
    file = files("wntr") / "library" / "networks" / "Net1.inp"
    network = read_network(network_table(Path(str(file))))
    nothing = np.empty((0, 0))
    bare = Readings(date(2024, 1, 1), (), (), nothing, (), nothing)
    told = find_obstacles(network, bare, ["Bourg"])
    assert [one.hides for one in told] == [True, True, False, False, False]
    assert "un compteur sur « 9 »" in told[1].remedy and "un compteur sur « 9 »" in told[3].remedy
    assert "ce niveau" in told[2].remedy
    assert "3 capteurs de plus" in told[4].remedy
    full = Readings(date(2024, 1, 1), ("9",), ("Tout",), nothing, ("2", "11", "12", "13"), nothing)
    assert find_obstacles(network, full, []) == []


@rings.costly
@given(st.sets(st.sampled_from(["M1", "M2", "pb00", "pb05", "pb11", "pc02", "pc07"]), min_size=2))
def test_a_pipe_drawn_the_other_way_changes_nothing(town: Tables, turned: set[str]) -> None:
    lines = []
    for row in town["network"].to_pylist():
        words = row["line"].split()
        if row["section"] == "PIPES" and words[0] in turned:
            words[1], words[2] = words[2], words[1]
        lines.append({**row, "line": " ".join(words)})
    today = {"today": "2024-02-20"}
    before, after = run(town, today, 0), run({**town, "network": pa.Table.from_pylist(lines)}, today, 0)
    assert [act.subject for act in after.proposals] == [act.subject for act in before.proposals]
    assert after.table.to_pylist() == before.table.to_pylist()


def test_a_part_that_a_metered_pump_alone_feeds_keeps_it_in_the_model(town: Tables) -> None:
    lines = [row for row in town["network"].to_pylist() if row["line"].split()[0] != "M2"]
    lines.insert(-1, {"section": "PUMPS", "line": "M2 b05 c00 POWER 1"})
    outcome = run({**town, "network": pa.Table.from_pylist(lines)}, {"today": "2024-02-20"}, 0)
    assert "Calcul fait avec les débits, les pressions et le modèle du réseau." in outcome.notes


def test_a_model_that_epanet_cannot_solve_is_told_and_the_night_flows_still_serve(town: Tables) -> None:
    apart = {"JUNCTIONS": ("x1 20 0", "x2 20 0"), "PIPES": ("px x1 x2 100 80 120 0 Open",)}
    lines = []
    for row in town["network"].to_pylist():
        lines += [{"section": row["section"], "line": line} for line in apart.pop(row["section"], ())] + [row]
    outcome = run({**town, "network": pa.Table.from_pylist(lines)}, {"today": "2024-02-20"}, 0)
    assert any("EPANET ne peut pas" in note and "débits de nuit" in note for note in outcome.notes)


def streets(town: Tables) -> pa.Table:
    """Three pipes a street, invented."""
    rows = town["network"].to_pylist()
    for row in rows:
        name = row["line"].split()[0]
        row["street"] = f"Rue {name[:2]}{int(name[2:] or 0) // 3}" if row["section"] == "PIPES" else None
    return pa.Table.from_pylist(rows)


def test_a_part_of_the_network_is_told_where_the_pipe_is_not_and_streets_make_the_work_order(
    town: Tables,
) -> None:
    few = town["pressures"].filter(pc.is_in(town["pressures"]["sensor"], pa.array(["b05", "b18", "c04"])))
    tables = {**town, "pressures": few, "network": streets(town)}
    outcome = run(tables, {"sure": 99}, 0)
    acts = [act for act in outcome.proposals if "around" in act.evidence]
    assert acts and acts[0].evidence["around"] in ("b05", "b18", "c04")
    areas = outcome.layers["areas"].to_pylist()
    assert areas[0]["area"] == f"autour du capteur {acts[0].evidence['around']}"
    assert [item.label.startswith("Rue ") for item in acts[0].items] == [True] * len(acts[0].items)
    assert all(row["street"] for row in outcome.layers["pipes"].to_pylist())
    visit = {"date": [outcome.table["day"][0].as_py()], "found": [False], "street": [acts[0].items[0].label]}
    after = run({**tables, "inspections": pa.table(visit)}, {"sure": 99}, 0)
    assert chance_of(after, acts[0].items[0].label) < chance_of(outcome, acts[0].items[0].label)


def chance_of(outcome: Outcome, street: str) -> float:
    return sum(float(row["chance"]) for row in outcome.layers["pipes"].to_pylist() if row["street"] == street)


def test_the_year_gives_yield_and_indices_as_the_rpqs_defines_them(town: Tables) -> None:
    volumes = pa.table(
        {
            "year": [2023, 2024, 2022],
            "counted": [700_000.0, 720_000.0, 900_000.0],
            "produced": [1_000_000.0, 1_000_000.0, 800_000.0],
            "sold": [50_000.0, 50_000.0, None],
            "uncounted": [20_000.0, 30_000.0, None],
            "length": [100.0, 100.0, None],
        }
    )
    outcome = run({"flows": town["flows"], "volumes": volumes}, {}, 0)
    assert figure(outcome, "efficiency") == 80.0
    assert figure(outcome, "loss_index") == pytest.approx(200_000 / 100 / 365, abs=0.01)
    rows = outcome.layers["year"].to_pylist()
    assert [row["year"] for row in rows] == [2024] * 3 + [2023] * 3
    assert rows[1]["value"] == pytest.approx(230_000 / 100 / 365, abs=0.01)
    assert rows[0]["threshold"] == pytest.approx(65 + 800_000 / 100 / 365 / 5, abs=0.05)
    assert any("plus d’eau consommée que d’eau entrée (2022)" in note for note in outcome.notes)
