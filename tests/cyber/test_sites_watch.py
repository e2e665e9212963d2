"""Watched sites, visited on the distribution's nginx: what is told, when, and what a person's word changes."""

import html
import random
import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from beffroi.web.cyber.models import SiteAlert, SiteBaseline, SiteCheck, WatchedSite
from beffroi.web.cyber.sites import cards, reading, services, site_checks
from beffroi.web.cyber.sites.errors import SiteError
from beffroi.web.cyber.sites.visits import Origin, UndeclaredHost, Visitor
from beffroi.web.platform import jobs, ledger, scope
from beffroi.web.platform.models import Job, Person, Territory
from places import a_person, strongly
from servers import nginx

from . import town_sites as towns

# Redirections, statuses and headers are those of a real server, started once for these tests.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("nginx")]

TOWN = towns.a_town(random.Random(7), "Saint-Aubin-des-Prés")
PAGE = towns.wordpress(TOWN)
RNG = random.Random(3)


def declared(territory: Territory, by: Person, site: nginx.Site, **more: object) -> WatchedSite:
    given = {"name": "Mairie", "address": site.address, "ownership": "own", **more}
    return services.declare(territory, by, **given)


def visited(site: WatchedSite, times: int = 1) -> WatchedSite:
    for _ in range(times):
        site_checks.check_sites([site])
    return WatchedSite.objects.get(pk=site.pk)


def ticked() -> int:
    """The clock's own turn, which opens the territories itself."""
    with scope.nowhere():
        return site_checks.start_due()


def change_of(site: WatchedSite) -> SiteAlert | None:
    return SiteAlert.objects.filter(site=site, kind="change", ended_at=None).first()


@pytest.fixture
def watched(site: nginx.Site, territory: Territory, officer: Person) -> WatchedSite:
    """A declared site whose first visit was made."""
    site.write(PAGE)
    return visited(declared(territory, officer, site))


@pytest.mark.requirement("R85")
def test_a_defacement_is_told_at_the_second_visit_and_an_ordinary_edit_is_not(site, watched, territory):
    assert watched.availability == "up" and SiteBaseline.objects.get(site=watched).path == "/"
    edited = towns.news_added(towns.works_banner(TOWN, RNG), RNG)
    site.write(towns.wordpress(edited))
    visited(watched, 2)
    assert change_of(watched) is None
    site.write(towns.title_and_banner(towns.wordpress(edited), edited, RNG))
    suspect = visited(watched)
    assert change_of(watched) is None
    assert suspect.next_at - suspect.checked_at == site_checks.CONFIRM_AFTER
    visited(watched)
    alert = change_of(watched)
    assert any("Le titre est devenu" in reason for reason in alert.reasons)
    assert ledger.lines_of(territory).last().act == "site.alert"
    site.write(towns.wordpress(edited))
    visited(watched)
    assert change_of(watched) is None


def test_what_a_person_calls_normal_is_silent_from_then_on(site, watched, officer):
    foreign = '<script src="https://widget.example.net/rdv.js"></script></head>'
    site.write(PAGE.replace("</head>", foreign))
    visited(watched, 2)
    alert = change_of(watched)
    assert alert.reasons == ["Un programme venu de widget.example.net est chargé par la page."]
    services.accept_change(alert, officer)
    visited(watched, 2)
    assert change_of(watched) is None
    site.write(PAGE.replace("</head>", foreign.replace("widget", "other")))
    visited(watched, 2)
    other = change_of(watched)
    assert "other.example.net" in other.reasons[0]
    services.report_intrusion(other, officer)
    visited(watched)
    assert change_of(watched).answer == "intrusion", "it lasts until the page is back"
    with pytest.raises(SiteError, match="déjà sa réponse"):
        services.report_intrusion(other, officer)
    services.accept_change(other, officer)  # the provider said that it was them
    visited(watched, 2)
    assert change_of(watched) is None
    with pytest.raises(DatabaseError), transaction.atomic():
        SiteAlert.objects.filter(pk=other.pk).update(answer="intrusion")


def test_a_site_that_redirects_elsewhere_is_told_and_elsewhere_is_never_called(site, watched):
    site.set("moved", on=True)
    visited(watched, 2)
    assert change_of(watched).reasons == ["L'adresse renvoie vers ailleurs.example, un autre site."]
    site.set("moved", on=False)
    visitor = Visitor(Origin.parse(site.address), "Essai")
    inside = visitor.get("/loin")
    assert (inside.status, inside.moved_to, inside.body) == (302, "127.0.0.1:1", b""), (
        "another port is elsewhere too"
    )
    assert visitor.get("/ici").body.decode() == PAGE
    assert visitor.get("/boucle").trouble == "Le site renvoie d'adresse en adresse sans fin."
    with pytest.raises(UndeclaredHost, match="n'est pas un site déclaré"):
        visitor._visit("https://ailleurs.example/", "GET", follow=True)


def test_who_may_answer_is_written_to_at_once_without_a_word_of_the_intruder(
    site, watched, territory, officer, settings, mailoutbox, django_capture_on_commit_callbacks
):
    settings.MAIL_HOST = "courrier.example"
    a_person(territory, "auditor")
    site.write(towns.whole_page(PAGE, TOWN, RNG))
    with django_capture_on_commit_callbacks(execute=True):
        visited(watched, 3)
    (message,) = mailoutbox
    assert message.to == [officer.email] and "Changement inhabituel : Mairie" in message.subject
    assert f"/alertes/{change_of(watched).pk}/" in message.body and "acked" not in message.body


def test_pages_ask_as_much_of_the_database_for_one_site_as_for_many(
    site, watched, territory, officer, client, django_assert_max_num_queries
):
    strongly(client, officer)
    for n in range(9):
        declared(territory, officer, site, address=f"https://site-{n}.example")
    root = f"/t/{territory.slug}/securite/sites/"
    for address in (root, f"{root}{watched.pk}/"):
        client.get(address)
        with django_assert_max_num_queries(20):
            assert client.get(address).status_code == 200


def test_a_failure_is_told_at_the_second_visit_and_ends_with_it(site, watched, territory, officer):
    site.set("down", on=True)
    assert visited(watched).availability == "down"
    assert not SiteAlert.objects.exists() and cards.alerts_card(officer, territory) is None
    down = visited(watched)
    alert = SiteAlert.objects.get(site=watched)
    assert alert.reasons == ["Le site est en maintenance ou débordé (réponse 503)."] and down.down_since
    assert cards.alerts_card(officer, territory).count == 1
    assert cards.alerts_card(a_person(territory, "auditor"), territory) is None
    services.acknowledge(alert, officer)
    assert cards.alerts_card(officer, territory) is None
    site.set("down", on=False)
    assert visited(watched).availability == "up"
    assert not SiteAlert.objects.get(pk=alert.pk).is_open
    day = reading.availability(watched)[0]
    assert (day.visits, day.reached) == (4, 2)


def test_what_the_operator_did_not_allow_is_not_called_and_says_what_to_do(
    site, territory, officer, settings, web_server
):
    row = declared(territory, officer, site)
    settings.ALLOWED_HOSTS_OUT = []
    before = len(web_server.requests())
    blocked = visited(row, 3)
    assert blocked.availability == "blocked" and "n'a pas autorisé les appels" in blocked.trouble
    assert not SiteAlert.objects.exists() and len(web_server.requests()) == before


def test_a_site_that_cannot_be_visited_keeps_no_other_from_it(site, territory, officer):
    site.write(PAGE)
    wrong = WatchedSite.objects.create(
        territory=territory, name="?", address="http://[", ownership="own", declared_by=officer
    )
    row = declared(territory, officer, site)
    assert site_checks.check_sites([wrong, row]) == 2
    assert WatchedSite.objects.get(pk=row.pk).availability == "up"
    wrong.refresh_from_db()
    assert wrong.availability == "blocked" and "erreur inattendue" in wrong.trouble


def test_the_visitor_says_who_it_is_and_visits_declared_pages_only(
    site, territory, officer, web_server, settings
):
    site.write(PAGE)
    site.write(PAGE, "contact/index.html")
    before = len(web_server.requests())
    visited(declared(territory, officer, site, pages=["/contact", f"{site.address}/contact"]))
    lines = web_server.requests()[before:]
    asked = [re.search(r'"(\w+) (\S+) HTTP', line).groups() for line in lines]
    assert asked == [
        ("GET", "/"), ("GET", "/contact"), ("GET", "/.well-known/security.txt"), ("GET", "/robots.txt"),
    ]  # fmt: skip
    assert all("Beffroi/" in line and settings.BASE_URL in line for line in lines)


def test_a_declaration_says_by_what_right_and_stays_on_its_host(site, territory, officer):
    for change, field in (
        ({"ownership": ""}, "ownership"),
        ({"address": "ftp://mairie.example"}, "address"),
        ({"address": "https://u:p@mairie.example"}, "address"),
        ({"address": "https://0x7f.1/"}, "address"),
        ({"pages": ["https://ailleurs.example/"]}, "pages"),
        ({"pages": [f"/{n}" for n in range(5)]}, "pages"),
        ({"pages": ["/" + "a" * 300]}, "pages"),
        ({"interval": 1}, "interval"),
    ):
        with pytest.raises(SiteError) as refused:
            declared(territory, officer, site, **change)
        assert refused.value.field == field
    with pytest.raises(PermissionDenied):
        declared(territory, a_person(territory, "agent"), site)
    assert declared(territory, officer, site, pages=["/1", "/2", "3", "/4#x"]).paths == [
        "/",
        "/1",
        "/2",
        "/3",
        "/4",
    ]
    with pytest.raises(SiteError, match="déjà déclaré"):
        declared(territory, officer, site, address=f"{site.address}/accueil")
    row = WatchedSite.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        WatchedSite.objects.filter(pk=row.pk).update(address="https://ailleurs.example")


def test_the_clock_starts_one_job_a_territory_for_what_is_due(site, territory, officer):
    site.write(PAGE)
    row = declared(territory, officer, site)
    assert (ticked(), ticked()) == (1, 0)
    job = jobs.run(Job.objects.get(kind=site_checks.KIND))
    assert job.state == Job.State.DONE, job.message
    assert SiteCheck.objects.get(site=row).availability == "up"
    assert ticked() == 0
    SiteCheck.objects.create(
        territory=territory, site=row, availability="up", at=timezone.now() - timedelta(days=91)
    )
    with scope.nowhere():
        assert site_checks.forget_old_checks() == 1


def test_a_site_that_is_removed_is_no_longer_visited_and_may_be_declared_again(
    site, watched, territory, officer
):
    services.pause(watched, officer)
    with pytest.raises(SiteError, match="en pause"):
        services.visit_now(watched, officer)
    services.resume(watched, officer)
    services.remove(watched, officer)
    assert not SiteBaseline.objects.exists() and ticked() == 0
    with pytest.raises(SiteError, match="retiré"):
        services.resume(watched, officer)
    assert declared(territory, officer, site).pk != watched.pk


def test_a_second_press_writes_no_second_line(site, watched, territory, officer):
    client = strongly(Client(), officer)
    page = f"/t/{territory.slug}/securite/sites/{watched.pk}/"
    assert "La visite part" in client.post(f"{page}visiter/", follow=True).content.decode()
    for button, says in (("pause", "n'est plus visité"), ("reprendre", "est de nouveau visité")):
        for _ in range(2):
            answered = client.post(f"{page}{button}/", follow=True)
            assert answered.redirect_chain[-1][0] == page and says in html.unescape(answered.content.decode())
        assert client.get(f"{page}{button}/").status_code == 405
    client.post(f"{page}retirer/")
    assert client.post(f"{page}retirer/").status_code == 404
    assert [line.act for line in ledger.lines_of(territory) if line.thing == f"site:{watched.pk}"] == [
        "site.declare", "site.visit", "site.pause", "site.resume", "site.remove",
    ]  # fmt: skip


def test_a_person_goes_from_the_list_to_what_to_do(site, watched, territory, officer):
    site.write("User-agent: *\nDisallow:", "robots.txt")
    site.write(towns.whole_page(PAGE, TOWN, RNG))
    site_checks.check_sites([watched], settings_too=True)
    visited(watched)
    client, alert = strongly(Client(), officer), change_of(watched)
    root = f"/t/{territory.slug}/securite/sites/"
    listed = client.get(root).content.decode()
    assert "changement inhabituel" in listed and "Hacked by" in listed
    assert "Quoi faire maintenant" not in client.get(f"{root}alertes/{alert.pk}/").content.decode()
    answered = client.post(f"{root}alertes/{alert.pk}/repondre/", {"answer": "intrusion"}, follow=True)
    assert "Quoi faire maintenant" in answered.content.decode()
    assert "Le prestataire confirme" in answered.content.decode()
    one = client.get(f"{root}{watched.pk}/").content.decode()
    assert one.index("Mettez le site en HTTPS") < one.index("Message à copier") < one.index("robots.txt")
    services.pause(watched, officer)
    assert "en pause" in client.get(root).content.decode()
    reader = strongly(Client(), a_person(territory, "auditor"))
    assert "Visiter maintenant" not in reader.get(f"{root}{watched.pk}/").content.decode()
    assert reader.post(f"{root}{watched.pk}/retirer/").status_code == 404


@pytest.mark.requirement("R85")
def test_the_page_that_stands_in_for_a_site_is_one_file_with_what_was_typed(territory, officer):
    client = strongly(Client(), officer)
    address = f"/t/{territory.slug}/securite/sites/page-de-secours/"
    typed = {
        "name": "Saint-Aubin <b>", "message": "Le site est fermé.", "phones": "Mairie : 02 40 00 00 00\nAstreinte", "hours": "", "place": "",
    }  # fmt: skip
    answer = client.post(address, typed)
    page = answer.content.decode()
    assert answer["Content-Disposition"].startswith("attachment") and "Saint-Aubin &lt;b&gt;" in page
    assert 'href="tel:0240000000"' in page and "<li>Astreinte</li>" in page
    assert not re.search(r"src=|url\(|<link|https?://", page), "nothing comes from elsewhere"
    assert client.post(address, {**typed, "phones": ""}).status_code == 422


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1", "http://localhost:8000", "192.168.1.1", "http://[::1]/"]
)
def test_an_address_of_inside_is_no_site_to_watch(
    territory: Territory, officer: Person, address: str, settings
) -> None:
    settings.ALLOWED_HOSTS_OUT = []
    with pytest.raises(SiteError, match="est une adresse interne"):
        services.declare(territory, officer, name="", address=address, ownership="own")
