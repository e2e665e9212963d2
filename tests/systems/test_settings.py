"""The bounds that the data set to the settings of a system: read from its answer, refused beyond."""

import numpy as np
import pytest

from beffroi.systems.settings import OutOfBounds, check_bounds, parse_bounds


def test_the_bounds_that_a_system_answers_are_pairs_of_numbers_of_its_settings() -> None:
    answer = {"trucks": (1, np.int64(8)), "year": [None, 2025.5]}
    assert parse_bounds(answer, {"trucks", "year"}) == {"trucks": (1.0, 8.0), "year": (None, 2025.5)}
    assert parse_bounds({}, {"trucks"}) == {}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [("trucks", (1, 8))],
        {"trucks": 8},
        {"trucks": (1, 8, 9)},
        {"trucks": ("1", 8)},
        {"trucks": (1, float("inf"))},
        {"trucks": (8, 1)},
        {"drivers": (1, 8)},
    ],
)
def test_any_other_answer_is_no_bounds(answer: object) -> None:
    assert parse_bounds(answer, {"trucks"}) is None


@pytest.mark.parametrize(
    ("value", "bounds", "message"),
    [
        (12, (1.0, 8.0), "« Camions » vaut 12 : choisissez entre 1 et 8 d’après vos données."),
        (0.5, (1.5, None), "« Camions » vaut 0,5 : choisissez au moins 1,5 d’après vos données."),
        (
            12000,
            (None, 8000.0),
            "« Camions » vaut 12\u202f000 : choisissez au plus 8\u202f000 d’après vos données.",
        ),
    ],
)
def test_a_setting_beyond_what_the_data_allow_is_refused_with_all_the_bounds(
    value: float, bounds: tuple[float | None, float | None], message: str
) -> None:
    every = {"trucks": bounds, "other": (None, None)}
    settings = {"trucks": value, "other": 3}
    with pytest.raises(OutOfBounds) as refused:
        check_bounds(settings, every, {"trucks": "Camions", "other": "Autre"})
    assert (str(refused.value), refused.value.bounds) == (message, every)
    check_bounds(settings | {"trucks": 2}, every, {"trucks": "Camions", "other": "Autre"})
