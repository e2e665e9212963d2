"""Benchmark of `buildings` against OpenDSM's daily model: `python -m benchmarks.buildings`.

In: the folder of real meters (`BEFFROI_REAL_DATA`). Out: Markdown: the CV(RMSE) of the year after the one that taught, for each
meter, of `buildings` and of OpenDSM (where `opendsm` can be imported, here or by the interpreter `--peer PYTHON`), the coverage of
the intervals as weeks pass, the processor time of a thousand meters, and how often the interval covers a planted saving.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from beffroi.systems.buildings import backtest, run, verify
from beffroi.systems.buildings.model import fit
from beffroi.systems.buildings.options import read_options
from beffroi.systems.buildings.sample import invent, make_sample
from beffroi.systems.buildings.town import read_town
from support.real_meters import Series, matrix, next_year, series, tables

ROOT = Path(__file__).resolve().parent.parent


def thousand(meters: int = 1000) -> tuple[float, float]:
    """Processor seconds of one fit, and of a whole run, on an invented town of that many meters over three years."""
    sample = make_sample(3, buildings=round(meters / 2.1))
    town = read_town(sample, read_options({}))
    begin = time.process_time()
    fit(town.kwh, town.teaches.astype(float), town.days)
    fitted = time.process_time() - begin
    begin = time.process_time()
    outcome = run(sample, {}, 0)
    print(f"{outcome.table.num_rows} meters, {sample['meters'].num_rows} readings", file=sys.stderr)
    return fitted, time.process_time() - begin


def count_covered_savings(seeds: range) -> tuple[int, int]:
    """How many of the planted savings lie within their 95 % interval, and how many were tried."""
    inside = tried = 0
    for seed in seeds:
        invented = invent(seed)
        for saving in verify.verify_savings(
            read_town(invented.tables, read_options({})), invented.tables, []
        ):
            true = invented.savings[saving.work.building]
            tried += 1
            inside += saving.share(saving.low) <= true <= saving.share(saving.high)
    return inside, tried


_PEER = """
import json, sys, time, warnings, logging
warnings.filterwarnings("ignore"); logging.disable(logging.CRITICAL)
import numpy as np, pandas as pd
from opendsm.eemeter import DailyBaselineData, DailyModel, DailyReportingData
requests = json.load(sys.stdin)
answers = []
for one in requests:
    frame = pd.DataFrame({"observed": one["kwh"], "temperature": one["temperature"]}, index=pd.DatetimeIndex(one["days"], tz="UTC"), dtype=float)
    begin = time.process_time()
    electric = "gas" not in one["name"]
    taught = DailyBaselineData(frame.loc[one["taught"][0]:one["taught"][1]], is_electricity_data=electric)
    model = DailyModel().fit(taught, ignore_disqualification=True)
    tried = frame.loc[one["tried"][0]:one["tried"][1]]
    expected = model.predict(DailyReportingData(tried, is_electricity_data=electric), ignore_disqualification=True)["predicted"].reindex(tried.index)
    known = tried["observed"].notna() & expected.notna()
    error = (tried["observed"] - expected)[known]
    answers.append([float(np.sqrt((error**2).mean()) / tried["observed"][known].mean()), time.process_time() - begin])
print("ANSWER" + json.dumps(answers))
"""


def peer(meters: list[Series], python: str) -> list[tuple[float, float]] | None:
    """CV(RMSE) and processor seconds of OpenDSM for each meter, from an interpreter that has it; None where it has not."""
    requests = []
    for one in meters:
        days, kwh = matrix(one)
        requests.append(
            {
                "name": one.name,
                "days": [str(day) for day in days.dates],
                "kwh": [None if value != value else float(value) for value in kwh[0]],
                "temperature": [None if value != value else float(value) for value in days.temperature],
                "taught": [day.isoformat() for day in one.taught],
                "tried": [day.isoformat() for day in one.tried],
            }
        )
    done = subprocess.run(
        [python, "-c", _PEER], input=json.dumps(requests), capture_output=True, text=True, check=False
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("ANSWER")), None)
    if line is None:
        print(f"no OpenDSM: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return [(float(error), float(cpu)) for error, cpu in json.loads(line[len("ANSWER") :])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", default=sys.executable, help="an interpreter that can import opendsm")
    parser.add_argument("--seeds", type=int, default=60)
    options = parser.parse_args()
    folder = (
        Path(os.environ.get("BEFFROI_REAL_DATA", ROOT.parent / "shared" / "data"))
        / "systems"
        / "building-energy"
    )
    meters = series(folder)
    peer_results = peer(meters, options.peer)
    print("| meter, year after | ours | OpenDSM daily | ratio |\n| --- | --- | --- | --- |")
    for place, one in enumerate(meters):
        error = next_year(one)
        other = peer_results[place][0] if peer_results else float("nan")
        print(f"| {one.name} | {error:.3f} | {other:.3f} | {error / other:.2f} |")
    if peer_results:
        print(
            f"\nOpenDSM: {sum(cpu for _, cpu in peer_results) / len(peer_results):.1f} s of processor a meter."
        )
    for group in (meters[:2], meters[2:4], meters[4:]):
        score = backtest(tables(*group), {}, 0)
        print(
            f"{group[0].name}: {score.value:.1f} % against {score.baseline:.1f} %, coverage {score.interval_coverage}"
        )
    fitted, whole = thousand()
    print(f"a thousand meters: {fitted:.1f} s of processor to fit, {whole:.1f} s for a whole run")
    inside, tried = count_covered_savings(range(1000, 1000 + options.seeds))
    print(f"planted savings within their 95 % interval: {inside} of {tried}")


if __name__ == "__main__":
    main()
