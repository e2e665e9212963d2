"""What comes from outside a territory: offers of its helper, what third parties fill in, a CSIRT that its incident is entrusted to."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from beffroi.guides import Questionnaire, Register, Runbook
from beffroi.web.cyber.incidents import calls, statistics
from beffroi.web.cyber.incidents import services as incidents
from beffroi.web.cyber.models import Ticket
from beffroi.web.guides.contributions import services as contributions
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import Offer, Response
from beffroi.web.guides.offers import services as offers
from beffroi.web.guides.services import registers, responses
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.tenancy import services as people
from beffroi.web.tenancy.hosting import set_host_operator
from beffroi.web.tenancy.services import NewTerritory, found_territory

if TYPE_CHECKING:
    from .world import Side

WORDS = "Ville Aidée"


def csirt() -> Territory:
    """A third territory, which helps both: it receives what they entrust, and entrusts an incident of its own to each."""
    made = found_territory(
        NewTerritory(code="99C01", name=WORDS, kind=incidents.KIND, population=1, contact=WORDS)
    )
    people.admit(made, "expert@example.org", WORDS, ["security_officer"], by=None)
    return made


def furnish_help(side: "Side") -> None:
    """Called inside the territory."""
    word, person, territory = side.words.private, side.people["everything"], side.territory
    until = timezone.localdate() + timedelta(days=30)
    _propose(side)
    contracts, questionnaire = guide(Register, "contracts"), guide(Questionnaire, "mon_aide_cyber")
    for n in range(1 + side.words.more):
        link, secret = contributions.create_link(territory, person, contracts, f"Tiers {n} {word}", until)
        rows = [{"name": f"Contrat tiers {n} {word}"}]
        sent = contributions.contribute(link, rows, f"Remarque {word}")
        contributions.create_link(territory, person, questionnaire, f"Tiers {n} {word}", until, side.filled)
        ended, ended_secret = contributions.create_link(territory, person, contracts, f"Fini {word}", until)
        contributions.end_link(ended, person)
    side.facts |= {
        "contribution": sent,
        "contribution_link": link,
        "contribution_secret": secret,
        "ended_contribution_secret": ended_secret,
    }
    _incidents(side)
    offers.share(territory, person, "cyber", "answers")
    numbers = guide(Register, calls.REGISTER)
    values = {"name": f"Prestataire {side.words.public}", "why": "Il connaît vos postes.", "order": "1"}
    registers.save_entry(territory, person, numbers, values)
    side.facts["ended_call_secret"] = calls.renew_address(territory, person).secret
    side.facts["call_secret"] = calls.renew_address(territory, person).secret


def _propose(side: "Side") -> None:
    """One offer that waits, one that was adapted; the helper also proposes to nobody else here."""
    with scope.nowhere():
        helper, made = Person.objects.get_or_create(
            email="accompagnant@example.org", defaults={"name": WORDS}
        )
        if made:
            set_host_operator(helper, active=True, by=None)
        for n in range(2 + side.words.more):
            text = f"Essayez votre sauvegarde {n}, {side.words.private}."
            offers.propose(
                helper,
                WORDS,
                [side.territory],
                kind="letter",
                title=f"Lettre {n} {side.words.private}",
                text=text,
            )
    waiting, adapted, *_ = Offer.objects.of(side.territory)
    offers.accept(adapted, side.people["everything"], f"Adapté {side.words.private}")
    side.facts |= {"offer": waiting, "adapted_offer": adapted}


def _incidents(side: "Side") -> None:
    """An incident entrusted to the CSIRT, which answered; one that the CSIRT's territory entrusted here, as to a CSIRT."""
    word, person, territory = side.words.private, side.people["everything"], side.territory
    helper = Territory.objects.get(kind=incidents.KIND)
    until = timezone.localdate() + timedelta(days=30)
    expert = Person.objects.get(email="expert@example.org")
    for n in range(1 + side.words.more):
        run = _an_incident(territory, person, f"{n} {word}")
        share = incidents.entrust(run, person, helper, ["seen"], until)
        with scope.nowhere(), scope.inside(helper):
            ticket = Ticket.objects.of(helper).get(origin=territory.code, share=share.pk)
            incidents.follow(
                ticket, expert, "referred", f"Appelez le prestataire {word}.", f"Prestataire {word}"
            )
    # The kind of a territory is what makes it a CSIRT; for the time of what is received.
    year = timezone.localdate().year - 1
    long_ago = datetime(year, 3, 1, tzinfo=timezone.get_current_timezone())
    of_then = {"edition": run.edition, "guide": run.guide, "opened_by": person, "opened_at": long_ago}
    Response.objects.create(territory=territory, **of_then)
    for _ in range(1 + side.words.more):
        statistics.publish(territory, person, year)
    former = territory.kind
    Territory.objects.filter(pk=territory.pk).update(kind=incidents.KIND)
    territory.refresh_from_db()
    with scope.nowhere(), scope.inside(helper):
        for n in range(1 + side.words.more):
            incidents.entrust(_an_incident(helper, expert, f"{n} {word}"), expert, territory, ["seen"], until)
    Territory.objects.filter(pk=territory.pk).update(kind=former)
    territory.refresh_from_db()
    side.facts |= {"incident": run, "incident_share": share}
    side.facts["ticket"] = Ticket.objects.of(territory).last()


def _an_incident(territory: Territory, by: Person, words: str) -> Response:
    run = responses.open_response(territory, by, guide(Runbook, "cyber_incident"), label=f"Incident {words}")
    facts = {"known_at": "2026-11-28T08:10", "kind": "ransomware", "seen": f"Fichiers illisibles {words}"}
    responses.save_answers(run, by, facts)
    responses.note_step(run, by, "tell_mayor", {})
    return run
