"""Ready-made boards on files that a town really publishes: recognised without a hand, and right."""

import html
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.lifecycle import Choice, load_plans
from beffroi.web.studio import services
from beffroi.web.studio.models import StoredRecipe
from places import a_person

pytestmark = [pytest.mark.django_db, pytest.mark.long]
MONTPELLIER = "open-data/montpellier-2014"


@pytest.fixture
def client(agent):
    client = Client()
    client.force_login(agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def make(client, town, real_data):
    """Pour the files, accept what the page recognises: what it says, and the rows of each figure by title."""

    def made(model, *names, person, public=()):
        for name in names:
            file = real_data / MONTPELLIER / name
            if not file.is_file():
                pytest.skip(f"real file absent: {file}")
            delivery = lifecycle.stage(lifecycle.receive(town, person, file.name, file))
            personal = dict.fromkeys(public, False)
            lifecycle.pour(
                delivery,
                person,
                [
                    Choice(plan.index, plan.match.dataset, plan.match.title, plan.match.mode, personal)
                    for plan in load_plans(delivery)
                ],
            )
        address = reverse("readymade-board", args=[town.slug, model])
        form = client.get(address).context["form"]
        data = {name: form[name].value() or "" for name in form.fields}
        answer = client.post(address, data | {"action": "make"}, follow=True)
        figures = {
            stored.title: services.answer(person, stored).released.table.to_pylist()
            for stored in StoredRecipe.objects.all()
        }
        return html.unescape(answer.content.decode()).replace("\u00a0", " "), figures

    return made


def test_a_budget_counts_expenses_alone_and_grants_by_who_received_them(agent, make):
    page, figures = make(
        "budget", "VilleMTP_MTP_BudgetAnt.csv", "VilleMTP_MTP_AttribSub_2014.ods", person=agent
    )
    assert "Le tableau « Budget et subventions » est fait. Il y manque « Part du budget voté" in page
    yearly = figures["Dépenses réalisées, par exercice"]
    assert [row["exercice"] for row in yearly] == list(range(2005, 2013))
    # Summed by hand from the rows « D » of the file: with its receipts, 2012 would be 971 million.
    assert (yearly[0]["valeur"], yearly[-1]["valeur"]) == (Decimal("346120340.89"), Decimal("459893299.77"))
    assert figures["Subventions versées, par bénéficiaire"][0]["structure"].endswith("HANDBALL")


def test_deliberations_are_counted_by_session_and_by_department(town, make, real_data):
    steward = a_person(town, "data_officer", "agent")
    page, figures = make("deliberations", "VilleMTP_MTP_Delibs.csv", person=steward, public=["elu_s"])
    assert "Le tableau « Délibérations » est fait" in page
    assert figures["Délibérations prises"] == [{"valeur": 160}]
    assert figures["Délibérations par année"] == [{"year": 2013, "valeur": 160}]
    assert figures["Délibérations par matière"][0]["valeur"] == 29


def test_equipment_is_counted_by_kind_and_by_district(agent, make):
    page, figures = make("equipements", "VilleMTP_MTP_EtabliPublic.csv", person=agent)
    assert "Il y manque « Équipements par habitant »" in page
    assert figures["Équipements"] == [{"valeur": 1024}]
    assert sum(row["valeur"] for row in figures["Équipements par commune ou quartier"]) <= 1024


def test_a_protected_file_is_named_with_what_to_do(town, agent, client, make):
    make("deliberations", "VilleMTP_MTP_Delibs.csv", person=agent)
    page = client.get(reverse("readymade-board", args=[town.slug, "deliberations"])).content.decode()
    assert "Delibs" in page and "contient des données personnelles" in page
