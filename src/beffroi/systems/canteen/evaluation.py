"""Backtest of `canteen`: the system, its baseline and the town's own order judged on the same held-out days, at equal shortage.

In comes a history with its features; out goes a `Score`. The metric is the surplus in % of the meals served when each
method's safety margin was fixed before the day, on past weeks, for the same shortage: a plain error rate hides a system
that loses where it counts. Strikes announced as such are not scored.
"""

from datetime import date

import numpy as np

from beffroi.systems.bootstrap import Interval
from beffroi.systems.canteen.features import Describer
from beffroi.systems.canteen.groups import surplus_by_group, worst_shortage
from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.periods import MIN_TEST_DAYS, describe_leads, describe_period, first_test_index
from beffroi.systems.canteen.rolling import (
    CALIBRATION_DAYS,
    CHUNK_DAYS,
    STATED,
    Rolled,
    interval_factors,
    margin,
    roll_forecasts,
    shortage,
    surplus,
)
from beffroi.systems.canteen.source_evaluation import evaluate_bookings, evaluate_weather
from beffroi.systems.canteen.training_set import build_training_set
from beffroi.systems.canteen.verdict import MethodMetrics, verdict
from beffroi.systems.contract import BadInput, GuardResult, Score, Tables
from beffroi.systems.kit.arrays import Mask, Rows, Vector
from beffroi.systems.kit.judging import intervals_by_block
from beffroi.systems.kit.words import plural, short_day

_FIRST_FIT_DAYS = 25  # served days before the first fit
_NEARER, _FAMILY = (1, 7), 28  # days ahead: judged too where the order is due at most four weeks ahead


def split(history: History, earliest: int, horizon: int, from_day: date | None = None) -> tuple[int, int]:
    """Indices of the first predicted and the first tested day; the test may begin `from_day`.

    `earliest`: index of the first day that can be described. Raises `BadInput` where the history is too short.
    """
    count = len(history.days)
    if earliest >= count:
        raise BadInput("L’historique est trop court pour être évalué : ajoutez les mois précédents.")
    if from_day is not None:
        tested = next(index for index, day in enumerate(history.days) if day >= from_day)
    else:
        tested = first_test_index(history, earliest)
    ordinals = np.array([day.toordinal() for day in history.days])
    # The first fit needs days known `horizon` days before the first prediction.
    trainable = int(np.searchsorted(ordinals, ordinals[earliest] + horizon)) + _FIRST_FIT_DAYS
    first = max(trainable, tested - CALIBRATION_DAYS)
    if first > tested - MIN_TEST_DAYS:
        raise BadInput(
            f"L’historique compte {count} jours servis : c’est trop peu pour apprendre, régler les marges et vérifier "
            f"{horizon} jours à l’avance. Il en faut une centaine, une année scolaire de préférence."
        )
    return first, tested


def judged_leads(horizon: int) -> list[int]:
    """The delay of the order, and nearer leads that its forests serve too, as in a run."""
    return sorted({horizon, *(lead for lead in _NEARER if lead < horizon <= _FAMILY)})


def evaluate(
    history: History, tables: Tables, horizon: int, risk: float, seed: int, from_day: date | None = None
) -> Score:
    """Judge the system on held-out days. `risk`: the wanted shortage, a share of the meals; `from_day`: as in `split`."""
    leads = judged_leads(horizon)
    describer = Describer(history, tables)
    learned = build_training_set(describer, leads)
    first, tested = split(history, learned.earliest, horizon, from_day)
    every = roll_forecasts(describer, learned, leads, first, seed)
    rolled, features = every[horizon], every[horizon].features
    start = history.days[tested].toordinal()
    predictions, meals = rolled.predictions, rolled.meals
    judged_rows = rolled.scored & np.isfinite(predictions.middle) & np.isfinite(features.baseline)
    rows = np.flatnonzero(judged_rows & (rolled.ordinal >= start))
    if not len(rows):
        raise BadInput(
            "Aucun jour de la période d’essai ne peut être évalué : trop de jours y sont des grèves déclarées."
        )
    chunks = calibration_chunks(rolled, rows, horizon)
    system, order = _judge(rolled, chunks, rows, predictions.middle, predictions.room, risk)
    baseline, plain_order = _judge(rolled, chunks, rows, features.baseline, np.sqrt(features.base), risk)
    inside = _inside(rolled, chunks, rows)
    value_interval, gain_interval, coverage_interval = _intervals(
        rolled.ordinal[rows], meals[rows], order[rows], plain_order[rows], inside, seed
    )
    others = {
        "Manque atteint (%)": system.shortage,
        "Repas en trop à manque exactement égal (%)": system.equal,
        "Erreur moyenne (WAPE, %)": system.wape,
        "Référence sans IA : manque atteint (%)": baseline.shortage,
        "Référence sans IA : repas en trop à manque exactement égal (%)": baseline.equal,
        "Référence sans IA : erreur moyenne (WAPE, %)": baseline.wape,
    }
    worst = worst_shortage(history, features, rows, meals, order)
    if worst is not None:
        others[f"Manque du groupe qui manque le plus ({worst[0]}, %)"] = worst[1]
    town = _evaluate_town_order(history, rolled, chunks, rows, risk, others)
    for lead in leads[:-1]:
        others |= _evaluate_nearer(every[lead], lead, start, risk)
    others |= evaluate_bookings(history, tables, rolled, chunks, risk)
    others |= evaluate_weather(tables, rolled, rows)
    count = len(np.unique(features.day[rows]))
    begin, end = history.days[tested], history.days[-1]
    measured_over = f"{describe_period(count, begin, end)}, {describe_leads([horizon])}"
    beats = all(system.beats(each, risk) for each in (baseline, town) if each is not None)
    return Score(
        value=round(system.surplus, 3),
        baseline=round(baseline.surplus, 3),
        interval_coverage=round(float(inside.mean()), 4),
        interval_stated=STATED,
        recommended=beats and system.keeps_to(risk),
        verdict=verdict(system, baseline, town, risk, float(inside.mean()), measured_over),
        held_out=f"du {short_day(begin)} au {short_day(end)}, {plural(count, 'jour', 'jours')}, {describe_leads([horizon])}",
        rows=len(rows),
        without_ai={} if town is None else {"Commande actuelle de la ville": round(town.surplus, 3)},
        guards={"shortage": GuardResult(round(system.shortage, 3), round(100 * risk, 3))},
        others={name: round(value, 3) for name, value in others.items()},
        groups=surplus_by_group(history, features, rows, meals, order),
        value_interval=value_interval,
        gain_interval=gain_interval,
        coverage_interval=coverage_interval,
        truths=len(rows),
        training_rows=len(learned.until(start - 1)),
    )


def calibration_chunks(rolled: Rolled, rows: Rows, horizon: int) -> list[tuple[Rows, Rows]]:
    """Pairs (calibration rows, judged rows): every calibration day was known `horizon` days before the chunk's first day."""
    every = np.unique(rolled.ordinal[rolled.scored & np.isfinite(rolled.predictions.middle)])
    days = np.unique(rolled.ordinal[rows])
    teaches = rolled.usual & np.isfinite(rolled.predictions.middle)
    pairs: list[tuple[Rows, Rows]] = []
    for begin in range(0, len(days), CHUNK_DAYS):
        chunk = days[begin : begin + CHUNK_DAYS]
        known = every[every <= chunk[0] - horizon][-CALIBRATION_DAYS:]
        past = np.flatnonzero(teaches & np.isin(rolled.ordinal, known))
        if len(past) < 20 and pairs:
            past = pairs[-1][0]
        pairs.append((past, rows[np.isin(rolled.ordinal[rows], chunk)]))
    return [(past, chunk_rows) for past, chunk_rows in pairs if len(past)]


def _judge(
    rolled: Rolled, chunks: list[tuple[Rows, Rows]], rows: Rows, middle: Vector, scale: Vector, risk: float
) -> tuple[MethodMetrics, Vector]:
    """Fix the margin before each chunk, order, then count. Every method gets the same treatment."""
    meals = rolled.meals
    order = np.array(middle)
    for past, chunk in chunks:
        past = past[np.isfinite(middle[past])]
        if len(past):
            order[chunk] = middle[chunk] + margin(meals[past], middle[past], scale[past], risk) * scale[chunk]
    return MethodMetrics.of(meals[rows], order[rows], middle[rows], scale[rows], risk), order


def _inside(rolled: Rolled, chunks: list[tuple[Rows, Rows]], rows: Rows) -> Mask:
    inside = np.zeros(len(rolled.meals), dtype=bool)
    predictions, meals = rolled.predictions, rolled.meals
    for past, chunk in chunks:
        below, above = interval_factors(meals, predictions, past, (1 - STATED) / 2)
        middle = predictions.middle[chunk]
        inside[chunk] = (meals[chunk] >= middle - below * predictions.below[chunk]) & (
            meals[chunk] <= middle + above * predictions.above[chunk]
        )
    return inside[rows]


def _intervals(
    ordinal: Rows, meals: Vector, system: Vector, baseline: Vector, inside: Mask, seed: int
) -> tuple[Interval | None, ...]:
    """Of the surplus and of the gain, in % of the meals served, and of the coverage, a share, from whole weeks.

    None where the test has fewer than five weeks: too few to resample.
    """
    weeks = (ordinal - 1) // 7  # an ordinal of 1 is a Monday: weeks begin there
    if len(np.unique(weeks)) < 5:
        return None, None, None

    def figures(served: Vector, own: Vector, plain: Vector, covered: Vector, rows: Vector) -> list[Vector]:
        surplus = 100 * own / served
        return [surplus, 100 * plain / served - surplus, covered / rows]

    too_many = (np.clip(order - meals, 0, None) for order in (system, baseline))
    columns = (meals, *too_many, inside.astype(np.float64), np.ones(len(meals)))
    return intervals_by_block(weeks, columns, figures, seed)


def _evaluate_nearer(rolled: Rolled, lead: int, start: int, risk: float) -> dict[str, float]:
    """Figures of the same models at a shorter lead, on the same days and with margins set alike."""
    middle = rolled.predictions.middle
    rows = np.flatnonzero(rolled.scored & np.isfinite(middle) & (rolled.ordinal >= start))
    chunks = calibration_chunks(rolled, rows, lead)
    result, _ = _judge(rolled, chunks, rows, middle, rolled.predictions.room, risk)
    label = "Prévu la veille" if lead == 1 else f"Prévu {lead} jours à l’avance"
    return {
        f"{label} : repas en trop (%)": result.surplus,
        f"{label} : manque (%)": result.shortage,
        f"{label} : repas en trop à manque exactement égal (%)": result.equal,
        f"{label} : erreur moyenne (WAPE, %)": result.wape,
        f"{label} : vérités dans l’intervalle (%)": 100 * float(_inside(rolled, chunks, rows).mean()),
    }


def _evaluate_town_order(
    history: History,
    rolled: Rolled,
    chunks: list[tuple[Rows, Rows]],
    rows: Rows,
    risk: float,
    others: dict[str, float],
) -> MethodMetrics | None:
    """The town's own order where it is known: as placed, and with its margin set like the others'."""
    if history.ordered is None:
        return None
    ordered = history.ordered[rolled.features.site, rolled.features.day]
    known = rows[np.isfinite(ordered[rows])]
    if len(known) < 0.5 * len(rows):
        return None
    known_chunks = [(past, chunk[np.isfinite(ordered[chunk])]) for past, chunk in chunks]
    town, _ = _judge(rolled, known_chunks, known, ordered, np.sqrt(rolled.features.base), risk)
    truth = rolled.meals[known]
    others["Commande de la ville, telle quelle : repas en trop (%)"] = 100 * surplus(truth, ordered[known])
    others["Commande de la ville, telle quelle : manque (%)"] = 100 * shortage(truth, ordered[known])
    others["Commande de la ville : erreur moyenne (WAPE, %)"] = town.wape
    others["Commande de la ville, marge fixée d’avance : repas en trop (%)"] = town.surplus
    others["Commande de la ville, marge fixée d’avance : manque (%)"] = town.shortage
    others["Commande de la ville : repas en trop à manque exactement égal (%)"] = town.equal
    return town
