"""What incidents add to the house: their places in the navigation, their cards, the links of a run, the clock that ends shares."""

from datetime import timedelta

from beffroi.web.guides.presenting import register_run_links
from beffroi.web.guides.services.registers import register_local_rows
from beffroi.web.platform import emergency_banner, home_cards
from beffroi.web.platform.jobs import periodic_tasks
from beffroi.web.tenancy.signin.factors import register_emergency_pages
from beffroi.web.ui import navigation
from beffroi.web.ui.navigation import Entry

from . import calls, cards, local_contacts
from .incident_emergencies import incident_emergencies
from .run_links import incident_links
from .services import end_overdue_shares


def register() -> None:
    register_run_links(incident_links)
    register_local_rows(calls.REGISTER, local_contacts.local_rows)
    register_emergency_pages("cyber-calls", "cyber-call-html", "cyber-call-pdf")
    navigation.register(Entry("securite", "Incidents", "cyber-incidents", "cyber.read", 10, room="cyber"))
    navigation.register(Entry("securite", "Qui appeler", "cyber-calls", "territory.enter", 80, room="cyber"))
    emergency_banner.register("cyber.incidents", 10, incident_emergencies)
    home_cards.register(cards.incident_cards)
    home_cards.register_topic(cards.TOPIC, "Incidents et demandes d'aide", "cyber.answer")
    periodic_tasks.register("incident-shares", timedelta(hours=1), end_overdue_shares, apart=True)
