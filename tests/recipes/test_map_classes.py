"""Classes of a map: each method of classification, natural breaks against an exhaustive search, the cut at zero."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from beffroi.recipes.map_classes import ClassChoice, class_labels, classify, describe_method

NUMBERS = st.lists(st.integers(-40, 60), min_size=1, max_size=14)


def spread(groups: list[list[float]]) -> float:
    return sum(sum((v - sum(g) / len(g)) ** 2 for v in g) for g in groups if g)


@given(values=st.lists(st.integers(0, 60), min_size=3, max_size=13), count=st.integers(3, 5))
def test_natural_breaks_leave_the_least_spread_that_any_cut_could(values: list[int], count: int) -> None:
    distinct = sorted(set(values))
    wanted = min(count, len(distinct))
    best = min(
        spread(
            [
                [v for v in values if low <= v < high]
                for low, high in zip((distinct[0], *cut), (*cut, 99), strict=True)
            ]
        )
        for cut in combinations(distinct[1:], wanted - 1)
    )
    found = classify(values, ClassChoice(method="natural", count=count))
    variance = spread([[v for v in values if found.of(v) == rank] for rank in range(len(found.classes))])
    assert variance == pytest.approx(best, abs=1e-6)


@given(values=NUMBERS, count=st.integers(3, 7), method=st.sampled_from(["quantiles", "natural", "equal"]))
def test_every_value_is_in_the_class_that_its_label_describes(
    values: list[int], count: int, method: str
) -> None:
    found = classify(values, ClassChoice(method=method, count=count))  # type: ignore[arg-type]
    assert sum(one.places for one in found.classes) == len(values)
    assert len(found.classes) <= count
    for value in values:
        one = found.classes[found.of(value)]
        assert one.low <= value <= one.high
        assert one.tone != 0


@given(values=NUMBERS, method=st.sampled_from(["quantiles", "natural", "equal"]))
def test_no_class_mixes_a_rise_and_a_fall(values: list[int], method: str) -> None:
    found = classify(values, ClassChoice(method=method))  # type: ignore[arg-type]
    if min(values) < 0 < max(values):
        for value in values:
            assert (found.classes[found.of(value)].tone < 0) == (value < 0)


def test_quantiles_hold_as_many_places_each() -> None:
    assert [one.places for one in classify(range(100), ClassChoice(count=4)).classes] == [25, 25, 25, 25]


def test_equal_values_are_never_parted() -> None:
    assert [(one.low, one.places) for one in classify([5, 5, 5, 5, 9]).classes] == [(5, 4), (9, 1)]
    assert len(classify([3, 3, 3]).classes) == 1


def test_an_empty_class_of_equal_width_has_its_bounds() -> None:
    found = classify([0, 1, 30], ClassChoice(method="equal", count=3)).classes
    assert [(one.low, one.high, one.places) for one in found] == [(0, 1, 2), (10, 20, 0), (30, 30, 1)]


def test_many_values_are_cut_near_their_gaps() -> None:
    values = [base + n / 1_000 for base in (0, 100, 1_000) for n in range(9_000)]
    found = classify(values, ClassChoice(method="natural", count=3))
    assert [one.places for one in found.classes] == [9_000, 9_000, 9_000]


def test_the_legend_is_in_french() -> None:
    found = classify([-1234.5, -2, 0.5, 3, 1000], ClassChoice(count=3))
    assert class_labels(found, "€", decimals=0)[0] == "−1\u00a0234 à −2\u00a0€"


def test_no_value_has_no_class() -> None:
    assert classify([]).classes == ()


@pytest.mark.parametrize("choice", [{"count": 2}, {"count": 8}, {"method": "autre"}])
def test_a_choice_that_is_none_is_refused(choice: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ClassChoice.model_validate(choice)


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("quantiles", "3 classes\u00a0: autant de lieux dans chacune (quantiles)"),
        ("natural", "3 classes\u00a0: coupées là où les valeurs s'écartent (seuils naturels)"),
        ("equal", "3 classes de même largeur"),
    ],
)
def test_the_legend_describes_the_method_of_the_classes(method: str, words: str) -> None:
    choice = ClassChoice(method=method, count=3)  # type: ignore[arg-type]
    assert describe_method(classify([1, 2, 3, 10, 11, 30], choice), choice) == words


def test_the_legend_mentions_the_cut_at_zero_and_is_empty_for_a_single_class() -> None:
    assert describe_method(classify([-3, -1, 2, 5])).endswith("(quantiles), de part et d'autre de zéro")
    assert describe_method(classify([5, 5, 5])) == describe_method(classify([])) == ""
