"""What the report says of each system: its steps, its last result, its use, its cost, its law. Every system, stopped or not.

In come a territory and a period; out go `SystemOfTheYear`, in the order of titles.
"""

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone

from beffroi.systems.manifest import Manifest
from beffroi.web.decisions import usage
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import number, percent
from beffroi.web.workshop import cards
from beffroi.web.workshop.life import stopping
from beffroi.web.workshop.life.states import SERVING, State
from beffroi.web.workshop.models import LifeStep, Option, Run, SystemUse

from ..legal import reading
from . import footprints
from .content import Claim, Law, Result, Step, SystemOfTheYear, Usage
from .period import Period

NOT_INSTALLED = "non renseigné : ce service n'est plus installé ici"


def systems_of_the_year(territory: Territory, period: Period) -> Iterator[SystemOfTheYear]:
    uses = SystemUse.objects.of(territory).filter(created_at__lt=period.until)
    found = list(uses.select_related("territory", "supervisor", "processing"))
    cards.preload(territory, found)
    rows = [_of(use, period) for use in found]
    yield from sorted(rows, key=lambda row: row.title)


def _of(use: SystemUse, period: Period) -> SystemOfTheYear:
    manifest = reading.manifest(use)
    steps = list(use.steps.filter(at__lt=period.until).order_by("rank"))
    of_year = [step for step in steps if step.at >= period.since]
    state = _state(use, steps)
    runs = use.runs.filter(at__gte=period.since, at__lt=period.until)
    return SystemOfTheYear(
        id=use.system,
        title=manifest.title if manifest else use.system,
        shown=use.public,
        helps=manifest.helps if manifest else NOT_INSTALLED,
        purpose=manifest.purpose if manifest else use.processing.purpose,
        level=cards.LEVELS[manifest.level] if manifest else NOT_INSTALLED,
        origin=use.get_origin_display(),
        supplier=f"{use.declaration['supplier']}, {use.declaration['product']}" if use.declared else "",
        declared=use.declared,
        responsible=manifest.supervisor_role if manifest else NOT_INSTALLED,
        contest=manifest.contest if manifest else NOT_INSTALLED,
        state=str(state.label),
        state_key=state.value,
        serving=state in SERVING,
        stopped_in_year=any(step.state == State.STOPPED for step in of_year),
        steps=tuple(
            Step(
                timezone.localtime(step.at).date().isoformat(),
                step.get_start_display(),
                step.get_state_display(),
            )
            for step in of_year
        ),
        result=_result(use, manifest, period),
        claims=claims(use, manifest, period.until),
        usage=_usage(use, period),
        footprint=footprints.over(runs.filter(state=Run.State.DONE)),
        law=law_of(use, period),
        limits=manifest.limits if manifest else (),
        stop_reasons=tuple(stopping.reasons(use)) if state == use.state else (),
    )


def _state(use: SystemUse, steps: list[LifeStep]) -> State:
    """Where it was at the end of the period."""
    if steps:
        return State(steps[-1].state)
    later = use.steps.order_by("rank").first()
    return State(later.start if later else use.state)


def _result(use: SystemUse, manifest: Manifest | None, period: Period) -> Result | None:
    """The last backtest known at the end of the period; `count` is zero when it is older than the year."""
    if manifest is None:
        return None
    scored = use.runs.filter(verb=Run.Verb.BACKTEST, state=Run.State.DONE, at__lt=period.until)
    last = scored.order_by("at", "pk").last()
    if last is None or not last.score:
        return None
    of_year = list(
        scored.filter(at__gte=period.since).order_by("at", "pk").values_list("score__value", flat=True)
    )
    measured = cards.measured(manifest, use, last)
    return Result(
        label=measured.label,
        unit=measured.unit,
        better=measured.better,
        value=measured.value,
        baseline=measured.baseline,
        recommended=measured.recommended,
        verdict=measured.verdict,
        base=measured.held_out,
        rows=measured.rows,
        coverage=measured.interval_coverage,
        stated=measured.interval_stated,
        on=measured.date,
        version=measured.version,
        source=measured.read,
        count=len(of_year),
        first=of_year[0] if len(of_year) > 1 else None,
    )


def claims(use: SystemUse, manifest: Manifest | None, before: datetime) -> tuple[Claim, ...]:
    """What was counted by hand or claimed; the measured ones are in the result."""
    rows = use.options.filter(at__lt=before).exclude(how=Option.How.MEASURED).order_by("at", "pk")
    last: dict[tuple[str, str], Option] = {(row.name, row.how): row for row in rows}
    unit = manifest.measure.unit if manifest else ""
    return tuple(
        Claim(
            name=row.name,
            with_ai=row.with_ai,
            value=row.value,
            unit=unit,
            sample=row.sample,
            period=row.period,
            method=row.method,
            how=row.get_how_display(),
        )
        for row in last.values()
    )


def _usage(use: SystemUse, period: Period) -> Usage:
    runs = use.runs.filter(at__gte=period.since, at__lt=period.until)
    done = runs.filter(state=Run.State.DONE, verb=Run.Verb.RUN)
    proposals = Proposal.objects.of(use.territory).filter(
        system=use.system, created_at__gte=period.since, created_at__lt=period.until
    )
    decided = Decision.objects.of(use.territory).filter(
        proposal__system=use.system, at__gte=period.since, at__lt=period.until
    )
    return Usage(
        runs=done.count(),
        failures=runs.filter(state=Run.State.FAILED).count(),
        proposals=proposals.count(),
        decided=decided.count(),
        against_advice=done.exclude(against_advice="").count(),
        overrides=_overrides(use, period),
    )


def _overrides(use: SystemUse, period: Period) -> str:
    """How often people departed from what was proposed, when staff was informed and consulted; why not, otherwise."""
    if usage.consultation(use.territory) is None:
        return "Non montré : le personnel n'a pas encore été informé et consulté sur ces chiffres."
    if period.year >= timezone.localdate().year:
        return "Pas encore donné : ces chiffres se donnent une fois l'année finie, jamais en cours d'année."
    figures = usage.of_year(use.territory, use.system, period.year)
    if figures is None:
        return (
            f"Non montré : moins de {usage.LEAST_DECISIONS} décisions ou de {usage.LEAST_PEOPLE} personnes, "
            "ce serait parler de quelqu'un."
        )
    return (
        f"{percent(figures.accepted, 0)} acceptées telles quelles, {percent(figures.changed, 0)} changées, "
        f"{percent(figures.refused, 0)} refusées, sur {number(figures.decisions)} décisions."
    )


def law_of(use: SystemUse, period: Period) -> Law:
    """The class on the last day counted, from the last answers given by then, under the rules of this installation."""
    latest = (
        use.legal_answers.filter(at__lt=period.until).select_related("person").order_by("-at", "-pk").first()
    )
    result = reading.as_of(use, period.last, latest) if latest else None
    if result is None:
        return Law(
            label="pas encore déterminée",
            refused=False,
            day=period.last.isoformat(),
            answered="",
            told="Personne n'a répondu aux questions de droit avant ce jour.",
            sources=(),
        )
    sources = dict.fromkeys(
        f"{cited.article}, {cited.text} (relevé le {cited.read_on:%d/%m/%Y})"
        for reason in result.reasons
        for cited in reason.cited
    )
    return Law(
        label=result.label,
        refused=result.refused,
        day=period.last.isoformat(),
        answered=timezone.localtime(latest.at).date().isoformat(),
        told=result.disclaimer,
        sources=tuple(sources),
    )
