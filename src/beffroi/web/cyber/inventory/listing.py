"""The list of machines for its page: silent ones first, in two queries whatever their number."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils import timezone

from beffroi.web.platform.models import Territory

from ..models import ReportedDevice
from ..models.inventory import NOT_WATCHED
from .device_facts import Facts


def devices(territory: Territory) -> QuerySet[ReportedDevice]:
    """Those of whose silence nobody took charge, the other silent ones, then by name; without their programs."""
    rank = Case(
        When(silent_since=None, then=Value(2)),
        When(acknowledged_by=None, then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    rows: QuerySet[ReportedDevice] = ReportedDevice.objects.of(territory).defer("software")
    return rows.select_related("acknowledged_by").order_by(rank, "name", "pk")


@dataclass(frozen=True)
class State:
    """How a machine is, in words, with the look of its badge."""

    label: str
    look: str


def state_of(device: ReportedDevice) -> State:
    if device.silent_since is not None:
        if device.acknowledged_by_id is not None:
            return State("silencieuse, prise en charge", "warn")
        return State("silencieuse", "danger")
    if device.last_contact is None:
        return State("premier signe attendu", "info")
    return (
        State("non suivie", "plain") if device.period_hours == NOT_WATCHED else State("donne signe", "good")
    )


def support_state(end: date | None) -> State:
    if end is None:
        return State("fin du suivi non connue", "plain")
    days = (end - timezone.localdate()).days
    if days < 0:
        return State(f"plus suivi depuis le {end:%d/%m/%Y}", "danger")
    return State(f"suivi jusqu'au {end:%d/%m/%Y}", "warn" if days < 180 else "good")


@dataclass(frozen=True)
class Line:
    """A machine as the list and its page show it."""

    device: ReportedDevice
    facts: Facts
    state: State
    support: State | None


def line(device: ReportedDevice) -> Line:
    known = device.known
    end = known.support.end if known.support else None
    return Line(device, known, state_of(device), support_state(end) if known.system else None)


def expectation(device: ReportedDevice) -> str:
    """How often a sign is expected, and when its absence is told."""
    period = device.period
    if period is None:
        return "Aucun signe n'est attendu."
    hours = round(period / timedelta(hours=1))
    if device.weekdays_only:
        days = max(1, round(hours / 24))
        return f"Un signe tous les {days} jours ouvrés ; au bout de {2 * days}, vous êtes prévenu."
    every = "chaque heure" if hours == 1 else "chaque jour" if hours == 24 else f"toutes les {hours} heures"
    return f"Un signe {every} ; au bout de {2 * hours} heures de silence, vous êtes prévenu."
