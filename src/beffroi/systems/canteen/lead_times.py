"""Lead times: the next school days to forecast, each at its real distance to the last known day.

In come a history and the options; out go groups of days, each with its `lead`: how many days before them the last meals
are known. Features, margins and intervals of a group are all computed at its lead; groups of near leads share their forests.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.options import Options
from beffroi.systems.contract import BadInput
from beffroi.systems.kit import words

MAX_LEAD = 366  # days: beyond, nothing of the present school year is known
WEATHER_LEAD = 5  # days: beyond, a weather forecast is no better than the season
_STEPS = (28, 80, 160, MAX_LEAD)  # each family costs its own forests
_NEAR = 1.4  # families whose leads differ less than this are one
_MAX_GROUPS = 12  # groups of one run: each costs its own past forecasts


@dataclass(frozen=True)
class Group:
    """Days forecast in the same conditions: every meal served at least `lead` days before them is known."""

    lead: int
    days: tuple[date, ...]


def first_day(history: History, options: Options) -> date:
    """The first day that may be forecast: the day of the calculation, never one whose meals are known."""
    after = history.days[-1] + timedelta(1)
    return after if options.today is None else max(after, options.today)


def next_days(history: History, count: int, first: date | None = None) -> tuple[date, ...]:
    """The `count` next days on which the town serves meals, from `first` on (by default, after the last known one)."""
    weekdays = {day.weekday() for day in history.days[-60:]}
    days: list[date] = []
    day = first or history.days[-1] + timedelta(1)
    for _ in range(400):
        if day.weekday() in weekdays and not history.calendar.closed(day):
            days.append(day)
        if len(days) == count:
            break
        day += timedelta(1)
    return tuple(days)


def group_by_lead(history: History, options: Options) -> tuple[Group, ...]:
    """The next days by their lead. Without a day of calculation, a lead is at least the delay of the order.

    Each lead is a group of its own; where there are more than twelve, near ones are forecast at the furthest of them.
    Raises `BadInput` where the last meals are too old.
    """
    days = next_days(history, options.days, first_day(history, options))
    last = history.days[-1]
    if not days or (days[-1] - last).days > MAX_LEAD:
        raise BadInput(
            f"Les derniers repas connus datent du {words.short_day(last)} : c’est trop loin des jours à prévoir. "
            "Ajoutez les repas servis depuis."
        )
    least = options.horizon if options.today is None else 1
    by_lead = [Group(max(least, (day - last).days), (day,)) for day in days]
    near = 1.0
    while len(found := _merge_near_leads(by_lead, near)) > _MAX_GROUPS:
        near += 0.02
    return found


def _merge_near_leads(found: list[Group], near: float) -> tuple[Group, ...]:
    """Groups of at most `near` times the lead of their first day, in order; 1: of one lead."""
    merged: list[list[Group]] = []
    for group in found:
        if merged and group.lead <= near * merged[-1][0].lead:
            merged[-1].append(group)
        else:
            merged.append([group])
    return tuple(Group(part[-1].lead, tuple(day for one in part for day in one.days)) for part in merged)


def group_families(found: tuple[Group, ...]) -> list[list[Group]]:
    """Groups that share one model, from the nearest: what helps to forecast a day helps little for a summer."""
    shared: list[list[Group]] = []
    for group in found:
        before = shared[-1][-1].lead if shared else 0
        if shared and (_step(group.lead) == _step(before) or group.lead < _NEAR * before):
            shared[-1].append(group)
        else:
            shared.append([group])
    return shared


def _step(lead: int) -> int:
    return next(step for step in _STEPS if lead <= step)


def forecast_warnings(history: History, found: tuple[Group, ...], options: Options) -> list[str]:
    """Warnings on the days forecast: holidays unknown, meals known too long ago, strikes, the day of calculation."""
    notes: list[str] = []
    days = [day for group in found for day in group.days]
    last = history.days[-1]
    holidays = history.calendar.holidays
    if not holidays or max(end for _, end in holidays) < days[-1]:
        notes.append(
            "Les vacances scolaires à venir ne sont pas connues : retirez vous-même les jours sans école, ou liez un calendrier."
        )
    far = [day for day in days if (day - last).days > options.horizon]
    if far:
        notes.append(
            f"Les derniers repas connus datent du {words.day(last)} {last.year}. À partir du {words.short_day(far[0])}, la prévision "
            f"porte à plus de {options.horizon} jours : elle est moins sûre que mesuré. Sa marge est réglée à cette distance."
        )
    strikes = [day for day in days if day in history.calendar.strikes]
    if strikes:
        notes.append(
            f"Grève annoncée le {', le '.join(map(words.short_day, strikes))} : aucune quantité n’est proposée ces jours-là. "
            "Décidez avec les directions d’école."
        )
    return notes
