"""Folders that the operator opens: to one territory, or one for each; what is half written opens nothing."""

from pathlib import Path

from beffroi.web.platform.models import Territory
from beffroi.web.platform.operator_folders import folders_of


def test_a_territory_has_its_own_folders_and_nobody_has_one_that_is_half_written():
    town = Territory(slug="valbruyere")
    entries = (
        "valbruyere = /cle",
        "*=/partage",
        "ailleurs=/autre",
        "valbruyere",
        "valbruyere=",
        "*=",
        "*=partage",
    )
    assert folders_of(town, entries) == [Path("/cle"), Path("/partage/valbruyere")]
