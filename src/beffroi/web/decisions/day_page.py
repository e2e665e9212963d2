"""The page of one day of one system: which days wait, the figure of the day, the exceptions, the lines in their order.

In: a territory and what the address asks for. Out: `DayPage`, ready for the template. Nothing is written here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format

from beffroi.web.platform.models import Territory

from . import day_corrections, deadlines, inbox, triage
from .day_forms import LineForm, parse_number
from .judging import is_without_ai
from .models import Deadline, Decision, Proposal
from .notices import Notice, notice_for, titles_of
from .triage import Assessment

MOST_EXCEPTIONS = 3
MOST_UNUSUAL = 60  # lines decided one by one that a page shows: more are in the list of all proposals
MOST_DAYS = 6
NO_DAY = "sans"  # of an address: what has no day

type Slot = tuple[str, date | None]
"""One page: a system and a day, None for what has none."""


@dataclass(frozen=True)
class Link:
    """One other page: what it is called, how many wait there, where it leads, whether it is this one."""

    label: str
    count: int
    url: str
    current: bool


@dataclass(frozen=True)
class Line:
    """One proposal on the page. `typed`: what its field holds; `error`: why it was refused; `form`: its own, decided alone;
    `shares_place`: whether other lines are about the same place, so that its name does not tell them apart."""

    assessment: Assessment
    typed: str
    error: str = ""
    form: LineForm | None = None
    shares_place: bool = False

    @property
    def proposal(self) -> Proposal:
        return self.assessment.proposal

    @property
    def has_own_page(self) -> bool:
        return self.assessment.has_own_page

    @property
    def value(self) -> float:
        """The number that its field holds; where that is none, the one that the page puts first."""
        try:
            return parse_number(self.typed)
        except ValidationError:
            return self.assessment.retained

    @property
    def name(self) -> str:
        place = "" if self.shares_place or self.proposal.due is None else self.proposal.place
        return place or self.proposal.subject

    @property
    def why(self) -> str:
        return self.assessment.why

    @property
    def habit(self) -> tuple[float, float] | None:
        habit = self.assessment.habit
        return (min(habit), max(habit)) if habit else None


@dataclass(frozen=True)
class Computed:
    """What the system computed for the day, and what separates the total of the page from it.

    `without_ai`: lines where the way without AI serves, and what they change; `otherwise`: what people changed.
    """

    total: float
    without_ai: int
    without_ai_change: float
    otherwise: float


@dataclass(frozen=True)
class DayPage:
    system: str
    day: date | None
    notice: Notice
    advice: str  # why not to use the system here; empty where nothing says so
    unusual: list[Line]
    ordinary: list[Line]
    unlisted: int  # unusual lines beyond those shown
    total: float | None  # of what is decided and of what the page retains; None where units differ
    unit: str
    computed: Computed | None  # where it is another number than this total
    change: float | None  # of this total against the habit of the same places
    places: int
    decided: int
    may_correct: bool  # whether numbers decided for this day may still be corrected
    deadline: Deadline | None
    moment: datetime | None
    over: bool
    closed: str
    days: list[Link]
    more_days: int  # which wait beyond those
    systems: list[Link]

    @property
    def day_in_words(self) -> str:
        return deadlines.day_in_words(self.day) if self.day else ""

    @property
    def waiting(self) -> int:
        return len(self.unusual) + len(self.ordinary) + self.unlisted

    @property
    def has_line_forms(self) -> bool:
        """Whether some line is decided alone, here."""
        return self.open and any(not line.has_own_page for line in self.unusual)

    @property
    def exceptions(self) -> list[Line]:
        return self.unusual[:MOST_EXCEPTIONS]

    @property
    def more_exceptions(self) -> int:
        return len(self.unusual) + self.unlisted - len(self.exceptions)

    @property
    def open(self) -> bool:
        """Whether something may still be decided here."""
        return not (self.over or self.closed)

    @property
    def change_percent(self) -> int:
        return abs(round(100 * (self.change or 0)))

    @property
    def poorly_forecast(self) -> int:
        return sum(bool(line.assessment.poorly_forecast) for line in [*self.unusual, *self.ordinary])

    @property
    def query(self) -> str:
        return query(self.system, self.day)

    @property
    def moment_in_words(self) -> str:
        return deadlines.moment_in_words(self.moment, timezone.now()) if self.moment else ""


def query(system: str, day: date | None) -> str:
    """The address of a page of this room: its system and its day."""
    return f"?{urlencode({'systeme': system, 'jour': day.isoformat() if day else NO_DAY})}"


def typed(value: float) -> str:
    """As the field of a number holds it: read back, it is the same number."""
    return str(int(value)) if value.is_integer() else repr(value).replace(".", ",")


def slots(territory: Territory, known: dict[str, Deadline]) -> Counter[Slot]:
    """How many proposals wait, by system and day; what a deadline has closed waits no more."""
    rows = inbox.waiting(territory).order_by().values_list("system", "due").annotate(n=Count("pk"))
    now, found = timezone.now(), Counter[Slot]()
    for system, due, count in rows:
        late = due is not None and system in known and now >= known[system].moment(due)
        if not late or due < timezone.localdate():
            found[system, due] = count
    return found


def named(params: QueryDict) -> Slot | None:
    """The page that the address names."""
    system, text = params.get("systeme", "")[:60], params.get("jour", "")
    day = _day(text)
    return (system, day) if system and (day is not None or text == NO_DAY) else None


def chosen(waiting: Counter[Slot], params: QueryDict, known: Mapping[str, Deadline]) -> Slot | None:
    """The page that the address names, else the most urgent; None where nothing waits and nothing is named."""
    if slot := named(params):
        return slot
    system, day = params.get("systeme", "")[:60], _day(params.get("jour", ""))
    found = [
        slot for slot in waiting if (not system or slot[0] == system) and (day is None or slot[1] == day)
    ]
    nearest = {
        name: min((slot for slot in found if slot[0] == name), key=lambda slot: _soonest(slot[1]))
        for name in {name for name, _ in found}
    }
    return min(
        nearest.values(),
        key=lambda slot: (*_urgency(slot, known.get(slot[0])), -waiting[slot], slot[0]),
        default=None,
    )


def _urgency(slot: Slot, deadline: Deadline | None) -> tuple[int, datetime | None, date]:
    """What has its hour today or tomorrow comes first, by the hour; the other days follow, and today's and tomorrow's wait alike."""
    rank, day = _soonest(slot[1])
    tomorrow = timezone.localdate() + timedelta(days=1)
    moment = deadline.moment(day) if deadline and slot[1] and not rank else None
    pressing = moment is not None and timezone.localdate(moment) <= tomorrow
    return (-1, moment, day) if pressing else (rank, None, max(day, tomorrow) if not rank else day)


def _soonest(day: date | None) -> tuple[int, date]:
    """Order of days: those to come, then what has none, then those that have passed."""
    today = timezone.localdate()
    return (1, today) if day is None else (0 if day >= today else 2, day)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read(
    territory: Territory,
    slot: Slot,
    waiting: Counter[Slot],
    known: dict[str, Deadline],
    *,
    closed: str = "",
    priority: Sequence[str] = (),
    sent: Mapping[int, str] = MappingProxyType({}),
    errors: Mapping[int, str] = MappingProxyType({}),
    forms: Mapping[int, LineForm] = MappingProxyType({}),
) -> DayPage:
    """`closed`: why nothing of it is decided any more; `priority`: identities in the order of the system, where it ranks; `sent`: what was typed, by proposal, where a form comes back; `errors`: what was refused of it; `forms`: those sent."""
    system, day = slot
    notice = notice_for(territory, system)
    assessed, decided = triage.read(territory, notice, system, day)
    ranks = {identity: rank for rank, identity in enumerate(priority)}
    assessed.sort(key=lambda one: ranks.get(one.proposal.identity, len(ranks)))
    together = {one.proposal.pk for one in triage.together(assessed)}
    listed = [one.proposal for one in assessed] + [one.proposal for one in decided]
    by_place = Counter(proposal.place or proposal.subject for proposal in listed)
    lines = [
        Line(
            one,
            sent.get(pk, typed(one.retained)),
            errors.get(pk, ""),
            forms.get(pk) or LineForm(pk, notice),
            shares_place=by_place[one.proposal.place] > 1,
        )
        for one in assessed
        for pk in [one.proposal.pk]
    ]
    unusual = [line for line in lines if not line.assessment.ordinary]
    deadline = known.get(system)
    moment = deadline.moment(day) if deadline and day else None
    total, unit, change = _total(lines, decided)
    found = bool(assessed or decided)
    return DayPage(
        system=system,
        day=day if found else None,
        notice=notice,
        advice=notice.advice,
        unusual=unusual[:MOST_UNUSUAL],
        ordinary=[line for line in lines if line.proposal.pk in together],
        unlisted=max(0, len(unusual) - MOST_UNUSUAL) + len(lines) - len(unusual) - len(together),
        total=total,
        unit=unit,
        computed=None if total is None else _computed(total, lines, decided),
        change=change,
        places=len(by_place),
        decided=len(decided),
        may_correct=bool(numbers := day_corrections.correctable(decided))
        and not day_corrections.why_closed(numbers, day, deadline),
        deadline=deadline,
        moment=moment,
        over=_over(moment, day, deadline, assessed),
        closed=closed,
        days=(days := _days(slot, waiting, found=found)),
        more_days=sum(name == system for name, _ in waiting) - sum(bool(link.count) for link in days)
        if days
        else 0,
        systems=_systems(territory, slot, waiting),
    )


def _over(
    moment: datetime | None, day: date | None, deadline: Deadline | None, assessed: list[Assessment]
) -> bool:
    """Whether the hour has passed: of what still waits, or of a day to come of which nothing waits any more."""
    now = timezone.now()
    if moment is None or day is None or now < moment:
        return False
    if not assessed:
        return day >= timezone.localdate()
    return any(deadlines.is_over(one.proposal, deadline, now) for one in assessed)


def _total(lines: list[Line], decided: list[Decision]) -> tuple[float | None, str, float | None]:
    """The sum of the day, its unit, and its change against the habit of the places that have one."""
    units = {line.proposal.unit for line in lines} | {one.proposal.unit for one in decided}
    if len(units) != 1 or any(line.proposal.individual for line in lines):
        return None, "", None
    values = [one.in_force[1] or 0.0 for one in decided]
    used_to = [(line.value, usual) for line in lines if (usual := line.assessment.usual) is not None]
    usual_total = sum(usual for _, usual in used_to)
    change = sum(value for value, _ in used_to) / usual_total - 1 if usual_total else None
    return sum(values) + sum(line.value for line in lines), units.pop(), change


def _computed(total: float, lines: list[Line], decided: list[Decision]) -> Computed | None:
    proposals = [line.proposal for line in lines] + [one.proposal for one in decided]
    computed = sum(proposal.value for proposal in proposals)
    changes = [
        line.assessment.retained - line.proposal.value for line in lines if line.assessment.poorly_forecast
    ]
    changes += [(one.in_force[1] or 0.0) - one.proposal.value for one in decided if is_without_ai(one)]
    without_ai = round(sum(changes), 6)
    otherwise = round(total - computed - without_ai, 6)
    if not (without_ai or otherwise):
        return None
    return Computed(computed, sum(bool(change) for change in changes), without_ai, otherwise)


def _days(slot: Slot, waiting: Counter[Slot], *, found: bool) -> list[Link]:
    """The nearest days of this system that wait, and this one where something is `found` for it."""
    system, current = slot
    others = sorted({day for name, day in waiting if name == system and day != current}, key=_soonest)
    ordered = sorted([current, *others[: MOST_DAYS - 1]], key=_soonest) if found else others[:MOST_DAYS]
    if found and len(ordered) < 2:
        return []
    return [
        Link(
            str(date_format(day, "D j M")).lower() if day else "Sans date",
            waiting[system, day],
            query(system, day),
            day == current,
        )
        for day in ordered
    ]


def _systems(territory: Territory, slot: Slot, waiting: Counter[Slot]) -> list[Link]:
    counts = Counter[str]()
    for (system, _), count in waiting.items():
        counts[system] += count
    counts.setdefault(slot[0], 0)
    if len(counts) < 2:
        return []
    titles = titles_of(territory, counts)
    return [
        Link(titles[system], count, f"?{urlencode({'systeme': system})}", system == slot[0])
        for system, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
