"""Past cases computed again: those that must come out right before any forecast, and those that a correction changes.

In come a use and who asks; past runs are executed again on the deliveries that they read, with their seed, under the
corrections of today. Called in the worker's or the command's process, never in the web's.
"""

import copy
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from beffroi.systems import runner
from beffroi.systems.contract import TODAY, ProposedAct
from beffroi.systems.manifest import Manifest
from beffroi.web.decisions import corrections, inbox
from beffroi.web.decisions.corrections import Affected
from beffroi.web.decisions.models import RegressionCase
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory

from .. import manifests, reading
from ..errors import NotAllowedToRun, WorkshopError
from ..models import Regression, Run, SystemUse
from . import executing

MOST_RUNS = 20  # the last ones: each costs what a forecast costs
PASSED, MISSED, NOT_REPLAYABLE = "tenu", "manqué", "non rejouable"


def before_forecast(use: SystemUse, manifest: Manifest, person: Person, applied: list[int]) -> None:
    """Have every regression case hold with this version and these corrections. Raises NotAllowedToRun with those that do not."""
    cases = corrections.regression_cases(use.territory, use.system)
    if not cases:
        return
    last = use.regressions.filter(version=manifest.version).first()
    known = {case["case"] for case in last.cases} if last else set()
    if last is None or last.corrections != applied or known != {case.pk for case in cases}:
        last = regress(use, person, manifest, cases, applied)
    if not last.passed:
        # By its number: its subject may be somebody's file, and this is told to all who read the system.
        missed = [case["case"] for case in last.cases if case["came"] == MISSED]
        raise NotAllowedToRun(
            [
                f"Le cas d'essai n° {case}, déjà contesté, ressort faux. Aucun calcul n'a été fait. Corrigez le "
                "système (une règle, une vraie valeur, une autre version), demandez-le à son auteur ou, si c'est le cas "
                "qui est faux, retirez-le depuis sa contestation (« Corriger le système »)."
                for case in missed
            ]
        )


def regress(
    use: SystemUse, person: Person, manifest: Manifest, cases: Iterable[RegressionCase], applied: list[int]
) -> Regression:
    """Compute the cases again and keep what came out."""
    acts: dict[str, tuple[ProposedAct, ...] | None] = {}
    came: list[dict[str, Any]] = []
    for case in cases:
        key = str(case.run_context.get("run", ""))
        if key not in acts:
            acts[key] = _again_by_key(use, manifest, person, key)
        found = acts[key]
        if found is None:
            state = NOT_REPLAYABLE
        else:
            state = PASSED if corrections.is_met(case.expected, found, case.subject) else MISSED
        came.append({"case": case.pk, "came": state})
    with transaction.atomic():
        created: Regression = Regression.objects.create(
            territory=use.territory,
            use=use,
            version=manifest.version,
            corrections=applied,
            cases=came,
            passed=all(one["came"] != MISSED for one in came),
            by=person,
        )
        ledger.append(
            use.territory,
            "system.regress",
            person,
            f"system:{use.system}",
            {
                "regression": created.pk,
                "version": manifest.version,
                "held": created.passed,
                "cases": len(came),
            },
        )
    return created


def _again_by_key(
    use: SystemUse, manifest: Manifest, person: Person, key: str
) -> tuple[ProposedAct, ...] | None:
    run = use.runs.filter(key=key, verb=Run.Verb.RUN).first()
    return None if run is None else again(use, manifest, person, run)


def again(use: SystemUse, manifest: Manifest, person: Person, run: Run) -> tuple[ProposedAct, ...] | None:
    """What a past forecast would propose today; None when the deliveries that it read are gone."""
    past = copy.copy(use)
    past.binding = run.binding
    labels, rules = corrections.active(use.territory, use.system)
    try:
        tables = corrections.apply_labels(reading.tables(past, manifest, person, run.snapshots), labels)
    except WorkshopError:
        return None
    twin = copy.copy(run)
    twin.use = past
    # Of the day of that run, not of today.
    known = {*manifest.settings, *((TODAY,) if manifest.uses_today else ())}
    twin.settings = {name: value for name, value in run.settings.items() if name in known}
    execution = executing.corrected(executing.in_a_child(twin, tables, lambda percent, message: None), rules)
    return execution.outcome.proposals if execution.outcome else ()


def replay(system: str, territory: Territory) -> list[Affected]:
    """The past proposals that would come out otherwise today, of the last forecasts. Raises CorrectionError."""
    use = SystemUse.objects.of(territory).select_related("supervisor").filter(system=system).first()
    if use is None or use.declared:
        raise corrections.CorrectionError(
            "Ce service n'est pas exécuté ici : ses cas passés ne se recalculent pas."
        )
    reader = use.supervisor
    if reader is None:
        raise corrections.CorrectionError(
            "Personne ne supervise ce service : nommez un superviseur, puis relancez le recalcul."
        )
    found: list[Affected] = []
    try:
        manifest = manifests.of(use)
        for run in use.runs.filter(verb=Run.Verb.RUN, state=Run.State.DONE)[:MOST_RUNS]:
            acts = again(use, manifest, reader, run)
            if acts is not None:
                found += _differences(territory, run, acts)
    except (WorkshopError, runner.SystemFailed) as error:
        raise corrections.CorrectionError(str(error)) from error
    return found


def _differences(territory: Territory, run: Run, acts: tuple[ProposedAct, ...]) -> list[Affected]:
    today = {act.subject: act.value for act in acts}
    return [
        Affected(proposal.pk, proposal.value, today.get(proposal.subject), hasattr(proposal, "decision"))
        for proposal in inbox.ordinary(territory).filter(run=run.key).select_related("decision")
        if today.get(proposal.subject) != proposal.value
    ]


def origin(territory: Territory, key: str) -> dict[str, Any]:
    """What a regression case keeps of the run that it comes from."""
    run = Run.objects.of(territory).filter(key=key).first()
    if run is None:
        return {}
    return {"seed": run.seed, "snapshots": run.snapshots, "settings": run.settings, "version": run.version}
