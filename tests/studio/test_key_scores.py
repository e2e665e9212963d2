"""Which columns are proposed as a join key: what their values have in common beyond chance."""

import pytest

from beffroi.web.studio.columns import ColumnCounts, classify_column
from beffroi.web.studio.key_scores import KeyColumn, may_be_key, score, shared_header

COUNTERS = (89, 664, 665, 667, 668, 670, 673, 676, 679, 680, 683, 685, 688, 697, 699, 700, 701, 725, 744, 745)


def column(label, values, kind="integer", rows_each=1):
    counted = ColumnCounts(
        len(values) * rows_each, len(values) * rows_each, len(values), min(values), max(values)
    )
    use = classify_column(label.lower().replace(" ", "_"), label, kind, None, counted)
    return KeyColumn(use, dict.fromkeys(sorted(values), rows_each))


def test_short_numbers_are_a_key_where_a_list_has_each_once_and_most_rows_find_theirs():
    found = score(column("id", COUNTERS[2:], rows_each=40), column("Numéro", COUNTERS))
    assert found and found.sound and found.share == 1
    assert score(column("id", COUNTERS, rows_each=40), column("Numéro", COUNTERS, rows_each=2)) is None


def test_small_numbers_that_any_two_files_share_are_no_key():
    districts = column("Quartier", range(1, 8), rows_each=30)
    assert score(districts, column("Identifiant", range(1, 12))) is None
    same_header = score(districts, column("QUARTIER", range(1, 8)))
    assert same_header and same_header.sound
    assert score(column("SITE", range(1, 80), rows_each=2), column("Sites", range(200, 207))) is None


def test_the_ranks_of_the_rows_of_two_files_are_no_key():
    assert score(column("OBJECTID", range(1, 8)), column("OBJECTID", range(1, 32))) is None


def test_a_code_that_lost_its_zero_finds_the_one_that_kept_it():
    padded = column("Code quartier", [f"0{n}" for n in range(1, 8)], "code", rows_each=10)
    found = score(padded, column("QUARTIER", range(1, 8)))
    assert found and found.fold and found.share == 1


def test_codes_come_before_names_that_match_as_many_rows():
    names = [f"Commune numéro {n}" for n in range(20)]
    codes = [f"{10_000 + 37 * n:05}" for n in range(20)]
    by_name = score(column("Nom", names, "text"), column("Libellé", names, "text"))
    by_code = score(column("Code", codes, "code"), column("INSEE", codes, "code"))
    assert by_name and by_code and by_code.rank < by_name.rank


@pytest.mark.parametrize("label", ["Effectif", "Température", "Latitude", "Mois"])
def test_amounts_rates_coordinates_and_parts_of_dates_are_no_key(label):
    assert not may_be_key(column(label, COUNTERS).use)
    assert may_be_key(column("Numéro", COUNTERS).use)


def test_a_list_that_was_not_read_to_its_end_is_compared_as_far_as_it_was():
    codes = [f"{10_000 + 37 * n}" for n in range(200)]
    cut = KeyColumn(column("Code", codes[:50], "code").use, dict.fromkeys(codes[:50], 1), cut=True)
    found = score(cut, column("INSEE", codes, "code"))
    assert found and found.share == 1 and found.shared == 50


def test_a_word_that_names_nothing_is_no_header_in_common():
    assert not shared_header(column("Nom", ["a"], "text").use, column("Nom du site", ["a"], "text").use)
    assert shared_header(column("Code INSEE", ["a"], "code").use, column("insee_com", ["a"], "code").use)
