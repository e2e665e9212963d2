"""Both coordinates in one cell, as files write them: the table gets points, its column keeps its values."""

import json

import pytest


@pytest.mark.parametrize(
    "written",
    [
        "{lat}, {lon}",
        "{lon}, {lat}",
        "{lat};{lon}",
        "{lon} {lat}",
        "[{lon},{lat}]",
        "POINT ({lon} {lat})",
        "Point({lon} {lat})",
    ],
)
def test_a_pair_in_one_cell_is_a_point(look, written):
    places = [(47.2116, -1.5432), (47.2154, -1.5606), (47.2001, -1.5001), (47.1999, -1.61)]
    lines = [f'{rank};"{written.format(lat=lat, lon=lon)}"' for rank, (lat, lon) in enumerate(places)]
    looked = look("\n".join(["Numéro;Position", *lines, '9;""', ""]).encode(), "compteurs.csv")
    points = [row["geometry"] and json.loads(row["geometry"])["coordinates"] for row in looked.rows]
    assert points == [*([lon, lat] for lat, lon in places), None]
    assert looked.rows[0]["position"] == written.format(lat=47.2116, lon=-1.5432)
    assert looked.guess("Coordonnées").certain


def test_a_cell_that_holds_no_pair_gets_no_point(look):
    lines = [f'{rank};"47.2{rank}, -1.5{rank}"' for rank in range(10, 50)]
    looked = look("\n".join(["Numéro;Position", *lines, "60;rue de la Paix", ""]).encode(), "c.csv")
    assert [bool(row["geometry"]) for row in looked.rows] == [*[True] * 40, False]


def test_two_amounts_in_one_cell_far_from_france_are_not_sure(look):
    lines = [f'{rank};"12.{rank}, 80.{rank}"' for rank in range(10, 50)]
    looked = look("\n".join(["Numéro;Fourchette", *lines, ""]).encode(), "c.csv")
    assert not looked.guess("Coordonnées").certain
    assert "geometry" not in looked.types
