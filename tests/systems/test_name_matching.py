"""Name matching: candidates among the names of the other file, proposed only when one stands out."""

import csv
import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.systems import name_matching

DATA = Path(os.environ.get("BEFFROI_REAL_DATA", "../shared/data"))
MAPPING = DATA / "open-data/nantes-canteens/mappings/mapping_ecoles_cantines.csv"


def test_accents_case_and_signs_do_not_matter() -> None:
    assert (
        name_matching.match_key("École Élémentaire Jean-Moulin (CŒUR)")
        == "ecole elementaire jean moulin coeur"
    )


def test_names_in_both_files_are_not_reported() -> None:
    found = name_matching.find_unmatched(["Zola", "Moulin", None, ""], ["Zola", "Jean Moulin"])
    assert [(one.name, one.candidates[0]) for one in found] == [("Moulin", "Jean Moulin")]


def test_two_candidates_as_near_are_not_chosen_between() -> None:
    (one,) = name_matching.find_unmatched(["ZAY"], ["ZAY E", "ZAY M"])
    assert set(one.candidates) == {"ZAY E", "ZAY M"} and not one.likely


def test_nothing_to_match_with_gives_no_candidate() -> None:
    assert name_matching.find_unmatched(["Zola"], []) == [name_matching.Unmatched("Zola", (), False)]


NAMES = st.lists(st.text("ABCéœ -’", max_size=12), max_size=8)


@given(NAMES, NAMES)
def test_candidates_are_names_of_the_other_file(names: list[str], known: list[str]) -> None:
    for one in name_matching.find_unmatched(names, known):
        assert one.name in names and one.name not in known
        assert set(one.candidates) <= set(known)


def test_only_what_was_confirmed_is_replaced() -> None:
    column = pa.chunked_array([["A", None], ["B"]])
    assert name_matching.apply_matches(column, {"A": "B"}).to_pylist() == ["B", None, "B"]


@pytest.mark.skipif(not MAPPING.exists(), reason="the real files are not here (BEFFROI_REAL_DATA)")
def test_a_real_list_of_schools_is_matched() -> None:
    with MAPPING.open(encoding="utf-8") as source:
        truth = {row["ecole"]: row["cantine_nom"] for row in csv.DictReader(source)}
    found = name_matching.find_unmatched(truth, set(truth.values()))
    proposed = [one for one in found if one.likely]
    wrong = [one.name for one in proposed if one.candidates[0] != truth[one.name]]
    assert len(proposed) >= 90 and len(wrong) <= 2
    assert all(truth[one.name] in one.candidates for one in found)
