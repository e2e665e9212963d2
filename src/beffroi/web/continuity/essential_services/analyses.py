"""Fill in and validate the consequences of an outage: the only writers of the analysis of a service.

A service has one open response at a time. Once validated it is closed: it is begun again from its answers, never changed.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from beffroi.guides import Questionnaire
from beffroi.guides.questionnaire import check_together
from beffroi.hashing import json_sha256
from beffroi.web.guides.errors import GuideError
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry, Response, answers_of
from beffroi.web.guides.services import responses
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import active_roles, require
from beffroi.web.platform.rights.mandates import frozen

from ..errors import ContinuityError
from ..models import OutageValidation
from .impact import HOURS, Grid
from .outages import ANALYSIS


def questionnaire() -> Questionnaire:
    return guide(Questionnaire, ANALYSIS)


def save_cells(
    entry: RegisterEntry, by: Person, values: Mapping[str, Any], seen: Mapping[str, Any] | None = None
) -> Response:
    """Store what was typed of this service. `seen`: what the page showed: only what differs from it is written.

    Two people may fill in one service together. Raises FaultsError: what can be stored is stored; ContinuityError.
    """
    require(by, "continuity.answer", entry.territory)
    response = _open(entry, by)
    known = seen or {}
    changed = {key: value for key, value in values.items() if str(value).strip() != known.get(key, "")}
    responses.save_answers(response, by, changed)
    return response


def _open(entry: RegisterEntry, by: Person) -> Response:
    """The open response of this service, begun where there is none."""
    with transaction.atomic():
        bulk_insert.lock_chain(entry.territory_id)
        last = _last(entry)
        if last is None:
            return responses.open_response(
                entry.territory, by, questionnaire(), label=entry.values["name"], entry=entry
            )
    if last.closed_at is not None:
        raise ContinuityError(
            "L'analyse de ce service est validée : rien n'a été changé. Choisissez « Recommencer » pour la réviser."
        )
    return last


def _last(entry: RegisterEntry) -> Response | None:
    rows = Response.objects.of(entry.territory).filter(guide=ANALYSIS, entry=entry)
    found: Response | None = rows.select_related("edition").order_by("-pk").first()
    return found


def validate(entry: RegisterEntry, by: Person) -> OutageValidation:
    """Say, as a person who may, that this is what an outage costs. Raises ContinuityError while something is missing."""
    require(by, "continuity.accept", entry.territory)
    with transaction.atomic():
        bulk_insert.lock_chain(entry.territory_id)
        response = _last(entry)
        if response is None or response.closed_at is not None:
            raise ContinuityError("Il n'y a rien à valider ici : aucune analyse n'est en cours.")
        answers = answers_of(response)
        grid = Grid(answers)
        if not grid.is_full:
            raise ContinuityError(f"La grille n'est pas complète : {grid.filled} cases remplies sur 28.")
        if grid.hours is None:
            raise ContinuityError("Dites la plus longue durée d'arrêt supportable avant de valider.", HOURS)
        if faults := check_together(questionnaire().checks, answers, timezone.localdate()):
            raise ContinuityError(faults[0].message, faults[0].question)
        try:
            responses.close_response(response, by)
        except GuideError as error:
            raise ContinuityError(str(error)) from error
        mandate = active_roles.authority(by, entry.territory)
        row: OutageValidation = OutageValidation.objects.create(
            territory=entry.territory,
            response=response,
            entry=entry,
            hours=grid.hours,
            sha256=json_sha256(answers),
            by=by,
            authority=frozen(mandate) if mandate is not None else None,
        )
        ledger.append(
            entry.territory,
            "outage.validate",
            by,
            f"entry:{entry.pk}",
            {"response": response.pk, "hours": grid.hours, "sha256": row.sha256},
        )
    return row


def begin_again(entry: RegisterEntry, by: Person) -> Response:
    """A new response from the answers of the validated one, which counts until the new one is validated."""
    require(by, "continuity.answer", entry.territory)
    with transaction.atomic():
        bulk_insert.lock_chain(entry.territory_id)
        last = _last(entry)
        if last is None or last.closed_at is None:
            raise ContinuityError("Cette analyse n'est pas validée : vous pouvez la modifier.")
        return responses.begin_again(last, by, questionnaire())
