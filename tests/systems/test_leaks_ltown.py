"""The system `leaks` on L-TOWN, the network of the BattLeDIM competition: its leaks of 2018, simulated with EPANET.

About a minute of processor: hourly readings drawn from the 5-minute ones.
"""

from pathlib import Path

import numpy as np
import pytest

from beffroi.systems.contract import Tables
from beffroi.systems.leaks import run
from beffroi.systems.leaks.network import read_network
from beffroi.systems.leaks.score import Alarm, Scored, TrueLeak, score
from systems.measures import leaks


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    return leaks.folder(real_data)


@pytest.fixture(scope="module")
def ltown(real_data: Path) -> Tables:
    return {name: table for name, table in leaks.ltown(real_data).items() if name != "known_leaks"}


def _scored(folder: Path, tables: Tables) -> tuple[Scored, float]:
    archive = np.load(folder / "lt18.npz", allow_pickle=True)
    lost = archive["LF"].reshape(8760, 12, -1).mean(axis=1).astype(float)
    leaks = []
    for column, pipe in enumerate(archive["pipes"]):
        running = np.flatnonzero(lost[:, column])
        leaks.append(TrueLeak(str(pipe), int(running[0]), int(running[-1]), lost[:, column]))
    journal = run(tables, {}, 0).layers["alarms"].to_pylist()
    first = np.datetime64("2018-01-01")
    alarms = [
        Alarm(row["pipe"], 24 * (int((np.datetime64(row["day"]) - first).astype(int)) + 1))
        for row in journal
        if row["pipe"] is not None
    ]
    return score(read_network(tables["network"]), leaks, alarms, 1.0), 0.8 * float(lost.sum())


def test_the_three_meters_are_enough_to_report_sectors_and_the_network_is_read(ltown: Tables) -> None:
    outcome = run({"flows": ltown["flows"]}, {}, 0)
    assert set(outcome.table["sector"].to_pylist()) == {"PUMP_1", "p227", "p235"}
    assert outcome.layers["nights"].num_rows > 900
    assert len(read_network(ltown["network"]).pipes.names) > 850


@pytest.mark.long
def test_most_of_the_water_lost_in_2018_could_have_been_stopped_with_few_false_alarms(
    folder: Path, ltown: Tables
) -> None:
    scored, worth = _scored(folder, ltown)
    assert scored.euros >= 0.7 * worth
    assert len(scored.found) >= 12
    assert len(scored.false) <= 5
    assert np.median([metres for _, _, metres in scored.found]) <= 150
