"""Papers of the evidence pack about hosting."""

from collections.abc import Iterator

from beffroi.web.platform.evidence import Paper, table
from beffroi.web.platform.models import Territory

from .models import Hosting


def hosting_contracts(territory: Territory) -> Iterator[Paper]:
    """The legal acts of hosting, past and present, as a spreadsheet."""
    yield table(
        "hebergement.csv",
        "Actes d'hébergement, passés et présents",
        ["rôle de l'hébergeur", "acte", "date de l'acte", "signataire", "depuis", "jusqu'à"],
        (
            [
                row.get_role_display(),
                row.reference,
                row.signed_on.isoformat() if row.signed_on else "",
                row.signatory,
                row.since.isoformat(),
                row.until.isoformat() if row.until else "",
            ]
            for row in Hosting.objects.of(territory)
        ),
    )
