"""AI system `buildings`: expected energy use by meter, probable causes of excess, ranking of works, verified savings.

The two verbs of the contract are here; `readings`, `reading_checks` and `town` clean, `changepoints`, `design` and `model` learn,
`expected` and `causes` judge the last days, `works`, `scenarios`, `verify` and `progress` answer the manager's questions,
`evaluation` is the backtest. `sample.make_sample` invents a small town for tests and `beffroi check`.
"""

from typing import Any

from beffroi.systems.buildings import (
    causes,
    energies,
    evaluation,
    figures,
    nights,
    outputs,
    proposals,
    scenarios,
    verify,
    works,
)
from beffroi.systems.buildings.days import Mask
from beffroi.systems.buildings.expected import judge_meters
from beffroi.systems.buildings.levels import notes_of_changes
from beffroi.systems.buildings.options import read_options
from beffroi.systems.buildings.progress import measure_progress
from beffroi.systems.buildings.readings import Meter
from beffroi.systems.buildings.sample import make_sample
from beffroi.systems.buildings.town import read_town
from beffroi.systems.contract import TRAINING_SHARE, Outcome, Score, Tables
from beffroi.systems.kit.words import listed, plural

__all__ = ["backtest", "make_sample", "run"]


def run(tables: Tables, settings: dict[str, Any], seed: int) -> Outcome:
    """Compare the last days with expectation, rank works and verify savings. Raises `BadInput`."""
    options = read_options(settings)
    town = read_town(tables, options)
    notes = list(town.notes)
    judgement = judge_meters(town, tables, options)
    tariffs = energies.read_tariffs({meter.energy for meter in town.meters}, tables, options, notes)
    findings = nights.refine(town, judgement, causes.find_causes(town, judgement))
    needs = works.meter_demand(town, judgement)
    candidates = works.read_works(town, needs, tables, notes)
    ranked = works.rank_works(candidates, needs, town, tariffs, judgement.drift, options.budget, notes)
    effects = scenarios.compare(town, judgement, options)
    saved = verify.verify_savings(town, tables, notes)
    reached = measure_progress(town, options, judgement.drift, notes)
    side_by_side, by_building = outputs.build_scenario_tables(town, effects, tariffs)
    communes = {meter.building: town.building(row).commune for row, meter in enumerate(town.meters)}
    notes += notes_of_changes(judgement.levels.changes, [meter.name for meter in town.meters])
    notes += _fallback_notes(town.meters, judgement.fitted.plain & judgement.judged)
    acts = proposals.propose(town, judgement, findings, ranked, tariffs, options, seed)
    return Outcome(
        table=outputs.build_meters_table(town, judgement, findings, tariffs),
        proposals=acts,
        summary=proposals.summary(acts),
        notes=tuple(notes),
        layers={
            "days": outputs.build_days_table(town, judgement),
            "works": outputs.build_works_table(ranked, communes),
            "scenarios": side_by_side,
            "building_scenarios": by_building,
            "savings": outputs.build_savings_table(town, saved),
        },
        figures=figures.build_figures(town, judgement, findings, reached, saved, tariffs, options),
    )


def backtest(tables: Tables, settings: dict[str, Any], seed: int) -> Score:
    """Judge the system on the last year (or the last quarter of a short history). Raises `BadInput`.

    With the reserved setting `training_share`, the same days are judged after learning from the most recent part of the
    history before them.
    """
    town = read_town(tables, read_options(settings))
    return evaluation.evaluate(town, seed, float(settings.get(TRAINING_SHARE, 1.0)))


def _fallback_notes(meters: tuple[Meter, ...], plain: Mask) -> list[str]:
    names = [meter.name for meter, fell_back in zip(meters, plain, strict=True) if fell_back]
    if not names:
        return []
    return [
        f"{plural(len(names), 'compteur ne suit', 'compteurs ne suivent')} ni la météo ni la semaine ({listed(names, 3)}) : "
        "l’attendu y est la moyenne du même mois et du même type de jour."
    ]
