"""The kit's voted points, matched to the columns of `nursery_places`, and its groups compared."""

from typing import Any

import numpy as np
import pytest

from beffroi.systems.kit import writing
from beffroi.systems.kit.disparities import groups_of
from beffroi.systems.kit.voted_points import Vote, read_vote

PACKAGE = "beffroi.systems.nursery_places"


def vote(*rows: tuple[str, float | None, str]) -> Vote:
    lines = [{"criterion": name, "points": points, "level": level} for name, points, level in rows]
    tables = {"criteria": writing.input_table(PACKAGE, "criteria", lines)}
    columns = ("sibling", "single_parent", "disability", "social")
    return read_vote(
        PACKAGE, tables, table="criteria", about="requests", columns=columns, others="situations"
    )


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("Fratrie présente dans la structure", "sibling"),
        ("Famille monoparentale", "single_parent"),
        ("SITUATION DE HANDICAP", "disability"),
        ("Quotient familial (CAF)", "social"),
        ("Parent seul en situation de handicap", "situations"),  # two columns: nothing is guessed
        ("Grossesse multiple", "situations"),
    ],
)
def test_a_criterion_is_read_in_the_only_column_that_its_name_names(name: str, column: str) -> None:
    assert vote((name, 5, "")).criteria[0].column == column


def test_points_are_those_of_the_criteria_that_a_row_meets() -> None:
    read = vote(("Parent isolé", 15, ""), ("QF", 20, "Tranche 1"), ("QF", 10, "Tranche 2"), ("Distance", 3, "1 km"), ("Distance", 1, "5 km"))  # fmt: skip
    row: dict[str, Any] = {"single_parent": True, "social": "tranche 2", "situations": "Distance : 1 km ; voisin"}  # fmt: skip
    assert read.points_of(row) == {0: 15, 2: 10, 3: 3}
    assert read.count_unvoted(row) == 1
    assert read.points_of({"single_parent": "non", "social": None}) == {}
    assert "QF : Tranche 1 et Distance : 5 km" in read.notes_on_unmet({0, 2, 3})[0]
    assert read.notes_on_unmet(range(5)) == []


def test_lines_of_the_vote_that_cannot_serve_are_told() -> None:
    told = " ".join(vote(("A1", 5, ""), ("A1", 6, ""), ("", 5, ""), ("B", None, ""), ("C", -1, "")).notes)
    assert all(
        words in told for words in ("la première ligne compte", "sans critère ou sans points", "négatifs")
    )


def test_a_group_of_four_is_not_shown() -> None:
    north, south = groups_of({"Quartier": ["Nord"] * 6 + ["Sud"] * 5 + ["Est"] * 4})
    assert (north.name, south.name) == ("Nord", "Sud")
    assert north.percent(np.arange(15) < 3) == 50.0
