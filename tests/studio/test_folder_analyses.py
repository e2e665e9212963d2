"""Boards made from files that nobody knows in advance: right, labelled, without nonsense, whatever the folder."""

import pytest
from canteens import FAMILIES, MEALS, SCHOOLS

from beffroi.demonstration import analyses
from beffroi.demonstration.analyses import joins, known
from beffroi.recipes import figures
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.models import Dataset
from beffroi.web.studio import dataset_profiles, services
from beffroi.web.studio.models import Board
from places import a_person
from reference_data import require_reference

pytestmark = pytest.mark.django_db

BUDGET = "Exercice;D_R;Nature;Libellé fonction;Exécuté\n" + "".join(
    f"{year};{side};60{n};{function};{amount + year - 2010}\n"
    for year in (2010, 2011, 2012)
    for n, (side, function, amount) in enumerate(
        [
            ("D", "ECOLES", 900),
            ("D", "VOIRIE", 700),
            ("R", "IMPOTS", 1600),
            ("D", "CULTURE", 100),
            ("R", "VENTES", 20),
        ]
        * 2
    )
)
ROLLS = "École;Année scolaire;Effectif\n" + "".join(
    f"{school};{year}-{year + 1};{pupils + year - 2015}\n"
    for year in (2015, 2016, 2017)
    for school, pupils in (("Les Saules", 100), ("Le Bac", 60), ("Le Moulin", 40), ("La Source", 80))
)


@pytest.fixture
def guide(real_town):
    require_reference()
    return a_person(real_town, "administrator", "agent", "data_officer")


@pytest.fixture
def made(real_town, guide, tmp_path):
    """Deposit these files as a folder and analyse it: the boards by slug."""

    def make(**files):
        folder = tmp_path / "export"
        folder.mkdir()
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text, "utf-8")
        catalogue.deposit_folder(real_town, folder, guide)
        return {board.slug: board for board in analyses.make_boards(real_town, guide)}

    return make


def answers(board, person):
    found = [services.answer(person, f.recipe) for f in board.figures.select_related("recipe")]
    return {answer.figure.title: answer for answer in found}


def test_an_attendance_file_makes_the_canteen_board(made, guide):
    board = made(meals=MEALS)["un-matin-a-la-cantine"]
    found = answers(board, guide)
    total = found["Surplus de repas prévus, tous sites ensemble"]
    # 570 ordered, 526 served.
    assert figures.format_single_value(total.figure, total.released.table) == "8,37 % des repas servis"
    assert total.figure.base.startswith("8 relevés")
    assert total.figure.year == "2025 à 2026"


def test_a_budget_file_never_adds_spending_to_income(made, guide):
    made(budget=BUDGET)
    board = Board.objects.get(slug__startswith="le-budget")
    found = answers(board, guide)
    spent = found["Dépenses de l'exercice 2012"]
    assert spent.released.table["montant"].to_pylist() == [2 * (902 + 702 + 102)]


def test_two_files_are_joined_by_what_they_hold_not_by_names(made, guide, real_town):
    board = made(meals=MEALS, schools=SCHOOLS)["deux-fichiers-ensemble"]
    (answer, *_) = answers(board, guide).values()
    assert all(len(a.sources) == 2 for a in answers(board, guide).values())
    assert "sans correspondance" in answer.figure.base
    assert "{" not in answer.figure.base


def test_rolls_of_several_years_are_counted_for_the_last_one(made, guide, real_town):
    made(rolls=ROLLS)
    look = dataset_profiles.profile_datasets(real_town, guide, services.steering(real_town))
    rolls = next(h for h in look if h.dataset.slug == "rolls")
    assert rolls.use("annee_scolaire").role == "year"
    board = Board.objects.get(slug="ce-que-disent-vos-fichiers")
    by_year = answers(board, guide)["Rolls : total de « Effectif » par année"]
    assert by_year.released.table["valeur"].to_pylist() == [280, 284, 288]


def test_every_real_place_has_its_map_of_communes(made, guide):
    board = made(meals=MEALS)["le-territoire"]
    found = answers(board, guide)
    drawn = found["Population par commune"].released.table.to_pylist()
    assert {"code_commune": "44109", "commune": "Nantes"}.items() <= drawn[0].items()
    assert board.figures.count() == 3


def test_what_was_gathered_is_counted(made, guide):
    board = made(meals=MEALS, schools=SCHOOLS)["fichiers-rassembles"]
    number = answers(board, guide)["Lignes rassemblées et prêtes à servir"]
    assert number.released.table["lignes"].to_pylist() == [14]
    assert board.figures.count() == 3


def test_personal_files_are_left_out(made, guide, real_town):
    made(families=FAMILIES, meals=MEALS)
    people = Dataset.objects.of(real_town).get(slug="families")
    used = [slug for r in services.StoredRecipe.objects.all() for slug in r.definition["sources"].values()]
    assert people.slug not in used


def test_a_file_of_nothing_known_does_not_stop_the_rest(made):
    boards = made(rien="a;b\n1;2\n", meals=MEALS)
    assert {"le-territoire", "fichiers-rassembles", "un-matin-a-la-cantine"} <= set(boards)


def test_making_the_boards_again_makes_nothing_twice(made, guide, real_town):
    boards = made(meals=MEALS, schools=SCHOOLS)
    recipes = services.StoredRecipe.objects.count()
    again = analyses.make_boards(real_town, guide)
    assert {board.slug for board in again} == set(boards)
    assert services.StoredRecipe.objects.count() == recipes


def test_two_editions_of_a_file_are_not_joined(made, guide, real_town):
    made(days=MEALS, other=MEALS.replace("LES SAULES", "LES SAULES BIS"))
    processing = services.steering(real_town)
    found = joins.links(
        real_town, guide, processing, dataset_profiles.profile_datasets(real_town, guide, processing)
    )
    assert not {frozenset((link.left.dataset.slug, link.right.dataset.slug)) for link in found} & {
        frozenset(("days", "other"))
    }


@pytest.mark.long
@pytest.mark.parametrize(
    ("folder", "expected"), [("nantes-canteens", "un-matin-a-la-cantine"), ("montpellier-2014", "le-budget-")]
)
def test_a_real_folder_gives_boards_whose_every_figure_answers(real_data, real_town, guide, folder, expected):
    path = real_data / "open-data" / folder
    if not path.is_dir():
        pytest.skip(f"real files absent: {path}")
    catalogue.deposit_folder(real_town, path, guide)
    boards = analyses.make_boards(real_town, guide)
    assert any(board.slug.startswith(expected) for board in boards)
    assert "deux-fichiers-ensemble" in {board.slug for board in boards}
    assert any(board.figures.count() >= 3 for board in boards)
    together = next(board for board in boards if board.slug == "deux-fichiers-ensemble")
    assert all(len(answer.sources) == 2 for answer in answers(together, guide).values())
    for board in boards:
        for answer in answers(board, guide).values():
            assert answer.failure is None
            assert answer.released.table.num_rows
            assert "{" not in answer.figure.caption
    assert all(
        not known.canteen_columns(h) or h.dataset.slug == "frequentation"
        for h in dataset_profiles.profile_datasets(real_town, guide, services.steering(real_town))
    )
