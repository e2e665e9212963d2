"""First steps of a new territory: the home ticks them by itself, for who settles the place, until all is done."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from beffroi.web.catalogue.grants import processing
from beffroi.web.operations import backup_log
from beffroi.web.platform import ledger, scope
from beffroi.web.studio.models import Board, BoardFigure, StoredRecipe
from beffroi.web.tenancy import hosting, places
from beffroi.web.tenancy.hosting import HostingContract
from beffroi.web.tenancy.services import NewTerritory, found_territory
from own_home import home  # noqa: F401  fixture
from places import a_person, a_territory, poured, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(home):  # noqa: F811
    """The first real territory is its own host, as after `beffroi init`."""
    with scope.nowhere():
        return found_territory(NewTerritory(code="99T01", name="Valbruyère", kind="commune", population=900))


@pytest.fixture
def chief(town):
    return a_person(town, "administrator", "data_officer", email="chief@example.org")


def entered(person):
    person.last_login = timezone.now()
    person.save(update_fields=["last_login"])


def front(town, client):
    return client.get(reverse("territory", args=[town.slug])).content.decode()


def test_each_step_is_ticked_by_what_the_territory_holds_and_all_go_once_done(town, chief, settings):
    client = strongly(Client(), chief)
    page = front(town, client)
    assert (page.count('<li class="done">'), "Vos premiers pas" in page) == (0, True)
    for route in ("place", "people-invite", "upload", "new-analysis", "backup"):
        assert f'<a href="{reverse(route, args=[town.slug])}' in page.partition("Vos premiers pas")[2]

    with scope.inside(town):
        places.set_contact(town, chief, contact="mairie@example.org", seat="")
    second = a_person(town, "agent")
    assert front(town, client).count('<li class="done">') == 1  # invited, not come yet
    entered(second)
    entered(chief)
    with scope.inside(town):
        poured(town, chief, "eau.csv", "jour,m3\n2026-01-01,12\n2026-01-02,13\n")
    assert front(town, client).count('<li class="done">') == 3
    with scope.inside(town):
        why = processing(town, "pilotage", title="Pilotage", purpose="Piloter", legal_basis="Mission")
        recipe = StoredRecipe.objects.create(
            territory=town, slug="eau", title="Eau", definition={}, processing=why
        )
        board = Board.objects.create(territory=town, slug="eau", title="Eau")
        BoardFigure.objects.create(board=board, recipe=recipe, rank=1)
    assert front(town, client).count('<li class="done">') == 4

    backup_log.record(settings.HOME, settings.HOME.backups / "beffroi-x.tar.gz", whole=True)
    assert front(town, client).count('<li class="done">') == 4  # on this machine only
    answer = client.post(reverse("backup-copied", args=[town.slug]), {"where": "coffre de l'agglomération"})
    assert answer.status_code == 302
    assert "Vos premiers pas" not in front(town, client)
    with scope.inside(town):
        noted = ledger.lines_of(town).last()
    assert (noted.act, noted.actor) == ("backup.copied", f"person:{chief.pk}")


def test_the_home_of_who_settles_a_new_place_asks_twenty_queries_at_most(town, chief):
    client = strongly(Client(), chief)
    front(town, client)
    with CaptureQueriesContext(connection) as asked:
        assert "Vos premiers pas" in front(town, client)
    assert len(asked) <= 20


def test_a_person_hides_the_first_steps_and_shows_them_again(town, chief):
    client = strongly(Client(), chief)
    client.post(reverse("first-steps-hide", args=[town.slug]))
    assert "Vos premiers pas" not in front(town, client)
    settings_page = client.get(reverse("settings", args=[town.slug])).content.decode()
    assert "Montrer de nouveau les premiers pas" in settings_page
    client.post(reverse("first-steps-hide", args=[town.slug]), {"montrer": "1"})
    assert "Vos premiers pas" in front(town, client)


def test_the_first_steps_are_for_who_settles_a_real_place(town):
    assert "Vos premiers pas" not in front(town, strongly(Client(), a_person(town, "agent")))
    invented = a_territory("Valbruyère", code="99T05")
    assert "Vos premiers pas" not in front(invented, strongly(Client(), a_person(invented, "administrator")))


def test_the_backup_of_a_hosted_town_is_its_hosts_and_ticked_by_it(town, settings):
    hosted = a_territory("Bourg", code="99T06", fictional=False)
    with scope.nowhere():
        hosting.record_contract(
            hosted, HostingContract("processor", "2026-41", timezone.localdate()), by=None
        )
    client = strongly(Client(), a_person(hosted, "administrator", email="bourg@example.org"))
    assert "aucune copie hors de sa machine" in front(hosted, client)
    backup_log.record(settings.HOME, "/srv/backups", whole=False, outside=True)
    assert "la fait pour vous" not in front(hosted, client)
    page = client.get(reverse("backup", args=[hosted.slug])).content.decode()
    assert ("faite par votre hébergeur" in page, '<form method="post" action="/t/bourg/reglages' in page) == (
        True,
        False,
    )
    for route in ("backup-make", "backup-copied"):
        answer = client.post(reverse(route, args=[hosted.slug]), {"where": "ici"})
        assert answer.status_code == 403
    assert backup_log.read(settings.HOME).copied is None


def test_a_copy_is_not_noted_before_a_backup_is_made(town, chief, settings):
    client = strongly(Client(), chief)
    page = client.post(reverse("backup-copied", args=[town.slug]), {"where": "ici"}, follow=True)
    assert "rien à copier" in page.content.decode()
    assert backup_log.read(settings.HOME).copied is None


def test_the_settings_page_shows_what_its_reader_may_set_and_their_own_account(town, chief):
    def links(*roles):
        person = chief if not roles else a_person(town, *roles)
        page = strongly(Client(), person).get(f"/t/{town.slug}/reglages/").content.decode()
        return page.partition("<main")[2].partition("<footer")[0]

    assert all(word in links() for word in ("Personnes", "Collectivité", "Sauvegarde", "Mot de passe"))
    agent = links("agent")
    assert ("Mot de passe" in agent, "Collectivité" in agent, "Sauvegarde" in agent) == (True, False, False)
