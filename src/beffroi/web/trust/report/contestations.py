"""The report's part on contestations: counts of the period, never a case. In come a territory and two moments."""

from datetime import datetime
from statistics import median

from django.utils import timezone

from beffroi.web.decisions import contesting
from beffroi.web.decisions.models import Contestation
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import NOTHING, number

from .content import Section


def section(territory: Territory, since: datetime, until: datetime) -> Section:
    rows = Contestation.objects.of(territory)
    received = rows.filter(received_at__gte=since, received_at__lt=until).count()
    done = list(
        rows.filter(answered_at__gte=since, answered_at__lt=until).values_list(
            "received_at", "answered_at", "due_on", "outcome"
        )
    )
    answered = {"answered_at__gte": since, "answered_at__lt": until}
    own = contesting.self_answered(territory).filter(**answered).count()
    untied = contesting.untied_answered(territory).filter(**answered).count()
    late = sum(timezone.localtime(answered).date() > due for _, answered, due, _ in done)
    waiting = rows.filter(received_at__lt=until).exclude(answered_at__lt=until).count()
    days = [(answered - begun).days for begun, answered, _, _ in done]
    found = sum(outcome in ("confirmed", "partly") for *_, outcome in done)
    return Section(
        "contestations",
        "Contestations",
        told=("Chacun peut contester une décision, sans compte ; une personne relit et répond.",),
        figures=(
            ("Reçues dans la période", number(received)),
            ("Répondues dans la période", f"{number(len(done))}, dont {number(late)} après la date promise"),
            ("Répondues par une personne qui avait pris part à la décision, faute d'une autre", number(own)),
            ("Répondues sans décision rapprochée", number(untied)),
            ("Erreurs confirmées, en tout ou en partie", number(found)),
            ("Sans réponse à la fin de la période", number(waiting)),
            ("Délai médian de réponse", f"{number(median(days), 0)} jours" if days else NOTHING),
        ),
    )
