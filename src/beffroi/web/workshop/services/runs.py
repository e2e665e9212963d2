"""Executing a system: gates, rows through grants, a closed child process, then everything it gave in one transaction.

A run is known by its key: taken again after a worker died, it keeps its row and its proposals are made once.
"""

import logging
import uuid
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils import timezone

from beffroi.hashing import text_sha256
from beffroi.systems import runner
from beffroi.systems.contract import TODAY, Tables
from beffroi.systems.footprint import Footprint
from beffroi.systems.manifest import Manifest
from beffroi.web.decisions import corrections, drafting
from beffroi.web.decisions.services import ProposalError, propose
from beffroi.web.platform import jobs, ledger
from beffroi.web.platform.models import Job, Person
from beffroi.web.platform.rights import require

from .. import erasing, manifests, outcomes, reading
from ..errors import NotAllowedToRun, RunFailed, WorkshopError
from ..life import running
from ..models import Run, SystemUse
from . import executing, options, outcome_storage, regressing

logger = logging.getLogger(__name__)
KIND = "workshop.run"
SEED = 0  # the same for all runs of a territory: two results differ by their data, never by luck


def check(use: SystemUse, person: Person, verb: str, reason: str) -> Manifest:
    """The conditions of a run. Raises NotAllowedToRun with every closed one."""
    manifest = manifests.of(use)
    if verb == Run.Verb.BACKTEST:
        closed = running.before_backtest(use, manifest)
    elif verb == Run.Verb.RUN:
        closed = running.before_forecast(use, manifest)
        if not closed and running.advised_against(use, manifest):
            closed = _despite_advice(use, person, reason)
    else:
        raise ValueError(f"unknown verb: {verb}")
    if closed:
        raise NotAllowedToRun(closed)
    return manifest


def _despite_advice(use: SystemUse, person: Person, reason: str) -> list[str]:
    if use.supervisor_id != person.pk:
        return [
            "Le dernier essai sur vos données recommande de ne pas utiliser ce système. Seule la personne qui le "
            f"supervise ({use.supervisor}) peut passer outre, en disant pourquoi."
        ]
    if not reason.strip():
        return [
            "Le dernier essai sur vos données recommande de ne pas utiliser ce système. Pour passer outre, "
            "écrivez pourquoi : votre motif sera conservé et inscrit au registre."
        ]
    return []


def start(
    use: SystemUse,
    person: Person,
    verb: str,
    *,
    settings: dict[str, Any] | None = None,
    reason: str = "",
    key: str | None = None,
) -> Job:
    """Ask for the execution in the background: gates first, so that a refusal is told at once. One key, one job."""
    require(person, "system.bind", use)
    manifest = check(use, person, verb, reason)
    what = "épreuve sur le passé" if verb == Run.Verb.BACKTEST else "calcul"
    return jobs.start(
        use.territory,
        KIND,
        key=f"{KIND}:{key or uuid.uuid4().hex}",
        label=f"{manifest.title} : {what}",
        person=person,
        arguments={"use": use.pk, "verb": verb, "settings": settings or {}, "reason": reason},
    )


def execute(
    use: SystemUse,
    person: Person,
    verb: str,
    *,
    settings: dict[str, Any] | None = None,
    progress: executing.Progress | None = None,
    reason: str = "",
    key: str | None = None,
) -> Run:
    """Run or backtest, here and now; a forecast's proposals go to the inbox. The same key takes effect once.

    `progress(percent, message)` tells how far it is. Raises `PermissionDenied`, NotAllowedToRun, RunFailed, WorkshopError.
    """
    require(person, "system.bind", use)
    key = (key or uuid.uuid4().hex)[:60]
    progress = progress or (lambda percent, message: None)
    done = Run.objects.filter(key=key, state=Run.State.DONE).first()
    if done is not None:
        return done
    manifest = check(use, person, verb, reason)
    run = _open(use, person, verb, manifest, settings or {}, reason, key)
    progress(5, "Lecture des données reliées")
    try:
        labels, rules = corrections.active(use.territory, use.system)
        tables = corrections.apply_labels(reading.tables(use, manifest, person, run.snapshots), labels)
        run.corrections = sorted(one.number for one in (*labels, *rules))
        if verb == Run.Verb.RUN:
            progress(10, "Cas de non-régression")
            regressing.before_forecast(use, manifest, person, run.corrections)
        progress(15, "Le système calcule, isolé du réseau et des autres données")
        execution = executing.corrected(executing.in_a_child(run, tables, progress), rules)
        outcomes.check(execution, manifest, tables)
        run.erasure = erasing.certificate(run, tables, execution)
    except runner.SystemFailed as error:
        logger.warning("run %s failed (%s): %s", run.key, error.kind, error.detail)
        run.setting_bounds = error.setting_bounds
        _fail(run, str(error), error.footprint)
        raise RunFailed(str(error)) from error
    except WorkshopError as error:
        _fail(run, str(error), None)
        raise
    except corrections.CorrectionError as error:
        _fail(run, str(error), None)
        raise RunFailed(str(error)) from error
    progress(90, "Enregistrement du résultat")
    try:
        return _keep(run, person, execution, manifest, tables)
    except (NotAllowedToRun, RunFailed) as error:
        _fail(run, str(error), execution.footprint)
        raise
    except ProposalError as error:
        _fail(run, str(error), execution.footprint)
        raise RunFailed(str(error)) from error


def _open(
    use: SystemUse,
    person: Person,
    verb: str,
    manifest: Manifest,
    settings: dict[str, Any],
    reason: str,
    key: str,
) -> Run:
    chosen = dict(manifest.settings) | dict(use.settings) | settings
    known = {name: value for name, value in chosen.items() if name in manifest.settings or name in settings}
    if verb == Run.Verb.RUN and manifest.uses_today:
        known.setdefault(TODAY, timezone.localdate().isoformat())  # taken again later, the run keeps its day
    run, created = Run.objects.get_or_create(
        key=key,
        defaults={
            "territory": use.territory,
            "use": use,
            "verb": verb,
            "version": manifest.version,
            "seed": SEED,
            "settings": known,
            "binding": use.binding,
            "snapshots": reading.pin(use, manifest),
            "against_advice": reason.strip()
            if verb == Run.Verb.RUN and running.advised_against(use, manifest)
            else "",
            "by": person,
        },
    )
    if not created and (run.use_id != use.pk or run.verb != verb):
        raise WorkshopError("Cette exécution porte la clé d'une autre. Rien n'a été lancé. Recommencez.")
    if not created:
        run.state, run.message = Run.State.RUNNING, ""
        run.save(update_fields=["state", "message"])
    return run


def _fail(run: Run, message: str, footprint: Footprint | None) -> None:
    run.state, run.message, run.footprint = Run.State.FAILED, message, _cost(footprint)
    run.save(update_fields=["state", "message", "footprint", "setting_bounds"])


def _cost(footprint: Footprint | None) -> dict[str, Any]:
    """The figures with how each was had."""
    return footprint.to_dict() if footprint else {}


def _keep(run: Run, person: Person, execution: runner.Execution, manifest: Manifest, tables: Tables) -> Run:
    """The result, the proposals, the drafts and the ledger's line: all of them or none."""
    payload: dict[str, Any] = {
        "run": run.key,
        "version": execution.version,
        "snapshots": {name: [pinned["dataset"], pinned["number"]] for name, pinned in run.snapshots.items()},
        "isolation": execution.isolation,
        "corrections": run.corrections,
    }
    with transaction.atomic():
        if Run.objects.filter(pk=run.pk, state=Run.State.DONE).exists():
            run.refresh_from_db()  # a worker believed dead has finished meanwhile
            return run
        if run.verb == Run.Verb.RUN:
            _still_serves(run, manifest)
        run.state = Run.State.DONE
        run.settings = execution.settings
        run.setting_bounds = execution.setting_bounds
        run.isolation = execution.isolation[:200]
        run.footprint = _cost(execution.footprint)
        if execution.score is not None:
            run.score = asdict(execution.score) | {"metric": manifest.measure.metric}
            options.measured(run, manifest, person)
            payload |= {name: run.score[name] for name in ("value", "baseline", "recommended")}
        if execution.outcome is not None:
            made = propose(
                run.territory,
                system=run.use.system,
                system_version=execution.version,
                run=run.key,
                acts=execution.outcome.proposals,
                by=person,
                replaces=manifest.each_run_replaces,
            )
            drafts, notes = _drafts(run, person, execution, tables)
            run.outcome = outcome_storage.to_stored(manifest, execution.outcome, notes) | {
                "proposals": len(made)
            }
            payload["proposals"] = len(made)
            if execution.outcome.drafts:
                run.outcome["drafts"] = payload["drafts"] = drafts
        if run.against_advice:
            payload["against_advice_sha256"] = text_sha256(run.against_advice)
        run.save()
        act = "system.backtest" if run.verb == Run.Verb.BACKTEST else "system.run"
        ledger.append(run.territory, act, person, f"system:{run.use.system}", payload)
    return run


def _still_serves(run: Run, manifest: Manifest) -> None:
    """Stopped, or shut by a gate, while the system was calculating: nothing reaches people."""
    use = (
        SystemUse.objects.of(run.territory)
        .select_for_update(of=("self",))
        .select_related("territory", "supervisor", "processing")
        .get(pk=run.use_id)
    )
    if closed := running.before_forecast(use, manifest):
        raise NotAllowedToRun(closed)


def _drafts(
    run: Run, person: Person, execution: runner.Execution, tables: Tables
) -> tuple[int, tuple[str, ...]]:
    """How many drafts wait for a person, and what the run says of those that quote nothing found in what it was given."""
    if execution.outcome is None or not execution.outcome.drafts:
        return 0, ()
    made, refused = drafting.receive(
        run.territory,
        system=run.use.system,
        system_version=execution.version,
        run=run.key,
        drafts=execution.outcome.drafts,
        tables=tables,
        read=run.snapshots,
        by=person,
    )
    return len(made), (drafting.refused_message(refused),) if refused else ()
