"""The backtest: the system, its baseline and the town's own order judged on the same held-out days, at equal shortage.

In comes a history with its features; out goes a `Score`. The metric is the surplus in % of the meals served when each
method's safety margin was fixed before the day, on past weeks, for the same shortage: a plain error rate hides a system
that loses where it counts. Strikes announced as such are not scored.
"""

from datetime import date

import numpy as np
import numpy.typing as npt

from beffroi.systems.canteen.calendar import school_year
from beffroi.systems.canteen.features import Features
from beffroi.systems.canteen.groups import surplus_by_group, worst_shortage
from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.intervals import by_weeks
from beffroi.systems.canteen.mornings import with_bookings, with_weather
from beffroi.systems.canteen.rolling import (
    CALIBRATION_DAYS,
    CHUNK_DAYS,
    STATED,
    Rolled,
    interval_factors,
    margin,
    roll,
    shortage,
    surplus,
    taught,
)
from beffroi.systems.canteen.verdict import Judged, verdict
from beffroi.systems.contract import BadInput, Score, Tables

type Vector = npt.NDArray[np.float64]
type Rows = npt.NDArray[np.int64]

_FIRST_FIT_DAYS = 25  # served days before the first fit
_SHORTEST_TEST = 10
_WHOLE_YEAR = 25  # served days from which the last school year is a test of its own
_COMPARABLE = 1.5  # beyond this multiple of the wanted shortage, a low surplus proves nothing


def split(
    history: History, features: Features, horizon: int, from_day: date | None = None
) -> tuple[int, int]:
    """Indices of the first predicted and the first tested day; the test may be told to begin `from_day`.

    Raises `BadInput` where the history is too short.
    """
    described = np.unique(features.day)
    if not len(described):
        raise BadInput("L’historique est trop court pour être évalué : ajoutez les mois précédents.")
    count = len(history.days)
    years = np.array([school_year(day) for day in history.days])
    last_year = int(np.argmax(years == years[-1]))
    in_last = count - last_year
    earliest = int(described[0])
    if from_day is not None:
        tested = next(index for index, day in enumerate(history.days) if day >= from_day)
    elif in_last >= _WHOLE_YEAR and last_year - earliest >= 100:
        tested = last_year
    else:
        tested = count - max(_SHORTEST_TEST, round(0.2 * count))
    ordinals = np.array([day.toordinal() for day in history.days])
    # The first fit needs days known `horizon` days before the first prediction.
    trainable = int(np.searchsorted(ordinals, ordinals[earliest] + horizon)) + _FIRST_FIT_DAYS
    first = max(trainable, tested - CALIBRATION_DAYS)
    if first > tested - _SHORTEST_TEST:
        raise BadInput(
            f"L’historique compte {count} jours servis : c’est trop peu pour apprendre, régler les marges et vérifier "
            f"{horizon} jours à l’avance. Il en faut une centaine, une année scolaire de préférence."
        )
    return first, tested


def evaluate(
    history: History,
    features: Features,
    tables: Tables,
    horizon: int,
    risk: float,
    seed: int,
    from_day: date | None = None,
) -> Score:
    """Judge the system on held-out days. `risk`: the wanted shortage, a share of the meals; `from_day`: as in `split`."""
    first, tested = split(history, features, horizon, from_day)
    rolled = roll(history, features, horizon, first, seed)
    start = history.days[tested].toordinal()
    predictions, meals = rolled.predictions, rolled.meals
    judged_rows = rolled.scored & np.isfinite(predictions.middle) & np.isfinite(features.baseline)
    rows = np.flatnonzero(judged_rows & (rolled.ordinal >= start))
    if not len(rows):
        raise BadInput(
            "Aucun jour de la période d’essai ne peut être évalué : trop de jours y sont des grèves déclarées."
        )
    chunks = _chunks(rolled, rows, horizon)
    ours, order = _judge(rolled, chunks, rows, predictions.middle, predictions.room, risk)
    baseline, plain_order = _judge(rolled, chunks, rows, features.baseline, np.sqrt(features.base), risk)
    inside = _inside(rolled, chunks, rows)
    sure = by_weeks(rolled.ordinal[rows], meals[rows], order[rows], plain_order[rows], inside, seed)
    others = {
        "Manque atteint (%)": ours.shortage,
        "Repas en trop à manque exactement égal (%)": ours.equal,
        "Erreur moyenne (WAPE, %)": ours.wape,
        "Référence sans IA : manque atteint (%)": baseline.shortage,
        "Référence sans IA : repas en trop à manque exactement égal (%)": baseline.equal,
        "Référence sans IA : erreur moyenne (WAPE, %)": baseline.wape,
    }
    worst = worst_shortage(history, features, rows, meals, order)
    if worst is not None:
        others[f"Manque du groupe qui manque le plus ({worst[0]}, %)"] = worst[1]
    town = _town(history, rolled, chunks, rows, risk, others)
    others |= with_bookings(history, tables, rolled, chunks, risk)
    others |= with_weather(tables, rolled, rows)
    held_out = (
        f"du {history.days[tested]:%d/%m/%Y} au {history.days[-1]:%d/%m/%Y}, {len(np.unique(features.day[rows]))} jours, "
        f"prévision {horizon} jours à l’avance"
    )
    comparable = ours.shortage <= 100 * risk * _COMPARABLE
    beats = ours.beats(baseline)
    beats_town = town is None or ours.beats(town)
    return Score(
        value=round(ours.surplus, 3),
        baseline=round(baseline.surplus, 3),
        interval_coverage=round(float(inside.mean()), 4),
        interval_stated=STATED,
        recommended=bool(beats and beats_town and comparable),
        verdict=verdict(ours, baseline, town, risk, comparable, float(inside.mean())),
        held_out=held_out,
        rows=len(rows),
        peers={} if town is None else {"Commande actuelle de la ville": round(town.surplus, 3)},
        others={name: round(value, 3) for name, value in others.items()},
        groups=surplus_by_group(history, features, rows, meals, order),
        value_interval=sure.surplus if sure else None,
        gain_interval=sure.gain if sure else None,
        coverage_interval=sure.coverage if sure else None,
        truths=len(rows),
        training_rows=len(taught(features, np.flatnonzero(rolled.usual & (rolled.ordinal < start)), horizon)),
    )


def _chunks(rolled: Rolled, rows: Rows, horizon: int) -> list[tuple[Rows, Rows]]:
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
) -> tuple[Judged, Vector]:
    """Fix the margin before each chunk, order, then count. Every method gets the same treatment."""
    meals = rolled.meals
    order = np.array(middle)
    for past, chunk in chunks:
        past = past[np.isfinite(middle[past])]
        if len(past):
            order[chunk] = middle[chunk] + margin(meals[past], middle[past], scale[past], risk) * scale[chunk]
    return Judged.of(meals[rows], order[rows], middle[rows], scale[rows], risk), order


def _inside(rolled: Rolled, chunks: list[tuple[Rows, Rows]], rows: Rows) -> npt.NDArray[np.bool_]:
    inside = np.zeros(len(rolled.meals), dtype=bool)
    predictions, meals = rolled.predictions, rolled.meals
    for past, chunk in chunks:
        below, above = interval_factors(meals, predictions, past, (1 - STATED) / 2)
        middle = predictions.middle[chunk]
        inside[chunk] = (meals[chunk] >= middle - below * predictions.below[chunk]) & (
            meals[chunk] <= middle + above * predictions.above[chunk]
        )
    return inside[rows]


def _town(
    history: History,
    rolled: Rolled,
    chunks: list[tuple[Rows, Rows]],
    rows: Rows,
    risk: float,
    others: dict[str, float],
) -> Judged | None:
    """The town's own order on the rows where it is known: as it was, and with its margin set like the others'."""
    if history.ordered is None:
        return None
    ordered = history.ordered[rolled.features.site, rolled.features.day]
    known = rows[np.isfinite(ordered[rows])]
    if len(known) < 0.5 * len(rows):
        return None
    kept = [(past, chunk[np.isfinite(ordered[chunk])]) for past, chunk in chunks]
    town, _ = _judge(rolled, kept, known, ordered, np.sqrt(rolled.features.base), risk)
    truth = rolled.meals[known]
    others["Commande de la ville, telle quelle : repas en trop (%)"] = 100 * surplus(truth, ordered[known])
    others["Commande de la ville, telle quelle : manque (%)"] = 100 * shortage(truth, ordered[known])
    others["Commande de la ville : erreur moyenne (WAPE, %)"] = town.wape
    others["Commande de la ville, marge fixée d’avance : repas en trop (%)"] = town.surplus
    others["Commande de la ville, marge fixée d’avance : manque (%)"] = town.shortage
    others["Commande de la ville : repas en trop à manque exactement égal (%)"] = town.equal
    return town
