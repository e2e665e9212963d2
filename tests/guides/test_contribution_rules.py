"""What a third party writes by an address: never counted before a person has taken it, never more than it was asked for."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from beffroi.guides import Questionnaire, Register
from beffroi.web.guides.contributions import services
from beffroi.web.guides.errors import FaultsError, GuideError, RowsError
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import Contribution, ContributionLink, RegisterEntry, Response, answers_of
from beffroi.web.guides.services import responses
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Person, Territory
from places import a_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(territory: Territory) -> Person:
    return a_person(territory, "security_officer")


@pytest.fixture
def contracts() -> Register:
    return guide(Register, "contracts")


def an_address(
    territory: Territory, by: Person, register: Register | Questionnaire, response: Response | None = None
) -> tuple[ContributionLink, str]:
    until = timezone.localdate() + timedelta(30)
    return services.create_link(territory, by, register, "Dupont\u202e Informatique", until, response)


def entries(territory: Territory) -> list[dict[str, Any]]:
    return [entry.values for entry in RegisterEntry.objects.of(territory).filter(removed_at=None)]


def test_what_a_third_party_writes_counts_once_a_person_has_taken_it(
    territory: Territory, officer: Person, contracts: Register
) -> None:
    link, secret = an_address(territory, officer, contracts)
    assert link.name == "Dupont Informatique"
    sent = services.contribute(link, [{"name": "Gaz", "cost": "40"}], "Vu\u200b avec vous")
    assert entries(territory) == [] and sent.note == "Vu avec vous"
    assert ledger.lines_of(territory).last().act == "contribution.receive"
    services.take(sent, officer)
    assert entries(territory) == [{"name": "Gaz", "cost": 40}]
    assert RegisterEntry.objects.of(territory).get().by == officer
    with pytest.raises(GuideError, match="déjà relu"):
        services.refuse(sent, officer, "Trop tard pour cela")
    assert secret not in str(ContributionLink.objects.of(territory).values())


def test_answers_are_taken_with_who_wrote_them_or_left_with_a_reason(
    territory: Territory, officer: Person
) -> None:
    questionnaire = guide(Questionnaire, "mon_aide_cyber")
    response = responses.open_response(territory, officer, questionnaire)
    link, _ = an_address(territory, officer, questionnaire, response)
    question = next(each for each in questionnaire.questions if each.kind == "choice" and not each.internal)
    first = services.contribute(link, {question.key: question.options[0].key}, "")
    assert answers_of(response) == {}
    with pytest.raises(GuideError, match="pourquoi"):
        services.refuse(first, officer, "non")
    services.refuse(first, officer, "Ce n'est plus le cas")
    assert answers_of(response) == {}
    services.take(services.contribute(link, {question.key: question.options[1].key}, ""), officer)
    assert answers_of(response) == {question.key: question.options[1].key}
    assert response.answers.get().note == "D'après Dupont Informatique"
    responses_before = response.answers.count()
    with pytest.raises(FaultsError):
        services.contribute(link, {question.key: "inventée"}, "")
    assert response.answers.count() == responses_before


def test_who_may_not_answer_gives_no_address_and_takes_nothing(
    territory: Territory, officer: Person, contracts: Register
) -> None:
    link, _ = an_address(territory, officer, contracts)
    sent = services.contribute(link, [{"name": "Gaz"}], "")
    decider = a_person(territory, "decider")
    for act in (
        lambda: an_address(territory, decider, contracts),
        lambda: services.take(sent, decider),
        lambda: services.refuse(sent, decider, "Pas de mon ressort"),
        lambda: services.end_link(link, decider),
    ):
        with pytest.raises(PermissionDenied):
            act()
    sent.refresh_from_db()
    assert sent.state == "waiting"


def test_nothing_is_sent_without_end_nor_ill_formed(
    territory: Territory, officer: Person, contracts: Register
) -> None:
    link, _ = an_address(territory, officer, contracts)
    with pytest.raises(GuideError, match="rien rempli"):
        services.contribute(link, [], "")
    with pytest.raises(RowsError):
        services.contribute(link, [{"name": "Gaz", "cost": "beaucoup"}], "")
    with pytest.raises(GuideError, match="200 lignes"):
        services.contribute(link, [{"name": f"Contrat {n}"} for n in range(201)], "")
    for n in range(services.MOST_WAITING):
        services.contribute(link, [{"name": f"Contrat {n}"}], "")
    with pytest.raises(GuideError, match="attendent d'être relus"):
        services.contribute(link, [{"name": "De trop"}], "")
    assert Contribution.objects.of(territory).count() == services.MOST_WAITING


def test_an_address_opens_nothing_once_it_ended_or_the_room_is_closed(
    territory: Territory, officer: Person, contracts: Register
) -> None:
    link, secret = an_address(territory, officer, contracts)
    assert services.find_open_link(territory, secret) == link
    services.end_link(link, officer)
    assert services.find_open_link(territory, secret) is None
    questionnaire = guide(Questionnaire, "mon_aide_cyber")
    response = responses.open_response(territory, officer, questionnaire)
    _, of_answers = an_address(territory, officer, questionnaire, response)
    assert services.find_open_link(territory, of_answers) is not None
    territory.closed = {"room:cyber": "host"}
    assert services.find_open_link(territory, of_answers) is None
    for until in (timezone.localdate() - timedelta(1), timezone.localdate() + timedelta(200)):
        with pytest.raises(GuideError, match="six mois"):
            services.create_link(territory, officer, contracts, "Dupont", until)
    with pytest.raises(DatabaseError), transaction.atomic():
        ContributionLink.objects.of(territory).filter(pk=link.pk).update(ended_at=None)


def test_a_third_party_fills_in_without_account_and_reads_what_became_of_it(
    territory: Territory, officer: Person, contracts: Register, client: Client
) -> None:
    link, secret = an_address(territory, officer, contracts)
    address = f"/p/{territory.slug}/remplir/{secret}/"
    with scope.nowhere():
        page = client.get(address)
        assert page.status_code == 200 and page["Referrer-Policy"] == "same-origin"
        assert client.get(f"/p/{territory.slug}/remplir/{secret[:-1]}/").status_code == 404
        assert client.post(address, {"ligne-2-name": "Gaz", "ligne-2-cost": "mille"}).status_code == 422
        assert (
            client.post(
                address, {"ligne-2-name": "Gaz", "ligne-2-kind": "energy", "ligne-2-cost": "1000"}
            ).status_code
            == 302
        )
        assert "à vérifier" in client.get(address).content.decode()
    services.refuse(link.contributions.get(), officer, "Ce contrat est fini")
    with scope.nowhere():
        page = client.get(address).content.decode()
        assert "Ce contrat est fini" in page and "1000" not in page and "Gaz" not in page
    client.force_login(officer)
    with scope.nowhere():
        inside = client.get(f"/t/{territory.slug}/guides/registres/contracts/tiers/").content.decode()
        assert "Dupont Informatique" in inside and "Gaz" in inside and secret not in inside
