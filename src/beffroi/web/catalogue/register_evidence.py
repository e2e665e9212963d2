"""Evidence for an auditor's pack: the register of processing activities, the datasets, the requests to publish personal data."""

from collections.abc import Iterator

from beffroi.web.platform.evidence import Paper, table
from beffroi.web.platform.models import Territory

from .models import Dataset, Processing, PublicationRequest


def register_of_processing(territory: Territory) -> Iterator[Paper]:
    """GDPR, article 30, as it stands today."""
    yield table(
        "traitements.csv",
        "Registre des traitements",
        ["clé", "nom", "finalité", "base légale", "données personnelles"],
        (
            [row.key, row.title, row.purpose, row.legal_basis, "oui" if row.covers_personal else "non"]
            for row in Processing.objects.of(territory).order_by("key")
        ),
    )
    yield table(
        "jeux-de-donnees.csv",
        "Jeux de données détenus",
        ["clé", "titre", "responsable", "sensibilité", "base légale", "conservation", "licence", "publié le"],
        (
            [
                row.slug,
                row.title,
                str(row.owner or ""),
                row.get_sensitivity_display(),
                row.legal_basis,
                row.retention,
                row.licence,
                row.published_at.date().isoformat() if row.published_at else "",
            ]
            for row in Dataset.objects.of(territory).select_related("owner").order_by("slug")
        ),
    )


def publication_requests(territory: Territory) -> Iterator[Paper]:
    """Each request with its ground, the opinion and the decision, those refused and withdrawn too."""
    rows = PublicationRequest.objects.of(territory).select_related(
        "dataset", "requested_by", "advised_by", "decided_by"
    )
    yield table(
        "publications-de-donnees-personnelles.csv",
        "Publications de données personnelles, demandées et décidées",
        [
            "jeu",
            "motif",
            "preuve",
            "colonnes",
            "demandée le",
            "par",
            "avis",
            "de",
            "décision",
            "par",
            "au titre de",
            "close le",
        ],
        (
            [
                row.dataset.slug,
                row.ground_label,
                row.evidence,
                ", ".join(row.columns),
                row.requested_at.date().isoformat(),
                str(row.requested_by or ""),
                row.get_opinion_display(),
                str(row.advised_by or ""),
                row.get_outcome_display(),
                str(row.decided_by or ""),
                row.decided_as,
                row.ended_at.date().isoformat() if row.ended_at else "",
            ]
            for row in rows.order_by("requested_at", "pk")
        ),
    )
