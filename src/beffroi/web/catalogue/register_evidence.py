"""Evidence for an auditor's pack: the register of processing activities and the list of datasets."""

from collections.abc import Iterator

from beffroi.web.platform.evidence import Paper, table
from beffroi.web.platform.models import Territory

from .models import Dataset, Processing


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
