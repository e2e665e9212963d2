"""Sign a plan: the only writer of editions. What was read is what is signed; an edition is never changed."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from beffroi.hashing import text_sha256
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import active_roles, require
from beffroi.web.platform.rights.mandates import frozen, sentence
from beffroi.web.ui import printing

from ..errors import ContinuityError
from ..models import PlanEdition
from .plan_drafts import draft_of

FRESH: Final = timedelta(days=365)
"""How long a signed plan is taken for current."""


def sign(territory: Territory, by: Person, kind: str, *, expected: str) -> PlanEdition:
    """Sign the plan as it stands, under one's mandate. `expected`: the hash of the draft that the person read."""
    require(by, "continuity.accept", territory)
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        draft = draft_of(territory, kind)
        if draft.sha256 != expected:
            raise ContinuityError(
                "Le plan a changé pendant que vous le lisiez : rien n'est signé. Relisez-le, puis signez."
            )
        last = last_edition(territory, kind)
        if last is not None and not draft.changes_since(last) and is_fresh(last):
            raise ContinuityError(f"L'édition {last.number} dit déjà la même chose. Rien n'est signé.")
        mandate = active_roles.authority(by, territory)
        authority = frozen(mandate) if mandate is not None else None
        number, now = (last.number if last else 0) + 1, timezone.now()
        signature = {
            "number": number,
            "by": str(by),
            "at": now,
            "mandate": sentence(authority) if authority else "",
        }
        document = printing.for_browsers(draft.document(signature))
        edition: PlanEdition = PlanEdition.objects.create(
            territory=territory,
            kind=kind,
            number=number,
            document=document,
            sections=draft.frozen,
            sha256=text_sha256(document),
            by=by,
            authority=authority,
            at=now,
        )
        about = {"plan": kind, "number": number, "sha256": edition.sha256}
        ledger.append(territory, "recovery_plan.sign", by, f"plan_edition:{edition.pk}", about)
    return edition


def last_edition(territory: Territory, kind: str) -> PlanEdition | None:
    return next(iter(editions_of(territory, kind)[:1]), None)


def editions_of(territory: Territory, kind: str) -> list[PlanEdition]:
    """The signed ones, the last first; their documents are left unread."""
    rows = PlanEdition.objects.of(territory).filter(kind=kind).select_related("by").defer("document")
    return list(rows.order_by("-number"))


def is_fresh(edition: PlanEdition) -> bool:
    return edition.at > timezone.now() - FRESH


def pdf(edition: PlanEdition) -> bytes:
    """The signed document as a PDF that gives the hash of the HTML file. Raises `printing.NoPrinter`."""
    mark = f"<p>Empreinte SHA-256 du fichier HTML signé&nbsp;: <code>{edition.sha256}</code></p></footer>"
    return printing.render_pdf(printing.for_paper(edition.document.replace("</footer>", mark)))
