"""What must be true before a system runs: each condition says, in French, why it is not met and what to do.

In comes a use; out goes the list of what stands in the way of a backtest, and of a forecast. A backtest only reads and
measures; a forecast ends in people's inbox: it needs the state, the dates, a supervisor and a measured result.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from beffroi.systems.manifest import Manifest
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.request_cache import cached_read
from beffroi.web.platform.rights import has_role
from beffroi.web.tenancy import places

from .. import binding
from ..models import Run, SystemUse
from . import gates
from .states import State

MOST_BACKTESTS = 200  # the latest of a territory, among which those of today's versions are looked for
REVIEW_GRACE = timedelta(days=30)  # a review a month late stops the forecasts, never the measures


def before_backtest(use: SystemUse, manifest: Manifest) -> list[str]:
    """Data, a use that the law allows, and a system that is not stopped."""
    if use.declared:
        return ["Beffroi ne fait pas tourner ce service : son résultat se relève dans « Options comparées »."]
    closed = gates.forbidding(use)
    if use.state == State.STOPPED:
        closed.append(
            "Ce service est arrêté. Pour le reprendre, ramenez-le à l'idée dans « Étapes et conditions »."
        )
    fit = places.system_fits(use.territory, use.system, manifest.competences)
    if not fit.ok:
        closed.append(f"{fit.why} Cela se règle dans « Réglages → Collectivité ».")
    if not use.bound:
        closed.append(
            "Ce système n'est pas encore relié à vos données : ouvrez « Relier aux données » et confirmez la liaison."
        )
    else:
        covers = use.processing.covers_personal
        closed += binding.check(use.territory, manifest, use.binding, covers_personal=covers)
    return closed


def before_forecast(use: SystemUse, manifest: Manifest) -> list[str]:
    """What a backtest needs, a state in which the system serves, and what opened that state: it must still hold today."""
    closed = before_backtest(use, manifest)
    if use.declared:
        return closed
    if use.state != State.STOPPED:
        closed += _by_state(use)
    if use.serving:
        closed += [f"Service suspendu : {message}" for message in gates.no_longer_open(use)]
    elif not supervised(use):
        closed.append(
            "Personne n'est nommé pour superviser ce système. Nommez un superviseur : un système d'IA ne sert pas sans "
            "un agent qui en répond."
        )
    if use.state not in {State.PRODUCTION, State.REVIEWED} and measured(use, manifest) is None:
        closed.append(
            "Ce système n'a pas encore été éprouvé sur vos données, telles qu'elles sont reliées et dans cette version. "
            "Lancez « Éprouver sur le passé » d'abord."
        )
    return closed


def _by_state(use: SystemUse) -> list[str]:
    if not use.serving:
        return [
            f"Ce service est à l'étape « {use.get_state_display()} » : il ne propose rien avant l'ouverture de son bac à "
            "sable. Voyez « Étapes et conditions »."
        ]
    if sandbox_ended(use):
        return [
            f"Le bac à sable s'est terminé le {use.sandbox_until:%d/%m/%Y} et s'est arrêté de lui-même. Une personne qui "
            "décide doit dire s'il passe en production, se prolonge ou s'arrête : voyez « Étapes et conditions »."
        ]
    if review_overdue(use):
        return [
            f"La revue de l'usage réel était prévue le {use.review_on:%d/%m/%Y} : elle a plus d'un mois de retard. "
            "Faites-la dans « Étapes et conditions » ; les calculs reprendront ensuite."
        ]
    return []


def sandbox_ended(use: SystemUse) -> bool:
    """Whether the last day of the sandbox has passed: it ends by itself, whoever forgets it."""
    return use.state == State.SANDBOX and (
        use.sandbox_until is None or use.sandbox_until < timezone.localdate()
    )


def review_overdue(use: SystemUse) -> bool:
    return (
        use.state in {State.PRODUCTION, State.REVIEWED}
        and use.review_on is not None
        and use.review_on + REVIEW_GRACE < timezone.localdate()
    )


def supervised(use: SystemUse) -> bool:
    """Whether a supervisor is named and still holds the role today."""
    return may_supervise(use.supervisor, use)


def may_supervise(person: Person | None, use: SystemUse) -> bool:
    return person is not None and has_role(person, "supervisor", use)


@cached_read
def latest_score(territory: Territory, system_id: str) -> Run | None:
    """The last backtest that ended, whatever it found."""
    runs = Run.objects.of(territory).filter(
        use__system=system_id, verb=Run.Verb.BACKTEST, state=Run.State.DONE
    )
    run: Run | None = runs.order_by("-at", "-pk").first()
    return run


def measured(use: SystemUse, manifest: Manifest) -> Run | None:
    """The last backtest of this version that counts with this binding."""
    backtests = _backtests(use, manifest.version)
    return next(
        (run for run in backtests if binding.still_measured(run.binding, use.binding, manifest)), None
    )


@cached_read
def _backtests(use: SystemUse, version: str) -> list[Run]:
    return list(use.runs.filter(verb=Run.Verb.BACKTEST, state=Run.State.DONE, version=version)[:20])


def advised_against(use: SystemUse, manifest: Manifest) -> bool:
    """Whether the last measured result does not recommend the system here."""
    run = measured(use, manifest)
    return run is not None and not run.score.get("recommended", False)


def all_advised_against(territory: Territory, uses: Iterable[tuple[SystemUse, Manifest]]) -> set[str]:
    """Those of these systems whose last measured result does not recommend them here. One query for all."""
    backtests = Run.objects.of(territory).filter(verb=Run.Verb.BACKTEST, state=Run.State.DONE)
    measured_runs = list(
        backtests.order_by("-at").values_list("use", "version", "binding", "score__recommended")[
            :MOST_BACKTESTS
        ]
    )
    found = set()
    for use, manifest in uses:
        last = next(
            (
                recommended
                for pk, version, bound, recommended in measured_runs
                if (pk, version) == (use.pk, manifest.version)
                and binding.still_measured(bound, use.binding, manifest)
            ),
            True,
        )
        if not last:
            found.add(use.system)
    return found
