"""Moments typed in the pages of the stick, on the nights when the clocks of France change."""

import pytest

from support.offline_pages import run_script

READ = """
import { fromField, localOf } from "./moments.js";
process.env.TZ = "Europe/Paris";
const shown = localOf(new Date(given.filled));
answer([shown, fromField(given.typed ?? shown, given.filled)]);
"""


@pytest.mark.parametrize(
    "moment",
    [
        "2027-10-31T02:30:20+02:00",
        "2027-10-31T02:30:20+01:00",
        "2027-03-28T03:30:00+02:00",
        "2026-12-31T23:40:00+01:00",
    ],
)
def test_a_moment_that_nobody_changes_stays_itself_also_in_the_hour_that_comes_twice(moment: str) -> None:
    assert run_script(READ, {"filled": moment}) == [moment[:16], moment]


def test_a_moment_that_is_typed_is_read_by_the_clocks_of_the_computer() -> None:
    given = {"filled": "2027-10-31T02:30:20+01:00", "typed": "2027-10-31T03:10"}
    assert run_script(READ, given)[1] == "2027-10-31T03:10:00+01:00"
