"""L-TOWN, the network of the BattLeDIM competition: the readings and the leaks of 2018, simulated with EPANET, by hour."""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from beffroi.systems.contract import Tables
from support.networks import network_table
from systems.real import Measure

_SENSORS = re.compile(r"pressure_sensors:\n((?:- \w+\n)+)")


def folder(data: Path) -> Path:
    """`data`: the folder of real files."""
    found = data / "systems" / "leaks-ltown"
    if not found.is_dir():
        pytest.skip(f"real files absent: {found}")
    return found


def ltown(data: Path) -> Tables:
    """Three meters, thirty-three pressures and a tank's level, hourly; the network; the leaks that were there."""
    files = folder(data)
    archive = np.load(files / "lt18.npz", allow_pickle=True)
    hours = len(archive["idx"]) // 12
    moments = archive["idx"][::12].astype("datetime64[us]")
    found = _SENSORS.search((files / "dataset_configuration.yaml").read_text())
    assert found
    sensors = [*re.findall(r"n\d+", found[1]), "T1"]
    readings = np.column_stack([archive["P"], archive["V"]]).reshape(hours, 12, -1).mean(axis=1)
    flows = archive["F"].reshape(hours, 12, 3).mean(axis=1)
    return {
        "flows": pa.table(
            {
                "sector": np.repeat(["PUMP_1", "p227", "p235"], hours),
                "moment": np.tile(moments, 3),
                "flow": flows.T.ravel().astype(float),
            }
        ),
        "pressures": pa.table(
            {
                "sensor": np.repeat(sensors, hours),
                "moment": np.tile(moments, len(sensors)),
                "pressure": readings.T.ravel().astype(float),
            }
        ),
        "network": network_table(files / "L-TOWN.inp"),
        "known_leaks": _known(archive, moments),
    }


def _known(archive: np.lib.npyio.NpzFile, moments: np.ndarray) -> pa.Table:  # type: ignore[type-arg]
    """By leak, the days between which it ran and its mean flow (m³/h)."""
    lost = archive["LF"].reshape(len(moments), 12, -1).mean(axis=1).astype(float)
    days = moments.astype("datetime64[D]")
    running = [np.flatnonzero(lost[:, column]) for column in range(lost.shape[1])]
    return pa.table(
        {
            "pipe": [str(pipe) for pipe in archive["pipes"]],
            "start": [days[hours[0]].astype(object) for hours in running],
            "end": [None if hours[-1] == len(days) - 1 else days[hours[-1]].astype(object) for hours in running],
            "flow": [float(lost[hours, column].mean()) for column, hours in enumerate(running)],
        }
    )  # fmt: skip


MEASURES = (Measure("L-TOWN 2018, trente-trois pressions et trois compteurs", ltown),)
