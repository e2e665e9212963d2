"""Pages of people: found, filtered, dated; each act by its form; nothing for those who have no business there."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.ledger import chain
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Delegation, Membership, Person
from beffroi.web.platform.rights import ACTS, RIGHTS, ROLES, may, roles_of
from beffroi.web.tenancy import services
from beffroi.web.tenancy.services import Term
from beffroi.web.ui.formats import french_date
from places import a_person, a_territory, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return a_territory(fictional=False)


@pytest.fixture
def chief(town):
    return a_person(town, "administrator", email="chief@example.org")


@pytest.fixture
def client(chief):
    return signed_in(chief)


def signed_in(person):
    return strongly(Client(), person)


def at(town, path=""):
    return f"/t/{town.slug}/reglages/personnes/{path}"


def text(answer):
    return answer.content.decode().replace("&#x27;", "'")


def day(n):
    return (timezone.localdate() + timedelta(days=n)).isoformat()


def row_of(town, person, role):
    with scope.inside(town):
        return Membership.objects.of(town).get(person=person, role=role)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("agent", 404),
        ("decider", 404),
        ("partner", 404),
        ("dpo", 200),
        ("auditor", 200),
        ("security_officer", 200),
    ],
)
def test_people_are_displayed_to_those_whose_trade_it_is(town, role, status):
    person = services.admit(town, "one@example.org", "One", ["agent"], by=None) if role == "agent" else None
    if role == "partner":
        later = Term(until=timezone.now() + timedelta(days=9))
        person = services.admit(town, "one@example.org", "One", ["partner"], by=None, term=later)
    person = person or a_person(town, role)
    assert signed_in(person).get(at(town)).status_code == status


def test_who_only_reads_people_meets_no_act(town):
    agent = a_person(town, "agent")
    client = signed_in(a_person(town, "auditor"))
    page = text(client.get(at(town, f"{agent.pk}/")))
    assert "Donner un rôle" not in page
    for path in ("inviter/", f"{agent.pk}/roles/", f"{agent.pk}/depart/", f"{agent.pk}/remplacer/"):
        assert client.get(at(town, path)).status_code == 404, path
    for path in ("suspendre", "retablir", "inviter-encore"):
        assert client.post(at(town, f"{agent.pk}/{path}/")).status_code == 404, path


def test_people_are_searched_and_filtered_by_role_and_state(town, client):
    a_person(town, "agent", email="camille@example.org")
    deleted = a_person(town, "auditor", email="lou@example.org")
    services.depart(town, deleted, by=None)
    assert "camille@example.org" in text(client.get(at(town)))
    assert "lou@example.org" not in text(client.get(at(town)))
    assert "lou@example.org" in text(client.get(at(town, "?etat=left")))
    assert "camille@example.org" in text(client.get(at(town, "?mots=CAMILLE")))
    assert "Personne ne correspond" in text(client.get(at(town, "?mots=zzz")))
    by_role = text(client.get(at(town, "?role=agent")))
    assert "camille@example.org" in by_role
    assert "1 personne<" in by_role


def test_a_person_of_another_territory_is_unknown_here(town, client):
    other = a_territory("Ailleurs", code="99T02", fictional=False)
    stranger = a_person(other, "agent", email="loin@example.org")
    for path in ("", "roles/", "depart/", "remplacer/", "deleguer/"):
        assert client.get(at(town, f"{stranger.pk}/{path}")).status_code == 404, path


def test_an_administrator_invites_an_elected_person_with_their_legal_act(town, client):
    posted = {"name": "Awa Diallo", "email": "awa@example.org", "roles": ["decider"]}
    refused = client.post(at(town, "inviter/"), posted)
    assert refused.status_code == 422
    assert "référence et la date de l'acte" in text(refused)
    page = text(
        client.post(
            at(town, "inviter/"), posted | {"legal_act_reference": "PV n° 1", "legal_act_date": day(-20)}
        )
    )
    assert "/entree/" in page
    assert may(Person.objects.get(email="awa@example.org"), "decision.record", town)


def test_a_legal_act_without_its_date_is_requested_for(town, client):
    posted = {"name": "A", "email": "a@example.org", "roles": ["decider"], "legal_act_reference": "PV n° 1"}
    assert "Donnez la date de cet acte" in text(client.post(at(town, "inviter/"), posted))


def test_who_has_an_account_already_is_granted_a_link_to_join_and_none_into_it(town, client):
    other = a_territory("Ailleurs", code="99T02", fictional=False)
    a_person(other, "agent", email="awa@example.org")
    page = text(
        client.post(at(town, "inviter/"), {"name": "A", "email": "awa@example.org", "roles": ["agent"]})
    )
    assert "/entree/" not in page
    assert "/rejoindre/" in page
    assert "a déjà un compte" in page


def test_inviting_again_shows_a_new_link(town, client):
    agent = a_person(town, "agent")
    assert "Inviter de nouveau" in text(client.get(at(town, f"{agent.pk}/")))
    assert "/entree/" in text(client.post(at(town, f"{agent.pk}/inviter-encore/")))


def test_roles_are_granted_dated_and_taken_back_on_the_page(town, client):
    agent = a_person(town, "agent")
    client.post(at(town, f"{agent.pk}/roles/"), {"roles": ["supervisor"], "until": day(10)})
    assert roles_of(agent, town) == {"agent", "supervisor"}
    row = row_of(town, agent, "supervisor")
    assert timezone.localtime(row.last_day).date().isoformat() == day(10), "the last day is included"
    form = text(client.get(at(town, f"{agent.pk}/roles/{row.pk}/")))
    assert f'value="{day(10)}"' in form
    client.post(at(town, f"{agent.pk}/roles/{row.pk}/"), {"since": day(0), "until": day(20)})
    assert timezone.localtime(row_of(town, agent, "supervisor").last_day).date().isoformat() == day(20)
    client.post(at(town, f"{agent.pk}/roles/{row.pk}/retirer/"))
    assert roles_of(agent, town) == {"agent"}


def test_the_page_of_a_person_says_since_when_they_are_here(town, client):
    person = a_person(town, "agent", "supervisor")
    with scope.inside(town):
        Membership.objects.of(town).filter(person=person, role="agent").update(
            since=timezone.now() - timedelta(days=400)
        )
    page = text(client.get(at(town, f"{person.pk}/")))
    first = row_of(town, person, "agent").since
    assert f"<dt>Ici depuis le</dt><dd>{french_date(first, hour=False)}</dd>" in page


def test_one_does_not_change_ones_own_roles(town, client, chief):
    page = text(client.get(at(town, f"{chief.pk}/")))
    assert "C'est vous" in page
    refused = client.post(at(town, f"{chief.pk}/roles/"), {"roles": ["agent"]})
    assert refused.status_code == 422
    assert "soi-même" in text(refused)


def test_a_delegation_is_written_displayed_and_revoked(town, client):
    mayor, deputy = a_person(town, "decider"), a_person(town, "agent")
    posted = {
        "delegator": mayor.pk,
        "object": "Cantines",
        "legal_act_reference": "Arrêté n° 34",
        "legal_act_date": day(-2),
    }
    page = text(client.post(at(town, f"{deputy.pk}/deleguer/"), posted, follow=True))
    assert "Arrêté n° 34" in page
    assert may(deputy, "decision.record", town)
    with scope.inside(town):
        provided = Delegation.objects.of(town).get()
    client.post(at(town, f"{mayor.pk}/delegations/{provided.pk}/revoquer/"))
    assert not may(deputy, "decision.record", town)
    assert "révoquée" in text(client.get(at(town, f"{deputy.pk}/")))


def test_a_delegation_is_reached_through_its_own_people_only(town, client):
    mayor, deputy, third = a_person(town, "decider"), a_person(town, "agent"), a_person(town, "auditor")
    posted = {"delegator": mayor.pk, "object": "x", "legal_act_reference": "A", "legal_act_date": day(-2)}
    client.post(at(town, f"{deputy.pk}/deleguer/"), posted)
    with scope.inside(town):
        provided = Delegation.objects.of(town).get()
    assert client.post(at(town, f"{third.pk}/delegations/{provided.pk}/revoquer/")).status_code == 404
    assert may(deputy, "decision.record", town)


def test_a_replacement_is_displayed_with_its_dates_on_the_list(town, client):
    absent, substitute = a_person(town, "supervisor", email="absent@example.org"), a_person(town, "agent")
    posted = {"substitute": substitute.pk, "roles": ["supervisor"], "until": day(9)}
    page = client.post(at(town, f"{absent.pk}/remplacer/"), posted, follow=True)
    assert "remplace" in text(page)
    assert f"remplace {absent.name}" in text(client.get(at(town)))
    assert roles_of(substitute, town) == {"agent", "supervisor"}


def test_a_replacement_without_an_end_is_requested_for_it(town, client):
    absent, substitute = a_person(town, "supervisor"), a_person(town, "agent")
    answer = client.post(
        at(town, f"{absent.pk}/remplacer/"), {"substitute": substitute.pk, "roles": ["supervisor"]}
    )
    assert answer.status_code == 422


def test_suspending_requires_why_and_restoring_gives_everything_back(town, client):
    agent = a_person(town, "agent")
    assert client.post(at(town, f"{agent.pk}/suspendre/"), {"reason": ""}).status_code == 422
    client.post(at(town, f"{agent.pk}/suspendre/"), {"reason": "Poste volé"})
    assert signed_in(agent).get(f"/t/{town.slug}/").status_code == 404
    assert "accès suspendu" in text(client.get(at(town, f"{agent.pk}/")))
    client.post(at(town, f"{agent.pk}/retablir/"))
    assert signed_in(agent).get(f"/t/{town.slug}/").status_code == 200


def test_a_departure_is_prepared_on_a_page_then_done_by_its_button(town, client):
    agent = a_person(town, "agent")
    assert "Fermer tous ses accès" in text(client.get(at(town, f"{agent.pk}/depart/")))
    assert may(agent, "territory.enter", town), "looking at the page closes nothing"
    client.post(at(town, f"{agent.pk}/depart/"))
    assert not may(agent, "territory.enter", town)
    assert "Départ d'un membre" in text(client.get(at(town, f"{agent.pk}/")))


def test_the_last_administrator_is_requested_to_name_another(town, client, chief):
    agent = a_person(town, "agent")
    assert client.post(at(town, f"{chief.pk}/depart/")).status_code == 422
    client.post(at(town, f"{chief.pk}/depart/"), {"successor": agent.pk})
    assert may(agent, "member.invite", town)
    assert not may(chief, "territory.enter", town)


def test_the_table_of_rights_is_read_by_whoever_enters_and_names_every_act_and_role(town):
    page = text(signed_in(a_person(town, "agent")).get(f"/t/{town.slug}/reglages/droits/"))
    for sentence in ACTS.values():
        assert sentence in page or sentence[0].upper() + sentence[1:] in page, sentence
    for role, label in ROLES.items():
        assert label in page or label.capitalize() in page, label
        assert RIGHTS[role] <= ACTS.keys()


def test_the_evidence_pack_is_read_and_verified_without_us(town):
    mayor = a_person(town, "decider")
    client = signed_in(a_person(town, "auditor"))
    path = f"/t/{town.slug}/reglages/preuves/"
    assert client.get(path).status_code == 200
    with scope.inside(town):
        before = ledger.lines_of(town).count()
    answer = client.post(path)
    pack = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert pack.testzip() is None
    roles = pack.read("roles.csv").decode("utf-8-sig")
    assert mayor.name in roles
    assert "Procès-verbal" in roles
    lines = [
        chain.Line(**json.loads(row)) for row in pack.read("registre-des-actes.jsonl").decode().splitlines()
    ]
    assert (len(lines), lines[-1].act) == (before + 1, "evidence.export"), "taking it is itself a line"
    message = json.loads(pack.read("verification-du-registre.json"))
    assert message["intact"]
    assert chain.verify(lines).root in message.values()
    assert {"traitements.csv", "delegations.csv", "LISEZ-MOI.txt"} <= set(pack.namelist())
    assert signed_in(a_person(town, "agent")).post(path).status_code == 404
