"""Decide on a file or on an entry of a register: accept what remains at risk, set conditions, defer, refuse. The only writer.

What was decided on is stored as a hash: a page says when it changed since.
"""

from datetime import date
from typing import Final

from django.db import transaction
from django.utils import timezone

from beffroi.guides import Questionnaire, Register
from beffroi.guides.questionnaire import missing_answers
from beffroi.hashing import json_sha256
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import active_roles
from beffroi.web.platform.rights.mandates import frozen

from ..errors import GuideError
from ..models import Arbitration, RegisterEntry, Response, answers_of
from .access import require_accept

SHORTEST_REASON: Final = 10


def arbitrate(
    target: Response | RegisterEntry,
    by: Person,
    guide: Questionnaire | Register,
    decision: str,
    reason: str,
    until: date | None = None,
) -> Arbitration:
    """Record the decision of a person who may, under its mandate. Raises GuideError; PermissionDenied."""
    require_accept(by, guide, target.territory)
    if not guide.decided_by:
        raise GuideError("Rien n'est à décider ici.")
    if decision not in Arbitration.Decision.values:
        raise GuideError("Choisissez une décision.", "decision")
    reason = strip_invisible(reason).strip()
    if len(reason) < SHORTEST_REASON:
        raise GuideError("Dites pourquoi : quelques mots suffisent.", "reason")
    if until is not None and until <= timezone.localdate():
        raise GuideError("Le jour de la revue est à venir.", "until")
    with transaction.atomic():
        bulk_insert.lock_chain(target.territory_id)
        target.refresh_from_db()
        if isinstance(target, RegisterEntry) and target.removed_at is not None:
            raise GuideError("Cette ligne n'est plus dans le registre. Remettez-la d'abord.")
        if isinstance(target, Response) and isinstance(guide, Questionnaire):
            _require_complete(target, guide)
        mandate = active_roles.authority(by, target.territory)
        row: Arbitration = Arbitration.objects.create(
            territory=target.territory,
            response=target if isinstance(target, Response) else None,
            entry=target if isinstance(target, RegisterEntry) else None,
            decision=decision,
            reason=reason[:1000],
            until=until,
            sha256=content_sha256(target),
            by=by,
            authority=frozen(mandate) if mandate is not None else None,
        )
        about = "response" if row.response_id else "entry"
        ledger.append(
            target.territory,
            "guide.arbitrate",
            by,
            f"{about}:{target.pk}",
            {"guide": guide.id, "decision": decision, "sha256": row.sha256},
        )
    return row


def _require_complete(response: Response, guide: Questionnaire) -> None:
    if missing := missing_from(response, guide):
        raise GuideError(f"Le dossier n'est pas complet : {missing[0]}")


def missing_from(response: Response, guide: Questionnaire) -> list[str]:
    """What these answers do not say yet, without which nobody decides; in French."""
    return missing_answers(guide, answers_of(response), timezone.localdate())


def content_sha256(target: Response | RegisterEntry) -> str:
    """The hash of what one decides on, as it stands."""
    return json_sha256(answers_of(target) if isinstance(target, Response) else target.values)
