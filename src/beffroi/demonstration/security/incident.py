"""The incident under way: its facts and first steps, entrusted by the commune to the CSIRT, which has referred it."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from beffroi.guides import Runbook
from beffroi.web.cyber.home_state import INCIDENT
from beffroi.web.cyber.incidents import services
from beffroi.web.cyber.models import IncidentShare, State, Ticket
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import responses

from ..life import EXAMPLE
from .cast import Cast
from .commune import PROVIDER

FACTS: Final = {
    "seen": f"{EXAMPLE} : la boîte de la mairie envoie des messages que personne n'a écrits.",
    "kind": "mailbox",
    "malicious": "yes",
    "going_on": "yes",
    "touched": ["La boîte mairie@", "PC-SECRETARIAT"],
    "personal_data": "unknown",
    "ransom": "no",
    "insured": "yes",
    "contract": "Assureur inventé, contrat inventé n° 7",
    "measures": ["Mot de passe changé", "Poste débranché du réseau"],
    "declarant": "Maëlle Secrétaire (inventée)",
    "callback": "01 99 00 24 68 (numéro inventé)",
}
STEPS: Final = ("disconnect", "call_provider", "tell_mayor", "ask_help")
ANSWER: Final = (
    f"{EXAMPLE} : gardez le poste débranché et les messages envoyés. Votre prestataire vous rappelle ce jour ; "
    "déposez plainte dans les 72 heures."
)


def entrust(cast: Cast) -> IncidentShare:
    """Open the incident, note its first steps, let the CSIRT read it for thirty days."""
    now = timezone.localtime()
    run = responses.open_response(cast.commune, cast.secretary, guide(Runbook, INCIDENT))
    facts = FACTS | {"known_at": (now - timedelta(hours=3)).isoformat(timespec="minutes")}
    responses.save_answers(run, cast.secretary, facts)
    for step in STEPS:
        responses.note_step(run, cast.secretary, step, {})
    chosen = ("malicious", "going_on", "touched", "measures", "callback")
    return services.entrust(run, cast.secretary, cast.csirt, chosen, now.date() + timedelta(days=30))


def refer(cast: Cast) -> None:
    """The answer of the CSIRT, which the commune reads at once."""
    ticket = Ticket.objects.of(cast.csirt).get()
    services.follow(ticket, cast.responder, State.REFERRED, ANSWER, PROVIDER)
