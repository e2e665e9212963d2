"""Publishing the report: what is missing before, and the only writer of what was published, one ledger line a version.

In come a territory, a year and a person with the right; out goes the frozen `Publication`. Raises TrustError in French.
"""

import json

from django.utils import timezone

from beffroi.hashing import text_sha256
from beffroi.web.decisions.machines import by_a_person_only
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory

from ..errors import TrustError
from ..models import Publication
from .building import build
from .content import AnnualReport

SHORTEST_CORRECTION = 15


def blocking(territory: Territory) -> list[str]:
    """What keeps a report from being published at all."""
    if territory.contact.strip():
        return []
    return [
        "La collectivité n'a pas de contact : un lecteur doit pouvoir parler à une personne. L'administrateur l'inscrit dans "
        "« Réglages → Collectivité »."
    ]


def missing(report: AnnualReport) -> list[str]:
    """What a reader would look for and not find; it may be published so, and the report says it."""
    found = []
    if not report.complete:
        found.append(f"L'année {report.year} n'est pas finie : ce rapport serait provisoire.")
    for system in report.systems:
        if system.serving and not system.law.answered:
            found.append(f"« {system.title} » : personne n'a répondu aux questions de droit.")
        if system.serving and not system.declared and (system.result is None or not system.result.count):
            found.append(f"« {system.title} » : aucune épreuve sur vos données cette année.")
        if system.serving and system.declared and not system.claims:
            found.append(f"« {system.title} » : aucun résultat, ni relevé ni déclaré.")
        if system.stop_reasons:
            found.append(f"« {system.title} » : son arrêt est proposé, et personne n'a décidé.")
    if report.committee.faults:
        found.append("Le comité d'éthique n'est pas au complet.")
    late = sum(row.late and not row.answered for row in report.recommendations)
    if late:
        found.append(f"{late} recommandation{'s' if late > 1 else ''} sans réponse à la date promise.")
    return found


def publications(territory: Territory, year: int | None = None) -> list[Publication]:
    """Every version, the last first; of one year, or of all."""
    rows = Publication.objects.of(territory)
    return list(rows if year is None else rows.filter(year=year))


def last(territory: Territory, year: int) -> Publication | None:
    found: Publication | None = Publication.objects.of(territory).filter(year=year).first()
    return found


def written(report: AnnualReport, **more: object) -> str:
    """The report as JSON, the same text for the same report."""
    return json.dumps(report.to_dict() | more, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


@act(
    "report.publish",
    "publication du rapport annuel sur l'IA",
    right="report.publish",
    done="Le rapport {it.year} est public (version {it.version}).",
)
def publish(territory: Territory, by: Person, year: int, *, corrects: str = "") -> Recorded[Publication]:
    """Freeze the report as it stands and make it public. A further version says what it corrects."""
    by_a_person_only("Rien n'a été enregistré.")
    if blockers := blocking(territory):
        raise TrustError(" ".join(blockers))
    corrects = corrects.strip()
    try:
        report = build(territory, year)
    except ValueError as error:
        raise TrustError(str(error)) from error
    # The chain is held first: two people who publish at once make two versions, one after the other.
    bulk_insert.lock_chain(territory.pk)
    previous = last(territory, year)
    version = previous.version + 1 if previous else 1
    if previous and len(corrects) < SHORTEST_CORRECTION:
        raise TrustError(
            f"Le rapport {year} est déjà public. Dites ce que cette nouvelle version corrige : les deux resteront lisibles.",
            "corrects",
        )
    content = written(
        report,
        version=version,
        corrects=corrects if previous else "",
        published_on=timezone.localdate().isoformat(),
    )
    created: Publication = Publication.objects.create(
        territory=territory,
        year=year,
        version=version,
        corrects=corrects if previous else "",
        content=content,
        sha256=text_sha256(content),
        person=by,
    )
    return Recorded(created, {"version": version, "sha256": created.sha256}, f"report:{year}")
