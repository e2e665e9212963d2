"""A number among the settings of a system: its default, its range, what is refused."""

import pytest

from beffroi.systems.contract import BadInput
from beffroi.systems.settings import read_number

DAYS = ("days", 10, 1, 60, "Le nombre de jours (days)")


@pytest.mark.parametrize(("settings", "read"), [({}, 10), ({"days": 1}, 1), ({"days": "60"}, 60)])
def test_a_number_within_its_range_or_its_default_is_read(settings: dict[str, object], read: float) -> None:
    assert read_number(settings, *DAYS) == read


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0, "Le nombre de jours (days) vaut 0 : choisissez entre 1 et 60."),
        (float("nan"), "Le nombre de jours (days) vaut nan : choisissez entre 1 et 60."),
        ("beaucoup", "Le nombre de jours (days) n’est pas un nombre : choisissez entre 1 et 60."),
        (None, "Le nombre de jours (days) n’est pas un nombre : choisissez entre 1 et 60."),
    ],
)
def test_any_other_value_is_refused_with_its_range(value: object, message: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_number({"days": value}, *DAYS)
    assert str(refused.value) == message
