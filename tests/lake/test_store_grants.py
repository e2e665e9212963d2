"""Grants: only the granted rows and columns, masked, at one version, until a date."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from beffroi.lake import read
from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant, GrantExpired
from beffroi.lake.store import Lake
from lake.lakes import CATALOGUES, blank, grant, staged


@pytest.fixture(params=CATALOGUES)
def people(tmp_path: Path, request: pytest.FixtureRequest) -> Grant:
    home = blank(tmp_path / "personal", request.param)
    with Lake(home) as lake:
        file = staged(
            tmp_path / "s",
            {
                "nom": ["Ada", "Bob", "Chloé", "O'Neil"],
                "naissance": [date(1980, 5, 1), date(1990, 1, 1), None, date(2001, 2, 3)],
                "commune": ["90010", "90010", "90020", "90030"],
                "aide": [10, 20, 30, 40],
            },
        )
        version = lake.write("aides", file, delivery=1, act="a", mode="replace")
        lake.write("aides", file, delivery=2, act="b", mode="append")
    return grant(home, "aides", version, ("commune", "aide"))


def values(opened: Grant) -> list[dict[str, object]]:
    return read(opened).to_pyarrow().to_pylist()


def test_only_the_columns_and_the_version_of_the_grant_are_read(people: Grant) -> None:
    assert values(people) == [
        {"commune": "90010", "aide": 10},
        {"commune": "90010", "aide": 20},
        {"commune": "90020", "aide": 30},
        {"commune": "90030", "aide": 40},
    ]


def test_the_order_of_the_columns_is_the_grant_s(people: Grant) -> None:
    assert read(replace(people, columns=("aide", "nom"))).columns == ("aide", "nom")


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ((("commune", "=", "90010"),), [10, 20]),
        ((("aide", ">=", "20"), ("aide", "<", "40")), [20, 30]),
        ((("nom", "=", "O'Neil"),), [40]),
        ((("commune", "in", '["90020", "90030"]'),), [30, 40]),
        ((("naissance", "<=", "1990-01-01"),), [10, 20]),
        ((("commune", "!=", "90010' OR 1=1 --"),), [10, 20, 30, 40]),
    ],
)
def test_rows_are_those_of_the_predicate_even_on_columns_not_granted(
    people: Grant, predicate: tuple[tuple[str, str, str], ...], expected: list[int]
) -> None:
    assert [row["aide"] for row in values(replace(people, predicate=predicate))] == expected


def test_a_hidden_column_is_empty_and_a_date_masked_to_its_year_keeps_only_it(people: Grant) -> None:
    masked = replace(people, columns=("nom", "naissance"), masks=(("nom", "hide"), ("naissance", "year")))
    assert [(row["nom"], row["naissance"]) for row in values(masked)] == [
        (None, 1980),
        (None, 1990),
        (None, None),
        (None, 2001),
    ]


def test_a_year_mask_on_what_has_no_year_hides_it(people: Grant) -> None:
    assert {row["commune"] for row in values(replace(people, masks=(("commune", "year"),)))} == {None}


def test_an_expired_grant_opens_nothing(people: Grant) -> None:
    with pytest.raises(GrantExpired, match="a pris fin le 01/01/2020"):
        read(replace(people, expires=datetime(2020, 1, 1, tzinfo=UTC)))


def test_a_column_that_the_table_lacks_is_named(people: Grant) -> None:
    with pytest.raises(LakeError, match="absentes de cette version : quotient"):
        read(replace(people, columns=("aide", "quotient")))


def test_read_of_an_expired_version_is_refused(people: Grant) -> None:
    with pytest.raises(LakeError, match="ne sont plus conservées"):
        read(replace(people, version=9999))


def test_a_grant_goes_to_json_and_back(people: Grant) -> None:
    rich = replace(
        people,
        masks=(("commune", "hide"),),
        predicate=(("aide", ">", "1"),),
        floor=3,
        aggregate_only=True,
        unit="commune",
        dominance=0.85,
        protects="firms",
    )
    assert Grant.from_json(rich.to_json()) == rich


def test_the_fingerprint_changes_with_what_decides_the_result_only(people: Grant) -> None:
    same = replace(people, person="p2", expires=datetime(2030, 1, 1, tzinfo=UTC), lake="/elsewhere/personal")
    assert same.fingerprint == people.fingerprint
    for change in (
        {"version": 99},
        {"columns": ("aide",)},
        {"masks": (("aide", "hide"),)},
        {"predicate": (("aide", "=", "1"),)},
        {"floor": 5},
        {"aggregate_only": True},
        {"unit": "commune"},
        {"dominance": 0.85},
        {"protects": "firms"},
        {"table": "autre"},
        {"lake": "/elsewhere/lasting"},
    ):
        assert replace(people, **change).fingerprint != people.fingerprint


def test_an_unknown_mask_or_operator_cannot_be_granted(people: Grant) -> None:
    with pytest.raises(ValueError, match="unknown masks"):
        replace(people, masks=(("aide", "blur"),))
    with pytest.raises(ValueError, match="unknown masks"):
        replace(people, predicate=(("aide", "like", "%"),))


def test_a_grant_without_a_column_or_a_time_zone_is_refused(people: Grant) -> None:
    with pytest.raises(LakeError, match="aucune colonne"):
        replace(people, columns=())
    with pytest.raises(ValueError, match="time zone"):
        replace(people, expires=datetime(2030, 1, 1))
