"""The host and its territories: legal acts and GDPR roles, preparation, suspension, the operator who sees no data."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.errors import CatalogueError, NotGranted
from beffroi.web.catalogue.grants import grant, processing
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Person, Territory, TerritoryFigures
from beffroi.web.platform.rights import ACTS, HOST_ACTS, may, may_host
from beffroi.web.platform.storage import usage
from beffroi.web.tenancy import host_founding, hosting
from beffroi.web.tenancy.hosting import HostingContract, HostingError
from beffroi.web.tenancy.models import Hosting
from beffroi.web.tenancy.services import NewTerritory, found_territory
from places import a_person, a_territory, as_host, elsewhere, strongly

pytestmark = pytest.mark.django_db
SIGNED = HostingContract(
    "processor", "2026-41", date(2026, 3, 1), "La présidente", "Hébergement", "convention.pdf"
)


def an_operator(email: str = "exploitante@example.org") -> Person:
    person = Person.objects.create_user(email, name="Exploitante")
    with scope.nowhere():
        hosting.set_host_operator(person, active=True, by=None)
    return person


def signed_in(person: Person) -> Client:
    client = Client()
    strongly(client, person)
    return client


@pytest.fixture
def host_town():
    """The syndicate that hosts: the first real territory."""
    with scope.nowhere():
        return found_territory(
            NewTerritory(
                code="254401839", name="Syndicat du Bocage", kind="SMF", population=None, siren="254401839"
            )
        )


@pytest.fixture
def member(host_town):
    """A hosted town without a legal act yet."""
    return a_territory("Bocage-sur-Loire", fictional=False, code="99101")


# Who the host is, and what waits for a legal act


def test_the_first_real_territory_is_the_hosts_own_and_the_next_ones_wait_for_a_legal_act(host_town, member):
    assert hosting.the_host().name == "Syndicat du Bocage"
    with elsewhere(host_town):
        assert hosting.state_of(host_town, hosting.in_force(host_town)) == "own"
    assert hosting.state_of(member, hosting.in_force(member)) == "missing"
    assert hosting.in_preparation(member)
    with scope.nowhere():
        assert not hosting.in_preparation(host_town)


def test_an_invented_town_needs_no_contract_and_a_real_one_does(host_town):
    invented = a_territory()
    assert not hosting.in_preparation(invented)
    with scope.nowhere():
        real = found_territory(NewTerritory(code="99555", name="Vraie", kind="commune", population=1))
        assert hosting.in_preparation(real)
    assert hosting.the_host().name == "Syndicat du Bocage"


def a_dataset(territory: Territory, **fields) -> Dataset:
    return Dataset.objects.create(
        territory=territory, slug="jeu", title="Jeu", producer="Mairie", licence="LO 2.0", **fields
    )


def test_in_preparation_nothing_is_published_and_no_personal_data_is_read(member):
    steward = a_person(member, "data_officer")
    with pytest.raises(CatalogueError, match="en préparation"):
        catalogue.publish(a_dataset(member), steward)
    Dataset.objects.update(sensitivity="personal")
    purpose = processing(member, "p", title="P", purpose="P", legal_basis="B", covers_personal=True)
    with pytest.raises(NotGranted, match="en préparation"):
        grant(steward, Dataset.objects.get(), purpose)


def test_once_the_legal_act_is_recorded_the_refusals_are_the_ordinary_ones(member):
    steward = a_person(member, "data_officer")
    with scope.nowhere():
        hosting.record_contract(member, SIGNED, by=None)
    with pytest.raises(CatalogueError, match="vide"):
        catalogue.publish(a_dataset(member), steward)


def test_the_administrator_is_warned_until_the_legal_act_is_there_and_an_agent_is_not(member):
    admin, agent = a_person(member, "administrator"), a_person(member, "agent")
    assert "Espace en préparation" in signed_in(admin).get(f"/t/{member.slug}/").content.decode()
    assert "Espace en préparation" not in signed_in(agent).get(f"/t/{member.slug}/").content.decode()
    with scope.nowhere():
        hosting.record_contract(member, SIGNED, by=None)
    assert "Espace en préparation" not in signed_in(admin).get(f"/t/{member.slug}/").content.decode()


# Deeds


def test_a_legal_act_is_one_line_on_both_chains(member):
    with scope.nowhere():
        hosting.record_contract(member, SIGNED, by=None)
        with scope.host():
            assert ledger.lines_of(None).last().act == "hosting.deed"
        assert ledger.verify(None).ok
    assert ledger.lines_of(member).last().act == "hosting.deed"
    assert ledger.verify(member).ok


def test_the_same_reference_corrects_and_another_opens_a_new_relation_and_ends_the_last(member):
    with scope.nowhere():
        hosting.record_contract(member, SIGNED, by=None)
        hosting.record_contract(
            member, HostingContract("processor", "2026-41", date(2026, 3, 2), "Le président"), by=None
        )
    assert [(h.signatory, h.until) for h in Hosting.objects.all()] == [("Le président", None)]
    with scope.nowhere():
        hosting.record_contract(member, HostingContract("joint", "2026-90", date(2026, 9, 1)), by=None)
    assert [(h.reference, h.until) for h in Hosting.objects.all()] == [
        ("2026-90", None), ("2026-41", date(2026, 9, 1)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("contract", "word"),
    [
        (HostingContract("processor", "2026-41"), "référence et une date"),
        (HostingContract("processor", "", date(2026, 1, 1)), "référence et une date"),
        (HostingContract("chef"), "Rôle inconnu"),
        (HostingContract("own"), "SIREN"),
        (HostingContract("joint", "R", timezone.localdate() + timedelta(days=2)), "à venir"),
        (HostingContract("joint", "R", date(2026, 1, 2), until=date(2026, 1, 1)), "avant son début"),
    ],
)
def test_a_legal_act_that_cannot_be_is_refused_and_changes_nothing(
    member, contract: HostingContract, word: str
):
    with scope.nowhere(), pytest.raises(HostingError, match=word):
        hosting.record_contract(member, contract, by=None)
    assert hosting.in_preparation(member)


def test_a_legal_act_that_has_expired_warns_and_cuts_nothing(host_town, member):
    admin = a_person(member, "administrator")
    with scope.nowhere():
        hosting.record_contract(
            member, HostingContract("processor", "R", date(2025, 1, 1), until=date(2026, 1, 1)), by=None
        )
    assert not hosting.in_preparation(member)
    assert "est échu" in signed_in(admin).get(f"/t/{member.slug}/").content.decode()
    page = signed_in(an_operator()).get(f"/hote/t/{member.slug}/").content.decode()
    assert "Il a pris fin le 1er janvier 2026." in page.replace("\xa0", " ")


def test_the_register_reports_every_relation_with_its_roles_and_dates(host_town, member):
    operator = an_operator()
    with scope.nowhere():
        hosting.record_contract(member, SIGNED, by=None)
        hosting.record_contract(member, HostingContract("joint", "=2+3", date(2026, 9, 1)), by=None)
    answer = signed_in(operator).get("/hote/registre.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert [(r["collectivité"], r["référence"], r["depuis"], r["jusqu'au"]) for r in rows] == [
        ("Bocage-sur-Loire", "2026-41", "2026-03-01", "2026-09-01"),
        ("Bocage-sur-Loire", "'=2+3", "2026-09-01", ""),  # a spreadsheet must not compute it
        ("Syndicat du Bocage", "", rows[2]["depuis"], ""),
    ]
    assert "article 28" in rows[0]["rôle de l'hébergeur"]
    assert "article 26" in rows[1]["rôle de l'hébergeur"]
    with scope.nowhere(), scope.host():
        assert ledger.lines_of(None).last().act == "hosting.export"


# Suspension


def test_nobody_enters_a_suspended_territory_its_page_is_missing_and_its_data_stay(member):
    agent, stranger = a_person(member, "agent"), Person.objects.create_user("x@example.org", name="X")
    a_dataset(member)
    with scope.nowhere():
        hosting.suspend(member, "Fin de la convention", by=None)
    for path in ("", "donnees/", "registre/", "donnees/deposer/"):
        answer = signed_in(agent).get(f"/t/{member.slug}/{path}")
        assert answer.status_code == 403, path
        assert "Fin de la convention" in answer.content.decode()
        assert signed_in(stranger).get(f"/t/{member.slug}/{path}").status_code == 404
    assert Client().get(f"/p/{member.slug}/").status_code == 404
    assert Dataset.objects.count() == 1
    with scope.nowhere():
        hosting.reopen(member, by=None)
    assert signed_in(agent).get(f"/t/{member.slug}/").status_code == 200
    assert [line.act for line in ledger.lines_of(member)][-2:] == ["territory.suspend", "territory.reopen"]


# The operator


def test_only_an_operator_opens_the_pages_of_the_host_the_others_get_404(host_town, member):
    admin = a_person(member, "administrator")
    operator = an_operator()
    for path in ("", "reglages/", "registre.csv", "ajouter/", "ajouter/a-la-main/", f"t/{member.slug}/"):
        assert signed_in(operator).get(f"/hote/{path}").status_code == 200, path
        assert signed_in(admin).get(f"/hote/{path}").status_code == 404, path
        assert "/compte/login/" in Client().get(f"/hote/{path}").headers["Location"], path


def test_running_the_host_opens_no_territory(host_town, member):
    operator = an_operator()
    assert all(may_host(operator, act) for act in HOST_ACTS)
    assert not any(may(operator, act, member) for act in ACTS)
    assert signed_in(operator).get(f"/t/{member.slug}/").status_code == 404


def test_an_operator_who_left_opens_nothing_any_more(host_town):
    operator = an_operator()
    with scope.nowhere():
        assert hosting.set_host_operator(operator, active=False, by=None)
    assert not may_host(operator, "host.enter")
    assert signed_in(operator).get("/hote/").status_code == 404


def test_the_services_refuse_who_does_not_run_the_host(member):
    admin = a_person(member, "administrator")
    with scope.nowhere():
        for refused in (
            lambda: hosting.record_contract(member, SIGNED, by=admin),
            lambda: hosting.suspend(member, "x", by=admin),
            lambda: hosting.set_host_operator(admin, active=True, by=admin),
            lambda: hosting.name_host(name="x", siren="", contact="", by=admin),
            lambda: hosting.register_rows(by=admin),
            lambda: host_founding.found(
                NewTerritory("99x", "X", "commune", 1), SIGNED, email="a@example.org", name="", by=admin
            ),
        ):
            with pytest.raises(PermissionDenied):
                refused()
    assert hosting.in_preparation(member)


# Founding


FORM = {"admin_name": "Awa Diallo", "email": "awa@example.org", "role": "processor"}
CONTRACT = {"reference": "2026-41", "signed_on": "2026-03-01", "signatory": "La présidente"}
BY_HAND = {"name": "SIVU des Écoles", "kind": "SIVU", "siren": "254401839", "members": "44109\n44162"}


def test_an_operator_adds_a_town_with_its_legal_act_and_hands_over_the_invitation():
    operator = an_operator()
    answer = signed_in(operator).post("/hote/ajouter/44162/", FORM | CONTRACT)
    assert "/entree/" in answer.content.decode()
    town = Territory.objects.get(code="44162")
    with elsewhere(town):
        assert may(Person.objects.get(email="awa@example.org"), "member.invite", town)
        assert [line.act for line in ledger.lines_of(town)] == [
            "territory.found",
            "hosting.deed",
            "member.admit",
        ]
        assert ledger.lines_of(town).first().actor == f"person:{operator.pk}"
        assert not hosting.in_preparation(town)


def test_a_syndicate_is_entered_by_hand_with_its_members():
    answer = signed_in(an_operator()).post("/hote/ajouter/a-la-main/", FORM | BY_HAND)
    assert answer.status_code == 200, answer.content.decode()
    made = Territory.objects.get(siren="254401839")
    assert (made.kind, made.members) == ("SIVU", ["44109", "44162"])
    assert made.population > 300_000


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"siren": "254401838"}, "SIREN"),
        ({"members": "Nulle-Part-sur-Mer"}, "Nulle-Part-sur-Mer"),
        ({"members": "Saint-Denis"}, "93066"),
        ({"kind": "royaume"}, "royaume"),
        ({"email": "pas une adresse"}, "adresse"),
        ({"reference": "2026-41"}, "date de l&#x27;acte"),
        ({"signed_on": "2026-02-31", "reference": "R"}, "date"),
        ({"name": " "}, "obligatoire"),
    ],
)
def test_what_is_wrong_in_the_form_is_reported_and_nothing_is_made(wrong: dict[str, str], word: str):
    answer = signed_in(an_operator()).post("/hote/ajouter/a-la-main/", FORM | BY_HAND | wrong)
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert not Territory.objects.exists()
    assert not Person.objects.filter(email="awa@example.org").exists()


def test_an_authority_is_hosted_once():
    client = signed_in(an_operator())
    client.post("/hote/ajouter/44162/", FORM | CONTRACT)
    again = client.post("/hote/ajouter/44162/", FORM | CONTRACT)
    assert again.status_code == 422
    assert "déjà hébergée" in again.content.decode()
    assert Territory.objects.count() == 1
    assert "déjà hébergée" in client.get("/hote/ajouter/?q=Saint-Herblain").content.decode()


# The list


def many(count: int) -> None:
    """Territories as a big host holds them, written at once."""
    with scope.nowhere(), scope.host():
        made = Territory.objects.bulk_create(
            Territory(
                code=f"T{n}",
                name=f"Commune {n:04}",
                kind="commune",
                slug=f"t{n}",
                population=n,
                members=["1"] * 40,
            )
            for n in range(count)
        )
    with as_host():
        TerritoryFigures.objects.bulk_create(TerritoryFigures(territory=t) for t in made)
    for t in made[: count // 2]:
        with scope.nowhere(), scope.inside(t):
            Hosting.objects.create(
                territory=t,
                role="processor",
                reference="R",
                signed_on=date(2026, 1, 1),
                since=date(2026, 1, 1),
            )


def test_those_without_a_legal_act_come_first_and_the_list_is_searched(host_town, member):
    client = signed_in(an_operator())
    page = client.get("/hote/").content.decode()
    assert page.index("Bocage-sur-Loire") < page.index("Syndicat du Bocage", page.index("<tbody"))
    for query in ("bocage-sur", "99101", "commune"):
        table = client.get("/hote/", {"q": query}).content.decode().partition("<tbody")[2]
        assert "Bocage-sur-Loire" in table, query
        assert "Syndicat du Bocage" not in table, query
    assert "Aucun territoire" in client.get("/hote/?q=zzz").content.decode()
    assert "Syndicat" not in client.get("/hote/?etat=sans-acte").content.decode().partition("<tbody")[2]


def test_the_list_takes_as_many_queries_for_two_hundred_territories_as_for_two(host_town, member):
    client = signed_in(an_operator())
    client.get("/hote/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/hote/")
    many(200)
    with CaptureQueriesContext(connection) as lots:
        page = client.get("/hote/").content.decode()
    assert len(lots) == len(few)
    assert page.count("<tr>") == 51
    assert len([q for q in lots if "platform_territory" in q["sql"] or "tenancy_hosting" in q["sql"]]) <= 3


def test_the_figures_are_sums_measured_by_the_clock_a_few_at_a_time(settings, tmp_path, host_town, member):
    from beffroi.home import Home

    settings.HOME = Home(tmp_path / "home")
    folder = settings.HOME.territory(member.slug)
    folder.mkdir(parents=True)
    (folder / "lake").write_bytes(b"x" * 2048)
    a_person(member, "agent")
    with scope.nowhere():
        assert usage.measure_stale(limit=1) == 1
        assert usage.measure_stale() == 1
        assert usage.measure_stale() == 0
    with as_host():
        figures = TerritoryFigures.objects.get(territory=member)
    assert (figures.people, figures.size, figures.last_act_on) == (1, 2048, timezone.localdate())


def test_the_host_is_told_how_many_contestations_were_answered_by_who_decided(host_town, member):
    client, at = signed_in(an_operator()), f"/hote/t/{member.slug}/"
    told = "d'une personne qui avait pris part à la décision"
    assert told not in client.get(at).content.decode()
    with as_host():
        TerritoryFigures.objects.filter(territory=member).update(self_answered=2, untied_answered=3)
    assert f"2 contestations ont reçu leur réponse {told}" in client.get(at).content.decode()
    assert "3 contestations répondues sans décision rapprochée" in client.get(at).content.decode()
    assert "contestations à regarder" in client.get("/hote/").content.decode()


def test_the_page_of_a_territory_records_closes_suspends_and_reopens(host_town, member):
    client = signed_in(an_operator())
    at = f"/hote/t/{member.slug}/"
    assert (
        "L&#x27;acte manque" in client.get(at).content.decode()
        or "L'acte manque" in client.get(at).content.decode()
    )
    assert client.post(at, {"role": "processor"} | CONTRACT, follow=True).status_code == 200
    assert not hosting.in_preparation(member)
    client.post(f"{at}ouvertures/", {"rooms": ["room:studio"], "systems": ["system:canteen"]})
    client.post(f"{at}suspendre/", {"why": "Impayé"})
    member.refresh_from_db()
    assert member.closed == {"room:studio": "host", "system:canteen": "host"}
    assert member.suspended_why == "Impayé"
    assert client.post(f"{at}suspendre/", {"why": ""}).status_code == 422
    client.post(f"{at}rouvrir/")
    member.refresh_from_db()
    assert member.suspended_at is None
    assert client.get("/hote/t/nulle-part/").status_code == 404


def test_the_host_is_renamed_and_a_wrong_siren_is_refused(host_town):
    client = signed_in(an_operator())
    assert client.post("/hote/reglages/", {"name": "SMO", "siren": "123456789"}).status_code == 422
    client.post("/hote/reglages/", {"name": "SMO", "siren": "254 401 839", "contact": "aide@example.org"})
    assert (hosting.the_host().name, hosting.the_host().siren) == ("SMO", "254401839")
