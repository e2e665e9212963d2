"""Which file is the next edition of which: names without their dates, then columns, then rows."""

import pytest

from beffroi.web.catalogue.planning.matching import differ_by_a_number, stem, title_of
from beffroi.web.catalogue.planning.table_proposals import mode_from


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cantine_janvier-2024.csv", "cantine fevrier 2024.xlsx"),
        ("2024/export_paie_0124.csv", "archives/export_paie_0224.csv"),
        ("menus_2011-2015.csv", "menus_2016-2019.csv"),
        ("Effectifs T1 2024.ods", "effectifs-t2-2024.ods"),
        ("déchets (1).csv", "dechets.csv"),
        ("envoi.zip!compteurs_2023.csv", "compteurs_2024.csv"),
        ("comptes.xlsx#2023", "comptes.xlsx#2024"),
        ("comptes.xlsx#Feuil1", "comptes.xlsx"),
        ("subventions v2 final.csv", "subventions.csv"),
    ],
)
def test_two_editions_of_one_file_have_the_same_stem(one, other):
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CarteScoMat_2013.csv", "CarteScoPri_2013.csv"),
        ("Quartiers.geojson", "SousQuartiers.geojson"),
        ("comptes.xlsx#Recettes", "comptes.xlsx#Dépenses"),
        ("2023.csv", "2024.csv"),
    ],
)
def test_two_different_files_do_not(one, other):
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    ("one", "other", "different"),
    [
        ("A273011002.csv", "A605102001.csv", True),
        ("dechets_44109.csv", "dechets_44162.csv", True),
        ("repas_2024-05.csv", "repas_2025-11.csv", False),
        ("export_0124.csv", "export_0224.csv", False),
        ("gtfs-20240704-090655.zip!stops.txt", "gtfs-20240811-101200.zip!stops.txt", False),
        ("export 1717000000.csv", "export 1719000000.csv", False),
        ("repas (1).csv", "repas (2).csv", False),
        ("44109/repas.csv", "44162/repas.csv", False),
    ],
)
def test_a_number_that_is_no_date_tells_two_files_apart(one, other, different):
    assert differ_by_a_number(one, other) is different


@pytest.mark.parametrize(
    ("origin", "title"),
    [
        ("dossier/menus_2011-2015.csv", "Menus"),
        ("comptes 2024.xlsx#Recettes", "Comptes, Recettes"),
        ("frequentation.csv", "Frequentation"),
        ("2024.csv", "2024"),
        ("envoi.zip!compteurs_2023.csv", "Compteurs"),
        ("mouvements-sociaux-depuis-2002.csv", "Mouvements sociaux"),
    ],
)
def test_a_new_dataset_is_named_after_what_lasts_in_the_file_name(origin, title):
    assert title_of(origin) == title


def test_a_file_that_has_the_existing_rows_again_replaces_them():
    mode, why, sure = mode_from(0.98, 100, 110)
    assert (mode, sure) == ("replace", True)
    assert "98 %" in why


def test_an_edition_that_drops_rows_is_proposed_with_a_doubt():
    mode, why, sure = mode_from(0.7, 100, 130)
    assert (mode, sure) == ("replace", False)
    assert "quittent le jeu" in why


def test_a_shorter_edition_is_proposed_with_a_warning():
    mode, why, sure = mode_from(0.6, 100, 60)
    assert (mode, sure) == ("replace", False)
    assert "moins de lignes" in why


def test_a_file_without_the_existing_rows_adds_to_them():
    assert mode_from(0.0, 100, 30)[0] == "append"


def test_a_small_overlap_is_added_with_a_doubt():
    mode, why, sure = mode_from(0.2, 100, 30)
    assert (mode, sure) == ("append", False)
    assert "deux fois" in why
