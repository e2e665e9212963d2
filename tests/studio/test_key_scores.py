"""Which columns are proposed as a join key: what their values have in common beyond chance."""

from dataclasses import replace

import pytest

from beffroi.web.studio.columns import ColumnCounts, classify_column
from beffroi.web.studio.key_scores import (
    KeyColumn,
    may_be_key,
    may_be_part,
    may_be_parts,
    score,
    shared_header,
)

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


def test_of_two_columns_that_hold_the_same_codes_the_one_with_the_same_header_comes_first():
    codes = [f"AR{n:04}" for n in range(40)]
    left = column("stop_id", codes, "code", rows_each=5)
    same, other = (
        score(left, column("stop_id", codes, "code")),
        score(left, column("stop_code", codes, "code")),
    )
    assert same and other and same.rank < other.rank


def test_an_identifier_of_a_list_is_what_another_file_calls_by_the_name_of_that_list():
    numbers = column("idQuartier", range(1, 11), rows_each=5)
    listed = replace(column("Identifiant", range(1, 19)), topic="Quartiers de la ville")
    found = score(numbers, listed)
    assert found and found.sound and found.share == 1
    assert score(numbers, replace(listed, topic="Parcs et jardins")) is None
    districts_of_another_town = column("Quartier", range(1, 11))
    assert score(districts_of_another_town, listed) is None  # a list too, and no reference to this one
    assert score(numbers, replace(column("Rang", range(1, 19)), topic="Quartiers de la ville")) is None


@pytest.mark.parametrize("label", ["Effectif", "Température", "Latitude", "Mois"])
def test_amounts_rates_coordinates_and_parts_of_dates_are_no_key(label):
    assert not may_be_key(column(label, COUNTERS).use)
    assert may_be_key(column("Numéro", COUNTERS).use)


def test_the_month_is_part_of_a_key_and_an_amount_is_not():
    assert may_be_part(column("Mois", range(1, 13)).use)
    assert not may_be_part(column("Effectif", COUNTERS).use)
    months, others = column("Mois", range(1, 13), rows_each=3), column("mois", range(1, 13), rows_each=7)
    assert may_be_parts(months, others)
    assert not may_be_parts(months, column("mois", range(8, 40)))  # most of both find nothing
    assert not may_be_parts(months, column("Site", range(1, 13)))


def test_a_list_that_was_not_read_to_its_end_is_compared_as_far_as_it_was():
    codes = [f"{10_000 + 37 * n}" for n in range(200)]
    cut = KeyColumn(column("Code", codes[:50], "code").use, dict.fromkeys(codes[:50], 1), cut=True)
    found = score(cut, column("INSEE", codes, "code"))
    assert found and found.share == 1 and found.shared == 50


def test_a_word_that_names_nothing_is_no_header_in_common():
    assert not shared_header(column("Nom", ["a"], "text").use, column("Nom du site", ["a"], "text").use)
    assert shared_header(column("Code INSEE", ["a"], "code").use, column("insee_com", ["a"], "code").use)
