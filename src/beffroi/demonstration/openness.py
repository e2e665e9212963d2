"""What the invented town shows to citizens: recommendations, one with its answer, this year's report, the directory of associations.

One request to publish waits for its DPO.

In come the territory and its members; out go rows that say they are examples. Never for a real authority.
"""

from datetime import timedelta

from django.utils import timezone

from beffroi.web.catalogue.models import Dataset
from beffroi.web.catalogue.publication import workflow as publication
from beffroi.web.platform.models import Territory
from beffroi.web.trust.recommendations import services as recommendations
from beffroi.web.trust.report import publishing

from .life import EXAMPLE
from .members import Members

RECOMMENDATIONS = (
    f"{EXAMPLE} : publier chaque année ce que coûtent les services d'IA, et ceux qui n'ont pas marché.",
    f"{EXAMPLE} : expliquer en mots simples chaque service d'IA à l'entrée du lieu où il sert.",
)
ANSWER = f"{EXAMPLE} : c'est fait. Le rapport annuel montre tous les services, et ce que l'on ne sait pas."


DIRECTORY = ("nom_de_l_association", "domaine", "commune", "president_e", "date_de_declaration")
"""The columns of the directory that a citizen needs; addresses, phones and mails stay closed."""


APPLICATIONS = ("date_demande", "voeu_1", "quartier")


def publish_the_directory(directory: Dataset, members: Members) -> None:
    """Walk one publication of personal data: requested, advised with a reserve, decided."""
    request = publication.request_publication(
        directory,
        members.steward,
        ground="text",
        category="economic-life",
        evidence=f"{EXAMPLE} : l'annuaire des associations que la ville tient pour ses habitants.",
        columns=DIRECTORY,
        reason=f"{EXAMPLE} : un habitant cherche une association près de chez lui.",
    )
    publication.advise(
        request, members.dpo, "reserved", f"{EXAMPLE} : oui, sans téléphone, courriel ni adresse."
    )
    publication.settle(request, members.decider, authorise=True, reason=f"{EXAMPLE} : la réserve est suivie.")


def ask_for_an_opinion(applications: Dataset, members: Members) -> None:
    """Leave one request to the DPO: to publish, applicant by applicant, the requests for places in the nurseries."""
    publication.request_publication(
        applications,
        members.steward,
        ground="consent",
        evidence=f"{EXAMPLE} : une case à cocher sur le formulaire de demande de place.",
        columns=APPLICATIONS,
        reason=f"{EXAMPLE} : des parents demandent la liste d'attente des crèches.",
    )


def open_to_citizens(territory: Territory, members: Members) -> None:
    """Two recommendations, then the report of the year so far."""
    today = timezone.localdate()
    first, _ = (
        recommendations.receive(
            territory,
            members.guide,
            text=text,
            origin="convention",
            received_on=today - timedelta(days=40 - 20 * rank),
        )
        for rank, text in enumerate(RECOMMENDATIONS)
    )
    recommendations.follow(first, members.decider, "accepted", ANSWER)
    publishing.publish(territory, members.guide, today.year)
