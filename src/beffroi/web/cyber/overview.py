"""Where a territory stands in its security: its path, its plan, what expires this month, its incidents. The home and the helper read it.

In: a territory. Out: plain values. Nothing is judged « conforme »: what is done, what is late, what nobody answered.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone

from beffroi.guides import Plan, Questionnaire, Register
from beffroi.guides.plan import Followed, next_steps, progress
from beffroi.guides.questionnaire import scores
from beffroi.guides.register import expiring
from beffroi.web.guides import presenting
from beffroi.web.guides.contributions.views import Target
from beffroi.web.guides.library import library
from beffroi.web.guides.models import (
    Arbitration,
    Contribution,
    FollowedAction,
    RegisterEntry,
    Response,
    StageAcceptance,
    answers_of,
)
from beffroi.web.guides.services.plans import actions_of, followed
from beffroi.web.platform.models import Territory

from .models import ReportedDevice

PATH: Final = "cyber_path"
KIT: Final = "cyber_kit"
INCIDENT: Final = "cyber_incident"
FELT: Final = "ressenti"
GAP: Final = 0.2
"""Share of the scale from which a difference between what is felt and what is answered is said."""
SOON: Final = timedelta(days=31)


@dataclass(frozen=True)
class Path:
    """The path of a town: its last response, how far it is, its result, its plan."""

    response: Response | None
    progress: presenting.Progress | None
    scores: list[Any]
    stages: list[tuple[str, bool]]
    next: list[tuple[Followed, FollowedAction]]
    late: int
    done: int
    counted: int
    spent: Decimal
    cost_high: float

    @property
    def gap(self) -> str:
        """Felt protection beside what the answers say, in words; empty until both are known."""
        felt = next((each for each in self.scores if each.axis.key == FELT), None)
        others = [each.value / each.axis.maximum for each in self.scores if each.axis.key != FELT]
        if felt is None or not others:
            return ""
        gap = felt.value / felt.axis.maximum - sum(others) / len(others)
        if gap >= GAP:
            return "Vous vous sentez mieux protégés que vos réponses ne le disent."
        if gap <= -GAP:
            return "Vos réponses disent mieux que ce que vous ressentez."
        return "Ce que vous ressentez et vos réponses vont dans le même sens."

    @property
    def stage(self) -> str:
        """The first stage that is not accepted yet; empty when all are."""
        return next((title for title, accepted in self.stages if not accepted), "")


@dataclass(frozen=True)
class Due:
    """Something to do this month: what, where, by when; `days`: negative once it is past."""

    title: str
    what: str
    url: str
    day: date
    days: int


def path(territory: Territory) -> Path:
    today = timezone.localdate()
    response = (
        Response.objects.of(territory)
        .filter(guide=PATH)
        .select_related("edition")
        .order_by("-opened_at")
        .first()
    )
    found = response.edition.read() if response else library().guides.get(PATH)
    answers = answers_of(response) if response else {}
    plan = library().guides.get(KIT)
    rows = actions_of(territory, plan) if isinstance(plan, Plan) else []
    by_key = {row.key: row for row in rows}
    every = [followed(row) for row in rows]
    now = progress(every, today)
    accepted = set(StageAcceptance.objects.of(territory).filter(plan=KIT).values_list("stage", flat=True))
    return Path(
        response,
        presenting.progress(found, answers) if found else None,
        [each for each in scores(found, answers, today) if each.value is not None]
        if isinstance(found, Questionnaire)
        else [],
        [(stage.title, stage.key in accepted) for stage in plan.stages] if isinstance(plan, Plan) else [],
        [(each, by_key[each.action.key]) for each in next_steps(every)],
        len(now.late),
        now.counts["done"],
        len(every) - now.counts["refused"],
        sum((row.spent for row in rows), Decimal(0)),
        now.cost_high,
    )


def due_this_month(territory: Territory, domains: tuple[str, ...] = ("cyber",)) -> list[Due]:
    """What expires in the registers of these domains, what the plans want done, what is to be decided or checked: five queries.

    The oldest first.
    """
    today = timezone.localdate()
    registers = {
        each.id: each
        for each in library().guides.values()
        if isinstance(each, Register) and each.domain in domains and each.expiries
    }
    rows = RegisterEntry.objects.of(territory).filter(register__in=registers, removed_at=None)
    entries: dict[str, list[RegisterEntry]] = {}
    for row in rows:
        entries.setdefault(row.register, []).append(row)
    found = []
    for key, several in entries.items():
        register = registers[key]
        by_values = {id(row.values): row for row in several}
        for each in expiring(register, [row.values for row in several], today):
            row = by_values[id(each.entry)]
            name = " ".join(str(row.values.get(name, "")) for name in register.identity).strip()
            url = reverse("register-entry", kwargs={"slug": territory.slug, "key": key, "pk": row.pk})
            found.append(Due(each.expiry.title, name, url, each.day, each.days))
    plans = {
        each.id for each in library().guides.values() if isinstance(each, Plan) and each.domain in domains
    }
    actions = FollowedAction.objects.of(territory).filter(
        plan__in=plans, state__in=("accepted", "begun"), due_on__lte=today + SOON
    )
    for action in actions:
        url = reverse("plan", kwargs={"slug": territory.slug, "key": action.plan})
        found.append(Due("Action du plan", str(action), url, action.due_on, (action.due_on - today).days))
    found += _to_decide_again(territory, domains, today) + _to_check(territory, domains, today)
    return sorted(found, key=lambda each: each.day)


def _to_decide_again(territory: Territory, domains: tuple[str, ...], today: date) -> list[Due]:
    """Decisions that asked to be looked at again by now, where nobody decided since."""
    rows = Arbitration.objects.of(territory).select_related("response", "entry").order_by("pk")
    last = {(row.response_id, row.entry_id): row for row in rows}
    found = []
    for row in last.values():
        guide = library().guides.get(row.response.guide if row.response else row.entry.register)
        if row.until is None or row.until > today + SOON or guide is None or guide.domain not in domains:
            continue
        if row.response is not None:
            what, url = str(row.response), reverse("response", args=[territory.slug, row.response_id])
        elif row.entry.removed_at is None and isinstance(guide, Register):
            what = guide.label_of(row.entry.values)
            url = reverse("register-entry", args=[territory.slug, guide.id, row.entry_id])
        else:
            continue
        found.append(Due("Décision à revoir", what, url, row.until, (row.until - today).days))
    return found


def _to_check(territory: Territory, domains: tuple[str, ...], today: date) -> list[Due]:
    """What third parties sent and nobody checked, by address."""
    rows = Contribution.objects.of(territory).filter(state=Contribution.State.WAITING)
    links = {
        row.link_id: row
        for row in rows.select_related("link__response__edition", "link__action").order_by("-pk")
    }
    found = []
    for row in links.values():
        guide = library().guides.get(row.link.guide)
        if guide is not None and guide.domain in domains:
            target = Target(guide, row.link.response, row.link.action)
            url = target.addresses(territory.slug)
            # It waits for nobody's day: it is of today until somebody checks it.
            found.append(Due(f"Envoi à relire : {target.title}", row.link.name, url, today, 0))
    return found


def open_incidents(territory: Territory) -> list[Response]:
    """Incidents under way, exercises left out."""
    rows = Response.objects.of(territory).filter(guide=INCIDENT, closed_at=None, is_exercise=False)
    return list(rows.select_related("edition"))


def silent_devices(territory: Territory) -> int:
    """Machines that no longer report, also those of which somebody took charge."""
    count: int = ReportedDevice.objects.of(territory).exclude(silent_since=None).count()
    return count


def figures(territory: Territory, with_answers: bool) -> dict[str, Any]:
    """What a territory may share with its helper; with its scores and answers where it shares them."""
    now = path(territory)
    found: dict[str, Any] = {
        "stage": now.stage,
        "stages": [sum(accepted for _, accepted in now.stages), len(now.stages)],
        "answered": now.progress.answered if now.progress and now.response else 0,
        "asked": now.progress.total if now.progress else 0,
        "actions": now.counted,
        "done": now.done,
        "late": now.late,
        "expired": sum(each.days < 0 for each in due_this_month(territory)),
        "silent": silent_devices(territory),
        "incidents": len(open_incidents(territory)),
    }
    if with_answers and now.response is not None:
        found["scores"] = [[each.axis.title, round(each.value, 1), each.axis.maximum] for each in now.scores]
        sections = presenting.rows(now.response, now.response.edition.read())
        found["answers"] = [
            [title, row.question.label, row.answer]
            for title, rows in sections
            for row in rows
            if row.is_answered
        ]
    return found
