"""Take back an exercise that was played on the page of a laptop: its record here is as if it had been played on the platform, and says so."""

import hashlib
from datetime import datetime

from django.utils import timezone

from beffroi.guides.runbook import Runbook
from beffroi.web.guides.models import Response
from beffroi.web.guides.services import responses
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory

from ..errors import ContinuityError
from ..models import ExerciseEvent, ExerciseImport
from . import exercise_file, services
from .exercise_file import PlayedExercise


def _parsed(
    territory: Territory, by: Person, raw: bytes, now: datetime | None = None
) -> tuple[PlayedExercise, str]:
    """The exercise of a file, with the hash of this file. Raises ContinuityError."""
    played = exercise_file.parse(raw, territory.code, now or timezone.now())
    return played, hashlib.sha256(raw).hexdigest()


@act(
    "exercise.import",
    "exercice de crise joué sans la plateforme, repris",
    right=services.ANSWER,
    done="L'exercice est repris, avec son journal et ses corrections.",
    prepare=_parsed,
)
def take_back(
    territory: Territory, by: Person, prepared: tuple[PlayedExercise, str]
) -> Recorded[ExerciseImport]:
    """Write the record of a played exercise: events at their hours, corrections in the plan. Raises ContinuityError.

    The same exercise is taken back once, whatever file of it is given.
    """
    played, sha256 = prepared
    scenario = _known_edition(played.scenario)
    bulk_insert.lock_chain(territory.pk)
    known = ExerciseImport.objects.of(territory).filter(exercise=played.exercise).first()
    if known is not None:
        raise ContinuityError(
            f"Cet exercice a déjà été repris le {timezone.localtime(known.at):%d/%m/%Y}. Rien n'a été changé : "
            "ce qui manque se note dans son bilan.",
            "file",
        )
    run = responses.open_response(territory, by, scenario, label=played.label, is_exercise=True)
    row: ExerciseImport = ExerciseImport.objects.create(
        territory=territory,
        run=run,
        exercise=played.exercise,
        sha256=sha256,
        began_at=played.began_at,
        ended_at=played.ended_at,
        clock_was_wrong=played.clock_was_wrong,
        by=by,
    )
    ExerciseEvent.objects.bulk_create(
        ExerciseEvent(territory=territory, run=run, act=event.act, at=event.at, data=event.data, by=by)
        for event in played.events
    )
    for each in played.corrections:
        services.add_correction(run, by, each.title, each.owner, each.due_on)
    responses.close_response(run, by)
    details = {"sha256": sha256, "events": len(played.events), "corrections": len(played.corrections)}
    return Recorded(row, details, f"response:{run.pk}")


def _known_edition(found: Runbook) -> Runbook:
    """The scenario of this instance where it is the same; the edition that was played where Beffroi was updated since."""
    local = services.scenario(found.id)
    if local is None:
        raise ContinuityError(f"Cette instance ne connaît pas ce scénario. {exercise_file.NOTHING}", "file")
    return local if local.version == found.version else found


def import_of(run: Response) -> ExerciseImport | None:
    """How an exercise that was played without the platform came here; None for one that was played on it."""
    return ExerciseImport.objects.filter(run=run).select_related("by").first()
