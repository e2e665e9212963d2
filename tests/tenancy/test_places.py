"""What a territory exercises and has open: the law's list, corrected with legal acts; rooms and systems closed for real."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from beffroi.lake.reference import competences as law
from beffroi.lake.reference import find_place, search_places
from beffroi.lake.reference.kinds import KINDS, siren_is_valid
from beffroi.systems import registry
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import HostOperator, Person, Territory
from beffroi.web.tenancy import places, tokens
from beffroi.web.tenancy.models import Competence, Host
from beffroi.web.tenancy.services import NewTerritory, found_territory
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.errors import WorkshopError
from places import a_person, a_territory, elsewhere, strongly
from reference_data import require_reference

CANTEEN = "restauration-scolaire"


def signed_in(person: Person) -> Client:
    client = Client()
    strongly(client, person)
    return client


def keys(territory: Territory) -> set[str]:
    return set(places.exercised(territory) or ())


def acts(territory: Territory) -> list[str]:
    return [line.act for line in ledger.lines_of(territory)]


# The reference data


def test_a_siren_with_one_wrong_digit_is_refused():
    assert siren_is_valid("214401093")
    wrong = [f"21440109{digit}" for digit in range(10) if digit != 3]
    assert not any(siren_is_valid(siren) for siren in [*wrong, "21440109", "2144010933", "²14401093", ""])


@pytest.mark.parametrize(
    ("typed", "code", "kind"),
    [
        ("Finistère", "29", "département"), ("222900011", "29", "département"), ("29", "29", "département"),
        ("région Bretagne", "R-53", "région"), ("233500016", "R-53", "région"), ("R-53", "R-53", "région"),
    ],
)  # fmt: skip
def test_a_department_and_a_region_are_found_by_name_code_and_siren(typed: str, code: str, kind: str):
    require_reference()
    place = find_place(typed)
    assert (place.code, place.kind) == (code, kind)
    assert siren_is_valid(place.siren or "")
    assert search_places(place.siren or "")[0].code == code


def test_every_line_of_the_law_names_its_text_and_only_known_kinds():
    for competence in law.load_competences().competences.values():
        for text in competence.laws:
            assert set(text.kinds) <= KINDS.keys(), competence.key
            assert any(word in text.source for word in ("art.", "Loi", "n°")), competence.key
    assert law.load_competences().consulted <= date.today()


def test_a_kind_is_never_granted_the_same_competence_twice():
    for competence in law.load_competences().competences.values():
        provided = [kind for text in competence.laws for kind in text.kinds]
        assert len(provided) == len(set(provided)), competence.key


def test_a_system_of_the_house_only_requires_for_competences_that_exist():
    for system in registry.all_systems():
        assert set(system.manifest.competences) <= law.load_competences().competences.keys()


# Competences of a territory

pytestmark = pytest.mark.django_db


def founded(kind: str, code: str, name: str = "Ailleurs") -> Territory:
    return found_territory(NewTerritory(code=code, name=name, kind=kind, population=1, is_fictional=True))


def test_each_kind_is_founded_with_what_the_law_gives_it():
    town = a_territory()
    assert {"ecoles", CANTEEN, "etat-civil"} <= keys(town)
    assert not {"colleges", "lycees", "dechets"} & keys(town)
    for kind, own, others in (
        ("département", {"colleges", "aide-sociale"}, {"lycees", "ecoles"}),
        ("région", {"lycees", "transport-scolaire"}, {"colleges", "ecoles"}),
        ("CA", {"dechets", "eau", "gemapi", "mobilite"}, {"ecoles", CANTEEN}),
        ("CC", {"dechets", "gemapi"}, {"eau", "mobilite", "ecoles"}),
        ("SDIS", {"incendie-secours"}, {"dechets"}),
    ):
        with founded_in_another_territory(kind) as other:
            assert own <= keys(other), kind
            assert not others & keys(other), kind


@contextmanager
def founded_in_another_territory(kind: str) -> Iterator[Territory]:
    with scope.nowhere():
        other = founded(kind, f"99{kind[:6]}")
    with elsewhere(other):
        yield other


def test_a_competence_is_added_with_its_legal_act_and_ended_with_another():
    town = a_territory()
    admin = a_person(town, "administrator")
    row = places.add_competence(town, admin, "dechets", since=date(2026, 1, 1), legal_act="Délibération 12")
    assert "dechets" in keys(town)
    places.end_competence(row, admin, until=date(2026, 11, 1), legal_act="Arrêté 7")
    assert "dechets" not in keys(town)
    saved = Competence.objects.get(pk=row.pk)
    assert (saved.legal_act, saved.end_legal_act) == ("Délibération 12", "Arrêté 7")
    assert acts(town)[-2:] == ["competence.add", "competence.remove"]
    assert ledger.verify(town).ok


def test_a_competence_counts_from_its_day_until_its_day():
    town = a_territory()
    admin = a_person(town, "administrator")
    tomorrow = timezone.localdate() + timedelta(days=1)
    row = places.add_competence(town, admin, "dechets", since=tomorrow, legal_act="Statuts")
    assert "dechets" not in keys(town)
    Competence.objects.filter(pk=row.pk).update(since=timezone.localdate(), until=tomorrow)
    assert "dechets" in keys(town)


@pytest.mark.parametrize(
    ("key", "legal_act", "word"),
    [("dechets", " ", "acte"), ("astrologie", "Statuts", "connue"), ("ecoles", "Statuts", "déjà")],
)
def test_a_competence_without_legal_act_unknown_or_twice_is_refused(key: str, legal_act: str, word: str):
    town = a_territory()
    before = keys(town)
    with pytest.raises(places.PlaceError, match=word):
        places.add_competence(
            town, a_person(town, "administrator"), key, since=date(2026, 1, 1), legal_act=legal_act
        )
    assert keys(town) == before


def test_an_agent_changes_no_competence_and_no_room():
    town = a_territory()
    agent = a_person(town, "agent")
    with pytest.raises(PermissionDenied):
        places.add_competence(town, agent, "dechets", since=date(2026, 1, 1), legal_act="Statuts")
    with pytest.raises(PermissionDenied):
        places.switch(town, {"room:studio"}, {"room:studio"}, by=agent, as_host=False)
    assert signed_in(agent).get(f"/t/{town.slug}/reglages/collectivite/").status_code == 404


def test_what_the_law_gives_can_be_written_later_and_what_was_removed_does_not_come_back():
    town = a_territory()
    admin = a_person(town, "administrator")
    row = Competence.objects.get(key="ecoles")
    places.end_competence(row, admin, until=date(2026, 11, 1), legal_act="Transfert")
    Competence.objects.filter(key="etat-civil").delete()
    assert places.load_legal(town, admin) == 1
    assert "etat-civil" in keys(town)
    assert "ecoles" not in keys(town)


# What is proposed, adopted and run


@pytest.mark.requirement("R90")
def test_a_system_outside_the_competences_is_not_proposed_and_states_why_with_the_way_to_the_setting():
    town = a_territory()
    admin = a_person(town, "administrator")
    page = signed_in(admin).get(f"/t/{town.slug}/services-ia/").content.decode()
    away = page.split("Pas proposés ici")[1]
    assert "Eau potable" in away  # the law gives it to the intercommunality
    assert "Restauration scolaire des écoles" not in away
    row = Competence.objects.get(key=CANTEEN)
    places.end_competence(row, admin, until=timezone.localdate(), legal_act="Transfert au syndicat")
    page = signed_in(admin).get(f"/t/{town.slug}/services-ia/").content.decode()
    assert "Restauration scolaire des écoles" in page.split("Pas proposés ici")[1]
    assert f"/t/{town.slug}/reglages/collectivite/" in page
    card = signed_in(admin).get(f"/t/{town.slug}/services-ia/canteen/").content.decode()
    assert "Prendre en service" not in card


def test_the_service_refuses_what_is_not_proposed_and_stops_what_no_longer_is():
    town = a_territory()
    admin = a_person(town, "administrator")
    supervisor = a_person(town, "supervisor")
    use = workshop.adopt(town, supervisor, "canteen", supervisor=supervisor)
    row = Competence.objects.get(key=CANTEEN)
    places.end_competence(row, admin, until=timezone.localdate(), legal_act="Transfert")
    with pytest.raises(WorkshopError, match="Restauration scolaire"):
        workshop.adopt(town, supervisor, "canteen", supervisor=None)
    with pytest.raises(WorkshopError, match="Restauration scolaire"):
        workshop.start(use, supervisor, "backtest")


def test_a_territory_that_described_nothing_is_offered_everything():
    town = a_territory()
    Competence.objects.all().delete()
    assert places.fits(town, ["lycees"]).ok


# Rooms and systems


def test_a_closed_room_answers_404_and_leaves_the_menu_and_the_home():
    town = a_territory()
    admin = a_person(town, "administrator")
    client = signed_in(admin)
    home = client.get(f"/t/{town.slug}/").content.decode()
    assert f"/t/{town.slug}/analyses/" in home
    assert places.switch(town, {"room:studio"}, {"room:studio"}, by=admin, as_host=False) == 1
    assert client.get(f"/t/{town.slug}/analyses/").status_code == 404
    assert client.get(f"/t/{town.slug}/analyses/nouvelle/").status_code == 404
    assert f"/t/{town.slug}/analyses/" not in client.get(f"/t/{town.slug}/").content.decode()
    assert client.get(f"/t/{town.slug}/donnees/").status_code == 200
    places.switch(town, set(), {"room:studio"}, by=admin, as_host=False)
    assert client.get(f"/t/{town.slug}/analyses/").status_code == 200
    assert acts(town)[-2:] == ["territory.switch"] * 2


def test_every_room_above_can_be_closed_and_its_pages_are_all_refused():
    town = a_territory()
    admin = a_person(town, "administrator")
    paths = {
        "catalogue": "donnees", "studio": "analyses", "workshop": "services-ia", "decisions": "decisions",
    }  # fmt: skip
    for room, path in paths.items():
        places.switch(town, {f"room:{room}"}, {f"room:{room}"}, by=admin, as_host=False)
        assert signed_in(admin).get(f"/t/{town.slug}/{path}/").status_code == 404, room
    assert signed_in(admin).get(f"/t/{town.slug}/").status_code == 200
    assert signed_in(admin).get(f"/t/{town.slug}/reglages/collectivite/").status_code == 200


def test_a_closed_room_is_closed_to_the_programs_too():
    town = a_territory()
    agent, admin = a_person(town, "agent"), a_person(town, "administrator")
    until = timezone.localdate() + timedelta(days=30)
    requested = tokens.NewToken(label="Tableur", acts=["dataset.read"], until=until)
    headers = {"Authorization": f"Bearer {tokens.create(town, agent, requested, by=agent).secret}"}
    path = f"/api/v1/t/{town.slug}/datasets"
    assert Client().get(path, headers=headers).status_code == 200
    places.switch(
        town, {"room:catalogue", "room:portal"}, {"room:catalogue", "room:portal"}, by=admin, as_host=False
    )
    assert Client().get(path, headers=headers).status_code == 404
    assert Client().get(f"/api/v1/p/{town.slug}/datasets").status_code == 404


def test_a_closed_public_page_is_missing_for_everyone():
    town = a_territory()
    assert Client().get(f"/p/{town.slug}/").status_code == 200
    places.switch(town, {"room:portal"}, {"room:portal"}, by=a_person(town, "administrator"), as_host=False)
    assert Client().get(f"/p/{town.slug}/").status_code == 404
    assert town.name not in Client().get("/").content.decode()


@pytest.mark.requirement("R90")
def test_a_closed_system_is_neither_adopted_nor_run():
    town = a_territory()
    admin, supervisor = a_person(town, "administrator"), a_person(town, "supervisor")
    use = workshop.adopt(town, supervisor, "canteen", supervisor=supervisor)
    places.switch(town, {"system:canteen"}, {"system:canteen"}, by=admin, as_host=False)
    with pytest.raises(WorkshopError, match="fermé"):
        workshop.start(use, supervisor, "backtest")
    with pytest.raises(WorkshopError, match="fermé"):
        workshop.adopt(town, supervisor, "canteen", supervisor=None)


def test_the_territory_cannot_open_what_the_host_closed():
    town = a_territory()
    admin = a_person(town, "administrator")
    what = {"room:studio"}
    with scope.nowhere():
        assert places.switch(town, what, what, by=None, as_host=True) == 1
    assert places.switch(town, set(), what, by=admin, as_host=False) == 0
    assert signed_in(admin).get(f"/t/{town.slug}/analyses/").status_code == 404
    page = signed_in(admin).get(f"/t/{town.slug}/reglages/collectivite/").content.decode()
    assert "Fermé par l&#x27;hébergeur" in page or "Fermé par l'hébergeur" in page
    assert 'value="room:studio"' not in page


def test_an_administrator_settles_everything_from_the_page():
    town = a_territory()
    client = signed_in(a_person(town, "administrator"))
    at = f"/t/{town.slug}/reglages/"
    added = client.post(
        f"{at}competences/", {"key": "dechets", "since": "2026-01-01", "legal_act": "Statuts"}, follow=True
    )
    assert "Compétence ajoutée : Déchets ménagers" in added.content.decode().replace("\xa0", " ")
    row = Competence.objects.get(key="dechets")
    assert client.get(f"{at}competences/{row.pk}/fin/").status_code == 200
    client.post(f"{at}competences/{row.pk}/fin/", {"until": "2026-11-01", "legal_act": "Arrêté"})
    assert "dechets" not in keys(town)
    client.post(f"{at}collectivite/ouvertures/", {"rooms": ["room:decisions"], "systems": []})
    town.refresh_from_db()
    assert town.closed == {"room:decisions": "territory"}
    client.post(f"{at}collectivite/coordonnees/", {"contact": "accueil@example.org", "seat": "1 place"})
    town.refresh_from_db()
    assert (town.contact, town.seat) == ("accueil@example.org", "1 place")
    assert (
        client.post(f"{at}competences/", {"key": "dechets", "since": "hier", "legal_act": ""}).status_code
        == 422
    )


def test_a_competence_of_another_territory_is_unknown_here():
    town = a_territory()
    client = signed_in(a_person(town, "administrator"))
    other = a_territory("Ailleurs", code="99T02")
    with elsewhere(other):
        others = Competence.objects.filter(key="ecoles").get()
    assert client.get(f"/t/{town.slug}/reglages/competences/{others.pk}/fin/").status_code == 404
    unknown = client.get(f"/t/{town.slug}/reglages/competences/999999/fin/")
    assert unknown.status_code == 404
    assert Host.objects.count() == 1
    assert not HostOperator.objects.exists()
