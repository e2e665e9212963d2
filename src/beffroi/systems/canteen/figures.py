"""Headline figures: expected meals, order, cost of the risk, meals spared against the town's own order.

In come the forecast and the options; out go `Figure`s. Weights and euros are estimates: their assumption is in `base`.
"""

from beffroi.systems.canteen.forecast import Forecast
from beffroi.systems.canteen.options import Options
from beffroi.systems.canteen.periods import describe_leads
from beffroi.systems.canteen.tables import lines_by_day
from beffroi.systems.canteen.tradeoff import measure_spared, measured_over, total_factors, trades
from beffroi.systems.contract import Figure
from beffroi.systems.kit import words
from beffroi.text import format_percent


def build_figures(made: Forecast, options: Options) -> tuple[Figure, ...]:
    """No figure for a day of strike; none at all where every day is one."""
    days = [(day, lines) for day, lines in lines_by_day(made).items() if not lines[0].strike]
    if not days:
        return ()
    first, lines = days[0]
    span = f"du {words.day(first)} au {words.day(days[-1][0])}" if len(days) > 1 else words.day(first)
    every = [line for _, of_day in days for line in of_day]
    low, high = next(part for part in made.parts if part.lead == lines[0].lead).calibration.total_factors(1)
    whole_low, whole_high = total_factors(made, len(days))
    tomorrow, total = sum(line.forecast for line in lines), sum(line.forecast for line in every)
    (trade,) = trades(made, (options.risk,))
    measured = measured_over(made)
    found = [
        Figure(
            "next_day",
            f"Repas attendus {words.day(first)}",
            round(tomorrow),
            "repas",
            f"{words.plural(len(lines), 'site', 'sites')}, {describe_leads([lines[0].lead])}",
            low=round(min(low, 1) * tomorrow),
            high=round(max(high, 1) * tomorrow),
        ),
        Figure(
            "all_days",
            "Repas attendus sur la période",
            round(total),
            "repas",
            f"{len(days)} jours d’école, {span}, {describe_leads([line.lead for line in every])}",
            low=round(min(whole_low, 1) * total),
            high=round(max(whole_high, 1) * total),
        ),
        Figure(
            "order",
            "Quantité proposée",
            float(sum(line.orders[options.risk] for line in every)),
            "repas",
            f"{len(days)} jours d’école, {span}, pour {words.share(options.risk, None)} de manque accepté",
        ),
        Figure(
            "surplus",
            "Repas en trop à ce risque",
            trade.surplus,
            "% des repas servis",
            measured,
            better="lower",
        ),
        Figure(
            "shortage",
            "Repas manquants à ce risque",
            trade.shortage,
            "% des repas servis",
            measured,
            better="lower",
        ),
    ]
    return (*found, *_spared(made, options, measured))


def summary(made: Forecast, options: Options) -> str:
    """What to order for the next day that is served, and the strikes before it."""
    days = lines_by_day(made)
    struck = [words.day(day) for day, lines in days.items() if lines[0].strike]
    served = [(day, lines) for day, lines in days.items() if not lines[0].strike]
    strikes = f" Grève annoncée {', '.join(struck[:3])} : rien n’est proposé." if struck else ""
    if not served:
        return f"Aucun jour n’est prévu.{strikes}"
    day, lines = served[0]
    expected, order = (sum(line.forecast for line in lines), sum(line.orders[options.risk] for line in lines))
    return (
        f"{words.day(day).capitalize()} : {words.fr(expected, 0)} repas attendus, {words.fr(order, 0)} à commander "
        f"pour {words.plural(len(lines), 'site', 'sites')}.{strikes}"
    )


def _spared(made: Forecast, options: Options, measured: str) -> list[Figure]:
    comparison = measure_spared(made, options.risk)
    if comparison is None:
        return []
    missed = format_percent(comparison.shortage)
    base = f"{measured}, au même manque que la commande de la ville ({missed})"
    found = [("spared", "Repas en trop évités, face à la commande de la ville", 1.0, "repas", base)]
    if options.grams:
        grams = f"{base} ; estimé à {words.fr(options.grams)} g d’aliments par repas"
        found.append(("spared_kg", "Nourriture évitée (estimé)", options.grams / 1000, "kg", grams))
    if options.euros:
        euros = f"{base} ; estimé à {words.fr(options.euros, 2)} € d’aliments par repas"
        found.append(("spared_euros", "Achats évités (estimé)", options.euros, "€", euros))
    return [
        Figure(key, label, round(comparison.meals * each), unit, text, better="higher")
        for key, label, each, unit, text in found
    ]


def warn_where_losing(made: Forecast, options: Options) -> list[str]:
    """A warning where, in these conditions, the town's own order wasted less."""
    comparison = measure_spared(made, options.risk)
    if comparison is None or not comparison.loses:
        return []
    system, town, risk = (
        format_percent(value)
        for value in (comparison.system_at_risk, comparison.town_at_risk, 100 * options.risk)
    )
    return [
        f"Ne suivez pas ces quantités sans les comparer. À {risk} de manque, la commande de la ville fait {town} de repas "
        f"en trop, et le système {system}. {measured_over(made)}."
    ]
