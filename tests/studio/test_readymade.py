"""Ready-made boards: files and columns recognised by meaning, figures made of what is there, a question where unsure."""

import html

import pytest
from canteens import MEALS, poured
from django.test import Client
from django.urls import reverse

from beffroi.web.studio import services
from beffroi.web.studio.models import Board, StoredRecipe
from beffroi.web.studio.readymade.models import readymade_boards

pytestmark = pytest.mark.django_db
CALENDAR = "Date;Type de jour\n" + "".join(
    f"{day};Ouvrable\n" for day in ("06/01/2025", "07/01/2025", "03/02/2025")
)
SWIMMING = "Nom;Type;Commune\nAgly;Piscine;Les Saules\nBel;Gymnase;Les Saules\nCos;Piscine;LE BAC\n"
PEOPLE = "Commune;Habitants\nLes Saules;400\nLe Bac;100\n"


@pytest.fixture
def client(agent):
    client = Client()
    client.force_login(agent, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def make(client, town):
    """The page of a ready-made board, then the board, everything being accepted as it is recognised."""

    def made(model):
        address = reverse("readymade-board", args=[town.slug, model])
        form = client.get(address).context["form"]
        data = {name: form[name].value() or "" for name in form.fields}
        answer = client.post(address, data | {"action": "make"}, follow=True)
        return html.unescape(answer.content.decode()).replace("\u00a0", " ")

    return made


def test_each_board_reads_only_roles_of_its_files():
    assert {board.key for board in readymade_boards()} == {
        "budget", "cantine", "dechets", "deliberations", "equipements",
    }  # fmt: skip


def test_a_budget_of_expenses_and_receipts_counts_its_expenses(town, agent, make):
    lines = [("2023", "D", "ECOLES", 900), ("2023", "R", "IMPOTS", 1600), ("2024", "D", "VOIRIE", 700)]
    lines += [("2022", "D", "VOIRIE", 950), ("2024", "R", "VENTES", 20), ("2024", "D", "ECOLES", 100)]
    text = "Exercice;D_R;Libellé fonction;Exécuté\n" + "".join(
        ";".join(map(str, line)) + "\n" for line in lines
    )
    poured(town, agent, text, "Budget primitif.csv")
    assert "Le tableau « Budget et subventions » est fait." in make("budget")
    yearly = services.answer(agent, StoredRecipe.objects.get(title="Dépenses réalisées, par exercice"))
    assert yearly.released.table.to_pylist() == [
        {"exercice": 2022, "valeur": 950},
        {"exercice": 2023, "valeur": 900},
        {"exercice": 2024, "valeur": 800},
    ]


def test_a_canteen_board_is_made_of_two_files(town, agent, make):
    poured(town, agent, MEALS, "Cantines.csv")
    poured(town, agent, CALENDAR, "Calendrier.csv")
    assert "Le tableau « Cantine » est fait." in make("cantine")
    assert Board.objects.get().figures.count() == 6
    share = services.answer(agent, StoredRecipe.objects.get(title__contains="par jour de la semaine"))
    days = {row["weekday"]: row["valeur"] for row in share.released.table.to_pylist()}
    assert days["lundi"] == pytest.approx(100 * (110 + 60 + 62) / (120 + 70 + 64))
    total = services.answer(agent, StoredRecipe.objects.get(title="Repas servis"))
    assert total.released.table.to_pylist() == [{"valeur": 526}]
    assert total.figure.unit == "repas"


def test_what_a_file_lacks_is_told_and_the_rest_is_made(town, agent, make, client):
    poured(town, agent, MEALS.replace("Prévision", "Remarque").replace(";120;", ";vu;"), "Cantines.csv")
    page = make("cantine")
    assert "Il y manque « Repas prévus qui n'ont pas été servis »" in page
    assert "Repas servis par mois" in page


def test_places_are_counted_for_their_inhabitants(town, agent, make):
    poured(town, agent, SWIMMING, "Équipements.csv")
    poured(town, agent, PEOPLE, "Population.csv")
    make("equipements")
    found = services.answer(agent, StoredRecipe.objects.get(title="Équipements par habitant"))
    assert {row["commune"]: row["valeur"] for row in found.released.table.to_pylist()} == pytest.approx(
        {"Les Saules": 2 / 400, "LE BAC": 1 / 100}
    )


def test_a_column_that_two_headers_announce_is_a_question(town, agent, client):
    poured(
        town,
        agent,
        "Date;Site;Repas midi;Repas soir\n06/01/2025;A;10;20\n07/01/2025;B;11;21\n",
        "Cantines.csv",
    )
    page = client.get(reverse("readymade-board", args=[town.slug, "cantine"])).content.decode()
    assert "À vérifier" in page and "<details open><summary>Ses colonnes" in page


def test_nothing_is_made_without_a_figure(town, agent, client):
    dataset = poured(town, agent, "Salle;Places\nA;3\nB;4\n", "Salles.csv").dataset
    address = reverse("readymade-board", args=[town.slug, "cantine"])
    page = client.post(address, {"meals": dataset.slug, "calendar": "", "action": "make"}).content.decode()
    assert "Aucune figure ne peut être faite" in html.unescape(page)
    assert not Board.objects.exists()
