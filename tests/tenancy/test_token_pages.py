"""The page of tokens and service accounts: what each person sees there, and what its buttons do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from beffroi.web.platform import ledger
from beffroi.web.platform.api import authentication
from beffroi.web.platform.models import ApiToken, Membership, ServiceAccount
from places import a_person, a_territory, elsewhere

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return a_territory()


@pytest.fixture
def keeper(town):
    return a_person(town, "administrator")


@pytest.fixture
def agent(town):
    return a_person(town, "agent")


def page(town, path=""):
    return f"/t/{town.slug}/reglages/jetons/{path}"


def token_form(**changes):
    until = timezone.localdate() + timedelta(days=30)
    provided = {"label": "Mon carnet", "bearer": "moi", "acts": ["dataset.read"], "until": until.isoformat()}
    return provided | changes


def secret_of(answer):
    return answer.context["issued"].secret


def test_a_token_is_displayed_once_and_works(client, town, agent):
    client.force_login(agent)
    made = client.post(page(town), token_form())
    secret = secret_of(made)
    assert secret in made.content.decode()
    assert "no-store" in made["Cache-Control"]
    again = client.get(page(town)).content.decode()
    assert secret not in again
    assert "Mon carnet" in again
    assert "jamais" in again
    answer = client.get(f"/api/v1/t/{town.slug}", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200


def test_nothing_is_ticked_beforehand_and_only_what_one_may_do_is_offered(client, town, agent):
    client.force_login(agent)
    body = client.get(page(town)).content.decode()
    assert "checked" not in body
    assert "Consulter les tableaux de bord" in body
    assert "dataset.read_personal" not in body
    assert "Comptes de service</h2>" not in body.replace("Les comptes", "Comptes")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"acts": []}, "Cochez au moins une chose"),
        ({"label": ""}, "obligatoire"),
        ({"until": "2001-01-01"}, "passée"),
        ({"until": "2999-01-01"}, "un an au plus"),
        ({"acts": ["decision.record"]}, ""),
        ({"bearer": "1"}, ""),
        ({"resources": ["dataset:1"]}, None),
    ],
)
def test_a_wrong_form_makes_no_token_and_states_why(client, town, agent, changes, message):
    client.force_login(agent)
    answer = client.post(page(town), token_form(**changes))
    if message is None:  # no dataset yet: the question is not asked, the answer not heard
        assert answer.context["issued"].token.resources == []
        return
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert ApiToken.objects.of(town).count() == 0


def test_an_administrator_lets_a_program_in_then_makes_its_token(client, town, keeper):
    client.force_login(keeper)
    provided = {
        "compte-name": "Logiciel de finances",
        "compte-use": "Dépôt de nuit",
        "compte-owner": keeper.pk,
    }
    assert client.post(page(town, "comptes/"), provided).status_code == 302
    account = ServiceAccount.objects.of(town).get()
    made = client.post(page(town), token_form(bearer=str(account.pk), acts=["dataset.deposit"], label="Nuit"))
    token = made.context["issued"].token
    assert (token.person, token.created_by) == (account.person, keeper)
    body = client.get(page(town)).content.decode()
    assert f"dont répond {keeper}" in body
    assert [line.act for line in ledger.lines_of(town)][-2:] == ["service.create", "token.create"]


def test_a_program_is_entrusted_to_another_person_never_to_a_program(client, town, keeper, agent):
    client.force_login(keeper)
    provided = {"compte-name": "Robot", "compte-use": "Essai", "compte-owner": keeper.pk}
    client.post(page(town, "comptes/"), provided)
    account = ServiceAccount.objects.of(town).get()
    to = page(town, f"comptes/{account.pk}/responsable/")
    assert client.post(to, {"owner": agent.pk}).status_code == 302
    account.refresh_from_db()
    assert account.owner == agent
    for wrong in (account.person_id, 10**30, "x", ""):
        assert client.post(to, {"owner": wrong}).status_code == 404


def test_revoking_stops_the_token_at_once(client, town, agent):
    client.force_login(agent)
    issued = client.post(page(town), token_form()).context["issued"]
    assert client.post(page(town, f"{issued.token.pk}/revoquer/")).status_code == 302
    assert authentication.find(issued.secret) is None
    assert "révoqué" in client.get(page(town)).content.decode()


def test_nobody_revokes_the_token_of_another_but_the_administrator(client, town, keeper, agent):
    client.force_login(agent)
    issued = client.post(page(town), token_form()).context["issued"]
    client.force_login(a_person(town, "data_officer"))
    assert client.post(page(town, f"{issued.token.pk}/revoquer/")).status_code == 404
    assert authentication.find(issued.secret) is not None
    client.force_login(keeper)
    assert client.post(page(town, f"{issued.token.pk}/revoquer/")).status_code == 302
    assert authentication.find(issued.secret) is None


def test_an_agent_lets_no_program_in(client, town, agent):
    client.force_login(agent)
    provided = {"compte-name": "Robot", "compte-use": "Essai", "compte-owner": agent.pk}
    assert client.post(page(town, "comptes/"), provided).status_code == 404
    assert ServiceAccount.objects.of(town).count() == 0


def test_the_tokens_of_another_territory_are_neither_seen_nor_revoked(client, town, agent):
    other = a_territory("Ailleurs", code="99T02")
    there = a_person(other, "administrator", email="la-bas@example.org")
    client.force_login(agent)
    issued = client.post(page(town), token_form()).context["issued"]
    client.force_login(there)
    assert "Mon carnet" not in client.get(page(other)).content.decode()
    assert client.post(page(other, f"{issued.token.pk}/revoquer/")).status_code == 404
    assert client.get(page(town)).status_code == 404
    with elsewhere(other):
        assert Membership.objects.of(other).count() == 1
    assert authentication.find(issued.secret) is not None
