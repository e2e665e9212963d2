"""Quality of each installed system: its examination on its own invented sample, and its backtest on real files where they are.

In: how many seeds. Out: `measured.json` beside each manifest, from which `docs/generate.py` writes `docs/systems.md`.
`python -m benchmarks.systems`. Real files are found by BEFFROI_REAL_DATA; its measures are stored
too, with the name of the files, and a measure that could not be made again keeps its date.
"""

import argparse
import json
import sys
from datetime import date
from typing import Any

from beffroi.systems import registry
from beffroi.systems.check import check
from beffroi.systems.runner import SystemFailed, execute
from systems.real import DATA, measures_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="one system's id")
    parser.add_argument("--real-only", action="store_true", help="leave the examinations as they are")
    chosen = parser.parse_args()
    for system in registry.all_systems():
        name = system.manifest.id
        if system.distribution != "beffroi" or (chosen.only and name != chosen.only):
            continue
        results = system.folder / "measured.json"
        entry = json.loads(results.read_text("utf-8")) if results.exists() else {"sample": {}, "real": {}}
        if not chosen.real_only:
            sys.stderr.write(f"{name}: examined on its sample\n")
            entry["sample"] = _examined(name)
        for measure in measures_of(name):
            sys.stderr.write(f"{name}: {measure.title}\n")
            if (figures := _judged(name, measure)) is not None:
                entry["real"][measure.title] = figures
        results.write_text(json.dumps(entry, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")


def _examined(name: str) -> dict[str, Any]:
    report = check(name)
    missed = [point.name for point in report.points if not point.ok]
    return {**report.summary(), "version": report.version, "on": date.today().isoformat(), "missed": missed}


def _judged(name: str, measure: Any) -> dict[str, Any] | None:
    tables = measure.tables()
    if tables is None:
        sys.stderr.write(f"  not measured: its files are not under {DATA} (set BEFFROI_REAL_DATA)\n")
        return None
    try:
        done = execute(name, "backtest", tables, measure.settings)
    except SystemFailed as error:
        sys.stderr.write(f"  {error}\n")
        return None
    score = done.score
    assert score is not None
    return {
        "version": done.version,
        "on": date.today().isoformat(),
        "value": score.value,
        "baseline": score.baseline,
        "coverage": score.interval_coverage,
        "recommended": score.recommended,
        "held_out": score.held_out,
        "without_ai": score.without_ai,
        "ablations": score.ablations,
        "bounds": score.bounds,
        "others": score.others,
        "cpu_s": done.footprint.cpu_s,
        "energy_wh": done.footprint.energy_wh,
    }


if __name__ == "__main__":
    main()
