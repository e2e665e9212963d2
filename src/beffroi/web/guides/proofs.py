"""What the guides give to the evidence pack: stages accepted, responses closed, files that prove something; no answer."""

from collections.abc import Iterator

from django.utils import timezone

from beffroi.web.platform.evidence import Paper, table
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import french_date

from .library import library
from .models import Evidence, Response, StageAcceptance


def papers(territory: Territory) -> Iterator[Paper]:
    """One table each; none where there is nothing to show."""
    accepted = StageAcceptance.objects.of(territory).select_related("by")
    if rows := [(_title(one.plan), one.stage, _day(one.at), str(one.by), one.note) for one in accepted]:
        head = ("plan", "étape", "acceptée le", "par", "remarque")
        yield table("plans/etapes-acceptees.csv", "Les étapes de plans acceptées, et par qui", head, rows)
    closed = Response.objects.of(territory).exclude(closed_at=None).select_related("closed_by", "edition")
    if rows := [
        (_title(one.guide), str(one), one.edition.edition, one.edition.version, _day(one.closed_at), str(one.closed_by))
        for one in closed
    ]:  # fmt: skip
        head = ("guide", "nom", "édition", "empreinte", "terminé le", "par")
        yield table("guides/termines.csv", "Les questionnaires et déroulés terminés", head, rows)
    pieces = Evidence.objects.of(territory).select_related("by")
    if rows := [(one.name, str(one.size), one.sha256, _day(one.at), str(one.by)) for one in pieces]:
        head = ("pièce", "octets", "empreinte SHA-256", "jointe le", "par")
        yield table("guides/pieces.csv", "Les pièces jointes, à comparer avec leur empreinte", head, rows)


def _title(key: str) -> str:
    found = library().guides.get(key)
    return found.title if found is not None else key


def _day(at: object) -> str:
    return french_date(timezone.localdate(at))  # type: ignore[arg-type]
