"""AI system `canteen`: forecast of meals a day and site, with an interval and a quantity to order at a chosen shortage risk.

The two verbs of the contract are here; `history` cleans, `features` describes, `model` predicts, `rolling` and
`evaluation` judge, `forecast` computes what `proposals`, `tables` and `figures` present. `sample.make_sample` invents a town.
"""

from typing import Any

from beffroi.systems.canteen import evaluation, figures, leftovers
from beffroi.systems.canteen import tables as written
from beffroi.systems.canteen.features import Describer
from beffroi.systems.canteen.forecast import forecast
from beffroi.systems.canteen.history import attendance_since, read_history
from beffroi.systems.canteen.options import read_options
from beffroi.systems.canteen.places import read_places
from beffroi.systems.canteen.proposals import build_proposals
from beffroi.systems.canteen.sample import make_sample
from beffroi.systems.canteen.site_names import unmatched_notes
from beffroi.systems.canteen.training_set import build_training_set
from beffroi.systems.contract import TRAINING_SHARE, Outcome, Score, Tables

__all__ = ["backtest", "make_sample", "run"]


def run(tables: Tables, settings: dict[str, Any], seed: int) -> Outcome:
    """Forecast the next school days: from the day of the calculation, or after the last known one. Raises `BadInput`."""
    options = read_options(settings)
    history = read_history(tables, options.today)
    made = forecast(history, tables, options, seed)
    shapes, place_notes = read_places(history, tables)
    layers = {"days": written.build_day_table(made, options), "risk": written.build_risk_table(made, options)}
    weighed, weighing_notes = leftovers.weigh(history, tables)
    placed = written.build_map_table(history, made, options, shapes)
    return Outcome(
        table=written.build_site_table(history, made, options),
        proposals=build_proposals(history, made, options, seed),
        notes=(
            *history.notes,
            *unmatched_notes(history, tables, "rolls", "Effectifs"),
            *place_notes,
            *made.notes,
            *weighing_notes,
            *figures.warn_where_losing(made, options),
        ),
        layers=layers if placed is None else {**layers, "sites": placed},
        figures=(*figures.build_figures(made, options), *weighed),
        summary=figures.summary(made, options),
    )


def backtest(tables: Tables, settings: dict[str, Any], seed: int) -> Score:
    """Judge the system on the last school year (or the last fifth of a short history). Raises `BadInput`.

    With the reserved setting `training_share`, the same days are judged after learning from the most recent part of
    the history before them.
    """
    options = read_options(settings)
    history = read_history(tables)
    share = float(settings.get(TRAINING_SHARE, 1.0))
    if share >= 1:
        return evaluation.evaluate(history, tables, options.horizon, options.risk, seed)
    described = build_training_set(Describer(history, tables), [options.horizon])
    _, tested = evaluation.split(history, described.earliest, options.horizon)
    begin = history.days[int((1 - share) * tested)]
    shorter = {**tables, "attendance": attendance_since(tables["attendance"], begin)}
    return evaluation.evaluate(
        read_history(shorter), shorter, options.horizon, options.risk, seed, from_day=history.days[tested]
    )
