"""From which share of rows found again a file replaces a dataset, and from which it asks."""

import pytest

from beffroi.web.catalogue.planning.table_proposals import MOSTLY_REPEATED, NEARLY_ALL, mode_from


@pytest.mark.parametrize(
    ("overlap", "existing", "arriving", "mode", "sure", "said"),
    [
        (0.0, 0, 5, "replace", True, "vide"),
        (1.0, 100, 100, "replace", True, "nouvelle édition"),
        (NEARLY_ALL, 100, 100, "replace", True, "nouvelle édition"),
        (NEARLY_ALL - 0.001, 100, 100, "replace", False, "annuler la livraison"),
        (MOSTLY_REPEATED, 100, 100, "replace", False, "annuler la livraison"),
        (MOSTLY_REPEATED, 100, 99, "replace", False, "moins de lignes"),
        (MOSTLY_REPEATED - 0.001, 100, 100, "append", False, "deux fois"),
        (0.011, 100, 100, "append", False, "deux fois"),
        (0.01, 100, 100, "append", True, "la suite"),
        (0.0, 100, 100, "append", True, "la suite"),
    ],
)
def test_a_file_replaces_from_half_of_the_rows_on_and_surely_from_nearly_all(
    overlap: float, existing: int, arriving: int, mode: str, sure: bool, said: str
) -> None:
    found, reason, is_sure = mode_from(overlap, existing, arriving)
    assert (found, is_sure) == (mode, sure) and said in reason
    assert ("moins de lignes" in reason) is (said == "moins de lignes")
