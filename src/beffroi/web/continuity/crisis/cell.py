"""The cell: activated by anyone entitled with two choices, its incident opened in the same act, closed by a person.

The only writer of crises. An exercise is one from its first second: nothing of it can be taken for a real crisis.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from beffroi.guides import Questionnaire
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.cyber.errors import CyberError
from beffroi.web.cyber.home_state import INCIDENT
from beffroi.web.cyber.incidents import new_incident
from beffroi.web.cyber.incidents.new_incident import NewIncident
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import Response, answers_of
from beffroi.web.guides.presenting import RunningClock
from beffroi.web.guides.services import responses
from beffroi.web.platform import ledger
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.request_cache import cached_read
from beffroi.web.platform.rights import require
from beffroi.web.ui.formats import french_date

from ..errors import ContinuityError
from ..models import DAY_LIMIT, WEEK_LIMIT, Crisis
from . import journal, legal_clocks

ANSWER: Final = journal.ANSWER
"""Who activates the cell opens its incident too, without waiting for who conducts it: the law counts from then."""
FACTS: Final = "crisis_facts"
DEBRIEF: Final = "crisis_debrief"
DOUBLE_PRESS: Final = timedelta(minutes=2)
FIRST_POINT: Final = timedelta(hours=1)
_STILL_AN_INCIDENT: Final = Q(is_exercise=False, run__isnull=False, run__closed_at=None)
IDENTIFIERS: Final = UUID("5d2f0a3e-6c1b-5e0f-9a55-0f2d7c4b8e21")


def default_label(at: datetime) -> str:
    """The name of a crisis that nobody named."""
    return f"Crise du {french_date(at)}"


def open_rows(territory: Territory) -> QuerySet[Crisis]:
    """Crises and exercises under way."""
    rows: QuerySet[Crisis] = Crisis.objects.of(territory)
    return rows.filter(closed_at=None)


def open_crises(territory: Territory) -> list[Crisis]:
    """Crises and exercises under way, real ones first."""
    return sorted(open_rows(territory), key=lambda each: each.is_exercise)


def watched_rows(territory: Territory) -> QuerySet[Crisis]:
    """What the home may have to say something of: what is under way, and closed crises whose incident is not."""
    rows: QuerySet[Crisis] = Crisis.objects.of(territory)
    return rows.filter(Q(closed_at=None) | _STILL_AN_INCIDENT)


@cached_read
def watched(territory: Territory) -> tuple[list[Crisis], list[Crisis]]:
    """Crises and exercises under way, real ones first; closed crises of which a legal deadline waits to be noted still."""
    rows = list(watched_rows(territory).select_related("run__edition", "run__territory"))
    under_way = sorted((each for each in rows if each.is_open), key=lambda each: each.is_exercise)
    return under_way, [each for each in rows if not each.is_open and legal_clocks.most_urgent(each)][:3]


def real_crisis(territory: Territory) -> Crisis | None:
    """The real crisis under way, the last one where there are several."""
    found: Crisis | None = (
        Crisis.objects.of(territory)
        .filter(closed_at=None, is_exercise=False)
        .order_by("-activated_at", "-pk")
        .first()
    )
    return found


def next_uuid(territory: Territory, *, is_exercise: bool = False) -> UUID:
    """The identifier of the next crisis of this territory, known before it begins.

    A journal begun on a stick when the platform was already down bears it: activated later, the crisis takes that journal.
    """
    number = Crisis.objects.of(territory).filter(is_exercise=is_exercise).count() + 1
    return uuid5(IDENTIFIERS, f"{territory.code}:{'exercise' if is_exercise else 'crisis'}:{number}")


@act("crisis.activate", "cellule de crise activée", right=ANSWER)
def activate(
    territory: Territory,
    by: Person,
    *,
    label: str = "",
    known: str = "",
    is_exercise: bool = False,
    run: Response | None = None,
    incident: NewIncident | None = None,
    another: bool = True,
) -> Recorded[Crisis] | Unchanged[Crisis]:
    """Activate the cell. The same button pressed twice opens one crisis only.

    `run`: the incident under way whose clocks run; `incident`: of a cyber crisis, the one to open and link in the same act.
    `another`: the person knows of the real crisis under way, and says that this is another one. Raises ContinuityError.
    """
    now = timezone.now()
    label = strip_invisible(" ".join(label.split()))[:120] or default_label(now)
    known = strip_invisible(known).strip()[:4000]
    if run is not None:
        _check_run(run, is_exercise)
    bulk_insert.lock_chain(territory.pk)
    twice = Crisis.objects.of(territory).filter(
        activated_by=by,
        is_exercise=is_exercise,
        closed_at=None,
        label=label,
        activated_at__gt=now - DOUBLE_PRESS,
    )
    if (found := twice.first()) is not None:
        return Unchanged(found)
    if not is_exercise and not another and (there := real_crisis(territory)) is not None:
        raise ContinuityError(
            f"« {there} » est déjà en cours : ouvrez-la. Si c'en est une autre, cochez-le.", "another"
        )
    if incident is not None and run is None:
        run = _open_run(territory, by, incident, label, known, is_exercise)
    facts = responses.open_response(
        territory, by, guide(Questionnaire, FACTS), label=label, is_exercise=is_exercise
    )
    crisis: Crisis = Crisis.objects.create(
        territory=territory,
        uuid=next_uuid(territory, is_exercise=is_exercise),
        label=label,
        known=known,
        is_exercise=is_exercise,
        run=run,
        facts=facts,
        activated_by=by,
        activated_at=now,
        next_point_at=now + FIRST_POINT,
    )
    journal.append_line(crisis, by, kind="decision", text=f"Cellule de crise activée : {label}.")
    if known:
        journal.append_line(crisis, by, kind="fact", text=known)
    _fill_facts(crisis, by)
    return Recorded(crisis, {"exercise": is_exercise, "run": run.pk if run is not None else None})


def _check_run(run: Response, is_exercise: bool) -> None:
    if run.guide != INCIDENT:
        raise ContinuityError("Choisissez un incident de sécurité.", "cause")
    if run.is_exercise != is_exercise:
        raise ContinuityError(
            "Un exercice et une vraie crise ne se mélangent pas. Choisissez un incident de la même sorte.",
            "cause",
        )


def _open_run(
    territory: Territory, by: Person, incident: NewIncident, label: str, seen: str, is_exercise: bool
) -> Response:
    try:
        return new_incident.open_incident(
            territory, by, incident, act=ANSWER, label=label, seen=seen, is_exercise=is_exercise
        )
    except CyberError as error:
        raise ContinuityError(str(error), error.field) from error


@act("crisis.incident", "incident relié à une crise", right=ANSWER)
def link_incident(crisis: Crisis, by: Person, incident: Response | NewIncident) -> Recorded[Crisis]:
    """Have the clocks of this incident run in the crisis, once for all; a new one is opened first. Raises ContinuityError."""
    if isinstance(incident, Response):
        _check_run(incident, crisis.is_exercise)
    journal.require_open(crisis)
    if crisis.run_id is not None:
        raise ContinuityError("Cette crise est déjà reliée à un incident. Rien n'a été changé.", "cause")
    crisis.run = (
        incident
        if isinstance(incident, Response)
        else _open_run(crisis.territory, by, incident, crisis.label, crisis.known, crisis.is_exercise)
    )
    crisis.save(update_fields=["run"])
    _fill_facts(crisis, by)
    return Recorded(crisis, {"run": crisis.run.pk})


def _fill_facts(crisis: Crisis, by: Person) -> None:
    """Put in the facts of the crisis what was already written elsewhere, where nothing is written yet."""
    written = answers_of(crisis.facts)
    noted = answers_of(crisis.run) if crisis.run is not None else {}
    proposed = {
        "what": " ".join(crisis.known.split())[:300] or None,
        "since": noted.get("began_at") or noted.get("known_at"),
        "services_stopped": noted.get("services_stopped"),
        "personal_data": noted.get("personal_data"),
        "contact": noted.get("callback"),
    }
    new = {key: value for key, value in proposed.items() if value and key not in written}
    if new:
        responses.save_answers(crisis.facts, by, new, note="Repris de ce qui est déjà écrit")


@act("crisis.next", "heure du prochain point de situation", right=ANSWER)
def set_next_point(crisis: Crisis, by: Person, at: datetime | None) -> Recorded[Crisis] | Unchanged[Crisis]:
    """Say when the next point of situation is; None: to be settled."""
    if at is not None and not timezone.now() - timedelta(hours=1) <= at <= timezone.now() + timedelta(
        days=31
    ):
        raise ContinuityError("Donnez une heure à venir.", "next_at")
    if at is None and crisis.next_point_at is None:
        return Unchanged(crisis)
    journal.require_open(crisis)
    crisis.next_point_at = at
    crisis.save(update_fields=["next_point_at"])
    return Recorded(crisis, {"at": at and at.isoformat()})


def set_limits(crisis: Crisis, by: Person, day: int, week: int) -> None:
    """Warn earlier than the law asks; never later."""
    require(by, ANSWER, crisis.territory)
    if not (1 <= day <= DAY_LIMIT and 1 <= week <= WEEK_LIMIT):
        raise ContinuityError(
            f"Une limite va de 1 à {DAY_LIMIT} heures par jour, de 1 à {WEEK_LIMIT} par semaine.", "day_limit"
        )
    with transaction.atomic():
        crisis.day_limit, crisis.week_limit = day, week
        crisis.save(update_fields=["day_limit", "week_limit"])
        ledger.append(crisis.territory, "crisis.duty", by, f"crisis:{crisis.pk}", {"day": day, "week": week})


def clocks_left(crisis: Crisis) -> list[RunningClock]:
    """The legal deadlines that who closes a real crisis leaves running."""
    return [] if crisis.is_exercise else legal_clocks.running(crisis)


@act("crisis.close", "crise close", right=ANSWER)
def close(crisis: Crisis, by: Person, *, knowing: bool = False) -> Recorded[Crisis]:
    """Close the crisis and open the questions of its debrief. The journal stays; off-line journals may still be merged.

    `knowing`: the person knows of the legal deadlines that run still. Raises ContinuityError.
    """
    journal.require_open(crisis)
    left = [each.due for each in clocks_left(crisis)]
    if left and not knowing:
        raise ContinuityError("Un délai légal court encore : cochez la case, ou continuez.", "knowing")
    text = f"Fin de la crise : la cellule est close.{' Court encore : ' if left else ''}{' ; '.join(left)}"
    journal.append_line(crisis, by, kind="decision", text=text)
    debrief = responses.open_response(
        crisis.territory,
        by,
        guide(Questionnaire, DEBRIEF),
        label=crisis.label,
        is_exercise=crisis.is_exercise,
    )
    crisis.closed_by, crisis.closed_at, crisis.debrief = by, timezone.now(), debrief
    crisis.save(update_fields=["closed_by", "closed_at", "debrief"])
    return Recorded(crisis, {"debrief": debrief.pk})
