"""Purpose of ordinary analyses in the register: they read no personal data."""

from beffroi.web.catalogue import grants as catalogue_grants
from beffroi.web.catalogue.models import Processing
from beffroi.web.catalogue.reading_purposes import STEERING
from beffroi.web.platform.models import Territory


def steering(territory: Territory) -> Processing:
    """The row of the register of processing activities for ordinary analyses, written the first time."""
    return catalogue_grants.processing(
        territory,
        STEERING,
        title="Pilotage des services",
        purpose="Suivre l'activité des services et préparer les décisions à partir de données non personnelles.",
        legal_basis="Mission d'intérêt public (RGPD, article 6.1.e)",
    )
